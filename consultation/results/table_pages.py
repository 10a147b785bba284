"""The analyst's pages for closed questions: participation, themes, comparisons, weights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from consultation.incoming import whole_number
from consultation.office.campaigns import Campaign
from consultation.office.figures import about
from consultation.office.pages import (
    current_account,
    role_required,
)
from consultation.office.sendings import BatchFigure, Sendings
from consultation.office.store import Campaigns, Figures, Journal
from consultation.parts import part
from consultation.questionnaire.columns import words
from consultation.questionnaire.model import Page
from consultation.refusals import Refusal
from consultation.results.analysis import Analysis, UnknownQuestion
from consultation.results.charts import HIDDEN, chart_rows, comparisons, crossed_rows, rows_of
from consultation.results.findings import Finding, Findings, Profile
from consultation.results.margins import read_margins
from consultation.spreadsheet import EXCEL, Cell, known_cell, write
from consultation.web import OFFICE, as_file

bp = Blueprint("tables", __name__, url_prefix=f"{OFFICE}/resultats/<slug>")
bp.add_app_template_filter(chart_rows)
bp.add_app_template_filter(words)


class OneAtATime(Refusal):
    """Un seul critère à la fois : croiser deux critères ferait deviner des effectifs masqués."""

    status = 422
    title = "Un critère à la fois"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A campaign, what was found, and its pages that hold a closed question."""

    campaign: Campaign
    found: Findings
    themes: tuple[Page, ...]


@bp.get("/participation")
@role_required("analyste")
def participation(slug: str) -> ResponseReturnValue:
    """Who was invited and how many ballots came, as published."""
    campaign = part(Campaigns).get(slug)
    return render_template(
        "results/participation.html",
        campaign=campaign,
        published=part(Figures).of(slug),
        about=about,
        batches=_batches(slug),
    )


@bp.get("/participation.csv")
@role_required("analyste")
def participation_file(slug: str) -> ResponseReturnValue:
    """The participation of each batch, as published."""
    campaign = part(Campaigns).get(slug)
    rows = [
        (one.name, one.invited, HIDDEN if one.issued is None else one.issued, one.day.isoformat())
        for one in _batches(campaign.slug)
    ]
    header = ("lot", "invités", "ont commencé (environ)", "publié le")
    return _csv(f"{slug}-participation", [header, *rows])


@bp.get("/themes")
@role_required("analyste")
def themes(slug: str) -> ResponseReturnValue:
    """Every theme, and what people may be compared by."""
    return render_template("results/themes.html", place=place_of(slug))


@bp.get("/themes/<page_id>")
@role_required("analyste")
def theme(slug: str, page_id: str) -> ResponseReturnValue:
    """The questions of a theme: charts and tables, of everyone or of one group."""
    place = place_of(slug)
    page = next((one for one in place.themes if one.id == page_id), None)
    if page is None:
        raise UnknownQuestion
    by, group = _group(place.found)
    shown = place.found.of_group(by.name, group) if by else place.found.findings
    return render_template(
        "results/theme.html",
        place=place,
        page=page,
        findings=[one for one in shown if one.page == page_id and one.lines],
        by=by,
        group=group,
    )


@bp.get("/questions/<question>")
@role_required("analyste")
def question(slug: str, question: str) -> ResponseReturnValue:
    """One question, compared by one profile."""
    place = place_of(slug)
    finding, by = _finding(place.found, question), _by(place.found)
    return render_template(
        "results/question.html",
        place=place,
        finding=finding,
        by=by,
        comparisons=comparisons(place.found, finding, by) if by else (),
    )


@bp.get("/questions/<question>.csv")
@role_required("analyste")
def question_file(slug: str, question: str) -> ResponseReturnValue:
    """The table of a question, of everyone or by one profile."""
    place = place_of(slug)
    finding, by = _finding(place.found, question), _by(place.found)
    if by is None:
        return _csv(f"{slug}-{question}", rows_of(finding, place.found.method))
    tables = place.found.crossings[by.name]
    rows = crossed_rows(finding, [tables.get(line.name) for line in finding.lines], by)
    return _csv(f"{slug}-{question}-{by.name}", rows)


@bp.get("/redressement")
@role_required("analyste")
def weighting(slug: str) -> ResponseReturnValue:
    """What is known of the population, and what it changes."""
    return _weighting_page(place_of(slug), ())


@bp.post("/redressement")
@role_required("analyste")
def set_weighting(slug: str) -> ResponseReturnValue:
    """Know the margins of a file, in the place of those known."""
    place, file = place_of(slug), request.files.get("fichier")
    read = read_margins(file.read() if file else b"", place.found)
    if read.problems:
        return _weighting_page(place, read.problems), 422
    part(Analysis).set_margins(place.campaign, read.people)
    questions = ", ".join(read.people) or "aucune question"
    part(Journal).write(current_account().login, "redressement changé", f"{slug}, {questions}")
    return redirect(url_for("tables.weighting", slug=slug), 303)


@bp.get("/redressement/modele.csv")
@role_required("analyste")
def margins_model(slug: str) -> ResponseReturnValue:
    """The file to fill: every answer to every profile question."""
    place = place_of(slug)
    rows = [
        (one.name, known_cell(code), known_cell(label), "")
        for one in place.found.profiles
        for code, label in zip(one.codes, one.groups, strict=True)
        if code in one.answers and one.weighs
    ]
    return _csv(f"{slug}-population", [("question", "code", "réponse", "effectif"), *rows])


def place_of(slug: str) -> Place:
    """The campaign and what was found; NotCounted before the first release."""
    campaign = part(Campaigns).get(slug)
    found = part(Analysis).of(campaign)
    kept = {one.page for one in found.findings}
    pages = tuple(page for page in campaign.questionnaire.pages if page.id in kept)
    return Place(campaign=campaign, found=found, themes=pages)


def _batches(slug: str) -> list[BatchFigure]:
    """What is published of each batch, by name."""
    sendings = part(Sendings)
    return sorted(sendings.figures(slug).values(), key=lambda one: one.name)


def _finding(found: Findings, question: str) -> Finding:
    finding = found.by_question.get(question)
    if finding is None:
        raise UnknownQuestion
    return finding


def _by(found: Findings) -> Profile | None:
    """The one profile to compare by; two at once would give back what is hidden."""
    asked = [one for one in request.args.getlist("par") if one]
    if len(asked) > 1:
        raise OneAtATime
    if not asked:
        return None
    profile = found.profile(asked[0])
    if profile is None:
        raise UnknownQuestion
    return profile


def _group(found: Findings) -> tuple[Profile | None, int]:
    """The one group to show, « question:number »."""
    asked = [one for one in request.args.getlist("groupe") if one]
    if len(asked) > 1 or (asked and request.args.get("par")):
        raise OneAtATime
    if not asked:
        return None, 0
    name, _, typed = asked[0].rpartition(":")
    profile, chosen = found.profile(name), whole_number(typed)
    if profile is None or chosen is None or chosen >= len(profile.groups):
        raise UnknownQuestion
    return profile, chosen


def _weighting_page(place: Place, problems: Sequence[str]) -> str:
    return render_template(
        "results/redressement.html",
        place=place,
        known=part(Analysis).margins(place.campaign),
        problems=problems,
    )


def _csv(name: str, rows: Iterable[Sequence[Cell]]) -> Response:
    return as_file(Response(write(rows, EXCEL), mimetype="text/csv"), f"{name}.csv")
