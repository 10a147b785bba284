"""Reads the file of an HR office: every line is kept or told, with all that is wrong with it.

Only addresses leave this module; names, grades and structures stay in the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count, islice
from operator import itemgetter
from typing import Any

from consultation import spreadsheet
from consultation.incoming import whole_number
from consultation.roll.addresses import (
    Line,
    Problem,
    addresses_in,
    clean,
    line_of,
    lines_each,
    lines_of,
    pieces,
    plain_lines,
)
from consultation.roll.domains import ANY_GOUV, judged, without_repeats
from consultation.roll.layout import Layout, layout
from consultation.spreadsheet import NOT_SAVED, Aside, Sheet, column_letter, ranges

_SAMPLES = 3
_DECIMALS = re.compile(r"[.,]0+$")  # of a number that a spreadsheet formatted
_REPORT = ("Ligne", "Courriel", "Gravité", "Problème", "Que faire")
_TOO_MANY = "Le fichier dépasse 20\u202f000 lignes. Coupez-le en plusieurs lots."
_NOT_SAVED = (
    "Les adresses de ce classeur sont des formules dont le résultat n’est pas enregistré. "
    "Ouvrez-le dans votre tableur, enregistrez-le, puis envoyez-le à nouveau."
)
_NOT_OUR_LIST = (
    "Ce fichier n’a pas les colonnes « Ligne » et « Courriel » de la liste des lignes signalées."
)


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a file, and some of what it holds, to be recognised by a person."""

    index: int
    name: str
    samples: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Columns:
    """What a person may choose from: columns, and the sheets of a workbook."""

    found: tuple[Column, ...]
    guessed: int | None
    sheets: tuple[str, ...]
    sheet: str

    def to_json(self) -> str:
        """What is kept, locked with the file, until someone has chosen."""
        found = [(column.index, column.name, column.samples) for column in self.found]
        return json.dumps([found, self.guessed, self.sheets, self.sheet])

    @classmethod
    def from_json(cls, text: str) -> Columns:
        """What `to_json` wrote."""
        found, guessed, sheets, sheet = json.loads(text)
        return cls(
            found=tuple(
                Column(index=index, name=name, samples=tuple(samples))
                for index, name, samples in found
            ),
            guessed=guessed,
            sheets=tuple(sheets),
            sheet=sheet,
        )


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """A whole file: every line with its problems, those set aside, and how it was understood."""

    lines: tuple[Line, ...] = ()
    aside: tuple[Aside, ...] = ()
    how: str = ""
    column: str = ""
    not_kept: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refusal: str = ""  # why nothing in the file can be used
    place: tuple[str, int] = ("", 0)  # the sheet and the column that were read
    columns: Columns | None = field(default=None, compare=False)  # of a file just read

    @cached_property
    def faulty(self) -> tuple[Line, ...]:
        """The lines to correct."""
        return tuple(line for line in self.lines if line.problems and line.faulty)

    @cached_property
    def duplicates(self) -> tuple[Line, ...]:
        """The lines whose address stands higher in the file."""
        return tuple(line for line in self.lines if line.duplicate_of)

    @property
    def repeats(self) -> Aside:
        """The same, as they are told."""
        numbers = tuple(line.number for line in self.duplicates)
        return Aside(reason="adresse qui est déjà plus haut dans le fichier", numbers=numbers)

    @cached_property
    def ready(self) -> tuple[Line, ...]:
        """The lines that may become invitations."""
        return tuple(
            line
            for line in self.lines
            if not line.duplicate_of and not (line.problems and line.faulty)
        )

    @cached_property
    def warned(self) -> tuple[Line, ...]:
        """The lines to look at before confirming."""
        return tuple(line for line in self.ready if line.problems)

    @property
    def addresses(self) -> Iterable[str]:
        """The addresses to invite, each once."""
        return (line.address for line in self.ready)

    @property
    def set_aside(self) -> int:
        """How many lines are told and not read."""
        return sum(len(one.numbers) for one in self.aside)

    @property
    def last(self) -> int:
        """The greatest number of a line."""
        read = (line.number for line in self.lines)
        return max((*read, *(number for one in self.aside for number in one.numbers)), default=0)

    def to_json(self) -> str:
        """The draft as the roll keeps it until it is confirmed."""
        told = [place for place, line in enumerate(self.lines) if not _is_plain(*line)]
        plain = list(self.lines)
        lines = [_line_to_json(plain.pop(place)) for place in reversed(told)]
        return json.dumps(
            {
                "plain": [list(map(itemgetter(part), plain)) for part in (0, 1)],
                "places": told,
                "lines": lines[::-1],
                "aside": [(one.reason, one.numbers) for one in self.aside],
                "how": self.how,
                "column": self.column,
                "not_kept": self.not_kept,
                "notes": self.notes,
                "refusal": self.refusal,
                "place": self.place,
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> Parsed:
        """The draft that `to_json` wrote."""
        kept = json.loads(text)
        lines = plain_lines(*kept.get("plain", ((), ())))  # an older version told them all
        for place, line in zip(kept.get("places", count()), kept["lines"], strict=False):
            lines.insert(place, _line_from_json(line))
        return cls(
            lines=tuple(lines),
            aside=tuple(
                Aside(reason=reason, numbers=tuple(numbers))
                for reason, numbers in kept.get("aside", ())
            ),
            how=kept["how"],
            column=kept["column"],
            not_kept=tuple(kept["not_kept"]),
            notes=tuple(kept["notes"]),
            refusal=kept["refusal"],
            place=_place(kept),
        )


def place_of(text: str) -> tuple[str, int]:
    """The sheet and the column of the draft that `to_json` wrote."""
    return _place(json.loads(text))


def columns(content: bytes, sheet: str) -> Columns:
    """The columns of a sheet, with the one that seems to hold the addresses."""
    read = spreadsheet.read(content, sheet)
    return _columns(read, layout(read))


def parse(
    content: bytes,
    domains: Sequence[str] = ANY_GOUV,
    *,
    column: int | None = None,
    sheet: str = "",
    elsewhere: Mapping[str, str] | None = None,
) -> Parsed:
    """Read a file; `domains`: patterns of the domains that may be invited.

    `column` and `sheet` when a person has chosen them; `elsewhere`: the domains of other
    territories, each with its name: an address of theirs is to be looked at.
    """
    read = spreadsheet.read(content, sheet)
    if read.refusal:
        return Parsed(refusal=f"{read.refusal} {_told(read.aside)}".strip())
    found = layout(read, column)
    if found is None:
        return Parsed(how=read.how, refusal=_no_address(read))
    lines = _lines(found)
    return _parsed(read, found, judged(lines, domains, elsewhere or {}))


def parse_pasted(
    text: str,
    domains: Sequence[str] = ANY_GOUV,
    *,
    elsewhere: Mapping[str, str] | None = None,
) -> Parsed:
    """Read addresses pasted from a message or a list: one a line, or several with « ; »."""
    found = [piece for line in text.splitlines() for piece in pieces(line)]
    if not any("@" in piece for piece in found):
        return Parsed(refusal="Aucune adresse n’a été collée. Écrivez une adresse par ligne.")
    if len(found) > spreadsheet.MOST_ROWS:
        return Parsed(refusal=_TOO_MANY)
    lines = [line_of(number, piece) for number, piece in enumerate(found, 1)]
    return Parsed(
        lines=without_repeats(judged(lines, domains, elsewhere or {})),
        how="adresses collées, numérotées dans leur ordre",
        column="adresses collées",
    )


def parse_corrected(
    content: bytes,
    domains: Sequence[str] = ANY_GOUV,
    *,
    elsewhere: Mapping[str, str] | None = None,
) -> Parsed:
    """Read our own list of lines, corrected: each has its first number, or 0 when it was added."""
    read = spreadsheet.read(content)
    if read.refusal:
        return Parsed(refusal=f"{read.refusal} {_told(read.aside)}".strip())
    ours = layout(read)
    names = {name.casefold(): i for i, name in ours.names.items()} if ours else {}
    found = layout(read, names["courriel"]) if names.keys() >= {"ligne", "courriel"} else None
    if found is None:
        return Parsed(refusal=_NOT_OUR_LIST)
    numbers = map(_first_number, found.cells_of(names["ligne"]))
    lines = lines_each(numbers, found.cells, _one_of)
    return _parsed(read, found, judged(lines, domains, elsewhere or {}))


def corrected(parsed: Parsed, again: Parsed, already: Collection[str] = ()) -> Parsed:
    """The file once the lines sent again stand in the place of those they correct.

    Only lines that were reported are replaced, by as many as were sent under their number; any
    other is added under a new number, and said so. `already`: the addresses invited before.
    """
    reported = {line for line in parsed.lines if _is_reported(line, already)}
    known = {line.number for line in reported}
    sent = {line.number for line in again.lines if line.number in known}
    kept = [line for line in parsed.lines if line.number not in sent or line not in reported]
    replaced = [line for line in again.lines if line.number in sent]
    new = [line for line in again.lines if line.number not in sent]
    added = [line._replace(number=number) for number, line in enumerate(new, parsed.last + 1)]
    lines = sorted((*kept, *replaced, *added), key=lambda line: line.number)
    return replace(
        parsed,
        lines=without_repeats(line._replace(duplicate_of=0) for line in lines),
        notes=(*parsed.notes, *_added(added), *_left_in_list(again)),
    )


def report(parsed: Parsed, already: Mapping[str, str]) -> bytes:
    """The lines with a problem as a CSV that Excel opens, and that may be sent again corrected.

    A line for each address: one that held two is there twice, under the same number. `already`:
    the addresses invited before, and where, in words.
    """
    reported = (line for line in parsed.lines if _is_reported(line, already))
    rows = (row for line in reported for row in _report_rows(line, already))
    return spreadsheet.write([_REPORT, *rows])


def one_address(typed: str, domains: Sequence[str] = ANY_GOUV) -> Line:
    """What one address written in a field is worth: the same rules as in a file."""
    return judged([line_of(0, typed)], domains, {})[0]


def _columns(read: Sheet, found: Layout | None) -> Columns:
    columns = read.filled.columns
    used = {found.column, *found.others} if found else range(len(columns))
    return Columns(
        found=tuple(
            Column(
                index=i,
                name=found.name(i) if found else f"colonne {column_letter(i)}",
                samples=_samples(found.cells_of(i) if found else columns[i]),
            )
            for i in sorted(used)
        ),
        guessed=found.column if found else None,
        sheets=read.sheets,
        sheet=read.sheet,
    )


def _samples(cells: Iterable[str]) -> tuple[str, ...]:
    return tuple(islice(filter(None, map(clean, cells)), _SAMPLES))


def _lines(found: Layout) -> list[Line]:
    return lines_each(found.numbers, found.cells, lines_of if found.lists else _one_of)


def _one_of(number: int, cell: str) -> Sequence[Line]:
    return (line_of(number, cell),)


def _parsed(read: Sheet, found: Layout, lines: Sequence[Line]) -> Parsed:
    refusal = _nothing_to_read(read, found, lines)
    if refusal:
        return Parsed(how=read.how, refusal=refusal)
    return Parsed(
        lines=without_repeats(lines),
        aside=(*found.aside, *read.aside),
        how=read.how,
        column=found.name(found.column),
        not_kept=tuple(map(found.name, found.others)),
        notes=found.notes,
        place=(read.sheet, found.column),
        columns=_columns(read, found),
    )


def _nothing_to_read(read: Sheet, found: Layout, lines: Sequence[Line]) -> str:
    if len(lines) > spreadsheet.MOST_ROWS:
        return _TOO_MANY
    if not lines:
        name = found.name(found.column)
        told = _told((*found.aside, *read.aside))
        return f"Le fichier n’a aucune ligne sous « {name} ». {told}".strip()
    if all(line.value == NOT_SAVED for line in lines):
        return _NOT_SAVED
    return ""


def _no_address(sheet: Sheet) -> str:
    if any(NOT_SAVED in column for column in sheet.filled.columns):
        return _NOT_SAVED
    first = sheet.filled.row(0).cells[:10] if sheet.filled.numbers else ()
    seen = ", ".join(f"« {clean(cell)} »" for cell in first if clean(cell))
    return (
        f"Aucune colonne d’adresses électroniques n’a été trouvée. Première ligne lue : {seen}. "
        "Mettez les adresses dans une colonne nommée « courriel », puis envoyez le fichier. "
        f"{_told(sheet.aside)}"
    ).strip()


def _told(aside: Iterable[Aside]) -> str:
    """What explains an empty file: its totals, lines hidden, or in another sheet."""
    told = " ; ".join(one.words for one in aside)
    return f"Mises de côté : {told}." if told else ""


# --- The list of lines to correct


def _is_reported(line: Line, already: Collection[str]) -> bool:
    return bool(line.problems or line.duplicate_of or line.address in already)


def _report_rows(
    line: Line, already: Mapping[str, str]
) -> Iterator[tuple[int, str, str, str, str]]:
    gravity, reason, remedy = _in_words(line, already)
    several = addresses_in(line.value) if line.faulty else []
    for value in several if len(several) > 1 else [line.value]:
        yield line.number, value, gravity, reason, remedy


def _in_words(line: Line, already: Mapping[str, str]) -> tuple[str, str, str]:
    """How grave it is, what is wrong, what to do."""
    if line.duplicate_of:
        reason = f"même adresse qu’à la ligne {line.duplicate_of}"
        return "doublon", reason, "Rien : une seule invitation part."
    if line.address and line.address in already:
        return "doublon", already[line.address], "Rien : son invitation existe."
    return (
        "à corriger" if line.faulty else "à vérifier",
        " ; ".join(problem.reason for problem in line.problems),
        " ".join(problem.remedy for problem in line.problems),
    )


def _first_number(cell: str) -> int:
    """The number a line of our list had in the file; 0 for one that someone added."""
    return whole_number(_DECIMALS.sub("", cell.strip())) or 0


def _added(lines: Sequence[Line]) -> Iterator[str]:
    if lines:
        where = ranges(line.number for line in lines)
        yield (
            "La liste corrigée contenait des lignes sans numéro, ou d’un numéro qui n’était pas "
            f"à corriger : elles sont ajoutées, sous les numéros {where}."
        )


def _left_in_list(again: Parsed) -> Iterator[str]:
    yield from (f"Dans la liste corrigée, {note}" for note in again.notes)
    for one in again.aside:
        if one.reason not in ("en-tête", "ligne vide"):
            yield f"Mise de côté dans la liste corrigée, {one.words}."


# --- As the roll keeps it

_Kept = Sequence[object]


def _place(kept: Mapping[str, Any]) -> tuple[str, int]:
    sheet, column = kept.get("place", ("", -1))  # an older version kept none
    return sheet, column


def _is_plain(
    number: int, value: str, address: str, problems: Sequence[Problem], duplicate_of: int
) -> bool:
    """Whether there is nothing to say of a line: its number and its value make it again."""
    return not problems and not duplicate_of and address == value.lower()


def _line_to_json(line: Line) -> _Kept:
    number, value, address, problems, duplicate_of = line
    told = [(problem.reason, problem.remedy, problem.warning) for problem in problems]
    return number, value, address, told, duplicate_of


def _line_from_json(kept: Sequence[Any]) -> Line:
    match kept:
        case (number, value):  # as an older version kept it, and the next
            return Line(number, value, value)
        case (number, value, address):
            return Line(number, value, address)
    number, value, address, told, duplicate_of = kept
    problems = (
        Problem(reason=reason, remedy=remedy, warning=warning) for reason, remedy, warning in told
    )
    return Line(number, value, address, tuple(problems), duplicate_of)
