"""Copies of the stores, each in its own place, and their return: nothing in a copy may be lost.

A copy is a SQLite file whatever the store was, written in the order of random keys: it tells no
order of arrival. Keys are never in it; without the airlock's, the ballots that wait are lost.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path

from sqlalchemy import Connection, Table, func, select

from consultation.ballots import tables as box
from consultation.ballots.boxes import from_airlock
from consultation.ballots.keys import BoxKeys
from consultation.ballots.release import Release
from consultation.ballots.standbys import Standbys
from consultation.ballots.store import NoAirlock, Urn
from consultation.ceremony import note_forgotten, note_lost
from consultation.config import migrations_of
from consultation.database import (
    Database,
    as_one_file,
    copy_rows,
    is_current,
    migrate,
    reading_file,
    revision,
)
from consultation.office import tables as office
from consultation.office.campaigns import Campaign
from consultation.office.store import Campaigns, Figures, Journal
from consultation.refusals import Refusal
from consultation.results.files import appearing
from consultation.roll import tables as roll
from consultation.roll.store import Roll
from consultation.sealing import CannotUnseal, destroy_key, read_key, write_key
from consultation.worker import Worker

MANIFEST = "manifest.json"
SAVED: Mapping[str, Sequence[Table]] = {
    # What an agent has not sent is nobody's to keep: no draft, and nothing else of the kind.
    "box": (box.spent, box.inbox, box.ballot, box.airlock),
    "roll": roll.metadata.sorted_tables,
    "office": office.metadata.sorted_tables,
}
"""Saved in this order: a credential is issued before it is spent, and found issued after."""


class KeysTogether(Refusal):
    """Qui aurait la sauvegarde et les clés pourrait l’ouvrir. Copiez les clés ailleurs."""

    status = 422
    title = "Clés avec la sauvegarde"


class MixedMeanwhile(Refusal):
    """Des bulletins ont été mélangés pendant la sauvegarde, et leur clé a changé. Recommencez."""

    status = 409
    title = "Sauvegarde à refaire"


class Unreadable(Refusal):
    """Cette sauvegarde est incomplète ou altérée. Prenez-en une autre copie."""

    status = 409
    title = "Sauvegarde illisible"


class NothingHere(Refusal):
    """Ce dossier ne contient la sauvegarde d’aucune des bases demandées."""

    status = 404
    title = "Sauvegarde introuvable"


class NotCurrent(Refusal):
    """La base n’est pas à jour. Lancez d’abord : consultation database migrate."""

    status = 409
    title = "Base à mettre à jour"


class OtherVersion(Refusal):
    """Restaurez avec la version qui a fait la sauvegarde, puis mettez à jour."""

    status = 409
    title = "Sauvegarde d’une autre version"


class NotEmpty(Refusal):
    """La base contient déjà des données. Restaurez dans une base neuve."""

    status = 409
    title = "Base déjà utilisée"


class AirlockClosed(Refusal):
    """Des bulletins ne peuvent pas être ouverts."""

    status = 409
    title = "Clés du sas absentes"

    def __init__(self, closed: Sequence[Airlock]) -> None:
        told = " ".join(f"{one.waiting} attendent la clé {one.key}." for one in closed)
        super().__init__(
            f"{sum(one.waiting for one in closed)} bulletins ne peuvent pas être ouverts\u00a0: "
            f"{told} Remettez ces clés dans leur dossier, puis recommencez. Si elles n’existent "
            "plus nulle part, ajoutez --lose-waiting\u00a0: leur nombre sera publié."
        )


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What a copy holds; `keys` are those without which it is worth less."""

    store: str
    version: str
    rows: Mapping[str, int]
    sha256: str
    keys: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Airlock:
    """The airlock of one urn in a copy, and whether its key, at hand, opens every ballot."""

    urn: bytes
    key: str
    waiting: int
    opens: bool
    missing: int  # ballots that would be lost without those waiting: spent, and nowhere else


@dataclass(frozen=True, kw_only=True)
class Restored:
    """A copy that came back: its rows, the waiting ballots its keys open, those given up."""

    saved: Saved
    opened: int
    lost: int


