"""What SPSS, Stata, Parquet and open data hold is what the CSV holds, whatever was asked."""

from __future__ import annotations

import csv
import os
import random
import re
import shutil
import subprocess
import sys
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import frictionless
import pandas as pd
import pyarrow.parquet as pq
import pyreadstat
import pytest
from commands import CLOSES, Shell, open_to, shell
from conftest import Clock
from counting import PASSWORD, Office, logged_in, office_app, office_with_an_urn
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from small import FAST_HASHING
from statisticians import Seen, pspp, readstata13
from voting import vote

from consultation.app import utc_now
from consultation.config import shipped
from consultation.database import Database
from consultation.office.store import Accounts, Journal
from consultation.questionnaire.answers import stored
from consultation.questionnaire.columns import Column
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.loading import load
from consultation.questionnaire.simulation import simulate
from consultation.results.formats import FORMATS, Wanted, attempt
from consultation.results.numbering import numbering
from consultation.results.rows import Row

ROOT = Path(__file__).parents[2]
EVERY = Wanted(formats=frozenset(FORMATS))
NOT_BLANK = frictionless.Checklist(skip_errors=["blank-row"])  # someone who passed every question
LONG = "Ce libellé dépasse à dessein ce que SPSS et Stata savent garder, accents compris, "
ID = "identifiant_aussi_long_qu_il_est_permis_"

HOSTILE = f"""
format: 1
id: essai
version: 1
lang: fr
title: "Des questions difficiles à écrire"
audiences: {{agents: Agents}}
pages:
- id: une
  title: Une page
  questions:
  - {{id: climat, type: scale, text: "{LONG * 4}?", from: -3, to: 3, opt_out: Sans avis}}
  - {{id: note, type: scale, text: "Note ?", from: 0, to: 10, opt_out: Je n’ai pas d’avis}}
  - {{id: {ID[:39]}a, type: scale, text: Premier ?, from: 0, to: 10}}
  - {{id: {ID[:39]}b, type: scale, text: Second ?, from: 1, to: 5}}
  - id: longs
    type: choice
    text: "{LONG}{{note|deux fois}} ?"
    options:
      a: "{LONG * 2}et encore ainsi"
      b: "{LONG * 2}et encore autrement"
      nsp: {{label: Ne se prononce pas, apart: true}}
  - id: by
    type: choice
    text: "Des codes faits de chiffres ?"
    options: {{1: Oui, 2: Non, 9: {{label: Ne sait pas, apart: true}}}}
  - id: with
    type: choice
    text: "Plus de réponses à l’écart que SPSS n’en déclare une à une ?"
    options:
      1: Une
      2: Deux
      x: {{label: Absent, apart: true}}
      y: {{label: Refus, apart: true}}
      z: {{label: Sans objet, apart: true}}
      t: {{label: Trop tôt, apart: true}}
      nr: Je préfère ne pas répondre
  - id: missions
    type: choices
    text: "Vos missions ?"
    options: {{guichet: Guichet, courrier: Courrier, {ID[:39]}A: Long, {ID[:39]}B: Long aussi}}
  - id: str12
    type: matrix
    text: "D’accord ?"
    options: {{d1: Oui, d2: Non, sans: {{label: Sans opinion, apart: true}}}}
    rows: {{une: La première, une_: La seconde}}
  - {{id: jours, type: number, text: "Jours ?", min: -5, max: 5, decimals: 1}}
  - {{id: arrivee, type: date, text: "Arrivée ?", min: 2000-01-01, max: 2024-01-01}}
"""
ANSWERS: Sequence[Mapping[str, object]] = (
    *[{"climat": step, "note": step + 3, "jours": step + 0.5} for step in range(-3, 4)],
    {"climat": "opt_out", "note": "opt_out", f"{ID[:39]}a": 10, f"{ID[:39]}b": 1},
    *[{"by": by, "with": code} for by, code in zip("129129", "12xyzt", strict=True)],
    {"with": "nr", "longs": "a", "str12": {"une": "d1", "une_": "sans"}},
    {"longs": "nsp", "missions": ["guichet", f"{ID[:39]}B"], "arrivee": "2011-11-11"},
    {"longs": "b", "str12": {"une": "d2"}},
    {},
)

