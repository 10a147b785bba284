"""The array of closed answers follows the releases, and is noise without the export key."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from conftest import Clock
from counting import DEFINITION, LISTS, Office, crowd, office_with_an_urn

from consultation.database import Database
from consultation.results.cubes import NotCounted
from consultation.results.masking import FINAL, WHILE_OPEN

NOWHERE = {"territoire": "R01", "categorie": "a", "om_note": "non"}


@pytest.fixture
def office(
    box_database: Database, office_database: Database, keys_directory: Path, clock: Clock
) -> Office:
    return office_with_an_urn(box_database, office_database, keys_directory, clock)


def microdata(office: Office, directory: Path) -> list[dict[str, str]]:
    office.export(directory)
    with (directory / "microdata.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_nothing_is_counted_before_the_first_release(office: Office) -> None:
    assert not office.cubes.due(office.campaign)
    with pytest.raises(NotCounted):
        office.cubes.get(office.campaign)


def test_each_release_adds_its_ballots_and_no_more(office: Office) -> None:
    office.fill(crowd(60))
    assert office.cubes.due(office.campaign)
    office.cubes.count(office.campaign)
    assert not office.cubes.due(office.campaign)
    office.fill(crowd(50))

    assert office.cubes.due(office.campaign)
    cube = office.cubes.count(office.campaign)

    assert cube.ballots == office.cubes.get(office.campaign).ballots == 110
    accueil = Counter(one["accueil"] for one in [*crowd(60), *crowd(50)])
    assert dict(zip(cube.variable("accueil").codes, cube.counts("accueil"), strict=True)) == accueil
    assert cube.rules == WHILE_OPEN


def test_ballots_of_two_releases_are_mixed(office: Office) -> None:
    office.fill([{"jours": 1}] * 100)
    office.cubes.count(office.campaign)
    office.fill([{"jours": 3}] * 100)

    codes = office.cubes.count(office.campaign).codes("jours").tolist()

    assert 25 < sum(code == 3 for code in codes[:100]) < 75


def test_in_the_end_tables_are_those_of_the_microdata_file(office: Office, tmp_path: Path) -> None:
    """Or a table less the file would say what the file withholds."""
    office.fill([*crowd(120), *[NOWHERE] * 3])
    office.cubes.count(office.campaign)
    office.close()
    assert office.cubes.due(office.campaign)

    cube = office.cubes.count(office.campaign)

    assert not office.cubes.due(office.campaign)
    assert office.cubes.get(office.campaign).rules == FINAL
    rows = microdata(office, tmp_path / "export")
    for name in ("territoire", "categorie", "accueil", "om_note", "missions__autre"):
        found = Counter(row[name] for row in rows)
        assert cube.counts(name) == tuple(found[code] for code in cube.variable(name).codes)
    pairs = Counter((row["accueil"], row["territoire"]) for row in rows)
    answers, groups = cube.variable("accueil").codes, cube.groups("territoire")
    assert cube.crossed_counts("accueil", "territoire") == tuple(
        tuple(pairs[answer, group] for group in groups) for answer in answers
    )
    assert cube.crossed("age", "territoire").base == 120


def test_without_the_export_key_the_array_is_noise(office: Office, keys_directory: Path) -> None:
    office.fill([{"territoire": "R84"}] * 60)
    office.cubes.count(office.campaign)
    [kept] = (keys_directory / "results/essai/comptage").iterdir()
    content = kept.read_bytes()
    assert max(content.count(bytes([byte])) for byte in range(256)) < len(content) / 100

    office.keys.destroy("essai")

    assert not office.cubes.due(office.campaign)


def test_an_array_lost_or_damaged_is_counted_again(office: Office, keys_directory: Path) -> None:
    office.fill(crowd(60))
    office.cubes.count(office.campaign)
    [kept] = (keys_directory / "results/essai/comptage").iterdir()

    kept.write_bytes(b"damaged")
    assert office.cubes.due(office.campaign)
    assert office.cubes.count(office.campaign).ballots == 60

    office.cubes.forget(office.campaign)
    assert office.cubes.due(office.campaign)
    assert office.cubes.count(office.campaign).ballots == 60


def test_a_damaged_ballot_is_not_tried_for_ever(office: Office) -> None:
    office.fill(crowd(60))
    office.put_sealed([b"damaged"])

    assert office.cubes.count(office.campaign).ballots == 60

    assert not office.cubes.due(office.campaign)


def test_too_few_ballots_are_no_table(office: Office) -> None:
    office.fill(crowd(4))
    office.close()

    cube = office.cubes.count(office.campaign)

    assert cube.ballots == 0
    assert cube.frequencies("accueil").base is None
    assert not office.cubes.due(office.campaign)


def test_a_corrected_questionnaire_is_counted_again_with_what_was_added(office: Office) -> None:
    office.campaigns.open("essai")
    office.fill(crowd(60))
    office.cubes.count(office.campaign)
    corrected = DEFINITION.replace('{oui: "Oui, très",', '{oui: "Oui, très", bof: Moyen,')
    office.campaigns.revise("essai", corrected, LISTS)
    office.fill([{"accueil": "bof"}] * 20)

    assert office.cubes.due(office.campaign)
    cube = office.cubes.count(office.campaign)

    counts = dict(zip(cube.variable("accueil").codes, cube.counts("accueil"), strict=True))
    before = Counter(str(one["accueil"]) for one in crowd(60))
    assert counts == {"oui": before["oui"], "bof": 20, "non": before["non"]}
