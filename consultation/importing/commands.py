"""`consultation import`: a questionnaire of another tool, in our YAML, and what it lost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import click

from consultation import whole
from consultation.refusals import Refusal

if TYPE_CHECKING:
    from consultation.importing.building import Imported
    from consultation.importing.form import Remark

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FORMATS = ("limesurvey", "xlsform", "pogues", "surveyjs")


class AlreadyWritten(Refusal):
    """Ce fichier existe déjà : donnez un autre nom à « --output »."""

    title: ClassVar[str] = "Import interrompu"


@click.command("import")
@click.argument("file", type=FILE)
@click.option(
    "--from",
    "format_",
    type=click.Choice(FORMATS),
    help="Format du fichier ; deviné s’il n’est pas indiqué.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Fichier YAML à créer ; par défaut, il est affiché.",
)
def import_command(file: Path, format_: str | None, output: Path | None) -> None:
    """Traduire un questionnaire LimeSurvey, XLSForm, Pogues ou SurveyJS.

    Ce qui n’a pas d’équivalent est signalé avec sa place dans le fichier d’origine.
    """
    # The readers are loaded by who imports, not by every command.
    from consultation.importing.files import import_questionnaire

    if output is not None and output.exists():
        raise AlreadyWritten
    imported = import_questionnaire(file.read_bytes(), format_ or "")
    if output is None:
        click.echo(imported.yaml, nl=False)
    else:
        whole.write(output, imported.yaml)
    _report(imported, output)


def _report(imported: Imported, output: Path | None) -> None:
    """On the error output when the YAML takes the other."""
    from consultation.importing.form import KINDS
    from consultation.questionnaire.loading import parse

    def say(line: str = "") -> None:
        click.echo(line, err=output is None)

    for kind, title in KINDS.items():
        remarks = [one for one in imported.remarks if one.kind == kind]
        if remarks:
            say(f"{title.capitalize()} ({len(remarks)}) :")
            for remark in remarks:
                say(f"  {_line(remark)}")
            say()
    say(f"{imported.questions} questions sur {imported.pages} pages.")
    say(_conditions(imported))
    if imported.controls:
        say(f"{imported.checked} contrôles sur {imported.controls} sont repris, à titre d’alerte.")
    problems = parse(imported.yaml, {}).problems
    say(f"{len(problems)} problèmes à corriger ou à relire : consultation check le dira.")


def _line(remark: Remark) -> str:
    return f"{remark.place} : {remark.said}"


def _conditions(imported: Imported) -> str:
    said = f"{imported.expressed} conditions sur {imported.rules} sont reprises"
    if imported.assumed:
        return f"{said}, dont {imported.assumed} sur une question ajoutée (« prealable »)."
    return f"{said}."
