"""Saved and restored, the stores hold what they held: nothing lost, and no order of arrival."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from commands import CLOSES, Shell, let_an_hour_pass, open_to, shell
from conftest import Clock
from sqlalchemy import delete, insert, select, update
from visitor import Visitor
from voting import cast, credential, vote

from consultation.backup import SAVED, Backup
from consultation.ballots.keys import BoxKeys
from consultation.ballots.standbys import Position, Standbys
from consultation.ballots.store import Suspended, Urn
from consultation.ballots.tables import airlock, ballot, inbox
from consultation.cli import commands
from consultation.config import Settings
from consultation.database import Database, Stores
from consultation.office.store import Campaigns, Journal
from consultation.office.tables import figure as figure_table
from consultation.parts import Parts
from consultation.roll.tables import invitation

STORES = ("box", "roll", "office")


@pytest.fixture
def run(store: Callable[[str], Database], tmp_path: Path, clock: Clock) -> Iterator[Shell]:
    with shell(store, tmp_path, clock) as made:
        open_to(made, tmp_path, 130, closes=CLOSES)
        yield made


@pytest.fixture
def parts(run: Shell) -> Parts:
    return run.app().parts


@pytest.fixture
def saved(run: Shell, parts: Parts, tmp_path: Path) -> Path:
    """A copy made after five agents answered."""
    vote(parts, "essai", 5)
    run("database", "backup", tmp_path / "copies")
    return tmp_path / "copies"


def lose(parts: Parts, *stores: str) -> None:
    """The disk is replaced by an empty one."""
    for name in stores or STORES:
        with parts[Stores][name].write() as tx:
            for table in reversed(SAVED[name][0].metadata.sorted_tables):
                tx.execute(delete(table))


def everything(parts: Parts, *tables: object) -> set[tuple]:
    with parts[Stores]["box"].read() as connection:
        return {tuple(row) for table in tables for row in connection.execute(select(table))}


def key_of_the_airlock(parts: Parts) -> Path:
    """The current one; the one before is kept for an hour."""
    found = parts[Campaigns].get("essai")
    with parts[Stores]["box"].read() as connection:
        public = connection.execute(select(airlock.c.public)).scalar_one()
    return BoxKeys(parts[Settings].keys).path(found.urn, public)


def column(file: Path, query: str) -> list:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
        return [row[0] for row in copy.execute(query)]


def close(run: Shell, parts: Parts, clock: Clock) -> str:
    clock.now = parts[Campaigns].get("essai").closes
    clock.advance(hours=48)
    return run("campaign", "close", "essai")


def test_what_was_saved_is_restored_and_goes_on(
    run: Shell, parts: Parts, tmp_path: Path, clock: Clock
) -> None:
    vote(parts, "essai", 105)
    late = credential(parts, "essai")
    run("database", "backup", tmp_path / "copies")
    before = everything(parts, inbox, ballot)
    lose(parts)
    assert "introuvable" in run("campaign", "status", "essai", code=1)

    said = run("database", "restore", tmp_path / "copies")

    assert "bulletins du sas qui s’ouvrent  50" in said
    assert everything(parts, inbox, ballot) == before
    assert "Le compte est juste" in run("ballots", "verify", "essai")
    assert "intactes" in run("journal", "verify")
    assert cast(parts, "essai", late) == "recorded"
    vote(parts, "essai", 1)
    assert "bulletins            107" in close(run, parts, clock)


def test_a_copy_holds_no_draft_and_no_ballot_as_it_came(
    run: Shell, parts: Parts, tmp_path: Path
) -> None:
    vote(parts, "essai", 5)
    _, sig = credential(parts, "essai")
    parts[Urn].save_draft(parts[Campaigns].get("essai"), sig, b"{}")
    came = {value for row in everything(parts, inbox) for value in row}

    run("database", "backup", tmp_path / "copies")

    file = tmp_path / "copies" / "box" / "box.sqlite"
    assert column(file, "select count(*) from draft") == [0]
    assert column(file, "select count(*) from inbox") == [5]
    assert came.isdisjoint(column(file, "select id from inbox"))
    assert came.isdisjoint(column(file, "select sealed from inbox"))
    assert {path.name for path in file.parent.iterdir()} == {"box.sqlite", "manifest.json"}
    assert parts[Urn].load_draft(sig) == b"{}"


def test_the_copies_are_apart_and_the_keys_in_none(
    run: Shell, parts: Parts, saved: Path, tmp_path: Path
) -> None:
    said = run("database", "backup", tmp_path / "others")

    assert sorted(path.name for path in saved.iterdir()) == sorted(STORES)
    key = key_of_the_airlock(parts)
    for path in (key, *Path(run.environment["KEYS_DIRECTORY"]).glob("r*/*/*")):
        assert str(path) in said
        assert all(path.read_bytes() not in copy.read_bytes() for copy in saved.glob("*/*"))
    assert "personnes et à des lieux différents" in said
    assert {path.stat().st_mode & 0o077 for path in saved.iterdir()} == {0}


def test_nothing_is_written_over_a_copy(run: Shell, saved: Path) -> None:
    before = {path: path.read_bytes() for path in saved.glob("*/*")}

    assert "déjà" in run("database", "backup", saved, code=1)

    assert {path: path.read_bytes() for path in saved.glob("*/*")} == before


def test_nothing_is_restored_over_data(run: Shell, parts: Parts, saved: Path) -> None:
    before = everything(parts, inbox)

    assert "déjà des données" in run("database", "restore", saved, code=1)
    lose(parts, "office", "roll")
    assert "déjà des données" in run("database", "restore", saved, code=1)

    assert everything(parts, inbox) == before
    assert run("campaign", "status") == ""  # nothing was begun


def test_what_is_not_a_copy_is_refused_before_anything_is_written(
    run: Shell, parts: Parts, saved: Path, tmp_path: Path
) -> None:
    lose(parts)
    manifest, file = saved / "box" / "manifest.json", saved / "box" / "box.sqlite"
    known, content = json.loads(manifest.read_text("utf-8")), file.read_bytes()

    for broken in ("", "{}", "[]", "\x00"):
        manifest.write_text(broken)
        assert "altérée" in run("database", "restore", saved, code=1)
    manifest.write_text(json.dumps(known | {"version": "box_0000"}))
    assert "avec la version qui a fait la sauvegarde" in run("database", "restore", saved, code=1)
    manifest.write_text(json.dumps(known))
    file.write_bytes(content + b"\0")
    assert "altérée" in run("database", "restore", saved, code=1)
    file.unlink()
    assert "altérée" in run("database", "restore", saved, code=1)
    assert "introuvable" in run("database", "restore", tmp_path / "keys", code=1)

    assert run("campaign", "status") == ""
    file.write_bytes(content)
    run("database", "restore", saved)


def test_without_the_airlock_s_key_the_ballots_lost_are_counted_before_anything(
    run: Shell, parts: Parts, saved: Path
) -> None:
    key = key_of_the_airlock(parts)
    away = key.rename(key.with_name("away"))
    lose(parts)

    said = run("database", "restore", saved, code=1)

    assert "5 bulletins ne peuvent pas être ouverts" in said
    assert key.name in said
    assert run("campaign", "status") == ""
    away.rename(key)
    assert "bulletins du sas qui s’ouvrent  5" in run("database", "restore", saved)


def test_ballots_given_up_are_published_and_the_rest_goes_on(
    run: Shell, parts: Parts, saved: Path, clock: Clock, tmp_path: Path
) -> None:
    key_of_the_airlock(parts).unlink()
    lose(parts)

    said = run("database", "restore", saved, "--lose-waiting")
    assert "perdus                          5" in said
    vote(parts, "essai", 2)
    said = close(run, parts, clock)

    assert "utilisés             7" in said
    assert "perdus               5" in said
    page = Visitor(run.app()).open("/transparence/essai").body
    assert "<dt>Bulletins perdus</dt>" in page
    file = tmp_path / "urne.txt"
    file.write_bytes(Visitor(run.app()).open("/transparence/essai/urne.txt").content)
    checked = CliRunner().invoke(commands, ["ballots", "verify", "--file", str(file)])
    assert checked.exit_code == 0, checked.output


def test_keys_copied_apart_are_those_that_something_may_still_need(
    run: Shell, parts: Parts, tmp_path: Path, clock: Clock
) -> None:
    vote(parts, "essai", 5)
    kept, first = tmp_path / "kept", key_of_the_airlock(parts).name

    run("database", "backup", tmp_path / "first", "--keys", kept)
    second = key_of_the_airlock(parts).name
    assert {path.name for path in kept.glob("box/*/*")} == {first, second}
    let_an_hour_pass(run, "essai", clock)
    run("database", "backup", tmp_path / "second", "--keys", kept)

    third = key_of_the_airlock(parts).name
    assert {path.name for path in kept.glob("box/*/*")} == {second, third}
    keys = Path(run.environment["KEYS_DIRECTORY"])
    shutil.rmtree(keys)
    lose(parts)
    shutil.copytree(kept, keys)
    run("database", "restore", tmp_path / "second")
    assert "Le compte est juste" in run("ballots", "verify", "essai")
    vote(parts, "essai", 1)


def test_keys_copied_apart_come_with_the_standbys_that_are_waited_for(
    run: Shell, parts: dict, tmp_path: Path
) -> None:
    keys, kept = Path(run.environment["KEYS_DIRECTORY"]), tmp_path / "kept"
    seen = Position(system="this", written=7, replayed={"relais": 5})
    Standbys(keys / "box").remember(seen)

    run("database", "backup", tmp_path / "copies", "--keys", kept)

    assert Standbys(kept / "box").late("this", 6) == ("relais",)


def test_keys_are_not_copied_with_the_stores(run: Shell, tmp_path: Path) -> None:
    copies = tmp_path / "copies"

    said = run("database", "backup", copies, "--keys", copies / "keys", code=1)

    assert "ailleurs" in said
    assert not copies.exists()


def test_a_copy_comes_back_into_stores_of_another_kind(
    run: Shell, saved: Path, tmp_path: Path
) -> None:
    before = run("ballots", "status", "essai")
    for name in STORES:
        run.environment[f"{name.upper()}_DATABASE_URL"] = f"sqlite:///{tmp_path}/new-{name}.sqlite"
    run("database", "migrate")

    run("database", "restore", saved)

    assert run("ballots", "status", "essai") == before
    assert "Le compte est juste" in run("ballots", "verify", "essai")
    vote(run.app().parts, "essai", 1)


def test_a_store_that_is_not_migrated_is_refused(run: Shell, saved: Path, tmp_path: Path) -> None:
    run.environment["BOX_DATABASE_URL"] = f"sqlite:///{tmp_path}/new.sqlite"

    assert "n’est pas à jour" in run("database", "restore", saved, "--store", "box", code=1)
    assert "n’est pas à jour" in run("database", "backup", tmp_path / "b", "--store", "box", code=1)


def test_each_side_saves_what_it_has(run: Shell, tmp_path: Path) -> None:
    for sides, expected in (("roll", {"roll", "office"}), ("urn", {"box", "office"})):
        run.move_to(sides)
        run("database", "backup", tmp_path / sides)
        assert {path.name for path in (tmp_path / sides).iterdir()} == expected


def test_a_copy_made_while_agents_answer_agrees_with_itself(
    run: Shell, parts: Parts, tmp_path: Path
) -> None:
    given = [credential(parts, "essai") for _ in range(40)]

    with ThreadPoolExecutor(4) as threads:
        answers = [threads.submit(cast, parts, "essai", one) for one in given]
        # Not by the command, whose connections are counted: those of the agents would be too.
        parts[Backup].save(tmp_path / "copies", STORES, "essai")
        assert {answer.result() for answer in answers} == {"recorded"}

    file = tmp_path / "copies" / "box" / "box.sqlite"
    [spent] = column(file, "select count(*) from spent")
    [ballots] = column(file, "select (select count(*) from inbox) + (select count(*) from ballot)")
    [issued] = column(
        tmp_path / "copies" / "roll" / "roll.sqlite", "select sum(state) from invitation"
    )
    assert spent == ballots <= issued
    lose(parts)
    run("database", "restore", tmp_path / "copies")
    assert "Le compte est juste" in run("ballots", "verify", "essai")


def issue_and_vote(parts: Parts, count: int, unspent: int = 0) -> list[tuple[bytes, bytes]]:
    """So many answer, and so many more have begun and not finished."""
    vote(parts, "essai", count)
    return [credential(parts, "essai") for _ in range(unspent)]


@pytest.mark.parametrize("lost", [("roll",), ("box", "roll", "office")])
def test_credentials_issued_after_the_copy_do_not_bar_the_closing(
    lost: tuple[str, ...], run: Shell, parts: Parts, clock: Clock, tmp_path: Path
) -> None:
    vote(parts, "essai", 9)
    run("database", "backup", tmp_path / "copies")
    late = issue_and_vote(parts, 0, unspent=4)
    vote(parts, "essai", 4)
    lose(parts, *lost)
    stores = [word for name in lost for word in ("--store", name)]

    run("database", "restore", tmp_path / "copies", *stores)
    for one in late:
        assert cast(parts, "essai", one) == "recorded"
    said = close(run, parts, clock)

    spent = 17 if lost == ("roll",) else 13
    assert figure(said, "délivrés") == 9
    assert figure(said, "utilisés") == figure(said, "bulletins") == spent
    assert figure(said, "oubliés") == spent - 9
    assert figure(run("ballots", "status", "essai"), "oubliés") == spent - 9
    assert figure(run("ballots", "verify", "essai"), "oubliés") == spent - 9
    page = Visitor(run.app()).open("/transparence/essai").body
    assert "<dt>Laissez-passer oubliés par une restauration</dt>" in page
    assert "répondre une seconde fois" in page
    actions = [(one.action, one.detail) for one in parts[Journal].entries()]
    assert any(action == "compte après restauration" for action, _ in actions)
    assert any(f"{spent - 9} oubliés" in detail for _, detail in actions)
    file = tmp_path / "urne.txt"
    file.write_bytes(Visitor(run.app()).open("/transparence/essai/urne.txt").content)
    assert "Tout concorde" in run("ballots", "verify", "--file", file)


def test_what_was_published_of_the_roll_says_how_many_were_forgotten(
    run: Shell, parts: Parts, clock: Clock, tmp_path: Path
) -> None:
    vote(parts, "essai", 5)
    run("database", "backup", tmp_path / "copies", "--store", "roll")
    issue_and_vote(parts, 0, unspent=6)
    clock.advance(days=1)
    run("worker", "--once")
    lose(parts, "roll")

    run("database", "restore", tmp_path / "copies", "--store", "roll")

    assert figure(run("ballots", "status", "essai"), "oubliés") == 6


def test_a_roll_that_came_back_by_other_means_is_declared(
    run: Shell, parts: Parts, clock: Clock
) -> None:
    vote(parts, "essai", 9)
    with parts[Stores]["roll"].read() as connection:
        before = connection.execute(select(invitation)).mappings().all()
    vote(parts, "essai", 8)
    with parts[Stores]["roll"].write() as tx:  # a snapshot is put back
        tx.execute(delete(invitation))
        tx.execute(insert(invitation), [dict(row) for row in before])
    clock.now = parts[Campaigns].get("essai").closes
    clock.advance(hours=48)
    assert "campaign restored" in run("campaign", "close", "essai", code=1)

    assert figure(run("campaign", "restored", "essai"), "oubliés") == 8

    assert figure(run("campaign", "close", "essai"), "bulletins") == 17
    assert "restauration déclarée" in [one.action for one in parts[Journal].entries()]


def test_a_register_put_back_to_before_a_loss_is_declared(
    run: Shell, parts: Parts, clock: Clock
) -> None:
    vote(parts, "essai", 5)
    key_of_the_airlock(parts).unlink()
    clock.advance(minutes=11)
    run("ballots", "give-up", "essai", "--yes")
    with parts[Stores]["office"].write() as tx:  # a snapshot is put back
        tx.execute(delete(figure_table).where(figure_table.c.name == "lost"))
    vote(parts, "essai", 2)
    clock.now = parts[Campaigns].get("essai").last_moment
    assert "campaign restored" in run("campaign", "close", "essai", code=1)

    run("campaign", "restored", "essai")

    assert figure(run("campaign", "close", "essai"), "perdus") == 5
    assert any(one.detail.endswith("5 perdus") for one in parts[Journal].entries())


def test_an_urn_put_back_to_before_a_loss_whose_key_was_found_is_declared(
    run: Shell, parts: Parts, saved: Path, clock: Clock
) -> None:
    key = key_of_the_airlock(parts)
    away = key.rename(key.with_name("away"))
    clock.advance(minutes=11)
    run("ballots", "give-up", "essai", "--yes")
    away.rename(key)
    lose(parts, "box")
    run("database", "restore", saved, "--store", "box")
    clock.now = parts[Campaigns].get("essai").last_moment
    assert "campaign restored" in run("campaign", "close", "essai", code=1)

    run("campaign", "restored", "essai")

    said = run("campaign", "close", "essai")
    assert (figure(said, "bulletins"), figure(said, "perdus")) == (5, 0)


def test_nothing_was_forgotten_where_nothing_came_back(run: Shell, parts: Parts) -> None:
    vote(parts, "essai", 3)
    with parts[Stores]["roll"].write() as tx:
        tx.execute(update(invitation).values(state=0, blinded_hash=None))

    assert "n’est pas juste" in run("ballots", "verify", "essai", code=1)


def test_a_register_older_than_a_loss_still_closes(
    run: Shell, parts: Parts, saved: Path, clock: Clock, tmp_path: Path
) -> None:
    key_of_the_airlock(parts).unlink()
    lose(parts, "box")
    run("database", "restore", saved, "--store", "box", "--lose-waiting")
    vote(parts, "essai", 2)
    lose(parts, "office")

    run("database", "restore", saved, "--store", "office")

    said = close(run, parts, clock)
    assert (figure(said, "perdus"), figure(said, "bulletins")) == (5, 2)


def test_ballots_whose_key_is_gone_are_given_up_by_a_command(
    run: Shell, parts: Parts, clock: Clock
) -> None:
    vote(parts, "essai", 5)
    key_of_the_airlock(parts).unlink()
    assert "inconnu" in run("ballots", "status", "essai")
    assert "la clé du sas manque ici" in run("ballots", "verify", "essai", code=1)
    assert "Une veille tient la clé" in run("ballots", "give-up", "essai", "--yes", code=1)
    clock.advance(minutes=10)
    with pytest.raises(Suspended):
        cast(parts, "essai", credential(parts, "essai"))
    assert "rien n’a été abandonné" in run("ballots", "give-up", "essai", code=1)

    assert figure(run("ballots", "give-up", "essai", "--yes"), "bulletins abandonnés") == 5

    vote(parts, "essai", 2)
    said = close(run, parts, clock)
    assert (figure(said, "perdus"), figure(said, "bulletins")) == (5, 2)
    assert "bulletins abandonnés" in [one.action for one in parts[Journal].entries()]


def test_ballots_that_wait_are_opened_by_those_who_verify(run: Shell, parts: Parts) -> None:
    vote(parts, "essai", 5)
    assert figure(run("ballots", "status", "essai"), "dont illisibles") == 0
    with parts[Stores]["box"].write() as tx:
        tx.execute(update(inbox).values(sealed=bytes(99)))

    assert "5 bulletins sont illisibles" in run("ballots", "verify", "essai", code=1)
    assert "5 bulletins du sas sont illisibles" in run("ballots", "status", "essai", code=1)
    assert "tâches échouées" not in run("worker", "--once")


def figure(said: str, name: str) -> int:
    """A number beside its name."""
    found = {
        line.strip().rpartition("  ")[0].strip(): line.split()[-1]
        for line in said.split("\n")
        if line
    }
    return int(found[name])
