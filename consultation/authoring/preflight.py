"""Before anyone answers: how small the groups of the profile will be, and what that will cost.

The export's own rules are applied to the answers expected from a known population. What these
rules will hide because of other answers (sensitive ones, conditions on what no profile tells)
cannot be known from it, and is said not to be.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from consultation.authoring.met import Cells, met_by_profile
from consultation.authoring.population import Cell, Population, read_population
from consultation.questionnaire.loading import Loaded
from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.problems import Mark, Problems
from consultation.results.disclosure import K, Protected, TooFewRows, protect
from consultation.results.frame import Plan, plan
from consultation.results.gates import MET, UNSEEN, Gate
from consultation.spreadsheet import read

LIMIT = 0.20
"""The share of the people that the export may make less precise without a signature."""

SHOWN = 5
SEED = 2024


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What the export would have to do to the answers expected from a population."""

    names: tuple[str, ...]  # the columns of the profile
    expected: Mapping[Cell, float]  # answers, by combination
    protected: Protected | None  # None: too few answers for any file
    generalised: float  # the share of the people who lose some detail
    withheld: Mapping[str, float]  # the share whose answers behind a condition are, by condition

    @property
    def small(self) -> list[tuple[Cell, float]]:
        """The combinations of fewer than K people, the smallest first."""
        small = ((cell, size) for cell, size in self.expected.items() if size < K)
        return sorted(small, key=lambda one: (one[1], one[0]))

    @property
    def reached(self) -> bool:
        """Whether every group can hold K people."""
        return self.protected is not None and self.protected.k >= K


def with_population(loaded: Loaded, path: Path, population: Path, rate: float) -> Loaded:
    """What was read, and what this population would make of it; an error forbids its use."""
    q = loaded.questionnaire
    if q is None:
        return loaded
    problems = Problems(path.name, path.read_text("utf-8-sig"))
    _examine(q, problems, population, os.path.relpath(population, path.parent), rate)
    return replace(
        loaded,
        questionnaire=None if problems.errors else q,
        problems=(*loaded.problems, *problems),
    )


def forecast(
    made: Plan, population: Population, rate: float, gates: Mapping[Gate, Cells]
) -> Forecast:
    """Apply the export's recoding to the answers expected at this rate of participation.

    `gates` tells in which combinations each condition is met: everybody there is expected to
    answer what it leads to.
    """
    names = tuple(one.column.name for one in made.profile)
    expected = {cell: count * rate for cell, count in population.cells.items()}
    rows = expected_rows(expected)
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    for gate, met in gates.items():
        columns[gate.hierarchy.name] = [MET if row in met else UNSEEN for row in rows]
    by_name = {one.column.name: one.hierarchy for one in made.profile}
    try:
        protected = protect(
            columns,
            [*(by_name[name] for name in made.order), *(gate.hierarchy for gate in gates)],
            rows=len(rows),
            rng=random.Random(SEED),  # noqa: S311  # a forecast, the same each time
        )
    except TooFewRows:
        return Forecast(
            names=names, expected=expected, protected=None, generalised=1.0, withheld={}
        )
    after = zip(*(protected.columns[name] for name in names), strict=True)
    lost = sum(row != cell for row, cell in zip(rows, after, strict=True))
    return Forecast(
        names=names,
        expected=expected,
        protected=protected,
        generalised=lost / len(rows),
        withheld={gate.condition: protected.generalised[gate.hierarchy.name] for gate in gates},
    )


def expected_rows(expected: Mapping[Cell, float]) -> list[Cell]:
    """Whole answers for these sizes: each within one of its own, their total too.

    Fractions are carried from one combination to the next, in their order, so that many groups of
    half a person still make people.
    """
    rows: list[Cell] = []
    carried = 0.0
    for cell in sorted(expected):
        carried += expected[cell]
        rows += [cell] * (int(carried + 0.5) - len(rows))
    return rows


def _examine(q: Questionnaire, problems: Problems, path: Path, file: str, rate: float) -> None:
    made, mark = plan(q), _profile_key(q, problems)
    if not made.profile:
        said = "Aucune question « profile: true » : cet effectif ne dit rien de plus."
        problems.note(mark, "privacy-cells", said)
        return
    try:
        content = path.read_bytes()
    except OSError:
        problems.add_source(file, "")
        said = f"Le fichier « {path.name} » ne peut pas être lu."
        problems.error(Mark(1, 1), "population", said, "Vérifiez son nom.", file=file)
        return
    population = read_population(read(content), q, made.profile, problems, file)
    if population is not None:
        gates = met_by_profile(q, made, population.cells)
        found = forecast(made, population, rate, gates)
        for code, said in _notes(found, population, rate):
            problems.note(mark, code, said)
        for said in _unknown(q, made, gates):
            problems.note(mark, "privacy-unknown", said)
        _judge(q, found, problems, mark)


