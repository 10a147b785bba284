"""The report to take out, and the results that anyone may read once they are published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from consultation.formatting import PARIS
from consultation.office.campaigns import Campaign
from consultation.office.pages import (
    current_account,
    role_required,
    the_campaigns,
    the_journal,
)
from consultation.refusals import Refusal
from consultation.results.analysis import UnknownQuestion
from consultation.results.rendering import html, pdf
from consultation.results.report import NotFinal, Report, Reporting
from consultation.results.store import Publications
from consultation.results.table_pages import place_of
from consultation.web import OFFICE, as_file

bp = Blueprint("reports", __name__, url_prefix=f"{OFFICE}/resultats/<slug>")
published = Blueprint("published", __name__, url_prefix="/resultats")
"""What anyone may read, on every server: it asks the office's store alone."""

LONGEST_ANSWER = 4000


class NotPublished(Refusal):
    """Les résultats de cette consultation ne sont pas publiés."""

    status = 404
    title = "Résultats non publiés"


class NotAgreed(Refusal):
    """Cochez que vous avez relu ce qui sera publié, puis publiez."""

    status = 422
    title = "Relecture à confirmer"


def the_reporting() -> Reporting:
    """The reports of this application."""
    reporting: Reporting = current_app.extensions["reporting"]
    return reporting


def the_publications() -> Publications:
    """What this application publishes."""
    publications: Publications = current_app.extensions["publications"]
    return publications


@bp.get("/rapport")
@role_required("analyste")
def report(slug: str) -> ResponseReturnValue:
    """The report to take out, and the page to publish."""
    place, known = place_of(slug), the_publications().get(slug)
    said = Report.from_json(known[0]) if known else None
    answers = {one.page: one.answer for one in said.chapters} if said else {}
    return render_template(
        "results/rapport.html",
        place=place,
        published=known[1] if known else None,
        answers=answers | ({"": said.answer} if said else {}),
    )


@bp.post("/rapport")
@role_required("analyste")
def take(slug: str) -> ResponseReturnValue:
    """The report as a file; the journal keeps who took it."""
    place, form = place_of(slug), request.form
    by, _, group = form.get("groupe", "").partition(":")
    made = the_reporting().report(place.campaign, page=form.get("theme", ""), by=by, group=group)
    kind = "pdf" if form.get("format") == "pdf" else "html"
    page = html(made, current_app.extensions["clock"]().astimezone(PARIS).date())
    content = pdf(page) if kind == "pdf" else page.encode()
    said = ", ".join(filter(None, (slug, form.get("theme"), form.get("groupe"), kind)))
    the_journal().write(current_account().login, "rapport sorti", said)
    response = Response(content, mimetype="application/pdf" if kind == "pdf" else "text/html")
    name = "-".join(filter(None, (slug, form.get("theme"), group)))
    return as_file(response, f"{name}.{kind}")


@bp.post("/publication")
@role_required("analyste")
def publish(slug: str) -> ResponseReturnValue:
    """Let anyone read the results, as they are now."""
    place = place_of(slug)
    if not place.found.method.final:
        raise NotFinal
    if not request.form.get("accord"):
        raise NotAgreed
    made = the_reporting().report(place.campaign)
    answers = {page.id: _typed(f"reponse-{page.id}") for page in place.campaign.questionnaire.pages}
    content = made.answered(_typed("reponse"), answers).to_json()
    the_publications().publish(slug, content)
    the_journal().write(current_account().login, "résultats publiés", slug)
    return redirect(url_for("reports.report", slug=slug), 303)


@bp.post("/publication/retirer")
@role_required("analyste")
def withdraw(slug: str) -> ResponseReturnValue:
    """Let nobody read them any more."""
    campaign = the_campaigns().get(slug)
    the_publications().withdraw(campaign.slug)
    the_journal().write(current_account().login, "résultats retirés", slug)
    return redirect(url_for("reports.report", slug=slug), 303)


@published.get("")
def every_result() -> ResponseReturnValue:
    """The campaigns whose results are published."""
    days = the_publications().all()
    lines = [(one.title, one.slug, days[one.slug]) for one in _published(list(days))]
    return render_template("results/publics.html", lines=lines)


@published.get("/<slug>")
def results(slug: str) -> ResponseReturnValue:
    """« Ce que vous avez dit »: what is done about it, and the themes."""
    report, day = _known(slug)
    return render_template("results/public.html", slug=slug, report=report, day=day)


@published.get("/<slug>/<page_id>")
def theme(slug: str, page_id: str) -> ResponseReturnValue:
    """What was said about one theme."""
    report, day = _known(slug)
    chapter = next((one for one in report.chapters if one.page == page_id), None)
    if chapter is None:
        raise UnknownQuestion
    return render_template(
        "results/public-theme.html", slug=slug, report=report, day=day, chapter=chapter
    )


def _known(slug: str) -> tuple[Report, date]:
    known = the_publications().get(slug)
    if known is None:
        raise NotPublished
    content, day = known
    return Report.from_json(content), day


def _published(slugs: list[str]) -> Iterator[Campaign]:
    return (one for one in the_campaigns().all() if one.slug in slugs)


def _typed(name: str) -> str:
    return request.form.get(name, "").replace("\r\n", "\n").strip()[:LONGEST_ANSWER]
