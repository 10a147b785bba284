"""What can never happen is refused; what is claimed is true of everyone who could answer."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import combinations, product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from consultation.questionnaire.answers import read_page
from consultation.questionnaire.conditions import Condition, Context, evaluate
from consultation.questionnaire.elements import Answer, Answers
from consultation.questionnaire.kinds import Choice, Choices, Matrix, Number, Question, Rank, Scale
from consultation.questionnaire.loading import Loaded, parse
from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.simulation import simulate
from consultation.questionnaire.visibility import prune

TOP = """\
format: 1
id: essai
version: 1
title: Essai
audiences: {agents: Tous les agents, cadres: Encadrement}
lists:
  territoires: {file: territoires.csv}
conditions:
  encadre: grade in ['chef', 'adjoint']
pages:
- id: debut
  title: Début
  questions:
  - {id: grade, type: choice, text: Grade, options: {chef: Chef, adjoint: Adjoint, agent: Agent}}
  - {id: lieu, type: choice, text: Lieu, list: territoires, required: Choisissez un lieu.}
  - id: missions
    type: choices
    text: Missions
    max: 2
    options: {a: Un, b: Deux, c: Trois, rien: {label: Aucune, exclusive: true}}
  - {id: note, type: scale, text: Note, from: 0, to: 10, opt_out: Sans avis}
  - {id: jours, type: number, text: Jours, min: 0, max: 5, decimals: 1}
  - {id: voulu, type: number, text: Jours voulus, min: 0, max: 5, decimals: 1}
  - {id: avis, type: matrix, text: Avis, options: {x: Bien, y: Moyen, z: Mal}, rows: {l: L, o: O}}
  - {id: rang, type: rank, text: Rang, top: 2, options: {a: Un, b: Deux, c: Trois}}
- id: chefs
  title: Chefs
  show_if: encadre
  questions:
  - {id: equipe, type: number, text: Équipe, min: 1, max: 50}
  - {id: motif, type: text, text: Motif, show_if: equipe > 10}
  - {id: pays, type: choice, text: Pays, show_if: audience == 'cadres', options: {f: F, g: G}}
"""
LISTS = {
    "territoires.csv": "code,label,zone\nD01,Ain,hexagone\nD75,Paris,hexagone\nD974,Réunion,om\n"
}
LAST = """\
- id: fin
  title: Fin
  questions:
  - {id: avant, type: text, text: Avant}
  - {id: ici, type: text, text: Ici, show_if: "%s"}
