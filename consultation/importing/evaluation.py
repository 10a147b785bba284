"""Evaluating an expression over every answer at once, in the sense of the tool it comes from.

An answer is taken case by case: each code of a choice, no answer, a number left as it is. Every
operator is computed in each case with the rules of the tool (`Dialect`), so that what comes out is
equivalent by construction, unanswered questions included. What cannot be said is `Inexpressible`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import combinations
from math import comb, floor

from consultation.importing.expressions import (
    AND,
    ARITHMETIC,
    COMPARISONS,
    IF,
    NEGATIVE,
    NOT,
    OR,
    Call,
    Constant,
    Name,
    Plain,
    Series,
    Tree,
)
from consultation.importing.logic import FALSE, TRUE, Formula, Inexpressible, conj, disj, neg
from consultation.questionnaire.conditions import Compare, Has, Literal, Ref

MAX_CASES = 3_000
MAX_WAYS = 60  # of choosing so many among so many
DECIMALS = 6  # of the numbers that respondents give, at most


@dataclass(frozen=True)
class Amount:
    """A number answered, times a factor, plus a term."""

    ref: Ref
    factor: Fraction = Fraction(1)
    term: Fraction = Fraction(0)
    whole: bool = False  # whether answers are whole numbers

    @property
    def is_whole(self) -> bool:
        """Whether it is a whole number whatever the answer."""
        return self.whole and self.factor.denominator == self.term.denominator == 1


@dataclass(frozen=True)
class Prose:
    """A text or a date answered: nothing is known of it but that it is not empty."""

    ref: Ref
    what: str = "un texte libre"


@dataclass(frozen=True)
class Several:
    """The codes chosen, one at least; `codes` gives ours for each of the tool's."""

    ref: Ref
    codes: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True)
class Tally:
    """How many of these hold; `count` says it when they are all the codes of a question."""

    parts: tuple[Formula, ...]
    total: int = 0  # how many codes that question has


@dataclass(frozen=True)
class Positive:
    """A whole number, 1 at least: the length of a text answered."""


@dataclass(frozen=True)
class Unticked:
    """A box left empty, for a tool in which this is either false or nothing."""


Number = Fraction | Amount | Tally | Positive
Worth = Plain | tuple[Plain, ...] | Number | Prose | Several | Unticked
"""What an expression is worth in one case."""

Cases = tuple[tuple[Formula, Worth], ...]
"""What an expression is worth: one case holds, and only one."""


@dataclass(frozen=True)
class Truth:
    """When an expression is true, and when it is false; a third value is neither."""

    true: Formula
    false: Formula

    @classmethod
    def of(cls, holds: Formula | bool) -> Truth:
        """True when this holds, and false otherwise."""
        true = (TRUE if holds else FALSE) if isinstance(holds, bool) else holds
        return cls(true, neg(true))


UNKNOWN = Truth(FALSE, FALSE)
ONE, NONE = Constant(Fraction(1)), Constant(Fraction(0))

Found = Cases | Truth
Function = Callable[["Evaluator", Sequence[Tree]], Found]
Lookup = Callable[[str], Cases | Tree]


