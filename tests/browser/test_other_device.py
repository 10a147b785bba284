"""Going on with another device, and leaving nothing on a shared one, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import segno
from browsing import enter, go_on, heading
from conftest import Clock
from playwright.sync_api import Browser, Page, Request, expect
from running import Running
from sqlalchemy import select

from consultation.ballots.pages import BOX_CLASS, BOX_MARGIN
from consultation.ballots.tables import draft
from consultation.web import StaticFiles

pytestmark = pytest.mark.long

STATIC = Path(__file__).parents[2] / "consultation" / "static"
HERE = "/q/essai/agents"


@pytest.fixture
def open_device(browser: Browser) -> Any:
    """Another device: it shares nothing with the others, and its errors fail the test."""
    contexts, errors = [], []

    def opened() -> Page:
        contexts.append(browser.new_context(viewport={"width": 360, "height": 780}))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


def answer_two_pages(tab: Page, link: str) -> None:
    tab.goto(link)
    enter(tab)
    heading(tab, "Votre situation")
    tab.check("label[for=fonction-2]")
    go_on(tab)
    heading(tab, "Vos missions")
    tab.check("label[for=missions-3]")


def leave(tab: Page) -> str:
    """Ask for a recovery code on the page shown."""
    tab.click("text=Continuer sur un autre appareil")
    heading(tab, "Continuer sur un autre appareil")
    tab.click("#_creer")
    tab.wait_for_selector("#_ailleurs:visible")
    return tab.inner_text("#_reprise")


def kept(platform: Running) -> list[bytes]:
    with platform.box_store.read() as connection:
        return list(connection.scalars(select(draft.c.sealed)))


def stored(tab: Page) -> int:
    count: int = tab.evaluate("localStorage.length + sessionStorage.length")
    return count


def test_the_answers_go_on_with_another_device_and_the_copy_goes_with_the_ballot(
    tab: Page, open_device: Callable[[], Page], link: str, address: str, platform: Running
) -> None:
    answer_two_pages(tab, link)
    code = leave(tab)
    assert len(kept(platform)) == 2  # the copy, and the note that will delete it

    other = open_device()
    other.goto(f"{address}/q#{code.replace('-', '')}")
    enter(other)
    heading(other, "Vos missions")
    expect(other.locator("#missions-3")).to_be_checked()
    assert "#" not in other.url
    go_on(other)
    heading(other, "Organisation du travail")
    other.press("#mot", "Enter")
    heading(other, "Relire avant d’envoyer")
    other.click("text=Envoyer mes réponses >> visible=true")
    heading(other, "Vos réponses sont envoyées")

    other.wait_for_function("() => localStorage.length + sessionStorage.length === 0")
    assert kept(platform) == []
    assert platform.urn.counts(platform.campaign).spent == 1
    tab.goto(link)
    tab.click("#reprendre")
    heading(tab, "Ce lien a déjà servi")
    tab.wait_for_function("() => localStorage.length + sessionStorage.length === 0")


def test_the_server_never_sees_the_code_and_the_copy_tells_nothing(
    tab: Page, open_device: Callable[[], Page], link: str, address: str, platform: Running
) -> None:
    seen: list[str] = []

    def watch(request: Request) -> None:
        seen.append(request.url + (request.post_data or ""))

    answer_two_pages(tab, link)
    tab.on("request", watch)
    code = leave(tab)
    other = open_device()
    other.on("request", watch)
    other.goto(f"{address}/q")
    other.fill("#code", code.lower().replace("-", " "))
    enter(other)
    heading(other, "Vos missions")

    digits = code.replace("-", "")
    assert len(bytes.fromhex(digits)) == 16
    sent = "".join(seen).lower().replace("-", "").replace("+", "").replace("%20", "")
    assert digits.lower() not in sent
    assert "ailleurs" in sent
    assert {len(box) for box in kept(platform)} == {BOX_CLASS + BOX_MARGIN, 1024 + BOX_MARGIN}
    assert not [box for box in kept(platform) if b"fonction" in box]


def test_a_new_code_replaces_the_one_before(
    tab: Page, open_device: Callable[[], Page], link: str, address: str, platform: Running
) -> None:
    answer_two_pages(tab, link)
    first = leave(tab)
    tab.click("text=Reprendre ici")
    heading(tab, "Vos missions")
    second = leave(tab)

    assert len(kept(platform)) == 2
    other = open_device()
    other.goto(f"{address}/q#{first}")
    enter(other)
    other.wait_for_selector("#_panne:has-text('n’est pas reconnu')")
    other.fill("#code", second)
    enter(other)
    heading(other, "Vos missions")


def test_from_the_review_one_comes_back_to_the_review(
    tab: Page, open_device: Callable[[], Page], link: str, address: str
) -> None:
    answer_two_pages(tab, link)
    go_on(tab)
    heading(tab, "Organisation du travail")
    tab.press("#mot", "Enter")
    heading(tab, "Relire avant d’envoyer")
    code = leave(tab)

    other = open_device()
    other.goto(f"{address}/q#{code}")
    enter(other)

    heading(other, "Relire avant d’envoyer")


def test_a_network_that_is_away_is_told_and_the_button_works_again(
    tab: Page, link: str, platform: Running
) -> None:
    answer_two_pages(tab, link)
    tab.click("text=Continuer sur un autre appareil")
    heading(tab, "Continuer sur un autre appareil")
    tab.route("**/ailleurs", lambda route: route.fulfill(status=413, json={"refused": "Trop long"}))
    tab.click("#_creer")
    tab.wait_for_selector("#_panne:has-text('Trop long')")
    assert not tab.is_visible("#_ailleurs")
    tab.unroute("**/ailleurs")

    tab.click("#_creer")

    tab.wait_for_selector("#_ailleurs:visible")
    assert len(kept(platform)) == 2


def test_the_copy_is_forgotten_when_the_campaign_ends(
    tab: Page, link: str, platform: Running
) -> None:
    answer_two_pages(tab, link)
    leave(tab)

    platform.urn.forget_drafts(platform.campaign)

    assert kept(platform) == []


DRAW = "async ([url, text]) => (await import(url)).modulesOf(text)"


@pytest.mark.parametrize("filling", ["0", "zé"])
def test_the_square_is_the_one_another_program_draws(tab: Page, address: str, filling: str) -> None:
    """Full, because the other program fills what is left in a way of its own."""
    start = "https://consultation.exemple.gouv.fr/q#"
    room = (106 - len(start)) // len(filling.encode())
    text = start + filling * room
    text += "0" * (106 - len(text.encode()))
    expected = segno.make_qr(
        text,
        version=5,
        error="l",
        mode="byte",
        encoding="utf-8",
        eci=False,
        mask=0,
        boost_error=False,
    ).matrix
    tab.goto(f"{address}/aide")

    drawn = tab.evaluate(DRAW, [StaticFiles(STATIC).url("qr.js"), text])

    assert drawn == [[bool(module) for module in row] for row in expected]


def test_what_does_not_fit_in_the_square_is_not_drawn(tab: Page, address: str) -> None:
    tab.goto(f"{address}/aide")

    assert tab.evaluate(DRAW, [StaticFiles(STATIC).url("qr.js"), "x" * 107]) == []


def test_the_square_shows_the_link(tab: Page, link: str, address: str) -> None:
    answer_two_pages(tab, link)
    code = leave(tab).replace("-", "")
    tab.wait_for_selector("#_qr[d]", state="attached")

    modules = tab.evaluate(DRAW, [StaticFiles(STATIC).url("qr.js"), f"{address}/q#{code}"])

    assert tab.get_attribute("#_qr", "d") == "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(modules) for x, dark in enumerate(row) if dark
    )
    read = read_square(modules)
    assert read.startswith(f"{address}/q#{code}".encode())


def read_square(modules: list[list[bool]]) -> bytes:
    """What a reader finds in a square of version 5 and mask 0, once it knows where to look."""
    size, bits = 37, ""
    for right in (*range(36, 6, -2), 5, 3, 1):
        for step in range(size):
            y = step if right + 1 & 2 else size - 1 - step
            bits += "".join(
                str(int(modules[y][x] ^ ((x + y) % 2 == 0)))
                for x in (right, right - 1)
                if not _fixed(x, y, size)
            )
    length = int(bits[4:12], 2)
    return bytes(int(bits[at : at + 8], 2) for at in range(12, 12 + 8 * length, 8))


def _fixed(x: int, y: int, size: int) -> bool:
    corner = ((x < 9 or x >= size - 8) and y < 9) or (x < 9 and y >= size - 8)
    return corner or 6 in (x, y) or (abs(x - 30) <= 2 and abs(y - 30) <= 2)


LEFT = """async () => ({
  local: localStorage.length, session: sessionStorage.length, cookie: document.cookie,
  caches: (await caches.keys()).length, databases: (await indexedDB.databases()).length,
  code: document.getElementById("code").value,
})"""


@pytest.mark.parametrize("steps", ["landing", "middle", "end"])
def test_a_shared_device_keeps_nothing_once_the_tab_is_closed(
    tab: Page, link: str, address: str, steps: str
) -> None:
    tab.goto(link)
    if steps != "landing":
        tab.check("label[for=poste]")
        enter(tab)
        heading(tab, "Votre situation")
        tab.check("label[for=fonction-2]")
        go_on(tab)
        heading(tab, "Vos missions")
        tab.wait_for_function("() => sessionStorage.length === 3")
    if steps == "end":
        tab.click("text=Enregistrer et finir plus tard")
        heading(tab, "Vos réponses sont gardées")

    tab.close()
    next_person = tab.context.new_page()
    next_person.goto(f"{address}{HERE}")

    nothing = {"local": 0, "session": 0, "cookie": "", "caches": 0, "databases": 0, "code": ""}
    assert next_person.evaluate(LEFT) == nothing
    assert next_person.is_hidden("#reprise")
    assert tab.context.cookies() == []
    state = json.dumps(tab.context.storage_state())
    assert link.partition("#")[2] not in state


def test_a_shared_device_stays_shared_with_a_recovery_code(
    tab: Page, open_device: Callable[[], Page], link: str, address: str
) -> None:
    answer_two_pages(tab, link)
    code = leave(tab)

    other = open_device()
    other.goto(f"{address}/q#{code}")
    other.check("label[for=poste]")
    enter(other)
    heading(other, "Vos missions")
    other.wait_for_function("() => sessionStorage.length === 3")

    assert other.evaluate("localStorage.length") == 0


def test_after_the_end_nothing_more_is_kept(
    tab: Page, link: str, platform: Running, clock: Clock
) -> None:
    answer_two_pages(tab, link)
    tab.click("text=Continuer sur un autre appareil")
    heading(tab, "Continuer sur un autre appareil")
    clock.now = platform.campaign.last_moment

    tab.click("#_creer")

    tab.wait_for_selector("#_panne:visible")
    assert kept(platform) == []
