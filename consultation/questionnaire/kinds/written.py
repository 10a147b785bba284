"""What a line and several lines of text share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from consultation.questionnaire.columns import Codes, Column, OpenText, code_filler, words
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.distinctions import Told
from consultation.questionnaire.elements import Answer, Answers
from consultation.questionnaire.fields import Field, FieldMaker, Shown, Typed
from consultation.questionnaire.kinds.base import Limits, Misuse, Question
from consultation.questionnaire.lengths import text
from consultation.questionnaire.posted import Raw, Read, too_long, value_in, wrong


@dataclass(frozen=True, kw_only=True)
class Written(Question):
    """A free text of at most `max_length` characters."""

    max_length: int

    @property
    def limits(self) -> Limits:
        return {"max_length": (self.max_length, 1)}

    def answered(self, raw: Raw, visible: Answers, context: Context) -> Read:
        typed = self._clean(value_in(raw, self.id))
        if len(typed) > self.max_length:
            return wrong(self.id, self.id, too_long(typed, self.max_length, context.language))
        return Read(typed or None)

    def kept(self, data: object) -> Answer | None:
        typed = self._clean(data) if isinstance(data, str) else ""
        return typed if typed and len(typed) <= self.max_length else None

    def posted(self, answer: Answer) -> Typed:
        return {self.id: [str(answer)]}

    def some_answer(self, visible: Answers, context: Context, rng: Random) -> Answer | None:
        text = ""
        for sentence in rng.sample(_SENTENCES, rng.randint(1, 3)):
            longer = f"{text}{rng.choice((' ', ' ', chr(10)))}{sentence}".strip()
            if len(longer) <= self.max_length:
                text = longer
        return text or _SENTENCES[0][: self.max_length].strip()

    def longest(self) -> int:
        return text(self.max_length)

    def field(self, maker: FieldMaker) -> Field:
        return replace(maker.plain(self.kind), max_length=self.max_length)

    def reviewed(self, answer: Answer, shown: Shown) -> Iterator[str]:
        yield str(answer)

    def how(self) -> str:
        return f"un texte libre, {self.max_length} caractères au plus"

    def compared(self) -> Misuse:
        told = f"« {self.id} » est un texte libre : il ne se compare pas."
        return Misuse(told, f"Écrivez answered({self.id}).")

    def candidates(self, told: Told) -> Iterator[Answer]:
        yield "x"

    def columns(self) -> tuple[Column, ...]:
        return ()  # texts are read one by one, never as a column

    def filler(self) -> Callable[[object], Codes]:
        return code_filler({})

    def open_texts(self) -> Iterator[OpenText]:
        yield OpenText(name=self.id, answer=self.id, title=words(self.text))

    @staticmethod
    @abstractmethod
    def _clean(typed: str) -> str:
        """What is kept of what was typed."""


_SENTENCES = (
    "Les délais se sont allongés depuis la dernière réorganisation.",
    "Il faudrait un interlocuteur unique pour chaque dossier.",
    "Nos outils ne communiquent pas entre eux : tout est saisi deux fois.",
    "La formation arrive souvent après la prise de poste.",
    "Un réseau plus stable changerait notre quotidien, surtout en sous-préfecture.",
    "L’entraide entre services fonctionne bien « sur le terrain ».",
    "Merci de tenir compte des coûts de déplacement ; ils augmentent.",
    "Priorité aux effectifs : 3 départs, 1 remplacement.",
    "- simplifier les formulaires\n- rappeler les usagers\n- prévoir des permanences",
    "Le télétravail est utile, à condition de garder un jour commun.",
    "Rien à signaler, le collectif est solide.",
    "Pourquoi ne pas mutualiser les astreintes entre départements voisins ?",
)
