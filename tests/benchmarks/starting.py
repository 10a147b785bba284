"""CPU of the commands that a person waits for, here and in another checkout, in turns.

`PYTHONPATH=tests:. python -m benchmarks.starting OTHER`, where OTHER is a checkout of the version
before, made by `git worktree add`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROUNDS = 15
JUNE = "questionnaires/juin-2024.yaml"
WORDS = (("--help",), ("--version",), ("check", JUNE), ("campaign", "--help"), ("worker", "--help"))


def main(other: str) -> None:
    """Print a line for each command: seconds of CPU before, now, and their ratio."""
    here = Path(__file__).parents[2]
    for words in WORDS:
        spent = [(_seconds(Path(other), words), _seconds(here, words)) for _ in range(ROUNDS)]
        before, now = (min(side) for side in zip(*spent, strict=True))
        print(f"| {' '.join(words)} | {before:.2f} | {now:.2f} | {now / before:.2f} |")  # noqa: T201


def _seconds(checkout: Path, words: tuple[str, ...]) -> float:
    """CPU of one run, its own children included."""
    started = os.times()
    subprocess.run(
        [sys.executable, "-m", "consultation", *words],
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": str(checkout)},
        capture_output=True,
        check=False,
    )
    ended = os.times()
    return (ended.children_user + ended.children_system) - (
        started.children_user + started.children_system
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
