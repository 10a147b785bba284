"""The report to take out, and the results that anyone may read once they are published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from consultation.days import Clock
from consultation.formatting import PARIS
from consultation.office.campaigns import Campaign
from consultation.office.pages import (
    current_account,
    role_required,
)
from consultation.office.store import Campaigns, Journal
from consultation.parts import part
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


@bp.get("/rapport")
@role_required("analyste")
def report(slug: str) -> ResponseReturnValue:
    """The report to take out, and the page to publish."""
    place, known = place_of(slug), part(Publications).get(slug)
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
    made = part(Reporting).report(place.campaign, page=form.get("theme", ""), by=by, group=group)
    kind = "pdf" if form.get("format") == "pdf" else "html"
    page = html(made, part(Clock)().astimezone(PARIS).date())
    content = pdf(page) if kind == "pdf" else page.encode()
    said = ", ".join(filter(None, (slug, form.get("theme"), form.get("groupe"), kind)))
    part(Journal).write(current_account().login, "rapport sorti", said)
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
    made = part(Reporting).report(place.campaign)
    answers = {page.id: _typed(f"reponse-{page.id}") for page in place.campaign.questionnaire.pages}
    content = made.answered(_typed("reponse"), answers).to_json()
    part(Publications).publish(slug, content)
    part(Journal).write(current_account().login, "résultats publiés", slug)
    return redirect(url_for("reports.report", slug=slug), 303)


@bp.post("/publication/retirer")
@role_required("analyste")
def withdraw(slug: str) -> ResponseReturnValue:
    """Let nobody read them any more."""
    campaign = part(Campaigns).get(slug)
    part(Publications).withdraw(campaign.slug)
    part(Journal).write(current_account().login, "résultats retirés", slug)
    return redirect(url_for("reports.report", slug=slug), 303)


@published.get("")
def every_result() -> ResponseReturnValue:
    """The campaigns whose results are published."""
    days = part(Publications).all()
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
    known = part(Publications).get(slug)
    if known is None:
        raise NotPublished
    content, day = known
    return Report.from_json(content), day


def _published(slugs: list[str]) -> Iterator[Campaign]:
    return (one for one in part(Campaigns).all() if one.slug in slugs)


def _typed(name: str) -> str:
    return request.form.get(name, "").replace("\r\n", "\n").strip()[:LONGEST_ANSWER]
