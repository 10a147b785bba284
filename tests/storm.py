"""A consultation open on real servers, agents answering, and what may happen to both, for tests."""

from __future__ import annotations

import json
import os
import random
import secrets
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import small
from running import close, destroy_retired_keys, end
from wire import Wire

from consultation.app import create_app
from consultation.ballots.boxes import from_urn
from consultation.ballots.release import Release
from consultation.ballots.store import Urn
from consultation.ceremony import Account, Ceremony
from consultation.cli.running import gunicorn
from consultation.config import STORES, Settings, shipped
from consultation.database import Database
from consultation.demo.agents import Ending, Habit, Invitation
from consultation.demo.crowd import Crowd, answer_all
from consultation.demo.place import settle
from consultation.demo.server import Server
from consultation.office.campaigns import Campaign
from consultation.office.store import Campaigns
from consultation.parts import Application
from consultation.questionnaire.answers import stored
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.drafts import from_json
from consultation.questionnaire.loading import load
from consultation.questionnaire.loading import parse as load_text
from consultation.results.keys import ResultKeys
from consultation.roll.batches import parse
from consultation.roll.keys import RollKeys
from consultation.roll.store import Roll
from consultation.sealing import write_key

AUDIENCE = "agents"
SLUG = "tempete"
_BEFORE_RESTARTING = 0.1
CHECKOUT = Path(__file__).parent.parent
Serving = Callable[[str], Sequence[str]]
Tell = Callable[[Mapping[str, object]], None]
Urls = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Questionnaire:
    """What is asked: its source and its lists."""

    definition: str
    lists: Mapping[str, str]


SHORT = Questionnaire(definition=small.DEFINITION, lists=small.LISTS)


def shipped_questionnaire(name: str) -> Questionnaire:
    """One of those the product ships."""
    path = shipped("questionnaires") / f"{name}.yaml"
    return Questionnaire(definition=path.read_text("utf-8"), lists=load(path).lists)


@dataclass(kw_only=True)
class Storm:
    """An open consultation: its parts in this process, its servers, its wire, its people."""

    app: Application
    environment: Mapping[str, str]
    servers: Sequence[Server]
    wire: Wire
    invitations: Sequence[Invitation]
    kills: int = 0
    released: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def campaign(self) -> Campaign:
        """The consultation as it is now."""
        return self.app.parts[Campaigns].get(SLUG)

    @property
    def restarts(self) -> int:
        """How many times a server took the place of a dead one."""
        return sum(server.restarts for server in self.servers)

    def answer(self, people: int) -> Crowd:
        """Let so many answer at once; nobody gives up, some have no script, some repeat."""
        habits = [
            Habit(script=number % 5 != 0, repeats=number % 7 == 0) for number in range(people)
        ]
        return answer_all(
            self.invitations[:people],
            self.campaign.questionnaire,
            self.wire.url,
            random.Random(5),
            at_once=people,
            behaving=habits,
        )

    def figures(self, crowd: Crowd) -> Mapping[str, object]:
        """What happened, for those who measure."""
        return {
            "acknowledged": len(self.wire.thanked),
            "kills": self.kills,
            "restarts": self.restarts,
            "requests": crowd.requests,
            "retries": crowd.repeats,
            "lost answers": self.wire.lost,
            "statuses": dict(self.wire.statuses),
            "released before the end": self.released,
            "seconds": round(time.monotonic() - self.started, 1),
        }

    def close(self) -> Account:
        """End the consultation without grace."""
        return end(self.app, SLUG)

    def account(self) -> Account:
        """The figures as they are now."""
        ceremony = self.app.parts[Ceremony]
        return ceremony.account(self.campaign)

    def ballots(self) -> Counter[str]:
        """What the urn holds, read with the export's key: each document and how many of it."""
        keys = self.app.parts[ResultKeys]
        campaign, key = self.campaign, keys.get(SLUG)
        sealed = self.app.parts[Urn].ballots(campaign)
        documents = (from_urn(campaign.urn, key, box) for box in sealed)
        return Counter(_canonical(json.loads(document)["answers"]) for document in documents)

    def thanked(self) -> Counter[str]:
        """What agents were thanked for, as the wire saw them send it."""
        questionnaire = self.campaign.questionnaire
        context = Context(audience=AUDIENCE)
        return Counter(
            _canonical(stored(questionnaire, from_json(questionnaire, answers), context))
            for answers in self.wire.thanked.values()
        )

    def check(self, crowd: Crowd) -> Account:
        """The law: what was acknowledged is what is counted, to the letter, and nothing else."""
        before = self.account()
        everyone = crowd.endings[Ending.SENT]
        assert crowd.failures == (), crowd.failures
        assert self.wire.faults == [], self.wire.faults[:3]
        assert len(self.wire.thanked) == everyone
        self.released = before.ballots
        assert before.issued == before.spent == before.ballots + before.waiting == everyone
        account = self.close()
        destroy_retired_keys(self.app, SLUG)
        assert (account.ballots, account.waiting) == (everyone, 0)
        assert self.ballots() == self.thanked()
        assert list(Path(self.app.parts[Settings].keys, "box").rglob("*.key*")) == []
        return account


