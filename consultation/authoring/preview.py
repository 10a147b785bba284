"""Shows a questionnaire as its agents will see it; nothing is kept, and there is no base at all.

The pages, their reading and their review are those of the survey. What this application lacks is an
urn: its forms go from page to page, and « Envoyer » ends on a page that says nothing was sent.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from flask import Blueprint, Flask, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consultation.authoring.reports import Report, as_text
from consultation.authoring.sheet import Sheet, sheet_of
from consultation.ballots.journey import State
from consultation.ballots.pages import (
    Answer,
    Visit,
    init_survey,
    render_page,
    review_page,
    show,
    submitted,
    turn,
)
from consultation.config import Settings, shipped
from consultation.days import Clock, end_of
from consultation.formatting import PARIS
from consultation.office.campaigns import Campaign
from consultation.parts import Application, part
from consultation.questionnaire.languages import name_of
from consultation.questionnaire.loading import Loaded, load
from consultation.questionnaire.model import Page, Questionnaire
from consultation.questionnaire.rules import Rulebook
from consultation.refusals import Refusal
from consultation.web import STATIC, init_web, render

SLUG = "apercu"
NOBODY = b"apercu"  # where agents carry a credential
OPEN_FOR = timedelta(days=30)
STYLE = "apercu.css"

# The pages of the survey name their addresses after its blueprint.
bp = Blueprint("survey", __name__)


class Broken(Refusal):
    """Corrigez le fichier, puis rechargez cette page."""

    status = 422
    title = "Le questionnaire contient des erreurs"
    template = "apercu/erreurs.html"

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.problems = as_text([report])


class Draft:
    """The questionnaire of a file, read again when the file, or a list beside it, has changed.

    It is shown first in this `language`; empty: in its own.
    """

    def __init__(self, path: Path, language: str = "") -> None:
        self.language = language
        self._path = path
        self._loaded = load(path)
        self._read = self._state()

    @property
    def questionnaire(self) -> Questionnaire:
        """As the file says it now; Broken when it has errors."""
        if self._state() != self._read:
            self._loaded = load(self._path)
            self._read = self._state()
        return usable(self._path, self._loaded)

    def _state(self) -> tuple[object, ...]:
        lists = (self._path.parent / name for name in sorted(self._loaded.lists))
        return tuple(_stamp(path) for path in (self._path, *lists))


def usable(path: Path, loaded: Loaded) -> Questionnaire:
    """The questionnaire that was loaded; Broken when it has errors."""
    if loaded.questionnaire is None:
        raise Broken(Report(path=path, loaded=loaded))
    return loaded.questionnaire


def create_preview(path: Path, clock: Callable[[], datetime], language: str = "") -> Application:
    """The application that shows this file, first in this language."""
    app = Application("apercu", template_folder=str(shipped("templates")))
    nothing = Settings(
        secret_key="",
        roll_url="",
        box_url="",
        office_url="",
        keys=Path(),
        public_url="",
        sides=frozenset(),
    )
    for made in (nothing, Clock(clock), Draft(path, language)):
        app.parts.add(made)
    init_web(app)
    init_survey(app)
    app.jinja_env.globals["preview"] = True
    app.register_blueprint(bp)
    return app


def sheet_file(app: Flask) -> str:
    """The page with everything, styles included: nothing is asked of any server."""
    with app.app_context():
        style = (STATIC / STYLE).read_text("utf-8")
        return render_template("apercu/fichier.html", sheet=_sheet(), style=style)


@bp.get("/")
def home() -> str:
    """Who may answer, in which language; and everything on one page."""
    q = _questionnaire()
    languages = {language: name_of(language) for language in q.languages}
    return render_template("apercu/accueil.html", q=q, languages=languages, slug=SLUG)


@bp.get("/apercu/tout")
def everything() -> str:
    """Every page, question and answer, on paper too."""
    return render_template("apercu/tout.html", sheet=_sheet())


@bp.get("/q")
def any_landing() -> Response:
    """Where a code would be typed: a preview asks for none."""
    return redirect(url_for("survey.home"))


@bp.get("/transparence")
@bp.get("/transparence/<campaign>")
@bp.get("/guichet/rappels")
def elsewhere(campaign: str = "") -> str:
    """Where links lead that only a real consultation has."""
    return render_template("apercu/ailleurs.html")


@bp.get("/q/<campaign>/<audience>")
def landing(campaign: str, audience: str) -> str:
    """Where the link of the message leads; any code opens it."""
    visit = _visit(campaign, audience)
    return render(
        "survey/landing.html",
        visit.spoken,
        visit=visit,
        campaign=visit.campaign,
        closing=False,
        entry=visit.url("start"),
    )


@bp.post("/q/<campaign>/<audience>/commencer")
def start(campaign: str, audience: str) -> Answer:
    """The first page."""
    visit = _visit(campaign, audience)
    state = _new_state()
    return show(visit, visit.journey.first(state), state)


@bp.get("/q/<campaign>/<audience>/commencer")
@bp.get("/q/<campaign>/<audience>/relire")
@bp.get("/q/<campaign>/<audience>/envoyer")
def reopened(campaign: str, audience: str) -> Response:
    """An address opened without its form."""
    return redirect(url_for("survey.landing", campaign=campaign, audience=audience))


@bp.get("/q/<campaign>/<audience>/pages/<page_id>")
def arrive(campaign: str, audience: str, page_id: str) -> Answer:
    """A page by its address, nothing answered before; the first one when that hides it."""
    visit = _visit(campaign, audience)
    return show(visit, _page(visit, page_id), _new_state())


@bp.post("/q/<campaign>/<audience>/pages/<page_id>")
def answer(campaign: str, audience: str, page_id: str) -> Answer:
    """Read a page, then show the one asked for."""
    visit = _visit(campaign, audience)
    page, sent = _page(visit, page_id), submitted(request.form)
    state = State.from_form(visit.rules, request.form)
    action = request.form.get("action", "suite")
    if action in ("plus-tard", "ailleurs"):
        kept = visit.journey.keep(page, sent, state)
        return _nothing_kept(visit, visit.url("answer", page_id=page.id), kept)
    return turn(visit, page, state, sent, action)


@bp.post("/q/<campaign>/<audience>/relire")
def review(campaign: str, audience: str) -> Answer:
    """Everything answered, to read again; or the page to change."""
    visit = _visit(campaign, audience)
    state = State.from_form(visit.rules, request.form)
    action = request.form.get("action", "")
    visit = visit.heeding(action)
    changed = request.form.get("modifier")
    if changed:
        return show(visit, _page(visit, changed), replace(state, reviewing=True))
    if action in ("plus-tard", "ailleurs"):
        return _nothing_kept(visit, visit.url("review"), state)
    return review_page(visit, state)


@bp.post("/q/<campaign>/<audience>/envoyer")
def send(campaign: str, audience: str) -> Answer:
    """The end, where nothing is sent; what agents could not send is shown again."""
    visit = _visit(campaign, audience)
    state = State.from_form(visit.rules, request.form)
    unfinished = visit.journey.unfinished(state)
    if unfinished:
        page, reading = unfinished
        return render_page(
            visit, page, reading.state, visit.journey.sheet_again(page, reading)
        ), 422
    return render_template("apercu/fin.html", visit=visit, campaign=visit.campaign)


def _questionnaire() -> Questionnaire:
    return part(Draft).questionnaire


def _sheet() -> Sheet:
    return sheet_of(_questionnaire(), part(Draft).language)


class _Visit(Visit):
    """Its pages are those of an agent with a script, but no script keeps anything of them."""

    @property
    def carried(self) -> Mapping[str, str]:
        """With what says so."""
        return {**super().carried, "script": "0"}


def _visit(slug: str, audience: str) -> Visit:
    q = _questionnaire()
    if slug != SLUG or audience not in dict(q.audiences):
        abort(404)
    visit = _Visit(campaign=_campaign(q), audience=audience, msg=NOBODY, sig=NOBODY)
    spoken = request.values.get("lang")
    if spoken is None and request.method == "GET":
        spoken = part(Draft).language
    return visit.speaking(spoken or "")


def _nothing_kept(visit: Visit, address: str, state: State) -> str:
    hidden = {**visit.carried, **state.to_form()}
    return render_template(
        "apercu/garde.html", visit=visit, campaign=visit.campaign, address=address, hidden=hidden
    )


def _campaign(q: Questionnaire) -> Campaign:
    now = part(Clock)()
    return Campaign(
        slug=SLUG,
        urn=b"",
        title=str(q.title),
        questionnaire=q,
        rulebook=Rulebook(q),
        digest=q.digest,
        state="open",
        opens=now,
        closes=end_of((now + OPEN_FOR).astimezone(PARIS).date()),
        grace_until=None,
        pool=0,
        export_key=b"",
        keys={},
    )


def _page(visit: Visit, page_id: str) -> Page:
    page = visit.rules.page(page_id)
    return page or visit.journey.first(State())


def _new_state() -> State:
    return State(seed=secrets.token_hex(16))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_mtime_ns, told.st_size
