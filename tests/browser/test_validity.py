"""What finds faults of HTML does find them; and the pages of HR have none."""

from __future__ import annotations

from pathlib import Path

import guide
import nu
import pytest
from browsing import serving
from playwright.sync_api import Browser


@pytest.mark.long
def test_every_page_of_a_batch_is_valid_html(browser: Browser, tmp_path: Path) -> None:
    pages: dict[str, str] = {}
    page = browser.new_page()

    with guide.platform(tmp_path) as run:
        app = run.app()
        app.config.update(SESSION_COOKIE_SECURE=False)
        with serving(app) as origin:
            guide.play(page, origin, lambda name: pages.update({name: page.content()}))
    page.close()

    found = nu.complaints(pages, tmp_path)
    assert len(pages) == 8
    # The message is shown as mail programs want it: in tables, with attributes of their time.
    assert [one for one in found if not (one.startswith("message: ") and "obsolete" in one)] == []


@pytest.mark.long
def test_what_is_not_html_is_seen(tmp_path: Path) -> None:
    page = "<!doctype html><html lang=fr><title>Essai</title><p id=a>un<p id=a><ul><p>deux</ul>"

    found = " ".join(nu.complaints({"page": page}, tmp_path))

    assert "Duplicate ID" in found
    assert "not allowed as child of element" in found
