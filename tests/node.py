"""The scripts, as they are served, in a real JavaScript engine without a page."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from consultation.web import STATIC, StaticFiles
from consultation.words import FRENCH

_ASK = """
import {{ readFileSync }} from "node:fs";
globalThis.self = globalThis;
globalThis.document = {{ documentElement: {{ lang: "{language}" }}, getElementById() {{}} }};
{before}
const {{ {name} }} = await import("./{script}.js");
const asked = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(asked.map((given) => {name}(...given))));
"""

Ask = Callable[[Sequence[Sequence[object]]], list[object]]


def asking(folder: Path, script: str, name: str, language: str = FRENCH) -> Ask:
    """Calls a function of a script once for each list of arguments; skips without Node.

    As on a page in this language, which loads its words first.
    """
    before = "" if language == FRENCH else f'await import("./words-{language}.js");'
    return running(folder, _ASK.format(name=name, script=script, language=language, before=before))


def running(folder: Path, source: str) -> Ask:
    """Runs a module that stands beside the scripts: a list is read, a list is said, in JSON."""
    node = shutil.which("node")
    if not node:
        pytest.skip("node is not installed")
    files = StaticFiles(STATIC)
    for one in files.scripts():
        folder.joinpath(one.name).write_bytes(files.content(one.name))
    folder.joinpath("package.json").write_text('{"type": "module"}')
    folder.joinpath("ask.mjs").write_text(source)

    def ask(given: Sequence[Sequence[object]]) -> list[object]:
        command = [node, str(folder / "ask.mjs")]
        told = subprocess.run(
            command, input=json.dumps(given).encode(), capture_output=True, check=True
        )
        said: list[object] = json.loads(told.stdout)
        return said

    return ask
