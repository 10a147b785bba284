"""The same rows for statisticians: Parquet, SPSS and Stata, each by a library that may be absent.

Parquet is written lot after lot; the two others need every row in memory, a few bytes for each.
"""

from __future__ import annotations

import importlib.util
import re
from array import array
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

from consultation.refusals import Refusal
from consultation.results.columns import NO_ANSWER, Column
from consultation.results.rows import Row

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

Format = Literal["parquet", "spss", "stata"]
FORMATS: tuple[Format, ...] = get_args(Format)
FORMAT_WORDS: Mapping[Format, str] = {"parquet": "Parquet", "spss": "SPSS", "stata": "Stata"}
FILES: Mapping[Format, str] = {
    "parquet": "microdata.parquet",
    "spss": "microdata.sav",
    "stata": "microdata.dta",
}

SHORT = 32
"""The longest name of a variable in Stata; SPSS allows 64."""

NO_ANSWER_LABEL = "Sans réponse"

_LIBRARIES: Mapping[Format, str] = {
    "parquet": "pyarrow",
    "spss": "pyreadstat",
    "stata": "pyreadstat",
}
_EXTRAS: Mapping[Format, str] = {"parquet": "parquet", "spss": "spss", "stata": "spss"}
_LOT = 10_000  # rows
_MEASURES = {"scale": "ordinal", "number": "scale"}  # of SPSS; the others are nominal


class FormatMissing(Refusal):
    """Ce format demande un module qui n’est pas installé sur ce serveur."""

    status = 409
    title = "Format absent"

    def __init__(self, missing: Format) -> None:
        super().__init__(
            f"Le format {FORMAT_WORDS[missing]} demande un module qui n’est pas installé sur ce "
            f"serveur\u00a0: pip install 'consultation[{_EXTRAS[missing]}]'."
        )


class RowsFile(Protocol):
    """A file that takes rows one by one."""

    def add(self, row: Row) -> None:
        """Write one row."""


def available() -> tuple[Format, ...]:
    """The formats this server can write."""
    return tuple(one for one in FORMATS if importlib.util.find_spec(_LIBRARIES[one]))


def refuse_missing(formats: Collection[Format], present: Collection[Format] | None = None) -> None:
    """FormatMissing, before anything is read, when one of these cannot be written here."""
    here = available() if present is None else present
    for one in formats:
        if one not in here:
            raise FormatMissing(one)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What whoever asks for an export chooses.

    More formats; labels rather than codes; also the open texts that nobody has read yet.
    """

    formats: frozenset[Format] = frozenset()
    labels: bool = False
    unread: bool = False

    @property
    def words(self) -> str:
        """The choices that matter to whoever reads the journal."""
        formats = ", ".join(FORMAT_WORDS[one] for one in FORMATS if one in self.formats)
        texts = "textes lus et non lus" if self.unread else "textes lus seulement"
        return ", ".join(filter(None, (formats, "libellés" if self.labels else "", texts)))


CSV_ALONE = Wanted()


@contextmanager
def opened(
    one: Format, directory: Path, columns: Sequence[Column], *, labels: bool
) -> Iterator[RowsFile]:
    """The file of this format, complete when the block ends; `labels` rather than codes in Parquet.

    In SPSS and Stata an answer is the number the codebook gives it, and carries its label.
    """
    path = directory / FILES[one]
    if one == "parquet":
        with _parquet(path, columns, labels=labels) as file:
            yield file
        return
    lots = _Lots(columns)
    yield lots
    write = _write_spss if one == "spss" else _write_stata
    write(path, columns, lots)


def short_names(names: Sequence[str]) -> Mapping[str, str]:
    """Names that SPSS and Stata accept, different from each other whatever the case."""
    found: dict[str, str] = {}
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
        short, number = plain[:SHORT], 1
        while short.casefold() in {one.casefold() for one in found.values()}:
            number += 1
            short = f"{plain[: SHORT - len(str(number)) - 1]}_{number}"
        found[name] = short
    return found


class _Lots:
    """Rows kept column by column: two bytes for an answer, eight for a number."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self.clear()

    def add(self, row: Row) -> None:
        """Keep one row."""
        numbers = iter(row.numbers)
        for cells, column, code in zip(self.cells, self._columns, row.codes, strict=False):
            cells.append(code if column.values else float(next(numbers) or "nan"))
        self.rows += 1

    def clear(self) -> None:
        """Forget every row."""
        self.cells: list[array[Any]] = [array("h" if c.values else "d") for c in self._columns]
        self.rows = 0

    def column(self, number: int) -> npt.NDArray[Any]:
        """The cells of a column."""
        import numpy as np

        cells = self.cells[number]
        return np.frombuffer(cells, dtype=cells.typecode).copy()


