"""What the repository holds, and what it must never hold."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "consultation" / "static"
OURS = ["apercu.css", "consultation.css", "report.css", "results.css", "favicon.svg"]
OURS += ["codes.js", "conditions.js", "consultation.js", "draft.js", "landing.js"]
OURS += ["qr.js", "questions.js", "survey.js"]
URL = re.compile(r"url\(([^)]*)\)")
VARIABLE = re.compile(r"var\((--[\w-]+)")
DECLARED = re.compile(r"(--[\w-]+)\s*:")


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    """The files under version control."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a checkout: nothing says which files are kept")
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return listed.stdout.splitlines()


def test_no_third_party_file_is_kept_with_ours(tracked: list[str]) -> None:
    assert [name for name in tracked if "dsfr/" in name or "/vendor" in name] == []
    assert [
        name for name in tracked if name.endswith((".woff", ".woff2", ".min.js", ".min.css"))
    ] == []
    static = [name for name in tracked if name.startswith("consultation/static/")]
    assert {Path(name).name for name in static} <= set(OURS)


def test_no_secret_store_or_message_is_kept(tracked: list[str]) -> None:
    forbidden = (".pem", ".key", ".sqlite", ".sqlite-wal", ".eml", ".env")

    assert [name for name in tracked if name.endswith(forbidden)] == []


@pytest.mark.parametrize("name", ["consultation.css", "dsfr/survey.css", "dsfr/office.css"])
def test_a_stylesheet_asks_only_for_files_that_are_shipped(name: str) -> None:
    sheet = STATIC / name
    addresses = {address.strip("\"'") for address in URL.findall(sheet.read_text())}

    assert [one for one in addresses if one.startswith(("data:", "http", "/"))] == []
    assert [one for one in addresses if not (sheet.parent / one).is_file()] == []


def test_every_variable_of_our_style_exists() -> None:
    ours = (STATIC / "consultation.css").read_text()
    declared = set(DECLARED.findall(ours + (STATIC / "dsfr" / "survey.css").read_text()))

    assert {name for name in VARIABLE.findall(ours) if name not in declared} == set()


def test_no_page_uses_what_was_left_out_of_the_design_system() -> None:
    # Read and not imported: what builds is not installed with what runs.
    source = (ROOT / "hatch_build.py").read_text("utf-8")
    [pattern] = re.findall(r"UNUSED = re\.compile\((.*?)\n\)", source, re.DOTALL)
    unused = re.compile(ast.literal_eval(f"({pattern})"))
    written = [*(ROOT / "templates").rglob("*.html"), *STATIC.glob("*.js")]
    used = {
        f".{one}" for path in written for one in re.findall(r"fr-[\w-]+", path.read_text("utf-8"))
    }

    assert {one for one in used if unused.match(one)} == set()
    assert unused.match(".fr-col-12")


def test_every_icon_in_the_templates_is_declared() -> None:
    style = (STATIC / "consultation.css").read_text()
    used = {
        icon
        for template in (ROOT / "templates").rglob("*.html")
        for icon in re.findall(r"fr-icon-[\w-]+", template.read_text())
    }

    assert {icon for icon in used if f".{icon}::before" not in style} == set()


def test_the_shipped_design_system_carries_its_licences_and_three_fonts() -> None:
    shipped = {
        path.relative_to(STATIC / "dsfr").as_posix() for path in (STATIC / "dsfr").rglob("*")
    }

    assert {"NOTICE.txt", "LICENSE-django-dsfr.txt", "survey.css.gz", "office.css.gz"} <= shipped
    assert {name for name in shipped if name.startswith("fonts/")} == {
        f"fonts/Marianne-{weight}.woff2" for weight in ("Regular", "Medium", "Bold")
    }
    assert "SPDX-License-Identifier: MIT" in (STATIC / "dsfr" / "survey.css").read_text()[:200]
