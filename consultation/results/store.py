"""What readers of open texts decided: read, edited, left out, coded. In the office's store.

A text is there under a name that only the export key gives; what was edited is locked by whoever
calls; nothing tells when a text was read, nor which of two readers read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from secrets import token_bytes
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from consultation.database import Database
from consultation.formatting import PARIS
from consultation.office.tables import (
    coded,
    extraction,
    margin,
    publication,
    reading,
    tag,
    tagged,
)
from consultation.refusals import Refusal
from consultation.results.coding import Coded
from consultation.results.formats import FORMATS, Wanted

State = Literal["accepted", "edited", "rejected"]
ExtractionState = Literal["asked", "ready", "failed"]

_AT_ONCE = 500  # rows asked for by their names in one query


class TagTaken(Refusal):
    """Une étiquette de cette question porte déjà ce nom. Choisissez-en un autre."""

    status = 409
    title = "Nom déjà pris"


class TagUsed(Refusal):
    """Des textes portent cette étiquette : retirez-la d’abord de ces textes."""

    status = 409
    title = "Étiquette utilisée"


class UnknownTag(Refusal):
    """Cette étiquette n’existe pas."""

    status = 404
    title = "Étiquette introuvable"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What was decided about one text; `locked` is the text as edited, if it was."""

    state: State
    locked: bytes | None = None
    chosen: bool = False

    @property
    def leaves(self) -> bool:
        """Whether a human has said that it may leave."""
        return self.state != "rejected"


@dataclass(frozen=True, kw_only=True)
class Tag:
    """One entry of a coding frame."""

    id: bytes
    name: str
    description: str


