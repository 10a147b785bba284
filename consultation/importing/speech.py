"""Texts of the original in our subset, in every language it has, quoting only what may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from consultation.importing.form import Remark, Words
from consultation.importing.plan import Plan
from consultation.importing.wording import DOTS, clean
from consultation.importing.writing import Entry, Flow, Value

QUOTABLE = ("choice", "scale", "number")


@dataclass
class Speech:
    """Says the texts of one plan."""

    plan: Plan
    remarks: list[Remark]

    def say(self, words: Words, place: str, *, tags: bool = False, limit: int = 0) -> Value | None:
        """The text, by language when there are several; it quotes what is asked before `limit`."""
        form = self.plan.form
        known = form.languages & set(words) or set(words)
        said = {one: self._said(words[one], place, tags, limit) for one in words if one in known}
        said = {language: text for language, text in said.items() if text}
        if not said:
            return None
        main = said.pop(form.language, "")
        if not main:
            return next(iter(said.values()))
        if set(said.values()) <= {main}:
            return main
        return Flow((Entry(form.language, main), *(Entry(*one) for one in said.items())))

    def name(self, name: str) -> Value | None:
        """A name, for want of a text."""
        return self.say({self.plan.form.language: name}, "")

    def _said(self, written: str, place: str, tags: bool, limit: int) -> str:
        found = clean(written, self.plan.form.markup, self._quoter(limit), tags=tags)
        for lost in found.lost:
            said = f"{lost}, qu’un texte ne peut pas contenir"
            self.remarks.append(Remark(kind="lost", place=place, said=said))
        return found.text

    def _quoter(self, limit: int) -> Callable[[str], str]:
        """How a text placed there quotes an earlier answer."""

        def quote(name: str) -> str:
            asked = self.plan.question(name)
            if asked is None or asked.rank >= limit or not self.plan.is_whole(name):
                return DOTS
            return f"{{{asked.id}|{DOTS}}}" if asked.item.kind in QUOTABLE else DOTS

        return quote


def first(value: Value) -> str:
    """The text in the questionnaire's own language."""
    return str(value.entries[0].value) if isinstance(value, Flow) else str(value)
