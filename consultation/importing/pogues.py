"""Reading the JSON of Insee's Pogues."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from consultation.importing import vtl, xpath
from consultation.importing.dates import DAY, dated, unbounded
from consultation.importing.evaluation import Dialect, Unticked
from consultation.importing.expressions import IF, Call, Constant, Misread, Name, Tree
from consultation.importing.form import (
    Answer,
    Beforehand,
    Box,
    Control,
    Form,
    Formula,
    Item,
    Markup,
    Option,
    Page,
    Remark,
    Row,
    Rule,
    Symbol,
    Untold,
    Words,
)
from consultation.importing.json_tree import Json, Object, as_list, as_object, number, text, truth

TOOL = "Pogues"
END = "idendquest"

_QUOTE = re.compile(r"[$¤](?P<name>[A-Za-z_]\w*)[$¤]")
_VTL = re.compile(r"<>|\|\||\b(?:nvl|isnull|not_in|then)\b")
_YES: Words = {"fr": "Oui"}
_NO: Words = {"fr": "Non"}
_FRENCH = str.maketrans("ja", "dy")  # jj/mm/aaaa


def read_pogues(root: Object) -> Form:
    """The form written in this JSON."""
    return _Reader(root).read()


@dataclass(frozen=True)
class _Placed:
    """A node of the tree and where it is in the file."""

    node: Object
    path: str

    @property
    def id(self) -> str:
        return text(self.node.get("id"))

    @property
    def name(self) -> str:
        return text(self.node.get("Name")) or self.id

    @property
    def place(self) -> str:
        return f"{self.path} ({self.name})"


@dataclass
class _Reader:
    root: Object
    remarks: list[Remark] = field(default_factory=list)
    symbols: dict[str, Symbol] = field(default_factory=dict)
    variables: dict[str, Object] = field(default_factory=dict)  # by identifier
    codes: dict[str, Object] = field(default_factory=dict)  # lists by identifier
    order: list[_Placed] = field(default_factory=list)  # every node, in document order
    last: dict[str, int] = field(default_factory=dict)  # node: rank of its last descendant
    rules: dict[str, list[Rule]] = field(default_factory=dict)  # by node
    vtl: bool = True

    def read(self) -> Form:
        self.vtl = self._is_vtl()
        self._index()
        self._note_filters()
        pages = tuple(self._pages())
        self._declare_variables()
        for number_, one in enumerate(_under(self.root, "Iterations", "Iteration")):
            place = f"$.Iterations.Iteration[{number_}]"
            said = "ce qui se répète autant de fois que voulu n’est demandé qu’une fois"
            self._tell("changed", place, said)
            if written := _expression(one.get("Filter")):
                self._tell("lost", place, f"le filtre des répétitions : {written}")
        return Form(
            tool=TOOL,
            title=self._words(self.root.get("Label")),
            language="fr",
            languages=frozenset({"fr"}),
            pages=pages,
            dialect=self._dialect(),
            symbols=self.symbols,
            name=lambda name: name.strip(),
            needs_shown=lambda name: False,
            markup=Markup(quote=_QUOTE, markdown=True),
            remarks=tuple(self.remarks),
        )

    def _is_vtl(self) -> bool:
        said = text(self.root.get("formulasLanguage")).upper()
        if said in ("VTL", "XPATH"):
            return said == "VTL"
        return any(_VTL.search(one) for one in _every_expression(self.root))

    def _dialect(self) -> Dialect:
        return vtl.Vtl() if self.vtl else xpath.XPath()

    def _parsed(self, written: str) -> Tree | Misread:
        return vtl.parse(written) if self.vtl else xpath.parse(written)

    def _rule(self, written: str, place: str) -> Rule:
        return Rule(text=written, place=place, tree=self._parsed(written))

    # Indexes

    def _index(self) -> None:
        for one in _under(self.root, "Variables", "Variable"):
            self.variables[text(one.get("id"))] = one
        for one in _under(self.root, "CodeLists", "CodeList"):
            self.codes[text(one.get("id"))] = one
        self._walk(self.root, "$")

    def _walk(self, node: Object, path: str) -> None:
        for number_, child in enumerate(as_list(node.get("Child"))):
            placed = _Placed(as_object(child), f"{path}.Child[{number_}]")
            self.order.append(placed)
            self._walk(placed.node, placed.path)
            self.last[placed.id] = len(self.order) - 1

    def _declare_variables(self) -> None:
        """Variables that no question collects."""
        for variable in self.variables.values():
            name = text(variable.get("Name"))
            if name in self.symbols:
                continue
            kind = text(variable.get("type"))
            if kind.startswith("Calculated"):
                formula = _expression(variable.get("Formula"))
                self.symbols[name] = Formula(self._parsed(formula), formula)
            elif kind.startswith("External"):
                self.symbols[name] = Beforehand(text(variable.get("Label")))
            else:
                self.symbols[name] = Beforehand("aucune question ne la recueille")

    # Filters and jumps

    def _note_filters(self) -> None:
        """The questions shown under a condition, and those that a jump leaves out."""
        ranks = {one.id: rank for rank, one in enumerate(self.order)}
        for number_, control in enumerate(map(as_object, as_list(self.root.get("FlowControl")))):
            written = _expression(control.get("Expression"))
            target = text(control.get("IfTrue"))
            place = f"$.FlowControl[{number_}] ({text(control.get('Description')) or target})"
            first, _, last = target.partition("-")
            if not written:
                continue
            if first not in ranks or last not in ranks:
                self._tell(
                    "fault", place, f"le filtre « {written} » vise « {target} », introuvable"
                )
                continue
            rule = self._rule(written, f"{place}.Expression")
            for one in self.order[ranks[first] : self.last[last] + 1]:
                self.rules.setdefault(one.id, []).append(rule)
        for rank, placed in enumerate(self.order):
            self._note_jumps(placed, rank, ranks)

    def _note_jumps(self, placed: _Placed, rank: int, ranks: Mapping[str, int]) -> None:
        for number_, control in enumerate(map(as_object, as_list(placed.node.get("FlowControl")))):
            written, target = _expression(control.get("Expression")), text(control.get("IfTrue"))
            if text(control.get("flowControlType")) == "CLARIFICATION" or not written:
                continue
            place = f"{placed.path}.FlowControl[{number_}] ({placed.name})"
            end = ranks.get(target, len(self.order) if target == END else -1)
            if end <= rank:
                said = f"le renvoi « {written} » vise « {target} », introuvable ou déjà passé"
                self._tell("fault", place, said)
                continue
            rule = self._rule(written, f"{place}.Expression")
            if not isinstance(rule.tree, Misread):
                rule = replace(rule, tree=self._contrary(rule.tree))
            start = self.last[placed.id] + 1
            for one in self.order[start:end]:
                self.rules.setdefault(one.id, []).append(rule)

    def _contrary(self, tree: Tree) -> Tree:
        """« Not jumped »: a jump that is neither true nor false does not jump."""
        return Call(IF, (tree, Constant(False), Constant(True)))

    # Pages

    def _pages(self) -> Iterator[Page]:
        """A page for each sequence or subsequence that holds questions."""
        page: _Placed | None = None
        items: list[Item] = []
        for placed in self.order:
            kind = text(placed.node.get("type"))
            if kind == "SequenceType":
                yield from self._page(page, items)
                page, items = placed, []
            elif kind == "QuestionType":
                items += self._items(placed)
            elif placed.id != END:
                self._tell("lost", placed.place, f"« {kind or 'élément'} » n’a pas d’équivalent")
        yield from self._page(page, items)

    def _page(self, placed: _Placed | None, items: Sequence[Item]) -> Iterator[Page]:
        if not items:
            return
        common = [rule for rule in items[0].rules if all(rule in one.rules for one in items)]
        kept = tuple(
            replace(one, rules=tuple(rule for rule in one.rules if rule not in common))
            for one in items
        )
        yield Page(
            name=placed.name if placed else "page",
            title=self._words(placed.node.get("Label")) if placed else {},
            intro=self._declared(placed) if placed else {},
            place=placed.place if placed else "$",
            items=kept,
            rules=tuple(common),
        )

    # Questions

    def _items(self, placed: _Placed) -> Iterator[Item]:
        node = placed.node
        base = Item(
            name=placed.name,
            kind="text",
            text=self._words(node.get("Label")),
            hint=self._declared(placed),
            place=placed.place,
            required=truth(node.get("mandatory")),
            rules=tuple(self.rules.get(placed.id, ())),
        )
        made = list(self._made(placed, base))
        if made:
            last = replace(made[-1], controls=tuple(self._controls(placed)))
            made[-1] = last
        yield from made
        for number_, one in enumerate(as_list(node.get("ClarificationQuestion"))):
            path = f"{placed.path}.ClarificationQuestion[{number_}]"
            yield from self._clarified(_Placed(as_object(one), path), placed, base)

    def _made(self, placed: _Placed, base: Item) -> Iterator[Item]:
        responses = [as_object(one) for one in as_list(placed.node.get("Response"))]
        kind = text(placed.node.get("questionType"))
        if kind not in ("SIMPLE", "SINGLE_CHOICE", "MULTIPLE_CHOICE", "TABLE") or not responses:
            for one in responses:
                self.symbols[self._variable(one)] = Untold(f"« {placed.name} » n’est pas reprise")
            self._tell("lost", placed.place, f"une question « {kind or '?'} » n’a pas d’équivalent")
        elif kind in ("SIMPLE", "SINGLE_CHOICE"):
            yield self._single(responses[0], base)
        elif kind == "MULTIPLE_CHOICE" and not text(responses[0].get("CodeListReference")):
            yield self._boxes(placed, responses, base)
        else:
            yield from self._table(placed, responses, base)

    def _single(self, response: Object, base: Item) -> Item:
        """One answer, named by the variable that collects it."""
        name = self._variable(response) or base.name
        self.symbols.setdefault(name, Answer(name))
        item = replace(base, name=name, required=base.required or truth(response.get("mandatory")))
        if reference := text(response.get("CodeListReference")):
            return self._chosen(reference, item)
        datatype = as_object(response.get("Datatype"))
        match text(datatype.get("typeName")):
            case "NUMERIC":
                return self._numeric(datatype, item)
            case "BOOLEAN":
                return replace(item, kind="choice", options=self._yes_no())
            case "TEXT":
                length = number(datatype.get("MaxLength")) or 0
                kind = "longtext" if length > 500 else "text"
                return replace(item, kind=kind, settings={"max_length": int(length)})
            case "DATE":
                return self._date(datatype, item)
        said = f"le type « {text(datatype.get('typeName'))} » devient un texte"
        self._tell("changed", base.place, said)
        self.remarks += unbounded(item, _bounds(datatype))
        return item

    def _yes_no(self) -> tuple[Option, ...]:
        yes, no = (True, False) if self.vtl else ("1", "0")
        return (
            Option(code="oui", label=_YES, value=yes),
            Option(code="non", label=_NO, value=no),
        )

    def _numeric(self, datatype: Object, item: Item) -> Item:
        settings: dict[str, str | int | float] = {}
        for key, old in (("min", "Minimum"), ("max", "Maximum"), ("decimals", "Decimals")):
            found = number(datatype.get(old))
            if found is not None and (key != "decimals" or found > 0):
                settings[key] = int(found) if found == int(found) else found
            elif found is None and (written := text(datatype.get(old)).strip()):
                self._tell("lost", item.place, f"la borne « {written} » est calculée")
        unit = text(datatype.get("Unit")).strip().rpartition("/")[2]
        words: dict[str, Words] = {"unit": {"fr": unit}} if unit else {}
        return replace(item, kind="number", settings=settings, words=words)

    def _date(self, datatype: Object, item: Item) -> Item:
        """A date in this format, in letters of either language."""
        pattern = text(datatype.get("Format")).lower().translate(_FRENCH) or DAY
        return dated(item, pattern, _bounds(datatype), self.remarks)

    def _chosen(self, reference: str, item: Item) -> Item:
        filters = {
            text(one.get("codeValue")): _expression(one.get("conditionFilter"))
            for one in map(as_object, as_list(self._filters_of(item)))
        }
        options = tuple(
            replace(
                option,
                rules=tuple(
                    self._rule(written, f"{item.place}, code « {option.code} »")
                    for written in (filters.get(option.code, ""),)
                    if written
                ),
            )
            for option in self._codes(reference)
        )
        label = text(as_object(self.codes.get(reference)).get("Label"))
        return replace(item, kind="choice", options=options, list=label)

    def _filters_of(self, item: Item) -> Json:
        found = next((one for one in self.order if one.place == item.place), None)
        return found.node.get("codeFilters") if found else []

    def _codes(self, reference: str) -> list[Option]:
        """The codes of a list that have none below them."""
        codes = [
            as_object(one) for one in as_list(as_object(self.codes.get(reference)).get("Code"))
        ]
        parents = {text(one.get("Parent")) for one in codes}
        return [
            Option(code=text(one.get("Value")) or "vide", label=self._words(one.get("Label")))
            for one in codes
            if text(one.get("Value")) not in parents or text(one.get("Value")) == ""
        ]

    def _boxes(self, placed: _Placed, responses: Sequence[Object], base: Item) -> Item:
        options = self._codes(_dimension(placed.node, "PRIMARY"))
        kept: list[Option] = []
        on = True if self.vtl else "1"
        for target, response in self._mapped(placed, responses):
            place = _figure(target)
            option = options[place - 1] if 0 < place <= len(options) else None
            name = self._variable(response)
            option = option or Option(code=name, label={"fr": name})
            kept.append(option)
            self.symbols.setdefault(
                name, Box(base.name, option.code, on, Unticked() if self.vtl else "")
            )
        self.symbols.setdefault(base.name, Answer(base.name))
        return replace(
            base, kind="choices", options=tuple({one.code: one for one in kept}.values())
        )

    def _mapped(self, placed: _Placed, responses: Sequence[Object]) -> Iterator[tuple[str, Object]]:
        """Each response, with the line and column that it stands for."""
        structure = as_object(placed.node.get("ResponseStructure"))
        targets = {
            text(one.get("MappingSource")): text(one.get("MappingTarget"))
            for one in map(as_object, as_list(structure.get("Mapping")))
        }
        for number_, response in enumerate(responses, 1):
            yield targets.get(text(response.get("id")), str(number_)), response

    def _table(self, placed: _Placed, responses: Sequence[Object], base: Item) -> Iterator[Item]:
        """A grid when the cells of each line are one choice, else a question for each cell."""
        references = {text(one.get("CodeListReference")) for one in responses}
        rows = self._codes(_dimension(placed.node, "PRIMARY"))
        cells = list(self._mapped(placed, responses))
        alone = len({target.partition(" ")[2] for target, _ in cells}) == 1
        if len(references) == 1 and "" not in references and alone and len(cells) == len(rows):
            yield self._grid(cells, rows, references.pop(), base)
            return
        self._tell("changed", placed.place, "chaque case du tableau devient une question")
        columns = self._columns(placed)
        for target, response in cells:
            yield self._single(response, replace(base, text=_at(base.text, target, rows, columns)))

    def _grid(
        self,
        cells: Sequence[tuple[str, Object]],
        rows: Sequence[Option],
        reference: str,
        base: Item,
    ) -> Item:
        lines: list[Row] = []
        for target, response in cells:
            place = _figure(target.partition(" ")[0])
            label = rows[place - 1].label if 0 < place <= len(rows) else {}
            name = self._variable(response)
            lines.append(Row(name=name, label=label or {"fr": name}))
            self.symbols.setdefault(name, Answer(base.name, name))
        name = text(as_object(self.codes.get(reference)).get("Label"))
        return replace(
            base,
            kind="matrix",
            options=tuple(self._codes(reference)),
            rows=tuple(lines),
            list=name,
        )

    def _columns(self, placed: _Placed) -> Sequence[Words]:
        """The heading of each column: the codes of the second dimension, or the measures."""
        if second := _dimension(placed.node, "SECONDARY"):
            return [one.label for one in self._codes(second)]
        structure = as_object(placed.node.get("ResponseStructure"))
        dimensions = [as_object(one) for one in as_list(structure.get("Dimension"))]
        measures = [one for one in dimensions if text(one.get("dimensionType")) == "MEASURE"]
        return [self._words(one.get("Label")) for one in measures]

    def _clarified(self, placed: _Placed, question: _Placed, base: Item) -> Iterator[Item]:
        """« Please specify », shown by the condition of the question that it belongs to."""
        rules = list(base.rules)
        for number_, one in enumerate(map(as_object, as_list(question.node.get("FlowControl")))):
            if text(one.get("IfTrue")) == placed.id and (
                written := _expression(one.get("Expression"))
            ):
                rules.append(self._rule(written, f"{question.path}.FlowControl[{number_}]"))
        item = Item(
            name=placed.name,
            kind="text",
            text=self._words(placed.node.get("Label")) or {"fr": "Précisez"},
            place=placed.place,
            rules=tuple(rules),
        )
        responses = [as_object(one) for one in as_list(placed.node.get("Response"))]
        if responses:
            yield self._single(responses[0], item)

    def _controls(self, placed: _Placed) -> Iterator[Control]:
        for number_, one in enumerate(map(as_object, as_list(placed.node.get("Control")))):
            if written := _expression(one.get("Expression")):
                yield Control(
                    rule=self._rule(written, f"{placed.path}.Control[{number_}] ({placed.name})"),
                    message=self._words(one.get("FailMessage")),
                    refused=True,
                )

    # Texts

    def _variable(self, response: Object) -> str:
        reference = text(response.get("CollectedVariableReference"))
        return text(as_object(self.variables.get(reference)).get("Name"))

    def _declared(self, placed: _Placed) -> Words:
        """Instructions and help, one after the other."""
        said = [
            self._words(as_object(one).get("Text")).get("fr", "")
            for one in as_list(placed.node.get("Declaration"))
        ]
        joined = "\n".join(dict.fromkeys(one for one in said if one))
        return {"fr": joined} if joined else {}

    def _words(self, value: Json) -> Words:
        said = text(value) or next((text(one) for one in as_list(value)), "")
        if self.vtl and ('"' in said):
            tree = vtl.parse(said)
            if not isinstance(tree, Misread) and (flat := _flat(tree)):
                said = flat
        return {"fr": said} if said.strip() else {}

    def _tell(self, kind: str, place: str, said: str) -> None:
        self.remarks.append(Remark(kind=kind, place=place, said=said))


def _bounds(datatype: Object) -> Mapping[str, str]:
    return {"min": text(datatype.get("Minimum")), "max": text(datatype.get("Maximum"))}


def _under(root: Object, group: str, name: str) -> list[Object]:
    return [as_object(one) for one in as_list(as_object(root.get(group)).get(name))]


def _expression(value: Json) -> str:
    """An expression, written alone or with its language."""
    return (text(value) or text(as_object(value).get("value"))).strip()


def _every_expression(node: Json) -> Iterator[str]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key in ("Expression", "Formula"):
                yield _expression(value)
            yield from _every_expression(value)
    elif isinstance(node, list):
        for value in node:
            yield from _every_expression(value)


def _dimension(node: Object, kind: str) -> str:
    """The list of codes of this dimension."""
    structure = as_object(node.get("ResponseStructure"))
    return next(
        (
            text(one.get("CodeListReference"))
            for one in map(as_object, as_list(structure.get("Dimension")))
            if text(one.get("dimensionType")) == kind
        ),
        "",
    )


def _figure(target: str) -> int:
    return int(target) if re.fullmatch(r"\d{1,6}", target) else 0


def _at(title: Words, target: str, rows: Sequence[Option], columns: Sequence[Words]) -> Words:
    """« title – line – column »."""
    first, _, second = target.partition(" ")
    row, column = _figure(first), _figure(second)
    parts = [title.get("fr", "")]
    if 0 < row <= len(rows):
        parts.append(rows[row - 1].label.get("fr", ""))
    if 0 < column <= len(columns):
        parts.append(columns[column - 1].get("fr", ""))
    return {"fr": " – ".join(part for part in parts if part)}


def _flat(tree: Tree) -> str:
    """A text made of pieces, quoted answers between dollars; '' when it is not one."""
    match tree:
        case Constant(value=str() as said):
            return said
        case Name():
            return f"${tree.name}$"
        case Call(function="||"):
            return "".join(_flat(one) for one in tree.given)
        case Call() if tree.function == IF:
            _, yes, no = tree.given
            return " / ".join(part for part in (_flat(yes), _flat(no)) if part.strip())
        case Call(function="cast"):
            return _flat(tree.given[0])
    return ""
