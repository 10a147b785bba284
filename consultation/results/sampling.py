"""Which texts to read when nobody can read them all: at random, or like the whole. Pure."""

from __future__ import annotations

import random
from collections.abc import Hashable, Sequence
from typing import TypeVar

Stratum = TypeVar("Stratum", bound=Hashable)


def at_random(size: int, wanted: int, rng: random.Random) -> list[int]:
    """The numbers of `wanted` among `size`, each as likely as another."""
    return sorted(rng.sample(range(size), min(wanted, size)))


def representative(strata: Sequence[Stratum], wanted: int, rng: random.Random) -> list[int]:
    """The numbers of `wanted` of them, so that each stratum has its share, to within one.

    Largest remainders; inside a stratum, at random.
    """
    wanted = min(wanted, len(strata))
    members: dict[Stratum, list[int]] = {}
    for number, stratum in enumerate(strata):
        members.setdefault(stratum, []).append(number)
    quotas = {one: wanted * len(numbers) / len(strata) for one, numbers in members.items()}
    seats = {one: int(quota) for one, quota in quotas.items()}
    rest = sorted(quotas, key=lambda one: (seats[one] - quotas[one], rng.random()))
    for one in rest[: wanted - sum(seats.values())]:
        seats[one] += 1
    chosen = (rng.sample(numbers, seats[one]) for one, numbers in members.items())
    return sorted(number for numbers in chosen for number in numbers)
