"""What a ballot becomes: its profile, the cells of its row, its free texts.

The plan comes from the questionnaire alone, once, before the first ballot is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, pairwise

from consultation.ballots.boxes import from_urn
from consultation.questionnaire.columns import (
    NO_ANSWER,
    UNANSWERED,
    Answered,
    Block,
    Column,
    OpenText,
    words,
)
from consultation.questionnaire.conditions import AUDIENCE
from consultation.questionnaire.elements import Option
from consultation.questionnaire.kinds import Question
from consultation.questionnaire.model import Questionnaire
from consultation.results.disclosure import EVERYTHING, Hierarchy
from consultation.results.gates import Gate, gates_of
from consultation.sealing import CannotUnseal, SealingKey

NO_DETAIL = "Non détaillé"
PROTECTED = "profil, protégé"


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """What an agent answered, to which questionnaire, and the audience of the credential."""

    audience: str
    answers: Answered
    definition: str = ""  # the digest of the questionnaire answered

    @classmethod
    def opened(cls, urn: bytes, key: SealingKey, box: bytes) -> Ballot | None:
        """The ballot in the box; None when it is damaged, or comes from another urn."""
        try:
            return cls.read(from_urn(urn, key, box))
        except CannotUnseal:
            return None

    @classmethod
    def read(cls, document: bytes) -> Ballot | None:
        """The ballot in an unsealed document; None when it is not one."""
        try:
            content = json.loads(document)
        except ValueError:
            return None
        match content:
            case {"audience": str(audience), "answers": dict(answers)}:
                definition = str(content.get("definition", ""))
                return cls(audience=audience, answers=answers, definition=definition)
        return None


@dataclass(frozen=True, kw_only=True)
class ProfileColumn:
    """A column of the profile: never shown but through the disclosure rules."""

    column: Column
    hierarchy: Hierarchy
    levels: tuple[str, ...] = ()  # the list's columns its values climb, the stored one first
    block: Block | None = None  # none for the audience

    @property
    def coarse(self) -> frozenset[str]:
        """The codes that no one answers: they stand for detail that was lost."""
        return frozenset({self.hierarchy.root, *self.hierarchy.parents.values()})

    def code(self, ballot: Ballot) -> int:
        """The number of this ballot's code."""
        if self.block is None:
            known = self.column.codes
            return known.index(ballot.audience) if ballot.audience in known else NO_ANSWER
        return self.block.coded(ballot.answers)[0]

    def given(self, ballot: Ballot) -> bool:
        """Whether this ballot answers it, with a code that is known or not."""
        return all(self.block.given(ballot.answers)) if self.block else bool(ballot.audience)

    def value(self, ballot: Ballot) -> str:
        """The value of this ballot; no answer is a value like another."""
        code = self.code(ballot)
        return UNANSWERED if code == NO_ANSWER else self.column.codes[code]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Every column, known before the first ballot is read."""

    profile: tuple[ProfileColumn, ...]
    gates: tuple[Gate, ...]
    blocks: tuple[Block, ...]
    tables: tuple[Block, ...]  # what leaves in tables only
    texts: tuple[OpenText, ...]
    order: tuple[str, ...]  # names of profile columns, the first to be generalised first

    @cached_property
    def hierarchies(self) -> tuple[Hierarchy, ...]:
        """How the profile, then the gates, lose detail, in this order."""
        by_name = {one.column.name: one.hierarchy for one in self.profile}
        return (*(by_name[name] for name in self.order), *(gate.hierarchy for gate in self.gates))

    @cached_property
    def answers(self) -> tuple[Column, ...]:
        """The columns that are not the profile's."""
        return tuple(column for block in self.blocks for column in block.columns)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the microdata file, the profile first."""
        return (*(one.column for one in self.profile), *self.answers)

    @cached_property
    def place(self) -> ProfileColumn | None:
        """The only thing that may stand beside a free text: the territory as it is stored."""
        return next((one for one in self.profile if one.levels), None)

    def written(self, ballot: Ballot) -> Iterator[tuple[OpenText, str]]:
        """The free texts of the ballot."""
        for text in self.texts:
            said = ballot.answers.get(text.answer)
            if isinstance(said, str) and said.strip():
                yield text, said

    @cached_property
    def sensitive(self) -> tuple[int, ...]:
        """The numbers of the sensitive columns among `answers`."""
        sensitive = (block.sensitive for block in self.blocks for _ in block.columns)
        return tuple(number for number, kept in enumerate(sensitive) if kept)


def plan(questionnaire: Questionnaire) -> Plan:
    """The plan of what leaves for this questionnaire.

    In the microdata: closed questions whose `export` is `all`. A profile question that is not a
    choice, a scale or a number would have no hierarchy: it stays out.
    """
    exported = [question for question in questionnaire.questions if question.export == "all"]
    profile = (*_audience(questionnaire), *_profile(exported))
    blocks = (question.block for question in exported if not question.profile)
    tables = (one.block for one in questionnaire.questions if one.export == "tables")
    return Plan(
        profile=profile,
        gates=gates_of(questionnaire),
        blocks=tuple(block for block in blocks if block),
        tables=tuple(block for block in tables if block),
        texts=tuple(chain.from_iterable(question.open_texts() for question in exported)),
        order=_order(questionnaire, [one.column.name for one in profile]),
    )


def _order(questionnaire: Questionnaire, shown: Sequence[str]) -> tuple[str, ...]:
    """What the questionnaire does not rank gives way first; the audience gives way last."""
    ranked = [name for name in questionnaire.generalisation if name in shown]
    unranked = [name for name in shown if name not in ranked and name != AUDIENCE]
    return (*unranked, *ranked, *(name for name in shown if name == AUDIENCE))


def _audience(questionnaire: Questionnaire) -> Iterator[ProfileColumn]:
    if len(questionnaire.audiences) > 1:
        labels = {code: words(label) for code, label in questionnaire.audiences}
        values = labels | {EVERYTHING: NO_DETAIL}
        column = Column(
            name=AUDIENCE,
            question=AUDIENCE,
            title="Public",
            kind="profil",
            called=PROTECTED,
            values=values,
        )
        yield ProfileColumn(column=column, hierarchy=Hierarchy(name=AUDIENCE))


def _profile(questions: Iterable[Question]) -> Iterator[ProfileColumn]:
    for question in questions:
        block = question.block
        if question.profile and block and question.generalises:
            levels = _levels(question) if question.stored_column else ()
            parents, labels = _climbing(question, levels)
            stored = dict(question.values()) | {
                one.code: one.label for one in block.columns[0].bands
            }
            column = replace(
                block.columns[0],
                kind="profil",
                called=PROTECTED,
                values=stored | _missing_from(stored, labels) | {EVERYTHING: NO_DETAIL},
                bands=(),
            )
            hierarchy = Hierarchy(name=question.id, parents=parents)
            yield ProfileColumn(column=column, hierarchy=hierarchy, levels=levels, block=block)


def _missing_from(known: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, str]:
    return {code: label for code, label in labels.items() if code not in known}


def _levels(question: Question) -> tuple[str, ...]:
    """The stored column of the list, then each coarser one that it determines."""
    levels = [question.stored_column]
    columns = {name for option in question.options for name, _ in option.columns}
    sizes = {name: len({option.column(name) for option in question.options}) for name in columns}
    for name in sorted(columns, key=lambda name: (-sizes[name], name)):
        options = question.options
        if sizes[name] < sizes[levels[-1]] and all(_fits(options, low, name) for low in levels):
            levels.append(name)
    return tuple(levels)


def _fits(options: Sequence[Option], fine: str, coarse: str) -> bool:
    """Whether the coarse value follows from the fine one, and the two cannot be confused."""
    pairs = {(option.column(fine), option.column(coarse)) for option in options}
    values = {value for value, _ in pairs}
    clear = all(value == above or above not in values for value, above in pairs)
    return clear and len(pairs) == len(values)


def _climbing(question: Question, levels: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The parent of each value, and the labels of the values that are parents."""
    parents = {
        option.column(lower): option.column(upper)
        for lower, upper in pairwise(levels)
        for option in question.options
        if option.column(upper) not in ("", option.column(lower))
    }
    return parents, {code: code.replace("_", " ").capitalize() for code in parents.values()}
