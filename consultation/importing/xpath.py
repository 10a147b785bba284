"""The XPath of XLSForm, and of Pogues before VTL.

An unanswered question is '', which is not a number: it is equal to '' alone and never less or more
than anything. Two texts compare as texts, anything else as numbers, whatever is with a boolean as
booleans.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from consultation.importing import functions
from consultation.importing.evaluation import (
    Dialect,
    Evaluator,
    Found,
    Function,
    Prose,
    Several,
    Truth,
    Worth,
    gathered,
    neg_truth,
)
from consultation.importing.expressions import NEGATIVE, Grammar, Misread, Tree, read
from consultation.importing.logic import Inexpressible, conj, disj

COLUMN = "./"
"""What a bare name begins with: in the filter of a list, it is one of its columns."""

GRAMMAR = Grammar(
    tokens=re.compile(
        r"""(?P<text>"[^"]*"|'[^']*')"""
        r"|\$\{(?:last-saved\#)?(?P<referred>[^}]+)\}"
        r"|\$(?P<referred2>[A-Za-z_]\w*)\$|¤(?P<referred3>\w+)¤"
        r"|(?:current\(\))?(?:\.\.?/|/)(?:\.\./|[\w.-]+/)*(?P<referred4>[A-Za-z_][\w.-]*)"
        r"|(?P<number>(?:\d+(?:\.\d+)?|\.\d+))(?![\w.])"
        r"|(?P<reference>\.(?![\w.]))"
        r"|(?P<name>[A-Za-z_][\w]*(?:[:-][A-Za-z_]\w*)*)"
        r"|(?P<sign>!=|<>|<=|>=|[<>=()+\-*,|])"
    ),
    infix={
        "or": (10, "or"),
        "and": (20, "and"),
        "=": (30, "=="),
        "!=": (30, "!="),
        "<>": (30, "!="),
        **{sign: (40, sign) for sign in ("<", "<=", ">", ">=")},
        **{sign: (50, sign) for sign in "+-"},
        "*": (60, "*"),
        "div": (60, "/"),
        "mod": (60, "%"),
    },
    prefix={"-": (70, NEGATIVE)},
    path=COLUMN,
)

_QUOTES = str.maketrans("‘’“”", "''\"\"")

SELF = "."
"""How a constraint names the question it stands by."""


def parse(text: str) -> Tree | Misread:
    """An XPath expression; the curved quotes of word processors are straightened, as ODK does."""
    return read(text.translate(_QUOTES), GRAMMAR)


class XPath(Dialect):
    """How ODK and Enketo compute."""

    @property
    def functions(self) -> Mapping[str, Function]:
        """Functions by name in lower case."""
        return FUNCTIONS

    def compare(self, left: Worth, sign: str, right: Worth) -> Truth:
        """Booleans first, texts when both are."""
        for one, other in ((left, right), (right, left)):
            if isinstance(one, bool) and sign in ("==", "!="):
                truth = self.truth(other)
                return truth if one == (sign == "==") else neg_truth(truth)
        if isinstance(left, str) and isinstance(right, str) and sign in ("==", "!="):
            return Truth.of((left == right) == (sign == "=="))
        return super().compare(left, sign, right)

    def compare_known(self, left: Worth, sign: str, right: Worth) -> Truth:
        """What is not a number is different from any, and neither less nor more."""
        if self.number(left) is None or self.number(right) is None:
            return Truth.of(sign == "!=")
        return super().compare_known(left, sign, right)


def _selected(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    """Whether this code is one of those chosen."""
    if len(given) != 2:
        raise Inexpressible("« selected » attend une question et un code")

    def truth(chosen: Worth, code: Worth) -> Truth:
        word = evaluator.dialect.text(code)
        if isinstance(chosen, Several):
            return Truth.of(functions.has(chosen, word))
        if isinstance(chosen, Prose):
            raise Inexpressible(f"elle examine le contenu d’{chosen.what}")
        return Truth.of(word in evaluator.dialect.text(chosen).split())

    return gathered((guard, truth(*worths)) for guard, worths in evaluator.crossed(*given))


def _count_selected(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    """How many codes are chosen: as many without an answer as with none of them."""

    def counted(worth: Worth) -> Worth:
        if isinstance(worth, Several):
            return functions.tally(worth)
        if isinstance(worth, Prose):
            raise Inexpressible(f"elle examine le contenu d’{worth.what}")
        return Fraction(len(evaluator.dialect.text(worth).split()))

    cases = evaluator.mapped(counted, *given)
    return functions.one_tally(cases)


def _contains(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    """Whether a text holds another; codes chosen are a text whose words they are."""
    if len(given) != 2:
        raise Inexpressible("« contains » attend deux textes")

    def truth(text: Worth, part: Worth) -> Truth:
        word = evaluator.dialect.text(part)
        if isinstance(text, Several) and " " not in word:
            codes = (code for code in text.codes if word in code)
            return Truth.of(disj(*(functions.has(text, code) for code in codes)))
        if isinstance(text, Prose):
            raise Inexpressible(f"elle examine le contenu d’{text.what}")
        return Truth.of(word in evaluator.dialect.text(text))

    return gathered((guard, truth(*worths)) for guard, worths in evaluator.crossed(*given))


def _not(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    if len(given) != 1:
        raise Inexpressible("« not » attend une condition")
    return neg_truth(evaluator.truth(given[0]))


def _boolean(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    if len(given) != 1:
        raise Inexpressible("« boolean » attend une valeur")
    return evaluator.truth(given[0])


def _part(text: str, start: str, stop: str = "") -> str:
    return text[int(float(start)) : int(float(stop)) if stop else None]


def _first(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    """The place in what repeats, which is asked once."""
    return ((conj(), Fraction(1)),)


def _true(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    return Truth.of(holds=True)


def _false(evaluator: Evaluator, given: Sequence[Tree]) -> Found:
    return Truth.of(holds=False)


FUNCTIONS: Mapping[str, Function] = {
    **functions.SHARED,
    "selected": _selected,
    "count-selected": _count_selected,
    "not": _not,
    "boolean": _boolean,
    "boolean-from-string": functions.known(lambda text: text in ("1", "true")),
    "true": _true,
    "false": _false,
    "position": _first,
    "if": functions.choose,
    "coalesce": functions.first_answered,
    "once": functions.unchanged,
    "string": functions.unchanged,
    "normalize-space": functions.unchanged,
    "number": functions.number_or_nothing,
    "cast": functions.unchanged,
    "int": functions.rounded(int),
    "round": functions.rounded(round),
    "abs": functions.numeric(abs),
    "min": functions.numeric(min),
    "max": functions.numeric(max),
    "string-length": functions.length,
    "count-non-empty": functions.count_answered,
    "contains": _contains,
    "starts-with": functions.known(str.startswith, 2),
    "ends-with": functions.known(str.endswith, 2),
    "substr": functions.known(_part, 2),
    "regex": functions.known(functions.matches, 2),
    "concat": functions.known(lambda *texts: "".join(texts)),
    "upper-case": functions.known(str.upper),
    "lower-case": functions.known(str.lower),
}
