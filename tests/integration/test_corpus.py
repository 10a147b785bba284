"""Open texts are gathered from a closed urn, redacted, kept locked, and lost with the key."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Clock
from counting import Office, crowd, office_with_an_urn

from consultation.database import Database
from consultation.results.corpus import Corpus, NotPrepared, TooFewTexts, UnknownText
from consultation.results.keys import NoExportKey


@pytest.fixture
def office(
    box_database: Database, office_database: Database, keys_directory: Path, clock: Clock
) -> Office:
    return office_with_an_urn(box_database, office_database, keys_directory, clock)


def prepared(office: Office, ideas: list[str]) -> Corpus:
    office.fill([one | {"idee": idea} for one, idea in zip(crowd(len(ideas)), ideas, strict=True)])
    office.close()
    corpus = Corpus(office.keys)
    corpus.prepare(office.campaign, office.results.ballots(office.campaign))
    return corpus


def test_what_points_at_someone_is_never_gathered(office: Office) -> None:
    ideas = [f"Écrire à Mme Durand ou à agent{n}@exemple.fr\nau plus vite" for n in range(60)]
    corpus = prepared(office, ideas)

    (idea,) = (one for one in corpus.questions(office.campaign) if one.name == "idee")
    with corpus.opened(office.campaign, "idee") as sayings:
        (only,) = sayings.all()

    assert (idea.people, idea.texts, idea.title) == (60, 1, "Une idée ?")
    assert only.text == "Écrire à Mme [nom] ou à [courriel] ⏎ au plus vite"
    assert only.times == 60
    assert only.id == corpus.id_of(office.campaign, "idee", only.text)


def test_a_question_that_few_answered_is_not_read(office: Office) -> None:
    corpus = prepared(office, ["une idée"] * 10)

    with pytest.raises(TooFewTexts):
        corpus.question(office.campaign, "idee")
    assert not (office.keys.beside("essai", "textes") / "idee").exists()
    with pytest.raises(UnknownText):
        corpus.question(office.campaign, "inconnue")


def test_nothing_on_the_disk_can_be_read_without_the_key(
    office: Office, keys_directory: Path
) -> None:
    corpus = prepared(office, [f"fonctionnaire {n}" for n in range(60)])
    files = [path for path in keys_directory.rglob("*") if path.is_file()]

    assert {path.name for path in files} == {"export.key", "contents", "idee"}
    assert not any(b"fonctionnaire" in path.read_bytes() for path in files)

    office.keys.destroy("essai")
    with pytest.raises(NoExportKey):
        corpus.questions(office.campaign)


def test_texts_not_gathered_yet_are_asked_for(office: Office) -> None:
    corpus = prepared(office, ["une idée"] * 60)
    assert corpus.prepared(office.campaign)

    corpus.forget(office.campaign)

    assert not corpus.prepared(office.campaign)
    with pytest.raises(NotPrepared):
        corpus.question(office.campaign, "idee")


def test_a_place_is_said_only_among_enough_texts(office: Office) -> None:
    corpus = prepared(office, [f"idée {n}" for n in range(49)])
    with corpus.opened(office.campaign, "idee") as sayings:
        assert {place for _, place, _ in sayings.strata()} == {"*"}