class Dialect:
    """How one tool computes; each tool overrides what it does in its own way.

    Here: nothing is equal to nothing alone, and is neither more nor less than anything.
    """

    three_valued = False

    @property
    def functions(self) -> Mapping[str, Function]:
        """The functions of the tool, by name in lower case."""
        return {}

    def truth(self, worth: Worth) -> Truth:
        """Whether a value counts as true."""
        if isinstance(worth, bool):
            return Truth.of(worth)
        if worth is None:
            return Truth.of(holds=False)
        if isinstance(worth, Fraction):
            return Truth.of(worth != 0)
        if isinstance(worth, Amount | Tally | Positive):
            return neg_truth(compared(worth, "==", Fraction(0)))
        return Truth.of(not isinstance(worth, Unticked) and worth not in ("", ()))

    def compare(self, left: Worth, sign: str, right: Worth) -> Truth:
        """Two values, neither of which depends on an answer any more, or one that does."""
        if left is None or right is None:
            return self.compare_nothing(left, sign, right)
        if isinstance(left, Several) or isinstance(right, Several):
            return self.compare_several(left, sign, right)
        if isinstance(left, Prose) or isinstance(right, Prose):
            return self.compare_prose(left, sign, right)
        return self.compare_known(left, sign, right)

    def compare_nothing(self, left: Worth, sign: str, right: Worth) -> Truth:
        """No answer on one side at least."""
        blank = all(one is None or one == "" for one in (left, right))
        return Truth.of({"==": blank, "!=": not blank}.get(sign, False))

    def compare_several(self, left: Worth, sign: str, right: Worth) -> Truth:
        """The codes chosen, as a whole."""
        chosen, other = (left, right) if isinstance(left, Several) else (right, left)
        if sign not in ("==", "!=") or not isinstance(chosen, Several):
            raise Inexpressible("elle compare plusieurs réponses à la fois")
        expected = other if isinstance(other, tuple) else (other,)
        codes = [chosen.codes.get(self.text(one)) for one in expected if _is_plain(one)]
        if len(codes) != len(expected) or "" in expected or None in codes:
            equal = FALSE
        else:
            literals = tuple(Literal(code) for code in codes if code is not None)
            count = Compare(Ref(chosen.ref.question, counted=True), "==", Literal(len(literals)))
            equal = conj(*(Has(chosen.ref, (one,)) for one in literals), count)
        return Truth.of(equal if sign == "==" else neg(equal))

    def compare_prose(self, left: Worth, sign: str, right: Worth) -> Truth:
        """A text of which nothing is known but that it is not empty."""
        other = right if isinstance(left, Prose) else left
        if sign in ("==", "!=") and other == "":
            return Truth.of(sign == "!=")
        if sign in (">", ">=") and other == "" and isinstance(left, Prose):
            return Truth.of(holds=True)
        raise Inexpressible(
            f"elle compare {opaque(left, right)}, dont seule la présence peut être demandée"
        )

    def compare_known(self, left: Worth, sign: str, right: Worth) -> Truth:
        """Numbers when both are, else texts."""
        first, second = self.number(left), self.number(right)
        if first is not None and second is not None:
            return compared(first, sign, second)
        if any(isinstance(one, Amount | Tally | Positive) for one in (left, right)):
            return Truth.of(sign == "!=")
        return Truth.of(_holds(self.text(left), sign, self.text(right)))

    def number(self, worth: Worth) -> Number | None:
        """The value as a number, when it is one."""
        if isinstance(worth, Amount | Tally | Positive):
            return worth
        if isinstance(worth, bool):
            return Fraction(int(worth))
        if isinstance(worth, str):
            return fraction(worth)
        return worth if isinstance(worth, Fraction) else None

    def text(self, worth: Worth) -> str:
        """The value as a text."""
        if isinstance(worth, bool):
            return "true" if worth else "false"
        if isinstance(worth, Fraction):
            return str(worth.numerator) if worth.denominator == 1 else str(float(worth))
        if worth is None:
            return ""
        if isinstance(worth, str):
            return worth
        raise Inexpressible("elle fait un texte d’une réponse")

    def calculate(self, left: Worth, sign: str, right: Worth) -> Worth:
        """Arithmetic; nothing when a side is not a number."""
        first, second = self.number(left), self.number(right)
        if first is None or second is None:
            if isinstance(left, Prose | Several) or isinstance(right, Prose | Several):
                raise Inexpressible(f"elle calcule avec {opaque(left, right)}")
            return None
        return calculated(first, sign, second)