def _profile_key(q: Questionnaire, problems: Problems) -> Mark:
    """Where the first question of the profile says that it is one."""
    line = next((one.line for one in q.questions if one.profile), 1)
    return problems.find(problems.start_of(line), "profile:")


def _notes(found: Forecast, population: Population, rate: float) -> Iterator[tuple[str, str]]:
    if population.independent:
        yield (
            "privacy-margins",
            "Seules les marges sont connues : les questions du profil sont supposées "
            "indépendantes, ce qui cache les groupes les plus rares.",
        )
    small = found.small
    yield (
        "privacy-cells",
        f"{_whole(population.people)} personnes, {_whole(population.people * rate)} réponses "
        f"attendues ({_percent(rate)}) : {_combinations(len(found.expected))} du profil, "
        f"dont {_whole(len(small))} de moins de {K} personnes{_gathered(small)}."
        f"{_smallest(small[:SHOWN])}",
    )
    if found.protected is not None:
        columns = found.protected.generalised
        lost = [f"{name} {_percent(columns[name])}" for name in found.names if columns[name]]
        of_columns = f" : {', '.join(lost)}" if lost else ""
        yield (
            "privacy-generalised",
            f"L’export rendra moins précises {_percent(found.generalised)} des réponses"
            f"{of_columns}.",
        )
    for condition, share in found.withheld.items():
        if share:
            yield (
                "privacy-withheld",
                f"Ce qui est demandé si « {condition} » sera retiré de {_percent(share)} des "
                "réponses : y répondre dirait un détail du profil qu’il faut cacher.",
            )


def _unknown(q: Questionnaire, made: Plan, gates: Mapping[Gate, Cells]) -> Iterator[str]:
    """What the export may hide more, which no count of people tells."""
    others = [f"« {gate.condition} »" for gate in made.gates if gate not in gates]
    sensitive = [f"« {one.id} »" for one in q.questions if one.sensitive]
    parts = [f"de la condition {one}" for one in others]
    parts += [f"de la question sensible {one}" for one in sensitive]
    if parts:
        yield (
            f"Il n’est pas tenu compte {', '.join(parts)} : seules les réponses diront ce "
            "qu’il faut cacher de plus."
        )


def _judge(q: Questionnaire, found: Forecast, problems: Problems, mark: Mark) -> None:
    if found.reached and found.generalised <= LIMIT:
        return
    said = (
        f"{_percent(found.generalised)} des réponses seraient rendues moins précises, plus que la "
        f"limite de {_percent(LIMIT)}."
        if found.reached
        else f"Il n’y aura pas {K} réponses : aucun groupe ne peut en réunir autant."
    )
    if q.override is None:
        problems.error(
            mark,
            "privacy-limit",
            said,
            "Retirez une question du profil, ou rendez-la moins précise ; sinon, faites signer une "
            "dérogation : « privacy: {override: {reason: …, signed_by: …, date: …}} ».",
        )
    else:
        signed = q.override
        accepted = f"Accepté par {signed.signed_by} le {signed.date} : {signed.reason}"
        problems.note(mark, "privacy-override", f"{said} {accepted}")


def _combinations(count: int) -> str:
    return f"{_whole(count)} combinaison{'s' if count > 1 else ''}"


def _gathered(small: Sequence[tuple[Cell, float]]) -> str:
    """How many people are in these combinations, if there are any."""
    people = _whole(sum(size for _, size in small))
    if len(small) == 1:
        return f", qui en réunit {people}"
    return f", qui en réunissent {people}" if small else ""


def _smallest(cells: Sequence[tuple[Cell, float]]) -> str:
    said = [f"{' × '.join(cell)} ({size:.1f})".replace(".", ",") for cell, size in cells]
    if len(said) == 1:
        return f" La plus petite : {said[0]}."
    return f" Les plus petites : {' ; '.join(said)}." if said else ""


def _whole(number: float) -> str:
    return f"{number:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _percent(share: float) -> str:
    return f"{100 * share:.1f}".replace(".", ",").removesuffix(",0") + "\N{NO-BREAK SPACE}%"
