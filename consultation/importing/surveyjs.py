"""Reading the JSON of SurveyJS."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from consultation.importing.dates import DAY, HOUR, MONTH, dated, unbounded
from consultation.importing.expressions import (
    NOT,
    Call,
    Constant,
    Misread,
    Name,
    Plain,
    Series,
    Tree,
    names,
    renamed,
    substituted,
)
from consultation.importing.form import (
    Answer,
    Beforehand,
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
    language_of,
    under,
    unkept,
)
from consultation.importing.json_tree import Json, Object, as_list, as_object, number, text, truth
from consultation.importing.surveyexpressions import SurveyExpressions, parse

TOOL = "SurveyJS"
OTHER, NONE, REFUSED, UNKNOWN = "other", "none", "refused", "dontknow"

_QUOTE = re.compile(r"\{(?P<name>[^{}\s][^{}]*)\}")
_LONG = 120


def read_surveyjs(root: Object) -> Form:
    """The form written in this JSON."""
    return _Reader(root).read()


@dataclass
class _Reader:
    root: Object
    remarks: list[Remark] = field(default_factory=list)
    symbols: dict[str, Symbol] = field(default_factory=dict)
    language: str = "fr"

    def read(self) -> Form:
        self.language = language_of(text(self.root.get("locale"))) or self._only_language()
        pages = tuple(self._pages())
        self._calculated()
        return Form(
            tool=TOOL,
            title=self._words(self.root.get("title")),
            language=self.language,
            languages=frozenset({self.language, *_languages(self.root)}),
            pages=pages,
            dialect=SurveyExpressions(),
            symbols=self.symbols,
            name=self._key,
            needs_shown=lambda name: False,
            markup=Markup(quote=_QUOTE),
            intro=self._words(self.root.get("description")),
            end=self._words(self.root.get("completedHtml")),
            remarks=tuple(self.remarks),
        )

    def _only_language(self) -> str:
        """The language of the texts: French, unless they are in others."""
        found = set(_languages(self.root))
        return "fr" if "fr" in found or not found else sorted(found)[0]

    # Names

    def _key(self, name: str) -> str:
        """Names ignore case; what leads to a question may stand before its name."""
        plain = name.strip().removeprefix("#").removeprefix("$")
        for key in (plain, *_shorter(plain)):
            if key.lower() in self.symbols:
                return key.lower()
        return plain.lower()

    def _declare(self, name: str, symbol: Symbol) -> None:
        self.symbols.setdefault(name.lower(), symbol)

    # Pages

    def _pages(self) -> Iterator[Page]:
        pages: Sequence[Json] = as_list(self.root.get("pages"))
        if not pages:
            alone = as_list(self.root.get("elements")) or as_list(self.root.get("questions"))
            pages = [{"name": "page1", "elements": list(alone)}]
        for number_, page in enumerate(pages):
            place = f"$.pages[{number_}]"
            node = as_object(page)
            items = tuple(self._elements(node, place))
            if not items:
                self._tell("lost", place, "cette page n’a aucune question reprise")
                continue
            yield Page(
                name=text(node.get("name")) or f"page{number_ + 1}",
                title=self._words(node.get("title")),
                intro=self._words(node.get("description")),
                place=place,
                items=items,
                rules=tuple(self._rules(node, place)),
            )

    def _elements(self, node: Object, place: str, outer: tuple[Rule, ...] = ()) -> Iterator[Item]:
        key = "elements" if "elements" in node else "questions"
        if "templateElements" in node:
            key = "templateElements"
        for number_, element in enumerate(as_list(node.get(key))):
            yield from self._element(as_object(element), f"{place}.{key}[{number_}]", outer)

    def _element(self, node: Object, place: str, outer: tuple[Rule, ...]) -> Iterator[Item]:
        kind = text(node.get("type")) or "text"
        name = text(node.get("name")) or place
        where = f"{place} ({name})"
        rules = (*outer, *self._rules(node, where))
        made = list(self._made(node, kind, name, place, rules))
        if kind in _GROUPS and not made:
            self._tell("lost", where, "il ne contient aucune question reprise")
        yield from made

    def _made(
        self, node: Object, kind: str, name: str, place: str, rules: tuple[Rule, ...]
    ) -> Iterator[Item]:
        where = f"{place} ({name})"
        if kind in ("panel", "paneldynamic"):
            if kind == "paneldynamic":
                self._tell("changed", where, _ONCE)
                self._declare(name, Untold(f"« {name} » est une répétition"))
            yield from self._panel(node, place, rules)
        elif kind in ("matrixdropdown", "matrixdynamic"):
            yield from self._table(node, name, where, rules)
        elif kind == "multipletext":
            yield from self._texts(node, name, where, rules)
        else:
            yield from self._question(node, kind, name, where, rules)

    def _panel(self, node: Object, place: str, rules: tuple[Rule, ...]) -> Iterator[Item]:
        title = self._words(node.get("title"))
        for item in self._elements(node, place, rules):
            yield replace(item, text=under(title, item.text)) if title else item
            title = {}

    def _question(
        self, node: Object, kind: str, name: str, where: str, rules: tuple[Rule, ...]
    ) -> Iterator[Item]:
        base = self._base(node, name, where, rules)
        if kind == "expression":
            self._declare(name, self._formula(text(node.get("expression"))))
            self._tell("lost", where, "ce qui s’affiche est calculé ; il n’est pas repris")
            return
        if kind in _UNABLE:
            self._declare(name, Untold(f"« {name} » ({_UNABLE[kind]}) n’est pas reprise"))
            self._tell("lost", where, f"{_UNABLE[kind]} n’a pas d’équivalent")
            return
        item = self._typed(node, kind, base)
        self._declare(name, Answer(name))
        if item.kind == "info":
            yield replace(item, required=False)
            return
        yield replace(item, controls=tuple(self._controls(node, item)))
        if item.kind in ("choice", "choices"):
            self._declare(
                f"{name}-Comment", Untold("elle lit la précision d’une réponse « autre »")
            )
        if truth(node.get("showCommentArea")) or truth(node.get("hasComment")):
            label = self._words(node.get("commentText")) or {"fr": "Commentaire"}
            comment = f"{name}-Comment"
            self.symbols[comment.lower()] = Answer(comment)
            yield Item(
                name=comment,
                kind="longtext",
                text=label,
                place=where,
                rules=rules,
                settings={"max_length": 1000},
            )

    def _base(self, node: Object, name: str, where: str, rules: tuple[Rule, ...]) -> Item:
        return Item(
            name=name,
            kind="text",
            text=self._words(node.get("title")) or {self.language: name},
            hint=self._words(node.get("description")),
            place=where,
            required=truth(node.get("isRequired")),
            required_message=self._words(node.get("requiredErrorText")),
            rules=rules,
        )

    def _typed(self, node: Object, kind: str, base: Item) -> Item:
        if kind in ("radiogroup", "dropdown", "buttongroup", "imagepicker"):
            multiple = kind == "imagepicker" and truth(node.get("multiSelect"))
            return self._chosen(node, "choices" if multiple else "choice", base)
        if kind in ("checkbox", "tagbox"):
            return self._chosen(node, "choices", base)
        if kind == "ranking":
            return self._chosen(node, "rank", base)
        if kind == "boolean":
            return replace(base, kind="choice", options=self._yes_no(node))
        if kind in ("rating", "slider"):
            return self._rated(node, base)
        if kind == "matrix":
            return self._grid(node, base)
        if kind in ("html", "image"):
            said = self._words(node.get("html")) or base.text
            return replace(base, kind="info", text=said)
        if kind == "comment":
            length = number(node.get("maxLength"))
            return replace(base, kind="longtext", settings={"max_length": int(length or 2000)})
        if kind not in ("text", *_CALENDARS):
            self._tell("changed", base.place, f"le type « {kind} » devient un texte")
        return self._input(node, base)

    def _input(self, node: Object, base: Item) -> Item:
        kind = text(node.get("inputType")).lower().replace("_", "-")
        if text(node.get("type")) in _CALENDARS:
            return self._date(text(node.get("dateFormat")).lower() or DAY, node, base)
        if kind in ("number", "range"):
            return self._number(node, base)
        if kind in _INPUTS:
            return self._date(_INPUTS[kind], node, base)
        if kind in ("", "text") and text(node.get("maskType")) == "datetime":
            return self._masked(as_object(node.get("maskSettings")), base)
        if kind not in ("", "text"):
            self._tell("changed", base.place, f"la saisie « {kind} » devient un texte")
            self.remarks += unbounded(base, self._bounds(node, base))
        length = number(node.get("maxLength"))
        return replace(base, settings={"max_length": int(length)} if length and length > 0 else {})

    def _number(self, node: Object, base: Item) -> Item:
        for written in self._bounds(node, base).values():
            if number(written) is None:
                self._tell("lost", base.place, f"la borne « {written} » est calculée")
        return replace(base, kind="number", settings=_numeric(node))

    def _date(self, pattern: str, node: Object, base: Item) -> Item:
        bounds = self._bounds(node, base)
        low = bounds.get("min", "")
        if pattern == MONTH and re.fullmatch("[0-9]{4}-[0-9]{2}-01", low):
            said = f"la borne « {low} » refusait ce mois, comparé en texte ; elle l’admet ici"
            self._tell("fault", base.place, said)
        return dated(base, pattern, bounds, self.remarks)

    def _masked(self, mask: Object, base: Item) -> Item:
        """A text typed as a date: a month or a year is admitted as soon as a day of it is."""
        preset = text(mask.get("patternPreset")).lower() or "localedate"
        pattern = text(mask.get("pattern")) or _PRESETS.get(preset, preset)
        bounds = {key: text(mask.get(key)) for key in ("min", "max")}
        return dated(base, pattern, bounds, self.remarks, touching=True)

    def _bounds(self, node: Object, base: Item) -> Mapping[str, str]:
        """The bounds written, or computed by an expression, which may be a constant."""
        found: dict[str, str] = {}
        for key in ("min", "max"):
            plain, computed = text(node.get(key)), text(node.get(f"{key}ValueExpression"))
            if plain.startswith("="):
                plain, computed = "", computed or plain[1:]
            match parse(computed):
                case Constant(value=str() as constant):
                    found[key] = constant
                case _:
                    found[key] = computed or plain
            if message := self._words(node.get(f"{key}ErrorText")):
                self._tell("changed", base.place, unkept(message))
        return {key: written for key, written in found.items() if written.strip()}

    def _chosen(self, node: Object, kind: str, base: Item) -> Item:
        options = tuple(self._options(node, base))
        settings: dict[str, str | int | float] = {}
        if text(node.get("choicesOrder")) == "random":
            settings["order"] = "random"
        if kind == "choices":
            limits = (("min", "minSelectedChoices"), ("max", "maxSelectedChoices"))
            settings |= {key: int(found) for key, old in limits if (found := number(node.get(old)))}
        if kind == "rank":
            settings["top"] = int(number(node.get("maxSelectedChoices")) or len(options))
        if text(node.get("choicesByUrl")) or as_object(node.get("choicesByUrl")):
            self._tell("lost", base.place, "ses réponses viennent d’une adresse du web")
        if source := text(node.get("choicesFromQuestion")):
            self._tell("changed", base.place, f"ses réponses sont reprises de « {source} »")
        return replace(base, kind=kind, options=options, settings=settings)

    def _options(self, node: Object, base: Item) -> Iterator[Option]:
        borrowed = self._borrowed(node)
        choices = [*as_list(node.get("choices")), *borrowed]
        common = text(node.get("choicesVisibleIf"))
        for number_, choice in enumerate(choices):
            option = self._choice(choice)
            place = f"{base.place}, choices[{number_}]"
            rules = [self._item_rule(common, option, f"{base.place}, choicesVisibleIf")]
            own = text(as_object(choice).get("visibleIf"))
            rules.append(self._item_rule(own, option, place))
            if choice in borrowed:
                rules.append(self._chosen_there(node, option, base))
            yield replace(option, rules=tuple(one for one in rules if one))
        yield from self._special(node)

    def _borrowed(self, node: Object) -> Sequence[Json]:
        """The choices of another question, when this one takes them from it."""
        source = text(node.get("choicesFromQuestion"))
        if not source:
            return []
        found = next((one for one in _every(self.root) if text(one.get("name")) == source), {})
        return as_list(found.get("choices")) or as_list(found.get("columns"))

    def _chosen_there(self, node: Object, option: Option, base: Item) -> Rule | None:
        """A borrowed choice may be offered to those alone who took it there, or who left it."""
        mode = text(node.get("choicesFromQuestionMode"))
        if mode not in ("selected", "unselected"):
            return None
        source = Name(text(node.get("choicesFromQuestion")))
        taken: Tree = Call("anyof", (source, Series((Constant(option.seen),))))
        tree = taken if mode == "selected" else Call(NOT, (taken,))
        return Rule(text=f"{mode} {source.name}", place=base.place, tree=tree, counted=False)

    def _special(self, node: Object) -> Iterator[Option]:
        """« Other », « none »… : options that the tool adds by itself."""
        if truth(node.get("hasOther")) or truth(node.get("showOtherItem")):
            label = self._words(node.get("otherText")) or {"fr": "Autre", "en": "Other"}
            yield Option(code=OTHER, label=label, other=_LONG, last=True)
        for code, flags, said, default in _SPECIAL:
            if any(truth(node.get(flag)) for flag in flags):
                label = self._words(node.get(said)) or default
                yield Option(code=code, label=label, exclusive=True, last=True)

    def _choice(self, choice: Json) -> Option:
        if not isinstance(choice, Mapping):
            code, _, said = text(choice).partition("|")  # « value|text »
            seen = code if said else _value(choice)
            return Option(code=code or "vide", label={self.language: said or code}, value=seen)
        value = choice.get("value", choice.get("text"))
        label = self._words(choice.get("text")) or {self.language: text(value)}
        return Option(code=text(value) or "vide", label=label, value=_value(value))

    def _yes_no(self, node: Object) -> tuple[Option, ...]:
        yes = self._words(node.get("labelTrue")) or {"fr": "Oui", "en": "Yes"}
        no = self._words(node.get("labelFalse")) or {"fr": "Non", "en": "No"}
        values = (_value(node.get("valueTrue", True)), _value(node.get("valueFalse", False)))
        return (
            Option(code="oui", label=yes, value=values[0]),
            Option(code="non", label=no, value=values[1]),
        )

    def _rated(self, node: Object, base: Item) -> Item:
        values = as_list(node.get("rateValues"))
        options = tuple(self._choice(one) for one in values)
        figures = [int(one.code) if re.fullmatch(r"-?\d+", one.code) else None for one in options]
        plain = all(str(one.label.get(self.language, one.code)) == one.code for one in options)
        whole = [one for one in figures if one is not None]
        if options and not (
            plain and whole == list(range(min(whole or [0]), max(whole or [0]) + 1))
        ):
            return replace(base, kind="choice", options=options)
        low, high = _steps(node)
        if options:
            low, high = whole[0], whole[-1]
        ends = (
            self._words(node.get("minRateDescription")),
            self._words(node.get("maxRateDescription")),
        )
        return replace(
            base,
            kind="scale",
            settings={"from": low, "to": high},
            ends=ends if all(ends) else None,
        )

    def _grid(self, node: Object, base: Item) -> Item:
        options = tuple(self._choice(one) for one in as_list(node.get("columns")))
        rows = tuple(self._rows(node, base))
        for row in rows:
            self._declare(f"{base.name}.{row.name}", Answer(base.name, row.name))
        required = truth(node.get("isAllRowRequired")) or truth(node.get("eachRowRequired"))
        return replace(
            base, kind="matrix", options=options, rows=rows, required=base.required or required
        )

    def _rows(self, node: Object, base: Item) -> Iterator[Row]:
        common = text(node.get("rowsVisibleIf"))
        for number_, row in enumerate(as_list(node.get("rows"))):
            option = self._choice(row)
            place = f"{base.place}, rows[{number_}]"
            rules = [self._item_rule(common, option, f"{base.place}, rowsVisibleIf")]
            rules.append(self._item_rule(text(as_object(row).get("visibleIf")), option, place))
            yield Row(
                name=option.code, label=option.label, rules=tuple(one for one in rules if one)
            )

    def _table(
        self, node: Object, name: str, where: str, rules: tuple[Rule, ...]
    ) -> Iterator[Item]:
        """A table whose columns are questions: one question for each cell."""
        self._declare(name, Untold(f"« {name} » est un tableau"))
        rows = [self._choice(row) for row in as_list(node.get("rows"))]
        if not rows:
            self._tell("changed", where, _ONCE)
        else:
            self._tell("changed", where, "chaque case du tableau devient une question")
        title = self._words(node.get("title")) or {self.language: name}
        shared = {key: node[key] for key in ("choices",) if key in node}
        lines: list[Option | None] = [*rows] or [None]
        for row in lines:
            for column in map(as_object, as_list(node.get("columns"))):
                cell = {
                    "type": text(column.get("cellType")) or text(node.get("cellType")) or "dropdown"
                }
                if cell["type"] == "default":
                    cell["type"] = "dropdown"
                merged = {**shared, **column, **cell}
                yield from self._cell(merged, name, title, row, where, rules)

    def _cell(
        self,
        column: Object,
        name: str,
        title: Words,
        row: Option | None,
        where: str,
        rules: tuple[Rule, ...],
    ) -> Iterator[Item]:
        own = text(column.get("name"))
        full = f"{name}.{row.code}.{own}" if row else f"{name}.{own}"
        heading = under(title, row.label) if row else title
        label = under(heading, self._words(column.get("title")) or {self.language: own})
        place = f"{where}, {full}"
        cell = dict(column) | {"title": dict(label)}
        more = tuple(self._rules(column, place, row=f"{name}.{row.code}" if row else name))
        yield from self._question(cell, text(column.get("type")), full, place, (*rules, *more))

    def _texts(
        self, node: Object, name: str, where: str, rules: tuple[Rule, ...]
    ) -> Iterator[Item]:
        self._declare(name, Untold(f"« {name} » réunit plusieurs textes"))
        title = self._words(node.get("title")) or {self.language: name}
        for part in map(as_object, as_list(node.get("items"))):
            own = text(part.get("name"))
            label = under(title, self._words(part.get("title")) or {self.language: own})
            cell = dict(part) | {"title": dict(label)}
            yield from self._question(cell, "text", f"{name}.{own}", where, rules)
            title = {}

    # Conditions

    def _rules(self, node: Object, place: str, row: str = "") -> Iterator[Rule]:
        if node.get("visible") is False and not text(node.get("visibleIf")):
            self._tell("changed", place, "cachée dans l’original, elle est montrée ici")
        for key in ("visibleIf", "enableIf"):
            if written := text(node.get(key)):
                yield self._rule(written, f"{place}.{key}", row)
                if key == "enableIf":
                    said = "ce qui était grisé tant que la condition n’est pas remplie est caché"
                    self._tell("changed", f"{place}.{key}", said)

    def _rule(self, written: str, place: str, row: str = "") -> Rule:
        tree = parse(written)
        if row and not isinstance(tree, Misread):
            tree = renamed(tree, _in_row(tree, row))
        for name in () if isinstance(tree, Misread) else names(tree):
            if re.search(r"\[[1-9]\d*\]", name):
                self._declare(
                    name, Untold("elle cite ce qui se répète au-delà de la première fois")
                )
        return Rule(text=written, place=place, tree=_sized(tree))

    def _item_rule(self, written: str, option: Option, place: str) -> Rule | None:
        """A rule on each choice, where `{item}` stands for it."""
        if not written:
            return None
        rule = self._rule(written, place)
        if isinstance(rule.tree, Misread):
            return rule
        given: dict[str, Plain] = dict.fromkeys(("item", "choice", "row", "ITEM"), option.seen)
        return replace(rule, tree=substituted(rule.tree, given), each=True)

    def _controls(self, node: Object, item: Item) -> Iterator[Control]:
        if written := text(node.get("requiredIf")):
            rule = self._rule(written, f"{item.place}.requiredIf")
            if not isinstance(rule.tree, Misread):
                missing = Call("empty", (Name(item.name),))
                rule = replace(rule, tree=Call("and", (rule.tree, missing)))
            yield Control(rule=rule, message=item.required_message, refused=True)
        for number_, one in enumerate(map(as_object, as_list(node.get("validators")))):
            place = f"{item.place}.validators[{number_}]"
            kind = text(one.get("type")).removesuffix("validator")
            if kind == "expression":
                yield Control(
                    rule=self._rule(text(one.get("expression")), place),
                    message=self._words(one.get("text")),
                )
            elif kind != "numeric" or item.kind != "number":
                self._tell("lost", place, f"le contrôle « {kind} » n’a pas d’équivalent")

    def _formula(self, written: str) -> Symbol:
        return Formula(_sized(parse(written)), written)

    def _calculated(self) -> None:
        for name, value in _PLACES.items():  # what repeats is asked once
            self._declare(name, Formula(Constant(Fraction(value)), name))
        for one in map(as_object, as_list(self.root.get("calculatedValues"))):
            self._declare(text(one.get("name")), self._formula(text(one.get("expression"))))
        for number_, one in enumerate(map(as_object, as_list(self.root.get("triggers")))):
            place = f"$.triggers[{number_}]"
            kind = text(one.get("type")) or "trigger"
            self._tell("lost", place, f"le déclencheur « {kind} » ({text(one.get('expression'))})")
            if name := text(one.get("setToName")):
                self._declare(name, Beforehand())

    # Texts and remarks

    def _words(self, value: Json) -> Words:
        """A text, or its versions by language; `default` is the questionnaire's own."""
        if isinstance(value, Mapping):
            found: dict[str, str] = {}
            for key, said in value.items():
                language = self.language if key == "default" else language_of(key)
                if language and isinstance(said, str) and said.strip():
                    found.setdefault(language, said)
            return found
        said = text(value)
        return {self.language: said} if said.strip() else {}

    def _tell(self, kind: str, place: str, said: str) -> None:
        self.remarks.append(Remark(kind=kind, place=place, said=said))


