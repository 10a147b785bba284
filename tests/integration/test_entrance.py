"""The door without script: the code typed, the server as browser, the draft found again."""

import json
import secrets
from collections.abc import Callable

import pytest
import small
from conftest import Clock
from markupsafe import escape
from running import Running
from sqlalchemy import MetaData, select
from visitor import Visitor

from consultation.ballots.tables import metadata as box_tables
from consultation.blind import blind, blinding_factor
from consultation.database import Database
from consultation.roll.tables import metadata as roll_tables

SENTENCE = "c’est le serveur, et non votre navigateur, qui rend vos réponses anonymes"


@pytest.fixture
def visitor(platform: Running) -> Visitor:
    return Visitor(platform.app)


@pytest.fixture
def code(platform: Running) -> str:
    return platform.codes["agents"][0]


def type_code(visitor: Visitor, code: str, status: int = 200) -> Visitor:
    return visitor.open("/q").fill({"code": code}).press("Commencer", status)


def begin(visitor: Visitor, code: str) -> Visitor:
    return type_code(visitor, code).fill({"fonction": "agent"}).press("suite")


def to_the_review(visitor: Visitor) -> Visitor:
    return visitor.press("suite").press("suite")


def issued(platform: Running) -> int:
    return platform.roll.counts("essai").issued


def test_an_agent_without_script_answers_and_sends(
    platform: Running, visitor: Visitor, code: str
) -> None:
    to_the_review(begin(visitor, code)).press("Envoyer mes réponses")

    assert visitor.page.heading == "Vos réponses sont envoyées"
    assert platform.urn.counts(platform.campaign).spent == issued(platform) == 1


def test_the_agent_is_told_what_anonymity_rests_on(visitor: Visitor, code: str) -> None:
    type_code(visitor, code)

    assert SENTENCE in visitor.body


@pytest.mark.parametrize(
    "change", [str.lower, lambda code: code.replace("-", " "), "  {}  ".format]
)
def test_a_code_is_read_as_people_type_it(
    visitor: Visitor, code: str, change: Callable[[str], str]
) -> None:
    type_code(visitor, change(code))

    assert visitor.page.heading.startswith("Votre situation")


def test_a_code_leads_to_its_own_audience(platform: Running, visitor: Visitor) -> None:
    type_code(visitor, platform.codes["cadres"][0])

    assert visitor.form("/entree/").action == "/entree/essai/cadres"


def test_an_empty_first_page_issues_nothing(platform: Running, visitor: Visitor, code: str) -> None:
    type_code(visitor, code).press("suite", 422)

    assert "Répondez à au moins une question" in visitor.body
    assert issued(platform) == 0


def test_a_follow_up_on_the_first_page_issues_nothing_yet(
    platform: Running, visitor: Visitor, code: str
) -> None:
    type_code(visitor, code).fill({"fonction": "direction"}).press("suite")
    assert visitor.form("/entree/").has("equipe")
    assert issued(platform) == 0

    visitor.fill({"equipe": "3"}).press("suite")
    assert visitor.page.heading.startswith("Vos missions")


def test_the_second_page_no_longer_holds_the_code(visitor: Visitor, code: str) -> None:
    begin(visitor, code)

    assert code.replace("-", "") not in visitor.body
    assert not visitor.form("/pages/").has("code")


def test_the_code_typed_again_finds_the_draft(visitor: Visitor, code: str) -> None:
    begin(visitor, code).fill({"missions": "guichet"}).press("suite")
    visitor.fill({"delais_mieux": "Ouvrir le soir"}).press("plus-tard")
    assert "écrivez à nouveau votre code" in visitor.body

    type_code(visitor, code)

    assert visitor.page.heading.startswith("Relation à l’usager")
    assert "Ouvrir le soir" in visitor.body


def test_the_review_is_found_again_too(visitor: Visitor, code: str) -> None:
    to_the_review(begin(visitor, code))

    type_code(visitor, code)

    assert visitor.page.heading == "Relire avant d’envoyer"


def test_what_was_typed_wrong_is_found_again(visitor: Visitor, code: str) -> None:
    begin(visitor, code).press("suite").fill({"tt": "trois"}).press("suite", 422)

    type_code(visitor, code)

    assert 'value="trois"' in visitor.body


def test_a_first_page_sent_twice_gives_one_credential_and_keeps_what_followed(
    platform: Running, visitor: Visitor, code: str
) -> None:
    type_code(visitor, code)
    form = visitor.form("/entree/")
    fields = form.filled({"fonction": ["agent"]}, form.button("suite"))
    visitor.send(form.action, fields, 200)
    first = visitor.form("/pages/").hidden("s")
    visitor.fill({"missions": "courrier"}).press("suite")

    visitor.send(form.action, fields, 200)

    assert visitor.form("/pages/").hidden("s") == first
    assert json.loads(visitor.form("/pages/").hidden("answers"))["missions"] == ["courrier"]
    assert issued(platform) == 1


