"""Texts that speak of the same thing are put together, offline, always in the same way."""

from __future__ import annotations

import random

import pytest

from consultation.results.grouping import TooFewToGroup, group
from consultation.results.sayings import Saying

SUBJECTS = {
    "accueil": "l’accueil des usagers au guichet, les files d’attente",
    "telet": "le télétravail, deux jours de teletravail par semaine",
    "panne": "les logiciels en panne, les outils informatiques",
}


def sayings(size: int) -> list[Saying]:
    rng = random.Random(8)
    fillers = ("Il faudrait revoir", "Je trouve que ce sont", "Améliorer vraiment")
    return [
        Saying(
            id=number.to_bytes(16),
            text=f"{rng.choice(fillers)} {list(SUBJECTS.values())[number % 3]} [nom]",
            times=1,
        )
        for number in range(size)
    ]


def test_each_subject_is_a_group_named_by_its_words() -> None:
    texts = sayings(90)

    found = group(texts, 3)

    assert found == group(texts, 3)
    groups = [{found.members[one.id][0] for one in texts[start::3]} for start in range(3)]
    assert all(len(one) == 1 for one in groups)
    assert len(set.union(*groups)) == 3
    words = [" ".join(line) for line in found.words]
    assert all(any(stem in line for line in words) for stem in ("guichet", "semaine", "panne"))
    assert not any(stop in line.split() for line in words for stop in ("les", "des", "nom"))


def test_a_few_texts_are_read_rather_than_grouped() -> None:
    with pytest.raises(TooFewToGroup):
        group(sayings(29))
    with pytest.raises(TooFewToGroup):
        group([Saying(id=bytes([n]), text="!", times=1) for n in range(40)])
