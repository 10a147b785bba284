"""With the script or without it: the same pages, the same fields, the same ways to stop and go on.

Both agents give the same answers; at each step what each is shown is compared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest
import small
from running import Running
from visitor import Visitor

HERE = "/q/essai/agents"
ELSEWHERE = "Continuer sur un autre appareil"  # without script, the code is enough
Answers = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Seen:
    """What a page shows, whatever the order its options were drawn in."""

    status: int
    title: str
    heading: str
    subheadings: tuple[str, ...]
    fields: frozenset[tuple[str, str, bool]]
    buttons: tuple[str, ...]
    errors: tuple[str, ...]


def seen(visitor: Visitor) -> Seen:
    page = visitor.page
    return Seen(
        status=visitor.status,
        title=page.title,
        heading=page.heading,
        subheadings=tuple(re.findall(r"<h2[^>]*>(.*?)</h2>", visitor.body)),
        fields=frozenset(
            (one.name, "" if one.free else one.value, one.on)
            for form in page.forms
            for one in form.controls
            if not one.hidden
        ),
        buttons=tuple(
            button.label
            for form in page.forms
            for button in form.buttons
            if button.label != ELSEWHERE
        ),
        errors=tuple(re.findall(r'fr-message--error">(.*?)</p>', visitor.body)),
    )


class Both:
    """Two agents side by side: one has the script, whose part is played here."""

    def __init__(self, platform: Running) -> None:
        self._platform = platform
        self.code = platform.codes["agents"][0]
        self.scripted, self.plain = Visitor(platform.app), Visitor(platform.app)
        self._credential = small.credential().fields
        self._first = True

    def start(self) -> Seen:
        """The first page, of each."""
        self.scripted.open(f"{HERE}/commencer")
        self.plain.open("/q").fill({"code": self.code}).press("Commencer")
        return self.same()

    def press(self, label: str, answers: Answers | None = None, status: int = 200) -> Seen:
        """The same answers, the same button."""
        for visitor in (self.scripted, self.plain):
            visitor.fill(answers or {})
        if not self._first:
            self.scripted.press(label, status)
        elif self._verified(answers or {}):
            self.scripted.fill(self._credential).press(label, status)
            self._first = False
        self.plain.press(label, status)
        return self.same()

    def same(self) -> Seen:
        """What both see."""
        ours, theirs = seen(self.scripted), seen(self.plain)
        assert ours == theirs
        return ours

    def come_back(self) -> Seen:
        """Both close everything, and open their link again: one anywhere, one where they were."""
        kept = self.scripted.page.forms[0]
        back = [(one.name, one.value) for one in kept.controls if one.hidden]
        self.scripted.send(kept.action, [*back, ("action", "afficher")], 200)
        self.plain = Visitor(self._platform.app)
        self.plain.open(HERE).fill({"code": self.code}).press("Commencer")
        return self.same()

    def _verified(self, answers: Answers) -> bool:
        """The script asks first whether the page is valid; otherwise shows it as answered."""
        form = self.scripted.form("/pages/")
        given = {name: [one] if isinstance(one, str) else one for name, one in answers.items()}
        fields = [*form.filled(given), ("action", "verifier")]
        checked = Visitor(self._platform.app)
        response = self._platform.app.test_client().post(form.action, data=_data(fields))
        if response.status_code == 204:
            return True
        checked.send(form.action, fields, response.status_code)
        self.scripted = checked
        return False


def _data(fields: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    return {name: [value for other, value in fields if other == name] for name, _ in fields}


@pytest.fixture
def both(platform: Running) -> Both:
    return Both(platform)


def test_the_whole_way_is_the_same(both: Both, platform: Running) -> None:
    steps = [both.start(), both.press("suite", {"fonction": "agent"})]
    steps.append(both.press("suite", {"missions": ["guichet", "autre"], "missions.other": "Régie"}))
    steps.append(both.press("suite", {"avis.delais": "d1", "delais_mieux": "Le soir"}))
    steps.append(both.press("suite", {"tt": "1,5", "priorites.1": "locaux"}))
    assert steps[-1].heading == "Relire avant d’envoyer"
    assert "Enregistrer et finir plus tard" in steps[-1].buttons
    steps.append(both.press("Envoyer mes réponses"))

    assert steps[-1].heading == "Vos réponses sont envoyées"
    assert len({step.heading for step in steps}) == len(steps) == 6
    assert platform.urn.counts(platform.campaign).spent == 2


def test_mistakes_are_told_alike(both: Both) -> None:
    both.start()
    empty = both.press("suite", status=422)
    assert empty.errors
    both.press("suite", {"fonction": "agent"})
    both.press("suite")
    wrong = both.press("suite", {"tt": "trois"}, status=422)

    assert wrong.errors
    assert both.press("suite", {"tt": "3"}).heading == "Relire avant d’envoyer"


def test_a_question_that_appears_appears_for_both(both: Both) -> None:
    both.start()

    asked = both.press("suite", {"fonction": "direction"})

    assert "equipe" in {name for name, _, _ in asked.fields}


def test_one_may_stop_on_any_page_and_come_back_to_it(both: Both) -> None:
    both.start()
    both.press("suite", {"fonction": "agent"})
    for heading, answers in (
        ("Vos missions", {"missions": "guichet"}),
        ("Relation à l’usager", {"delais_mieux": "Le soir"}),
        ("Organisation du travail", {"tt": "2"}),
    ):
        stopped = both.press("plus-tard", answers)
        assert stopped.heading == "Vos réponses sont gardées"
        assert both.come_back().heading.startswith(heading)
        both.press("suite")

    assert both.same().heading == "Relire avant d’envoyer"
    assert both.press("Enregistrer et finir plus tard").heading == "Vos réponses sont gardées"
    assert both.come_back().heading == "Relire avant d’envoyer"
    assert both.press("Envoyer mes réponses").heading == "Vos réponses sont envoyées"


def test_one_may_stop_and_go_on_at_once(both: Both) -> None:
    both.start()
    both.press("suite", {"fonction": "agent"})
    both.press("plus-tard", {"missions": "courrier"})

    again = both.press("Reprendre maintenant")

    assert ("missions", "courrier", True) in again.fields


def test_going_back_and_changing_are_the_same(both: Both) -> None:
    both.start()
    both.press("suite", {"fonction": "agent"})
    both.press("suite", {"missions": "guichet"})
    assert both.press("retour").heading.startswith("Vos missions")
    both.press("suite", {"missions": "courrier"})
    both.press("suite")
    changed = both.press("missions")

    assert changed.heading.startswith("Vos missions")
    assert "Enregistrer et relire" in changed.buttons
    assert both.press("suite").heading == "Relire avant d’envoyer"


def test_without_script_the_code_opens_the_answers_from_anywhere(both: Both) -> None:
    both.start()
    both.press("suite", {"fonction": "agent"})
    both.press("plus-tard", {"missions": "guichet"})
    seen_from = [both.come_back() for _ in range(3)]

    assert len(set(seen_from)) == 1
    assert ("missions", "guichet", True) in seen_from[0].fields