"""


def with_condition(source: str) -> Loaded:
    return parse(TOP + LAST % source, LISTS)


def codes(loaded: Loaded) -> list[str]:
    return [problem.code for problem in loaded.problems]


def said(loaded: Loaded) -> str:
    return "\n".join(map(str, loaded.problems)).replace("\N{NO-BREAK SPACE}", " ")


ALWAYS_TRUE = [
    "grade != 'chef' or grade != 'agent'",
    "answered(lieu)",
    "lieu in ['D01', 'D75', 'D974']",
    "lieu.zone in ['hexagone', 'om']",
    "audience in ['agents', 'cadres']",
    "not (missions has 'rien' and missions has 'a')",
    "count(missions) <= 2",
    "count(rang) < 3",
    "note >= 0 or note == 'opt_out' or not answered(note)",
    "jours <= 5 or not answered(jours)",
    "jours < voulu or jours >= voulu or not answered(jours) or not answered(voulu)",
    "not answered(motif) or encadre",
]
ALWAYS_FALSE = [
    "grade == 'chef' and grade == 'agent'",
    "encadre and grade == 'agent'",
    "not answered(lieu)",
    "lieu == 'D974' and lieu.zone == 'hexagone'",
    "missions has all ['a', 'b', 'c']",
    "missions has all ['a', 'rien']",
    "count(missions) > 2",
    "count(missions) == 2 and missions has 'rien'",
    "note > 10",
    "jours > 5",
    "jours < voulu and voulu < jours",
    "jours == 2.55",
    "rang has all ['a', 'b', 'c']",
    "avis.l == 'x' and not answered(avis)",
    "answered(motif) and equipe <= 10",
    "answered(equipe) and grade == 'agent'",
    "audience == 'agents' and answered(pays)",
]
SOUND = [
    "encadre",
    "grade == 'chef' or grade == 'agent'",
    "audience == 'cadres'",
    "lieu.zone == 'om'",
    "missions has all ['a', 'b']",
    "missions has any ['a', 'rien']",
    "count(missions) == 2 and not missions has 'a'",
    "note == 10 and jours == 5",
    "note == 'opt_out'",
    "jours == 2.5",
    "jours < voulu",
    "note > jours and voulu > note",
    "avis.l == avis.o",
    "avis.l == 'x' and avis.o == 'y'",
    "rang has 'a' and count(rang) == 2",
    "equipe > 10 and not answered(motif)",
    "answered(pays) and count(missions) < jours",
]


@pytest.mark.parametrize("source", ALWAYS_TRUE)
def test_a_condition_always_true_is_refused(source: str) -> None:
    assert set(codes(with_condition(source))) - {"no-answer"} == {"always-true"}


@pytest.mark.parametrize("source", ALWAYS_FALSE)
def test_a_condition_always_false_is_refused(source: str) -> None:
    loaded = with_condition(source)

    assert "always-false" in codes(loaded)
    assert "« ici » n’est donc jamais posée" in said(loaded) or "partie" in said(loaded)


@pytest.mark.parametrize("source", SOUND)
def test_a_sound_condition_is_accepted(source: str) -> None:
    assert set(codes(with_condition(source))) <= {"no-answer"}, said(with_condition(source))


def test_the_part_at_fault_is_shown_and_nothing_else() -> None:
    loaded = with_condition("grade == 'chef' and (note > 10 or jours > 2)")

    (problem,) = loaded.problems
    line, caret = problem.excerpt.splitlines()
    assert line[len(caret) - 1 :].startswith("note > 10")
    assert "Cette partie est toujours fausse." in said(loaded)


def test_between_two_differences_one_is_told_what_is_usually_meant() -> None:
    assert "il faut d’ordinaire « and »" in said(with_condition(ALWAYS_TRUE[0]))
    assert "il faut d’ordinaire « or »" in said(with_condition(ALWAYS_FALSE[0]))


def test_a_question_nobody_there_was_asked_cannot_be_cited() -> None:
    page = LAST.replace("  questions", "  show_if: grade == 'agent'\n  questions")

    loaded = parse(TOP + page % "equipe > 3 or jours > 2", LISTS)

    assert codes(loaded) == ["never-together"]
    assert "« equipe » n’est posée à personne" in said(loaded)


def test_a_text_cannot_quote_a_question_its_readers_were_not_asked() -> None:
    page = LAST.replace("title: Fin", "title: '{equipe|Votre équipe}'\n  show_if: grade == 'agent'")
    loaded = parse(TOP + page % "jours > 2", LISTS)

    assert codes(loaded) == ["never-together"]
    assert not parse(TOP + page.replace("'agent'", "'chef'") % "jours > 2", LISTS).problems


def test_a_condition_that_excludes_those_before_it_is_refused() -> None:
    page = LAST.replace("  questions", "  show_if: jours > 3\n  questions")

    loaded = parse(TOP + page % "jours < 2", LISTS)

    assert codes(loaded) == ["unreachable"]
    assert "« ici » n’est donc jamais posée" in said(loaded)


def test_a_condition_that_others_guarantee_is_a_warning() -> None:
    page = LAST.replace("  questions", "  show_if: jours > 3\n  questions")

    loaded = parse(TOP + page % "jours > 2", LISTS)

    assert codes(loaded) == ["redundant"]
    assert loaded.questionnaire


def test_pages_options_rows_and_checks_are_looked_at_too() -> None:
    page = """\
- id: fin
  title: Fin
  show_if: jours > 5
  questions:
  - {id: suite, type: text, text: Suite}
- id: apres
  title: Après
  questions:
  - id: choix
    type: choice
    text: Choix
    options: {a: Un, b: Deux, c: {label: Trois, show_if: note > 10}}
  - id: grille
    type: matrix
    text: Grille
    options: {x: Bien, y: Moyen, z: Mal}
    rows: {l: L, o: {label: O, show_if: jours > 6}}
  checks:
  - {warn_if: jours > 7, message: Est-ce bien cela ?}
