"""Campaigns: what each moment of their life allows."""

from datetime import UTC, datetime, timedelta

import pytest
from conftest import Clock
from small import ONE_QUESTION
from sqlalchemy import text

from consultation.blind import PrivateKey, PublicKey
from consultation.database import Database
from consultation.office import campaigns
from consultation.office.campaigns import GRACE, Campaign
from consultation.office.store import Campaigns, _read_unchanging

OPENS = datetime(2024, 6, 10, 8, 0, tzinfo=UTC)
CLOSES = datetime(2024, 6, 28, 16, 0, tzinfo=UTC)
KEY = PrivateKey.generate(1024).public


@pytest.fixture
def register(office_database: Database, clock: Clock) -> Campaigns:
    return Campaigns(office_database, clock)


def create(register: Campaigns, slug: str = "juin-2024", **changes: object) -> Campaign:
    values: dict[str, object] = {
        "slug": slug,
        "urn": slug.encode().ljust(16, b"-"),
        "definition": ONE_QUESTION,
        "lists": {},
        "opens": OPENS,
        "closes": CLOSES,
        "export_key": bytes(32),
        "keys": {"agents": KEY},
    }
    return register.create(**(values | changes))


def test_a_new_campaign_is_a_draft_with_its_questionnaire_and_its_keys(
    register: Campaigns,
) -> None:
    made = create(register)

    assert made == register.get("juin-2024")
    assert (made.state, made.title, made.pool) == ("draft", "Un essai", 50)
    assert made.questionnaire.digest == made.digest
    assert made.keys == {"agents": KEY}
    assert (made.opens, made.closes, made.grace_until) == (OPENS, CLOSES, None)
    assert register.definition("juin-2024") == (ONE_QUESTION, {})


def test_another_process_reads_the_same_campaign(
    register: Campaigns, office_database: Database, clock: Clock
) -> None:
    create(register)
    elsewhere = Campaigns(office_database, clock)
    assert elsewhere.get("juin-2024") == register.get("juin-2024")

    register.open("juin-2024")

    assert elsewhere.get("juin-2024").state == "open"


