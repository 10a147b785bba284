"""The urn accepts ballots only while a worker proves that it holds the key that would open them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import small
from commands import Shell, open_to, shell
from conftest import Clock
from running import Running
from sqlalchemy import func, select
from visitor import Visitor
from voting import vote

from consultation.ballots.store import Urn
from consultation.database import Database, Stores
from consultation.office.store import Campaigns
from consultation.office.tables import held_key

ROOT = Path(__file__).parents[2]
SUSPENDED = "L’urne est suspendue un moment"
STEPS = ("Commencer", "suite", "suite", "suite")


def with_script(platform: Running) -> Visitor:
    """At the review, as the script leads there."""
    visitor = Visitor(platform.app).open("/q/essai/agents/commencer")
    visitor.fill({"fonction": "agent", **small.credential().fields}).press("suite")
    return visitor.press("suite").fill({"mot": "à garder"}).press("suite")


def without_script(platform: Running) -> Visitor:
    visitor = Visitor(platform.app).open("/q").fill({"code": platform.codes["agents"][0]})
    visitor.press("Commencer").fill({"fonction": "agent"}).press("suite").press("suite")
    return visitor.fill({"mot": "à garder"}).press("suite")


@pytest.mark.parametrize("way", [with_script, without_script])
def test_without_proof_for_ten_minutes_nothing_is_taken_and_nothing_is_lost(
    way: Callable[[Running], Visitor], platform: Running, clock: Clock
) -> None:
    visitor = way(platform)
    clock.advance(minutes=10)

    visitor.press("Envoyer mes réponses", 503)

    assert SUSPENDED in visitor.body
    assert "Vos réponses sont gardées" in visitor.body
    assert "à garder" in visitor.body
    assert visitor.headers["Retry-After"] == "60"
    assert 'data-again="60"' in visitor.body  # the script sends it again
    assert platform.urn.counts(platform.campaign).spent == 0
    platform.release.prove(platform.campaign)
    assert visitor.press("Envoyer mes réponses").page.heading == "Vos réponses sont envoyées"
    assert platform.urn.counts(platform.campaign).spent == 1


def test_a_proof_of_another_key_is_worth_nothing(
    platform: Running, clock: Clock, keys_directory: Path
) -> None:
    visitor = with_script(platform)
    [key] = Path(keys_directory, "box").glob("*/airlock-*.key")
    away = key.rename(key.with_suffix(".away"))
    clock.advance(minutes=10)

    assert not platform.release.prove(platform.campaign)

    visitor.press("Envoyer mes réponses", 503)
    away.rename(key)
    assert platform.release.prove(platform.campaign)
    visitor.press("Envoyer mes réponses")


def test_agents_notice_nothing_when_a_release_changes_the_key(
    platform: Running, clock: Clock
) -> None:
    for _ in range(2 * platform.campaign.pool):
        held = small.credential()
        platform.urn.cast(platform.campaign, "agents", held.msg, held.sig, b"{}")
    clock.advance(minutes=9)

    assert platform.release.run(platform.campaign).moved == 50
    clock.advance(minutes=9)

    with_script(platform).press("Envoyer mes réponses")


# --- Workers


@pytest.fixture
def run(store: Callable[[str], Database], tmp_path: Path) -> Iterator[Shell]:
    """On the hour of this machine, for processes of their own."""
    with shell(store, tmp_path) as made:
        open_to(made, tmp_path, 30)
        yield made


def until(true: Callable[[], bool]) -> None:
    """Wait for what another process is about to do."""
    limit = time.monotonic() + 60
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.05)


def proved(run: Shell) -> object:
    """When the key that the box names was last proved."""
    parts = run.app().parts
    with parts[Stores]["office"].read() as connection:
        return connection.scalar(select(func.max(held_key.c.at)))


@pytest.mark.long
def test_a_worker_that_is_busy_proves_all_the_same(run: Shell) -> None:
    parts = run.app().parts
    vote(parts, "essai", 30)
    before = proved(run)
    campaign = parts[Campaigns].get("essai")
    with parts[Stores]["roll"].write():  # the day's figures wait
        process = subprocess.Popen(
            [sys.executable, "-m", "consultation", "worker"], cwd=ROOT, env=_environment(run)
        )
        try:
            until(lambda: proved(run) != before)
        finally:
            process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert parts[Urn].accepts(campaign)


@pytest.mark.long
def test_a_single_host_has_a_worker_and_another_says_that_it_has_none(
    run: Shell, tmp_path: Path
) -> None:
    serving = [sys.executable, "-m", "consultation", "serve", "--bind", "127.0.0.1:0"]
    before = proved(run)
    log = tmp_path / "log"
    for words, told in (((), False), (("--without-worker",), True)):
        with log.open("w") as said:
            process = subprocess.Popen(
                [*serving, *words], cwd=ROOT, env=_environment(run), stderr=said, stdout=said
            )
        try:
            if told:
                until(lambda: "suspendue" in log.read_text())
            else:
                until(lambda: proved(run) != before)
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert ("suspendue" in log.read_text()) == told
        with run.app().parts[Stores]["office"].write() as tx:
            tx.exec_driver_sql("DELETE FROM held_key")


def _environment(run: Shell) -> dict[str, str]:
    return {**os.environ, **run.environment, "PYTHONPATH": str(ROOT)}