"""
    loaded = parse(TOP + page, LISTS)

    assert codes(loaded) == ["always-false"] * 4
    for consequence in ("La page « fin »", "« c »", "« o »", "Ce contrôle ne dira"):
        assert consequence in said(loaded)


def test_a_named_condition_is_said_once_where_it_is_written() -> None:
    source = (TOP + LAST % "jamais").replace("pages:\n", "  jamais: note > 10\npages:\n", 1)

    loaded = parse(source, LISTS)

    assert codes(loaded) == ["always-false"]
    assert "« jamais » ne sert donc à rien" in said(loaded)


def test_everyone_finds_a_first_page() -> None:
    only = "- id: p\n  title: P\n  show_if: audience == 'agents'\n  questions:\n"
    source = TOP[: TOP.index("lists:")] + f"pages:\n{only}  - {{id: q, type: text, text: T}}\n"

    loaded = parse(source, {})

    assert codes(loaded) == ["no-first-page"]
    assert "Le public « cadres »" in said(loaded)


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ("show_if: grade == 'agent'", ["nothing-offered"]),
        ("show_if: not encadre or not answered(grade)", []),
    ],
)
def test_a_question_always_offers_something(second: str, expected: list[str]) -> None:
    page = f"""\
- id: fin
  title: Fin
  questions:
  - id: choix
    type: choice
    text: Choix
    options: {{a: {{label: Un, show_if: encadre}}, b: {{label: Deux, {second}}}}}
"""
    assert codes(parse(TOP + page, LISTS)) == expected


def test_a_matrix_always_has_a_row() -> None:
    page = """\
- id: fin
  title: Fin
  questions:
  - id: grille
    type: matrix
    text: Grille
    options: {x: Bien, y: Moyen, z: Mal}
    rows: {l: {label: L, show_if: jours > 2}, o: {label: O, show_if: jours > 3}}
"""
    assert codes(parse(TOP + page, LISTS)) == ["nothing-offered"]


PLACE = """\
- id: fin
  title: Fin
  questions:
  - {id: pied, type: choice, text: À pied, required: R, options: {oui: Oui, non: Non}}
  - id: choix
    type: choices
    text: Choix
    min: 3
