"""A kind of question is added in six files, and each one left out is named.

The head of `consultation/questionnaire/kinds/` says which. A postcode, which is none of ours, is
added to a copy of the tree; its own words are in `tests/new_kind/`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import isabstract
from pathlib import Path

import pytest
from new_kind.postcode import Postcode

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "tests" / "new_kind"
MODULE = "consultation/questionnaire/kinds/postcode.py"
TABLE = "consultation/questionnaire/kinds/__init__.py"
MACROS = "templates/survey/questions.html"
PEOPLE = "consultation/demo/population.py"
MANUAL = "questionnaires/README.md"
CONFORMANCE = "tests/conformance/kinds/postcode.json"
EDITORS = "questionnaires/schema.json"
JOURNEY = "tests/unit/test_postcode.py"  # where it goes in the copy
PACKAGE = "consultation.questionnaire.kinds"
IMPORT_RANK = f"from {PACKAGE}.rank import Rank\n"

KINDS = "tests/unit/test_kinds.py"
LANGUAGE = "tests/unit/test_shipped_questionnaires.py"
ENGINES = "tests/unit/test_conformance.py"
WORDS = "tests/unit/test_words.py"
SPREAD = "tests/architecture/test_kinds.py"

NEW = {
    MODULE: (SOURCES / "postcode.py").read_text("utf-8"),
    CONFORMANCE: (SOURCES / "postcode.json").read_text("utf-8"),
}
ADDED = {
    TABLE: [
        (IMPORT_RANK, f"from {PACKAGE}.postcode import Postcode\n{IMPORT_RANK}"),
        ('    "Question",\n', '    "Postcode",\n    "Question",\n'),
        ("| Info\n", "| Info | Postcode\n"),
    ],
    MACROS: [
        ('"info": info,', '"info": info, "postcode": postcode,'),
        (
            "{% macro info(field) %}",
            "{% macro postcode(field) %}\n{{ number(field) -}}\n{% endmacro %}\n\n"
            "{% macro info(field) %}",
        ),
    ],
    PEOPLE: [
        ("    Number,\n", "    Number,\n    Postcode,\n"),
        ("case Date() | Info():", "case Date() | Info() | Postcode():"),
    ],
    MANUAL: [
        (
            "  - id: rappel\n    type: info ",
            "  - id: commune\n    type: postcode            # un code postal\n"
            "    text: Votre code postal\n\n  - id: rappel\n    type: info ",
        ),
        (
            "\n`order: random` tire",
            "| `postcode` | `departments` | les deux premiers chiffres admis, une liste ; tous par"
            " défaut |\n\n`order: random` tire",
        ),
    ],
}
"""In files that are there: before or after what, and what is written."""

SIX = (*NEW, *ADDED)
COPIED = ("consultation", "questionnaires", "templates", "migrations", "tests", "pyproject.toml")
NOT_COPIED = shutil.ignore_patterns("__pycache__", "new_kind", "static", "browser", "foreign")


@dataclass(frozen=True)
class Tree:
    """A copy of ours."""

    root: Path

    def add(self, *paths: str) -> None:
        """Write these files as the new kind wants them."""
        for path in paths:
            text = NEW.get(path) or (ROOT / path).read_text("utf-8")
            for place, added in ADDED.get(path, ()):
                assert text.count(place) == 1, f"{path}: « {place} » is there once no more"
                text = text.replace(place, added)
            (self.root / path).write_text(text, "utf-8")

    @contextmanager
    def without(self, *paths: str) -> Iterator[None]:
        """The same where these files are as they were."""
        written = {path: (self.root / path).read_text("utf-8") for path in paths}
        for path in paths:
            if (ROOT / path).exists():
                shutil.copy2(ROOT / path, self.root / path)
            else:
                (self.root / path).unlink()
        try:
            yield
        finally:
            for path, text in written.items():
                (self.root / path).write_text(text, "utf-8")

    @contextmanager
    def altered(self, path: str, old: str, new: str) -> Iterator[None]:
        """The same with other words in this file."""
        written = (self.root / path).read_text("utf-8")
        assert len(re.findall(old, written, re.DOTALL)) == 1
        (self.root / path).write_text(re.sub(old, new, written, flags=re.DOTALL), "utf-8")
        try:
            yield
        finally:
            (self.root / path).write_text(written, "utf-8")

    def types(self) -> str:
        """What the type checker says."""
        return self._run("mypy", "--no-error-summary").stdout

    def tests(self, *words: str) -> str:
        """What these tests say when they fail; '' when all pass."""
        options = ("-q", "-n", "0", "-m", "not long", "-p", "no:cacheprovider", "--tb=short")
        done = self._run("pytest", *options, *words)
        assert "no tests ran" not in done.stdout, done.stdout + done.stderr
        return done.stdout + done.stderr if done.returncode else ""

    def write_what_follows(self) -> None:
        """The schema for editors, and the rules for engines."""
        done = self._run("consultation", "schema")
        (self.root / EDITORS).write_text(done.stdout, "utf-8")
        self._run("tests.conforming")

    def _run(self, module: str, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", module, *words],
            cwd=self.root,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(self.root)},
        )


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Ours, with the new kind."""
    root = tmp_path_factory.mktemp("tree")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, ignore=NOT_COPIED)
        else:
            shutil.copy2(ROOT / name, root / name)
    (root / "consultation/static").symlink_to(ROOT / "consultation/static")
    shutil.copy2(SOURCES / "journey.py", root / JOURNEY)
    made = Tree(root)
    made.add(*SIX)
    made.write_what_follows()
    return made


