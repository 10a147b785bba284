"""The release: a pool mix that loses nothing, whatever dies in the middle."""

import json
import random
import secrets
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Clock
from small import campaign, credential, export_key
from sqlalchemy import select

from consultation.airlock import Watched
from consultation.ballots.boxes import from_airlock, from_urn
from consultation.ballots.keys import AirlockKeyMissing, BoxKeys
from consultation.ballots.release import Release, Released
from consultation.ballots.store import NoAirlock, Urn
from consultation.ballots.tables import airlock, ballot, inbox
from consultation.database import Database
from consultation.office.campaigns import Campaign
from consultation.office.proofs import Proofs
from consultation.sealing import AirlockKey, CannotUnseal, SealingKey, sealing_key

POOL = 5


@pytest.fixture
def proofs(office_database: Database, clock: Clock) -> Proofs:
    return Proofs(office_database, clock)


@pytest.fixture
def urn(box_database: Database, proofs: Proofs, clock: Clock) -> Urn:
    return Urn(box_database, proofs, clock, secrets.token_bytes)


@pytest.fixture
def keys(keys_directory: Path) -> BoxKeys:
    return BoxKeys(keys_directory)


Mixer = Callable[..., Release]


@pytest.fixture
def mixer(box_database: Database, keys: BoxKeys, proofs: Proofs, clock: Clock) -> Mixer:
    """Makes what a process of its own would use."""

    def made(seed: int, own: BoxKeys = keys) -> Release:
        return Release(box_database, own, proofs, clock, random.Random(seed))

    return made


@pytest.fixture
def release(mixer: Mixer) -> Release:
    return mixer(7)


def let_an_hour_pass(release: Release, opened: Campaign, clock: Clock) -> None:
    """Round after round, a worker sees the keys again."""
    for _ in range(6):
        release.sweep(opened)
        clock.advance(minutes=10)
    release.sweep(opened)
    release.prove(opened)


@pytest.fixture
def opened(release: Release) -> Campaign:
    found = campaign(pool=POOL)
    release.prepare(found)
    return found


def fill(urn: Urn, opened: Campaign, numbers: Iterable[int]) -> None:
    for number in numbers:
        one = credential()
        urn.cast(opened, "agents", one.msg, one.sig, json.dumps(number).encode())


def opened_ballots(urn: Urn, opened: Campaign) -> list[int]:
    boxes = urn.ballots(opened)
    return [json.loads(from_urn(opened.urn, export_key(), sealed)) for sealed in boxes]


def key_files(keys_directory: Path, opened: Campaign) -> list[Path]:
    return sorted((keys_directory / "box" / opened.urn.hex()).glob("airlock-*.key"))


def waiting(box_database: Database) -> set[bytes]:
    with box_database.read() as connection:
        rows = connection.execute(select(inbox.c.id, inbox.c.sealed))
        return {value for row in rows for value in row}


class Dies(Exception):
    """The process ends here."""


class DyingKeys(BoxKeys):
    """Keys of a process that dies at the step it is told."""

    def __init__(self, directory: Path, dies_at: str) -> None:
        super().__init__(directory)
        self._dies_at = dies_at

    def create(self, urn: bytes, kind: type[SealingKey] = AirlockKey) -> SealingKey:
        created = super().create(urn, kind)
        if self._dies_at == "after creating":
            raise Dies
        return created

    def note(self, path: Path, watched: Watched) -> None:
        if self._dies_at == "before noting":
            raise Dies
        super().note(path, watched)


def test_too_few_ballots_stay(urn: Urn, opened: Campaign, release: Release) -> None:
    fill(urn, opened, range(2 * POOL - 1))

    assert release.run(opened) == Released(moved=0, waiting=2 * POOL - 1)
    assert opened_ballots(urn, opened) == []


def test_a_release_leaves_the_pool(urn: Urn, opened: Campaign, release: Release) -> None:
    fill(urn, opened, range(3 * POOL))

    done = release.run(opened)

    assert done == Released(moved=2 * POOL, waiting=POOL)
    counts = urn.counts(opened)
    assert (counts.spent, counts.waiting, counts.ballots) == (3 * POOL, POOL, 2 * POOL)


def test_everything_leaves_in_the_end_and_nothing_is_lost(
    urn: Urn, opened: Campaign, release: Release
) -> None:
    fill(urn, opened, range(3 * POOL))
    release.run(opened)
    fill(urn, opened, range(3 * POOL, 4 * POOL))

    release.run(opened, everything=True)

    assert sorted(opened_ballots(urn, opened)) == list(range(4 * POOL))
    assert urn.counts(opened).waiting == 0