Fill = Callable[[str, Sequence[Mapping[str, object]]], Office]


@pytest.fixture
def asking(
    box_database: Database, office_database: Database, keys_directory: Path, clock: Clock
) -> Fill:
    """A closed consultation on this questionnaire, answered so."""

    def fill(definition: str, answers: Sequence[Mapping[str, object]]) -> Office:
        office = office_with_an_urn(
            box_database, office_database, keys_directory, clock, definition, {}
        )
        office.fill([dict(one) for one in answers])
        office.close()
        return office

    return fill


@pytest.fixture
def hostile(asking: Fill, tmp_path: Path) -> Path:
    """What leaves of a questionnaire that goes to every limit."""
    office = asking(HOSTILE, ANSWERS)
    office.results.export(office.campaign, tmp_path / "export", who="ana", wanted=EVERY)
    return tmp_path / "export"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def asked(name: str, values: Mapping[str, str], missing: Iterable[str] = ()) -> Column:
    return Column(
        name=name,
        question="q",
        title="Une question",
        kind="choice",
        called="choix unique",
        values=values,
        missing=frozenset(missing),
    )


class Codebook:
    """What the dictionary of an export says of SPSS and Stata."""

    def __init__(self, export: Path) -> None:
        self.lines = [line for line in rows(export / "codebook.csv") if line["nom_court"]]
        self.names = {line["colonne"]: line["nom_court"] for line in self.lines}

    def written(self, line: Mapping[str, str], number: str) -> dict[str, str]:
        """A row of the CSV as it should be found in SPSS (`numero`) or Stata (`numero_stata`)."""
        known = {(one["colonne"], one["code"]): one[number] for one in self.lines if one["code"]}
        return {
            self.names[column]: known.get((column, cell), cell) for column, cell in line.items()
        }

    def labels(self, number: str) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for line in self.lines:
            if line["code"]:
                found.setdefault(line["nom_court"], {})[line[number]] = line["signification"]
        return found

    def missing(self, column: str) -> list[int]:
        lines = (line for line in self.lines if line["colonne"] == column)
        return [int(line["numero"]) for line in lines if line["numero_stata"].startswith(".")]


def said(cell: object) -> str:
    if isinstance(cell, str):
        return cell
    return "" if pd.isna(cell) else format(float(cell), ".12g")  # type: ignore[arg-type]


def shown(table: pd.DataFrame) -> list[dict[str, str]]:
    return [{name: said(cell) for name, cell in row.items()} for row in table.to_dict("records")]


def test_every_limit_of_spss_and_stata_is_held(hostile: Path) -> None:
    codebook, table = Codebook(hostile), rows(hostile / "microdata.csv")

    spss, told = pyreadstat.read_sav(hostile / "microdata.sav", user_missing=True)
    assert shown(spss) == [codebook.written(row, "numero") for row in table]
    with pd.io.stata.StataReader(hostile / "microdata.dta", convert_missing=True) as stata:
        found = stata.read(convert_categoricals=False).map(
            lambda cell: str(cell).removesuffix(".") if isinstance(cell, StataMissing) else cell
        )
        titles = stata.variable_labels()
    assert shown(found) == [codebook.written(row, "numero_stata") for row in table]

    assert len({name.casefold() for name in codebook.names.values()}) == len(codebook.names)
    assert {"by_", "with_", "str12__une"} <= {*codebook.names.values()}
    assert all(LONG.startswith(titles[name][: len(LONG)]) for name in ("climat", "longs"))
    labels = told.variable_value_labels["longs"]
    assert len({*labels.values()}) == len(labels) == 3
    assert max(len(label.encode()) for label in labels.values()) <= 120


