"""A town where everyone answers through the front door, and where who wrote what is known.

People answer one after the other, each finishing before the next begins: the worst case, in which
whoever knows the order of the ballots knows their authors. Each leaves a mark in a text answer.
Whatever the platform draws at random comes from the town's seed, so that a figure can be had again.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from http.client import HTTPConnection
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode

import small
from conftest import Clock
from running import close, destroy_retired_keys, end, prove
from sqlalchemy import select

from consultation.app import create_app, utc_now
from consultation.ballots.boxes import from_airlock, from_urn
from consultation.ballots.keys import BoxKeys
from consultation.ballots.release import Release
from consultation.ballots.tables import airlock
from consultation.blind import (
    PrivateKey,
    PublicKey,
    blind,
    blinding_factor,
    finalize,
    from_wire,
    prepare,
    to_wire,
)
from consultation.ceremony import Ceremony
from consultation.config import Settings
from consultation.database import Database, Stores
from consultation.demo.forms import Form, NotOnThePage, read_document
from consultation.office.campaigns import Campaign
from consultation.office.store import Campaigns
from consultation.parts import Application
from consultation.results.keys import ResultKeys
from consultation.roll.batches import parse
from consultation.roll.keys import RollKeys
from consultation.roll.store import Roll
from consultation.sealing import CannotUnseal, SealingKey, write_key
from consultation.worker import Worker

SLUG, AUDIENCE = "essai", "agents"
LANDING = f"/q/{SLUG}/{AUDIENCE}"
DESK = f"/guichet/{SLUG}/{AUDIENCE}"
KEY_BITS = 1024  # a key for tests: the algebra is the same, and people need not wait
_MOST_PAGES = 30


@dataclass(frozen=True, kw_only=True)
class Agent:
    """Someone invited, and what would give them away if it were found anywhere."""

    address: str
    code: str
    mark: str
    script: bool
    ip: str
    browser: str


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a door answered."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the access log, as a careless proxy would keep it, but for the address."""

    at: datetime
    method: str
    path: str
    status: int


class Door(Protocol):
    """How requests reach the platform."""

    def ask(
        self, method: str, path: str, body: bytes, kind: str, agent: Agent
    ) -> Reply:  # pragma: no cover
        """One request and its answer."""


class InProcess:
    """The application without a network."""

    def __init__(self, app: Application) -> None:
        self._client = app.test_client(use_cookies=False)

    def ask(self, method: str, path: str, body: bytes, kind: str, agent: Agent) -> Reply:
        """One request and its answer."""
        response = self._client.open(
            path,
            method=method,
            data=body or None,
            content_type=kind or None,
            headers={"User-Agent": agent.browser},
            environ_overrides={"REMOTE_ADDR": agent.ip},
        )
        with response:
            return Reply(
                status=response.status_code, body=response.text, headers=dict(response.headers)
            )


class OverHttp:
    """The application behind a real server, each agent at an address of its own."""

    def __init__(self, port: int) -> None:
        self._port = port

    def ask(self, method: str, path: str, body: bytes, kind: str, agent: Agent) -> Reply:
        """One request and its answer."""
        connection = HTTPConnection("127.0.0.1", self._port, 30, source_address=(agent.ip, 0))
        headers = {"User-Agent": agent.browser, "X-Forwarded-For": agent.ip}
        with closing(connection):
            connection.request(
                method, path, body or None, headers | ({"Content-Type": kind} if kind else {})
            )
            response = connection.getresponse()
            text = response.read().decode()
        return Reply(status=response.status, body=text, headers=dict(response.getheaders()))


