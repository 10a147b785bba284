"""The names of those invited, carried from the roll to an export, leave its open texts."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import Shell, agree, prepare, shell
from voting import credential

from consultation.ballots.store import Urn
from consultation.database import Database
from consultation.office.store import Campaigns, Journal

SLUG = "essai"
TEXT = "Claire Lefèvre et Ndiaye sont petits."
INVITED = ("claire.lefevre", "a-m.NDIAYE2", "j.du_petit", *(f"agent{n}" for n in range(30)))


@pytest.fixture
def run(store: Callable[[str], Database], tmp_path: Path) -> Iterator[Shell]:
    with shell(store, tmp_path) as made:
        yield made


@pytest.fixture
def closed(run: Shell, tmp_path: Path) -> Shell:
    """A campaign in which a dozen people named the same colleagues."""
    prepare(run, tmp_path)
    lot = tmp_path / "lot.csv"
    lot.write_text("".join(["Courriel\n", *(f"{one}@exemple.gouv.fr\n" for one in INVITED)]))
    words = ("--batch", "Ain", "--audience", "agents", "--campaign", SLUG)
    run("invitations", "import", lot, *words)
    run("campaign", "open", SLUG)
    parts = run.app().parts
    campaign = parts[Campaigns].get(SLUG)
    written = {"definition": campaign.digest, "audience": "agents", "answers": {"mot": TEXT}}
    for _ in range(12):
        given = credential(parts, SLUG)
        parts[Urn].cast(campaign, "agents", *given, json.dumps(written).encode())
    agree(run, SLUG, "early-closing", "final-release")
    run("campaign", "close", SLUG, "--grace", "0")
    return run


def test_names_drawn_from_addresses_leave_the_texts(closed: Shell, tmp_path: Path) -> None:
    names = tmp_path / "noms.txt"

    said = closed("invitations", "names", SLUG, names)
    closed("export", SLUG, tmp_path / "sans", "--unread-texts")
    closed("export", SLUG, tmp_path / "avec", "--unread-texts", "--names", names)
    closed("export", SLUG, tmp_path / "avec.zip", "--unread-texts", "--names", names)

    assert names.read_text("utf-8").split() == ["agent", "claire", "lefevre", "ndiaye", "petit"]
    assert stat.S_IMODE(names.stat().st_mode) == 0o600
    assert "Détruisez ce fichier" in said
    texts = [tmp_path / place / "textes/mot.csv" for place in ("sans", "avec")]
    before, after = (path.read_text("utf-8").splitlines()[1] for path in texts)
    assert before == TEXT
    assert after == "[nom] [nom] et [nom] sont petits."
    journal = closed.app().parts[Journal].entries()
    told = [line.detail for line in journal if line.action == "réponses exportées"]
    assert sorted("5 noms retirés des textes" in one for one in told) == [False, True, True]
    assert "noms extraits" in {line.action for line in journal}


def test_a_list_of_names_is_not_written_over_a_file(closed: Shell, tmp_path: Path) -> None:
    kept = tmp_path / "lot.csv"
    before = kept.read_text("utf-8")

    assert "existe déjà" in closed("invitations", "names", SLUG, kept, code=1)

    assert kept.read_text("utf-8") == before
