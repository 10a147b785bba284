"""Checks over the whole questionnaire: what conditions and texts refer to, and whether they may."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from consultation.questionnaire.conditions import (
    AUDIENCE,
    And,
    Answered,
    Compare,
    Condition,
    Has,
    In,
    Literal,
    Named,
    Node,
    Not,
    Or,
    Ref,
    names,
    nodes,
    refs,
)
from consultation.questionnaire.elements import Text
from consultation.questionnaire.kinds import FREE_TEXT, Compared, Question
from consultation.questionnaire.model import Page, Questionnaire
from consultation.questionnaire.problems import Mark, Problems, did_you_mean
from consultation.questionnaire.texts import pipes

MAX_DEPTH = 60  # named conditions included: keeps evaluation far from Python's own limit
MAX_COST = 2_000
MAX_QUESTIONS = 8


def check(q: Questionnaire, broken: Collection[str], problems: Problems) -> frozenset[Mark]:
    """Note every problem of a questionnaire whose parts were read; where faulty conditions are.

    `broken` are the ids that were not read. A reference to them is not reported: their own problem
    is.
    """
    checker = _Checker(q, broken, problems)
    checker.run()
    return frozenset(checker.faulty)


@dataclass(frozen=True)
class _Place:
    """Where a condition or a text stands: what comes before it may be referred to."""

    before: int  # the rank of the first question that is not earlier
    page: Page | None = None
    question: str = ""


@dataclass
class _Checker:
    q: Questionnaire
    broken: Collection[str]
    problems: Problems
    ranks: dict[str, int] = field(default_factory=dict)
    tags: dict[str, Page] = field(default_factory=dict)
    faulty: set[Mark] = field(default_factory=set)

    def run(self) -> None:
        for page in self.q.pages:
            for question in page.questions:
                self.ranks[question.id] = len(self.ranks)
                self.tags[question.id] = page
        named = dict(self.q.conditions)
        everywhere = _Place(len(self.ranks))
        for condition in named.values():
            self._check_condition(condition, everywhere, named)
        self._check_cycles(named)
        for condition, place in self._placed_conditions():
            self._check_condition(condition, place, named)
            self._check_names(condition, place, named)
        for text, place in self._placed_texts():
            self._check_pipes(text, place)
        self._check_unused(named)
        self._check_pages()

    # Where things stand

    def _placed_conditions(self) -> Iterator[tuple[Condition, _Place]]:
        rank = 0
        for page in self.q.pages:
            if page.show_if:
                yield page.show_if, _Place(rank, page)
            for question in page.questions:
                place = _Place(rank, page, question.id)
                for condition in question.conditions:
                    yield condition, place
                rank += 1
            for warning in page.checks:
                yield warning.warn_if, _Place(rank, page)

    def _placed_texts(self) -> Iterator[tuple[Text, _Place]]:
        rank = 0
        for page in self.q.pages:
            for text in (page.title, page.intro):
                if text:
                    yield text, _Place(rank, page)
            for question in page.questions:
                for text in (question.text, question.hint):
                    if text:
                        yield text, _Place(rank, page, question.id)
                rank += 1
            for warning in page.checks:
                yield warning.message, _Place(rank, page)

    # Conditions

    def _check_condition(
        self, condition: Condition, place: _Place, named: Mapping[str, Condition]
    ) -> None:
        for name in names(condition.ast):
            if name.name not in named and name.name not in self.broken:
                self._unknown_name(condition, name, named)
        for ref in refs(condition.ast):
            self._check_ref(condition, ref, place)
        for node in nodes(condition.ast):
            self._check_types(condition, node)

    def _unknown_name(
        self, condition: Condition, name: Named, named: Mapping[str, Condition]
    ) -> None:
        if name.name in self.ranks:
            said = f"« {name.name} » est une question, pas une condition."
            remedy = f"Écrivez answered({name.name}), ou comparez sa réponse."
        else:
            said = f"La condition « {name.name} » n’existe pas."
            remedy = did_you_mean(name.name, [*named, *self.ranks])
        self._error(condition, name.at, "unknown-condition", said, remedy)

    def _check_ref(self, condition: Condition, ref: Ref, place: _Place) -> None:
        """The question referred to exists and is asked earlier."""
        if ref.question == AUDIENCE and (ref.part or ref.counted):
            said = "Le public n’a ni ligne, ni colonne, ni nombre de réponses."
            self._error(condition, ref.at, "unknown-part", said, "Écrivez audience == 'public'.")
        if ref.question == AUDIENCE or ref.question in self.broken:
            return
        if ref.question not in self.ranks:
            said = f"La question « {ref.question} » n’existe pas."
            remedy = did_you_mean(ref.question, self.ranks)
            self._error(condition, ref.at, "unknown-question", said, remedy)
        elif wrong := self._too_late(ref.question, place):
            self._error(condition, ref.at, *wrong)

    def _too_late(self, question: str, place: _Place) -> tuple[str, str, str] | None:
        """Why this question cannot be known there."""
        if question == place.question:
            said = f"« {question} » ne peut pas dépendre d’elle-même."
            return "self-reference", said, "Citez une question posée avant."
        if self.ranks[question] >= place.before:
            said = f"La question « {question} » est posée plus loin."
            return "forward-reference", said, "Citez une question posée avant, ou déplacez-la."
        page = self.tags[question]
        if (
            place.page
            and page is not place.page
            and page.shuffle
            and (page.shuffle == place.page.shuffle)
        ):
            said = f"La page « {page.id} » peut venir après celle-ci : leur ordre est tiré au sort."
            return (
                "shuffled-reference",
                said,
                f"Retirez « shuffle: {page.shuffle} » d’une des deux.",
            )
        return None

    def _check_names(
        self, condition: Condition, place: _Place, named: Mapping[str, Condition]
    ) -> None:
        """A named condition may be used where everything it depends on is known."""
        for name in names(condition.ast):
            for question in _depends(name.name, named):
                if question in self.ranks and (wrong := self._too_late(question, place)):
                    code, said, remedy = wrong
                    said = f"La condition « {name.name} » cite « {question} ». {said}"
                    self._error(condition, name.at, code, said, remedy)
                    break

    def _check_cycles(self, named: Mapping[str, Condition]) -> None:
        weights = _Weights(named)
        for name, condition in named.items():
            depth, cost = weights.of(name)
            if name in weights.loops:
                said = f"Ces conditions tournent en rond : {' → '.join(weights.loops[name])}."
                self._error(condition, 0, "cycle", said, "Rompez la boucle.")
            elif depth > MAX_DEPTH or cost > MAX_COST:
                said = f"La condition « {name} » en cite trop d’autres."
                self._error(condition, 0, "too-deep", said, "Simplifiez-la.")

    # Types

    def _check_types(self, condition: Condition, node: Node) -> None:
        match node:
            case Compare():
                self._check_compare(condition, node)
            case In():
                kind = self._kind(condition, node.ref)
                for value in node.values:
                    self._check_literal(condition, kind, value)
            case Has():
                kind = self._set_kind(condition, node.ref)
                for value in node.values:
                    self._check_literal(condition, kind, value)
            case Answered():
                question = self.q.by_id.get(node.ref.question)
                if (question and not question.asks) or node.ref.question == AUDIENCE:
                    said = f"« {node.ref.question} » n’attend pas de réponse."
                    self._error(condition, node.ref.at, "type", said, "Citez une autre question.")

    def _check_compare(self, condition: Condition, node: Compare) -> None:
        left = self._kind(condition, node.left)
        ordered = node.sign not in ("==", "!=")
        if left and ordered and not left.number:
            said = f"« {node.sign} » compare des nombres, pas {left.what}."
            self._error(condition, node.left.at, "type", said, "Employez ==, != ou in.")
        elif isinstance(node.right, Literal):
            self._check_literal(condition, left, node.right, ordered=ordered)
        else:
            right = self._kind(condition, node.right)
            if left and right and left.number != right.number:
                said = f"On ne compare pas {left.what} à {right.what}."
                self._error(condition, node.right.at, "type", said, "")

    def _check_literal(
        self,
        condition: Condition,
        kind: Compared | None,
        literal: Literal,
        *,
        ordered: bool = False,
    ) -> None:
        if kind is None:
            return
        if isinstance(literal.value, str):
            if literal.value in kind.codes and not ordered:
                return
            if kind.codes and not ordered:
                said = f"« {literal.value} » n’est pas une réponse possible."
                remedy = did_you_mean(literal.value, kind.codes)
                self._error(condition, literal.at, "unknown-code", said, remedy)
                return
        elif kind.number:
            return
        said = f"On ne compare pas {kind.what} à {_described(literal)}."
        remedy = (
            "Écrivez un nombre sans apostrophes." if kind.number else "Écrivez un code : 'code'."
        )
        self._error(condition, literal.at, "type", said, remedy)

    def _set_kind(self, condition: Condition, ref: Ref) -> Compared | None:
        """What may be looked for in the answer with `has`."""
        question = self.q.by_id.get(ref.question)
        if question and question.several and not ref.part:
            return Compared("des réponses", question.by_code)
        if question is not None or ref.question == AUDIENCE:
            said = f"« has » cherche parmi plusieurs réponses ; « {ref.question} » n’en a qu’une."
            self._error(condition, ref.at, "type", said, "Employez == ou in.")
        return None

    def _kind(self, condition: Condition, ref: Ref) -> Compared | None:
        """What the reference may be compared with; None when it may not, which is noted."""
        if ref.question == AUDIENCE and not (ref.part or ref.counted):
            return Compared("un public", [name for name, _ in self.q.audiences])
        question = self.q.by_id.get(ref.question)
        if question is None:
            return None
        if ref.counted:
            return self._counted(condition, ref, question)
        if ref.part:
            return self._part(condition, ref, question)
        compared = question.compared()
        if isinstance(compared, Compared):
            return compared
        self._error(condition, ref.at, "type", compared.message, compared.remedy)
        return None

    def _counted(self, condition: Condition, ref: Ref, question: Question) -> Compared | None:
        if question.several:
            return Compared("un nombre", number=True)
        said = (
            f"« count » compte les réponses d’un choix multiple ; « {question.id} » n’en est pas."
        )
        self._error(condition, ref.at, "type", said, "")
        return None

    def _part(self, condition: Condition, ref: Ref, question: Question) -> Compared | None:
        known = question.parts()
        if ref.part in known:
            return known[ref.part]
        said = f"« {question.id} » n’a ni ligne ni colonne « {ref.part} »."
        self._error(condition, ref.at, "unknown-part", said, did_you_mean(ref.part, known))
        return None

    # Texts

    def _check_pipes(self, text: Text, place: _Place) -> None:
        mark = Mark(text.line, text.column)
        for _, words in text.versions:
            for pipe in pipes(words):
                at = self.problems.within(mark, words, words.find("{" + pipe.question))
                if wrong := self._wrong_pipe(pipe.question, pipe.fallback, place):
                    self.problems.error(at, *wrong)

    def _wrong_pipe(
        self, source: str, fallback: str | None, place: _Place
    ) -> tuple[str, str, str] | None:
        question = self.q.by_id.get(source)
        if question is None:
            if source in self.broken:
                return None
            said = f"La question « {source} » n’existe pas."
            return "unknown-question", said, did_you_mean(source, self.ranks)
        if wrong := self._too_late(source, place):
            return wrong
        if question.writing in FREE_TEXT:
            said = f"« {source} » est un texte libre : il ne peut pas être repris."
            return "piping", said, "Reprenez un choix, une note ou un nombre."
        if not question.quotable:
            said = f"La réponse à « {source} » ne peut pas être reprise dans un texte."
            return "piping", said, "Reprenez un choix, une note ou un nombre."
        page = self.tags[source]
        certain = question.required and not question.show_if and not page.show_if
        if not fallback and not certain:
            said = f"« {source} » peut rester sans réponse."
            return "piping", said, f"Écrivez {{{source}|texte de remplacement}}."
        return None

    # Warnings

    def _check_unused(self, named: Mapping[str, Condition]) -> None:
        placed = [condition for condition, _ in self._placed_conditions()]
        used = {name.name for one in (*placed, *named.values()) for name in names(one.ast)}
        for name, condition in named.items():
            if name not in used:
                mark = Mark(condition.line, condition.column)
                said = f"La condition « {name} » ne sert pas."
                self.problems.warning(mark, "unused", said, "Retirez-la.")

    def _check_pages(self) -> None:
        for page in self.q.pages:
            if len(page.questions) > MAX_QUESTIONS:
                said = f"La page « {page.id} » a {len(page.questions)} questions."
                mark = self.problems.start_of(page.line)
                self.problems.warning(
                    mark, "long-page", said, f"Tenez-vous à {MAX_QUESTIONS} par page."
                )

    def _error(self, condition: Condition, at: int, code: str, message: str, remedy: str) -> None:
        mark = Mark(condition.line, condition.column)
        self.faulty.add(mark)
        self.problems.error(self.problems.within(mark, condition.source, at), code, message, remedy)


def _depends(name: str, named: Mapping[str, Condition]) -> Iterator[str]:
    """The questions a named condition depends on."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        condition = named.get(one := waiting.pop())
        if condition is None or one in seen:
            continue
        seen.add(one)
        yield from (ref.question for ref in refs(condition.ast))
        waiting += [below.name for below in names(condition.ast)]


