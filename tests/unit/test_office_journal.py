"""The journal: a chain in which any change shows."""

import threading

import pytest
from conftest import Clock
from sqlalchemy import delete, update

from consultation.database import Database
from consultation.office.store import FIRST_LINK, Journal
from consultation.office.tables import journal


@pytest.fixture
def written(office_database: Database, clock: Clock) -> Journal:
    book = Journal(office_database, clock)
    for detail in ("un", "deux", "trois"):
        book.write("alix", "lot confirmé", detail)
        clock.advance(minutes=1)
    return book


def test_lines_are_numbered_and_dated(written: Journal, clock: Clock) -> None:
    entries = written.entries()

    assert [(entry.number, entry.detail) for entry in entries] == [
        (1, "un"),
        (2, "deux"),
        (3, "trois"),
    ]
    assert entries[0].at < entries[2].at < clock.now
    assert entries[0].at.tzinfo is not None
    assert written.verify()


def test_an_empty_journal_is_intact(office_database: Database, clock: Clock) -> None:
    book = Journal(office_database, clock)

    assert book.verify()
    assert book.head() == FIRST_LINK


@pytest.mark.parametrize(
    "change",
    [
        update(journal).where(journal.c.number == 2).values(detail="autre"),
        update(journal).where(journal.c.number == 2).values(who="bo"),
        update(journal).where(journal.c.number == 1).values(action="rien"),
        update(journal).where(journal.c.number == 3).values(hash=bytes(32)),
        update(journal).where(journal.c.number == 3).values(number=7),
        delete(journal).where(journal.c.number == 1),
        delete(journal).where(journal.c.number == 2),
    ],
    ids=str,
)
def test_any_later_change_shows(
    written: Journal, office_database: Database, change: object
) -> None:
    with office_database.write() as tx:
        tx.execute(change)

    assert not written.verify()


def test_a_cut_at_the_end_shows_in_the_head(written: Journal, office_database: Database) -> None:
    noted = written.head()

    with office_database.write() as tx:
        tx.execute(delete(journal).where(journal.c.number == 3))

    assert written.verify()
    assert written.head() != noted


def test_two_writers_make_one_chain(written: Journal) -> None:
    writers = [threading.Thread(target=written.write, args=("bo", "essai")) for _ in range(8)]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert len(written.entries()) == 11
    assert written.verify()
