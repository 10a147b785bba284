"""Reads one cell of an HR file: the addresses in it, and what is wrong with them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import NamedTuple

from consultation.spreadsheet import NOT_SAVED

LONGEST_VALUE = 200  # of a faulty cell, as kept and shown

_INVISIBLE = re.compile(r"[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_NAME_AND_ADDRESS = re.compile(r"<([^<>]*)>")
_MAILTO = re.compile(r"\bmailto:", re.IGNORECASE)
_ROUND_ABOUT = " \t\r\n\"'«»“”‘’<>()[];,:"
_BETWEEN = re.compile(r"[\s;,/|]+")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LAST_LABEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]+")
_LONGEST_LOCAL, _LONGEST_DOMAIN = 64, 253
_TOLD = 10  # strange letters
_PLAIN = re.compile(  # nothing to clean, nothing wrong: nearly every cell, told at once
    r"[A-Za-z0-9_][A-Za-z0-9_-]*(?:[.+][A-Za-z0-9_-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,63}"
)
_SHARED = (
    r"(?:accueil|bal|bureau|cabinet|communication|contact|courriel|courrier|direction|info|infos"
    r"|ne-?pas-?repondre|no-?reply|prefet|rh|secretariat|standard|webmestre)\d*(?:[-._].*)?"
    r"|(?:pref|prefecture|sous-prefecture|sp|ddt|ddtm|ddpp|ddets|ddetspp|dreal|sgc|sgcd)(?:[-_].*)?"
)
_IS_SHARED = re.compile(_SHARED)
_LONGEST_USUAL = 64
_USUAL = re.compile(  # the same, of a person, in lower case, and too short for a label to be long
    rf"(?!(?:{_SHARED})@)[a-z0-9_][a-z0-9_-]*+(?:[.+][a-z0-9_-]++)*+"
    r"@(?:[a-z0-9]++(?:-++[a-z0-9]++)*+\.)++[a-z]{2,}+"
)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong with a line, and what to do; a warning does not stop the invitation."""

    reason: str
    remedy: str
    warning: bool = False


class Line(NamedTuple):
    """One line of the file, under the number Excel shows. A tuple: files have thousands.

    Several lines have the same number when one line of the file held several people.
    """

    number: int
    value: str
    address: str = ""
    problems: tuple[Problem, ...] = ()
    duplicate_of: int = 0

    @property
    def faulty(self) -> bool:
        """Whether the line cannot become an invitation until it is corrected."""
        return any(not problem.warning for problem in self.problems)

    @property
    def domain(self) -> str:
        """What follows the « @ » of its address."""
        return self.address.rpartition("@")[2]


SHARED_MAILBOX = Problem(
    reason="boîte qui semble partagée par un service",
    remedy="Un lien permet une seule réponse : préférez l’adresse de chaque agent.",
    warning=True,
)


def plain_lines(numbers: Iterable[int], addresses: Sequence[str]) -> list[Line]:
    """The lines of which there is nothing to say."""
    lower = map(str.lower, addresses)
    return list(map(Line._make, zip(numbers, addresses, lower, repeat(()), repeat(0))))


def lines_each(
    numbers: Iterable[int], cells: Sequence[str], several: Callable[[int, str], Sequence[Line]]
) -> list[Line]:
    """The lines of thousands of cells; `several`: those of a cell that holds more than usual."""
    lines = plain_lines(numbers, cells)
    usual, longest = _USUAL.fullmatch, _LONGEST_USUAL
    odd = [
        place
        for place, line in enumerate(lines)
        if usual(line.address) is None or len(line.address) > longest
    ]
    found = {place: several(lines[place].number, cells[place]) for place in odd}
    if not found:
        return lines
    return [one for place, line in enumerate(lines) for one in found.get(place, (line,))]


def line_of(number: int, cell: str) -> Line:
    """The line of a cell that should hold one address."""
    if _PLAIN.fullmatch(cell) and cell.find("@") <= _LONGEST_LOCAL and len(cell) < _LONGEST_DOMAIN:
        return _good(number, cell, cell.lower())
    value = clean(cell)
    found = addresses_in(value)
    if len(found) > 1:
        # Whole, however many they are: the list to correct has a line for each.
        return Line(number, "; ".join(found), problems=(_several(found),))
    problem = _problem(found[0], value)
    if problem:
        return Line(number, value[:LONGEST_VALUE], problems=(problem,))
    return _good(number, value[:LONGEST_VALUE], found[0])


def lines_of(number: int, cell: str) -> list[Line]:
    """The lines of a cell that may hold a list, as one copies it from a message."""
    several = cell.count("@") > 1
    rows = cell.splitlines() if several else [cell] if "@" in cell else []
    found: dict[str, None] = {}
    for piece in (piece for row in rows for piece in pieces(row)):
        here = addresses_in(clean(piece))
        found |= dict.fromkeys(here if len(here) > 1 else [piece.strip()])
    return _different(line_of(number, piece) for piece in found or (cell,))


def _different(lines: Iterable[Line]) -> list[Line]:
    """A person named twice in the same cell is one person."""
    return list({line.address or line.value: line for line in lines}.values())


