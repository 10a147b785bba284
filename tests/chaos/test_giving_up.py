"""An agent without script who gives up after any step finds the way back, and counts once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import running
from conftest import Clock
from running import Running
from visitor import Visitor

from consultation.database import Database
from consultation.roll.keys import RollKeys

SENT, USED = "Vos réponses sont envoyées", "Ce lien a déjà servi"
AGAIN = "Des réponses étaient déjà envoyées"
FIRST, SECOND, THIRD = "Votre situation", "Vos missions", "Organisation du travail"
REVIEW, SAVED = "Relire avant d’envoyer", "Vos réponses sont gardées"
LINK = "/q/essai/agents"


@dataclass(frozen=True)
class Step:
    """What the agent fills and presses, where it leads, and where the code leads from then on."""

    button: str
    leads_to: str
    found_again: str
    filled: Mapping[str, str | Sequence[str]] = field(default_factory=dict)


JOURNEY = (
    Step("Commencer", FIRST, FIRST),
    Step("suite", SECOND, SECOND, {"fonction": "agent", "territoire": "D29"}),
    Step("suite", THIRD, THIRD, {"missions": ["courrier"]}),
    Step("retour", SECOND, SECOND, {"mot": "cafetière"}),
    Step("suite", THIRD, THIRD),
    Step("plus-tard", SAVED, THIRD, {"tt": "2"}),
    Step("afficher", THIRD, THIRD),
    Step("suite", REVIEW, REVIEW, {"tt_voulu": "3"}),
    Step("situation", FIRST, FIRST),
    Step("suite", REVIEW, REVIEW, {"fonction": "nr"}),
    Step("Envoyer mes réponses", SENT, USED),
)


@pytest.fixture
def platform(
    store: Callable[[str], Database], roll_keys: RollKeys, clock: Clock, keys_directory: Path
) -> Running:
    return running.run(store, roll_keys, clock, keys_directory, people=len(JOURNEY))


def begin(platform: Running, code: str) -> Visitor:
    """A person at some computer, the code typed but not sent."""
    return Visitor(platform.app).open(LINK).fill({"code": code})


def each_step(platform: Running) -> Iterator[tuple[int, str]]:
    """Every step of the journey, and someone who has done nothing yet; all are counted at last."""
    for done, code in enumerate(platform.codes["agents"]):
        yield done, code
        counts = platform.urn.counts(platform.campaign)
        issued = platform.roll.counts("essai").issued
        assert issued == counts.spent == counts.waiting == done + 1


def walk(visitor: Visitor, steps: Sequence[Step]) -> Visitor:
    for step in steps:
        visitor.fill(step.filled).press(step.button)
        assert visitor.page.heading.startswith(step.leads_to)
    return visitor


def finish(visitor: Visitor) -> Visitor:
    """From wherever the code leads, to the thanks."""
    while visitor.page.heading != SENT:
        sending = any(form.action.endswith("/envoyer") for form in visitor.page.forms)
        if visitor.page.heading.startswith(FIRST):
            visitor.fill({"fonction": "agent"})
        visitor.press("Envoyer mes réponses" if sending else "suite")
    return visitor


def test_giving_up_after_any_step_the_code_typed_elsewhere_leads_back(platform: Running) -> None:
    for done, code in each_step(platform):
        walk(begin(platform, code), JOURNEY[: done + 1])

        elsewhere, found_again = begin(platform, code), JOURNEY[done].found_again
        elsewhere.press("Commencer", 410 if found_again == USED else 200)
        assert elsewhere.page.heading.startswith(found_again)

        if found_again != USED:
            finish(elsewhere)


def test_the_tab_left_open_at_any_step_counts_nothing_more(platform: Running) -> None:
    for done, code in each_step(platform):
        left_open = walk(begin(platform, code), JOURNEY[:done])
        finish(begin(platform, code).press("Commencer"))

        last = JOURNEY[done].leads_to == SENT
        left_open.fill(JOURNEY[done].filled).press(JOURNEY[done].button, 200 if last else 410)
        assert left_open.page.heading == (AGAIN if last else USED)


def test_sending_any_step_again_leads_to_the_same_page_or_says_that_it_counted(
    platform: Running,
) -> None:
    for done, code in each_step(platform):
        visitor = begin(platform, code)
        walk(visitor, JOURNEY[:done])
        url, body = visitor.url, visitor.body
        walk(visitor, JOURNEY[done : done + 1])

        visitor.url, visitor.body = url, body  # the answer was lost: the browser sends it again
        step = JOURNEY[done]
        again = replace(step, leads_to=AGAIN) if step.leads_to == SENT else step
        walk(visitor.fill({"code": code} if done == 0 else {}), [again])

        if JOURNEY[done].leads_to != SENT:
            walk(visitor, JOURNEY[done + 1 :])
