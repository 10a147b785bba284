"""The files that analysts ask for: made apart, kept a day, given to whoever asked by a signed link.

A campaign of full size takes longer than a page may: the worker makes its files where the export
key is. The journal says who asked and why at once, then what was made, with its digest.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from itsdangerous import BadSignature, URLSafeSerializer

from consultation.office.campaigns import Campaign
from consultation.office.store import Campaigns, Journal
from consultation.refusals import Refusal
from consultation.results.disclosure import K, TooFewRows
from consultation.results.export import NotClosed, Results
from consultation.results.files import AlreadyThere, drafts
from consultation.results.formats import Wanted, refuse_missing
from consultation.results.keys import ResultKeys
from consultation.results.manifest import MANIFEST, Manifest
from consultation.results.store import Extraction, Extractions

KEPT = timedelta(hours=24)
"""How long files stay here; asked for again, they are the same."""

LINK_FOR = timedelta(minutes=15)
AT_ONCE = 2_000
"""Ballots that may be read while someone waits for a page: two seconds or so."""


class NoExtraction(Refusal):
    """Ces fichiers ne sont plus là, ou ne sont pas les vôtres. Demandez-les à nouveau."""

    status = 404
    title = "Fichiers introuvables"


class LinkTooOld(Refusal):
    """Ce lien de téléchargement ne vaut plus. La page de ces fichiers en donne un autre."""

    status = 410
    title = "Lien périmé"


@dataclass(frozen=True, kw_only=True)
class Files:
    """What is ready to be taken: a zip, and what it says of itself."""

    path: Path
    size: int  # bytes
    manifest: Manifest


class Extracting:
    """Takes what analysts ask for, makes it, and gives it to each of them."""

    def __init__(
        self,
        *,
        store: Extractions,
        results: Results,
        keys: ResultKeys,
        campaigns: Campaigns,
        journal: Journal,
        clock: Callable[[], datetime],
        random_bytes: Callable[[int], bytes],
        secret_key: str,
    ) -> None:
        self._store = store
        self._results = results
        self._keys = keys
        self._campaigns = campaigns
        self._journal = journal
        self._clock = clock
        self._random_bytes = random_bytes
        self._signer = URLSafeSerializer(secret_key, salt="extraction")

    def ask(self, campaign: Campaign, login: str, purpose: str, wanted: Wanted) -> Extraction:
        """Ask for files; those of a small campaign are ready at once, those of too few refused."""
        if not self._results.ready(campaign):
            raise NotClosed
        if self._results.counts(campaign).ballots < K:
            raise TooFewRows
        refuse_missing(wanted.formats)
        asked = Extraction(
            id=self._random_bytes(16),
            campaign=campaign.slug,
            login=login,
            purpose=purpose,
            wanted=wanted,
            asked_at=self._clock(),
            state="asked",
            reason="",
        )
        self._store.ask(asked)
        said = f"{campaign.slug}, {wanted.words}, motif\u00a0: {purpose}"
        self._journal.write(login, "données demandées", said)
        if self._keys.holds(campaign.slug) and self._few(campaign):
            self.make(asked)
        return asked

    def get(self, slug: str, extraction_id: bytes, login: str) -> Extraction:
        """What this person asked for; NoExtraction when it is gone, or somebody else's."""
        found = self._store.get(extraction_id)
        mine = found is not None and (found.campaign, found.login) == (slug, login)
        if found is None or not mine or self._over(found):
            raise NoExtraction
        return found

    def of(self, slug: str, login: str) -> tuple[Extraction, ...]:
        """What this person asked for and may still take, the last first."""
        found = self._store.all(slug)
        return tuple(one for one in found if one.login == login and not self._over(one))

    def files(self, extraction: Extraction) -> Files:
        """The files, once ready; NoExtraction before, and when they are gone."""
        path = self._path(extraction)
        if extraction.state != "ready" or not path.exists():
            raise NoExtraction
        with zipfile.ZipFile(path) as archive:
            content = archive.read(f"{extraction.campaign}/{MANIFEST}")
        return Files(path=path, size=path.stat().st_size, manifest=Manifest.from_json(content))

    def link(self, extraction: Extraction) -> str:
        """What opens the files to whoever asked for them, for a quarter of an hour."""
        until = (self._clock() + LINK_FOR).timestamp()
        return str(self._signer.dumps([extraction.id.hex(), extraction.login, until]))

    def follow(self, slug: str, link: str, login: str) -> Extraction:
        """What a link opens; LinkTooOld, or NoExtraction for somebody else."""
        try:
            name, whose, until = self._signer.loads(link)
        except BadSignature as error:
            raise LinkTooOld from error
        if self._clock().timestamp() >= until:
            raise LinkTooOld
        if whose != login:
            raise NoExtraction
        return self.get(slug, bytes.fromhex(name), login)

    def due(self, campaign: Campaign) -> tuple[Extraction, ...]:
        """What is to be made, where the export key is."""
        if not self._keys.holds(campaign.slug):
            return ()
        return tuple(one for one in self._store.all(campaign.slug) if one.state == "asked")

    def make(self, extraction: Extraction) -> None:
        """Make the files; what people could change is told to them, and made again if they ask."""
        campaign = self._campaigns.get(extraction.campaign)
        try:
            self._results.archive(
                campaign,
                self._path(extraction),
                who=extraction.login,
                purpose=extraction.purpose,
                wanted=extraction.wanted,
            )
        except AlreadyThere:  # made just before the process died
            self._store.settle(extraction.id, "ready")
        except Refusal as refusal:
            self._store.settle(extraction.id, "failed", refusal.sentence)
        else:
            self._store.settle(extraction.id, "ready")

    def clean(self, campaign: Campaign) -> None:
        """Delete what was kept long enough, and what a process that died had begun."""
        for one in self._store.all(campaign.slug):
            if self._over(one):
                path = self._path(one)
                path.unlink(missing_ok=True)
                for begun in path.parent.glob(drafts(path)):
                    shutil.rmtree(begun, ignore_errors=True)
                self._store.forget(one.id)

    def _few(self, campaign: Campaign) -> bool:
        return self._results.counts(campaign).ballots <= AT_ONCE

    def _over(self, extraction: Extraction) -> bool:
        return self._clock() >= extraction.asked_at + KEPT

    def _path(self, extraction: Extraction) -> Path:
        folder = self._keys.beside(extraction.campaign, "extractions")
        return folder / f"{extraction.id.hex()}.zip"
