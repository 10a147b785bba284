"""What the script is told of a page, so that it shows and hides questions as the server would.

A question that an answer of its own page may show is there from the start, inert: the browser's
twin of the evaluator decides from then on, and the server decides again when the page is sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from markupsafe import Markup, escape

from consultation.ballots.journey import Sheet
from consultation.ballots.printing import Printer
from consultation.questionnaire.conditions import AUDIENCE, Condition, Json, Node, names, refs
from consultation.questionnaire.fields import Shown
from consultation.questionnaire.kinds import (
    Question,
)
from consultation.questionnaire.model import Page


@dataclass(frozen=True)
class Rules:
    """The conditions of one page that read an answer of the same page."""

    page: Page

    @cached_property
    def moving(self) -> frozenset[str]:
        """The questions that come and go with the answers of the page."""
        own = {question.id for question in self.page.questions}
        return frozenset(
            question.id
            for question in self.page.questions
            if question.show_if and own & set(_read(question.show_if.ast))
        )

    @cached_property
    def words(self) -> Markup:
        """For the script: each question it must know, how to read it, and its condition."""
        needed = self.moving | self._read
        told: list[Json] = [
            [question.id, question.script, _tree(question.show_if, question.id in self.moving)]
            for question in self.page.questions
            if question.id in needed
        ]
        return escape(_json(told))

    def given(self, agent: Shown) -> str:
        """For the script: what the conditions read that is not on the page."""
        elsewhere = self._read - {question.id for question in self.page.questions}
        known = {name: agent.visible[name] for name in elsewhere if name in agent.visible}
        return _json({**known, AUDIENCE: agent.context.audience})

    @cached_property
    def _read(self) -> frozenset[str]:
        conditions = [question.show_if for question in self.page.questions]
        moving = [one for one in conditions if one and self.moving]
        return frozenset(name for condition in moving for name in _read(condition.ast))


class Live:
    """Writes the questions of a page with what its script needs; remembers each page's rules."""

    def __init__(self) -> None:
        self._rules: dict[tuple[str, str], Rules] = {}

    def questions(self, sheet: Sheet, printer: Printer) -> list[Markup]:
        """The questions of this sheet, in order, and inert those an answer may add."""
        rules = self._rules_of(sheet)
        if not rules.moving:
            return printer.questions(sheet)
        asked = {question.id for question in sheet.asked}
        present = tuple(one for one in sheet.page.questions if one.id in asked | rules.moving)
        written = zip(present, printer.questions(replace(sheet, asked=present)), strict=True)
        return [
            _conditions(rules.words, escape(rules.given(sheet.agent))),
            *(
                _moving(one, html, shown=one.id in asked) if one.id in rules.moving else html
                for one, html in written
            ),
        ]

    def _rules_of(self, sheet: Sheet) -> Rules:
        key = (sheet.agent.questionnaire.digest, sheet.page.id)
        if key not in self._rules:
            self._rules[key] = Rules(sheet.page)
        return self._rules[key]


def _conditions(words: Markup, given: Markup) -> Markup:
    return Markup(  # noqa: S704 - both are escaped
        f'<template id="_conditions" data-questions="{words}" data-given="{given}"></template>'
    )


def _moving(question: Question, html: Markup, *, shown: bool) -> Markup:
    """A question that comes and goes; what is in a template is neither seen nor sent."""
    around = "div" if shown else "template"
    return Markup(f'<{around} data-live="{question.id}">{html}</{around}>')  # noqa: S704 - identifiers


def _read(node: Node) -> Iterator[str]:
    """The questions a condition reads, through the conditions it names."""
    yield from (ref.question for ref in refs(node))
    for named in names(node):
        if named.target is not None:
            yield from _read(named.target)


def _tree(condition: Condition | None, moving: bool) -> Json:
    return condition.to_json() if condition and moving else None


def _json(told: Json | Mapping[str, object]) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
