"""What the tests never do."""

from __future__ import annotations

from pathlib import Path

from readability.__main__ import here
from readability.figures import patches

ROOT = Path(__file__).parents[2]


def test_no_test_changes_what_belongs_to_another_module() -> None:
    """What is real is built small, or comes by a constructor: no monkeypatch, no mock."""
    assert patches(here(ROOT, ["tests"])) == {}
