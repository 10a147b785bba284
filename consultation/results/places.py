"""Where a free text comes from, as far as it may be said."""

from __future__ import annotations

import random
from collections.abc import Sequence

from consultation.results.disclosure import EVERYTHING, protect
from consultation.results.frame import ProfileColumn

PLACE_K = 50
"""A free text says where it comes from only among this many texts from there."""


def protected_places(
    places: Sequence[str], column: ProfileColumn | None, rng: random.Random
) -> Sequence[str]:
    """The places of the texts of one question, in their order, each shared by enough texts."""
    rows = len(places)
    if column is None or rows < PLACE_K:
        return [EVERYTHING] * rows
    hierarchy = column.hierarchy
    protected = protect({hierarchy.name: places}, [hierarchy], k=PLACE_K, rows=rows, rng=rng)
    return protected.columns[hierarchy.name]
