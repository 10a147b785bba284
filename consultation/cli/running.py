"""The commands that serve, work and watch."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import click
from flask.cli import ScriptInfo, with_appcontext

from consultation import logs
from consultation.cli.databases import refuse_stale_stores
from consultation.cli.side_by_side import side_by_side
from consultation.config import SIDES, ConfigurationError, Settings
from consultation.database import Stores
from consultation.days import Clock
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
from consultation.parts import Application, part
from consultation.terminal import Mistake, Unavailable, lines
from consultation.worker import Worker

STOPS = {signal.SIGTERM, signal.SIGINT}


@click.command("demo")
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


@click.command("serve")
@click.option("--bind", default="127.0.0.1:8000", show_default=True, help="Adresse et port.")
@click.option("--workers", default=2, show_default=True, help="Processus qui servent les pages.")
@click.option("--without-worker", is_flag=True, help="La veille est lancée autrement.")
def serve(bind: str, workers: int, without_worker: bool) -> None:
    """Servir les pages, avec les réglages de l’environnement.

    Sur une machine qui a tous les côtés, la veille est lancée aussi.
    """
    settings = Settings.from_environment(os.environ)
    refuse_stale_stores(settings)
    for caution in settings.cautions if workers > 1 else ():
        click.secho(caution, fg="yellow", err=True)
    if settings.sides == frozenset(SIDES) and not without_worker:
        watching = [sys.executable, "-P", "-m", "consultation", "worker"]
        sys.exit(side_by_side(gunicorn(bind, workers, watched=True), watching))
    command = gunicorn(bind, workers)
    os.execv(command[0], command)  # noqa: S606 - this process becomes the server


@click.command("worker")
@click.option("--once", is_flag=True, help="Un seul tour, pour une tâche planifiée.")
@with_appcontext
def worker(once: bool) -> None:
    """Libérer, envoyer, publier et clore ce qui doit l’être, tour après tour, jusqu’à l’arrêt."""
    chores, pause = part(Worker), part(Settings).worker_every
    if once:
        chores.prove()
        done = chores.round()
        lines(
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
    logs.start(part(Settings).log_level)
    # Blocked, a signal waits for the end of the round: no release is cut in two. A sending, which
    # may be cut between any two messages, looks whether one waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    with chores.proving():
        chores.run(
            until=lambda more: signal.sigtimedwait(STOPS, 0 if more else pause) is not None,
            over=lambda: bool(signal.sigpending() & STOPS),
        )


@click.command("doctor")
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text")
@click.option("--workers", default=2, show_default=True, help="Processus qui servent les pages.")
@click.pass_context
def doctor(ctx: click.Context, form: str, workers: int) -> None:
    """Vérifier chaque règle de déploiement : code 0, tout va ; 1, attention ; 2, erreur."""
    try:
        with _builder(ctx)().app_context():
            examined = _examined(workers)
    except ConfigurationError as error:
        examined = (misconfigured(error),)
    level = worst(one.level for one in examined)
    click.echo(as_json(examined) if form == "json" else "\n".join(as_text(examined)))
    ctx.exit(SEVERITY[level])


def gunicorn(bind: str, workers: int, *, watched: bool = False) -> list[str]:
    """The command that serves the application there, whatever the folder it is started in.

    `watched`: a worker is started beside it, and whether there is one need not be asked.
    """
    command = [sys.executable, "-P", "-m", "consultation.serving", bind, str(workers)]
    return [*command, "watched"] if watched else command


def _examined(workers: int) -> tuple[Examined, ...]:
    return examine(
        Patient(
            settings=part(Settings),
            opened=part(Stores),
            environ=os.environ,
            workers=workers,
            now=part(Clock)(),
        )
    )


def _builder(ctx: click.Context) -> Callable[..., Application]:
    build = ctx.ensure_object(ScriptInfo).create_app
    if build is None:
        raise Mistake("cette commande se lance par « consultation ».")
    return cast("Callable[..., Application]", build)  # what `main` gave
