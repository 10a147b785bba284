"""What the tests never do."""

from __future__ import annotations

from pathlib import Path

import pytest
from readability.__main__ import here
from readability.figures import cycles, patches
from readability.source import Source

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    return here(ROOT, ["tests"])


def test_no_test_changes_what_belongs_to_another_module(sources: list[Source]) -> None:
    """What is real is built small, or comes by a constructor: no monkeypatch, no mock."""
    assert patches(sources) == {}


def test_no_module_of_the_tests_leads_back_to_itself(sources: list[Source]) -> None:
    """Not even by what a function imports, or by what only types need."""
    assert cycles(sources, types=True) == {}