class Device:
    """One agent's browser: it answers, and keeps the secrets no one else should ever hold."""

    def __init__(self, town: Town, agent: Agent, door: Door | None = None) -> None:
        self._town = town
        self._agent = agent
        self._door = door or town.door
        self._form: Form | None = None
        self.secrets: dict[str, bytes] = {}
        self.replies: list[Reply] = []

    def answer(self) -> Reply:
        """From the link to the thanks."""
        self.begin()
        return self.finish()

    def begin(self) -> None:
        """As far as the second page: from there on a credential is issued."""
        self._form = _form_of(self._with_script() if self._agent.script else self._typing())

    def try_to_answer(self) -> bool:
        """Answer, if nobody else does it at the same time with the same code."""
        try:
            self.answer()
        except (AssertionError, NotOnThePage):
            return False
        return True

    def next_page(self) -> Reply:
        """Fill the page and go on."""
        reply = self.press("suite")
        self._form = _form_of(reply)
        return reply

    def finish(self) -> Reply:
        """Page after page, then send."""
        for _ in range(_MOST_PAGES):
            assert self._form is not None
            if self._form.action.endswith("/envoyer"):
                return self.send()
            self.next_page()
        raise AssertionError("no end to these pages")

    def send(self) -> Reply:
        """Send what is on the screen, for good; it may be done again."""
        assert self._form is not None
        self._town.prove()
        reply = self.post(self._form.action, self._form.filled({}))
        assert "data-done" in reply.body, reply
        return reply

    def press(self, button: str) -> Reply:
        """Fill the page and press the button that has this value."""
        assert self._form is not None
        return self.post(self._form.action, self._filled(self._form, button))

    def to_the_end(self) -> Sequence[tuple[str, str]]:
        """Everything but sending: the fields that would be sent."""
        self.begin()
        while self._form is not None and not self._form.action.endswith("/envoyer"):
            self.next_page()
        assert self._form is not None
        return self._form.filled({})

    def get(self, path: str) -> Reply:
        """Open a page."""
        return self._ask("GET", path, b"", "")

    def post(self, path: str, fields: Sequence[tuple[str, str]]) -> Reply:
        """Send a form."""
        body = urlencode(fields).encode()
        return self._ask("POST", path, body, "application/x-www-form-urlencoded")

    def question(self, path: str, **question: str) -> Reply:
        """Ask what a page's script asks."""
        return self._ask("POST", path, json.dumps(question).encode(), "application/json")

    def credential(self) -> Mapping[str, str]:
        """Blind, have signed, unblind, as the script does."""
        public = self._town.public_key
        prepared = prepare(self._town.draw(32), self._town.draw(32))
        factor = blinding_factor(public, self._town.draw(64))
        blinded, inverse = blind(public, prepared, salt=self._town.draw(48), r=factor)
        signed = self.question(f"{DESK}/signature", code=self._agent.code, blinded=to_wire(blinded))
        assert signed.status == 200, signed
        blind_signature = from_wire(json.loads(signed.body)["signature"]) or b""
        signature = finalize(public, prepared, blind_signature, inverse)
        self.secrets |= {
            "message": prepared,
            "blinded": blinded,
            "blind signature": blind_signature,
            "signature": signature,
            "inverse": inverse.to_bytes(public.size),
        }
        return {"m": to_wire(prepared), "s": to_wire(signature)}

    def _with_script(self) -> Reply:
        self.get(LANDING)
        self.question(f"{DESK}/etat", code=self._agent.code)
        first = _form_of(self.get(f"{LANDING}/commencer"))
        checked = self.post(first.action, [*self._filled(first), ("action", "verifier")])
        if checked.status == 422:  # nothing was answered on this page
            raise AssertionError(checked.body)
        credential = self.credential()
        fields = [one for one in self._filled(first, "suite") if one[0] not in credential]
        return self._settled(self.post(first.action, [*fields, *credential.items()]), first)

    def _typing(self) -> Reply:
        self.get("/q")
        first = _form_of(self.post("/entree", [("code", self._agent.code)]))
        reply = self._settled(self.post(first.action, self._filled(first, "suite")), first)
        form = _form_of(reply)
        for name, field_name in (("message", "m"), ("signature", "s")):
            self.secrets[name] = from_wire(form.hidden(field_name)) or b""
        return reply

    def _settled(self, reply: Reply, form: Form) -> Reply:
        """A question may have been added to the page: answer it too."""
        for _ in range(3):
            again = _form_of(reply)
            if again.action != form.action:
                return reply
            reply = self.post(again.action, self._filled(again, "suite"))
        return reply

    def _filled(self, form: Form, button: str = "") -> Sequence[tuple[str, str]]:
        answers = self._town.answers(self._agent)
        known = {name: values for name, values in answers.items() if form.has(name)}
        return form.filled(known, form.button(button) if button else None)

    def _ask(self, method: str, path: str, body: bytes, kind: str) -> Reply:
        reply = self._door.ask(method, path, body, kind, self._agent)
        self._town.note(method, path, reply.status)
        self.replies.append(reply)
        return reply


