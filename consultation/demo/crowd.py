"""Many synthetic agents at once, each with its habits, against the server."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace

from consultation.demo.agents import Agent, Ending, Habit, Invitation
from consultation.demo.browser import Browser
from consultation.questionnaire.model import Questionnaire

AT_ONCE = 8
_WITHOUT_SCRIPT = 0.15
_GIVING_UP = 0.05
_REPEATING = 0.05
_LATEST_STOP = 4


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """What became of everyone; `failures` are sentences, and there should be none."""

    endings: Counter[Ending] = field(default_factory=Counter)
    without_script: int = 0
    repeating: int = 0
    requests: int = 0
    repeats: int = 0
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Visit:
    ending: Ending | None
    habit: Habit
    requests: int
    repeats: int
    failure: str = ""


class Interrupted(Exception):
    """Someone asked everything to stop."""


def habits(count: int, rng: random.Random) -> list[Habit]:
    """About one in seven without script, one in twenty giving up, one in twenty repeating."""
    everyone = [Habit() for _ in range(count)]
    for index in rng.sample(range(count), _share(count, _WITHOUT_SCRIPT)):
        everyone[index] = replace(everyone[index], script=False)
    for number, index in enumerate(rng.sample(range(count), _share(count, _GIVING_UP))):
        stop = 0 if number % 5 == 1 else rng.randint(1, _LATEST_STOP)
        everyone[index] = replace(everyone[index], stops_at=stop)
    for index in rng.sample(range(count), _share(count, _REPEATING)):
        everyone[index] = replace(everyone[index], repeats=True)
    return everyone


def answer_all(
    invitations: Sequence[Invitation],
    questionnaire: Questionnaire,
    url: str,
    rng: random.Random,
    progress: Callable[[], None] = lambda: None,
    *,
    at_once: int = AT_ONCE,
    behaving: Sequence[Habit] = (),
) -> Crowd:
    """Let everyone answer, several at once; `progress` is called as each one ends.

    `behaving` gives each one's habits instead of the usual ones.
    """
    stop = threading.Event()

    def pause(seconds: float) -> None:
        if stop.wait(seconds):
            raise Interrupted

    def visit(invitation: Invitation, habit: Habit, seed: int) -> _Visit:
        own = random.Random(seed)  # noqa: S311 - invents answers, guards nothing
        browser = Browser(url, own, pause)
        ending, failure = None, ""
        try:
            ending = Agent(invitation, questionnaire, browser, habit, own).visit()
        except Exception as error:  # noqa: BLE001 - one agent's misfortune must not hide the others'
            failure = f"{type(error).__name__}: {error}"
        return _Visit(
            ending=ending,
            habit=habit,
            requests=browser.requests,
            repeats=browser.repeats,
            failure=failure,
        )

    with ThreadPoolExecutor(at_once) as pool:
        everyone = behaving or habits(len(invitations), rng)
        plans = zip(invitations, everyone, strict=True)
        futures = [pool.submit(visit, *plan, rng.getrandbits(64)) for plan in plans]
        try:
            return _counted(_as_they_end(futures, progress))
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise


def _as_they_end(
    futures: Sequence[Future[_Visit]], progress: Callable[[], None]
) -> Iterator[_Visit]:
    for future in as_completed(futures):
        yield future.result()
        progress()


def _counted(visits: Iterator[_Visit]) -> Crowd:
    everyone = list(visits)
    return Crowd(
        endings=Counter(visit.ending for visit in everyone if visit.ending),
        without_script=sum(not visit.habit.script for visit in everyone),
        repeating=sum(visit.habit.repeats for visit in everyone),
        requests=sum(visit.requests for visit in everyone),
        repeats=sum(visit.repeats for visit in everyone),
        failures=tuple(visit.failure for visit in everyone if visit.failure),
    )


def _share(count: int, share: float) -> int:
    """A share of everyone, and at least one person as soon as there are ten."""
    return max(round(count * share), 1 if count >= 10 else 0)
