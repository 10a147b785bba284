"""What the script adds to the questions of a page, in a real browser, by keyboard and by finger."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from browsing import phone, serving
from face import surveying
from flask import request
from playwright.sync_api import Browser, Page, expect
from small import campaign
from werkzeug.datastructures import MultiDict

from consultation.ballots.journey import Journey, State
from consultation.ballots.pages import Visit, render_page, submitted
from consultation.questionnaire.loading import parse
from consultation.questionnaire.model import Questionnaire

DEFINITION = """
format: 1
id: essai
version: 1
title: Essai
audiences: {agents: Agents, cadres: Cadres}
lists:
  lieux: {file: lieux.csv}
  accord: {d1: Non, d2: Oui, nsp: {label: Sans opinion, apart: true}}
conditions:
  loin: lieu.zone == 'mer' or count(missions) >= 2
pages:
- id: avant
  title: Avant
  questions:
  - {id: metier, type: choice, text: Votre métier ?, options: {pilote: Pilote, autre: Autre}}
- id: page
  title: La page
  questions:
  - {id: lieu, type: choice, text: Votre lieu ?, list: lieux, as: search}
  - id: missions
    type: choices
    text: Vos missions ?
    options:
      guichet: Guichet
      terrain: Terrain
      append: {label: Autre, other: 20}
      aucune: {label: Aucune, exclusive: true}
      nsp: {label: Je ne sais pas, exclusive: true}
  - {id: vol, type: choice, text: Volez-vous loin ?, show_if: loin and metier == 'pilote',
     options: {oui: Oui, non: Non, tel: {label: Parfois, other: 20}}}
  - {id: avis, type: matrix, text: D’accord ?, scale: accord, show_if: missions has 'guichet',
     rows: {append: Un, b: Deux}}
  - {id: note, type: scale, text: Une note ?, from: 0, to: 5, opt_out: Sans avis,
     show_if: avis.append == 'd1' or vol == 'oui'}
  - {id: append, type: number, text: Combien ?, decimals: 1,
     show_if: note <= 2 or lieu.zone != 'mer'}
  - {id: ordre, type: rank, text: Classez, top: 2, show_if: append > 2.5,
     options: {un: Un, deux: Deux, trois: Trois}}
  - {id: mot, type: text, text: Un mot, show_if: "count(ordre) == 2 or answered(append)"}
  - {id: long, type: longtext, text: "Un texte, sans nom", max_length: 20,
     show_if: not answered(mot) and audience == 'agents'}
  - {id: fin, type: info, text: Merci d’avoir tout rempli.,
     show_if: ordre has 'un' or answered(long)}
