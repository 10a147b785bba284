"""What an answer says of the conditions under which it was asked.

« Answered the questions for overseas agents » says « works overseas », even in a row whose region
was generalised. So such conditions enter the disclosure rules as the profile does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from consultation.questionnaire.columns import CHOSEN, NO_ANSWER, YES_NO, Codes
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
    Or,
    Ref,
    names,
    refs,
)
from consultation.questionnaire.kinds import Question
from consultation.questionnaire.model import Questionnaire
from consultation.results.disclosure import Hierarchy

MET, UNSEEN = "1", ""

Tells = Callable[[Codes], bool]
Met = Mapping[str, frozenset[str]]
"""By option or row of a question: the conditions without which it is not shown, where any is."""

_CHOSEN = list(YES_NO).index(CHOSEN)


@dataclass(frozen=True, kw_only=True)
class Tie:
    """Some answers to a question, in some of its columns, show that a condition was met."""

    condition: str
    question: str
    columns: range  # of the question's: a row of a grid, or all of them
    tells: Tells  # from the codes of these columns


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A condition on what a row does not show, or may have to hide.

    Where the rules must hide that it was met, the answers that show it are withheld.
    """

    condition: str
    ties: tuple[Tie, ...]

    @cached_property
    def questions(self) -> frozenset[str]:
        """The questions that may show it."""
        return frozenset(tie.question for tie in self.ties)

    @cached_property
    def hierarchy(self) -> Hierarchy:
        """From « seen to be met » to « nothing is seen »."""
        return Hierarchy(name=f"{{{self.condition}}}", root=UNSEEN)


def gates_of(questionnaire: Questionnaire) -> tuple[Gate, ...]:
    """The gates of this questionnaire, in document order."""
    ties = tuple(_Ties(questionnaire).all())
    return tuple(
        Gate(
            condition=condition,
            ties=tuple(tie for tie in ties if tie.condition == condition),
        )
        for condition in dict.fromkeys(tie.condition for tie in ties)
    )


class _Ties:
    """Follows conditions from question to question, in document order."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self._questionnaire = questionnaire
        self._hidden = _hidden(questionnaire)
        self._behind: dict[str, _Behind] = {}

    def all(self) -> Iterator[Tie]:
        """Every tie between an exported answer and a condition on something hidden."""
        for page in self._questionnaire.pages:
            for question in page.questions:
                asked = self._met(page.show_if) | self._met(question.show_if)
                options = self._met_by_code(_options(question))
                rows = self._met_by_code(_rows(question))
                self._behind[question.id] = _Behind(question, asked, options, rows)
                if question.id not in self._hidden:
                    yield from _ties(question, asked, options, rows)

    def _met_by_code(self, items: Iterable[tuple[str, Condition | None]]) -> Met:
        return {code: met for code, condition in items if (met := self._met(condition))}

    def _met(self, condition: Condition | None) -> frozenset[str]:
        """The conditions on something hidden without which this one would not hold."""
        if condition is None:
            return frozenset()
        own = {condition.source} if self._hidden & {*mentioned(condition.ast)} else set[str]()
        return self._needed(condition.ast) | own

    def _needed(self, node: Node) -> frozenset[str]:
        """What the answers that this reads show for sure, and more where it is not plain."""
        match node:
            case And() | Or():
                return frozenset().union(*map(self._needed, node.terms))
            case Named() if node.target is not None:
                return self._needed(node.target)
            case In() | Has() | Answered() | Compare(sign="==", right=Literal()):
                ref = node.left if isinstance(node, Compare) else node.ref
                behind = self._behind.get(ref.question)
                return behind.of(node, ref) if behind else frozenset()
        read = (self._behind.get(question) for question in mentioned(node))
        return frozenset().union(*(behind.everything for behind in read if behind))


@dataclass(frozen=True)
class _Behind:
    """The conditions that answers to a question show to have been met."""

    question: Question
    asked: frozenset[str]
    options: Met
    rows: Met

    @property
    def everything(self) -> frozenset[str]:
        """What any answer shows."""
        return self.asked.union(*self.options.values(), *self.rows.values())

    def of(self, node: In | Has | Answered | Compare, ref: Ref) -> frozenset[str]:
        """What is shown by the answers that this accepts, each of which must show it."""
        question = self.question
        of_codes = not ref.counted and (question.rows or not ref.part)
        if not of_codes or question.stored_column:
            return self.everything
        codes = [code for code, _ in _options(question)]
        match node:
            case In() | Has():
                codes = [str(one.value) for one in node.values]
            case Compare(right=Literal() as one):
                codes = [str(one.value)]
        shown = [self.options.get(code, frozenset()) for code in codes]
        every = isinstance(node, Has) and node.every
        together = frozenset.union if every else frozenset.intersection
        told = together(*shown) if shown else frozenset()
        return self.asked | self.rows.get(ref.part, frozenset()) | told


def _hidden(questionnaire: Questionnaire) -> frozenset[str]:
    """The profile, the audience, and what is asked but not exported."""
    return frozenset({AUDIENCE} if len(questionnaire.audiences) > 1 else ()) | {
        question.id
        for question in questionnaire.questions
        if question.profile or question.export != "all"
    }


def mentioned(node: Node) -> Iterator[str]:
    """The questions a condition reads, through the conditions it names."""
    yield from (ref.question for ref in refs(node))
    for name in names(node):
        if name.target is not None:
            yield from mentioned(name.target)


def _ties(question: Question, asked: frozenset[str], options: Met, rows: Met) -> Iterator[Tie]:
    """What answering at all shows, then what an option or a row shows."""
    block = question.block
    if block is None:
        return
    everywhere, codes = range(len(block.columns)), block.columns[0].codes
    alone = [range(number, number + 1) for number in everywhere]
    parts = alone if question.rows else [everywhere]

    def tie(condition: str, columns: range, tells: Tells) -> Tie:
        return Tie(condition=condition, question=question.id, columns=columns, tells=tells)

    for condition in sorted(asked):
        yield from (tie(condition, part, _answered) for part in parts)
    for code, met in options.items():
        tells = _chosen(question, codes, code)
        yield from (tie(one, part, tells) for one in sorted(met) for part in parts)
    for number, (code, _) in enumerate(_rows(question)):
        yield from (tie(one, alone[number], _answered) for one in sorted(rows.get(code, ())))


def _options(question: Question) -> Iterator[tuple[str, Condition | None]]:
    """The options, which may have conditions of their own."""
    yield from ((option.code, option.show_if) for option in question.options)


def _rows(question: Question) -> Iterator[tuple[str, Condition | None]]:
    """The rows of a grid, which may have some too."""
    yield from ((row.id, row.show_if) for row in question.rows)


def _answered(codes: Codes) -> bool:
    return any(code != NO_ANSWER for code in codes)


def _chosen(question: Question, known: Sequence[str], code: str) -> Tells:
    """Whether the codes show this option chosen."""
    number, chosen = question.column_of(code), _CHOSEN
    if number is not None:
        return lambda codes: codes[number] == chosen
    # An option without a column of its own: hidden by `store`, nothing shows it.
    wanted = known.index(code) if code in known else None
    return lambda codes: wanted in codes
