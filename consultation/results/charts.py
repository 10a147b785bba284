"""What a chart and its table show of a finding, row by row. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from consultation.results.findings import Finding, Findings, Line, Method, Profile
from consultation.results.masking import Crossed, Frequencies, Shown
from consultation.spreadsheet import Cell, known_cell

HIDDEN = "masqué"
EVERYONE = "Ensemble"


@dataclass(frozen=True, kw_only=True)
class ChartRow:
    """One bar: a label, how many people, which part of how many."""

    label: str
    count: Shown
    base: Shown
    share: float | None
    weighted: float | None = None
    apart: bool = False


def chart_rows(finding: Finding) -> tuple[ChartRow, ...]:
    """A bar for each answer, in the questionnaire's order; options, the most chosen first."""
    if finding.kind == "choices":
        options = [_row(finding, line, finding.chosen, line.label) for line in finding.lines]
        return tuple(sorted(options, key=lambda row: (row.share is None, -(row.share or 0))))
    (line,) = finding.lines[:1]
    rows = (_row(finding, line, number, answer) for number, answer in enumerate(finding.answers))
    return tuple(row for row in rows if finding.kind != "profile" or row.count != 0)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A finding by one profile: a line for each group, and an answer for each of the finding's.

    Of a question with several choices, one comparison for all its options: the answers of `shown`
    are the options, and do not add up.
    """

    label: str
    words: str  # how far answers and groups go together; empty when it is not said
    shown: Finding
    stacked: bool


def comparisons(found: Findings, finding: Finding, by: Profile) -> tuple[Comparison, ...]:
    """What there is to compare, from tables already protected; groups where nobody is are out."""
    tables = found.crossings.get(by.name, {})
    kept = [(line, tables[line.name]) for line in finding.lines if line.name in tables]
    if finding.kind == "choices":
        return (_options(finding, kept, by),) if kept else ()
    return tuple(
        Comparison(
            label=line.label if len(finding.lines) > 1 else finding.title,
            words=found.links[by.name][line.name],
            shown=_groups(finding, table, by),
            stacked=True,
        )
        for line, table in kept
    )


def rows_of(finding: Finding, method: Method) -> Iterator[Sequence[Cell]]:
    """The table of a finding, to be written in a file: one row for each answer of each line."""
    yield (
        ("question", "ligne", "code", "réponse", "effectif", "base", "part en %")
        + (("part redressée en %",) if method.weighted_by else ())
        + (("de", "à") if method.final else ())
    )
    for line in finding.lines:
        for number, answer in enumerate(finding.answers):
            yield _written(finding, line, number, answer, method)


def crossed_rows(
    finding: Finding, tables: Sequence[Crossed | None], by: Profile
) -> Iterator[Sequence[Cell]]:
    """The table of a finding by a profile: one row for each answer of each line in each group."""
    yield ("question", "ligne", "code", "réponse", "groupe", "effectif", "base", "part en %")
    for line, table in zip(finding.lines, tables, strict=True):
        for _, group, shown in _peopled(table, by) if table else ():
            for number, answer in enumerate(finding.answers):
                count = shown.counts[number]
                yield (
                    *(finding.question, line.label),
                    *map(known_cell, (finding.codes[number], answer, group)),
                    *(HIDDEN if count is None else count, shown.base),
                    _percent(shown.shares[number]),
                )


def _groups(finding: Finding, table: Crossed, by: Profile) -> Finding:
    lines = [
        Line(name=code, label=label, counts=column.counts, base=column.base)
        for code, label, column in _peopled(table, by)
    ]
    everyone = table.everyone
    lines.append(Line(name="", label=EVERYONE, counts=everyone.counts, base=everyone.base))
    return replace(finding, kind="matrix", lines=tuple(lines))


def _options(finding: Finding, kept: Sequence[tuple[Line, Crossed]], by: Profile) -> Comparison:
    """A line for each group, an answer for each option: the part of the group that chose it."""
    labels = tuple(line.label for line, _ in kept)
    first = kept[0][1]
    lines = [
        Line(
            name=code,
            label=label,
            counts=tuple(
                table.column(by.codes.index(code)).counts[finding.chosen] for _, table in kept
            ),
            base=column.base,
        )
        for code, label, column in _peopled(first, by)
    ]
    shown = replace(finding, kind="matrix", answers=labels, lines=tuple(lines))
    return Comparison(label=finding.title, words="", shown=shown, stacked=False)


def _peopled(table: Crossed, by: Profile) -> Iterator[tuple[str, str, Frequencies]]:
    """The groups where somebody is, or may be."""
    for number, (code, label) in enumerate(zip(by.codes, by.groups, strict=True)):
        column = table.column(number)
        if column.base != 0:
            yield code, label, column


def _row(finding: Finding, line: Line, number: int, label: str) -> ChartRow:
    return ChartRow(
        label=label,
        count=line.counts[number],
        base=line.base,
        share=line.shares[number],
        weighted=line.weighted[number] if line.weighted else None,
        apart=number in finding.apart,
    )


def _written(
    finding: Finding, line: Line, number: int, answer: str, method: Method
) -> Sequence[Cell]:
    row = _row(finding, line, number, answer)
    cells: list[Cell] = [finding.question, line.label]
    cells += map(known_cell, (finding.codes[number], answer))
    cells += [HIDDEN if row.count is None else row.count, row.base, _percent(row.share)]
    if method.weighted_by:
        cells.append(_percent(row.weighted))
    if method.final:
        between = method.interval(row.count, row.base)
        cells += [_percent(between.low), _percent(between.high)] if between else [None, None]
    return cells


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)
