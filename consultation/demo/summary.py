"""The figures of a demonstration: every line is counted by the part that knows it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True)
class Summary:
    """From the lines of a file to the rows of another one."""

    recipients: int
    faulty: int
    duplicates: int
    invited: int
    sent: int
    respondents: int
    left_at_the_door: int
    issued: int
    gave_up: int
    spent: int
    ballots: int
    rows: int
    without_script: int
    repeating: int
    requests: int
    repeats: int
    restarts: int
    smallest_class: int
    seconds: float

    @property
    def adds_up(self) -> bool:
        """Whether nobody was lost and nobody was counted twice."""
        return (
            self.sent == self.invited == self.recipients - self.faulty - self.duplicates
            and self.issued == self.respondents - self.left_at_the_door
            and self.spent == self.issued - self.gave_up
            and self.rows == self.ballots == self.spent
        )

    def to_json(self) -> str:
        """The summary as it is written."""
        return json.dumps(asdict(self) | {"adds_up": self.adds_up}, indent=2) + "\n"

    def lines(self) -> Iterator[tuple[str, str, int]]:
        """What is added, taken away and found, for people."""
        yield "", "lignes dans les fichiers RH", self.recipients
        yield "−", "à corriger", self.faulty
        yield "−", "doublons", self.duplicates
        yield "=", "invitations envoyées", self.sent
        yield "", "", 0
        yield "", "agents qui se présentent", self.respondents
        yield "−", "repartis avant de commencer", self.left_at_the_door
        yield "=", "droits de répondre délivrés", self.issued
        yield "−", "abandons en cours de route", self.gave_up
        yield "=", "droits de répondre utilisés", self.spent
        yield "=", "bulletins dans l’urne", self.ballots
        yield "=", "lignes du fichier anonymisé", self.rows
        yield "", "", 0
        yield "", "dont agents sans JavaScript", self.without_script
        yield "", "dont envois répétés ou sans retour", self.repeating
        yield "", "plus petite classe du fichier", self.smallest_class
