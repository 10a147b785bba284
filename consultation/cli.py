"""The `consultation` command: each command calls one part and shows how far it is."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, ClassVar, TypeVar, get_args

import click
from flask import Flask, current_app
from flask.cli import AppGroup, ScriptInfo
from sqlalchemy.exc import DBAPIError

from consultation import logs
from consultation.authoring.commands import COMMANDS
from consultation.backup import SAVED, Backup
from consultation.ballots.published import COUNTS, check
from consultation.ballots.store import Urn
from consultation.ballots.transparency import COUNT_WORDS
from consultation.ceremony import Account, Ceremony, Plan
from consultation.config import ConfigurationError, Settings, shipped
from consultation.database import Database, is_current, migrate
from consultation.demo.show import Means, Options, show
from consultation.doctor import (
    SEVERITY,
    Examined,
    Patient,
    as_json,
    as_text,
    examine,
    misconfigured,
    worst,
)
from consultation.formatting import PARIS, date_fr
from consultation.importing.commands import import_command
from consultation.office import accounts as office
from consultation.office.accounts import ROLE_WORDS, ROLES
from consultation.office.approvals import ACTION_WORDS, ACTIONS, Action, Approval, known_id
from consultation.office.campaigns import GRACE, PHASE_WORDS, Campaign, Reissue
from consultation.office.store import Accounts, Approvals, Campaigns, Figures, Journal
from consultation.office.territories import territory as known_territory
from consultation.questionnaire.comparison import describe_change
from consultation.questionnaire.loading import load
from consultation.refusals import Refusal
from consultation.results.commands import report, texts
from consultation.results.export import Results
from consultation.results.formats import FORMATS, Format, Wanted
from consultation.results.texts import NO_NAMES, lexicon_of
from consultation.roll.batches import Parsed, parse
from consultation.roll.relay import Mailer
from consultation.roll.reminders import MOST, Class, Reminders
from consultation.roll.returns import KIND_WORDS, Collector
from consultation.roll.sending import Delivered, Manner, Progress, carry, deliver, replace_link
from consultation.roll.store import Batch, Roll
from consultation.worker import Worker

Part = TypeVar("Part")

WHO = "commande"
MIGRATIONS = {"roll": "roll", "box": "ballots", "office": "office"}  # store: its scripts
MIGRATE = "Lancez : consultation database migrate"
STOPS = {signal.SIGTERM, signal.SIGINT}
STORES = "Une base ; par défaut, toutes celles de ce serveur."
KEYS = "Copier aussi les clés nécessaires dans un autre dossier, à garder ailleurs."
KEEP_APART = """\
Confiez « box » et « roll » à des personnes et à des lieux différents : réunies, leurs copies
successives aideraient à rapprocher qui a répondu et ce qui est arrivé. Gardez les clés ailleurs
encore, et SECRET_KEY avec elles. Un mélange change la clé du sas : copiez-la aussitôt, ou laissez
--keys le faire ; à chaque sauvegarde, détruisez la copie de l’ancienne. À la clôture, détruisez
les copies des clés de « roll »."""
RESTORED = """\
Tout ce que contient la sauvegarde est là. Ce qui est arrivé après elle n’y est pas : ne rendez pas
« roll » plus ancienne que « box », une même personne pourrait répondre deux fois."""


class Mistake(click.ClickException):
    """What was asked cannot be done: a sentence instead of a traceback, and a code for scripts."""

    exit_code = 1  # 2 is click's own, for a command misspelt

    def show(self, file: IO[str] | None = None) -> None:
        """Print it, in French."""
        click.secho(f"Erreur : {self.format_message()}", fg="red", err=True)


class Misconfigured(Mistake):
    """The environment is to be corrected."""

    exit_code = 3


class Unavailable(Mistake):
    """A base, a relay or a disk is away: the same command may work later."""

    exit_code = 4


class Commands(AppGroup):
    """Commands whose refusals are sentences, never tracebacks."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; what people or machines may get wrong ends in a sentence."""
        try:
            return super().invoke(ctx)
        except ConfigurationError as error:
            raise Misconfigured(str(error)) from error
        except Refusal as refusal:
            raise Mistake(f"{refusal.title}. {refusal.sentence}") from refusal
        except DBAPIError as error:
            raise Unavailable(_database_sentence(error)) from error
        except OSError as error:
            if error.filename is None and error.errno is None:
                raise Unavailable(str(error)) from error
            raise Unavailable(f"{error.strerror} : {error.filename}") from error


