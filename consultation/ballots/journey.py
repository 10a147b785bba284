"""Where an agent is in a questionnaire: reads a page, says what comes next. Keeps nothing.

Everything an agent has answered travels in the forms; a journey only computes with it, so that the
same rules serve the pages, the door without script and the final check.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

from consultation.ballots.review import Section, line
from consultation.incoming import clean
from consultation.questionnaire.answers import read_questions, stored
from consultation.questionnaire.conditions import Context, evaluate
from consultation.questionnaire.drafts import from_json, object_in, to_json
from consultation.questionnaire.elements import Answers
from consultation.questionnaire.fields import Field, Shown, Typed
from consultation.questionnaire.kinds import Question
from consultation.questionnaire.lots import Lots
from consultation.questionnaire.messages import NOTHING_ANSWERED
from consultation.questionnaire.model import Page
from consultation.questionnaire.posted import FieldError
from consultation.questionnaire.rules import Rules
from consultation.questionnaire.visibility import in_order, walk
from consultation.words import words

REVIEWING = "relire"
REMINDED = "rappel"  # among the warnings given: the checks have numbers
_NO_ANSWER: Answers = MappingProxyType({})
_WALKS_KEPT = 4
_SEED = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True, kw_only=True)
class State:
    """What a form carries from page to page.

    `typed`: what was typed and cannot be read as an answer yet, kept when going back;
    `todo`: while reviewing, the pages a changed answer has made worth a visit.
    """

    answers: Answers = field(default_factory=dict)
    typed: Typed = field(default_factory=dict)
    seed: str = ""
    reviewing: bool = False
    todo: tuple[str, ...] = ()

    @classmethod
    def from_form(cls, rules: Rules, form: Mapping[str, str]) -> State:
        """The state in these fields; what was tampered with is dropped."""
        seed = form.get("seed", "")
        first, *todo = form.get("return", "").split() or [""]
        return cls(
            answers=from_json(rules, form.get("answers", "") or "{}"),
            typed=_typed_from_json(form.get("typed", "")),
            seed=seed if _SEED.fullmatch(seed) else "",
            reviewing=first == REVIEWING,
            todo=tuple(page_id for page_id in todo if rules.page(page_id)),
        )

    def to_form(self) -> dict[str, str]:
        """The same as hidden fields."""
        back = (REVIEWING, *self.todo) if self.reviewing else ()
        return {
            "answers": to_json(self.answers),
            "typed": json.dumps(dict(self.typed), ensure_ascii=False) if self.typed else "",
            "seed": self.seed,
            "return": " ".join(back),
        }


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """One page as it came: its fields, what it showed, the warnings already given."""

    fields: Typed
    shown: frozenset[str] = frozenset()
    warned: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A page once read: the state it leads to, and what keeps the agent on it."""

    submitted: Submitted
    state: State
    errors: tuple[FieldError, ...] = ()
    added: int = 0
    warnings: tuple[tuple[str, str], ...] = ()  # (number of the check, its message)

    @property
    def complete(self) -> bool:
        """Whether the agent may go on."""
        return not (self.errors or self.added or self.warnings)

    @property
    def warned(self) -> str:
        """The checks whose warning has been given, this time included."""
        given = self.submitted.warned | {number for number, _ in self.warnings}
        return " ".join(sorted(given))


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One page ready to be shown."""

    page: Page
    title: str
    intro: str
    step: int
    steps: int
    next_title: str
    asked: tuple[Question, ...]
    agent: Shown
    typed: Typed
    errors: Sequence[FieldError]
    shown: str
    quotes: bool = False  # whether the texts around its questions repeat an answer
    warned: str = ""
    added: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def particular(self) -> bool:
        """Whether it says something that depends on this agent alone, besides its questions."""
        return bool(self.quotes or self.errors or self.added or self.warnings)

    @property
    def place(self) -> tuple[object, ...]:
        """Everything it says besides its questions when it is not particular."""
        required = any(question.required for question in self.asked)
        return (self.page.id, self.step, self.steps, self.next_title, required)

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """Every question with what was typed and its error."""
        return tuple(
            question.field_for(self.agent, self.typed, self.errors) for question in self.asked
        )


@dataclass(frozen=True, kw_only=True)
class _Walk:
    """What these answers make visible."""

    answers: Answers
    questions: Mapping[str, tuple[Question, ...]]  # by page
    pages: tuple[Page, ...]
    visible: Answers
    orders: dict[Lots, tuple[Page, ...]] = field(default_factory=dict)

    def in_order(self, lots: Lots) -> tuple[Page, ...]:
        """The pages in this respondent's order."""
        if lots not in self.orders:
            self.orders[lots] = in_order(self.pages, lots)
        return self.orders[lots]


