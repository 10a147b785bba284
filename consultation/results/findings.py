"""What the tables of a campaign say, worked out once after each release: pages only show it.

Nothing here is exact that must not be: every count has gone through `masking`, and all that is
computed from counts (shares, intervals, means, links) is computed from those that are shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any, Self

from consultation.questionnaire.columns import CHOSEN, UNANSWERED, words
from consultation.questionnaire.kinds import Question
from consultation.questionnaire.model import Questionnaire
from consultation.results.layout import MOST_LOST, Variable
from consultation.results.masking import Crossed, Shown
from consultation.results.statistics import (
    Interval,
    Margin,
    Raked,
    interval,
    link,
    rake,
)

if TYPE_CHECKING:
    from consultation.results.cube import Cube  # brings numpy, which no page needs
    from consultation.results.statistics import Codes

Kind = str
"""choice, scale and number: one line, an answer for each row · choices: one line for each option,
answered yes or no · matrix: one line for each row of the grid · rank: one line for each place ·
profile: one line, what people answered, whatever detail the rows have lost in the end."""

NOT_SAID = "Non précisé"


@dataclass(frozen=True, kw_only=True)
class Margins:
    """How many people of the population gave, or would give, each answer to profile questions."""

    people: Mapping[str, Mapping[str, float]]  # question: code: people

    def __bool__(self) -> bool:
        return bool(self.people)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing asked: how many gave each answer, in the order of the finding's answers."""

    name: str
    label: str
    counts: tuple[Shown, ...]
    base: Shown
    weighted: tuple[float | None, ...] = ()
    mean: float | None = None

    @property
    def shares(self) -> tuple[float | None, ...]:
        """The part of the base that gave each answer."""
        return tuple(_share(count, self.base) for count in self.counts)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One closed question and what was answered."""

    question: str
    page: str
    title: str
    kind: Kind
    codes: tuple[str, ...]
    answers: tuple[str, ...]
    apart: tuple[int, ...]  # « sans avis » and its like, by their places among the answers
    lines: tuple[Line, ...]

    @property
    def chosen(self) -> int:
        """Which answer a line of options counts: « oui »."""
        return self.codes.index(CHOSEN) if self.kind == "choices" else 0


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What people may be compared by: a profile question and its groups."""

    name: str
    title: str
    codes: tuple[str, ...]
    groups: tuple[str, ...]  # their labels
    answers: tuple[str, ...]  # the codes that people may answer; the others stand for lost detail
    none: tuple[str, ...]  # the answers that nobody gave
    lost: float  # the share of the ballots that have lost its detail

    @property
    def weighs(self) -> bool:
        """Whether it may weight the answers."""
        return self.lost <= MOST_LOST


