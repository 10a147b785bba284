"""Respondents of every manner to questionnaires of every make, for the law of the twins.

What they do is drawn once, with the journey of the server; the script does the same again. Both say
what they showed, found and stored, and must say the same.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, TypeVar

from consultation.ballots.journey import Journey, Reading, State, Submitted
from consultation.questionnaire.answers import stored
from consultation.questionnaire.conditions import Condition, Context, link, parse_condition
from consultation.questionnaire.drafts import from_json
from consultation.questionnaire.elements import Definition, Option, Row, Text
from consultation.questionnaire.kinds import (
    Choice,
    Choices,
    Date,
    Info,
    Kind,
    LongText,
    Matrix,
    Number,
    Rank,
    Scale,
    ShortText,
)
from consultation.questionnaire.lots import Lots
from consultation.questionnaire.model import Check, Page, Pages
from consultation.questionnaire.rules import Rules, read_rules, rules_of
from consultation.questionnaire.synthetic import respond
from consultation.questionnaire.visibility import visible_pages

Thing = TypeVar("Thing")
LANGUAGES = ("fr", "en", "de")
AUDIENCES = ("", "agents", "cadres")

# --- Questionnaires -----------------------------------------------------------------------------

NAMES = ("constructor", "valueof", "a", "b1", "c_d", "e", "f", "g2", "h", "hasown", "k", "m", "n")
CODES = ("a", "b", "c", "1", "01", "constructor", "None", "toString", "A-b", "opt_out")
REGIONS = ("R1", "R2", "constructor")
ROWS = ("l1", "l2", "constructor", "other")
DAYS = ("", "", "1899-12-31", "1904-02-29", "2024-02-29", "2024-06-28", "2099-01-01")
BOUNDS = (None, None, 0, -3, 1.5, 12, 0.00005, 1234.5, 1e9, -1e9)


class Author:
    """Writes questionnaires: every kind, key and condition in turn."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._known: list[Kind] = []

    def write(self) -> Pages:
        """One questionnaire in French and English."""
        self._known = []
        names = self._rng.sample(NAMES, self._rng.randint(3, 9))
        pages: list[Page] = []
        while names:
            number = self._rng.randint(1, 4)
            here, names = names[:number], names[number:]
            show_if = self._maybe(0.4) if pages else None  # everybody has a first page
            questions = tuple(self._question(name) for name in here)
            pages.append(
                Page(
                    id=f"p{len(pages)}",
                    title=self._text(),
                    intro=self._text() if self._likely(0.4) else None,
                    show_if=show_if,
                    shuffle=self._one(("", "", "constructor", "b1", "v")),
                    questions=questions,
                    checks=tuple(
                        Check(warn_if=self._condition(), message=self._text())
                        for _ in range(self._rng.randrange(3))
                    ),
                )
            )
        return Pages(id="essai", lang="fr", pages=tuple(pages), digest="d" * 64)

    def _question(self, name: str) -> Kind:
        common: dict[str, Any] = {
            "id": name,
            "text": self._text(),
            "hint": self._text() if self._likely(0.2) else None,
            "show_if": self._maybe(0.4) if self._known else None,
            "required": self._text() if self._likely(0.3) else None,
            "definitions": (Definition(term=self._text(), text=self._text()),)
            if self._likely(0.1)
            else (),
        }
        if common["required"] is None and self._likely(0.3):
            common["reminder"] = self._text()
        question = self._one(_KINDS)(self, common)
        self._known.append(question)
        return question

    def _choice(self, common: dict[str, Any]) -> Kind:
        store = self._one(("", "region"))
        return Choice(
            **common,
            options=self._options(other=True),
            search=self._likely(0.3),
            store=store,
            random=self._likely(0.4),
        )

    def _choices(self, common: dict[str, Any]) -> Kind:
        return Choices(
            **common,
            options=self._options(other=True, exclusive=True),
            min=self._rng.choice((0, 0, 0, 1, 1, 2, 2, 12)),
            max=self._rng.choice((0, 0, 1, 2, 3, 12)),
            random=self._likely(0.4),
        )

    def _matrix(self, common: dict[str, Any]) -> Kind:
        rows = self._rng.sample(ROWS, self._rng.randint(2, 4))
        return Matrix(
            **common,
            options=self._options(),
            rows=tuple(Row(id=row, label=self._text(), show_if=self._maybe(0.3)) for row in rows),
        )

    def _scale(self, common: dict[str, Any]) -> Kind:
        start = self._rng.choice((-5, 0, 1))
        return Scale(
            **common,
            start=start,
            stop=start + self._rng.randint(1, 10),
            ends=(self._text(), self._text()) if self._likely(0.3) else None,
            opt_out=self._text() if self._likely(0.5) else None,
        )

    def _rank(self, common: dict[str, Any]) -> Kind:
        options = self._options()
        top = self._rng.randint(1, len(options))
        return Rank(**common, options=options, top=top, random=self._likely(0.4))

    def _number(self, common: dict[str, Any]) -> Kind:
        low, high = self._one(BOUNDS), self._one(BOUNDS)
        if low is not None and high is not None and low > high:
            low, high = high, low
        decimals = self._rng.choice((0, 0, 1, 2, 6))
        unit = self._text() if self._likely(0.3) else None
        return Number(**common, min=low, max=high, decimals=decimals, unit=unit)

    def _date(self, common: dict[str, Any]) -> Kind:
        low, high = sorted((self._one(DAYS), self._one(DAYS)))
        precision = self._rng.choice(("day", "month", "year"))
        first, last = (low, high) if self._likely(0.7) else (high, "")
        return Date(**common, precision=precision, min=first, max=last)

    def _line(self, common: dict[str, Any]) -> Kind:
        return ShortText(**common, max_length=self._rng.choice((1, 5, 40, 1_200)))

    def _lines(self, common: dict[str, Any]) -> Kind:
        return LongText(**common, max_length=self._rng.choice((3, 40, 1_200)))

    def _info(self, common: dict[str, Any]) -> Kind:
        return Info(**common | {"required": None, "reminder": None})

    def _options(self, *, other: bool = False, exclusive: bool = False) -> tuple[Option, ...]:
        codes = self._rng.sample(CODES, self._rng.randint(2, 6))
        precise = self._one(codes) if other and self._likely(0.5) else None
        groups = (None, self._text(), self._text())
        return tuple(
            Option(
                code=code,
                label=self._text(quotes=False),
                hint=self._text() if self._likely(0.1) else None,
                apart=self._likely(0.2),
                other=self._rng.choice((1, 8, 1_000)) if code == precise else 0,
                exclusive=exclusive and self._likely(0.25),
                last=self._likely(0.2),
                show_if=self._maybe(0.25),
                group=self._one(groups),
                columns=(("region", self._one(REGIONS)),),
            )
            for code in codes
        )

    def _text(self, *, quotes: bool = True) -> Text:
        said = self._one(("Dites", "Où ? $&", "100 % %(most)s", "l’<em>été</em>", "😀 x"))
        if quotes and self._likely(0.4):
            names = [question.id for question in self._known] + ["personne"]
            fallback = self._one(("", "|", "|votre poste", "|$1 \\1"))
            said += f" {{{self._one(names)}{fallback}}}"
        return Text((("fr", said), ("en", f"{said} EN"))[: self._rng.randint(1, 2)])

    # Conditions

    def _maybe(self, chance: float) -> Condition | None:
        return self._condition() if self._likely(chance) else None

    def _condition(self) -> Condition:
        parsed = parse_condition(self._source(2))
        assert isinstance(parsed, Condition), parsed
        return link(parsed, {q.id: q.details for q in self._known if isinstance(q, Choice)}, {})

    def _source(self, depth: int) -> str:
        match self._rng.randrange(6) if depth else 5:
            case 0:
                return f"({self._source(depth - 1)} and {self._source(depth - 1)})"
            case 1:
                return f"({self._source(depth - 1)} or {self._source(depth - 1)})"
            case 2:
                return f"not {self._source(depth - 1)}"
        return self._atom()

    def _atom(self) -> str:
        if not self._known or self._likely(0.1):
            return f"audience {self._one(('==', '!='))} '{self._one(AUDIENCES)}'"
        question = self._one(self._known)
        name, sign = question.id, self._one(("==", "!=", "<", "<=", ">", ">="))
        word, codes = self._one(("in", "not in")), f"['{self._one(CODES)}', '{self._one(CODES)}']"
        match question:
            case Choice():
                return self._one(
                    (
                        f"{name} {word} {codes}",
                        f"{name} == '{question.options[0].code}'",
                        f"{name}.region {self._one(('==', '!='))} '{self._one(REGIONS)}'",
                        f"answered({name})",
                    )
                )
            case Choices() | Rank():
                code = self._one(question.options).code
                return self._one(
                    (
                        f"{name} has '{code}'",
                        f"{name} has {self._one(('any', 'all'))} {codes}",
                        f"count({name}) {sign} {self._rng.randrange(4)}",
                    )
                )
            case Matrix():
                row, code = self._one(question.rows).id, self._one(question.options).code
                return self._one(
                    (f"{name}.{row} == '{code}'", f"{name}.{row} {word} {codes}",
                     f"answered({name})")
                )  # fmt: skip
            case Scale() | Number():
                others = [q.id for q in self._known if isinstance(q, Scale | Number)]
                return self._one(
                    (
                        f"{name} {sign} {self._one(('0', '3', '-1', '1.5', '2.0'))}",
                        f"{name} {sign} {self._one(others)}",
                        f"{name} == 'opt_out'",
                        f"answered({name})",
                    )
                )
        return f"answered({name})"

    def _likely(self, chance: float) -> bool:
        return self._rng.random() < chance

    def _one(self, things: Sequence[Thing]) -> Thing:
        return self._rng.choice(things)


