"""Refusals: what a caller cannot ignore; `web` alone turns them into pages.

Refusal
├── subclasses live beside what refuses, one class for each reason;
└── the first line of the docstring is the sentence shown to the person, in French.
"""

from typing import ClassVar

from consultation.words import words


class Refusal(Exception):
    """La demande ne peut pas être traitée."""

    status: ClassVar[int] = 400
    title: ClassVar[str] = "Demande refusée"
    template: ClassVar[str] = "errors/refusal.html"
    retry_after: ClassVar[int] = 0  # seconds, when trying again later may help

    @property
    def sentence(self) -> str:
        """What the person reads: the argument given, or the class's own sentence."""
        return str(self) or (type(self).__doc__ or "").strip().splitlines()[0]

    def said(self, language: str) -> str:
        """The same in this language, when the platform has words for it."""
        return words(self.sentence, language)
