"""From the common form to our YAML, with everything to report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from consultation.importing.fitting import Fitter
from consultation.importing.form import (
    Control,
    Form,
    Item,
    Option,
    Page,
    Remark,
    Row,
    Words,
)
from consultation.importing.logic import FALSE, TRUE, Formula, Inexpressible, conj, disj
from consultation.importing.naming import Names
from consultation.importing.plan import AUDIENCES, Asked, Plan, Planned
from consultation.importing.ruling import Ruling
from consultation.importing.speech import Speech, first
from consultation.importing.writing import Block, Entry, Flow, Value, write


@dataclass(frozen=True, kw_only=True)
class Imported:
    """The questionnaire in our YAML, and everything that is not in it as it was."""

    yaml: str
    remarks: tuple[Remark, ...]
    pages: int
    questions: int
    rules: int  # conditions of the original
    expressed: int  # those that ours say too
    controls: int  # constraints on the answers
    checked: int  # those that became checks
    assumed: int  # rules on a question added for what was known beforehand


def build(form: Form) -> Imported:
    """Our questionnaire; it always loads."""
    while beyond := Plan(form).beyond():
        form = replace(form, symbols={**form.symbols, **beyond})
    trial = _Builder(Plan(form), tied=frozenset())
    trial.build()
    lost, tied = trial.ruling.unsaid, frozenset(trial.ruling.citations)
    return _Builder(Plan(form, lost, frozenset(trial.unoffered)), tied=tied).build()


@dataclass
class _Builder:
    plan: Plan
    tied: frozenset[tuple[int, int]]  # pages whose conditions cite others
    lists: dict[str, tuple[str, Block]] = field(default_factory=dict)
    unoffered: set[tuple[str, str]] = field(default_factory=set)  # question and code

    def __post_init__(self) -> None:
        self.form = self.plan.form
        self.remarks = [*self.form.remarks]
        self.ruling = Ruling(self.plan, self.remarks)
        self.speech = Speech(self.plan, self.remarks)
        self.fitter = Fitter(self.plan.ids)

    def build(self) -> Imported:
        pages = tuple(self._page(planned) for planned in self.plan.pages)
        ruling = self.ruling
        return Imported(
            yaml=write(self._document(pages)),
            remarks=tuple(dict.fromkeys([*self.plan.remarks, *self.remarks])),
            pages=len(pages),
            questions=len(self.plan.by_id),
            rules=len(ruling.verdicts),
            expressed=sum(ruling.verdicts.values()),
            controls=len(ruling.controls),
            checked=sum(ruling.controls.values()),
            assumed=len(ruling.assumed),
        )

    def _document(self, pages: tuple[Block, ...]) -> Block:
        form, say = self.form, self.speech.say
        slug = Names().give(form.title.get(form.language, ""), fallback="importe")
        title = say(form.title, "titre") or "Questionnaire importé"
        lists = tuple(Entry(name, block) for name, block in self.lists.values())
        named = tuple(Entry(name, text) for name, text in self.fitter.named.items())
        entries = (
            Entry("format", 1, (f"Importé de {form.tool}. À relire, puis : consultation check",)),
            Entry("id", slug),
            Entry("version", 1),
            Entry("lang", form.language),
            Entry("title", title),
            Entry("audiences", Flow(tuple(Entry(*one) for one in AUDIENCES.items()))),
            *_optional("intro", say(form.intro, "introduction", tags=True)),
            *_optional("lists", Block(lists) if lists else None),
            *_optional("conditions", Block(named) if named else None),
            Entry("pages", pages),
            *_optional("end", say(form.end, "texte de fin", tags=True)),
        )
        return Block(entries)

    # Pages

    def _page(self, planned: Planned) -> Block:
        page, start = planned.page, planned.questions[0]
        self.ruling.here = start.page
        holds, comments = self.ruling.condition(page.rules, start.rank)
        title = self.speech.say(page.title, page.place, limit=start.rank)
        intro = self.speech.say(page.intro, page.place, tags=True, limit=start.rank)
        entries = [
            Entry("id", planned.id, comments),
            Entry("title", title or self.speech.name(page.name) or planned.id),
            *_optional("intro", intro),
            *self._show_if(holds),
            *_optional("shuffle", self._tag(page)),
        ]
        questions = tuple(self._question(asked, holds) for asked in planned.questions)
        checks, told = self._checks(planned.questions)
        entries.append(Entry("questions", questions))
        return Block((*entries, *_optional("checks", checks or None)), told)

    def _tag(self, page: Page) -> str | None:
        """Pages drawn in a random order, when none of them cites another."""
        if not page.shuffle:
            return None
        mates = {
            number for number, one in enumerate(self.plan.pages) if one.page.shuffle == page.shuffle
        }
        if any(one in mates and other in mates and one != other for one, other in self.tied):
            said = f"l’ordre aléatoire « {page.shuffle} » : une de ces pages en cite une autre"
            self.remarks.append(Remark(kind="lost", place=page.place, said=said))
            return None
        return Names().give(page.shuffle, fallback="ordre")

    def _checks(self, questions: Iterable[Asked]) -> tuple[tuple[Block, ...], tuple[str, ...]]:
        """Constraints become checks: asked once, and the person may keep the answer."""
        blocks: list[Block] = []
        told: list[str] = []
        limit = max(asked.rank for asked in questions) + 1
        for asked in questions:
            for control in asked.item.controls:
                wrong = self.ruling.control(asked, control, limit)
                if isinstance(wrong, str):
                    told.append(wrong)
                elif wrong not in (TRUE, FALSE):
                    blocks.append(self._check(control, wrong, limit))
        return tuple(blocks), tuple(told)

    def _check(self, control: Control, wrong: Formula, limit: int) -> Block:
        place = control.rule.place
        self.remarks.append(Remark(kind="changed", place=place, said=_SOFTER))
        message = self.speech.say(control.message, place, limit=limit) or self._own(DOUBT)
        return Block((Entry("warn_if", self.fitter.fit(wrong)), Entry("message", message)))

    # Questions

    def _question(self, asked: Asked, page: Formula) -> Block:
        item, limit = asked.item, asked.rank
        holds, comments = self.ruling.condition(item.rules, limit)
        parts, offered, told = self._parts(asked, _both(page, holds))
        holds = self._offering(holds, offered, asked)
        self.ruling.note_shown(asked, holds, page)
        text = self.speech.say(item.text, item.place, tags=True, limit=limit)
        hint = self.speech.say(item.hint, item.place, tags=True, limit=limit)
        entries = (
            Entry("id", asked.id, comments),
            Entry("type", item.kind),
            Entry("text", text or self.speech.name(item.name) or asked.id),
            *_optional("hint", hint if item.kind != "info" else None),
            *_optional("required", self._required(item)),
            *self._show_if(holds),
            *parts,
            *self._settings(item),
        )
        return Block(entries, told)

    def _offering(self, holds: Formula, offered: list[Formula], asked: Asked) -> Formula:
        """A question all of whose answers have conditions is shown when one is offered."""
        item = asked.item
        if not offered or TRUE in offered:
            return holds
        try:
            some = conj(holds, disj(*offered))
        except Inexpressible:
            said = "elle peut se montrer sans qu’aucune réponse soit proposée"
            self.remarks.append(Remark(kind="changed", place=item.place, said=said))
            return holds
        if some != FALSE:
            return some
        rules = [rule for option in item.options for rule in option.rules]
        rules += [rule for row in item.rows for rule in row.rules]
        return self.ruling.never(rules, asked.rank)

    def _required(self, item: Item) -> Value | None:
        if not item.required or item.kind == "info":
            return None
        return self.speech.say(item.required_message, item.place) or self._own(REQUIRED)

    def _settings(self, item: Item) -> Iterator[Entry]:
        for key, value in item.settings.items():
            yield Entry(key, value)
        for key, words in item.words.items():
            yield from _optional(key, self.speech.say(words, item.place))
        if item.ends:
            low, high = (self.speech.say(one, item.place) for one in item.ends)
            if low and high:
                yield Entry("ends", [low, high])

    def _parts(
        self, asked: Asked, above: Formula
    ) -> tuple[list[Entry], list[Formula], tuple[str, ...]]:
        """Options and rows, when each group of them is offered, and what is lost of them."""
        item = asked.item
        entries: list[Entry] = []
        told: list[str] = []
        shown: list[Formula] = []
        labels: set[str] = set()
        for option in item.options:
            entry, holds, comments = self._option(option, asked, labels, above)
            entries.append(entry)
            shown.append(holds)
            told += comments
        parts = [self._listed(asked, Block(tuple(entries)))] if entries else []
        rows = [self._row(row, asked) for row in item.rows]
        if rows:
            parts.append(Entry("rows", Block(tuple(entry for entry, _, _ in rows))))
            told += [comment for _, _, comments in rows for comment in comments]
            if TRUE in shown:
                shown = [holds for _, holds, _ in rows]
        return parts, shown, tuple(told)

    def _listed(self, asked: Asked, block: Block) -> Entry:
        """The options, or the list that they share with other questions."""
        name = asked.item.list
        users = sum(one.item.list == name for one in self.plan.by_id.values())
        conditional = any(option.rules for option in asked.item.options)
        our, known = self.lists.get(name, ("", block))
        if not name or users < 2 or conditional or known != block:
            return Entry("options", block)
        if not our:
            our = self.plan.ids.give(name, fallback="liste")
            self.lists[name] = (our, block)
        return Entry("scale" if asked.item.kind == "matrix" else "list", our)

    def _option(
        self, option: Option, asked: Asked, labels: set[str], above: Formula
    ) -> tuple[Entry, Formula, tuple[str, ...]]:
        code = asked.codes[option.code]
        place = f"{asked.item.place}, réponse « {option.code} »"
        if code != option.code and asked.item.name not in self.plan.stands:
            said = f"son code devient « {code} »"
            self.remarks.append(Remark(kind="changed", place=place, said=said))
        label = _unique(self.speech.say(option.label, place) or code, code, labels)
        holds, comments = self.ruling.condition(option.rules, asked.rank)
        holds = self._filtered(option, asked, holds, above)
        flags = (("exclusive", option.exclusive), ("apart", option.apart), ("last", option.last))
        entries = (
            Entry("label", label),
            *_optional("hint", self.speech.say(option.hint, place)),
            *_optional("other", option.other or None),
            *(Entry(key, True) for key, wanted in flags if wanted),
            *self._show_if(holds),
        )
        return Entry(code, label if len(entries) == 1 else Flow(entries)), holds, comments

    def _filtered(self, option: Option, asked: Asked, holds: Formula, above: Formula) -> Formula:
        """What a filter asks for besides what the question and its page ask for already."""
        if not option.rules or not all(rule.each for rule in option.rules):
            return holds
        both = _both(above, holds)
        if both == FALSE:
            self.unoffered.add((asked.item.name, option.code))
        return TRUE if both == above else holds

    def _row(self, row: Row, asked: Asked) -> tuple[Entry, Formula, tuple[str, ...]]:
        place = f"{asked.item.place}, ligne « {row.name} »"
        name = asked.rows[row.name]
        label = self.speech.say(row.label, place) or name
        holds, comments = self.ruling.condition(row.rules, asked.rank)
        shown = tuple(self._show_if(holds))
        return (
            Entry(name, Flow((Entry("label", label), *shown)) if shown else label),
            holds,
            comments,
        )

    def _show_if(self, holds: Formula) -> Iterator[Entry]:
        if holds != TRUE:
            yield Entry("show_if", self.fitter.fit(holds))

    def _own(self, words: Words) -> Value:
        """A text of ours, in the languages of the questionnaire."""
        return self.speech.say(words, "") or words["fr"]


REQUIRED: Words = {"fr": "Répondez à cette question.", "en": "Please answer this question."}
DOUBT: Words = {"fr": "Cette réponse est-elle exacte\u00a0?", "en": "Is this answer right?"}

_SOFTER = (
    "le contrôle bloquant devient une question posée une fois (« checks »), que l’on peut maintenir"
)


def _both(one: Formula, other: Formula) -> Formula:
    """One and the other; the second alone when they are too long together."""
    try:
        return conj(one, other)
    except Inexpressible:
        return other


def _optional(key: str, value: Value | None) -> Iterator[Entry]:
    if value is not None:
        yield Entry(key, value)


def _unique(label: Value, code: str, labels: set[str]) -> Value:
    """Two options may not read the same."""
    if first(label).casefold() in labels:
        label = f"{first(label)} ({code})"
    labels.add(first(label).casefold())
    return label