StataMissing = pd.io.stata.StataMissingValue


def test_scales_and_codes_of_digits_keep_their_numbers(hostile: Path) -> None:
    codebook = Codebook(hostile)
    numbers = codebook.labels("numero")

    assert [*numbers["climat"]] == [*map(str, range(-3, 4)), "9"]
    assert [*numbers["note"]] == [*map(str, range(11)), "99"]
    assert [*numbers["by_"]] == ["1", "2", "9"]
    assert [*numbers["missions__guichet"]] == ["1", "0"]
    assert [*codebook.labels("numero_stata")["climat"]] == [*map(str, range(-3, 4)), ".a"]

    spss, told = pyreadstat.read_sav(hostile / "microdata.sav")
    assert spss["climat"].mean() == 0
    assert spss["note"].max() == 6
    assert told.variable_measure | {"jours": "scale"} == told.variable_measure
    assert [told.variable_measure[one] for one in ("note", "str12__une", "longs", "arrivee")] == [
        *("scale", "ordinal", "nominal", "scale")
    ]
    assert told.original_variable_types["jours"] == "F12.1"
    assert told.original_variable_types["note"] == "F8.0"


def test_answers_that_say_nothing_are_declared_missing(hostile: Path) -> None:
    codebook = Codebook(hostile)
    _, told = pyreadstat.read_sav(hostile / "microdata.sav", user_missing=True)

    for column in ("climat", "by", "with", "longs", "str12__une"):
        ranges = told.missing_ranges[codebook.names[column]]
        declared = [(one["lo"], one["hi"]) for one in ranges]
        expected = codebook.missing(column)
        assert expected
        assert declared == (
            [(number, number) for number in expected]
            if len(expected) <= 3
            else [(min(expected), max(expected))]
        )


def test_numbers_below_zero_are_numbers_in_every_file(hostile: Path) -> None:
    written = {path.name: path.read_text("utf-8-sig") for path in hostile.rglob("*.csv")}

    assert not [name for name, text in written.items() if "'-" in text]
    assert {row["climat"] for row in rows(hostile / "microdata.csv")} >= {"-3", "-1", "0", "3"}
    assert ";-2,5;" in written["microdata-excel.csv"]
    assert ",climat," in written["tris-a-plat.csv"]
    assert ",-3,-3," in written["tris-a-plat.csv"]
    assert ",-3,-3," in written["codebook.csv"]


def test_numbers_below_zero_are_numbers_in_what_the_office_gives(
    office_database: Database, clock: Clock, asking: Fill
) -> None:
    definition = HOSTILE.replace("id: climat,", "id: climat, profile: true,")
    office = asking(definition, [{"climat": step, "note": 5} for step in (-3, 3)] * 12)
    office.work_out()
    accounts = Accounts(office_database, clock, secret_key="k" * 48, hashing=FAST_HASHING)
    ana = logged_in(office_app(office, accounts, "ana"), "ana")

    files = ("questions/climat.csv", "questions/note.csv?par=climat", "redressement/modele.csv")
    written = [ana.open(f"/bureau/resultats/essai/{file}").body for file in files]

    assert not [text for text in written if "'-" in text]
    assert ";-3;-3;" in written[0]
    assert ";-3;12;" in written[1]
    assert "climat;-3;-3;" in written[2]


def test_the_schema_says_what_each_column_holds(hostile: Path) -> None:
    package = frictionless.Package(str(hostile / "datapackage.json"))

    report = package.validate(checklist=NOT_BLANK)

    assert report.valid, report.flatten(["type", "message"])
    fields = {one.name: one for one in package.get_resource("microdata").schema.fields}
    assert {name: fields[name].type for name in ("climat", "by", "longs", "jours", "arrivee")} == {
        "climat": "integer",
        "by": "integer",
        "longs": "string",
        "jours": "number",
        "arrivee": "year",
    }
    assert fields["climat"].constraints["enum"] == [*range(-3, 4)]
    assert fields["climat"].missing_values == ["", "opt_out"]
    assert fields["missions__guichet"].constraints["enum"] == [1, 0]
    held = package.get_resource("microdata").read_rows()
    assert [row["climat"] for row in held if row["climat"] is not None] == [
        int(row["climat"])
        for row in rows(hostile / "microdata.csv")
        if row["climat"] not in ("", "opt_out")
    ]