class Evaluator:
    """Evaluates the expressions of one questionnaire."""

    def __init__(self, dialect: Dialect, lookup: Lookup, sizes: Mapping[str, int]) -> None:
        self.dialect = dialect
        self._lookup = lookup
        self._sizes = sizes  # how many options each question has
        self._open: list[str] = []

    def holds(self, tree: Tree) -> Formula:
        """When the expression is true; raises `Inexpressible`."""
        return self.truth(tree).true

    def truth(self, tree: Tree) -> Truth:
        """When the expression is true, and when it is false."""
        if isinstance(tree, Call):
            match tree.function:
                case "and":
                    terms = [self.truth(one) for one in tree.given]
                    return Truth(
                        conj(*(one.true for one in terms)), disj(*(one.false for one in terms))
                    )
                case "or":
                    terms = [self.truth(one) for one in tree.given]
                    return Truth(
                        disj(*(one.true for one in terms)), conj(*(one.false for one in terms))
                    )
                case "not":
                    return neg_truth(self.truth(tree.given[0]))
        found = self.found(tree)
        if not isinstance(found, Truth):
            found = gathered((guard, self.dialect.truth(worth)) for guard, worth in found)
        return found if self.dialect.three_valued else Truth.of(found.true)

    def cases(self, tree: Tree) -> Cases:
        """What the expression is worth, case by case."""
        found = self.truth(tree) if _is_logical(tree) else self.found(tree)
        if not isinstance(found, Truth):
            return found
        neither = neg(disj(found.true, found.false)) if self.dialect.three_valued else FALSE
        three = ((found.true, True), (found.false, False), (neither, None))
        return tuple((guard, worth) for guard, worth in three if guard != FALSE)

    def found(self, tree: Tree) -> Found:
        """A value case by case, or when it is true: whichever comes first."""
        match tree:
            case Constant():
                return ((TRUE, tree.value),)
            case Name():
                return self._named(tree.name)
            case Series():
                return self.mapped(lambda *worths: tuple(map(plain, worths)), *tree.items)
            case Call():
                return self._called(tree)

    def mapped(self, function: Callable[..., Worth], *trees: Tree) -> Cases:
        """The function of these values, in each case."""
        found: dict[object, tuple[Formula, Worth]] = {}
        for guard, worths in self.crossed(*trees):
            worth = function(*worths)
            before = found.get(_key(worth), (FALSE, worth))
            found[_key(worth)] = (disj(before[0], guard), worth)
        return tuple(found.values())

    def crossed(self, *trees: Tree) -> list[tuple[Formula, tuple[Worth, ...]]]:
        """Every combination of the cases of these expressions that may happen."""
        crossed: list[tuple[Formula, tuple[Worth, ...]]] = [(TRUE, ())]
        for tree in trees:
            cases = self.cases(tree)
            if len(crossed) * len(cases) > MAX_CASES:
                raise Inexpressible("elle combine trop de réponses à la fois")
            crossed = [
                (both, (*worths, worth))
                for guard, worths in crossed
                for case, worth in cases
                if (both := conj(guard, case)) != FALSE
            ]
        return crossed

    def _named(self, name: str) -> Cases:
        found = self._lookup(name)
        if isinstance(found, tuple):
            return found
        if name in self._open:
            raise Inexpressible(f"le calcul « {name} » dépend de lui-même")
        self._open.append(name)
        try:
            return self.cases(found)
        finally:
            self._open.pop()

    def _called(self, tree: Call) -> Found:
        own = self.dialect.functions.get(tree.function.lower())
        if own is not None:
            return own(self, tree.given)
        if tree.function in (AND, OR, NOT):
            return self.truth(tree)
        if tree.function in COMPARISONS:
            pairs = self.crossed(*tree.given)
            return gathered(
                (guard, self.dialect.compare(left, tree.function, right))
                for guard, (left, right) in pairs
            )
        if tree.function in ARITHMETIC:
            return self.mapped(
                lambda left, right: self.dialect.calculate(left, tree.function, right), *tree.given
            )
        if tree.function == NEGATIVE:
            return self._called(Call("-", (NONE, *tree.given)))
        if tree.function == IF:
            return self.chosen(*tree.given)
        raise Inexpressible(f"« {tree.function} » n’a pas d’équivalent")

    def chosen(self, condition: Tree, yes: Tree, no: Tree | None = None) -> Found:
        """« if »: one value or the other."""
        truth = self.truth(condition)
        if yes == ONE and no == NONE:
            size = self._sizes.get(truth.true.ref.question, 0) if isinstance(truth.true, Has) else 0
            return ((TRUE, Tally((truth.true,), size)),)
        otherwise = no if no is not None else Constant(None)
        cases = [(conj(truth.true, guard), worth) for guard, worth in self.cases(yes)]
        cases += [(conj(neg(truth.true), guard), worth) for guard, worth in self.cases(otherwise)]
        return tuple((guard, worth) for guard, worth in cases if guard != FALSE)


def neg_truth(truth: Truth) -> Truth:
    """The contrary."""
    return Truth(truth.false, truth.true)