@contextmanager
def _parquet(path: Path, columns: Sequence[Column], *, labels: bool) -> Iterator[RowsFile]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    answers = pa.dictionary(pa.int16(), pa.string())
    schema = pa.schema(
        pa.field(
            column.name,
            answers if column.values else pa.float64(),
            metadata={"title": column.title, "question": column.question},
        )
        for column in columns
    )
    words = [
        pa.array(column.values.values() if labels else column.values, pa.string())
        for column in columns
    ]

    def write(lots: _Lots) -> None:
        cells = [lots.column(number) for number in range(len(columns))]
        arrays = [
            pa.DictionaryArray.from_arrays(pa.array(one, mask=one == NO_ANSWER), known)
            if column.values
            else pa.array(one, from_pandas=True)  # not a number: no answer
            for one, column, known in zip(cells, columns, words, strict=True)
        ]
        writer.write_batch(pa.record_batch(arrays, schema=schema))

    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        file = _LotByLot(columns, write)
        yield file
        file.flush()


class _LotByLot(_Lots):
    """Gives its rows away as soon as there are enough."""

    def __init__(self, columns: Sequence[Column], write: Callable[[_Lots], None]) -> None:
        super().__init__(columns)
        self._write = write

    def add(self, row: Row) -> None:
        """Take one row."""
        super().add(row)
        if self.rows == _LOT:
            self.flush()

    def flush(self) -> None:
        """Give away what is left."""
        self._write(self)
        self.clear()


def _write_spss(path: Path, columns: Sequence[Column], lots: _Lots) -> None:
    """No answer is 0, declared missing: counted apart, and left out of every statistic."""
    import pandas as pd
    import pyreadstat

    names = short_names([column.name for column in columns])
    coded = [names[column.name] for column in columns if column.values]
    cells = {
        names[column.name]: lots.column(number) + bool(column.values)
        for number, column in enumerate(columns)
    }
    pyreadstat.write_sav(
        pd.DataFrame(cells),
        path,
        row_compress=True,  # a byte for each code rather than eight
        column_labels=[_cut(column.title, 255) for column in columns],
        variable_value_labels={
            names[column.name]: {0: NO_ANSWER_LABEL} | _numbered(column, 120)
            for column in columns
            if column.values
        },
        missing_ranges={name: [0] for name in coded},
        variable_format=dict.fromkeys(coded, "F3.0"),
        variable_measure={
            names[column.name]: _MEASURES.get(column.kind, "nominal") for column in columns
        },
    )
    _undate(path, _SPSS_DATE, b"01 Jan 7000:00:00")


def _write_stata(path: Path, columns: Sequence[Column], lots: _Lots) -> None:
    """No answer is a missing value."""
    import pandas as pd
    import pyreadstat

    names = short_names([column.name for column in columns])
    cells = {
        names[column.name]: _nullable(lots.column(number)) if column.values else lots.column(number)
        for number, column in enumerate(columns)
    }
    pyreadstat.write_dta(
        pd.DataFrame(cells),
        path,
        version=14,  # of Stata; later ones read it too
        column_labels=[column.title[:80] for column in columns],
        variable_value_labels={
            names[column.name]: _numbered(column, 500) for column in columns if column.values
        },
    )
    _undate(path, _STATA_DATE, b"01 Jan 1970 00:00")


def _numbered(column: Column, longest: int) -> dict[int | float, str]:
    return {n: _cut(label, longest) for n, label in enumerate(column.values.values(), start=1)}


def _nullable(codes: npt.NDArray[Any]) -> pd.arrays.IntegerArray:
    import pandas as pd

    return pd.arrays.IntegerArray(codes + 1, codes == NO_ANSWER)


def _cut(text: str, longest: int) -> str:
    """The text in so many bytes at most."""
    return text.encode()[:longest].decode(errors="ignore")


def _undate(path: Path, made: re.Pattern[bytes], never: bytes) -> None:
    """Take out when the file was made: the same rows always give the same file."""
    with path.open("r+b") as file:
        found = made.search(file.read(400))
        if found is None:
            raise ValueError(f"no date in {path.name}")
        file.seek(found.start(1))
        file.write(never)


_SPSS_DATE = re.compile(rb"(\d{2} [A-Z][a-z]{2} \d{2}\d{2}:\d{2}:\d{2})")
_STATA_DATE = re.compile(rb"<timestamp>\x11(.{17})</timestamp>")
