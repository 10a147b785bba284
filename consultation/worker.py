"""The chores nobody should have to remember: releases, messages, the day's figures, ends.

Each may be repeated, and several workers may run: what one has done the next finds done. A thread
of its own says every minute that the airlocks' keys are here, whatever the chores are busy with.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError

from consultation.ballots.release import Release, Released
from consultation.ballots.store import Urn
from consultation.ceremony import Ceremony, batch_turnouts, turnout
from consultation.office.campaigns import Campaign
from consultation.office.rounds import Rounds
from consultation.office.sendings import Sendings
from consultation.office.store import Campaigns, Figures, Journal
from consultation.refusals import Refusal
from consultation.results.analysis import Analysis
from consultation.results.corpus import Corpus
from consultation.results.cubes import Cubes
from consultation.results.export import Results
from consultation.results.extracting import Extracting
from consultation.roll.dispatch import Dispatcher
from consultation.roll.returns import Collector
from consultation.roll.store import Roll

log = logging.getLogger(__name__)

WHO = "veille"
FAILURES = (Refusal, DBAPIError, OSError)
PROVED_EVERY = 60.0  # seconds
_PROVED_AGAIN = 5.0  # after a failure


@dataclass(frozen=True, kw_only=True)
class Round:
    """What one round did, in counts."""

    released: int = 0
    published: int = 0
    finished: int = 0
    counted: int = 0
    sent: int = 0
    failed: int = 0
    more: bool = False  # something could leave at once


class Worker:
    """Does what is due on the sides it is given; the others have workers of their own."""

    def __init__(
        self,
        *,
        campaigns: Campaigns,
        figures: Figures,
        journal: Journal,
        rounds: Rounds,
        clock: Callable[[], datetime],
        roll: Roll | None = None,
        urn: Urn | None = None,
        release: Release | None = None,
        ceremony: Ceremony | None = None,
        cubes: Cubes | None = None,
        dispatcher: Dispatcher | None = None,
        collector: Collector | None = None,
        sendings: Sendings | None = None,
        results: Results | None = None,
        corpus: Corpus | None = None,
        analysis: Analysis | None = None,
        extracting: Extracting | None = None,
    ) -> None:
        self._campaigns = campaigns
        self._figures = figures
        self._journal = journal
        self._rounds = rounds
        self._clock = clock
        self._roll = roll
        self._urn = urn
        self._release = release
        self._ceremony = ceremony
        self._cubes = cubes
        self._dispatcher = dispatcher
        self._collector = collector
        self._sendings = sendings
        self._results = results
        self._corpus = corpus
        self._analysis = analysis
        self._extracting = extracting

    def run(self, until: Callable[[bool], bool], over: Callable[[], bool] = lambda: False) -> None:
        """Round after round; `until` waits between two, if nothing is left, and says when to stop.

        `over` says it too, in the middle of a sending.
        """
        stopped = False
        while not stopped:
            done = self.round(over)
            log.info(
                "round released=%d published=%d finished=%d counted=%d sent=%d failed=%d",
                *(done.released, done.published, done.finished),
                *(done.counted, done.sent, done.failed),
            )
            stopped = until(done.more)

    @contextmanager
    def proving(self) -> Iterator[None]:
        """Prove every minute, for as long as the block lasts, that the airlocks' keys are here."""
        over = threading.Event()

        def prove() -> None:
            while not over.wait(PROVED_EVERY if self.prove() else _PROVED_AGAIN):
                pass

        proving = threading.Thread(target=prove, name="proving", daemon=True)
        proving.start()
        try:
            yield
        finally:
            over.set()
            proving.join()

    def prove(self) -> bool:
        """Say of every airlock that its key is here, now; false when something failed."""
        if self._release is None:
            return True
        try:
            for campaign in self._campaigns.all():
                if campaign.state != "closed":
                    self._release.prove(campaign)
        except FAILURES as error:
            return not _tell(error, "proof")
        return True

    def round(self, over: Callable[[], bool] = lambda: False) -> Round:
        """Do everything that is due now; what fails is logged and due again."""
        try:
            found = self._campaigns.all()
            if self._ceremony:  # elsewhere nothing is ended
                self._rounds.note()
        except FAILURES as error:
            return Round(failed=_tell(error, "register"))
        chores = (
            self._release_due,
            self._sweep_due,
            self._publish_due,
            self._finish_due,
            self._count_due,
            lambda campaign: self._send_due(campaign, over),
            self._work_out_due,
            self._gather_due,
            self._extract_due,
        )
        done = [self._attempt(chore, campaign) for campaign in found for chore in chores]
        return Round(
            released=sum(one.released for one in done),
            published=sum(one.published for one in done),
            finished=sum(one.finished for one in done),
            counted=sum(one.counted for one in done),
            sent=sum(one.sent for one in done),
            more=any(one.more for one in done),
            failed=sum(one.failed for one in done) + self._collect(),
        )

    def _collect(self) -> int:
        """Read what came back; how many times it failed."""
        try:
            if self._collector:
                self._collector.mailbox()
        except FAILURES as error:
            return _tell(error, "returns")
        return 0

    def release(self, campaign: Campaign, who: str) -> Released:
        """Release what may be, and publish how many ballots the urn holds then."""
        if self._release is None or self._urn is None:
            raise NotHere
        released = self._release.run(campaign)
        if released.moved:
            self._journal.write(who, "bulletins libérés", f"{campaign.slug}, {released.moved}")
            self._figures.publish(campaign.slug, {"ballots": self._urn.counts(campaign).ballots})
        return released

    def _attempt(self, chore: Callable[[Campaign], Round], campaign: Campaign) -> Round:
        try:
            return chore(campaign)
        except FAILURES as error:
            return Round(failed=_tell(error, campaign.slug))

    def _release_due(self, campaign: Campaign) -> Round:
        under_way = campaign.state in ("open", "paused", "closing")
        if self._urn is None or not under_way:
            return Round()
        if self._urn.waiting(campaign) < 2 * campaign.pool:
            return Round()
        return Round(released=self.release(campaign, WHO).moved)

    def _publish_due(self, campaign: Campaign) -> Round:
        roll = self._roll
        if roll is None or campaign.state in ("draft", "closed"):
            return Round()
        first = self._figures.publish_daily(
            campaign.slug, lambda: turnout(roll, self._journal, campaign.slug)
        )
        if first and self._sendings:
            self._sendings.publish(campaign.slug, batch_turnouts(roll, campaign.slug))
        return Round(published=int(first))

    def _send_due(self, campaign: Campaign, over: Callable[[], bool]) -> Round:
        if self._dispatcher is None:
            return Round()
        done = self._dispatcher.slice(campaign, over)
        return Round(sent=done.sent, more=done.more)

    def _sweep_due(self, campaign: Campaign) -> Round:
        """Destroy the airlock's keys that nothing needs any more."""
        if self._release is not None:
            self._release.sweep(campaign)
        return Round()

    def _finish_due(self, campaign: Campaign) -> Round:
        """End what is over, unless the clock has leapt over the end: then a person does."""
        ceremony, over = self._ceremony, campaign.phase(self._clock()) == "closed"
        if ceremony is None or not over or self._figures.of(campaign.slug).complete:
            return Round()
        if self._rounds.to_confirm(campaign):
            log.warning("closing of %s waits for a person: the clock has leapt", campaign.slug)
            return Round()
        ceremony.start_closing(campaign.slug, timedelta(), WHO)
        ceremony.finish_closing(campaign.slug, WHO)
        return Round(finished=1)

    def _count_due(self, campaign: Campaign) -> Round:
        """Count the answers released since the last time, where the export key is."""
        if self._cubes is None or not self._cubes.due(campaign):
            return Round()
        self._cubes.count(campaign)
        return Round(counted=1)

    def _work_out_due(self, campaign: Campaign) -> Round:
        """Work out what the pages of results show, after a release, where the export key is."""
        if self._analysis is not None and self._analysis.due(campaign):
            self._analysis.refresh(campaign)
        return Round()

    def _extract_due(self, campaign: Campaign) -> Round:
        """Make the files that analysts have asked for, and delete those of yesterday."""
        if self._extracting is not None:
            for asked in self._extracting.due(campaign):
                self._extracting.make(asked)
            self._extracting.clean(campaign)
        return Round()

    def _gather_due(self, campaign: Campaign) -> Round:
        """Make the open texts of a closed campaign ready to be read, where its export key is."""
        results, corpus = self._results, self._corpus
        if results is None or corpus is None or campaign.state != "closed":
            return Round()
        if corpus.has_key(campaign) and not corpus.prepared(campaign) and results.ready(campaign):
            corpus.prepare(campaign, results.ballots(campaign))
            self._journal.write(WHO, "textes préparés", campaign.slug)
        return Round()


class NotHere(Refusal):
    """Ce serveur n’a pas l’urne : lancez cette commande sur le sien."""

    status = 409
    title = "Pas ici"


def _tell(error: Exception, where: str) -> int:
    """One line for the log, which names no one: messages may quote what people typed."""
    log.error("chore of %s failed: %s", where, type(error).__name__)
    return 1