class Readings:
    """The review of open texts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def decide(self, slug: str, question: str, decisions: Mapping[bytes, Reading]) -> None:
        """Keep what was decided about these texts, whatever was decided before."""
        rows = [
            {
                "saying": saying,
                "campaign": slug,
                "question": question,
                "state": one.state,
                "locked": one.locked,
                "chosen": one.chosen,
            }
            for saying, one in decisions.items()
        ]
        if not rows:
            return
        with self._database.write() as tx:
            dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
            adding = dialect.insert(reading)
            changed = {name: adding.excluded[name] for name in ("state", "locked", "chosen")}
            tx.execute(adding.on_conflict_do_update(index_elements=["saying"], set_=changed), rows)

    def choose(self, saying: bytes, chosen: bool) -> None:
        """Quote this text in reports, or no more; a text left out is never quoted."""
        changed = update(reading).where(reading.c.saying == saying, reading.c.state != "rejected")
        with self._database.write() as tx:
            tx.execute(changed.values(chosen=chosen))

    def forget(self, saying: bytes) -> None:
        """Put a text back among those to read."""
        with self._database.write() as tx:
            tx.execute(delete(reading).where(reading.c.saying == saying))

    def of(self, sayings: Iterable[bytes]) -> dict[bytes, Reading]:
        """What was decided about these texts; those that nobody read are left out."""
        wanted = list(sayings)
        found: dict[bytes, Reading] = {}
        with self._database.read() as connection:
            for start in range(0, len(wanted), _AT_ONCE):
                lot = wanted[start : start + _AT_ONCE]
                rows = connection.execute(select(reading).where(reading.c.saying.in_(lot)))
                found.update((row.saying, _reading(row)) for row in rows)
        return found

    def read(self, slug: str, question: str) -> frozenset[bytes]:
        """The texts of a question that somebody has read."""
        query = select(reading.c.saying).where(
            reading.c.campaign == slug, reading.c.question == question
        )
        with self._database.read() as connection:
            return frozenset(connection.scalars(query))

    def chosen(self, slug: str, question: str) -> dict[bytes, Reading]:
        """The texts of a question that were chosen to be quoted."""
        query = select(reading).where(
            reading.c.campaign == slug, reading.c.question == question, reading.c.chosen
        )
        with self._database.read() as connection:
            return {row.saying: _reading(row) for row in connection.execute(query)}

    def every(self, slug: str) -> dict[bytes, Reading]:
        """Everything that was decided in a campaign."""
        with self._database.read() as connection:
            rows = connection.execute(select(reading).where(reading.c.campaign == slug))
            return {row.saying: _reading(row) for row in rows}

    def progress(self, slug: str) -> dict[str, dict[State, int]]:
        """By question, how many texts are in each state."""
        query = (
            select(reading.c.question, reading.c.state, func.count())
            .where(reading.c.campaign == slug)
            .group_by(reading.c.question, reading.c.state)
        )
        found: dict[str, dict[State, int]] = {}
        with self._database.read() as connection:
            for question, state, count in connection.execute(query):
                found.setdefault(question, {})[state] = count
        return found


class Codings:
    """Coding frames, and who put which tag on which text."""

    def __init__(
        self, database: Database, random_bytes: Callable[[int], bytes] = token_bytes
    ) -> None:
        self._database = database
        self._random_bytes = random_bytes

    def frame(self, slug: str, question: str) -> tuple[Tag, ...]:
        """The tags of a question, by name."""
        query = (
            select(tag)
            .where(tag.c.campaign == slug, tag.c.question == question)
            .order_by(func.lower(tag.c.name), tag.c.id)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return tuple(Tag(id=row.id, name=row.name, description=row.description) for row in rows)

    def add(self, slug: str, question: str, name: str, description: str = "") -> Tag:
        """A new tag; TagTaken when its name is."""
        made = Tag(id=self._random_bytes(16), name=name, description=description)
        try:
            with self._database.write() as tx:
                tx.execute(insert(tag).values(campaign=slug, question=question, **vars(made)))
        except IntegrityError as error:
            raise TagTaken from error
        return made

    def rename(self, tag_id: bytes, name: str, description: str) -> None:
        """Change the words of a tag; the texts that bear it keep it."""
        changed = update(tag).where(tag.c.id == tag_id).values(name=name, description=description)
        try:
            with self._database.write() as tx:
                if tx.execute(changed.returning(tag.c.id)).first() is None:
                    raise UnknownTag
        except IntegrityError as error:
            raise TagTaken from error

    def remove(self, tag_id: bytes) -> None:
        """Take a tag that no text bears out of the frame."""
        try:
            with self._database.write() as tx:
                tx.execute(delete(tag).where(tag.c.id == tag_id))
        except IntegrityError as error:
            raise TagUsed from error

    def code(
        self, slug: str, question: str, coder: str, coding: Mapping[bytes, frozenset[bytes]]
    ) -> None:
        """Keep the tags that this person puts on these texts, in the place of those before."""
        known = {one.id for one in self.frame(slug, question)}
        if not frozenset().union(*coding.values()) <= known:
            raise UnknownTag
        with self._database.write() as tx:
            _forget(tx, coder, coding)
            done = [{"saying": saying, "coder": coder} for saying in coding]
            if done:
                tx.execute(insert(coded).values(campaign=slug, question=question), done)
            put = [
                {"saying": saying, "coder": coder, "tag": one}
                for saying, tags in coding.items()
                for one in sorted(tags)
            ]
            if put:
                tx.execute(insert(tagged), put)

    def all(self, slug: str, question: str) -> Coded:
        """Everything that was coded for a question."""
        found: dict[bytes, dict[str, frozenset[bytes]]] = {}
        both = select(coded.c.saying, coded.c.coder, tagged.c.tag).select_from(
            coded.outerjoin(
                tagged,
                (tagged.c.saying == coded.c.saying) & (tagged.c.coder == coded.c.coder),
            )
        )
        query = both.where(coded.c.campaign == slug, coded.c.question == question)
        with self._database.read() as connection:
            for saying, coder, one in connection.execute(query):
                tags = found.setdefault(saying, {})
                tags[coder] = tags.get(coder, frozenset()) | ({one} if one else frozenset())
        return found

    def progress(self, slug: str) -> dict[str, int]:
        """By question, how many texts somebody has coded."""
        query = (
            select(coded.c.question, func.count(coded.c.saying.distinct()).label("texts"))
            .where(coded.c.campaign == slug)
            .group_by(coded.c.question)
        )
        with self._database.read() as connection:
            return {row.question: row.texts for row in connection.execute(query)}


class KnownMargins:
    """How many people of each campaign's population each profile answer stands for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, slug: str) -> dict[str, dict[str, float]]:
        """By question, then by code."""
        query = (
            select(margin)
            .where(margin.c.campaign == slug)
            .order_by(margin.c.question, margin.c.code)
        )
        found: dict[str, dict[str, float]] = {}
        with self._database.read() as connection:
            for row in connection.execute(query):
                found.setdefault(row.question, {})[row.code] = float(row.people)
        return found

    def replace(self, slug: str, people: Mapping[str, Mapping[str, float]]) -> None:
        """Know these in the place of what was known."""
        rows = [
            {"campaign": slug, "question": question, "code": code, "people": round(count)}
            for question, by_code in people.items()
            for code, count in by_code.items()
        ]
        with self._database.write() as tx:
            tx.execute(delete(margin).where(margin.c.campaign == slug))
            if rows:
                tx.execute(insert(margin), rows)


