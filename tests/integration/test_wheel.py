"""The wheel alone: what is installed serves every page and everything its pages ask for."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVE = r"""
import re
from importlib.util import find_spec
from consultation.app import create_app
from consultation.config import shipped
import consultation
client = create_app().test_client()
pages = ["/q", "/aide", "/anonymat", "/accessibilite", "/cookies", "/bureau/connexion", "/nowhere"]
asked = set()
for page in pages:
    asked |= set(re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get(page).text))
sheets = sorted(one for one in asked if one.endswith(".css"))
for sheet in sheets:
    for url in re.findall(r"url\(([^)]*)\)", client.get(sheet).text):
        asked.add(sheet.rpartition("/")[0] + "/" + url.strip("'\""))
for name in ("questions.js", "conditions.js", "draft.js", "words-en.js", "qr.js", "survey.js"):
    asked.add("/static/any/" + name)
print(consultation.__file__, len(sheets))
print("missing", [one for one in sorted(asked) if client.get(one).status_code != 200])
print(sorted(path.name for path in shipped("migrations").iterdir()))
print(sorted(path.name for path in shipped("questionnaires").glob("*.yaml")))
print("foreign", [name for name in ("django", "dsfr") if find_spec(name)])
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(folder)]
    subprocess.run([*command, str(ROOT)], check=True, capture_output=True)
    [built] = folder.glob("*.whl")
    return built


@pytest.mark.long
@pytest.mark.timeout(300)
def test_the_wheel_serves_everything_from_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    venv.create(place, with_pip=True)
    python = place / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", wheel], check=True)

    told = subprocess.run(
        [python, "-c", SERVE],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "CONSULTATION_DATA": str(tmp_path),
            "SECRET_KEY": "s" * 48,
            "PUBLIC_URL": "https://consultation.exemple.fr",
            "MAIL_FROM": "consultation@exemple.fr",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 0, told.stderr
    assert str(place) in told.stdout
    for line in (
        "missing []",
        "['README.md', 'ballots', 'office', 'roll']",
        "['juin-2024.yaml', 'seminaires-2024.yaml']",
        "foreign []",
    ):
        assert line in told.stdout.splitlines()
