"""The Nu HTML checker of the W3C, which npm fetches for tests alone: nothing of it is kept here."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

import pytest

CHECKER = "vnu-jar@26.9.27"
WANTED = ".*“list” role is unnecessary.*"  # Safari forgets a list that has no bullets


def complaints(pages: Mapping[str, str], folder: Path) -> list[str]:
    """All that the checker says of these pages, by name: errors and warnings, in one run."""
    written = folder / "pages"
    written.mkdir()
    for name, page in pages.items():
        (written / f"{name}.html").write_text(page, "utf-8")
    command = ["java", "-jar", str(_fetched(folder)), "--stdout", "--exit-zero-always"]
    options = ["--no-langdetect", "--format", "json", "--filterpattern", WANTED, str(written)]
    told = subprocess.run([*command, *options], check=True, capture_output=True, text=True)
    return [
        f"{Path(unquote(one.get('url', ''))).stem}: {one['message']} {one.get('extract', '')}"
        for one in json.loads(told.stdout)["messages"]
    ]


def _fetched(folder: Path) -> Path:
    npm = shutil.which("npm")
    if not (npm and shutil.which("java")):
        pytest.skip("no HTML checker: java and npm are not both installed")
    options = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]
    installed = subprocess.run([npm, "install", *options, CHECKER], cwd=folder, capture_output=True)
    if installed.returncode:
        pytest.skip(f"no HTML checker: npm could not install {CHECKER}")
    return folder / "node_modules/vnu-jar/build/dist/vnu.jar"
