"""The same scale of options for several rows: one answer a row."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from random import Random

from consultation.questionnaire.columns import (
    NO_ANSWER,
    Codes,
    Column,
    is_silent,
    numbered,
    words,
)
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.distinctions import MOST, NOBODY, Told, TooMany, refs_of
from consultation.questionnaire.documents import Document, Rule
from consultation.questionnaire.elements import Answer, Answers, Option, Row
from consultation.questionnaire.fields import (
    Field,
    FieldMaker,
    FieldRow,
    Shown,
    Typed,
    dom_id,
)
from consultation.questionnaire.keys import ROW, Key, question_shape
from consultation.questionnaire.kinds.base import (
    Common,
    Compared,
    Control,
    Desk,
    Misuse,
    Question,
    common_rules,
)
from consultation.questionnaire.kinds.choice import picked
from consultation.questionnaire.kinds.optioned import (
    label_with_precision,
    labels_of,
    options_of,
    refuse_precisions,
)
from consultation.questionnaire.lengths import longest, named
from consultation.questionnaire.messages import COLON, NOT_OFFERED, ONE_PER_ROW
from consultation.questionnaire.nodes import Node, Scalar, Table
from consultation.questionnaire.posted import FieldError, Raw, Read, values_in, wrong
from consultation.questionnaire.reading import Fields, check_id, is_translated, read_text
from consultation.words import words as said

MAX_COLUMNS = 7
A_ROW = 4.0  # seconds
_ROWS = "Écrivez « identifiant: libellé » pour chaque ligne."


@dataclass(frozen=True, kw_only=True)
class Matrix(Question):
    """The same scale of options for several rows."""

    options: tuple[Option, ...]
    rows: tuple[Row, ...]

    kind = "matrix"
    shape = question_shape(
        "matrix",
        {
            "rows": Key(holds="rows", needed=True, says="les lignes de la grille"),
            "scale": Key(holds="list", says="le nom d’une liste : l’échelle"),
            "options": Key(holds="options", says="ou l’échelle elle-même"),
        },
        ("options", "scale"),
    )
    measure = "ordinal"
    script = "rows"

    @property
    def control(self) -> Control:
        return "ticked"

    @classmethod
    def read(cls, fields: Fields, common: Common, desk: Desk) -> Matrix:
        options = options_of(fields, desk, key="scale")
        rows = tuple(_read_rows(fields, desk))
        if "rows" in fields and len(fields.pairs("rows")) < 2:
            fields.error("few-rows", "Une grille a deux lignes au moins.", _ROWS, "rows")
        if len(options) > MAX_COLUMNS:
            told = f"Une grille a {MAX_COLUMNS} colonnes au plus ; celle-ci en a {len(options)}."
            fields.error("many-columns", told, "Réduisez l’échelle.")
        elif len(options) > 5:
            told = f"{len(options)} colonnes tiennent mal sur un téléphone."
            fields.warning("many-columns", told, "Cinq suffisent d’ordinaire.")
        refuse_precisions(fields, options, "une grille")
        _check_balance(fields, options)
        return Matrix(**common, options=options, rows=rows)

    def own_rules(self) -> Mapping[str, Rule]:
        return {}

    @classmethod
    def ruled(cls, rules: Document) -> Matrix:
        return Matrix(**common_rules(rules))

    def answered(self, raw: Raw, visible: Answers, context: Context) -> Read:
        codes = {option.code for option in self.offered(visible, context)}
        value: dict[str, str] = {}
        errors: list[FieldError] = []
        for row in self.shown_rows(visible, context):
            name = f"{self.id}.{row.id}"
            posted = values_in(raw, name)
            if len(posted) > 1:
                errors += wrong(self.id, name, said(ONE_PER_ROW, context.language)).errors
            elif posted and posted[0] not in codes:
                errors += wrong(self.id, name, said(NOT_OFFERED, context.language)).errors
            elif posted:
                value[row.id] = posted[0]
        return Read(value or None, errors=tuple(errors))

    def kept(self, data: object) -> Answer | None:
        if not isinstance(data, dict):
            return None
        return {
            row.id: data[row.id]
            for row in self.rows
            if isinstance(data.get(row.id), str) and data[row.id] in self.by_code
        } or None

    def posted(self, answer: Answer) -> Typed:
        given = answer if isinstance(answer, Mapping) else {}
        return {f"{self.id}.{row}": [code] for row, code in given.items()}

    def lacks(self, value: Answer | None, visible: Answers, context: Context) -> list[FieldError]:
        if self.required is None:
            return []
        message = self.required.to(context.language)
        given = value if isinstance(value, Mapping) else {}
        return [
            FieldError(question=self.id, field=f"{self.id}.{row.id}", message=message)
            for row in self.shown_rows(visible, context)
            if row.id not in given
        ]

    def some_answer(self, visible: Answers, context: Context, rng: Random) -> Answer | None:
        options = self.offered(visible, context)
        answered = {
            row.id: picked(options, rng)
            for row in self.shown_rows(visible, context)
            if self.required or rng.random() < 0.95
        }
        return {row: code for row, code in answered.items() if code} or None

    def still_offered(self, answer: Answer, visible: Answers, context: Context) -> Answer | None:
        given = answer if isinstance(answer, Mapping) else {}
        codes = {option.code for option in self.offered(visible, context)}
        rows = {row.id for row in self.shown_rows(visible, context)}
        return {row: code for row, code in given.items() if row in rows and code in codes} or None

    def longest(self) -> int:
        return len("{}") + sum(named(row.id, longest(self.by_code)) for row in self.rows)

    def drafted(
        self, value: Answer | None, before: Answer | None, visible: Answers, context: Context
    ) -> Answer | None:
        """The rows just read, and those answered before that are hidden now: they may come back."""
        shown = {row.id for row in self.shown_rows(visible, context)}
        known, read = (given if isinstance(given, Mapping) else {} for given in (before, value))
        return {row: code for row, code in known.items() if row not in shown} | dict(read) or None

    def field(self, maker: FieldMaker) -> Field:
        shown = maker.shown
        options = self.offered(shown.visible, shown.context)
        rows = tuple(
            self._row(f"{self.id}.{row.id}", row, options, maker)
            for row in self.shown_rows(shown.visible, shown.context)
        )
        faulty = next((row for row in rows if row.error), rows[0])
        return replace(maker.plain("matrix"), rows=rows, first_id=faulty.options[0].id)

    def _row(self, name: str, row: Row, options: tuple[Option, ...], maker: FieldMaker) -> FieldRow:
        return FieldRow(
            id=dom_id(name),
            name=name,
            label=maker.words(row.label),
            error=maker.errors.get(name, ""),
            options=maker.options(options, name),
        )

    def reviewed(self, answer: Answer, shown: Shown) -> Iterator[str]:
        given = answer if isinstance(answer, Mapping) else {}
        for row in self.rows:
            if row.id in given:
                value = label_with_precision(self, given[row.id], shown)
                yield f"{shown.words(row.label)}{said(COLON, shown.context.language)} {value}"

    def how(self) -> str:
        return f"une réponse par ligne, {len(self.rows)} lignes"

    def seconds(self) -> float:
        return A_ROW * len(self.rows)

    def compared(self) -> Misuse:
        row = self.rows[0].id if self.rows else "ligne"
        return Misuse(f"« {self.id} » est une grille.", f"Nommez une ligne : {self.id}.{row}.")

    def parts(self) -> Mapping[str, Compared]:
        return {row.id: Compared("un code", self.by_code) for row in self.rows}

    def candidates(self, told: Told) -> Iterator[Answer]:
        """Grids: the rows that conditions look at, and one that stands for the others."""
        read = {ref.part for atom in told.atoms for ref in refs_of(atom) if ref.question == self.id}
        others = [row for row in told.rows if row not in read]
        blank = [] if told.must else [""]
        columns: list[tuple[str, Sequence[str]]] = [
            (row, [*blank, *self._codes(row, told)]) for row in told.rows if row in read
        ]
        if others and told.options:
            columns.append((others[0], [*blank, told.options[0].code]))
        if math.prod(len(codes) for _, codes in columns) > MOST * 16:
            raise TooMany
        for codes in product(*(codes for _, codes in columns)):
            grid = {row: code for (row, _), code in zip(columns, codes, strict=True) if code}
            if grid:
                yield grid

    def _codes(self, row: str, told: Told) -> Iterator[str]:
        """One code of each kind for this row."""
        kinds: dict[tuple[object, ...], str] = {}
        for option in told.options:
            given = {self.id: {row: option.code}}
            seen = tuple(
                ref.read(given, NOBODY) if len(refs_of(atom)) > 1 else atom.holds(given, NOBODY)
                for atom in told.atoms
                for ref in refs_of(atom)
                if (ref.question, ref.part) == (self.id, row)
            )
            kinds.setdefault(seen, option.code)
        yield from kinds.values()

    def columns(self) -> tuple[Column, ...]:
        silent = frozenset(one.code for one in self.options if is_silent(one))
        return tuple(
            self.column(f"__{row.id}", words(row.label), called="grille", missing=silent)
            for row in self.rows
        )

    def filler(self) -> Callable[[object], Codes]:
        rows, known = tuple(row.id for row in self.rows), numbered(self.values())

        def fill(answer: object) -> Codes:
            given = answer if isinstance(answer, Mapping) else {}
            return [known.get(str(given.get(row, "")), NO_ANSWER) for row in rows]

        return fill

    def places(self) -> Callable[[object], Sequence[bool]]:
        rows = tuple(row.id for row in self.rows)
        return lambda answer: tuple(
            isinstance(answer, Mapping) and answer.get(row) not in (None, "") for row in rows
        )

    def values(self) -> Mapping[str, str]:
        return labels_of(self.options)

    def apart(self) -> Iterator[str]:
        return (option.code for option in self.options if option.apart)


def _check_balance(fields: Fields, options: tuple[Option, ...]) -> None:
    graded = sum(not option.apart for option in options)
    if options and graded == len(options) and graded % 2 == 0:
        told = "Cette échelle n’a ni milieu ni réponse « sans avis »."
        fields.warning("no-neutral", told, "Ajoutez une réponse « apart: true ».")


def _read_rows(fields: Fields, desk: Desk) -> Iterator[Row]:
    for key, node in fields.pairs("rows"):
        row = _read_row(key, node, desk)
        if row is not None:
            yield row


def _read_row(key: Scalar, node: Node, desk: Desk) -> Row | None:
    if not check_id(key, desk.problems):
        return None
    if isinstance(node, Table) and not is_translated(node):
        where = f"la ligne « {key.text} »"
        fields = Fields(node, desk.problems, ROW, language=desk.language, where=where)
        label, show_if = fields.text("label"), fields.condition("show_if")
    else:
        label, show_if = read_text(node, key.text, desk.problems, language=desk.language), None
    return Row(id=key.text, label=label, show_if=show_if) if label else None
