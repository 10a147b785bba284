"""Pages as HTML: what never changes is rendered once, then the answers are written into it.

Rendering is most of what a page costs, and neither the questions nor what surrounds them change.
What cannot be written into something already rendered (an error, an answer it quotes, a ranking) is
rendered by the same templates: either way the page is the same to the letter. Nothing an agent has
answered is ever kept here.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup, escape

from consultation.ballots.journey import Sheet
from consultation.questionnaire.elements import Option
from consultation.questionnaire.fields import Field, Shown, Typed
from consultation.questionnaire.kinds import (
    Question,
)
from consultation.questionnaire.lots import Lots

_MOST_KEPT = 2_000  # questions, or pages without their questions
_ANY_LOTS = Lots("0")
_NO_CODE = "*"  # an answer no option has: only the way back from an answer shows
_OPTION = re.compile(r'(?=<(?:div|p) class="fr-fieldset__element)')


@dataclass(frozen=True, kw_only=True)
class _Blank:
    """A question before any answer; when its options are drawn, in which pieces it comes apart."""

    html: str
    moving: tuple[Option, ...] = ()
    pieces: tuple[str, ...] = ()  # what precedes the options, each of them, what follows

    def in_order(self, question: Question, lots: Lots) -> str:
        """The question with its options in this agent's order."""
        if not self.moving:
            return self.html
        places = {option.code: place for place, option in enumerate(self.moving, 1)}
        drawn = lots.draw(self.moving, question.id, lambda option: option.code)
        moved = (
            self.pieces[old].replace(f'"{question.id}-{old}"', f'"{question.id}-{new}"')
            for new, old in enumerate((places[option.code] for option in drawn), 1)
        )
        return "".join((self.pieces[0], *moved, *self.pieces[1 + len(self.moving) :]))


class Printer:
    """Remembers how each question, and what surrounds them, looks before any answer."""

    def __init__(self, render: Callable[[Field, str], str]) -> None:
        """`render` writes a field in a language."""
        self._render = render
        self._blanks: dict[Hashable, _Blank] = {}
        self._around: dict[Hashable, tuple[str, ...]] = {}
        self._quoting: dict[tuple[str, str], bool] = {}
        self._hole = f"<!--{secrets.token_hex(16)}-->"  # no text of a questionnaire holds it

    def page(self, key: Hashable, render: Callable[..., str], **filled: Markup) -> str:
        """What `render` makes of `filled`, rendered once for each `key` with holes in their place.

        The key tells everything the page says besides them, which come in the order of the page.
        """
        around = self._around.get(key)
        if around is None:
            _make_room(self._around)
            hole = Markup(self._hole)  # noqa: S704 - ours
            around = tuple(render(**dict.fromkeys(filled, hole)).split(hole))
            self._around[key] = around
        return "".join(
            part for pair in zip(around, (*filled.values(), ""), strict=True) for part in pair
        )

    def questions(self, sheet: Sheet) -> list[Markup]:
        """The questions of this sheet, in order."""
        # Rendered by macros that escape, as does everything written below.
        return [Markup(self._question(question, sheet)) for question in sheet.asked]  # noqa: S704

    def _question(self, question: Question, sheet: Sheet) -> str:
        typed = _own(question, sheet.typed)
        if self._is_whole(question, typed, sheet):
            field = question.field_for(sheet.agent, sheet.typed, sheet.errors)
            return self._render(field, sheet.agent.context.language)
        blank = self._blank(question, sheet.agent, answered=any(typed.get(question.id, ())[:1]))
        return _filled(blank.in_order(question, sheet.agent.lots), question, typed)

    def _is_whole(self, question: Question, typed: Typed, sheet: Sheet) -> bool:
        """Whether the question must be rendered whole."""
        if any(error.question == question.id for error in sheet.errors):
            return True
        if question.control == "whole":
            return question.random or bool(typed)
        if question.control == "listed":
            return question.random or len(typed.get(question.id, ())) > 1
        return self._quotes(question, sheet.agent)

    def _quotes(self, question: Question, agent: Shown) -> bool:
        """Whether one of its texts quotes an answer."""
        key = (agent.questionnaire.digest, question.id)
        if key not in self._quoting:
            self._quoting[key] = "{" in repr(question)
        return self._quoting[key]

    def _blank(self, question: Question, agent: Shown, *, answered: bool) -> _Blank:
        asked = (agent.questionnaire.digest, agent.context.language, question.id)
        key = (asked, answered, *_offered(question, agent))
        blank = self._blanks.get(key)
        if blank is None:
            _make_room(self._blanks)
            typed = {question.id: [_NO_CODE]} if answered and question.single else {}
            # A plain text: `Markup` would escape what is put into it.
            field = question.field_for(replace(agent, lots=_ANY_LOTS), typed)
            html = str(self._render(field, agent.context.language))
            blank = self._blanks[key] = _taken_apart(html, question, agent)
        return blank


def _make_room(kept: dict[Hashable, Any]) -> None:
    if len(kept) >= _MOST_KEPT:
        kept.clear()


def _own(question: Question, typed: Typed) -> Typed:
    """What was typed in the fields of this question."""
    return {
        name: values
        for name, values in typed.items()
        if name.partition(".")[0] == question.id and any(values)
    }


def _offered(question: Question, agent: Shown) -> tuple[object, ...]:
    """What of the question depends on the agent."""
    if not question.conditional:
        return ()
    codes = [option.code for option in question.offered(agent.visible, agent.context)]
    rows = [row.id for row in question.shown_rows(agent.visible, agent.context)]
    return (*codes, None, *rows)


def _taken_apart(html: str, question: Question, agent: Shown) -> _Blank:
    if question.control != "ticked" or not question.random:
        return _Blank(html=html)
    options = question.offered(agent.visible, agent.context, _ANY_LOTS)
    moving = tuple(option for option in options if not option.at_end)
    end = html.rindex("</fieldset>")  # what follows the options never moves with the last one
    pieces = (*_OPTION.split(html[:end]), html[end:])
    return _Blank(html=html, moving=moving, pieces=pieces)


def _filled(html: str, question: Question, typed: Typed) -> str:
    for name, values in typed.items():
        if question.control == "area":
            html = html.replace("\n</textarea>", f"\n{escape(values[0])}</textarea>", 1)
        elif question.control in ("ticked", "listed") and not _is_precision(question, name):
            html = _ticked(html, question, name, values)
        else:
            html = _written(html, name, values[0])
    return html


def _is_precision(question: Question, name: str) -> bool:
    return name == f"{question.id}.other" and not question.rows


def _ticked(html: str, question: Question, name: str, values: Sequence[str]) -> str:
    for value in dict.fromkeys(filter(None, values)):
        if question.control == "listed":
            line = f'<option value="{escape(value)}"'
            html = html.replace(f"{line}>", f"{line} selected>", 1)
        else:
            box = f' value="{escape(value)}" name="{name}"'
            html = html.replace(box, f"{box} checked", 1)
    return html


def _written(html: str, name: str, value: str) -> str:
    return html.replace(f' name="{name}" value=""', f' name="{name}" value="{escape(value)}"', 1)