@dataclass
class _Weights:
    """How deep and how costly each named condition is once it is spelled out."""

    named: Mapping[str, Condition]
    loops: dict[str, tuple[str, ...]] = field(default_factory=dict)
    known: dict[str, tuple[int, int]] = field(default_factory=dict)

    def of(self, name: str, path: tuple[str, ...] = ()) -> tuple[int, int]:
        if name in path:
            self.loops[name] = (*path[path.index(name) :], name)
            return 0, 0
        if name not in self.named:
            return 1, 1
        if len(path) > MAX_DEPTH:
            return MAX_DEPTH + 1, 0
        if name not in self.known:
            self.known[name] = self._weigh(self.named[name].ast, (*path, name))
        return self.known[name]

    def _weigh(self, node: Node, path: tuple[str, ...]) -> tuple[int, int]:
        match node:
            case Named():
                depth, cost = self.of(node.name, path)
                return 1 + depth, cost
            case Not():
                depth, cost = self._weigh(node.term, path)
                return 1 + depth, cost
            case And() | Or():
                weighed = [self._weigh(term, path) for term in node.terms]
                return 1 + max(depth for depth, _ in weighed), sum(cost for _, cost in weighed)
        return 1, 1


def _described(literal: Literal) -> str:
    return "un texte" if isinstance(literal.value, str) else "un nombre"
