"""Questions that stand in for what a form knows beforehand, or names without declaring it.

Our respondents are strangers: nothing is known of them. The conditions of the original stay whole
if a question takes the place of what it knew; its type is guessed from how it is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

from consultation.importing.expressions import (
    AND,
    ARITHMETIC,
    COMPARISONS,
    IF,
    NOT,
    OR,
    Call,
    Constant,
    Name,
    Plain,
    Series,
    Tree,
)
from consultation.importing.form import Item, Option
from consultation.questionnaire.dates import day_of

ELSE = "autre_cas"

_SETS = {"selected", "contains", "notcontains", "anyof", "allof", "noneof", "count-selected"}
_EXPECTING = {*COMPARISONS, *_SETS, "in", "not_in", "nvl", "between"}
_FORMS = {"cast", "nvl", "number", "int", "intval", "floatval", "coalesce", "string", "trim"}
_ORDER = {"<", "<=", ">", ">=", "between", *ARITHMETIC}


@dataclass
class _Use:
    """How a name is used."""

    values: dict[Plain, None] = field(default_factory=dict)
    ordered: bool = False
    several: bool = False
    alone: bool = False


def stand_in(name: str, label: str, trees: Iterable[Tree]) -> Item:
    """A question that can take every value that these expressions expect of the name."""
    use = _Use()
    for tree in trees:
        _note(tree, name, use, logical=True)
    text = {"fr": f"{name} ({label})" if label and label != name else name}
    place = f"variable « {name} »"
    numbers = all(isinstance(one, Fraction) or _is_figure(one) for one in use.values)
    if use.ordered and numbers:
        return Item(name=name, kind="number", text=text, place=place, settings={"decimals": 2})
    if use.ordered and all(day_of(str(one)) for one in use.values):
        return Item(name=name, kind="date", text=text, place=place)
    options = tuple(_options(use))
    if not options:
        return Item(name=name, kind="text", text=text, place=place)
    kind = "choices" if use.several else "choice"
    return Item(name=name, kind=kind, text=text, place=place, options=options)


def is_figure(name: str, trees: Iterable[Tree]) -> bool:
    """Whether expressions take this free text for a number: they order it, or expect figures."""
    use = _Use()
    for tree in trees:
        _note(tree, name, use, logical=True)
    figures = [one for one in use.values if one not in (None, "")]
    numbers = all(isinstance(one, Fraction) or _is_figure(one) for one in figures)
    return bool(figures) and numbers and not use.several and not use.alone


def _options(use: _Use) -> Iterator[Option]:
    logical = use.alone or (use.values and all(isinstance(one, bool) for one in use.values))
    if logical:
        yield Option(code="oui", label={"fr": "Oui"}, value=True)
        yield Option(code="non", label={"fr": "Non"}, value=False)
        return
    known = [one for one in use.values if one not in (None, "") and not isinstance(one, bool)]
    for value in known:
        said = _said(value)
        yield Option(code=said, label={"fr": said}, value=value)
    if known:
        yield Option(code=ELSE, label={"fr": "Autre cas", "en": "Other"}, value=_other(known))


def _other(known: Sequence[Plain]) -> Plain:
    """A value that is none of these: a number when they all are."""
    if not all(_is_figure(one) for one in known):
        return ELSE
    return str(floor(max(Fraction(str(one)) for one in known)) + 1)


def _note(tree: Tree, name: str, use: _Use, *, logical: bool) -> None:
    """What this expression compares the name with."""
    if tree == Name(name):
        use.alone = use.alone or logical
    if not isinstance(tree, Call):
        return
    if any(_bare(one) == Name(name) for one in tree.given):
        use.ordered = use.ordered or tree.function in _ORDER
        use.several = use.several or tree.function in _SETS
        if tree.function in _EXPECTING:
            for value in _constants(tree.given):
                use.values.setdefault(value)
    for place, one in enumerate(tree.given):
        inside = tree.function in (AND, OR, NOT) or (tree.function == IF and place == 0)
        _note(one, name, use, logical=inside)


def _bare(tree: Tree) -> Tree:
    """What is compared, under the functions that only change its form."""
    while isinstance(tree, Call) and tree.function.lower() in _FORMS and tree.given:
        tree = tree.given[0]
    return tree


def _constants(given: Iterable[Tree]) -> Iterator[Plain]:
    for one in given:
        if isinstance(one, Constant):
            yield one.value
        elif isinstance(one, Series):
            yield from _constants(one.items)


def _is_figure(value: Plain) -> bool:
    if value is None or value == "":
        return True
    try:
        Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        return False
    return True


def _said(value: Plain) -> str:
    if isinstance(value, Fraction) and value.denominator != 1:
        return str(float(value))
    return str(value)