def test_no_id_and_no_ciphertext_survives_a_release(
    urn: Urn, opened: Campaign, release: Release, box_database: Database
) -> None:
    fill(urn, opened, range(3 * POOL))
    with box_database.read() as connection:
        before = {value for row in connection.execute(select(inbox)) for value in row}

    release.run(opened)

    with box_database.read() as connection:
        rows = [*connection.execute(select(inbox)), *connection.execute(select(ballot))]
    after = {value for row in rows for value in row}
    assert before & after == {opened.urn}


def test_the_old_key_is_destroyed_an_hour_later_and_opens_nothing(
    urn: Urn,
    opened: Campaign,
    release: Release,
    box_database: Database,
    keys_directory: Path,
    clock: Clock,
) -> None:
    fill(urn, opened, range(3 * POOL))
    [old] = key_files(keys_directory, opened)
    stolen = sealing_key(old.read_bytes())

    release.run(opened)

    assert old in key_files(keys_directory, opened)
    let_an_hour_pass(release, opened, clock)
    [new] = key_files(keys_directory, opened)
    assert new != old
    with box_database.read() as connection:
        boxes = connection.scalars(select(inbox.c.sealed)).all()
    for box in boxes:
        with pytest.raises(CannotUnseal):
            from_airlock(opened.urn, stolen, box)


def test_ballots_come_out_in_no_order(urn: Urn, opened: Campaign, mixer: Mixer) -> None:
    fill(urn, opened, range(40))

    mixer(3).run(opened, everything=True)

    came_out = opened_ballots(urn, opened)
    assert came_out != sorted(came_out)
    assert sorted(came_out) == list(range(40))


def test_preparing_twice_changes_nothing(
    opened: Campaign, release: Release, keys_directory: Path, box_database: Database
) -> None:
    files = key_files(keys_directory, opened)

    release.prepare(opened)

    assert key_files(keys_directory, opened) == files
    with box_database.read() as connection:
        assert len(connection.execute(select(airlock)).all()) == 1


def test_closing_releases_everything_shuts_the_urn_and_leaves_the_key_to_a_later_round(
    urn: Urn, opened: Campaign, release: Release, keys_directory: Path, clock: Clock
) -> None:
    fill(urn, opened, range(3))
    closed = replace(opened, state="closed")

    assert release.close(closed) == Released(moved=3, waiting=0)
    assert release.close(closed) == Released(moved=0, waiting=0)

    assert len(key_files(keys_directory, opened)) == 1
    let_an_hour_pass(release, closed, clock)
    assert list((keys_directory / "box").rglob("airlock*")) == []
    assert sorted(opened_ballots(urn, opened)) == [0, 1, 2]
    with pytest.raises(NoAirlock):
        fill(urn, opened, [3])


def test_sealing_anew_moves_nothing_and_leaves_nothing_as_it_was(
    urn: Urn, opened: Campaign, release: Release, box_database: Database, keys_directory: Path
) -> None:
    fill(urn, opened, range(POOL))
    before, [old] = waiting(box_database), key_files(keys_directory, opened)

    assert release.reseal(opened) == Released(moved=0, waiting=POOL)

    assert waiting(box_database).isdisjoint(before)
    assert key_files(keys_directory, opened) != [old]
    release.close(opened)
    assert sorted(opened_ballots(urn, opened)) == list(range(POOL))


def test_an_airlock_in_preparation_keeps_its_key(
    release: Release, keys: BoxKeys, keys_directory: Path, clock: Clock
) -> None:
    new = campaign(pool=POOL)
    keys.create(new.urn)  # another process is between the key and the row

    with pytest.raises(NoAirlock):
        release.run(new)
    let_an_hour_pass(release, new, clock)

    assert len(key_files(keys_directory, new)) == 1


def test_where_the_current_key_is_missing_no_other_is_destroyed(
    urn: Urn,
    opened: Campaign,
    release: Release,
    keys: BoxKeys,
    keys_directory: Path,
    clock: Clock,
) -> None:
    fill(urn, opened, range(3 * POOL))
    [current] = key_files(keys_directory, opened)
    current.rename(keys_directory / "elsewhere")
    keys.create(opened.urn)

    with pytest.raises(AirlockKeyMissing):
        release.run(opened)
    let_an_hour_pass(release, opened, clock)
    assert len(key_files(keys_directory, opened)) == 1

    (keys_directory / "elsewhere").rename(current)
    assert release.run(opened).moved == 2 * POOL


def test_the_log_of_sqlite_keeps_nothing_after_a_release(
    sqlite_models: dict[str, Path], keys: BoxKeys, proofs: Proofs, clock: Clock, tmp_path: Path
) -> None:
    file = shutil.copy(sqlite_models["box"], tmp_path / "alone.sqlite")
    with closing(Database(f"sqlite:///{file}")) as box:
        mine, new = Release(box, keys, proofs, clock, random.Random(1)), campaign(pool=POOL)
        mine.prepare(new)
        fill(Urn(box, proofs, clock, secrets.token_bytes), new, range(3 * POOL))
        log = Path(f"{file}-wal")
        assert log.stat().st_size > 0

        mine.run(new)

        assert log.stat().st_size == 0


