"""Files read as statisticians do, by programs that share no code with what wrote them.

PSPP for SPSS; R, with readstata13, for Stata: haven reads by the very library that wrote.
"""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

SPSS = """
GET FILE='{file}'.
DISPLAY DICTIONARY.
SAVE TRANSLATE /OUTFILE='{directory}/rows.csv' /TYPE=CSV /FIELDNAMES /CELLS=VALUES.
"""
STATA = """
library(readstata13)
found <- read.dta13("{file}", convert.factors=FALSE, generate.factors=FALSE, missing.type=TRUE)
letters_of <- attr(found, "missing")
shown <- as.data.frame(sapply(names(found), function(name) {{
  place <- match(letters_of[[name]], 1:26)
  ifelse(is.na(found[[name]]),
    ifelse(is.na(place), "", paste0(".", letters[place])),
    format(found[[name]], digits=12, trim=TRUE, scientific=FALSE))
}}))
write.csv(shown, "{directory}/rows.csv", row.names=FALSE, fileEncoding="UTF-8")
tables <- attr(found, "label.table")
used <- attr(found, "val.labels")
labels <- do.call(rbind, lapply(names(found)[used != ""], function(name) {{
  table <- tables[[used[[match(name, names(found))]]]]
  data.frame(name=name, number=table, label=names(table))
}}))
write.csv(labels, "{directory}/labels.csv", row.names=FALSE, fileEncoding="UTF-8")
titles <- data.frame(name=names(found), title=attr(found, "var.labels"))
write.csv(titles, "{directory}/titles.csv", row.names=FALSE, fileEncoding="UTF-8")
"""
FIRST_LETTER = 2_147_483_621
"""What Stata keeps for .; then come .a, .b and so on."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A file as a reader shows it; numbers and missing values as they are written there."""

    rows: Sequence[Mapping[str, str]]
    titles: Mapping[str, str]
    labels: Mapping[str, Mapping[str, str]]
    missing: Mapping[str, str]  # as declared, in SPSS
    measures: Mapping[str, str]  # in SPSS


def pspp(file: Path, directory: Path) -> Seen:
    """A file of SPSS, read by PSPP."""
    program = shutil.which("pspp")
    if program is None:
        pytest.skip("pspp is not installed")
    syntax, shown = directory / "read.sps", directory / "dictionary.csv"
    syntax.write_text(SPSS.format(file=file, directory=directory), "utf-8")
    _run([program, "-O", "format=csv", "-o", str(shown), str(syntax)])
    tables = _tables(shown)
    header, *lines = tables["Variables"]
    variables = [dict(zip(header, line, strict=False)) for line in lines]
    titles = {one["Name"]: one["Label"] for one in variables}
    return Seen(
        rows=[
            {name: cell.strip() for name, cell in row.items()}
            for row in _rows(directory / "rows.csv")
        ],
        titles=titles,
        labels=_labels(tables["Value Labels"], {title: name for name, title in titles.items()}),
        missing={one["Name"]: one.get("Missing Values", "") for one in variables},
        measures={one["Name"]: one["Measurement Level"].lower() for one in variables},
    )


def readstata13(file: Path, directory: Path) -> Seen:
    """A file of Stata, read by R."""
    program = shutil.which("Rscript")
    if program is None:
        pytest.skip("R is not installed")
    script = directory / "read.R"
    script.write_text(STATA.format(file=file, directory=directory), "utf-8")
    _run([program, str(script)])
    labels: dict[str, dict[str, str]] = {}
    for line in _rows(directory / "labels.csv"):
        labels.setdefault(line["name"], {})[_lettered(line["number"])] = line["label"]
    return Seen(
        rows=_rows(directory / "rows.csv"),
        titles={line["name"]: line["title"] for line in _rows(directory / "titles.csv")},
        labels=labels,
        missing={},
        measures={},
    )


def _run(words: Sequence[str]) -> None:
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr.strip(), done.stderr


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _tables(path: Path) -> dict[str, list[list[str]]]:
    """The tables that PSPP printed, by their titles."""
    found: dict[str, list[list[str]]] = {}
    lines: list[list[str]] = []
    with path.open(encoding="utf-8", newline="") as file:
        for cells in csv.reader(file):
            if cells and cells[0].startswith("Table: "):
                lines = found[cells[0].removeprefix("Table: ")] = []
            elif len(cells) > 1:
                lines.append(cells)
    return found


def _labels(table: Sequence[Sequence[str]], names: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """PSPP shows the title of a variable, on the first of its lines; titles must differ."""
    found: dict[str, dict[str, str]] = {}
    name = ""
    for title, number, label in table[1:]:
        name = names[title] if title else name
        found.setdefault(name, {})[number.removesuffix("[a]")] = label
    return found


def _lettered(number: str) -> str:
    place = int(number) - FIRST_LETTER
    return f".{chr(ord('a') + place - 1)}" if place > 0 else number
