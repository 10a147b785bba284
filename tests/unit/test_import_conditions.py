"""Conditions of other tools mean the same once they are ours.

Each language has here a tiny evaluator of its own: an expression is drawn as a text and as what it
is worth for given answers, in the sense of the tool. Ours must agree, unanswered questions
included.

1. ExpressionScript: '' is what is not answered; order never holds with ''; '0' is false.
2. XPath: '' is no number; a set of codes is asked by `selected`.
3. VTL: null is neither true nor false, and hides.
4. SurveyJS: nothing is equal to nothing alone; texts compare without case.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from foreign.limesurvey import Survey
from foreign.reading import questionnaire
from foreign.xlsform import xlsform
from hypothesis import given, settings
from hypothesis import strategies as st

from consultation.importing.files import import_questionnaire
from consultation.questionnaire.conditions import Context, evaluate
from consultation.questionnaire.model import Questionnaire

Answers = Mapping[str, object]  # r, s: a code · m: codes · n: a number · t: a text · d: a date
Truth = bool | None


@dataclass(frozen=True)
class Drawn:
    """An expression, and what it is worth."""

    text: str
    holds: Callable[[Answers], Truth]


CODES = "123"
codes = st.sampled_from("1234")
numbers = st.integers(-1, 4)
answers = st.fixed_dictionaries(
    {},
    optional={
        "r": st.sampled_from(CODES),
        "s": st.sampled_from(CODES),
        "m": st.lists(st.sampled_from(CODES), min_size=1, max_size=3, unique=True).map(tuple),
        "n": st.integers(-2, 5),
        "t": st.just("mot"),
        "d": st.just("2024-06-28"),
    },
)
ORDER: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def compounds(
    atoms: st.SearchStrategy[Drawn], no: Callable[[Drawn], Drawn], both: str, either: str
) -> st.SearchStrategy[Drawn]:
    """Atoms, and what « not », « and », « or » make of them; null is kept by all three."""

    def joined(word: str, stop: bool) -> Callable[[tuple[Drawn, Drawn]], Drawn]:
        def made(pair: tuple[Drawn, Drawn]) -> Drawn:
            one, other = pair

            def holds(given_: Answers) -> Truth:
                sides = (one.holds(given_), other.holds(given_))
                if stop in sides:
                    return stop
                return None if None in sides else not stop

            return Drawn(f"({one.text}) {word} ({other.text})", holds)

        return made

    return st.recursive(
        atoms,
        lambda inside: st.one_of(
            inside.map(no),
            st.tuples(inside, inside).map(joined(both, stop=False)),
            st.tuples(inside, inside).map(joined(either, stop=True)),
        ),
        max_leaves=6,
    )


def contrary(form: str) -> Callable[[Drawn], Drawn]:
    def made(drawn: Drawn) -> Drawn:
        def holds(given_: Answers) -> Truth:
            found = drawn.holds(given_)
            return None if found is None else not found

        return Drawn(form.format(drawn.text), holds)

    return made


# 1. ExpressionScript


def lime_atoms() -> st.SearchStrategy[Drawn]:
    def equal(q: str, sign: str, code: str) -> Drawn:
        word = {"==": "eq", "!=": "ne"}[sign] if code == "1" else sign
        same = sign == "=="
        return Drawn(f'{q}.NAOK {word} "{code}"', lambda a: (a.get(q, "") == code) == same)

    def ordered(sign: str, limit: int) -> Drawn:
        def holds(a: Answers) -> bool:
            if "n" not in a:  # '' precedes 0 and no other number
                return limit == 0 and sign in ("<", "<=")
            return ORDER[sign](a["n"], limit)

        return Drawn(f"n.NAOK {sign} {limit}", holds)

    def counted(sign: str, limit: int) -> Drawn:
        boxes = ", ".join(f"m_{code}.NAOK" for code in CODES)
        return Drawn(
            f"count({boxes}) {sign} {limit}", lambda a: ORDER[sign](len(a.get("m", ())), limit)
        )

    return st.one_of(
        st.builds(equal, st.sampled_from("rs"), st.sampled_from(("==", "!=")), codes),
        st.builds(ordered, st.sampled_from(tuple(ORDER)), st.integers(0, 4)),
        st.builds(counted, st.sampled_from(tuple(ORDER)), numbers),
        st.sampled_from(CODES).map(
            lambda code: Drawn(f'm_{code}.NAOK == "Y"', lambda a: code in a.get("m", ()))
        ),
        st.sampled_from("rsntd").map(lambda q: Drawn(f"is_empty({q}.NAOK)", lambda a: q not in a)),
        st.sampled_from("rntd").map(lambda q: Drawn(f'{q}.NAOK != ""', lambda a: q in a)),
        st.just(Drawn("strlen(t.NAOK) > 0", lambda a: "t" in a)),
        st.just(Drawn("r.NAOK == s.NAOK", lambda a: a.get("r") == a.get("s"))),
        st.builds(
            lambda code, limit: Drawn(
                f'if(r.NAOK == "{code}", 2, 1) + 1 > {limit}',
                lambda a: (2 if a.get("r") == code else 1) + 1 > limit,
            ),
            codes,
            numbers,
        ),
    )


def lime_file(texts: list[str]) -> bytes:
    survey = Survey()
    survey.group("Un")
    labels = {code: f"Code {code}" for code in CODES}
    survey.question("r", "L", answers=labels)
    survey.question("s", "!", answers=labels)
    survey.question("m", "M", parts=labels)
    survey.question("n", "N")
    survey.question("t", "T")
    survey.question("d", "D")
    for number, text in enumerate(texts):
        survey.question(f"z{number}", "T", text)
    return survey.file()


# 2. XPath


def xpath_atoms() -> st.SearchStrategy[Drawn]:
    def equal(q: str, sign: str, code: str) -> Drawn:
        same = sign == "="
        return Drawn(f"${{{q}}} {sign} '{code}'", lambda a: (a.get(q, "") == code) == same)

    def ordered(sign: str, limit: int) -> Drawn:
        return Drawn(f"${{n}} {sign} {limit}", lambda a: "n" in a and ORDER[sign](a["n"], limit))

    def scaled(factor: int, sign: str, limit: int) -> Drawn:
        return Drawn(
            f"${{n}} * {factor} - 1 {sign} {limit}",
            lambda a: "n" in a and ORDER[sign](a["n"] * factor - 1, limit),
        )

    return st.one_of(
        st.builds(equal, st.sampled_from("rs"), st.sampled_from(("=", "!=")), codes),
        st.builds(ordered, st.sampled_from(tuple(ORDER)), numbers),
        st.builds(scaled, st.sampled_from((-3, -1, 2, 3)), st.sampled_from(tuple(ORDER)), numbers),
        codes.map(lambda c: Drawn(f"selected(${{m}}, '{c}')", lambda a: c in a.get("m", ()))),
        codes.map(lambda c: Drawn(f"selected(${{r}},'{c}')", lambda a: a.get("r") == c)),
        st.builds(
            lambda sign, limit: Drawn(
                f"count-selected(${{m}}) {sign} {limit}",
                lambda a: ORDER[sign](len(a.get("m", ())), limit),
            ),
            st.sampled_from(tuple(ORDER)),
            numbers,
        ),
        st.sampled_from("rsntd").map(lambda q: Drawn(f"${{{q}}} = ''", lambda a: q not in a)),
        st.just(Drawn("string-length(${t}) > 0", lambda a: "t" in a)),
        st.just(Drawn("${r} = ${s}", lambda a: a.get("r") == a.get("s"))),
        codes.map(
            lambda c: Drawn(
                f"coalesce(${{r}}, ${{s}}) = '{c}'", lambda a: a.get("r", a.get("s")) == c
            )
        ),
    )


def xpath_file(texts: list[str]) -> bytes:
    lines = [
        {"type": "select_one c", "name": "r", "label": "R"},
        {"type": "select_one c", "name": "s", "label": "S"},
        {"type": "select_multiple c", "name": "m", "label": "M"},
        {"type": "integer", "name": "n", "label": "N"},
        {"type": "text", "name": "t", "label": "T"},
        {"type": "date", "name": "d", "label": "D"},
        *(
            {"type": "text", "name": f"z{number}", "label": "Z", "relevant": text}
            for number, text in enumerate(texts)
        ),
    ]
    return xlsform(lines, [{"list_name": "c", "name": c, "label": f"Code {c}"} for c in CODES])


# 3. VTL


def vtl_atoms() -> st.SearchStrategy[Drawn]:
    def equal(q: str, sign: str, code: str) -> Drawn:
        same = sign == "="
        return Drawn(
            f'${q}$ {sign} "{code}"', lambda a: None if q not in a else (a[q] == code) == same
        )

    def ordered(sign: str, limit: int) -> Drawn:
        return Drawn(
            f"$n$ {sign} {limit}", lambda a: ORDER[sign](a["n"], limit) if "n" in a else None
        )

    return st.one_of(
        st.builds(equal, st.sampled_from("rs"), st.sampled_from(("=", "<>")), codes),
        st.builds(ordered, st.sampled_from(tuple(ORDER)), numbers),
        st.sampled_from("rsntd").map(lambda q: Drawn(f"isnull(${q}$)", lambda a: q not in a)),
        st.builds(
            lambda default, code: Drawn(
                f'nvl($r$, "{default}") = "{code}"', lambda a: a.get("r", default) == code
            ),
            codes,
            codes,
        ),
        codes.map(
            lambda c: Drawn(
                f'$r$ in {{"1", "{c}"}}', lambda a: a["r"] in ("1", c) if "r" in a else None
            )
        ),
        numbers.map(
            lambda limit: Drawn(
                f"cast($r$, integer) > {limit}", lambda a: int(a["r"]) > limit if "r" in a else None
            )
        ),
        st.sampled_from(CODES).map(lambda c: Drawn(f"$m{c}$", lambda a: c in a.get("m", ()))),
        codes.map(
            lambda c: Drawn(f'(if $r$ = "{c}" then "a" else "b") = "a"', lambda a: a.get("r") == c)
        ),
    )


def vtl_file(texts: list[str]) -> bytes:
    def question(name: str, kind: str = "SIMPLE", **response: object) -> dict[str, object]:
        told = {"id": f"r{name}", "CollectedVariableReference": f"v{name}", **response}
        return {
            "id": f"q{name}",
            "Name": name,
            "Label": [name],
            "type": "QuestionType",
            "questionType": kind,
            "Response": [told],
        }

    listed = {"Datatype": {"typeName": "TEXT"}, "CodeListReference": "l"}
    free = {"Datatype": {"typeName": "TEXT", "MaxLength": 20}}
    boxes = [
        {
            "id": f"b{code}",
            "Datatype": {"typeName": "BOOLEAN"},
            "CollectedVariableReference": f"vm{code}",
        }
        for code in CODES
    ]
    several = question("m", "MULTIPLE_CHOICE") | {
        "Response": boxes,
        "ResponseStructure": {
            "Dimension": [{"dimensionType": "PRIMARY", "CodeListReference": "l"}],
            "Mapping": [{"MappingSource": f"b{code}", "MappingTarget": code} for code in CODES],
        },
    }
    asked = [
        question("r", "SINGLE_CHOICE", **listed),
        question("s", "SINGLE_CHOICE", **listed),
        several,
        question("n", Datatype={"typeName": "NUMERIC"}),
        question("t", **free),
        question("d", Datatype={"typeName": "DATE"}),
        *(question(f"z{number}", **free) for number in range(len(texts))),
    ]
    names = [
        "r",
        "s",
        "n",
        "t",
        "d",
        *(f"m{c}" for c in CODES),
        *(f"z{n}" for n in range(len(texts))),
    ]
    return json.dumps(
        {
            "Label": ["Essai"],
            "formulasLanguage": "VTL",
            "Child": [
                {"id": "s1", "Name": "S", "Label": ["S"], "type": "SequenceType", "Child": asked}
            ],
            "FlowControl": [
                {"Expression": text, "IfTrue": f"qz{number}-qz{number}"}
                for number, text in enumerate(texts)
            ],
            "Variables": {
                "Variable": [
                    {"id": f"v{name}", "Name": name, "type": "CollectedVariableType"}
                    for name in names
                ]
            },
            "CodeLists": {
                "CodeList": [
                    {
                        "id": "l",
                        "Label": "l",
                        "Code": [{"Value": c, "Label": f"Code {c}"} for c in CODES],
                    }
                ]
            },
        }
    ).encode()


# 4. SurveyJS


def survey_atoms() -> st.SearchStrategy[Drawn]:
    def equal(q: str, sign: str, code: str) -> Drawn:
        same = sign in ("=", "==")
        return Drawn(f"{{{q}}} {sign} 'A{code}'", lambda a: (a.get(q) == code) == same)

    def ordered(sign: str, limit: int) -> Drawn:
        return Drawn(f"{{n}} {sign} {limit}", lambda a: "n" in a and ORDER[sign](a["n"], limit))

    def several(word: str, wanted: list[str]) -> Drawn:
        listed = ", ".join(f"'a{code}'" for code in wanted)
        decide = {"anyof": any, "allof": all, "contains": all}[word]
        return Drawn(
            f"{{m}} {word} [{listed}]",
            lambda a: "m" in a and decide(code in a["m"] for code in wanted),
        )

    wanted = st.lists(st.sampled_from(CODES), min_size=1, max_size=3, unique=True)
    return st.one_of(
        st.builds(equal, st.sampled_from("rs"), st.sampled_from(("=", "==", "<>", "!=")), codes),
        st.builds(ordered, st.sampled_from(tuple(ORDER)), numbers),
        st.builds(several, st.sampled_from(("anyof", "allof", "contains")), wanted),
        codes.map(lambda c: Drawn(f"{{m}} notcontains 'a{c}'", lambda a: c not in a.get("m", ()))),
        st.sampled_from("rsmntd").map(lambda q: Drawn(f"{{{q}}} notempty", lambda a: q in a)),
        st.sampled_from("rsmntd").map(lambda q: Drawn(f"{{{q}}} empty", lambda a: q not in a)),
        st.just(Drawn("{r} = {s}", lambda a: a.get("r") == a.get("s"))),
        st.builds(
            lambda add, sign, limit: Drawn(
                f"{{n}} + {add} {sign} {limit}", lambda a: ORDER[sign](a.get("n", 0) + add, limit)
            ),
            numbers,
            st.sampled_from(tuple(ORDER)),
            numbers,
        ),
    )


def survey_file(texts: list[str]) -> bytes:
    choices = [f"a{code}" for code in CODES]
    elements: list[dict[str, object]] = [
        {"type": "radiogroup", "name": "r", "choices": choices},
        {"type": "dropdown", "name": "s", "choices": choices},
        {"type": "checkbox", "name": "m", "choices": choices},
        {"type": "text", "inputType": "number", "name": "n"},
        {"type": "comment", "name": "t"},
        {"type": "text", "inputType": "date", "name": "d"},
        *(
            {"type": "comment", "name": f"z{number}", "visibleIf": text}
            for number, text in enumerate(texts)
        ),
    ]
    return json.dumps({"pages": [{"name": "p", "elements": elements}]}).encode()


LANGUAGES = {
    "limesurvey": (lime_atoms(), contrary("!({})"), "and", "||", lime_file),
    "xlsform": (xpath_atoms(), contrary("not({})"), "and", "or", xpath_file),
    "pogues": (vtl_atoms(), contrary("not({})"), "and", "or", vtl_file),
    "surveyjs": (survey_atoms(), contrary("!({})"), "&&", "or", survey_file),
}
LETTERED = {"surveyjs"}  # codes with a letter, to try their case


def loaded(content: bytes, format_: str) -> Questionnaire:
    imported = import_questionnaire(content, format_)
    assert imported.expressed == imported.rules, [str(one) for one in imported.remarks]
    return questionnaire(imported)


def our_answers(given_: Answers, questionnaire: Questionnaire, format_: str) -> dict[str, object]:
    """The same answers under our names and codes."""
    letter = "a" if format_ in LETTERED else ""
    named = {
        question.text.versions[0][1].split()[-1].lower(): question.id
        for question in questionnaire.questions
    }
    found: dict[str, object] = {}
    for name, value in given_.items():
        if isinstance(value, tuple):
            value = tuple(f"{letter}{code}" for code in value)
        elif name in "rs":
            value = f"{letter}{value}"
        found[named[name]] = value
    return found


@pytest.mark.parametrize("format_", LANGUAGES)
@settings(max_examples=25)
@given(data=st.data())
def test_a_condition_means_the_same_once_it_is_ours(format_: str, data: st.DataObject) -> None:
    atoms, no, both, either, file = LANGUAGES[format_]
    drawn = data.draw(st.lists(compounds(atoms, no, both, either), min_size=3, max_size=3))
    cases = data.draw(st.lists(answers, min_size=12, max_size=12))

    ours = loaded(file([one.text for one in drawn]), format_)

    for number, one in enumerate(drawn):
        condition = ours.by_id[f"z{number}"].show_if
        for case in cases:
            expected = one.holds(case) is True
            shown = evaluate(condition, our_answers(case, ours, format_), Context())
            assert shown == expected, (one.text, condition and condition.source, case)
