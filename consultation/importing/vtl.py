"""The subset of VTL in which Pogues writes its filters and controls.

A third value, null, is neither true nor false: an unanswered question is null, what is computed
from null is null, and a filter that is null hides. A box left unticked is false, and `isnull` too:
respondents' clients start from null and return to false, and authors mean both by either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import ceil, floor

from consultation.importing import functions
from consultation.importing.evaluation import (
    UNKNOWN,
    Dialect,
    Evaluator,
    Found,
    Function,
    Truth,
    Unticked,
    Worth,
    neg_truth,
)
from consultation.importing.expressions import (
    NEGATIVE,
    NOT,
    Call,
    Grammar,
    Misread,
    Series,
    Tree,
    read,
)
from consultation.importing.logic import Inexpressible, conj, disj, neg

GRAMMAR = Grammar(
    tokens=re.compile(
        r"""(?P<text>"[^"]*"|'[^']*')"""
        r"|\$(?P<referred>[A-Za-z_][\w.]*)\$|¤(?P<referred2>\w+)¤"
        r"|(?P<number>(?:\d+(?:\.\d+)?|\.\d+))(?![\w.])"
        r"|(?P<name>[A-Za-z_]\w*)"
        r"|(?P<sign><>|!=|<=|>=|\|\||[<>=(){}+\-*/,])"
    ),
    infix={
        "or": (10, "or"),
        "xor": (10, "xor"),
        "and": (20, "and"),
        "=": (30, "=="),
        **dict.fromkeys(("<>", "!="), (30, "!=")),
        **{sign: (30, sign) for sign in ("<", "<=", ">", ">=", "in", "not_in")},
        **{sign: (50, sign) for sign in ("+", "-", "||")},
        **{sign: (60, sign) for sign in "*/"},
    },
    prefix={"not": (25, NOT), "-": (70, NEGATIVE), "+": (70, "number_or_nothing")},
    constants={"true": True, "false": False, "null": None},
    series={"{": "}"},
    conditional=True,
)


def parse(text: str) -> Tree | Misread:
    """A VTL expression; variables stand between dollars."""
    return read(text, GRAMMAR)


class Vtl(Dialect):
    """How Lunatic computes."""

    three_valued = True

    @property
    def functions(self) -> Mapping[str, Function]:
        """Functions by name in lower case."""
        return FUNCTIONS

    def truth(self, worth: Worth) -> Truth:
        """Null is neither."""
        return UNKNOWN if worth is None else super().truth(worth)

    def compare(self, left: Worth, sign: str, right: Worth) -> Truth:
        """An empty box is false."""
        first, second = (False if isinstance(one, Unticked) else one for one in (left, right))
        return super().compare(first, sign, second)

    def compare_nothing(self, left: Worth, sign: str, right: Worth) -> Truth:
        """Null is comparable to nothing, null included."""
        return UNKNOWN

    def compare_known(self, left: Worth, sign: str, right: Worth) -> Truth:
        """Texts as texts; a box is '1' or true when it is ticked."""
        for one, other in ((left, right), (right, left)):
            if isinstance(one, bool) and isinstance(other, str):
                same = one == (other.lower() in ("1", "true"))
                return Truth.of(same == (sign == "=="))
        if isinstance(left, str) and isinstance(right, str) and sign in ("==", "!="):
            return Truth.of((left == right) == (sign == "=="))
        return super().compare_known(left, sign, right)


def _is_null(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    if len(given) != 1:
        raise Inexpressible("« isnull » attend une variable")
    nothing = [
        guard
        for guard, worth in evaluator.cases(given[0])
        if worth is None or isinstance(worth, Unticked)
    ]
    return Truth.of(disj(*nothing))


def _within(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    wanted, values = given
    items = values.items if isinstance(values, Series) else (values,)
    return evaluator.truth(Call("or", tuple(Call("==", (wanted, one)) for one in items)))


def _without(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    return neg_truth(evaluator.truth(Call("in", tuple(given))))


def _between(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    if len(given) != 3:
        raise Inexpressible("« between » attend une valeur et deux bornes")
    value, low, high = given
    return evaluator.truth(Call("and", (Call(">=", (value, low)), Call("<=", (value, high)))))


def _one_of_two(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    left, right = (evaluator.truth(one) for one in given)
    return Truth(
        disj(conj(left.true, right.false), conj(left.false, right.true)),
        disj(conj(left.true, right.true), conj(left.false, right.false)),
    )


def _or_else(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    """`nvl`: the value, or another when it is null."""
    if len(given) != 2:
        raise Inexpressible("« nvl » attend une variable et une valeur")
    found = [(guard, worth) for guard, worth in evaluator.cases(given[0]) if worth is not None]
    nothing = neg(disj(*(guard for guard, _ in found)))
    other = [(conj(nothing, guard), worth) for guard, worth in evaluator.cases(given[1])]
    return (*found, *((guard, worth) for guard, worth in other if guard != disj()))


def _cast(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    """A number when asked for one; dates have no equivalent."""
    kind = getattr(given[1], "name", "") if len(given) > 1 else ""
    if kind.lower() in ("integer", "number"):
        return functions.number_or_nothing(evaluator, given[:1])
    if kind.lower() in ("string", "boolean"):
        return functions.unchanged(evaluator, given[:1])
    raise Inexpressible("elle calcule avec une date")


def _part(text: str, start: str = "1", size: str = "") -> str:
    first = int(float(start)) - 1
    return text[first:][: int(float(size))] if size else text[first:]


FUNCTIONS: Mapping[str, Function] = {
    **functions.SHARED,
    "isnull": _is_null,
    "in": _within,
    "not_in": _without,
    "between": _between,
    "xor": _one_of_two,
    "nvl": _or_else,
    "cast": _cast,
    "number_or_nothing": functions.number_or_nothing,
    "||": functions.known(lambda left, right: left + right, 2),
    "length": functions.length,
    "trim": functions.unchanged,
    "upper": functions.known(str.upper),
    "lower": functions.known(str.lower),
    "substr": functions.known(_part),
    "match_characters": functions.known(functions.matches, 2),
    "abs": functions.numeric(abs),
    "round": functions.rounded(round),
    "trunc": functions.rounded(int),
    "ceil": functions.rounded(ceil),
    "floor": functions.rounded(floor),
    "mod": functions.numeric(lambda one, by: one % by if by else one, 2),
}