class Moment(click.ParamType[datetime]):
    """A date and an hour; without a zone they are those of Paris."""

    name = "date"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """« 2024-06-28 18:00 » as an aware date."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            self.fail(
                f"« {value} » n’est pas une date. Exemple : « 2024-06-28 18:00 ».", param, ctx
            )
        return moment if moment.tzinfo else moment.replace(tzinfo=PARIS)


class Duration(click.ParamType[timedelta]):
    """A number of hours or of days."""

    name = "durée"
    _UNITS: ClassVar = {"h": timedelta(hours=1), "j": timedelta(days=1)}

    def convert(
        self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """« 48h » or « 2j »; « 0 » for none."""
        if isinstance(value, timedelta):
            return value
        number, unit = value.strip().rstrip("hj"), value.strip()[-1:]
        if value.strip() == "0":
            return timedelta()
        if not number.isdecimal() or unit not in self._UNITS:
            self.fail(f"« {value} » n’est pas une durée. Exemples : « 48h », « 2j ».", param, ctx)
        return int(number) * self._UNITS[unit]


FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(cls=Commands)
def commands() -> None:
    """Consultation électronique : réponses anonymes prouvées, aucune réponse perdue."""


commands.add_command(import_command)
for authoring in COMMANDS:
    commands.add_command(authoring)


# --- Running


@commands.command("demo", with_appcontext=False)
@click.option("--respondents", default=200, show_default=True, help="Agents qui répondent.")
@click.option("--recipients", default=400, show_default=True, help="Lignes des fichiers RH.")
@click.option(
    "--directory",
    default=Path("demo"),
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Dossier où tout est écrit.",
)
@click.option("--port", default=8000, show_default=True, help="Port du serveur, ou le suivant.")
@click.option("--ballots", default=0, help="Remplir l’urne d’autant de bulletins inventés.")
@click.option("--leave-open", is_flag=True, help="Avec --ballots : ne pas clore la consultation.")
@click.option("--no-serve", is_flag=True, help="S’arrêter après le bilan, sans rien servir.")
@click.option("--again", is_flag=True, help="Effacer la démonstration précédente et refaire.")
@click.option("--serve-only", is_flag=True, help="Servir la démonstration qui est déjà là.")
@click.pass_context
def demo(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - the options above
    """Montrer une consultation entière sur cette machine, avec des agents inventés."""
    means = Means(build=_builder(ctx), serving=lambda bind: gunicorn(bind, workers=2))
    show(Options(**options), means)


@commands.command("serve", with_appcontext=False)
@click.option("--bind", default="127.0.0.1:8000", show_default=True, help="Adresse et port.")
@click.option("--workers", default=2, show_default=True, help="Processus qui servent les pages.")
def serve(bind: str, workers: int) -> None:
    """Servir les pages, avec les réglages de l’environnement."""
    settings = Settings.from_environment(os.environ)
    _refuse_stale_stores(settings)
    for caution in settings.cautions if workers > 1 else ():
        click.secho(caution, fg="yellow", err=True)
    command = gunicorn(bind, workers)
    os.execv(command[0], command)  # noqa: S606 - this process becomes the server


@commands.command("worker")
@click.option("--once", is_flag=True, help="Un seul tour, pour une tâche planifiée.")
def worker(once: bool) -> None:
    """Libérer, envoyer, publier et clore ce qui doit l’être, tour après tour, jusqu’à l’arrêt."""
    chores, pause = _part(Worker), _part(Settings).worker_every
    if once:
        done = chores.round()
        _lines(
            {
                "bulletins libérés": done.released,
                "consultations mises à jour": done.published,
                "consultations closes": done.finished,
                "consultations comptées": done.counted,
                "messages remis": done.sent,
            }
        )
        if done.failed:
            raise Unavailable(f"tâches échouées : {done.failed}. Relancez plus tard.")
        return
    logs.start(_part(Settings).log_level)
    # Blocked, a signal waits for the end of the round: no release is cut in two. A sending, which
    # may be cut between any two messages, looks whether one waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    chores.run(
        until=lambda more: signal.sigtimedwait(STOPS, 0 if more else pause) is not None,
        over=lambda: bool(signal.sigpending() & STOPS),
    )


@commands.group("database")
def database() -> None:
    """Préparer et vérifier les trois bases."""


@database.command("migrate", with_appcontext=False)
def database_migrate() -> None:
    """Créer les tables, ou les amener à la version installée ; sans danger si c’est déjà fait."""
    for store, url in _stores(Settings.from_environment(os.environ)):
        with closing(Database(url)) as opened:
            migrate(opened, _scripts(store))
        click.echo(f"{store:<8} à jour")


@database.command("check", with_appcontext=False)
def database_check() -> None:
    """Dire si chaque base est joignable et à jour."""
    _refuse_stale_stores(Settings.from_environment(os.environ), tell=click.echo)


@database.command("backup")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--store", "stores", multiple=True, type=click.Choice(tuple(SAVED)), help=STORES)
@click.option("--keys", type=click.Path(file_okay=False, path_type=Path), help=KEYS)
def database_backup(directory: Path, stores: tuple[str, ...], keys: Path | None) -> None:
    """Copier chaque base dans un dossier à elle sous DIRECTORY, et dire quelles clés garder.

    Les bulletins qui attendent sont d’abord mélangés et scellés à nouveau.
    """
    backup = _part(Backup)
    for saved in backup.save(directory, stores or backup.stores, WHO, keys=keys):
        click.echo(f"{saved.store} : {sum(saved.rows.values())} lignes, {directory / saved.store}")
        for key in saved.keys:
            click.echo(f"  {'gardée' if keys else 'à garder'} : {_part(Settings).keys / key}")
    click.echo(KEEP_APART)


@database.command("restore")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--store", "stores", multiple=True, type=click.Choice(tuple(SAVED)), help=STORES)
@click.option("--lose-waiting", is_flag=True, help="Renoncer aux bulletins dont la clé est perdue.")
def database_restore(directory: Path, stores: tuple[str, ...], lose_waiting: bool) -> None:
    """Remettre dans des bases neuves les copies de DIRECTORY ; arrêtez d’abord les serveurs."""
    backup = _part(Backup)
    for one in backup.restore(directory, stores or backup.stores, WHO, lose_waiting=lose_waiting):
        click.echo(f"{one.saved.store} : {sum(one.saved.rows.values()) - one.lost} lignes")
        if one.saved.store == "box":
            _lines({"bulletins du sas qui s’ouvrent": one.opened, "perdus": one.lost})
    click.echo(RESTORED)


# --- Campaigns


@commands.group("campaign")
def campaign() -> None:
    """Créer, ouvrir et clore une consultation."""


@campaign.command("create")
@click.argument("file", type=FILE)
@click.option("--slug", help="Nom court, celui des adresses ; par défaut, celui du fichier.")
@click.option("--opens", type=Moment(), required=True, help="Ouverture, à l’heure de Paris.")
@click.option("--closes", type=Moment(), required=True, help="Fermeture, à l’heure de Paris.")
@click.option(
    "--reissue",
    type=click.Choice(get_args(Reissue)),
    default="capped",
    show_default=True,
    help="Remplacer les liens perdus : jamais, ou un sur cent.",
)
def campaign_create(
    file: Path, slug: str | None, opens: datetime, closes: datetime, reissue: Reissue
) -> None:
    """Préparer une consultation à partir du questionnaire FILE."""
    loaded = load(file)
    for problem in loaded.problems:
        click.echo(str(problem), err=True)
    if loaded.questionnaire is None or any(one.severity == "error" for one in loaded.problems):
        raise Mistake("le questionnaire contient des erreurs. Corrigez-les, puis recommencez.")
    plan = Plan(
        slug=slug or file.stem,
        definition=file.read_text("utf-8"),
        lists=loaded.lists,
        audiences=tuple(audience for audience, _ in loaded.questionnaire.audiences),
        opens=opens,
        closes=closes,
        reissue=reissue,
    )
    created = _part(Ceremony).create(plan, WHO)
    _show_campaign(created)
    click.echo(f"Ensuite : consultation invitations import FICHIER --campaign {created.slug} …")


@campaign.command("open")
@click.argument("slug")
def campaign_open(slug: str) -> None:
    """Ouvrir une consultation préparée ; son questionnaire ne changera plus."""
    _show_campaign(_part(Ceremony).open(slug, WHO))


@campaign.command("revise")
@click.argument("slug")
@click.argument("file", type=FILE)
def campaign_revise(slug: str, file: Path) -> None:
    """Corriger le questionnaire, même ouvert, sans rien changer aux réponses déjà données."""
    loaded = load(file)
    for problem in loaded.problems:
        click.echo(str(problem), err=True)
    source = file.read_text("utf-8")
    for change in _part(Ceremony).revise(slug, source, loaded.lists, WHO):
        click.echo(describe_change(change))
    _show_campaign(_part(Campaigns).get(slug))


@campaign.command("pause")
@click.argument("slug")
def campaign_pause(slug: str) -> None:
    """Suspendre une consultation ouverte."""
    _part(Ceremony).pause(slug, WHO)
    _show_campaign(_part(Campaigns).get(slug))


@campaign.command("resume")
@click.argument("slug")
def campaign_resume(slug: str) -> None:
    """Reprendre une consultation suspendue."""
    _part(Ceremony).resume(slug, WHO)
    _show_campaign(_part(Campaigns).get(slug))


@campaign.command("extend")
@click.argument("slug")
@click.option("--closes", type=Moment(), required=True, help="Nouvelle fermeture.")
def campaign_extend(slug: str, closes: datetime) -> None:
    """Repousser la fermeture."""
    _part(Ceremony).extend(slug, closes, WHO)
    _show_campaign(_part(Campaigns).get(slug))


@campaign.command("close")
@click.argument("slug")
@click.option("--grace", type=Duration(), default=GRACE, help="Délai pour finir une réponse [48h].")
def campaign_close(slug: str, grace: timedelta) -> None:
    """Clore une consultation : d’abord le délai de grâce, puis, relancée après lui, la fin.

    À la fin, tous les bulletins sont libérés et les clés de la liste sont détruites. Avant la date
    annoncée, ou avec un délai plus court, il faut l’accord de deux personnes de l’exploitation.
    """
    ceremony = _part(Ceremony)
    already_closing = _part(Campaigns).get(slug).state in ("closing", "closed")
    for action in ceremony.takes_two(slug, grace):
        two_persons(action, slug)
    closing_campaign = ceremony.start_closing(slug, grace, WHO)
    if not already_closing and _part(Campaigns).phase(closing_campaign) == "closing":
        click.echo(
            f"Plus aucune réponse nouvelle. Délai : {date_fr(closing_campaign.last_moment)}."
        )
        click.echo(f"Après ce moment : consultation campaign close {slug}")
        return
    _show_account(ceremony.finish_closing(slug, WHO))


@campaign.command("status")
@click.argument("slug", required=False)
def campaign_status(slug: str | None) -> None:
    """Montrer une consultation, ou toutes."""
    register = _part(Campaigns)
    for one in [register.get(slug)] if slug else register.all():
        _show_campaign(one)


# --- Invitations


@commands.group("invitations")
def invitations() -> None:
    """Importer les adresses et envoyer les invitations."""


@invitations.command("import")
@click.argument("file", type=FILE)
@click.option("--batch", "name", required=True, help="Nom du lot, par exemple « Ain ».")
@click.option("--audience", required=True, help="Public auquel s’adresse le lot.")
@click.option("--campaign", "slug", required=True, help="Nom court de la consultation.")
@click.option("--without-faulty", is_flag=True, help="Continuer sans les lignes à corriger.")
def invitations_import(
    file: Path, name: str, audience: str, slug: str, without_faulty: bool
) -> None:
    """Lire le fichier CSV ou XLSX des ressources humaines, et inviter chaque adresse une fois."""
    roll, found = _part(Roll), _part(Campaigns).get(slug)
    if audience not in found.keys:
        raise Mistake(f"public inconnu. Publics de « {slug} » : {', '.join(found.keys)}.")
    parsed = parse(file.read_bytes(), file.name, _part(Settings).mail_domains)
    if parsed.refusal:
        raise Mistake(parsed.refusal)
    batch = roll.batch(roll.draft_batch(slug, name, audience, parsed))
    _show_parsed(parsed, batch)
    if parsed.faulty and not without_faulty and not _confirmed(len(parsed.faulty)):
        roll.discard(batch.id)
        raise Mistake(
            "rien n’a été importé. Corrigez le fichier, ou ajoutez --without-faulty pour "
            "continuer sans les lignes à corriger."
        )
    roll.confirm(batch.id, opened=found.state != "draft")
    _part(Journal).write(WHO, "lot importé", f"{slug}, {name}, {batch.ready} invitations")
    click.echo(f"Lot « {name} » : {batch.ready} personnes invitées.")


@invitations.command("send")
@click.argument("slug")
@click.option("--batch", "name", help="Un seul lot ; par défaut, tous.")
@click.option("--rate", type=click.FloatRange(0.01, 1000), help="Messages par seconde.")
def invitations_send(slug: str, name: str | None, rate: float | None) -> None:
    """Envoyer les invitations qui attendent ; interrompu, l’envoi reprend où il en était."""
    found, roll = _part(Campaigns).get(slug), _part(Roll)
    for batch in roll.batches(slug):
        if name in (None, batch.name) and batch.state in ("confirmed", "sending"):
            _part(Journal).write(WHO, "envoi lancé", f"{slug}, {batch.name}")
            _send(roll, found, batch, rate)


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
    """
    found, reminders = _part(Campaigns).get(slug), _part(Reminders)
    before = reminders.of(slug)
    if all(one.done for one in before) and not (yes or _agreed_to_remind(len(before) + 1)):
        raise Mistake("rien n’a été envoyé. Pour envoyer un rappel, ajoutez --yes.")
    queue = reminders.start(found, classes)
    with Mailer(_part(Settings).smtp) as mailer, _progress("Rappel", queue.waiting()) as progress:
        manner = Manner.alone(_part(Settings), rate=rate, progress=progress)
        with _part(Roll).sending_turn():
            done = carry(queue, mailer, found, _part(Settings), manner)
    _part(Journal).write(WHO, "rappel", f"{slug}, {done.sent} messages, {done.waiting} en attente")
    _show_delivered(done)


