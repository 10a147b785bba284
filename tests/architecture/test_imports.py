"""The contracts between the parts hold, and each one has been seen to fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")


def lint(directory: Path) -> subprocess.CompletedProcess[str]:
    command = [LINTER, "--no-cache", "--config", ROOT / "pyproject.toml"]
    return subprocess.run(
        command, cwd=directory, capture_output=True, text=True, env={"PYTHONPATH": str(directory)}
    )


def test_every_contract_is_kept() -> None:
    result = lint(ROOT)

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("web.py", "import consultation.office.store", "Who knows whom"),
        ("config.py", "import consultation.web", "Who knows whom"),
        ("roll/codes.py", "import consultation.ballots.store", "The roll never meets the answers"),
        ("ballots/store.py", "import consultation.roll.codes", "The answers and the results never"),
        ("results/frame.py", "import consultation.roll.codes", "The answers and the results never"),
        ("questionnaire/model.py", "import flask", "The language, the cryptography"),
        ("blind.py", "import sqlalchemy", "The language, the cryptography"),
        ("ballots/pages.py", "import sqlalchemy", "Pages never write SQL"),
        ("results/frame.py", "import consultation.ballots.keys", "Results read the urn"),
        ("roll/codes.py", "import consultation.roll.paper", "No module leads back to itself"),
    ],
)
def test_a_violation_is_seen(tmp_path: Path, module: str, line: str, contract: str) -> None:
    package = tmp_path / "consultation"
    shutil.copytree(
        ROOT / "consultation", package, ignore=shutil.ignore_patterns("static", "__*__")
    )
    (package / "__init__.py").touch()
    with (package / module).open("a") as file:
        file.write(f"\n{line}\n")

    result = lint(tmp_path)

    assert any(contract in text and "BROKEN" in text for text in result.stdout.splitlines()), (
        result.stdout + result.stderr
    )


def test_a_new_part_must_be_given_its_place(tmp_path: Path) -> None:
    package = tmp_path / "consultation"
    shutil.copytree(ROOT / "consultation", package, ignore=shutil.ignore_patterns("static"))
    (package / "newcomer.py").touch()

    result = lint(tmp_path)

    assert result.returncode == 1
    assert "newcomer" in result.stdout
