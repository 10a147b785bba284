"""Every page an agent can meet: its status, its title, its HTML, what a machine can tell of access.

What a machine cannot tell is for people: `protocole.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nu
import pytest
from browsing import OVERFLOW, PLAIN, SPACING, serving, small_targets, violations
from commands import Shell
from conftest import Clock
from face import build
from playwright.sync_api import Browser
from states import DESKTOP, NOON, PHONE, STATUS, Town, Visit, every_state, town

EXEMPLARS = {  # of each kind of page: axe, slow, reads only these without --full
    *("accueil", "question-ajoutee", "choix-en-erreur", "texte-en-erreur", "classement-rempli"),
    *("relire", "ailleurs-code", "reprendre", "sans-script-classement-en-erreur", "accessibilite"),
    *("transparence-consultation", "page-inconnue", "code-inconnu"),
}
TYPED_AGAIN = "sans-script-code-inconnu"  # a form in error that is a 404: it counts as one
BARE = "maintenance"  # a page of the proxy: no header, no footer, no style

FACTS = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const seen = (one) => one.checkVisibility({visibilityProperty: true});
  const name = (one) => one.outerHTML.slice(0, 160);
  const ids = all('[id]').map((one) => one.id);
  const wide = document.documentElement;
  return {
    headings: all('h1').filter(seen).length,
    skipped: all('h1, h2, h3, h4').filter(seen).map((one) => +one.localName[1])
      .filter((level, at, levels) => at && level > levels[at - 1] + 1).length,
    title: document.title,
    h1: document.querySelector('h1').innerText,
    language: wide.lang,
    landmarks: ['header', 'main', 'footer'].filter((one) => all(one).length !== 1),
    twice: ids.filter((id, at) => ids.indexOf(id) !== at),
    dangling: all('[aria-labelledby], [aria-describedby], [for]').flatMap((one) =>
      `${one.getAttribute('aria-labelledby') || ''} ${one.getAttribute('aria-describedby') || ''} `
        .concat(one.getAttribute('for') || '').split(' '))
      .filter((id) => id && !document.getElementById(id)),
    inline: all('[style], style, script:not([src])').map(name),
    overflow: wide.scrollWidth - wide.clientWidth,
    remembered: all('main form :is(input:not([type=hidden], [type=radio], [type=checkbox]), ' +
      'select, textarea)').filter((one) => (one.getAttribute('autocomplete') ||
      one.form?.getAttribute('autocomplete')) !== 'off').map(name),
    moving: all('*').filter((one) => getComputedStyle(one).animationName !== 'none').map(name),
  };
}"""
LARGE = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("html { font-size: 200% !important }");
  document.adoptedStyleSheets = [sheet];
}"""


def faults(name: str, agent: Visit) -> Iterator[str]:
    """What is wrong with the page on the screen, at its own size."""
    facts = agent.tab.evaluate(FACTS)
    words = " ".join(facts["h1"].split()).partition(" Étape")[0]
    title = " ".join(facts["title"].split())
    if agent.status != STATUS[name] and name != BARE:
        yield f"status {agent.status}"
    if facts["headings"] != 1 or facts["skipped"]:
        yield f"{facts['headings']} h1, {facts['skipped']} levels skipped"
    if not title.removeprefix("Erreur : ").startswith(words):
        yield f"title « {title} » for « {words} »"
    if title.startswith("Erreur : ") is not (agent.status == 422 or name == TYPED_AGAIN):
        yield f"title « {title} » with {agent.status}"
    if facts["landmarks"] and name != BARE:
        yield f"landmarks {facts['landmarks']}"
    yield from (
        f"{what}: {facts[what]}"
        for what in ("twice", "dangling", "inline", "overflow", "moving", "remembered")
        if facts[what]
    )
    if small := small_targets(agent.tab):
        yield f"small: {small}"


def narrowed(agent: Visit) -> Iterator[str]:
    """What overflows on 320 pixels, with wide spacing, and with letters twice as large."""
    size = agent.tab.viewport_size
    assert size is not None
    agent.tab.set_viewport_size({"width": 320, "height": 640})
    for what, change in (("320 px", PLAIN), ("spacing", SPACING), ("200 %", LARGE)):
        agent.tab.evaluate(change)
        overflow = agent.tab.evaluate(OVERFLOW)
        if overflow > 0:
            yield f"{what}: {overflow} px too wide"
    agent.tab.evaluate(PLAIN)
    agent.tab.set_viewport_size(size)


LOOKS: dict[str, dict[str, Any]] = {
    "phone": {"viewport": PHONE, "reduced_motion": "reduce"},
    "desktop": {"viewport": DESKTOP},
    "landscape": {"viewport": {"width": 740, "height": 360}},
    "dark": {"viewport": PHONE, "color_scheme": "dark"},
    "forced colours": {"viewport": PHONE, "forced_colors": "active"},
}


@pytest.mark.long
@pytest.mark.timeout(600)
def test_every_page_is_accessible_as_far_as_a_machine_can_tell(
    tmp_path: Path, browser: Browser, full: bool
) -> None:
    wrong: dict[str, list[str]] = {}
    pages: dict[str, str] = {}

    for look in LOOKS if full else ["phone"]:
        seen = list[str]()
        (place := tmp_path / look).mkdir()
        with town(place) as platform:
            for name, agent in every_state(platform, browser, **LOOKS[look]):
                seen.append(name)
                pages |= {f"{name}, sent": agent.source, f"{name}, shown": agent.tab.content()}
                narrow = narrowed(agent) if look == "phone" and name != BARE else ()
                axe = violations(agent.tab) if full or name in EXEMPLARS else []
                found = [*faults(name, agent), *narrow, *axe]
                if found:
                    wrong[f"{name}, {look}"] = found
        assert seen == list(STATUS)

    assert set(STATUS) >= EXEMPLARS
    assert wrong == {}
    assert nu.complaints(pages, tmp_path) == []  # last: where it is away, the rest was tested


BREAK = """() => {
  const image = document.createElement('img');
  image.id = '_pied';
  const button = document.createElement('button');
  button.textContent = '.';
  const form = document.createElement('form');
  form.append(document.createElement('textarea'));
  document.querySelector('main').append(image, button, form);
}"""


def test_what_inspects_a_page_does_see(browser: Browser) -> None:
    app, tab = build(), browser.new_page(viewport=PHONE)
    with serving(app) as url:
        agent = Visit(Town(app=app, url=url, clock=Clock(NOON), run=Shell({})), tab)
        agent.open("/aide")
        assert list(faults("aide", agent)) == []

        tab.evaluate(BREAK)
        found = " ".join([*faults("aide", agent), *violations(tab)])

    for fault in ("image-alt", "twice: ['_pied']", "small: [", "remembered: ["):
        assert fault in found
    tab.close()
