"""Ballots released from a real urn become files that name nobody and hide no lie."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import stat
import subprocess
import tracemalloc
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from conftest import Clock
from counting import DEFINITION, Office, crowd, office_with_an_urn
from sqlalchemy import insert

from consultation.ballots.boxes import for_urn
from consultation.ballots.tables import ballot, inbox
from consultation.database import Database
from consultation.results.disclosure import TooFewRows
from consultation.results.export import NotClosed
from consultation.results.files import AlreadyThere
from consultation.results.formats import FORMATS, Wanted
from consultation.results.keys import NoExportKey
from consultation.sealing import UrnKey

PROFILE = ["audience", "territoire", "categorie"]


@pytest.fixture
def office(
    box_database: Database, office_database: Database, keys_directory: Path, clock: Clock
) -> Office:
    return office_with_an_urn(box_database, office_database, keys_directory, clock)


def rows(path: Path, delimiter: str = ",", encoding: str = "utf-8") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def classes(table: list[dict[str, str]]) -> Counter[tuple[str, ...]]:
    return Counter(tuple(row[name] for name in PROFILE) for row in table)


def test_one_ballot_is_one_row(office: Office, tmp_path: Path) -> None:
    office.fill(crowd(80))
    office.close()

    manifest = office.export(tmp_path / "export")

    assert manifest.rows_in == manifest.rows_out == 80
    assert len(rows(tmp_path / "export/microdata.csv")) == 80


def test_nothing_leaves_while_ballots_may_still_come(office: Office, tmp_path: Path) -> None:
    office.fill(crowd(80))

    with pytest.raises(NotClosed):
        office.export(tmp_path / "export")

    assert not (tmp_path / "export").exists()


def test_nothing_leaves_while_ballots_wait(office: Office, tmp_path: Path) -> None:
    office.fill(crowd(80))
    office.close()
    with office.box.write() as tx:
        tx.execute(insert(inbox), {"id": bytes(16), "urn": office.campaign.urn, "sealed": b"x"})

    with pytest.raises(NotClosed):
        office.export(tmp_path / "export")


def test_someone_unique_is_not_to_be_found(office: Office, tmp_path: Path) -> None:
    office.fill(crowd(120))
    office.fill([{"territoire": "R01", "categorie": "a", "accueil": "oui", "om_note": "non"}])
    office.fill([{"territoire": "R84", "categorie": "a"}], audience="cadres")
    office.close()

    manifest = office.export(tmp_path / "export")

    table = rows(tmp_path / "export/microdata.csv")
    assert min(classes(table).values()) >= 11
    assert manifest.k == min(classes(table).values())
    assert not [row for row in table if "R01" in row.values() or row["audience"] == "cadres"]


def test_an_answer_that_betrays_a_hidden_profile_is_withheld(
    office: Office, tmp_path: Path
) -> None:
    office.fill(crowd(120))
    office.fill([{"territoire": "R01", "categorie": "a", "om_note": "non"}] * 3)
    office.close()

    manifest = office.export(tmp_path / "export")

    table = rows(tmp_path / "export/microdata.csv")
    assert {row["om_note"] for row in table} == {""}
    assert manifest.withheld_percent == {"territoire.zone == 'outre_mer'": pytest.approx(2.44)}


def test_enough_people_behind_a_filter_keep_their_answers(office: Office, tmp_path: Path) -> None:
    office.fill(crowd(120))
    office.fill([{"territoire": "R01", "categorie": "a", "om_note": "non"}] * 12)
    office.close()

    office.export(tmp_path / "export")

    table = rows(tmp_path / "export/microdata.csv")
    assert Counter(row["om_note"] for row in table) == {"": 120, "non": 12}


PRIORITIES = """\
  - id: priorites
    type: rank
    text: "Vos priorités ?"
    top: 2
    options:
      usager: L’usager
      crise: La crise
      outre_mer: {label: L’outre-mer, show_if: territoire.zone == 'outre_mer'}
  - {id: jours"""


def test_an_option_offered_to_some_leaves_the_answers_of_the_others(
    box_database: Database,
    office_database: Database,
    keys_directory: Path,
    clock: Clock,
    tmp_path: Path,
) -> None:
    definition = DEFINITION.replace("  - {id: jours", PRIORITIES)
    office = office_with_an_urn(box_database, office_database, keys_directory, clock, definition)
    office.fill([one | {"priorites": ["crise", "usager"]} for one in crowd(100)])
    office.fill([{"territoire": "R01", "categorie": "a", "priorites": ["outre_mer"]}] * 3)
    office.fill(crowd(7))
    office.close()

    found = office.work_out()
    manifest = office.export(tmp_path / "export", formats=frozenset(FORMATS))

    withheld = {name: sum(why.values()) for name, why in manifest.withheld.items()}
    assert withheld["priorites__rang1"] <= 11
    urn = {"priorites__rang1": 103, "priorites__rang2": 100}
    table = rows(tmp_path / "export/microdata.csv")
    others = [
        pd.read_parquet(tmp_path / "export/microdata.parquet"),
        pd.read_spss(tmp_path / "export/microdata.sav"),
        pd.read_stata(tmp_path / "export/microdata.dta"),
    ]
    flat = rows(tmp_path / "export/tableaux/tris-a-plat.csv")
    [finding] = [one for one in found.findings if one.question == "priorites"]
    for line in finding.lines:
        left = urn[line.name] - withheld.get(line.name, 0)
        assert sum(row[line.name] != "" for row in table) == left
        assert [one[line.name].replace("", None).notna().sum() for one in others] == [left] * 3
        assert {one["base"] for one in flat if one["variable"] == line.name} == {str(left)}
        assert line.base == left


def test_no_class_gives_a_sensitive_answer_away(office: Office, tmp_path: Path) -> None:
    office.fill([{"territoire": "R84", "categorie": "a", "plainte": "oui"}] * 20)
    office.fill([{"territoire": "R84", "categorie": "b", "plainte": "non"}] * 20)
    office.close()

    office.export(tmp_path / "export")

    answers: dict[tuple[str, ...], set[str]] = {}
    for row in rows(tmp_path / "export/microdata.csv"):
        answers.setdefault(tuple(row[name] for name in PROFILE), set()).add(row["plainte"])
    assert all(said == {"oui", "non"} for said in answers.values())


def test_an_answer_everyone_gives_is_withdrawn(office: Office, tmp_path: Path) -> None:
    office.fill([{"territoire": "R84", "categorie": "a", "plainte": "oui"}] * 20)
    office.close()

    manifest = office.export(tmp_path / "export")

    assert manifest.withdrawn == ("plainte",)
    assert {row["plainte"] for row in rows(tmp_path / "export/microdata.csv")} == {""}


def test_just_enough_ballots_are_one_class(office: Office, tmp_path: Path) -> None:
    office.fill(crowd(11))
    office.close()

    manifest = office.export(tmp_path / "export")

    assert classes(rows(tmp_path / "export/microdata.csv")) == {("agents", "hexagone", "*"): 11}
    assert manifest.k == 11


@pytest.mark.parametrize("size", [4, 7, 10])
def test_fewer_ballots_than_eleven_stay_where_they_are(
    office: Office, tmp_path: Path, size: int
) -> None:
    office.fill(crowd(size))
    office.close()

    with pytest.raises(TooFewRows):
        office.export(tmp_path / "export")

    assert list(tmp_path.glob("*export*")) == []


def test_the_order_of_rows_says_nothing_of_the_order_of_ballots(
    office: Office, tmp_path: Path
) -> None:
    size = 400
    office.fill([{"jours": number / 100} for number in range(size)])
    office.close()

    office.export(tmp_path / "export")

    ranks = [float(row["jours"]) for row in rows(tmp_path / "export/microdata.csv")]
    rho = pd.Series(ranks).corr(pd.Series(range(size)))
    assert abs(rho) * (size - 1) ** 0.5 < 4.5  # one chance in 100,000; in order, it would be 20


def test_texts_are_not_in_the_order_of_rows_nor_of_other_texts(
    office: Office, tmp_path: Path
) -> None:
    office.fill(
        [
            {
                "jours": n / 100,
                "idee": f"x{n:03}",
                "missions": ["autre"],
                "missions.other": f"{n:03}",
            }
            for n in range(300)
        ]
    )
    office.close()

    office.export(tmp_path / "export")

    ideas = [int(row["texte"][1:]) for row in rows(tmp_path / "export/textes/idee.csv")]
    others = [
        int(row["texte"]) for row in rows(tmp_path / "export/textes/missions__autre_texte.csv")
    ]
    days = [round(100 * float(row["jours"])) for row in rows(tmp_path / "export/microdata.csv")]
    assert sorted(ideas) == sorted(others) == sorted(days)
    for one, other in ((ideas, others), (ideas, days), (others, days)):
        same = sum(a == b for a, b in zip(one, other, strict=True))
        assert same < 12  # one is expected; twelve, one chance in a billion; in one order, 300


def test_texts_and_tables_only_questions_are_not_in_the_microdata(
    office: Office, tmp_path: Path
) -> None:
    office.fill([answers | {"idee": "Une phrase à moi"} for answers in crowd(30)])
    office.close()

    office.export(tmp_path / "export")

    header = rows(tmp_path / "export/microdata.csv")[0]
    assert list(header) == [
        *PROFILE,
        "accueil",
        "missions__guichet",
        "missions__autre",
        "jours",
        "plainte",
        "om_note",
    ]
    assert "Une phrase" not in (tmp_path / "export/microdata.csv").read_text("utf-8")


def test_a_text_says_its_region_only_among_fifty_from_there(office: Office, tmp_path: Path) -> None:
    office.fill([{"territoire": "R84", "idee": f"a{n}"} for n in range(60)])
    office.fill([{"territoire": "R53", "idee": f"b{n}"} for n in range(40)])
    office.close()

    office.export(tmp_path / "export")

    table = rows(tmp_path / "export/textes/idee.csv")
    places = Counter(row["territoire"] for row in table)
    assert places["R53"] == 0
    assert all(count >= 50 for count in places.values())


def test_few_texts_say_nothing_of_where_they_come_from(office: Office, tmp_path: Path) -> None:
    office.fill([*crowd(20), *({"territoire": "R84", "idee": f"a{n}"} for n in range(12))])
    office.close()

    office.export(tmp_path / "export")

    table = rows(tmp_path / "export/textes/idee.csv")
    assert [row["territoire"] for row in table] == ["*"] * 12


def test_fewer_texts_than_eleven_do_not_leave(office: Office, tmp_path: Path) -> None:
    office.fill([*crowd(20), *({"idee": f"a{n}"} for n in range(10))])
    office.close()

    manifest = office.export(tmp_path / "export")

    assert "idee" in manifest.too_few_texts
    assert "idee" not in manifest.texts
    assert not list((tmp_path / "export").glob("textes/idee*"))
    assert "retenu" in (tmp_path / "export/codebook.md").read_text("utf-8")


HOSTILE = [
    "Un texte ordinaire",
    '=HYPERLINK("http://mal.example";"clic")',
    "+33 1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "＝1+1",
    "<script>alert(1)</script>",
    'Une\r\nligne ; une, autre "citée"',
    "\x00\x1f,\x1f;",
    "‮retournée",
]


@pytest.mark.parametrize("variant", ["", "-excel"])
def test_nothing_written_by_an_agent_is_computed_or_breaks_a_row(
    office: Office, tmp_path: Path, variant: str
) -> None:
    office.fill([{"idee": words, "accueil": words, "territoire": words} for words in HOSTILE])
    office.close()

    office.export(tmp_path / "export")

    excel = {"delimiter": ";", "encoding": "utf-8-sig"} if variant else {}
    texts = rows(tmp_path / f"export/textes/idee{variant}.csv", **excel)
    assert len(texts) == len(HOSTILE)
    assert not [row for row in texts if row["texte"][:1] in tuple("=+-@\t\r＝")]
    assert "<script>alert(1)</script>" in {row["texte"] for row in texts}
    table = rows(tmp_path / f"export/microdata{variant}.csv", **excel)
    assert {cell for row in table for cell in row.values()} <= {"", "agents", "Agents"}


@pytest.mark.long
def test_libreoffice_shows_what_was_written_and_computes_nothing(
    office: Office, tmp_path: Path
) -> None:
    program = shutil.which("soffice")
    if not program:
        pytest.skip("LibreOffice is not installed")
    office.fill([{"idee": words, "accueil": "non", "jours": 1.5} for words in HOSTILE])
    office.close()
    office.export(tmp_path / "export")
    control = tmp_path / "control.csv"
    control.write_text("a\n=1+1\n", encoding="utf-8")
    files = [tmp_path / f"export/{name}-excel.csv" for name in ("textes/idee", "microdata")]

    sheets = _in_libreoffice(program, tmp_path, [control, *files])

    assert b"table:formula" in sheets["control"]
    for path in files:
        assert b"table:formula" not in sheets[path.stem]
        found = set(ElementTree.fromstring(sheets[path.stem]).itertext())  # noqa: S314 - its own
        written = [cell for row in rows(path, ";", "utf-8-sig") for cell in row.values()]
        assert set(filter(None, written)) - {"1,5"} <= found


def _in_libreoffice(program: str, place: Path, files: list[Path]) -> dict[str, bytes]:
    """The sheets that it makes of these files, asked to compute what looks like a formula."""
    options = "59,34,76,1,,0,false,true,false,false,false,0,true"  # ; " UTF-8 … formulas computed
    read = f"Text - txt - csv (StarCalc):{options}"
    home = f"-env:UserInstallation={(place / 'libreoffice').as_uri()}"
    asked = ["--headless", f"--infilter={read}", "--convert-to", "fods", "--outdir", place]
    subprocess.run([program, home, *asked, *files], check=True, capture_output=True, timeout=120)
    return {path.stem: (place / f"{path.stem}.fods").read_bytes() for path in files}


def test_a_spreadsheet_gets_labels_commas_and_accents(office: Office, tmp_path: Path) -> None:
    office.fill([{"territoire": "R84", "accueil": "non", "jours": 1.5, "categorie": "a"}] * 20)
    office.close()

    office.export(tmp_path / "export")

    content = (tmp_path / "export/microdata-excel.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n") == 21
    table = rows(tmp_path / "export/microdata-excel.csv", ";", "utf-8-sig")
    assert table[0]["territoire – Dans quel territoire travaillez-vous ?"] == "Auvergne-Rhône-Alpes"
    assert table[0]["accueil – L’accueil est-il bon ?"] == "'-Non"
    assert table[0]["jours – Jours de télétravail"] == "1,5"


def test_pandas_reads_the_plain_variant_back(office: Office, tmp_path: Path) -> None:
    answers = crowd(60)
    office.fill(answers)
    office.close()

    office.export(tmp_path / "export")

    table = pd.read_csv(tmp_path / "export/microdata.csv", keep_default_na=False)
    assert Counter(table["jours"]) == Counter(given["jours"] for given in answers)
    assert Counter(table["accueil"]) == Counter(given["accueil"] for given in answers)
    assert table["missions__autre"].sum() == sum("autre" in given["missions"] for given in answers)


def test_the_two_variants_say_the_same(office: Office, tmp_path: Path) -> None:
    office.fill(crowd(60))
    office.close()

    office.export(tmp_path / "export")

    plain = rows(tmp_path / "export/microdata.csv")
    excel = rows(tmp_path / "export/microdata-excel.csv", ";", "utf-8-sig")
    labels = {"oui": "Oui, très", "non": "'-Non", "": ""}
    assert [labels[row["accueil"]] for row in plain] == [
        row["accueil – L’accueil est-il bon ?"] for row in excel
    ]


def test_exporting_twice_gives_the_same_bytes(office: Office, tmp_path: Path) -> None:
    office.fill([answers | {"idee": f"idée {n}"} for n, answers in enumerate(crowd(70))])
    office.fill([{"territoire": "R01", "categorie": "a", "om_note": "non"}] * 3)
    office.close()

    first, second = office.export(tmp_path / "one"), office.export(tmp_path / "two")

    assert first == second


def test_the_manifest_gives_the_digest_of_every_file(office: Office, tmp_path: Path) -> None:
    said = {"idee": "Une idée", "missions": ["autre"], "missions.other": "Pêche"}
    office.fill([one | said for one in crowd(30)])
    office.close()

    office.export(tmp_path / "export")

    manifest = json.loads((tmp_path / "export/manifest.json").read_text("utf-8"))
    found = {
        path.relative_to(tmp_path / "export").as_posix(): hashlib.sha256(path.read_bytes())
        for path in (tmp_path / "export").rglob("*")
        if path.is_file() and path.name not in ("manifest.json", "SHA256SUMS")
    }
    assert manifest["files"] == {name: digest.hexdigest() for name, digest in found.items()}
    assert set(found) == {
        "microdata.csv",
        "microdata-excel.csv",
        "codebook.csv",
        "codebook-excel.csv",
        "codebook.md",
        "questionnaire.yaml",
        "datapackage.json",
        "schema.json",
        "listes/territoires.csv",
        "tableaux/tris-a-plat.csv",
        "tableaux/tris-a-plat-excel.csv",
        "tableaux/tris-croises.csv",
        "tableaux/tris-croises-excel.csv",
        "textes/idee.csv",
        "textes/idee-excel.csv",
        "textes/missions__autre_texte.csv",
        "textes/missions__autre_texte-excel.csv",
    }
    assert manifest["questionnaire_digest"] == office.campaign.digest
    assert manifest["urn_digest"] == office.results.verify(office.campaign).digest
    assert manifest["rows_in"] == manifest["rows_out"] == 30


def test_tables_say_what_the_rows_say_and_hide_small_counts(office: Office, tmp_path: Path) -> None:
    office.fill([*crowd(120), *[{"territoire": "R01", "categorie": "a", "accueil": "non"}] * 3])
    office.fill([{"territoire": "R84", "missions": ["autre"]}] * 5)
    office.close()

    office.export(tmp_path / "export")

    microdata = rows(tmp_path / "export/microdata.csv")
    tables = rows(tmp_path / "export/tableaux/tris-croises.csv")
    assert {"territoire", "categorie", "age"} <= {line["groupe"] for line in tables}
    for line in tables:
        assert not 0 < int(line["effectif"] or 0) < 11
        assert not 0 < int(line["base"] or 0) < 11
        assert line["masque"] == ("0" if line["effectif"] else "1")
        in_rows = {"age", "jours"}.isdisjoint({line["groupe"], line["variable"]})
        if line["masque"] == "0" and in_rows:
            cell = {line["variable"]: line["code"], line["groupe"]: line["groupe_code"]}
            assert int(line["effectif"]) == sum(cell.items() <= row.items() for row in microdata)
    alone = rows(tmp_path / "export/tableaux/tris-a-plat.csv")
    [most] = [line for line in alone if (line["variable"], line["code"]) == ("age", "jeune")]
    assert (most["effectif"], most["base"], most["part"]) == ("120", "120", "1.0")
    assert [line for line in tables if line["masque"] == "1"]


def test_no_table_shows_a_group_with_one_voice_on_a_sensitive_question(
    office: Office, tmp_path: Path
) -> None:
    voices = [{"territoire": "R84", "age": "jeune", "plainte": "oui"}] * 40
    others = [{"territoire": "R84", "age": "autre_age", "plainte": one} for one in ("oui", "non")]
    office.fill([*voices, *others * 20])
    office.close()

    office.export(tmp_path / "export")

    tables = rows(tmp_path / "export/tableaux/tris-croises.csv")
    young = [
        line for line in tables if (line["variable"], line["groupe_code"]) == ("plainte", "jeune")
    ]
    assert [line["effectif"] for line in young] == ["", ""]
    assert {line["base"] for line in young} == {"40"}


def test_the_codebook_explains_every_column(office: Office, tmp_path: Path) -> None:
    office.fill(crowd(30))
    office.close()

    office.export(tmp_path / "export")

    explained = rows(tmp_path / "export/codebook.csv")
    assert set(rows(tmp_path / "export/microdata.csv")[0]) <= {row["colonne"] for row in explained}
    regions = {
        row["code"]: row["signification"] for row in explained if row["colonne"] == "territoire"
    }
    assert regions["R84"] == "Auvergne-Rhône-Alpes"
    assert regions["outre_mer"] == "Outre mer"
    assert "## categorie" in (tmp_path / "export/codebook.md").read_text("utf-8")


def test_an_export_never_overwrites_anything(office: Office, tmp_path: Path) -> None:
    office.fill(crowd(30))
    office.close()
    (tmp_path / "export").mkdir()
    (tmp_path / "export/mine.txt").write_text("x")

    with pytest.raises(AlreadyThere):
        office.export(tmp_path / "export")

    assert [path.name for path in (tmp_path / "export").iterdir()] == ["mine.txt"]


def test_an_export_is_for_its_owner_and_leaves_nothing_else_behind(
    office: Office, tmp_path: Path
) -> None:
    office.fill(crowd(30))
    office.close()
    (tmp_path / "here").mkdir()

    office.export(tmp_path / "here/export")

    assert [path.name for path in (tmp_path / "here").iterdir()] == ["export"]
    assert stat.S_IMODE((tmp_path / "here/export").stat().st_mode) == 0o700


def test_a_damaged_ballot_is_counted_and_costs_no_other(office: Office, tmp_path: Path) -> None:
    office.fill(crowd(30))
    elsewhere = replace(office.campaign, export_key=UrnKey.generate().public)
    office.put_sealed([b"damaged", for_urn(elsewhere, b"{}")])
    office.put([b"not a ballot"])
    office.close()

    manifest = office.export(tmp_path / "export")

    assert (manifest.rows_in, manifest.rows_out, manifest.unreadable) == (33, 30, 3)
    assert not office.results.verify(office.campaign).holds


def test_a_sound_urn_is_verified(office: Office) -> None:
    office.fill(crowd(30))

    verification = office.results.verify(office.campaign)

    assert verification.holds
    assert verification.counts.ballots == 30


def test_a_ballot_too_many_is_seen(office: Office) -> None:
    office.fill(crowd(30))
    with office.box.write() as tx:
        more = for_urn(office.campaign, b'{"audience": "agents", "answers": {}}')
        tx.execute(insert(ballot), {"id": bytes(16), "urn": office.campaign.urn, "sealed": more})

    assert not office.results.verify(office.campaign).holds


def test_without_its_key_an_urn_stays_closed(office: Office, tmp_path: Path) -> None:
    office.fill(crowd(30))
    office.close()
    office.keys.destroy("essai")

    with pytest.raises(NoExportKey):
        office.export(tmp_path / "export")


def test_an_export_key_is_made_once(office: Office) -> None:
    assert office.keys.create("essai") == office.campaign.export_key


def test_the_journal_says_who_exported_and_why(office: Office, tmp_path: Path) -> None:
    office.fill(crowd(30))
    office.close()

    manifest = office.export(tmp_path / "export")

    entry = office.journal.entries()[-1]
    assert (entry.who, entry.action) == ("ana", "réponses exportées")
    assert manifest.digest in entry.detail
    assert "rapport de synthèse" in entry.detail


def test_progress_is_told_ballot_by_ballot(office: Office, tmp_path: Path) -> None:
    office.fill(crowd(30))
    office.close()
    told: list[int] = []

    office.results.export(office.campaign, tmp_path / "export", who="ana", progress=told.append)

    assert sum(told) == 30


def test_names_of_a_lexicon_given_by_hand_leave_the_texts(office: Office, tmp_path: Path) -> None:
    office.fill([*crowd(20), *[{"idee": "Voyez Lefèvre ou ecrivez a@b.fr"}] * 11])
    office.close()

    manifest = office.results.export(
        office.campaign,
        tmp_path / "export",
        who="ana",
        lexicon=frozenset({"lefevre"}),
        wanted=Wanted(unread=True),
    )

    assert rows(tmp_path / "export/textes/idee.csv")[0]["texte"] == (
        "Voyez [nom] ou ecrivez [courriel]"
    )
    assert manifest.texts["idee"].marks == {"[courriel]": 11, "[nom]": 11}


def test_an_archive_is_the_same_export_in_a_zip(office: Office, tmp_path: Path) -> None:
    office.fill(crowd(30))
    office.close()
    manifest = office.export(tmp_path / "export")

    path = tmp_path / "here/essai.zip"
    office.results.archive(office.campaign, path, who="ana", wanted=Wanted(unread=True))

    assert list(path.parent.iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(AlreadyThere):
        office.results.archive(office.campaign, path, who="ana")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        inside: Mapping[str, bytes] = {name: archive.read(name) for name in archive.namelist()}
    assert json.loads(inside.pop("essai/manifest.json"))["files"] == manifest.files
    assert inside.pop("essai/SHA256SUMS").decode() == (tmp_path / "export/SHA256SUMS").read_text()
    assert {
        name.removeprefix("essai/"): hashlib.sha256(data).hexdigest()
        for name, data in inside.items()
    } == manifest.files


@pytest.mark.long
def test_memory_does_not_grow_with_what_was_written(office: Office, tmp_path: Path) -> None:
    """Of each ballot a few bytes are kept: its profile. Not its answers, and not its words."""
    few, more = 1_200, 2_000  # more than are read at once
    words = "Une idée qui demande du temps. " * 25
    said = [one | {"idee": f"{words} {n}"} for n, one in enumerate(crowd(few + more))]
    office.fill(said[:20])
    office.close()
    office.export(tmp_path / "first")  # what is loaded once is not counted

    office.fill(said[20:few])
    before = _peak(office, tmp_path / "few")
    office.fill(said[few:])
    after = _peak(office, tmp_path / "all")

    assert (after - before) / more < len(words) / 3


def _peak(office: Office, destination: Path) -> int:
    """The most memory, in bytes, that an export held at once."""
    tracemalloc.start()
    try:
        office.export(destination)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
