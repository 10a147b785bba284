"""Reads the file of an HR office: every line is kept, with all that is wrong with it.

Only addresses leave this module; names, grades and structures stay in the file.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import fnmatch
from functools import cached_property

from consultation import spreadsheet
from consultation.incoming import whole_number
from consultation.spreadsheet import Row, Sheet

ANY_GOUV = ("*.gouv.fr",)
LONGEST_VALUE = 200  # of a faulty cell, as kept and shown

_HEADER_WITHIN = 20  # rows in which the header is looked for
_SAMPLES = 3
_RARE, _COMMON = 2, 10  # lines with a domain: under the first, it may be a slip for the second
_CLOSE, _VERY_CLOSE = 0.85, 0.93

_CERTAIN_NAMES = ("courriel", "mail", "messagerie", "email")
_LIKELY_NAMES = (*_CERTAIN_NAMES, "adresse", "electronique", "destinataire")
_PRIVATE_NAMES = ("perso", "prive", "secours")

_INVISIBLE = re.compile(r"[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_NAME_AND_ADDRESS = re.compile(r"<([^<>]*)>")
_MAILTO = re.compile(r"\bmailto:", re.IGNORECASE)
_ROUND_ABOUT = " \t\r\n\"'«»“”‘’<>()[];,:"
_BETWEEN = re.compile(r"[\s;,/|]+")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LAST_LABEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]+")
_TOTAL = re.compile(r"(?:sous[- ])?(?:total|nombre)\b", re.IGNORECASE)
_SHARED = re.compile(
    r"(?:accueil|bal|bureau|cabinet|communication|contact|courriel|courrier|direction|info|infos"
    r"|ne-?pas-?repondre|no-?reply|prefet|rh|secretariat|standard|webmestre)\d*(?:[-._].*)?"
    r"|(?:pref|prefecture|sous-prefecture|sp|ddt|ddtm|ddpp|ddets|ddetspp|dreal|sgc|sgcd)(?:[-_].*)?"
)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong with a line, and what to do; a warning does not stop the invitation."""

    reason: str
    remedy: str
    warning: bool = False


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the file, under the number Excel shows."""

    number: int
    value: str
    address: str = ""
    problems: tuple[Problem, ...] = ()
    duplicate_of: int = 0

    @property
    def faulty(self) -> bool:
        """Whether the line cannot become an invitation until it is corrected."""
        return any(not problem.warning for problem in self.problems)


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """A whole file: every line with its problems, and how the file was understood."""

    lines: tuple[Line, ...] = ()
    how: str = ""
    column: str = ""
    not_kept: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refusal: str = ""  # why nothing in the file can be used
    again: bool = False  # it is our own list of lines to correct, and has their first numbers

    @cached_property
    def faulty(self) -> tuple[Line, ...]:
        """The lines to correct."""
        return tuple(line for line in self.lines if line.faulty)

    @cached_property
    def duplicates(self) -> tuple[Line, ...]:
        """The lines whose address stands higher in the file."""
        return tuple(line for line in self.lines if line.duplicate_of)

    @cached_property
    def ready(self) -> tuple[Line, ...]:
        """The lines that may become invitations."""
        return tuple(line for line in self.lines if not line.faulty and not line.duplicate_of)

    @cached_property
    def warned(self) -> tuple[Line, ...]:
        """The lines to look at before confirming."""
        return tuple(line for line in self.ready if line.problems)

    @property
    def addresses(self) -> Iterable[str]:
        """The addresses to invite, each once."""
        return (line.address for line in self.ready)

    def to_json(self) -> str:
        """The draft as the roll keeps it until it is confirmed."""
        return json.dumps(
            {
                "lines": [_line_to_json(line) for line in self.lines],
                "how": self.how,
                "column": self.column,
                "not_kept": self.not_kept,
                "notes": self.notes,
                "refusal": self.refusal,
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> Parsed:
        """The draft that `to_json` wrote."""
        kept = json.loads(text)
        return cls(
            lines=tuple(_line_from_json(line) for line in kept["lines"]),
            how=kept["how"],
            column=kept["column"],
            not_kept=tuple(kept["not_kept"]),
            notes=tuple(kept["notes"]),
            refusal=kept["refusal"],
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


def columns(content: bytes, filename: str, sheet: str = "") -> Columns:
    """The columns of a file, with the one that seems to hold the addresses."""
    read = spreadsheet.read(content, filename, sheet)
    layout = _layout(read)
    rows = layout.rows if layout else read.rows
    names = layout.names if layout else {}
    used = sorted({i for row in rows for i, cell in enumerate(row.cells) if cell.strip()})
    return Columns(
        found=tuple(
            Column(
                index=i,
                name=names.get(i, f"colonne {_letter(i)}"),
                samples=tuple(_samples(rows, i)),
            )
            for i in used
        ),
        guessed=layout.column if layout else None,
        sheets=read.sheets,
        sheet=read.sheet,
    )


def parse(
    content: bytes,
    filename: str,
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
    read = spreadsheet.read(content, filename, sheet)
    if read.refusal:
        return Parsed(refusal=read.refusal)
    return _parsed(read, _layout(read, column), domains, elsewhere or {})


def parse_pasted(
    text: str,
    domains: Sequence[str] = ANY_GOUV,
    *,
    elsewhere: Mapping[str, str] | None = None,
) -> Parsed:
    """Read addresses pasted from a message or a list: one a line, or several with « ; »."""
    pieces = [piece for line in text.splitlines() for piece in _pieces(line) if piece.strip()]
    rows = tuple(Row(number=n, cells=(piece,)) for n, piece in enumerate(pieces, 1))
    if not any("@" in piece for piece in pieces):
        return Parsed(refusal="Aucune adresse n’a été collée. Écrivez une adresse par ligne.")
    layout = _Layout(column=0, rows=rows, names={0: "adresses collées"}, others=())
    how = "adresses collées, numérotées dans leur ordre"
    return _parsed(Sheet(rows=rows, how=how), layout, domains, elsewhere or {})


def corrected(parsed: Parsed, again: Parsed) -> Parsed:
    """The file once the lines sent again stand in the place of those they correct."""
    lines = {line.number: line for line in (*parsed.lines, *again.lines)}
    return replace(
        parsed,
        lines=_without_repeats(replace(lines[number], duplicate_of=0) for number in sorted(lines)),
    )


def one_address(typed: str, domains: Sequence[str] = ANY_GOUV) -> Line:
    """What one address written in a field is worth: the same rules as in a file."""
    return parse_pasted(typed, domains).lines[0] if "@" in typed else _line_of(0, typed)


def _pieces(line: str) -> list[str]:
    """« Léa <a@x>; Max <b@x> » are two; « DUPONT, Léa <a@x> » is one."""
    pieces = line.split(";")
    if any(piece.count("@") > 1 for piece in pieces):
        pieces = [part for piece in pieces for part in re.split(r"[,;]\s*(?=\S*@|[^,;<]*<)", piece)]
    return pieces


def _samples(rows: Sequence[Row], column: int) -> Iterable[str]:
    cells = (row.cells[column] for row in rows if column < len(row.cells))
    filled = [cell for cell in map(_clean, cells) if cell]
    return filled[:_SAMPLES]


def _parsed(
    sheet: Sheet, layout: _Layout | None, domains: Sequence[str], elsewhere: Mapping[str, str]
) -> Parsed:
    if layout is None:
        return Parsed(how=sheet.how, refusal=_no_address(sheet))
    lines = [_line(row, layout.column) for row in layout.rows if not _is_total(row)]
    if len(lines) > spreadsheet.MOST_ROWS:
        return Parsed(
            how=sheet.how, refusal="Le fichier dépasse 20 000 lignes. Coupez-le en plusieurs lots."
        )
    totals = [f"{row.number}" for row in layout.rows if _is_total(row)]
    return Parsed(
        lines=_without_repeats(_with_domains_checked(lines, domains, elsewhere)),
        again=layout.again,
        how=sheet.how,
        column=layout.names.get(layout.column, f"colonne {_letter(layout.column)}"),
        not_kept=layout.others,
        notes=(
            *sheet.notes,
            *layout.notes,
            *(f"La ligne {number} est un total : elle est laissée de côté." for number in totals),
        ),
    )


_REPORT = ("Ligne", "Courriel", "Gravité", "Problème", "Que faire")


def report(parsed: Parsed, already: Mapping[int, str]) -> bytes:
    """Every problem of the file as a CSV that Excel opens, and that may be sent again corrected.

    `already`: the lines whose address is invited, and where, in words.
    """
    return spreadsheet.write([_REPORT, *_report_rows(parsed, already)])


def _report_rows(
    parsed: Parsed, already: Mapping[int, str]
) -> Iterable[tuple[int, str, str, str, str]]:
    for line in parsed.lines:
        if line.number in already:
            reason = already[line.number]
            yield line.number, line.value, "doublon", reason, "Rien : son invitation existe."
        for problem in line.problems:
            gravity = "à vérifier" if problem.warning else "à corriger"
            yield line.number, line.value, gravity, problem.reason, problem.remedy
        if line.duplicate_of:
            reason = f"même adresse qu’à la ligne {line.duplicate_of}"
            yield line.number, line.value, "doublon", reason, "Rien : une seule invitation part."


_Kept = tuple[int, str, str, int, list[tuple[str, str, bool]]]


def _line_to_json(line: Line) -> _Kept:
    problems = [(problem.reason, problem.remedy, problem.warning) for problem in line.problems]
    return line.number, line.value, line.address, line.duplicate_of, problems


def _line_from_json(kept: _Kept) -> Line:
    number, value, address, duplicate_of, problems = kept
    return Line(
        number=number,
        value=value,
        address=address,
        duplicate_of=duplicate_of,
        problems=tuple(
            Problem(reason=reason, remedy=remedy, warning=warning)
            for reason, remedy, warning in problems
        ),
    )


# --- Where the addresses are


@dataclass(frozen=True, kw_only=True)
class _Layout:
    column: int
    rows: tuple[Row, ...]
    names: Mapping[int, str]
    others: tuple[str, ...]
    notes: tuple[str, ...] = ()
    again: bool = False


def _layout(sheet: Sheet, chosen: int | None = None) -> _Layout | None:
    """The column of addresses, by its name and by its content; the rows under its header."""
    header = next((row for row in sheet.rows[:_HEADER_WITHIN] if _is_header(row)), None)
    first = next((i for i, row in enumerate(sheet.rows) if "@" in "".join(row.cells)), None)
    if header is None and first is None and chosen is None:
        return None
    if header is None:
        header = sheet.rows[first - 1] if first else None
    rows = tuple(row for row in sheet.rows if header is None or row.number > header.number)
    names = (
        {i: _clean(name) for i, name in enumerate(header.cells) if _clean(name)} if header else {}
    )
    column = _address_column(rows, names) if chosen is None else chosen
    if column is None:
        return None
    used = {i for row in rows for i, cell in enumerate(row.cells) if cell.strip()} - {column}
    others = tuple(names.get(i, f"colonne {_letter(i)}") for i in sorted(used))
    again = tuple(names.get(i) for i in range(len(_REPORT))) == _REPORT
    return _Layout(
        column=column,
        rows=tuple(_with_first_numbers(rows)) if again else rows,
        names=names,
        others=() if again else others,
        notes=() if again else _second(rows, column, names),
        again=again,
    )


def _with_first_numbers(rows: Iterable[Row]) -> Iterable[Row]:
    for row in rows:
        first = whole_number(row.cells[0].strip())
        yield row if first is None else replace(row, number=first)


def _is_header(row: Row) -> bool:
    if any("@" in cell for cell in row.cells):
        return False
    return any(_named(cell, _LIKELY_NAMES) and len(cell) < 60 for cell in row.cells)


def _address_column(rows: Sequence[Row], names: Mapping[int, str]) -> int | None:
    """The column with the most addresses; a name decides between columns that have some."""
    signs = _signs(rows)
    if not signs:
        return next((i for i, name in names.items() if _named(name, _CERTAIN_NAMES)), None)
    likely = [i for i in signs if _named(names.get(i, ""), _LIKELY_NAMES)]
    at_work = [i for i in likely if not _named(names[i], _PRIVATE_NAMES)]
    return max(at_work or likely or list(signs), key=lambda i: (signs[i], -i))


def _second(rows: Sequence[Row], column: int, names: Mapping[int, str]) -> tuple[str, ...]:
    signs = _signs(rows)
    shown = {i: names.get(i, f"colonne {_letter(i)}") for i in signs}
    return tuple(
        f"« {shown[i]} » contient aussi des adresses ; seule « {shown[column]} » est lue."
        for i in sorted(signs)
        if i != column and column in shown
    )


def _signs(rows: Sequence[Row]) -> Counter[int]:
    return Counter(i for row in rows for i, cell in enumerate(row.cells) if "@" in cell)


def _named(name: str, words: Iterable[str]) -> bool:
    plain = re.sub(r"[^a-z]", "", _without_accents(name).lower())
    return any(word in plain for word in words)


def _no_address(sheet: Sheet) -> str:
    seen = ", ".join(f"« {_clean(cell)} »" for cell in sheet.rows[0].cells[:10] if _clean(cell))
    return (
        f"Aucune colonne d’adresses électroniques n’a été trouvée. Première ligne lue : {seen}. "
        "Mettez les adresses dans une colonne nommée « courriel », puis envoyez le fichier."
    )


def _is_total(row: Row) -> bool:
    first = next(cell.strip() for cell in row.cells if cell.strip())
    return "@" not in "".join(row.cells) and _TOTAL.match(first) is not None


def _letter(column: int) -> str:
    return (_letter(column // 26 - 1) if column >= 26 else "") + chr(65 + column % 26)


# --- One line


def _line(row: Row, column: int) -> Line:
    return _line_of(row.number, row.cells[column] if column < len(row.cells) else "")


def _line_of(number: int, cell: str) -> Line:
    value = _clean(cell)[:LONGEST_VALUE]
    found = _addresses_in(_clean(cell))
    if len(found) > 1:
        return Line(number=number, value=value, problems=(_two_addresses(found),))
    address = found[0] if found else ""
    problem = _problem(address)
    if problem:
        return Line(number=number, value=value, problems=(problem,))
    shared = (_SHARED_MAILBOX,) if _SHARED.fullmatch(address.partition("@")[0]) else ()
    return Line(number=number, value=value, address=address, problems=shared)


def _clean(cell: str) -> str:
    """The cell without what nobody sees: odd spaces, zero widths, marks of direction."""
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFC", cell)).split())


def _addresses_in(cell: str) -> list[str]:
    """The different addresses of a cell, whatever surrounds them, in lower case."""
    inside = [part for part in _NAME_AND_ADDRESS.findall(cell) if "@" in part]
    text = _MAILTO.sub(" ", " ".join(inside) if inside else cell)
    parts = [_bare(part.partition("?")[0]) for part in _BETWEEN.split(text)]
    signed = [part.lower() for part in parts if "@" in part]
    if len(signed) == 1 and not inside and _is_broken_by_a_space(cell, signed[0]):
        return [_bare(cell).lower()]
    return list(dict.fromkeys(signed)) or [_bare(text).lower()]


def _bare(text: str) -> str:
    """Without what surrounds an address, the point that ends a sentence included."""
    return text.strip(_ROUND_ABOUT).rstrip("." + _ROUND_ABOUT)


def _is_broken_by_a_space(cell: str, signed: str) -> bool:
    """« jean dupont@ain.gouv.fr » is a slip; « Jean DUPONT jean.dupont@… » is a name."""
    local, _, domain = signed.partition("@")
    return not domain or not local or ("." not in local and " " in cell.strip(_ROUND_ABOUT))


def _two_addresses(found: Sequence[str]) -> Problem:
    return Problem(
        reason=f"{len(found)} adresses dans la même cellule",
        remedy="Écrivez une adresse par ligne.",
    )


_SHARED_MAILBOX = Problem(
    reason="boîte qui semble partagée par un service",
    remedy="Un lien permet une seule réponse : préférez l’adresse de chaque agent.",
    warning=True,
)


def _problem(address: str) -> Problem | None:
    """The first thing wrong with an address, from the coarsest to the finest."""
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
            reason=f"caractère interdit dans une adresse : {' '.join(strange)}",
            remedy="Recopiez l’adresse sans accent ni caractère spécial.",
        )
    return None


def _bad_local(local: str) -> Problem | None:
    if not local:
        return Problem(
            reason="rien avant le signe @", remedy="Écrivez l’adresse complète de l’agent."
        )
    if len(local) > 64:
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
    if "." not in domain:
        return Problem(
            reason="la fin du domaine manque",
            remedy=f"Complétez, par exemple {domain}.gouv.fr.",
        )
    labels = domain.split(".")
    if len(domain) > 253 or not all(map(_LABEL.fullmatch, labels)):
        return Problem(reason="domaine mal écrit", remedy="Vérifiez ce qui suit le signe @.")
    if not _LAST_LABEL.fullmatch(labels[-1]):
        return Problem(
            reason=f"fin de domaine inconnue : .{labels[-1]}",
            remedy="Vérifiez ce qui suit le signe @.",
        )
    return None


# --- The whole file


def _with_domains_checked(
    lines: Sequence[Line], domains: Sequence[str], elsewhere: Mapping[str, str]
) -> list[Line]:
    counts = Counter(_domain(line) for line in lines if line.address)
    verdicts = {
        domain: _verdict(domain, counts, domains) or _of_another(domain, elsewhere)
        for domain in counts
    }
    return [_judged(line, verdicts.get(_domain(line))) for line in lines]


def _judged(line: Line, verdict: Problem | None) -> Line:
    if verdict is None:
        return line
    return Line(
        number=line.number,
        value=line.value,
        address=line.address if verdict.warning else "",
        problems=(*line.problems, verdict),
    )


def _verdict(domain: str, counts: Counter[str], domains: Sequence[str]) -> Problem | None:
    common = [known for known in counts if counts[known] >= _COMMON and known != domain]
    if any(_allowed(domain, pattern) for pattern in domains):
        near = get_close_matches(domain, common, 1, _VERY_CLOSE) if counts[domain] < _RARE else []
        return _slip(domain, near[0], warning=True) if near else None
    common = [known for known in common if any(_allowed(known, pattern) for pattern in domains)]
    near = get_close_matches(domain, common, 1, _CLOSE) or _with_known_ending(domain, domains)
    if near:
        return _slip(domain, near[0], warning=False)
    return Problem(
        reason=f"domaine non autorisé : {domain}",
        remedy="Vérifiez l’adresse. Si elle est juste, demandez à l’équipe technique "
        "d’autoriser ce domaine.",
    )


def _of_another(domain: str, elsewhere: Mapping[str, str]) -> Problem | None:
    """An address of another territory: right for a shared post, wrong in the wrong file."""
    name = next(
        (name for known, name in elsewhere.items() if f".{domain}".endswith(f".{known}")), None
    )
    if name is None:
        return None
    return Problem(
        reason=f"domaine d’un autre territoire : {name}",
        remedy="Vérifiez que cette personne relève bien de vous.",
        warning=True,
    )


def _allowed(domain: str, pattern: str) -> bool:
    return fnmatch(domain, pattern) or pattern == f"*.{domain}"


def _with_known_ending(domain: str, patterns: Sequence[str]) -> list[str]:
    """The domain with its ending put right, when it nearly ends as a pattern does."""
    for ending in (pattern.lstrip("*.") for pattern in patterns):
        known, labels = ending.split("."), domain.split(".")
        written = ".".join(labels[-len(known) :])
        if ending and get_close_matches(written, [ending], 1, _CLOSE):
            return [".".join([*labels[: -len(known)], ending])]
        if len(known) > 1 and labels[-1] == known[0]:
            return [".".join([*labels[:-1], ending])]
    return []


def _slip(domain: str, likely: str, *, warning: bool) -> Problem:
    return Problem(
        reason=f"domaine peut-être mal écrit : {domain}",
        remedy=f"Vouliez-vous écrire {likely} ?",
        warning=warning,
    )


def _without_repeats(lines: Iterable[Line]) -> tuple[Line, ...]:
    first: dict[str, int] = {}
    kept = []
    for line in lines:
        seen = first.setdefault(line.address, line.number) if line.address else line.number
        repeated = seen != line.number
        kept.append(
            Line(
                number=line.number,
                value=line.value,
                address=line.address,
                problems=() if repeated else line.problems,
                duplicate_of=seen if repeated else 0,
            )
        )
    return tuple(kept)


def _domain(line: Line) -> str:
    return line.address.rpartition("@")[2]


def _without_accents(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