@dataclass(frozen=True, kw_only=True)
class Method:
    """How the figures were made: what must be said wherever they are shown."""

    ballots: int  # rounded as long as more may come
    final: bool
    invited: int | None
    weighted_by: tuple[str, ...] = ()  # titles of profile questions
    effective: float = 0.0  # how many equal respondents the weighted ones are worth
    unweighted_by: tuple[str, ...] = ()  # those whose detail is too often lost

    @property
    def rate(self) -> float | None:
        """The part of those invited whose ballot was counted."""
        if not self.invited:
            return None
        return min(1.0, self.ballots / self.invited)

    def interval(self, count: Shown, base: Shown) -> Interval | None:
        """Where a share would be among everyone invited."""
        if count is None or not base or not self.final:
            return None
        rate = self.rate
        return interval(count, base, base / rate if rate else None)


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Everything that the pages, the report and the files show of the closed questions."""

    method: Method
    findings: tuple[Finding, ...]
    profiles: tuple[Profile, ...]
    crossings: Mapping[str, Mapping[str, Crossed]] = field(repr=False)  # profile: line: table
    links: Mapping[str, Mapping[str, str]] = field(repr=False)  # profile: line: how far, in words

    @cached_property
    def by_question(self) -> Mapping[str, Finding]:
        """The findings by question."""
        return {one.question: one for one in self.findings}

    def of_page(self, page: str) -> tuple[Finding, ...]:
        """The findings of a page of the questionnaire."""
        return tuple(one for one in self.findings if one.page == page)

    def profile(self, name: str) -> Profile | None:
        """A profile by its name."""
        return next((one for one in self.profiles if one.name == name), None)

    def of_group(self, by: str, group: int) -> tuple[Finding, ...]:
        """The same findings for one group of one profile: a column of tables already protected."""
        tables = self.crossings.get(by, {})
        return tuple(
            Finding(**(vars(finding) | {"lines": _lines_of_group(finding, tables, group)}))
            for finding in self.findings
        )

    def to_json(self) -> bytes:
        """As it is kept."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, written: bytes) -> Self:
        """What `to_json` wrote."""
        known = json.loads(written)
        return cls(
            method=method_of(known["method"]),
            findings=tuple(finding_of(one) for one in known["findings"]),
            profiles=tuple(Profile(**_tuples(one)) for one in known["profiles"]),
            crossings={
                by: {name: Crossed(**_tuples(table)) for name, table in tables.items()}
                for by, tables in known["crossings"].items()
            },
            links=known["links"],
        )


def findings(
    questionnaire: Questionnaire, cube: Cube, *, invited: int | None, margins: Margins
) -> Findings:
    """Count and protect every table of a campaign."""
    profiles = tuple(_profile(cube, one) for one in cube.variables if one.profile and one.describes)
    weighing = {one.name for one in profiles if one.weighs}
    left_out = [one.title for one in profiles if one.name in margins.people and not one.weighs]
    margins = Margins(
        people={name: margins.people[name] for name in margins.people if name in weighing}
    )
    raked = _raked(cube, margins) if cube.final and margins else None
    asked = [one for one in cube.variables if not one.profile]
    crossings = {
        by.name: {one.name: cube.crossed(one.name, by.name) for one in asked} for by in profiles
    }
    return Findings(
        method=Method(
            ballots=cube.rules.shown(cube.ballots),
            final=cube.final,
            invited=invited,
            weighted_by=tuple(cube.variable(one).title for one in margins.people) if raked else (),
            effective=raked.effective if raked else 0.0,
            unweighted_by=tuple(left_out),
        ),
        findings=tuple(_findings(questionnaire, cube, raked)),
        profiles=profiles,
        crossings=crossings,
        links={
            by: {name: _link_words(table) for name, table in tables.items()}
            for by, tables in crossings.items()
        },
    )


def method_of(known: Mapping[str, Any]) -> Method:
    """A method as JSON keeps it."""
    return Method(**_tuples(known))


def finding_of(known: Mapping[str, Any]) -> Finding:
    """A finding as JSON keeps it."""
    lines = tuple(Line(**_tuples(line)) for line in known["lines"])
    return Finding(**(_tuples(known) | {"lines": lines}))


def _findings(questionnaire: Questionnaire, cube: Cube, raked: Raked | None) -> Iterator[Finding]:
    pages = {question.id: page.id for page in questionnaire.pages for question in page.questions}
    places = {question: number for number, question in enumerate(pages)}
    asked = sorted(
        (one for one in cube.variables if one.question in places),
        key=lambda one: places[one.question],
    )
    for question_id, variables in groupby(asked, key=lambda one: one.question):
        question, lines = questionnaire.by_id[question_id], list(variables)
        first = lines[0]
        answers = first.answers
        yield Finding(
            question=question_id,
            page=pages[question_id],
            title=words(question.text),
            kind="profile" if first.profile else first.kind,
            codes=tuple(first.codes[n] for n in answers),
            answers=tuple(first.labels[n] for n in answers),
            apart=tuple(place for place, n in enumerate(answers) if n in first.apart),
            lines=tuple(_line(question, cube, one, raked) for one in lines),
        )


