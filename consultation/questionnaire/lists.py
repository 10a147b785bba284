"""Lists of options: written in the questionnaire, or kept in a CSV file beside it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from consultation.questionnaire.elements import Option, Text
from consultation.questionnaire.keys import OPTION
from consultation.questionnaire.nodes import Node, Scalar, Table
from consultation.questionnaire.problems import Mark, Problems, did_you_mean
from consultation.questionnaire.reading import CODE, ID, LANGUAGE, Fields, is_translated, read_text

_NEEDED = ("code", "label")


@dataclass(frozen=True)
class Unread:
    """Why a list file could not be read, and what to do."""

    message: str
    remedy: str


Fetch = Callable[[str], str | Unread]
"""Gives the text of a list file named in the questionnaire."""

Placed = tuple[Mark, Option]


def read_options(
    entries: Iterable[tuple[Scalar, Node]], problems: Problems, language: str
) -> tuple[Option, ...]:
    """The options written as `code: label`, or as `code: {label: …, other: 80}`."""
    placed = [
        (key.mark, option)
        for key, node in entries
        if (option := _read_option(key, node, problems, language)) is not None
    ]
    _note_duplicates(placed, problems)
    return tuple(option for _, option in placed)


def read_csv(file: str, text: str, problems: Problems, language: str) -> tuple[Option, ...]:
    """The options of a CSV file: the columns code, label, group, then any others."""
    problems.add_source(file, text)
    try:
        lines = _lines(text)
    except csv.Error:
        remedy = "Enregistrez-le en « CSV UTF-8 »."
        problems.error(Mark(1, 1), "csv", "Ce CSV n’est pas lisible.", remedy, file=file)
        return ()
    header = [cell.strip() for cell in lines[0][1]] if lines else []
    if not _check_header(header, file, problems):
        return ()
    placed = [
        (Mark(number, 1), option)
        for number, cells in lines[1:]
        if (option := _read_line(number, cells, header, file, problems, language)) is not None
    ]
    _note_duplicates(placed, problems, file)
    return tuple(option for _, option in placed)


def _read_option(key: Scalar, node: Node, problems: Problems, language: str) -> Option | None:
    if not CODE.fullmatch(key.text):
        problems.error(
            key.mark,
            "bad-code",
            f"« {key.text} » n’est pas un code.",
            "Employez des lettres sans accent, des chiffres, « _ » et « - ».",
        )
        return None
    if isinstance(node, Scalar) or is_translated(node):
        label = read_text(node, key.text, problems, language=language)
        return Option(code=key.text, label=label) if label else None
    if not isinstance(node, Table):
        remedy = "Écrivez « code: libellé »."
        problems.error(node.mark, "wrong-type", "Une réponse attend un libellé.", remedy)
        return None
    fields = Fields(
        node,
        problems,
        OPTION,
        language=language,
        where=f"la réponse « {key.text} »",
    )
    label = fields.text("label")
    option = Option(
        code=key.text,
        label=label or Text(((language, key.text),)),
        hint=fields.text("hint"),
        other=fields.whole("other") or 0,
        exclusive=fields.flag("exclusive"),
        apart=fields.flag("apart"),
        last=fields.flag("last"),
        show_if=fields.condition("show_if"),
    )
    return option if label else None


def _lines(text: str) -> list[tuple[int, list[str]]]:
    """The lines that hold something, with their numbers."""
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(
        io.StringIO(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"), newline=""),
        delimiter=delimiter,
        strict=True,
    )
    return [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]


def _check_header(header: Sequence[str], file: str, problems: Problems) -> bool:
    mark = Mark(1, 1)
    missing = [name for name in _NEEDED if name not in header]
    for name in missing:
        remedy = did_you_mean(name, header) or "La première ligne nomme les colonnes."
        problems.error(mark, "csv", f"Il manque la colonne « {name} ».", remedy, file=file)
    repeated = {name for name in header if header.count(name) > 1}
    for name in sorted(repeated):
        remedy = "Gardez une seule des deux."
        problems.error(mark, "csv", f"La colonne « {name} » est en double.", remedy, file=file)
    wrong = [name for name in header if not ID.fullmatch(name)]
    for name in wrong:
        remedy = "Employez des minuscules sans accent, des chiffres et « _ »."
        problems.error(mark, "csv", f"« {name} » ne nomme pas une colonne.", remedy, file=file)
    return not (missing or repeated or wrong)


def _read_line(
    number: int,
    cells: Sequence[str],
    header: Sequence[str],
    file: str,
    problems: Problems,
    language: str,
) -> Option | None:
    mark = Mark(number, 1)
    if len(cells) != len(header):
        problems.error(
            mark,
            "csv",
            f"Cette ligne a {len(cells)} cellules, l’en-tête en a {len(header)}.",
            "Entourez de guillemets les cellules qui contiennent le séparateur.",
            file=file,
        )
        return None
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    code, label = values.pop("code"), _translated("label", values, language)
    group = _translated("group", values, language)
    if not CODE.fullmatch(code) or label is None:
        problems.error(
            mark,
            "csv",
            f"Cette ligne n’a pas de libellé, ou « {code} » n’est pas un code.",
            "Employez des lettres sans accent, des chiffres, « _ » et « - ».",
            file=file,
        )
        return None
    return Option(
        code=code,
        label=label,
        group=group,
        columns=tuple(values.items()),
    )


def _translated(name: str, values: dict[str, str], language: str) -> Text | None:
    """The text of the column `name`, with its translations in `name_en` and so on, taken out."""
    own = values.pop(name, "")
    others = [
        (column.removeprefix(f"{name}_"), values.pop(column))
        for column in sorted(values)
        if column.startswith(f"{name}_") and LANGUAGE.fullmatch(column.removeprefix(f"{name}_"))
    ]
    versions = ((language, own), *((one, words) for one, words in others if words))
    return Text(versions) if own else None


def _note_duplicates(placed: Iterable[Placed], problems: Problems, file: str = "") -> None:
    codes: dict[str, Mark] = {}
    labels: dict[str, Mark] = {}
    for mark, option in placed:
        if file and codes.setdefault(option.code, mark) is not mark:
            said = f"Le code « {option.code} » est déjà écrit à la ligne {codes[option.code].line}."
            problems.error(mark, "duplicate-code", said, "Gardez un seul des deux.", file=file)
        words = str(option.label).casefold()
        if labels.setdefault(words, mark) is not mark:
            said = f"Le libellé « {option.label} » est déjà écrit à la ligne {labels[words].line}."
            remedy = "Donnez un libellé différent à chaque réponse."
            problems.error(mark, "duplicate-label", said, remedy, file=file)