_KINDS: Sequence[Callable[[Author, dict[str, Any]], Kind]] = (
    Author._choice,
    Author._choice,
    Author._choices,
    Author._choices,
    Author._matrix,
    Author._scale,
    Author._rank,
    Author._number,
    Author._date,
    Author._line,
    Author._lines,
    Author._info,
)

# --- Respondents --------------------------------------------------------------------------------

HOSTILE: Sequence[str] = (
    *("", " ", "\0", "\0a", "\ud800", "a\udfffb", "😀", "😀" * 40, "\ufeff", "\ufeffx\ufeff"),
    *("\u2028x\u2029", "\x85", "\x1c3", "3\x1f", "\u3000x\u3000", "\u180ex", "a\tb", "\x0b3\x0c"),
    *("é\r\nb\rc\nd", "\xa03\xa0", "\u200b3", "\uffff3", "１２", "٣", "²", "x" * 9, "x" * 1_201),
    *(
        "0",
        "-0",
        "−0",
        "-0,0",
        "+3",
        "−3",
        "-1",
        "1",
        "3",
        "3,0",
        "3.",
        ",5",
        "0,5",
        "00012",
        "1e3",
    ),
    *("1 000", "1\u202f000,5", "1 00", "12 345", "1234.5", "0x10", "Infinity", "NaN", "1_000"),
    *("0,1", "0,30", "0,123456", "0,1234567", "0,000001", "9" * 15, "9" * 16, "0" * 20 + "1"),
    *("99999999999999,9", "1,00000000000000", "0,1 ", "opt_out", "a ", " a", "A", "02", "08"),
    *(
        "29",
        "30",
        "31",
        "32",
        "2024",
        "2023",
        "1899",
        "1900",
        "2100",
        "2",
        "6",
        "12",
        "13",
        "20 24",
    ),
    *("$&", "%(most)s", "__proto__", "constructor", "toString", "None", "null", "undefined"),
)
NUMERALS = (
    "0",
    "-0",
    "−0,0",
    "+3",
    "3",
    "3.0",
    "3,5",
    "007",
    "1\u2009000",
    "1\u2007234,5",
    "0,30",
    "-3",
)
NUMERALS += (
    "0,1234567",
    "0,123456",
    "9" * 15,
    "9" * 16,
    "1" + "0" * 15,
    "1 00",
    "12",
    "5",
    "3,",
    "",
)
LIKELY: Mapping[str, Sequence[str]] = {
    "number": NUMERALS,
    "scale": (*NUMERALS, "opt_out"),
    "date": (
        "",
        "1",
        "01",
        "2",
        "02",
        "28",
        "29",
        "30",
        "31",
        "6",
        "12",
        "13",
        "1904",
        "2023",
        "2024",
    ),
}
"""What is nearly right, or right, by kind; a code where there are some."""

