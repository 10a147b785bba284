"""Plays a whole consultation, says what it does, checks that the figures agree, then serves."""

from __future__ import annotations

import json
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import FrameType
from typing import TypeVar

import click

from consultation import whole
from consultation.config import Settings
from consultation.demo import place as places
from consultation.demo.agents import Ending, read_invitation
from consultation.demo.crowd import Crowd, answer_all
from consultation.demo.hr_file import FEWEST_PEOPLE, people_in
from consultation.demo.mail_sink import MailSink
from consultation.demo.place import Place
from consultation.demo.server import Server
from consultation.demo.stage import JUNE, TRIAL, Imported, Stage, migrate_stores
from consultation.demo.summary import Summary
from consultation.parts import Application
from consultation.refusals import Refusal
from consultation.results.disclosure import K
from consultation.roll.codes import grouped
from consultation.roll.mail import link

Build = Callable[[Settings], Application]
Result = TypeVar("Result")

FEWEST_RESPONDENTS = 2 * K  # some give up; fewer than K answers are never exported
FEWEST_RECIPIENTS = FEWEST_PEOPLE + 10
FEWEST_BALLOTS = 200
_WAITING = 73  # in the airlock of a consultation left open: no release is due
_RELEASE_EVERY = 50
_BETWEEN_ROUNDS = 5.0  # seconds


class WrongFigures(Refusal):
    """Les nombres demandés ne permettent pas de démonstration."""

    title = "Nombres à corriger"


class Unfinished(Refusal):
    """La démonstration n’est pas allée à son terme."""

    title = "Démonstration inachevée"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the visitor asks for."""

    respondents: int
    recipients: int
    directory: Path
    port: int
    ballots: int = 0  # invented and put in the urn; 0: agents answer, one by one
    leave_open: bool = False
    no_serve: bool = False
    again: bool = False
    serve_only: bool = False


@dataclass(frozen=True, kw_only=True)
class Means:
    """What the command lends: how to build the application, and how to serve it on a socket."""

    build: Build
    serving: Callable[[str], Sequence[str]]


def show(options: Options, means: Means) -> None:
    """Play the demonstration, or serve the one that is there, until interrupted."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell may have had SIGINT ignored
        signal.signal(number, _interrupt)
    _refuse_wrong_figures(options)
    there = places.found(options.directory)
    with Server(options.port, means.serving) as server:
        if server.port != options.port:
            click.echo(f"Le port {options.port} est pris : ce sera le {server.port}.")
        if there and _wants_it_as_it_is(there, options):
            place = there
            server.start(place.environment(server.url), place.log)
        else:
            place = _settled(options, there)
            play = _Filling if options.ballots else _Play
            play(options, means, place, server).run()
        if not options.no_serve:
            _stay(means, place, server)


