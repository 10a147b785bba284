"""Sends what is due, a slice at a time: batches planned by HR, then the reminders of the plan.

A worker has other chores: it never waits for a relay, it comes back later, and later each time.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

from consultation.config import Settings
from consultation.office.campaigns import Campaign
from consultation.office.sendings import Planned, Sendings
from consultation.office.store import Journal
from consultation.office.territories import territory
from consultation.roll.doubts import Doubts
from consultation.roll.mail import summary
from consultation.roll.relay import Carrier, Letter
from consultation.roll.reminders import MOST, Reminders
from consultation.roll.sending import Delivered, Manner, carry, deliver
from consultation.roll.store import Batch, Roll, SentElsewhere

log = logging.getLogger(__name__)

WHO = "envoi"
SLICE = 30.0  # seconds a campaign may take before the other chores have their turn
FIRST_WAIT, LONGEST_WAIT = 15.0, 900.0
_REMINDING = b"reminders"


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What a slice did; `more`: something is left that could leave at once."""

    sent: int = 0
    more: bool = False


class Dispatcher:
    """Knows what is due, and how long to leave the relay alone."""

    def __init__(
        self,
        *,
        roll: Roll,
        reminders: Reminders,
        sendings: Sendings,
        journal: Journal,
        settings: Settings,
        clock: Callable[[], datetime],
        mailer: Callable[[], Carrier],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._roll = roll
        self._reminders = reminders
        self._sendings = sendings
        self._journal = journal
        self._settings = settings
        self._clock = clock
        self._mailer = mailer
        self._monotonic = monotonic
        self._waits: dict[bytes, tuple[float, float]] = {}  # until when, and how long it was
        self._doubts: dict[bytes, Doubts] = {}

    def slice(self, campaign: Campaign, over: Callable[[], bool] = lambda: False) -> Sent:
        """Send some of what is due in a campaign; nothing while another process sends."""
        end = self._monotonic() + SLICE
        done = Sent()
        try:
            for batch, planned in self._due(campaign):
                delivered = self._send(campaign, batch, planned, end, over)
                done = _with(done, delivered)
            if not done.more and campaign.phase(self._clock()) == "open":
                done = _with(done, self._remind(campaign, end, over))
        except SentElsewhere:
            return done
        return done

    def _due(self, campaign: Campaign) -> list[tuple[Batch, Planned]]:
        if campaign.phase(self._clock()) not in ("scheduled", "open"):
            return []
        plans, now = self._sendings.of(campaign.slug), self._clock()
        return [
            (batch, plans[batch.id])
            for batch in self._roll.batches(campaign.slug)
            if batch.state in ("confirmed", "sending") and batch.kind == "mail"
            if batch.id in plans and plans[batch.id].due(now)
        ]

    def _send(
        self,
        campaign: Campaign,
        batch: Batch,
        planned: Planned,
        end: float,
        over: Callable[[], bool],
    ) -> Delivered | None:
        if self._is_waiting(batch.id):
            return None
        manner = self._manner(batch.id, lambda: over() or not planned.due(self._clock()), end)
        done = deliver(self._roll, self._mailer(), campaign, batch.id, self._settings, manner)
        self._after(batch.id, done)
        if done.alarming:
            self._doubts.pop(batch.id)  # whoever lets it go on has looked
            self._roll.pause(batch.id, done.stopped)
            self._tell(campaign, batch, "envoi suspendu, à vérifier")
        elif done.stopped:
            self._roll.note(batch.id, done.stopped)
            if done.sent and done.waiting == done.later:
                self._tell(campaign, batch, "envoi fait, sauf les messages différés")
        elif not done.waiting:
            self._tell(campaign, batch, "envoi terminé")
        return done

    def _remind(self, campaign: Campaign, end: float, over: Callable[[], bool]) -> Delivered | None:
        """Begin the next reminder of the plan when its hour has come, or go on with it.

        Everyone gets it at the hours and on the days of their own territory, as the invitation.
        """
        key = _REMINDING + campaign.slug.encode()
        found, now = self._reminders.of(campaign.slug), self._clock()
        under_way = any(not one.done for one in found)
        moments = self._sendings.reminders(campaign.slug)[len(found) : MOST]
        due = under_way or any(moment <= now for moment in moments[:1])
        if not due or self._is_waiting(key) or not self._anyone_at_work(campaign):
            return None
        manner = self._manner(key, over, end)
        with self._roll.sending_turn():
            queue = self._reminders.start(campaign, at_work=self._at_work)
            done = carry(queue, self._mailer(), campaign, self._settings, manner)
        self._after(key, done)
        if done.alarming:
            self._doubts[key].relent()  # nobody is there to look: one more try will tell
        if all(one.done for one in self._reminders.of(campaign.slug)):
            sent = f"{campaign.slug}, rappel {len(found) + (not under_way)}"
            self._journal.write(WHO, "rappel terminé", sent)
        return done

    def _at_work(self, code: str) -> bool:
        return territory(code).is_open(self._clock())

    def _anyone_at_work(self, campaign: Campaign) -> bool:
        return any(map(self._at_work, {one.perimeter for one in self._roll.batches(campaign.slug)}))

    def _manner(self, key: bytes, over: Callable[[], bool], end: float) -> Manner:
        return Manner(
            rate=self._settings.mail_rate,
            domain_rate=self._settings.mail_domain_rate,
            patient=False,
            doubts=self._doubts.setdefault(key, Doubts()),
            over=lambda: over() or self._monotonic() >= end,
        )

    def _is_waiting(self, key: bytes) -> bool:
        until, _ = self._waits.get(key, (0.0, 0.0))
        return self._monotonic() < until

    def _after(self, key: bytes, done: Delivered) -> None:
        """Leave the relay alone, twice as long each time it asks for it."""
        if not done.stopped:
            self._waits.pop(key, None)
            if not done.waiting:
                self._doubts.pop(key, None)
            return
        _, before = self._waits.get(key, (0.0, 0.0))
        wait = min(max(FIRST_WAIT, 2 * before), LONGEST_WAIT)
        self._waits[key] = (self._monotonic() + wait, wait)
        log.warning(
            "sending stopped sent=%d refused=%d waiting=%d alarming=%d again_in=%.0f",
            *(done.sent, done.refused, done.waiting, done.alarming, wait),
        )

    def _tell(self, campaign: Campaign, batch: Batch, event: str) -> None:
        """A line of the journal, and a message to whoever handed the batch in."""
        now = self._roll.batch(batch.id)
        counts = now.counts
        figures = f"{counts.sent} remis, {counts.refused} refusés, {counts.waiting} en attente"
        self._journal.write(WHO, event, f"{campaign.slug}, {batch.name}, {figures}")
        if now.contact:
            mail = summary(now, campaign, self._settings, event=event, at=self._clock())
            self._mail(mail, now.contact)

    def _mail(self, mail: EmailMessage, to: str) -> None:
        sender = mail["From"].addresses[0].addr_spec
        letter = Letter(sender=sender, to=to, content=mail.as_bytes(policy=SMTP))
        mailer = self._mailer()
        outcome = mailer.send(letter)
        mailer.close()
        log.info("summary %s", outcome.kind)


def _with(done: Sent, delivered: Delivered | None) -> Sent:
    if delivered is None:
        return done
    more = bool(delivered.waiting) and not delivered.stopped
    return Sent(sent=done.sent + delivered.sent, more=done.more or more)