def _line(question: Question, cube: Cube, variable: Variable, raked: Raked | None) -> Line:
    shown = cube.frequencies(variable.name)
    counts = tuple(shown.counts[n] for n in variable.answers)
    return Line(
        name=variable.name,
        label=_label(question, variable),
        counts=counts,
        base=shown.base,
        weighted=_weighted(cube, variable, counts, raked),
        mean=shown.mean(variable.scores) if variable.scores else None,
    )


def _label(question: Question, variable: Variable) -> str:
    """What this line is among those of its question."""
    return variable.title.removeprefix(words(question.text)).removeprefix(" – ") or variable.title


def _weighted(
    cube: Cube, variable: Variable, counts: Sequence[Shown], raked: Raked | None
) -> tuple[float | None, ...]:
    """Weighted shares, beside those that are shown and nowhere else; none of lost detail."""
    if raked is None:
        return ()
    import numpy as np

    codes = cube.codes(variable.name).astype(np.int16) + 1
    sums = np.bincount(codes, weights=raked.weights, minlength=len(variable.codes) + 1)[1:]
    total = sums.sum()
    if None in counts or not total or cube.lost(variable.name):
        return tuple(None for _ in counts)
    return tuple(float(sums[n] / total) for n in variable.answers)


def _raked(cube: Cube, margins: Margins) -> Raked:
    return rake(
        [
            Margin(
                codes=_known_codes(cube, name, people),
                people=[people.get(code, 0.0) for code in cube.variable(name).codes],
            )
            for name, people in margins.people.items()
        ],
        cube.ballots,
    )


def _known_codes(cube: Cube, name: str, people: Mapping[str, float]) -> Codes:
    """The answers of each ballot that the margin speaks of; the others keep an ordinary weight."""
    import numpy as np

    codes = cube.codes(name).astype(np.int64)
    spoken = np.array([code in people for code in cube.variable(name).codes] + [False])
    return np.where(spoken[codes], codes, -1)


def _profile(cube: Cube, variable: Variable) -> Profile:
    labels = dict(zip(variable.codes, variable.labels, strict=True)) | {UNANSWERED: NOT_SAID}
    counts = cube.frequencies(variable.name).counts
    return Profile(
        name=variable.name,
        title=variable.title,
        codes=cube.groups(variable.name),
        groups=tuple(labels[code] for code in cube.groups(variable.name)),
        answers=tuple(variable.codes[n] for n in variable.answers),
        none=tuple(variable.codes[n] for n in variable.answers if counts[n] == 0),
        lost=cube.lost(variable.name),
    )


def _lines_of_group(
    finding: Finding, tables: Mapping[str, Crossed], group: int
) -> tuple[Line, ...]:
    shown = ((line, tables.get(line.name)) for line in finding.lines)
    return tuple(
        Line(
            name=line.name,
            label=line.label,
            counts=table.column(group).counts,
            base=table.column(group).base,
        )
        for line, table in shown
        if table
    )


def _whole(table: Crossed) -> list[list[int]]:
    """The rows and columns of a table of which nothing is hidden."""
    columns = [
        number
        for number in range(len(table.column_totals))
        if all(row[number] is not None for row in table.counts)
    ]
    return [[row[number] or 0 for number in columns] for row in table.counts]


def _link_words(table: Crossed) -> str:
    """How far an answer and a profile go together, from what is shown of their table alone."""
    found = link(_whole(table))
    return found.words if found else "trop de cases masquées pour le dire"


def _share(count: Shown, base: Shown) -> float | None:
    return None if count is None or not base else min(count / base, 1.0)


def _tuples(known: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _tuple(value) for name, value in known.items()}


def _tuple(value: object) -> object:
    return tuple(map(_tuple, value)) if isinstance(value, list) else value
