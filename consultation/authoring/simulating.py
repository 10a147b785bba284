"""What a simulation found, for people."""

from __future__ import annotations

from collections.abc import Iterator

from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.simulation import Simulation
from consultation.questionnaire.texts import plain

RARE = 0.01
"""Below this share of the respondents, a question is worth a word."""


def describe(q: Questionnaire, found: Simulation) -> str:
    """Pages, minutes, what few people see, and what went wrong."""
    return "\n".join(_lines(q, found))


def _lines(q: Questionnaire, found: Simulation) -> Iterator[str]:
    number = len(found.respondents)
    yield f"{number} personnes au hasard, qui suivent les règles."
    announced = f" Durée annoncée : {q.minutes} minutes." if q.minutes else ""
    yield (
        f"Durée estimée : {found.minutes(0.5):.0f} minutes pour la moitié, moins de "
        f"{found.minutes(0.9):.0f} pour neuf sur dix.{announced}"
    )
    yield ""
    yield "Pages vues par personne :"
    for length, count in found.lengths.items():
        yield f"  {length:3} pages  {_share(count, number)}"
    yield ""
    yield "Personnes qui voient chaque page :"
    for page in q.pages:
        count = found.pages_seen.get(page.id, 0)
        yield f"  {_share(count, number)}  {page.id} – {plain(page.title)}"
    asked = found.questions_seen
    seldom = [one.id for one in q.questions if asked.get(one.id, 0) < RARE * number]
    if seldom:
        yield ""
        yield f"Questions posées à moins d’une personne sur cent : {', '.join(seldom)}."
    yield ""
    yield from _wrongs(found)


def _wrongs(found: Simulation) -> Iterator[str]:
    if not found.broken:
        yield "Toutes les règles sont tenues."
    for said, count in found.broken.items():
        yield f"Règle rompue, {count} fois : {said}."


def _share(count: int, number: int) -> str:
    return f"{100 * count / number:5.1f} %"
