"""The browser's evaluator of conditions is the server's twin, in a real JavaScript engine."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from node import Ask, asking

from consultation.questionnaire.conditions import (
    Condition,
    Context,
    Json,
    evaluate,
    link,
    parse_condition,
)

ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "tests" / "conformance" / "conditions.json").read_text())
MANY, A_FEW = 100_000, 4_000

Pair = tuple[Json, dict[str, object]]


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """What the script, as it is served, says of each tree with its answers."""
    return asking(tmp_path_factory.mktemp("twin"), "conditions", "holds")


def linked(
    source: str,
    columns: dict[str, dict[str, dict[str, str]]],
    conditions: dict[str, str],
) -> Condition:
    named: dict[str, Condition] = {}
    for name, its_source in conditions.items():
        named[name] = link(parsed(its_source), columns, named)
    return link(parsed(source), columns, named)


def parsed(source: str) -> Condition:
    condition = parse_condition(source)
    assert isinstance(condition, Condition), (source, condition)
    return condition


def test_the_twin_says_what_the_table_says(twin: Ask) -> None:
    pairs = []
    for case in CASES:
        columns, conditions = case.get("columns", {}), case.get("conditions", {})
        known = {"audience": case["audience"]} if "audience" in case else {}
        tree = linked(case["condition"], columns, conditions).to_json()
        pairs.append((tree, {**case["answers"], **known}))

    said = twin(pairs)

    wrong = [case for case, one in zip(CASES, said, strict=True) if one is not case["expected"]]
    assert wrong == []


# --- The same, over pairs drawn at random ---------------------------------------------------

CODES = ("a", "b", "c", "1", "constructor", "toString", "é’")
COLUMNS = {"t": {"zone": {"a": "b", "b": "", "toString": "a"}, "valueOf": {"c": "c"}}}
CONDITIONS = {"big": "n > 1", "odd": "not big and m has 'a'", "none": "valueOf == 'a'"}
REFS = ("q", "r", "m", "n", "g", "t", "g.a", "g.constructor", "t.zone", "t.valueOf", "q.zone")
REFS += ("audience", "count(m)", "count(q)", "constructor", "hasOwnProperty.a", "valueOf")
NAMES = ("q", "r", "m", "n", "g", "t", "constructor", "hasOwnProperty", "valueOf")
SIGNS = ("==", "!=", "<", "<=", ">", ">=")
VALUES: tuple[object, ...] = (None, "", 0, 1, -1, 1.5, 2, 10**15, (), {}, *CODES)


class Draws:
    """Conditions and answers at random: of the right kind, and of any kind."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)

    def condition(self, depth: int = 3) -> str:
        one = self._rng.choice
        match self._rng.randrange(8) if depth else 7:
            case 0 | 1:
                return f"({self.condition(depth - 1)} and {self.condition(depth - 1)})"
            case 2 | 3:
                return f"({self.condition(depth - 1)} or {self.condition(depth - 1)})"
            case 4:
                return f"not {self.condition(depth - 1)}"
            case _:
                return one((self._comparison, self._membership, self._choice, self._name))()

    def answers(self) -> dict[str, object]:
        return {name: self._answer() for name in NAMES if self._rng.random() < 0.7}

    def audience(self) -> str:
        return self._rng.choice(("", "a", "b"))

    def _comparison(self) -> str:
        left, right = self._rng.choice(REFS), self._rng.choice((self._literal(), *REFS))
        return f"{left} {self._rng.choice(SIGNS)} {right}"

    def _membership(self) -> str:
        word = self._rng.choice(("in", "not in"))
        return f"{self._rng.choice(REFS)} {word} {self._list()}"

    def _choice(self) -> str:
        what = self._rng.choice((self._literal(), f"any {self._list()}", f"all {self._list()}"))
        return f"{self._rng.choice(NAMES)} has {what}"

    def _name(self) -> str:
        return self._rng.choice((f"answered({self._rng.choice(NAMES)})", *CONDITIONS))

    def _list(self) -> str:
        return f"[{', '.join(self._literal() for _ in range(self._rng.randint(1, 3)))}]"

    def _literal(self) -> str:
        return self._rng.choice((*(f"'{code}'" for code in CODES), "0", "1", "-1", "1.5", "2.0"))

    def _answer(self) -> object:
        one = self._rng.choice
        return one(
            (
                one(VALUES),
                tuple(self._rng.sample(CODES, self._rng.randint(0, 3))),
                {row: one(CODES) for row in ("a", "b", "constructor") if self._rng.random() < 0.5},
            )
        )


@pytest.mark.timeout(300)
def test_the_twin_never_differs_from_the_evaluator(twin: Ask, full: bool) -> None:
    draws = Draws(seed=20240603)
    pairs, expected, sources = list[Pair](), list[bool](), list[object]()
    for _ in range(MANY if full else A_FEW):
        source, answers, audience = draws.condition(), draws.answers(), draws.audience()
        condition = linked(source, COLUMNS, CONDITIONS)
        expected.append(evaluate(condition, answers, Context(audience)))
        pairs.append((condition.to_json(), {**answers, "audience": audience}))
        sources.append((source, answers))

    said = twin(pairs)

    different = [
        (source, ours, theirs)
        for source, ours, theirs in zip(sources, expected, said, strict=True)
        if ours is not theirs
    ]
    assert different == []
    assert 0.2 < sum(expected) / len(expected) < 0.8
