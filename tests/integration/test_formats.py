"""The same rows for R, Python, SPSS, Stata and those who reuse open data."""

from __future__ import annotations

import csv
import subprocess
from array import array
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import frictionless
import pandas as pd
import pyarrow.parquet as pq
import pyreadstat
import pytest
from conftest import Clock
from counting import Office, crowd, office_with_an_urn

from consultation.database import Database
from consultation.questionnaire.columns import Column
from consultation.results import formats
from consultation.results.formats import (
    FORMATS,
    FormatMissing,
    Wanted,
    refuse_missing,
)
from consultation.results.manifest import Manifest
from consultation.results.numbering import short_names
from consultation.results.rows import Row

EVERYTHING = Wanted(formats=frozenset(FORMATS), unread=True)
CSV = Wanted(unread=True)


@pytest.fixture
def office(
    box_database: Database, office_database: Database, keys_directory: Path, clock: Clock
) -> Office:
    """A closed consultation: labels with commas and formulas, numbers, and people who pass."""
    found = office_with_an_urn(box_database, office_database, keys_directory, clock)
    said = {"idee": "Une idée", "missions": ["autre"], "missions.other": "Pêche"}
    found.fill([*crowd(60), *(one | said for one in crowd(20)), *[{"territoire": "R84"}] * 12])
    found.close()
    return found


def export(office: Office, directory: Path, wanted: Wanted) -> Manifest:
    return office.results.export(office.campaign, directory, who="ana", wanted=wanted)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def as_written(
    table: pd.DataFrame, meanings: Mapping[str, Mapping[int | str, str]]
) -> list[dict[str, str]]:
    """The codes or the numbers of a table read back, as the CSV writes them."""
    return [
        {
            name: ""
            if pd.isna(cell)
            else meanings[name][cell]
            if name in meanings
            else format(float(cell), ".12g")
            for name, cell in zip(table.columns, line, strict=True)
        }
        for line in table.itertuples(index=False)
    ]


def test_every_format_holds_the_rows_of_the_csv(office: Office, tmp_path: Path) -> None:
    export(office, tmp_path / "export", EVERYTHING)

    expected = rows(tmp_path / "export/microdata.csv")
    assert {row["accueil"] for row in expected} == {"oui", "non", ""}
    codebook = rows(tmp_path / "export/codebook.csv")
    meanings: dict[str, dict[int | str, str]] = {}
    for line in codebook:
        if line["numero"]:
            known = meanings.setdefault(line["nom_court"], {})
            known |= dict.fromkeys(
                (int(line["numero"]), line["numero_stata"].removeprefix(".")), line["code"]
            )

    spss, labels = pyreadstat.read_sav(tmp_path / "export/microdata.sav", user_missing=True)
    assert as_written(spss, meanings) == expected
    stata, _ = pyreadstat.read_dta(tmp_path / "export/microdata.dta", user_missing=True)
    assert as_written(stata, meanings) == expected
    parquet = pq.read_table(tmp_path / "export/microdata.parquet").to_pylist()
    assert [
        {
            name: "" if cell is None else format(cell, ".12g") if name == "jours" else cell
            for name, cell in row.items()
        }
        for row in parquet
    ] == expected

    assert labels.column_names_to_labels["accueil"] == "L’accueil est-il bon ?"
    assert labels.variable_value_labels["accueil"] == {1: "Oui, très", 2: "-Non"}
    assert labels.variable_value_labels["categorie"] == {1: "A", 2: "B", 3: "C", 9: "Non détaillé"}


def test_labels_are_written_rather_than_codes_when_asked(office: Office, tmp_path: Path) -> None:
    manifest = export(office, tmp_path / "export", replace(EVERYTHING, labels=True))

    assert manifest.values == "labels"
    found = rows(tmp_path / "export/microdata.csv")
    assert {row["accueil"] for row in found} == {"Oui, très", "'-Non", ""}
    assert {row["territoire"] for row in found} <= {
        "Auvergne-Rhône-Alpes",
        "Bretagne",
        "Non détaillé",
    }
    parquet = pq.read_table(tmp_path / "export/microdata.parquet").to_pylist()
    assert {row["accueil"] for row in parquet} == {"Oui, très", "-Non", None}
    assert frictionless.Package(str(tmp_path / "export/datapackage.json")).validate().valid


def test_the_same_rows_always_give_the_same_files(office: Office, tmp_path: Path) -> None:
    """Formats that note when they were made do not."""
    first = export(office, tmp_path / "one", EVERYTHING)
    second = export(office, tmp_path / "two", EVERYTHING)

    assert {"microdata.sav", "microdata.dta", "microdata.parquet"} <= set(first.files)
    assert first.files == second.files
    assert b"1970" in (tmp_path / "one/microdata.dta").read_bytes()[:400]
    assert b"01 Jan 70" in (tmp_path / "one/microdata.sav").read_bytes()[:400]


def test_the_data_package_describes_what_is_in_the_files(office: Office, tmp_path: Path) -> None:
    export(office, tmp_path / "export", CSV)

    package = frictionless.Package(str(tmp_path / "export/datapackage.json"))

    report = package.validate()
    assert report.valid, report.flatten(["type", "message"])
    assert {resource.path for resource in package.resources} == {
        path.relative_to(tmp_path / "export").as_posix()
        for path in (tmp_path / "export").rglob("*.csv")
        if not path.stem.endswith("-excel")
        and path.stem != "codebook"
        and path.parent.name != "listes"
    }
    fields = package.get_resource("microdata").schema.fields
    assert [field.name for field in fields] == list(rows(tmp_path / "export/microdata.csv")[0])


def test_a_changed_file_is_seen(office: Office, tmp_path: Path) -> None:
    export(office, tmp_path / "export", CSV)
    check = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]

    assert subprocess.run(check, cwd=tmp_path / "export").returncode == 0

    with (tmp_path / "export/microdata.csv").open("a") as file:
        file.write("\n")
    found = subprocess.run(check, cwd=tmp_path / "export", capture_output=True, text=True)
    assert "microdata.csv" in found.stdout


def test_files_of_several_lots_are_whole(tmp_path: Path) -> None:
    asked = {"question": "q", "title": "Q", "kind": "choice", "called": "choix"}
    columns = [
        Column(name="q", values={"a": "A", "b": "B"}, **asked),
        Column(name="n", values={}, **asked),
    ]

    answers = (
        Row(codes=array("b", [number % 3 - 1, 0]), numbers=[str(number)])
        for number in range(25_000)
    )

    assert formats.attempt("parquet", tmp_path, columns, answers, labels=False) is None

    table = pq.read_table(tmp_path / "microdata.parquet")
    assert table["n"].to_pylist() == list(range(25_000))
    assert table["q"].to_pylist()[-3:] == ["a", "b", None]


def test_names_are_made_short_and_stay_different() -> None:
    long = "a" * 40
    names = [f"{long}__x", f"{long}__y", "Q-1", "q_1", "ordinaire"]

    assert list(short_names(names).values()) == [
        "a" * 27,
        f"{'a' * 25}_2",
        "Q_1",
        "q_1_2",
        "ordinaire",
    ]


def test_a_module_that_is_missing_is_named_with_what_brings_it() -> None:
    assert formats.available() == FORMATS

    with pytest.raises(FormatMissing, match=r"Stata .*consultation\[spss\]"):
        refuse_missing(["parquet", "stata"], present=["parquet"])