DATA: Sequence[object] = (
    *(None, True, False, 0, -0.0, 1, 3.0, 1.5, 0.1, 0.30000000000000004, 1e15, 1e21, -1, 2, 1e-7),
    *([], {}, [[]], [1], ["a"], ["a", "a"], ["a", "b"], ["b", "a"], ["constructor"], [None]),
    *({"l1": "a", "l2": "zz"}, {"constructor": "a"}, {"other": "b"}, {"l1": ["a"]}, "opt_out"),
    *("2024-02-29", "2023-02-29", "2024-06", "2024", "0001-01-01", "2100-01-01", "20240628"),
    *("2024-W01-1", "1500-13-01", "２０２４", "0099", "0004-02-29", "1900-02-29", "", "a\u2028b"),
)
NOISE = ("__proto__", "constructor", "valueof.", "a.other", "personne", "b1.1", "x.y.z", "")


@dataclass(frozen=True)
class Given:
    """What one respondent is given and does, and what the server says at each step."""

    rules: Mapping[str, object]
    audience: str
    seed: str
    respondent: Mapping[str, object]
    said: Any
    made: str

    @property
    def asked(self) -> Sequence[object]:
        """The same for the script."""
        return (self.rules, self.audience, self.seed, self.respondent)


class Respondent:
    """One of them, going forth and back, on pages of the server."""

    def __init__(self, rules: Rules, context: Context, seed: str, rng: random.Random) -> None:
        self._rules, self._rng, self._journey = rules, rng, Journey(rules, context)
        self._context = context
        self._manner = rng.choice((0.02, 0.2, 0.6))  # how often a field is not as it should be
        self._state = self._base = State(seed=seed)
        self._warned: frozenset[str] = frozenset()
        self._acts: list[Mapping[str, object]] = []
        self._said: list[object] = []

    def goes(self) -> tuple[Mapping[str, object], object]:
        """What is done, and what is said of it."""
        begins = self._data() if self._rng.random() < 0.3 else {}
        answers = from_json(self._rules, json.dumps(begins))
        self._state = self._base = replace(self._state, answers=answers)
        self._page = self._journey.first(self._state)
        self._said.append([_state(self._state), self._page.id])
        for number in range(self._rng.randint(1, 2 * len(self._rules.pages) + 2)):
            self._does("begin" if not number else self._rng.choice((*["send"] * 7, *_RARE)))
        return {"begins": begins, "acts": self._acts}, [*self._said, *self._ends()]

    def _does(self, act: str) -> None:
        journey, earlier, to = self._journey, self._state, ""
        if act in ("hidden", "jump", "review"):
            to = self._rng.choice(self._rules.pages).id
            self._state = replace(earlier, reviewing=earlier.reviewing or act == "review")
            page = _page(self._rules, to)
            self._page = page if act == "hidden" else journey.visible(page, self._state)
        self._said.append([act, _sheet(journey, self._page, self._state, None)])
        sent = self._sent()
        self._acts.append(
            {
                "act": act,
                "to": to,
                "fields": sent.fields,
                "shown": sorted(sent.shown),
                "warned": sorted(sent.warned),
            }
        )
        if act == "rebase":
            sent = journey.rebased(self._page, sent, self._base, self._state)
        if act == "back":
            self._goes_back(sent)
        else:
            self._is_read(sent, earlier, first=act == "begin")

    def _sent(self) -> Submitted:
        sheet = self._journey.sheet(self._page, self._state)
        return Submitted(
            fields=self._fields(self._page, self._state, sheet.typed),
            shown=self._shown(self._page, sheet.shown),
            warned=self._warned if self._rng.random() < 0.9 else frozenset(["0", "rappel"]),
        )

    def _goes_back(self, sent: Submitted) -> None:
        self._state = self._journey.keep(self._page, sent, self._state)
        self._page = self._journey.before(self._page, self._state)
        self._said.append([self._page.id, _state(self._state)])

    def _is_read(self, sent: Submitted, earlier: State, *, first: bool) -> None:
        journey, page = self._journey, self._page
        reading = journey.read(page, sent, self._state)
        if first:
            reading = journey.refuse_nothing(page, reading)
        self._base, self._state = self._state, reading.state
        self._said.append([reading.complete, _reading(reading)])
        self._said.append(_sheet(journey, page, self._state, reading))
        self._warned = frozenset(reading.warned.split())
        if reading.complete:
            following, self._state = journey.after(page, earlier, self._state)
            self._said.append([following and following.id, _state(self._state)])
            self._page, self._warned = following or journey.first(self._state), frozenset()

    def _ends(self) -> Iterator[object]:
        """What is left to do, what is read again, and what is stored."""
        state, left = self._state, self._journey.unfinished(self._state)
        yield [
            [one.page.id, one.title, [[line.label, line.values, line.note] for line in one.lines]]
            for one in self._journey.review(state)
        ]
        yield left and [left[0].id, _reading(left[1])]
        lots = Lots(state.seed, self._rules.drawing)
        shown = visible_pages(self._rules, state.answers, self._context, lots)
        yield [page.id for page in shown]
        yield stored(self._rules, state.answers, self._context)

    def _fields(
        self, page: Page, state: State, held: Mapping[str, Sequence[str]]
    ) -> Mapping[str, Sequence[str]]:
        rng = self._rng
        fields = {name: list(values) for name, values in held.items()}
        if rng.random() < 0.8:
            fields |= respond(
                self._rules, page, state.answers, self._context, rng, eagerness=rng.random()
            )
        for question in page.questions:
            for name in _names(question):
                if rng.random() < self._manner:
                    fields[name] = [
                        self._value(question) for _ in range(rng.choice((0, 1, 1, 1, 1, 2, 3)))
                    ]
        if rng.random() < self._manner:
            fields = {name: fields[name] for name in fields if rng.random() < 0.8}
        if rng.random() < self._manner:
            fields[rng.choice(NOISE)] = [rng.choice(HOSTILE)]
        return fields

    def _value(self, question: Kind) -> str:
        codes = [option.code for option in question.options]
        likely = LIKELY.get(question.kind, HOSTILE)
        return self._rng.choice(
            self._rng.choice((codes or likely, codes or likely, likely, HOSTILE))
        )

    def _shown(self, page: Page, shown: str) -> frozenset[str]:
        tokens = shown.split()
        if self._rng.random() < 0.8:
            return frozenset(tokens)
        known = [name for question in page.questions for name in _names(question)]
        kept = [token for token in tokens if self._rng.random() < 0.7]
        return frozenset((*kept, self._rng.choice(known)))

    def _data(self) -> Mapping[str, object]:
        rng = self._rng
        given: dict[str, object] = {}
        for name, question in self._rules.by_id.items():
            value = question.some_answer({}, self._context, rng) if rng.random() < 0.4 else None
            given[name] = value if value is not None else rng.choice(DATA)
            if rng.random() < 0.4:
                given[f"{name}.other"] = rng.choice((*HOSTILE, 3, None))
        return given