@dataclass(frozen=True)
class Journey:
    """The way of one respondent through a questionnaire, by its rules."""

    rules: Rules
    context: Context

    def first(self, state: State) -> Page:
        """The page everyone of this order begins with."""
        return self._pages(replace(state, answers=_NO_ANSWER))[0]

    def visible(self, page: Page, state: State) -> Page:
        """This page, or the first one when an answer has hidden it."""
        pages = self._pages(state)
        return pages[max(_place(page, pages), 0)]

    def read(self, page: Page, submitted: Submitted, state: State) -> Reading:
        """Read a page as it was sent; what it cannot read, or must ask, is in the result."""
        if _place(page, self._pages(state)) < 0:
            return Reading(submitted=submitted, state=state)
        fields = {**self._not_shown(page, submitted.shown, state), **submitted.fields}
        before = self._visible_elsewhere(page, state)
        filled = read_questions(page, fields, state.answers, before, self.context)
        # The same answers are the same object: what they make visible is known already.
        answers = state.answers if filled.draft == state.answers else filled.draft
        reading = Reading(
            submitted=replace(submitted, fields=fields),
            state=replace(state, answers=answers, typed=_elsewhere(page, state.typed)),
        )
        added = self._tokens(page, answers) - submitted.shown
        errors = tuple(error for error in filled.errors if not _concerns(error, added))
        if errors or added:
            asked = sum("." not in token for token in added) or len(added)
            return replace(reading, errors=errors, added=asked)
        return replace(reading, warnings=self._warnings(page, reading))

    def keep(self, page: Page, submitted: Submitted, state: State) -> State:
        """The state with everything typed on this page, readable or not."""
        reading = self.read(page, submitted, state)
        unread = {error.question for error in reading.errors}
        fields = reading.submitted.fields.items()
        typed = {
            name: list(values)
            for name, values in fields
            if name.partition(".")[0] in unread and any(values)
        }
        return replace(reading.state, typed={**reading.state.typed, **typed})

    def rebased(self, page: Page, sent: Submitted, base: State, latest: State) -> Submitted:
        """The page as sent, over answers given since it was shown: what it left alone is theirs."""
        fields = dict(sent.fields)
        for question in page.questions:
            own = {name for name in fields if name.partition(".")[0] == question.id}
            was = self._in_form(question, base)
            if _filled({name: fields[name] for name in own}) == _filled(was):
                fields = {name: fields[name] for name in fields if name not in own}
                fields |= self._in_form(question, latest)
        return replace(sent, fields=fields)

    def after(self, page: Page, before: State, state: State) -> tuple[Page | None, State]:
        """The page that follows, or None when it is time to review; and the state to carry."""
        pages = self._pages(state)
        if not state.reviewing:
            following = pages[_place(page, pages) + 1 :]
            return (following[0] if following else None), state
        worth = {*state.todo, *self._changed(before, state)} - {page.id}
        todo = [other for other in pages if other.id in worth]
        state = replace(state, todo=tuple(other.id for other in todo))
        return (todo[0] if todo else None), state

    def before(self, page: Page, state: State) -> Page:
        """The page that precedes, or the first one."""
        pages = self._pages(state)
        return pages[max(_place(page, pages) - 1, 0)]

    def sheet(self, page: Page, state: State) -> Sheet:
        """The page as it is shown when arriving on it."""
        return self._sheet(page, state, _held(page, state), ())

    def sheet_again(self, page: Page, reading: Reading) -> Sheet:
        """The page as it is shown again: what was typed, and what to do about it."""
        sheet = self._sheet(page, reading.state, reading.submitted.fields, reading.errors)
        warnings = tuple(message for _, message in reading.warnings)
        return replace(sheet, warned=reading.warned, added=reading.added, warnings=warnings)

    def review(self, state: State) -> tuple[Section, ...]:
        """What will be stored, page by page."""
        shown = self._shown(state)
        return tuple(
            Section(
                page=page,
                title=shown.words(page.title),
                lines=tuple(line(question, shown) for question in self._asked(page, state.answers)),
            )
            for page in self._pages(state)
        )

    def unfinished(self, state: State) -> tuple[Page, Reading] | None:
        """The first page that cannot be stored as it is, read as if it had just been sent."""
        if self._is_whole(state):
            return None
        pages = self._pages(state)
        for page in pages:
            reading = self.read(page, self._as_sent(page, state), state)
            if reading.errors:
                return page, reading
        if self._walk(state.answers).visible:
            return None
        asking = (page for page in pages if self._asked(page, state.answers))
        first = next(asking, pages[0])
        return first, self.refuse_nothing(
            first, self.read(first, self._as_sent(first, state), state)
        )

    def refuse_nothing(self, page: Page, reading: Reading) -> Reading:
        """The same reading, in error when the page holds no answer at all."""
        given = {name.partition(".")[0] for name in reading.state.answers}
        asked = self._asked(page, reading.state.answers)
        if reading.errors or not asked or any(question.id in given for question in asked):
            return reading
        said = words(NOTHING_ANSWERED, self.context.language)
        nothing = FieldError(question=asked[0].id, field=asked[0].id, message=said)
        return replace(reading, errors=(nothing,), warnings=())

    def document(self, state: State) -> bytes:
        """What is sealed: the definition answered to, the audience, the answers as stored."""
        document = {
            "definition": self.rules.digest,
            "audience": self.context.audience,
            "answers": stored(self.rules, state.answers, self.context),
        }
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    def _is_whole(self, state: State) -> bool:
        """Whether everything can be stored as it is: then no page needs to be read again."""
        walked = self._walk(state.answers)
        return (
            bool(walked.visible)
            and not state.typed
            and not any(
                walked.visible.get(question.id) != state.answers.get(question.id)
                or question.lacks(walked.visible.get(question.id), walked.visible, self.context)
                for questions in walked.questions.values()
                for question in questions
            )
        )

    def _pages(self, state: State) -> tuple[Page, ...]:
        return self._walk(state.answers).in_order(self._lots(state))

    def _lots(self, state: State) -> Lots:
        return Lots(state.seed, self.rules.drawing)

    def _shown(self, state: State) -> Shown:
        return Shown(
            questionnaire=self.rules,
            context=self.context,
            lots=self._lots(state),
            visible=self._walk(state.answers).visible,
        )

    @cached_property
    def _walks(self) -> deque[_Walk]:
        return deque(maxlen=_WALKS_KEPT)

    def _walk(self, answers: Answers) -> _Walk:
        """What these very answers make visible: one request asks it a dozen times."""
        for known in self._walks:
            if known.answers is answers:
                return known
        shown, visible = walk(self.rules, answers, self.context)
        new = _Walk(
            answers=answers,
            questions={page.id: questions for page, questions in shown},
            pages=tuple(page for page, _ in shown),
            visible=visible,
        )
        self._walks.append(new)
        return new

    def _visible_elsewhere(self, page: Page, state: State) -> Answers:
        """The visible answers of the other pages: a page's conditions only read earlier ones."""
        own = {question.id for question in page.questions}
        visible = self._walk(state.answers).visible
        return {name: visible[name] for name in visible if name.partition(".")[0] not in own}

    def _visible(self, page: Page, answers: Answers) -> tuple[Question, ...]:
        return self._walk(answers).questions.get(page.id, ())

    def _asked(self, page: Page, answers: Answers) -> list[Question]:
        return [one for one in self._visible(page, answers) if one.asks]

    def _tokens(self, page: Page, answers: Answers) -> frozenset[str]:
        """What the page asks: its questions and the rows of its matrices."""
        asked = self._asked(page, answers)
        grids = [question for question in asked if question.rows]
        if any(grid.conditional for grid in grids):
            answers = self._walk(answers).visible
        rows = (
            f"{grid.id}.{row.id}"
            for grid in grids
            for row in grid.shown_rows(answers, self.context)
        )
        return frozenset((*(question.id for question in asked), *rows))

    def _not_shown(self, page: Page, shown: frozenset[str], state: State) -> Typed:
        """Earlier answers to what the page did not show: they come back if their question does."""
        return {
            name: values
            for question in page.questions
            for name, values in question.in_form(state.answers).items()
            if question.id not in shown or (question.rows and name not in shown)
        }

    def _in_form(self, question: Question, state: State) -> Typed:
        """What a page holds of this question: neither options nor rows that are hidden."""
        answer = state.answers.get(question.id)
        if answer is None or not question.conditional:
            return question.in_form(state.answers)
        visible = self._walk(state.answers).visible
        offered = question.still_offered(answer, visible, self.context)
        return {} if offered is None else question.in_form({**state.answers, question.id: offered})

    def _changed(self, before: State, state: State) -> list[str]:
        """The pages that now ask something they did not ask before."""
        asked = {page.id: self._tokens(page, before.answers) for page in self._pages(before)}
        return [
            page.id
            for page in self._pages(state)
            if self._tokens(page, state.answers) - asked.get(page.id, frozenset())
        ]

    def _warnings(self, page: Page, reading: Reading) -> tuple[tuple[str, str], ...]:
        return (*self._surprises(page, reading), *self._reminders(page, reading))

    def _surprises(self, page: Page, reading: Reading) -> Iterator[tuple[str, str]]:
        """What the page's checks find, each said once."""
        if not page.checks:
            return
        shown = self._shown(reading.state)
        for number, check in enumerate(page.checks):
            if str(number) not in reading.submitted.warned and evaluate(
                check.warn_if, shown.visible, self.context
            ):
                yield str(number), shown.words(check.message)

    def _reminders(self, page: Page, reading: Reading) -> Iterator[tuple[str, str]]:
        """The questions worth an answer that have none, said once for the whole page."""
        if REMINDED in reading.submitted.warned:
            return
        shown = self._shown(reading.state)
        for question in self._asked(page, reading.state.answers):
            if question.reminder and question.id not in shown.visible:
                yield REMINDED, shown.words(question.reminder)

    def _sheet(self, page: Page, state: State, typed: Typed, errors: Sequence[FieldError]) -> Sheet:
        shown = self._shown(state)
        pages = self._pages(state)
        step = _place(page, pages) + 1
        next_title = pages[step].title if step < len(pages) else None
        return Sheet(
            page=page,
            title=shown.words(page.title),
            intro=shown.words(page.intro),
            step=max(step, 1),
            steps=len(pages),
            next_title=shown.words(next_title),
            quotes=any(text and text.quotes for text in (page.title, page.intro, next_title)),
            asked=self._visible(page, state.answers),
            agent=shown,
            typed=typed,
            errors=errors,
            shown=" ".join(sorted(self._tokens(page, state.answers))),
        )

    def _as_sent(self, page: Page, state: State) -> Submitted:
        return Submitted(fields=_held(page, state), shown=self._tokens(page, state.answers))


