"""No hidden count can be worked out from all that a campaign publishes, read together.

Nobody's secret is how many answered a question, or told what groups they are in: a reader knows.
"""

from __future__ import annotations

import csv
import random
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack
from unit.test_frame import GRADE, asked, ballot, option, text

from consultation.questionnaire.columns import UNANSWERED
from consultation.questionnaire.kinds import Choice
from consultation.results.cube import Cube
from consultation.results.disclosure import K
from consultation.results.findings import Margins, findings
from consultation.results.frame import Ballot, plan
from consultation.results.layout import Layout, Variable
from consultation.results.masking import Shown
from consultation.results.rows import Rows
from consultation.results.tabulating import HEADERS, Tally


def question(name: str, *answers: str, **more: object) -> Choice:
    return Choice(id=name, text=text(f"{name} ?"), options=tuple(map(option, answers)), **more)


AGE = question("age", "jeune", "milieu", "ancien", "tard", profile=True, export="tables")
SITE = question("site", "nord", "sud", export="tables")
CARE = question("soin", "oui", "non", export="tables", sensitive=True)
VIEW = question("avis", "oui", "non", "bof")
QUESTIONS = (GRADE, AGE, SITE, CARE, VIEW)
ASKED = asked(*QUESTIONS)
LAYOUT = Layout(plan(ASKED))

Answer = tuple[str, str]  # a variable, and one of its codes
Pair = frozenset[Answer]


@st.composite
def crowds(draw: st.DrawFn) -> list[Ballot]:
    """A few people, who often say the same, or say nothing."""
    size, rng = draw(st.integers(25, 150)), random.Random(draw(st.integers(0, 10**6)))
    weight, silent = st.sampled_from([0, 1, 2, 6, 20]), st.sampled_from([0, 0, 0.03, 0.15])
    given: list[dict[str, object]] = [{} for _ in range(size)]
    for one in QUESTIONS:
        codes, left_out = [option.code for option in one.options], draw(silent)
        weights = draw(st.lists(weight, min_size=len(codes), max_size=len(codes)).filter(any))
        for answers in given:
            if rng.random() >= left_out:
                [answers[one.id]] = rng.choices(codes, weights)
    return [ballot(**answers) for answers in given]


class Reader:
    """Someone who keeps every table, and knows linear programming.

    What they look for: how many gave each answer, and each pair of answers to two questions, none
    being an answer as well. A count that was rounded is within `slack` of what they read.
    """

    def __init__(self, variables: Iterable[Variable], people: int, slack: int) -> None:
        self._slack = slack
        self._numbers: dict[Answer | Pair, int] = {}
        self._facts: list[tuple[dict[int, float], float, float]] = []
        self.hidden: set[Answer] = set()
        self.hidden_pairs: set[Pair] = set()
        self.hidden_whole: set[Pair] = set()  # with all of their group
        self.unanimous: set[Answer] = set()  # and seen to be: groups have nothing to hide then
        answers = {one.name: [(one.name, code) for code in _codes(one)] for one in variables}
        for those in answers.values():
            self._read(those, people)
        for one, other in combinations(answers.values(), 2):
            for some, more in ((one, other), (other, one)):
                for answer in some:
                    parts = [frozenset((answer, another)) for another in more]
                    self._fact({**dict.fromkeys(parts, 1.0), answer: -1.0}, 0, 0)

    def read_rows(self, name: str, cube: Cube) -> None:
        """What the rows show of a profile: each answer was given that many times, or more."""
        variable = cube.variable(name)
        for number, count in enumerate(cube.counts(name)):
            code = variable.codes[number]
            self._read([(name, code)], count)
            if number in variable.answers:
                self._fact({(_as_given(cube, name), code): 1.0}, count, cube.ballots)

    def read_answer(self, answer: Answer, count: Shown) -> None:
        if count is None:
            self.hidden.add(answer)
        else:
            self._read([answer], count)

    def read_pair(self, pair: Pair, count: Shown, base: Shown) -> None:
        if count is not None:
            self._read([pair], count)
        else:
            self.hidden_pairs.add(pair)
            if base is None:
                self.hidden_whole.add(pair)

    def read_sum(self, parts: Sequence[Answer | Pair], count: Shown) -> None:
        if count is not None:
            self._read(parts, count)

    def bounds(self, unknown: Answer | Pair) -> tuple[float, float]:
        """The least and the most that it may be."""
        aim = np.zeros(len(self._numbers))
        aim[self._numbers[unknown]] = 1
        least, most = linprog(aim, **self._known), linprog(-aim, **self._known)
        assert least.status == most.status == 0
        return least.fun, -most.fun

    def _read(self, parts: Sequence[Answer | Pair], count: int) -> None:
        slack = self._slack if count else 0
        self._fact(dict.fromkeys(parts, 1.0), count - slack, count + slack)

    def _fact(self, terms: Mapping[Answer | Pair, float], low: float, high: float) -> None:
        known = {self._numbers.setdefault(one, len(self._numbers)): terms[one] for one in terms}
        self._facts.append((known, low, high))

    @cached_property
    def _known(self) -> Mapping[str, object]:
        exact = [fact for fact in self._facts if fact[1] == fact[2]]
        about = [fact for fact in self._facts if fact[1] != fact[2]]
        known: dict[str, object] = {
            "A_eq": self._matrix(exact),
            "b_eq": [one for _, one, _ in exact],
        }
        if about:
            rows = self._matrix(about)
            known["A_ub"] = vstack([rows, -rows])
            known["b_ub"] = [one for _, _, one in about] + [-one for _, one, _ in about]
        return known

    def _matrix(self, facts: Sequence[tuple[dict[int, float], float, float]]) -> csr_array:
        cells = [(r, c, f) for r, (terms, *_) in enumerate(facts) for c, f in terms.items()]
        rows, columns, factors = zip(*cells, strict=True)
        return csr_array((factors, (rows, columns)), shape=(len(facts), len(self._numbers)))


