"""The commands for those who write a questionnaire, or must approve it.

They need no base and no setting; what only some of them need is loaded by these alone, because the
others are run at each change of a file.
"""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime
from pathlib import Path

import click

from consultation import whole
from consultation.authoring.reports import FORMATS, Report, as_text, exit_code
from consultation.authoring.simulating import describe
from consultation.questionnaire.comparison import compare, describe_change, summary
from consultation.questionnaire.graph import dot, mermaid, seen_by
from consultation.questionnaire.loading import load
from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.schema import schema
from consultation.questionnaire.simulation import simulate
from consultation.questionnaire.wording import tidied

FILE = click.Path(dir_okay=False, path_type=Path)
FIX = "D’abord remettre en place les apostrophes et les espaces insécables."
POPULATION = (
    "Les effectifs du profil, en CSV : ce que l’export devra rendre moins précis, si cette part "
    "des personnes répond (--rate)."
)

SEED = "Le même nombre donne les mêmes personnes."
DRAWINGS = {"mermaid": mermaid, "dot": dot, "table": seen_by}


@click.command("check")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--format", "form", type=click.Choice(tuple(FORMATS)), default="text")
@click.option("--fix", is_flag=True, help=FIX)
@click.option("--population", type=FILE, help=POPULATION)
@click.option("--rate", type=click.FloatRange(0, 1, min_open=True), default=0.5, show_default=True)
@click.pass_context
def check(
    ctx: click.Context,
    files: tuple[Path, ...],
    form: str,
    fix: bool,
    population: Path | None,
    rate: float,
) -> None:
    """Vérifier des questionnaires : code 0, rien à faire ; 1, avertissements ; 2, erreurs."""
    reports = [_report(path, fix=fix) for path in files]
    if population is not None:
        reports = [_with_population(one, population, rate) for one in reports]
    click.echo(FORMATS[form](reports))
    ctx.exit(exit_code(reports))


@click.command("schema")
def schema_command() -> None:
    """Donner le schéma JSON du langage, pour que les éditeurs complètent et soulignent."""
    click.echo(json.dumps(schema(), ensure_ascii=False, indent=2))


@click.command("simulate")
@click.argument("file", type=FILE)
@click.option("-n", "--number", type=click.IntRange(1, 100_000), default=1000, show_default=True)
@click.option("--seed", type=int, default=2024, show_default=True, help=SEED)
@click.pass_context
def simulate_command(ctx: click.Context, file: Path, number: int, seed: int) -> None:
    """Faire répondre des personnes au hasard : pages vues, durée ; code 2, règle rompue."""
    q = _usable(ctx, file)
    found = simulate(q, number, seed)
    click.echo(describe(q, found))
    ctx.exit(2 if found.broken else 0)


@click.command("graph")
@click.argument("file", type=FILE)
@click.option("--format", "form", type=click.Choice(tuple(DRAWINGS)), default="mermaid")
@click.pass_context
def graph_command(ctx: click.Context, file: Path, form: str) -> None:
    """Dessiner le parcours (mermaid, dot), ou dire en clair qui voit quoi (table)."""
    click.echo(DRAWINGS[form](_usable(ctx, file)))


@click.command("compare")
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@click.pass_context
def compare_command(ctx: click.Context, old: Path, new: Path) -> None:
    """Dire ce qui change : code 0, sans risque ; 1, à vérifier ; 2, cassant."""
    changes = compare(_usable(ctx, old), _usable(ctx, new))
    click.echo("\n".join((*(describe_change(one) for one in changes), summary(changes))))
    kinds = {change.kind for change in changes}
    ctx.exit(2 if "breaking" in kinds else 1 if "warning" in kinds else 0)


@click.command("preview")
@click.argument("file", type=FILE)
@click.option("--port", type=click.IntRange(1, 65535), default=8001, show_default=True)
@click.option("--language", default="", help="La langue où commencer, par exemple « en ».")
@click.option(
    "--sheet", type=FILE, help="Écrire tout le questionnaire dans ce fichier, sans servir."
)
@click.pass_context
def preview_command(
    ctx: click.Context, file: Path, port: int, language: str, sheet: Path | None
) -> None:
    """Montrer les vraies pages d’un questionnaire, sans rien enregistrer."""
    q = _usable(ctx, file)
    if language and language not in q.languages:
        raise click.BadParameter(f"ce questionnaire est écrit en : {', '.join(q.languages)}.")
    from consultation.authoring.preview import create_preview, sheet_file

    app = create_preview(file, lambda: datetime.now(UTC), language)
    if sheet:
        whole.write(sheet, sheet_file(app))
        click.echo(f"{sheet} : tout le questionnaire, à lire ou à imprimer.")
        return
    from werkzeug.serving import make_server

    try:
        listening = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise click.ClickException(
            f"le port {port} ne peut pas servir. Choisissez-en un autre : --port."
        ) from error
    with listening:
        click.echo(f"http://127.0.0.1:{port}/ (Ctrl+C pour arrêter)")
        server = make_server("127.0.0.1", port, app, threaded=True, fd=listening.fileno())
        server.serve_forever()


COMMANDS: tuple[click.Command, ...] = (
    check,
    schema_command,
    simulate_command,
    graph_command,
    compare_command,
    preview_command,
)


def _usable(ctx: click.Context, path: Path) -> Questionnaire:
    """The questionnaire of this file; its errors and an exit when it has some."""
    loaded = load(path)
    if loaded.questionnaire is None:
        click.echo(as_text([Report(path=path, loaded=loaded)]), err=True)
        ctx.exit(2)
    return loaded.questionnaire


def _with_population(report: Report, population: Path, rate: float) -> Report:
    from consultation.authoring.preflight import with_population  # with all that exports

    loaded = with_population(report.loaded, report.path, population, rate)
    return Report(path=report.path, loaded=loaded)


def _report(path: Path, *, fix: bool) -> Report:
    loaded = load(path)
    if fix and loaded.questionnaire:
        source = path.read_bytes().decode()
        right = tidied(source, loaded.questionnaire)
        if right != source:
            whole.write(path, right)
            loaded = load(path)
    return Report(path=path, loaded=loaded)