def _place(page: Page, pages: Sequence[Page]) -> int:
    """Where the page is among those shown; -1 when it is hidden, so that the first follows it."""
    return next((place for place, shown in enumerate(pages) if shown.id == page.id), -1)


def _held(page: Page, state: State) -> Typed:
    """The page's fields as the state fills them."""
    fields: dict[str, Sequence[str]] = {}
    for question in page.questions:
        fields.update(question.in_form(state.answers))
    return fields | {name: state.typed[name] for name in state.typed if _owns(page, name)}


def _owns(page: Page, name: str) -> bool:
    return name.partition(".")[0] in {question.id for question in page.questions}


def _filled(fields: Typed) -> Mapping[str, frozenset[str]]:
    """What is filled in these fields, however a browser ends its lines."""
    clean = {
        name: frozenset(value.replace("\r\n", "\n") for value in values if value)
        for name, values in fields.items()
    }
    return {name: values for name, values in clean.items() if values}


def _elsewhere(page: Page, typed: Typed) -> Typed:
    """What was typed on the other pages."""
    return {name: values for name, values in typed.items() if not _owns(page, name)}


def _concerns(error: FieldError, tokens: frozenset[str]) -> bool:
    return error.question in tokens or error.field in tokens


def _typed_from_json(text: str) -> Typed:
    return {
        clean(name): [clean(value) for value in values]
        for name, values in object_in(text).items()
        if isinstance(values, list) and all(isinstance(value, str) for value in values)
    }
