"""Whatever is sent to any address, by anybody, nothing breaks: refused, perhaps, and in words."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import Clock
from fuzzing import Generator, Sender, broken, platform
from running import close
from small import OPENS

from consultation.database import Database

SEED = 1789
ROUNDS = 20
"""Each on a platform of its own: what is asked for changes it, and ends what others could be."""
REQUESTS = 1_000


@pytest.mark.timeout(1_800)
def test_no_request_breaks_anything(
    store: Callable[[str], Database],
    tmp_path: Path,
    full: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR)
    failed: list[str] = []

    for seed in range(SEED, SEED + (ROUNDS if full else 1)):
        with ExitStack() as cleaning:
            app = platform(store, tmp_path / str(seed), Clock(OPENS.replace(day=10)))
            cleaning.callback(close, app)
            sender = Sender(app)
            generator = Generator(app, sender.learned, random.Random(seed))
            for _ in range(REQUESTS if full else 400):
                asked = generator.request()
                caplog.clear()
                status, content = sender.status(asked)
                if broken(asked, status, content):
                    failed.append(f"seed {seed}: {status} {caplog.messages[-1:]}\n  {asked}")

    assert not failed, "\n".join(failed[:20])
