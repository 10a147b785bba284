"""Conditions: the small expressions that say when a page, question, option or row is shown.

    expr := and ('or' and)*      and := not ('and' not)*      not := 'not' not | '(' expr ')' | atom
    atom := ref CMP (ref | lit) | ref ['not'] 'in' list | id 'has' (lit | 'any' list | 'all' list)
          | 'answered(' id ')' | id
    CMP  := == != < <= > >=      ref  := id | id.row | id.column | 'count(' id ')'
    list := '[' lit (',' lit)* ']'      lit := 'text' | number

Unanswered is absent, None, '' or (). `== < <= > >= in has` are false when a side is unanswered;
`a != b` is exactly `not (a == b)`, `a not in l` exactly `not (a in l)`; `not` is classical;
`count` of an unanswered question is 0. Order is defined between numbers only.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NoReturn

AUDIENCE = "audience"
"""The reserved reference: the audience of the invitation's batch."""

WORDS = frozenset({"and", "or", "not", "in", "has", "any", "all", "answered", "count"})
"""The words of the language: no id may be one of them."""

MAX_LENGTH = 1_000
MAX_DEPTH = 20

Json = str | int | float | None | Sequence["Json"] | Mapping[str, "Json"]
Given = Mapping[str, object]

_ORDER: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Context:
    """What is known of a respondent besides the answers; '' is the questionnaire's own language."""

    audience: str = ""
    language: str = ""


@dataclass(frozen=True)
class Fault:
    """What is wrong in an expression, where, and what to do."""

    at: int
    code: str
    message: str
    remedy: str = ""


@dataclass(frozen=True)
class Literal:
    """A code between quotes, or a number."""

    value: str | int | float
    at: int = field(default=0, compare=False)

    def read(self, answers: Given, context: Context) -> object:
        return self.value

    def to_json(self) -> Json:
        return self.value


@dataclass(frozen=True)
class Ref:
    """A question, the row of a matrix, the column of a list, a count, or the audience."""

    question: str
    part: str = ""
    counted: bool = False
    at: int = field(default=0, compare=False)
    column: Mapping[str, str] | None = field(default=None, compare=False, repr=False)

    def read(self, answers: Given, context: Context) -> object:
        """The value compared; None when unanswered."""
        if self.question == AUDIENCE:
            return context.audience or None
        answer = answers.get(self.question)
        if self.counted:
            return len(answer) if isinstance(answer, tuple | list) else 0
        if not self.part:
            return None if answer in ("", (), []) else answer
        if isinstance(answer, Mapping):
            return answer.get(self.part) or None
        return (self.column or {}).get(answer) or None if isinstance(answer, str) else None

    def to_json(self) -> Json:
        if self.counted:
            return {"count": self.question}
        if not self.part:
            return {"ref": self.question}
        if self.column is None:
            return {"ref": self.question, "row": self.part}
        return {"ref": self.question, "column": self.part, "values": dict(self.column)}


Operand = Ref | Literal


@dataclass(frozen=True)
class Compare:
    left: Ref
    sign: str
    right: Operand

    def holds(self, answers: Given, context: Context) -> bool:
        left, right = self.left.read(answers, context), self.right.read(answers, context)
        if self.sign in ("==", "!="):
            return (left is not None and left == right) == (self.sign == "==")
        if isinstance(left, int | float) and isinstance(right, int | float):
            return _ORDER[self.sign](left, right)
        return False

    def to_json(self) -> Json:
        return [self.sign, self.left.to_json(), self.right.to_json()]


@dataclass(frozen=True)
class In:
    ref: Ref
    values: tuple[Literal, ...]

    def holds(self, answers: Given, context: Context) -> bool:
        value = self.ref.read(answers, context)
        return value is not None and any(value == literal.value for literal in self.values)

    def to_json(self) -> Json:
        return ["in", self.ref.to_json(), [literal.value for literal in self.values]]


@dataclass(frozen=True)
class Has:
    ref: Ref
    values: tuple[Literal, ...]
    every: bool = False

    def holds(self, answers: Given, context: Context) -> bool:
        chosen = self.ref.read(answers, context)
        if not isinstance(chosen, tuple | list):
            return False
        return (all if self.every else any)(literal.value in chosen for literal in self.values)

    def to_json(self) -> Json:
        mode = "all" if self.every else "any"
        return ["has", self.ref.to_json(), mode, [literal.value for literal in self.values]]


