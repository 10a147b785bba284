"""The rules as data: an engine that reads nothing else does as the questionnaire says."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import sha256

import pytest
from sample import load_sample

from consultation.config import shipped
from consultation.questionnaire.answers import missing, read_page, stored
from consultation.questionnaire.conditions import Condition, Context, evaluate
from consultation.questionnaire.elements import Answers
from consultation.questionnaire.loading import load
from consultation.questionnaire.lots import Lots
from consultation.questionnaire.messages import messages
from consultation.questionnaire.model import Pages, Questionnaire
from consultation.questionnaire.rules import read_rules, ruled, rules_of
from consultation.questionnaire.synthetic import respond
from consultation.questionnaire.visibility import visible_pages, walk

AGENTS = 40
BEFORE = [3, 4, 0, 1, 6, 5, 2, 7]


def questionnaires() -> Iterator[Questionnaire]:
    yield load_sample()
    for path in sorted(shipped("questionnaires").glob("*.yaml")):
        found = load(path).questionnaire
        assert found is not None
        yield found


ASKED = tuple(questionnaires())
SPOKEN = [(q, language) for q in ASKED for language in q.languages]


def named(spoken: tuple[Questionnaire, str]) -> str:
    return f"{spoken[0].id}-{spoken[1]}"


@pytest.mark.parametrize("spoken", SPOKEN, ids=named)
def test_rules_come_back_as_they_were_said(spoken: tuple[Questionnaire, str]) -> None:
    q, language = spoken
    document = json.loads(json.dumps(rules_of(q, language)))

    assert rules_of(read_rules(document), language) == document


@pytest.mark.parametrize("spoken", SPOKEN, ids=named)
def test_who_knows_the_rules_alone_reads_and_stores_the_same(
    spoken: tuple[Questionnaire, str],
) -> None:
    q, language = spoken
    rules, rng = ruled(q, language), random.Random(f"{q.id} {language}")
    for agent in range(AGENTS):
        context = Context(rng.choice(q.audiences)[0], language)
        lots = Lots(f"{agent:016x}")
        answers: Answers = {}
        for page in q.pages:
            raw = respond(q, page, answers, context, rng)
            for name in rng.sample(sorted(raw), k=min(1, len(raw))):
                raw[name] = [rng.choice(["", "x" * 5_000, "-1", "99999", "31"])]
            told = read_page(page, raw, answers, q, context)
            known = rules.page(page.id)
            assert known is not None
            again = read_page(known, raw, answers, rules, context)
            assert (again.draft, again.errors) == (told.draft, told.errors)
            answers = told.draft
        pages = [page.id for page in visible_pages(q, answers, context, lots)]
        assert [page.id for page in visible_pages(rules, answers, context, lots)] == pages
        assert walk(rules, answers, context)[1] == walk(q, answers, context)[1]
        assert stored(rules, answers, context) == stored(q, answers, context)
        lacking = [(page.id, error) for page, error in missing(q, answers, context)]
        assert [(page.id, error) for page, error in missing(rules, answers, context)] == lacking


def test_rules_hold_the_words_that_checks_say() -> None:
    assert rules_of(load_sample(), "en")["words"] == messages("en")


def test_rules_hold_no_more_than_what_is_needed_to_answer() -> None:
    known = {"code", "label", "hint", "group", "other", "exclusive", "apart", "last", "show_if"}
    document = rules_of(load_sample())
    options = [
        option
        for page in read_rules(document).pages
        for question in page.questions
        for option in question.rules("fr").get("options", [])
    ]

    assert {key for option in options for key in option} <= known | {"stored"}
    assert not {"profile", "sensitive", "export", "line"} & set(keys_of(document))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ({"format": 2}, "format"),
        ({"drawing": "md5"}, "drawing"),
        ({"pages": [{"id": "p", "title": "P", "show_if": ["=="]}]}, "condition"),
        ({"pages": [{"id": "p", "title": "P", "show_if": "true"}]}, "condition"),
        ({"pages": "none"}, "pages"),
        ({"pages": [{"id": 1, "title": "P"}]}, "id"),
    ],
)
def test_rules_that_are_none_of_ours_are_refused(damage: dict[str, object], said: str) -> None:
    document = {**rules_of(load_sample()), **damage}

    with pytest.raises((ValueError, KeyError), match=said):
        read_rules(document)  # type: ignore[arg-type]  # hostile on purpose


def test_conditions_are_trees_that_say_the_same() -> None:
    for q in ASKED:
        rng, pairs = (
            random.Random(q.id),
            list(zip(conditions(q), conditions(ruled(q)), strict=True)),
        )
        for agent in range(AGENTS):
            context = Context(q.audiences[agent % len(q.audiences)][0])
            answers: Answers = {}
            for page in q.pages:
                raw = respond(q, page, answers, context, rng)
                answers = read_page(page, raw, answers, q, context).draft
            for one, other in pairs:
                assert evaluate(one, answers, context) == evaluate(other, answers, context), one


def test_lots_are_what_a_browser_can_draw() -> None:
    """In UTF-8, « seed/tag/name » under SHA-256; the lowest comes first."""
    names = ["un", "deux", "trois", "été", "cinq"]
    drawn = Lots("c0ffee00").draw(names, "thèmes", str)

    assert drawn == sorted(
        names, key=lambda name: sha256(f"c0ffee00/thèmes/{name}".encode()).digest()
    )
    assert drawn != names


def test_campaigns_of_before_keep_their_orders() -> None:
    """As they were drawn when this was the only function: people are in the middle of a page."""
    names = [f"option {number}" for number in range(8)]
    drawn = Lots("00000000deadbeef", "blake2b-64").draw(names, "missions", str)

    assert [int(name.split()[1]) for name in drawn] == BEFORE
    assert Lots("00000000deadbeef").draw(names, "missions", str) != drawn


def test_every_order_comes_as_often() -> None:
    counts = Counter(
        "".join(Lots(f"{agent:016x}").draw("abc", "tag", str)) for agent in range(6_000)
    )

    assert len(counts) == 6
    assert max(counts.values()) < 1.15 * min(counts.values())


def test_without_a_seed_everything_stays_as_it_is_written() -> None:
    assert Lots().draw("cab", "tag", str) == list("cab")


def conditions(q: Pages) -> Iterator[Condition]:
    for page in q.pages:
        yield from filter(None, [page.show_if])
        for question in page.questions:
            yield from question.conditions
        yield from (check.warn_if for check in page.checks)


def keys_of(told: object) -> Iterator[str]:
    """Every key of these data, however deep."""
    if isinstance(told, Mapping):
        for key, value in told.items():
            yield key
            yield from keys_of(value)
    elif isinstance(told, list | tuple):
        for value in told:
            yield from keys_of(value)
