"""Attacks 3 and 4, and the database's own journals: raw files, copied while everyone answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest
from attacks.conftest import Archive, Figure, Size, only_on
from attacks.evidence import (
    Story,
    as_filled,
    dump,
    end_of_journal,
    files,
    first_seen,
    journal_since,
    keys_left,
    replayed,
)
from attacks.leaky import UsualSurvey, keep_the_whole_log, move_as_they_are
from attacks.linking import (
    SUCCESS,
    TOO_MANY,
    TOO_ORDERED,
    by_rank,
    linked,
    perfect,
    share,
    z_of_order,
)
from attacks.town import Town, opened

INBOX = "SELECT sealed FROM inbox"
ISSUED = "SELECT address FROM invitation WHERE state = 1"


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What an attacker has when the urn holds the very boxes of the airlock."""

    town: Town
    arrival: Sequence[str]
    marks: Mapping[bytes, str]
    journal: bytes


@pytest.fixture(scope="module")
def moved(archive: Archive, size: Size) -> Moved:
    """A town whose ballots were moved as they were, before the key of the airlock changed."""
    town = archive.new_town("moved-as-they-are", people=max(size.leaky, 30), pool=1000)
    box, key = town.database("box"), town.airlock_key()
    for store in (box, town.database("roll")):
        keep_the_whole_log(store)  # an attacker copies it before it begins anew
    beginning = end_of_journal(box)
    for agent in town.agents:
        town.answer(agent)
    move_as_they_are(box)
    boxes = dump(town, len(town.agents)).ballots.values()
    return Moved(
        town=town,
        arrival=[agent.mark for agent in town.agents],
        marks={one: opened(town.campaign.urn, key, one) or "" for one in boxes},
        journal=journal_since(box, beginning),
    )


@only_on("sqlite")
def test_3_the_write_ahead_log_replays_no_ballot(
    moved: Moved, story: Story, figure: Figure
) -> None:
    town, marks = moved.town, moved.marks
    box, roll = files(town.database("box"), ()), files(town.database("roll"), ())
    arrived, came = _replay(box, INBOX), _replay(roll, ISSUED)
    guesses = by_rank([marks[one] for one in arrived if one in marks], _people(came))
    figure("control", share(guesses, town.truth))
    assert share(guesses, town.truth) >= SUCCESS

    came = _replay(story.open_roll, ISSUED)
    assert len(came) > 0
    arrived = _replay(story.open_files, INBOX)
    assert len(arrived) > 0
    readable = story.read(one for one in arrived if isinstance(one, bytes))
    figure("boxes replayed that a remaining key opens", len(readable))
    assert not readable
    guesses = by_rank(_in_the_urn(story, arrived), _people(came))
    figure("linked", linked(guesses, story.truth))
    assert linked(guesses, story.truth) < TOO_MANY


@only_on("sqlite")
def test_3_nothing_is_left_of_the_write_ahead_log_after_the_closing(story: Story) -> None:
    assert story.open_files["-wal"]

    assert not story.closed_files.get("-wal")


def test_3_no_key_left_opens_anything_ever_copied_but_the_urn(
    archive: Archive, size: Size, story: Story, figure: Figure
) -> None:
    leaky = archive.new_town("key-kept", people=30, pool=1000)
    leaky.answer(leaky.agents[0])
    waiting = dump(leaky, 1).inbox.values()
    key, urn = leaky.airlock_key(), leaky.campaign.urn
    assert all(opened(urn, key, box) for box in waiting)

    final = set(story.final.ballots.values())
    copied = frozenset().union(*(one.sealed for one in story.dumps)) - final
    released = frozenset().union(*(one.ballots.values() for one in story.dumps))
    urn, keys = story.town.campaign.urn, keys_left(story.town)
    found = [box for box in copied - released for key in keys if opened(urn, key, box)]

    assert keys
    figure("copied boxes", len(copied))
    figure("opened", len(found))
    assert not found


def test_4_no_text_is_in_clear_in_any_file_of_the_box(
    archive: Archive, size: Size, story: Story, figure: Figure
) -> None:
    people = story.answering[: size.leaky]
    survey = archive.usual_survey("usual-files", list(people))
    marks = list(story.arrival[: size.leaky])
    for address, mark in zip(people, marks, strict=True):
        survey.answer(address, mark, "")
    raw = b"".join(files(survey.database, ("answer",)).values())
    figure("control", len(_in_clear(raw, marks)) / len(marks))
    assert len(_in_clear(raw, marks)) >= SUCCESS * len(marks)

    everyone = [agent.mark for agent in story.town.agents]
    for content in (*story.open_files.values(), *story.closed_files.values()):
        assert not _in_clear(content, everyone)
    assert not _in_clear(b"".join(story.open_roll.values()), everyone)