@dataclass(frozen=True)
class Answered:
    ref: Ref

    def holds(self, answers: Given, context: Context) -> bool:
        return answers.get(self.ref.question) not in (None, "", (), [], {})

    def to_json(self) -> Json:
        return ["answered", self.ref.to_json()]


@dataclass(frozen=True)
class Named:
    """A condition of the `conditions:` section; `target` is set by `link`."""

    name: str
    at: int = field(default=0, compare=False)
    target: Node | None = field(default=None, compare=False, repr=False)

    def holds(self, answers: Given, context: Context) -> bool:
        return self.target is not None and self.target.holds(answers, context)

    def to_json(self) -> Json:
        return self.target.to_json() if self.target is not None else None


@dataclass(frozen=True)
class Not:
    term: Node

    def holds(self, answers: Given, context: Context) -> bool:
        return not self.term.holds(answers, context)

    def to_json(self) -> Json:
        return ["not", self.term.to_json()]


@dataclass(frozen=True)
class And:
    terms: tuple[Node, ...]

    def holds(self, answers: Given, context: Context) -> bool:
        return all(term.holds(answers, context) for term in self.terms)

    def to_json(self) -> Json:
        return ["and", *(term.to_json() for term in self.terms)]


@dataclass(frozen=True)
class Or:
    terms: tuple[Node, ...]

    def holds(self, answers: Given, context: Context) -> bool:
        return any(term.holds(answers, context) for term in self.terms)

    def to_json(self) -> Json:
        return ["or", *(term.to_json() for term in self.terms)]


Node = Compare | In | Has | Answered | Named | Not | And | Or


@dataclass(frozen=True)
class Condition:
    """A condition ready to be evaluated; `source` is what the author wrote, and where."""

    source: str
    ast: Node = field(compare=False, repr=False)
    line: int = field(default=0, compare=False)
    column: int = field(default=0, compare=False)

    def to_json(self) -> Json:
        """The tree shared with the browser: named conditions inlined, columns resolved."""
        return self.ast.to_json()


def read_tree(tree: Json) -> Node:
    """The condition that this tree says, as `to_json` gives it; ValueError for any other data."""
    match tree:
        case ["and", *terms]:
            return And(tuple(map(read_tree, terms)))
        case ["or", *terms]:
            return Or(tuple(map(read_tree, terms)))
        case ["not", term]:
            return Not(read_tree(term))
        case ["answered", ref]:
            return Answered(_read_ref(ref))
        case ["in", ref, [*values]]:
            return In(_read_ref(ref), _read_values(values))
        case ["has", ref, "any" | "all" as mode, [*values]]:
            return Has(_read_ref(ref), _read_values(values), mode == "all")
        case ["==" | "!=" | "<" | "<=" | ">" | ">=" as sign, left, right]:
            return Compare(_read_ref(left), sign, _read_operand(right))
    raise ValueError(f"no condition: {tree!r}")


def evaluate(condition: Condition | None, answers: Given, context: Context) -> bool:
    """Whether the condition holds over these *visible* answers; no condition always holds."""
    return condition is None or condition.ast.holds(answers, context)


def parse_condition(source: str) -> Condition | Fault:
    """The condition written in `source`, or the first thing that cannot be read in it."""
    if len(source) > MAX_LENGTH:
        return Fault(0, "too-long", f"La condition dépasse {MAX_LENGTH} caractères.", _SPLIT)
    try:
        return Condition(source, _Parser(source).parse())
    except _Unreadable as unreadable:
        return unreadable.fault


def link(
    condition: Condition,
    columns: Mapping[str, Mapping[str, Mapping[str, str]]],
    named: Mapping[str, Condition],
) -> Condition:
    """The same condition with columns (question → column → code → value) and names resolved.

    `named` holds conditions that are linked already: their order rules out cycles.
    """

    def operand(value: Operand) -> Operand:
        return ref(value) if isinstance(value, Ref) else value

    def ref(value: Ref) -> Ref:
        return replace(value, column=columns.get(value.question, {}).get(value.part))

    def node(value: Node) -> Node:
        match value:
            case Compare():
                return replace(value, left=ref(value.left), right=operand(value.right))
            case In():
                return replace(value, ref=ref(value.ref))
            case Named() if value.name in named:
                return replace(value, target=named[value.name].ast)
            case Not():
                return replace(value, term=node(value.term))
            case And() | Or():
                return replace(value, terms=tuple(node(term) for term in value.terms))
        return value

    return replace(condition, ast=node(condition.ast))


