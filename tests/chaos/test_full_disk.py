"""A disk that fills up refuses answers in words, and takes them once someone has made room."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from small_disk import Disk, small_disk
from storm import Releases, Storm, Tell, storm

UNAVAILABLE = 503


@pytest.mark.long
@pytest.mark.only_on("sqlite")
@pytest.mark.timeout(600)
def test_a_full_disk_refuses_in_words_and_nothing_acknowledged_is_lost(
    tmp_path: Path,
    sqlite_models: dict[str, Path],
    full: bool,
    tell: Tell,
) -> None:
    people, times = (200, 8) if full else (6, 1)
    groups: list[int] = []
    with small_disk(tmp_path / "disk", lambda: groups) as disk:
        urls = {}
        for name, model in sqlite_models.items():
            path = shutil.copy(model, tmp_path / "disk" / f"{name}.sqlite")
            urls[f"{name.upper()}_DATABASE_URL"] = f"sqlite:///{path}"
        with storm(tmp_path / "disk" / "place", urls, people=max(people, 30)) as besieged:
            groups.append(besieged.servers[0].group)
            with Releases(besieged.environment), filling(besieged, disk, times):
                crowd = besieged.answer(people)

            besieged.check(crowd)
        tell({**besieged.figures(crowd), "refused by": disk.full})
    assert besieged.wire.statuses[UNAVAILABLE] >= times


@contextmanager
def filling(storm: Storm, disk: Disk, times: int) -> Iterator[None]:
    """Fill the disk, wait until someone is refused, make room; so many times."""
    stop = threading.Event()

    def fill() -> None:
        for number in range(1, times + 1):
            disk.fill()
            while storm.wire.statuses[UNAVAILABLE] < number and not stop.wait(0.05):
                pass
            stop.wait(0.5)
            disk.free()
            stop.wait(1.0)

    filler = threading.Thread(target=fill, daemon=True)
    filler.start()
    try:
        yield
    finally:
        stop.set()
        filler.join()
