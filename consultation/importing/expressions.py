"""Expressions of other tools: one tree for all, one parser, and a grammar for each tool."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NoReturn

Plain = str | bool | Fraction | None
"""A constant: a text, true or false, a number, or nothing."""

MAX_DEPTH = 60
MAX_LENGTH = 20_000


@dataclass(frozen=True)
class Constant:
    """A value written in the expression."""

    value: Plain


@dataclass(frozen=True)
class Name:
    """A question, a variable, or anything else that the tool calls by this name."""

    name: str


@dataclass(frozen=True)
class Series:
    """Several values between brackets."""

    items: tuple[Tree, ...]


@dataclass(frozen=True)
class Call:
    """A function and what it is given; operators that only one tool has are calls too."""

    function: str
    given: tuple[Tree, ...]


Tree = Constant | Name | Series | Call

AND, OR, NOT, NEGATIVE, IF = "and", "or", "not", "negative", "if"
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
ARITHMETIC = ("+", "-", "*", "/", "%")


@dataclass(frozen=True)
class Misread:
    """Why an expression could not be read, and where."""

    at: int
    message: str


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """How one tool writes its expressions; words are looked up in lower case.

    `tokens` has the groups text, number, reference, name and sign; a reference may name its part
    that counts by a second group, `referred`, `referred2`…
    """

    tokens: re.Pattern[str]
    infix: Mapping[str, tuple[int, str]]  # as written: how tightly it binds, the function
    prefix: Mapping[str, tuple[int, str]]
    postfix: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    constants: Mapping[str, Plain] = field(default_factory=dict)
    series: Mapping[str, str] = field(default_factory=dict)  # opening and closing marks
    conditional: bool = False  # « if … then … else … »
    bare: bool = False  # a word alone is a text
    path: str = ""  # what names that are not between marks begin with
    escapes: bool = False  # a backslash protects the next character of a text


def read(text: str, grammar: Grammar) -> Tree | Misread:
    """The tree of the expression, or what cannot be read in it."""
    if len(text) > MAX_LENGTH:
        return Misread(0, "l’expression est trop longue")
    try:
        return _Reader(text, grammar).read()
    except _Unreadable as unreadable:
        return unreadable.misread


def names(tree: Tree) -> Iterator[str]:
    """Every name used, in the order written."""
    match tree:
        case Name():
            yield tree.name
        case Series():
            for item in tree.items:
                yield from names(item)
        case Call():
            for given in tree.given:
                yield from names(given)


def call(function: str, *given: Tree) -> Tree:
    """A call; `and` and `or` of a single term are that term."""
    return given[0] if function in (AND, OR) and len(given) == 1 else Call(function, given)


def substituted(tree: Tree, values: Mapping[str, Plain]) -> Tree:
    """The tree where these names are replaced by these values."""
    match tree:
        case Name() if tree.name in values:
            return Constant(values[tree.name])
        case Series():
            return Series(tuple(substituted(item, values) for item in tree.items))
        case Call():
            return Call(tree.function, tuple(substituted(one, values) for one in tree.given))
    return tree


def renamed(tree: Tree, new: Mapping[str, str]) -> Tree:
    """The tree where these names are changed."""
    match tree:
        case Name():
            return Name(new.get(tree.name, tree.name))
        case Series():
            return Series(tuple(renamed(item, new) for item in tree.items))
        case Call():
            return Call(tree.function, tuple(renamed(one, new) for one in tree.given))
    return tree


class _Unreadable(Exception):
    """Carries what is wrong out of the recursive descent."""

    def __init__(self, misread: Misread) -> None:
        super().__init__(misread.message)
        self.misread = misread


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int

    @property
    def word(self) -> str:
        return self.text.lower()


_END = 0


class _Reader:
    """Reads by binding power: the tighter operator takes its operands first."""

    def __init__(self, text: str, grammar: Grammar) -> None:
        self._grammar = grammar
        self._tokens = list(_tokens(text, grammar))
        self._next = 0
        self._depth = 0

    def read(self) -> Tree:
        tree = self._expression(_END)
        if self._peek.kind != "end":
            self._refuse(f"« {self._peek.text} » n’est pas attendu")
        return tree

    @property
    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._peek
        self._next += token.kind != "end"
        return token

    def _accept(self, word: str) -> bool:
        found = self._peek.kind in ("sign", "name") and self._peek.word == word
        self._next += found
        return found

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            self._refuse(f"il manque « {word} »")

    def _operator(self, table: Mapping[str, tuple[int, str]]) -> tuple[int, str] | None:
        token = self._peek
        return table.get(token.word) if token.kind in ("sign", "name") else None

    def _expression(self, floor: int) -> Tree:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._refuse("l’expression est trop imbriquée")
        tree = self._operand()
        while True:
            if after := self._operator(self._grammar.postfix):
                self._take()
                tree = Call(after[1], (tree,))
                continue
            between = self._operator(self._grammar.infix)
            if between is None or between[0] <= floor:
                break
            self._take()
            tree = _joined(between[1], tree, self._expression(between[0]))
        self._depth -= 1
        return tree

    def _operand(self) -> Tree:
        before = self._operator(self._grammar.prefix)
        if before:
            self._take()
            return Call(before[1], (self._expression(before[0]),))
        token = self._take()
        match token.kind:
            case "text":
                return Constant(_unquoted(token.text, escapes=self._grammar.escapes))
            case "number":
                return Constant(Fraction(token.text))
            case "reference":
                return Name(token.text)
            case "name":
                return self._named(token)
        if token.text == "(":
            tree = self._expression(_END)
            self._expect(")")
            return tree
        if token.text in self._grammar.series:
            return Series(self._items(self._grammar.series[token.text]))
        return self._refuse_token(token)

    def _named(self, token: _Token) -> Tree:
        if self._grammar.conditional and token.word == "if":
            return self._conditional()
        if self._accept("("):
            return Call(token.text, self._items(")"))
        if token.word in self._grammar.constants:
            return Constant(self._grammar.constants[token.word])
        if self._grammar.bare:
            return Constant(token.text)
        return Name(f"{self._grammar.path}{token.text}")

    def _conditional(self) -> Tree:
        condition = self._expression(_END)
        self._expect("then")
        yes = self._expression(_END)
        self._expect("else")
        return Call(IF, (condition, yes, self._expression(_END)))

    def _items(self, closing: str) -> tuple[Tree, ...]:
        items: list[Tree] = []
        while not self._accept(closing):
            if items:
                self._expect(",")
            items.append(self._expression(_END))
        return tuple(items)

    def _refuse_token(self, token: _Token) -> NoReturn:
        said = "l’expression s’arrête trop tôt"
        if token.kind != "end":
            said = f"« {token.text} » n’est pas attendu"
        raise _Unreadable(Misread(token.at, said))

    def _refuse(self, message: str) -> NoReturn:
        raise _Unreadable(Misread(self._peek.at, message))


def _joined(function: str, left: Tree, right: Tree) -> Tree:
    """Chains of « and », of « or » are one call, whatever their length."""
    if function not in (AND, OR):
        return Call(function, (left, right))
    terms: list[Tree] = []
    for side in (left, right):
        same = isinstance(side, Call) and side.function == function
        terms += side.given if same and isinstance(side, Call) else (side,)
    return Call(function, tuple(terms))


def _unquoted(text: str, *, escapes: bool) -> str:
    inside = text[1:-1]
    return re.sub(r"\\(.)", r"\1", inside) if escapes else inside


def _tokens(text: str, grammar: Grammar) -> Iterator[_Token]:
    at = _skip(text, 0)
    while at < len(text):
        found = grammar.tokens.match(text, at)
        if found is None:
            raise _Unreadable(Misread(at, f"« {text[at]} » n’est pas attendu"))
        kind = found.lastgroup or ""
        if kind.startswith("referred"):
            yield _Token("reference", found[kind].strip(), at)
        else:
            yield _Token(kind, found.group(), at)
        at = _skip(text, found.end())
    yield _Token("end", "", len(text))


_SPACES = re.compile(r"[\s\u00a0\u202f\u200b]*")


def _skip(text: str, at: int) -> int:
    found = _SPACES.match(text, at)
    return found.end() if found else at