class Backup:
    """Saves and restores the stores of the sides it is given."""

    def __init__(
        self,
        *,
        databases: Mapping[str, Database],
        keys: Path,
        campaigns: Campaigns,
        figures: Figures,
        journal: Journal,
        worker: Worker,
        roll: Roll | None,
        urn: Urn | None,
        release: Release | None,
    ) -> None:
        self._databases = databases
        self._keys = keys
        self._box_keys = BoxKeys(keys)
        self._campaigns = campaigns
        self._figures = figures
        self._journal = journal
        self._worker = worker
        self._roll = roll
        self._urn = urn
        self._release = release

    @property
    def stores(self) -> tuple[str, ...]:
        """The stores that are saved from here."""
        return tuple(store for store in SAVED if store in self._databases)

    def save(
        self, directory: Path, stores: Sequence[str], who: str, *, keys: Path | None = None
    ) -> tuple[Saved, ...]:
        """Copy each store into a directory of its own, and the keys they need into `keys`."""
        if keys and keys.resolve().is_relative_to(directory.resolve()):
            raise KeysTogether
        chosen = [store for store in SAVED if store in stores]
        for store in chosen:
            self._refuse_stale(store)
        if "box" in chosen:
            self._mix()
        saved = tuple(self._save(store, directory / store, keys) for store in chosen)
        if keys:
            self._forget_old_keys(keys, saved)
        if keys and "box" in chosen:
            Standbys(self._box_keys.directory).copy_to(keys / self._box_keys.directory.name)
        self._journal.write(who, "sauvegarde", ", ".join(chosen))
        return saved

    def restore(
        self, directory: Path, stores: Sequence[str], who: str, *, lose_waiting: bool = False
    ) -> tuple[Restored, ...]:
        """Bring copies back into empty stores; everything is checked before anything is written."""
        # The register first: it tells which campaign an urn belongs to.
        chosen = [store for store in reversed(tuple(SAVED)) if store in stores]
        found = {
            store: _manifest(directory / store)
            for store in chosen
            if (directory / store / MANIFEST).exists()
        }
        if not found:
            raise NothingHere
        for store, saved in found.items():
            self._check(store, saved, directory / store)
        airlocks = self._airlocks(directory / "box") if "box" in found else ()
        closed = [one for one in airlocks if one.waiting and not one.opens]
        if closed and not lose_waiting:
            raise AirlockClosed(closed)
        restored = tuple(
            self._restore(store, saved, directory / store, airlocks if store == "box" else ())
            for store, saved in found.items()
        )
        self._journal.write(who, "sauvegarde restaurée", ", ".join(found))
        if found.keys() & {"roll", "office"}:
            self._account_for_what_was_forgotten(who)
        return restored

    # Saving

    def _mix(self) -> None:
        """Release what may be, and seal anew what stays: the copy shows no ballot as it came."""
        for campaign in self._campaigns.all():
            try:
                if not self._worker.release(campaign, "sauvegarde").moved and self._release:
                    self._release.reseal(campaign)
            except NoAirlock:  # not prepared, or closed
                continue

    def _save(self, store: str, place: Path, kept: Path | None) -> Saved:
        with appearing(place) as directory:
            file = directory / f"{store}.sqlite"
            with closing(Database(f"sqlite:///{file}")) as copy:
                migrate(copy, migrations_of(store))
                with self._databases[store].snapshot() as source, copy.write() as target:
                    rows = copy_rows(source, target, {one: select(one) for one in SAVED[store]})
                    keys = self._needed_keys(store, source)
                    self._keep(keys, kept)
                    if store == "box":  # a standby, or an older snapshot, may still need these
                        self._keep(sorted(self._airlock_keys() - {*keys}), kept)
                version = revision(copy)
                as_one_file(copy)
            saved = Saved(store=store, version=version, rows=rows, sha256=_sha256(file), keys=keys)
            text = json.dumps(asdict(saved), ensure_ascii=False, indent=2)
            (directory / MANIFEST).write_text(f"{text}\n", "utf-8")
            _flush(file, directory / MANIFEST, directory)
        return saved

    def _needed_keys(self, store: str, source: Connection) -> list[str]:
        """The keys a copy needs, as files under the directory of keys."""
        if store == "office":
            return []
        if store == "roll":
            return self._names("roll/*/*")
        airlocks = source.execute(select(box.airlock).order_by(box.airlock.c.urn)).all()
        current = [self._name(self._box_keys.path(row.urn, row.public)) for row in airlocks]
        return current + self._names("results/*/*")

    def _keep(self, names: Sequence[str], kept: Path | None) -> None:
        """Copy these keys at once: a later round destroys the airlock's."""
        for name in names if kept else ():
            target = Path(str(kept), name)
            try:
                key = read_key(self._keys / name)
            except FileNotFoundError as error:
                raise MixedMeanwhile from error
            if not target.exists():
                write_key(target, key)

    def _forget_old_keys(self, kept: Path, saved: Sequence[Saved]) -> None:
        """Destroy the copies of airlock keys that are destroyed here too."""
        for one in saved:
            if one.store == "box":
                needed = {kept / name for name in self._airlock_keys().union(one.keys)}
                for path in set(kept.glob("box/*/airlock-*.key")) - needed:
                    destroy_key(path)

    def _airlock_keys(self) -> frozenset[str]:
        """Every key of an airlock that is here: the current ones, and those retired lately."""
        return frozenset(self._names("box/*/airlock-*.key"))

    def _names(self, pattern: str) -> list[str]:
        return sorted(self._name(path) for path in self._keys.glob(pattern))

    def _name(self, path: Path) -> str:
        return path.relative_to(self._keys).as_posix()

    # Restoring

    def _refuse_stale(self, store: str) -> None:
        if not is_current(self._databases[store], migrations_of(store)):
            raise NotCurrent

    def _check(self, store: str, saved: Saved, place: Path) -> None:
        self._refuse_stale(store)
        if _sha256(place / f"{store}.sqlite") != saved.sha256:
            raise Unreadable
        if saved.version != revision(self._databases[store]):
            raise OtherVersion
        with self._databases[store].read() as connection:
            _refuse_rows(connection, store)

    def _airlocks(self, place: Path) -> tuple[Airlock, ...]:
        with _copy("box", place) as copy:
            rows = copy.execute(select(box.airlock).order_by(box.airlock.c.urn)).all()
            return tuple(self._airlock(copy, row.urn, row.public) for row in rows)

    def _airlock(self, copy: Connection, urn: bytes, public: bytes) -> Airlock:
        spent, waiting, released = (
            copy.scalar(select(func.count()).select_from(one).where(one.c.urn == urn)) or 0
            for one in (box.spent, box.inbox, box.ballot)
        )
        return Airlock(
            urn=urn,
            key=self._name(self._box_keys.path(urn, public)),
            waiting=waiting,
            opens=self._opens(copy, urn, public),
            missing=spent - released,
        )

    def _opens(self, copy: Connection, urn: bytes, public: bytes) -> bool:
        if not self._box_keys.holds(urn, public):
            return False
        key = self._box_keys.get(urn, public)
        boxes = copy.scalars(select(box.inbox.c.sealed).where(box.inbox.c.urn == urn))
        try:
            for sealed in boxes:
                from_airlock(urn, key, sealed)
        except CannotUnseal:
            return False
        return True

    def _restore(
        self, store: str, saved: Saved, place: Path, airlocks: Sequence[Airlock]
    ) -> Restored:
        closed = [one for one in airlocks if not one.opens]
        self._publish_losses(closed)
        gone = [one.urn for one in closed]
        rows = {one: select(one) for one in SAVED[store]} | {
            one: select(one).where(one.c.urn.not_in(gone))
            for one in (box.inbox, box.airlock)
            if store == "box"
        }
        with _copy(store, place) as copy, self._databases[store].write() as target:
            _refuse_rows(target, store)
            copied = copy_rows(copy, target, rows)
            lost = sum(one.waiting for one in closed)
            if sum(copied.values()) + lost + len(gone) != sum(saved.rows.values()):
                raise Unreadable
        self._prepare(gone)
        opened = sum(one.waiting for one in airlocks if one.opens)
        return Restored(saved=saved, opened=opened, lost=lost)

    def _account_for_what_was_forgotten(self, who: str) -> None:
        """Publish what the copies do not know, without which no account would be right again."""
        for campaign in self._campaigns.all():
            if campaign.state == "draft" or self._figures.of(campaign.slug).complete:
                continue
            forgotten = note_forgotten(self._figures, self._roll, campaign.slug)
            lost = self._note_lost(campaign)
            detail = f"{campaign.slug}, {forgotten} laissez-passer oubliés, {lost} bulletins perdus"
            self._journal.write(who, "compte après restauration", detail)

    def _note_lost(self, campaign: Campaign) -> int:
        """Publish how many ballots were given up before: a register that came back forgot it."""
        if self._urn is None:
            return self._figures.of(campaign.slug).number("lost") or 0
        return note_lost(self._figures, self._urn, campaign)

    def _publish_losses(self, closed: Sequence[Airlock]) -> None:
        for airlock in closed:
            for campaign in self._of([airlock.urn]):
                self._figures.publish(campaign.slug, {"lost": airlock.missing})

    def _prepare(self, gone: Sequence[bytes]) -> None:
        """Another airlock where the key of the last one is lost: agents may go on answering."""
        for campaign in self._of(gone):
            if self._release:
                self._release.prepare(campaign)

    def _of(self, urns: Sequence[bytes]) -> Iterator[Campaign]:
        return (campaign for campaign in self._campaigns.all() if campaign.urn in urns)


def _manifest(place: Path) -> Saved:
    try:
        return Saved(**json.loads((place / MANIFEST).read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise Unreadable from error


@contextmanager
def _copy(store: str, place: Path) -> Iterator[Connection]:
    engine = reading_file(place / f"{store}.sqlite")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _refuse_rows(connection: Connection, store: str) -> None:
    metadata = SAVED[store][0].metadata
    for table in metadata.sorted_tables:
        if connection.execute(select(table).limit(1)).first() is not None:
            raise NotEmpty


def _sha256(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise Unreadable from error


def _flush(*paths: Path) -> None:
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
