"""A disk that is full when a test says so: a small one where it can be mounted, or a refusal."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

SIZE = "8m"
_BLOCK = bytes(4096)


class Disk(Protocol):
    """Where the stores are. `full` says what really refuses, for the figures."""

    full: str

    def fill(self) -> None:
        """From now on nothing can be written."""

    def free(self) -> None:
        """Someone made room."""


class SmallVolume:
    """A file system of a few megabytes, filled by a large file."""

    full = "no space left on a small tmpfs"

    def __init__(self, directory: Path) -> None:
        self._ballast = directory / "ballast"

    def fill(self) -> None:
        """Write until the kernel says that there is no room."""
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(_BLOCK)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def free(self) -> None:
        """Remove what fills it."""
        self._ballast.unlink()


class NoWriting:
    """Servers that may not write a byte in any file, as long as the disk is said to be full."""

    full = "a file size limit of zero"

    def __init__(self, groups: Callable[[], Iterable[int]]) -> None:
        self._groups = groups

    def fill(self) -> None:
        """Forbid their processes to write."""
        self._limit(0)

    def free(self) -> None:
        """Let them write again."""
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        for group in self._groups():
            for process in _members(group):
                _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
                resource.prlimit(process, resource.RLIMIT_FSIZE, (size, hard))


@contextmanager
def small_disk(directory: Path, groups: Callable[[], Iterable[int]]) -> Iterator[Disk]:
    """A disk of a few megabytes there; only root mounts one, others refuse by process group."""
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", directory]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        yield NoWriting(groups)
        return
    try:
        yield SmallVolume(directory)
    finally:
        subprocess.run(["umount", "--lazy", directory], check=True)


def _members(group: int) -> Iterator[int]:
    for process in (int(one.name) for one in Path("/proc").iterdir() if one.name.isdecimal()):
        try:
            if os.getpgid(process) == group:
                yield process
        except ProcessLookupError:
            continue