def reader_of_pages(cube: Cube) -> Reader:
    """What the pages, the reports and the files of tables show."""
    found = findings(ASKED, cube, invited=None, margins=Margins(people={}))
    slack = cube.rules.rounded_to // 2
    reader = Reader(cube.variables, found.method.ballots, slack)
    for name in cube.given:
        reader.read_rows(name, cube)
    for line in (line for one in found.findings for line in one.lines):
        answers = _alone(cube, line.name)
        for answer, count in zip(answers, line.counts, strict=True):
            reader.read_answer(answer, count)
            if count == line.base:
                reader.unanimous.add(answer)
        reader.read_sum(answers, line.base)
    for by, tables in found.crossings.items():
        for name, table in tables.items():
            answers = [(name, code) for code in cube.variable(name).codes]
            for number, code in enumerate(cube.groups(by)):
                group = table.column(number)
                pairs = [frozenset((answer, (by, code))) for answer in answers]
                for pair, count in zip(pairs, group.counts, strict=True):
                    reader.read_pair(pair, count, group.base)
                reader.read_sum(pairs, group.base)
    return reader


def read_files(reader: Reader, cube: Cube, directory: Path) -> None:
    """And what the files of an export add."""
    alone, crossed = (_lines(directory / name) for name in HEADERS)
    for line in alone:
        name, count = line["variable"], _number(line["effectif"])
        reader.read_answer((_as_given(cube, name), line["code"]), count)
        reader.read_sum(_alone(cube, name), _number(line["base"]))
    for line in crossed:
        name, group = line["variable"], (line["groupe"], line["groupe_code"])
        count, base = _number(line["effectif"]), _number(line["base"])
        reader.read_pair(frozenset(((name, line["code"]), group)), count, base)
        codes = cube.variable(name).codes
        reader.read_sum([frozenset(((name, code), group)) for code in codes], base)


def final(crowd: Iterable[Ballot]) -> Reader:
    """Everything there is to read once a campaign is closed: its pages, and its export."""
    with tempfile.TemporaryDirectory() as place, Rows(plan(ASKED), Path(place), bytes(32)) as rows:
        for one in crowd:
            rows.take(one)
        codes = [row.codes for row in rows.protected()]
        tally = Tally(rows.layout)
        for row in codes:
            tally.add(row)
        tally.write(Path(place), rows.given)
        cube = Cube.of(rows.layout, codes, final=True, given=rows.given)
        reader = reader_of_pages(cube)
        read_files(reader, cube, Path(place))
    return reader


def under_way(crowd: Iterable[Ballot]) -> Reader:
    """What the office reads while more ballots may come."""
    return reader_of_pages(Cube.of(LAYOUT, map(LAYOUT.code, crowd)))


def worked_out(reader: Reader) -> Iterator[tuple[Answer | Pair, float, float]]:
    """What is hidden and known within fewer than eleven people.

    Where a whole group is hidden, it may be so small that all of it is less: that somebody of it
    gave an answer must then remain in doubt.
    """
    pairs = (pair for pair in reader.hidden_pairs if pair.isdisjoint(reader.unanimous))
    for unknown in (*reader.hidden, *pairs):
        least, most = reader.bounds(unknown)
        whole = unknown in reader.hidden_whole or bool(reader.hidden & {*unknown})
        if (least > 0.5 and most < K - 0.5) if whole else most - least < K - 1e-6:
            yield unknown, least, most


@pytest.mark.long
@pytest.mark.parametrize("read", [final, under_way])
@settings(max_examples=8, phases=[Phase.generate])  # no crowd is simpler than another
@given(crowds())
def test_no_hidden_count_is_worked_out_from_everything_published(
    read: Callable[[list[Ballot]], Reader], crowd: list[Ballot]
) -> None:
    assert not list(worked_out(read(crowd)))


def _as_given(cube: Cube, name: str) -> str:
    """What counts what people answered to a profile, not what the rows show of it."""
    return f"{name} (donné)" if name in cube.given else name


def _alone(cube: Cube, name: str) -> list[Answer]:
    variable = cube.variable(name)
    return [(_as_given(cube, name), variable.codes[n]) for n in variable.answers]


def _codes(variable: Variable) -> tuple[str, ...]:
    return (*variable.codes, UNANSWERED)


def _lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _number(cell: str) -> Shown:
    return int(cell) if cell else None