def test_a_row_without_any_answer_is_a_row_still(asking: Fill, tmp_path: Path) -> None:
    alone = '  - {id: note, type: scale, text: "Note ?", from: 0, to: 10, opt_out: Sans avis}\n'
    definition = HOSTILE[: HOSTILE.index("  - {id: climat")] + alone
    office = asking(definition, [{"note": 5}, {}, {"note": "opt_out"}] * 4)

    office.results.export(office.campaign, tmp_path / "export", who="ana", wanted=EVERY)

    assert len(rows(tmp_path / "export/microdata.csv")) == 12
    assert len(pd.read_csv(tmp_path / "export/microdata.csv")) == 12


def test_two_answers_of_one_label_are_read_back(tmp_path: Path) -> None:
    """A region and the area above it may bear one name."""
    column = asked("lieu", {"R06": "Mayotte", "mayotte": "Mayotte", "*": "Non détaillé"})
    answers = [Row(codes=array("b", [code]), numbers=[]) for code in (0, 1, 2, 1, -1)]

    for one in FORMATS:
        assert attempt(one, tmp_path, [column], answers, labels=True) is None

    parquet = pq.read_table(tmp_path / "microdata.parquet").to_pandas()
    assert parquet["lieu"].value_counts().to_dict() == {"Mayotte": 3, "Non détaillé": 1}
    stata = pd.read_stata(tmp_path / "microdata.dta")
    assert stata["lieu"].value_counts().to_dict() == {"Mayotte": 1, "Mayotte (mayotte)": 2}


def test_a_workbook_holds_what_the_csv_for_spreadsheets_holds(hostile: Path) -> None:
    book = CalamineWorkbook.from_path(hostile / "microdata.xlsx")

    header, *lines = book.get_sheet_by_name("Réponses").to_python()

    with (hostile / "microdata-excel.csv").open(encoding="utf-8-sig", newline="") as file:
        titles, *expected = csv.reader(file, delimiter=";")
    assert header == titles
    with_points = [
        [re.sub(r"^(-?\d+),(\d)$", r"\1.\2", cell) for cell in line] for line in expected
    ]
    while not any(with_points[-1]):  # rows are in any order; a workbook ends with what it holds
        with_points.pop()
    assert [[said(cell) for cell in line] for line in lines] == with_points
    assert {type(line[0]) for line in lines} == {float, str}  # -3 to 3, or « Sans avis »


@pytest.mark.long
def test_another_spreadsheet_opens_a_workbook_without_being_told_how(
    hostile: Path, tmp_path: Path
) -> None:
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed")
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    to_csv = ["--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76"]
    command = [program, profile, *to_csv, "--outdir", str(tmp_path), hostile / "microdata.xlsx"]

    subprocess.run(command, check=True, capture_output=True)

    book = CalamineWorkbook.from_path(hostile / "microdata.xlsx").get_sheet_by_index(0)
    with (tmp_path / "microdata.csv").open(encoding="utf-8", newline="") as file:
        assert [*csv.reader(file)] == [[said(cell) for cell in line] for line in book.to_python()]


@pytest.mark.parametrize("first", [-1, 1], ids=["unanswered", "missing"])
def test_a_question_that_few_answer_is_written(tmp_path: Path, first: int) -> None:
    """Whoever writes a column from the look of its beginning is mistaken there."""
    columns = [asked("rare", {"5": "Cinq", "nsp": "Sans avis"}, {"nsp"})]
    answers = [Row(codes=array("b", [code]), numbers=[]) for code in [first] * 500 + [0]]

    for one in FORMATS:
        assert attempt(one, tmp_path, columns, answers, labels=False) is None

    for file, read in (("sav", pyreadstat.read_sav), ("dta", pyreadstat.read_dta)):
        table, _ = read(tmp_path / f"microdata.{file}")
        assert table["rare"].dropna().tolist() == [5]