@dataclass(kw_only=True)
class Town:
    """An open consultation, everyone invited to it, and what is known of them."""

    app: Application
    clock: Clock
    rng: random.Random
    directory: Path
    door: Door
    agents: tuple[Agent, ...] = ()
    log: list[Line] = field(default_factory=list)
    devices: dict[str, Device] = field(default_factory=dict)
    saying: dict[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)

    @property
    def campaign(self) -> Campaign:
        """The consultation as it is now."""
        return self.app.parts[Campaigns].get(SLUG)

    @property
    def server_log(self) -> Path:
        """What a real server says."""
        return self.directory / "server.log"

    @property
    def public_key(self) -> PublicKey:
        """What verifies the credentials."""
        return signing_key(AUDIENCE).public

    @property
    def truth(self) -> Mapping[str, str]:
        """Who wrote what: the address behind each mark."""
        return {agent.mark: agent.address for agent in self.agents}

    def database(self, store: str) -> Database:
        """One of the stores."""
        return self.app.parts[Stores][store]

    def draw(self, size: int) -> bytes:
        """What a browser draws at random."""
        return self.rng.randbytes(size)

    def note(self, method: str, path: str, status: int) -> None:
        """One more line in the access log; time passes."""
        line = Line(
            at=self.clock.now.replace(microsecond=0), method=method, path=path, status=status
        )
        self.log.append(line)
        self.clock.advance(seconds=self.rng.uniform(2, 30))

    def device(self, agent: Agent) -> Device:
        """The agent's browser: the same however often it is asked for."""
        return self.devices.setdefault(agent.address, Device(self, agent))

    def answer(self, agent: Agent) -> None:
        """Let someone answer, then let the chores be done."""
        self.device(agent).answer()
        self.chores()

    def prove(self) -> None:
        """Say that the airlock's key is here, at the hour of whoever serves."""
        prove(self.app, SLUG, self.clock if isinstance(self.door, InProcess) else utc_now)

    def chores(self) -> None:
        """What the worker does by itself."""
        done = self.app.parts[Worker].round()
        assert not done.failed

    def close(self) -> None:
        """End the consultation without grace; an hour later the airlock's key is gone."""
        end(self.app, SLUG)
        destroy_retired_keys(self.app, SLUG)

    def answers(self, agent: Agent) -> Mapping[str, Sequence[str]]:
        """What someone answers: always the same, but for what is in `saying`."""
        rng = random.Random(agent.mark)
        usual = {
            "territoire": [rng.choice(["D01", "D29"])],
            "fonction": [rng.choice(["agent", "nr"])],
            "missions": rng.sample(["guichet", "telephone", "courrier"], rng.randint(1, 2)),
            "note": [str(rng.randint(0, 10))],
            "avis.delais": [rng.choice(["d1", "d2", "d3", "d4"])],
            "avis.outils": [rng.choice(["d1", "d2", "d3", "nsp"])],
            "delais_mieux": [f"{agent.mark} " + "il faudrait du temps " * rng.randint(1, 3)],
            "tt": ["1"],
            "tt_voulu": [str(rng.randint(1, 5))],
            "mot": [agent.mark],
        }
        return {**usual, **self.saying.get(agent.address, {})}

    def export_key(self) -> SealingKey:
        """The analyst's key."""
        return ResultKeys(self.directory / "keys").get(SLUG)

    def airlock_key(self) -> SealingKey:
        """The key that opens the airlock now."""
        with self.database("box").read() as connection:
            public = connection.execute(select(airlock.c.public)).scalar_one()
        return BoxKeys(self.directory / "keys").get(self.campaign.urn, public)

    def stop(self) -> None:
        """Give back every connection."""
        close(self.app)