"""
PLACES = {
    "lieux.csv": "code,label,group,zone\n"
    "D21,Côte-d’Or (21),Bourgogne,terre\nD22,Côtes-d’Armor (22),Bretagne,mer\n"
    "D29,Finistère (29),Bretagne,mer\nD2A,Corse-du-Sud (2A),Corse,mer\n"
    + "".join(f"X{n},Creuse {n},Ailleurs,terre\n" for n in range(10))
    + "nr,Je préfère ne pas répondre,,\n"
}
HELD = {"msg": b"m" * 64, "sig": b"s" * 384}


@pytest.fixture(scope="module")
def asked() -> Questionnaire:
    loaded = parse(DEFINITION, PLACES)
    assert loaded.questionnaire is not None, [str(one) for one in loaded.problems]
    return loaded.questionnaire


@pytest.fixture(scope="module")
def visit(asked: Questionnaire) -> Visit:
    known = campaign(asked)
    return Visit(campaign=known, audience="agents", **HELD)


@pytest.fixture(scope="module")
def site(visit: Visit) -> Iterator[str]:
    """The second page as it is shown, and shown again, to an agent who flies."""
    app = surveying()
    journey = visit.journey
    page = visit.rules.pages[1]

    def show() -> str:
        state = State(answers={"metier": "pilote"})
        return render_page(visit, page, state, journey.sheet(page, state))

    def show_again() -> str:
        state = State.from_form(visit.rules, request.form)
        reading = journey.read(page, submitted(request.form), state)
        return render_page(visit, page, reading.state, journey.sheet_again(page, reading))

    app.add_url_rule("/page", view_func=show)
    app.view_functions["survey.answer"] = lambda **_: show_again()
    with serving(app) as url:
        yield f"{url}/page"


@pytest.fixture(scope="module")
def shared(browser: Browser) -> Iterator[Page]:
    with phone(browser) as opened:
        yield opened


@pytest.fixture
def tab(shared: Page, site: str) -> Page:
    shared.goto(site)
    return shared


def said(tab: Page) -> str:
    return tab.inner_text("#_annonce")


def focused(tab: Page) -> str:
    words: str = tab.evaluate("document.activeElement.textContent")
    return " ".join(words.split())


# --- Questions that come and go -----------------------------------------------------------------

FILL = """([changes]) => {
  const form = document.getElementById('_page');
  for (const [name, value] of changes) {
    const controls = [...form.querySelectorAll(`[name="${name}"]`)];
    if (!controls.length) continue;
    const box = controls.find((one) => one.value === value);
    const ticked = controls[0].type === 'radio' || controls[0].type === 'checkbox';
    if (ticked && !box) continue;
    if (ticked) box.checked = controls[0].type === 'radio' || !box.checked;
    else controls[0].value = value;
    const event = ticked || controls[0].localName === 'select' ? 'change' : 'input';
    (box || controls[0]).dispatchEvent(new Event(event, {bubbles: true}));
    if (event === 'input') controls[0].dispatchEvent(new Event('change', {bubbles: true}));
  }
  return [...new FormData(form)];
}"""
VALUES = {
    "lieu": ("", "D21", "D22", "D29", "nr"),
    "missions": ("guichet", "terrain", "append", "aucune", "nsp"),
    "missions.other": ("", "Pompier"),
    "vol": ("oui", "non", "tel"),
    "avis.append": ("d1", "d2", "nsp"),
    "avis.b": ("d1", "d2"),
    "note": ("0", "2", "3", "opt_out"),
    "append": ("", "3,5", "1 000", "deux", "0", "−2", "2.5", " 12 ", "1 00"),
    "ordre.1": ("", "un", "deux", "trois"),
    "ordre.2": ("", "un", "deux"),
    "mot": ("", "  ", "Bonjour"),
    "long": ("", "Bonjour"),
}


def changes(rng: random.Random) -> list[tuple[str, str]]:
    names = rng.choices(list(VALUES), k=rng.randint(1, 14))
    return [(name, rng.choice(VALUES[name])) for name in names]


def test_the_page_asks_what_the_server_would_ask(tab: Page, visit: Visit, full: bool) -> None:
    """Whatever is filled, in whatever order, sending the page never brings a question more."""
    page, state = visit.rules.pages[1], State(answers={"metier": "pilote"})
    journey: Journey = visit.journey
    rng = random.Random(1)
    seen: set[str] = set()

    for round_ in range(3_000 if full else 150):
        if round_ % 30 == 0:
            tab.reload()
        sent = tab.evaluate(FILL, [changes(rng)])
        form = submitted(MultiDict((name, value) for name, value in sent))
        reading = journey.read(page, form, state)
        asked = journey.sheet(page, reading.state).shown
        assert (reading.added, " ".join(sorted(form.shown))) == (0, asked), sent
        seen |= form.shown

    assert seen == {
        *("lieu", "missions", "vol", "avis", "avis.append", "avis.b", "note", "append"),
        *("ordre", "mot", "long"),
    }


def test_a_question_appears_under_its_answer_is_told_and_goes_away(tab: Page) -> None:
    assert not tab.is_visible("#avis")

    tab.focus("#missions-1")
    tab.keyboard.press("Space")

    assert tab.is_visible("#avis")
    assert "D’accord ?" in said(tab)
    assert tab.evaluate("document.activeElement.id") == "missions-1"
    assert "avis avis.append avis.b" in tab.input_value("[name=shown]")
    tab.check("label[for=avis-append-1]")
    assert tab.is_visible("#note")
    tab.keyboard.press("Tab")
    tab.uncheck("label[for=missions-1]")
    assert not tab.is_visible("#avis, #note")
    assert "retirée" in said(tab)
    tab.check("label[for=missions-1]")
    assert tab.is_checked("#avis-append-1")  # what was answered comes back with the question


def test_a_hidden_question_is_not_sent(tab: Page) -> None:
    tab.check("label[for=missions-1]")
    tab.check("label[for=avis-append-1]")
    tab.uncheck("label[for=missions-1]")

    sent = dict(tab.evaluate(FILL, [[]]))

    assert "avis.append" not in sent
    assert "avis" not in sent["shown"]


# --- Boxes, texts -------------------------------------------------------------------------------


def test_an_exclusive_answer_takes_the_others_away_and_back(tab: Page) -> None:
    def ticked() -> list[int]:
        return [n for n in range(1, 6) if tab.is_checked(f"#missions-{n}")]

    tab.check("label[for=missions-1]")
    tab.check("label[for=missions-2]")
    tab.check("label[for=missions-4]")
    assert ticked() == [4]
    assert "décoché" in said(tab)
    tab.check("label[for=missions-5]")
    assert ticked() == [5]
    tab.check("label[for=missions-2]")
    assert ticked() == [2]


def test_a_precision_goes_with_its_option(tab: Page) -> None:
    tab.check("label[for=missions-4]")
    tab.fill("#missions-other", "Pompier")
    assert tab.is_checked("#missions-3")
    assert not tab.is_checked("#missions-4")

    tab.uncheck("label[for=missions-3]")
    assert tab.input_value("#missions-other") == ""
    tab.check("label[for=missions-3]")
    assert tab.input_value("#missions-other") == "Pompier"


TYPE = """text => {
  const area = document.getElementById('long');
  area.value = text;
  area.dispatchEvent(new Event('input', {bubbles: true}));
  return ['#long + p', '#long ~ [role=status]'].map((one) => document.querySelector(one).innerText);
}"""


def test_the_characters_left_are_counted_as_the_server_does_and_spoken_later(tab: Page) -> None:
    tab.fill("#long", "é" * 18)
    assert tab.inner_text("#long + p") == "2 caractères disponibles"

    told = tab.evaluate(TYPE, "\N{GRINNING FACE}" * 19 + "\n\n")
    assert told == ["1 caractère disponible", ""]

    tab.fill("#long", "x" * 25)
    tab.wait_for_selector(
        "#long ~ [role=status]:has-text('5 caractères de trop')", state="attached"
    )


def test_a_text_pasted_beyond_the_limit_is_kept_whole_and_its_excess_counted(tab: Page) -> None:
    written = "Une première ligne,\n  puis « l’autre », plus longue."
    over = f"{len(written) - 20} caractères de trop"
    copied(written, tab)

    tab.focus("#long")
    tab.keyboard.press("Control+V")

    expect(tab.locator("#long")).to_have_value(written)
    expect(tab.locator("#long + p")).to_have_text(over)
    expect(tab.locator("#long ~ [role=status]")).to_have_text(over)
    tab.click("button[value=suite]:visible")
    message = f"20 caractères au plus, il en compte {len(written)}"
    expect(tab.locator("#long--messages")).to_contain_text(message)
    expect(tab.locator("#long")).to_have_value(written)


def copied(words: str, tab: Page) -> None:
    """Copy words from elsewhere, as a person does: by the keyboard."""
    other = tab.context.new_page()
    other.set_content("<textarea></textarea>")
    other.fill("textarea", words)
    other.focus("textarea")
    for keys in ("Control+A", "Control+C"):
        other.keyboard.press(keys)
    other.close()


# --- A long list --------------------------------------------------------------------------------


FOUND = "#lieu ~ [role=radiogroup] label"


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("cote", ["Côte-d’Or (21)", "Côtes-d’Armor (22)"]),
        ("COTE D'OR", ["Côte-d’Or (21)"]),
        ("cotedor", ["Côte-d’Or (21)"]),
        ("29", ["Finistère (29)"]),
        ("2a", ["Corse-du-Sud (2A)"]),
        ("sud cor", ["Corse-du-Sud (2A)"]),
        ("bretagne", ["Côtes-d’Armor (22)", "Finistère (29)"]),
        ("zzz", []),
    ],
)
def test_a_few_letters_find_a_line_of_a_long_list(tab: Page, typed: str, first: list[str]) -> None:
    tab.fill("#lieu", typed)

    expect(tab.locator(FOUND)).to_have_text([*first, "Je préfère ne pas répondre"])


def test_a_long_list_is_answered_by_keyboard_and_says_how_many_lines_it_shows(tab: Page) -> None:
    tab.focus("#lieu")
    tab.keyboard.type("creu")
    expect(tab.locator(FOUND)).to_have_count(9)
    expect(tab.locator("#lieu ~ [role=status]")).to_contain_text("10 réponses, les 8 premières")

    tab.keyboard.type("se 9")
    tab.keyboard.press("Enter")  # to the list, and does not send the page
    tab.keyboard.press("Space")

    assert tab.input_value("select[name=lieu]") == "X9"
    assert tab.is_hidden("select[name=lieu]")
    tab.fill("#lieu", "finis")
    expect(tab.locator(FOUND)).to_have_text(
        ["Creuse 9", "Finistère (29)", "Je préfère ne pas répondre", "Aucune réponse"]
    )
    tab.check("text=Aucune réponse")
    assert tab.input_value("select[name=lieu]") == ""


# --- A ranking ----------------------------------------------------------------------------------


def ranked(tab: Page) -> list[str]:
    return [tab.input_value(f"[name='ordre.{place}']") for place in (1, 2)]


def press(tab: Page, label: str) -> None:
    tab.get_by_role("button", name=label, exact=True).focus()
    tab.keyboard.press("Enter")


def test_a_ranking_is_made_with_buttons_alone(tab: Page) -> None:
    tab.fill("#append", "3")
    tab.keyboard.press("Tab")
    assert tab.get_by_role("button", name="Classer : Deux").is_visible()

    press(tab, "Classer : Deux")
    press(tab, "Classer : Un")
    assert ranked(tab) == ["deux", "un"]
    assert focused(tab) == "Monter : Un"
    press(tab, "Monter : Un")
    assert ranked(tab) == ["un", "deux"]
    assert focused(tab) == "Monter : Un"  # the focus stays on what moves
    assert tab.inner_text("#ordre [role=status]") == "Un\u00a0: rang 1"
    assert tab.is_visible("text=Merci d’avoir tout rempli.")
    press(tab, "Monter : Un")
    assert tab.inner_text("#ordre [role=status]") == "Déjà en tête."
    press(tab, "Classer : Trois")
    assert ranked(tab) == ["un", "deux"]
    assert "retirez d’abord une réponse" in tab.inner_text("#ordre [role=status]")
    press(tab, "Retirer : Un")
    assert ranked(tab) == ["deux", ""]
    assert focused(tab) == "Classer : Un"
    press(tab, "Descendre : Deux")
    assert ranked(tab) == ["deux", ""]


def test_without_script_the_same_page_shows_its_plain_controls(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(site)

    assert tab.is_visible("select#lieu")
    assert not tab.locator("#avis, #ordre").count()
    tab.check("label[for=missions-1]")
    tab.click("button[value=suite]:visible")
    assert "s’ajoute" in tab.inner_text(".fr-alert[role=status]")
    assert tab.is_visible("#avis")
    context.close()
