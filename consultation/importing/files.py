"""A file of another tool, whose format is told or guessed, becomes our YAML and a report."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import ClassVar

from consultation.importing.building import Imported, build
from consultation.importing.form import Form
from consultation.importing.json_tree import Object, as_object
from consultation.importing.limesurvey import read_limesurvey
from consultation.importing.lss_tables import read_tables
from consultation.importing.pogues import read_pogues
from consultation.importing.surveyjs import read_surveyjs
from consultation.importing.workbook import read_workbook
from consultation.importing.xlsform import read_xlsform
from consultation.refusals import Refusal

MOST = 20_000_000


class Unimportable(Refusal):
    """Ce fichier ne peut pas être importé."""

    title: ClassVar[str] = "Import impossible"


def import_questionnaire(content: bytes, format_: str = "") -> Imported:
    """The questionnaire written in this file; the format is guessed when it is not given."""
    if len(content) > MOST:
        raise Unimportable("Ce fichier dépasse 20 Mo.")
    read = READERS[format_ or _guessed(content)]
    form = read(content)
    if not any(page.items for page in form.pages):
        raise Unimportable("Ce fichier ne contient aucune question qui puisse être reprise.")
    return build(form)


def _guessed(content: bytes) -> str:
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "xlsform"
    if start == b"<":
        return "limesurvey"
    if start != b"{":
        raise Unimportable("Son format n’est pas reconnu : indiquez-le par « --from ».")
    root = _json(content)
    return "pogues" if "Child" in root and "pages" not in root else "surveyjs"


def _limesurvey(content: bytes) -> Form:
    tables = read_tables(content)
    if isinstance(tables, str):
        raise Unimportable(tables)
    return read_limesurvey(tables)


def _xlsform(content: bytes) -> Form:
    workbook = read_workbook(content)
    if isinstance(workbook, str):
        raise Unimportable(workbook)
    return read_xlsform(workbook)


def _json(content: bytes) -> Object:
    try:
        root = json.loads(content)
    except (ValueError, RecursionError) as unreadable:
        line = getattr(unreadable, "lineno", 1)
        raise Unimportable(f"Ce fichier n’est pas du JSON lisible (ligne {line}).") from unreadable
    return as_object(root)


READERS: Mapping[str, Callable[[bytes], Form]] = {
    "limesurvey": _limesurvey,
    "xlsform": _xlsform,
    "pogues": lambda content: read_pogues(_json(content)),
    "surveyjs": lambda content: read_surveyjs(_json(content)),
}
"""Readers by the name that `--from` gives."""