@contextmanager
def storm(
    directory: Path,
    urls: Urls,
    *,
    people: int,
    asked: Questionnaire = SHORT,
    pool: int = 5,
    servers: int = 1,
    serving: Serving = lambda bind: gunicorn(bind, workers=2),
    losing: float = 0.0,
) -> Iterator[Storm]:
    """Invite everyone, open, and serve until the `with` block ends."""
    place = settle(directory)
    with ExitStack() as cleaning:
        running = [cleaning.enter_context(Server(0, serving)) for _ in range(servers)]
        wire = cleaning.enter_context(Wire([one.port for one in running], losing=losing))
        environment = {**place.environment(wire.url), "LOG_LEVEL": "ERROR", **urls}
        app = create_app(Settings.from_environment(environment))
        cleaning.callback(close, app)
        invitations = invited(app, asked, people, pool)
        for server in running:
            server.start(environment, place.log)
        yield Storm(
            app=app,
            environment=environment,
            servers=running,
            wire=wire,
            invitations=invitations,
        )


class Releases:
    """Releases ballots again and again in a process of its own, another one when it dies."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._stopping = threading.Event()
        self._process = self._launch()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self.deaths = 0

    def kill(self) -> None:
        """Whatever it is in the middle of."""
        self._process.kill()

    def __enter__(self) -> Self:
        self._watcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._process.kill()
        self._watcher.join()

    def _launch(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.releases", SLUG]
        environment = {**os.environ, **self._environment}
        return subprocess.Popen(command, env=environment, cwd=CHECKOUT)

    def _watch(self) -> None:
        while True:
            self._process.wait()
            if self._stopping.wait(_BEFORE_RESTARTING):
                return
            self.deaths += 1
            self._process = self._launch()


@contextmanager
def killing(storm: Storm, chores: Releases | None, *, every: float, most: int) -> Iterator[None]:
    """Kill a server, its workers too, about `every` seconds of service; sometimes the chores."""
    stop, rng = threading.Event(), random.Random(7)

    def kill() -> None:
        for number in range(most):
            while not storm.wire.wait_for_an_answer(0.2):
                if stop.is_set():
                    return
            if stop.wait(rng.uniform(0.5, 1.5) * every):
                return
            rng.choice(storm.servers).kill()
            storm.kills += 1
            if chores and number % 2:
                chores.kill()

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    try:
        yield
    finally:
        stop.set()
        killer.join()


def urls_of(store: Callable[[str], Database]) -> Urls:
    """The settings that name these stores."""
    return {
        f"{name.upper()}_DATABASE_URL": store(name).url.render_as_string(hide_password=False)
        for name in STORES
    }


def invited(app: Application, asked: Questionnaire, people: int, pool: int) -> list[Invitation]:
    """Create the consultation, invite everyone, open it."""
    parts = app.parts
    for audience in small.public_keys() if asked is SHORT else ():
        path = Path(parts[Settings].keys, "roll", SLUG, f"signing-{audience}.pem")
        write_key(path, small.signing_key(audience).to_pem())
    questionnaire = load_text(asked.definition, asked.lists).questionnaire
    assert questionnaire is not None
    now = datetime.now(UTC)
    campaign = parts[Campaigns].create(
        slug=SLUG,
        urn=secrets.token_bytes(16),
        definition=asked.definition,
        lists=asked.lists,
        opens=now - timedelta(days=1),
        closes=now + timedelta(days=7),
        export_key=parts[ResultKeys].create(SLUG),
        keys=parts[RollKeys].create(SLUG, [name for name, _ in questionnaire.audiences]),
        pool=pool,
    )
    release = parts[Release]
    release.prepare(campaign)
    codes = _codes(parts[Roll], people)
    parts[Ceremony].open(SLUG, "essai")
    return [
        Invitation(
            path=f"/q/{SLUG}/{AUDIENCE}",
            campaign=SLUG,
            audience=AUDIENCE,
            code=code,
            fingerprint=campaign.keys[AUDIENCE].fingerprint,
        )
        for code in codes
    ]


def _codes(roll: Roll, people: int) -> list[str]:
    lines = "".join(f"agent{number}@exemple.gouv.fr\n" for number in range(people))
    batch = roll.draft_batch(SLUG, "tous", AUDIENCE, parse(f"adresse\n{lines}".encode()))
    roll.confirm(batch)
    roll.start_sending(batch)
    codes = []
    while (outgoing := roll.claim_next(batch)) is not None:
        codes.append(outgoing.code)
    return codes


def _canonical(answers: object) -> str:
    return json.dumps(answers, sort_keys=True, ensure_ascii=False)
