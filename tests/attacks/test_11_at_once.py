"""Attacks 11 and 22: the same thing asked many times at the same moment, of a real server.

Attack 10, the server killed while everyone answers, is in tests/chaos.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

import pytest
from attacks.conftest import Archive, Figure
from attacks.evidence import Dump, dump
from attacks.linking import SUCCESS
from attacks.town import DESK, LANDING, Agent, Device, Reply, Town

from consultation.blind import blind, blinding_factor, prepare, to_wire
from consultation.ceremony import Ceremony

REPLAYS, ISSUANCES, TRIALS = 60, 20, 6
T = TypeVar("T")


@pytest.fixture(scope="module")
def crowded(archive: Archive) -> Town:
    """A real server with two workers."""
    return archive.served("crowded", people=60, workers=2)


def test_a_survey_that_looks_before_it_writes_is_answered_twice(
    archive: Archive, crowded: Town, figure: Figure
) -> None:
    """The control of what follows: it stored two responses in 5 trials of 6 elsewhere."""
    survey = archive.usual_survey("usual-at-once", [agent.address for agent in crowded.agents])
    for agent in crowded.agents:
        both = threading.Barrier(2)
        answer = _answering_twice(survey.answer_if_unused, agent, both)
        _at_once([answer, answer])

    twice = len(survey.answers()) - len(crowded.agents)
    figure("control", twice / len(crowded.agents))
    assert twice >= SUCCESS * len(crowded.agents)


def test_11_sixty_replays_at_once_are_one_ballot(crowded: Town, figure: Figure) -> None:
    agent = _someone(crowded, script=True)
    fields = crowded.device(agent).to_the_end()
    before = dump(crowded, 0)

    replies = _at_once([_posting(crowded, agent, f"{LANDING}/envoyer", fields)] * REPLAYS)

    figure("ballots", _new(before, dump(crowded, 0)))
    assert _new(before, dump(crowded, 0)) == 1
    assert len(dump(crowded, 0).spent) == len(before.spent) + 1
    assert {reply.status for reply in replies} == {200}
    assert all("data-done" in reply.body for reply in replies)


def test_11_twenty_issuances_at_once_are_one_signature(crowded: Town, figure: Figure) -> None:
    agent = _someone(crowded, script=True)

    replies = _at_once([_asking(crowded, agent, _blinded(crowded)) for _ in range(ISSUANCES)])

    signed = [reply for reply in replies if reply.status == 200]
    figure("signatures", len(signed))
    assert len(signed) == 1
    assert {reply.status for reply in replies} == {200, 409}


def test_11_the_same_message_twenty_times_has_one_signature(crowded: Town) -> None:
    agent, blinded = _someone(crowded, script=True), _blinded(crowded)

    replies = _at_once([_asking(crowded, agent, blinded)] * ISSUANCES)

    assert {reply.status for reply in replies} == {200}
    assert len({json.loads(reply.body)["signature"] for reply in replies}) == 1


@pytest.mark.parametrize(
    "scripts",
    [
        pytest.param((True, True), id="twice with script"),
        pytest.param((False, False), id="twice typed"),
        pytest.param((True, False), id="each way once"),
    ],
)
def test_22_one_code_on_two_devices_at_once_is_one_ballot(
    crowded: Town, figure: Figure, scripts: tuple[bool, bool]
) -> None:
    doubles = 0
    for _ in range(TRIALS):
        agent = _someone(crowded, script=True)
        before = dump(crowded, 0)
        devices = [Device(crowded, _as(agent, script)) for script in scripts]

        ended = _at_once([device.try_to_answer for device in devices])

        new = _new(before, dump(crowded, 0))
        assert any(ended) == (new > 0)
        doubles += new > 1
    figure(f"stored twice in {TRIALS} trials", doubles)
    assert doubles == 0


def test_22_the_counts_agree_after_all_this(crowded: Town) -> None:
    account = crowded.app.parts[Ceremony].account(crowded.campaign)

    assert account.is_right


_served: set[str] = set()


def _someone(town: Town, *, script: bool) -> Agent:
    """Someone who has not answered yet."""
    agent = next(one for one in town.agents if one.address not in _served)
    _served.add(agent.address)
    return _as(agent, script)


def _as(agent: Agent, script: bool) -> Agent:
    return replace(agent, script=script)


def _answering_twice(
    answer: Callable[[str, str, Callable[[], object]], None], agent: Agent, both: threading.Barrier
) -> Callable[[], None]:
    return lambda: answer(agent.address, agent.mark, both.wait)


def _posting(
    town: Town, agent: Agent, url: str, fields: Sequence[tuple[str, str]]
) -> Callable[[], Reply]:
    return lambda: Device(town, agent).post(url, fields)


def _asking(town: Town, agent: Agent, blinded: str) -> Callable[[], Reply]:
    return lambda: Device(town, agent).question(
        f"{DESK}/signature", code=agent.code, blinded=blinded
    )


def _blinded(town: Town) -> str:
    public = town.public_key
    factor = blinding_factor(public, town.draw(64))
    prepared = prepare(town.draw(32), town.draw(32))
    return to_wire(blind(public, prepared, salt=town.draw(48), r=factor)[0])


def _at_once(actions: Sequence[Callable[[], T]]) -> list[T]:
    """Each in a thread of its own, all starting together."""
    start = threading.Barrier(len(actions))

    def act(action: Callable[[], T]) -> T:
        start.wait()
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(act, actions))


def _new(before: Dump, after: Dump) -> int:
    """How many ballots came."""
    return len(after.ballots) + len(after.inbox) - len(before.ballots) - len(before.inbox)
