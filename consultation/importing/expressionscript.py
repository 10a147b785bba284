"""ExpressionScript, the language of LimeSurvey's relevance equations.

An unanswered question is ''. Order between '' and a number never holds, but for 0, which ''
precedes; two values compare as numbers when both are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor

from consultation.importing import functions
from consultation.importing.evaluation import Dialect, Function, Truth, Worth
from consultation.importing.expressions import NEGATIVE, NOT, Grammar, Misread, Tree, read

GRAMMAR = Grammar(
    tokens=re.compile(
        r"""(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
        r"|(?P<reference>(?:INSERTANS:)?\d+X\d+X\d+[\w#]*(?:\.\w+)*|TOKEN:\w+(?:\.\w+)*)"
        r"|(?P<number>(?:\d+(?:\.\d+)?|\.\d+))(?![\w.])"
        r"|(?P<name>[A-Za-z_]\w*(?:\.\w+)*)"
        r"|(?P<sign>==|!=|<=|>=|&&|\|\||[<>!()+\-*/,])",
        re.DOTALL,
    ),
    infix={
        **dict.fromkeys(("or", "||"), (10, "or")),
        **dict.fromkeys(("and", "&&"), (20, "and")),
        **dict.fromkeys(("==", "eq"), (30, "==")),
        **dict.fromkeys(("!=", "ne"), (30, "!=")),
        **dict.fromkeys(("<", "lt"), (40, "<")),
        **dict.fromkeys(("<=", "le"), (40, "<=")),
        **dict.fromkeys((">", "gt"), (40, ">")),
        **dict.fromkeys((">=", "ge"), (40, ">=")),
        **{sign: (50, sign) for sign in "+-"},
        **{sign: (60, sign) for sign in "*/"},
    },
    prefix={"!": (70, NOT), "-": (70, NEGATIVE)},
    escapes=True,
)


def parse(text: str) -> Tree | Misread:
    """A relevance equation; the braces of a tailored text may surround it."""
    stripped = text.strip()
    if stripped.startswith("{") and stripped.endswith("}") and "{" not in stripped[1:]:
        stripped = stripped[1:-1]
    return read(stripped, GRAMMAR)


class ExpressionScript(Dialect):
    """How LimeSurvey computes."""

    @property
    def functions(self) -> Mapping[str, Function]:
        """Functions by name in lower case."""
        return FUNCTIONS

    def truth(self, worth: Worth) -> Truth:
        """As in PHP, '0' is false."""
        return Truth.of(holds=False) if worth == "0" else super().truth(worth)

    def compare_nothing(self, left: Worth, sign: str, right: Worth) -> Truth:
        """'' is equal to '' alone, and precedes 0 and the texts."""
        if _is_blank(left) and _is_blank(right):
            return Truth.of(sign in ("==", "<=", ">="))
        if sign in ("==", "!="):
            return Truth.of(sign == "!=")
        other = right if _is_blank(left) else left
        after = sign.startswith("<") if _is_blank(left) else sign.startswith(">")
        number = self.number(other)
        if number is None:
            return Truth.of(after)
        return self.compare(number, "==", Fraction(0)) if after else Truth.of(holds=False)

    def calculate(self, left: Worth, sign: str, right: Worth) -> Worth:
        """« + » joins texts."""
        texts = [one for one in (left, right) if isinstance(one, str) or one is None]
        if sign == "+" and any(self.number(one) is None for one in texts):
            return self.text(left) + self.text(right)
        return super().calculate(left, sign, right)


def _is_blank(worth: Worth) -> bool:
    return worth is None or worth == ""


def _substring(text: str, start: str, size: str = "") -> str:
    first = int(float(start))
    return text[first:][: int(float(size))] if size else text[first:]


def _position(needle: str, text: str) -> Fraction | bool:
    found = text.find(needle)
    return Fraction(found) if found >= 0 else False


def _matches(pattern: str, text: str) -> bool:
    """A regular expression between slashes, simple enough to mean the same here."""
    inside = re.fullmatch(r"[/#~](.*)[/#~]([imsu]*)", pattern, re.DOTALL)
    if inside is None:
        raise ValueError(pattern)
    try:
        return bool(re.search(inside[1], text, re.IGNORECASE if "i" in inside[2] else 0))
    except re.error as error:
        raise ValueError(pattern) from error


FUNCTIONS: Mapping[str, Function] = {
    **functions.SHARED,
    "is_empty": functions.is_empty,
    "if": functions.choose,
    "count": functions.count_answered,
    "countif": functions.count_equal,
    "sum": functions.total_of,
    "intval": functions.number_or_zero,
    "floatval": functions.number_or_zero,
    "is_numeric": functions.is_number,
    "is_float": functions.is_number,
    "is_int": functions.is_number,
    "strlen": functions.length,
    "trim": functions.unchanged,
    "strtolower": functions.known(str.lower),
    "strtoupper": functions.known(str.upper),
    "substr": functions.known(_substring, 2),
    "strpos": functions.known(lambda text, needle, *_: _position(needle, text), 2),
    "stripos": functions.known(lambda text, one, *_: _position(one.lower(), text.lower()), 2),
    "strstr": functions.known(
        lambda text, one: text[text.find(one) :] if one in text else False, 2
    ),
    "regexmatch": functions.known(_matches, 2),
    "strcmp": functions.known(lambda a, b: Fraction((a > b) - (a < b)), 2),
    "join": functions.known(lambda *texts: "".join(texts)),
    "abs": functions.numeric(abs),
    "floor": functions.rounded(floor),
    "ceil": functions.rounded(ceil),
    "round": functions.rounded(round),
    "min": functions.numeric(min),
    "max": functions.numeric(max),
}
