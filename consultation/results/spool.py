"""Lines too many for the memory, kept in a file as they come and read back in another order."""

from __future__ import annotations

import os
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path


class Spool:
    """A file of lines without a name: whatever happens, nothing of it stays in `directory`."""

    def __init__(self, directory: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=directory)  # noqa: SIM115 - closed by `close`
        self._starts = array("Q", [0])

    def __len__(self) -> int:
        return len(self._starts) - 1

    def append(self, line: str) -> None:
        """Keep a line."""
        self.append_bytes(line.encode())

    def append_bytes(self, line: bytes) -> None:
        """Keep a line that is no text."""
        self._starts.append(self._starts[-1] + self._file.write(line))

    def read(self, order: Iterable[int]) -> Iterator[str]:
        """The lines, in this order of their numbers."""
        return (line.decode() for line in self.read_bytes(order))

    def read_bytes(self, order: Iterable[int]) -> Iterator[bytes]:
        """Lines that are no text, in this order of their numbers."""
        self._file.flush()
        handle = self._file.fileno()
        for number in order:
            start, end = self._starts[number], self._starts[number + 1]
            yield os.pread(handle, end - start, start)

    def close(self) -> None:
        """Forget every line."""
        self._file.close()
