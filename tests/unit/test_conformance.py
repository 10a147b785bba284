"""Our own engine does what the conformance files say: whoever writes another has them to read."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from conforming import KINDS as KIND_FILES
from conforming import files, played, read, rewritten

from consultation.questionnaire.kinds import KINDS
from consultation.questionnaire.messages import messages
from consultation.questionnaire.rules import read_rules

FEWEST_CASES = 12
LARGEST = 60_000  # bytes: what one reads without losing the thread
NOT_SAID = re.compile(r"number_\d+|month_\d+|first|colon|generalised")

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


def test_every_kind_has_its_file_with_cases_enough() -> None:
    counts = {path.stem: len(read_once(path)["cases"]) for path in KIND_FILES.glob("*.json")}

    assert set(counts) == set(KINDS)
    assert {kind for kind, count in counts.items() if count < FEWEST_CASES} <= {"info"}


def test_each_file_of_a_kind_asks_its_kind() -> None:
    for path in KIND_FILES.glob("*.json"):
        pages = read_once(path)["rules"]["pages"]
        assert path.stem in {one["kind"] for page in pages for one in page["questions"]}


def test_no_file_is_too_long_to_be_read() -> None:
    assert {path.name for path in files() if path.stat().st_size > LARGEST} == set()


def test_no_two_cases_of_a_file_say_the_same() -> None:
    for path in files():
        said = [case["says"] for case in read_once(path)["cases"]]
        assert len(said) == len(set(said)), path.name


@pytest.mark.parametrize("language", ["fr", "en"])
def test_everything_that_a_check_can_say_is_said_by_a_case(language: str) -> None:
    said = "\n".join(
        message
        for path in files()
        if read_once(path)["rules"]["lang"] == language
        for case in read_once(path)["cases"]
        for message in messages_of(case)
    )
    unsaid = {
        name
        for name, template in messages(language).items()
        if not NOT_SAID.fullmatch(name) and not re.search(pattern(template), said)
    }

    assert unsaid == set()


def messages_of(case: dict[str, Any]) -> list[str]:
    """Every error that the case expects."""
    posts = [*case["posts"], case.get("unfinished") or {}]
    return [error["message"] for post in posts for error in post.get("errors", ())]


def pattern(template: str) -> str:
    """What matches the template with anything told."""
    return ".+".join(map(re.escape, re.split(r"%\(\w+\)s", template)))