@only_on("postgresql")
def test_4_no_text_is_in_clear_in_the_server_s_journal(story: Story, figure: Figure) -> None:
    seen = first_seen(story.journal, story.final.ballots.values())
    figure("ballots found in the journal", len(seen))
    assert seen  # what is looked for can be found there
    assert not _in_clear(story.journal, [agent.mark for agent in story.town.agents])


@only_on("postgresql")
def test_3_the_server_s_journal_shows_ballots_in_no_order_of_arrival(
    moved: Moved, story: Story, figure: Figure
) -> None:
    seen = first_seen(moved.journal, moved.marks)
    order = [moved.marks[one] for one in sorted(seen, key=seen.__getitem__)]
    leaked = z_of_order(order, moved.arrival) / perfect(len(moved.arrival))
    figure("control", leaked)
    assert leaked >= SUCCESS

    marks = story.marks()
    for number, (lot, _) in enumerate(story.lots()):
        seen = first_seen(story.journal, [one for one in lot if one in marks])
        order = [marks[one] for one in sorted(seen, key=seen.__getitem__)]
        score = z_of_order(order, story.arrival)
        figure(f"z of lot {number}", score)
        assert abs(score) < TOO_ORDERED


def test_4_ballots_lie_in_the_files_in_no_order_of_arrival(
    archive: Archive, size: Size, story: Story, figure: Figure
) -> None:
    survey = _answered(archive, size, story)
    raw = b"".join(files(survey.database, ("answer",)).values())
    marks = list(story.arrival[: size.leaky])
    order = sorted(marks, key=lambda one: as_filled(survey.database, raw.find(one.encode())))
    leaked = abs(z_of_order(order, marks)) / perfect(len(marks))
    figure("control", leaked)
    assert leaked >= SUCCESS

    seen = first_seen(b"".join(story.closed_files.values()), story.final.ballots.values())
    assert len(seen) == len(story.arrival)
    read, box = story.marks(), story.town.database("box")
    as_they_lie = sorted(seen, key=seen.__getitem__)
    as_they_came = sorted(seen, key=lambda one: as_filled(box, seen[one]))
    for name, order in (("z by place", as_they_lie), ("z by filling", as_they_came)):
        score = z_of_order([read[one] for one in order], story.arrival)
        figure(name, score)
        assert abs(score) < TOO_ORDERED


def test_4_deleted_rows_leave_no_trace_in_the_files(story: Story, figure: Figure) -> None:
    gone = frozenset().union(*(one.sealed for one in story.dumps)) - story.final.sealed
    raw = b"".join(story.closed_files.values())

    figure("deleted", len(gone))
    assert len(gone) > len(story.arrival)
    assert len(first_seen(raw, story.final.ballots.values())) == len(story.final.ballots)
    assert not first_seen(raw, gone)


def _answered(archive: Archive, size: Size, story: Story) -> UsualSurvey:
    people = list(story.answering[: size.leaky])
    survey = archive.usual_survey("usual-order", people)
    for address, mark in zip(people, story.arrival, strict=False):
        survey.answer(address, mark, "")
    return survey


def _replay(raw: Mapping[str, bytes], query: str) -> Sequence[object]:
    """What appears, in the order of the transactions of the log."""
    known: set[object] = set()
    found = []
    for number, rows in enumerate(replayed(raw[""], raw["-wal"], query)):
        new = [value for (value,) in rows if value not in known]
        known.update(new)
        if number:  # what was there before the log begins has no order
            found += new
    return found


def _people(came: Iterable[object]) -> list[str]:
    return [str(one) for one in came]


def _in_the_urn(story: Story, arrived: Iterable[object]) -> list[str]:
    """The best that can be done with boxes that no key opens: the urn's own, in the same places."""
    marks = list(story.marks().values())
    return [mark for mark, _ in zip(marks, arrived, strict=False)]


def _in_clear(raw: bytes, marks: Iterable[str]) -> list[str]:
    return [mark for mark in marks if any(form in raw for form in _written(mark))]


def _written(mark: str) -> Iterator[bytes]:
    yield mark.encode()
    yield mark.encode("utf-16-le")
    yield mark.encode().hex().encode()
