"""The `consultation` command: what it can do, each part of it loaded when it is asked for.

Listing the commands, or checking a questionnaire, does not wait for what serves a consultation.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from consultation.refusals import Refusal
from consultation.terminal import Misconfigured, Mistake, Unavailable, database_sentence

if TYPE_CHECKING:
    from consultation.parts import Application


class Later(click.Command):
    """A command by its name and its sentence, until somebody runs it."""

    def __init__(self, name: str, where: str, sentence: str) -> None:
        super().__init__(name, help=sentence)
        self._where = where

    def load(self) -> click.Command:
        """The command itself, which says the same sentence."""
        module, _, attribute = self._where.partition(":")
        found = getattr(import_module(f"consultation.{module}"), attribute)
        if not isinstance(found, click.Command):
            raise TypeError(self._where)
        return found


class Commands(click.Group):
    """Commands whose refusals are sentences, never tracebacks."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command asked for, loaded; one that needs the platform may then build it."""
        name, command, rest = super().resolve_command(ctx, args)
        if command in ON_THE_PLATFORM:
            from flask.cli import ScriptInfo  # where Flask looks for what builds the application

            ctx.obj = ScriptInfo(create_app=_closing(ctx, ctx.obj), set_debug_flag=False)
        return name, command.load() if isinstance(command, Later) else command, rest

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; what people or machines may get wrong ends in a sentence."""
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.Abort, click.ClickException):
            raise  # said by the command itself
        except Refusal as refusal:
            raise Mistake(f"{refusal.title}. {refusal.sentence}") from refusal
        except OSError as error:
            if error.filename is None and error.errno is None:
                raise Unavailable(str(error)) from error
            raise Unavailable(f"{error.strerror} : {error.filename}") from error
        except Exception as error:
            told = _told(error)
            if told is None:
                raise
            raise told from error


def _closing(ctx: click.Context, build: Callable[..., Application]) -> Callable[..., Application]:
    """What builds the application, whose stores are closed when the command ends."""

    def built(*given: Any, **means: Any) -> Application:  # noqa: ANN401 - what `create_app` is given
        from consultation.database import Stores  # loaded by the application

        app = build(*given, **means)
        for store in app.parts[Stores].values():
            ctx.call_on_close(store.close)
        return app

    return built


def _told(error: Exception) -> Mistake | None:
    """The sentence for settings or a database at fault; loaded already, if one of them spoke."""
    from sqlalchemy.exc import DBAPIError

    from consultation.config import ConfigurationError
    from consultation.parts import MissingPart

    if isinstance(error, ConfigurationError | MissingPart):
        return Misconfigured(str(error))
    if isinstance(error, DBAPIError):
        return Unavailable(database_sentence(error))
    return None


ON_FILES = (
    Later(
        "check",
        "authoring.commands:check",
        "Vérifier des questionnaires : code 0, rien à faire ; 1, avertissements ; 2, erreurs.",
    ),
    Later(
        "compare",
        "authoring.commands:compare_command",
        "Dire ce qui change : code 0, sans risque ; 1, à vérifier ; 2, cassant.",
    ),
    Later(
        "graph",
        "authoring.commands:graph_command",
        "Dessiner le parcours (mermaid, dot), ou dire en clair qui voit quoi (table).",
    ),
    Later(
        "import",
        "importing.commands:import_command",
        "Traduire un questionnaire LimeSurvey, XLSForm, Pogues ou SurveyJS.",
    ),
    Later(
        "preview",
        "authoring.commands:preview_command",
        "Montrer les vraies pages d’un questionnaire, sans rien enregistrer.",
    ),
    Later(
        "schema",
        "authoring.commands:schema_command",
        "Donner le schéma JSON du langage, pour que les éditeurs complètent et soulignent.",
    ),
    Later(
        "simulate",
        "authoring.commands:simulate_command",
        "Faire répondre des personnes au hasard : pages vues, durée ; code 2, règle rompue.",
    ),
)
ON_THE_PLATFORM = (
    Later("account", "office.commands:account", "Ouvrir et tenir les comptes du bureau."),
    Later(
        "approval",
        "office.commands:approval",
        "Demander et donner l’accord de deux personnes de l’exploitation.",
    ),
    Later("ballots", "cli.urn:ballots", "Libérer et vérifier les bulletins."),
    Later("campaign", "cli.campaigns:campaign", "Créer, ouvrir et clore une consultation."),
    Later("database", "cli.databases:database", "Préparer et vérifier les trois bases."),
    Later(
        "demo",
        "cli.running:demo",
        "Montrer une consultation entière sur cette machine, avec des agents inventés.",
    ),
    Later(
        "doctor",
        "cli.running:doctor",
        "Vérifier chaque règle de déploiement : code 0, tout va ; 1, attention ; 2, erreur.",
    ),
    Later(
        "export",
        "results.commands:export",
        "Écrire les données anonymisées d’une consultation close.",
    ),
    Later(
        "invitations",
        "roll.commands:invitations",
        "Importer les adresses et envoyer les invitations.",
    ),
    Later("journal", "office.commands:journal", "Vérifier le journal du bureau."),
    Later(
        "report",
        "results.commands:report",
        "Écrire le rapport d’une consultation dans FILE, une page web ; ou un PDF, en .pdf.",
    ),
    Later("serve", "cli.running:serve", "Servir les pages, avec les réglages de l’environnement."),
    Later("texts", "results.commands:texts", "Préparer la lecture des questions ouvertes."),
    Later(
        "worker",
        "cli.running:worker",
        "Libérer, envoyer, publier et clore ce qui doit l’être, tour après tour, jusqu’à l’arrêt.",
    ),
)


@click.group(cls=Commands, commands=[*ON_FILES, *ON_THE_PLATFORM])
@click.version_option(package_name="consultation", message="%(package)s %(version)s")
def commands() -> None:
    """Consultation électronique : réponses anonymes prouvées, aucune réponse perdue."""
