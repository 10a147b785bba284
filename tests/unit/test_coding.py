"""Tags put by people: what a text ends up with, and how far two people agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.results.coding import MACHINE, agreements, decided, kappa, kappa_words

A, B = b"a" * 16, b"b" * 16


def put(*tags: bytes) -> frozenset[bytes]:
    return frozenset(tags)


@pytest.mark.parametrize(
    ("by_coder", "kept"),
    [
        ({"ana": put(A)}, put(A)),
        ({"ana": put()}, put()),
        ({"ana": put(A), "bob": put(B)}, put(A, B)),
        ({"ana": put(A), "bob": put(B), "eva": put(B)}, put(B)),
        ({MACHINE: put(A)}, put(A)),
        ({MACHINE: put(A), "ana": put(B)}, put(B)),
    ],
)
def test_a_text_bears_what_half_of_its_coders_put(
    by_coder: dict[str, frozenset[bytes]], kept: frozenset[bytes]
) -> None:
    assert decided({b"text": by_coder}) == {b"text": kept}


def test_kappa_is_that_of_the_textbook() -> None:
    pairs = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15

    assert kappa(pairs) == pytest.approx(0.4)
    assert kappa_words(0.4) == "faible"
    assert kappa_words(kappa([(True, True), (False, False)])) == "presque parfait"
    assert kappa([(True, True)] * 9) is None
    assert kappa_words(kappa([])) == "sans objet"


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1))
def test_kappa_is_never_above_one(pairs: list[tuple[bool, bool]]) -> None:
    value = kappa(pairs)

    assert value is None or -1 <= value <= 1
    if value == 1:
        assert all(one == other for one, other in pairs)


def test_two_coders_are_compared_on_what_both_coded() -> None:
    coded = {
        b"1": {"ana": put(A), "bob": put(A)},
        b"2": {"ana": put(), "bob": put()},
        b"3": {"ana": put(A, B)},
        b"4": {"eva": put(B)},
    }

    (only,) = agreements(coded, [A, B])

    assert (only.coders, only.texts) == (("ana", "bob"), 2)
    assert only.kappas == {A: 1.0, B: None}
