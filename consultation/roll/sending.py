"""Hands what waits to the mail relay, each message accounted for before and after it leaves."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from consultation.config import Settings
from consultation.office.campaigns import Campaign
from consultation.office.sendings import Planned
from consultation.roll.doubts import DOMAIN, MESSAGE, NONE, Doubts
from consultation.roll.mail import Writer
from consultation.roll.relay import Carrier, End, Letter, Outcome
from consultation.roll.store import Outgoing, Roll, Settled, Waiting

PASSES = 5  # over the messages the relay asked to send later
FIRST_PASS_PAUSE = 15.0
LOST_IN_A_ROW = 7
FIRST_LOST_PAUSE = 1.0


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a sending is; `pause` in seconds, with its reason, when it is waiting."""

    total: int
    sent: int = 0
    refused: int = 0
    uncertain: int = 0
    later: int = 0
    pause: float = 0.0
    reason: str = ""

    @property
    def done(self) -> int:
        """How many invitations have their final state."""
        return self.sent + self.refused + self.uncertain


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """The end of a sending; `stopped` says why it ended early, and nothing is lost.

    `later`: how many of those that wait were tried, and put off by the relay. `alarming`: too many
    were refused, or are uncertain, and a person must look before anything else leaves.
    """

    sent: int
    refused: int
    uncertain: int
    waiting: int
    later: int = 0
    stopped: str = ""
    alarming: bool = False


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a sending goes: alone until the end, or a slice at a time, by a worker with other work.

    `rate` and `domain_rate` in messages a second; `patient`: wait for a relay that asks for it;
    `doubts`: those of the slices before; `over` tells that it is time to leave.
    """

    rate: float
    domain_rate: float = 0.0
    patient: bool = True
    doubts: Doubts = field(default_factory=Doubts)
    over: Callable[[], bool] = lambda: False
    progress: Callable[[Progress], None] = lambda _progress: None
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def alone(
        cls,
        settings: Settings,
        *,
        rate: float | None = None,
        progress: Callable[[Progress], None] = lambda _progress: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Manner:
        """As a command sends: it waits for the relay, and tells how far it is."""
        return cls(
            rate=rate or settings.mail_rate,
            domain_rate=settings.mail_domain_rate,
            progress=progress,
            sleep=sleep,
        )


def deliver(
    roll: Roll,
    mailer: Carrier,
    campaign: Campaign,
    batch_id: bytes,
    settings: Settings,
    manner: Manner | None = None,
) -> Delivered:
    """Send what waits in a batch; stop at any time, call again, and it goes on from there."""
    with roll.sending_turn():
        if not roll.start_sending(batch_id):
            return Delivered(
                sent=0,
                refused=0,
                uncertain=0,
                waiting=roll.batch(batch_id).counts.waiting,
                stopped="Ce lot n’est pas à envoyer : il est en brouillon, suspendu ou terminé.",
            )
        return carry(Invitations(roll, batch_id), mailer, campaign, settings, manner)


def carry(
    queue: Queue,
    mailer: Carrier,
    campaign: Campaign,
    settings: Settings,
    manner: Manner | None = None,
) -> Delivered:
    """Send what is left in a queue; stop at any time, call again, and it goes on from there."""
    writer = Writer(campaign, settings)
    sending = _Sending(
        queue=queue,
        mailer=mailer,
        write=lambda outgoing: writer.letter(outgoing, queue.now()),
        closed=lambda: campaign.phase(queue.now()) in ("closing", "closed"),
        manner=manner or Manner.alone(settings),
    )
    try:
        sending.run()
    finally:
        sending.settle()
        queue.finish()
        mailer.close()
    return sending.delivered()


def replace_link(
    roll: Roll,
    mailer: Carrier,
    campaign: Campaign,
    address: str,
    settings: Settings,
    when: Callable[[bytes], Planned | None] = lambda _batch: None,
) -> Outcome | datetime:
    """Replace the link of this person and send the new one; unsent, it goes with its batch.

    Outside the hours of the batch, which `when` tells, it goes with it too: from the moment given.
    """
    outgoing = roll.reissue(campaign, address.strip().lower())
    opening = _rests_until(roll, campaign, outgoing, when(outgoing.batch))
    if opening:
        roll.put_back_alone(outgoing.id, "")
        return opening
    outcome = mailer.send(Writer(campaign, settings).letter(outgoing, roll.now()))
    match outcome.kind:
        case "sent":
            roll.mark_sent(outgoing.id)
        case "refused":
            roll.mark_refused(outgoing.id, outcome.words)
        case "uncertain":
            roll.mark_uncertain(outgoing.id, outcome.words)
        case _:
            roll.put_back_alone(outgoing.id, outcome.words)
    return outcome


def _rests_until(
    roll: Roll, campaign: Campaign, outgoing: Outgoing, planned: Planned | None
) -> datetime | None:
    """When the batch of a message may leave again; None: now, or it would never."""
    goes_on = roll.batch(outgoing.batch).state in ("confirmed", "sending", "done")
    if planned is None or planned.due(roll.now()) or not goes_on:
        return None
    return opening if (opening := planned.next(roll.now())) < campaign.closes else None


class Queue(Protocol):
    """What there is to send; the state of each message is on the disk before and after it."""

    def now(self) -> datetime:
        """The date to write on it."""

    def waiting(self) -> int:
        """How many messages are left."""

    def next_ones(self, after: bytes) -> Sequence[Waiting]:
        """The next messages, in order; none: no more."""

    def take(self, outgoing_id: bytes, settled: Settled | None) -> Outgoing | None:
        """Take one, once what became of another is written; None: it is not to be sent."""

    def settle(self, settled: Settled) -> None:
        """Write what became of one."""

    def finish(self) -> None:
        """Declare that no more is sent for now."""


class Invitations:
    """The invitations of one batch."""

    def __init__(self, roll: Roll, batch_id: bytes) -> None:
        self._batch_id = batch_id
        self._roll = roll
        self.now = roll.now
        self.take = roll.take
        self.settle = roll.settle

    def waiting(self) -> int:
        """How many invitations are left."""
        return self._roll.batch(self._batch_id).counts.waiting

    def next_ones(self, after: bytes) -> Sequence[Waiting]:
        """The next invitations, in the random order of their ids."""
        return self._roll.next_ones(self._batch_id, after)

    def finish(self) -> None:
        """The batch is done, or waits."""
        self._roll.finish_sending(self._batch_id)


class _Rhythm:
    """When the next message may leave: so many a second in all, and to each domain."""

    def __init__(self, manner: Manner) -> None:
        self._gap = 1 / manner.rate
        self._domain_gap = 1 / manner.domain_rate if manner.domain_rate else 0.0
        self._turn = time.monotonic()
        self._domain_turns: dict[str, float] = {}

    def first_free(self, window: Sequence[Waiting]) -> tuple[Waiting, float]:
        """Which may leave first, and in how many seconds: a slow domain lets others pass."""
        if not self._domain_gap:
            return window[0], 0.0
        now = time.monotonic()
        one = min(window, key=lambda one: max(self._domain_turns.get(one.domain, now), now))
        return one, max(0.0, self._domain_turns.get(one.domain, now) - now)

    def left(self, one: Waiting) -> float:
        """A message has left; how many seconds until another may."""
        now = time.monotonic()
        self._turn = max(self._turn + self._gap, now)
        if self._domain_gap:
            before = self._domain_turns.get(one.domain, now)
            self._domain_turns[one.domain] = max(before + self._domain_gap, now)
        return self._turn - now


class _Sending:
    """One run over a queue.

    A refusal, or a connection lost, speaks against one message, then against its domain, and at
    last against the relay: whoever is doubted goes last, and the rest goes on.
    """

    def __init__(
        self,
        *,
        queue: Queue,
        mailer: Carrier,
        write: Callable[[Outgoing], Letter],
        closed: Callable[[], bool],
        manner: Manner,
    ) -> None:
        self._queue = queue
        self._mailer = mailer
        self._write = write
        self._closed = closed
        self._manner = manner
        self._doubts = manner.doubts
        self._rhythm = _Rhythm(manner)
        self._lost_in_a_row = 0
        self._reached = False
        self._put_off: set[bytes] = set()  # in this pass
        self._unsettled: Settled | None = None
        self.progress = Progress(total=queue.waiting())
        self.stopped = ""
        self.alarming = False

    def run(self) -> None:
        """Go over the waiting messages until none waits, or patience ends."""
        for number in range(PASSES if self._manner.patient else 1):
            if number:
                self._pause(FIRST_PASS_PAUSE * 2 ** (number - 1), self.progress.reason)
            self._tell(replace(self.progress, later=0))
            self._one_pass()
            if self.stopped or self._manner.over() or not self.progress.later:
                return
        self.stopped = (
            f"Messages différés par le relais : {self.progress.later}. "
            "Rien n’est perdu : ils seront réessayés."
        )

    def settle(self) -> None:
        """Write at once what became of the last message."""
        settled, self._unsettled = self._unsettled, None
        if settled:
            self._queue.settle(settled)

    def delivered(self) -> Delivered:
        """What this run did, and what is left."""
        return Delivered(
            sent=self.progress.sent,
            refused=self.progress.refused,
            uncertain=self.progress.uncertain,
            waiting=self._queue.waiting(),
            later=self.progress.later,
            stopped=self.stopped,
            alarming=self.alarming,
        )

    def _one_pass(self) -> None:
        """Everyone once, those in doubt after the others."""
        self._put_off.clear()
        for doubt in (NONE, MESSAGE, DOMAIN):
            after = b""
            while not self._ended() and (window := self._queue.next_ones(after)):
                after = window[-1].id
                self._go_through(window, doubt)
                self.settle()

    def _go_through(self, window: Sequence[Waiting], doubt: int) -> None:
        """Those of a window of whom no more than this is doubted."""
        ready = [one for one in window if self._doubt(one) <= doubt]
        while ready and not self._ended():
            one, wait = self._rhythm.first_free(ready)
            if self._doubt(one) > doubt:
                ready.remove(one)
                continue
            if self._doubts.accuses_the_relay(one.domain):
                self._alarm("refused", self.progress.reason)
                return
            if wait:
                self.settle()
                self._manner.sleep(wait)
            if self._went(one):
                ready.remove(one)

    def _doubt(self, one: Waiting) -> int:
        if one.id in self._put_off:
            return _NOT_IN_THIS_PASS
        return self._doubts.about(one.domain, put_off=one.put_off)

    def _ended(self) -> bool:
        if self._closed():
            self.stopped = "L’envoi s’est arrêté : la consultation n’accepte plus de réponse."
        return bool(self.stopped) or self._manner.over()

    def _went(self, one: Waiting) -> bool:
        """Try one message; false: no relay was there, and it is to be tried again."""
        settled, self._unsettled = self._unsettled, None
        outgoing = self._queue.take(one.id, settled)
        if outgoing is None:
            return True
        outcome = self._mailer.send(self._write(outgoing))
        self._note(one, outcome)
        if outcome.kind in ("lost", "down"):
            self.settle()
            self._bear_the_loss(outcome)
            return outcome.kind == "lost"
        self._lost_in_a_row, self._reached = 0, True
        wait = self._rhythm.left(one)
        if wait > 0:
            self.settle()
            self._manner.sleep(wait)
        return True

    def _note(self, one: Waiting, outcome: Outcome) -> None:
        state, reason = self.progress, outcome.reason
        match outcome.kind:
            case "sent":
                self._unsettled = Settled(id=one.id, delivery="sent")
                self._tell(replace(state, sent=state.sent + 1))
            case "refused":
                self._unsettled = Settled(id=one.id, delivery="refused", reason=outcome.words)
                self._tell(replace(state, refused=state.refused + 1, reason=reason))
            case "uncertain":
                self._unsettled = Settled(id=one.id, delivery="uncertain", reason=outcome.words)
                self._tell(replace(state, uncertain=state.uncertain + 1, reason=reason))
            case "later" | "lost" | "barred":
                self._unsettled = Settled(id=one.id, delivery="waiting", reason=outcome.words)
                self._put_off.add(one.id)
                self._tell(replace(state, later=state.later + 1, reason=reason))
            case "stopped":
                self._unsettled = Settled(id=one.id, delivery="waiting")
                self.stopped = _resumable(reason)
                return
            case "down":
                self._unsettled = Settled(id=one.id, delivery="waiting")
                return
        self._doubts.note(one.domain, outcome.kind)
        against = self._doubts.of_the_relay()
        if against:
            self._alarm(against, reason)

    def _alarm(self, against: End, reason: str) -> None:
        """Stop: it is not one message, nor one domain."""
        self.alarming = against in ("refused", "uncertain")
        self.stopped = _resumable(f"{_TOO_MANY[against]} ; dernier motif : {reason}")

    def _bear_the_loss(self, outcome: Outcome) -> None:
        """Wait longer each time; a relay that never answered is worth no wait."""
        self._lost_in_a_row += 1
        hopeless = outcome.kind == "down" and not (self._reached and self._manner.patient)
        if hopeless or self._lost_in_a_row >= LOST_IN_A_ROW:
            self.stopped = _resumable(outcome.reason)
        elif self._manner.patient:
            self._pause(FIRST_LOST_PAUSE * 2 ** (self._lost_in_a_row - 1), outcome.reason)

    def _pause(self, seconds: float, reason: str) -> None:
        self._mailer.close()
        self._manner.progress(replace(self.progress, pause=seconds, reason=reason))
        self._manner.sleep(seconds)

    def _tell(self, progress: Progress) -> None:
        self.progress = progress
        self._manner.progress(progress)


_NOT_IN_THIS_PASS = DOMAIN + 1
_TOO_MANY: Mapping[End, str] = {
    "refused": "trop de refus à la suite",
    "uncertain": "trop de messages incertains à la suite",
    "later": "trop de messages différés à la suite",
    "barred": "l’adresse d’envoi est refusée",
}


def _resumable(reason: str) -> str:
    return f"L’envoi s’est arrêté : {reason}. Rien n’est perdu."
