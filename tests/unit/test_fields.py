"""Fields: what a page shows is what was typed, or what was answered, and where it is wrong."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small import questionnaire

from consultation.ballots.journey import Journey, State, Submitted
from consultation.ballots.review import line
from consultation.questionnaire.answers import read_page
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.drafts import from_json, to_json
from consultation.questionnaire.elements import Answers, Option, Text
from consultation.questionnaire.fields import Field, Shown
from consultation.questionnaire.kinds import Choice
from consultation.questionnaire.lots import AS_WRITTEN
from consultation.questionnaire.posted import FieldError
from consultation.questionnaire.rules import ruled

CONTEXT = Context(audience="agents")
JOURNEY = Journey(ruled(questionnaire()), CONTEXT)


def shown(answers: Answers) -> Shown:
    return Shown(questionnaire=questionnaire(), context=CONTEXT, lots=AS_WRITTEN, visible=answers)


def field(
    question: str,
    typed: Mapping[str, Sequence[str]] | None = None,
    errors: Sequence[FieldError] = (),
    answers: Answers | None = None,
) -> Field:
    return questionnaire().by_id[question].field_for(shown(answers or {}), typed or {}, errors)


def error(question: str, name: str) -> FieldError:
    return FieldError(question=question, field=name, message="À corriger.")


@pytest.mark.parametrize(
    ("question", "kind", "first_id"),
    [
        ("territoire", "list", "territoire"),
        ("fonction", "choice", "fonction-1"),
        ("equipe", "number", "equipe"),
        ("missions", "choices", "missions-1"),
        ("note", "scale", "note-1"),
        ("avis", "matrix", "avis-delais-1"),
        ("delais_mieux", "longtext", "delais_mieux"),
        ("priorites", "rank", "priorites-1"),
        ("mot", "text", "mot"),
        ("rappel", "info", "rappel"),
    ],
)
def test_each_question_has_its_kind_and_its_first_control(
    question: str, kind: str, first_id: str
) -> None:
    made = field(question)

    assert (made.kind, made.first_id) == (kind, first_id)


@pytest.mark.parametrize(
    ("question", "wrong", "first_id"),
    [
        ("avis", "avis.outils", "avis-outils-1"),
        ("priorites", "priorites.2", "priorites-2"),
        ("missions", "missions.other", "missions-other"),
        ("missions", "missions", "missions-1"),
        ("mot", "mot", "mot"),
    ],
)
def test_the_error_summary_leads_to_the_control_in_error(
    question: str, wrong: str, first_id: str
) -> None:
    made = field(question, errors=[error(question, wrong)])

    assert (made.first_id, made.error) == (first_id, "À corriger.")


def test_a_matrix_says_which_row_is_wrong() -> None:
    rows = field("avis", errors=[error("avis", "avis.outils")]).rows

    assert [row.error for row in rows] == ["", "À corriger."]


def test_what_was_typed_is_shown_again_even_wrong() -> None:
    assert field("tt", {"tt": ["trois"]}).value == "trois"


def test_an_answered_radio_can_be_taken_back() -> None:
    assert [option.value for option in field("fonction").options] == ["direction", "agent", "nr"]
    assert field("fonction", {"fonction": ["agent"]}).options[-1].value == ""


def test_an_earlier_answer_is_quoted() -> None:
    assert "(votre poste)" in field("note").label
    assert "(Direction)" in field("note", answers={"fonction": "direction"}).label


def test_no_answer_is_quoted_as_no_answer_whatever_the_codes() -> None:
    question = Choice(
        id="appui",
        text=Text((("fr", "Quel appui ?"),)),
        options=tuple(
            Option(code=code, label=Text((("fr", label),)))
            for code, label in (("None", "Aucun"), ("un", "Un"))
        ),
    )

    assert question.quote({}, "fr") == ""
    assert question.quote({"appui": "None"}, "fr") == "Aucun"


def test_the_review_shows_what_is_stored() -> None:
    territory = questionnaire().by_id["territoire"]

    made = line(territory, shown({"territoire": "D29"}))

    assert made.values == ("Bretagne",)
    assert made.note


ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "territoire": st.sampled_from(["D01", "D29"]),
        "fonction": st.sampled_from(["agent", "direction", "nr"]),
        "equipe": st.integers(0, 5000),
        "missions": st.sampled_from([("guichet",), ("guichet", "autre"), ("aucune",)]),
        "note": st.one_of(st.integers(0, 10), st.just("opt_out")),
        "avis": st.sampled_from([{"delais": "d1"}, {"delais": "d4", "outils": "nsp"}]),
        "delais_mieux": st.text(max_size=50),
        "tt": st.integers(0, 50).map(lambda tenths: tenths / 10),
        "priorites": st.sampled_from([("locaux",), ("effectifs", "horaires", "locaux")]),
        "mot": st.text(max_size=40),
    },
)


@given(ANSWERS)
def test_an_answer_shown_then_sent_again_is_the_same(answers: Answers) -> None:
    answers = from_json(questionnaire(), to_json(answers))

    for page in questionnaire().pages:
        typed = {k: v for q in page.questions for k, v in q.in_form(answers).items()}
        filled = read_page(page, typed, answers, questionnaire(), CONTEXT)
        own = {question.id for question in page.questions}
        assert filled.draft == answers
        assert all(answers[name] == value for name, value in filled.answers.items())
        assert {name.partition(".")[0] for name in filled.answers} <= own


@given(ANSWERS, st.text(alphabet="0123456789abcdef", min_size=8, max_size=64))
def test_a_state_travels_in_a_form_unchanged(answers: Answers, seed: str) -> None:
    state = State(
        answers=from_json(questionnaire(), to_json(answers)),
        typed={"tt": ["trois"]},
        seed=seed,
        reviewing=True,
        todo=("temps",),
    )

    assert State.from_form(ruled(questionnaire()), state.to_form()) == state


@given(st.dictionaries(st.sampled_from(["answers", "typed", "seed", "return"]), st.text()))
def test_a_tampered_state_is_dropped(form: dict[str, str]) -> None:
    state = State.from_form(ruled(questionnaire()), form)

    assert JOURNEY.first(state).id == "situation"
    assert JOURNEY.sheet(questionnaire().pages[3], state).fields


NAMES = "territoire fonction equipe missions missions.other note x tt avis.delais priorites.1"


@given(
    st.dictionaries(
        st.sampled_from([*NAMES.split(), "priorites.9", "mot", "delais_mieux", "tt_voulu"]),
        st.lists(st.one_of(st.text(), st.sampled_from(["agent", "guichet", "3,5", "d1"]))),
    ),
    st.sampled_from(["situation", "missions", "usager", "temps"]),
)
def test_no_form_makes_a_journey_fail(fields: dict[str, list[str]], page_id: str) -> None:
    page = questionnaire().page(page_id)
    assert page
    submitted = Submitted(fields=fields)

    reading = JOURNEY.read(page, submitted, State())
    kept = JOURNEY.keep(page, submitted, State())

    assert JOURNEY.sheet_again(page, reading).steps
    assert JOURNEY.sheet(JOURNEY.visible(page, kept), kept).fields
    JOURNEY.unfinished(kept)


def test_a_way_back_is_offered_once_only() -> None:
    answered = field("fonction", questionnaire().by_id["fonction"].in_form({"fonction": "agent"}))
    with_opt_out = field("note", {"note": ["7"]})

    assert answered.options[-1].value == ""
    assert [option.apart for option in with_opt_out.options].count(True) == 1