RESERVED = "all and by eq ge gt if in int le long lt ne not or str7 to using with"
codes = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", fullmatch=True)
labels = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=200)
questions = st.builds(
    lambda name, values, missing: asked(name, values, set(list(values)[:missing])),
    st.from_regex(r"[a-z][a-z0-9_]{0,81}", fullmatch=True) | st.sampled_from(RESERVED.split()),
    st.dictionaries(codes, labels, min_size=1, max_size=12)
    | st.integers(-20, 20).map(lambda low: {str(n): str(n) for n in range(low, low + 7)}),
    st.integers(0, 5),
)


@pytest.mark.long
@settings(max_examples=100)
@given(
    columns=st.lists(questions, min_size=1, max_size=8, unique_by=lambda one: one.name.casefold()),
    rng=st.randoms(use_true_random=False),
)
def test_no_questionnaire_is_refused(columns: list[Column], rng: random.Random) -> None:
    table = [[rng.randrange(-1, len(one.values)) for one in columns] for _ in range(15)]
    answers = [Row(codes=array("b", codes), numbers=[]) for codes in table]

    with TemporaryDirectory() as directory:
        refused = [attempt(one, Path(directory), columns, answers, labels=False) for one in FORMATS]
        assert refused == [None] * len(FORMATS)
        spss, _ = pyreadstat.read_sav(f"{directory}/microdata.sav", user_missing=True)
        stata, _ = pyreadstat.read_dta(f"{directory}/microdata.dta", user_missing=True)

    for place, column in enumerate(columns):
        known, written = numbering(column), list(column.values)
        answered = [written[row[place]] if row[place] >= 0 else None for row in table]
        assert [None if pd.isna(one) else one for one in spss.iloc[:, place]] == [
            code and known.numbers[code] for code in answered
        ]
        assert [None if pd.isna(one) else one for one in stata.iloc[:, place]] == [
            code and known.letters.get(code, known.numbers[code]) for code in answered
        ]


