"""Whole numbers from one to another, as radio buttons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Self

from consultation.questionnaire.columns import Codes, Column, code_filler, words
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.distinctions import Told
from consultation.questionnaire.documents import Document, Rule
from consultation.questionnaire.elements import OPT_OUT, Answer, Answers, Text
from consultation.questionnaire.fields import Field, FieldMaker, FieldOption, Shown, Typed
from consultation.questionnaire.keys import MAX_STEPS, Key, question_shape
from consultation.questionnaire.kinds.base import (
    Common,
    Compared,
    Control,
    Desk,
    Limits,
    Question,
    Range,
    common_rules,
)
from consultation.questionnaire.kinds.optioned import APART
from consultation.questionnaire.lengths import longest
from consultation.questionnaire.messages import NOT_OFFERED, ONE_ANSWER
from consultation.questionnaire.nodes import Series
from consultation.questionnaire.numerals import show_number
from consultation.questionnaire.posted import Raw, Read, values_in, wrong
from consultation.questionnaire.reading import Fields, read_text
from consultation.questionnaire.rewording import Rewording, Said, Texts
from consultation.words import words as said

A_STEP = 6.0  # seconds
_PLACES = {"premier": "Le début", "dernier": "La fin", "à part": "La réponse à part"}


@dataclass(frozen=True, kw_only=True)
class Scale(Question):
    """Whole numbers from `start` to `stop`, both included; `opt_out` stands apart."""

    start: int
    stop: int
    ends: tuple[Text, Text] | None = None
    opt_out: Text | None = None

    kind = "scale"
    shape = question_shape(
        "scale",
        {
            "from": Key(
                holds="whole", low=-100, high=100, needed=True, says="le premier échelon, entier"
            ),
            "to": Key(
                holds="whole", low=-100, high=100, needed=True, says="le dernier échelon, entier"
            ),
            "ends": Key(holds="ends", says="deux textes : le sens du premier et du dernier"),
            "opt_out": Key(holds="text", says="le texte de « sans avis »"),
        },
    )
    single = True
    quotable = True
    generalises = True
    measure = "scale"
    script = "step"

    @property
    def control(self) -> Control:
        return "ticked"

    @property
    def limits(self) -> Limits:
        return {"start": (self.start, 0), "stop": (self.stop, 0)}

    @classmethod
    def read(cls, fields: Fields, common: Common, desk: Desk) -> Scale:
        start, stop = fields.whole("from"), fields.whole("to")
        start, stop = start or 0, 10 if stop is None else stop
        if not 1 <= stop - start < MAX_STEPS:
            told = f"De {start} à {stop}, l’échelle n’est pas utilisable."
            fields.error("bounds", told, f"Prévoyez de 2 à {MAX_STEPS} échelons croissants.", "to")
        opt_out = fields.text("opt_out")
        if (stop - start) % 2 and opt_out is None:
            told = "Cette échelle n’a ni milieu ni réponse « sans avis »."
            fields.warning("no-neutral", told, "Ajoutez « opt_out ».")
        return Scale(**common, start=start, stop=stop, ends=_read_ends(fields), opt_out=opt_out)

    def own_rules(self) -> Mapping[str, Rule]:
        return {
            "start": self.start,
            "stop": self.stop,
            "ends": self.ends,
            "opt_out": self.opt_out,
        }

    @classmethod
    def ruled(cls, rules: Document) -> Scale:
        return Scale(
            **common_rules(rules),
            start=rules.whole("start"),
            stop=rules.whole("stop"),
            ends=rules.text_pair("ends"),
            opt_out=rules.text("opt_out"),
        )

    def answered(self, raw: Raw, visible: Answers, context: Context) -> Read:
        posted = values_in(raw, self.id)
        if len(posted) > 1:
            return wrong(self.id, self.id, said(ONE_ANSWER, context.language))
        if not posted:
            return Read()
        if posted[0] == OPT_OUT and self.opt_out:
            return Read(OPT_OUT)
        offered = {str(step): step for step in self._steps}
        if posted[0] not in offered:
            return wrong(self.id, self.id, said(NOT_OFFERED, context.language))
        return Read(offered[posted[0]])

    def kept(self, data: object) -> Answer | None:
        if isinstance(data, str):
            return OPT_OUT if data == OPT_OUT and self.opt_out else None
        if isinstance(data, bool) or not isinstance(data, int | float):
            return None
        return next((step for step in self._steps if step == data), None)

    def posted(self, answer: Answer) -> Typed:
        return {self.id: [str(answer)]}

    def some_answer(self, visible: Answers, context: Context, rng: Random) -> Answer | None:
        return OPT_OUT if self.opt_out and rng.random() < APART / 3 else rng.choice(self._steps)

    def longest(self) -> int:
        return longest((self.start, self.stop, OPT_OUT))

    def field(self, maker: FieldMaker) -> Field:
        steps = [(str(step), str(step), False) for step in self._steps]
        if self.opt_out:
            steps.append((OPT_OUT, maker.words(self.opt_out), True))
        options = tuple(
            FieldOption(
                value=value,
                label=label,
                id=f"{self.id}-{number}",
                checked=maker.is_chosen(self.id, value),
                apart=apart,
            )
            for number, (value, label, apart) in enumerate(steps, 1)
        )
        low, high = map(maker.words, self.ends or (None, None))
        ends = (low, high) if self.ends else None
        return replace(maker.grouped("scale", maker.with_undo(options)), ends=ends)

    def reviewed(self, answer: Answer, shown: Shown) -> Iterator[str]:
        if answer == OPT_OUT:
            yield shown.words(self.opt_out)
        elif isinstance(answer, int | float):
            yield show_number(answer, shown.context.language)

    def quote(self, answers: Answers, language: str) -> str:
        answer = answers.get(self.id)
        if answer == OPT_OUT:
            return self.opt_out.to(language) if self.opt_out else ""
        return show_number(answer, language) if isinstance(answer, int | float) else ""

    def how(self) -> str:
        return f"une note de {self.start} à {self.stop}"

    def seconds(self) -> float:
        return A_STEP

    def compared(self) -> Compared:
        return Compared("un nombre", [OPT_OUT] if self.opt_out else (), number=True)

    def candidates(self, told: Told) -> Iterator[Answer]:
        yield from self._steps
        if self.opt_out:
            yield OPT_OUT

    def numbers(self) -> Range:
        return Range(self.start, self.stop)

    def changes(self, new: Self, rewording: Rewording) -> Iterator[Said]:
        if self.opt_out and not new.opt_out:
            yield "breaking", "La réponse à part disparaît."
        elif new.opt_out and not self.opt_out:
            yield "warning", "Une réponse à part s’ajoute : elle n’a pas été proposée à tous."
        yield from rewording.by_code(_PLACES.__getitem__, self._beside(), new._beside())

    def columns(self) -> tuple[Column, ...]:
        return (self.column(called="échelle", missing=frozenset({OPT_OUT})),)

    def filler(self) -> Callable[[object], Codes]:
        return code_filler(self.values())

    def values(self) -> Mapping[str, str]:
        steps = {str(step): str(step) for step in self._steps}
        return steps | ({OPT_OUT: words(self.opt_out)} if self.opt_out else {})

    def label(self, code: str) -> Text | None:
        return self.opt_out if code == OPT_OUT else None

    def apart(self) -> Iterator[str]:
        yield OPT_OUT

    @property
    def _steps(self) -> range:
        return range(self.start, self.stop + 1)

    def _beside(self) -> Texts:
        """The words at both ends of the scale and apart from it."""
        first, last = self.ends or (None, None)
        apart = {"à part": self.opt_out} if self.opt_out else {}
        return {"premier": first, "dernier": last, **apart}


def _read_ends(fields: Fields) -> tuple[Text, Text] | None:
    texts = [
        read_text(node, "ends", fields.problems, language=fields.language)
        for node in fields.items("ends")
    ]
    if not isinstance(fields.node("ends"), Series):
        return None
    match texts:
        case [low, high]:
            return (low, high) if low and high else None
    told = "« ends » attend deux textes : le sens du premier et du dernier échelon."
    fields.error("wrong-value", told, "Écrivez [Pas du tout, Tout à fait].", "ends")
    return None
