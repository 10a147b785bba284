"""Our own engine does what the conformance files say: whoever writes another has them to read."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from conforming import KINDS, files, played, read, rewritten

from consultation.questionnaire.rules import read_rules

LARGEST = 60_000  # bytes: what one reads without losing the thread

read_once = cache(read)


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_our_engine_does_what_the_file_says(path: Path) -> None:
    file = read_once(path)
    rules = read_rules(file["rules"])
    for case in file["cases"]:
        expected = {name: case[name] for name in case if name not in GIVEN}
        assert played(rules, case) == expected, case["says"]


GIVEN = ("says", "audience", "seed", "found")
"""What a case does not expect."""


def test_rules_are_those_of_the_definitions() -> None:
    for path, text in rewritten():
        assert path.read_text(encoding="utf-8") == text, (
            f"{path.name} is not as « python -m tests.conforming » writes it"
        )


def test_each_file_of_a_kind_asks_its_kind() -> None:
    for path in KINDS.glob("*.json"):
        pages = read_once(path)["rules"]["pages"]
        assert path.stem in {one["kind"] for page in pages for one in page["questions"]}


def test_no_file_is_too_long_to_be_read() -> None:
    assert {path.name for path in files() if path.stat().st_size > LARGEST} == set()


def test_no_two_cases_of_a_file_say_the_same() -> None:
    for path in files():
        said = [case["says"] for case in read_once(path)["cases"]]
        assert len(said) == len(set(said)), path.name