@invitations.command("reissue")
@click.option("--campaign", "slug", required=True, help="Nom court de la consultation.")
@click.option("--address", required=True, help="Adresse de la personne qui a perdu son lien.")
def invitations_reissue(slug: str, address: str) -> None:
    """Remplacer un lien perdu : l’ancien n’est plus valable, le nouveau part par message."""
    found, roll = _part(Campaigns).get(slug), _part(Roll)
    with Mailer(_part(Settings).smtp) as mailer:
        outcome = replace_link(roll, mailer, found, address, _part(Settings))
    replaced = roll.counts(slug).reissued
    _part(Journal).write(WHO, "lien remplacé", f"{slug}, {replaced} en tout")
    if outcome.kind != "sent":
        raise Unavailable(f"lien remplacé, mais message non parti : {outcome.reason}.")
    click.echo(f"Le nouveau lien est parti. Liens remplacés, nombre publié : {replaced}.")


@invitations.command("returns")
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
def invitations_returns(files: tuple[Path, ...]) -> None:
    """Lire les messages revenus, dans FILES (.eml, mbox, dossier) ou dans la boîte des retours."""
    collector, settings = _part(Collector), _part(Settings)
    if not settings.mail_returns:
        raise Mistake("indiquez MAIL_RETURNS : sans elle, rien ne dit à qui était un message.")
    if not files and not settings.returns_url:
        raise Mistake("indiquez des fichiers, ou la boîte des retours dans RETURNS_URL.")
    found = collector.files(files) if files else collector.mailbox()
    _lines({KIND_WORDS[kind]: count for kind, count in found.items()} or {"messages revenus": 0})