def test_a_used_code_says_so(visitor: Visitor, code: str) -> None:
    to_the_review(begin(visitor, code)).press("Envoyer mes réponses")

    type_code(visitor, code, 410)

    assert visitor.page.heading == "Ce lien a déjà servi"


def test_a_code_in_use_on_another_device_says_so(
    platform: Running, visitor: Visitor, code: str
) -> None:
    public = small.public_keys()["agents"]
    r = blinding_factor(public, secrets.token_bytes(64))
    blinded, _ = blind(public, secrets.token_bytes(64), salt=secrets.token_bytes(48), r=r)
    platform.roll.issue(platform.campaign, "agents", code, blinded)

    type_code(visitor, code, 410)

    assert visitor.page.heading == "Ce lien a déjà servi"


def test_unknown_and_malformed_codes_get_the_same_page_and_keep_what_was_typed(
    visitor: Visitor,
) -> None:
    pages = set()
    for typed in ("", "0" * 26, "abc", "é" * 26, "0" * 900, "U" * 26, "<script>", "0" * 2000):
        body = type_code(visitor, typed, 404).body
        assert f'value="{escape(typed)}"' in body
        pages.add(body.replace(f'value="{escape(typed)}"', ""))

    assert len(pages) == 1
    assert "Ce code n’est pas reconnu" in pages.pop()


def test_a_code_put_right_where_it_was_refused_is_taken(visitor: Visitor, code: str) -> None:
    type_code(visitor, code[:-1], 404)

    visitor.fill({"code": code}).press("Commencer")

    assert visitor.page.heading.startswith("Votre situation")


@pytest.mark.parametrize("pasted", ["http://localhost/q/essai/agents#{}", "Code : {}.", "<#{}>"])
def test_what_is_pasted_without_script_is_as_good_as_the_code(
    visitor: Visitor, code: str, pasted: str
) -> None:
    assert type_code(visitor, pasted.format(code)).page.heading.startswith("Votre situation")


def test_a_script_that_works_is_never_led_to_the_weaker_way(
    platform: Running, visitor: Visitor, code: str
) -> None:
    visitor.send("/entree", [("code", code), ("script", "1")], 200)

    assert visitor.url == "/q/essai/agents"
    assert SENTENCE in visitor.body  # among what is only for those without script
    assert issued(platform) == 0


def test_a_form_of_another_audience_or_campaign_is_refused(
    platform: Running, visitor: Visitor, code: str
) -> None:
    fields = [("code", code), ("fonction", "agent")]

    visitor.send("/entree/essai/cadres", fields, 404)
    visitor.send("/entree/autre/agents", fields, 404)

    assert issued(platform) == 0


def test_the_campaign_must_be_open(
    platform: Running, visitor: Visitor, clock: Clock, code: str
) -> None:
    clock.now = small.OPENS
    clock.advance(hours=-1)
    type_code(visitor, code, 403)

    clock.advance(hours=2)
    platform.campaigns.pause("essai")
    type_code(visitor, code, 503)
    platform.campaigns.resume("essai")

    clock.now = small.CLOSES
    clock.advance(days=3)
    type_code(visitor, code, 410)
    assert visitor.page.heading == "La consultation est terminée"
    assert issued(platform) == 0


def test_while_closing_a_draft_may_be_finished_and_nothing_begun(
    platform: Running, visitor: Visitor, clock: Clock, code: str
) -> None:
    begin(visitor, code)
    clock.now = small.CLOSES
    platform.release.prove(platform.campaign)

    type_code(visitor, code)
    assert visitor.page.heading.startswith("Vos missions")
    to_the_review(visitor).press("Envoyer mes réponses")
    type_code(visitor, platform.codes["agents"][1]).fill({"fonction": "agent"})
    visitor.press("suite", 410)

    assert visitor.page.heading == "La consultation est terminée"


@pytest.mark.parametrize("path", ["/entree", "/entree/essai/agents"])
def test_the_door_opened_without_its_form_leads_to_the_code(visitor: Visitor, path: str) -> None:
    assert visitor.open(path).url == "/q"


def test_the_two_sides_share_no_value(platform: Running, visitor: Visitor, code: str) -> None:
    to_the_review(begin(visitor, code)).press("Envoyer mes réponses")
    begin(visitor, platform.codes["agents"][1])

    roll = values(platform.roll_store, roll_tables)
    box = values(platform.box_store, box_tables)

    assert platform.urn.counts(platform.campaign).spent == 1
    assert len(roll) > 20
    assert len(box) > 5
    assert roll & box == set()


def values(store: Database, tables: MetaData) -> set[bytes | str]:
    with store.read() as connection:
        rows = [row for one in tables.tables.values() for row in connection.execute(select(one))]
    return {value for row in rows for value in row if isinstance(value, bytes | str) and value}
