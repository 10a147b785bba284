"""Reading LimeSurvey's .lss: tables of rows in XML, with or without tables of translations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from consultation.importing.dates import DAY, dated
from consultation.importing.expressions import Call, Constant, Misread, Name, Tree, call, names
from consultation.importing.expressionscript import ExpressionScript, parse
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
    language_of,
    under,
)
from consultation.importing.lss_conditions import as_relevance
from consultation.importing.lss_tables import Fields, Tables

TOOL = "LimeSurvey"
OTHER, OTHER_CODE = "other", "-oth-"

_QUOTE = re.compile(r"\{(?P<name>[A-Za-z_][\w:]*)(?:\.(?:shown|NAOK|value\w*|code))*\}")
_TRIVIAL = ("", "1", "true")
_SUFFIX = re.compile(
    r"\.(NAOK|valueNAOK|value|code|shown|question|qid|gid|mandatory|relevance|relevanceStatus|"
    r"relevanceNum|grelevance|sgqa|type|jsName|rowdivid|rootVarName|qseq|gseq|onlynum)\b.*$"
)
_UNTOLD_SUFFIX = re.compile(r"\.(shown|question|relevance\w*|grelevance|mandatory|qid|gid)\b")

YES_NO = {"Y": {"fr": "Oui", "en": "Yes"}, "N": {"fr": "Non", "en": "No"}}
FIXED: Mapping[str, Mapping[str, Words]] = {
    "Y": YES_NO,
    "G": {"F": {"fr": "Femme", "en": "Female"}, "M": {"fr": "Homme", "en": "Male"}},
    "A": {str(step): {"fr": str(step), "en": str(step)} for step in range(1, 6)},
    "C": {**YES_NO, "U": {"fr": "Incertain", "en": "Uncertain"}},
    "E": {
        "I": {"fr": "En hausse", "en": "Increase"},
        "S": {"fr": "Stable", "en": "Same"},
        "D": {"fr": "En baisse", "en": "Decrease"},
    },
}


def read_limesurvey(tables: Tables) -> Form:
    """The form of these tables."""
    return _Reader(tables).read()


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """A question and what hangs on it."""

    fields: Fields
    text: Words
    help: Words
    attributes: Mapping[str, Words]
    parts: tuple[tuple[Fields, Words], ...]  # subquestions
    answers: tuple[tuple[Fields, Words], ...]

    @property
    def name(self) -> str:
        return self.fields["title"] or f"q{self.fields['qid']}"

    @property
    def type(self) -> str:
        return self.fields["type"]

    @property
    def place(self) -> str:
        return f"ligne {self.fields.line} ({self.name})"

    def attribute(self, name: str) -> str:
        """The value of an attribute, whatever its language."""
        return next((one.strip() for one in self.attributes.get(name, {}).values()), "")


@dataclass
class _Reader:
    tables: Tables
    remarks: list[Remark] = field(default_factory=list)
    symbols: dict[str, Symbol] = field(default_factory=dict)
    boxes: dict[str, list[str]] = field(default_factory=dict)  # question: its parts, for `that`
    language: str = "fr"

    def read(self) -> Form:
        survey = next(iter(self.tables["surveys"]), Fields({}, 1))
        self.language = language_of(survey["language"]) or "fr"
        others = survey["additional_languages"].split()
        said = self.tables.by_language(
            "surveys_languagesettings", "surveyls_survey_id", "surveyls_"
        )
        texts = next(iter(said.values()), {})
        questions = self._questions()
        self._declare_all(questions)
        pages = tuple(self._pages(questions))
        self._note_lost()
        return Form(
            tool=TOOL,
            title=texts.get("surveyls_title", {}),
            language=self.language,
            languages=frozenset({self.language, *map(language_of, others)}),
            pages=pages,
            dialect=ExpressionScript(),
            symbols=self.symbols,
            name=_key,
            needs_shown=lambda name: "NAOK" not in name and not name.startswith("TOKEN"),
            markup=Markup(quote=_QUOTE),
            intro=texts.get("surveyls_welcometext") or texts.get("surveyls_description", {}),
            end=texts.get("surveyls_endtext", {}),
            remarks=tuple(self.remarks),
        )

    def _note_lost(self) -> None:
        lost = {"quota": "les quotas", "assessments": "les évaluations"}
        for table, said in lost.items():
            for row in self.tables[table][:1]:
                self._tell("lost", f"ligne {row.line}", f"{said} n’ont pas d’équivalent")
        for row in self.tables["defaultvalues"][:1]:
            self._tell("lost", f"ligne {row.line}", "les réponses données par défaut")

    # Tables

    def _questions(self) -> Mapping[str, _Asked]:
        """Questions by identifier, in the order of the file."""
        tables = self.tables
        texts = tables.texts("questions", "question_l10ns", "qid", ("question", "help"))
        parts_texts = dict(texts)
        parts_texts |= tables.texts("subquestions", "question_l10ns", "qid", ("question",))
        attributes = tables.attributes()
        answers = tables.answers()
        parts = tables.parts()
        return {
            row["qid"]: _Asked(
                fields=row,
                text=texts.get(row["qid"], {}).get("question", {}),
                help=texts.get(row["qid"], {}).get("help", {}),
                attributes=attributes.get(row["qid"], {}),
                parts=tuple(
                    (one, parts_texts.get(one["qid"], {}).get("question", {}))
                    for one in parts.get(row["qid"], ())
                ),
                answers=answers.get(row["qid"], ()),
            )
            for row in tables.once("questions", "qid")
            if row["parent_qid"] in ("", "0")
        }

    def _pages(self, questions: Mapping[str, _Asked]) -> Iterator[Page]:
        texts = self.tables.texts("groups", "group_l10ns", "gid", ("group_name", "description"))
        relevance = as_relevance(self.tables, self._types(questions))
        groups = sorted(
            self.tables.once("groups", "gid"), key=lambda row: row.number("group_order")
        )
        for group in groups:
            mine = [one for one in questions.values() if one.fields["gid"] == group["gid"]]
            mine.sort(key=lambda one: one.fields.number("question_order"))
            said = texts.get(group["gid"], {})
            place = f"ligne {group.line} (groupe {group['gid']})"
            items = tuple(item for one in mine for item in self._items(one, relevance))
            if mine and not items:
                self._tell("lost", place, "ce groupe n’a aucune question reprise")
            title = said.get("group_name", {})
            yield Page(
                name=next(iter(title.values()), f"groupe {group['gid']}"),
                title=title,
                intro=said.get("description", {}),
                place=place,
                items=items,
                rules=self._rules(group["grelevance"], f"{place}, relevance du groupe", ""),
                shuffle=group["randomization_group"],
            )

    def _types(self, questions: Mapping[str, _Asked]) -> Mapping[str, str]:
        return {qid: one.type for qid, one in questions.items()}

    # What names mean

    def _declare_all(self, questions: Mapping[str, _Asked]) -> None:
        for asked in questions.values():
            names = {asked.name, self._sgqa(asked)}
            for name in names:
                self._declare(asked, name, "" if name != asked.name else "_")
            self._declare_parts(asked)

    def _sgqa(self, asked: _Asked) -> str:
        row = asked.fields
        return f"{row['sid']}X{row['gid']}X{row['qid']}"

    def _declare(self, asked: _Asked, name: str, joint: str) -> None:
        symbols = self.symbols
        if asked.attribute("hidden") == "1" and asked.type != "*":
            symbols[name] = Beforehand("question cachée")
        elif asked.type == "*":
            formula = _text_of(asked.text, self.language)
            symbols[name] = Formula(self._parsed(_bare(formula), asked.name), formula)
        elif asked.type == "|":
            symbols[name] = Untold(f"« {asked.name} » est un dépôt de fichier")
        else:
            symbols[name] = Answer(asked.name)
        if asked.fields["other"] == "Y":
            box = Box(asked.name, OTHER_CODE if asked.type in "L!O" else OTHER, "Y")
            symbols[f"{name}{joint}other"] = box
        if asked.type == "O":
            symbols[f"{name}{joint}comment"] = Answer(f"{asked.name}_comment")

    def _declare_parts(self, asked: _Asked) -> None:
        rows = [one for one, _ in asked.parts if one["scale_id"] in ("", "0")]
        columns = [one for one, _ in asked.parts if one["scale_id"] == "1"]
        listed: list[str] = []
        for row in rows:
            for suffix, symbol in self._part(asked, row["title"], columns):
                full = f"{asked.name}_{suffix}"
                self.symbols[full] = symbol
                self.symbols[f"{self._sgqa(asked)}{suffix}"] = symbol
                self.symbols[f"{self._sgqa(asked)}{suffix.replace('_', '#')}"] = symbol
                listed.append(full)
        if asked.type == "R":
            for place in range(1, len(asked.answers) + 1):
                why = Untold("elle demande ce qui est classé à une place donnée")
                for name in (f"{asked.name}_{place}", f"{self._sgqa(asked)}{place}"):
                    self.symbols[name] = why
        self.boxes[asked.name] = [one for one in listed if not one.endswith("comment")]
        if asked.fields["other"] == "Y" and asked.type in "MP":
            self.boxes[asked.name].append(f"{asked.name}_{OTHER}")

    def _part(
        self, asked: _Asked, code: str, columns: Sequence[Fields]
    ) -> Iterator[tuple[str, Symbol]]:
        name = asked.name
        match asked.type:
            case "M" | "P":
                yield code, Box(name, code, "Y", "")
                if asked.type == "P":
                    yield f"{code}comment", Answer(f"{name}_{code}comment")
            case "A" | "C" | "E" | "F" | "H":
                yield code, Answer(name, code)
            case "1":
                yield f"{code}_0", Answer(f"{name}_0", code)
                yield f"{code}_1", Answer(f"{name}_1", code)
            case ":" | ";" if self._ticks(asked):
                for column in columns:
                    yield (
                        f"{code}_{column['title']}",
                        Box(f"{name}_{code}", column["title"], "1", ""),
                    )
            case ":" | ";":
                for column in columns:
                    yield f"{code}_{column['title']}", Answer(f"{name}_{code}_{column['title']}")
            case _:
                yield code, Answer(f"{name}_{code}")

    def _ticks(self, asked: _Asked) -> bool:
        return asked.attribute("multiflexible_checkbox") == "1"

    # Conditions

    def _rules(self, written: str, place: str, own: str) -> tuple[Rule, ...]:
        if written.strip() in _TRIVIAL:
            return ()
        return (Rule(text=written, place=place, tree=self._parsed(written, own)),)

    def _parsed(self, written: str, own: str) -> Tree | Misread:
        tree = parse(written)
        if isinstance(tree, Misread):
            return tree
        for name in names(tree):
            if name.startswith("TOKEN:") or name in _KNOWN:
                self.symbols.setdefault(_key(name), Beforehand("donnée de l’invitation"))
        return self._spread(tree, own)

    def _spread(self, tree: Tree, own: str) -> Tree:
        """`that.Q` is every part of Q, and `self` those of this question."""
        if not isinstance(tree, Call):
            return Name(own) if isinstance(tree, Name) and tree.name in ("this", "self") else tree
        given: list[Tree] = []
        for one in tree.given:
            parts = self._parts_of(one, own)
            given += parts or [self._spread(one, own)]
        return Call(tree.function, tuple(given))

    def _parts_of(self, tree: Tree, own: str) -> list[Tree]:
        if not isinstance(tree, Name):
            return []
        bare = re.sub(r"\.(NAOK|nocomments|value)\b", "", tree.name)
        found = re.fullmatch(r"(?:that\.(?P<other>\w+)|(?P<own>self))(?:\.sq_\w+)?", bare)
        if found is None:
            return []
        question = found["other"] or own
        parts = self.boxes.get(question, []) or [question]
        return [Name(f"{part}.NAOK") for part in parts]

    # Questions

    def _items(self, asked: _Asked, relevance: Mapping[str, str]) -> Iterator[Item]:
        written = asked.fields["relevance"]
        if written.strip() in _TRIVIAL:
            written = relevance.get(asked.fields["qid"], "")
        if asked.type == "*" or asked.attribute("hidden") == "1":
            said = "calculée" if asked.type == "*" else "cachée"
            self._tell("lost", asked.place, f"question {said} : elle n’est pas posée")
            return
        if asked.type in _UNABLE:
            self._tell("lost", asked.place, f"{_UNABLE[asked.type]} n’a pas d’équivalent")
            return
        base = Item(
            name=asked.name,
            kind="text",
            text=asked.text,
            hint=asked.help,
            place=asked.place,
            required=asked.fields["mandatory"] == "Y",
            rules=self._rules(written, f"{asked.place}, relevance", asked.name),
        )
        made = list(self._made(asked, base))
        if made:
            made[0] = replace(made[0], controls=(*made[0].controls, *self._controls(asked)))
        else:
            self._tell("lost", asked.place, "elle n’a aucune ligne à remplir")
        yield from made

    def _made(self, asked: _Asked, base: Item) -> Iterator[Item]:
        match asked.type:
            case "L" | "!" | "O" | "Y" | "G":
                yield self._choice(asked, base)
                if asked.type == "O":
                    yield _comment(base, f"{base.name}_comment", ())
            case "M" | "P":
                yield from self._boxes(asked, base)
            case "R":
                yield self._rank(asked, base)
            case "5":
                yield replace(base, kind="scale", settings={"from": 1, "to": 5})
            case "F" | "H" | "A" | "C" | "E":
                yield self._grid(asked, base, self._answers(asked, "0"))
            case "1":
                for scale in "01":
                    part = replace(base, name=f"{base.name}_{scale}")
                    yield self._grid(asked, part, self._answers(asked, scale))
            case "B" | "K" | "Q" | ":" | ";":
                yield from self._lines(asked, base)
            case _:
                yield self._open(asked, base)

    def _answers(self, asked: _Asked, scale: str = "0") -> tuple[Option, ...]:
        fixed = FIXED.get(asked.type)
        if fixed is not None:
            return tuple(Option(code=code, label=label) for code, label in fixed.items())
        return tuple(
            Option(code=row["code"], label=label)
            for row, label in asked.answers
            if row["scale_id"] in ("", scale)
        )

    def _other(self, asked: _Asked, code: str) -> Iterator[Option]:
        if asked.fields["other"] == "Y":
            label = asked.attributes.get("other_replace_text") or {"fr": "Autre", "en": "Other"}
            label = label if any(label.values()) else {"fr": "Autre", "en": "Other"}
            yield Option(code=code, label=label, other=200, last=True)

    def _choice(self, asked: _Asked, base: Item) -> Item:
        options = (*self._answers(asked), *self._other(asked, OTHER_CODE))
        options = tuple(self._filtered(asked, options))
        return replace(base, kind="choice", options=options, settings=_order(asked))

    def _boxes(self, asked: _Asked, base: Item) -> Iterator[Item]:
        alone = asked.attribute("exclude_all_others").split(";")
        options = [
            Option(
                code=row["title"],
                label=label,
                value=row["title"],
                exclusive=row["title"] in alone,
                rules=self._rules(row["relevance"], f"ligne {row.line}, relevance", asked.name),
            )
            for row, label in asked.parts
        ]
        options += self._other(asked, OTHER)
        settings = _order(asked)
        for key in ("min", "max"):
            if (limit := asked.attribute(f"{key}_answers")).isdecimal():
                settings[key] = int(limit)
        yield replace(
            base, kind="choices", options=tuple(self._filtered(asked, options)), settings=settings
        )
        for row, label in asked.parts if asked.type == "P" else ():
            ticked = Call("==", (Name(f"{asked.name}_{row['title']}.NAOK"), Constant("Y")))
            shown = Rule(text="commentaire", place=base.place, tree=ticked, counted=False)
            yield replace(
                _comment(base, f"{base.name}_{row['title']}comment", (shown,)), text=label
            )

    def _rank(self, asked: _Asked, base: Item) -> Item:
        options = self._answers(asked) or tuple(
            Option(code=row["title"], label=label) for row, label in asked.parts
        )
        limit = asked.attribute("max_answers")
        settings = _order(asked)
        settings["top"] = int(limit) if limit.isdecimal() else len(options)
        return replace(base, kind="rank", options=options, settings=settings)

    def _grid(self, asked: _Asked, base: Item, options: tuple[Option, ...]) -> Item:
        rows = tuple(
            Row(
                name=row["title"],
                label=label,
                rules=self._rules(row["relevance"], f"ligne {row.line}, relevance", asked.name),
            )
            for row, label in asked.parts
            if row["scale_id"] in ("", "0")
        )
        kept = tuple(
            replace(row, rules=(*row.rules, *self._filters(asked, row.name))) for row in rows
        )
        return replace(base, kind="matrix", options=options, rows=kept)

    def _lines(self, asked: _Asked, base: Item) -> Iterator[Item]:
        """A question for each line, or each cell."""
        columns = [(one, label) for one, label in asked.parts if one["scale_id"] == "1"]
        text = base.text
        for row, label in asked.parts:
            if row["scale_id"] == "1":
                continue
            rules = (
                *base.rules,
                *self._rules(row["relevance"], f"ligne {row.line}, relevance", asked.name),
                *self._filters(asked, row["title"]),
            )
            line = replace(
                base, name=f"{base.name}_{row['title']}", text=under(text, label), rules=rules
            )
            if asked.type in ":;" and self._ticks(asked):
                options = tuple(Option(code=one["title"], label=said) for one, said in columns)
                yield replace(line, kind="choices", options=options)
            elif asked.type in ":;":
                for column, said in columns:
                    cell = replace(
                        line, name=f"{line.name}_{column['title']}", text=under(line.text, said)
                    )
                    yield self._open(asked, cell)
            else:
                yield self._open(asked, line)

    def _open(self, asked: _Asked, base: Item) -> Item:
        match asked.type:
            case "B":
                return replace(base, kind="scale", settings={"from": 1, "to": 10})
            case "N" | "K" | ":":
                return self._number(asked, base)
            case "S" | "Q" if asked.attribute("numbers_only") == "1":
                return self._number(asked, base)
            case "T" | "U":
                length = asked.attribute("maximum_chars")
                most = int(length) if length.isdecimal() else 2000
                return replace(base, kind="longtext", settings={"max_length": most})
            case "X":
                return replace(base, kind="info", required=False)
            case "D":
                return self._date(asked, base)
        length = asked.attribute("maximum_chars")
        return replace(base, settings={"max_length": int(length)} if length.isdecimal() else {})

    def _date(self, asked: _Asked, base: Item) -> Item:
        """A date in the format of the question; those of surveys are all of a day."""
        bounds = {
            key: f"{said}-{end}" if re.fullmatch("[0-9]{4}", said) else said
            for key, end in (("min", "01-01"), ("max", "12-31"))
            for said in (asked.attribute(f"date_{key}"),)
        }
        return dated(base, asked.attribute("date_format") or DAY, bounds, self.remarks)

    def _number(self, asked: _Asked, base: Item) -> Item:
        settings: dict[str, str | int | float] = {}
        for key in ("min", "max"):
            names = (f"{key}_num_value_n", f"multiflexible_{key}")
            written = next((one for name in names if (one := asked.attribute(name))), "")
            if re.fullmatch(r"-?\d{1,9}(\.\d{1,6})?", written):
                settings[key] = float(written) if "." in written else int(written)
            elif written:
                self._tell("lost", base.place, f"la borne « {written} » est calculée")
        if asked.attribute("num_value_int_only") != "1":
            settings["decimals"] = 2
        suffix = asked.attributes.get("suffix", {})
        return replace(
            base,
            kind="number",
            settings=settings,
            words={"unit": suffix} if any(suffix.values()) else {},
        )

    def _filtered(self, asked: _Asked, options: Sequence[Option]) -> Iterator[Option]:
        for option in options:
            yield replace(option, rules=(*option.rules, *self._filters(asked, option.code)))

    def _filters(self, asked: _Asked, code: str) -> Iterator[Rule]:
        """Lines that follow what was ticked in another question: `array_filter`."""
        for attribute, function in (("array_filter", "!"), ("array_filter_exclude", "")):
            for source in filter(None, re.split(r"[;,\s]+", asked.attribute(attribute))):
                if f"{source}_{code}" not in self.symbols:
                    continue
                empty = Call("is_empty", (Name(f"{source}_{code}.NAOK"),))
                yield Rule(
                    text=f"{attribute} {source}",
                    place=f"{asked.place}, {attribute}",
                    tree=call("not", empty) if function else empty,
                    counted=False,
                )

    def _controls(self, asked: _Asked) -> Iterator[Control]:
        if written := asked.attribute("em_validation_q"):
            rule = self._rules(written, f"{asked.place}, em_validation_q", asked.name)
            message = asked.attributes.get("em_validation_q_tip", {})
            yield from (Control(rule=one, message=message) for one in rule)
        if asked.fields["mandatory"] == "S":
            missing = Call("is_empty", (Name(f"{asked.name}.NAOK"),))
            rule_ = Rule(text="mandatory S", place=asked.place, tree=missing, counted=False)
            yield Control(rule=rule_, message=_UNANSWERED, refused=True)

    def _tell(self, kind: str, place: str, said: str) -> None:
        self.remarks.append(Remark(kind=kind, place=place, said=said))


_KNOWN = ("LANG", "TOKEN", "SID", "SURVEYID", "SAVEDID")
_UNABLE = {"|": "un dépôt de fichier", "I": "le choix de la langue"}
_UNANSWERED: Words = {
    "fr": "Une question est restée sans réponse. Continuer ainsi\u00a0?",
    "en": "A question has no answer. Continue anyway?",
}


def _key(name: str) -> str:
    """A variable without what it asks of it, nor what leads to it."""
    bare = name.removeprefix("INSERTANS:").removeprefix("that.")
    if _UNTOLD_SUFFIX.search(bare):
        return bare
    return _SUFFIX.sub("", bare)


def _comment(base: Item, name: str, rules: tuple[Rule, ...]) -> Item:
    return Item(
        name=name,
        kind="longtext",
        text={"fr": "Commentaire", "en": "Comment"},
        place=base.place,
        rules=(*base.rules, *rules),
        settings={"max_length": 1000},
    )


def _order(asked: _Asked) -> dict[str, str | int | float]:
    random = (
        "1" in (asked.attribute("random_order"),) or asked.attribute("answer_order") == "random"
    )
    return {"order": "random"} if random else {}


def _text_of(words: Words, language: str) -> str:
    return words.get(language) or next(iter(words.values()), "")


def _bare(formula: str) -> str:
    """An equation question's text: tags around, then braces."""
    return re.sub(r"<[^>]*>", "", formula).strip().replace("&lt;", "<").replace("&gt;", ">")
