"""The files of an export: tables that no spreadsheet computes, a directory that appears whole."""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import TextIO

from consultation.questionnaire.columns import UNANSWERED, Column
from consultation.refusals import Refusal
from consultation.results.rows import Row
from consultation.spreadsheet import EXCEL, PLAIN, Flavour, known_cell, row_writer

FLAVOURS: Mapping[str, Flavour] = {"": PLAIN, "-excel": EXCEL}
"""By what is added to the name of the file."""

SUMS = "SHA256SUMS"

_CHUNK = 256 * 1024
_FAST = 3  # of nine: a third of the time of the usual six, for files a tenth larger


class AlreadyThere(Refusal):
    """Ce dossier contient déjà des fichiers. Indiquez un dossier vide ou un autre nom."""

    status = 409
    title = "Dossier déjà utilisé"


@contextmanager
def appearing(destination: Path) -> Iterator[Path]:
    """A directory to fill, which takes its place once everything in it is written."""
    if destination.exists() and not (destination.is_dir() and not any(destination.iterdir())):
        raise AlreadyThere
    destination.parent.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix=drafts(destination)[:-1], dir=destination.parent))
    try:
        yield directory
        directory.rename(destination)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def drafts(destination: Path) -> str:
    """The names that what is not finished has beside it: a process may die before removing one."""
    return f".{destination.name}-*"


class Table:
    """A large table of known codes, written without the csv module.

    What a code becomes (its label, quoted, made inert) is worked out once for each column.
    """

    def __init__(
        self, stream: TextIO, columns: Sequence[Column], flavour: Flavour, *, labels: bool
    ) -> None:
        self._stream = stream
        self._flavour = flavour
        blank = UNANSWERED if len(columns) > 1 else '""'  # readers pass over a line without any
        self._meanings = [_meanings(column, flavour, blank, labels=labels) for column in columns]
        self._numeric = [place for place, column in enumerate(columns) if not column.values]
        titled = flavour is EXCEL
        names = [f"{c.name} – {c.title}" if titled else c.name for c in columns]
        row_writer(stream, flavour)(names)

    def add(self, row: Row) -> None:
        """Write one row; what it knows beyond these columns is left out."""
        pairs = zip(self._meanings, row.codes, strict=False)
        cells = [meanings[code] for meanings, code in pairs]
        for place, number in zip(self._numeric, row.numbers, strict=True):
            cells[place] = number.replace(".", self._flavour.decimal) or cells[place]
        self._stream.write(self._flavour.delimiter.join(cells) + self._flavour.end)


def answers_in(path: Path, flavour: Flavour) -> Sequence[int]:
    """How many cells of each column of a table are not empty, its header left out."""
    with path.open(encoding=flavour.encoding, newline="") as file:
        rows = csv.reader(file, delimiter=flavour.delimiter)
        counts = [0] * len(next(rows))
        for row in rows:
            for place, cell in enumerate(row):
                if cell:
                    counts[place] += 1
    return counts


def sha256_of_files(directory: Path) -> dict[str, str]:
    """The digest of every file in the directory, by its name there."""
    return {name: _sha256(directory / name) for name in _names(directory)}


def sums(directory: Path) -> str:
    """The same, as `sha256sum -c` reads it."""
    return "".join(f"{digest}  {name}\n" for name, digest in sha256_of_files(directory).items())


def zipped(directory: Path) -> Iterator[bytes]:
    """A zip of the directory, in pieces, the same to the byte whenever it is made."""
    pieces = _Pieces()
    with zipfile.ZipFile(pieces, "w", zipfile.ZIP_DEFLATED, compresslevel=_FAST) as archive:
        for name in _names(directory):
            with (
                (directory / name).open("rb") as source,
                archive.open(f"{directory.name}/{name}", "w", force_zip64=True) as member,
            ):
                while chunk := source.read(_CHUNK):
                    member.write(chunk)
                    yield pieces.taken()
    yield pieces.taken()


class _Pieces(io.RawIOBase):
    """Keeps what the archive writes until it is taken; it cannot be rewound."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # zipfile writes bytes only
        self._kept += data
        return len(data)

    def taken(self) -> bytes:
        taken, self._kept = bytes(self._kept), bytearray()
        return taken


def _meanings(column: Column, flavour: Flavour, blank: str, *, labels: bool) -> Sequence[str]:
    """What is written for each code; the last one, which NO_ANSWER finds, for none."""
    shown = column.shown(labels=labels)
    bands = (blank for _ in column.bands)
    return [*(_quoted(one, flavour) for one in shown), *bands, blank]


def _quoted(text: str, flavour: Flavour) -> str:
    stream = io.StringIO()
    row_writer(stream, flavour)([known_cell(text)])
    return stream.getvalue().removesuffix(flavour.end)


def _names(directory: Path) -> list[str]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return sorted(path.relative_to(directory).as_posix() for path in files)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
