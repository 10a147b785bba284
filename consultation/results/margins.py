"""Reads what is known of the population: a line for each answer to a profile question. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from consultation.formatting import percent_fr
from consultation.results.findings import Findings
from consultation.spreadsheet import Row, read

HEADINGS = ("question", "code", "effectif")


@dataclass(frozen=True, kw_only=True)
class Read:
    """The people by question and code, or everything that is wrong, line by line."""

    people: Mapping[str, Mapping[str, float]]
    problems: tuple[str, ...] = ()


def read_margins(content: bytes, found: Findings) -> Read:
    """The margins of a file, CSV, XLSX, XLS or ODS; an empty effectif leaves the answer out."""
    sheet = read(content)
    if sheet.refusal:
        return Read(people={}, problems=(sheet.refusal,))
    header, *rows = sheet.rows
    places = _places(header)
    missing = [name for name in HEADINGS if name not in places]
    if missing:
        return Read(people={}, problems=(f"Il manque la colonne « {missing[0]} ».",))
    reader = _Reader(found, places)
    people: dict[str, dict[str, float]] = {}
    for row in rows:
        for question, code, count in reader.line(row):
            people.setdefault(question, {})[code] = count
    problems = (*reader.problems, *_unfit(people, found))
    return Read(people={} if problems else people, problems=problems)


class _Reader:
    """Reads one line after the other and keeps every problem."""

    def __init__(self, found: Findings, places: Mapping[str, int]) -> None:
        self._known = {one.name: frozenset(one.answers) for one in found.profiles}
        self._places = places
        self.problems: list[str] = []

    def line(self, row: Row) -> Iterator[tuple[str, str, float]]:
        """The question, the code and the people of this line; nothing when it says none."""
        question, code, written = (self._cell(row, name) for name in HEADINGS)
        if not written:
            return
        count = _number(written)
        if question not in self._known:
            self._wrong(row, f"« {question} » n’est pas une question de profil")
        elif code not in self._known[question]:
            self._wrong(row, f"« {code} » n’est pas une réponse à « {question} »")
        elif count is None:
            self._wrong(row, f"« {written} » n’est pas un nombre de personnes")
        else:
            yield question, code, count

    def _cell(self, row: Row, name: str) -> str:
        return row.cells[self._places[name]].strip()

    def _wrong(self, row: Row, sentence: str) -> None:
        self.problems.append(f"Ligne {row.number} : {sentence}.")


def _places(header: Row) -> dict[str, int]:
    return {name.strip().casefold(): number for number, name in enumerate(header.cells)}


def _number(written: str) -> float | None:
    plain = "".join(written.split()).replace(",", ".")
    try:
        count = float(plain)
    except ValueError:
        return None
    return count if 0 <= count < 1e9 else None


def _unfit(people: Mapping[str, Mapping[str, float]], found: Findings) -> Iterator[str]:
    """Why these questions cannot weight anything: little is known of them, or of who answered."""
    for question, by_code in people.items():
        profile = found.profile(question)
        if profile is None:
            continue
        known = {code for code, count in by_code.items() if count > 0}
        if not profile.weighs:
            lost = percent_fr(profile.lost)
            yield (
                f"« {question} » : le détail de {lost} des réponses a été retiré, pour que "
                "personne ne soit reconnu. Cette question ne redresse rien : retirez ses lignes."
            )
        elif len(known) < 2:
            yield f"« {question} » : il faut l’effectif de deux réponses au moins."
        elif len(known - {*profile.none}) < 2:
            yield (f"« {question} » : il faut l’effectif de deux réponses que quelqu’un a données.")
