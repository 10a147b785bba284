"""Few modules know one kind of question from another: each is a place to look when one comes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from readability.figures import Figure, measure
from readability.source import Source

from consultation.questionnaire.kinds import KINDS

ROOT = Path(__file__).parents[2]
PLACE = "consultation/questionnaire/kinds"
IMPORTED = re.compile(r"questionnaire(?:\.| import )kinds")
ASKED_BY_NAME = re.compile(r'\.kind (?:[!=]=|(?:not )?in) ("\w+"|\([^)]*\))')
OF_THEIR_OWN = ("consultation/importing/", "consultation/questionnaire/conditions.py")
"""What has kinds of its own: questions of other tools on their way to ours, words of a grammar."""

INVENTED_PEOPLE = "consultation/demo/population.py"
"""They answer each kind in a way of its own; the type checker holds their `match` complete."""

BY_NAME = {
    "consultation/results/charts.py": {"choices"},
    "consultation/results/findings.py": {"choices"},
    "consultation/results/layout.py": {"choice", "choices", "scale"},
    "consultation/results/package.py": {"date"},
    "templates/results/charts.html": {"choices", "matrix", "rank"},
}
"""How columns are counted and drawn; a kind of which nothing is said there has columns of codes."""


@pytest.fixture(scope="module")
def figures() -> dict[str, Figure]:
    texts = {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for path in (ROOT / "consultation").rglob("*.py")
    }
    knowing = [
        Source(path, text)
        for path, text in texts.items()
        if path.startswith(PLACE) or IMPORTED.search(text)
    ]
    return measure(knowing, ["consultation"])["consultation"]


def test_nobody_but_invented_people_knows_a_kind_from_another(figures: dict[str, Figure]) -> None:
    every = sorted(kind.__name__ for kind in KINDS.values())

    assert figures["kinds that each names"] == {INVENTED_PEOPLE: every}
    assert asking(figures) == {INVENTED_PEOPLE: 1}


def asking(figures: dict[str, Figure]) -> dict[str, object]:
    """How often each file asks of which kind a question is, outside the place of kinds."""
    asked = figures["isinstance and match of each file"]
    assert isinstance(asked, dict)
    return {path: many for path, many in asked.items() if not path.startswith(PLACE)}


def test_few_files_ask_for_a_kind_by_its_name() -> None:
    files = [*(ROOT / "consultation").rglob("*.py"), *(ROOT / "templates").rglob("*.html")]
    found = {
        path.relative_to(ROOT).as_posix(): asked
        for path in files
        if (asked := set(re.findall(r"\w+", " ".join(named(path)))) & set(KINDS))
    }

    assert {path: asked for path, asked in found.items() if not path.startswith(OF_THEIR_OWN)} == (
        BY_NAME
    )


def named(path: Path) -> list[str]:
    """What this file compares kinds with."""
    return ASKED_BY_NAME.findall(path.read_text("utf-8"))
