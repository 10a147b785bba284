"""Each figure of how easy the code is to read, on a tree small enough to count by hand."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from readability.__main__ import main, table
from readability.figures import Figure, measure
from readability.source import Source

MODEL = "consultation/questionnaire/model.py"
JOURNEY = "consultation/ballots/journey.py"
PAGES = "consultation/ballots/pages.py"
TEST = "tests/unit/test_pages.py"
SHARED = "tests/shared.py"
TREE = {
    MODEL: """\
class Question: ...
class Optioned(Question): ...
class Choice(Optioned): ...
class Info(Question): ...
""",
    JOURNEY: """\
from typing import TYPE_CHECKING, Any

from consultation.questionnaire import model
from consultation.questionnaire.model import Choice, Info

if TYPE_CHECKING:
    from consultation.questionnaire import page_of

class Journey:
    def next(self, question: Any) -> Any:
        if isinstance(question, Choice):
            return 1
        elif isinstance(question, model.Info):
            return 2
        elif question:
            return 3
        for _ in question:
            with question:
                def inner():
                    while True: ...
        match question:
            case Info():
                return 4

def page(app):
    from consultation.ballots import pages
    return app.extensions["roll"], app.extensions["clock"]
""",
    PAGES: """\
import consultation.ballots.journey
import flask

def page(parts):  # type: ignore[no-untyped-def]
    flask.g.language = "fr"
    return parts["roll"], flask.g["language"]
def _hidden(): ...
""",
    "consultation/questionnaire/__init__.py": "from consultation.ballots import journey\n",
    TEST: """\
import os
import time
from unittest.mock import patch
from shared import page

@patch("time.sleep")
def test_one(monkeypatch):
    monkeypatch.setattr(time, "sleep", None)
    os.environ["HOME"] = ""

class TestTwo:
    def test_two(self): ...  # noqa: ANN201
    def test_three(self, relay): relay.answers["a"] = setattr(time, "sleep", None)
