"""Conditions under construction: our atoms, and an algebra that keeps them short.

`TRUE` is a conjunction of nothing, `FALSE` a disjunction of nothing. An answer among finitely many
is an `Among`, so that unions, intersections and complements stay one atom; `node` gives the
condition of our language, `spell` writes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from consultation.questionnaire.checks import MAX_COST
from consultation.questionnaire.conditions import (
    And,
    Answered,
    Compare,
    Has,
    In,
    Literal,
    Named,
    Node,
    Not,
    Or,
    Ref,
)


class Inexpressible(Exception):
    """Our conditions cannot say this; the message says what, in French."""


MAX_SIZE = MAX_COST // 2  # half of what the language admits, so that conditions can be joined


@dataclass(frozen=True)
class Among:
    """The answer is one of these codes; None among them stands for no answer."""

    ref: Ref
    values: frozenset[str | None]
    domain: tuple[str | None, ...]  # every code, in order, and None


@dataclass(frozen=True)
class Negation:
    """What does not hold."""

    term: Formula


@dataclass(frozen=True)
class All:
    """What holds together."""

    terms: tuple[Formula, ...]
    size: int = field(default=0, compare=False)  # how many atoms it would write


@dataclass(frozen=True)
class Any:
    """What holds at least once."""

    terms: tuple[Formula, ...]
    size: int = field(default=0, compare=False)


Atom = Among | Compare | Has | Answered
Formula = Atom | Negation | All | Any

TRUE: Formula = All(())
FALSE: Formula = Any(())

_Group = TypeVar("_Group", All, Any)


def conj(*terms: Formula) -> Formula:
    """All of these."""
    found = _merged(_flat(All, terms), union=False)
    if FALSE in found or any(neg(one) in found for one in found):
        return FALSE
    kept = [one for one in found if one != TRUE and not _implied(one, found)]
    return kept[0] if len(kept) == 1 else All(tuple(kept), _size(kept))


def disj(*terms: Formula) -> Formula:
    """Any of these."""
    found = _merged(_flat(Any, terms), union=True)
    for one in [one for one in found if _is_absence(one)]:
        found = _merged(_flat(Any, _once_answered(one, found)), union=True)
    if TRUE in found or any(neg(one) in found for one in found):
        return TRUE
    kept = [one for one in found if one != FALSE]
    return kept[0] if len(kept) == 1 else Any(tuple(kept), _size(kept))


def neg(term: Formula) -> Formula:
    """The contrary of this."""
    if term == TRUE:
        return FALSE
    if term == FALSE:
        return TRUE
    match term:
        case Negation():
            return term.term
        case Among():
            return among(term.ref, frozenset(term.domain) - term.values, term.domain)
        case Compare(sign="=="):
            return Compare(term.left, "!=", term.right)
        case Compare(sign="!="):
            return Compare(term.left, "==", term.right)
    return Negation(term)


def among(ref: Ref, values: frozenset[str | None], domain: tuple[str | None, ...]) -> Formula:
    """The answer is one of these: a constant when they are all, or none."""
    if not values:
        return FALSE
    return TRUE if len(values) == len(domain) else Among(ref, values, domain)


def refs(formula: Formula) -> Iterator[Ref]:
    """Every reference in the formula."""
    match formula:
        case Among() | Has() | Answered():
            yield formula.ref
        case Compare():
            yield formula.left
            if isinstance(formula.right, Ref):
                yield formula.right
        case Negation():
            yield from refs(formula.term)
        case All() | Any():
            for term in formula.terms:
                yield from refs(term)


def without(formula: Formula, question: str) -> bool | None:
    """Whether the formula holds when this question has no answer; None when others decide."""
    match formula:
        case Negation():
            found = without(formula.term, question)
            return None if found is None else not found
        case All() | Any():
            stop = isinstance(formula, Any)
            found_all = [without(term, question) for term in formula.terms]
            if stop in found_all:
                return stop
            return None if None in found_all else not stop
        case Among(ref=ref) if ref.question == question:
            return None in formula.values
        case Has(ref=ref) | Answered(ref=ref) if ref.question == question:
            return False
        case Compare(left=left) if left.question == question and not left.counted:
            return formula.sign == "!="
    return None


def settled(formula: Formula, certain: Collection[str]) -> Formula:
    """What remains of the formula when these questions surely have an answer."""
    match formula:
        case Negation():
            return neg(settled(formula.term, certain))
        case All():
            return conj(*(settled(term, certain) for term in formula.terms))
        case Any():
            return disj(*(settled(term, certain) for term in formula.terms))
        case Answered(ref=ref) if ref.question in certain:
            return TRUE
        case Among(ref=ref) if ref.question in certain and not ref.part:
            codes = formula.values - {None}
            whole = len(codes) == len(formula.domain) - 1
            return TRUE if whole else formula if codes else FALSE
        case Compare(left=left, right=Literal() as limit) if left.question in certain:
            some = (formula.sign, limit.value) in ((">", 0), (">=", 1), ("!=", 0))
            return TRUE if some and left.counted else formula
    return formula


def node(formula: Formula) -> Node:
    """The condition of our language."""
    match formula:
        case Among():
            return _among(formula)
        case Negation():
            return Not(node(formula.term))
        case All():
            return _gathered(And, tuple(node(term) for term in formula.terms), every=True)
        case Any():
            return _gathered(Or, tuple(node(term) for term in formula.terms), every=False)
    return formula


def spell(node: Node) -> str:
    """The condition as our language writes it."""
    match node:
        case Compare():
            return f"{_ref(node.left)} {node.sign} {_operand(node.right)}"
        case In():
            return f"{_ref(node.ref)} in [{_literals(node.values)}]"
        case Has() if len(node.values) == 1:
            return f"{_ref(node.ref)} has {_literals(node.values)}"
        case Has():
            mode = "all" if node.every else "any"
            return f"{_ref(node.ref)} has {mode} [{_literals(node.values)}]"
        case Answered():
            return f"answered({node.ref.question})"
        case Named():
            return node.name
        case Not():
            return _not(node)
        case And():
            return " and ".join(_inside(term, Or | And) for term in node.terms)
        case Or():
            return " or ".join(_inside(term, Or) for term in node.terms)


def _not(node: Not) -> str:
    if isinstance(node.term, In):
        return f"{_ref(node.term.ref)} not in [{_literals(node.term.values)}]"
    return f"not {_inside(node.term, And | Or)}"


def _size(terms: Iterable[Formula]) -> int:
    """How many atoms these hold; beyond what could be written, there is no point in going on."""
    total = sum(_weight(term) for term in terms)
    if total > MAX_SIZE:
        raise Inexpressible("elle est trop longue")
    return total


def _weight(term: Formula) -> int:
    while isinstance(term, Negation):
        term = term.term
    return term.size if isinstance(term, All | Any) else 1


def _flat(kind: type[All] | type[Any], terms: Iterable[Formula]) -> Iterator[Formula]:
    for term in terms:
        if isinstance(term, kind) and term.terms:
            yield from term.terms
        elif term not in (TRUE, FALSE) or kind is (All if term == FALSE else Any):
            yield term


def _implied(term: Formula, others: Iterable[Formula]) -> bool:
    """« The question is answered », when another term cannot hold otherwise."""
    return isinstance(term, Answered) and any(
        one != term and without(one, term.ref.question) is False for one in others
    )


def _is_absence(term: Formula) -> bool:
    return isinstance(term, Negation) and isinstance(term.term, Answered)


def _once_answered(absence: Formula, terms: Iterable[Formula]) -> list[Formula]:
    """The alternatives of « no answer » need not ask for an answer; one may say it all."""
    question = next(refs(absence)).question
    answered = neg(absence)
    others = [
        conj(*(one for one in term.terms if one != answered)) if isinstance(term, All) else term
        for term in terms
        if term != absence
    ]
    said = any(without(one, question) is True for one in others)
    return others if said else [absence, *others]


def _merged(terms: Iterable[Formula], *, union: bool) -> list[Formula]:
    """Each term once, and a single one for each finite answer."""
    found: dict[object, Formula] = {}
    for term in terms:
        if not isinstance(term, Among):
            found.setdefault(term, term)
            continue
        before = found.get((term.ref.question, term.ref.part))
        values = term.values
        if isinstance(before, Among):
            values = before.values | values if union else before.values & values
        elif before is not None:  # a constant already
            continue
        found[(term.ref.question, term.ref.part)] = among(term.ref, values, term.domain)
    return list(found.values())


def _among(formula: Among) -> Node:
    """« == », « in », « answered » or their contraries, whichever is shortest."""
    codes = [code for code in formula.domain if code is not None]
    kept = [code for code in codes if code in formula.values]
    left = [code for code in codes if code not in formula.values]
    if None in formula.values:
        if not kept and not formula.ref.part:
            return Not(Answered(formula.ref))
        if len(left) == 1:
            return Compare(formula.ref, "!=", Literal(left[0]))
        return Not(_in(formula.ref, left))
    if not left and not formula.ref.part:
        return Answered(formula.ref)
    if len(left) == 1 and len(kept) > 2 and not formula.ref.part:
        return And((Answered(formula.ref), Compare(formula.ref, "!=", Literal(left[0]))))
    return _in(formula.ref, kept)


def _in(ref: Ref, codes: list[str]) -> Node:
    values = tuple(Literal(code) for code in codes)
    return Compare(ref, "==", values[0]) if len(values) == 1 else In(ref, values)


def _gathered(kind: type[And] | type[Or], terms: tuple[Node, ...], *, every: bool) -> Node:
    """`a has 'x' or a has 'y'` is `a has any ['x', 'y']`; with « and », it is « has all »."""
    kept: list[Node] = []
    places: dict[str, int] = {}
    for term in terms:
        alone = isinstance(term, Has) and (len(term.values) == 1 or term.every == every)
        if not isinstance(term, Has) or not alone:
            kept.append(term)
            continue
        place = places.setdefault(term.ref.question, len(kept))
        if place == len(kept):
            kept.append(term)
            continue
        before = kept[place]
        values = (*before.values, *term.values) if isinstance(before, Has) else term.values
        kept[place] = Has(term.ref, tuple(dict.fromkeys(values)), every)
    flat = [one for term in kept for one in (term.terms if isinstance(term, kind) else (term,))]
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


def _inside(node: Node, grouped: object) -> str:
    said = spell(node)
    return f"({said})" if isinstance(node, grouped) else said  # type: ignore[arg-type]  # a union


def _ref(ref: Ref) -> str:
    if ref.counted:
        return f"count({ref.question})"
    return f"{ref.question}.{ref.part}" if ref.part else ref.question


def _operand(value: Ref | Literal) -> str:
    return _ref(value) if isinstance(value, Ref) else _literals((value,))


def _literals(values: Iterable[Literal]) -> str:
    return ", ".join(_literal(one.value) for one in values)


def _literal(value: str | int | float) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    return f"{value:.9f}".rstrip("0") if isinstance(value, float) else str(value)
