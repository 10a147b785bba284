"""What a journey computes the short way is what it would compute page by page."""

from __future__ import annotations

import random
from dataclasses import replace

import conforming
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample import load_sample

from consultation.ballots.journey import Journey, State, Submitted
from consultation.questionnaire.answers import read_page
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.drafts import from_json, to_json
from consultation.questionnaire.elements import Answer
from consultation.questionnaire.loading import parse
from consultation.questionnaire.messages import NOTHING_ANSWERED
from consultation.questionnaire.rules import read_rules, ruled
from consultation.questionnaire.synthetic import respond

ASKED = load_sample()
EVERYONE = Context(audience="agents")
NOT_ASKED = {"personne": ["n’a posé cette question"]}  # makes a journey read every page again


def answered(agent: int) -> State:
    """What someone has answered, on every page there is."""
    rng, state = random.Random(agent), State(seed=f"{agent:08x}")
    for page in ASKED.pages:
        fields = respond(ASKED, page, state.answers, EVERYONE, rng)
        filled = read_page(page, fields, state.answers, ASKED, EVERYONE)
        state = replace(state, answers=filled.draft)
    return state


@settings(max_examples=300)
@given(
    agent=st.integers(0, 1 << 31),
    other=st.integers(0, 1 << 31),
    dropped=st.sets(st.sampled_from(sorted(ASKED.by_id))),
    changed=st.sets(st.sampled_from(sorted(ASKED.by_id))),
)
def test_what_is_whole_is_what_no_page_would_refuse(
    agent: int, other: int, dropped: set[str], changed: set[str]
) -> None:
    theirs = answered(other).answers
    answers = {
        name: theirs[name] if name in changed and name in theirs else answer
        for name, answer in answered(agent).answers.items()
        if name not in dropped
    }
    state = State(answers=from_json(ASKED, to_json(answers)), seed="00000000")

    journey = Journey(ruled(ASKED), EVERYONE)
    page_by_page = journey.unfinished(replace(state, typed=NOT_ASKED))

    assert (journey.unfinished(state) is None) == (page_by_page is None)


def test_a_precision_without_its_option_is_no_answer() -> None:
    """A revised questionnaire may have lost the option, or given the precision to another."""
    source = """\
format: 1
id: essai
version: 1
title: Essai
audiences: {agents: Agents}
pages:
- id: outils
  title: Outils
  questions:
  - id: outils
    type: choices
    text: Vos outils
    options: {visio: Visio, courriel: Courriel, autre: {label: Autre, other: 20}}
  - {id: mot, type: text, text: Un mot}
"""
    q = parse(source, {}).questionnaire
    assert q is not None
    rules = ruled(q)

    kept = from_json(rules, to_json({"outils": ("visio",), "outils.other": "fax", "mot": "oui"}))

    assert kept == {"outils": ("visio",), "mot": "oui"}
    together = {"outils": ("visio", "autre"), "outils.other": "fax"}
    assert from_json(rules, to_json(together)) == together


def test_who_answers_nothing_is_led_to_the_first_page_that_asks_something() -> None:
    source = """\
format: 1
id: essai
version: 1
title: Essai
audiences: {agents: Agents}
pages:
- {id: mot, title: Mot, questions: [{id: lire, type: info, text: Lisez.}]}
- {id: avis, title: Avis, questions: [{id: avis, type: text, text: Votre avis}]}
"""
    q = parse(source, {}).questionnaire
    assert q is not None

    unfinished = Journey(ruled(q), EVERYONE).unfinished(State(seed="00000000"))

    assert unfinished is not None
    page, reading = unfinished
    assert page.id == "avis"
    assert [error.message for error in reading.errors] == [NOTHING_ANSWERED]


@pytest.mark.parametrize(
    ("kind", "page_id", "was", "since", "sent", "read"),
    [
        (
            "matrix",
            "avis",
            {"avis": {"delais": "bien", "outils": "bien", "accueil": "bien"}},
            {"avis": {"delais": "mal", "outils": "bien", "accueil": "bien"}},
            {"avis.delais": ["bien"], "avis.outils": ["bien"]},
            {"avis.delais": ["mal"], "avis.outils": ["bien"]},
        ),
        (
            "choices",
            "outils",
            {"outils": ("visio", "agenda", "standard")},
            {"outils": ("visio", "courriel", "standard")},
            {"outils": ["visio", "agenda"]},
            {"outils": ["visio", "courriel"]},
        ),
    ],
    ids=["row", "option"],
)
def test_what_a_page_left_alone_is_as_it_was_answered_elsewhere_though_a_part_is_hidden(
    kind: str,
    page_id: str,
    was: dict[str, Answer],
    since: dict[str, Answer],
    sent: dict[str, list[str]],
    read: dict[str, list[str]],
) -> None:
    rules = read_rules(conforming.read(conforming.KINDS / f"{kind}.json")["rules"])
    page, journey = rules.page(page_id), Journey(rules, EVERYONE)
    assert page is not None
    base, latest = (State(answers={"missions": ("courrier",), **own}) for own in (was, since))

    fields = journey.rebased(page, Submitted(fields=sent), base, latest).fields

    assert fields == read