def test_four(): ...
""",
    SHARED: "import unit.test_pages\ndef test_four(): ...\n",
}
COUNTED = [  # folder, figure, what it is
    ("consultation", "files", 4),
    ("consultation", "lines", 39),
    ("tests", "lines of a file, median", 2),
    ("tests", "lines of each file", {SHARED: 2, TEST: 14}),
    ("consultation", "functions", 5),
    ("consultation", "lines of a function, median", 3),
    ("consultation", "lines of a function, 90th percentile", 14),
    (
        "consultation",
        "lines of each function",
        {
            f"{JOURNEY} Journey.next": 14,
            f"{JOURNEY} Journey.next.inner": 2,
            f"{JOURNEY} page": 3,
            f"{PAGES} page": 3,
            f"{PAGES} _hidden": 1,
        },
    ),
    (
        "consultation",
        "nesting of each function",
        {
            f"{JOURNEY} Journey.next": 2,
            f"{JOURNEY} Journey.next.inner": 1,
            f"{JOURNEY} page": 0,
            f"{PAGES} page": 0,
            f"{PAGES} _hidden": 0,
        },
    ),
    ("consultation", "functions nested more than two deep", 0),
    ("consultation", "import cycles", 1),
    (
        "consultation",
        "modules of each cycle",
        {
            "consultation.ballots.journey": [
                "consultation.ballots.journey",
                "consultation.ballots.pages",
            ]
        },
    ),
    ("consultation", "import cycles, imports for types included", 1),
    (
        "consultation",
        "modules of each cycle, imports for types included",
        {
            "consultation.ballots.journey": [
                "consultation.ballots.journey",
                "consultation.ballots.pages",
                "consultation.questionnaire",
            ]
        },
    ),
    ("tests", "import cycles", 1),
    ("tests", "modules of each cycle", {"tests.shared": ["tests.shared", "tests.unit.test_pages"]}),
    ("consultation", "public names that several modules define", 1),
    ("consultation", "modules of each such name", {"page": [JOURNEY, PAGES]}),
    ("tests", "public names that several modules define", 0),
    ("consultation", "Any", 2),
    ("consultation", "type: ignore", 1),
    ("tests", "noqa", 1),
    ("tests", "tests", 5),
    ("tests", "patches", 4),
    ("tests", "patches for 100 tests", 80),
    (
        "tests",
        "patches of each file",
        {
            TEST: [
                "patch('time.sleep')",
                "monkeypatch.setattr(time, 'sleep', None)",
                "os.environ['HOME']",
                "setattr(time, 'sleep', None)",
            ]
        },
    ),
    ("consultation", "patches", 0),
    ("consultation", "string keys of extensions", 2),
    ("consultation", "uses of each key", {"roll": 2, "clock": 1}),
    ("consultation", "files that name a kind of question, outside kinds/", 2),
    (
        "consultation",
        "kinds that each names",
        {MODEL: ["Choice", "Info"], JOURNEY: ["Choice", "Info"]},
    ),
    ("consultation", "isinstance and match over the kinds", 3),
    ("consultation", "isinstance and match of each file", {JOURNEY: 3}),
]


def figures(tree: dict[str, str]) -> dict[str, dict[str, Figure]]:
    sources = [Source(path, text) for path, text in tree.items()]
    return measure(sources, ["consultation", "tests"])


FIGURES = figures(TREE)


@pytest.mark.parametrize(("folder", "name", "expected"), COUNTED)
def test_each_figure_is_what_one_counts_by_hand(folder: str, name: str, expected: Figure) -> None:
    assert FIGURES[folder][name] == expected


def test_every_figure_has_been_counted_by_hand() -> None:
    assert FIGURES["tests"].keys() == {name for _, name, _ in COUNTED}


def test_what_stands_in_the_module_of_a_kind_is_where_it_should_be() -> None:
    kind = "from consultation.questionnaire.model import Choice\nAN = Choice\n"

    found = figures(TREE | {"consultation/questionnaire/kinds/choice.py": kind})

    assert found["consultation"]["files that name a kind of question, outside kinds/"] == 2


def test_a_list_is_cut_to_its_greatest_and_tells_what_each_was_before() -> None:
    many = {f"tests/t{number}.py": "\n" * number for number in range(12)}
    before = {"tests/t11.py": "\n"}

    lines = list(table({"here": figures(many), "main": figures(before)}))

    start = lines.index(
        "lines of each file:", lines.index(next(x for x in lines if "# tests" in x))
    )
    rows = [line.split() for line in lines[start + 1 : start + 11]]
    assert rows[0] == ["tests/t11.py", "11", "1"]
    assert rows[-1] == ["tests/t2.py", "2", "0"]
    assert lines[start + 11].startswith("functions")


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_a_tree_is_measured_beside_another_revision_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def git(*words: str) -> None:
        who = ["-c", "user.name=essai", "-c", "user.email=essai@exemple.fr"]
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    file = tmp_path / "tests/shared.py"
    file.parent.mkdir()
    file.write_text("\n")
    git("init", "-b", "main")
    git("add", ".")
    git("commit", "-m", "First")
    file.write_text("\n\n")

    main(["tests/", "--against", "main", "--json"], root=tmp_path)

    found = json.loads(capsys.readouterr().out)
    assert found["here"]["tests"]["lines of each file"] == {"tests/shared.py": 2}
    assert found["main"]["tests"]["lines of each file"] == {"tests/shared.py": 1}
    assert file.read_text() == "\n\n"


def test_a_folder_that_is_not_there_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["teste"], root=tmp_path)

    assert "no such folder: teste" in capsys.readouterr().err


def test_a_kind_is_known_though_another_class_has_the_name_of_what_it_stands_on() -> None:
    other = Source("consultation/questionnaire/words.py", "class Optioned: ...\n")
    sources = [Source(path, TREE[path]) for path in (MODEL, JOURNEY)]

    figures = measure([*sources, other], ["consultation"])["consultation"]

    assert figures["kinds that each names"] == {
        JOURNEY: ["Choice", "Info"],
        MODEL: ["Choice", "Info"],
    }