def pieces(row: str) -> Iterator[str]:
    """« Léa <a@x>; Max <b@x> » are two; « DUPONT, Léa <a@x> » is one."""
    for piece in row.split(";"):
        cut = _cut(piece) if piece.count("@") > 1 else [piece]
        yield from (one for one in cut if one.strip())


def _cut(piece: str) -> Iterator[str]:
    """At each comma that follows an address."""
    begun: list[str] = []
    for part in piece.split(","):
        begun.append(part)
        if "@" in part:
            yield ",".join(begun)
            begun.clear()
    yield ",".join(begun)


def clean(cell: str) -> str:
    """The cell without what nobody sees: odd spaces, zero widths, marks of direction."""
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFC", cell)).split())


def addresses_in(cell: str) -> list[str]:
    """The different addresses of a clean cell, whatever surrounds them, in lower case.

    Where there is none, what stands in their place.
    """
    inside = [part for part in _NAME_AND_ADDRESS.findall(cell) if "@" in part]
    text = _MAILTO.sub(" ", " ".join(inside) if inside else cell)
    parts = [_bare(part.partition("?")[0]) for part in _BETWEEN.split(text)]
    signed = [part.lower() for part in parts if "@" in part]
    if len(signed) == 1 and not inside and _is_broken_by_a_space(cell, signed[0]):
        return [_bare(cell).lower()]
    return list(dict.fromkeys(signed)) or [_bare(text).lower()]


def _good(number: int, value: str, address: str) -> Line:
    if _IS_SHARED.fullmatch(address.partition("@")[0]):
        return Line(number, value, address, (SHARED_MAILBOX,))
    return Line(number, value, address)


def _bare(text: str) -> str:
    """Without what surrounds an address, the point that ends a sentence included."""
    return text.strip(_ROUND_ABOUT).rstrip("." + _ROUND_ABOUT)


def _is_broken_by_a_space(cell: str, signed: str) -> bool:
    """« jean dupont@ain.gouv.fr » is a slip; « Jean DUPONT jean.dupont@… » is a name."""
    local, _, domain = signed.partition("@")
    return not domain or not local or ("." not in local and " " in cell.strip(_ROUND_ABOUT))


def _several(found: Sequence[str]) -> Problem:
    return Problem(
        reason=f"{len(found)} adresses dans la même cellule",
        remedy="Écrivez une adresse par ligne, ou gardez la bonne.",
    )


def _problem(address: str, value: str) -> Problem | None:
    """The first thing wrong with an address, from the coarsest to the finest."""
    if value == NOT_SAVED:
        return Problem(
            reason="formule dont le résultat n’est pas enregistré",
            remedy="Ouvrez le fichier dans votre tableur, enregistrez-le, puis renvoyez-le.",
        )
    local, _, domain = address.rpartition("@")
    return _missing_part(address) or _bad_local(local) or _bad_domain(domain)


def _missing_part(address: str) -> Problem | None:
    if not address:
        return Problem(
            reason="pas d’adresse",
            remedy="Ajoutez l’adresse ; sinon cette personne ne recevra pas d’invitation.",
        )
    if "@" not in address:
        return Problem(reason="il manque le signe @", remedy="Écrivez une adresse complète.")
    if address.count("@") > 1:
        return Problem(reason="plusieurs signes @", remedy="Gardez un seul signe @.")
    if " " in address:
        return Problem(reason="une espace dans l’adresse", remedy="Retirez l’espace.")
    strange = sorted({letter for letter in address if not letter.isascii()})
    if strange:
        return Problem(
            reason=f"caractère interdit dans une adresse : {' '.join(strange[:_TOLD])}",
            remedy="Recopiez l’adresse sans accent ni caractère spécial.",
        )
    return None


def _bad_local(local: str) -> Problem | None:
    if not local:
        return Problem(
            reason="rien avant le signe @", remedy="Écrivez l’adresse complète de l’agent."
        )
    if len(local) > _LONGEST_LOCAL:
        return Problem(
            reason="plus de 64 caractères avant le signe @", remedy="Vérifiez l’adresse."
        )
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return Problem(reason="un point mal placé avant le signe @", remedy="Retirez ce point.")
    if not _LOCAL.fullmatch(local):
        return Problem(
            reason="caractère interdit avant le signe @", remedy="Recopiez l’adresse de l’agent."
        )
    return None


def _bad_domain(domain: str) -> Problem | None:
    if not domain:
        return Problem(
            reason="rien après le signe @", remedy="Écrivez le domaine, par exemple ain.gouv.fr."
        )
    if "." not in domain[:_LONGEST_DOMAIN]:
        return Problem(
            reason="la fin du domaine manque",
            remedy=f"Complétez, par exemple {domain[:_LONGEST_DOMAIN]}.gouv.fr.",
        )
    labels = domain.split(".")
    if len(domain) > _LONGEST_DOMAIN or not all(map(_LABEL.fullmatch, labels)):
        return Problem(reason="domaine mal écrit", remedy="Vérifiez ce qui suit le signe @.")
    if not _LAST_LABEL.fullmatch(labels[-1]):
        return Problem(
            reason=f"fin de domaine inconnue : .{labels[-1]}",
            remedy="Vérifiez ce qui suit le signe @.",
        )
    return None
