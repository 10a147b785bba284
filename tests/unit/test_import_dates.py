"""Dates of other tools become dates, down to what they asked for; the rest is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from foreign.limesurvey import Survey
from foreign.reading import questionnaire
from foreign.xlsform import xlsform
from hypothesis import example, given, settings
from hypothesis import strategies as st

from consultation.importing.building import Imported
from consultation.importing.files import import_questionnaire
from consultation.questionnaire.dates import Precision, shorten
from consultation.questionnaire.kinds import Date, Question

Written = Mapping[str, Any]
"""A question in the words of its tool."""

Found = tuple[str, str, str] | str
"""Precision, first and last date of ours; the type of a question that is no date."""


def lime(asked: Mapping[str, Written]) -> bytes:
    """Attributes of questions of type D."""
    survey = Survey()
    survey.group("Un")
    for name, attributes in asked.items():
        survey.question(name, "D", attributes=attributes)
    return survey.file()


def odk(asked: Mapping[str, Written]) -> bytes:
    return xlsform(
        [{"type": "date", "name": name, "label": name, **cells} for name, cells in asked.items()]
    )


def insee(asked: Mapping[str, Written], more: Written | None = None) -> bytes:
    """Data types by question; every question has more keys of its own."""
    questions = [
        {
            "id": f"i{name}",
            "Name": name,
            "Label": [name],
            "type": "QuestionType",
            "questionType": "SIMPLE",
            "Response": [
                {"CollectedVariableReference": name, "Datatype": {"typeName": "DATE", **said}}
            ],
            **(more or {}),
        }
        for name, said in asked.items()
    ]
    root = {
        "Label": ["Essai"],
        "formulasLanguage": "VTL",
        "Child": [{"id": "s", "Name": "S", "type": "SequenceType", "Child": questions}],
        "Variables": {"Variable": [{"id": name, "Name": name} for name in asked]},
    }
    return json.dumps(root).encode()


def surveyed(asked: Mapping[str, Written]) -> bytes:
    elements = [{"type": "text", "name": name, **keys} for name, keys in asked.items()]
    return json.dumps({"pages": [{"elements": elements}]}).encode()


def found(question: Question) -> Found:
    if isinstance(question, Date):
        return question.precision, question.min, question.max
    return type(question).__name__.lower()


def told(imported: Imported, name: str) -> str:
    """Everything said of this question."""
    return " ; ".join(str(one) for one in imported.remarks if f"({name})" in str(one))


def assert_all(
    write: Callable[[Mapping[str, Written]], bytes],
    cases: Mapping[str, tuple[Written, Found, tuple[str, ...]]],
) -> None:
    """Each question becomes what is expected, and what is expected is told, or nothing."""
    imported = import_questionnaire(write({name: case[0] for name, case in cases.items()}))

    ours = questionnaire(imported).by_id
    assert {name: found(ours[name]) for name in cases} == {
        name: expected for name, (_, expected, _) in cases.items()
    }
    for name, (_, _, words) in cases.items():
        said = told(imported, name)
        assert all(word in said for word in words), (name, said)
        assert bool(said) == bool(words), (name, said)


TEXT = "shorttext"
NOT_ASKED = "l’heure n’est pas demandée"


def test_dates_of_limesurvey() -> None:
    plain = {"date_min": "2020-03-15", "date_max": "2021-06-10"}
    assert_all(
        lime,
        {
            "bare": ({}, ("day", "", ""), ()),
            "day": ({"date_format": "d.m.yy", **plain}, ("day", "2020-03-15", "2021-06-10"), ()),
            "month": (
                {"date_format": "mm/yyyy", **plain},  # its first day is what is compared
                ("month", "2020-04-01", "2021-06-10"),
                (),
            ),
            "year": (
                {"date_format": "yyyy", "date_min": "2001", "date_max": "2020"},
                ("year", "2001-01-01", "2020-12-31"),
                (),
            ),
            "hour": ({"date_format": "dd/mm/yyyy HH:MM"}, ("day", "", ""), (NOT_ASKED,)),
            "time": (
                {"date_format": "HH:MM", "date_min": "2020"},
                TEXT,
                ("« HH:MM » devient un texte", "« 2020-01-01 »"),
            ),
            "birthday": ({"date_format": "dd/mm"}, TEXT, ("« dd/mm »", "devient un texte")),
            "computed": (
                {"date_min": "today", "date_max": "2021-06-10 12:00"},
                ("day", "", ""),
                ("« today »", "« 2021-06-10 12:00 »"),
            ),
            "other": ({"date_min": "bare"}, ("day", "", ""), ("« bare »",)),
            "nowhere": ({"date_min": "2021-02-30"}, ("day", "", ""), ("« 2021-02-30 »",)),
        },
    )


def test_dates_of_surveyjs() -> None:
    def masked(**more: str) -> Written:
        return {"maskType": "datetime", "maskSettings": more}

    plain = {"min": "2020-03-15", "max": "2021-06-10"}
    assert_all(
        surveyed,
        {
            "day": ({"inputType": "date", **plain}, ("day", "2020-03-15", "2021-06-10"), ()),
            "month": (
                {"inputType": "month", "min": "2020-03", "max": "2021-06"},
                ("month", "2020-03-01", "2021-06-01"),
                (),
            ),
            "first": (
                {"inputType": "month", "min": "2020-03-01"},
                ("month", "2020-03-01", ""),
                ("« 2020-03-01 » refusait ce mois",),
            ),
            "hour": (
                {"inputType": "datetime-local", "min": "2020-03-15T10:00"},
                ("day", "2020-03-15", ""),
                (NOT_ASKED,),
            ),
            "older": ({"inputType": "datetime"}, ("day", "", ""), (NOT_ASKED,)),
            "time": ({"inputType": "time"}, TEXT, ("« time » devient un texte",)),
            "week": (
                {"inputType": "week", "min": "2020-W10"},
                TEXT,
                ("« week » devient un texte", "« 2020-W10 »"),
            ),
            "computed": (
                {"inputType": "date", "min": "=today(-3)", "maxValueExpression": "today()"},
                ("day", "", ""),
                ("« today(-3) »", "« today() »"),
            ),
            "constant": (
                {"inputType": "date", "min": "2001-01-01", "minValueExpression": "'2020-03-15'"},
                ("day", "2020-03-15", ""),
                (),
            ),
            "french": (
                {"inputType": "date", "min": "15/03/2020"},
                ("day", "", ""),
                ("« 15/03/2020 »",),
            ),
            "worded": (
                {"inputType": "date", "min": "2020-03-15", "minErrorText": "Trop tôt !"},
                ("day", "2020-03-15", ""),
                ("« Trop tôt ! »",),
            ),
            "mask": (masked(pattern="mm/yyyy", **plain), ("month", "2020-03-15", "2021-06-10"), ()),
            "preset": (masked(), ("day", "", ""), ()),
            "mask_hour": (masked(pattern="dd/mm/yyyy HH:MM"), ("day", "", ""), (NOT_ASKED,)),
            "mask_time": (masked(patternPreset="localeTime"), TEXT, ("devient un texte",)),
            "widget": ({"type": "datepicker", "dateFormat": "dd/mm/yy"}, ("day", "", ""), ()),
        },
    )


def test_dates_of_an_xlsform() -> None:
    between = ". >= date('2020-03-15') and . <= date('2021-06-10')"
    assert_all(
        odk,
        {
            "bare": ({}, ("day", "", ""), ()),
            "spelled": ({"type": "q date"}, ("day", "", ""), ()),
            "day": ({"constraint": between}, ("day", "2020-03-15", "2021-06-10"), ()),
            "month": (
                {"appearance": "month-year", "constraint": between},
                ("month", "2020-04-01", "2021-06-10"),
                (),
            ),
            "year": (
                {"appearance": "year", "constraint": between},
                ("year", "2021-01-01", "2021-06-10"),
                (),
            ),
            "strict": (
                {"constraint": "'2020-03-15' < . and . < '2021-06-10'"},
                ("day", "2020-03-16", "2021-06-09"),
                (),
            ),
            "worded": (
                {"constraint": between, "constraint_message": "Entre 2020 et 2021."},
                ("day", "2020-03-15", "2021-06-10"),
                ("« Entre 2020 et 2021. »",),
            ),
            "today": (
                {"constraint": ". >= date('2020-03-15') and . <= today()"},
                ("day", "2020-03-15", ""),
                ("today", "sans équivalent"),
            ),
            "other": ({"constraint": ". > ${day}"}, ("day", "", ""), ("une date",)),
            "hour": (
                {"type": "dateTime", "constraint": ". > date('2020-03-15')"},
                ("day", "2020-03-15", ""),
                (NOT_ASKED,),
            ),
            "two_words": ({"type": "date time"}, ("day", "", ""), (NOT_ASKED,)),
            "time": ({"type": "time"}, TEXT, ("« time » devient un texte",)),
            "elsewhere": ({"appearance": "ethiopian"}, ("day", "", ""), ("« ethiopian »",)),
        },
    )


def test_dates_of_pogues() -> None:
    assert_all(
        insee,
        {
            "bare": ({}, ("day", "", ""), ()),
            "day": (
                {"Format": "YYYY-MM-DD", "Minimum": "2020-03-15", "Maximum": "2021-06-10"},
                ("day", "2020-03-15", "2021-06-10"),
                (),
            ),
            "month": (
                {"Format": "YYYY-MM", "Minimum": "2020-03", "Maximum": "2021-06"},
                ("month", "2020-03-01", "2021-06-01"),
                (),
            ),
            "year": (
                {"Format": "YYYY", "Minimum": 1990, "Maximum": "2021"},
                ("year", "1990-01-01", "2021-01-01"),
                (),
            ),
            "french": ({"Format": "JJ/MM/AAAA"}, ("day", "", ""), ()),
            "computed": ({"Maximum": "current_date()"}, ("day", "", ""), ("« current_date() »",)),
            "duration": (
                {"typeName": "DURATION", "Minimum": "PT1H", "Format": "PTnHnM"},
                TEXT,
                ("« DURATION » devient un texte", "« PT1H »"),
            ),
        },
    )


def test_dates_that_ours_cannot_all_be() -> None:
    """A date is asked between 1900 and 2099."""

    def bounded(low: str, high: str) -> Written:
        return {"inputType": "date", "min": low, "max": high}

    assert_all(
        surveyed,
        {
            "early": (
                bounded("1850-01-01", "2020-12-31"),
                ("day", "", "2020-12-31"),
                ("1850-01-01", "1900"),
            ),
            "late": (
                bounded("2020-01-01", "2999-12-31"),
                ("day", "2020-01-01", ""),
                ("2999-12-31", "2099"),
            ),
            "long_ago": (bounded("1800-01-01", "1850-01-01"), TEXT, ("devient un texte",)),
            "far_ahead": (bounded("2100-01-01", ""), TEXT, ("devient un texte",)),
            "crossed": (
                bounded("2021-01-01", "2020-01-01"),
                ("day", "", ""),
                ("défaut de l’original",),
            ),
        },
    )


HINTED: Mapping[str, Callable[[], bytes]] = {
    "limesurvey": lambda: _helped_in_limesurvey(),
    "xlsform": lambda: odk(
        {"d": {"hint": "Celle du contrat.", "required": "yes", "required_message": "Laquelle ?"}}
    ),
    "surveyjs": lambda: surveyed(
        {
            "d": {
                "inputType": "date",
                "description": "Celle du contrat.",
                "isRequired": True,
                "requiredErrorText": "Laquelle ?",
            }
        }
    ),
    "pogues": lambda: insee(
        {"d": {}}, {"Declaration": [{"Text": "Celle du contrat."}], "mandatory": True}
    ),
}


def _helped_in_limesurvey() -> bytes:
    survey = Survey()
    survey.group("Un")
    survey.question("d", "D", mandatory="Y")
    survey.tables["question_l10ns"][-1]["help"] = "Celle du contrat."  # type: ignore[index]
    return survey.file()


@pytest.mark.parametrize("format_", HINTED)
def test_a_date_keeps_its_hint_and_its_obligation(format_: str) -> None:
    asked = questionnaire(import_questionnaire(HINTED[format_](), format_)).by_id["d"]

    assert isinstance(asked, Date)
    assert str(asked.hint) == "Celle du contrat."
    own = {"limesurvey": "Répondez à cette question.", "pogues": "Répondez à cette question."}
    assert str(asked.required) == own.get(format_, "Laquelle ?")


def test_conditions_that_compare_a_date_are_told_and_those_on_its_presence_kept() -> None:
    imported = import_questionnaire(
        surveyed(
            {
                "debut": {"inputType": "date"},
                "a": {"visibleIf": "{debut} notempty"},
                "b": {"visibleIf": "{debut} >= '2020-01-01'"},
                "c": {"visibleIf": "{debut} > 2020"},
                "d": {"visibleIf": "{debut} contains '2020'"},
                "e": {"visibleIf": "{debut} + 1 > 3"},
                "f": {"visibleIf": "{debut.length} > 12"},
                "g": {"visibleIf": "{ailleurs} >= '2020-01-01'"},
            }
        )
    )

    ours = questionnaire(imported)
    shown = {one.id: one.show_if.source for one in ours.questions if one.show_if}
    assert shown == {"a": "answered(debut)"}
    assert found(ours.by_id["debut"]) == ("day", "", "")
    said = [str(one) for one in imported.remarks if "visibleIf" in one.place]
    assert len(said) == 6
    assert sum("une date" in one for one in said) == 4
    assert "ailleurs" not in ours.by_id  # what cannot be said needs no stand-in
    assert "# SurveyJS : {debut} >= '2020-01-01'" in imported.yaml


def test_the_date_is_written_as_people_write_it() -> None:
    imported = import_questionnaire(surveyed({"d": {"inputType": "month", "min": "2020-03"}}))

    assert "type: date\n" in imported.yaml
    assert "precision: month\n" in imported.yaml
    assert "min: 2020-03-01\n" in imported.yaml


# --- Laws

days = st.dates(date(1899, 12, 1), date(2100, 2, 1))
precisions: st.SearchStrategy[Precision] = st.sampled_from(["day", "month", "year"])
PATTERNS = {"day": "dd/mm/yyyy", "month": "mm/yyyy", "year": "yyyy"}
FORMATS = {"day": "YYYY-MM-DD", "month": "YYYY-MM", "year": "YYYY"}
APPEARANCES = {"day": "", "month": "month-year", "year": "year"}
INPUTS = {"day": "date", "month": "month"}


def _in_surveyjs(precision: Precision, low: date, high: date) -> bytes:
    if precision == "year":
        low = date(low.year + ((low.month, low.day) != (1, 1)), 1, 1)  # a mask takes any day of it
        mask = {"pattern": "yyyy", "min": str(low), "max": str(high)}
        return surveyed({"d": {"maskType": "datetime", "maskSettings": mask}})
    return surveyed({"d": {"inputType": INPUTS[precision], "min": str(low), "max": str(high)}})


BOUNDED: Mapping[str, Callable[[Precision, date, date], bytes]] = {
    "limesurvey": lambda precision, low, high: lime(
        {
            "d": {
                "date_format": PATTERNS[precision],
                "date_min": str(low),
                "date_max": str(high),
            }
        }
    ),
    "xlsform": lambda precision, low, high: odk(
        {
            "d": {
                "appearance": APPEARANCES[precision],
                "constraint": f". > date('{low - timedelta(1)}') and date('{high}') >= .",
            }
        }
    ),
    "pogues": lambda precision, low, high: insee(
        {
            "d": {
                "Format": FORMATS[precision],
                "Minimum": str(low),
                "Maximum": str(high),
            }
        }
    ),
    "surveyjs": _in_surveyjs,
}


@pytest.mark.parametrize("format_", BOUNDED)
@settings(max_examples=15)
@given(precision=precisions, bounds=st.tuples(days, days), answers=st.lists(days, max_size=8))
@example("month", (date(2020, 3, 15), date(2021, 6, 10)), [])
@example("year", (date(2020, 3, 15), date(2021, 12, 31)), [])
@example("day", (date(1850, 1, 1), date(1899, 12, 31)), [])
def test_the_dates_admitted_are_those_of_the_original(
    format_: str, precision: Precision, bounds: tuple[date, date], answers: list[date]
) -> None:
    """The tools keep the first day of what is answered, and compare it with the bounds."""
    low, high = sorted(bounds)
    imported = import_questionnaire(BOUNDED[format_](precision, low, high), format_)
    question = questionnaire(imported).by_id["d"]
    if not isinstance(question, Date):
        assert "devient un texte" in told(imported, "d")
        return
    if "aucune date" in told(imported, "d"):  # as none of February, from 2 to 20 February
        assert (question.min, question.max) == ("", "")
        return

    assert question.precision == precision
    nearby = [day + timedelta(shift) for day in bounds for shift in (-400, -31, -1, 0, 1, 31, 400)]
    for day in (*answers, *nearby):
        if not 1900 <= day.year <= 2099:
            continue
        kept = shorten(day.isoformat(), precision)
        first = date.fromisoformat(kept + "-01-01"[len(kept) - 4 :])
        assert question.admits(kept) == (low <= first <= high), (kept, question)


garbage = st.sampled_from(
    [
        "today", "=today()", "{q}", "+1 day", "2020", "2020-13", "2020-02-30", "0000-00-00",
        "9999-12-31", "0001-01-01", "15/03/2020", "٢٠٢٠-٠١-٠١", "2020-W10", "20200101", "-1", " ",
    ]
) | st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)  # fmt: skip


@pytest.mark.parametrize("format_", ["limesurvey", "pogues", "surveyjs"])
@settings(max_examples=15)
@given(written=garbage, other=garbage)
def test_a_bound_is_kept_or_told(format_: str, written: str, other: str) -> None:
    keys = {
        "limesurvey": ("date_min", "date_max", lime),
        "pogues": ("Minimum", "Maximum", insee),
        "surveyjs": ("min", "max", surveyed),
    }
    low, high, write = keys[format_]
    content = write({"d": {low: written, high: other, "inputType": "date"}})

    imported = import_questionnaire(content, format_)

    question = questionnaire(imported).by_id["d"]
    bounds = (question.min, question.max) if isinstance(question, Date) else ("", "")
    for said, kept in zip((written, other), bounds, strict=True):
        assert kept or not said.strip() or told(imported, "d"), (said, imported.yaml)
