"""Functions that several tools have under one name or another."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from consultation.importing.evaluation import (
    NONE,
    ONE,
    Amount,
    Cases,
    Evaluator,
    Found,
    Function,
    Positive,
    Prose,
    Several,
    Tally,
    Truth,
    Worth,
    opaque,
)
from consultation.importing.expressions import IF, Call, Plain, Tree
from consultation.importing.logic import FALSE, Formula, Inexpressible, conj, disj, neg
from consultation.questionnaire.conditions import Has, Literal

BLANK: tuple[Worth, ...] = (None, "", ())


def is_empty(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    """Whether there is no answer."""
    return Truth.of(_blank(evaluator, given))


def is_answered(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    """Whether there is an answer."""
    return Truth.of(neg(_blank(evaluator, given)))


def choose(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    """One value or the other."""
    _needs(given, 2)
    return evaluator.chosen(*given[:3])


def unchanged(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    """The value itself: what only changes its form."""
    _needs(given, 1)
    return evaluator.found(given[0])


def first_answered(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    """The first value that is not empty."""
    _needs(given, 1)
    cases: Cases = ()
    left: Formula = conj()
    for one in given:
        here = [(conj(left, guard), worth) for guard, worth in evaluator.cases(one)]
        cases += tuple((g, worth) for g, worth in here if worth not in BLANK and g != FALSE)
        left = disj(*(guard for guard, worth in here if worth in BLANK))
    return (*cases, (left, None)) if left != FALSE else cases


def count_answered(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    """How many of these have an answer."""
    return evaluator.cases(total([Call(IF, (Call(ANSWERED, (one,)), ONE, NONE)) for one in given]))


def count_equal(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    """How many of the values after the first are equal to it."""
    _needs(given, 1)
    wanted, *others = given
    parts = [Call(IF, (Call("==", (one, wanted)), ONE, NONE)) for one in others]
    return evaluator.cases(total(parts))


def total_of(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    """The sum; what is not a number counts for nothing."""
    return evaluator.cases(total([Call(NUMBER, (one,)) for one in given]))


def total(parts: Sequence[Tree]) -> Tree:
    """Their sum, as an expression."""
    if not parts:
        return NONE
    tree = parts[0]
    for part in parts[1:]:
        tree = Call("+", (tree, part))
    return tree


def number_or_zero(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    """The number; 0 for what is not one."""
    _needs(given, 1)

    def number(worth: Worth) -> Worth:
        _refuse_open(worth)
        found = evaluator.dialect.number(worth)
        return Fraction(0) if found is None else found

    return evaluator.mapped(number, given[0])


def number_or_nothing(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    """The number; nothing for what is not one."""
    _needs(given, 1)

    def number(worth: Worth) -> Worth:
        _refuse_open(worth)
        return evaluator.dialect.number(worth)

    return evaluator.mapped(number, given[0])


def is_number(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    """Whether the value is a number."""
    _needs(given, 1)

    def numeric(worth: Worth) -> Worth:
        _refuse_open(worth)
        return evaluator.dialect.number(worth) is not None

    return evaluator.mapped(numeric, given[0])


def length(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    """How many characters the value has."""
    _needs(given, 1)

    def measured(worth: Worth) -> Worth:
        if isinstance(worth, Prose | Amount | Several):
            return Positive()
        return Fraction(len(evaluator.dialect.text(worth)))

    return evaluator.mapped(measured, given[0])


def known(function: Callable[..., Plain | tuple[Plain, ...]], least: int = 1) -> Function:
    """A function of texts, that no answer in free text or in figures may enter."""

    def called(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
        _needs(given, least)

        def apply(*worths: Worth) -> Worth:
            if any(isinstance(one, Amount | Tally | Positive) for one in worths):
                raise Inexpressible("elle fait un texte d’un nombre")
            for one in worths:
                _refuse_open(one)
            try:
                return function(*(evaluator.dialect.text(one) for one in worths))
            except (ValueError, TypeError, IndexError) as error:
                raise Inexpressible("elle emploie mal une fonction") from error

        return evaluator.mapped(apply, *given)

    return called


def numeric(function: Callable[..., Fraction], least: int = 1) -> Function:
    """A function of numbers known one by one; nothing when one is not a number."""

    def called(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
        _needs(given, least)

        def apply(*worths: Worth) -> Worth:
            numbers = [evaluator.dialect.number(one) for one in worths]
            if any(isinstance(one, Prose | Several) for one in worths):
                raise Inexpressible(f"elle calcule avec {opaque(*worths)}")
            if any(one is None for one in numbers):
                return None
            if not all(isinstance(one, Fraction) for one in numbers):
                raise Inexpressible("elle calcule avec le nombre donné en réponse")
            return function(*numbers)

        return evaluator.mapped(apply, *given)

    return called


def one_tally(cases: Cases) -> Cases:
    """A question without answer counts for 0, which `count` says already."""
    tallies = [worth for _, worth in cases if isinstance(worth, Tally)]
    others = [worth for _, worth in cases if not isinstance(worth, Tally)]
    if len(tallies) == 1 and all(worth == 0 for worth in others):
        return ((conj(), tallies[0]),)
    return cases


def tally(chosen: Several) -> Tally:
    """How many codes are chosen."""
    parts = tuple(Has(chosen.ref, (Literal(code),)) for code in chosen.codes.values())
    return Tally(parts, len(parts))


def rounded(function: Callable[[Fraction], int]) -> Function:
    """A whole number from a number; one that is whole already stays as it is."""

    def called(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
        _needs(given, 1)

        def apply(worth: Worth) -> Worth:
            found = evaluator.dialect.number(worth)
            if isinstance(found, Fraction):
                return Fraction(function(found))
            if found is None and isinstance(worth, Prose | Several):
                raise Inexpressible(f"elle calcule avec {opaque(worth)}")
            if isinstance(found, Tally) or (isinstance(found, Amount) and found.is_whole):
                return found
            if found is None:
                return None
            raise Inexpressible("elle arrondit une réponse")

        return evaluator.mapped(apply, given[0])

    return called


def matches(text: str, pattern: str) -> bool:
    """Whether the whole text is of this shape."""
    try:
        return bool(re.fullmatch(pattern, text))
    except re.error as error:
        raise ValueError(pattern) from error


def has(chosen: Several, code: str) -> Formula:
    """Whether this code, in the tool's terms, is one of those chosen."""
    ours = chosen.codes.get(code)
    return FALSE if ours is None else Has(chosen.ref, (Literal(ours),))


ANSWERED, NUMBER = "is_answered", "number_or_zero"  # known to every dialect under these names
SHARED = {ANSWERED: is_answered, NUMBER: number_or_zero}


def _needs(given: Sequence[Tree], least: int) -> None:
    if len(given) < least:
        raise Inexpressible("il manque quelque chose entre les parenthèses d’une fonction")


def _blank(evaluator: Evaluator, given: Sequence[Tree]) -> Formula:
    _needs(given, 1)
    return disj(*(guard for guard, worth in evaluator.cases(given[0]) if worth in BLANK))


def _refuse_open(worth: Worth) -> None:
    if isinstance(worth, Prose):
        raise Inexpressible(f"elle examine le contenu d’{worth.what}")
    if isinstance(worth, Several):
        raise Inexpressible("elle prend plusieurs réponses pour une seule valeur")
