"""Codes in a real browser: by a link, typed or pasted; read, or refused where they were typed."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from browsing import enter, heading
from playwright.sync_api import Page, expect
from running import Running

from consultation.web import STATIC, StaticFiles

CASES = json.loads((Path(__file__).parents[1] / "conformance" / "codes.json").read_text("utf-8"))
REFUSED = "Ce code n’est pas reconnu"


def on_the_first_page(tab: Page) -> None:
    """Led there by the script: the server plays no part of the browser’s."""
    heading(tab, "Votre situation")
    assert tab.locator("#_page[data-n]").count() == 1
    assert tab.locator("[name=script]").count() == 0


def test_a_browser_reads_what_the_server_reads(tab: Page, address: str) -> None:
    tab.goto(f"{address}/aide")
    url = json.dumps(StaticFiles(STATIC).url("codes.js"))

    read = tab.evaluate(
        f"async (all) => {{ const {{ codeIn }} = await import({url}); return all.map(codeIn); }}",
        [case["typed"] for case in CASES],
    )

    pairs = zip(CASES, read, strict=True)
    assert [p for p in pairs if p[1] != (p[0]["code"] or p[0].get("recovery", ""))] == []


def test_the_skip_link_skips_and_keeps_the_code(tab: Page, link: str, platform: Running) -> None:
    tab.goto(link)
    expect(tab.locator("#code")).not_to_be_empty()
    tab.wait_for_selector("#partage")
    tab.evaluate("window.same = true")

    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**#_contenu")
    tab.go_back()
    tab.go_forward()

    assert tab.evaluate("window.same")
    expect(tab.locator("#code")).to_have_value(platform.codes["agents"][0].replace("-", ""))
    tab.click("#entree button")
    on_the_first_page(tab)


@pytest.mark.long
@pytest.mark.parametrize("fragment", ["#_pied", "#fonction-2", "#satisfaction_generale_note-12"])
def test_a_fragment_that_is_no_code_is_not_taken_for_one(
    tab: Page, link: str, fragment: str
) -> None:
    tab.goto(link)
    tab.wait_for_selector("#partage")
    code = tab.input_value("#code")
    tab.evaluate("sessionStorage.code = document.getElementById('code').value")
    tab.goto("about:blank")

    tab.goto(link.partition("#")[0] + fragment)

    expect(tab.locator("#code")).to_have_value(code)
    enter(tab)
    on_the_first_page(tab)


@pytest.mark.long
def test_another_link_in_the_same_tab_brings_its_own_code(
    tab: Page, link: str, platform: Running
) -> None:
    tab.goto(link)
    tab.wait_for_selector("#partage")
    second = platform.codes["agents"][1].replace("-", "")

    tab.evaluate(f"location.hash = '{second}'")

    expect(tab.locator("#code")).to_have_value(second)
    assert tab.url == link.partition("#")[0]


PASTED = {
    "the link": "{link}",
    "the link in angles": "<{link}>",
    "a label": "Code : {code}",
    "a campaign’s mark": "{link}?utm_source=x",
    "Safe Links": "https://eur01.safelinks.protection.outlook.com/?url={escaped}&data=05%7C02",
    "Proofpoint": "https://urldefense.com/v3/__{starred}__;Iw!!N96JrnIq8IfO5w!kWT$",
    "full width": "{wide}",
}


@pytest.mark.parametrize("way", ["the link", pytest.param("rest", marks=pytest.mark.long)])
def test_what_is_pasted_is_as_good_as_the_code(
    tab: Page, link: str, address: str, platform: Running, way: str
) -> None:
    for pasted in [PASTED[way]] if way in PASTED else PASTED.values():
        code = platform.codes["agents"][0]
        forms = {
            "link": link,
            "code": code,
            "escaped": quote(link, safe=""),
            "starred": link.replace("#", "*").replace("-", ""),
            "wide": "".join(chr(ord(one) + 0xFEE0) for one in code),
        }
        tab.goto(f"{address}/q")
        tab.wait_for_selector("#partage")
        tab.fill("#code", pasted.format(**forms))
        tab.click("#entree button")

        on_the_first_page(tab)


@pytest.mark.parametrize(
    "typed",
    [
        "0" * 26,
        pytest.param("", marks=pytest.mark.long),
        pytest.param("bonjour", marks=pytest.mark.long),
        pytest.param("0123-4567-89AB", marks=pytest.mark.long),
        pytest.param("https://protect.exemple.fr/s/AbCdEfGhIjKlMnOpQrSt", marks=pytest.mark.long),
    ],
)
def test_what_is_refused_stays_in_its_field(tab: Page, address: str, typed: str) -> None:
    tab.goto(f"{address}/q")
    tab.wait_for_selector("#partage")
    tab.fill("#code", typed)
    tab.click("#entree button")

    expect(tab.locator("#_panne")).to_contain_text(REFUSED)
    expect(tab.locator("#code")).to_be_focused()
    assert tab.input_value("#code") == typed
    assert tab.url == f"{address}/q"
    assert tab.evaluate("sessionStorage.length") == 0
