"""The commands of whoever reads results: files, reports, open texts."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from consultation.days import Clock
from consultation.formatting import PARIS
from consultation.office.campaigns import Campaign
from consultation.office.store import Campaigns, Journal
from consultation.parts import part
from consultation.results.corpus import Corpus
from consultation.results.export import NotClosed, Results
from consultation.results.formats import FORMATS, Format, Wanted
from consultation.results.grouping import GROUPS, TooFewToGroup
from consultation.results.grouping import group as put_together
from consultation.results.rendering import write
from consultation.results.report import Reporting
from consultation.results.reviewing import Reviewing
from consultation.results.tagging import Tagging
from consultation.results.texts import NO_NAMES, lexicon_of
from consultation.terminal import FILE, WHO, Mistake

texts = AppGroup("texts", help="Préparer la lecture des questions ouvertes.")


@texts.command("prepare")
@click.argument("slug")
def prepare(slug: str) -> None:
    """Rassembler et caviarder les textes d’une consultation close ; oublie les groupes formés."""
    campaign, results = _closed(slug), part(Results)
    with click.progressbar(length=results.counts(campaign).ballots, label="Textes") as bar:
        part(Corpus).prepare(campaign, results.ballots(campaign, bar.update))
    part(Journal).write(WHO, "textes préparés", slug)
    _show(campaign)


@texts.command("group")
@click.argument("slug")
@click.option("--question", help="Une seule question ouverte ; par défaut, toutes.")
@click.option(
    "--groups", type=click.IntRange(2, 50), default=GROUPS, show_default=True, help="Au plus."
)
def group_texts(slug: str, question: str | None, groups: int) -> None:
    """Réunir les textes qui se ressemblent, sans rien envoyer hors de cette machine."""
    campaign, corpus = _closed(slug), part(Corpus)
    wanted = [one for one in corpus.questions(campaign) if question in (None, one.name)]
    for one in [corpus.question(campaign, question)] if question else wanted:
        if not one.withheld:
            click.echo(f"{one.name} : {_grouped(corpus, campaign, one.name, groups)}")
    part(Journal).write(WHO, "textes regroupés", f"{slug}, {question or 'tous'}")


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
    campaign = part(Campaigns).get(slug)
    by, _, group = chosen.partition(":")
    made = part(Reporting).report(campaign, page=theme, by=by, group=group)
    with current_app.test_request_context():
        write(made, part(Clock)().astimezone(PARIS).date(), file)
    said = ", ".join(filter(None, (slug, theme, chosen, file.name)))
    part(Journal).write(WHO, "rapport sorti", said)
    click.echo(file)


@click.command("export")
@click.argument("slug")
@click.argument("destination", type=click.Path(path_type=Path))
@click.option("--purpose", default="", help="À quoi serviront les données ; va au journal.")
@click.option(
    "--format", "formats", multiple=True, type=click.Choice(FORMATS), help="En plus du CSV."
)
@click.option(
    "--labels", is_flag=True, help="Des libellés plutôt que des codes, hors SPSS et Stata."
)
@click.option("--unread-texts", is_flag=True, help="Joindre aussi les textes que nul n’a relus.")
@click.option(
    "--names", type=FILE, help="Noms à retirer des textes, écrits par « invitations names »."
)
@with_appcontext
def export(
    slug: str,
    destination: Path,
    purpose: str,
    formats: tuple[Format, ...],
    labels: bool,
    unread_texts: bool,
    names: Path | None,
) -> None:
    """Écrire les données anonymisées d’une consultation close.

    DESTINATION est un dossier à créer, ou un fichier .zip. Des textes libres, seuls sortent ceux
    qui ont été relus et acceptés.
    """
    found, results = part(Campaigns).get(slug), part(Results)
    wanted = Wanted(formats=frozenset(formats), labels=labels, unread=unread_texts)
    write = results.archive if destination.suffix == ".zip" else results.export
    with click.progressbar(length=results.counts(found).ballots, label="Export") as bar:
        manifest = write(
            found,
            destination,
            who=WHO,
            purpose=purpose,
            wanted=wanted,
            lexicon=lexicon_of(names.read_text("utf-8")) if names else NO_NAMES,
            progress=bar.update,
        )
    for path in (destination, *sorted(destination.rglob("*"))):
        click.echo(path) if path.is_file() else None
    if manifest.formats_not_written:
        raise Mistake("\n".join(manifest.formats_not_written.values()))


def _grouped(corpus: Corpus, campaign: Campaign, name: str, groups: int) -> str:
    with corpus.opened(campaign, name) as sayings:
        try:
            clustering = put_together(sayings.all(), groups)
        except TooFewToGroup as few:
            return few.sentence
    corpus.group(campaign, name, clustering)
    return f"{len(clustering.words)} groupes, {len(clustering.members)} textes"


def _show(campaign: Campaign) -> None:
    coded = part(Tagging).progress(campaign)
    for line in part(Reviewing).progress(campaign):
        one = line.question
        if one.withheld:
            click.echo(f"{one.name} : moins de onze personnes, textes retenus")
            continue
        click.echo(
            f"{one.name} : {one.people} personnes, {one.texts} textes, {line.read} relus, "
            f"{line.states.get('rejected', 0)} écartés, {coded.get(one.name, 0)} codés"
        )


def _closed(slug: str) -> Campaign:
    campaign = part(Campaigns).get(slug)
    if not part(Results).ready(campaign):
        raise NotClosed
    return campaign