def gathered(cases: Iterable[tuple[Formula, Truth]]) -> Truth:
    """True when the case that holds makes it true."""
    found = list(cases)
    return Truth(
        disj(*(conj(guard, truth.true) for guard, truth in found)),
        disj(*(conj(guard, truth.false) for guard, truth in found)),
    )


def compared(left: Number, sign: str, right: Number) -> Truth:
    """Two numbers; one of them, or both, may depend on an answer."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return Truth.of(_holds(left, sign, right))
    if isinstance(left, Positive) or isinstance(right, Positive):
        return _compared_positive(left, sign, right)
    if isinstance(left, Tally) or isinstance(right, Tally):
        return _compared_tally(left, sign, right)
    if not isinstance(left, Amount):
        return compared(right, TURNED[sign], left)
    if isinstance(right, Amount) and right.ref != left.ref:
        return _compared_amounts(left, sign, right)
    if isinstance(right, Amount):
        left, right = replace(left, factor=left.factor - right.factor), right.term
    if left.factor == 0:
        return Truth.of(_holds(left.term, sign, right))
    limit = (right - left.term) / left.factor
    turned = sign if left.factor > 0 else TURNED[sign]
    if round(limit, DECIMALS) != limit:
        return _between_two(left.ref, turned, limit)
    return _numeric(left.ref, turned, Literal(literal(limit)))


def calculated(left: Number, sign: str, right: Number) -> Worth:
    """Arithmetic that leaves at most one answer to know."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return _arithmetic(left, sign, right)
    if isinstance(left, Tally) or isinstance(right, Tally):
        return _calculated_tally(left, sign, right)
    if isinstance(left, Amount) and isinstance(right, Amount):
        if left.ref != right.ref or sign not in "+-":
            raise Inexpressible("elle calcule avec deux réponses")
        side = 1 if sign == "+" else -1
        factor, term = left.factor + side * right.factor, left.term + side * right.term
        return replace(left, factor=factor, term=term)
    if isinstance(left, Amount) and isinstance(right, Fraction):
        return _scaled(left, sign, right)
    if isinstance(right, Amount) and isinstance(left, Fraction):
        if sign in "+*":
            return _scaled(right, sign, left)
        if sign == "-":
            return replace(right, factor=-right.factor, term=left - right.term)
    raise Inexpressible(f"elle calcule avec une réponse ({sign})")


def opaque(*worths: Worth) -> str:
    """What one of these is, that can be neither read nor computed with."""
    return next((one.what for one in worths if isinstance(one, Prose)), "plusieurs réponses")


def fraction(text: str) -> Fraction | None:
    """The number written in this text."""
    try:
        return Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        return None


def plain(worth: Worth) -> Plain:
    """A value that depends on no answer any more."""
    if _is_plain(worth):
        return worth  # type: ignore[return-value]  # checked above
    raise Inexpressible("elle met une réponse dans une liste")


def literal(number: Fraction) -> int | float:
    """The number as our conditions write it."""
    if abs(number) >= 10**9 or round(number, DECIMALS) != number:
        raise Inexpressible("elle compare à un nombre trop grand, ou trop précis")
    return int(number) if number.denominator == 1 else float(number)