def _read_ref(told: Json) -> Ref:
    match told:
        case {"count": str() as question}:
            return Ref(question, counted=True)
        case {"ref": str() as question, "row": str() as row}:
            return Ref(question, row)
        case {"ref": str() as question, "column": str() as column, "values": Mapping() as values}:
            known = {code: str(value) for code, value in values.items()}
            return Ref(question, column, column=known)
        case {"ref": str() as question}:
            return Ref(question)
    raise ValueError(f"no reference: {told!r}")


def _read_operand(told: Json) -> Operand:
    return Literal(told) if isinstance(told, str | int | float) else _read_ref(told)


def _read_values(values: Sequence[Json]) -> tuple[Literal, ...]:
    return tuple(Literal(value) for value in values if isinstance(value, str | int | float))


def nodes(node: Node) -> Iterator[Node]:
    """The node and everything below it, without entering the named conditions."""
    yield node
    match node:
        case Not():
            yield from nodes(node.term)
        case And() | Or():
            for term in node.terms:
                yield from nodes(term)


def refs(node: Node) -> Iterator[Ref]:
    """Every reference to a question or to the audience, in the order written."""
    for below in nodes(node):
        match below:
            case Compare():
                yield below.left
                if isinstance(below.right, Ref):
                    yield below.right
            case In() | Has() | Answered():
                yield below.ref


def names(node: Node) -> Iterator[Named]:
    """Every use of a named condition, in the order written."""
    return (below for below in nodes(node) if isinstance(below, Named))


_SPLIT = "Découpez-la en conditions nommées, dans la rubrique « conditions »."

_TOKEN = re.compile(
    r"(?P<text>'[^'\n]*')"
    r"|(?P<number>-?\d{1,15}(?:\.\d{1,15})?)(?![\w.])"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>==|!=|<=|>=|<|>)"
    r"|(?P<mark>[()\[\],.])",
    re.ASCII,
)
_SPACES = re.compile(r"[ \t\n]*")

_ADVICE = {
    "=": "Pour comparer, écrivez « == ».",
    "&": "Écrivez « and ».",
    "|": "Écrivez « or ».",
    "!": "Écrivez « not », ou « != » pour comparer.",
    "\N{NO-BREAK SPACE}": "Remplacez l’espace insécable par une espace ordinaire.",
    "\N{NARROW NO-BREAK SPACE}": "Remplacez l’espace insécable par une espace ordinaire.",
    "'": "Fermez l’apostrophe : 'code'.",
} | dict.fromkeys('"’‘“”«»`', "Entourez les codes d’apostrophes droites : 'code'.")
_WORD_ADVICE = {
    "et": "Écrivez « and ».",
    "ou": "Écrivez « or ».",
    "non": "Écrivez « not ».",
    "AND": "Écrivez « and ».",
    "OR": "Écrivez « or ».",
    "NOT": "Écrivez « not ».",
    "IN": "Écrivez « in ».",
}


