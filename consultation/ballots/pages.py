"""The survey's pages: no cookie, no session, no code; every form carries all there is to know.

A page is a form that holds the credential and the answers so far. Each POST verifies the credential
and shows the next page; nothing is kept here until the answers are sent, except, for those whose
browser runs no script, a draft that only their signature opens.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial
from http import HTTPStatus

from flask import (
    Blueprint,
    abort,
    g,
    jsonify,
    redirect,
    request,
    url_for,
)
from markupsafe import Markup, escape
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from consultation import blind
from consultation.ballots.journey import Journey, Reading, Sheet, State, Submitted
from consultation.ballots.live import Live
from consultation.ballots.printing import Printer
from consultation.ballots.store import LONGEST_DRAFT, NotGenuine, Suspended, Urn, check
from consultation.formatting import end, moment
from consultation.incoming import told
from consultation.office.campaigns import Campaign, UnknownCampaign
from consultation.office.store import Campaigns
from consultation.parts import Application, part, parts
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.drafts import from_json
from consultation.questionnaire.fields import Field
from consultation.questionnaire.languages import name_of
from consultation.questionnaire.model import Page
from consultation.questionnaire.rules import Rules
from consultation.refusals import Refusal
from consultation.web import Site, Templates, failure_limit, render, shown_to_all
from consultation.words import FRENCH, words

MOST_FIELDS = 1000
MESSAGE_BYTES = 64
NAME_BYTES = 32
BOX_CLASS = 16 * 1024  # what the script pads to
BOX_MARGIN = 12 + 16  # a nonce and a tag
LARGEST_BOX = 6 * BOX_CLASS + BOX_MARGIN
LATEST = "answers.latest"  # what the script knows to have been answered in another tab
SPEAK = "langue."  # then a language: the action of going on in it
OPENS = "Elle ouvre le %(opens)s. Gardez le message : le lien restera le même."
CLOSED = (
    "Elle a fermé le %(closes)s. Si cette date n’est pas passée, revenez plus tard : "
    "vos réponses sont gardées."
)
REVIEW = "*relire*"  # in a draft, the page that is not one of the questionnaire

bp = Blueprint("survey", __name__)

Answer = Response | str | tuple[str, int]


class AlreadyAnswered(Refusal):
    """Une réponse a déjà été envoyée avec ce lien. Chaque agent répond une fois."""

    status = 410
    title = "Ce lien a déjà servi"
    template = "survey/used.html"


class NotOpenYet(Refusal):
    """Gardez le message : le lien restera le même."""

    status = 403
    title = "La consultation n’est pas encore ouverte"
    template = "survey/not-yet.html"

    def __init__(self, opens: datetime) -> None:
        super().__init__()
        self.opens = opens

    @property
    def sentence(self) -> str:
        """With the date."""
        return self.said(FRENCH)

    def said(self, language: str) -> str:
        """With the date, in this language."""
        return words(OPENS, language, opens=moment(self.opens, language))


class Paused(Refusal):
    """Vos réponses sont gardées. Réessayez plus tard : le lien restera le même."""

    status = 503
    title = "La consultation est suspendue"


class Closed(Refusal):
    """Les réponses qui n’ont pas été envoyées ont été effacées."""

    status = 410
    title = "La consultation est terminée"
    template = "survey/used.html"


class Ended(Refusal):
    """Si cette date n’est pas passée, revenez plus tard : vos réponses sont gardées."""

    status = 410
    title = "La consultation est terminée"

    def __init__(self, closed: datetime) -> None:
        super().__init__()
        self.closed = closed

    @property
    def sentence(self) -> str:
        """With the date."""
        return self.said(FRENCH)

    def said(self, language: str) -> str:
        """With the date, in this language."""
        return words(CLOSED, language, closes=end(self.closed, language))


class UnknownRecovery(Refusal):
    """Vérifiez-le. Si vos réponses sont déjà envoyées, il ne sert plus à rien."""

    status = 404
    title = "Ce code de reprise n’est pas reconnu"

    @property
    def sentence(self) -> str:
        """With its title: the script shows nothing else."""
        return self.said(FRENCH)

    def said(self, language: str) -> str:
        """The same in this language."""
        return f"{words(self.title, language)}. {words(super().sentence, language)}"


class TooLong(Refusal):
    """Vos textes sont trop longs pour être envoyés. Revenez en arrière et raccourcissez-les."""

    status = 422
    title = "Vos réponses sont trop longues"


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request of one agent: which consultation, which credential, script or not."""

    campaign: Campaign
    audience: str
    msg: bytes = b""
    sig: bytes = b""
    script: bool = True
    language: str = ""  # none for the questionnaire's own

    @cached_property
    def journey(self) -> Journey:
        """The questionnaire as this audience sees it."""
        context = Context(audience=self.audience, language=self.spoken)
        return Journey(self.rules, context)

    @property
    def rules(self) -> Rules:
        """How the questionnaire is answered, in the language of the visit."""
        return self.campaign.rulebook.of(self.spoken)

    @property
    def nullifier(self) -> bytes:
        """What the urn remembers of this credential."""
        return blind.nullifier(self.msg)

    @property
    def carried(self) -> Mapping[str, str]:
        """The credential as hidden fields; empty ones before there is one."""
        credential = {"m": blind.to_wire(self.msg), "s": blind.to_wire(self.sig)}
        spoken = {"lang": self.language} if self.language else {}
        return {**credential, **spoken, **({} if self.script else {"script": "0"})}

    @property
    def spoken(self) -> str:
        """The language of the questions."""
        return self.language or self.campaign.questionnaire.lang

    @property
    def others(self) -> Mapping[str, str]:
        """The other languages of the questionnaire, by their names."""
        known = self.campaign.questionnaire.languages
        return {language: name_of(language) for language in known if language != self.spoken}

    def speaking(self, language: str) -> Visit:
        """The same in this language, or in the questionnaire's own when it has no such version."""
        _, *others = self.campaign.questionnaire.languages
        return replace(self, language=language if language in others else "")

    def heeding(self, action: str) -> Visit:
        """The same in the language that this action asks for, if it asks for one."""
        return self.speaking(action.removeprefix(SPEAK)) if action.startswith(SPEAK) else self

    def url(self, endpoint: str, page_id: str | None = None) -> str:
        """The address of another page of this consultation."""
        return url_for(
            f"survey.{endpoint}",
            campaign=self.campaign.slug,
            audience=self.audience,
            page_id=page_id,
        )