@invitations.command("names")
@click.argument("slug")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def invitations_names(slug: str, file: Path) -> None:
    """Écrire dans FILE les noms tirés des adresses, à retirer des textes libres d’un export.

    Un mot par ligne, dans l’ordre alphabétique, sans adresse. À détruire après l’export.
    """
    found = _part(Campaigns).get(slug)
    try:
        file.touch(0o600, exist_ok=False)
    except FileExistsError as error:
        raise Mistake(f"« {file} » existe déjà. Donnez un autre nom.") from error
    names = sorted(_part(Roll).names(found.slug))
    file.write_text("".join(f"{name}\n" for name in names), "utf-8")
    _part(Journal).write(WHO, "noms extraits", f"{slug}, {len(names)} mots")
    click.echo(f"{len(names)} mots écrits dans {file}. Détruisez ce fichier après l’export.")


@invitations.command("status")
@click.argument("slug")
def invitations_status(slug: str) -> None:
    """Montrer où en est chaque lot ; jamais qui a répondu."""
    _part(Campaigns).get(slug)
    header = ("lot", "état", "invités", "remis", "refusés", "incertains", "en attente")
    _table(header, (_batch_row(batch) for batch in _part(Roll).batches(slug)))


# --- Ballots and results


@commands.group("ballots")
def ballots() -> None:
    """Libérer et vérifier les bulletins."""


