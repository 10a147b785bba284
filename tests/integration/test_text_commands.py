"""The commands that prepare the reading of open texts, and the worker that does it unasked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Shell, shell
from conftest import Clock
from counting import Office, ideas, office_with_an_urn

from consultation.database import Database
from consultation.worker import Worker


@pytest.fixture
def office(
    box_database: Database, office_database: Database, tmp_path: Path, clock: Clock
) -> Office:
    made = office_with_an_urn(box_database, office_database, tmp_path / "keys", clock)
    made.fill(ideas())
    return made


@pytest.fixture
def run(
    office: Office,
    roll_database: Database,
    box_database: Database,
    office_database: Database,
    tmp_path: Path,
    clock: Clock,
) -> Iterator[Shell]:
    stores = {"roll": roll_database, "box": box_database, "office": office_database}
    with shell(stores.__getitem__, tmp_path, clock) as made:
        yield made


def test_texts_are_prepared_then_grouped_and_their_reading_is_told(
    office: Office, run: Shell
) -> None:
    office.close()

    assert "idee : 90 personnes, 81 textes, 0 relus" in run("texts", "prepare", "essai")
    assert "idee : 3 groupes" in run("texts", "group", "essai", "--groups", "3")
    assert "missions__autre_texte : moins de onze personnes" in run("texts", "status", "essai")
    run("texts", "group", "essai", "--question", "inconnue", code=1)
    with office.corpus.opened(office.campaign, "idee") as sayings:
        assert len(sayings.clusters()) == 3
    actions = [entry.action for entry in office.journal.entries()]
    assert actions[-2:] == ["textes préparés", "textes regroupés"]


def test_an_open_consultation_has_no_text_to_prepare(office: Office, run: Shell) -> None:
    office.campaigns.open("essai")

    assert "n’est pas close" in run("texts", "prepare", "essai", code=1)


def test_the_worker_prepares_texts_once_where_the_key_is(office: Office, run: Shell) -> None:
    office.close()
    worker = run.app().parts[Worker]

    for _ in range(2):
        worker.round()

    assert office.corpus.prepared(office.campaign)
    actions = [entry.action for entry in office.journal.entries()]
    assert actions.count("textes préparés") == 1

    office.keys.destroy("essai")
    worker.round()
