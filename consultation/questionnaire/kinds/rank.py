"""Some options in order of preference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from consultation.questionnaire.columns import NO_ANSWER, Codes, Column, numbered
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.distinctions import Told, sets_of
from consultation.questionnaire.documents import Document, Rule
from consultation.questionnaire.elements import Answer, Answers, Option
from consultation.questionnaire.fields import (
    Field,
    FieldMaker,
    FieldRank,
    Shown,
    Typed,
    dom_id,
)
from consultation.questionnaire.keys import (
    MAX_CODES,
    ONE_OF_OPTIONS,
    OPTIONS,
    ORDER,
    Key,
    question_shape,
)
from consultation.questionnaire.kinds.base import (
    Common,
    Desk,
    Limits,
    Misuse,
    Question,
    common_rules,
)
from consultation.questionnaire.kinds.optioned import (
    is_random,
    known_codes,
    label_with_precision,
    labels_of,
    options_of,
    quoted,
    refuse_precisions,
    several_answers,
)
from consultation.questionnaire.lengths import listed
from consultation.questionnaire.messages import GAP, NOT_OFFERED, RANKED
from consultation.questionnaire.posted import FieldError, Raw, Read, value_in, wrong
from consultation.questionnaire.reading import Fields
from consultation.words import words as said

A_PLACE = 5.0  # seconds


@dataclass(frozen=True, kw_only=True)
class Rank(Question):
    """At most `top` options, in order of preference."""

    options: tuple[Option, ...]
    top: int

    kind = "rank"
    shape = question_shape(
        "rank",
        {
            **OPTIONS,
            "top": Key(
                holds="whole", low=1, high=MAX_CODES, needed=True, says="le nombre de rangs"
            ),
            **ORDER,
        },
        ONE_OF_OPTIONS,
    )
    several = True
    script = "places"

    @property
    def limits(self) -> Limits:
        return {"top": (self.top, 0)}

    @classmethod
    def read(cls, fields: Fields, common: Common, desk: Desk) -> Rank:
        options = options_of(fields, desk)
        top = fields.whole("top", len(options) or MAX_CODES) or 1
        refuse_precisions(fields, options, "un classement")
        return Rank(**common, options=options, top=top, random=is_random(fields))

    def own_rules(self) -> Mapping[str, Rule]:
        return {"top": self.top}

    @classmethod
    def ruled(cls, rules: Document) -> Rank:
        return Rank(**common_rules(rules), top=rules.whole("top"))

    def answered(self, raw: Raw, visible: Answers, context: Context) -> Read:
        offered = {option.code: option for option in self.offered(visible, context)}
        places = range(1, min(self.top, len(offered)) + 1)
        given = {place: value_in(raw, f"{self.id}.{place}") for place in places}
        last = max((place for place, code in given.items() if code), default=0)
        errors: list[FieldError] = []
        ranked: list[str] = []
        for place in range(1, last + 1):
            code, name = given[place], f"{self.id}.{place}"
            if not code:
                message = said(GAP, context.language, place=place)
            elif code not in offered:
                message = said(NOT_OFFERED, context.language)
            elif code in ranked:
                option, rank = quoted(offered[code], context.language), ranked.index(code) + 1
                message = said(RANKED, context.language, option=option, rank=rank)
            else:
                message = ""
            errors += wrong(self.id, name, message).errors if message else ()
            ranked.append(code)
        return Read(errors=tuple(errors)) if errors else Read(tuple(ranked) or None)

    def kept(self, data: object) -> Answer | None:
        if not isinstance(data, list):
            return None
        codes = tuple(known_codes(self, data))
        return codes if codes and len(codes) == len(data) <= self.top else None

    def posted(self, answer: Answer) -> Typed:
        codes = answer if isinstance(answer, tuple) else ()
        return {f"{self.id}.{place}": [code] for place, code in enumerate(codes, 1)}

    def some_answer(self, visible: Answers, context: Context, rng: Random) -> Answer | None:
        options = self.offered(visible, context)
        most = min(self.top, len(options))
        if not most:
            return None
        return tuple(one.code for one in rng.sample(options, rng.randint(1, most)))

    def longest(self) -> int:
        return listed(self.by_code, self.top)

    def field(self, maker: FieldMaker) -> Field:
        options = maker.options(self.offered_to(maker.shown))
        ranks = tuple(
            FieldRank(id=dom_id(name), name=name, number=number, value=maker.value(name))
            for number in range(1, min(self.top, len(options)) + 1)
            for name in [f"{self.id}.{number}"]
        )
        beginning = maker.beginning("rank", f"{self.id}-1")
        return replace(beginning, options=options, top=self.top, ranks=ranks)

    def reviewed(self, answer: Answer, shown: Shown) -> Iterator[str]:
        codes = answer if isinstance(answer, tuple) else ()
        for number, code in enumerate(codes, 1):
            yield f"{number}. {label_with_precision(self, code, shown)}"

    def how(self) -> str:
        return f"un classement : {self.top} réponses au plus"

    def seconds(self) -> float:
        return A_PLACE * self.top

    def compared(self) -> Misuse:
        return several_answers(self)

    def candidates(self, told: Told) -> Iterator[Answer]:
        return sets_of(told, 1, self.top)

    def columns(self) -> tuple[Column, ...]:
        return tuple(
            self.column(f"__rang{place}", f"rang {place}", called="classement")
            for place in range(1, self.top + 1)
        )

    def filler(self) -> Callable[[object], Codes]:
        top, known = self.top, numbered(self.values())

        def fill(answer: object) -> Codes:
            ranked = answer if isinstance(answer, list | tuple) else ()
            codes = [known[code] for code in map(str, ranked) if code in known][:top]
            return [*codes, *[NO_ANSWER] * (top - len(codes))]

        return fill

    def places(self) -> Callable[[object], Sequence[bool]]:
        ranks = range(self.top)
        return lambda answer: tuple(
            isinstance(answer, list | tuple) and rank < len(answer) for rank in ranks
        )

    def values(self) -> Mapping[str, str]:
        return labels_of(self.options)

    @property
    def _first_field(self) -> str:
        return f"{self.id}.1"
