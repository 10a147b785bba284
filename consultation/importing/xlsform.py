"""Reading an XLSForm: the sheets survey, choices and settings of a workbook."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from consultation.importing.dates import DAY, HOUR, MONTH, YEAR, bound, dated, first_day
from consultation.importing.evaluation import TURNED, Evaluator
from consultation.importing.expressions import (
    Call,
    Constant,
    Misread,
    Name,
    Plain,
    Tree,
    call,
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
    Rule,
    Symbol,
    Untold,
    Words,
    unkept,
)
from consultation.importing.logic import TRUE, Inexpressible
from consultation.importing.workbook import Line, Workbook
from consultation.importing.xpath import COLUMN, SELF, XPath, parse
from consultation.questionnaire.dates import PARTS, Precision

TOOL = "XLSForm"
MOST_A_PAGE = 8

_QUOTE = re.compile(r"\$\{(?P<name>[^}]+)\}")
_TRUE = ("true()", "true", "yes", "1", "oui")
_TRIVIAL = ("", *_TRUE)
_OTHER: Words = {"fr": "Autre", "en": "Other"}


def read_xlsform(workbook: Workbook) -> Form:
    """The form of this workbook."""
    return _Reader(workbook).read()


@dataclass
class _Group:
    """A group being read: its questions become a page, or join those of the page around."""

    name: str
    title: Words
    place: str
    rules: tuple[Rule, ...] = ()
    repeated: bool = False


@dataclass
class _Page:
    """A page being filled."""

    group: _Group | None
    items: list[Item] = field(default_factory=list)


@dataclass
class _Reader:
    workbook: Workbook
    remarks: list[Remark] = field(default_factory=list)
    symbols: dict[str, Symbol] = field(default_factory=dict)
    language: str = "fr"

    def read(self) -> Form:
        settings = next(iter(self.workbook.settings), None)
        self.language = self._main_language(settings)
        self._declare_all()
        pages = tuple(self._pages())
        title = settings["form_title"] if settings else ""
        return Form(
            tool=TOOL,
            title={self.language: title or "Questionnaire importé"},
            language=self.language,
            languages=frozenset({self.language, *self._languages()}),
            pages=pages,
            dialect=XPath(),
            symbols=self.symbols,
            name=lambda name: name.strip(),
            needs_shown=lambda name: False,
            markup=Markup(quote=_QUOTE, markdown=True),
            remarks=tuple(self.remarks),
        )

    def _main_language(self, settings: Line | None) -> str:
        """That of the settings, else that of the first label."""
        said = settings["default_language"] if settings else ""
        columns = [name for name in self.workbook.columns if name.startswith("label")]
        for name in (said, *(one.partition("::")[2] for one in columns)):
            if language := _language(name):
                return language
        return "fr"

    def _languages(self) -> Iterator[str]:
        for column in self.workbook.columns:
            if language := _language(column.partition("::")[2]):
                yield language

    # What names mean

    def _declare_all(self) -> None:
        for line in self.workbook.survey:
            kind, name = _kind(line), line["name"]
            if name and kind not in _STRUCTURE:
                self.symbols.setdefault(name, self._symbol(line, kind))
            elif name:
                self.symbols.setdefault(name, Untold(f"« {name} » est un groupe"))

    def _symbol(self, line: Line, kind: str) -> Symbol:
        if kind == "calculate":
            written = line["calculation"]
            tree = self._parsed(written, line["name"])
            if _beyond(tree):
                return Beforehand(f"calculée : {written}")
            return Formula(tree, written)
        if kind in _METADATA or kind == "hidden":
            return Beforehand(_METADATA.get(kind, "cachée"))
        if kind in _UNABLE:
            return Untold(f"« {line['name']} » ({_UNABLE[kind]}) n’est pas reprise")
        return Answer(line["name"])

    # Pages

    def _pages(self) -> Iterator[Page]:
        """A page for each outer group, and for the questions between two of them."""
        open_: list[_Group] = []
        page = _Page(None)
        for line in self.workbook.survey:
            kind = _kind(line)
            if kind in _BEGIN:
                if not open_:
                    yield from self._closed(page)
                    page = _Page(None)
                open_.append(self._group(line, kind))
                page.group = page.group or open_[0]
            elif kind in _END and open_:
                open_.pop()
                if not open_:
                    yield from self._closed(page)
                    page = _Page(None)
            elif kind not in _END:
                page.items += self._items(line, kind, open_[1:])
                if page.group is None and len(page.items) >= MOST_A_PAGE:
                    yield from self._closed(page)
                    page = _Page(None)
        yield from self._closed(page)

    def _closed(self, page: _Page) -> Iterator[Page]:
        group = page.group
        if not page.items:
            if group:
                self._tell("lost", group.place, "ce groupe n’a aucune question reprise")
            return
        first = page.items[0]
        yield Page(
            name=group.name if group else first.name,
            title=group.title if group else {},
            place=group.place if group else first.place,
            items=tuple(page.items),
            rules=group.rules if group else (),
        )

    def _group(self, line: Line, kind: str) -> _Group:
        place = f"{line.cell('type')} ({line['name'] or 'groupe'})"
        if kind in _REPEATS:
            said = "ce qui se répète autant de fois que voulu n’est demandé qu’une fois"
            self._tell("changed", place, said)
        return _Group(
            name=line["name"] or "groupe",
            title=self._words(line, "label"),
            place=place,
            rules=self._rules(line),
        )

    # Questions

    def _items(self, line: Line, kind: str, groups: list[_Group]) -> Iterator[Item]:
        place = f"{line.cell('type')} ({line['name']})"
        if not kind:
            return
        if kind == "calculate":
            self._tell(
                "changed", place, f"calcul, repris dans les conditions : {line['calculation']}"
            )
            return
        if kind in _METADATA or kind == "hidden":
            said = _METADATA.get(kind, "donnée cachée")
            self._tell("lost", place, f"{said} : rien n’est recueilli à l’insu des personnes")
            return
        if kind in _UNABLE:
            self._tell("lost", place, f"{_UNABLE[kind]} n’a pas d’équivalent")
            return
        inside = tuple(rule for group in groups for rule in group.rules)
        written = line["required"].lower()
        item = Item(
            name=line["name"] or f"ligne_{line.number}",
            kind="text",
            text=self._words(line, "label") or {self.language: line["name"]},
            hint=self._words(line, "hint") or self._words(line, "guidance_hint"),
            place=place,
            required=written in _TRUE,
            required_message=self._words(line, "required_message"),
            rules=(*inside, *self._rules(line)),
        )
        if written not in (*_TRIVIAL, "no", "false()", "false", "non"):
            item = replace(item, controls=(self._required_if(line, item),))
        typed = self._typed(line, kind, item)
        yield self._constrained(line, typed)
        if kind.endswith("or_other"):
            yield self._precision(item)

    def _typed(self, line: Line, kind: str, item: Item) -> Item:
        if kind.startswith(("select_one", "select_multiple", "rank")):
            return self._chosen(line, kind, item)
        match kind:
            case "integer" | "int":
                return replace(item, kind="number")
            case "decimal":
                return replace(item, kind="number", settings={"decimals": 2})
            case "range":
                return self._range(line, item)
            case "note":
                return replace(item, kind="info", required=False, controls=())
            case "acknowledge" | "trigger":
                agreed = Option(code="OK", label={"fr": "D’accord", "en": "OK"})
                return replace(item, kind="choice", options=(agreed,))
            case "text" | "string":
                long = "multiline" in line["appearance"]
                return replace(item, kind="longtext") if long else item
            case "date" | "datetime":
                return self._date(line, kind, item)
        self._tell("changed", item.place, f"le type « {line['type']} » devient un texte")
        return item

    def _date(self, line: Line, kind: str, item: Item) -> Item:
        appearances = line["appearance"].lower().split()
        pattern = next((_PATTERNS[one] for one in appearances if one in _PATTERNS), DAY)
        if kind == "datetime":
            pattern = f"{pattern} {HOUR}"
        for one in appearances:
            if one in _CALENDARS:
                said = f"le calendrier « {one} » : la date se donne dans le calendrier grégorien"
                self._tell("lost", item.place, said)
        return dated(item, pattern, {}, self.remarks)

    def _chosen(self, line: Line, kind: str, item: Item) -> Item:
        kinds = {"select_one": "choice", "select_multiple": "choices", "rank": "rank"}
        word, _, rest = " ".join(line["type"].split()).partition(" ")
        our = next(to for start, to in kinds.items() if kind.startswith(start))
        name = rest.removesuffix(" or_other").strip()
        if "from_file" in word or "external" in word:
            self._tell("lost", item.place, f"ses réponses sont dans un autre fichier : {name}")
        filter_ = line["choice_filter"]
        options = tuple(self._options(line, name, filter_))
        if kind.endswith("or_other"):
            options = (*options, Option(code="other", label=_OTHER, last=True))
        random = "randomize=true" in line["parameters"].replace(" ", "")
        settings: dict[str, str | int | float] = {"order": "random"} if random else {}
        return replace(item, kind=our, options=options, list=name, settings=settings)

    def _options(self, line: Line, name: str, filter_: str) -> Iterator[Option]:
        tree = parse(filter_) if filter_ else None
        for choice in self.workbook.choices.get(name, ()):
            option = Option(code=choice["name"] or "vide", label=self._words(choice, "label"))
            if tree is None:
                yield option
                continue
            values: dict[str, Plain] = {
                f"{COLUMN}{column}": choice[column] for column in choice.letters
            }
            given = tree if isinstance(tree, Misread) else substituted(tree, values)
            rule = Rule(text=filter_, place=line.cell("choice_filter"), tree=given, each=True)
            if isinstance(given, Misread) or any(names(given)):
                yield replace(option, rules=(rule,))
            elif _always(given):
                yield option

    def _range(self, line: Line, item: Item) -> Item:
        found = dict(re.findall(r"(start|end|step)\s*=\s*(-?[\d.]+)", line["parameters"]))
        numbers = {key: Fraction(value) for key, value in found.items() if _is_number(value)}
        low, high = numbers.get("start", Fraction(0)), numbers.get("end", Fraction(10))
        if numbers.get("step", 1) == 1 and low.denominator == high.denominator == 1:
            return replace(item, kind="scale", settings={"from": int(low), "to": int(high)})
        settings = {"min": float(low), "max": float(high), "decimals": 2}
        return replace(item, kind="number", settings=settings)

    def _precision(self, item: Item) -> Item:
        """« or_other » asks for the words in a further question."""
        name = f"{item.name}_other"
        self.symbols.setdefault(name, Answer(name))
        other = Call("selected", (Name(item.name), Constant("other")))
        rule = Rule(text="or_other", place=item.place, tree=other, counted=False)
        text: Words = {"fr": "Précisez", "en": "Specify other"}
        return Item(name=name, kind="text", text=text, place=item.place, rules=(*item.rules, rule))

    # Conditions

    def _rules(self, line: Line) -> tuple[Rule, ...]:
        written = line["relevant"]
        if written.strip().lower() in _TRIVIAL:
            return ()
        place = f"{line.cell('relevant')} ({line['name']})"
        return (Rule(text=written, place=place, tree=self._parsed(written, line["name"])),)

    def _parsed(self, written: str, own: str) -> Tree | Misread:
        tree = parse(written)
        return tree if isinstance(tree, Misread) else renamed(tree, {SELF: own})

    def _required_if(self, line: Line, item: Item) -> Control:
        written = line["required"]
        tree = self._parsed(written, item.name)
        if not isinstance(tree, Misread):
            missing = Call("not", (Call("is_answered", (Name(item.name),)),))
            tree = call("and", tree, missing)
        place = f"{line.cell('required')} ({item.name})"
        rule = Rule(text=written, place=place, tree=tree)
        return Control(rule=rule, message=item.required_message, refused=True)

    def _constrained(self, line: Line, item: Item) -> Item:
        """The constraint: bounds of an answer or a length when it says no more, else a check."""
        written, message = line["constraint"], self._words(line, "constraint_message")
        if not written.strip() or item.kind == "info":
            return item
        tree = self._parsed(written, item.name)
        left: Tree | Misread | None = tree
        if not isinstance(tree, Misread):
            limits, left = _limits(tree, item, timed=_kind(line) == "datetime")
            item = replace(item, settings={**item.settings, **limits})
        if left is None:
            if message:
                self._tell("changed", item.place, unkept(message))
            return item
        place = f"{line.cell('constraint')} ({item.name})"
        rule = Rule(text=written, place=place, tree=left)
        control = Control(rule=rule, message=message)
        return replace(item, controls=(*item.controls, control))

    # Texts and remarks

    def _words(self, line: Line, column: str) -> Words:
        """The text by language: `label`, `label::Français (fr)`, `label::English`."""
        found: dict[str, str] = {}
        for name, value in line.values.items():
            if name == column or name.startswith(f"{column}::"):
                language = _language(name.partition("::")[2]) or self.language
                if value.strip():
                    found.setdefault(language, value)
        return found

    def _tell(self, kind: str, place: str, said: str) -> None:
        self.remarks.append(Remark(kind=kind, place=place, said=said))


_BEGIN = {"begin_group", "begin_repeat"}
_REPEATS = {"begin_repeat"}
_END = {"end_group", "end_repeat"}
_STRUCTURE = _BEGIN | _END
_METADATA = {
    "start": "l’heure de début",
    "end": "l’heure de fin",
    "today": "la date du jour",
    "deviceid": "l’identifiant de l’appareil",
    "subscriberid": "l’identifiant de l’abonné",
    "simserial": "le numéro de la carte SIM",
    "phonenumber": "le numéro de téléphone",
    "username": "le nom d’utilisateur",
    "email": "l’adresse électronique",
    "audit": "le journal de saisie",
    "start_geopoint": "la position",
    "background_audio": "l’enregistrement",
    "xml_external": "un fichier joint",
    "csv_external": "un fichier joint",
}
_UNABLE = {
    "geopoint": "une position",
    "geotrace": "un tracé",
    "geoshape": "une surface",
    "image": "une photographie",
    "photo": "une photographie",
    "audio": "un enregistrement",
    "video": "une vidéo",
    "file": "un dépôt de fichier",
    "barcode": "un code-barres",
    "osm": "une carte",
}
_LANGUAGES = {
    "français": "fr",
    "francais": "fr",
    "french": "fr",
    "english": "en",
    "anglais": "en",
    "español": "es",
    "espanol": "es",
    "spanish": "es",
    "arabic": "ar",
    "العربية": "ar",
    "portuguese": "pt",
    "português": "pt",
    "german": "de",
    "deutsch": "de",
    "swahili": "sw",
    "kiswahili": "sw",
    "hindi": "hi",
    "nepali": "ne",
    "bengali": "bn",
    "bangla": "bn",
    "russian": "ru",
    "ukrainian": "uk",
    "dari": "fa",
    "pashto": "ps",
    "kurdish": "ku",
    "somali": "so",
    "haitian creole": "ht",
    "burmese": "my",
    "italian": "it",
    "dutch": "nl",
}


def _kind(line: Line) -> str:
    """The type in one spelling: « select one from x » is select_one."""
    words = line["type"].lower().split()
    said = " ".join(words)
    if found := _DATE.fullmatch(said):
        return found[1].replace(" ", "")
    said = re.sub(r"^(select|begin|end)[ _](one|multiple|all|group|repeat|loop)\b", r"\1_\2", said)
    said = said.replace("select_all_that_apply", "select_multiple").replace("select1", "select_one")
    word = said.split(" ")[0] if said else ""
    word = (
        word.replace("-", "_")
        .replace("begin_loop", "begin_repeat")
        .replace("end_loop", "end_repeat")
    )
    return f"{word} or_other" if said.endswith("or_other") else word


_DATE = re.compile(r"(?:(?:add|q) )?(date ?time|date|time)(?: prompt)?")
_PATTERNS = {"month-year": MONTH, "year": YEAR}
_CALENDARS = {"ethiopian", "coptic", "islamic", "persian", "bikram-sambat", "myanmar", "buddhist"}


def _language(name: str) -> str:
    """« Français (fr) », « fr », « French »: two letters; '' when it is none of these."""
    said = name.strip().lower()
    if found := re.search(r"\(([a-z]{2})(?:[-_][a-z]+)?\)", said):
        return found[1]
    if re.fullmatch(r"[a-z]{2}(?:[-_][a-z]+)?", said):
        return said[:2]
    return _LANGUAGES.get(re.sub(r"\(.*", "", said).strip(), "")


def _always(tree: Tree) -> bool:
    """Whether a filter on constants lets the choice through."""
    try:
        return Evaluator(XPath(), lambda name: Constant(None), {}).holds(tree) == TRUE
    except Inexpressible:
        return True


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"-?\d{1,9}(\.\d{1,6})?", text))


def _beyond(tree: Tree | Misread) -> bool:
    """Whether a calculation is from a file, a date or another form: nothing to compute it with."""
    if isinstance(tree, Misread):
        return True
    if isinstance(tree, Call):
        return tree.function in _OUTSIDE or any(_beyond(one) for one in tree.given)
    return False


_OUTSIDE = {
    *("pulldata", "today", "now", "date", "date-time", "decimal-date-time", "format-date"),
    *("format-date-time", "decimal-time", "instance", "random", "uuid"),
    *("indexed-repeat", "jr:choice-name", "property", "digest", "area", "distance"),
    *("selected-at", "join", "sum", "count", "translate", "substring-before", "substring-after"),
}


def _limits(
    tree: Tree, item: Item, *, timed: bool
) -> tuple[Mapping[str, str | int | float], Tree | None]:
    """Bounds that say exactly what the constraint says, and what they leave to a check.

    A check says whole what bears on numbers; of a date it could say nothing.
    """
    parts = tree.given if isinstance(tree, Call) and tree.function == "and" else (tree,)
    limits: dict[str, str | int | float] = {}
    left: list[Tree] = []
    for part in parts:
        is_date = item.kind == "date"
        found = _date_limit(part, item, timed=timed) if is_date else _limit(part, item)
        if found is None or found[0] in limits:
            left.append(part)
        else:
            limits[found[0]] = found[1]
    if left and item.kind != "date":
        return {}, tree
    return limits, call("and", *left) if left else None


def _date_limit(tree: Tree, item: Item, *, timed: bool) -> tuple[str, str] | None:
    """A bound from a comparison with a day, on either side of the sign."""
    if not isinstance(tree, Call) or tree.function not in TURNED:
        return None
    sign, (left, right) = tree.function, tree.given
    if right == Name(item.name):
        sign, left, right = TURNED[sign], right, left
    if isinstance(right, Call) and right.function in ("date", "date-time") and right.given:
        right = right.given[0]
    match left, right:
        case Name(name=item.name), Constant(value=str() as written) if day := first_day(written):
            later = ">=" if timed and sign == ">" else sign  # later on that day
            return bound(later, day, _precision(item))
    return None


def _precision(item: Item) -> Precision:
    return next((known for known in PARTS if known == item.settings.get("precision")), "day")


def _limit(tree: Tree, item: Item) -> tuple[str, int | float] | None:
    match tree:
        case Call(function=sign, given=(left, Constant(value=Fraction() as bound))):
            key = _KEYS.get((item.kind, _measure(left, item)))
            whole = bound.denominator == 1 and not item.settings.get("decimals")
            if key is None or abs(bound) > 999_999_999 or _measure(left, item) == "":
                return None
            if sign in ("<", ">") and whole:
                sign, bound = f"{sign}=", bound - 1 if sign == "<" else bound + 1
            side = {"<=": "max", ">=": "min"}.get(sign)
            if side and (side, key) != ("min", "max_length"):
                value = int(bound) if bound.denominator == 1 else float(bound)
                return (key if key == "max_length" else side), value
    return None


_KEYS = {
    ("number", "value"): "value",
    ("choices", "count"): "value",
    ("text", "length"): "max_length",
    ("longtext", "length"): "max_length",
}


def _measure(tree: Tree, item: Item) -> str:
    """What a constraint bears on: the value, how many codes, how many characters."""
    if tree == Name(item.name):
        return "value"
    if isinstance(tree, Call) and tree.given == (Name(item.name),):
        return {"count-selected": "count", "string-length": "length"}.get(tree.function, "")
    return ""
