"""An application finds each of its parts by its class."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from face import build

from consultation.config import Settings
from consultation.days import Clock
from consultation.parts import MissingPart, Parts, part, parts
from consultation.roll.returns import Returns
from consultation.roll.store import Roll

ROOT = Path(__file__).parents[2]
WRONG = """\
from consultation.ballots.store import Urn
from consultation.parts import Parts, part
from consultation.roll.store import Roll


def take(held: Parts) -> Roll:
    part(Rol)
    part("roll")
    held["roll"]
    "roll" in held
    part(Roll).isue
    return part(Urn)
"""


def test_the_application_that_runs_gives_its_part_of_a_class() -> None:
    app = build()

    with app.app_context():
        assert part(Settings) is app.parts[Settings]
        assert Settings in parts()


def test_a_part_that_this_side_lacks_is_named() -> None:
    app = build()

    with app.app_context(), pytest.raises(MissingPart, match="« Roll »"):
        part(Roll)
    with pytest.raises(MissingPart, match="« Returns »"):
        app.parts[Returns]
    assert app.parts.get(Roll) is None
    assert Roll not in app.parts


def test_there_is_one_part_of_a_class() -> None:
    clock = Clock(lambda: pytest.fail("not asked"))
    made = Parts(clock)

    with pytest.raises(ValueError, match="Clock"):
        made.add(Clock(clock.read))

    assert made[Clock] is clock


@pytest.mark.long
def test_the_type_checker_names_what_is_misspelt_or_misplaced(tmp_path: Path) -> None:
    file = tmp_path / "wrong.py"
    file.write_text(WRONG, "utf-8")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--config-file",
        str(ROOT / "pyproject.toml"),
        str(file),
    ]

    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout

    faulty = {line.split(":")[1] for line in told.splitlines() if ": error: " in line}
    assert faulty == {"7", "8", "9", "10", "11", "12"}, told