"""
ON_FOOT, NOT_ON_FOOT = "show_if: pied == 'oui'", "show_if: pied == 'non'"
NEVER_ENOUGH = {
    "too few are left": f"a: A, b: {{label: B, {ON_FOOT}}}, c: {{label: C, {ON_FOOT}}}, d: D",
    "those left exclude each other": (
        "a: A, b: B, c: {label: C, show_if: encadre}, "
        "d: {label: D, exclusive: true, show_if: encadre}"
    ),
    "too few for one public": "a: A, b: B, c: {label: C, show_if: audience == 'cadres'}",
    "too few for those who said nothing": "a: A, b: B, c: {label: C, show_if: answered(jours)}",
    "too few whatever is counted": (
        "a: A, b: B, c: {label: C, show_if: count(missions) > 1}, "
        "d: {label: D, show_if: rang has 'a'}"
    ),
}
FAR = "lieu.zone == 'om' or jours > 1"
ALWAYS_ENOUGH = {
    "one instead of another": (
        f"a: A, b: B, c: {{label: C, {ON_FOOT}}}, d: {{label: D, {NOT_ON_FOOT}}}"
    ),
    "enough without condition": "a: A, b: B, c: C, d: {label: D, show_if: encadre}",
    "hidden together, never alone": (
        f"a: A, b: {{label: B, show_if: {FAR}}}, c: C, d: {{label: D, show_if: not ({FAR})}}"
    ),
}


@pytest.mark.parametrize("required", ["required: R", "reminder: Merci de choisir."])
@pytest.mark.parametrize("name", NEVER_ENOUGH)
def test_as_many_answers_as_are_asked_for_are_always_offered(name: str, required: str) -> None:
    loaded = parse(f"{TOP}{PLACE}    {required}\n    options: {{{NEVER_ENOUGH[name]}}}\n", LISTS)

    assert codes(loaded) == ["too-few-offered"]
    assert "« choix » demande 3 réponses et peut n’en proposer que " in said(loaded)


@pytest.mark.parametrize("name", ALWAYS_ENOUGH)
def test_as_many_answers_as_are_asked_for_may_differ(name: str) -> None:
    loaded = parse(f"{TOP}{PLACE}    required: R\n    options: {{{ALWAYS_ENOUGH[name]}}}\n", LISTS)

    assert [code for code in codes(loaded) if code != "no-answer"] == []


def test_answering_that_nothing_fits_is_a_poor_way_out() -> None:
    offered = "a: A, b: B, c: {label: C, show_if: encadre}, d: {label: D, exclusive: true}"

    loaded = parse(f"{TOP}{PLACE}    required: R\n    options: {{{offered}}}\n", LISTS)

    assert [(one.severity, one.code) for one in loaded.problems] == [("warning", "too-few-offered")]


def test_too_many_combinations_leave_a_dead_end_undecided() -> None:
    numbers = "".join(
        f"  - {{id: n{n}, type: number, text: N{n}, decimals: 2, min: 0, max: 99}}\n"
        for n in range(9)
    )
    page = f"- id: nombres\n  title: Nombres\n  questions:\n{numbers}"
    wide = " and ".join(f"n{n} < n{n + 1}" for n in range(8))
    offered = (
        f"a: A, b: B, c: {{label: C, show_if: not ({wide})}}, d: {{label: D, show_if: {wide}}}"
    )

    loaded = parse(f"{TOP}{page}{PLACE}    required: R\n    options: {{{offered}}}\n", LISTS)

    assert loaded.questionnaire
    assert "undecided" in codes(loaded)


@pytest.mark.parametrize(
    "question",
    [
        "{id: q, type: choices, text: Q, min: 2, options: {a: A, c: {label: C, exclusive: true}}}",
        "{id: q, type: number, text: Part, min: 0.2, max: 0.8}",
        "{id: q, type: date, text: Jour, min: 2100-01-01}",
        "{id: q, type: date, text: Jour, max: 1899-12-31}",
    ],
)
def test_what_nothing_can_answer_is_refused(question: str) -> None:
    loaded = parse(f"{TOP}- id: fin\n  title: Fin\n  questions:\n  - {question}\n", LISTS)

    assert codes(loaded) == ["bounds"]


def test_everyone_is_asked_something() -> None:
    head = TOP[: TOP.index("lists:")]
    words = "- id: p\n  title: P\n  questions:\n  - {id: mot_p, type: info, text: Lisez.}\n"
    asked = words.replace("id: p", "id: q\n  show_if: audience == 'agents'").replace("info", "text")
    asked = asked.replace("mot_p", "mot")

    loaded = parse(f"{head}pages:\n{words}{asked}", {})

    assert codes(loaded) == ["nothing-asked"]
    assert "Le public « cadres »" in said(loaded)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("lieu.zone == 'om' and answered(lieu)", "warning"),
        ("lieu.zone == 'om' or not answered(lieu)", "warning"),
        ("answered(lieu)", "error"),
    ],
)
def test_thinking_of_no_answer_where_one_is_required_is_only_useless(
    source: str, expected: str
) -> None:
    [problem] = with_condition(source).problems

    assert problem.severity == expected
    assert ("required" in str(problem)) == (expected == "warning")


@pytest.mark.parametrize(
    ("source", "warned"),
    [
        ("grade != 'chef'", True),
        ("not (grade == 'chef')", True),
        ("grade not in ['chef', 'adjoint']", True),
        ("not encadre", True),
        ("not missions has 'a'", True),
        ("avis.l != 'x'", True),
        ("not (jours > 2)", True),
        ("grade == 'chef'", False),
        ("grade != 'chef' and answered(grade)", False),
        ("grade != 'chef' or not answered(grade)", False),
        ("lieu != 'D01'", False),
        ("audience != 'agents'", False),
        ("not (not encadre)", False),
        ("not (grade != 'chef')", False),
        ("count(missions) < 2", False),
        ("not answered(note)", False),
    ],
)
def test_one_who_did_not_answer_must_have_been_thought_of(source: str, warned: bool) -> None:
    assert codes(with_condition(source)) == (["no-answer"] if warned else [])


def test_what_is_too_much_to_look_at_is_said_to_be_undecided() -> None:
    many = ", ".join(f"o{number}: Réponse {number}" for number in range(20))
    page = "- id: large\n  title: Large\n  questions:\n"
    wide = f"{page}  - {{id: large, type: choices, text: T, options: {{{many}}}}}\n"
    source = " or ".join(f"large has all ['o{n}', 'o{n + 1}']" for n in range(19))

    loaded = parse(TOP + wide + LAST % f"({source}) and not answered(large)", LISTS)

    assert codes(loaded) == ["undecided"]
    assert loaded.questionnaire
    assert [problem.severity for problem in loaded.problems] == ["note"]


def test_nothing_is_said_of_what_depends_on_a_fault() -> None:
    source = (TOP + LAST % "answered(motif) and equipe <= 10").replace("equipe > 10", "equippe > 1")

    assert codes(parse(source, LISTS)) == ["unknown-question"]


# Laws

MICRO = """\
format: 1
id: micro
version: 1
title: Micro
audiences: {agents: Tous les agents, cadres: Encadrement}
pages:
- id: un
  title: Un
  questions:
  - {id: a, type: choice, text: A, options: {x: X, y: Y}}
  - {id: b, type: choices, text: B, max: 2, options: {x: X, y: Y, z: {label: Z, exclusive: true}},
     show_if: "%s"}
