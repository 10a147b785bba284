"""The commands of whoever invites: files of addresses, messages, returns."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

import click
from flask.cli import AppGroup

from consultation import whole
from consultation.config import Settings
from consultation.formatting import PARIS, moment
from consultation.office.campaigns import Campaign
from consultation.office.sendings import Planned, Sendings
from consultation.office.store import Campaigns, Journal
from consultation.office.territories import territory
from consultation.parts import part
from consultation.roll.batches import Parsed, parse
from consultation.roll.relay import Mailer
from consultation.roll.reminders import MOST, Class, Reminders
from consultation.roll.reports import KIND_WORDS
from consultation.roll.returns import Collector
from consultation.roll.sending import Delivered, Manner, Progress, carry, deliver, replace_link
from consultation.roll.store import FLAWS, Batch, Roll, Undelivered
from consultation.terminal import FILE, WHO, Mistake, Unavailable, lines, table

_LONG_PAUSE = 4.0  # seconds, from which one is told
_SEND_AGAIN = "Relancez pour continuer."

invitations = AppGroup("invitations", help="Importer les adresses et envoyer les invitations.")


@invitations.command("import")
@click.argument("file", type=FILE)
@click.option("--batch", "name", required=True, help="Nom du lot, par exemple « Ain ».")
@click.option("--audience", required=True, help="Public auquel s’adresse le lot.")
@click.option("--campaign", "slug", required=True, help="Nom court de la consultation.")
@click.option("--sheet", default="", help="Feuille d’un classeur ; sinon, la plus fournie.")
@click.option("--without-faulty", is_flag=True, help="Continuer sans les lignes à corriger.")
def invitations_import(
    file: Path, name: str, audience: str, slug: str, sheet: str, without_faulty: bool
) -> None:
    """Lire le fichier des ressources humaines, et inviter chaque adresse une fois."""
    roll, found = part(Roll), part(Campaigns).get(slug)
    if audience not in found.keys:
        raise Mistake(f"public inconnu. Publics de « {slug} » : {', '.join(found.keys)}.")
    parsed = parse(file.read_bytes(), domains=part(Settings).mail_domains, sheet=sheet)
    if parsed.refusal:
        raise Mistake(parsed.refusal)
    batch = roll.batch(roll.draft_batch(slug, name, audience, parsed))
    _show_parsed(parsed, batch)
    if not parsed.ready:
        roll.discard(batch.id)
        raise Mistake("aucune ligne ne peut devenir une invitation. Corrigez le fichier.")
    if parsed.faulty and not without_faulty and not _confirmed(len(parsed.faulty)):
        roll.discard(batch.id)
        raise Mistake(
            "rien n’a été importé. Corrigez le fichier, ou ajoutez --without-faulty pour "
            "continuer sans les lignes à corriger."
        )
    roll.confirm(batch.id, opened=found.state != "draft")
    part(Journal).write(WHO, "lot importé", f"{slug}, {name}, {batch.ready} invitations")
    click.echo(f"Lot « {name} » : {batch.ready} personnes invitées.")


@invitations.command("send")
@click.argument("slug")
@click.option("--batch", "name", help="Un seul lot ; par défaut, tous.")
@click.option("--rate", type=click.FloatRange(0.01, 1000), help="Messages par seconde.")
def invitations_send(slug: str, name: str | None, rate: float | None) -> None:
    """Envoyer les invitations qui attendent ; interrompu, l’envoi reprend où il en était.

    Un lot planifié par les RH garde sa date et les heures de son territoire, sauf avec --batch.
    """
    found, roll = part(Campaigns).get(slug), part(Roll)
    plans = {} if name else part(Sendings).of(slug)
    stopped = []
    for batch in roll.batches(slug):
        if name in (None, batch.name) and batch.state in ("confirmed", "sending"):
            if not _may_leave(batch, plans.get(batch.id)):
                continue
            part(Journal).write(WHO, "envoi lancé", f"{slug}, {batch.name}")
            done = _send(roll, found, batch, rate, plans.get(batch.id))
            _show_delivered(done, roll.undelivered(batch.id))
            stopped += [f"Lot « {batch.name} ». {done.stopped}"] if done.stopped else []
    if stopped:
        raise Unavailable("\n".join((*stopped, _SEND_AGAIN)))


@invitations.command("remind")
@click.option("--campaign", "slug", required=True, help="Nom court de la consultation.")
@click.option(
    "--class",
    "classes",
    multiple=True,
    type=click.Choice(get_args(Class)),
    help="Une seule classe ; par défaut, toutes celles qui peuvent encore l’être.",
)
@click.option("--rate", type=click.FloatRange(0.01, 1000), help="Messages par seconde.")
@click.option("--yes", is_flag=True, help="Ne pas demander confirmation.")
def invitations_remind(
    slug: str, classes: tuple[Class, ...], rate: float | None, yes: bool
) -> None:
    """Envoyer un rappel, deux au plus ; interrompu, l’envoi reprend où il en était.

    « nouveaux » : à qui n’a pas commencé. « commences » : le même message neutre, une seule
    fois, à toutes les personnes qui ont commencé, qu’elles aient envoyé leurs réponses ou non.
    Dans un territoire dont les bureaux sont fermés, le rappel part à leur ouverture, par
    « consultation worker », ou quand cette commande est relancée.
    """
    found, reminders = part(Campaigns).get(slug), part(Reminders)
    before = reminders.of(slug)
    if all(one.done for one in before) and not (yes or _agreed_to_remind(len(before) + 1)):
        raise Mistake("rien n’a été envoyé. Pour envoyer un rappel, ajoutez --yes.")
    queue = reminders.start(found, classes, _at_work)
    with Mailer(part(Settings).smtp) as mailer, _progress("Rappel", queue.waiting()) as progress:
        manner = Manner.alone(part(Settings), rate=rate, progress=progress)
        with part(Roll).sending_turn():
            done = carry(queue, mailer, found, part(Settings), manner)
    resting = queue.resting()
    left = done.waiting + resting
    part(Journal).write(WHO, "rappel", f"{slug}, {done.sent} messages, {left} en attente")
    _show_delivered(done)
    if resting:
        click.echo(f"Attendent l’ouverture des bureaux de leur territoire : {resting}.")
    if done.stopped:
        raise Unavailable(f"{done.stopped} {_SEND_AGAIN}")


@invitations.command("reissue")
@click.option("--campaign", "slug", required=True, help="Nom court de la consultation.")
@click.option("--address", required=True, help="Adresse de la personne qui a perdu son lien.")
@click.option("--now", is_flag=True, help="Sans attendre l’ouverture des bureaux.")
def invitations_reissue(slug: str, address: str, now: bool) -> None:
    """Remplacer un lien perdu : l’ancien n’est plus valable, le nouveau part par message."""
    found, roll, sendings = part(Campaigns).get(slug), part(Roll), part(Sendings)
    when = (lambda _batch: None) if now else sendings.when
    with Mailer(part(Settings).smtp) as mailer:
        outcome = replace_link(roll, mailer, found, address, part(Settings), when)
    replaced = roll.counts(slug).reissued
    part(Journal).write(WHO, "lien remplacé", f"{slug}, {replaced} en tout")
    if isinstance(outcome, datetime):
        click.echo(f"Le nouveau lien partira à l’ouverture des bureaux, le {moment(outcome)}.")
        return
    if outcome.kind != "sent":
        raise Unavailable(f"lien remplacé, mais message non parti : {outcome.reason}.")
    click.echo(f"Le nouveau lien est parti. Liens remplacés, nombre publié : {replaced}.")


@invitations.command("returns")
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
def invitations_returns(files: tuple[Path, ...]) -> None:
    """Lire les messages revenus, dans FILES (.eml, mbox, dossier) ou dans la boîte des retours."""
    collector, settings = part(Collector), part(Settings)
    if not settings.mail_returns:
        raise Mistake("indiquez MAIL_RETURNS : sans elle, rien ne dit à qui était un message.")
    if not files and not settings.returns_url:
        raise Mistake("indiquez des fichiers, ou la boîte des retours dans RETURNS_URL.")
    found = collector.files(files) if files else collector.mailbox()
    lines({KIND_WORDS[kind]: count for kind, count in found.items()} or {"messages revenus": 0})


@invitations.command("names")
@click.argument("slug")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def invitations_names(slug: str, file: Path) -> None:
    """Écrire dans FILE les noms tirés des adresses, à retirer des textes libres d’un export.

    Un mot par ligne, dans l’ordre alphabétique, sans adresse. À détruire après l’export.
    """
    found = part(Campaigns).get(slug)
    if file.exists():
        raise Mistake(f"« {file} » existe déjà. Donnez un autre nom.")
    names = sorted(part(Roll).names(found.slug))
    whole.write(file, "".join(f"{name}\n" for name in names), rights=0o600)
    part(Journal).write(WHO, "noms extraits", f"{slug}, {len(names)} mots")
    click.echo(f"{len(names)} mots écrits dans {file}. Détruisez ce fichier après l’export.")


@invitations.command("status")
@click.argument("slug")
def invitations_status(slug: str) -> None:
    """Montrer où en est chaque lot ; jamais qui a répondu."""
    part(Campaigns).get(slug)
    header = ("lot", "état", "invités", "remis", "refusés", "incertains", "en attente")
    table(header, (_batch_row(batch) for batch in part(Roll).batches(slug)))


def _confirmed(faulty: int) -> bool:
    return sys.stdin.isatty() and click.confirm(f"Continuer sans ces {faulty} lignes ?")


def _agreed_to_remind(number: int) -> bool:
    return sys.stdin.isatty() and click.confirm(f"Envoyer le rappel {number} sur {MOST} ?")


def _may_leave(batch: Batch, planned: Planned | None) -> bool:
    now = part(Roll).now()
    if planned is None or planned.due(now):
        return True
    opening = planned.territory.words(planned.next(now))
    click.echo(f"Lot « {batch.name} » : à partir du {opening}. Pour l’envoyer avant : --batch.")
    return False


def _send(
    roll: Roll, found: Campaign, batch: Batch, rate: float | None, planned: Planned | None
) -> Delivered:
    label = f"Lot « {batch.name} »"
    with (
        Mailer(part(Settings).smtp) as mailer,
        _progress(label, batch.counts.waiting) as progress,
    ):
        manner = replace(
            Manner.alone(part(Settings), rate=rate, progress=progress),
            over=lambda: planned is not None and not planned.due(roll.now()),
        )
        return deliver(roll, mailer, found, batch.id, part(Settings), manner)


def _at_work(code: str) -> bool:
    """Whether people of a territory are at work; without one, whoever runs the command decides."""
    return not code or territory(code).is_open(part(Roll).now())


@contextmanager
def _progress(label: str, length: int) -> Iterator[Callable[[Progress], None]]:
    with click.progressbar(length=length, label=label) as bar:

        def tell(state: Progress) -> None:
            bar.update(state.done - bar.pos)
            if state.pause >= _LONG_PAUSE:
                click.echo(("\n" if sys.stdout.isatty() else "") + _paused(state), err=True)

        yield tell


def _paused(state: Progress) -> str:
    until = (part(Roll).now() + timedelta(seconds=state.pause)).astimezone(PARIS)
    return (
        f"Pause de {state.pause:.0f} secondes, jusqu’à {until:%-H\u00a0h %M\u00a0min %S\u00a0s} "
        f"(heure de Paris)\u00a0: {state.reason}."
    )


def _show_delivered(done: Delivered, undelivered: Sequence[Undelivered] = ()) -> None:
    lines(
        {
            "remis": done.sent,
            "refusés": done.refused,
            "incertains": done.uncertain,
            "en attente": done.waiting,
        }
    )
    for line in undelivered:
        click.echo(f"{line.address} : {FLAWS[line.delivery]} : {line.reason}")


def _show_parsed(parsed: Parsed, batch: Batch) -> None:
    click.echo(f"Lecture : {parsed.how}, colonne « {parsed.column} ».")
    if parsed.not_kept:
        click.echo(f"Colonnes non conservées : {', '.join(parsed.not_kept)}.")
    for note in parsed.notes:
        click.echo(note)
    lines(
        {
            "lignes du fichier": len(parsed.lines) + parsed.set_aside,
            "lignes lues": len(parsed.lines),
            "à corriger": len(parsed.faulty),
            "doublons": len(parsed.duplicates),
            "déjà invitées": len(batch.already),
            "prêtes": batch.ready,
            "mises de côté": parsed.set_aside,
        }
    )
    for one in (*parsed.aside, *([parsed.repeats] if parsed.duplicates else ())):
        click.echo(one.words)
    for line in parsed.faulty:
        for problem in line.problems:
            click.echo(f"ligne {line.number} : {line.value} : {problem.reason}. {problem.remedy}")


def _batch_row(batch: Batch) -> tuple[str, ...]:
    counts = batch.counts
    figures = (counts.invited, counts.sent, counts.refused, counts.uncertain, counts.waiting)
    return batch.name, batch.state, *(str(figure) for figure in figures)
