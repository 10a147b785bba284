"""When batches and reminders leave, and what is published of each batch, masked where it tells.

Dates stay here, on the office's side: the roll never holds one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, insert, select

from consultation.database import Database
from consultation.formatting import PARIS
from consultation.office.tables import batch_figure, reminder_plan, sending
from consultation.office.territories import Territory, territory

Clock = Callable[[], datetime]


@dataclass(frozen=True, kw_only=True)
class Planned:
    """When a batch leaves, at the hours of which territory."""

    territory: Territory
    starts: datetime

    def due(self, now: datetime) -> bool:
        """Whether messages may leave now: its hour has come, and people are at work."""
        return self.starts <= now and self.territory.is_open(now)

    def next(self, now: datetime) -> datetime:
        """From when on messages may leave."""
        return self.territory.next_opening(max(self.starts, now))

    def waits(self, now: datetime) -> str:
        """Why nothing leaves now, and until when; nothing unless closed offices are the reason."""
        why, opening = self.territory.closed(now), self.territory.next_opening(now)
        if not why or self.starts > opening:
            return ""
        return f"{why}. Rien ne part avant le {self.territory.words(opening)}"

    @property
    def words(self) -> str:
        """Its hour, for people."""
        return self.territory.words(self.starts)


@dataclass(frozen=True, kw_only=True)
class BatchTurnout:
    """How many a batch invites and how many have begun to answer, about; None: not to be told."""

    name: str
    invited: int
    issued: int | None


@dataclass(frozen=True, kw_only=True)
class BatchFigure(BatchTurnout):
    """The same, and the day it was published."""

    day: date

    @property
    def rate(self) -> float | None:
        """The part of those invited who have begun; None when it is not to be told."""
        return None if self.issued is None else min(1.0, self.issued / self.invited)


class Sendings:
    """The plan of what leaves; each public method is one transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def plan(
        self, batch: bytes, campaign: str, code: str, starts: datetime, *, opening: bool = False
    ) -> Planned:
        """Let a batch leave from this moment on; planning again moves it.

        `opening`: its codes, shown in a room, are worth nothing before.
        """
        planned = Planned(territory=territory(code), starts=starts)
        row = {
            "batch": batch,
            "campaign": campaign,
            "territory": code,
            "starts": starts,
            "opening": opening,
        }
        with self._database.write() as tx:
            tx.execute(delete(sending).where(sending.c.batch == batch))
            tx.execute(insert(sending).values(row))
        return planned

    def of(self, campaign: str) -> Mapping[bytes, Planned]:
        """What is planned in a campaign, by batch."""
        with self._database.read() as connection:
            rows = connection.execute(select(sending).where(sending.c.campaign == campaign)).all()
        return {
            row.batch: Planned(territory=territory(row.territory), starts=row.starts)
            for row in rows
        }

    def when(self, batch: bytes) -> Planned | None:
        """When this batch leaves, if it is planned."""
        with self._database.read() as connection:
            row = connection.execute(select(sending).where(sending.c.batch == batch)).first()
        return Planned(territory=territory(row.territory), starts=row.starts) if row else None

    def opens(self, batch: bytes) -> datetime | None:
        """Before which moment the codes of a batch are worth nothing; None: there is none."""
        asked = select(sending.c.starts).where(sending.c.batch == batch, sending.c.opening)
        with self._database.read() as connection:
            return connection.execute(asked).scalar_one_or_none()

    def plan_reminders(self, campaign: str, moments: tuple[datetime, ...]) -> None:
        """The dates of the reminders, in order: they replace those planned before."""
        rows = [
            {"campaign": campaign, "number": number, "starts": starts}
            for number, starts in enumerate(sorted(moments), 1)
        ]
        with self._database.write() as tx:
            tx.execute(delete(reminder_plan).where(reminder_plan.c.campaign == campaign))
            if rows:
                tx.execute(insert(reminder_plan), rows)

    def reminders(self, campaign: str) -> tuple[datetime, ...]:
        """The dates of the reminders of a campaign, in order."""
        asked = select(reminder_plan.c.starts).where(reminder_plan.c.campaign == campaign)
        with self._database.read() as connection:
            return tuple(connection.execute(asked.order_by(reminder_plan.c.number)).scalars())

    def publish(self, campaign: str, turnouts: Mapping[bytes, BatchTurnout]) -> None:
        """Publish how many of each batch have begun to answer, once masked."""
        today = self._clock().astimezone(PARIS).date()
        rows = [
            {"batch": batch, "campaign": campaign, "day": today, **vars(turnout)}
            for batch, turnout in turnouts.items()
        ]
        with self._database.write() as tx:
            tx.execute(delete(batch_figure).where(batch_figure.c.campaign == campaign))
            if rows:
                tx.execute(insert(batch_figure), rows)

    def figures(self, campaign: str) -> Mapping[bytes, BatchFigure]:
        """What was last published of each batch."""
        asked = select(batch_figure).where(batch_figure.c.campaign == campaign)
        with self._database.read() as connection:
            rows = connection.execute(asked).all()
        return {
            row.batch: BatchFigure(
                name=row.name, invited=row.invited, issued=row.issued, day=row.day
            )
            for row in rows
        }