def test_campaigns_are_listed_from_the_newest(register: Campaigns) -> None:
    create(register, "ancienne", opens=OPENS - timedelta(days=300))
    create(register, "nouvelle")

    assert [found.slug for found in register.all()] == ["nouvelle", "ancienne"]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"slug": "Juin 2024"}, campaigns.WrongSlug),
        ({"slug": "juin--2024"}, campaigns.WrongSlug),
        ({"slug": "x" * 61}, campaigns.WrongSlug),
        ({"closes": OPENS}, campaigns.WrongDates),
        ({"definition": "format: [", "slug": "autre"}, campaigns.FaultyQuestionnaire),
        ({"keys": {}}, campaigns.MissingKeys),
        ({"keys": {"agents": KEY, "chefs": KEY}}, campaigns.MissingKeys),
    ],
)
def test_a_campaign_that_cannot_be_is_refused(
    register: Campaigns, changes: dict[str, object], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        create(register, **changes)

    assert register.all() == ()


def test_a_name_is_taken_once(register: Campaigns) -> None:
    create(register)

    with pytest.raises(campaigns.CampaignExists):
        create(register, urn=bytes(16))


def test_an_unknown_campaign_is_not_found(register: Campaigns) -> None:
    for ask in (register.get, register.open, register.pause, register.definition):
        with pytest.raises(campaigns.UnknownCampaign):
            ask("inconnue")


def in_state(register: Campaigns, state: str) -> None:
    create(register)
    if state != "draft":
        register.open("juin-2024")
    if state == "paused":
        register.pause("juin-2024")
    if state in ("closing", "closed"):
        register.start_closing("juin-2024", OPENS)
    if state == "closed":
        register.finish_closing("juin-2024")


TRANSITIONS = {  # action: the states that allow it, and where it leads
    "open": ({"draft"}, "open"),
    "pause": ({"open"}, "paused"),
    "resume": ({"paused"}, "open"),
    "start_closing": ({"open", "paused"}, "closing"),
    "finish_closing": ({"closing"}, "closed"),
}


@pytest.mark.parametrize("state", ["draft", "open", "paused", "closing", "closed"])
@pytest.mark.parametrize("action", TRANSITIONS)
def test_each_state_allows_its_own_actions(register: Campaigns, state: str, action: str) -> None:
    in_state(register, state)
    allowed, after = TRANSITIONS[action]
    arguments = (OPENS,) if action == "start_closing" else ()

    if state in allowed or state == after:
        for _ in range(2):  # repeating changes nothing
            getattr(register, action)("juin-2024", *arguments)
        assert register.get("juin-2024").state == after
    else:
        with pytest.raises(campaigns.WrongMoment):
            getattr(register, action)("juin-2024", *arguments)
        assert register.get("juin-2024").state == state


def test_a_campaign_whose_last_day_is_past_does_not_open(register: Campaigns, clock: Clock) -> None:
    create(register)
    clock.now = CLOSES

    with pytest.raises(campaigns.WrongDates):
        register.open("juin-2024")


def test_the_end_waits_for_those_who_are_still_writing(register: Campaigns, clock: Clock) -> None:
    in_state(register, "open")
    register.start_closing("juin-2024", clock.now + GRACE)

    with pytest.raises(campaigns.GraceNotOver):
        register.finish_closing("juin-2024")
    clock.advance(hours=48)
    register.finish_closing("juin-2024")

    assert register.get("juin-2024").state == "closed"


@pytest.mark.parametrize("state", ["draft", "open", "paused"])
def test_more_time_may_be_given(register: Campaigns, state: str) -> None:
    in_state(register, state)

    register.extend("juin-2024", CLOSES + timedelta(days=7))
    register.extend("juin-2024", CLOSES + timedelta(days=7))

    assert register.get("juin-2024").closes == CLOSES + timedelta(days=7)
    assert register.get("juin-2024").state == state


def test_time_is_never_taken_back(register: Campaigns, clock: Clock) -> None:
    in_state(register, "open")

    with pytest.raises(campaigns.WrongDates):
        register.extend("juin-2024", CLOSES - timedelta(days=1))
    clock.now = CLOSES + timedelta(days=30)
    with pytest.raises(campaigns.WrongDates):
        register.extend("juin-2024", CLOSES + timedelta(days=1))


@pytest.mark.parametrize("state", ["closing", "closed"])
def test_a_campaign_that_closes_is_not_extended(register: Campaigns, state: str) -> None:
    in_state(register, state)

    with pytest.raises(campaigns.WrongMoment):
        register.extend("juin-2024", CLOSES + timedelta(days=7))


@pytest.mark.parametrize(
    ("state", "when", "phase"),
    [
        ("draft", OPENS, "draft"),
        ("open", OPENS - timedelta(seconds=1), "scheduled"),
        ("open", OPENS, "open"),
        ("open", CLOSES - timedelta(seconds=1), "open"),
        ("open", CLOSES, "closing"),
        ("open", CLOSES + GRACE - timedelta(seconds=1), "closing"),
        ("open", CLOSES + GRACE, "closed"),
        ("paused", OPENS, "paused"),
        ("closing", OPENS - timedelta(seconds=1), "closing"),
        ("closing", OPENS, "closed"),
        ("closed", OPENS, "closed"),
    ],
)
def test_the_phase_follows_the_state_and_the_clock(
    register: Campaigns, clock: Clock, state: str, when: datetime, phase: str
) -> None:
    in_state(register, state)
    clock.now = when

    assert register.phase(register.get("juin-2024")) == phase


def test_a_questionnaire_touched_in_the_store_is_noticed(
    register: Campaigns, office_database: Database, clock: Clock
) -> None:
    create(register)
    with office_database.write() as tx:
        tx.exec_driver_sql("UPDATE campaign SET definition = replace(definition, 'Oui', 'Ouais')")

    with pytest.raises(campaigns.AlteredQuestionnaire):
        Campaigns(office_database, clock).get("juin-2024")


def test_a_date_without_a_zone_is_a_bug(register: Campaigns) -> None:
    with pytest.raises(Exception, match="a date without a zone"):
        create(
            register,
            opens=OPENS.replace(tzinfo=None),
            closes=CLOSES.replace(tzinfo=None),
        )


def test_the_keys_come_back_as_they_were(register: Campaigns) -> None:
    found = create(register).keys["agents"]

    assert isinstance(found, PublicKey)
    assert found.fingerprint == KEY.fingerprint


# Correcting


FIXED = ONE_QUESTION.replace("Êtes-vous", "Êtes-vous vraiment")
LOSING = ONE_QUESTION.replace("non: Non", "peut-etre: Peut-être, nsp: Non")


def test_a_typo_is_put_right_while_people_answer(
    register: Campaigns, office_database: Database, clock: Clock
) -> None:
    before = create(register)
    register.open("juin-2024")

    changes = register.revise("juin-2024", FIXED, {})

    after = register.get("juin-2024")
    assert [one.kind for one in changes] == ["warning", "warning"]  # the version did not grow
    assert after.digest == after.questionnaire.digest != before.digest
    assert str(after.questionnaire.by_id["avis"].text).startswith("Êtes-vous vraiment")
    assert (after.state, after.keys, after.urn) == ("open", before.keys, before.urn)
    assert Campaigns(office_database, clock).get("juin-2024") == after


def test_the_versions_may_come_back(register: Campaigns) -> None:
    made = create(register)
    register.open("juin-2024")
    for definition in (FIXED, ONE_QUESTION, FIXED, ONE_QUESTION):
        register.revise("juin-2024", definition, {})

    assert register.get("juin-2024").digest == made.digest
    assert register.revise("juin-2024", ONE_QUESTION, {}) == ()


def test_what_loses_answers_is_refused_once_open(register: Campaigns) -> None:
    before = create(register)
    register.open("juin-2024")

    with pytest.raises(campaigns.BreakingRevision, match="non » disparaît"):
        register.revise("juin-2024", LOSING, {})

    assert register.get("juin-2024") == before.__class__(**{**vars(before), "state": "open"})


LONGER = f"""{ONE_QUESTION.rstrip()}
  - {{id: un, type: longtext, max_length: 4000, text: Un}}
  - {{id: deux, type: longtext, max_length: 4000, text: Deux}}
"""


def test_boxes_keep_the_size_of_the_opening(register: Campaigns) -> None:
    before = create(register)
    register.open("juin-2024")
    shorter = LONGER.replace("max_length: 4000", "max_length: 1000")

    with pytest.raises(campaigns.LongerAnswers):
        register.revise("juin-2024", LONGER, {})

    assert register.get("juin-2024").digest == before.digest
    assert register.revise("juin-2024", shorter, {})
    assert register.get("juin-2024").box_size == before.box_size == 8 * 1024


def test_a_draft_takes_the_size_of_what_it_has_become(register: Campaigns) -> None:
    create(register)

    register.revise("juin-2024", LONGER, {})

    assert register.get("juin-2024").box_size == 16 * 1024


def test_a_former_campaign_has_no_size_to_outgrow(
    register: Campaigns, office_database: Database
) -> None:
    create(register)
    with office_database.write() as tx:
        tx.execute(text("UPDATE campaign SET box_size = NULL"))

    register.revise("juin-2024", FIXED, {})
    register.open("juin-2024")
    register.revise("juin-2024", LONGER, {})

    assert register.get("juin-2024").box_size is None


TURNED = ONE_QUESTION.replace("oui: Oui, non: Non", "oui: Non, non: Oui")


def test_answers_are_not_turned_round_once_open(register: Campaigns) -> None:
    create(register)
    register.open("juin-2024")

    with pytest.raises(
        campaigns.BreakingRevision, match="« oui » disait « Oui » et dirait « Non »"
    ):
        register.revise("juin-2024", TURNED, {})


def test_answers_are_not_turned_round_little_by_little(register: Campaigns) -> None:
    create(register)
    register.open("juin-2024")
    halfway = ONE_QUESTION.replace("oui: Oui", "oui: Certes")
    register.revise("juin-2024", halfway, {})

    with pytest.raises(
        campaigns.BreakingRevision, match="« non » disait « Non » et dirait « Oui »"
    ):
        register.revise("juin-2024", halfway.replace("non: Non", "non: Oui"), {})


def test_what_a_draft_was_binds_nobody(register: Campaigns) -> None:
    create(register)
    register.revise("juin-2024", TURNED, {})
    register.open("juin-2024")

    register.revise("juin-2024", TURNED.replace("Êtes-vous", "Êtes-vous vraiment"), {})

    assert len(register.earlier("juin-2024")) == 1


def test_a_draft_may_change_as_it_likes_but_for_its_audiences(register: Campaigns) -> None:
    create(register)

    register.revise("juin-2024", LOSING, {})
    with pytest.raises(campaigns.MissingKeys):
        register.revise("juin-2024", ONE_QUESTION.replace("{agents:", "{autres:"), {})

    assert "peut-etre" in register.definition("juin-2024")[0]


def test_nothing_is_corrected_after_the_end(register: Campaigns) -> None:
    create(register)
    register.open("juin-2024")
    register.start_closing("juin-2024", CLOSES)

    with pytest.raises(campaigns.WrongMoment):
        register.revise("juin-2024", FIXED, {})


def test_a_faulty_correction_is_refused_with_its_errors(register: Campaigns) -> None:
    create(register)

    with pytest.raises(campaigns.FaultyQuestionnaire, match="Vouliez-vous dire"):
        register.revise("juin-2024", ONE_QUESTION.replace("type: choice", "type: choix"), {})


def test_who_read_the_digest_before_a_correction_still_finds_its_questionnaire(
    register: Campaigns, office_database: Database
) -> None:
    before = create(register)
    register.open("juin-2024")
    register.revise("juin-2024", FIXED, {})

    with office_database.read() as connection:
        kept = _read_unchanging(connection, "juin-2024", before.digest)

    assert (kept.questionnaire, kept.keys) == (before.questionnaire, before.keys)
