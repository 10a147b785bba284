"""Invented respondents in any number, who answer as a real population might.

Some questions are passed over, more of them towards the end; moods, services and territories weigh
on opinions, so that tables show differences; a few people write much, most nothing. Everything
follows from a seed: the same one gives the same population.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import assert_never

from consultation.demo.verbatims import verbatim
from consultation.questionnaire.answers import stored
from consultation.questionnaire.conditions import Context, evaluate
from consultation.questionnaire.elements import OPT_OUT, Answer, Answers, Option
from consultation.questionnaire.kinds import (
    FREE_TEXT,
    Choice,
    Choices,
    Date,
    Info,
    Kind,
    LongText,
    Matrix,
    Number,
    Question,
    Rank,
    Scale,
    ShortText,
)
from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.numerals import canonical

MARGINS: Mapping[str, Mapping[str, float]] = {
    # Orders of magnitude of the agents of préfectures, SGC-D and DDI.
    "structure": {
        "prefecture": 31,
        "sous_prefecture": 9,
        "sgcd": 10,
        "ddt": 22,
        "ddets_pp": 20,
        "dom": 0.5,
        "autre": 4,
        "nr": 3.5,
    },
    "categorie": {"a": 27, "b": 48, "c": 22, "nr": 3},
    "encadrement": {"oui": 22, "non": 75, "nr": 3},
    "anciennete": {"moins_3": 18, "de_3_a_10": 29, "plus_10": 50, "nr": 3},
}

_APART = 0.12  # « sans avis », next to an ordinary answer
_PASSED_OVER = 0.06  # of the questions that may be
_TIRED = 0.04  # of people, at each page: they go straight to the end
_WRITERS = 0.3  # of people
_WRITES = 0.55  # of the open questions, by those
_MOOD, _GROUP, _MOMENT = 0.7, 0.35, 0.8  # what spreads opinions: people, groups, moments

_Written = Iterable[tuple[str, Answer]]


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who answers: what they were invited as, and where they work when anyone asks."""

    number: int
    audience: str
    territory: str = ""  # a code of the question on territories


class Population:
    """Invents the answers of anyone invited to this questionnaire."""

    def __init__(self, questionnaire: Questionnaire, seed: int) -> None:
        self._questionnaire = questionnaire
        self._seed = seed
        self._weights = {
            question.id: self._weighed(question)
            for question in questionnaire.questions
            if question.options
        }
        self._leanings: dict[str, float] = {}

    @cached_property
    def territories(self) -> Question | None:
        """The question that asks where one works, if any."""
        asked = self._questionnaire.questions
        return next((one for one in asked if one.stored_column), None)

    def answers(self, person: Person) -> Mapping[str, object]:
        """What this person answers, as the urn keeps it."""
        context = Context(audience=person.audience)
        someone = _Someone(self, person, context, self._drawing(f"person {person.number}"))
        given: dict[str, Answer] = {}
        for page in self._questionnaire.pages:
            if someone.goes_on(page == self._questionnaire.pages[0]) and evaluate(
                page.show_if, given, context
            ):
                for question in page.questions:
                    if evaluate(question.show_if, given, context):
                        given.update(someone.answer(question, given))
        return stored(self._questionnaire, given, context)

    def weight(self, question: Question, option: Option) -> float:
        """How often this option is chosen, next to the others of its question."""
        return self._weights[question.id][option.code]

    def leaning(self, *about: str) -> float:
        """What people of a group think of something, more or less than others do."""
        name = "/".join(about)
        if name not in self._leanings:
            self._leanings[name] = self._drawing(name).gauss(0, _GROUP)
        return self._leanings[name]

    def _weighed(self, question: Question) -> Mapping[str, float]:
        rng = self._drawing(f"weights {question.id}")
        drawn = {
            option.code: rng.lognormvariate(0, 0.6)
            * (_APART if option.apart or option.exclusive else 1)
            for option in question.options
        }
        return drawn | dict(MARGINS.get(question.id, {}))

    def _drawing(self, name: str) -> random.Random:
        return random.Random(f"{self._seed}/{name}")  # noqa: S311 - invents people, guards nothing


