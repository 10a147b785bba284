"""The whole way by keyboard alone; at each step the focus is seen, and nothing covers it."""

from __future__ import annotations

from browsing import heading
from playwright.sync_api import Page
from running import Running

MOST_STOPS = 60
FOCUSED = """() => {
  const one = document.activeElement, label = one.labels && one.labels[0];
  const parts = [[one], ...(label ? [[label], [label, '::before'], [label, '::after']] : [])];
  const boxes = (label ? [label, one] : [one]).map((part) => part.getBoundingClientRect());
  const uncovered = boxes.some(({x, y, width, height}) => {
    const top = document.elementFromPoint(x + Math.min(width, 20) / 2, y + height / 2);
    return top && (one.contains(top) || (label && label.contains(top)) || top.contains(one));
  });
  return {
    name: (one.getAttribute('aria-label') || (label || one).innerText || '')
      .replace(/\\s+/g, ' ').trim(),
    ringed: parts.some((part) => {
      const {outlineStyle, outlineWidth} = getComputedStyle(...part);
      return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
    }),
    uncovered,
  };
}"""


def tab_to(tab: Page, words: str) -> None:
    """Press Tab until what has the focus begins with these words."""
    met = []
    for _ in range(MOST_STOPS):
        tab.keyboard.press("Tab")
        focused = tab.evaluate(FOCUSED)
        assert focused["ringed"], focused
        assert focused["uncovered"], focused
        if focused["name"].startswith(words):
            return
        met.append(focused["name"])
    raise AssertionError(f"« {words} » is not among {met}")


def press(tab: Page, button: str) -> None:
    tab_to(tab, button)
    tab.keyboard.press("Enter")


def test_the_whole_way_by_keyboard(tab: Page, link: str, platform: Running) -> None:
    keys = tab.keyboard
    tab.goto(link)
    tab_to(tab, "Contenu")
    press(tab, "Commencer")

    heading(tab, "Votre situation")
    tab.wait_for_selector("#_annonce", state="attached")
    press(tab, "Enregistrer et continuer")
    tab.wait_for_selector("#_erreurs:focus")
    press(tab, "Dans quel territoire")  # the link of the summary
    keys.type("fin")
    keys.press("ArrowDown")
    keys.press("Space")
    tab_to(tab, "Direction")
    keys.press("Space")
    tab_to(tab, "Combien de personnes")  # it was added just below
    keys.type("12")
    keys.press("Enter")

    heading(tab, "Vos missions")
    tab_to(tab, "Accueil au guichet")
    keys.press("Space")
    tab_to(tab, "0")
    keys.press("ArrowRight")
    press(tab, "Enregistrer et continuer")

    heading(tab, "Relation")
    tab_to(tab, "Pas du tout")
    keys.press("Space")
    keys.press("ArrowRight")
    tab_to(tab, "Qu’est-ce qui améliorerait")
    keys.type("Deux agents")
    press(tab, "Enregistrer et continuer")

    heading(tab, "Organisation")
    press(tab, "Classer : Locaux")
    press(tab, "Classer : Effectifs")
    press(tab, "Enregistrer et continuer")

    heading(tab, "Relire")
    press(tab, "Modifier : Vos missions")
    heading(tab, "Vos missions")
    press(tab, "Enregistrer et relire")
    heading(tab, "Relire")
    review = tab.inner_text("main")
    for words in ("Bretagne", "12 personnes", "Plutôt pas d’accord", "Deux agents"):
        assert words in review
    press(tab, "Envoyer mes réponses")
    heading(tab, "Vos réponses sont envoyées")
    assert platform.urn.counts(platform.campaign).spent == 1
