"""What a screen reader is told of each type of question: role, name, description, states."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browsing import serving
from face import surveying
from playwright.sync_api import Browser
from small import campaign

from consultation.ballots.journey import State, Submitted
from consultation.ballots.pages import Visit, render_page
from consultation.questionnaire.loading import parse

DEFINITION = """
format: 1
id: essai
version: 1
title: Essai
audiences: {agents: Agents, cadres: Cadres}
lists:
  lieux: {nord: Nord, sud: Sud}
  accord: {d1: Non, d2: Oui}
pages:
- id: page
  title: La page
  questions:
  - {id: lieu, type: choice, text: Votre lieu, list: lieux, as: search, required: Choisissez.}
  - {id: metier, type: choice, text: Votre métier, options: {a: Pilote, b: Autre}, required: Dites.}
  - id: missions
    type: choices
    text: Vos missions
    max: 2
    options: {a: Vol, b: {label: Sol, other: 9}, c: {label: Aucune, exclusive: true}}
    required: Cochez.
  - {id: avis, type: matrix, text: D’accord, scale: accord, rows: {a: Un, b: Deux},
     required: Par ligne.}
  - {id: note, type: scale, text: Note, from: 0, to: 2, ends: [Bas, Haut], required: Notez.}
  - {id: age, type: number, text: Années, unit: ans, hint: Un nombre., required: Comptez.}
  - {id: ordre, type: rank, text: Classez, top: 2, options: {a: Un, b: Deux}, required: Classez.}
  - {id: mot, type: text, text: Un mot, max_length: 9, required: Un mot.}
  - {id: long, type: longtext, text: Un texte, max_length: 99, required: Écrivez.}
"""
HELD = {"msg": b"m" * 64, "sig": b"s" * 384}
ROLES = {"radiogroup", "group", "radio", "checkbox", "textbox", "combobox", "button", "list"}
STATES = ("required", "invalid", "disabled")


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """One page with every type, as it is shown, and as it is shown again when nothing is said."""
    loaded = parse(DEFINITION, {})
    assert loaded.questionnaire is not None, "\n".join(map(str, loaded.problems))
    asked = campaign(loaded.questionnaire)
    visit = Visit(campaign=asked, audience="agents", **HELD)
    page, journey, app = loaded.questionnaire.pages[0], visit.journey, surveying()

    def again() -> str:
        nothing = Submitted(fields={}, shown=frozenset(sheet.shown.split()))
        reading = journey.read(page, nothing, State())
        return render_page(visit, page, State(), journey.sheet_again(page, reading))

    sheet = journey.sheet(page, State())
    app.add_url_rule("/blank", "blank", lambda: render_page(visit, page, State(), sheet))
    app.add_url_rule("/again", "again", again)
    with serving(app) as url:
        yield url


def told(browser: Browser, url: str, *, script: bool) -> list[str]:
    """The controls of the questions, in order, each as it is spoken."""
    context = browser.new_context(java_script_enabled=script)
    tab = context.new_page()
    tab.goto(url)
    tree = context.new_cdp_session(tab).send("Accessibility.getFullAXTree")
    context.close()
    nodes = {node["nodeId"]: node for node in tree["nodes"]}
    main = next(node for node in nodes.values() if node.get("role", {}).get("value") == "main")
    spoken = [_spoken(node) for node in _below(main, nodes) if not node["ignored"]]
    kept = [one for one in spoken if one.partition(" ")[0] in ROLES and one != "list"]
    return kept[: kept.index("button Enregistrer et continuer")]


def _below(node: dict[str, Any], nodes: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for child in node["childIds"]:
        if child in nodes:
            yield nodes[child]
            yield from _below(nodes[child], nodes)


def _spoken(node: dict[str, Any]) -> str:
    properties = {one["name"]: one["value"].get("value") for one in node.get("properties", ())}
    states = [name for name in STATES if properties.get(name) not in (None, False, "false")]
    description = node.get("description", {}).get("value")
    words = [node["role"]["value"], node["name"]["value"], *states]
    return " ".join(" ".join([*words, f"({description})" if description else ""]).split())


LIST = ["combobox Votre lieu (obligatoire)"]
LIST_ENHANCED = [
    "textbox Votre lieu (obligatoire) (Écrivez quelques lettres ou un numéro, puis choisissez.)",
    "radiogroup Votre lieu (obligatoire) required",
]
FIRST = """
radiogroup Votre métier (obligatoire) required
radio Pilote
radio Autre
group Vos missions (obligatoire) 2 réponses au plus.
checkbox Vol
checkbox Sol
textbox Si « Sol », précisez 9 caractères au plus.
checkbox Aucune Cette réponse annule les autres.
group D’accord (obligatoire)
radiogroup Un required
radio Non
radio Oui
radiogroup Deux required
radio Non
radio Oui
radiogroup Note (obligatoire) De 0 (Bas) à 2 (Haut). required
radio 0 : Bas
radio 1
radio 2 : Haut
textbox Années (ans) (obligatoire) Un nombre. required
group Classez (obligatoire)
""".strip().splitlines()
RANK = ["combobox Priorité n° 1", "combobox Priorité n° 2"]
RANK_ENHANCED = ["list Réponses à classer", "button Classer : Un", "button Classer : Deux"]
LAST = [
    "textbox Un mot (obligatoire) 9 caractères au plus. required",
    "textbox Un texte (obligatoire) 99 caractères au plus. required",
]
IN_ERROR = """
radiogroup Votre métier (obligatoire) Dites. required invalid
group Vos missions (obligatoire) 2 réponses au plus. Cochez.
checkbox Vol invalid
radiogroup Un Par ligne. required invalid
radiogroup Note (obligatoire) De 0 (Bas) à 2 (Haut). Notez. required invalid
textbox Années (ans) (obligatoire) Un nombre. required invalid (Comptez.)
group Classez (obligatoire) Classez.
textbox Un mot (obligatoire) 9 caractères au plus. required invalid (Un mot.)
textbox Un texte (obligatoire) 99 caractères au plus. required invalid (Écrivez.)
""".strip().splitlines()


def test_each_type_of_question_is_told(browser: Browser, site: str) -> None:
    plain, enhanced = (told(browser, f"{site}/blank", script=script) for script in (False, True))

    assert plain == [*LIST, *FIRST, *RANK, *LAST]
    assert enhanced == [*LIST_ENHANCED, *FIRST, *RANK_ENHANCED, *LAST]


def test_what_is_wrong_is_told_with_the_question(browser: Browser, site: str) -> None:
    plain, enhanced = (told(browser, f"{site}/again", script=script) for script in (False, True))

    assert [one for one in IN_ERROR if one not in plain or one not in enhanced] == []
    assert "combobox Votre lieu (obligatoire) invalid (Choisissez.)" in plain
    assert "combobox Priorité n° 1 invalid (Classez.)" in plain
    assert LIST_ENHANCED[0].replace(" (É", " invalid (É")[:-1] + " Choisissez.)" in enhanced
