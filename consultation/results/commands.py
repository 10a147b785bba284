"""The commands of whoever reads results: preparing open texts, grouping them."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from consultation.formatting import PARIS
from consultation.office.campaigns import Campaign
from consultation.office.store import Campaigns, Journal
from consultation.refusals import Refusal
from consultation.results.corpus import Corpus
from consultation.results.export import NotClosed, Results
from consultation.results.grouping import GROUPS, TooFewToGroup
from consultation.results.grouping import group as put_together
from consultation.results.rendering import write
from consultation.results.report import Reporting
from consultation.results.reviewing import Reviewing
from consultation.results.tagging import Tagging

Part = TypeVar("Part")

WHO = "commande"

texts = AppGroup("texts", help="Préparer la lecture des questions ouvertes.")


class NotHere(Refusal):
    """Ce serveur n’a pas le bureau : lancez cette commande sur celui où les résultats se lisent."""

    status = 409
    title = "Pas ici"


@texts.command("prepare")
@click.argument("slug")
def prepare(slug: str) -> None:
    """Rassembler et caviarder les textes d’une consultation close ; oublie les groupes formés."""
    campaign, results = _closed(slug), _part("results", Results)
    with click.progressbar(length=results.counts(campaign).ballots, label="Textes") as bar:
        _part("corpus", Corpus).prepare(campaign, results.ballots(campaign, bar.update))
    _part("journal", Journal).write(WHO, "textes préparés", slug)
    _show(campaign)


@texts.command("group")
@click.argument("slug")
@click.option("--question", help="Une seule question ouverte ; par défaut, toutes.")
@click.option(
    "--groups", type=click.IntRange(2, 50), default=GROUPS, show_default=True, help="Au plus."
)
def group_texts(slug: str, question: str | None, groups: int) -> None:
    """Réunir les textes qui se ressemblent, sans rien envoyer hors de cette machine."""
    campaign, corpus = _closed(slug), _part("corpus", Corpus)
    wanted = [one for one in corpus.questions(campaign) if question in (None, one.name)]
    for one in [corpus.question(campaign, question)] if question else wanted:
        if not one.withheld:
            click.echo(f"{one.name} : {_grouped(corpus, campaign, one.name, groups)}")
    _part("journal", Journal).write(WHO, "textes regroupés", f"{slug}, {question or 'tous'}")


@texts.command("status")
@click.argument("slug")
def status(slug: str) -> None:
    """Montrer l’avancement de la lecture."""
    _show(_closed(slug))


@click.command("report")
@click.argument("slug")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--theme", default="", help="Une seule page du questionnaire ; par défaut, toutes.")
@click.option("--group", "chosen", default="", help="Un seul groupe, par exemple territoire:R53.")
@with_appcontext
def report(slug: str, file: Path, theme: str, chosen: str) -> None:
    """Écrire le rapport d’une consultation dans FILE, une page web ; ou un PDF, en .pdf."""
    campaign = _part("campaigns", Campaigns).get(slug)
    by, _, group = chosen.partition(":")
    made = _part("reporting", Reporting).report(campaign, page=theme, by=by, group=group)
    with current_app.test_request_context():
        write(made, current_app.extensions["clock"]().astimezone(PARIS).date(), file)
    said = ", ".join(filter(None, (slug, theme, chosen, file.name)))
    _part("journal", Journal).write(WHO, "rapport sorti", said)
    click.echo(file)


def _grouped(corpus: Corpus, campaign: Campaign, name: str, groups: int) -> str:
    with corpus.opened(campaign, name) as sayings:
        try:
            clustering = put_together(sayings.all(), groups)
        except TooFewToGroup as few:
            return few.sentence
    corpus.group(campaign, name, clustering)
    return f"{len(clustering.words)} groupes, {len(clustering.members)} textes"


def _show(campaign: Campaign) -> None:
    coded = _part("tagging", Tagging).progress(campaign)
    for line in _part("reviewing", Reviewing).progress(campaign):
        one = line.question
        if one.withheld:
            click.echo(f"{one.name} : moins de onze personnes, textes retenus")
            continue
        click.echo(
            f"{one.name} : {one.people} personnes, {one.texts} textes, {line.read} relus, "
            f"{line.states.get('rejected', 0)} écartés, {coded.get(one.name, 0)} codés"
        )


def _closed(slug: str) -> Campaign:
    campaign = _part("campaigns", Campaigns).get(slug)
    if not _part("results", Results).ready(campaign):
        raise NotClosed
    return campaign


def _part(name: str, kind: type[Part]) -> Part:
    found = current_app.extensions.get(name)
    if not isinstance(found, kind):
        raise NotHere
    return found
