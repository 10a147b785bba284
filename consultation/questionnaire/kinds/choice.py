"""One answer among options, as radio buttons or a long list with search."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random
from typing import Self

from consultation.questionnaire.columns import (
    Codes,
    Column,
    OpenText,
    code_filler,
    is_silent,
    words,
)
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.distinctions import Told
from consultation.questionnaire.documents import Document, Rule
from consultation.questionnaire.elements import NO_LANGUAGE, Answer, Answers, Option, Text
from consultation.questionnaire.fields import Field, FieldMaker, Shown, Typed
from consultation.questionnaire.keys import ONE_OF_OPTIONS, OPTIONS, ORDER, Key, question_shape
from consultation.questionnaire.kinds.base import (
    Common,
    Compared,
    Control,
    Desk,
    Question,
    common_rules,
)
from consultation.questionnaire.kinds.optioned import (
    APART,
    LONG,
    is_random,
    label_with_precision,
    not_offered,
    options_of,
    precision,
    precisions,
    with_precision,
)
from consultation.questionnaire.lengths import longest
from consultation.questionnaire.messages import GENERALISED, ONE_ANSWER
from consultation.questionnaire.posted import Raw, Read, values_in, wrong
from consultation.questionnaire.problems import did_you_mean
from consultation.questionnaire.reading import Fields
from consultation.questionnaire.rewording import Rewording, Said
from consultation.words import words as said

A_CHOICE, A_LONG_LIST = 3.0, 8.0  # seconds


@dataclass(frozen=True, kw_only=True)
class Choice(Question):
    """One answer among options; `store` names the column of the list written in place of it."""

    options: tuple[Option, ...]
    search: bool = False
    store: str = ""

    kind = "choice"
    shape = question_shape(
        "choice",
        {
            **OPTIONS,
            "as": Key(
                holds="word",
                words=("radio", "search"),
                says="`search` pour une longue liste avec recherche ; `radio` par défaut",
            ),
            **ORDER,
            "store": Key(
                holds="id", says="la colonne de la liste qui est écrite à la place du code"
            ),
        },
        ONE_OF_OPTIONS,
    )
    single = True
    quotable = True
    generalises = True
    script = "code"

    @property
    def control(self) -> Control:
        return "listed" if self.search else "ticked"

    @property
    def stored_column(self) -> str:
        return self.store

    @cached_property
    def stored(self) -> Mapping[str, str]:
        """What is written for each code: the code itself, or the value of the column `store`."""
        return {code: self.stored_code(code) for code in self.by_code}

    @cached_property
    def stored_labels(self) -> Mapping[str, Text]:
        """The label of each value written, in document order.

        A generalised value takes the label of its only option, or of the group its options share.
        """
        behind: dict[str, list[Option]] = {}
        for option in self.options:
            behind.setdefault(self.stored[option.code], []).append(option)
        return {value: _common_label(value, options) for value, options in behind.items()}

    @classmethod
    def read(cls, fields: Fields, common: Common, desk: Desk) -> Choice:
        options = options_of(fields, desk)
        search = fields.word("as") == "search"
        for option in options:
            if option.exclusive:
                _refuse_exclusive(fields, option)
        if not search and len(options) > 20:
            fields.warning("long-list", LONG.format(len(options)), "Ajoutez « as: search ».")
        elif not search and sum(not option.apart for option in options) > 7:
            fields.warning(
                "many-radios",
                f"{len(options)} boutons à lire avant de choisir.",
                "Regroupez des réponses, ou ajoutez « as: search ».",
            )
        store = _read_store(fields, options)
        return Choice(
            **common, options=options, search=search, random=is_random(fields), store=store
        )

    def own_rules(self) -> Mapping[str, Rule]:
        return {"search": self.search, "store": self.store}

    @classmethod
    def ruled(cls, rules: Document) -> Choice:
        return Choice(**common_rules(rules), search=rules.flag("search"), store=rules.word("store"))

    def answered(self, raw: Raw, visible: Answers, context: Context) -> Read:
        codes = values_in(raw, self.id)
        offered = self.offered(visible, context)
        other, typed = precision(self, offered, raw)
        if other and typed and not codes:
            codes = [other.code]  # a precision was typed, its button forgotten: nothing is lost
        if len(codes) > 1:
            return wrong(self.id, self.id, said(ONE_ANSWER, context.language))
        if not codes:
            return Read()
        if codes[0] not in {option.code for option in offered}:
            return not_offered(self, context)
        kept = typed if other and codes[0] == other.code else ""
        return with_precision(self, codes[0], kept, context.language)

    def kept(self, data: object) -> Answer | None:
        return data if isinstance(data, str) and data in self.by_code else None

    def posted(self, answer: Answer) -> Typed:
        return {self.id: [str(answer)]}

    def some_answer(self, visible: Answers, context: Context, rng: Random) -> Answer | None:
        return picked(self.offered(visible, context), rng)

    def longest(self) -> int:
        return longest(self.stored.values())

    def field(self, maker: FieldMaker) -> Field:
        options = maker.options(self.offered_to(maker.shown))
        if self.search:
            return replace(maker.plain("list"), options=options)
        return maker.grouped("choice", maker.with_undo(options))

    def reviewed(self, answer: Answer, shown: Shown) -> Iterator[str]:
        code = str(answer)
        if self.store:
            yield shown.words(self.stored_labels[self.stored[code]])
        else:
            yield label_with_precision(self, code, shown)

    def review_note(self, language: str) -> str:
        return said(GENERALISED, language) if self.store else ""

    def quote(self, answers: Answers, language: str) -> str:
        code = answers.get(self.id)
        option = self.by_code.get(code) if isinstance(code, str) else None
        return option.label.to(language) if option else ""

    def how(self) -> str:
        return f"une réponse parmi {len(self.options)}"

    def seconds(self) -> float:
        return A_LONG_LIST if self.search else A_CHOICE

    @property
    def read_through(self) -> tuple[Option, ...]:
        return () if self.search else self.options

    def compared(self) -> Compared:
        return Compared("un code", self.by_code)

    def candidates(self, told: Told) -> Iterator[Answer]:
        return (option.code for option in told.options)

    def parts(self) -> Mapping[str, Compared]:
        return {
            name: Compared("un texte", sorted({*values.values()} - {""}))
            for name, values in self.details.items()
        }

    @cached_property
    def details(self) -> Mapping[str, Mapping[str, str]]:
        """The further columns of its list: column → code → value."""
        known = [name for name, _ in self.options[0].columns] if self.options else []
        return {name: {one.code: one.column(name) for one in self.options} for name in known}

    def changes(self, new: Self, rewording: Rewording) -> Iterator[Said]:
        """What is written for each code, and what it is called."""
        both = [code for code in new.by_code if code in self.by_code]
        if self.store != new.store or any(self.stored[one] != new.stored[one] for one in both):
            yield "breaking", "Ce qui est écrit à la place de la réponse change."
        elif any(_has_moved(self.by_code[code], new.by_code[code]) for code in both):
            yield "breaking", "Une colonne de la liste ne dit plus la même chose d’une réponse."
        if self.store:
            before, after = dict(self.stored_labels), dict(new.stored_labels)
            yield from rewording.by_code("Ce qui est écrit « {} »".format, before, after)
        groups = dict.fromkeys((self.by_code[code].group, new.by_code[code].group) for code in both)
        for was, becomes in groups:
            yield from rewording.of("Un groupe de réponses", was, becomes)
        if self.search != new.search:
            yield "safe", "La liste se présente autrement."

    def columns(self) -> tuple[Column, ...]:
        meant = {self.stored[one.code] for one in self.options if not is_silent(one)}
        silent = frozenset(code for code in self.stored.values() if code not in meant)
        return (self.column(called="choix unique", missing=silent),)

    def filler(self) -> Callable[[object], Codes]:
        return code_filler(self.values())

    def values(self) -> Mapping[str, str]:
        return {code: words(label) for code, label in self.stored_labels.items() if code}

    def open_texts(self) -> Iterator[OpenText]:
        return precisions(self)

    def apart(self) -> Iterator[str]:
        return (option.code for option in self.options if option.apart)


def picked(options: Sequence[Option], rng: Random) -> str | None:
    """One of these options drawn at random; those apart come less often."""
    if not options:
        return None
    weights = [APART if option.apart else 1 for option in options]
    return rng.choices(options, weights)[0].code


def _refuse_exclusive(fields: Fields, option: Option) -> None:
    fields.error(
        "exclusive",
        f"« {option.code} » ne peut pas être exclusive : une seule réponse est permise ici.",
        "Retirez « exclusive », ou employez le type « choices ».",
    )


def _read_store(fields: Fields, options: tuple[Option, ...]) -> str:
    column = fields.scalar("store")
    if column is None or not options:
        return ""
    columns = [name for name, _ in options[0].columns]
    if column.text not in columns:
        told = f"La liste n’a pas de colonne « {column.text} »."
        fields.error("unknown-column", told, did_you_mean(column.text, columns), "store")
        return ""
    empty = [option.code for option in options if not option.column(column.text)]
    if empty:
        told = f"La colonne « {column.text} » est vide pour « {empty[0]} »."
        fields.error("empty-column", told, "Remplissez-la pour toutes les réponses.", "store")
    return column.text


def _common_label(value: str, options: list[Option]) -> Text:
    groups = {option.group for option in options}
    if len(groups) == 1 and options[0].group:
        return options[0].group
    return options[0].label if len(options) == 1 else Text(((NO_LANGUAGE, value),))


def _has_moved(old: Option, new: Option) -> bool:
    """Whether a column says something else of it: conditions read them."""
    after = dict(new.columns)
    return any(after.get(name) != value for name, value in old.columns)