def init_survey(app: Application) -> None:
    """Give `app` what remembers how questions look; called once, whoever shows their pages."""
    app.parts.add(Printer(question_field))
    app.parts.add(Live())


def question_field(field: Field, language: str) -> str:
    """A question in this language."""
    macros = part(Templates).spoken(language).get_template("survey/questions.html").module
    html: str = vars(macros)["question_field"](field)
    return html


def admit(campaign: Campaign) -> None:
    """Refuse whoever comes before the opening, during a pause or after the end."""
    match part(Campaigns).phase(campaign):
        case "draft" | "scheduled":
            raise NotOpenYet(campaign.opens)
        case "paused":
            raise Paused
        case "closed":
            # A clock may be wrong: browsers forget their answers only once the closing was held.
            raise Closed if campaign.state == "closed" else Ended(campaign.closes)


@bp.before_request
def refuse_too_many_fields() -> None:
    """No page of ours has that many fields."""
    if request.method == "POST" and sum(map(len, request.form.listvalues())) > MOST_FIELDS:
        abort(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


# --- Arriving -------------------------------------------------------------------------------


@bp.get("/")
def home() -> Response:
    """Lead to the page where a code is typed."""
    return redirect(url_for("survey.any_landing"))


@bp.get("/q", strict_slashes=False)
@bp.get("/q<rewritten>")
def any_landing(rewritten: str = "") -> str:
    """Where a code is typed, whatever the consultation."""
    _ignore_rewritten_fragment(rewritten)
    key = ("landing", part(Site).accessibility)
    page = part(Printer).page(key, partial(_render_landing, None, closing=False))
    return shown_to_all(page)


@bp.get("/q/<campaign>/<audience>", strict_slashes=False)
def landing(campaign: str, audience: str) -> str:
    """Where the link of the message leads; opening it changes nothing."""
    for mark in "#%":  # mail gateways write « # » as « %23 » or « %2523 »
        audience = audience.partition(mark)[0]
    visit = _visit(campaign, audience)
    admit(visit.campaign)
    known, closing = visit.campaign, part(Urn).phase(visit.campaign) == "closing"
    told = (known.slug, known.digest, known.title, known.closes, audience, visit.language, closing)
    key = (told, part(Site).accessibility)
    return shown_to_all(part(Printer).page(key, partial(_render_landing, visit, closing=closing)))


@bp.get("/q/<campaign>/<audience>/commencer")
def start(campaign: str, audience: str) -> str:
    """The first page, for the script: it will fill in the credential."""
    visit = _visit(campaign, audience)
    admit(visit.campaign)
    state = State(seed=part(Urn).new_seed())
    page = visit.journey.first(state)
    return render_page(visit, page, state, visit.journey.sheet(page, state))


@bp.get("/q/<campaign>/<audience>/relire")
@bp.get("/q/<campaign>/<audience>/reprendre")
@bp.get("/q/<campaign>/<audience>/ailleurs")
@bp.get("/q/<campaign>/<audience>/envoyer")
@bp.get("/q/<campaign>/<audience>/pages/<page_id>")
def reopened(campaign: str, audience: str, page_id: str = "") -> Response:
    """An address of a page, opened without its form: back to where one resumes."""
    return redirect(url_for("survey.landing", campaign=campaign, audience=audience))


# --- Answering ------------------------------------------------------------------------------


@bp.post("/q/<campaign>/<audience>/pages/<page_id>")
@failure_limit
def answer(campaign: str, audience: str, page_id: str) -> Answer:
    """Read a page, then show the one asked for."""
    visit = _visit(campaign, audience)
    admit(visit.campaign)
    page = _page(visit, page_id)
    state = State.from_form(visit.rules, request.form)
    action = request.form.get("action", "suite")
    if action == "verifier":
        return _verify_first(visit, page, state)
    if visit.script and not request.form.get("m"):
        return _early(visit, page, state)
    # Going from page to page, a script keeps nothing here: it is told on arriving and at the end.
    passing = visit.script and action != "afficher"
    visit = (_credential if passing else with_credential)(visit, request.form)
    journey, sent, latest = visit.journey, submitted(request.form), _latest(visit, state)
    if latest is not state:
        sent, state = journey.rebased(page, sent, state, latest), latest
    match action:
        case "ailleurs" if visit.script:
            state = journey.keep(page, sent, state)
            return _continue_elsewhere(visit, visit.url("answer", page_id=page.id), state)
        case "plus-tard" | "ailleurs":
            return _save_for_later(visit, page, journey.keep(page, sent, state))
        case _:
            return turn(visit, page, state, sent, action)


@bp.post("/q/<campaign>/<audience>/reprendre")
@failure_limit
def take_up(campaign: str, audience: str) -> Answer:
    """Where an agent without script had stopped, when the roll has a server of its own.

    The form also carries what was just answered there, of use when no draft was kept.
    """
    visit = _visit(campaign, audience)
    admit(visit.campaign)
    visit = with_credential(visit, request.form)
    draft = part(Urn).load_draft(visit.sig)
    state = State.from_form(visit.rules, request.form)
    if draft is not None or not state.answers:
        return resume(visit, draft)
    reading = Reading(submitted=Submitted(fields={}), state=state)
    return go_on(visit, visit.journey.first(state), state, reading)


@bp.post("/q/<campaign>/<audience>/relire")
@failure_limit
def review(campaign: str, audience: str) -> Answer:
    """Everything answered, to read again; or the page to change."""
    visit = _visit(campaign, audience)
    admit(visit.campaign)
    visit = with_credential(visit, request.form)
    state = _latest(visit, State.from_form(visit.rules, request.form))
    action = request.form.get("action", "")
    visit = visit.heeding(action)
    changed = request.form.get("modifier")
    if changed:
        return show(visit, _page(visit, changed), replace(state, reviewing=True))
    match action:
        case "autre-onglet":
            return review_page(visit, state, changed=True)
        case "ailleurs" if visit.script:
            return _continue_elsewhere(visit, visit.url("review"), state)
        case "plus-tard" | "ailleurs":
            _keep_draft(visit, REVIEW, state)
            return saved_page(visit, visit.url("review"), state)
        case _:
            return review_page(visit, state)


@bp.post("/q/<campaign>/<audience>/envoyer")
@failure_limit
def send(campaign: str, audience: str) -> Answer:
    """Cast the ballot; sending it again is thanked again."""
    visit = _visit(campaign, audience)
    visit = _credential(visit, request.form)
    if part(Urn).is_spent(visit.nullifier):
        return _thanks(visit, "already")
    admit(visit.campaign)
    read = State.from_form(visit.rules, request.form)
    state = _latest(visit, read)
    if state.answers != read.answers:
        return review_page(visit, state, changed=True)
    unfinished = visit.journey.unfinished(state)
    if unfinished:
        return _show_again(visit, *unfinished)
    document = visit.journey.document(state)
    if len(document) > visit.campaign.longest_document:
        raise TooLong
    try:
        outcome = part(Urn).cast(visit.campaign, audience, visit.msg, visit.sig, document)
    except Suspended as suspended:
        return review_page(visit, state, suspended=suspended)
    return _thanks(visit, outcome)


# --- Going on with another device -------------------------------------------------------------


@bp.post("/q/<campaign>/<audience>/ailleurs")
@failure_limit
def keep_elsewhere(campaign: str, audience: str) -> Response:
    """Keep what the script has locked under a code that never comes here."""
    visit = _visit(campaign, audience)
    admit(visit.campaign)
    fields = told()
    visit = with_credential(visit, fields)
    name, box = blind.from_wire(fields.get("id", "")), blind.from_wire(fields.get("box", ""))
    if not name or len(name) != NAME_BYTES or not box:
        abort(HTTPStatus.BAD_REQUEST)
    if len(box) > LARGEST_BOX or len(box) % BOX_CLASS != BOX_MARGIN:
        abort(HTTPStatus.BAD_REQUEST)
    part(Urn).keep_elsewhere(visit.campaign, visit.sig, name, box)
    return Response(status=HTTPStatus.NO_CONTENT)


@bp.post("/q/ailleurs")
@failure_limit
def found_elsewhere() -> Response:
    """Give back what was locked; only the code opens it."""
    name = blind.from_wire(told().get("id", ""))
    box = part(Urn).elsewhere(name) if name else None
    if box is None:
        raise UnknownRecovery
    return jsonify(box=blind.to_wire(box))


# --- What the door without script uses too ----------------------------------------------------


def with_credential(visit: Visit, form: Mapping[str, str]) -> Visit:
    """The visit with the credential of this form, genuine and not spent; refused otherwise."""
    visit = _credential(visit, form)
    if part(Urn).is_spent(visit.nullifier):
        raise AlreadyAnswered
    return visit


def submitted(form: MultiDict[str, str]) -> Submitted:
    """The page in this form."""
    return Submitted(
        fields={name: values for name, values in form.lists() if name not in CARRIED},
        shown=frozenset(form.get("shown", "").split()),
        warned=frozenset(form.get("warned", "").split()),
    )


CARRIED = frozenset(
    {"m", "s", "script", "lang", "code", "answers", "typed", "seed", "return", "shown", "warned"}
    | {"action", "modifier", LATEST}
)
"""The names a form uses for itself: no question may have them."""

FILLED = frozenset({"m", "s", "shown"})
"""Those that a script looks for, even while they are empty."""


def turn(visit: Visit, page: Page, state: State, sent: Submitted, action: str) -> Answer:
    """The page that an action leads to: in another language, again, before, or the next one."""
    journey = visit.journey
    if action.startswith(SPEAK):
        return show(visit.heeding(action), page, journey.keep(page, sent, state))
    match action:
        case "afficher":
            return show(visit, page, state)
        case "retour":
            state = journey.keep(page, sent, state)
            return show(visit, journey.before(page, state), state)
        case _:
            return go_on(visit, page, state, journey.read(page, sent, state))


def go_on(visit: Visit, page: Page, before: State, reading: Reading) -> Answer:
    """The page that follows this one once read, or this one again."""
    if not reading.complete:
        _keep_draft(visit, page.id, visit.journey.keep(page, reading.submitted, before))
        return _show_again(visit, page, reading)
    following, state = visit.journey.after(page, before, reading.state)
    return show(visit, following, state) if following else review_page(visit, state)


def show(visit: Visit, page: Page, state: State) -> str:
    """A page, as one arrives on it."""
    page = visit.journey.visible(page, state)
    _keep_draft(visit, page.id, state)
    return render_page(visit, page, state, visit.journey.sheet(page, state))


def resume(visit: Visit, draft: bytes | None) -> Answer:
    """Where a draft was left; the first page when there is none."""
    if draft is None:
        state = State(seed=part(Urn).new_seed())
        return show(visit, visit.journey.first(state), state)
    state, kept = draft_state(visit, draft), json.loads(draft)
    page_id = kept["page"]
    if not visit.language:
        visit = visit.speaking(kept.get("lang", ""))
    if page_id == REVIEW:
        return review_page(visit, state)
    page = visit.rules.page(page_id)
    return show(visit, page or visit.journey.first(state), state)


def draft_state(visit: Visit, draft: bytes) -> State:
    """The answers in a draft."""
    return State.from_form(visit.rules, json.loads(draft))


def _latest(visit: Visit, state: State) -> State:
    """The state with every answer given so far; the very same when its form holds them all.

    A page found again with « Back », or in another tab, does not. Without script the draft has the
    others; the script sends what it keeps of them.
    """
    if visit.script:
        told = request.form.get(LATEST)
        if told is None:
            return state
        return replace(state, answers=from_json(visit.rules, told))
    draft = part(Urn).load_draft(visit.sig)
    if draft is None:
        return state
    kept = draft_state(visit, draft)
    return replace(state, answers=kept.answers, typed=kept.typed)


def render_page(
    visit: Visit,
    page: Page,
    state: State,
    sheet: Sheet,
    *,
    address: str = "",
    carried: Mapping[str, str] | None = None,
    early: bool = False,
) -> str:
    """The HTML of a page; `address` and `carried` when its form goes elsewhere than the urn.

    `early`: it was sent before its script was there, and says so.
    """
    printer, carried = part(Printer), visit.carried if carried is None else carried
    credential = bool(carried.get("s"))
    shown = {"shown": sheet.shown, "warned": sheet.warned}

    def rendered(hidden: Markup, questions: Markup) -> str:
        return render(
            "survey/page.html",
            visit.spoken,
            visit=visit,
            campaign=visit.campaign,
            state=state,
            sheet=sheet,
            early=early,
            fields=sheet.fields if sheet.errors else (),
            questions=questions,
            step=sheet.step,
            steps=sheet.steps,
            next_title=sheet.next_title,
            address=address or visit.url("answer", page_id=page.id),
            credential=credential,
            hidden=hidden,
            key={} if credential else _on_the_wire(visit.campaign.keys[visit.audience]),
        )

    hidden = _hidden({**carried, **state.to_form(), **shown})
    asked = part(Live).questions(sheet, printer) if visit.script else printer.questions(sheet)
    questions = Markup("\n  ").join(asked)
    if sheet.particular or early:
        return rendered(hidden, questions)
    told = (visit.audience, visit.script, visit.language)
    campaign = (visit.campaign.slug, visit.campaign.digest, *told)
    known = (campaign, part(Site).accessibility)
    key = (known, credential, state.reviewing, address, sheet.place)
    return printer.page(key, rendered, hidden=hidden, questions=questions)


# --- Parts ------------------------------------------------------------------------------------


def _hidden(fields: Mapping[str, str]) -> Markup:
    """Fields that the agent does not see: those that say something, or that the script fills."""
    written = (
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in fields.items()
        if value or name in FILLED
    )
    return Markup("\n  ".join(written))  # noqa: S704 - the names are ours, the values escaped


def _render_landing(visit: Visit | None, *, closing: bool) -> str:
    campaign = visit.campaign if visit else None
    spoken = visit.spoken if visit else FRENCH
    return render("survey/landing.html", spoken, visit=visit, campaign=campaign, closing=closing)


def _on_the_wire(key: blind.PublicKey) -> Mapping[str, str]:
    """A public key for the script, which reads it as a JSON Web Key."""
    exponent = key.e.to_bytes((key.e.bit_length() + 7) // 8)
    return {"n": blind.to_wire(key.n.to_bytes(key.size)), "e": blind.to_wire(exponent)}


def _ignore_rewritten_fragment(rewritten: str) -> None:
    if rewritten and rewritten[0] not in "#%":
        abort(HTTPStatus.NOT_FOUND)


def _visit(slug: str, audience: str) -> Visit:
    campaign = part(Campaigns).recent(slug)
    if audience not in campaign.keys:
        raise UnknownCampaign
    script = request.method != "POST" or request.form.get("script") != "0"
    visit = Visit(campaign=campaign, audience=audience, script=script)
    visit = visit.speaking(request.values.get("lang", ""))
    g.language = visit.spoken  # of what may be refused from here on
    return visit


def _page(visit: Visit, page_id: str) -> Page:
    page = visit.rules.page(page_id)
    if page is None:
        abort(HTTPStatus.NOT_FOUND)
    return page


def _credential(visit: Visit, form: Mapping[str, str]) -> Visit:
    msg, sig = blind.from_wire(form.get("m", "")), blind.from_wire(form.get("s", ""))
    if not msg or not sig or len(msg) != MESSAGE_BYTES:
        raise NotGenuine
    check(visit.campaign, visit.audience, msg, sig)
    return replace(visit, msg=msg, sig=sig)


def _verify_first(visit: Visit, page: Page, state: State) -> Answer:
    """For the script, before it asks for a credential: is this page valid, and not empty?"""
    reading = visit.journey.read(page, submitted(request.form), state)
    reading = visit.journey.refuse_nothing(page, reading)
    if reading.complete:
        return Response(status=HTTPStatus.NO_CONTENT)
    return _show_again(visit, page, reading)


def _early(visit: Visit, page: Page, state: State) -> str:
    """The first page, sent before its script could add a credential: what it holds is kept."""
    if page != visit.journey.first(state):
        raise NotGenuine
    state = visit.journey.keep(page, submitted(request.form), state)
    return render_page(visit, page, state, visit.journey.sheet(page, state), early=True)


def _show_again(visit: Visit, page: Page, reading: Reading) -> tuple[str, int]:
    sheet = visit.journey.sheet_again(page, reading)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if reading.errors else HTTPStatus.OK
    return render_page(visit, page, reading.state, sheet), status


def review_page(
    visit: Visit, state: State, *, changed: bool = False, suspended: Suspended | None = None
) -> Answer:
    """What will be sent; `changed` since the agent read it, elsewhere than on this page.

    `suspended`: why it could not be, a moment ago; the script sends it again by itself.
    """
    unfinished = visit.journey.unfinished(state)
    if unfinished:
        return _show_again(visit, *unfinished)
    state = replace(state, reviewing=True, todo=())
    _keep_draft(visit, REVIEW, state)
    sections = visit.journey.review(state)
    page = render(
        "survey/review.html",
        visit.spoken,
        visit=visit,
        campaign=visit.campaign,
        changed=changed,
        suspended=suspended,
        sections=sections,
        unanswered=sum(not line.values for section in sections for line in section.lines),
        hidden={**visit.carried, **state.to_form()},
    )
    if suspended:
        again = {"Retry-After": str(suspended.retry_after)}
        return Response(page, suspended.status, again, mimetype="text/html")
    return (page, HTTPStatus.CONFLICT) if changed else page


def _save_for_later(visit: Visit, page: Page, state: State) -> str:
    _keep_draft(visit, page.id, state)
    return saved_page(visit, visit.url("answer", page_id=page.id), state)


def saved_page(
    visit: Visit, address: str, state: State, template: str = "survey/saved.html"
) -> str:
    """What to do to go on later, from `address`."""
    return render(
        template,
        visit.spoken,
        visit=visit,
        campaign=visit.campaign,
        address=address,
        hidden={**visit.carried, **state.to_form()},
    )


def _continue_elsewhere(visit: Visit, address: str, state: State) -> str:
    return saved_page(visit, address, state, "survey/elsewhere.html")


def _keep_draft(visit: Visit, page_id: str, state: State) -> None:
    """Keep where the agent is, for those whose browser cannot.

    A roll with a server of its own shows the second page without an urn to keep anything in.
    """
    if visit.script or Urn not in parts():
        return
    kept = {"page": page_id, "lang": visit.language, **state.to_form()}
    draft = json.dumps(kept, ensure_ascii=False).encode()
    if len(draft) <= LONGEST_DRAFT:
        part(Urn).save_draft(visit.campaign, visit.sig, draft)


def _thanks(visit: Visit, outcome: str) -> str:
    return render(
        "survey/done.html",
        visit.spoken,
        visit=visit,
        campaign=visit.campaign,
        again=outcome == "already",
        token=visit.nullifier.hex(),  # as the urn will be published
    )
