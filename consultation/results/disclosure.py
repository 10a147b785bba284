"""Makes a profile shared by at least k people before it leaves: local recoding, k-anonymous.

Only the rows of a class that is too small, or whose members all gave the same sensitive answer,
lose detail; the others keep theirs. The columns lose it one after the other, in the order given.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from consultation.refusals import Refusal

if TYPE_CHECKING:
    import pandas as pd

K = 11
"""The fewest people among whom one is not to be found: asked for everywhere, never less."""

L = 2  # different answers to a sensitive item in each class
EVERYTHING = "*"

Values = Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Hierarchy:
    """How the values of a column lose detail: each has a parent, and `root` is above all."""

    name: str
    parents: Mapping[str, str] = field(default_factory=dict)
    root: str = EVERYTHING

    def above(self, value: str) -> str:
        """The value that says a little less than `value`."""
        return self.root if value == self.root else self.parents.get(value, self.root)

    @property
    def height(self) -> int:
        """How many steps lead from the most precise value to the root."""
        return 1 + max((self._steps(value) for value in self.parents), default=0)

    def _steps(self, value: str) -> int:
        steps = 0
        while value in self.parents:
            value, steps = self.parents[value], steps + 1
        return steps


@dataclass(frozen=True, kw_only=True)
class Protected:
    """The recoded columns, in the rows' order, and what it cost."""

    columns: Mapping[str, list[str]]
    k: int  # the smallest class; below what was asked only when there are fewer rows than that
    withdrawn: frozenset[str]  # sensitive columns where every row says the same: not to be shown
    generalised: Mapping[str, float]  # share of the rows that lost detail, by column


class TooFewRows(Refusal):
    """Il y a moins de onze réponses : rien ne peut en sortir sans les exposer."""

    status = 409
    title = "Trop peu de réponses"


def protect(
    columns: Mapping[str, Values],
    hierarchies: Sequence[Hierarchy],
    *,
    k: int = K,
    sensitive: Mapping[str, Values] | None = None,
    rows: int,
    rng: random.Random,
) -> Protected:
    """Recode `columns` until every class holds k rows and two answers to each sensitive item.

    An empty sensitive value is no answer and gives nothing away. With fewer than k rows, all of
    them become one class. ValueError for a k below K; TooFewRows for fewer rows than K.
    """
    import pandas as pd  # 0.6 s and 90 MB that a web worker must not pay at start

    if k < K:
        raise ValueError(f"k must be at least {K}")
    if rows < K:
        raise TooFewRows
    before = pd.DataFrame(
        {h.name: list(columns[h.name]) for h in hierarchies}, index=range(rows), dtype=object
    )
    items = {name: list(values) for name, values in (sensitive or {}).items()}
    withdrawn = frozenset(name for name, values in items.items() if _says_one_thing(values))
    secrets = pd.DataFrame(
        {name: values for name, values in items.items() if name not in withdrawn}, dtype=object
    )
    after = _Recoding(before.copy(), hierarchies, k, secrets, rng).run()
    return Protected(
        columns={h.name: list(after[h.name]) for h in hierarchies},
        k=int(_classes(after).value_counts().min()),
        withdrawn=withdrawn,
        generalised={h.name: float((before[h.name] != after[h.name]).mean()) for h in hierarchies},
    )


def smallest_class(columns: Mapping[str, Values]) -> int:
    """The number of rows of the smallest class, counted without pandas: the proof after writing."""
    counts: dict[tuple[str, ...], int] = {}
    for row in zip(*columns.values(), strict=True):
        counts[row] = counts.get(row, 0) + 1
    return min(counts.values(), default=0)


@dataclass
class _Recoding:
    """A table on its way to being k-anonymous."""

    table: pd.DataFrame
    hierarchies: Sequence[Hierarchy]
    k: int
    secrets: pd.DataFrame
    rng: random.Random

    def run(self) -> pd.DataFrame:
        for hierarchy in self.hierarchies:
            for _ in range(hierarchy.height):
                faulty = self._faulty(self.table)
                if not faulty.any():
                    return self.table
                self.table.loc[faulty, hierarchy.name] = self.table.loc[faulty, hierarchy.name].map(
                    hierarchy.above
                )
        while self._faulty(self.table).any() and not self._one_class():
            self.table = self._filled_up()
        return self.table

    def _faulty(self, table: pd.DataFrame) -> pd.Series[bool]:
        """The rows whose class is too small or gives a sensitive answer away."""
        groups = _classes(table)
        faulty = groups.map(groups.value_counts()) < self.k
        for name in self.secrets:
            faulty |= _given_away(groups, self.secrets[name])
        return faulty

    def _one_class(self) -> bool:
        return bool(_classes(self.table).nunique() == 1)

    def _filled_up(self) -> pd.DataFrame:
        """The rows left over said nothing any more; take a few more with them.

        Those come from the largest class, which keeps k; when that would give something away,
        the smallest class comes whole.
        """
        faulty, groups = self._faulty(self.table), _classes(self.table)
        missing = max(self.k - int(faulty.sum()), 1)
        sizes = groups[~faulty].value_counts()
        if sizes.max() - missing >= self.k:
            donors = self.table.index[groups == sizes.idxmax()]
            filled = self._without_detail(self.rng.sample(list(donors), missing))
            if not self._faulty(filled).any():
                return filled
        return self._without_detail(list(self.table.index[groups == sizes.idxmin()]))

    def _without_detail(self, rows: list[int]) -> pd.DataFrame:
        table = self.table.copy()
        for hierarchy in self.hierarchies:
            table.loc[rows, hierarchy.name] = hierarchy.root
        return table


def _classes(table: pd.DataFrame) -> pd.Series[int]:
    """The number of each row's class."""
    import pandas as pd

    if not len(table.columns):
        return pd.Series(0, index=table.index)
    return table.groupby(list(table.columns), sort=False, dropna=False).ngroup()


def _given_away(groups: pd.Series[int], answers: pd.Series[str]) -> pd.Series[bool]:
    """The rows of the classes where everyone gave the same answer."""
    one = answers.groupby(groups).transform("nunique") == 1
    return one & (answers != "")


def _says_one_thing(values: Values) -> bool:
    return len(set(values)) == 1 and "" not in values
