"""Files that appear whole or not at all: what was there stays until the new one is complete."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_IMODE

_LONGEST = 50  # characters kept of a name, which has at most 255 bytes


@contextmanager
def beside(path: Path, *, rights: int = 0o666) -> Iterator[Path]:
    """Where to write what takes the place of `path` at the end of the block, unless it fails.

    A link keeps leading to its file, whose rights are kept; a new one has these, less the mask of
    this process. What is no file (a pipe, a terminal) is written as it comes.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        yield target
        return
    kept = S_IMODE(target.stat().st_mode) if target.exists() else None
    draft = target.with_name(f".{target.name[:_LONGEST]}.{secrets.token_hex(8)}")
    draft.touch(rights if kept is None else kept, exist_ok=False)
    try:
        yield draft
        if kept is not None:
            draft.chmod(kept)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def write(path: Path, content: str | bytes, *, rights: int = 0o666) -> None:
    """Write this file, in UTF-8 when it is text; line ends are kept."""
    with beside(path, rights=rights) as draft:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
