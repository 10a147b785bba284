"""Several answers among options."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from consultation.questionnaire.columns import (
    CHOSEN,
    NO_ANSWER,
    NOT_CHOSEN,
    YES_NO,
    Codes,
    Column,
    OpenText,
    words,
)
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.distinctions import Told, sets_of
from consultation.questionnaire.documents import Document, Rule
from consultation.questionnaire.elements import Answer, Answers, Option
from consultation.questionnaire.fields import Field, FieldMaker, Shown, Typed
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
    Control,
    Desk,
    Limits,
    Misuse,
    Question,
    common_rules,
)
from consultation.questionnaire.kinds.optioned import (
    APART,
    LONG,
    is_random,
    known_codes,
    label_with_precision,
    not_offered,
    options_of,
    precision,
    precisions,
    quoted,
    several_answers,
    with_precision,
)
from consultation.questionnaire.lengths import listed
from consultation.questionnaire.messages import (
    ANSWER,
    ANSWERS,
    EITHER,
    THE_OTHERS,
    TOO_FEW,
    TOO_MANY,
)
from consultation.questionnaire.numerals import in_words
from consultation.questionnaire.posted import FieldError, Raw, Read, values_in, wrong
from consultation.questionnaire.reading import Fields
from consultation.words import plural
from consultation.words import words as said

A_CHOICE, A_BOX = 3.0, 1.0  # seconds


@dataclass(frozen=True, kw_only=True)
class Choices(Question):
    """Several answers among options; 0 for `max` is no limit."""

    options: tuple[Option, ...]
    min: int = 0
    max: int = 0

    kind = "choices"
    shape = question_shape(
        "choices",
        {
            **OPTIONS,
            "min": Key(
                holds="whole",
                low=0,
                high=MAX_CODES,
                says="combien de réponses au moins ; chacun doit s’en voir proposer autant",
            ),
            "max": Key(holds="whole", low=1, high=MAX_CODES, says="combien de réponses au plus"),
            **ORDER,
        },
        ONE_OF_OPTIONS,
    )
    several = True
    script = "codes"

    @property
    def control(self) -> Control:
        return "ticked"

    @property
    def fewest(self) -> int:
        return self.min

    @property
    def limits(self) -> Limits:
        return {"min": (self.min, -1), "max": (self.max or None, 1)}

    @classmethod
    def read(cls, fields: Fields, common: Common, desk: Desk) -> Choices:
        options = options_of(fields, desk)
        most = len(options) or MAX_CODES
        low, high = fields.whole("min", most) or 0, fields.whole("max", most) or 0
        if high and low > high:
            told = f"min ({low}) est plus grand que max ({high})."
            fields.error("bounds", told, "Échangez-les.", "min")
        if len(options) > 20:
            fields.warning("long-list", LONG.format(len(options)), "Regroupez des réponses.")
        return Choices(**common, options=options, min=low, max=high, random=is_random(fields))

    def own_rules(self) -> Mapping[str, Rule]:
        return {"min": self.min or None, "max": self.max or None}

    @classmethod
    def ruled(cls, rules: Document) -> Choices:
        return Choices(**common_rules(rules), min=rules.whole("min"), max=rules.whole("max"))

    def why_unanswerable(self) -> str:
        together = sum(not option.exclusive for option in self.options)
        if self.min <= max(together, 1):
            return ""
        return f"min ({self.min}) dépasse les {together} réponses qui peuvent aller ensemble."

    def answered(self, raw: Raw, visible: Answers, context: Context) -> Read:
        posted = set(values_in(raw, self.id))
        offered = self.offered(visible, context)
        other, typed = precision(self, offered, raw)
        if posted - {option.code for option in offered}:
            return not_offered(self, context)
        chosen = [option for option in offered if option.code in posted]
        if other and typed and not any(option.exclusive for option in chosen):
            chosen = [option for option in offered if option.code in posted or option is other]
        if why := self._conflict(chosen, context.language):
            return wrong(self.id, self.id, why)
        if not chosen:
            return Read()
        codes = tuple(option.code for option in chosen)
        return with_precision(self, codes, typed if other in chosen else "", context.language)

    def kept(self, data: object) -> Answer | None:
        if not isinstance(data, list):
            return None
        codes = set(known_codes(self, data))
        if not codes or len(codes) != len(data):
            return None
        chosen = [option for option in self.options if option.code in codes]
        return None if self._conflict(chosen, "") else tuple(option.code for option in chosen)

    def posted(self, answer: Answer) -> Typed:
        return {self.id: list(answer) if isinstance(answer, tuple) else []}

    def lacks(self, value: Answer | None, visible: Answers, context: Context) -> list[FieldError]:
        if not isinstance(value, tuple):
            return super().lacks(value, visible, context)
        alone = any(self.by_code[code].exclusive for code in value if code in self.by_code)
        if alone or len(value) >= self.min:
            return []
        message = said(TOO_FEW, context.language, least=_answers(self.min, context.language))
        return [FieldError(question=self.id, field=self.id, message=message)]

    def some_answer(self, visible: Answers, context: Context, rng: Random) -> Answer | None:
        options = self.offered(visible, context)
        alone = [option for option in options if option.exclusive]
        others = [option for option in options if not option.exclusive]
        low = max(1, self.min)
        if alone and (len(others) < low or rng.random() < APART / 2):
            return (rng.choice(alone).code,)
        most = min(self.max or len(others), len(others))
        if most < low:
            return None
        chosen = set(rng.sample(range(len(others)), rng.randint(low, min(most, low + 3))))
        return tuple(option.code for place, option in enumerate(others) if place in chosen)

    def longest(self) -> int:
        return listed(self.by_code, self.max or len(self.options))

    def field(self, maker: FieldMaker) -> Field:
        options = maker.options(self.offered_to(maker.shown))
        return replace(maker.grouped("choices", options), max=self.max)

    def reviewed(self, answer: Answer, shown: Shown) -> Iterator[str]:
        codes = answer if isinstance(answer, tuple) else ()
        return (label_with_precision(self, code, shown) for code in codes)

    def how(self) -> str:
        most = f", {self.max} au plus" if self.max else ""
        return f"plusieurs réponses parmi {len(self.options)}{most}"

    def seconds(self) -> float:
        return A_CHOICE + A_BOX * len(self.options)

    def compared(self) -> Misuse:
        return several_answers(self)

    def candidates(self, told: Told) -> Iterator[Answer]:
        return sets_of(told, self.min, self.max)

    def columns(self) -> tuple[Column, ...]:
        return tuple(
            self.column(
                f"__{option.code}", words(option.label), called="choix multiple", values=YES_NO
            )
            for option in self.options
        )

    def filler(self) -> Callable[[object], Codes]:
        codes = tuple(option.code for option in self.options)
        chosen, not_chosen = (list(YES_NO).index(code) for code in (CHOSEN, NOT_CHOSEN))

        def fill(answer: object) -> Codes:
            if not isinstance(answer, list | tuple) or not answer:
                return (NO_ANSWER,) * len(codes)
            return [chosen if code in answer else not_chosen for code in codes]

        return fill

    def places(self) -> Callable[[object], Sequence[bool]]:
        size = len(self.options)
        return lambda answer: (bool(answer),) * size

    def column_of(self, code: str) -> int | None:
        return list(self.by_code).index(code)

    def open_texts(self) -> Iterator[OpenText]:
        return precisions(self)

    def _conflict(self, chosen: Sequence[Option], language: str) -> str:
        """Why these options cannot be chosen together."""
        alone = next((option for option in chosen if option.exclusive), None)
        if alone and len(chosen) > 1:
            rest = [option for option in chosen if option is not alone]
            others = said(THE_OTHERS, language)
            second = quoted(rest[0], language) if len(rest) == 1 else others
            return said(EITHER, language, one=quoted(alone, language), other=second)
        if self.max and len(chosen) > self.max:
            most = _answers(self.max, language)
            return said(TOO_MANY, language, most=most, count=len(chosen))
        return ""


def _answers(count: int, language: str) -> str:
    noun = plural(count, ANSWER, ANSWERS, language)
    return f"{in_words(count, language)} {noun}"
