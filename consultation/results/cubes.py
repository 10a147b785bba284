"""Keeps the array of each campaign's closed answers, locked beside its export key.

What is on the disk can be made again from the urn at any time; without the export key it is noise,
and it is lost with it. It changes at releases and at the end, and never with one ballot.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from consultation.ballots.store import Urn
from consultation.office.campaigns import Campaign
from consultation.refusals import Refusal
from consultation.results.disclosure import TooFewRows
from consultation.results.frame import Ballot, plan
from consultation.results.keys import ResultKeys
from consultation.results.layout import Layout
from consultation.results.rows import Rows
from consultation.sealing import CannotUnseal, SealingKey, derive, lock_file, unlock_file

if TYPE_CHECKING:
    # numpy is loaded where it serves: 0.2 s for every command, and threads that would take the
    # signals a worker waits for.
    from consultation.results.cube import Cube, Kept

_NAME = "reponses-fermees"
_VERSION = 2  # of what is written: another one is counted again


class NotCounted(Refusal):
    """Les réponses de cette consultation ne sont pas encore comptées. Revenez dans un moment."""

    status = 409
    title = "Comptage à faire"


class Cubes:
    """The array of every campaign whose export key is here."""

    def __init__(self, urn: Urn, keys: ResultKeys, rng: random.Random) -> None:
        self._urn = urn
        self._keys = keys
        self._rng = rng

    def get(self, campaign: Campaign) -> Cube:
        """The answers counted at the last release; NotCounted before the first."""
        kept = self._read(campaign)
        if kept is None:
            raise NotCounted
        return kept.cube

    def due(self, campaign: Campaign) -> bool:
        """Whether ballots were released, or the last one has come, since they were counted."""
        if not self._keys.holds(campaign.slug):
            return False
        released = self._urn.counts(campaign).ballots
        kept = self._read(campaign) if released else None
        if kept is None:
            return released > 0
        return len(kept.seen) != released or kept.cube.final != self._urn.complete(campaign)

    def count(self, campaign: Campaign) -> Cube:
        """Add the ballots released since the last time; at the end, count all as they may leave."""
        kept = self._all(campaign) if self._urn.complete(campaign) else self._more(campaign)
        lock_file(self._path(campaign), self._lock(campaign), kept.to_bytes())
        return kept.cube

    def forget(self, campaign: Campaign) -> None:
        """Remove what was counted; it can be counted again as long as the key is there."""
        self._path(campaign).unlink(missing_ok=True)

    def _more(self, campaign: Campaign) -> Kept:
        from consultation.results.cube import Cube, Kept

        kept = self._read(campaign)
        before = kept.cube if kept else Cube.of(Layout(plan(campaign.questionnaire)), ())
        keys, rows = list(kept.seen) if kept else [], []
        for key, ballot in self._opened(campaign, frozenset(keys)):
            keys.append(key)
            if ballot:
                rows.append(before.layout.code(ballot))
        return Kept(cube=before.with_more(rows, self._rng), seen=keys)

    def _all(self, campaign: Campaign) -> Kept:
        """Made safe as in the microdata file, by the same draws."""
        from consultation.results.cube import Cube, Kept

        directory, keys = self._path(campaign).parent, []
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        secret = self._keys.drawing(campaign.slug)
        with Rows(plan(campaign.questionnaire), directory, secret) as rows:
            for key, ballot in self._opened(campaign, frozenset()):
                keys.append(key)
                if ballot:
                    rows.take(ballot)
            try:
                safe = [row.codes for row in rows.protected()]
            except TooFewRows:
                safe = []
            return Kept(
                cube=Cube.of(rows.layout, safe, final=True, given=rows.given if safe else {}),
                seen=keys,
            )

    def _opened(
        self, campaign: Campaign, known: frozenset[bytes]
    ) -> Iterator[tuple[bytes, Ballot | None]]:
        opening = self._key(campaign)
        for key, sealed in self._urn.ballots_but(campaign, known):
            yield key, Ballot.opened(campaign.urn, opening, sealed)

    def _key(self, campaign: Campaign) -> SealingKey:
        return self._keys.get(campaign.slug)

    def _read(self, campaign: Campaign) -> Kept | None:
        """What was counted; None when it was not, or for another version of the questionnaire."""
        from consultation.results.cube import Kept

        try:
            content = unlock_file(self._path(campaign), self._lock(campaign))
        except (FileNotFoundError, CannotUnseal):
            return None
        return Kept.from_bytes(Layout(plan(campaign.questionnaire)), content)

    def _lock(self, campaign: Campaign) -> bytes:
        purpose = f"closed answers {_VERSION} {campaign.digest}"
        return derive(self._key(campaign).to_bytes(), purpose)

    def _path(self, campaign: Campaign) -> Path:
        return self._keys.beside(campaign.slug, "comptage") / _NAME
