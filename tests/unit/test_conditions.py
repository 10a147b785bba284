"""Conditions mean what the language says, for every type and for silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.questionnaire.conditions import (
    MAX_DEPTH,
    MAX_LENGTH,
    Condition,
    Context,
    Fault,
    evaluate,
    link,
    parse_condition,
)

CASES = json.loads((Path(__file__).parent.parent / "conformance" / "conditions.json").read_text())


def condition(source: str) -> Condition:
    read = parse_condition(source)
    assert isinstance(read, Condition), read
    return read


def fault(source: str) -> Fault:
    read = parse_condition(source)
    assert isinstance(read, Fault), read
    return read


def given_answers(case: dict[str, Any]) -> dict[str, object]:
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in case["answers"].items()
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["condition"].replace("\n", " "))
def test_a_condition_means_what_the_table_says(case: dict[str, Any]) -> None:
    named: dict[str, Condition] = {}
    for name, source in case.get("conditions", {}).items():
        named[name] = link(condition(source), {}, named)
    linked = link(condition(case["condition"]), case.get("columns", {}), named)

    holds = evaluate(linked, given_answers(case), Context(case.get("audience", "")))

    assert holds is case["expected"]


def test_no_condition_always_holds() -> None:
    assert evaluate(None, {}, Context())


@pytest.mark.parametrize(
    ("source", "at", "said"),
    [
        ("", 0, "trop tôt"),
        ("a ==", 4, "trop tôt"),
        ("a = 'b'", 2, "« == »"),
        ("a <> 'b'", 3, "« != »"),
        ('a == "b"', 5, "apostrophes droites"),
        ("a == ’b’", 5, "apostrophes droites"),
        ("a == b'", 6, "Fermez"),
        ("a == 1 && b == 2", 7, "« and »"),
        ("a == 1 et b == 2", 7, "« and »"),
        ("a == 1 b == 2", 7, "n’est pas attendu"),
        ("(a == 1", 7, "Il manque « ) »"),
        ("a == 1)", 6, "n’est pas attendu"),
        ("insull(a)", 0, "« insull » n’existe pas"),
        ("a in ['x'", 9, "Il manque « ] »"),
        ("a in []", 6, "Il manque un code"),
        ("a in 'x'", 5, "Il manque « [ »"),
        ("a has x", 6, "'x'"),
        ("a. == 1", 3, "après le point"),
        ("count(a)", 8, "comparaison"),
        ("a == 1\N{NO-BREAK SPACE}and b == 1", 6, "espace ordinaire"),
        ("and", 0, "n’est pas attendu"),
        ("1 == a", 0, "n’est pas attendu"),
    ],
)
def test_a_syntax_error_says_where_and_what_to_write(source: str, at: int, said: str) -> None:
    found = fault(source)

    assert found.at == at
    assert said.replace("« ", "«\N{NO-BREAK SPACE}").replace(" »", "\N{NO-BREAK SPACE}»") in (
        f"{found.message} {found.remedy}"
    )


def test_a_condition_is_bounded() -> None:
    assert fault("not " * MAX_DEPTH + "a == 1").message == "La condition est trop imbriquée."
    assert fault("(" * 400 + "a == 1" + ")" * 400).code == "syntax"
    assert fault("a == 1 or " * 200 + "a == 1").code == "too-long"
    assert isinstance(parse_condition("not " * (MAX_DEPTH - 1) + "a == 1"), Condition)
    assert isinstance(parse_condition("a == 1" + " " * (MAX_LENGTH - 6)), Condition)


def test_the_tree_is_plain_json() -> None:
    columns = {"t": {"zone": {"D01": "hexagone"}}}
    named = {"big": condition("count(m) > 2")}
    linked = link(
        condition("big and (t.zone == 'x' or not answered(g)) and g.r != 1"), columns, named
    )

    tree = linked.to_json()

    assert json.loads(json.dumps(tree)) == [
        "and",
        [">", {"count": "m"}, 2],
        [
            "or",
            ["==", {"ref": "t", "column": "zone", "values": {"D01": "hexagone"}}, "x"],
            ["not", ["answered", {"ref": "g"}]],
        ],
        ["!=", {"ref": "g", "row": "r"}, 1],
    ]


@given(st.text(max_size=60) | st.text("ab.()[]',=!<> notinhasdr019", max_size=60))
def test_any_text_is_a_condition_or_a_fault(source: str) -> None:
    read = parse_condition(source)

    if isinstance(read, Fault):
        assert 0 <= read.at <= len(source)
        assert read.message
    else:
        assert evaluate(read, {}, Context()) in (True, False)


VALUES = st.none() | st.sampled_from(["", "a", "b", 0, 1, 1.5, (), ("a",), ("a", "b")])
ATOMS = st.sampled_from(
    ["q == 'a'", "q != 'a'", "q < 1", "q >= 1", "q in ['a', 1]", "q has 'a'", "count(q) > 1",
     "answered(q)", "q == r", "q != r", "q <= r", "r has any ['a', 'b']", "r.x == 'a'"]
)  # fmt: skip


@given(ATOMS, ATOMS, VALUES, VALUES)
def test_the_laws_of_logic_hold_over_any_values(a: str, b: str, q: object, r: object) -> None:
    answers = {"q": q, "r": r}

    def holds(source: str) -> bool:
        return evaluate(condition(source), answers, Context())

    assert holds(f"not ({a} and {b})") == holds(f"not {a} or not {b}")
    assert holds(f"not ({a} or {b})") == holds(f"not {a} and not {b}")
    assert holds(f"not not {a}") == holds(a)
    assert holds("q != r") == (not holds("q == r"))
    assert holds("q not in ['a']") == (not holds("q in ['a']"))
