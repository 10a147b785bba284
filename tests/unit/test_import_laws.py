"""Whatever the original holds, the result loads, and nothing is left out without a word."""

from __future__ import annotations

import json

import pytest
from foreign.limesurvey import Survey
from foreign.reading import questionnaire
from foreign.xlsform import xlsform
from hypothesis import example, given, settings
from hypothesis import strategies as st

from consultation.importing.building import Imported
from consultation.importing.files import Unimportable, import_questionnaire
from consultation.importing.fitting import Fitter
from consultation.importing.logic import FALSE, TRUE, Formula, among, conj, disj, neg, node, spell
from consultation.importing.naming import Names
from consultation.questionnaire.conditions import (
    Answered,
    Compare,
    Condition,
    Context,
    Has,
    Literal,
    Ref,
    parse_condition,
)

words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"))
    | st.sampled_from("<&>{}$#:'\"-|\n"),
    max_size=20,
)
spelled = (
    st.sampled_from(
        [
            "a",
            "A",
            "été",
            "1",
            "-1",
            "01",
            "a b",
            "select",
            "and",
            "m",
            "opt_out",
            "non",
            "a.b",
            "x" * 50,
        ]
    )
    | words
)
expressions = st.sampled_from(
    [
        "", "1", "{q0} = 'a'", "q0.NAOK == 'a'", "${q0} = 'a'", '$q0$ = "a"', "{q9} > 3",
        "q1_a.NAOK == 'Y' and !is_empty(q0)", "selected(${q1}, 'a') or ${q0} != ''", "((", "}{",
        "{q0} contains 'a' or {q1.length} > 1", "count(that.q1.NAOK) > 1", "not(", "{q2} notempty",
        "nvl($q0$, 0) <> 1", "${q0} div 0 = 1", "1 = 1", "1 = 2", "'a' = 'b'", "{q0}",
        "regex(${q0}, '(')", "if(q0 == 1, 2, 3) > q1", "{q0} = 1e999", "q0 + q1 > 2",
        "${q0} > 99999999999999999999", "{q0} >= '2020-01-31' and {q9} < '2021-01-01'",
        ". >= date('2020-01-31') and . <= today()", "cast($q0$, date) <= current_date()",
    ]
) | words  # fmt: skip


def marked(number: int, text: str) -> str:
    """A text by which question `number` is recognised."""
    return f"repère {number} {text}"


patterns = st.sampled_from(
    ["", "dd/mm/yyyy", "mm/yyyy", "yyyy", "HH:MM", "dd.mm.yy HH:MM", "YYYY-MM", "YYYY", "dd"]
)
bounds = st.sampled_from(
    ["", "2020", "2020-06", "2020-06-28", "2020-02-30", "1066-10-14", "9999-12-31", "today()"]
) | st.dates().map(str)


@st.composite
def survey_files(draw: st.DrawFn) -> tuple[bytes, int]:
    kinds = st.sampled_from(
        [
            "radiogroup",
            "checkbox",
            "text",
            "comment",
            "matrix",
            "rating",
            "boolean",
            "ranking",
            "file",
            "html",
            "dropdown",
            "matrixdropdown",
            "multipletext",
            "paneldynamic",
            "expression",
            "inconnu",
        ]
    )
    choices = st.lists(spelled | st.integers(-3, 3) | st.none() | st.booleans(), max_size=9)
    elements = [
        {
            "type": draw(kinds),
            "name": f"q{number}",
            "title": marked(number, draw(words)),
            "visibleIf": draw(expressions),
            "choices": draw(choices),
            "columns": draw(choices),
            "rows": draw(choices),
            "hasOther": draw(st.booleans()),
            "maxSelectedChoices": draw(st.integers(-1, 12)),
            "rateMax": draw(st.integers(-2, 30)),
            "inputType": draw(st.sampled_from(["", "date", "month", "datetime-local", "time"])),
            "maskType": draw(st.sampled_from(["", "datetime"])),
            "maskSettings": {"pattern": draw(patterns), "min": draw(bounds)},
            "min": draw(bounds),
            "maxValueExpression": draw(expressions),
        }
        for number in range(draw(st.integers(1, 5)))
    ]
    pages = [
        {
            "name": draw(spelled),
            "title": draw(words),
            "elements": elements,
            "visibleIf": draw(expressions),
        }
    ]
    return json.dumps(
        {"title": draw(words), "locale": draw(spelled), "pages": pages}
    ).encode(), len(elements)


