"""Turns released ballots into files that name nobody; the page and the command both call it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from consultation.ballots.store import Urn, UrnCounts
from consultation.office.campaigns import Campaign, Version
from consultation.office.store import Campaigns, Journal
from consultation.refusals import Refusal
from consultation.results.files import AlreadyThere, appearing, drafts, zipped
from consultation.results.formats import CSV_ALONE, Wanted
from consultation.results.frame import Ballot
from consultation.results.keys import ResultKeys
from consultation.results.manifest import Manifest, Verification
from consultation.results.reviewing import Reviewing
from consultation.results.texts import NO_NAMES, Lexicon
from consultation.results.writing import Writing
from consultation.sealing import SealingKey

Progress = Callable[[int], None]
"""Called with the number of ballots read since the last call."""


class NotClosed(Refusal):
    """Les réponses individuelles s’exportent une fois la consultation close et dépouillée."""

    status = 409
    title = "La consultation n’est pas close"


class Results:
    """What may be known of the answers, from released ballots only."""

    def __init__(
        self,
        *,
        urn: Urn,
        keys: ResultKeys,
        campaigns: Campaigns,
        journal: Journal,
        reviewing: Reviewing,
    ) -> None:
        self._reviewing = reviewing
        self._urn = urn
        self._keys = keys
        self._campaigns = campaigns
        self._journal = journal

    def counts(self, campaign: Campaign) -> UrnCounts:
        """Ballots waiting and released."""
        return self._urn.counts(campaign)

    def ready(self, campaign: Campaign) -> bool:
        """Whether no ballot can come any more: two successive files subtract to the last ones."""
        return self._urn.complete(campaign)

    def ballots(
        self, campaign: Campaign, progress: Progress | None = None
    ) -> Iterator[Ballot | None]:
        """Every released ballot, opened; None for one that is damaged."""
        return self._read(campaign, self._keys.get(campaign.slug), progress)

    def verify(self, campaign: Campaign) -> Verification:
        """Count and open every ballot, and compute the digest to compare with what was said."""
        key = self._keys.get(campaign.slug)
        return Verification(
            counts=self._urn.counts(campaign),
            unreadable=sum(ballot is None for ballot in self._read(campaign, key, None)),
            digest=self._urn.sorted_digest(campaign),
        )

    def export(
        self,
        campaign: Campaign,
        destination: Path,
        *,
        who: str,
        purpose: str = "",
        wanted: Wanted = CSV_ALONE,
        lexicon: Lexicon = NO_NAMES,
        progress: Progress | None = None,
    ) -> Manifest:
        """Write every file of the export in `destination`, which appears whole or not at all.

        Of the open texts, only those that somebody has read and accepted, unless `wanted.unread`.
        A format that cannot be written leaves the others whole: the manifest says which, and why.
        """
        if not self.ready(campaign):
            raise NotClosed
        key = self._keys.get(campaign.slug)
        definition, lists = self._campaigns.definition(campaign.slug)
        last = Version(questionnaire=campaign.questionnaire, definition=definition, lists=lists)
        earlier = self._campaigns.earlier(campaign.slug)
        digest = self._urn.sorted_digest(campaign)
        secret = self._keys.drawing(campaign.slug)
        leaving = self._reviewing.leaving(campaign, unread=wanted.unread)
        with (
            appearing(destination) as directory,
            Writing(last, earlier, directory, secret, lexicon, leaving, wanted) as writing,
        ):
            for ballot in self._read(campaign, key, progress):
                writing.take(ballot)
            manifest = writing.finish(campaign, digest)
            said = f"{campaign.slug}, {manifest.rows_out} lignes, {manifest.digest}"
            names = f", {len(lexicon)} noms retirés des textes" if lexicon else ""
            missing = "".join(f", sans {one}" for one in manifest.formats_not_written)
            said = f"{said}, {wanted.words}{missing}{names}, motif\u00a0: {purpose}"
            self._journal.write(who, "réponses exportées", said)
        return manifest

    def archive(
        self,
        campaign: Campaign,
        path: Path,
        *,
        who: str,
        purpose: str = "",
        wanted: Wanted = CSV_ALONE,
        lexicon: Lexicon = NO_NAMES,
        progress: Progress | None = None,
    ) -> Manifest:
        """The same files in a zip at `path`, which appears whole or not at all."""
        if path.exists():
            raise AlreadyThere
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(prefix=drafts(path)[:-1], dir=path.parent) as parent:
            directory = Path(parent) / campaign.slug
            manifest = self.export(
                campaign,
                directory,
                who=who,
                purpose=purpose,
                wanted=wanted,
                lexicon=lexicon,
                progress=progress,
            )
            draft = Path(parent) / path.name
            with draft.open("xb") as file:
                file.writelines(zipped(directory))
            draft.chmod(0o600)
            draft.rename(path)
        return manifest

    def _read(
        self, campaign: Campaign, key: SealingKey, progress: Progress | None
    ) -> Iterator[Ballot | None]:
        for sealed in self._urn.ballots(campaign):
            yield Ballot.opened(campaign.urn, key, sealed)
            if progress:
                progress(1)
