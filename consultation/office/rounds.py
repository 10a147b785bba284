"""When the worker made its rounds, so that a clock that leaps ends nothing by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from consultation.airlock import Watch
from consultation.database import Database
from consultation.office.campaigns import Campaign
from consultation.office.tables import rounds

_NAME = "closing"


class Rounds:
    """Remembers the last round; workers of one platform share it."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def note(self) -> None:
        """Note a round made now."""
        now = self._clock()
        with self._database.write() as tx:
            row = tx.execute(_LAST.with_for_update()).first()
            watch = Watch(**row._mapping).continued(now) if row else Watch(since=now, last=now)
            dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
            noted = dialect.insert(rounds).values(name=_NAME, **vars(watch))
            tx.execute(noted.on_conflict_do_update(index_elements=["name"], set_=vars(watch)))

    def to_confirm(self, campaign: Campaign) -> bool:
        """Whether this campaign is over by a clock that has leapt: a person then says that it is.

        Where no worker ever made a round, persons alone end campaigns.
        """
        now = self._clock()
        if campaign.state == "closed" or campaign.phase(now) != "closed":
            return False
        with self._database.read() as connection:
            row = connection.execute(_LAST).first()
        if row is None:
            return False
        return not Watch(**row._mapping).continued(now).saw_the_end(campaign.last_moment)


_LAST = select(rounds.c.since, rounds.c.last).where(rounds.c.name == _NAME)
