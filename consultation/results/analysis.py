"""Keeps the findings of each campaign, worked out again after a release and never in between.

They are kept locked beside the export key, as the counted answers are: a page opens a small file.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from consultation.office.campaigns import Campaign
from consultation.office.store import Figures
from consultation.refusals import Refusal
from consultation.results.cubes import Cubes, NotCounted
from consultation.results.disclosure import K, TooFewRows
from consultation.results.findings import Findings, Margins, findings
from consultation.results.keys import ResultKeys
from consultation.results.store import KnownMargins
from consultation.sealing import CannotUnseal, derive, lock_file, unlock_file

_NAME = "resultats"
_VERSION = 2  # of what is written


class UnknownQuestion(Refusal):
    """Cette question, ce thème ou ce groupe n’existe pas dans la consultation."""

    status = 404
    title = "Résultat introuvable"


class Analysis:
    """The findings of every campaign whose export key is here."""

    def __init__(
        self, *, cubes: Cubes, keys: ResultKeys, figures: Figures, margins: KnownMargins
    ) -> None:
        self._cubes = cubes
        self._keys = keys
        self._figures = figures
        self._margins = margins

    def of(self, campaign: Campaign) -> Findings:
        """What was worked out after the last release.

        NotCounted before the first; TooFewRows when so few ballots came that nothing is shown.
        """
        found = self._read(campaign)
        if found is None:
            raise NotCounted
        _, made = found
        if made.method.ballots < K:
            raise TooFewRows
        return made

    def due(self, campaign: Campaign) -> bool:
        """Whether something has changed since: a release, the end, the known margins."""
        if not self._keys.holds(campaign.slug):
            return False
        if self._cubes.due(campaign):
            return True
        try:
            cube = self._cubes.get(campaign)
        except NotCounted:
            return False
        found = self._read(campaign)
        return found is None or found[0] != self._stamp(campaign, cube.ballots, cube.final)

    def refresh(self, campaign: Campaign) -> Findings:
        """Count what was released since the last time, and work everything out again."""
        due = self._cubes.due(campaign)
        cube = self._cubes.count(campaign) if due else self._cubes.get(campaign)
        made = findings(
            campaign.questionnaire,
            cube,
            invited=self._figures.of(campaign.slug).number("invited"),
            margins=Margins(people=self._margins.of(campaign.slug)),
        )
        stamp = self._stamp(campaign, cube.ballots, cube.final)
        lock_file(self._path(campaign), self._lock(campaign), stamp + made.to_json())
        return made

    def margins(self, campaign: Campaign) -> Mapping[str, Mapping[str, float]]:
        """What is known of the population."""
        return self._margins.of(campaign.slug)

    def set_margins(self, campaign: Campaign, people: Mapping[str, Mapping[str, float]]) -> None:
        """Know this of the population, in the place of what was known, and work it all out."""
        self._margins.replace(campaign.slug, people)
        self.refresh(campaign)

    def _read(self, campaign: Campaign) -> tuple[bytes, Findings] | None:
        try:
            content = unlock_file(self._path(campaign), self._lock(campaign))
        except (FileNotFoundError, CannotUnseal):
            return None
        return content[:32], Findings.from_json(content[32:])

    def _stamp(self, campaign: Campaign, ballots: int, final: bool) -> bytes:
        """What the findings depend on; the number invited is read again with them."""
        known = sorted((q, sorted(p.items())) for q, p in self._margins.of(campaign.slug).items())
        return sha256(repr((ballots, final, known)).encode()).digest()

    def _lock(self, campaign: Campaign) -> bytes:
        key = self._keys.get(campaign.slug).to_bytes()
        return derive(key, f"findings {_VERSION} {campaign.digest}")

    def _path(self, campaign: Campaign) -> Path:
        return self._keys.beside(campaign.slug, "comptage") / _NAME