- id: deux
  title: Deux
  show_if: "%s"
  questions:
  - {id: c, type: matrix, text: C, required: R, options: {x: X, y: Y}, rows: {l: L, o: O}}
  - {id: d, type: number, text: D, min: 0, max: 2}
  - {id: e, type: scale, text: E, from: 1, to: 2, show_if: "%s"}
- id: trois
  title: Trois
  questions:
  - {id: f, type: text, text: F}
  - {id: g, type: text, text: G, show_if: "%s"}
"""
ATOMS = {
    "a": ["a == 'x'", "a != 'y'", "a in ['x', 'y']", "answered(a)", "audience == 'cadres'"],
    "b": ["b has 'x'", "b has any ['y', 'z']", "b has all ['x', 'y']", "count(b) > 1"],
    "c": ["c.l == 'x'", "c.l != c.o", "answered(c)", "c.o == 'y'"],
    "d": ["d > 1", "d == 0", "d <= 2", "count(b) < d"],
    "e": ["e > d", "e >= 2", "not answered(e)"],
}


def a_condition(rng: random.Random, before: str) -> str:
    atoms = [atom for name in before for atom in ATOMS[name]]
    source = rng.choice(atoms)
    for _ in range(rng.randint(0, 3)):
        joint, negated = rng.choice(["and", "or"]), rng.choice(["", "not "])
        source = f"({source}) {joint} {negated}({rng.choice(atoms)})"
    return source


def everyone(q: Questionnaire) -> Iterator[tuple[Context, Answers]]:
    """Every respondent there can be, with what is visible of their answers."""
    names = [question.id for question in q.questions if question.id in ATOMS]
    for audience, _ in q.audiences:
        context = Context(audience)
        for chosen in product(*(every_answer(q.by_id[name]) for name in names)):
            pairs = zip(names, chosen, strict=True)
            answers = {name: one for name, one in pairs if one is not None}
            seen = prune(q, answers, context)
            required = "c" not in seen and evaluate(q.pages[1].show_if, seen, context)
            if not required:
                yield context, seen


def every_answer(question: Question) -> Sequence[Answer | None]:
    match question:
        case Choice():
            return (None, *question.by_code)
        case Choices() | Rank():
            plain = [code for code, option in question.by_code.items() if not option.exclusive]
            sets = [one for size in (1, 2) for one in combinations(plain, size)]
            return (None, *sets, *((code,) for code in question.by_code if code not in plain))
        case Matrix():
            rows = [row.id for row in question.rows]
            grids = product(question.by_code, repeat=len(rows))
            return [dict(zip(rows, codes, strict=True)) for codes in grids]
        case Number():
            return (None, 0, 1, 2)
        case Scale():
            return (None, 1, 2)
    return (None,)


@settings(max_examples=25)
@given(st.integers(0, 2**32))
@example(337)  # a required answer that no wish was about passed for a missing one
def test_what_is_claimed_is_true_of_everyone_and_what_is_true_of_everyone_is_claimed(
    seed: int,
) -> None:
    rng = random.Random(seed)
    sources = [a_condition(rng, before) for before in ("a", "ab", "abd", "abcde")]
    loaded = parse(MICRO % tuple(sources), {})
    q = parse(MICRO % tuple(sources), {}, thorough=False).questionnaire
    assert q is not None

    values = {evaluate(q.by_id["g"].show_if, *reversed(one)) for one in everyone(q)}
    errors = [problem for problem in loaded.problems if problem.severity == "error"]
    if any(problem.line != line_of("id: g,") for problem in errors):
        return  # a question nobody is asked is said, and nothing of what depends on it
    claimed = {problem.code for problem in errors if "Cette condition est" in problem.message}
    constant = {True: "always-true", False: "always-false"}

    assert claimed - {"never-together"} == {constant[value] for value in values if len(values) == 1}


DEAD_END = """\
- id: quatre
  title: Quatre
  questions:
  - {id: i, type: choice, text: I, options: {x: X, y: Y}, reminder: R}
  - id: k
    type: choices
    text: K
    min: 2
    reminder: R
    options:
      x: X
      y: {label: Y, show_if: "%s"}
      z: {label: Z, show_if: "%s"}
      w: {label: W, exclusive: true, show_if: "%s"}
