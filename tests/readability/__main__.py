"""How easy the code is to read, in figures: those of this tree, or beside those of a revision.

python -m tests.readability [FOLDER …] [--against REVISION] [--json]
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from .figures import LANGUAGE, Figure, measure
from .source import Source

ROOT = Path(__file__).parents[2]
MOST = 10  # rows of a list


def main(words: Sequence[str] | None = None, root: Path = ROOT) -> None:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.readability")
    parser.add_argument("folders", nargs="*", default=["consultation", "tests"], metavar="FOLDER")
    parser.add_argument("--against", metavar="REVISION", help="beside the figures of a revision")
    parser.add_argument("--json", action="store_true", help="whole lists, for a program")
    asked = parser.parse_args(words)
    folders = [one.strip("/") for one in asked.folders]
    if missing := [one for one in folders if not (root / one).is_dir()]:
        parser.error(f"no such folder: {', '.join(missing)}")
    columns = {"here": measure(here(root, [*folders, LANGUAGE]), folders)}
    if asked.against:
        columns[asked.against] = measure(revision(root, asked.against), folders)
    print(json.dumps(columns, indent=1) if asked.json else "\n".join(table(columns)))  # noqa: T201


def here(root: Path, folders: Iterable[str]) -> list[Source]:
    """The files of these folders as they are."""
    paths = {path for folder in folders for path in (root / folder).rglob("*.py")}
    return [Source(path.relative_to(root).as_posix(), path.read_text("utf-8")) for path in paths]


def revision(root: Path, name: str) -> list[Source]:
    """The files of a revision, read from git: the work tree is left alone."""
    command = ["git", "-c", f"safe.directory={root}", "archive", "--format=tar", name, "*.py"]
    packed = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        files = {one.name: archive.extractfile(one) for one in archive}
        return [Source(path, file.read().decode()) for path, file in files.items() if file]


def table(columns: Mapping[str, Mapping[str, Mapping[str, Figure]]]) -> Iterator[str]:
    """The figures of each column, folder by folder; of a list, the first of the first column."""
    for folder, figures in columns["here"].items():
        yield _row(f"# {folder}", columns)
        for name in figures:
            yield from _rows(name, [column[folder][name] for column in columns.values()])


def _rows(name: str, figures: Sequence[Figure]) -> Iterator[str]:
    first = figures[0]
    if not isinstance(first, Mapping):
        yield _row(name, figures)
        return
    yield f"{name}:"
    for one in sorted(first, key=lambda one: -_many(first[one]))[:MOST]:
        numbers = [_many(others.get(one, 0)) for others in figures if isinstance(others, Mapping)]
        which = first[one]
        yield _row(f"  {one}", numbers) + (
            f"  {', '.join(which)}" if isinstance(which, list) else ""
        )


def _many(entry: int | list[str]) -> int:
    return len(entry) if isinstance(entry, list) else entry


def _row(name: str, columns: Iterable[object]) -> str:
    return f"{name:<80}" + "".join(f"{column!s:>10.10}" for column in columns)


if __name__ == "__main__":
    main()
