"""Writes rows for SPSS and Stata, by pyreadstat; what a column becomes there, `numbering` says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from consultation.questionnaire.columns import NO_ANSWER, Column
from consultation.results.lots import Lots
from consultation.results.numbering import APART, Numbering, measure, numbering, short_names

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

# What each takes, in its own documentation: bytes for SPSS, characters for Stata.
_SPSS_TITLE, _SPSS_LABEL = 255, 120
_STATA_TITLE, _STATA_LABEL = 80, 32_000
_DIGITS = 12  # shown of a number
_LEAST = 8

_SPSS_DATE = re.compile(rb"(\d{2} [A-Z][a-z]{2} \d{2}\d{2}:\d{2}:\d{2})")
_STATA_DATE = re.compile(rb"<timestamp>\x11(.{17})</timestamp>")


@dataclass(frozen=True, kw_only=True)
class _Variable:
    """A column under its short name, and its cells: places of codes, or numbers."""

    name: str
    column: Column
    known: Numbering
    cells: npt.NDArray[Any]


def write_spss(path: Path, columns: Sequence[Column], lots: Lots) -> None:
    """Missing answers keep a number, declared missing; no answer is the system's own missing."""
    import pandas as pd
    import pyreadstat

    variables = _variables(columns, lots)
    pyreadstat.write_sav(
        pd.DataFrame({one.name: _in_spss(one) for one in variables}),
        path,
        row_compress=True,  # a byte for each code rather than eight
        column_labels={one.name: _bytes(_title(one.column), _SPSS_TITLE) for one in variables},
        variable_value_labels={one.name: _spss_labels(one) for one in variables},
        missing_ranges={one.name: _declared(one.known.missing) for one in variables},
        variable_format={one.name: f"F{_shown(one)}" for one in variables},
        variable_measure={one.name: measure(one.column) for one in variables},
    )
    _undate(path, _SPSS_DATE, b"01 Jan 7000:00:00")


def write_stata(path: Path, columns: Sequence[Column], lots: Lots) -> None:
    """Missing answers are .a, .b and so on; no answer is the missing value that says nothing."""
    import pandas as pd
    import pyreadstat

    variables = _variables(columns, lots)
    pyreadstat.write_dta(
        pd.DataFrame({one.name: _in_stata(one) for one in variables}),
        path,
        version=14,  # of Stata; later ones read it too
        column_labels={
            one.name: _characters(_title(one.column), _STATA_TITLE) for one in variables
        },
        variable_value_labels={one.name: _stata_labels(one) for one in variables},
        missing_user_values={one.name: [*one.known.letters.values()] for one in variables},
        variable_format={one.name: f"%{_shown(one)}f" for one in variables},
    )
    _undate(path, _STATA_DATE, b"01 Jan 1970 00:00")


WRITERS: Mapping[str, Callable[[Path, Sequence[Column], Lots], None]] = {
    "spss": write_spss,
    "stata": write_stata,
}


def _variables(columns: Sequence[Column], lots: Lots) -> Sequence[_Variable]:
    names = short_names([column.name for column in columns])
    return [
        _Variable(
            name=names[column.name],
            column=column,
            known=numbering(column),
            cells=lots.column(number),
        )
        for number, column in enumerate(columns)
    ]


def _in_spss(variable: _Variable) -> pd.Series[Any]:
    import numpy as np
    import pandas as pd

    if not variable.column.values:
        return pd.Series(variable.cells)
    numbers = np.array([*variable.known.numbers.values(), 0])  # NO_ANSWER finds the last one
    masked = pd.arrays.IntegerArray(numbers[variable.cells], variable.cells == NO_ANSWER)
    return pd.Series(masked)


def _in_stata(variable: _Variable) -> pd.Series[Any]:
    """Numbers, and the letters of what is missing, as the categories of one column.

    pyreadstat takes both in a column of any objects too, but tells its type by its first hundred
    cells, and refuses it when nobody answered there. Numbers with decimals: where it reads whole
    ones with letters, no answer becomes 0.
    """
    import pandas as pd

    known = variable.known
    if not known.letters:
        return _in_spss(variable).astype("Int32" if variable.column.values else "float64")
    held = [known.letters.get(code, float(number)) for code, number in known.numbers.items()]
    categories = pd.Index(held, dtype=object)
    return pd.Series(pd.Categorical.from_codes(variable.cells, categories=categories))


def _declared(missing: Sequence[int]) -> list[Any]:
    if len(missing) <= APART:
        return list(missing)
    return [{"lo": min(missing), "hi": max(missing)}]


def _shown(variable: _Variable) -> str:
    """How wide a column is shown, and with how many decimals."""
    numbers = variable.known.numbers.values()
    longest = max((len(str(number)) for number in numbers), default=_DIGITS)
    return f"{max(longest, _LEAST)}.{variable.column.decimals}"


def _spss_labels(variable: _Variable) -> dict[Any, str]:
    labels, known = _labels(variable.column, _bytes, _SPSS_LABEL), variable.known
    return {known.numbers[code]: label for code, label in labels.items()}


def _stata_labels(variable: _Variable) -> dict[Any, str]:
    labels, known = _labels(variable.column, _characters, _STATA_LABEL), variable.known
    return {known.letters.get(code, known.numbers[code]): label for code, label in labels.items()}


def _labels(column: Column, cut: Callable[[str, int], str], longest: int) -> dict[str, str]:
    """The label of each code, cut; of those that end up alike, the later ones tell their code."""
    found: dict[str, str] = {}
    for code, label in column.values.items():
        short = cut(_line(label) or code, longest)
        if short in found.values():
            short = f"{cut(short, longest - len(code) - 3)} ({code})"
        found[code] = short
    return found


def _title(column: Column) -> str:
    return _line(column.title) or column.name


def _line(text: str) -> str:
    return re.sub(r"[\t\n\r]+", " ", text).strip()


def _characters(text: str, longest: int) -> str:
    return text[:longest]


def _bytes(text: str, longest: int) -> str:
    return text.encode()[:longest].decode(errors="ignore")


def _undate(path: Path, made: re.Pattern[bytes], never: bytes) -> None:
    """Take out when the file was made: the same rows always give the same file."""
    with path.open("r+b") as file:
        found = made.search(file.read(400))
        if found is None:
            raise ValueError(f"no date in {path.name}")
        file.seek(found.start(1))
        file.write(never)
