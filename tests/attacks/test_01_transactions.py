"""Attacks 1 and 2: a physical backup, whose rows say which transaction wrote them and where."""

from __future__ import annotations

import pytest
from attacks.conftest import Archive, Figure, Size, only_on
from attacks.evidence import Story, rows_as_they_lie
from attacks.leaky import UsualSurvey
from attacks.linking import (
    SUCCESS,
    TOO_MANY,
    TOO_ORDERED,
    Guesses,
    by_lots,
    by_rank,
    by_time,
    by_value,
    linked,
    perfect,
    share,
    z_of_order,
)
from sqlalchemy import text


@pytest.fixture(scope="module")
def usual(archive: Archive, size: Size) -> tuple[UsualSurvey, dict[str, str]]:
    """A usual survey that everyone has answered, and who wrote what."""
    people = archive.new_town("usual-people", people=max(size.leaky, 30), pool=50).agents
    survey = archive.usual_survey("usual-transactions", [agent.address for agent in people])
    for number, agent in enumerate(people):
        survey.answer(agent.address, agent.mark, f"2024-06-10T09:{number // 60:02}")
    return survey, {agent.mark: agent.address for agent in people}


@only_on("postgresql")
def test_1_the_transaction_that_wrote_a_ballot_wrote_nothing_of_the_roll(
    usual: tuple[UsualSurvey, dict[str, str]], story: Story, figure: Figure
) -> None:
    survey, truth = usual
    with survey.database.read() as connection:
        tokens = connection.execute(text("SELECT address, xmin::text AS xid FROM token")).all()
        answers = connection.execute(text("SELECT body, xmin::text AS xid FROM answer")).all()
    people = {row.address: row.xid for row in tokens}
    leaked = share(by_value({row.body.split('"')[3]: row.xid for row in answers}, people), truth)
    figure("control", leaked)
    assert leaked >= SUCCESS

    for name, guesses in _by_transaction(story).items():
        figure(name, linked(guesses, story.truth))
        assert linked(guesses, story.truth) < TOO_MANY, name


@only_on("postgresql")
@pytest.mark.parametrize("column", ["ctid", "xmin"])
def test_2_the_rows_of_the_urn_lie_in_no_order_of_arrival(
    archive: Archive, story: Story, figure: Figure, column: str
) -> None:
    leaky = archive.in_order()
    leaked = z_of_order(_order(leaky, column), leaky.arrival) / perfect(len(leaky.arrival))
    if column == "ctid":
        figure("control", leaked)
        assert leaked >= SUCCESS

    score = z_of_order(_order(story, column), story.arrival)

    figure("z", score)
    figure("linked", linked(by_rank(_order(story, column), story.answering), story.truth))
    assert abs(score) < TOO_ORDERED


def test_2_the_rows_of_one_release_lie_in_no_order_of_arrival(
    archive: Archive, story: Story, figure: Figure
) -> None:
    leaky = archive.in_order()
    rows = rows_as_they_lie(leaky.town.database("box"), "ballot", "sealed")
    marks = leaky.marks()
    leaked = z_of_order([marks[box] for box, _ in rows], leaky.arrival)
    figure("control", leaked / perfect(len(rows)))
    assert leaked >= SUCCESS * perfect(len(rows))

    marks = story.read(box for box, _ in story.open_physical)
    for number, (lot, _) in enumerate(story.lots()):
        lying = [marks[box] for box, _ in story.open_physical if box in set(lot)]
        score = z_of_order(lying, story.arrival)
        figure(f"z of lot {number}", score)
        assert abs(score) < TOO_ORDERED


def test_2_the_lots_of_releases_link_no_more_than_chance(story: Story, figure: Figure) -> None:
    marks = story.marks()
    lots = [([marks[box] for box in lot if box in marks], people) for lot, people in story.lots()]

    found = linked(by_lots(lots), story.truth)

    figure("linked", found)
    assert found < TOO_MANY


def _by_transaction(story: Story) -> dict[str, Guesses]:
    """Nearest transaction numbers, before the closing and after: one server, one sequence."""
    with story.town.database("roll").read() as connection:
        query = "SELECT address, xmin::text::bigint FROM invitation WHERE state = 1"
        people = {row[0]: float(row[1]) for row in connection.execute(text(query))}
    after = rows_as_they_lie(story.town.database("box"), "ballot", "sealed")
    found: dict[str, Guesses] = {}
    for name, rows in (("before the closing", story.open_physical), ("after it", after)):
        marks = story.read(box for box, _ in rows)
        xids = {marks[box]: float(xid) for box, xid in rows}
        ranks = [marks[box] for box, _ in sorted(rows, key=lambda row: row[1])]
        found[f"nearest, {name}"] = by_time(xids, people)
        found[f"equal, {name}"] = by_value(xids, people)
        found[f"by rank, {name}"] = by_rank(ranks, sorted(people, key=people.__getitem__))
    return found


def _order(story: Story, column: str) -> list[str]:
    """The marks in the order of a hidden column; equal values in that of the disk."""
    rows = rows_as_they_lie(story.town.database("box"), "ballot", "sealed")
    marks = story.marks()
    if column == "xmin":
        rows = sorted(rows, key=lambda row: row[1])
    return [marks[box] for box, _ in rows]