class _Play:
    """One demonstration, act after act."""

    def __init__(self, options: Options, means: Means, place: Place, server: Server) -> None:
        self._options = options
        self._means = means
        self._place = place
        self._server = server
        self._started = time.monotonic()
        self._now = datetime.now(UTC)
        self._rng = random.Random()  # noqa: S311 - invents people, guards nothing

    def run(self) -> None:
        """From an HR file to an anonymised one; interrupted, it leaves nothing to serve."""
        try:
            self._acts()
        except KeyboardInterrupt:
            raise Unfinished(
                "Elle a été interrompue : --again, dans le même dossier, pour la refaire."
            ) from None

    def _acts(self) -> None:
        click.echo(f"Démonstration dans {self._place.directory}")
        with MailSink(self._place.mail) as sink:
            stage = self._prepared(sink)
            imported = _step("Import des fichiers RH", lambda: self._imported(stage))
            with _bar("Envoi des invitations", imported.invited) as advance:
                sent = stage.send(advance)
        self._server.start(self._place.environment(self._server.url), self._place.log)
        with stage.proving():
            crowd = self._answered(stage)
        if crowd.failures:
            raise Unfinished(
                f"{len(crowd.failures)} agents ont échoué, dont : {crowd.failures[0]}. "
                f"Lisez {self._place.log}."
            )
        account = _step("Clôture, dernier mélange", stage.close)
        with _bar("Export anonymisé", account.ballots) as advance:
            manifest = stage.export(advance)
        _step("Seconde consultation, pour vous", lambda: stage.open_trial(self._now))
        summary = Summary(
            recipients=imported.lines,
            faulty=imported.faulty,
            duplicates=imported.duplicates,
            invited=imported.invited,
            sent=sent,
            respondents=self._options.respondents,
            left_at_the_door=crowd.endings[Ending.LEFT_AT_THE_DOOR],
            issued=account.issued,
            gave_up=crowd.endings[Ending.GAVE_UP],
            spent=account.spent,
            ballots=account.ballots,
            rows=manifest.rows_out,
            without_script=crowd.without_script,
            repeating=crowd.repeating,
            requests=crowd.requests,
            repeats=crowd.repeats,
            restarts=self._server.restarts,
            smallest_class=manifest.k,
            seconds=round(time.monotonic() - self._started, 1),
        )
        whole.write(self._place.summary, summary.to_json())
        _tell(summary, self._place)
        if not summary.adds_up:
            raise Unfinished("Les nombres ne tombent pas juste.")

    def _prepared(self, sink: MailSink) -> Stage:
        return self._ready(self._place.environment(self._server.url, sink.url))

    def _ready(self, environment: Mapping[str, str]) -> Stage:
        _step("Création des trois bases", lambda: migrate_stores(self._place))
        stage = Stage(
            self._means.build(Settings.from_environment(environment)), self._place, self._rng
        )
        _step("Comptes du bureau", stage.open_accounts)
        _step("Clés et questionnaire de juin", lambda: stage.create(JUNE, self._now))
        return stage

    def _imported(self, stage: Stage) -> Imported:
        imported = stage.import_files(self._options.recipients)
        stage.open(JUNE)
        return imported

    def _answered(self, stage: Stage) -> Crowd:
        messages = sorted(self._place.mail.glob("*.eml"))
        chosen = self._rng.sample(messages, self._options.respondents)
        with _bar("Réponses des agents", len(chosen)) as advance:
            ended = count(1)

            def progress() -> None:
                advance(1)
                if next(ended) % _RELEASE_EVERY == 0:
                    stage.release()

            return answer_all(
                [read_invitation(message) for message in chosen],
                stage.campaign(JUNE).questionnaire,
                self._server.url,
                self._rng,
                progress,
            )


class _Filling(_Play):
    """A consultation of full size, to see its results: nobody answers page by page."""

    def _acts(self) -> None:
        click.echo(
            f"Consultation de {self._options.ballots} bulletins dans {self._place.directory}"
        )
        environment = self._place.environment(self._server.url)
        stage = self._ready(environment)
        waiting = _WAITING if self._options.leave_open else 0
        with _bar("Invitations et bulletins", self._options.ballots) as advance:
            figures = stage.fill(self._options.ballots, waiting, advance)
        if self._options.leave_open:
            _step("Publication, comptage", stage.watch)
        else:
            account = _step("Clôture, comptage", stage.close)
            figures = {"invited": account.invited, "ballots": account.ballots}
        whole.write(self._place.summary, json.dumps(figures, indent=2) + "\n")
        click.secho(f"\nConsultation remplie\u00a0: {figures['ballots']} bulletins.", fg="green")
        if self._options.no_serve:
            click.echo(
                "Pour lire les résultats\u00a0: consultation demo --serve-only "
                f"--directory {self._place.directory}"
            )
        else:
            self._server.start(environment, self._place.log)


def _refuse_wrong_figures(options: Options) -> None:
    if options.ballots:
        if options.ballots < FEWEST_BALLOTS:
            raise WrongFigures(f"Il faut au moins {FEWEST_BALLOTS} bulletins.")
        return
    if options.recipients < FEWEST_RECIPIENTS:
        raise WrongFigures(
            f"Il faut au moins {FEWEST_RECIPIENTS} lignes : une consultation s’ouvre à "
            f"{FEWEST_PEOPLE} personnes au moins, et le fichier contient aussi des erreurs."
        )
    people = people_in(options.recipients)
    if not FEWEST_RESPONDENTS <= options.respondents <= people:
        raise WrongFigures(
            f"Ces {options.recipients} lignes invitent {people} personnes : demandez de "
            f"{FEWEST_RESPONDENTS} à {people} réponses, ou plus de lignes."
        )


