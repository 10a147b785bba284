"""The scripts, as they are served, in a real JavaScript engine without a page."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from consultation.web import STATIC, StaticFiles

_ASK = """
import {{ readFileSync }} from "node:fs";
import {{ {name} }} from "./{script}.mjs";
const asked = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(asked.map((given) => {name}(...given))));
"""

Ask = Callable[[Sequence[Sequence[object]]], list[object]]


def asking(folder: Path, script: str, name: str) -> Ask:
    """Calls a function of a script once for each list of arguments; skips without Node."""
    node = shutil.which("node")
    if not node:
        pytest.skip("node is not installed")
    folder.joinpath(f"{script}.mjs").write_bytes(StaticFiles(STATIC).content(f"{script}.js"))
    folder.joinpath("ask.mjs").write_text(_ASK.format(name=name, script=script))

    def ask(given: Sequence[Sequence[object]]) -> list[object]:
        command = [node, str(folder / "ask.mjs")]
        told = subprocess.run(
            command, input=json.dumps(given).encode(), capture_output=True, check=True
        )
        said: list[object] = json.loads(told.stdout)
        return said

    return ask