@ballots.command("release")
@click.argument("slug")
def ballots_release(slug: str) -> None:
    """Mélanger et verser dans l’urne les bulletins du sas, s’il y en a assez."""
    _part(Urn)  # told before anything else where there is no urn
    released = _part(Worker).release(_part(Campaigns).get(slug), WHO)
    _lines({"bulletins libérés": released.moved, "restent dans le sas": released.waiting})


@ballots.command("status")
@click.argument("slug")
def ballots_status(slug: str) -> None:
    """Montrer le compte des bulletins."""
    counts = _part(Urn).counts(_part(Campaigns).get(slug))
    _lines({"utilisés": counts.spent, "dans le sas": counts.waiting, "dans l’urne": counts.ballots})


@ballots.command("verify", with_appcontext=False)
@click.argument("slug", required=False)
@click.option("--file", type=FILE, help="Une urne publiée, à vérifier sans base ni réglage.")
@click.pass_context
def ballots_verify(ctx: click.Context, slug: str | None, file: Path | None) -> None:
    """Vérifier que bulletins = utilisés ≤ délivrés, et donner l’empreinte de l’urne."""
    if (slug is None) == (file is None):
        raise click.UsageError("Indiquez une consultation, ou une urne publiée (--file).")
    if file is not None:
        _verify_published(file)
        return
    with ctx.ensure_object(ScriptInfo).load_app().app_context():
        _verify_stores(_part(Campaigns).get(str(slug)))


