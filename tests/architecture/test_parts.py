"""A part is found by its class, and each page's are on the side that serves it."""

from __future__ import annotations

import re
from ast import Attribute, Subscript, parse, unparse, walk
from inspect import getsource, unwrap
from pathlib import Path
from types import CodeType, FunctionType

import pytest
from running import close

from consultation.app import create_app
from consultation.config import STORES, Settings
from consultation.roll import pages as desk
from consultation.roll.returns import Returns
from consultation.roll.store import Roll

ROOT = Path(__file__).parents[2]
BY_A_WORD = re.compile(r"\.extensions\b|\bparts\[[\"']|current_app\.config\[")
ASKED = re.compile(r"\bpart\((\w+)\)")
SIDES = ("roll", "urn", "office", "roll urn", "roll urn office")


def test_nothing_is_found_by_a_word() -> None:
    files = [*ROOT.glob("consultation/**/*.py"), *ROOT.glob("tests/**/*.py")]

    found = [
        f"{path.relative_to(ROOT)}: {line}"
        for path in files
        if path != Path(__file__)
        for line in by_a_word(path.read_text("utf-8"))
    ]

    assert found == []


@pytest.mark.parametrize("sides", SIDES)
def test_every_page_finds_its_parts_on_the_side_that_serves_it(sides: str, tmp_path: Path) -> None:
    app = create_app(settings(tmp_path, sides))

    close(app)

    asked = {kind for view in app.view_functions.values() for kind in asked_by(unwrap(view), set())}
    assert asked
    assert {kind for kind in asked if kind not in app.parts} == set()


def test_a_page_that_asks_for_another_side_is_seen() -> None:
    assert Roll in asked_by(unwrap(desk.where), set())
    assert Returns in asked_by(unwrap(desk.stop_reminding), set())


def by_a_word(source: str) -> list[str]:
    """Every expression that looks for a part so; what is inside a text is not one."""
    if not BY_A_WORD.search(source):
        return []
    written = (
        unparse(node) for node in walk(parse(source)) if isinstance(node, Attribute | Subscript)
    )
    return [one for one in written if BY_A_WORD.search(one)]


def asked_by(function: FunctionType, seen: set[FunctionType]) -> set[type]:
    """The classes whose parts a function asks for, itself or by others of its module."""
    seen.add(function)
    known = function.__globals__
    asked = {known[name] for name in ASKED.findall(getsource(function))}
    for name in names_in(function.__code__):
        called = unwrap(known.get(name))
        if not isinstance(called, FunctionType) or called in seen:
            continue
        if called.__module__ == function.__module__:
            asked |= asked_by(called, seen)
    return asked


def names_in(code: CodeType) -> set[str]:
    inside = [one for one in code.co_consts if isinstance(one, CodeType)]
    return {*code.co_names}.union(*map(names_in, inside))


def settings(directory: Path, sides: str) -> Settings:
    urls = {f"{name}_url": f"sqlite:///{directory / name}.sqlite" for name in STORES}
    return Settings(
        secret_key="s" * 32,
        **urls,
        keys=directory / "keys",
        public_url="http://localhost",
        sides=frozenset(sides.split()),
        demo=True,
    )
