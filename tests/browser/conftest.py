"""A real server of the platform and a real browser, for the tests of the script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browsing import phone, serving
from playwright.sync_api import Browser, Page
from running import Running

HERE = "/q/essai/agents"


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