def open_town(
    directory: Path,
    urls: Mapping[str, str],
    *,
    seed: int,
    people: int,
    pool: int,
    scriptless: Callable[[int], bool] = lambda number: number % 2 == 1,
    rng: random.Random | None = None,
    random_bytes: Callable[[int], bytes] | None = None,
    smtp: str = "",
    opens: datetime = small.OPENS,
) -> Town:
    """Invite everyone and open; `rng` and `random_bytes` are the platform's own."""
    own = random.Random(seed)
    clock = Clock(opens + timedelta(days=1))
    app = create_app(
        Settings.from_environment({**environment(directory, urls), "SMTP_URL": smtp}),
        clock=clock,
        rng=rng or random.Random(own.random()),
        random_bytes=random_bytes or random.Random(own.random()).randbytes,
    )
    town = Town(app=app, clock=clock, rng=own, directory=directory, door=InProcess(app))
    with ExitStack() as on_failure:
        on_failure.callback(town.stop)
        _register(app, directory, pool, opens)
        town.agents = tuple(_invited(app, people, own, scriptless))
        app.parts[Ceremony].open(SLUG, "essai")
        on_failure.pop_all()
    return town


@contextmanager
def living(town: Town) -> Iterator[Town]:
    """A town, and the end of it."""
    try:
        yield town
    finally:
        town.stop()


def environment(directory: Path, urls: Mapping[str, str]) -> Mapping[str, str]:
    """The settings of a platform on these stores."""
    return {
        **{f"{name.upper()}_DATABASE_URL": url for name, url in urls.items()},
        "SECRET_KEY": "s" * 48,
        "CONSULTATION_DATA": str(directory),
        "KEYS_DIRECTORY": str(directory / "keys"),
        "PUBLIC_URL": "http://localhost",
        "CONSULTATION_DEMO": "1",
        "CONSULTATION_SIDES": "",
        "CONTACT": "aide@exemple.gouv.fr",
        "MAIL_RATE": "1000",
    }


@cache
def signing_key(audience: str) -> PrivateKey:
    """The roll's key for an audience; one for the whole session."""
    return PrivateKey.generate(KEY_BITS)


def mark_of(document: bytes) -> str:
    """The mark left in a ballot once unsealed."""
    return str(json.loads(document)["answers"]["mot"])


def opened(urn: bytes, key: SealingKey, sealed: bytes) -> str | None:
    """The mark in this box, of the urn or of its airlock; None when the key does not open it."""
    with suppress(CannotUnseal):
        return mark_of(from_urn(urn, key, sealed))
    with suppress(CannotUnseal):
        return mark_of(from_airlock(urn, key, sealed).document)
    return None


def _register(app: Application, directory: Path, pool: int, opens: datetime) -> None:
    parts = app.parts
    audiences = ("agents", "cadres")
    for audience in audiences:
        path = directory / "keys" / "roll" / SLUG / f"signing-{audience}.pem"
        write_key(path, signing_key(audience).to_pem())
    campaign = parts[Campaigns].create(
        slug=SLUG,
        urn=random.Random(pool).randbytes(16),
        definition=small.DEFINITION,
        lists=small.LISTS,
        opens=opens,
        closes=opens + timedelta(days=25),
        export_key=ResultKeys(directory / "keys").create(SLUG),
        keys=parts[RollKeys].create(SLUG, audiences),
        pool=pool,
    )
    release = parts[Release]
    release.prepare(campaign)


def _invited(
    app: Application, people: int, rng: random.Random, scriptless: Callable[[int], bool]
) -> Iterator[Agent]:
    """Everyone, in the order of the roll's own draw, which is not that of HR's file."""
    roll = app.parts[Roll]
    lines = "".join(f"prenom.nom{number}@ain.gouv.fr\n" for number in range(people))
    batch = roll.draft_batch(SLUG, "Ain", AUDIENCE, parse(f"courriel\n{lines}".encode()))
    roll.confirm(batch)
    roll.start_sending(batch)
    number = 0
    while (outgoing := roll.claim_next(batch)) is not None:
        roll.mark_sent(outgoing.id)
        yield Agent(
            address=outgoing.address,
            code=outgoing.code,
            mark=f"marque-{rng.randbytes(6).hex()}",
            script=not scriptless(number),
            ip=f"127.{rng.randint(100, 250)}.{rng.randint(100, 250)}.{number % 250}",
            browser=f"Navigateur-{rng.randbytes(6).hex()}",
        )
        number += 1
    roll.finish_sending(batch)


def _form_of(reply: Reply) -> Form:
    """The form one answers with."""
    for form in read_document(reply.body).forms:
        if any(part in form.action for part in ("/pages/", "/entree/", "/envoyer")):
            return form
    raise AssertionError(f"{reply.status}: {reply.body[:1500]}")
