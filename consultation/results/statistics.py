"""The few figures that turn counts into findings: intervals, weights, links. Pure.

Shares are between 0 and 1. Every figure supposes what a survey seldom is, a random sample: pages
say so beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    # Loaded where it serves: pages and most commands never need it.
    import numpy as np
    import numpy.typing as npt

    Weights: TypeAlias = npt.NDArray[np.float64]
    Codes: TypeAlias = npt.NDArray[np.integer]

Z = 1.959964  # 95 %
MOST_ROUNDS = 200
CLOSE = 1e-9
HEAVIEST = 5.0
"""No respondent counts for more than five: a few must not speak for many."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Where a share would be in the whole population, 95 times out of 100."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Margin:
    """The known make-up of the population, for one question: people by the code of an answer."""

    codes: Codes  # the answer of each respondent: 0 … n - 1; negative: none, left as it is
    people: Sequence[float]  # by code


@dataclass(frozen=True, kw_only=True)
class Raked:
    """A weight for each respondent, one on average, and what weighting costs."""

    weights: Weights
    rounds: int
    converged: bool

    @property
    def effective(self) -> float:
        """How many equal respondents these are worth (Kish): the more unequal, the fewer."""
        return float(self.weights.sum() ** 2 / (self.weights**2).sum())


@dataclass(frozen=True, kw_only=True)
class Link:
    """How far the answers to two questions go together."""

    cramer: float  # corrected for chance (Bergsma, 2013), between 0 and 1
    chance: float  # how often chance alone would give as much

    @property
    def words(self) -> str:
        """For people who read no statistics."""
        if self.chance > 0.05:
            return "pas de lien visible : l’écart peut être dû au hasard"
        for least, words in ((0.3, "lien fort"), (0.15, "lien moyen"), (0.05, "lien faible")):
            if self.cramer >= least:
                return words
        return "lien très faible"


def interval(count: float, base: float, population: float | None = None) -> Interval:
    """Wilson's interval of the share `count / base`, narrowed when `base` is much of a population.

    All of the population answered: there is nothing left to guess.
    """
    if base <= 0:
        return Interval(low=0.0, high=1.0)
    share = count / base
    if population is not None and population <= base:
        return Interval(low=share, high=share)
    size = base * (population - 1) / (population - base) if population else base
    middle = (share + Z**2 / (2 * size)) / (1 + Z**2 / size)
    half = Z / (1 + Z**2 / size) * math.sqrt(share * (1 - share) / size + Z**2 / (4 * size**2))
    return Interval(low=max(0.0, middle - half), high=min(1.0, middle + half))


def rake(margins: Sequence[Margin], respondents: int) -> Raked:
    """Weights that give each known margin its due, one after the other until all hold.

    Iterative proportional fitting (Deming and Stephan, 1940), as in ipfn and R's survey package,
    on respondents rather than cells: weights can be bounded, and no answer is left out. Ours is a
    dozen lines; ipfn has no bound, and the packages that have weigh 700 MB.
    """
    import numpy as np

    weights = np.ones(respondents)
    for number in range(1, MOST_ROUNDS + 1):
        before = weights.copy()
        for margin in margins:
            weights = _towards(weights, margin)
        if respondents:
            weights = np.minimum(weights / weights.mean(), HEAVIEST)
        if np.abs(weights - before).max(initial=0.0) < CLOSE:
            return Raked(weights=weights, rounds=number, converged=True)
    return Raked(weights=weights, rounds=MOST_ROUNDS, converged=False)


def link(table: Sequence[Sequence[float]]) -> Link | None:
    """How far rows and columns go together; None for a table too small to tell."""
    import numpy as np

    counts = np.asarray(table, dtype=float)
    if counts.ndim != 2:
        return None
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    rows, columns = counts.shape
    size = counts.sum()
    if min(rows, columns) < 2 or size < 2:
        return None
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / size
    chi2 = float((np.square(counts - expected) / expected).sum())
    freedom = (rows - 1) * (columns - 1)
    phi2 = max(0.0, chi2 / size - freedom / (size - 1))
    least = min(
        rows - (rows - 1) ** 2 / (size - 1) - 1, columns - (columns - 1) ** 2 / (size - 1) - 1
    )
    return Link(cramer=math.sqrt(phi2 / least) if least > 0 else 0.0, chance=_tail(chi2, freedom))


def mean(counts: Mapping[float, float]) -> float | None:
    """The mean of values by how many people gave each; None when nobody did."""
    total = sum(counts.values())
    return sum(value * count for value, count in counts.items()) / total if total else None


def _towards(weights: Weights, margin: Margin) -> Weights:
    """The weights that give this margin its due, among those who answered it."""
    import numpy as np

    people = np.asarray(margin.people, dtype=float)
    answered = margin.codes >= 0
    codes = margin.codes[answered]
    now = np.bincount(codes, weights=weights[answered], minlength=len(people))
    there = now > 0  # nobody can be made to speak for those of whom nobody answered
    due = np.where(there, people, 0.0)
    if not due.sum():
        return weights
    due *= now.sum() / due.sum()
    factors = np.divide(due, now, out=np.ones_like(now), where=there)
    changed = weights.copy()
    changed[answered] *= factors[codes]
    return changed


def _tail(chi2: float, freedom: int) -> float:
    """How often chance alone exceeds this χ² (Wilson and Hilferty: right within 0.002)."""
    spread = 2 / (9 * freedom)
    z = ((chi2 / freedom) ** (1 / 3) - (1 - spread)) / math.sqrt(spread)
    return 0.5 * math.erfc(z / math.sqrt(2))
