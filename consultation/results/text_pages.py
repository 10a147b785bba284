"""The analyst's pages for open texts: search, review, coding, groups, samples."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form, StringField
from wtforms.validators import DataRequired, Length

from consultation.office.campaigns import Campaign
from consultation.office.pages import (
    current_account,
    role_required,
)
from consultation.office.store import Campaigns, Journal
from consultation.parts import part
from consultation.results.coding import MACHINE, kappa_words
from consultation.results.corpus import Corpus, OpenQuestion, UnknownText
from consultation.results.export import NotClosed, Results
from consultation.results.reviewing import Decision, Reviewing
from consultation.results.sampling import at_random, representative
from consultation.results.statistics import Interval
from consultation.results.store import UnknownTag
from consultation.results.tagging import LONGEST_NAME, Counts, Tagging
from consultation.spreadsheet import write
from consultation.web import OFFICE, as_file

bp = Blueprint("texts", __name__, url_prefix=f"{OFFICE}/resultats/<slug>/textes")

SHOWN = 50
AT_ONCE = 10
SAMPLE_SIZES = (20, 50, 100, 200)
HEADINGS = (
    *("question", "étiquette", "territoire", "personnes", "base"),
    *("part en %", "de", "à", "remarque"),
)
ACTION_WORDS = {
    "review": "décision",
    "reopen": "remis à lire",
    "choose": "choisi",
    "unchoose": "n’est plus choisi",
    "code": "codé",
}
KINDS: Mapping[str, str] = {
    "hasard": "tirés au hasard",
    "representatif": "répartis comme l’ensemble, par territoire et par groupe",
}


Cells = tuple[str | int | float | None, ...]


class TagForm(Form):
    """A tag of the coding frame."""

    words = StringField(
        "Nom de l’étiquette",
        [
            DataRequired("Écrivez le nom de l’étiquette."),
            Length(max=LONGEST_NAME, message="Le nom compte au plus 60 caractères."),
        ],
        filters=[lambda typed: " ".join((typed or "").split())],
        description="Ce dont parlent les textes, en peu de mots.",
    )
    definition = StringField(
        "Définition",
        [Length(max=300, message="La définition compte au plus 300 caractères.")],
        filters=[lambda typed: " ".join((typed or "").split())],
        description="Ce qui y entre, ce qui n’y entre pas : deux personnes doivent coder de même.",
    )


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a page is: a campaign and one of its open questions."""

    campaign: Campaign
    question: OpenQuestion


@bp.get("")
@role_required("analyste")
def questions(slug: str) -> ResponseReturnValue:
    """Every open question, and how far its reading is."""
    campaign = _closed(slug)
    if not part(Corpus).prepared(campaign):
        return render_template("results/textes-attente.html", campaign=campaign)
    return render_template(
        "results/textes.html",
        campaign=campaign,
        lines=part(Reviewing).progress(campaign),
        coded=part(Tagging).progress(campaign),
    )


