"""What the public may read and check, before and after the closing."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import small
from click.testing import CliRunner
from commands import CLOSES, Shell, invite, prepare, shell
from conftest import Clock
from running import destroy_retired_keys
from visitor import Visitor
from voting import vote

from consultation.ballots.store import Urn
from consultation.cli import commands
from consultation.database import Database
from consultation.office.store import Campaigns, Journal
from consultation.parts import Application
from consultation.roll.store import Roll

PAGE, FILE = "/transparence/essai", "/transparence/essai/urne.txt"
VERIFIED = "Tout concorde"


@pytest.fixture
def run(store: Callable[[str], Database], tmp_path: Path, clock: Clock) -> Iterator[Shell]:
    with shell(store, tmp_path, clock) as made:
        yield made


@pytest.fixture
def draft(run: Shell, tmp_path: Path) -> Application:
    """A campaign in preparation, thirty agents invited."""
    prepare(run, tmp_path, closes=CLOSES)
    invite(run, "essai", tmp_path, 30)
    return run.app()


@pytest.fixture
def app(run: Shell, draft: Application) -> Application:
    """The same, open."""
    run("campaign", "open", "essai")
    return draft


@pytest.fixture
def closed(run: Shell, app: Application, clock: Clock) -> Application:
    """The same, closed: twelve have answered."""
    vote(app.parts, "essai", 12)
    clock.now = app.parts[Campaigns].get("essai").closes
    clock.advance(hours=48)
    run("worker", "--once")
    return app


def published_file(app: Application, directory: Path) -> Path:
    path = directory / "urne.txt"
    path.write_bytes(Visitor(app).open(FILE).content)
    return path


def verify(path: Path, code: int = 0) -> str:
    """As anyone would, without any setting."""
    done = CliRunner().invoke(commands, ["ballots", "verify", "--file", str(path)], env={})
    assert done.exit_code == code, done.output
    return done.output


def row(body: str, words: str) -> str:
    found = re.search(rf"<dt>{words}</dt>\s*<dd[^>]*>(.*?)</dd>", body)
    assert found, words
    return re.sub(r"<[^>]+>", "", found[1]).partition(", publié")[0]


def test_a_campaign_in_preparation_is_not_shown(draft: Application) -> None:
    assert "essai" not in Visitor(draft).open("/transparence").body.casefold()
    Visitor(draft).open(PAGE, 404)
    Visitor(draft).open(FILE, 404)
    Visitor(draft).open("/transparence/inconnue", 404)


def test_every_page_for_agents_leads_to_its_transparency(app: Application) -> None:
    visitor = Visitor(app)

    assert f'href="{PAGE}"' in visitor.open("/q/essai/agents").body
    assert f'href="{PAGE}"' in visitor.open("/q/essai/agents/commencer").body
    assert 'href="/transparence"' in visitor.open("/q").body
    assert f'href="{PAGE}"' in visitor.open("/transparence").body


def test_a_corrected_questionnaire_is_said_to_be(app: Application) -> None:
    campaigns = app.parts[Campaigns]
    first = campaigns.get("essai").digest
    visitor = Visitor(app).open(PAGE)
    assert "corrigé" not in visitor.body
    corrected = small.DEFINITION.replace("Aucune de celles-ci", "Pas une de celles-ci")

    campaigns.revise("essai", corrected, small.LISTS)
    visitor.open(PAGE)

    assert first != campaigns.get("essai").digest
    assert f'<li class="c-digest">{first}</li>' in visitor.body
    assert campaigns.get("essai").digest in visitor.body
    assert "avant ou après la correction" in visitor.body


def test_the_page_shows_keys_script_and_questionnaire(app: Application) -> None:
    visitor = Visitor(app).open(PAGE)
    campaign = app.parts[Campaigns].get("essai")

    assert row(visitor.body, "Tous les agents") == campaign.keys["agents"].fingerprint
    assert row(visitor.body, "Encadrement") == campaign.keys["cadres"].fingerprint
    assert campaign.digest in visitor.body
    scripts = set(re.findall(r'href="(/static/\w+/[\w.-]+\.js)"', visitor.body))
    assert {script.rsplit("/", 1)[1] for script in scripts} == {
        "codes.js",
        "conditions.js",
        "consultation.js",
        "draft.js",
        "landing.js",
        "qr.js",
        "questions.js",
        "survey.js",
        "words-en.js",
    }
    for script in scripts:
        sent = Visitor(app).open(script).content
        assert hashlib.sha256(sent).hexdigest() in visitor.body
        assert f"sha384-{b64encode(hashlib.sha384(sent).digest()).decode()}" in visitor.body


def test_the_page_needs_no_cookie_no_script_and_no_style_of_its_own(app: Application) -> None:
    visitor = Visitor(app).open(PAGE)

    assert "Set-Cookie" not in visitor.headers
    assert "<script" not in visitor.body
    assert "style=" not in visitor.body
    assert "<desc" in visitor.body


def test_the_fingerprint_of_a_key_is_the_one_in_the_mail(app: Application) -> None:
    key = app.parts[Campaigns].get("essai").keys["agents"]

    assert key.fingerprint == hashlib.sha256(key.to_der()).hexdigest()


def test_figures_do_not_move_while_agents_answer(
    run: Shell, app: Application, clock: Clock
) -> None:
    before = Visitor(app).open(PAGE).body
    assert row(before, "Personnes invitées") == "30"
    assert row(before, "Laissez-passer délivrés") == "0"
    assert row(before, "Liste des invitations") == app.parts[Roll].size("essai").digest

    vote(app.parts, "essai", 2)
    run("worker", "--once")
    assert Visitor(app).open(PAGE).body == before

    clock.advance(days=1)
    run("worker", "--once")
    assert row(Visitor(app).open(PAGE).body, "Laissez-passer délivrés") == "2"
    assert "bulletin " not in Visitor(app).open(FILE, 404).body


def test_the_account_is_published_at_the_closing(closed: Application) -> None:
    body = Visitor(closed).open(PAGE).body

    assert row(body, "Laissez-passer délivrés") == "12"
    assert row(body, "Laissez-passer utilisés") == "12"
    assert row(body, "Bulletins dans l’urne") == "12"
    assert row(body, "Journal du bureau") == closed.parts[Journal].head().hex()
    assert FILE in body
    assert "perdus" not in body


def test_anyone_verifies_the_published_file(closed: Application, tmp_path: Path) -> None:
    path = published_file(closed, tmp_path)
    digest = row(Visitor(closed).open(PAGE).body, "Urne")

    said = verify(path)

    assert VERIFIED in said
    assert digest in said
    assert digest == closed.parts[Urn].sorted_digest(closed.parts[Campaigns].get("essai"))


def test_the_tools_of_any_system_are_enough(closed: Application, tmp_path: Path) -> None:
    if not (shutil.which("grep") and shutil.which("sha256sum")):
        pytest.skip("no grep or sha256sum here")
    path = published_file(closed, tmp_path)
    body = Visitor(closed).open(PAGE).body

    said = {
        command: subprocess.run(
            ["sh", "-c", command], cwd=path.parent, check=True, capture_output=True
        ).stdout.decode()
        for command in re.findall(r"<li><code>(grep.*?)</code>", body.replace("&#39;", "'"))
    }

    assert [answer.split()[0] for answer in said.values()] == ["12", "12", row(body, "Urne")]


def test_an_altered_file_is_refused_with_every_reason(closed: Application, tmp_path: Path) -> None:
    path = published_file(closed, tmp_path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if line != lines[-1]))

    said = verify(path, 1)

    assert "empreinte" in said
    assert "il y en a 11" in said
    assert VERIFIED not in said


def test_a_file_that_is_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(bytes(range(256)) * 40)

    assert "ligne 1" in verify(path, 1)


def test_the_export_names_the_urn_it_comes_from(
    run: Shell, closed: Application, tmp_path: Path
) -> None:
    run("export", "essai", tmp_path / "export")

    manifest = json.loads((tmp_path / "export" / "manifest.json").read_text("utf-8"))
    assert row(Visitor(closed).open(PAGE).body, "Urne") in json.dumps(manifest)


def test_the_roll_s_keys_are_destroyed(closed: Application, tmp_path: Path) -> None:
    assert list((tmp_path / "keys" / "roll" / "essai").iterdir()) == []
    destroy_retired_keys(closed, "essai")
    assert list((tmp_path / "keys" / "box").glob("*/*")) == []


def test_any_side_shows_the_page_and_the_urn_s_alone_the_file(
    run: Shell, closed: Application
) -> None:
    run.move_to("office")
    office = run.app()
    run.move_to("urn")
    urn = run.app()

    assert FILE not in Visitor(office).open(PAGE).body
    assert "deux programmes distincts" in Visitor(urn).open(PAGE).body
    assert "le même programme sert les deux" in Visitor(closed).open(PAGE).body
    Visitor(office).open(FILE, 404)
    Visitor(urn).open(FILE)
