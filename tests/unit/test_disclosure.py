"""Whatever the rows, no class smaller than k leaves, and no sensitive answer is given away."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consultation.results.disclosure import (
    EVERYTHING,
    Hierarchy,
    K,
    Protected,
    TooFewRows,
    protect,
    smallest_class,
)

REGION = Hierarchy(
    name="region",
    parents={**{f"R{n}": "hexagone" for n in range(4)}, "R8": "outre_mer", "R9": "outre_mer"},
)
HIERARCHIES = (Hierarchy(name="category"), Hierarchy(name="service"), REGION)

Crowd = list[tuple[str, str, str, str]]

people = st.tuples(
    st.sampled_from(["a", "b", "c", ""]),
    st.sampled_from(["pref", "ddi", "sgcd", "nr", ""]),
    st.sampled_from(["R0", "R1", "R2", "R3", "R8", "R9", ""]),
    st.sampled_from(["oui", "oui", "oui", "non", ""]),
)
crowds = st.lists(people, min_size=K, max_size=150)


def protected(
    crowd: list[tuple[str, str, str, str]], *, k: int = 11, item: bool = True
) -> Protected:
    category, service, region, secret = (list(column) for column in zip(*crowd, strict=True))
    return protect(
        {"category": category, "service": service, "region": region},
        HIERARCHIES,
        k=k,
        sensitive={"harassed": secret} if item else {},
        rows=len(crowd),
        rng=random.Random(1),
    )


def classes(result: Protected) -> list[tuple[str, ...]]:
    return list(zip(*result.columns.values(), strict=True))


@settings(deadline=None, max_examples=60)
@given(crowds, st.integers(K, 20), st.booleans())
def test_no_class_is_smaller_than_k(crowd: Crowd, k: int, item: bool) -> None:
    result = protected(crowd, k=k, item=item)

    sizes = Counter(classes(result)).values()
    assert min(sizes) >= min(k, len(crowd))
    assert result.k == min(sizes) == smallest_class(result.columns)


@settings(deadline=None, max_examples=60)
@given(crowds)
def test_no_class_gives_a_sensitive_answer_away(crowd: Crowd) -> None:
    result = protected(crowd)

    answers: dict[tuple[str, ...], set[str]] = {}
    for of_class, person in zip(classes(result), crowd, strict=True):
        answers.setdefault(of_class, set()).add(person[3])
    alone = [said for said in answers.values() if len(said) == 1 and said != {""}]
    assert not alone or result.withdrawn == {"harassed"}


@settings(deadline=None, max_examples=60)
@given(crowds)
def test_a_value_is_only_ever_replaced_by_one_above_it(crowd: Crowd) -> None:
    result = protected(crowd)

    for of_class, person in zip(classes(result), crowd, strict=True):
        for hierarchy, shown, said in zip(HIERARCHIES, of_class, person, strict=False):
            chain = [said, hierarchy.above(said), hierarchy.root]
            assert shown in chain


@settings(deadline=None, max_examples=30)
@given(crowds)
def test_the_same_rows_always_give_the_same_file(crowd: Crowd) -> None:
    assert protected(crowd) == protected(crowd)


def test_someone_alone_of_their_kind_disappears_and_the_others_keep_their_detail() -> None:
    crowd = (
        [("b", "pref", "R0", "")] * 30 + [("b", "ddi", "R1", "")] * 30 + [("a", "sgcd", "R9", "")]
    )

    result = protected(crowd)

    assert classes(result)[-1] == (EVERYTHING, EVERYTHING, EVERYTHING)
    assert Counter(classes(result))[EVERYTHING, EVERYTHING, EVERYTHING] == 11
    assert (
        Counter(classes(result))["b", "pref", "R0"] + Counter(classes(result))["b", "ddi", "R1"]
        == 50
    )


def test_the_first_column_of_the_order_gives_way_first() -> None:
    crowd = [("a", "pref", "R0", "")] * 6 + [("b", "pref", "R0", "")] * 6

    result = protected(crowd)

    assert set(classes(result)) == {(EVERYTHING, "pref", "R0")}
    assert result.generalised == {"category": 1.0, "service": 0.0, "region": 0.0}


def test_a_region_becomes_its_zone_before_it_disappears() -> None:
    crowd = [("a", "pref", "R8", "")] * 6 + [("a", "pref", "R9", "")] * 6

    result = protected(crowd)

    assert set(classes(result)) == {(EVERYTHING, EVERYTHING, "outre_mer")}


def test_no_answer_is_a_category_of_its_own() -> None:
    crowd = [("", "pref", "R0", "")] * 11 + [("b", "pref", "R0", "")] * 11

    result = protected(crowd)

    assert set(classes(result)) == {("", "pref", "R0"), ("b", "pref", "R0")}


def test_fewer_rows_than_k_become_one_class() -> None:
    result = protected([("a", "pref", "R0", "")] * 6 + [("b", "ddi", "R1", "")] * 6, k=20)

    assert set(classes(result)) == {(EVERYTHING, EVERYTHING, EVERYTHING)}
    assert result.k == 12


def test_fewer_rows_than_the_floor_are_refused() -> None:
    with pytest.raises(TooFewRows):
        protected([("a", "pref", "R0", "")] * (K - 1))


def test_k_has_a_floor_in_the_code() -> None:
    with pytest.raises(ValueError, match="at least 11"):
        protected([("a", "pref", "R0", "")] * 30, k=K - 1)


def test_an_item_to_which_everyone_gives_the_same_answer_is_withdrawn() -> None:
    result = protected([("a", "pref", "R0", "oui")] * 20)

    assert result.withdrawn == {"harassed"}
    assert set(classes(result)) == {("a", "pref", "R0")}


def test_a_class_that_gives_an_answer_away_is_merged_with_another() -> None:
    crowd = [("a", "pref", "R0", "oui")] * 12 + [("b", "pref", "R0", "non")] * 12

    result = protected(crowd)

    assert set(classes(result)) == {(EVERYTHING, "pref", "R0")}


def test_rows_without_a_profile_are_one_class() -> None:
    result = protect({}, (), rows=12, rng=random.Random(1))

    assert (result.k, result.columns, result.generalised) == (12, {}, {})


def test_the_proof_counts_nothing_when_there_is_nothing() -> None:
    assert smallest_class({}) == 0