def test_six_files_are_the_most() -> None:
    assert len(SIX) <= 6


def test_the_new_kind_says_all_that_a_kind_must() -> None:
    assert not isabstract(Postcode)


@pytest.mark.long
def test_six_files_are_enough(tree: Tree) -> None:
    assert tree.types() == ""
    assert tree.tests(JOURNEY, KINDS, LANGUAGE, ENGINES, WORDS, SPREAD) == ""


@pytest.mark.long
def test_the_type_checker_names_invented_people(tree: Tree) -> None:
    with tree.without(PEOPLE):
        assert re.search(
            r'demo/population.py:\d+: error: .*"assert_never" .*"Postcode"', tree.types()
        )


@pytest.mark.long
@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        (r"    def columns\(.*?\n\n", 'abstract attribute "columns"'),
        (r"    def reviewed\(.*?\n\n", 'abstract attribute "reviewed"'),
        (r"called=[^)]*", 'Missing named argument "called"'),
    ],
    ids=["columns", "review", "codebook"],
)
def test_the_type_checker_names_what_a_kind_does_not_say(
    tree: Tree, left_out: str, said: str
) -> None:
    with tree.altered(MODULE, left_out, ""):
        assert re.search(rf"kinds/postcode\.py:\d+: error: .*{re.escape(said)}", tree.types())


@pytest.mark.long
def test_a_test_names_a_kind_that_is_not_in_the_table(tree: Tree) -> None:
    with tree.without(TABLE, PEOPLE):
        assert "Extra items in the left set:\nE     'Postcode'" in tree.tests(KINDS)
    with tree.altered(TABLE, r" \| Postcode", ""):
        assert "Extra items in the left set:\nE     'Postcode'" in tree.tests(KINDS)


@pytest.mark.long
def test_a_test_names_a_field_without_its_macro(tree: Tree) -> None:
    with tree.without(MACROS):
        assert "has no attribute 'postcode'" in tree.tests(KINDS)


@pytest.mark.long
def test_tests_name_what_the_manual_does_not_tell(tree: Tree) -> None:
    with tree.without(MANUAL):
        said = tree.tests(KINDS, LANGUAGE)

    assert "« postcode » has no example among the types of the manual" in said
    assert "'| `departments` | les deux premiers chiffres admis" in said
    assert "'| `postcode` |" in said


@pytest.mark.long
def test_a_test_names_a_kind_that_no_engine_is_told_of(tree: Tree) -> None:
    with tree.without(CONFORMANCE):
        assert "'postcode'" in tree.tests(ENGINES)


@pytest.mark.long
def test_tests_name_editors_and_languages_that_are_left_out(tree: Tree) -> None:
    with tree.without(EDITORS):
        assert "test_editors_are_given_the_schema_of_today" in tree.tests(LANGUAGE)
    with tree.altered(MODULE, r'\("en", "Write[^)]*\)', '("fr", "Encore")'):
        assert "NOT_A_POSTCODE" in tree.tests(KINDS)
