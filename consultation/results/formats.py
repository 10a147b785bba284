"""The same rows as a workbook, Parquet, SPSS and Stata; a library that one needs may be absent.

A workbook and Parquet are written lot after lot; the two others need every row in memory, a few
bytes for each.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from consultation.questionnaire.columns import NO_ANSWER, Column
from consultation.refusals import Refusal
from consultation.results import statistical
from consultation.results.lots import Lots
from consultation.results.rows import Row
from consultation.results.workbook import write_workbook
from consultation.whole import beside

if TYPE_CHECKING:
    import numpy.typing as npt

Format = Literal["xlsx", "parquet", "spss", "stata"]
FORMATS: tuple[Format, ...] = get_args(Format)
FORMAT_WORDS: Mapping[Format, str] = {
    "xlsx": "XLSX",
    "parquet": "Parquet",
    "spss": "SPSS",
    "stata": "Stata",
}
FILES: Mapping[Format, str] = {
    "xlsx": "microdata.xlsx",
    "parquet": "microdata.parquet",
    "spss": "microdata.sav",
    "stata": "microdata.dta",
}

_LIBRARIES: Mapping[Format, str] = {
    "parquet": "pyarrow",
    "spss": "pyreadstat",
    "stata": "pyreadstat",
}
_EXTRAS: Mapping[Format, str] = {"parquet": "parquet", "spss": "spss", "stata": "spss"}
_LOT = 10_000  # rows

_log = logging.getLogger(__name__)


class FormatMissing(Refusal):
    """Ce format demande un module qui n’est pas installé sur ce serveur."""

    status = 409
    title = "Format absent"

    def __init__(self, missing: Format) -> None:
        super().__init__(
            f"Le format {FORMAT_WORDS[missing]} demande un module qui n’est pas installé sur ce "
            f"serveur\u00a0: pip install 'consultation[{_EXTRAS[missing]}]'."
        )


class NotWritten(Refusal):
    """Ce format n’a pas pu être écrit."""

    status = 500

    def __init__(self, failed: Format) -> None:
        super().__init__(
            f"Le fichier {FORMAT_WORDS[failed]} n’a pas pu être écrit. Les autres fichiers sont "
            "complets. Prévenez l’équipe qui exploite le site\u00a0: son journal dit pourquoi."
        )


def available() -> tuple[Format, ...]:
    """The formats this server can write."""
    needed = ((one, _LIBRARIES.get(one)) for one in FORMATS)
    return tuple(one for one, name in needed if not name or importlib.util.find_spec(name))


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


def attempt(
    one: Format, directory: Path, columns: Sequence[Column], rows: Iterable[Row], *, labels: bool
) -> Refusal | None:
    """Write the file of this format; what prevented it, and then no file is there.

    `labels` rather than codes, in Parquet. One that fails never takes the others along.
    """
    if one not in available():
        return FormatMissing(one)
    try:
        with beside(directory / FILES[one]) as draft:
            _write(one, draft, columns, rows, labels=labels)
    except Refusal:  # ours: nothing leaves
        raise
    except Exception:  # noqa: BLE001 - whatever another's code raises, the other files are written
        _log.exception("a file was not written: %s", one)
        return NotWritten(one)
    return None


def _write(
    one: Format, path: Path, columns: Sequence[Column], rows: Iterable[Row], *, labels: bool
) -> None:
    if one == "xlsx":
        write_workbook(path, columns, rows)
        return
    if one == "parquet":
        _write_parquet(path, columns, rows, labels=labels)
        return
    lots = Lots(columns)
    for row in rows:
        lots.add(row)
    statistical.WRITERS[one](path, columns, lots)


def _write_parquet(
    path: Path, columns: Sequence[Column], rows: Iterable[Row], *, labels: bool
) -> None:
    import numpy as np
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

    def answered(column: Column, codes: npt.NDArray[Any]) -> pa.DictionaryArray:
        shown = list(column.shown(labels=labels))
        known = list(dict.fromkeys(shown))  # two answers may have one label
        places = np.array([*map(known.index, shown), NO_ANSWER], dtype="int16")[codes]
        indices = pa.array(places, mask=places == NO_ANSWER)
        return pa.DictionaryArray.from_arrays(indices, pa.array(known, pa.string()))

    def write(lots: Lots) -> None:
        cells = [lots.column(number) for number in range(len(columns))]
        arrays = [
            answered(column, one) if column.values else pa.array(one, from_pandas=True)
            for column, one in zip(columns, cells, strict=True)
        ]  # not a number: no answer
        writer.write_batch(pa.record_batch(arrays, schema=schema))

    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        lots = Lots(columns)
        for row in rows:
            lots.add(row)
            if lots.rows == _LOT:
                write(lots)
                lots.clear()
        write(lots)
