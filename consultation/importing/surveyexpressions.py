"""The expressions of SurveyJS (`visibleIf`, `requiredIf`…).

Texts compare without case. An unanswered question is equal to nothing but itself or '', is never
less or more than anything, and counts for 0 in a sum.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from consultation.importing import functions
from consultation.importing.evaluation import (
    Amount,
    Dialect,
    Evaluator,
    Found,
    Function,
    Number,
    Positive,
    Prose,
    Several,
    Tally,
    Truth,
    Worth,
    gathered,
    neg_truth,
)
from consultation.importing.expressions import (
    AND,
    NEGATIVE,
    NOT,
    OR,
    Call,
    Grammar,
    Misread,
    Name,
    Tree,
    read,
)
from consultation.importing.logic import Formula, Inexpressible, conj, disj

GRAMMAR = Grammar(
    tokens=re.compile(
        r"""(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
        r"|\{\#?(?P<referred>[^{}]+)\}"
        r"|(?P<number>(?:\d+(?:\.\d+)?|\.\d+))(?![\w.])"
        r"|(?P<name>[A-Za-z_À-ÿ]\w*)"
        r"|(?P<sign>==|!=|<>|<=|>=|=<|=>|&&|\|\||\*=|\*\*|[=<>!()\[\]+\-*/%^&|,])",
        re.DOTALL,
    ),
    infix={
        **dict.fromkeys(("or", "||", "|"), (10, "or")),
        **dict.fromkeys(("and", "&&", "&"), (20, "and")),
        **dict.fromkeys(("=", "==", "equal", "equals"), (30, "==")),
        **dict.fromkeys(("!=", "<>", "notequal", "notequals"), (30, "!=")),
        **dict.fromkeys(("<", "less"), (30, "<")),
        **dict.fromkeys((">", "greater"), (30, ">")),
        **dict.fromkeys(("<=", "=<", "lessorequal"), (30, "<=")),
        **dict.fromkeys((">=", "=>", "greaterorequal"), (30, ">=")),
        **dict.fromkeys(("contains", "contain", "*="), (30, "contains")),
        **dict.fromkeys(("notcontains", "notcontain"), (30, "notcontains")),
        **{word: (30, word) for word in ("anyof", "allof", "noneof")},
        **{sign: (40, sign) for sign in "+-"},
        **{sign: (50, sign) for sign in "*/%"},
    },
    prefix={"!": (5, NOT), "negate": (5, NOT), "-": (70, NEGATIVE)},
    postfix={"empty": (80, "empty"), "notempty": (80, "notempty")},
    constants={"true": True, "false": False, "undefined": None, "null": None},
    series={"[": "]"},
    bare=True,
    escapes=True,
)


TRUTHY, YES_OR_NO = "truthy", "yes_or_no"


def parse(text: str) -> Tree | Misread:
    """An expression; question names stand between braces."""
    tree = read(text, GRAMMAR)
    return tree if isinstance(tree, Misread) else _explicit(tree)


def _explicit(tree: Tree) -> Tree:
    """As in JavaScript, any answer counts as true under « ! » and before « and »."""
    if not isinstance(tree, Call):
        return tree
    given = [_explicit(one) for one in tree.given]
    loose = {AND: len(given) - 1, NOT: 1}.get(tree.function, 0)
    for place, one in enumerate(given):
        if isinstance(one, Name) and place < loose:
            given[place] = Call(TRUTHY, (one,))
        elif isinstance(one, Name) and tree.function in (AND, OR):
            given[place] = Call(YES_OR_NO, (one,))
    return Call(tree.function, tuple(given))


class SurveyExpressions(Dialect):
    """How SurveyJS computes."""

    @property
    def functions(self) -> Mapping[str, Function]:
        """Functions by name in lower case."""
        return FUNCTIONS

    def truth(self, worth: Worth) -> Truth:
        """What is equal to true."""
        if isinstance(worth, str | Amount | Tally | Fraction):
            return self.compare(worth, "==", Fraction(1))
        return Truth.of(worth is True)

    def compare_nothing(self, left: Worth, sign: str, right: Worth) -> Truth:
        """Nothing is equal to nothing."""
        blank = all(one in functions.BLANK for one in (left, right))
        return Truth.of(blank if sign in ("==", "<=", ">=") else not blank and sign == "!=")

    def compare_several(self, left: Worth, sign: str, right: Worth) -> Truth:
        """Several codes are equal to the same codes alone, in any order."""
        other = right if isinstance(left, Several) else left
        if sign in ("==", "!=") and not isinstance(other, tuple | Several):
            return Truth.of(sign == "!=")
        return super().compare_several(left, sign, right)

    def compare_known(self, left: Worth, sign: str, right: Worth) -> Truth:
        """Texts are equal whatever their case, and in the order of their letters."""
        numbers = self.number(left) is not None and self.number(right) is not None
        texts = isinstance(left, str) and isinstance(right, str)
        if sign in ("<=", ">=") and (texts or not numbers):
            equal, strict = self.compare(left, "==", right), self.compare(left, sign[0], right)
            return Truth.of(disj(equal.true, strict.true))
        if isinstance(left, str) and isinstance(right, str):
            if sign in ("==", "!="):
                same = left.strip().lower() == right.strip().lower()
                return Truth.of(same == (sign == "=="))
            return Truth.of(left < right if sign == "<" else left > right)
        if sign in ("<", ">") and not numbers:
            return Truth.of(holds=False)
        return super().compare_known(left, sign, right)

    def calculate(self, left: Worth, sign: str, right: Worth) -> Worth:
        """Nothing counts for 0; « + » joins texts."""
        first, second = (Fraction(0) if one is None else one for one in (left, right))
        if sign == "+" and (isinstance(first, str) or isinstance(second, str)):
            return self.text(left) + self.text(right)
        return super().calculate(first, sign, second)


