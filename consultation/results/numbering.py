"""What SPSS and Stata hold for each column: a name, a number for each answer, which are missing.

An answer that is a whole number keeps it: the steps of a scale, 1 and 0 of several choices, codes
made of digits. Other answers take their place, from 1. Answers that say nothing (« sans avis »,
« je préfère ne pas répondre », a profile without detail) are declared missing: they are counted
apart and left out of every statistic.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from consultation.questionnaire.columns import Column, Measure
from consultation.results.disclosure import EVERYTHING

LONGEST_NAME = 27
"""Of a variable. Stata takes 32 characters, SPSS 64; but pyreadstat names the labels of a variable
for it and their rank, which has to hold in 32 too."""

APART = 3
"""So many separate values may be declared missing in SPSS; more have to follow one another."""

WHOLE = re.compile(r"0|-?[1-9][0-9]{0,8}")
_PLAIN = re.compile(r"[^A-Za-z0-9_]")
_RESERVED = re.compile(
    # SPSS
    r"all|and|by|eq|ge|gt|le|lt|ne|not|or|to|with|"
    # Stata
    r"byte|double|float|if|in|int|long|strl|using|str[0-9]+",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Numbering:
    """The numbers of a column's codes, in their order; none for a column of numbers."""

    numbers: Mapping[str, int]  # in SPSS
    letters: Mapping[str, str]  # of the missing ones, in Stata, where they are .a to .z

    @property
    def missing(self) -> Sequence[int]:
        """The numbers declared missing in SPSS."""
        return [number for code, number in self.numbers.items() if code in self.letters]

    def stata(self, code: str) -> str:
        """What stands for this code in Stata."""
        letter = self.letters.get(code)
        return f".{letter}" if letter else str(self.numbers[code])


def numbering(column: Column) -> Numbering:
    """What each code of this column becomes."""
    missing = [one for one in column.values if one in column.missing or one == EVERYTHING]
    missing = missing[: len(ascii_lowercase)]
    valid = [code for code in column.values if code not in missing]
    whole = all(map(WHOLE.fullmatch, valid))
    numbers = {code: int(code) if whole else n for n, code in enumerate(valid, start=1)}
    if whole and len(missing) <= APART:
        numbers |= {code: int(code) for code in missing if WHOLE.fullmatch(code)}
    others = [code for code in missing if code not in numbers]
    numbers |= dict(zip(others, _last(len(others), numbers.values()), strict=True))
    return Numbering(
        numbers={code: numbers[code] for code in column.values},
        letters=dict(zip(missing, ascii_lowercase, strict=False)),
    )


def measure(column: Column) -> Measure:
    """What may be computed on a column; one whose numbers became bands is in order at most."""
    return "ordinal" if column.measure == "scale" and column.kind == "profil" else column.measure


def short_names(names: Sequence[str]) -> Mapping[str, str]:
    """Names that SPSS and Stata accept, different from each other whatever the case."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        found[name] = _short_name(name, taken)
        taken.add(found[name].casefold())
    return found


def _short_name(name: str, taken: Collection[str]) -> str:
    plain = _PLAIN.sub("_", name)
    plain = f"{plain}_" if _RESERVED.fullmatch(plain) else plain
    short, number = plain[:LONGEST_NAME], 1
    while short.casefold() in taken:
        number += 1
        short = f"{plain[: LONGEST_NAME - len(str(number)) - 1]}_{number}"
    return short


def _last(size: int, taken: Collection[int]) -> range:
    """So many numbers that end in nines, above all those taken: 9, then 98 and 99."""
    end = 10
    while end - size <= max(taken, default=0):
        end *= 10
    return range(end - size, end)
