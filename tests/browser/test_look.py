"""What only a browser can tell of a page: its width, its targets, its focus, its console."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from browsing import OVERFLOW, SPACING, serving, small_targets, violations
from every_kind import EVERY_KIND, PAGE, QUESTIONS, faulty
from face import SETTINGS, build
from flask import render_template_string
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.long

COLOURS = """() => [...document.querySelectorAll('body, body *')].map((one) => {
  const {color, backgroundColor, borderTopColor, backgroundImage} = getComputedStyle(one);
  return [one.localName, color, backgroundColor, borderTopColor, backgroundImage].join(' ');
})"""
SCHEMES: list[Literal["light", "dark"]] = ["light", "dark"]
PAGES = ["/kinds", "/errors", "/anonymat", "/donnees-personnelles", "/accessibilite", "/nowhere"]


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """A real server of the face, with a page of every kind of question."""
    app = build(SETTINGS)
    texts = {"step": 3, "steps": 9, "next_title": "La suite"}
    app.add_url_rule(
        "/kinds", "kinds", lambda: render_template_string(PAGE, fields=EVERY_KIND, **texts)
    )
    in_error = [faulty(field) for field in QUESTIONS]
    app.add_url_rule(
        "/errors", "errors", lambda: render_template_string(PAGE, fields=in_error, **texts)
    )
    with serving(app) as url:
        yield url


def opened(browser: Browser, url: str, width: int) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 780})
    page.goto(url)
    return page


@pytest.mark.parametrize("width", [320, 360, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_never_scrolls_sideways_even_with_wide_spacing(
    browser: Browser, site: str, path: str, width: int
) -> None:
    page = opened(browser, site + path, width)
    overflow = [page.evaluate(OVERFLOW)]

    page.evaluate(SPACING)

    assert [*overflow, page.evaluate(OVERFLOW)] == [0, 0]
    page.close()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("path", ["/kinds", "/errors", "/aide"])
def test_a_finger_finds_every_target(browser: Browser, site: str, path: str, width: int) -> None:
    page = opened(browser, site + path, width)

    assert small_targets(page) == []
    page.close()


@pytest.mark.parametrize("path", PAGES[:-1])
def test_a_page_loads_all_it_asks_for_under_the_policy(
    browser: Browser, site: str, path: str
) -> None:
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("requestfailed", lambda request: complaints.append(request.url))

    page.goto(site + path, wait_until="networkidle")

    assert complaints == []
    assert page.evaluate("document.fonts.check('700 16px Marianne')")
    page.close()


def test_without_a_script_the_focus_goes_to_the_errors_and_their_links_to_the_fields(
    browser: Browser, site: str
) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(f"{site}/errors")

    assert page.locator("*:focus").get_attribute("id") == "_erreurs"
    page.locator("#_erreurs a").first.click()
    assert page.locator("*:focus").get_attribute("id") == QUESTIONS[0].first_id
    page.close()


def test_the_arrows_stay_in_their_row_of_a_matrix(browser: Browser, site: str) -> None:
    page = opened(browser, f"{site}/kinds", 1280)

    page.focus("#avis-l-1")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")

    assert page.locator("*:focus").get_attribute("id") == "avis-l-1"
    page.close()


def test_enter_in_a_field_continues(browser: Browser, site: str) -> None:
    page = opened(browser, f"{site}/kinds", 360)

    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.press("#metier", "Enter")

    assert "action=suite" in (sent.value.post_data or "")
    page.close()


@pytest.mark.parametrize("path", ["/kinds", "/errors", "/aide"])
def test_a_page_is_as_light_and_as_readable_where_all_is_dark(
    browser: Browser, site: str, path: str
) -> None:
    seen = []
    for scheme in SCHEMES:
        page = browser.new_page(viewport={"width": 360, "height": 780}, color_scheme=scheme)
        page.goto(site + path)
        seen.append(page.evaluate(COLOURS))
        assert violations(page) == []
        page.close()

    assert seen[0] == seen[1]


def test_a_chosen_note_is_seen_in_forced_colours(browser: Browser, site: str) -> None:
    context = browser.new_context(forced_colors="active")
    page = context.new_page()
    page.goto(f"{site}/kinds")
    colour = "getComputedStyle(document.querySelector('label[for=moral-8]')).backgroundColor"
    before = page.evaluate(colour)

    page.check("#moral-8", force=True)

    assert page.evaluate(colour) != before
    context.close()
