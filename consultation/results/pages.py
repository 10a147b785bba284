"""The analyst's pages: how far each count is, and the files of a closed consultation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import (
    Blueprint,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, Form, SelectMultipleField, StringField
from wtforms.validators import DataRequired, Length

from consultation.formatting import number_fr
from consultation.office.campaigns import PHASE_WORDS, Campaign
from consultation.office.figures import about
from consultation.office.pages import (
    current_account,
    role_required,
)
from consultation.office.store import Campaigns, Figures
from consultation.parts import part
from consultation.results.disclosure import K
from consultation.results.export import Results
from consultation.results.extracting import KEPT, LINK_FOR, Extracting, NoExtraction
from consultation.results.formats import FORMAT_WORDS, FORMATS, Wanted, available
from consultation.web import OFFICE

bp = Blueprint("results", __name__, url_prefix=f"{OFFICE}/resultats")


class AskingForm(Form):
    """What is asked for, and why: the journal keeps it."""

    purpose = StringField(
        "À quoi ces données vont-elles servir ?",
        [
            DataRequired("Écrivez à quoi ces données vont servir."),
            Length(max=200, message="Le motif compte au plus 200 caractères."),
        ],
        filters=[lambda typed: (typed or "").strip()],
    )
    formats = SelectMultipleField("Autres formats", validate_choice=False)
    labels = BooleanField("Écrire les libellés plutôt que les codes")
    unread = BooleanField("Joindre aussi les textes que personne n’a relus")

    @property
    def wanted(self) -> Wanted:
        """The choices made; a format that does not exist is left out."""
        chosen = frozenset(one for one in FORMATS if one in (self.formats.data or []))
        return Wanted(formats=chosen, labels=bool(self.labels.data), unread=bool(self.unread.data))


@dataclass(frozen=True, kw_only=True)
class Line:
    """What the analyst may know of one campaign now."""

    campaign: Campaign
    words: str
    released: str
    published: date | None
    ready: bool


@bp.get("")
@role_required("analyste")
def campaigns() -> ResponseReturnValue:
    """Every campaign, and how far its count is."""
    lines = [_line(campaign) for campaign in part(Campaigns).all()]
    return render_template("results/campaigns.html", lines=lines)


@bp.get("/<slug>")
@role_required("analyste")
def campaign(slug: str) -> ResponseReturnValue:
    """One campaign: what its files hold, the form that asks for them, those that are ready."""
    return _campaign_page(part(Campaigns).get(slug), AskingForm())


@bp.post("/<slug>")
@role_required("analyste")
def ask(slug: str) -> ResponseReturnValue:
    """Ask for the files; the journal keeps who does and why."""
    found, form = part(Campaigns).get(slug), AskingForm(request.form)
    if not form.validate():
        return _campaign_page(found, form), 422
    asked = part(Extracting).ask(
        found, current_account().login, form.purpose.data or "", form.wanted
    )
    return redirect(url_for("results.files", slug=slug, extraction=asked.id.hex()), 303)


@bp.get("/<slug>/fichiers/<extraction>")
@role_required("analyste")
def files(slug: str, extraction: str) -> ResponseReturnValue:
    """The files asked for: how far they are, what their protection cost, and a link to them."""
    extracting, found = part(Extracting), part(Campaigns).get(slug)
    asked = extracting.get(slug, _known(extraction), current_account().login)
    return render_template(
        "results/fichiers.html",
        campaign=found,
        asked=asked,
        until=asked.asked_at + KEPT,
        ready=extracting.files(asked) if asked.state == "ready" else None,
        link=extracting.link(asked),
        minutes=LINK_FOR.total_seconds() // 60,
    )


@bp.get("/<slug>/telecharger/<link>")
@role_required("analyste")
def download(slug: str, link: str) -> ResponseReturnValue:
    """The zip, for whoever asked for it, as long as the link holds."""
    extracting = part(Extracting)
    found = extracting.follow(slug, link, current_account().login)
    path = extracting.files(found).path
    response = send_file(
        path, mimetype="application/zip", as_attachment=True, download_name=f"{slug}.zip"
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _known(extraction: str) -> bytes:
    try:
        return bytes.fromhex(extraction)
    except ValueError as error:
        raise NoExtraction from error


def _campaign_page(campaign: Campaign, form: AskingForm) -> str:
    return render_template(
        "results/campaign.html",
        line=_line(campaign),
        form=form,
        formats=[(one, FORMAT_WORDS[one]) for one in available()],
        asked=part(Extracting).of(campaign.slug, current_account().login),
        k=K,
    )


def _line(campaign: Campaign) -> Line:
    """What was published at the last release; the very count once no ballot can come any more."""
    published, ready = part(Figures).of(campaign.slug), part(Results).ready(campaign)
    return Line(
        campaign=campaign,
        words=PHASE_WORDS[part(Campaigns).phase(campaign)],
        released=(
            number_fr(part(Results).counts(campaign).ballots)
            if ready
            else about(published.number("ballots") or 0)
        ),
        published=published.day("ballots"),
        ready=ready,
    )
