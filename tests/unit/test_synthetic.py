"""Random respondents answer as the rules ask."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st
from sample import load_sample

from consultation.questionnaire.answers import missing, read_page
from consultation.questionnaire.conditions import Condition, Context, parse_condition
from consultation.questionnaire.elements import Answers, Option, Text
from consultation.questionnaire.kinds import Rank
from consultation.questionnaire.lots import AS_WRITTEN
from consultation.questionnaire.model import Page
from consultation.questionnaire.synthetic import respond
from consultation.questionnaire.visibility import visible_pages

Q = load_sample()
CONTEXTS = st.sampled_from([Context("agents"), Context("cadres")])


@given(st.integers(0, 10**9), CONTEXTS, st.floats(0, 1))
def test_what_a_respondent_posts_has_no_error(
    seed: int, context: Context, eagerness: float
) -> None:
    rng, done = random.Random(seed), set[str]()
    answers: Answers = {}

    while page := _next(answers, context, done):
        raw = respond(Q, page, answers, context, rng, eagerness=eagerness)
        read = read_page(page, raw, answers, Q, context)
        assert read.errors == ()
        assert (raw == {}) == (read.answers == {})
        answers, done = read.draft, done | {page.id}

    assert missing(Q, answers, context) == ()


def test_the_same_seed_gives_the_same_respondent() -> None:
    page = Q.pages[0]

    first, second = (respond(Q, page, {}, Context("agents"), random.Random(7)) for _ in "12")

    assert first == second


def test_every_answer_can_be_posted_again() -> None:
    answers: Answers = {
        "territoire": "D01",
        "missions": ("guichet", "telephone"),
        "avis": {"delais": "d1", "outils": "nsp"},
        "delais_mieux": "Deux\nlignes",
        "note": "opt_out",
        "priorites": ("effectifs", "horaires"),
        "tt": 2.5,
        "agents": -1200,
    }
    context = Context("agents")

    for page in Q.pages:
        raw: dict[str, list[str]] = {}
        for question in page.questions:
            if question.id in answers:
                raw |= question.posted(answers[question.id])
        read = read_page(page, raw, answers, Q, context)
        assert read.errors == ()
        assert read.draft == answers


def test_nobody_ranks_when_nothing_is_offered() -> None:
    hidden = parse_condition("audience == 'cadres'")
    assert isinstance(hidden, Condition)
    label = Text((("fr", "Un rang"),))
    options = tuple(Option(code=code, label=label, show_if=hidden) for code in ("a", "b"))
    rank = Rank(id="rangs", text=label, options=options, top=2)

    assert rank.some_answer({}, Context("agents"), random.Random(1)) is None
    assert rank.some_answer({}, Context("cadres"), random.Random(1)) is not None


def _next(answers: Answers, context: Context, done: set[str]) -> Page | None:
    pages = visible_pages(Q, answers, context, AS_WRITTEN)
    return next((page for page in pages if page.id not in done), None)