def _compare_sets(decide: Callable[[SurveyExpressions, Worth, Worth], Truth]) -> Function:
    def called(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
        dialect = evaluator.dialect
        assert isinstance(dialect, SurveyExpressions)  # noqa: S101 - the only one to call this
        return gathered(
            (guard, decide(dialect, left, right))
            for guard, (left, right) in evaluator.crossed(*given)
        )

    return called


def _contains(dialect: SurveyExpressions, left: Worth, right: Worth) -> Truth:
    """Every one of these codes among those chosen, or this text in that one."""
    if left in functions.BLANK:
        return Truth.of(holds=False)
    wanted = right if isinstance(right, tuple) else (right,)
    if isinstance(left, Several):
        return Truth.of(conj(*(_has(dialect, left, one) for one in wanted)))
    if isinstance(left, Prose | Amount | Positive | Tally) or isinstance(right, Prose):
        what = next((one.what for one in (left, right) if isinstance(one, Prose)), "un nombre")
        raise Inexpressible(f"elle examine le contenu d’{what}")
    if isinstance(left, tuple):
        return Truth.of(all(_is_within(dialect, one, left) for one in wanted))
    part = dialect.text(right) if not isinstance(right, tuple) else ",".join(map(str, right))
    return Truth.of(part != "" and part in dialect.text(left))


def _contains_not(dialect: SurveyExpressions, left: Worth, right: Worth) -> Truth:
    if left in functions.BLANK:
        return Truth.of(left is None and right not in functions.BLANK)
    if isinstance(left, str) and right in functions.BLANK:
        return Truth.of(holds=False)
    return neg_truth(_contains(dialect, left, right))


def _any_of(dialect: SurveyExpressions, left: Worth, right: Worth) -> Truth:
    if left in functions.BLANK or right in functions.BLANK:
        return Truth.of(right in functions.BLANK)
    if isinstance(left, Several):
        wanted = right if isinstance(right, tuple) else (right,)
        return Truth.of(disj(*(_has(dialect, left, one) for one in wanted)))
    if isinstance(right, tuple):
        return disjoint([dialect.compare(left, "==", one) for one in right])
    return _contains(dialect, right, left)


def _all_of(dialect: SurveyExpressions, left: Worth, right: Worth) -> Truth:
    if left in functions.BLANK and right not in functions.BLANK:
        return Truth.of(holds=False)
    if not isinstance(right, tuple):
        return _contains(dialect, left, right)
    return Truth.of(conj(*(_contains(dialect, left, one).true for one in right)))


def _none_of(dialect: SurveyExpressions, left: Worth, right: Worth) -> Truth:
    return neg_truth(_any_of(dialect, left, right))


def disjoint(truths: Sequence[Truth]) -> Truth:
    """True as soon as one is."""
    return Truth.of(disj(*(truth.true for truth in truths)))


def _has(dialect: SurveyExpressions, chosen: Several, wanted: Worth) -> Formula:
    word = dialect.text(wanted).lower()
    code = next((code for code in chosen.codes if code.lower() == word), None)
    return functions.has(chosen, code or "")


def _is_within(dialect: SurveyExpressions, wanted: Worth, values: tuple[Worth, ...]) -> bool:
    return any(dialect.compare(one, "==", wanted) == Truth.of(holds=True) for one in values)


def _length(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    def size(worth: Worth) -> Worth:
        if isinstance(worth, Several):
            return functions.tally(worth)
        if isinstance(worth, Prose):
            return Positive()
        return Fraction(len(evaluator.dialect.text(worth)))

    return functions.one_tally(evaluator.mapped(size, *given))


def _truthy(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    """What JavaScript takes for true."""
    return gathered(
        (guard, Dialect.truth(evaluator.dialect, worth))
        for guard, worth in evaluator.cases(given[0])
    )


def _yes_or_no(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    """Part of « or », or the last of « and »: were it 2, JavaScript would keep 2, not true."""
    cases = evaluator.cases(given[0])
    if all(worth is None or isinstance(worth, bool) for _, worth in cases):
        return cases
    raise Inexpressible("elle prend une réponse pour un vrai ou faux")


def _average(*numbers: Number) -> Fraction:
    known = [one for one in numbers if isinstance(one, Fraction)]
    return sum(known, Fraction(0)) / max(1, len(known))


FUNCTIONS: Mapping[str, Function] = {
    **functions.SHARED,
    "empty": functions.is_empty,
    "notempty": functions.is_answered,
    "contains": _compare_sets(_contains),
    "notcontains": _compare_sets(_contains_not),
    "anyof": _compare_sets(_any_of),
    "allof": _compare_sets(_all_of),
    "noneof": _compare_sets(_none_of),
    "length": _length,
    TRUTHY: _truthy,
    YES_OR_NO: _yes_or_no,
    "iif": functions.choose,
    "sum": functions.total_of,
    "count": functions.count_answered,
    "min": functions.numeric(min),
    "max": functions.numeric(max),
    "avg": functions.numeric(_average),
    "round": functions.rounded(round),
}