_RARE = ("back", "back", "rebase", "jump", "hidden", "review")


def _names(question: Kind) -> Sequence[str]:
    """The fields that it may be posted with."""
    name = question.id
    if isinstance(question, Matrix):
        return [f"{name}.{row.id}" for row in question.rows]
    if isinstance(question, Date):
        return [f"{name}.day", f"{name}.month", f"{name}.year"]
    if isinstance(question, Rank):
        return [f"{name}.{place}" for place in range(1, len(question.options) + 2)]
    return [name, f"{name}.other"]


def _page(rules: Rules, page_id: str) -> Page:
    page = rules.page(page_id)
    assert page is not None
    return page


def _state(state: State) -> object:
    return [state.answers, state.typed, state.reviewing, state.todo]


def _reading(reading: Reading) -> object:
    errors = [[error.question, error.field, error.message] for error in reading.errors]
    warned = reading.warned.split()
    return [errors, reading.added, reading.warnings, warned, _state(reading.state)]


def _sheet(journey: Journey, page: Page, state: State, reading: Reading | None) -> object:
    sheet = journey.sheet_again(page, reading) if reading else journey.sheet(page, state)
    shown = sheet.agent
    return [
        *(page.id, sheet.title, sheet.intro, sheet.step, sheet.steps, sheet.next_title),
        *(sheet.shown.split(), sheet.typed),
        [
            [one.id, shown.words(one.text), [option.code for option in one.offered_to(shown)]]
            for one in sheet.asked
        ],
    ]


