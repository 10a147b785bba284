"""A real server of the platform and a real browser, for the tests of the script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import running
from browsing import phone, serving
from conftest import Clock
from playwright.sync_api import Browser, Page
from running import Running

from consultation.database import Database
from consultation.roll.keys import RollKeys

HERE = "/q/essai/agents"


@pytest.fixture(scope="module")
def roll_keys(tmp_path_factory: pytest.TempPathFactory) -> RollKeys:
    return running.roll_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def platform(
    store: Callable[[str], Database], roll_keys: RollKeys, clock: Clock, keys_directory: Path
) -> Running:
    return running.run(store, roll_keys, clock, keys_directory)


@pytest.fixture
def address(platform: Running) -> Iterator[str]:
    with serving(platform.app) as url:
        yield url


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    with phone(browser) as opened:
        yield opened


@pytest.fixture
def link(address: str, platform: Running) -> str:
    return f"{address}{HERE}#{platform.codes['agents'][0]}"