TURNED: Mapping[str, str] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""Each comparison as it is read from its right side."""


def _holds(left: Fraction | str, sign: str, right: Fraction | str) -> bool:
    order = (left > right) - (left < right)  # type: ignore[operator]  # of one type by construction
    return {
        "==": order == 0,
        "!=": order != 0,
        "<": order < 0,
        "<=": order <= 0,
        ">": order > 0,
        ">=": order >= 0,
    }[sign]


def _numeric(ref: Ref, sign: str, value: Ref | Literal) -> Truth:
    """Over an answered question: the contrary of « < » is « >= »."""
    contrary = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}[sign]
    return Truth(Compare(ref, sign, value), Compare(ref, contrary, value))


def _between_two(ref: Ref, sign: str, limit: Fraction) -> Truth:
    """A limit that no answer can equal: answers have fewer decimals than it."""
    if sign in ("==", "!="):
        return Truth.of(sign == "!=")
    below = Fraction(floor(limit * 10**DECIMALS), 10**DECIMALS)
    if sign.startswith("<"):
        return _numeric(ref, "<=", Literal(literal(below)))
    return _numeric(ref, ">", Literal(literal(below)))


def _compared_amounts(left: Amount, sign: str, right: Amount) -> Truth:
    bare = all(one.factor == 1 and one.term == 0 for one in (left, right))
    if not bare:
        raise Inexpressible("elle calcule avec deux réponses")
    return _numeric(left.ref, sign, right.ref)


def _compared_positive(left: Number, sign: str, right: Number) -> Truth:
    if not isinstance(left, Positive):
        return compared(right, TURNED[sign], left)
    if isinstance(right, Fraction):
        least = _holds(Fraction(1), sign, right)
        if right < 1 or (right == 1 and sign in (">=", "<")):
            return Truth.of(least)
    raise Inexpressible("elle mesure la longueur d’une réponse")


def _compared_tally(left: Number, sign: str, right: Number) -> Truth:
    if not isinstance(left, Tally):
        return compared(right, TURNED[sign], left)
    if not isinstance(right, Fraction):
        raise Inexpressible("elle compare deux nombres de réponses")
    numbers = range(len(left.parts) + 1)
    wanted = [one for one in numbers if _holds(Fraction(one), sign, right)]
    if counted := _whole(left):
        return Truth.of(_counted(counted, sign, right, wanted, len(numbers)))
    return Truth.of(disj(*(_exactly(left, one) for one in _runs(wanted))))


def _whole(tally: Tally) -> Ref | None:
    """The question whose answers are counted, when all its codes are."""
    codes = {part.values for part in tally.parts if isinstance(part, Has)}
    asked = {part.ref for part in tally.parts if isinstance(part, Has)}
    if len(asked) == 1 and len(codes) == len(tally.parts) == tally.total:
        return Ref(asked.pop().question, counted=True)
    return None


def _counted(
    counted: Ref, sign: str, limit: Fraction, wanted: Sequence[int], possible: int
) -> Formula:
    if not wanted or len(wanted) == possible:
        return TRUE if wanted else FALSE
    return Compare(counted, sign, Literal(literal(limit)))


def _runs(wanted: Sequence[int]) -> list[tuple[int, int]]:
    """The numbers wanted, as runs from the first to the last."""
    runs: list[tuple[int, int]] = []
    for one in wanted:
        if runs and runs[-1][1] == one - 1:
            runs[-1] = (runs[-1][0], one)
        else:
            runs.append((one, one))
    return runs


def _exactly(tally: Tally, run: tuple[int, int]) -> Formula:
    """From `low` to `high` of these hold."""
    low, high = run
    return conj(_at_least(tally, low), neg(_at_least(tally, high + 1)))


def _at_least(tally: Tally, number: int) -> Formula:
    if number <= 0:
        return TRUE
    if number > len(tally.parts):
        return FALSE
    if comb(len(tally.parts), number) > MAX_WAYS:
        raise Inexpressible("elle compte des réponses dans plusieurs questions")
    return disj(*(conj(*group) for group in combinations(tally.parts, number)))


def _calculated_tally(left: Number, sign: str, right: Number) -> Worth:
    if sign != "+":
        raise Inexpressible("elle calcule avec un nombre de réponses")
    if isinstance(left, Tally) and isinstance(right, Tally):
        return Tally((*left.parts, *right.parts), left.total if left.total == right.total else 0)
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Tally) and other == 0:
            return one
    raise Inexpressible("elle calcule avec un nombre de réponses")


def _scaled(amount: Amount, sign: str, by: Fraction) -> Worth:
    if sign in "*/":
        if by == 0:
            return Fraction(0) if sign == "*" else None
        factor = by if sign == "*" else 1 / by
        return replace(amount, factor=amount.factor * factor, term=amount.term * factor)
    if sign in "+-":
        return replace(amount, term=amount.term + (by if sign == "+" else -by))
    raise Inexpressible(f"elle calcule avec une réponse ({sign})")


def _arithmetic(left: Fraction, sign: str, right: Fraction) -> Fraction | None:
    if sign in "/%" and right == 0:
        return None
    match sign:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
    return left - right * int(left / right)


def _is_plain(worth: Worth) -> bool:
    return worth is None or isinstance(worth, str | bool | Fraction)


def _is_logical(tree: Tree) -> bool:
    return isinstance(tree, Call) and tree.function in (AND, OR, NOT)


def _key(worth: Worth) -> object:
    return (type(worth), worth)