_GROUPS = ("panel", "paneldynamic", "matrixdropdown", "matrixdynamic", "multipletext")
_PLACES = {"panelIndex": 0, "visiblePanelIndex": 0, "rowIndex": 1, "visibleRowIndex": 0}
_ONCE = "ce qui se répète autant de fois que voulu n’est demandé qu’une fois"
_UNABLE = {
    "file": "un dépôt de fichier",
    "signaturepad": "une signature",
    "matrixdropdownbase": "un tableau",
    "imagemap": "une image à cliquer",
    "custom": "une question sur mesure",
}
_INPUTS = {
    "date": DAY,
    "month": MONTH,
    **dict.fromkeys(("datetime", "datetime-local"), f"{DAY} {HOUR}"),
}
_PRESETS = {"localedate": DAY, "localedatetime": f"{DAY} {HOUR}", "localetime": HOUR}
_CALENDARS = ("datepicker", "bootstrapdatepicker")  # widgets of surveyjs-widgets
_SPECIAL: tuple[tuple[str, tuple[str, ...], str, Words], ...] = (
    (NONE, ("hasNone", "showNoneItem"), "noneText", {"fr": "Aucun", "en": "None"}),
    (REFUSED, ("showRefuseItem",), "refuseText", {"fr": "Ne souhaite pas répondre"}),
    (UNKNOWN, ("showDontKnowItem",), "dontKnowText", {"fr": "Ne sait pas"}),
)