class _Unreadable(Exception):
    """Carries the fault out of the recursive descent."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


class _Parser:
    """Recursive descent: one method for each rule of the grammar."""

    def __init__(self, source: str) -> None:
        self._tokens = list(_tokens(source))
        self._next = 0
        self._depth = 0

    def parse(self) -> Node:
        node = self._or()
        if self._peek.kind != "end":
            self._refuse(
                f"« {self._peek.text} » n’est pas attendu ici.",
                _WORD_ADVICE.get(self._peek.text, "Reliez deux conditions par « and » ou « or »."),
            )
        return node

    @property
    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._peek
        self._next += token.kind != "end"
        return token

    def _accept(self, text: str) -> bool:
        found = self._peek.text == text and self._peek.kind not in ("text", "end")
        self._next += found
        return found

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            self._refuse(f"Il manque « {text} ».", f"Écrivez « {text} » à cet endroit.")

    def _or(self) -> Node:
        terms = [self._and()]
        while self._accept("or"):
            terms.append(self._and())
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _and(self) -> Node:
        terms = [self._not()]
        while self._accept("and"):
            terms.append(self._not())
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _not(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._refuse("La condition est trop imbriquée.", _SPLIT)
        node: Node
        if self._accept("not"):
            node = Not(self._not())
        elif self._accept("("):
            node = self._or()
            self._expect(")")
        else:
            node = self._atom()
        self._depth -= 1
        return node

    def _atom(self) -> Node:
        name = self._name()
        if name.text == "answered" and self._peek.text == "(":
            return Answered(self._inside(name))
        if name.text == "count" and self._peek.text == "(":
            return self._after(replace(self._inside(name), counted=True, at=name.at))
        if self._peek.text == "(":
            self._refuse(
                f"La fonction « {name.text} » n’existe pas.",
                "Les fonctions sont « answered(question) » et « count(question) ».",
                name.at,
                "unknown-function",
            )
        if self._accept("."):
            return self._after(Ref(name.text, self._part().text, at=name.at))
        if self._peek.kind == "sign" or self._peek.text in ("in", "not", "has"):
            return self._after(Ref(name.text, at=name.at))
        return Named(name.text, name.at)

    def _after(self, ref: Ref) -> Node:
        if self._accept("in"):
            return In(ref, self._list())
        if self._accept("not"):
            self._expect("in")
            return Not(In(ref, self._list()))
        if self._accept("has"):
            every = self._peek.text == "all"
            if self._accept("any") or self._accept("all"):
                return Has(ref, self._list(), every)
            return Has(ref, (self._literal(),))
        if self._peek.kind != "sign":
            self._refuse("Il manque une comparaison.", "Par exemple : == 'code', >= 3, in ['a'].")
        return Compare(ref, self._take().text, self._operand())

    def _operand(self) -> Operand:
        if self._peek.kind in ("text", "number"):
            return self._literal()
        if self._peek.text == ">":
            self._refuse("« <> » n’existe pas.", "Pour « différent de », écrivez « != ».")
        name = self._name()
        if name.text == "count":
            return replace(self._inside(name), counted=True, at=name.at)
        part = self._part().text if self._accept(".") else ""
        return Ref(name.text, part, at=name.at)

    def _inside(self, function: _Token) -> Ref:
        self._expect("(")
        name = self._name()
        self._expect(")")
        return Ref(name.text, at=name.at)

    def _list(self) -> tuple[Literal, ...]:
        self._expect("[")
        values = [self._literal()]
        while self._accept(","):
            values.append(self._literal())
        self._expect("]")
        return tuple(values)

    def _literal(self) -> Literal:
        token = self._peek
        if token.kind not in ("text", "number"):
            remedy = f"Entourez le code d’apostrophes droites : '{token.text or 'code'}'."
            self._refuse("Il manque un code ou un nombre.", remedy)
        text = self._take().text
        if token.kind == "text":
            return Literal(text[1:-1], token.at)
        return Literal(float(text) if "." in text else int(text), token.at)

    def _name(self) -> _Token:
        token = self._peek
        if token.kind != "name" or (token.text in WORDS - {"answered", "count"}):
            self._refuse(
                "La condition s’arrête trop tôt."
                if token.kind == "end"
                else f"« {token.text} » n’est pas attendu ici.",
                "Écrivez le nom d’une question ou d’une condition.",
            )
        return self._take()

    def _part(self) -> _Token:
        if self._peek.kind != "name":
            self._refuse("Il manque un nom après le point.", "Écrivez « question.ligne ».")
        return self._take()

    def _refuse(
        self, message: str, remedy: str, at: int | None = None, code: str = "syntax"
    ) -> NoReturn:
        raise _Unreadable(Fault(self._peek.at if at is None else at, code, message, remedy))


def _tokens(source: str) -> Iterator[_Token]:
    at = _skip(source, 0)
    while at < len(source):
        found = _TOKEN.match(source, at)
        if found is None:
            message = f"Le caractère « {source[at]} » n’est pas attendu ici."
            remedy = _ADVICE.get(source[at], "Retirez-le.")
            raise _Unreadable(Fault(at, "syntax", message, remedy))
        yield _Token(found.lastgroup or "", found.group(), at)
        at = _skip(source, found.end())
    yield _Token("end", "", len(source))


def _skip(source: str, at: int) -> int:
    found = _SPACES.match(source, at)
    return found.end() if found else at
