"""Which combinations of the profile meet a condition, when the profile alone tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, product

from consultation.authoring.population import Cell
from consultation.questionnaire.conditions import AUDIENCE, Condition, Context, evaluate
from consultation.questionnaire.model import Questionnaire
from consultation.results.frame import Plan, ProfileColumn
from consultation.results.gates import Gate, mentioned

Cells = frozenset[Cell]


def met_by_profile(q: Questionnaire, made: Plan, cells: Iterable[Cell]) -> Mapping[Gate, Cells]:
    """For each gate that the profile decides, the combinations of `cells` where it is met.

    The others are left out: a condition on another answer, or on a detail that the stored codes of
    one of these combinations do not tell.
    """
    conditions = {one.source: one for one in _conditions(q)}
    known, found = list(cells), {}
    for gate in made.gates:
        met = _decided(q, made, conditions[gate.condition], known)
        if met is not None:
            found[gate] = met
    return found


def _decided(
    q: Questionnaire, made: Plan, condition: Condition, cells: Iterable[Cell]
) -> Cells | None:
    """Where the condition is met; None when one of these combinations does not say."""
    read = set(mentioned(condition.ast))
    columns = [(n, one) for n, one in enumerate(made.profile) if one.column.name in read]
    if len(columns) < len(read):
        return None
    verdicts: dict[tuple[str, ...], frozenset[bool]] = {}
    met: list[Cell] = []
    for cell in cells:
        codes = tuple(cell[number] for number, _ in columns)
        if codes not in verdicts:
            behind = (
                [(one.column.name, answer) for answer in _answers(q, one, code)]
                for (_, one), code in zip(columns, codes, strict=True)
            )
            verdicts[codes] = frozenset(_holds(condition, dict(one)) for one in product(*behind))
        if len(verdicts[codes]) != 1:
            return None
        if True in verdicts[codes]:
            met.append(cell)
    return frozenset(met)


def _holds(condition: Condition, answers: dict[str, str]) -> bool:
    audience = answers.pop(AUDIENCE, "")
    return evaluate(condition, answers, Context(audience=audience))


def _answers(q: Questionnaire, column: ProfileColumn, code: str) -> Iterator[str]:
    """The answers of which the export keeps this code; none for what is not a choice."""
    name = column.column.name
    question = q.by_id.get(name)
    if name == AUDIENCE:
        yield code
    elif question is not None:
        for option in question.options:
            if code in (question.stored_code(option.code), *map(option.column, column.levels)):
                yield option.code


def _conditions(q: Questionnaire) -> Iterator[Condition]:
    for page in q.pages:
        if page.show_if is not None:
            yield page.show_if
        yield from chain.from_iterable(question.conditions for question in page.questions)
