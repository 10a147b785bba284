"""What would happen if so many people answered at random, each following the rules.

A simulation tells who sees what, how long it takes, and any promise of the language that does not
hold: none ever should.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from consultation.questionnaire.answers import missing, read_page, stored
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.drafts import from_json, to_json
from consultation.questionnaire.elements import Answers
from consultation.questionnaire.lots import Lots
from consultation.questionnaire.minutes import reading, seconds
from consultation.questionnaire.model import Page, Questionnaire
from consultation.questionnaire.synthetic import respond
from consultation.questionnaire.visibility import prune, visible_pages, walk

_EAGERNESS = (0.3, 0.6, 0.8, 1.0)


@dataclass(frozen=True, kw_only=True)
class Respondent:
    """One of them: the pages seen, in order, the questions asked, and the minutes it took."""

    audience: str
    answers: Answers  # hidden ones included
    pages: tuple[str, ...]
    questions: frozenset[str]
    minutes: float
    broken: tuple[str, ...]  # the promises that did not hold


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """All of them."""

    respondents: tuple[Respondent, ...]

    @property
    def pages_seen(self) -> Mapping[str, int]:
        """How many saw each page."""
        return Counter(page for one in self.respondents for page in one.pages)

    @property
    def questions_seen(self) -> Mapping[str, int]:
        """How many were asked each question."""
        return Counter(question for one in self.respondents for question in one.questions)

    @property
    def lengths(self) -> Mapping[int, int]:
        """How many saw so many pages, from the fewest."""
        return dict(sorted(Counter(len(one.pages) for one in self.respondents).items()))

    @property
    def broken(self) -> Mapping[str, int]:
        """The promises that did not hold, and for how many."""
        return Counter(said for one in self.respondents for said in one.broken)

    def minutes(self, share: float) -> float:
        """The time that this share of the respondents does not exceed."""
        times = sorted(one.minutes for one in self.respondents)
        return times[min(int(share * len(times)), len(times) - 1)]


def simulate(q: Questionnaire, number: int, seed: int) -> Simulation:
    """So many respondents, the same ones for the same seed; each audience in turn."""
    audiences = [audience for audience, _ in q.audiences]
    times = _Times(q)
    rng = random.Random(seed)  # noqa: S311 - nothing secret is drawn
    return Simulation(
        respondents=tuple(
            _respondent(q, times, Context(audiences[place % len(audiences)]), rng)
            for place in range(number)
        )
    )


def _respondent(
    q: Questionnaire, times: _Times, context: Context, rng: random.Random
) -> Respondent:
    seed, eagerness = f"{rng.getrandbits(64):016x}", rng.choice(_EAGERNESS)
    answers: Answers = {}
    seen: list[str] = []
    broken: list[str] = []
    while page := _next(q, answers, context, Lots(seed), seen):
        raw = respond(q, page, answers, context, rng, eagerness=eagerness)
        filled = read_page(page, raw, answers, q, context)
        broken += (
            f"une réponse conforme est refusée : {error.field}, {error.message}"
            for error in filled.errors
        )
        answers = filled.draft
        seen.append(page.id)
    return Respondent(
        audience=context.audience,
        answers=answers,
        pages=tuple(seen),
        questions=frozenset(one.id for _, asked in walk(q, answers, context)[0] for one in asked),
        minutes=times.seconds(answers, context) / 60,
        broken=(*broken, *_broken(q, answers, context)),
    )


def _next(
    q: Questionnaire, answers: Answers, context: Context, lots: Lots, seen: Sequence[str]
) -> Page | None:
    pages = visible_pages(q, answers, context, lots)
    return next((page for page in pages if page.id not in seen), None)


def _broken(q: Questionnaire, answers: Answers, context: Context) -> Iterator[str]:
    shown, visible = walk(q, answers, context)
    asked = {question.id for _, questions in shown for question in questions}
    for _, error in missing(q, answers, context):
        yield f"une réponse exigée manque à la fin : {error.field}"
    for name in stored(q, answers, context):
        if name.partition(".")[0] not in asked:
            yield f"une réponse cachée serait enregistrée : {name}"
    if prune(q, visible, context) != visible:
        yield "retirer les réponses cachées en cache d’autres"
    if from_json(q, to_json(answers)) != answers:
        yield "une réponse enregistrée pour plus tard ne revient pas telle quelle"


class _Times:
    """How long each part of a questionnaire takes, told once."""

    def __init__(self, q: Questionnaire) -> None:
        self._q = q
        self._pages = {page.id: reading((page.title, page.intro)) for page in q.pages}
        self._answered, self._passed = (
            {one.id: seconds(one, answered=answered) for one in q.questions}
            for answered in (True, False)
        )

    def seconds(self, answers: Answers, context: Context) -> float:
        """The time of whoever gives these answers."""
        total = reading((self._q.intro,))
        shown, visible = walk(self._q, answers, context)
        for page, questions in shown:
            total += self._pages[page.id]
            for one in questions:
                total += (self._answered if one.id in visible else self._passed)[one.id]
        return total