@st.composite
def lime_files(draw: st.DrawFn) -> tuple[bytes, int]:
    survey = Survey(translated=draw(st.booleans()))
    survey.group(draw(words), draw(expressions))
    total = draw(st.integers(1, 5))
    parts = st.dictionaries(spelled, words, max_size=9)
    for number in range(total):
        survey.question(
            f"q{number}",
            draw(st.sampled_from("LMSTNXYG5ABCEFHKQRPOD!1:;*|IU?")),
            draw(expressions),
            text=marked(number, draw(words)),
            parts=draw(parts),
            columns=draw(parts),
            answers=draw(parts),
            other=draw(st.sampled_from("YN")),
            mandatory=draw(st.sampled_from("YNS")),
            attributes={
                "array_filter": draw(spelled),
                "em_validation_q": draw(expressions),
                "max_answers": draw(st.sampled_from(["", "0", "2", "x"])),
                "min_num_value_n": draw(st.sampled_from(["", "-1", "1e9", "99999999999"])),
                "date_format": draw(patterns),
                "date_min": draw(bounds),
                "date_max": draw(bounds | words),
            },
        )
    return survey.file(), total


@st.composite
def odk_files(draw: st.DrawFn) -> tuple[bytes, int]:
    kinds = st.sampled_from(
        [
            "text",
            "integer",
            "select_one c",
            "select_multiple c",
            "rank c",
            "note",
            "range",
            "geopoint",
            "date",
            "dateTime",
            "time",
            "calculate",
            "select_one absent",
            "select_one c or_other",
            "acknowledge",
            "quoi",
        ]
    )
    total = draw(st.integers(1, 5))
    lines = [
        {
            "type": draw(kinds),
            "name": f"q{number}",
            "label": marked(number, draw(words)),
            "relevant": draw(expressions),
            "constraint": draw(expressions),
            "required": draw(st.sampled_from(["", "yes", "no", "${q0} = 'a'"])),
            "choice_filter": draw(st.sampled_from(["", "k=${q0}", "k='a'", "(("])),
            "calculation": draw(expressions),
            "appearance": draw(st.sampled_from(["", "month-year", "year no-calendar", "coptic"])),
            "parameters": draw(st.sampled_from(["", "start=1 end=9", "start=x end=0 step=0.5"])),
        }
        for number in range(total)
    ]
    listed = draw(st.lists(st.tuples(spelled, words), max_size=9))
    choices = [{"list_name": "c", "name": code, "label": said, "k": "a"} for code, said in listed]
    return xlsform([_typed(line) for line in lines], [_typed(line) for line in choices]), total


def _typed(line: dict[str, str]) -> dict[str, str]:
    """Excel takes what begins with « = » for a formula, and refuses some characters."""
    return {
        key: "".join(char for char in value if char.isprintable()).lstrip("=")
        for key, value in line.items()
    }


@st.composite
def insee_files(draw: st.DrawFn) -> tuple[bytes, int]:
    total = draw(st.integers(1, 5))
    kinds = st.sampled_from(
        ["SIMPLE", "SINGLE_CHOICE", "MULTIPLE_CHOICE", "TABLE", "PAIRWISE", "?"]
    )
    questions = [
        {
            "id": f"i{number}",
            "Name": f"q{number}",
            "Label": [marked(number, draw(words))],
            "type": "QuestionType",
            "questionType": draw(kinds),
            "Response": [
                {
                    "id": f"r{number}{part}",
                    "CollectedVariableReference": f"v{number}{part}",
                    "CodeListReference": draw(st.sampled_from(["", "l", "absent"])),
                    "Datatype": {
                        "typeName": draw(st.sampled_from(["TEXT", "NUMERIC", "BOOLEAN", "DATE"])),
                        "Format": draw(patterns),
                        "Minimum": draw(bounds),
                        "Maximum": draw(bounds | words),
                    },
                }
                for part in range(draw(st.integers(0, 3)))
            ],
            "ResponseStructure": {
                "Dimension": [{"dimensionType": "PRIMARY", "CodeListReference": "l"}]
            },
            "FlowControl": [
                {"Expression": draw(expressions), "IfTrue": draw(st.sampled_from(["i2", "i9", ""]))}
            ],
        }
        for number in range(total)
    ]
    root = {
        "Label": [draw(words)],
        "formulasLanguage": draw(st.sampled_from(["VTL", "XPATH", ""])),
        "Child": [{"id": "s", "Name": draw(spelled), "type": "SequenceType", "Child": questions}],
        "FlowControl": [{"Expression": draw(expressions), "IfTrue": "i0-i0"}],
        "CodeLists": {
            "CodeList": [
                {
                    "id": "l",
                    "Label": draw(words),
                    "Code": [
                        {"Value": code, "Label": said}
                        for code, said in draw(st.lists(st.tuples(spelled, words), max_size=9))
                    ],
                }
            ]
        },
        "Variables": {
            "Variable": [
                {
                    "id": f"v{number}{part}",
                    "Name": f"q{number}" if not part else f"q{number}{part}",
                    "type": "CollectedVariableType",
                }
                for number in range(total)
                for part in range(3)
            ]
        },
    }
    return json.dumps(root).encode(), total


