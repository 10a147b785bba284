"""The schema that editors follow and the loader that decides are of one mind."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from consultation.config import shipped
from consultation.questionnaire.keys import (
    CHECK,
    DEFINITION,
    OPTION,
    OVERRIDE,
    PAGE,
    PRIVACY,
    QUESTIONNAIRE,
    ROW,
    Key,
    Shape,
)
from consultation.questionnaire.kinds import KINDS
from consultation.questionnaire.loading import Loaded, parse
from consultation.questionnaire.schema import schema

EDITOR = Draft7Validator(schema())
FOLDER = shipped("questionnaires")

STRUCTURAL = {
    *("bad-code", "bad-id", "empty", "empty-text", "few-rows", "format", "missing-key", "options"),
    *("required", "reserved-id", "too-long", "unknown-key", "unknown-type"),
    *("wrong-type", "wrong-value"),
}
"""What a schema can say too; the rest needs to know the whole questionnaire."""

JUNK: list[Any] = [
    *("", " ", "Un mot", "id", "true", "count", "x" * 1_001, 0, 7, -3, 12.5, 4001, True),
    *([], {}, ["a"], [[]], {"fr": "Un"}, {"fr": ["Un"]}, {"label": "Un"}, {"a": "A", "b": "B"}),
]
RENAMED = ("titre", "Id", "optoins", "a b")


@dataclass
class Author:
    """Writes at random what the loader should like, then spoils it."""

    rng: random.Random

    def table(self, shape: Shape) -> dict[str, Any]:
        chosen = {self.rng.choice(shape.one_of)} if shape.one_of else set()
        return {
            name: self.value(key)
            for name, key in shape.keys.items()
            if key.needed
            or name in chosen
            or (name not in shape.one_of and self.rng.random() < 0.4)
        }

    def value(self, key: Key) -> Any:
        if not key.several:
            return self.one(key)
        return [self.one(key) for _ in range(self.rng.randint(int(key.needed), 2))]

    def one(self, key: Key) -> Any:
        rng = self.rng
        kinds: dict[str, Callable[[], Any]] = {
            "text": self.text,
            "texts": lambda: {name: self.text() for name in self.ids(2)},
            "ends": lambda: [self.text(), self.text()],
            "line": lambda: "Un mot",
            "date": lambda: rng.choice(["2024-06-28", "1998-02-01"]),
            "definition": lambda: self.table(DEFINITION),
            "flag": lambda: rng.choice([True, False]),
            "word": lambda: rng.choice(key.words or ("",)),
            "whole": lambda: rng.randint(max(key.low, 1), min(key.high, 3)),
            "number": lambda: rng.choice([0, 7, 0.5, -2.25]),
            "id": lambda: self.ids(1)[0],
            "slug": lambda: rng.choice(["un-essai", "essai"]),
            "language": lambda: "fr",
            "condition": lambda: rng.choice(["answered(a)", "a == 'x' and b1 > 2"]),
            "conditions": lambda: dict.fromkeys(self.ids(2), "answered(a)"),
            "list": lambda: "une_liste",
            "lists": lambda: {name: self.options(0) for name in self.ids(2)},
            "options": lambda: self.options(2),
            "rows": lambda: {name: self.either(ROW) for name in self.ids(2)},
            "check": lambda: self.table(CHECK),
            "question": self.question,
            "privacy": lambda: self.table(PRIVACY),
            "override": lambda: self.table(OVERRIDE),
            "page": lambda: self.table(PAGE),
        }
        return kinds[key.holds]()

    def text(self) -> Any:
        words = self.rng.sample(["Oui", "Non, jamais", "C’est long", "12"], 2)
        return self.rng.choice([words[0], {"fr": words[0], "en": words[1]}])

    def ids(self, count: int) -> list[str]:
        return self.rng.sample(["a", "b1", "nom_long", "z"], count)

    def either(self, shape: Shape) -> Any:
        return self.table(shape) if self.rng.random() < 0.5 else self.text()

    def options(self, least: int) -> dict[str, Any]:
        codes = self.rng.sample(["a", "B", "1-2", "x_y"], self.rng.randint(least, 3))
        return {code: self.either(OPTION) for code in codes}

    def question(self) -> dict[str, Any]:
        kind = self.rng.choice(sorted(KINDS))
        return self.table(KINDS[kind].shape) | {"type": kind}

    def spoil(self, made: dict[str, Any]) -> None:
        parent, key = self.rng.choice(list(places(made)))
        match self.rng.choice(["remove", "rename", "replace"]):
            case "rename" if isinstance(parent, dict):
                parent[self.rng.choice(RENAMED)] = parent.pop(key)
            case "remove":
                del parent[key]
            case _:
                parent[key] = deepcopy(self.rng.choice(JUNK))


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, below in list(inside):
        if isinstance(value, dict | list):
            yield value, key
        if isinstance(below, dict | list):
            yield from places(below)


def wrong(loaded: Loaded) -> set[str]:
    return {problem.code for problem in loaded.problems if problem.severity == "error"}


@settings(max_examples=300)
@given(st.integers(0, 2**32), st.integers(0, 2))
def test_the_schema_and_the_loader_agree(seed: int, spoilt: int) -> None:
    author = Author(random.Random(seed))
    made = author.table(QUESTIONNAIRE)
    for _ in range(spoilt):
        author.spoil(made)
    source = json.dumps(made, ensure_ascii=False)

    underlined = [error.message for error in EDITOR.iter_errors(json.loads(source))]
    refused = wrong(parse(source, {}))

    assert bool(underlined) <= bool(refused), (source, underlined)
    assert bool(refused & STRUCTURAL) <= bool(underlined), (source, refused)


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.yaml")))
def test_editors_underline_nothing_in_what_we_ship(name: str) -> None:
    read = yaml.safe_load((FOLDER / name).read_text("utf-8"))

    assert [error.message for error in EDITOR.iter_errors(read)] == []


def test_the_schema_is_one_and_explains_every_key() -> None:
    Draft7Validator.check_schema(schema())
    said = json.dumps(schema(), ensure_ascii=False)

    assert all(
        json.dumps(key.says, ensure_ascii=False) in said
        for shape in (QUESTIONNAIRE, PAGE, *(kind.shape for kind in KINDS.values()))
        for name, key in shape.keys.items()
    )


@pytest.mark.parametrize("key", ["reason", "signed_by"])
def test_words_that_nobody_translates_are_no_more_empty_for_editors(key: str) -> None:
    signed = {"reason": "Un mot", "signed_by": "Un mot", "date": "2024-06-28", key: " "}
    made = Author(random.Random(1)).table(QUESTIONNAIRE) | {"privacy": {"override": signed}}
    source = json.dumps(made, ensure_ascii=False)

    assert [list(error.path) for error in EDITOR.iter_errors(made)] == [
        ["privacy", "override", key]
    ]
    assert "empty-text" in wrong(parse(source, {}))