@bp.get("/<name>")
@role_required("analyste")
def question(slug: str, name: str) -> ResponseReturnValue:
    """The texts of a question, searched."""
    place, query, page = _place(slug, name), request.args.get("mots", "").strip(), _page()
    with part(Corpus).opened(place.campaign, name) as sayings:
        found = sayings.search(query[:200], start=SHOWN * (page - 1), limit=SHOWN)
    return render_template(
        "results/textes-question.html",
        place=place,
        query=query,
        found=found,
        lines=part(Reviewing).lines(place.campaign, found.lines),
        page=page,
        pages=-(-found.texts // SHOWN),
        here=_here(place, mots=query),
    )


@bp.get("/<name>/relire")
@role_required("analyste")
def queue(slug: str, name: str) -> ResponseReturnValue:
    """The next texts to read, with what to decide."""
    place = _place(slug, name)
    sayings = part(Reviewing).queue(place.campaign, name, current_account().login, AT_ONCE)
    (progress,) = (
        one for one in part(Reviewing).progress(place.campaign) if one.question.name == name
    )
    return render_template(
        "results/textes-relire.html", place=place, sayings=sayings, progress=progress
    )


@bp.post("/<name>/relire")
@role_required("analyste")
def decide(slug: str, name: str) -> ResponseReturnValue:
    """Keep what was decided, and show the next ones."""
    place, rest = _place(slug, name), request.form.get("rest") == "accept"
    decisions = {
        saying: decision
        for saying in _sayings_of_the_form()
        if (decision := _decision(saying, rest=rest))
    }
    part(Reviewing).decide(place.campaign, name, decisions)
    _tell("textes relus", place, f"{len(decisions)} textes")
    return redirect(url_for("texts.queue", slug=slug, name=name), 303)


@bp.get("/<name>/un/<saying>")
@role_required("analyste")
def one(slug: str, name: str, saying: str) -> ResponseReturnValue:
    """One text: what was decided, what was put on it."""
    place, one_id = _place(slug, name), _id(saying)
    with part(Corpus).opened(place.campaign, name) as sayings:
        found = sayings.get([one_id])
    if not found:
        raise UnknownText
    (shown,) = part(Reviewing).shown(place.campaign, found)
    return render_template(
        "results/textes-un.html",
        place=place,
        shown=shown,
        frame=part(Tagging).frame(place.campaign, name),
        tags=part(Tagging).of(place.campaign, name, current_account().login, one_id),
    )


@bp.post("/<name>/un/<saying>")
@role_required("analyste")
def change(slug: str, name: str, saying: str) -> ResponseReturnValue:
    """Decide again about one text, choose it, or put other tags on it."""
    place, one_id, login = _place(slug, name), _id(saying), current_account().login
    action = request.form.get("action", "")
    match action:
        case "review" if decision := _decision(one_id, rest=False):
            part(Reviewing).decide(place.campaign, name, {one_id: decision})
        case "reopen":
            part(Reviewing).reopen(place.campaign, name, one_id)
        case "choose" | "unchoose":
            part(Reviewing).choose(place.campaign, name, one_id, chosen=action == "choose")
        case "code":
            part(Tagging).code(place.campaign, name, login, {one_id: _tags(one_id)})
    _tell("texte revu", place, ACTION_WORDS.get(action, "rien"))
    return redirect(url_for("texts.one", slug=slug, name=name, saying=saying), 303)


@bp.get("/<name>/etiquettes")
@role_required("analyste")
def frame(slug: str, name: str) -> ResponseReturnValue:
    """The coding frame, what it adds up to, how far coders agree."""
    return _frame_page(_place(slug, name), TagForm())


@bp.post("/<name>/etiquettes")
@role_required("analyste")
def add_tag(slug: str, name: str) -> ResponseReturnValue:
    """Add a tag to the frame."""
    place, form = _place(slug, name), TagForm(request.form)
    if not form.validate():
        return _frame_page(place, form), 422
    part(Tagging).add(place.campaign, name, form.words.data or "", form.definition.data or "")
    _tell("étiquette créée", place, form.words.data or "")
    return redirect(url_for("texts.frame", slug=slug, name=name), 303)


@bp.get("/<name>/etiquettes/<tag>")
@role_required("analyste")
def tag(slug: str, name: str, tag: str) -> ResponseReturnValue:
    """The texts that bear a tag, and its words."""
    place = _place(slug, name)
    known = {one.id: one for one in part(Tagging).frame(place.campaign, name)}
    found = known.get(_id(tag))
    if found is None:
        raise UnknownTag
    return _tag_page(place, tag, TagForm(words=found.name, definition=found.description))


@bp.post("/<name>/etiquettes/<tag>")
@role_required("analyste")
def change_tag(slug: str, name: str, tag: str) -> ResponseReturnValue:
    """Change the words of a tag, or take it out of the frame."""
    place, form = _place(slug, name), TagForm(request.form)
    if request.form.get("action") == "remove":
        part(Tagging).remove(place.campaign, name, _id(tag))
        _tell("étiquette changée", place, "supprimée")
        return redirect(url_for("texts.frame", slug=slug, name=name), 303)
    if not form.validate():
        return _tag_page(place, tag, form), 422
    part(Tagging).rename(
        place.campaign, name, _id(tag), form.words.data or "", form.definition.data or ""
    )
    _tell("étiquette changée", place, form.words.data or "")
    return redirect(url_for("texts.frame", slug=slug, name=name), 303)


@bp.get("/<name>/etiquettes.csv")
@role_required("analyste")
def counts(slug: str, name: str) -> ResponseReturnValue:
    """The coded counts, as they may leave."""
    place = _place(slug, name)
    counted = part(Tagging).counts(place.campaign, name)
    _tell("comptes codés sortis", place, f"{len(counted.tags)} étiquettes")
    response = Response(write(_rows(place, counted)), mimetype="text/csv")
    return as_file(response, f"{slug}-{name}-etiquettes.csv")


@bp.get("/<name>/coder")
@role_required("analyste")
def coding(slug: str, name: str) -> ResponseReturnValue:
    """The next texts to code, for the first time or after somebody else."""
    place, again = _place(slug, name), "double" in request.args
    tagging, login = part(Tagging), current_account().login
    return render_template(
        "results/textes-coder.html",
        place=place,
        again=again,
        frame=tagging.frame(place.campaign, name),
        sayings=tagging.queue(place.campaign, name, login, AT_ONCE, again=again),
    )


@bp.post("/<name>/coder")
@role_required("analyste")
def code(slug: str, name: str) -> ResponseReturnValue:
    """Keep what was put on these texts, and show the next ones."""
    place, login = _place(slug, name), current_account().login
    done = [one for one in _sayings_of_the_form() if f"fait-{one.hex()}" in request.form]
    part(Tagging).code(place.campaign, name, login, {one: _tags(one) for one in done})
    _tell("textes codés", place, f"{len(done)} textes")
    again = "1" if request.form.get("double") else None
    return redirect(url_for("texts.coding", slug=slug, name=name, double=again), 303)


@bp.get("/<name>/groupes")
@role_required("analyste")
def clusters(slug: str, name: str) -> ResponseReturnValue:
    """What a machine put together, with typical texts."""
    place = _place(slug, name)
    with part(Corpus).opened(place.campaign, name) as sayings:
        found = [(one, sayings.members(one.number, 5)) for one in sayings.clusters()]
    return render_template("results/textes-groupes.html", place=place, clusters=found)


@bp.post("/<name>/groupes/<int:cluster>")
@role_required("analyste")
def adopt(slug: str, name: str, cluster: int) -> ResponseReturnValue:
    """Make a tag of a group."""
    place, form = _place(slug, name), TagForm(request.form)
    if not form.validate():
        return redirect(url_for("texts.clusters", slug=slug, name=name), 303)
    part(Tagging).adopt(place.campaign, name, cluster, form.words.data or "")
    _tell("étiquette créée", place, f"{form.words.data}, d’un groupe automatique")
    return redirect(url_for("texts.frame", slug=slug, name=name), 303)


@bp.get("/<name>/echantillon")
@role_required("analyste")
def sample(slug: str, name: str) -> ResponseReturnValue:
    """A sample to read: the same address shows the same texts."""
    place, kind = _place(slug, name), _kind()
    size = min(max(request.args.get("taille", 50, int), 1), SAMPLE_SIZES[-1])
    draw = request.args.get("tirage", 1, int)
    rng = random.Random(f"{slug}/{name}/{draw}")  # noqa: S311 - drawn again by whoever asks
    with part(Corpus).opened(place.campaign, name) as sayings:
        strata = sayings.strata()
        if kind == "representatif":
            numbers = representative([stratum[1:] for stratum in strata], size, rng)
        else:
            numbers = at_random(len(strata), size, rng)
        found = sayings.get(strata[number][0] for number in numbers)
    return render_template(
        "results/textes-echantillon.html",
        place=place,
        kind=kind,
        kinds=KINDS,
        size=size,
        sizes=SAMPLE_SIZES,
        draw=draw,
        texts=part(Reviewing).shown(place.campaign, found),
    )


def _closed(slug: str) -> Campaign:
    campaign = part(Campaigns).get(slug)
    results = part(Results)
    if not results.ready(campaign):
        raise NotClosed
    return campaign


def _place(slug: str, name: str) -> Place:
    campaign = _closed(slug)
    return Place(campaign=campaign, question=part(Corpus).question(campaign, name))


def _tell(action: str, place: Place, what: str) -> None:
    """One line of the journal: which question, how much; never a text."""
    said = f"{place.campaign.slug}, {place.question.name}, {what}"
    part(Journal).write(current_account().login, action, said)


def _page() -> int:
    return min(max(request.args.get("page", 1, int), 1), 100_000)


def _kind() -> str:
    kind = request.args.get("sorte", "hasard")
    return kind if kind in KINDS else "hasard"


def _here(place: Place, **asked: str) -> str:
    """The address of this page with what was asked, to add a page number to."""
    address = url_for("texts.question", slug=place.campaign.slug, name=place.question.name)
    said = urlencode({name: value for name, value in asked.items() if value})
    return f"{address}?{said}&" if said else f"{address}?"


def _id(written: str) -> bytes:
    try:
        return bytes.fromhex(written)
    except ValueError as error:
        raise UnknownText from error


def _sayings_of_the_form() -> list[bytes]:
    return [_id(written) for written in request.form.getlist("texte")[: 2 * AT_ONCE]]


def _decision(saying: bytes, *, rest: bool) -> Decision | None:
    """What the form says of this text; None when nothing was decided."""
    chosen = request.form.get(f"etat-{saying.hex()}")
    text = request.form.get(f"modifie-{saying.hex()}", "")
    shown = request.form.get(f"montre-{saying.hex()}", text)
    edited = text.split() != shown.split() and bool(text.strip())
    if chosen == "ecarter":
        return Decision(accepted=False)
    if chosen == "accepter" or edited or rest:
        return Decision(accepted=True, text=text if edited else "")
    return None


def _tags(saying: bytes) -> frozenset[bytes]:
    return frozenset(_id(written) for written in request.form.getlist(f"etiquette-{saying.hex()}"))


def _frame_page(place: Place, form: TagForm) -> str:
    counted = part(Tagging).counts(place.campaign, place.question.name)
    return render_template(
        "results/textes-etiquettes.html",
        place=place,
        form=form,
        counts=counted,
        machine=MACHINE,
        kappa_words=kappa_words,
    )


def _tag_page(place: Place, tag: str, form: TagForm) -> str:
    found = part(Tagging).bearing(place.campaign, place.question.name, _id(tag))
    shown = part(Reviewing).shown(place.campaign, found[:SHOWN])
    return render_template(
        "results/textes-etiquette.html",
        place=place,
        tag=tag,
        form=form,
        texts=shown,
        count=len(found),
    )


def _rows(place: Place, counted: Counts) -> Iterator[Cells]:
    yield HEADINGS
    for one in counted.tags:
        start = (place.question.name, one.tag.name, "ensemble")
        yield _row(start, one.people, counted.coded, one.share, one.interval)
    found = part(Tagging).by_place(place.campaign, place.question.name)
    for one in counted.tags if len(found.places) > 1 else ():
        table = found.tables[one.tag.id]
        for number, code in enumerate(found.places):
            shown = table.column(number)
            start = (place.question.name, one.tag.name, code)
            yield _row(start, shown.counts[0], shown.base, shown.shares[0], None)


def _row(
    start: Cells, people: int | None, base: int | None, share: float | None, sure: Interval | None
) -> Cells:
    if people is None or share is None:
        return (*start, None, base, None, None, None, "masqué")
    ends = (sure.low, sure.high) if sure else (None, None)
    percents = (None if one is None else round(100 * one, 1) for one in (share, *ends))
    return (*start, people, base, *percents, "")