def _wants_it_as_it_is(there: Place, options: Options) -> bool:
    """What to do with a demonstration already there: nothing is erased unasked."""
    if options.serve_only and not there.is_complete:
        raise places.NothingToServe
    if options.again or options.serve_only:
        return options.serve_only
    choice = ""
    if sys.stdin.isatty():
        click.echo(f"Une démonstration est déjà dans {there.directory}.")
        choice = click.prompt(
            "La refaire (tout y sera effacé), la servir, ou ne rien faire",
            type=click.Choice(["refaire", "servir", "rien"]),
            default="servir" if there.is_complete else "refaire",
        )
    if choice in ("", "rien"):
        raise places.AlreadyShown(
            f"Une démonstration est déjà dans {there.directory}. Choisissez : --again pour "
            "l’effacer et la refaire, --serve-only pour la servir, --directory pour la faire "
            "ailleurs."
        )
    return choice == "servir"


def _settled(options: Options, there: Place | None) -> Place:
    if options.serve_only:
        raise places.NothingToServe
    if there:
        places.erase(there)
    return places.settle(options.directory)


def _stay(means: Means, place: Place, server: Server) -> None:
    """Tell the visitor where to go, and serve until interrupted."""
    stage = Stage(
        means.build(Settings.from_environment(place.environment(server.url))),
        place,
        random.Random(),  # noqa: S311 - unused here
    )
    invitation = stage.unused()
    click.echo(f"\nLe serveur écoute : {server.url}")
    if invitation:
        click.echo(f"  Un lien neuf, consultation « {TRIAL} » :")
        click.secho(
            f"    {link(server.url, TRIAL, invitation.audience, invitation.code)}", bold=True
        )
        click.echo(f"  ou, à écrire sur {server.url}/q : {grouped(invitation.code)}")
    click.echo(f"  Le bureau : {server.url}/bureau")
    longest = max(map(len, place.logins), default=0)
    for login, password in place.logins.items():
        click.echo(f"    {login:<{longest}}  {password}")
    click.echo("  Ctrl-C pour arrêter.")
    try:
        with stage.proving():
            while True:  # what a worker does beside a real server
                stage.watch()
                time.sleep(_BETWEEN_ROUNDS)
    except KeyboardInterrupt:
        click.echo("\nLe serveur s’arrête.")


def _tell(summary: Summary, place: Place) -> None:
    click.echo("\nBilan")
    for sign, words, number in summary.lines():
        click.echo(f"  {sign:<2}{words:<36}{number:>6}" if words else "")
    color = "green" if summary.adds_up else "red"
    verdict = "tombent juste" if summary.adds_up else "ne tombent pas juste"
    click.secho(f"\nLes nombres {verdict} ({summary.seconds:.0f} s).", fg=color)
    click.echo(f"\nFichiers écrits dans {place.directory}")
    for path in place.files():
        click.echo(f"  {path.relative_to(place.directory)!s:<44}{_size(path):>14}")


def _size(path: Path) -> str:
    if path.is_dir():
        return f"{sum(one.is_file() for one in path.rglob('*'))} fichiers"
    return f"{max(1, round(path.stat().st_size / 1024))} Kio"


def _step(label: str, act: Callable[[], Result]) -> Result:
    started = time.monotonic()
    result = act()
    _say_done(label, started)
    return result


@contextmanager
def _bar(label: str, length: int) -> Iterator[Callable[[int], None]]:
    """A progress bar, to be told how many more are done; a duration where nobody looks at it."""
    if sys.stdout.isatty():
        with click.progressbar(length=length, label=f"  {label:<32}") as bar:
            yield bar.update
    else:
        started = time.monotonic()
        yield lambda _more: None
        _say_done(label, started)


def _say_done(label: str, started: float) -> None:
    click.echo(f"  {label:<34}{time.monotonic() - started:6.1f} s")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