class _Someone:
    """One person in front of the questionnaire."""

    def __init__(
        self, population: Population, person: Person, context: Context, rng: random.Random
    ) -> None:
        self._population = population
        self._person = person
        self._context = context
        self._rng = rng
        self._mood = rng.gauss(0, _MOOD)
        self._writes = rng.random() < _WRITERS
        self._tired = False

    def goes_on(self, first: bool) -> bool:
        """Whether this person reads one more page; the first one is always read."""
        self._tired = self._tired or (not first and self._rng.random() < _TIRED)
        return not self._tired

    def answer(self, question: Kind, given: Answers) -> _Written:
        """What is written to this question, if anything."""
        if not self._speaks(question):
            return
        answer = self._answer(question, given)
        if answer is not None:
            yield question.id, answer
        if question.other:
            chosen = answer if isinstance(answer, tuple) else (answer,)
            if question.other.code in chosen:
                words = verbatim(question.id, question.other.other, self._rng)
                yield f"{question.id}.other", words

    def _speaks(self, question: Question) -> bool:
        if question.writing in FREE_TEXT:
            return self._writes and self._rng.random() < _WRITES
        return question.required is not None or self._rng.random() >= _PASSED_OVER

    def _answer(self, question: Kind, given: Answers) -> Answer | None:
        match question:
            case Choice() if question == self._population.territories and self._person.territory:
                return self._person.territory
            case Choice():
                return next(iter(self._drawn(question, given, 1)), None)
            case Choices():
                return self._several(question, given)
            case Rank():
                most = self._rng.randint(1, question.top)
                return tuple(self._drawn(question, given, most)) or None
            case Matrix():
                return self._grid(question, given)
            case Scale():
                return self._step(question, given)
            case Number():
                return self._number(question)
            case Date() | Info():
                return question.some_answer(given, self._context, self._rng)
            case LongText() | ShortText():
                return verbatim(question.id, question.max_length, self._rng)
        assert_never(question)

    def _options(self, question: Question, given: Answers) -> Sequence[Option]:
        if question.conditional:
            return question.offered(given, self._context)
        return question.options

    def _drawn(self, question: Question, given: Answers, count: int) -> list[str]:
        """So many different options, the usual ones more often."""
        options = {option.code: option for option in self._options(question, given)}
        found: list[str] = []
        while options and len(found) < count:
            weights = [self._population.weight(question, one) for one in options.values()]
            [code] = self._rng.choices(list(options), weights)
            found.append(code)
            del options[code]
        return found

    def _several(self, question: Choices, given: Answers) -> Answer | None:
        most = min(question.max or len(question.options), 4)
        drawn = self._drawn(question, given, self._rng.randint(max(1, question.min), max(1, most)))
        if alone := [code for code in drawn if question.by_code[code].exclusive]:
            return (alone[0],)
        return tuple(option.code for option in question.options if option.code in drawn) or None

    def _grid(self, question: Matrix, given: Answers) -> Answer | None:
        options = self._options(question, given)
        graded = [option.code for option in options if not option.apart]
        apart = [option.code for option in options if option.apart]
        answers = {}
        for row in question.shown_rows(given, self._context):
            if apart and self._rng.random() < _APART:
                answers[row.id] = apart[0]
            elif graded and (question.required or self._rng.random() >= _PASSED_OVER):
                height = self._opinion(given, question.id, row.id)
                answers[row.id] = graded[_place(height, len(graded))]
        return answers or None

    def _step(self, question: Scale, given: Answers) -> Answer:
        if question.opt_out and self._rng.random() < _APART / 2:
            return OPT_OUT
        steps = question.stop - question.start + 1
        return question.start + _place(self._opinion(given, question.id), steps)

    def _opinion(self, given: Answers, *about: str) -> float:
        """About 0, the more the better: of everyone, of the group, of the person, of the moment."""
        structure = str(given.get("structure", ""))
        return (
            self._population.leaning("all", *about)
            + self._population.leaning(structure, *about)
            + self._population.leaning(self._person.territory, about[0])
            + self._mood
            + self._rng.gauss(0, _MOMENT)
        )

    def _number(self, question: Number) -> Answer:
        low = question.min if question.min is not None else 0.0
        high = question.max if question.max is not None else low + 100
        drawn = self._rng.triangular(low, high, low + (high - low) / 4)
        return canonical(min(max(round(drawn, question.decimals), low), high))


def _place(height: float, places: int) -> int:
    """Which of so many steps an opinion is on, from about -2 to about 2."""
    return min(max(int((height + 2) / 4 * places), 0), places - 1)
