"""Linking: every condition receives the columns and named conditions it needs to stand alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from consultation.questionnaire.conditions import Condition, link, names
from consultation.questionnaire.elements import Option, Row
from consultation.questionnaire.kinds import Kind
from consultation.questionnaire.model import Page, Questionnaire

Shown = TypeVar("Shown", Option, Row)


def link_all(q: Questionnaire) -> Questionnaire:
    """The same questionnaire, ready to be evaluated; its conditions are known to be sound."""
    linker = _Linker(
        _details(q),
        _linked(q),
    )
    return replace(
        q,
        pages=tuple(linker.page(page) for page in q.pages),
        conditions=tuple(linker.named.items()),
    )


@dataclass(frozen=True)
class _Linker:
    details: Mapping[str, Mapping[str, Mapping[str, str]]]
    named: Mapping[str, Condition]

    def page(self, page: Page) -> Page:
        return replace(
            page,
            show_if=self._condition(page.show_if),
            questions=tuple(self._question(question) for question in page.questions),
            checks=tuple(
                replace(one, warn_if=link(one.warn_if, self.details, self.named))
                for one in page.checks
            ),
        )

    def _question(self, question: Kind) -> Kind:
        return replace(
            question,
            show_if=self._condition(question.show_if),
            options=self._all(question.options),
            rows=self._all(question.rows),
        )

    def _all(self, items: Iterable[Shown]) -> tuple[Shown, ...]:
        return tuple(
            replace(item, show_if=self._condition(item.show_if)) if item.show_if else item
            for item in items
        )

    def _condition(self, condition: Condition | None) -> Condition | None:
        return link(condition, self.details, self.named) if condition else None


def _details(q: Questionnaire) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """The further columns of the list of each question."""
    return {one.id: one.details for one in q.questions}


def _linked(q: Questionnaire) -> Mapping[str, Condition]:
    """The named conditions, each linked after those it cites."""
    written = dict(q.conditions)
    known = _details(q)
    linked: dict[str, Condition] = {}

    def visit(name: str) -> None:
        if name not in linked and name in written:
            for below in names(written[name].ast):
                visit(below.name)
            linked[name] = link(written[name], known, linked)

    for name in written:
        visit(name)
    return {name: linked[name] for name in written}
