"""An open consultation with the June questionnaire, and agents ready to answer it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

import storm
from running import close

from consultation.app import create_app
from consultation.ballots.journey import Journey, State
from consultation.blind import blind, blinding_factor, finalize, prepare, to_wire
from consultation.config import Settings, migrations_of
from consultation.database import Stores, migrate
from consultation.demo.agents import Invitation
from consultation.demo.place import settle
from consultation.office.campaigns import Campaign
from consultation.office.store import Campaigns
from consultation.parts import Application
from consultation.questionnaire.answers import read_page
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.drafts import to_json
from consultation.questionnaire.lots import Lots
from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.rules import ruled
from consultation.questionnaire.synthetic import respond
from consultation.questionnaire.visibility import visible_pages
from consultation.roll.store import Roll

SEED = "0123456789abcdef"


@dataclass(frozen=True, kw_only=True)
class Town:
    """The platform in this process, its settings, and everyone invited."""

    app: Application
    environment: Mapping[str, str]
    invitations: Sequence[Invitation]
    directory: Path

    @property
    def campaign(self) -> Campaign:
        return self.app.parts[Campaigns].get(storm.SLUG)


@dataclass(frozen=True, kw_only=True)
class Credential:
    """What an agent's browser holds, and what it had signed."""

    msg: bytes
    sig: bytes
    blinded: bytes


@contextmanager
def town(people: int, urls: Mapping[str, str] | None = None) -> Iterator[Town]:
    """Three stores (SQLite files unless `urls` names others), a campaign open, people invited."""
    with TemporaryDirectory() as directory:
        place = settle(Path(directory) / "town")
        environment = {
            **place.environment("http://127.0.0.1:8000"),
            "LOG_LEVEL": "ERROR",
            **(urls or {}),
        }
        app = create_app(Settings.from_environment(environment))
        for store, database in app.parts[Stores].items():
            migrate(database, migrations_of(store))
        june = storm.shipped_questionnaire("juin-2024")
        try:
            yield Town(
                app=app,
                environment=environment,
                invitations=storm.invited(app, june, people, 50),
                directory=Path(directory),
            )
        finally:
            close(app)


def credential(town: Town, invitation: Invitation) -> Credential:
    """What the roll gives to this agent."""
    campaign = town.campaign
    public = campaign.keys[invitation.audience]
    rng = random.SystemRandom()
    msg = prepare(rng.randbytes(32), rng.randbytes(32))
    r = blinding_factor(public, rng.randbytes(64))
    blinded, inverse = blind(public, msg, salt=rng.randbytes(48), r=r)
    roll = town.app.parts[Roll]
    signed = roll.issue(campaign, invitation.audience, invitation.code, blinded)
    return Credential(msg=msg, sig=finalize(public, msg, signed, inverse), blinded=blinded)


def posts(asked: Questionnaire, hidden: Credential, agent: int) -> list[tuple[str, str]]:
    """What an agent's browser sends from page to page: (page, body), then the review's body."""
    context, rng = Context(audience=storm.AUDIENCE), random.Random(agent)
    journey, state = Journey(ruled(asked), context), State(seed=SEED)
    sent: dict[str, str] = {}
    msg, sig = to_wire(hidden.msg), to_wire(hidden.sig)
    while True:
        base = {"m": msg, "s": sig, "seed": SEED, "answers": to_json(state.answers)}
        pages = visible_pages(asked, state.answers, context, Lots(SEED))
        page = next((page for page in pages if page.id not in sent), None)
        if page is None:
            return [*sent.items(), ("", urlencode(base))]
        fields = respond(asked, page, state.answers, context, rng)
        answers = read_page(page, fields, state.answers, asked, context).draft
        state = State(answers=answers, seed=SEED)
        shown = journey.sheet(page, state).shown
        body = {**fields, **base, "shown": shown, "warned": "0 1 2 3", "action": "suite"}
        sent[page.id] = urlencode(body, doseq=True)