"""
ANSWERED = ["a == 'y'", "audience == 'cadres'", "count(b) > 1", "i == 'x'"]


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_whoever_passes_the_checks_is_never_stuck_and_whoever_is_stuck_does_not_pass(
    seed: int,
) -> None:
    rng = random.Random(seed)
    must = rng.random() < 0.5
    atoms = [*ANSWERED, "i == 'y'" if must else "not answered(i)"]
    parts = [" or ".join(rng.sample(atoms, rng.randint(1, 3))) for _ in "yzw"]
    micro = MICRO[: MICRO.index("- id: deux")] % "a == 'x'" + DEAD_END % tuple(parts)
    micro = micro.replace("min: 2", f"min: {rng.choice((2, 3))}")
    if must:
        micro = micro.replace("reminder", "required")
    loaded = parse(micro, {})
    q = parse(micro, {}, thorough=False).questionnaire
    assert q is not None

    stuck = any(is_stuck(q, *respondent) for respondent in everyone_before(q, "k"))
    refused = any((p.severity, p.code) == ("error", "too-few-offered") for p in loaded.problems)

    assert refused == stuck
    if loaded.questionnaire:
        assert simulate(loaded.questionnaire, 20, seed).broken == {}


def everyone_before(q: Questionnaire, last: str) -> Iterator[tuple[Context, Answers]]:
    """Every respondent there can be, as far as this question."""
    names = [one.id for one in q.questions if one.id != last]
    for audience, _ in q.audiences:
        context = Context(audience)
        for chosen in product(*(every_answer(q.by_id[name]) for name in names)):
            pairs = zip(names, chosen, strict=True)
            answers = {name: one for name, one in pairs if one is not None}
            seen = prune(q, answers, context)
            if all(q.by_id[name].required is None or name in seen for name in names):
                yield context, seen


def is_stuck(q: Questionnaire, context: Context, seen: Answers) -> bool:
    """Whether no answer at all to the last question is accepted."""
    page = q.pages[-1]
    question = page.questions[-1]
    assert isinstance(question, Choices)
    before = {name: one for name, one in seen.items() if name != question.id}
    kept = {name: [str(one)] for name, one in before.items() if name == "i"}
    subsets = (chosen for size in (1, 2, 3) for chosen in combinations(question.by_code, size))
    return all(
        read_page(page, {**kept, question.id: list(chosen)}, before, q, context).errors
        for chosen in subsets
    )


def line_of(words: str) -> int:
    return next(n for n, line in enumerate(MICRO.splitlines(), 1) if words in line)


def test_conditions_are_linked_before_they_are_looked_at() -> None:
    loaded = with_condition("lieu.zone == 'om'")

    assert loaded.questionnaire
    condition = loaded.questionnaire.by_id["ici"].show_if
    assert isinstance(condition, Condition)
    assert evaluate(condition, {"lieu": "D974"}, Context())