def _verify_published(file: Path) -> None:
    """Everything the file alone allows: anyone may do it, anywhere."""
    checked = check(file.read_text("utf-8", errors="replace"))
    _lines(
        {
            "consultation": checked.campaign,
            **{COUNT_WORDS[name].lower(): checked.counts[name] for name in COUNTS},
            "empreinte de l’urne": checked.digest,
        }
    )
    if checked.problems:
        raise Mistake("ce fichier n’est pas juste.\n" + "\n".join(checked.problems))
    click.secho("Tout concorde. Comparez l’empreinte avec celle que vous aviez notée.", fg="green")


def _verify_stores(found: Campaign) -> None:
    account, opened = _part(Ceremony).account(found), _part(Results).verify(found)
    _show_account(account)
    published = _part(Figures).of(found.slug).figures.get("urn")
    if published and published.value != account.digest:
        raise Mistake("l’urne n’est plus celle qui a été publiée. Prévenez l’exploitation.")
    if not (account.is_right and opened.holds):
        raise Mistake(
            f"le compte n’est pas juste, {opened.unreadable} bulletins sont illisibles. "
            "Ne détruisez rien, et prévenez l’exploitation."
        )
    click.secho("Le compte est juste, et chaque bulletin s’ouvre.", fg="green")


@commands.command("export")
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
    found, results = _part(Campaigns).get(slug), _part(Results)
    wanted = Wanted(formats=frozenset(formats), labels=labels, unread=unread_texts)
    write = results.archive if destination.suffix == ".zip" else results.export
    with click.progressbar(length=results.counts(found).ballots, label="Export") as bar:
        write(
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


commands.add_command(texts)
commands.add_command(report)


# --- Accounts


@commands.group("account")
def account() -> None:
    """Ouvrir et tenir les comptes du bureau."""


@account.command("create")
@click.argument("login")
@click.option("--role", type=click.Choice(ROLES), required=True, help="Un seul rôle par personne.")
@click.option("--territory", default="", help="Pour « rh » : D01, D2A, D971… ; sinon tous.")
@click.password_option(prompt="Mot de passe", confirmation_prompt="Une seconde fois")
def account_create(login: str, role: str, territory: str, password: str) -> None:
    """Ouvrir un compte ; celui d’un territoire ne voit que les lots de ce territoire."""
    known = known_territory(territory.strip().upper()).code
    created = _part(Accounts).create(login, password, role, known)
    detail = f"{created.login}, {created.role}{known and f', {known}'}"
    _part(Journal).write(WHO, "compte ouvert", detail)
    click.echo(f"Compte « {created.login} » ouvert, rôle « {created.role_words} ».")


@account.command("password")
@click.argument("login")
@click.password_option(prompt="Nouveau mot de passe", confirmation_prompt="Une seconde fois")
def account_password(login: str, password: str) -> None:
    """Changer un mot de passe ; les sessions ouvertes se ferment."""
    _part(Accounts).set_password(login, password)
    _part(Journal).write(WHO, "mot de passe changé", login)
    click.echo(f"Mot de passe de « {login} » changé.")


@account.command("list")
def account_list() -> None:
    """Lister les comptes."""
    rows = (
        (one.login, ROLE_WORDS[one.role], "" if one.active else "fermé")
        for one in _part(Accounts).all()
    )
    _table(("identifiant", "rôle", ""), rows)


@account.command("reset-totp")
@click.argument("login")
def account_reset_totp(login: str) -> None:
    """Oublier l’application perdue d’un compte ; il en ajoutera une autre."""
    _part(Accounts).reset_second_factor(login)
    _part(Journal).write(WHO, "second facteur retiré", login)
    click.echo(f"Second facteur de « {login} » retiré, ses sessions sont fermées.")


# --- What takes two persons


@commands.group("approval")
def approval() -> None:
    """Demander et donner l’accord de deux personnes de l’exploitation."""


@approval.command("request")
@click.argument("slug")
@click.option("--action", type=click.Choice(ACTIONS), required=True, help="Ce qui est demandé.")
@click.option("--login", prompt="Identifiant", help="Qui demande.")
def approval_request(slug: str, action: Action, login: str) -> None:
    """Demander l’accord d’une autre personne ; il vaut 24 heures."""
    person = _identified(login)
    _show_approval(_requested(action, slug, person))


@approval.command("approve")
@click.argument("request_id")
@click.option("--login", prompt="Identifiant", help="Qui approuve.")
def approval_approve(request_id: str, login: str) -> None:
    """Approuver la demande d’une autre personne."""
    person = _identified(login)
    _show_approval(_approved(known_id(request_id), person))


@approval.command("list")
def approval_list() -> None:
    """Montrer les demandes encore valables."""
    for one in _part(Approvals).all():
        _show_approval(one)


# --- Watching


@commands.group("journal")
def journal() -> None:
    """Vérifier le journal du bureau."""


@journal.command("head")
def journal_head() -> None:
    """Donner l’empreinte de la dernière ligne, à noter ailleurs."""
    last = _part(Journal).last()
    click.echo(f"{last.number if last else 0} {_part(Journal).head().hex()}")


@journal.command("verify")
@click.option("--head", help="Empreinte notée ailleurs : la ligne doit être là.")
def journal_verify(head: str | None) -> None:
    """Dire si aucune ligne n’a été changée, retirée ou coupée."""
    book = _part(Journal)
    fault = book.first_fault()
    if fault is not None:
        raise Mistake(f"la chaîne est rompue à la ligne {fault}. Prévenez le contrôle.")
    if head is not None and not book.includes(_digest(head)):
        raise Mistake("l’empreinte notée n’est plus dans le journal. Prévenez le contrôle.")
    last = book.last()
    click.secho(f"Les {last.number if last else 0} lignes sont intactes.", fg="green")


@commands.command("doctor", with_appcontext=False)
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text")
@click.option("--workers", default=2, show_default=True, help="Processus qui servent les pages.")
@click.pass_context
def doctor(ctx: click.Context, form: str, workers: int) -> None:
    """Vérifier chaque règle de déploiement : code 0, tout va ; 1, attention ; 2, erreur."""
    try:
        examined = _examined(_builder(ctx)(), workers)
    except ConfigurationError as error:
        examined = (misconfigured(error),)
    level = worst(one.level for one in examined)
    click.echo(as_json(examined) if form == "json" else "\n".join(as_text(examined)))
    ctx.exit(SEVERITY[level])


# --- Below: parts of the commands above


def _examined(app: Flask, workers: int) -> tuple[Examined, ...]:
    parts = app.extensions
    try:
        return examine(
            Patient(
                settings=parts["settings"],
                opened=parts["databases"],
                environ=os.environ,
                workers=workers,
                now=parts["clock"](),
            )
        )
    finally:
        for store in parts["databases"].values():
            store.close()


def _digest(written: str) -> bytes:
    try:
        return bytes.fromhex(written)
    except ValueError as error:
        raise Mistake("une empreinte s’écrit avec des chiffres et les lettres a à f.") from error


def _identified(login: str) -> office.Account:
    """Who this is: the same questions, limits and refusals as on the login page."""
    password = click.prompt(f"Mot de passe de {login}", hide_input=True)
    code = click.prompt("Code à six chiffres, s’il y en a un", default="", show_default=False)
    person = _part(Accounts).check(login, password, code)
    if _part(Settings).totp_required and not person.two_factors:
        raise office.SecondFactorNeeded
    return person


def _requested(action: Action, slug: str, person: office.Account) -> Approval:
    asked = _part(Approvals).request(action, slug, person)
    _part(Journal).write(person.login, "accord demandé", f"{slug}, {asked.words}")
    return asked


def _approved(request_id: bytes, person: office.Account) -> Approval:
    given = _part(Approvals).approve(request_id, person)
    _part(Journal).write(person.login, "accord donné", f"{given.campaign}, {given.words}")
    return given


def two_persons(action: Action, slug: str) -> None:
    """Go on when two persons agree: recorded already, or both identified here and now."""
    approvals = _part(Approvals)
    if approvals.granted(action, slug) or not sys.stdin.isatty():
        approvals.require(action, slug)
        return
    click.echo(f"Pour {ACTION_WORDS[action]}, il faut deux personnes de l’exploitation.")
    asked = _requested(action, slug, _identified(click.prompt("Première personne")))
    if asked.approved_by is None:
        _approved(asked.id, _identified(click.prompt("Seconde personne")))
    approvals.require(action, slug)


def _show_approval(asked: Approval) -> None:
    click.echo(f"{asked.campaign}\u00a0: {asked.words}")
    _lines(
        {
            "demande": asked.id.hex(),
            "demandée par": asked.requested_by,
            "approuvée par": asked.approved_by or "personne encore",
            "valable jusqu’au": date_fr(asked.valid_until),
        }
    )


def gunicorn(bind: str, workers: int) -> list[str]:
    """The command that serves the application there; only errors are logged, never an address."""
    return [
        *(sys.executable, "-m", "gunicorn", "consultation.app:served()"),
        *("--bind", bind, "--workers", str(workers)),
        *("--log-level", "error", "--no-control-socket"),
    ]


def _builder(ctx: click.Context) -> Callable[..., Flask]:
    build = ctx.ensure_object(ScriptInfo).create_app
    if build is None:
        raise Mistake("cette commande se lance par « consultation ».")
    return build


def _part(kind: type[Part]) -> Part:
    """The part of this kind; a side that is not served here has none."""
    for part in current_app.extensions.values():
        if isinstance(part, kind):
            return part
    raise Misconfigured("cette commande a besoin d’un côté que CONSULTATION_SIDES écarte.")


def _stores(settings: Settings) -> Iterable[tuple[str, str]]:
    urls = {"roll": settings.roll_url, "box": settings.box_url, "office": settings.office_url}
    return ((store, url) for store, url in urls.items() if url)


def _scripts(store: str) -> Path:
    return shipped("migrations") / MIGRATIONS[store]


def _refuse_stale_stores(settings: Settings, tell: Callable[[str], None] = lambda _: None) -> None:
    for store, url in _stores(settings):
        with closing(Database(url)) as opened:
            if not is_current(opened, _scripts(store)):
                raise Unavailable(f"la base « {store} » n’est pas à jour. {MIGRATE}")
        tell(f"{store:<8} à jour")


def _database_sentence(error: DBAPIError) -> str:
    reason = str(error.orig).strip().splitlines()[0]
    if "no such table" in reason or "UndefinedTable" in type(error.orig).__name__:
        return f"les tables manquent. {MIGRATE}"
    return f"la base ne répond pas ({reason}). Vérifiez son adresse et qu’elle est démarrée."


def _confirmed(faulty: int) -> bool:
    return sys.stdin.isatty() and click.confirm(f"Continuer sans ces {faulty} lignes ?")


def _agreed_to_remind(number: int) -> bool:
    return sys.stdin.isatty() and click.confirm(f"Envoyer le rappel {number} sur {MOST} ?")


def _send(roll: Roll, found: Campaign, batch: Batch, rate: float | None) -> None:
    label = f"Lot « {batch.name} »"
    with (
        Mailer(_part(Settings).smtp) as mailer,
        _progress(label, batch.counts.waiting) as progress,
    ):
        manner = Manner.alone(_part(Settings), rate=rate, progress=progress)
        done = deliver(roll, mailer, found, batch.id, _part(Settings), manner)
    _show_delivered(done)


@contextmanager
def _progress(label: str, length: int) -> Iterator[Callable[[Progress], None]]:
    with click.progressbar(length=length, label=label) as bar:
        yield lambda state: bar.update(state.done - bar.pos)


def _show_delivered(done: Delivered) -> None:
    _lines(
        {
            "remis": done.sent,
            "refusés": done.refused,
            "incertains": done.uncertain,
            "en attente": done.waiting,
        }
    )
    if done.stopped:
        raise Unavailable(done.stopped)


def _show_parsed(parsed: Parsed, batch: Batch) -> None:
    click.echo(f"Lecture : {parsed.how}, colonne « {parsed.column} ».")
    if parsed.not_kept:
        click.echo(f"Colonnes non conservées : {', '.join(parsed.not_kept)}.")
    for note in parsed.notes:
        click.echo(note)
    _lines(
        {
            "lignes lues": len(parsed.lines),
            "à corriger": len(parsed.faulty),
            "doublons": len(parsed.duplicates),
            "déjà invitées": len(batch.already),
            "prêtes": batch.ready,
        }
    )
    for line in parsed.faulty:
        for problem in line.problems:
            click.echo(f"ligne {line.number} : {line.value} : {problem.reason}. {problem.remedy}")


def _show_campaign(found: Campaign) -> None:
    phase = _part(Campaigns).phase(found)
    click.echo(f"{found.slug} : {found.title}")
    _lines(
        {
            "état": PHASE_WORDS[phase],
            "ouverture": date_fr(found.opens),
            "fermeture": date_fr(found.closes),
            "questionnaire": found.digest,
        }
    )


def _show_account(account: Account) -> None:
    _lines(
        {
            "invités": account.invited,
            "délivrés": account.issued,
            "redélivrés": account.reissued,
            "utilisés": account.spent,
            "dans le sas": account.waiting,
            "bulletins": account.ballots,
            "perdus": account.lost,
            "empreinte de l’urne": account.digest,
        }
    )


def _batch_row(batch: Batch) -> tuple[str, ...]:
    counts = batch.counts
    figures = (counts.invited, counts.sent, counts.refused, counts.uncertain, counts.waiting)
    return batch.name, batch.state, *(str(figure) for figure in figures)


def _lines(values: dict[str, object]) -> None:
    width = max(len(name) for name in values)
    for name, value in values.items():
        click.echo(f"  {name:<{width}}  {value}")


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    for line in lines:
        click.echo(
            "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        )
