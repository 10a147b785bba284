"""What an answer says of the conditions under which it was asked.

« Answered the questions for overseas agents » says « works overseas », even in a row whose region
was generalised. So such conditions enter the disclosure rules as the profile does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from consultation.questionnaire.conditions import AUDIENCE, Condition, Node, names, refs
from consultation.questionnaire.model import Choice, Choices, Matrix, Question, Questionnaire, Rank
from consultation.results.columns import CHOSEN, NO_ANSWER, Codes, block_of
from consultation.results.disclosure import Hierarchy

MET, UNSEEN = "1", ""

Tells = Callable[[Codes], bool]


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A condition on what a row does not show, or may have to hide.

    Where the rules must hide that it was met, the answers to `questions` are withheld.
    """

    condition: str
    tells: tuple[tuple[str, Tells], ...]  # a question, and what its codes show

    @cached_property
    def questions(self) -> frozenset[str]:
        """The questions that may show it."""
        return frozenset(question for question, _ in self.tells)

    def seen(self, coded: Callable[[str], Codes]) -> bool:
        """Whether the codes of these questions show that the condition was met."""
        return any(tell(coded(question)) for question, tell in self.tells)

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
            tells=tuple((tie.question, tie.tells) for tie in ties if tie.condition == condition),
        )
        for condition in dict.fromkeys(tie.condition for tie in ties)
    )


@dataclass(frozen=True, kw_only=True)
class _Tie:
    """A condition that an answer to a question shows to have been met."""

    condition: str
    question: str
    tells: Tells


class _Ties:
    """Follows conditions from question to question, in document order."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self._questionnaire = questionnaire
        self._hidden = _hidden(questionnaire)
        self._behind: dict[str, frozenset[str]] = {}  # what an answer to a question may show

    def all(self) -> Iterator[_Tie]:
        """Every tie between an exported answer and a condition on something hidden."""
        for page in self._questionnaire.pages:
            for question in page.questions:
                asked = self._met(page.show_if) | self._met(question.show_if)
                parts = [(code, self._met(condition)) for code, condition in _parts(question)]
                self._behind[question.id] = asked.union(*(met for _, met in parts))
                if question.id not in self._hidden:
                    yield from _ties(question, asked, parts)

    def _met(self, condition: Condition | None) -> frozenset[str]:
        """The conditions on something hidden without which this one would not hold."""
        if condition is None:
            return frozenset()
        read = frozenset(mentioned(condition.ast))
        own = frozenset({condition.source} if read & self._hidden else ())
        return own.union(*(self._behind.get(question, frozenset()) for question in read))


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


def _ties(
    question: Question, asked: frozenset[str], parts: Sequence[tuple[str, frozenset[str]]]
) -> Iterator[_Tie]:
    block = block_of(question)
    if block is None:
        return
    for condition in sorted(asked):
        yield _Tie(condition=condition, question=question.id, tells=_answered)
    for number, (code, met) in enumerate(parts):
        for condition in sorted(met):
            tells = _shown(question, block.columns[0].codes, number, code)
            yield _Tie(condition=condition, question=question.id, tells=tells)


def _parts(question: Question) -> Sequence[tuple[str, Condition | None]]:
    """The rows or options, which may have conditions of their own."""
    match question:
        case Matrix():
            return [(row.id, row.show_if) for row in question.rows]
        case Choice() | Choices() | Rank():
            return [(option.code, option.show_if) for option in question.options]
    return []


def _answered(codes: Codes) -> bool:
    return any(code != NO_ANSWER for code in codes)


def _shown(question: Question, known: Sequence[str], number: int, code: str) -> Tells:
    """Whether the codes show this row answered, or this option chosen."""
    match question:
        case Matrix():
            return lambda codes: codes[number] != NO_ANSWER
        case Choices():
            return lambda codes: codes[number] == known.index(CHOSEN)
    # An option without a column of its own: hidden by `store`, nothing shows it.
    wanted = known.index(code) if code in known else None
    return lambda codes: wanted in codes