def _languages(node: Json) -> Iterator[str]:
    """Languages of the texts in which « default » is not the only one."""
    if isinstance(node, Mapping):
        if node and all(isinstance(value, str) for value in node.values()):
            yield from (key for key in node if re.fullmatch(r"[a-z]{2}", key))
        for value in node.values():
            yield from _languages(value)
    elif isinstance(node, list):
        for value in node:
            yield from _languages(value)


def _every(node: Json) -> Iterator[Object]:
    if isinstance(node, Mapping):
        yield node
        for value in node.values():
            yield from _every(value)
    elif isinstance(node, list):
        for value in node:
            yield from _every(value)


def _shorter(name: str) -> Iterator[str]:
    """The name without what leads to it: panel, row, survey, an index."""
    bare = re.sub(r"\[\d+\]", "", name)
    yield bare
    while "." in bare:
        bare = bare.partition(".")[2]
        yield bare


def _in_row(tree: Tree, row: str) -> Mapping[str, str]:
    return {
        name: f"{row}.{name.partition('.')[2]}"
        for name in names(tree)
        if name.lower().startswith("row.")
    }


def _sized(tree: Tree | Misread) -> Tree | Misread:
    """`{q.length}` is the length of `{q}`."""
    if isinstance(tree, Name) and tree.name.endswith(".length"):
        return Call("length", (Name(tree.name.removesuffix(".length")),))
    if isinstance(tree, Call):
        return Call(tree.function, tuple(_whole(_sized(one)) for one in tree.given))
    return tree


def _whole(tree: Tree | Misread) -> Tree:
    assert not isinstance(tree, Misread)  # noqa: S101 - only whole trees are misread
    return tree


def _value(value: Json) -> Plain:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return Fraction(str(value))
    return text(value)


def _steps(node: Object) -> tuple[int, int]:
    """From 1 to 5, unless it says otherwise."""
    low = number(node.get("rateMin", node.get("min")))
    first = 1 if low is None else int(low)
    high = number(node.get("rateMax", node.get("max")))
    count = number(node.get("rateCount")) or 5
    return first, int(high if high is not None else first + count - 1)


def _numeric(node: Object) -> Mapping[str, str | int | float]:
    settings: dict[str, str | int | float] = {}
    for key in ("min", "max"):
        found = number(node.get(key))
        for one in map(as_object, as_list(node.get("validators"))):
            bound = number(one.get(f"{key}Value"))
            found = bound if found is None else found
        if found is not None:
            settings[key] = int(found) if found == int(found) else found
    step = number(node.get("step"))
    whole = step is not None and step == int(step)
    return settings | ({} if whole else {"decimals": 2})