FILES: dict[str, st.SearchStrategy[tuple[bytes, int]]] = {
    "limesurvey": lime_files(),
    "xlsform": odk_files(),
    "pogues": insee_files(),
    "surveyjs": survey_files(),
}


@pytest.mark.parametrize("format_", FILES)
@settings(max_examples=40)
@given(data=st.data())
def test_the_result_loads_and_nothing_is_left_out_without_a_word(
    format_: str, data: st.DataObject
) -> None:
    content, questions = data.draw(FILES[format_])

    try:
        imported = import_questionnaire(content, format_)
    except Unimportable:  # no question at all that could be kept
        return

    assert questionnaire(imported).pages
    remarks = "\n".join(map(str, imported.remarks))
    for number in range(questions):
        kept = marked(number, "").strip() in imported.yaml
        assert kept or f"(q{number})" in remarks or f"q{number}" in remarks, (number, imported.yaml)
    assert_conditions_are_told(imported)


def assert_conditions_are_told(imported: Imported) -> None:
    """What could not be said is both in the report and in a comment of the file."""
    comments = sum(line.strip().startswith("# ") for line in imported.yaml.splitlines())
    assert comments - 1 >= (imported.rules > imported.expressed)
    assert imported.expressed <= imported.rules


@pytest.mark.parametrize("read", ["limesurvey", "xlsform", "pogues", "surveyjs"])
@settings(max_examples=20)
@given(content=st.binary(max_size=200) | words.map(str.encode))
def test_reading_anything_refuses_or_imports(read: str, content: bytes) -> None:
    try:
        import_questionnaire(content, read)
    except Unimportable:
        return


# --- The algebra of conditions

CODES = ("a", "b", "c")
DOMAIN = (*CODES, None)


def formulas() -> st.SearchStrategy[Formula]:
    atoms: st.SearchStrategy[Formula] = st.one_of(
        st.frozensets(st.sampled_from(DOMAIN)).map(lambda some: among(Ref("q"), some, DOMAIN)),
        st.sampled_from(CODES).map(lambda code: Has(Ref("m"), (Literal(code),))),
        st.builds(
            lambda sign, limit: Compare(Ref("n"), sign, Literal(limit)),
            st.sampled_from(("==", "!=", "<", "<=", ">", ">=")),
            st.sampled_from((0, 1, 1.5, -2)),
        ),
        st.sampled_from("mn").map(lambda name: Answered(Ref(name))),
    )
    return st.recursive(
        atoms,
        lambda inside: st.one_of(
            inside.map(neg),
            st.lists(inside, max_size=3).map(lambda terms: conj(*terms)),
            st.lists(inside, max_size=3).map(lambda terms: disj(*terms)),
        ),
        max_leaves=8,
    )


given_answers = st.fixed_dictionaries(
    {},
    optional={
        "q": st.sampled_from(CODES),
        "m": st.lists(st.sampled_from(CODES), min_size=1, unique=True).map(tuple),
        "n": st.sampled_from((0, 1, 1.5, -2, 7)),
    },
)


@settings(max_examples=150)
@given(formula=formulas(), answers=given_answers)
@example(formula=TRUE, answers={})
@example(formula=FALSE, answers={})
def test_a_formula_its_contrary_and_its_writing_agree(
    formula: Formula, answers: dict[str, object]
) -> None:
    holds = node(formula).holds(answers, Context())

    assert node(neg(formula)).holds(answers, Context()) is not holds
    if formula not in (TRUE, FALSE):
        written = parse_condition(spell(node(formula)))
        assert isinstance(written, Condition), written
        assert written.ast.holds(answers, Context()) is holds


@given(formulas(), formulas(), given_answers)
def test_conjunction_and_disjunction_are_those_of_logic(
    one: Formula, other: Formula, answers: dict[str, object]
) -> None:
    def holds(formula: Formula) -> bool:
        return node(formula).holds(answers, Context())

    assert holds(conj(one, other)) is (holds(one) and holds(other))
    assert holds(disj(one, other)) is (holds(one) or holds(other))


def test_what_is_never_or_always_so_is_seen() -> None:
    answered = Answered(Ref("n"))
    code = among(Ref("q"), frozenset({"a"}), DOMAIN)

    assert conj(answered, neg(answered)) == FALSE
    assert disj(code, neg(code)) == TRUE
    assert conj(code, among(Ref("q"), frozenset({"b", None}), DOMAIN)) == FALSE


@given(st.lists(formulas(), min_size=20, max_size=40))
@settings(max_examples=10)
def test_a_condition_is_always_written_within_bounds(some: list[Formula]) -> None:
    whole = disj(
        Compare(Ref("k"), "==", Literal(99)),
        *(conj(one, Compare(Ref("k"), "==", Literal(rank))) for rank, one in enumerate(some)),
    )
    fitter = Fitter(Names())

    written = fitter.fit(whole)

    for text in (written, *fitter.named.values()):
        assert isinstance(parse_condition(text), Condition), text
