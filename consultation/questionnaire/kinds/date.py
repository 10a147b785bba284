"""A date, or as much of it as is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from random import Random

from consultation.questionnaire.bands import MOST_UNITS, Band
from consultation.questionnaire.columns import UNANSWERED, Codes, Column, band_filler
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.dates import (
    PARTS,
    YEARS,
    Part,
    Precision,
    is_date,
    parts_of,
    shorten,
    show_date,
)
from consultation.questionnaire.distinctions import Told
from consultation.questionnaire.documents import Document, Rule
from consultation.questionnaire.elements import Answer, Answers
from consultation.questionnaire.fields import (
    Field,
    FieldMaker,
    FieldPart,
    Shown,
    Typed,
    dom_id,
)
from consultation.questionnaire.keys import Key, question_shape
from consultation.questionnaire.kinds.base import (
    Common,
    Control,
    Desk,
    Limits,
    Misuse,
    Question,
    common_rules,
)
from consultation.questionnaire.lengths import written
from consultation.questionnaire.messages import (
    DATE_BETWEEN,
    NOT_A_DAY,
    NOT_A_MONTH,
    NOT_A_YEAR,
    NOT_AFTER,
    NOT_BEFORE,
    SHORTER_MONTH,
    THE_DAY,
)
from consultation.questionnaire.posted import (
    FieldError,
    Raw,
    Read,
    clean_line,
    out_of_bounds,
    value_in,
    wrong,
)
from consultation.questionnaire.reading import Fields
from consultation.words import words as said

A_DATE = 6.0  # seconds
_PRECISIONS: Mapping[Precision, str] = {"day": "jour", "month": "mois", "year": "année"}
_PARTS_TYPED: Mapping[Part, re.Pattern[str]] = {
    "day": re.compile("0?[1-9]|[12][0-9]|3[01]"),
    "month": re.compile("0?[1-9]|1[0-2]"),
    "year": re.compile("(?:19|20)[0-9]{2}"),
}
_PART_FAULTS: Mapping[Part, str] = {
    "day": NOT_A_DAY,
    "month": NOT_A_MONTH,
    "year": NOT_A_YEAR,
}


@dataclass(frozen=True, kw_only=True)
class Date(Question):
    """A date, down to `precision`; `min` and `max` are days, ISO 8601, or nothing."""

    precision: Precision = "day"
    min: str = ""
    max: str = ""

    kind = "date"
    shape = question_shape(
        "date",
        {
            "precision": Key(
                holds="word",
                words=("day", "month", "year"),
                says="`day` (par défaut), `month` ou `year` : ce qui est demandé, et rien de plus",
            ),
            "min": Key(holds="date", says="la première date admise, écrite `2024-06-28`"),
            "max": Key(holds="date", says="la dernière date admise"),
        },
    )
    generalises = True
    measure = "scale"
    script = "places"

    @property
    def control(self) -> Control:
        return "typed"

    @property
    def limits(self) -> Limits:
        return {"min": (self.min, -1), "max": (self.max, 1), "precision": (self.precision, 0)}

    @property
    def profile_remark(self) -> tuple[str, str, str] | None:
        said = f"« {self.id} » : une date fait reconnaître une personne."
        return "profile-date", said, "Demandez une tranche, par un choix."

    @classmethod
    def read(cls, fields: Fields, common: Common, desk: Desk) -> Date:
        first, last = fields.date("min"), fields.date("max")
        if first and last and first > last:
            fields.error("bounds", "min vient après max.", "Échangez-les.", "min")
        precision = _precision(fields.word("precision"))
        return Date(**common, precision=precision, min=first, max=last)

    def own_rules(self) -> Mapping[str, Rule]:
        return {"precision": self.precision, "min": self.min, "max": self.max}

    @classmethod
    def ruled(cls, rules: Document) -> Date:
        return Date(
            **common_rules(rules),
            precision=_precision(rules.word("precision")),
            min=rules.word("min"),
            max=rules.word("max"),
        )

    def why_unanswerable(self) -> str:
        first, last = YEARS
        if self.min > f"{last}-12-31" or (self.max and self.max < f"{first}-01-01"):
            return f"une date se donne entre {first} et {last}."
        return ""

    def answered(self, raw: Raw, visible: Answers, context: Context) -> Read:
        names = {part: f"{self.id}.{part}" for part in PARTS[self.precision]}
        typed = {part: clean_line(value_in(raw, name)) for part, name in names.items()}
        if not any(typed.values()):
            return Read()
        errors = [
            FieldError(
                question=self.id,
                field=names[part],
                message=said(_PART_FAULTS[part], context.language),
            )
            for part, number in typed.items()
            if not _PARTS_TYPED[part].fullmatch(number)
        ]
        if errors:
            return Read(errors=tuple(errors))
        written = "-".join(number.zfill(2) for number in reversed(typed.values()))
        message = ""
        if not is_date(written, self.precision):
            message = said(SHORTER_MONTH, context.language)
        elif not self.admits(written):
            message = self._bounds(context.language)
        return wrong(self.id, self._first_field, message) if message else Read(written)

    def kept(self, data: object) -> Answer | None:
        known = isinstance(data, str) and is_date(data, self.precision) and self.admits(data)
        return str(data) if known else None

    def admits(self, written: str) -> bool:
        """Whether the date is one of those that the question admits."""
        low, high = (shorten(bound, self.precision) for bound in (self.min, self.max))
        possible = YEARS[0] <= int(shorten(written, "year")) <= YEARS[1]
        return possible and low <= written and (not high or written <= high)

    def posted(self, answer: Answer) -> Typed:
        return {f"{self.id}.{part}": [number] for part, number in parts_of(str(answer)).items()}

    def some_answer(self, visible: Answers, context: Context, rng: Random) -> Answer | None:
        low, high = (
            date.fromisoformat(bound or usual).toordinal()
            for bound, usual in ((self.min, "1990-01-01"), (self.max, "2024-06-30"))
        )
        day = date.fromordinal(rng.randint(min(low, high), max(low, high)))
        return shorten(day.isoformat(), self.precision)

    def longest(self) -> int:
        return written("2024-06-28")

    def field(self, maker: FieldMaker) -> Field:
        parts = tuple(
            FieldPart(
                id=dom_id(name),
                name=name,
                part=part,
                value=maker.value(name),
                faulty=name in maker.errors,
            )
            for part in PARTS[self.precision]
            for name in [f"{self.id}.{part}"]
        )
        error = " ".join(dict.fromkeys(maker.errors.values()))
        return replace(maker.beginning("date", parts[0].id), parts=parts, error=error)

    def reviewed(self, answer: Answer, shown: Shown) -> Iterator[str]:
        yield show_date(str(answer), shown.context.language)

    def how(self) -> str:
        return f"une date ({_PRECISIONS[self.precision]})"

    def seconds(self) -> float:
        return A_DATE

    def compared(self) -> Misuse:
        told = f"« {self.id} » est une date : elle ne se compare pas."
        return Misuse(told, f"Écrivez answered({self.id}).")

    def candidates(self, told: Told) -> Iterator[Answer]:
        yield shorten("2024-06-28", self.precision)

    def columns(self) -> tuple[Column, ...]:
        return (self.column(called="année d’une date", bands=self._bands),)

    def filler(self) -> Callable[[object], Codes]:
        return band_filler(self._bands, self.writer())

    def writer(self) -> Callable[[object], str]:
        """The year and no more: the day someone arrived is known to all their colleagues."""

        def write(answer: object) -> str:
            known = isinstance(answer, str) and is_date(answer, self.precision)
            return shorten(str(answer), "year") if known else UNANSWERED

        return write

    @property
    def _first_field(self) -> str:
        return f"{self.id}.{PARTS[self.precision][0]}"

    def _bounds(self, language: str) -> str:
        article = said(THE_DAY, language) if self.precision == "day" else ""
        low, high = (
            bound and article + show_date(shorten(bound, self.precision), language)
            for bound in (self.min, self.max)
        )
        return out_of_bounds(low, high, (DATE_BETWEEN, NOT_BEFORE, NOT_AFTER), language)

    @cached_property
    def _bands(self) -> tuple[Band, ...]:
        """Years, or decades when there are many."""
        first, last = (
            int(shorten(bound, "year")) if bound else usual
            for bound, usual in zip((self.min, self.max), YEARS, strict=True)
        )
        step = 1 if last - first <= MOST_UNITS else 10
        return tuple(
            Band(
                low=low,
                code=str(low),
                label=str(low) if step == 1 else f"de {low} à {low + step - 1}",
            )
            for low in range(first - first % step, last + 1, step)
        )


def _precision(word: str) -> Precision:
    return next((known for known in PARTS if known == word), "day")