# --- Both together ------------------------------------------------------------------------------


def respondents(q: Pages, seed: int, number: int) -> Iterator[Given]:
    """So many respondents of this questionnaire, in each language in turn."""
    rng = random.Random(seed)
    documents = [json.loads(json.dumps(rules_of(q, language))) for language in LANGUAGES]
    spoken = list(zip(LANGUAGES, documents, map(read_rules, documents), strict=True))
    for place in range(number):
        language, document, rules = spoken[(seed + place) % len(spoken)]
        audience = rng.choice(AUDIENCES)
        lots = f"{rng.getrandbits(64):016x}" if rng.random() < 0.9 else ""
        one = Respondent(rules, Context(audience, language), lots, rng)
        does, said = one.goes()
        yield Given(document, audience, lots, does, said, f"{q.id} {seed}, respondent {place}")


def differences(pairs: Sequence[Given], said: Sequence[object]) -> Iterator[str]:
    """Where the script says something else: the first step of each pair."""
    for pair, theirs in zip(pairs, said, strict=True):
        ours = json.loads(json.dumps(pair.said))
        assert isinstance(theirs, list)
        steps = enumerate(zip_longest(map(_plain, ours), map(_plain, theirs)))
        differing = [(step, *both) for step, both in steps if both[0] != both[1]]
        for step, one, other in differing[:1]:
            yield f"{pair.made}, step {step}:\n  server {one}\n  script {other}"
        if not differing and list(ours[-1]) != list(theirs[-1]):
            yield f"{pair.made}, stored in another order: {ours[-1]}, {theirs[-1]}"


def _plain(step: object) -> str:
    return json.dumps(step, sort_keys=True)
