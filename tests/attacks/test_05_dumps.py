"""Attacks 5 and 6: full dumps of every store, all along, with the log of every request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest
from attacks.conftest import Archive, Figure, Size
from attacks.evidence import Dump, Story
from attacks.leaky import UsualSurvey
from attacks.linking import (
    SUCCESS,
    TOO_MANY,
    TOO_ORDERED,
    Guesses,
    by_lots,
    by_rank,
    by_time,
    linked,
    share,
    z_of_order,
)


@pytest.mark.parametrize("every", [1, 10, 100])
def test_5_ballots_appear_in_lots_and_never_change(
    story: Story, figure: Figure, every: int
) -> None:
    dumps = [*story.dumps[:-1:every], story.final]
    pool = story.town.campaign.pool

    lots = [len(after.ballots) - len(before.ballots) for before, after in _pairs(dumps)]

    figure("smallest lot", min(lot for lot in lots if lot))
    assert all(lot == 0 or lot >= pool for lot in lots)
    for before, after in _pairs(dumps):
        assert before.ballots.items() <= after.ballots.items()


def test_5_the_difference_between_two_dumps_names_nobody(
    archive: Archive, size: Size, story: Story, figure: Figure
) -> None:
    survey, people = _usual(archive, size, story, "usual-dumps")
    leaked: dict[str, str] = {}
    seen: set[str] = set()
    for address, mark in people.items():
        survey.answer(address, mark, "")
        new = {one["mark"] for one in survey.answers()} - seen
        leaked |= dict.fromkeys(new, address)
        seen |= new
    truth = {mark: address for address, mark in people.items()}
    figure("control", share(leaked, truth))
    assert share(leaked, truth) >= SUCCESS

    guesses: dict[str, str] = {}
    marks = story.marks()
    for before, after in _pairs(story.dumps):
        issued = sorted(after.issued - before.issued)
        new = [marks[box] for key, box in after.ballots.items() if key not in before.ballots]
        guesses |= by_rank(new, issued * len(new))

    figure("linked", linked(guesses, story.truth))
    assert linked(guesses, story.truth) < TOO_MANY


def test_5_what_waits_in_the_airlock_is_in_the_urn_under_another_form(story: Story) -> None:
    """The same bytes, or the same number, would carry an order of arrival into the urn."""
    waiting = frozenset().union(*(dump.inbox.items() for dump in story.dumps))
    assert len(waiting) >= len(story.arrival)

    final = story.final.ballots
    assert not {box for _, box in waiting} & set(final.values())
    assert not {key for key, _ in waiting} & set(final)
    starts = {box[:32] for _, box in waiting}
    assert not starts & {box[:32] for box in final.values()}


def test_6_the_log_to_the_second_and_every_dump_link_no_more_than_chance(
    archive: Archive, size: Size, story: Story, figure: Figure
) -> None:
    survey, people = _usual(archive, size, story, "usual-log")
    times = _sent_at(story)
    for (address, mark), at in zip(people.items(), times, strict=False):
        survey.answer(address, mark, str(at + 0.4))
    created = {one["mark"]: float(one["created_at"]) for one in survey.answers()}
    came = dict(zip(people, times, strict=False))
    truth = {mark: address for address, mark in people.items()}
    figure("control", share(by_time(created, came), truth))
    assert share(by_time(created, came), truth) >= SUCCESS

    for name, guesses in _with_the_log(story).items():
        figure(name, linked(guesses, story.truth))
        assert linked(guesses, story.truth) < TOO_MANY, name


@pytest.mark.parametrize("order", ["keys", "as the base gives them"])
def test_6_no_order_of_the_urn_is_that_of_the_log(
    archive: Archive, story: Story, figure: Figure, order: str
) -> None:
    leaky = archive.in_order()
    read = leaky.marks()
    ranked = [read[box] for _, box in sorted(leaky.final.ballots.items())]
    leaked = share(by_rank(ranked, leaky.answering), leaky.truth)
    figure("control", leaked)
    assert leaked >= SUCCESS

    marks = story.marks()
    boxes = {
        "keys": [box for _, box in sorted(story.final.ballots.items())],
        "as the base gives them": list(story.final.ballots.values()),
    }[order]
    found = [marks[box] for box in boxes]

    figure("z", z_of_order(found, story.arrival))
    figure("linked", linked(by_rank(found, story.answering), story.truth))
    assert abs(z_of_order(found, story.arrival)) < TOO_ORDERED
    assert linked(by_rank(found, story.answering), story.truth) < TOO_MANY


def _with_the_log(story: Story) -> Mapping[str, Guesses]:
    """Who was issued a credential when, who sent when, and when each ballot came out."""
    marks = story.marks()
    issued: dict[str, float] = {}
    appeared: dict[str, float] = {}
    for dump in story.dumps:
        for address in dump.issued & set(story.answering):
            issued.setdefault(address, dump.at.timestamp())
        for box in dump.ballots.values():
            appeared.setdefault(marks[box], dump.at.timestamp())
    in_order = sorted(issued, key=issued.__getitem__)
    invited = [agent.address for agent in story.town.agents if agent.address in issued]
    lots = [([marks[box] for box in lot], people) for lot, people in story.lots()]
    reversed_lots = [(ballots[::-1], people) for ballots, people in lots]
    base = [marks[box] for box in story.final.ballots.values()]
    return {
        "latest before the release": by_time(appeared, issued),
        "lots": by_lots(lots),
        "lots, backwards": by_lots(reversed_lots),
        "order of issuance": by_rank(base, in_order),
        "order of the messages": by_rank(base, invited),
    }


def _sent_at(story: Story) -> Sequence[float]:
    """The second of each « Envoyer », from the log."""
    return [line.at.timestamp() for line in story.log if line.path.endswith("/envoyer")]


def _pairs(dumps: Sequence[Dump]) -> Sequence[tuple[Dump, Dump]]:
    return list(pairwise(dumps))


def _usual(
    archive: Archive, size: Size, story: Story, name: str
) -> tuple[UsualSurvey, Mapping[str, str]]:
    """A usual survey of the same people, who have not answered yet, and what each will write."""
    people = dict(list(zip(story.answering, story.arrival, strict=True))[: size.leaky])
    return archive.usual_survey(f"{name}-{story.town.directory.name}", list(people)), people