def test_the_digest_is_that_of_the_ballots(urn: Urn, opened: Campaign, release: Release) -> None:
    fill(urn, opened, range(2 * POOL))
    empty = urn.sorted_digest(opened)

    release.run(opened)

    full = urn.sorted_digest(opened)
    assert full != empty
    assert full == urn.sorted_digest(opened)


@pytest.mark.parametrize("step", ["after creating", "before noting"])
def test_a_process_that_dies_in_a_release_loses_nothing(
    step: str,
    urn: Urn,
    opened: Campaign,
    mixer: Mixer,
    release: Release,
    keys_directory: Path,
    clock: Clock,
) -> None:
    fill(urn, opened, range(3 * POOL))

    with pytest.raises(Dies):
        mixer(1, DyingKeys(keys_directory, step)).run(opened)
    fill(urn, opened, range(3 * POOL, 4 * POOL))
    assert len(key_files(keys_directory, opened)) == 2
    mixer(2).run(opened, everything=True)

    assert sorted(opened_ballots(urn, opened)) == list(range(4 * POOL))
    let_an_hour_pass(release, opened, clock)
    assert len(key_files(keys_directory, opened)) == 1


def test_a_process_that_dies_while_preparing_leaves_nothing_wrong(
    urn: Urn, release: Release, mixer: Mixer, keys_directory: Path, clock: Clock
) -> None:
    new = campaign(pool=POOL)
    with pytest.raises(Dies):
        mixer(1, DyingKeys(keys_directory, "after creating")).prepare(new)

    release.prepare(new)
    fill(urn, new, range(POOL))
    release.run(new, everything=True)

    assert sorted(opened_ballots(urn, new)) == list(range(POOL))
    let_an_hour_pass(release, new, clock)
    assert len(key_files(keys_directory, new)) == 1


def test_of_two_processes_that_open_an_airlock_at_once_one_key_is_left(
    urn: Urn, release: Release, mixer: Mixer, keys_directory: Path, clock: Clock
) -> None:
    new = campaign(pool=POOL)

    class Slow(BoxKeys):
        def create(self, urn: bytes, kind: type[SealingKey] = AirlockKey) -> SealingKey:
            made = super().create(urn, kind)
            release.prepare(new)  # faster
            return made

    mixer(1, Slow(keys_directory)).prepare(new)

    assert len(key_files(keys_directory, new)) == 1
    fill(urn, new, range(POOL))
    assert release.close(new).moved == POOL


@pytest.mark.parametrize("content", [b"", b"half a k", b"another key of the same length !"])
def test_a_damaged_key_is_told_and_nothing_is_done_until_it_is_put_back(
    content: bytes,
    urn: Urn,
    opened: Campaign,
    release: Release,
    keys: BoxKeys,
    keys_directory: Path,
    clock: Clock,
) -> None:
    fill(urn, opened, range(3 * POOL))
    [current] = key_files(keys_directory, opened)
    right = current.read_bytes()
    keys.create(opened.urn)
    current.write_bytes(content)

    for doing in (release.run, release.reseal, release.close):
        with pytest.raises(AirlockKeyMissing):
            doing(opened)
    let_an_hour_pass(release, opened, clock)

    assert not release.airlock(opened).ready
    assert len(key_files(keys_directory, opened)) == 2
    current.write_bytes(right)
    assert release.run(opened).moved == 2 * POOL


def test_a_key_half_written_when_its_process_died_is_destroyed(
    urn: Urn, opened: Campaign, release: Release, keys: BoxKeys, keys_directory: Path
) -> None:
    draft = keys.path(opened.urn, b"").with_name(".airlock-0.key.1f3a")
    draft.write_bytes(b"half a k")

    fill(urn, opened, range(3 * POOL))
    release.run(opened)

    assert not draft.exists()


def test_submissions_racing_with_releases_lose_nothing(
    urn: Urn, opened: Campaign, mixer: Mixer
) -> None:
    credentials = [credential() for _ in range(60)]

    def submit(number: int) -> str:
        one = credentials[number]
        return urn.cast(opened, "agents", one.msg, one.sig, json.dumps(number).encode())

    def release_often(seed: int) -> int:
        mine = mixer(seed)
        return sum(mine.run(opened).moved for _ in range(15))

    with ThreadPoolExecutor(10) as threads:
        releases = [threads.submit(release_often, seed) for seed in range(2)]
        outcomes = list(threads.map(submit, range(60)))
        moved = sum(one.result() for one in releases)

    assert outcomes == ["recorded"] * 60
    assert moved == urn.counts(opened).ballots
    mixer(9).close(opened)
    assert sorted(opened_ballots(urn, opened)) == list(range(60))