def broken(run: Shell, directory: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """A command, where the module that writes SPSS and Stata does not load."""
    module = directory / "modules/pyreadstat"
    module.mkdir(parents=True)
    (module / "__init__.py").write_text("raise ImportError('built for another processor')\n")
    path = f"{module.parent}{os.pathsep}{ROOT}"
    return subprocess.run(
        [sys.executable, "-m", "consultation", *words],
        env=os.environ | run.environment | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.long
def test_a_format_that_fails_takes_no_other_along(
    store: Callable[[str], Database], tmp_path: Path, clock: Clock
) -> None:
    with shell(store, tmp_path, clock) as run:
        _closed_campaign(run, tmp_path, clock)
        words = ("--format", "stata", "--format", "parquet", "--format", "spss")

        done = broken(run, tmp_path, "export", "essai", tmp_path / "export", *words)

        assert done.returncode == 1
        assert "Le fichier Stata n’a pas pu être écrit." in done.stderr
        assert "Le fichier SPSS n’a pas pu être écrit." in done.stderr
        assert len(rows(tmp_path / "export/microdata.csv")) == 12
        assert pq.read_table(tmp_path / "export/microdata.parquet").num_rows == 12
        assert not [*(tmp_path / "export").rglob("*.dta"), *(tmp_path / "export").rglob("*.sav")]
        assert not [*(tmp_path / "export").rglob(".*")]
        entries = run.app().parts[Journal].entries()
        assert "sans SPSS, sans Stata" in entries[-1].detail


@pytest.mark.long
def test_the_page_of_the_files_tells_the_format_that_failed(
    store: Callable[[str], Database], tmp_path: Path, clock: Clock
) -> None:
    with shell(store, tmp_path, clock) as run:
        run.environment |= {"PUBLIC_URL": "http://localhost", "CONSULTATION_DEMO": "1"}
        _closed_campaign(run, tmp_path, clock)
        clock.now = utc_now()  # the worker's
        run("account", "create", "ana", "--role", "analyste", typed=f"{PASSWORD}\n" * 2)
        ana = logged_in(run.app(), "ana")
        ana.open("/bureau/resultats/essai")
        ana.fill({"purpose": "Synthèse", "formats": ["parquet", "stata"]})
        key = tmp_path / "keys/results/essai/export.key"
        key.rename(key.with_suffix(".away"))  # it is on the worker's server alone
        ana.press("Préparer les fichiers")
        key.with_suffix(".away").rename(key)

        broken(run, tmp_path, "worker", "--once").check_returncode()

        ana.open(ana.url)
        assert "Les fichiers sont prêts, mais pas tous." in ana.body
        assert "Le fichier Stata n’a pas pu être écrit." in ana.body
        assert "Télécharger" in ana.body


@pytest.mark.long
@pytest.mark.parametrize(
    "questionnaire", sorted(shipped("questionnaires").glob("*.yaml")), ids=lambda path: path.stem
)
def test_other_programs_read_what_the_csv_holds(
    box_database: Database,
    office_database: Database,
    keys_directory: Path,
    clock: Clock,
    questionnaire: Path,
    tmp_path: Path,
) -> None:
    loaded = load(questionnaire)
    q = loaded.questionnaire
    assert q
    office = office_with_an_urn(
        *(box_database, office_database, keys_directory, clock),
        questionnaire.read_text("utf-8"),
        loaded.lists,
    )
    for one in simulate(q, 300, seed=12).respondents:
        office.fill([stored(q, one.answers, Context(one.audience))], one.audience)
    office.close()

    manifest = office.results.export(office.campaign, tmp_path / "export", who="ana", wanted=EVERY)

    assert not manifest.formats_not_written
    export, table = tmp_path / "export", rows(tmp_path / "export/microdata.csv")
    codebook = Codebook(export)
    spss = pspp(export / "microdata.sav", tmp_path)
    assert [*spss.rows] == [codebook.written(row, "numero") for row in table]
    _same_words(spss, codebook, "numero")
    assert {*spss.measures.values()} <= {"nominal", "ordinal", "scale"}
    assert {name: _numbers(one) for name, one in spss.missing.items()} == {
        short: codebook.missing(name) for name, short in codebook.names.items()
    }
    stata = readstata13(export / "microdata.dta", tmp_path)
    assert [*stata.rows] == [codebook.written(row, "numero_stata") for row in table]
    _same_words(stata, codebook, "numero_stata")
    report = frictionless.Package(str(export / "datapackage.json")).validate(checklist=NOT_BLANK)
    assert report.valid, report.flatten(["type", "message"])


def _same_words(seen: Seen, codebook: Codebook, number: str) -> None:
    """Titles and labels are those of the dictionary, or their beginning."""
    assert {name: set(one) for name, one in seen.labels.items()} == {
        name: set(one) for name, one in codebook.labels(number).items()
    }
    for name, labels in codebook.labels(number).items():
        for code, label in labels.items():
            assert label.startswith(seen.labels[name][code])
    titles = {line["nom_court"]: line["intitule"] for line in codebook.lines}
    assert titles.keys() == seen.titles.keys()
    assert all(titles[name].startswith(title) for name, title in seen.titles.items())


def _numbers(declared: str) -> list[int]:
    return [int(one) for one in declared.split(";") if one.strip()]


def _closed_campaign(run: Shell, directory: Path, clock: Clock) -> None:
    """« essai », which twelve people answered."""
    open_to(run, directory, 30, closes=CLOSES)
    vote(run.app().parts, "essai", 12)
    clock.advance(days=21)
    run("campaign", "close", "essai")
