"""The plan of a questionnaire: identifiers, places, and what each name of the original means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from consultation.importing.evaluation import Amount, Cases, Evaluator, Prose, Several
from consultation.importing.expressions import Misread, Name, Tree, names, renamed
from consultation.importing.form import (
    Answer,
    Beforehand,
    Box,
    Form,
    Formula,
    Item,
    Page,
    Remark,
    Rule,
    Symbol,
    Untold,
)
from consultation.importing.logic import Inexpressible, among, neg
from consultation.importing.naming import Names, codes
from consultation.importing.shaping import Shaped, shape
from consultation.importing.standins import is_figure, stand_in
from consultation.questionnaire.conditions import Answered, Has, Literal, Ref

Key = tuple[str, str]
"""A rule: its text and its place."""

STAND_INS = "prealable"
AUDIENCES = {"agents": "Tous les agents"}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question with its identifiers; `codes` and `rows` give ours for each of the tool's."""

    item: Item
    id: str
    rank: int
    page: int
    codes: Mapping[str, str]
    rows: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A page and its questions."""

    page: Page
    id: str
    questions: tuple[Asked, ...]


@dataclass
class Plan:
    """Where every question stands. `lost` are rules that cannot be said: nothing leans on them."""

    form: Form
    lost: frozenset[Key] = frozenset()
    unoffered: frozenset[tuple[str, str]] = frozenset()  # question and code: filtered out for all
    remarks: list[Remark] = field(default_factory=list)
    ids: Names = field(default_factory=lambda: Names(AUDIENCES))
    stands: dict[str, Item] = field(default_factory=dict)
    _places: dict[Answer, tuple[Asked, str]] = field(default_factory=dict)

    @cached_property
    def pages(self) -> tuple[Planned, ...]:
        """Every page that asks something, in order."""
        pages = [page for page in self.form.pages if page.items]
        self.stands = {one.name: one for one in self._stand_ins()}
        if self.stands:
            pages.insert(0, _stand_in_page(tuple(self.stands.values())))
        page_names = Names()
        planned: list[Planned] = []
        rank = 0
        for number, page in enumerate(pages):
            asked: list[Asked] = []
            for shaped in (one for item in page.items for one in shape(self._typed_by_use(item))):
                self.remarks += shaped.remarks
                asked.append(self._ask(shaped, rank, number))
                rank += 1
            page_id = page_names.give(page.name, fallback=f"page_{number + 1}")
            planned.append(Planned(page=page, id=page_id, questions=tuple(asked)))
        return tuple(planned)

    @cached_property
    def by_id(self) -> Mapping[str, Asked]:
        """Questions by our identifier, in order."""
        return {asked.id: asked for planned in self.pages for asked in planned.questions}

    @cached_property
    def evaluator(self) -> Evaluator:
        """Evaluates the expressions of this form."""
        sizes = {asked.id: len(asked.codes) for asked in self.by_id.values()}
        return Evaluator(self.form.dialect, self._meaning, sizes)

    def question(self, name: str) -> Asked | None:
        """The question that this name of an expression asks about."""
        key = self.form.name(name)
        symbol = Answer(key) if key in self.stands else self.form.symbols.get(key)
        if isinstance(symbol, Box):
            symbol = Answer(symbol.item)
        found = self._places.get(symbol) if isinstance(symbol, Answer) else None
        return found[0] if found else None

    def is_whole(self, name: str) -> bool:
        """Whether the name stands for a whole answer, not for a box or a line of it."""
        symbol = self.form.symbols.get(self.form.name(name))
        return isinstance(symbol, Answer) and not symbol.row

    def used(self, tree: Tree, seen: tuple[str, ...] = ()) -> Iterator[str]:
        """The names used, those of formulas included."""
        for name in names(tree):
            symbol = self.form.symbols.get(self.form.name(name))
            if isinstance(symbol, Formula) and name not in seen:
                if not isinstance(symbol.tree, Misread):
                    yield from self.used(symbol.tree, (*seen, name))
            else:
                yield name

    def beyond(self) -> Mapping[str, Symbol]:
        """Calculations that rules use and that nothing here can compute, innermost first."""
        found: dict[str, Symbol] = {}
        used = {name: each for tree in self._trees() for name, each in self._formulas(tree)}
        for name, formula in used.items():
            inside = [] if isinstance(formula.tree, Misread) else self._formulas(formula.tree)
            if not any(one in found for one, _ in inside) and not self._computed(name):
                found[name] = Beforehand(f"calcul : {formula.text}")
        return found

    def _computed(self, name: str) -> bool:
        try:
            self.evaluator.cases(Name(name))
        except Inexpressible:
            return False
        return True

    # Questions

    def _typed_by_use(self, item: Item) -> Item:
        """A free text compared with numbers is a number; codes may be known by conditions alone."""
        trees = self._users.get(item.name, ())
        item = self._offering(item)
        if item.kind in ("choice", "choices") and not item.options:
            options = stand_in(item.name, "", trees).options
            if options:
                said = (
                    "ses réponses ne sont pas dans le fichier : celles des conditions sont reprises"
                )
                self.remarks.append(Remark(kind="lost", place=item.place, said=said))
            return replace(item, options=options)
        if item.kind != "text" or not is_figure(item.name, trees):
            return item
        said = "des conditions le comparent à des nombres : le texte devient un nombre"
        self.remarks.append(Remark(kind="changed", place=item.place, said=said))
        return replace(item, kind="number", settings={"decimals": 2})

    def _ask(self, shaped: Shaped, rank: int, page: int) -> Asked:
        item = shaped.item
        rows = Names()
        asked = Asked(
            item=item,
            id=self.ids.give(item.name, fallback="question"),
            rank=rank,
            page=page,
            codes=codes(option.code for option in item.options),
            rows={row.name: rows.give(row.name, fallback="ligne") for row in item.rows},
        )
        original = item.name.removesuffix(f"_{shaped.row}") if shaped.row else item.name
        self._places.setdefault(Answer(original, shaped.row), (asked, ""))
        for row, our in asked.rows.items():
            self._places.setdefault(Answer(original, row), (asked, our))
        return asked

    # Rules

    def _offering(self, item: Item) -> Item:
        """The question without the answers that its filter never lets through."""
        kept = tuple(one for one in item.options if (item.name, one.code) not in self.unoffered)
        if len(kept) == len(item.options):
            return item
        said = f"{len(item.options) - len(kept)} réponses que son filtre ne laisse jamais passer"
        self.remarks.append(Remark(kind="changed", place=item.place, said=said))
        return replace(item, options=kept)

    @cached_property
    def _users(self) -> Mapping[str, list[Tree]]:
        """The conditions on each question whose answers are not in the file, by its own name."""
        texts = {item.name for page in self.form.pages for item in page.items if not item.options}
        users: dict[str, list[Tree]] = {}
        for tree in self._trees():
            aliases: dict[str, str] = {}
            for name in self.used(tree):
                symbol = self.form.symbols.get(self.form.name(name))
                if isinstance(symbol, Answer) and symbol.item in texts:
                    aliases[name] = symbol.item
            for item in set(aliases.values()):
                users.setdefault(item, []).append(renamed(tree, aliases))
        return users

    def _stand_ins(self) -> Iterator[Item]:
        """A question for each name that expressions use and that nothing defines."""
        trees = list(self._trees())
        used = list(dict.fromkeys(name for tree in trees for name in self.used(tree)))
        for name in used:
            symbol = self.form.symbols.get(self.form.name(name))
            if symbol is not None and not isinstance(symbol, Beforehand):
                continue
            key = self.form.name(name)
            if any(key == one for one in self.stands):
                continue
            label = symbol.label if symbol else ""
            aliases = [one for one in used if self.form.name(one) == key]
            item = stand_in(
                key, label, [renamed(tree, dict.fromkeys(aliases, key)) for tree in trees]
            )
            self.stands[key] = item
            said = (
                "connue d’avance dans l’original, rien ne l’est ici : une question en tient lieu"
                if symbol
                else "déclarée nulle part (faute de frappe, ou question d’un autre fichier ?) : "
                "une question en tient lieu"
            )
            kind = "known" if symbol else "fault"
            self.remarks.append(Remark(kind=kind, place=item.place, said=said))
            yield item

    def _trees(self) -> Iterator[Tree]:
        for rule in self._every_rule():
            known = (rule.text, rule.place) not in self.lost
            if known and not isinstance(rule.tree, Misread):
                yield rule.tree

    def _formulas(self, tree: Tree, seen: tuple[str, ...] = ()) -> Iterator[tuple[str, Formula]]:
        """The formulas used, those inside others first."""
        for name in map(self.form.name, names(tree)):
            symbol = self.form.symbols.get(name)
            if isinstance(symbol, Formula) and name not in seen:
                if not isinstance(symbol.tree, Misread):
                    yield from self._formulas(symbol.tree, (*seen, name))
                yield name, symbol

    def _every_rule(self) -> Iterator[Rule]:
        for page in self.form.pages:
            yield from page.rules
            for item in page.items:
                yield from item.rules
                for control in item.controls:
                    yield control.rule
                for option in item.options:
                    yield from option.rules
                for row in item.rows:
                    yield from row.rules

    # Meanings

    def _meaning(self, name: str) -> Cases | Tree:
        """What a name is worth, case by case."""
        key = self.form.name(name)
        if key in self.stands:
            return self._answer(Answer(key))
        symbol = self.form.symbols.get(key)
        match symbol:
            case Answer():
                return self._answer(symbol)
            case Box():
                return self._box(symbol)
            case Formula(tree=Misread() as misread):
                raise Inexpressible(f"le calcul « {key} » ne se lit pas : {misread.message}")
            case Formula():
                return symbol.tree  # type: ignore[return-value]  # not misread
            case Untold():
                raise Inexpressible(symbol.why)
            case Beforehand():
                raise Inexpressible(f"« {key} » n’est pas connue ici")
        raise Inexpressible(f"« {name.removeprefix('./')} » n’existe pas")

    def _answer(self, answer: Answer) -> Cases:
        if answer not in self._places:
            raise Inexpressible(f"« {answer.item} » n’est pas reprise")
        asked, row = self._places[answer]
        item, ref = asked.item, Ref(asked.id, row)
        match item.kind:
            case "choice":
                return _one(asked, ref)
            case "matrix" if row:
                return _one(asked, ref)
            case "choices" | "rank":
                chosen = {str(one.seen): asked.codes[one.code] for one in item.options}
                return _either(ref, Several(ref, chosen))
            case "number" | "scale":
                whole = item.kind == "scale" or not item.settings.get("decimals")
                return _either(ref, Amount(ref, whole=whole))
            case "info":
                raise Inexpressible(f"« {answer.item} » n’attend pas de réponse")
            case "date":
                return _either(ref, Prose(ref, "une date"))
        return _either(ref, Prose(ref))

    def _box(self, box: Box) -> Cases:
        found = self._places.get(Answer(box.item))
        if found is None or box.code not in found[0].codes:
            raise Inexpressible(f"« {box.item} » n’a pas la réponse « {box.code} »")
        asked = found[0]
        code = asked.codes[box.code]
        ref = Ref(asked.id)
        if asked.item.kind == "choice":
            domain = _domain(asked)
            ticked = among(ref, frozenset({code}), domain)
        else:
            ticked = Has(ref, (Literal(code),))
        return ((ticked, box.on), (neg(ticked), box.off))


def _stand_in_page(items: tuple[Item, ...]) -> Page:
    return Page(
        name=STAND_INS,
        title={"fr": "À compléter ou à retirer", "en": "To complete or to remove"},
        place="variables",
        items=items,
    )


def _domain(asked: Asked) -> tuple[str | None, ...]:
    return (*(asked.codes[one.code] for one in asked.item.options), None)


def _one(asked: Asked, ref: Ref) -> Cases:
    """One code, or none."""
    domain = _domain(asked)
    cases = [
        (among(ref, frozenset({asked.codes[one.code]}), domain), one.seen)
        for one in asked.item.options
    ]
    return (*cases, (among(ref, frozenset({None}), domain), None))


def _either(ref: Ref, worth: Amount | Prose | Several) -> Cases:
    answered = Answered(Ref(ref.question))
    return ((answered, worth), (neg(answered), None))