@dataclass(frozen=True, kw_only=True)
class Extraction:
    """Files asked for, and what became of them."""

    id: bytes
    campaign: str
    login: str
    purpose: str
    wanted: Wanted
    asked_at: datetime
    state: ExtractionState
    reason: str  # why they could not be made, for people


class Extractions:
    """The files that analysts ask for: who, why, what, and how far each is."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, one: Extraction) -> None:
        """Keep what somebody asks for."""
        row = {
            "id": one.id,
            "campaign": one.campaign,
            "login": one.login,
            "purpose": one.purpose,
            "formats": ",".join(sorted(one.wanted.formats)),
            "labels": one.wanted.labels,
            "unread": one.wanted.unread,
            "asked_at": one.asked_at,
            "state": one.state,
            "reason": one.reason,
        }
        with self._database.write() as tx:
            tx.execute(insert(extraction).values(row))

    def get(self, extraction_id: bytes) -> Extraction | None:
        """What was asked under this name, if it is still known."""
        found = select(extraction).where(extraction.c.id == extraction_id)
        with self._database.read() as connection:
            row = connection.execute(found).first()
        return _extraction(row) if row else None

    def all(self, slug: str) -> tuple[Extraction, ...]:
        """What was asked of a campaign, the last first."""
        query = select(extraction).where(extraction.c.campaign == slug)
        latest_first = query.order_by(extraction.c.asked_at.desc(), extraction.c.id)
        with self._database.read() as connection:
            return tuple(_extraction(row) for row in connection.execute(latest_first))

    def settle(self, extraction_id: bytes, state: ExtractionState, reason: str = "") -> None:
        """Say that the files are there, or why they cannot be."""
        changed = update(extraction).where(extraction.c.id == extraction_id)
        with self._database.write() as tx:
            tx.execute(changed.values(state=state, reason=reason))

    def forget(self, extraction_id: bytes) -> None:
        """The files are gone; the journal remembers."""
        with self._database.write() as tx:
            tx.execute(delete(extraction).where(extraction.c.id == extraction_id))


class Publications:
    """Results as anyone may read them; a day in Paris says since when."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def publish(self, slug: str, content: str) -> None:
        """Publish this, in the place of what was."""
        row = {"campaign": slug, "content": content, "day": self._today()}
        with self._database.write() as tx:
            tx.execute(delete(publication).where(publication.c.campaign == slug))
            tx.execute(insert(publication), [row])

    def withdraw(self, slug: str) -> None:
        """Publish nothing more of this campaign; doing it twice changes nothing."""
        with self._database.write() as tx:
            tx.execute(delete(publication).where(publication.c.campaign == slug))

    def get(self, slug: str) -> tuple[str, date] | None:
        """What is published of a campaign, and since when."""
        query = select(publication).where(publication.c.campaign == slug)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return (row.content, row.day) if row else None

    def all(self) -> dict[str, date]:
        """The campaigns of which something is published."""
        query = select(publication.c.campaign, publication.c.day)
        with self._database.read() as connection:
            return {row.campaign: row.day for row in connection.execute(query)}

    def _today(self) -> date:
        return self._clock().astimezone(PARIS).date()


def _extraction(row: Row[Any]) -> Extraction:  # Any: SQLAlchemy's own type of a whole row
    formats = row.formats.split(",") if row.formats else []
    known = frozenset(one for one in FORMATS if one in formats)
    return Extraction(
        id=row.id,
        campaign=row.campaign,
        login=row.login,
        purpose=row.purpose,
        wanted=Wanted(formats=known, labels=row.labels, unread=row.unread),
        asked_at=row.asked_at,
        state=row.state,
        reason=row.reason,
    )


def _reading(row: Row[Any]) -> Reading:  # Any: SQLAlchemy's own type of a whole row
    return Reading(state=row.state, locked=row.locked, chosen=row.chosen)


def _forget(tx: Connection, coder: str, sayings: Iterable[bytes]) -> None:
    wanted = list(sayings)
    for start in range(0, len(wanted), _AT_ONCE):
        lot = wanted[start : start + _AT_ONCE]
        for table in (tagged, coded):
            tx.execute(delete(table).where(table.c.saying.in_(lot), table.c.coder == coder))
