"""A number, with its unit."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from random import Random
from typing import ClassVar

from consultation.questionnaire.bands import MOST_UNITS, Band
from consultation.questionnaire.columns import Codes, Column, band_filler
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.distinctions import MOST, Rivals, Told, TooMany
from consultation.questionnaire.documents import Document, Rule
from consultation.questionnaire.elements import Answer, Answers, Text
from consultation.questionnaire.fields import Field, FieldMaker, Shown, Typed
from consultation.questionnaire.keys import Key, question_shape
from consultation.questionnaire.kinds.base import (
    Common,
    Compared,
    Control,
    Desk,
    Limits,
    Question,
    Range,
    Writing,
    common_rules,
)
from consultation.questionnaire.lengths import written
from consultation.questionnaire.messages import (
    AT_LEAST,
    AT_MOST,
    BETWEEN,
    DECIMALS,
    NOT_A_NUMBER,
    NOT_WHOLE,
    ONE_DECIMAL,
)
from consultation.questionnaire.numerals import (
    MAX_DIGITS,
    canonical,
    in_words,
    read_number,
    show_number,
)
from consultation.questionnaire.posted import Raw, Read, clean_line, out_of_bounds, value_in, wrong
from consultation.questionnaire.reading import Fields
from consultation.words import words as said

MOST_POINTS = 12
"""How many numbers between two bounds are all looked at; else those near the bounds."""

A_NUMBER = 6.0  # seconds
WIDE_BANDS = 10
LADDER = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)


@dataclass(frozen=True, kw_only=True)
class Number(Question):
    """A finite number with at most `decimals` decimals."""

    min: float | None = None
    max: float | None = None
    decimals: int = 0
    unit: Text | None = None

    kind = "number"
    shape = question_shape(
        "number",
        {
            "min": Key(holds="number", says="le plus petit nombre admis"),
            "max": Key(holds="number", says="le plus grand nombre admis"),
            "decimals": Key(
                holds="whole", low=0, high=6, says="combien de décimales au plus ; 0 par défaut"
            ),
            "unit": Key(holds="text", says="l’unité, après la question"),
        },
    )
    quotable = True
    generalises = True
    measure = "scale"
    script = "number"
    writing: ClassVar[Writing] = "figures"

    @property
    def control(self) -> Control:
        return "typed"

    @property
    def limits(self) -> Limits:
        return {
            "min": (self.min, -1),
            "max": (self.max, 1),
            "decimals": (self.decimals, 1),
            "unit": (self.unit, 0),
        }

    @classmethod
    def read(cls, fields: Fields, common: Common, desk: Desk) -> Number:
        low, high = fields.number("min"), fields.number("max")
        if low is not None and high is not None and low > high:
            told = "min est plus grand que max."
            fields.error("bounds", told, "Échangez-les.", "min")
        decimals = fields.whole("decimals") or 0
        return Number(**common, min=low, max=high, decimals=decimals, unit=fields.text("unit"))

    def own_rules(self) -> Mapping[str, Rule]:
        return {
            "min": self.min,
            "max": self.max,
            "decimals": self.decimals,
            "unit": self.unit,
        }

    @classmethod
    def ruled(cls, rules: Document) -> Number:
        return Number(
            **common_rules(rules),
            min=rules.number("min"),
            max=rules.number("max"),
            decimals=rules.whole("decimals"),
            unit=rules.text("unit"),
        )

    def why_unanswerable(self) -> str:
        if self.min is None or self.max is None:
            return ""
        step = 10**self.decimals
        first, last = math.ceil(round(self.min * step, 6)), math.floor(round(self.max * step, 6))
        # The other way round, it is said where it is read.
        if self.min <= self.max and first > last:
            return "aucun nombre ne peut être écrit entre min et max."
        return ""

    def answered(self, raw: Raw, visible: Answers, context: Context) -> Read:
        typed = clean_line(value_in(raw, self.id))
        if not typed:
            return Read()
        written, language = read_number(typed), context.language
        message = ""
        if written is None:
            example = show_number(3.5, language) if self.decimals else "12"
            message = said(NOT_A_NUMBER, language, example=example)
        elif written.decimals > self.decimals and not self.decimals:
            message = said(NOT_WHOLE, language)
        elif written.decimals > self.decimals:
            many = DECIMALS if self.decimals > 1 else ONE_DECIMAL
            message = said(many, language, count=in_words(self.decimals, language))
        elif not self.admits(written.value):
            message = self._bounds(language)
        if message or written is None:
            return wrong(self.id, self.id, message)
        return Read(written.value)

    def kept(self, data: object) -> Answer | None:
        if isinstance(data, bool) or not isinstance(data, int | float):
            return None
        if not abs(data) < 10**MAX_DIGITS:  # refuses nan as well
            return None
        value = canonical(data)
        exact = round(value, self.decimals) == value
        return value if exact and self.admits(value) else None

    def admits(self, value: float) -> bool:
        """Whether the number is one of those that the question admits."""
        return (self.min is None or value >= self.min) and (self.max is None or value <= self.max)

    def posted(self, answer: Answer) -> Typed:
        value = answer if isinstance(answer, int | float) else 0
        return {self.id: [_typed(value)]}

    def some_answer(self, visible: Answers, context: Context, rng: Random) -> Answer | None:
        low = self.min if self.min is not None else 0.0
        high = self.max if self.max is not None else low + 100
        step = 10**-self.decimals
        value = round(round(rng.uniform(low, high) / step) * step, self.decimals)
        return canonical(min(max(value, low), high))

    def longest(self) -> int:
        return written("-" + "9" * (MAX_DIGITS + 1))

    def field(self, maker: FieldMaker) -> Field:
        mode = "decimal" if self.decimals else "numeric"
        if self.min is None or self.min < 0:
            mode = "text"  # the numeric keyboards of phones have no minus sign
        return replace(maker.plain("number"), unit=maker.words(self.unit), inputmode=mode)

    def reviewed(self, answer: Answer, shown: Shown) -> Iterator[str]:
        if isinstance(answer, int | float):
            unit = f" {shown.words(self.unit)}" if self.unit else ""
            yield f"{show_number(answer, shown.context.language)}{unit}"

    def quote(self, answers: Answers, language: str) -> str:
        answer = answers.get(self.id)
        return show_number(answer, language) if isinstance(answer, int | float) else ""

    def how(self) -> str:
        least = "" if self.min is None else f", au moins {show_number(self.min)}"
        most = "" if self.max is None else f", au plus {show_number(self.max)}"
        return f"un nombre{least}{most}"

    def seconds(self) -> float:
        return A_NUMBER

    def compared(self) -> Compared:
        return Compared("un nombre", number=True)

    def candidates(self, told: Told) -> Iterator[Answer]:
        """The bounds, and enough numbers between and beyond them to stand in every order."""
        rivals = told.rivals
        far = rivals.count + 2
        known = rivals.bounds or (0.0,)
        edges = (known[0] - far, *known, known[-1] + far)
        grid = _Grid(self.numbers())
        points = {point for edge in edges for point in grid.between(edge, edge)}
        for low, high in pairwise(edges):
            points.update(grid.inside(low, high, rivals))
        yield from sorted(points)

    def numbers(self) -> Range:
        return Range(self.min, self.max, self.decimals)

    def columns(self) -> tuple[Column, ...]:
        return (self.column(called="nombre", bands=self._bands, decimals=self.decimals),)

    def filler(self) -> Callable[[object], Codes]:
        return band_filler(self._bands, self.writer())

    def _bounds(self, language: str) -> str:
        low, high = (
            "" if bound is None else show_number(bound, language) for bound in (self.min, self.max)
        )
        return out_of_bounds(low, high, (BETWEEN, AT_LEAST, AT_MOST), language)

    @cached_property
    def _bands(self) -> tuple[Band, ...]:
        """Bands from its bounds: drawn from the answers, they would tell some."""
        lows = list(_lows(self.min, self.max))
        return tuple(
            Band(low=low, code=_code(low), label=self._label_of(low, high))
            for low, high in zip(lows, [*lows[1:], None], strict=False)
        )

    def _label_of(self, low: float, high: float | None) -> str:
        last = self.max if high is None else high
        if low == -math.inf and high is not None:
            return f"moins de {show_number(high)}"
        if low == -math.inf:
            return f"{show_number(last)} et moins" if last is not None else "tous"
        if last is None:
            return f"{show_number(low)} et plus"
        alone = last == low if high is None else high - low == 1 and not self.decimals
        if alone:
            return show_number(low)
        return f"de {show_number(low)} à {'' if high is None else 'moins de '}{show_number(last)}"


def _typed(value: float) -> str:
    """As a French keyboard writes it."""
    return (
        show_number(value).replace("\N{NARROW NO-BREAK SPACE}", "").replace("\N{MINUS SIGN}", "-")
    )


def _lows(low: float | None, high: float | None) -> Iterator[float]:
    if low is None or high is None:
        yield -math.inf if low is None else low
        yield from (
            one for one in LADDER if (low is None or one > low) and (high is None or one <= high)
        )
        return
    step = 1 if high - low <= MOST_UNITS else math.ceil((high - low) / WIDE_BANDS)
    edge = low
    while edge <= high and (edge < high or step == 1 or edge == low):
        yield edge
        edge = math.floor(edge) + step


def _code(low: float) -> str:
    return "min" if low == -math.inf else str(canonical(low)).replace(".", "_")


@dataclass(frozen=True)
class _Grid:
    """The numbers a question admits."""

    admitted: Range

    def between(self, low: float, high: float) -> list[int | float]:
        """Those from `low` to `high`, both included."""
        step = 10**self.admitted.decimals
        low = max(low, -math.inf if self.admitted.low is None else self.admitted.low)
        high = min(high, math.inf if self.admitted.high is None else self.admitted.high)
        first, last = math.ceil(round(low * step, 6)), math.floor(round(high * step, 6))
        if last - first >= MOST:
            raise TooMany
        return [canonical(number / step) for number in range(first, last + 1)]

    def inside(self, low: float, high: float, rivals: Rivals) -> Collection[int | float]:
        """Those strictly between, or as many at each end as there are rivals.

        Rivals that do not admit the same decimals meet on whole numbers.
        """
        step, least, most = 10**self.admitted.decimals, self.admitted.low, self.admitted.high
        if (least is not None and high <= least) or (most is not None and low >= most):
            return ()
        if (high - low) * step <= MOST_POINTS:
            return [point for point in self.between(low, high) if low < point < high]
        step = step if rivals.alike else 1
        first, last = math.floor(low * step) + 1, math.ceil(high * step) - 1
        if last - first + 1 < rivals.count:
            raise TooMany
        ends = (*range(first, first + rivals.count), *range(last - rivals.count + 1, last + 1))
        return [point for end in ends for point in self.between(end / step, end / step)]
