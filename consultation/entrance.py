"""The door for those whose browser runs no script: the server plays the browser's part.

The only code that sees both sides at once. What the browser would draw at random is derived here
from the code and a key of the campaign, so that typing the code again leads to the same credential
and to the draft. The agent is told what this costs; the urn's rows look like everyone else's.

When the roll has a server of its own, the urn's is not there to ask: the agent is handed over to
it after the first page, and again whenever the code is typed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, g, redirect, request, url_for
from werkzeug.wrappers import Response

from consultation import blind
from consultation.ballots.journey import Sheet, State
from consultation.ballots.pages import (
    AlreadyAnswered,
    Answer,
    Visit,
    admit,
    draft_state,
    go_on,
    refuse_too_many_fields,
    render_page,
    resume,
    submitted,
)
from consultation.ballots.store import SEED_BYTES, Urn
from consultation.office.campaigns import Campaign, UnknownCampaign
from consultation.office.store import Campaigns
from consultation.parts import part
from consultation.questionnaire.model import Page
from consultation.roll.codes import LONGEST_TYPED, normalise
from consultation.roll.store import Roll, UnknownCode
from consultation.web import Site, failure_limit, render

bp = Blueprint("entrance", __name__)
bp.before_request(refuse_too_many_fields)


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Whose code it is: a credential and perhaps a draft once the first page was answered."""

    visit: Visit
    issued: bool
    draft: bytes | None = None


class Entrance:
    """What a browser without script cannot do; without an urn here, only what the roll knows."""

    def __init__(
        self,
        roll: Roll,
        urn: Urn | None,
        campaigns: Campaigns,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._roll = roll
        self._urn = urn
        self._campaigns = campaigns
        self._random_bytes = random_bytes

    @property
    def alone(self) -> bool:
        """Whether the urn is elsewhere."""
        return self._urn is None

    def arrive(self, code: str, language: str = "") -> Arrival:
        """Look a code up; refused when it is unknown, spent, or in use on another device."""
        look = self._roll.look(code)
        campaign = self._campaigns.get(look.campaign)
        admit(campaign)
        if not look.issued:
            visit = Visit(campaign=campaign, audience=look.audience, script=False)
            return Arrival(visit=visit.speaking(language), issued=False)
        visit = self.credential(campaign, look.audience, code).speaking(language)
        draft = self._urn.load_draft(visit.sig) if self._urn else None
        return Arrival(visit=visit, issued=True, draft=draft)

    def credential(self, campaign: Campaign, audience: str, code: str) -> Visit:
        """Blind, have signed, unblind: the same credential however often it is asked for."""
        public = campaign.keys.get(audience)
        secret = self._roll.nojs_secret(campaign.slug, code)
        if public is None:
            raise AlreadyAnswered
        blinded, inverse = blind.blind(
            public, secret.prepared, salt=secret.salt, r=secret.factor(public)
        )
        signature = self._roll.issue(campaign, audience, code, blinded)
        visit = Visit(
            campaign=campaign,
            audience=audience,
            msg=secret.prepared,
            sig=blind.finalize(public, secret.prepared, signature, inverse),
            script=False,
        )
        if self._urn and self._urn.is_spent(visit.nullifier):
            raise AlreadyAnswered
        return visit

    def new_seed(self) -> str:
        """What draws the order of pages and options."""
        return self._random_bytes(SEED_BYTES).hex()


@bp.get("/entree")
@bp.get("/entree/<campaign>/<audience>")
def outside(campaign: str = "", audience: str = "") -> Response:
    """An address of this door opened without its form: back to where a code is typed."""
    return redirect(url_for("survey.any_landing"))


@bp.post("/entree")
@failure_limit
def arrive() -> Answer:
    """A code was typed: the first page, or where its holder had stopped."""
    code = request.form.get("code", "")
    g.language = request.form.get("lang", "")  # of what may be refused
    try:
        arrival = part(Entrance).arrive(code, g.language)
    except UnknownCode:
        return _type_again(code), UnknownCode.status
    if arrival.issued and part(Entrance).alone:
        return _hand_over(arrival.visit)
    if arrival.issued:
        return resume(arrival.visit, arrival.draft)
    if request.form.get("script") == "1":
        # A script that works asked for the page of a refusal: nobody is led to the weaker way.
        return redirect(part(Site).urn + arrival.visit.url("landing"), HTTPStatus.SEE_OTHER)
    visit, state = arrival.visit, State(seed=part(Entrance).new_seed())
    page = visit.journey.first(state)
    sheet = visit.journey.sheet(page, state)
    return _first_page(visit, page, state, sheet, code)


@bp.post("/entree/<campaign>/<audience>")
@failure_limit
def begin(campaign: str, audience: str) -> Answer:
    """The first page was answered: a credential, then the second page."""
    code = request.form.get("code", "")
    g.language = request.form.get("lang", "")  # of what may be refused
    arrival = part(Entrance).arrive(code, g.language)
    visit = arrival.visit
    if (visit.campaign.slug, visit.audience) != (campaign, audience):
        raise UnknownCampaign
    state = _state(visit, arrival.draft)
    page = visit.journey.first(state)
    reading = visit.journey.read(page, submitted(request.form), state)
    reading = visit.journey.refuse_nothing(page, reading)
    if not reading.complete:
        sheet = visit.journey.sheet_again(page, reading)
        status = HTTPStatus.UNPROCESSABLE_ENTITY if reading.errors else HTTPStatus.OK
        return _first_page(visit, page, reading.state, sheet, code), status
    if arrival.issued and part(Entrance).alone:
        return _hand_over(visit, reading.state)
    if not arrival.issued:
        issued = part(Entrance).credential(visit.campaign, audience, code)
        visit = issued.speaking(visit.language)
    return go_on(visit, page, state, reading)


def _state(visit: Visit, draft: bytes | None) -> State:
    # A first page sent twice, or found again with « Back », must not erase what came after it.
    if draft is not None:
        return draft_state(visit, draft)
    return State.from_form(visit.rules, request.form)


def _type_again(code: str) -> str:
    """The page where a code is typed, with what was typed."""
    typed = code if len(code) <= LONGEST_TYPED else ""
    return render(
        "survey/landing.html",
        g.language,
        visit=None,
        campaign=None,
        closing=False,
        speaking=g.language,
        typed=typed,
    )


def _hand_over(visit: Visit, state: State | None = None) -> str:
    answered = state.to_form() if state else {}
    return render(
        "survey/continue.html",
        visit.spoken,
        visit=visit,
        campaign=visit.campaign,
        address=visit.url("take_up"),
        hidden={**visit.carried, **answered},
    )


def _first_page(visit: Visit, page: Page, state: State, sheet: Sheet, code: str) -> str:
    address = url_for("entrance.begin", campaign=visit.campaign.slug, audience=visit.audience)
    carried = {"script": "0", "lang": visit.language, "code": normalise(code) or ""}
    return render_page(visit, page, state, sheet, address=address, carried=carried)
