"""Reminders, by class: exact words to those who have not begun, neutral ones to all who have.

At most two for a person. What is kept is how many messages left, never to whom: two lists would
tell between which days a credential was issued.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Literal

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from consultation.database import Database
from consultation.office.campaigns import Campaign
from consultation.refusals import Refusal
from consultation.roll import codes
from consultation.roll.keys import RollKeys
from consultation.roll.store import Closed, Kind, Outgoing, Settled, Waiting, refuse_outside
from consultation.roll.tables import batch, invitation, reminder, reminding

Class = Literal["nouveaux", "commences"]

MOST = 2
STATES: dict[Class, int] = {"nouveaux": 0, "commences": 1}
_KINDS: dict[int, Kind] = {0: "reminder", 1: "begun"}
_CHUNK = 500
_WINDOW = 100


class RemindedEnough(Refusal):
    """Chaque personne reçoit au plus deux rappels, et les deux ont été envoyés."""

    status = 409
    title = "Plus de rappel"


class RemindedOnce(Refusal):
    """Les personnes qui ont commencé à répondre ne reçoivent qu’un message, déjà envoyé."""

    status = 409
    title = "Plus de message à cette classe"


@dataclass(frozen=True, kw_only=True)
class Reminder:
    """One reminder of a campaign: whom it is for, and how many messages became what."""

    id: bytes
    classes: tuple[Class, ...]
    done: bool
    sent: int
    refused: int
    uncertain: int


class Reminders:
    """The reminders of every campaign; each public method is one transaction."""

    def __init__(
        self,
        database: Database,
        keys: RollKeys,
        clock: Callable[[], datetime],
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._random_bytes = random_bytes

    def of(self, campaign: str) -> tuple[Reminder, ...]:
        """Those of a campaign; the one under way, if any, is last."""
        with self._database.read() as connection:
            return _reminders(connection, campaign)

    def start(
        self,
        campaign: Campaign,
        classes: Sequence[Class] = (),
        at_work: Callable[[str], bool] = lambda _code: True,
    ) -> Reminding:
        """Take the one under way up again, or begin another, for these classes or for all.

        Everyone is in one class and gets one message, so that two reminders are two messages.
        `at_work`: whether those of a territory, known by its code, may be written to now.
        """
        phase = campaign.phase(self._clock())
        refuse_outside(phase)
        if phase != "open":
            raise Closed
        with self._database.write() as connection:
            _take_turns(connection, campaign.slug)
            found = _reminders(connection, campaign.slug)
            under_way = [one.id for one in found if not one.done]
            if under_way:
                _count_interrupted(connection, under_way[0])
            chosen = (
                under_way[0]
                if under_way
                else self._begin(connection, campaign.slug, _allowed(found, classes))
            )
        return Reminding(chosen, at_work, self._database, self._keys, self._clock)

    def _begin(self, connection: Connection, slug: str, classes: Sequence[Class]) -> bytes:
        reminder_id = self._random_bytes(16)
        connection.execute(
            insert(reminder).values(
                id=reminder_id,
                campaign=slug,
                classes=" ".join(classes),
                done=False,
                sent=0,
                refused=0,
                uncertain=0,
            )
        )
        people = select(invitation.c.id, invitation.c.state).where(
            invitation.c.campaign == slug,
            invitation.c.delivery.in_(("sent", "uncertain")),
            invitation.c.opted_out.is_(False),
            invitation.c.state.in_([STATES[one] for one in classes]),
        )
        found = [(row.id, row.state) for row in connection.execute(people)]
        for rows in _chunks(self._messages(reminder_id, found)):
            connection.execute(insert(reminding), rows)
        return reminder_id

    def _messages(
        self, reminder_id: bytes, people: Sequence[tuple[bytes, int]]
    ) -> list[dict[str, object]]:
        """In an order drawn anew, that of their ids: it is also the order of sending."""
        messages: list[dict[str, object]] = [
            {
                "id": self._random_bytes(16),
                "reminder": reminder_id,
                "invitation": invitation_id,
                "state": state,
                "sending": False,
            }
            for invitation_id, state in people
        ]
        return sorted(messages, key=itemgetter("id"))


class Reminding:
    """The messages of one reminder that have not left yet; each is forgotten once it has.

    They wait for the hours of the territory whose batch invited each person.
    """

    def __init__(
        self,
        reminder_id: bytes,
        at_work: Callable[[str], bool],
        database: Database,
        keys: RollKeys,
        clock: Callable[[], datetime],
    ) -> None:
        self._id = reminder_id
        self._at_work = at_work
        self._database = database
        self._keys = keys
        self._clock = clock

    def now(self) -> datetime:
        """The hour the roll goes by."""
        return self._clock()

    def waiting(self) -> int:
        """How many messages are left that could leave now."""
        return sum(count for code, count in self._left().items() if self._at_work(code))

    def resting(self) -> int:
        """How many wait for the hours of their territory."""
        return sum(count for code, count in self._left().items() if not self._at_work(code))

    def next_ones(self, after: bytes) -> Sequence[Waiting]:
        """The next messages, in the order drawn."""
        asked = (
            select(reminding.c.id, invitation.c.address)
            .join(invitation, invitation.c.id == reminding.c.invitation)
            .join(batch, batch.c.id == invitation.c.batch)
            .where(
                reminding.c.reminder == self._id,
                reminding.c.sending.is_(False),
                reminding.c.id > after,
                batch.c.perimeter.in_([code for code in self._left() if self._at_work(code)]),
            )
            .order_by(reminding.c.id)
            .limit(_WINDOW)
        )
        with self._database.read() as connection:
            rows = connection.execute(asked).all()
        return tuple(Waiting(id=row.id, domain=row.address.rpartition("@")[2]) for row in rows)

    def take(self, outgoing_id: bytes, settled: Settled | None = None) -> Outgoing | None:
        """Take one; whoever has changed class meanwhile, or wants no reminder, gets none."""
        with self._database.write() as connection:
            if settled:
                self._settle(connection, settled)
            found = connection.execute(self._one(outgoing_id)).first()
            if found is None or not self._at_work(found.perimeter):
                return None
            if found.state != found.state_then or found.opted_out:
                connection.execute(delete(reminding).where(reminding.c.id == found.message))
                return None
            taken = update(reminding).where(reminding.c.id == found.message)
            connection.execute(taken.values(sending=True))
            return self._outgoing(found)

    def settle(self, settled: Settled) -> None:
        """Count what became of one, and forget to whom it went; or let it wait."""
        with self._database.write() as connection:
            self._settle(connection, settled)

    def finish(self) -> None:
        """Declare the reminder done, unless messages are left."""
        left = select(reminding.c.id).where(reminding.c.reminder == self._id)
        with self._database.write() as connection:
            if connection.execute(left.limit(1)).first() is None:
                done = update(reminder).where(reminder.c.id == self._id)
                connection.execute(done.values(done=True))

    def _left(self) -> Mapping[str, int]:
        """How many messages are left for each territory, by its code."""
        asked = (
            select(batch.c.perimeter, func.count().label("number"))
            .select_from(reminding)
            .join(invitation, invitation.c.id == reminding.c.invitation)
            .join(batch, batch.c.id == invitation.c.batch)
            .where(reminding.c.reminder == self._id)
            .group_by(batch.c.perimeter)
        )
        with self._database.read() as connection:
            return {row.perimeter: row.number for row in connection.execute(asked)}

    def _one(self, outgoing_id: bytes) -> Select[tuple[bytes, int]]:
        return (
            select(
                reminding.c.id.label("message"),
                reminding.c.state.label("state_then"),
                batch.c.perimeter,
                invitation,
            )
            .join(invitation, invitation.c.id == reminding.c.invitation)
            .join(batch, batch.c.id == invitation.c.batch)
            .where(reminding.c.id == outgoing_id, reminding.c.sending.is_(False))
            .with_for_update(skip_locked=True, of=reminding)
        )

    def _outgoing(self, found: Row[tuple[bytes, int]]) -> Outgoing:
        invite_key = self._keys.invite(found.campaign)
        return Outgoing(
            id=found.message,
            campaign=found.campaign,
            audience=found.audience,
            address=found.address,
            code=codes.make_code(invite_key, found.id, found.generation),
            kind=_KINDS[found.state],
            returns=codes.return_mark(invite_key, found.id, found.address_key),
        )

    def _settle(self, connection: Connection, settled: Settled) -> None:
        if settled.delivery == "waiting":
            back = update(reminding).where(reminding.c.id == settled.id)
            connection.execute(back.values(sending=False))
            return
        gone = delete(reminding).where(reminding.c.id == settled.id).returning(reminding.c.id)
        if connection.execute(gone).first() is not None:
            _add(connection, self._id, settled.delivery, 1)


def _reminders(connection: Connection, campaign: str) -> tuple[Reminder, ...]:
    asked = select(reminder).where(reminder.c.campaign == campaign).order_by(reminder.c.done.desc())
    return tuple(
        Reminder(
            id=row.id,
            classes=tuple(one for one in STATES if one in row.classes.split()),
            done=row.done,
            sent=row.sent,
            refused=row.refused,
            uncertain=row.uncertain,
        )
        for row in connection.execute(asked)
    )


def _allowed(found: Sequence[Reminder], classes: Sequence[Class]) -> Sequence[Class]:
    """The classes of a new reminder: those asked for, or every one that may still have some."""
    told = any("commences" in one.classes for one in found)
    if len(found) >= MOST:
        raise RemindedEnough
    if told and "commences" in classes:
        raise RemindedOnce
    return classes or tuple(one for one in STATES if one == "nouveaux" or not told)


def _count_interrupted(connection: Connection, reminder_id: bytes) -> None:
    """What a crash left half sent is uncertain, and is not sent again."""
    lost = (
        delete(reminding)
        .where(reminding.c.reminder == reminder_id, reminding.c.sending.is_(True))
        .returning(reminding.c.id)
    )
    _add(connection, reminder_id, "uncertain", len(connection.execute(lost).all()))


def _add(connection: Connection, reminder_id: bytes, name: str, number: int) -> None:
    more = {name: reminder.c[name] + number}
    connection.execute(update(reminder).where(reminder.c.id == reminder_id).values(more))


def _take_turns(connection: Connection, campaign: str) -> None:
    """Let one reminder at a time be begun."""
    connection.execute(select(batch.c.id).where(batch.c.campaign == campaign).with_for_update())


def _chunks(values: Sequence[dict[str, object]]) -> Iterator[Sequence[dict[str, object]]]:
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))
