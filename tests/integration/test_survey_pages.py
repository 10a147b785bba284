"""The survey's pages, as a browser with the script's help walks through them."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
import running
import small
from conftest import Clock
from running import Running
from visitor import Visitor

from consultation.ballots.boxes import from_urn
from consultation.ballots.pages import CARRIED
from consultation.blind import from_wire, nullifier, to_wire
from consultation.database import Database
from consultation.questionnaire.reading import ID, RESERVED
from consultation.roll.keys import RollKeys

HERE = "/q/essai/agents"
FIRST = f"{HERE}/pages/situation"


@pytest.fixture
def visitor(platform: Running) -> Visitor:
    return Visitor(platform.app)


@pytest.fixture
def credential() -> small.Credential:
    return small.credential()


def begin(visitor: Visitor, credential: small.Credential) -> Visitor:
    """Be on the second page, as the script leads there."""
    visitor.open(f"{HERE}/commencer").fill({"fonction": "agent", **credential.fields})
    return visitor.press("suite")


def to_the_review(visitor: Visitor, answers: Mapping[str, str] | None = None) -> Visitor:
    """Go on from the second page to the review."""
    visitor.fill(answers or {}).press("suite")
    return visitor.press("suite")


def released(platform: Running) -> list[dict[str, object]]:
    platform.release.run(platform.campaign, everything=True)
    opened = (
        from_urn(platform.campaign.urn, small.export_key(), box)
        for box in platform.urn.ballots(platform.campaign)
    )
    return [json.loads(document) for document in opened]


# --- The whole way ---


def test_an_agent_answers_from_the_landing_to_the_thanks(
    platform: Running, visitor: Visitor, credential: small.Credential
) -> None:
    visitor.open(HERE)
    assert "28 juin 2024 à 18" in visitor.body
    begin(visitor, credential)
    visitor.fill({"missions": ["guichet", "autre"], "missions.other": "Régie"}).press("suite")
    visitor.fill({"avis.delais": "d1", "delais_mieux": "Des horaires\r\nétendus"}).press("suite")
    visitor.fill({"tt": "1,5", "priorites.1": "locaux"}).press("suite")
    assert visitor.page.heading == "Relire avant d’envoyer"
    visitor.press("Envoyer mes réponses")

    assert visitor.page.heading == "Vos réponses sont envoyées"
    assert "data-done" in visitor.page.data
    assert nullifier(credential.msg).hex() in visitor.body
    assert platform.urn.tokens(platform.campaign) == [nullifier(credential.msg).hex()]
    assert released(platform) == [
        {
            "definition": small.questionnaire().digest,
            "audience": "agents",
            "answers": {
                "fonction": "agent",
                "missions": ["guichet", "autre"],
                "missions.other": "Régie",
                "avis": {"delais": "d1"},
                "delais_mieux": "Des horaires\nétendus",
                "tt": 1.5,
                "priorites": ["locaux"],
            },
        }
    ]


def test_before_the_opening_the_page_says_when_it_is_wherever_one_is(
    visitor: Visitor, clock: Clock
) -> None:
    clock.now = small.OPENS - timedelta(days=1)

    visitor.open(HERE, status=403)

    assert visitor.page.heading == "La consultation n’est pas encore ouverte"
    assert "lundi 3 juin 2024 à 9\u00a0h (heure de Paris)" in visitor.body
    assert "lundi 3 juin 2024 à 21\u00a0h" not in visitor.body
    assert "<dd>dimanche 2 juin 2024 à 21\u00a0h</dd>" in visitor.body  # Tahiti


def test_sending_again_is_thanked_and_counts_once(
    platform: Running, visitor: Visitor, credential: small.Credential
) -> None:
    to_the_review(begin(visitor, credential))
    form = visitor.form("/envoyer")
    fields = form.filled({})

    visitor.send(form.action, fields, 200).send(form.action, fields, 200)

    assert "déjà enregistrée" in visitor.body
    assert platform.urn.counts(platform.campaign).spent == 1


def test_whoever_sends_other_answers_is_told_that_they_were_not_added(
    platform: Running, visitor: Visitor, credential: small.Credential
) -> None:
    to_the_review(begin(visitor, credential))
    form = visitor.form("/envoyer")
    fields = dict(form.filled({}))
    visitor.send(form.action, list(fields.items()), 200)
    other = json.dumps(json.loads(fields["answers"]) | {"fonction": "direction", "equipe": 3})

    visitor.send(form.action, list((fields | {"answers": other}).items()), 200)

    assert visitor.page.heading == "Des réponses étaient déjà envoyées"
    assert (
        "si vous venez d’en envoyer d’autres, elles n’ont pas été ajoutées" in visitor.body.lower()
    )
    end = str(platform.campaign.questionnaire.end)
    shown = re.sub(r'(?s)<div id="_memes" hidden>.*?</div>', "", visitor.body)
    assert end not in shown
    assert [one["answers"]["fonction"] for one in released(platform)] == ["agent"]


def test_a_spent_credential_opens_no_page(visitor: Visitor, credential: small.Credential) -> None:
    to_the_review(begin(visitor, credential)).press("Envoyer mes réponses")

    visitor.send(FIRST, [*credential.fields.items(), ("action", "afficher")], 410)

    assert visitor.page.heading == "Ce lien a déjà servi"
    assert "data-done" in visitor.page.data


def test_no_page_sets_a_cookie(visitor: Visitor, credential: small.Credential) -> None:
    to_the_review(begin(visitor, credential)).press("Envoyer mes réponses")

    assert "Set-Cookie" not in visitor.headers
    assert visitor.headers["Cache-Control"] == "no-store"


# --- Titles, progress, errors ---


def test_the_title_says_where_one_is(visitor: Visitor, credential: small.Credential) -> None:
    begin(visitor, credential)
    assert visitor.page.title.startswith("Vos missions – Étape 2 sur 3 – Consultation")

    visitor.fill({"missions": "telephone"}).press("suite")
    assert visitor.page.title.startswith("Relation à l’usager – Étape 3 sur 4 – Consultation")


def test_errors_come_first_with_links_and_what_was_typed(
    visitor: Visitor, credential: small.Credential
) -> None:
    to_the_review(begin(visitor, credential)).press("temps")

    visitor.fill({"tt": "trois", "tt_voulu": "9"}).press("suite", 422)

    assert visitor.page.title.startswith("Erreur : Organisation du travail")
    assert 'href="#tt"' in visitor.body
    assert 'href="#tt_voulu"' in visitor.body
    assert "autofocus" in visitor.body
    assert 'value="trois"' in visitor.body


def test_the_key_enter_goes_on(visitor: Visitor, credential: small.Credential) -> None:
    begin(visitor, credential)

    assert visitor.form("/pages/").buttons[0].value == "suite"


def test_no_question_can_be_named_like_a_part_of_its_page(
    visitor: Visitor, credential: small.Credential
) -> None:
    begin(visitor, credential).press("suite").fill({"tt": "3", "tt_voulu": "1"}).press("suite")
    own = {question.id for question in small.questionnaire().questions}

    ids = set(re.findall(r' id="([^"]+)"', visitor.body))
    names = {control.name for control in visitor.form("/pages/").controls if control.hidden}

    parts = {one for one in ids | names | CARRIED if ID.fullmatch(one)} - own
    assert parts <= RESERVED


# --- Follow-ups and remarks ---


def test_a_follow_up_is_shown_once_with_answers_kept(
    visitor: Visitor, credential: small.Credential
) -> None:
    visitor.open(f"{HERE}/commencer")
    visitor.fill({"territoire": "D29", "fonction": "direction", **credential.fields})
    visitor.press("suite")

    assert "Une question s’ajoute à partir de votre réponse." in visitor.body
    assert not visitor.page.title.startswith("Erreur")
    assert visitor.form("/pages/").has("equipe")
    visitor.press("suite", 422)
    visitor.fill({"equipe": "12"}).press("suite")
    assert visitor.page.heading.startswith("Vos missions")


def test_a_hidden_answer_comes_back_with_its_question(
    visitor: Visitor, credential: small.Credential
) -> None:
    visitor.open(f"{HERE}/commencer").fill({"fonction": "direction", **credential.fields})
    visitor.press("suite").fill({"equipe": "12"}).press("suite").press("retour")
    visitor.fill({"fonction": "agent"}).press("suite").press("retour")
    assert not visitor.form("/pages/").has("equipe")

    visitor.fill({"fonction": "direction"}).press("suite")

    assert 'id="equipe" name="equipe" value="12"' in visitor.body


def test_a_remark_is_made_once(visitor: Visitor, credential: small.Credential) -> None:
    begin(visitor, credential).press("suite")

    visitor.fill({"tt": "3", "tt_voulu": "1"}).press("suite")
    assert "est-ce bien cela" in visitor.body
    assert 'value="3"' in visitor.body

    visitor.press("suite")
    assert visitor.page.heading == "Relire avant d’envoyer"


# --- Back, later, review ---


def test_going_back_keeps_what_was_typed_even_wrong(
    visitor: Visitor, credential: small.Credential
) -> None:
    begin(visitor, credential).press("suite").fill({"tt": "trois", "mot": "Merci"})

    visitor.press("retour").press("suite")

    assert 'value="trois"' in visitor.body
    assert 'value="Merci"' in visitor.body


def test_what_is_wrong_is_asked_again_before_the_review(
    visitor: Visitor, credential: small.Credential
) -> None:
    to_the_review(begin(visitor, credential)).press("temps").fill({"tt": "trois"}).press("retour")

    visitor.press("suite", 422)

    assert visitor.page.title.startswith("Erreur : Organisation du travail")


def test_finishing_later_says_where_the_answers_are(
    visitor: Visitor, credential: small.Credential
) -> None:
    begin(visitor, credential).fill({"note": "8"}).press("plus-tard")
    assert visitor.page.heading == "Vos réponses sont gardées"
    assert "gardées, chiffrées, sur cet appareil" in visitor.body

    visitor.press("afficher")

    assert visitor.form("/pages/").filled({}).count(("note", "8")) == 1


def test_the_review_counts_what_was_left_out(
    visitor: Visitor, credential: small.Credential
) -> None:
    to_the_review(begin(visitor, credential), {"note": "8"})

    assert "6 questions sont restées sans réponse, c’est permis." in visitor.body


def test_a_changed_page_leads_back_to_the_review(
    visitor: Visitor, credential: small.Credential
) -> None:
    to_the_review(begin(visitor, credential)).press("missions")

    visitor.fill({"missions": "courrier"}).press("suite")

    assert visitor.page.heading == "Relire avant d’envoyer"
    assert "Courrier" in visitor.body


def test_a_change_that_opens_a_page_leads_to_it_first(
    visitor: Visitor, credential: small.Credential
) -> None:
    to_the_review(begin(visitor, credential)).press("missions")

    visitor.fill({"missions": "guichet"}).press("suite")
    assert visitor.page.heading.startswith("Relation à l’usager")

    visitor.press("suite")
    assert visitor.page.heading == "Relire avant d’envoyer"


# --- What the script asks ---


def test_the_script_learns_that_the_first_page_is_good(platform: Running, visitor: Visitor) -> None:
    visitor.open(f"{HERE}/commencer")
    fields = visitor.form("/pages/").filled({"fonction": ["agent"]})

    visitor.send(FIRST, [*fields, ("action", "verifier")], 204)

    assert platform.urn.counts(platform.campaign).spent == 0


def test_a_first_page_sent_before_its_script_came_keeps_its_answers(
    visitor: Visitor, credential: small.Credential
) -> None:
    visitor.open(f"{HERE}/commencer").fill({"territoire": "D29", "fonction": "direction"})

    visitor.press("suite")

    assert "enregistrez-les à nouveau" in visitor.body
    assert 'data-n="' in visitor.body  # the script, once there, goes on from here
    visitor.fill({"equipe": "12", **credential.fields}).press("suite")
    assert visitor.page.heading.startswith("Vos missions")
    visitor.press("retour")
    assert 'value="D29" selected' in visitor.body
    visitor.send(f"{HERE}/pages/missions", [("action", "suite")], status=403)


def test_an_empty_first_page_is_refused(visitor: Visitor) -> None:
    visitor.open(f"{HERE}/commencer")
    fields = visitor.form("/pages/").filled({})

    visitor.send(FIRST, [*fields, ("action", "verifier")], 422)

    assert "Répondez à au moins une question" in visitor.body


def test_the_first_page_gives_the_key_and_offers_no_other_way(visitor: Visitor) -> None:
    visitor.open(f"{HERE}/commencer")

    public = small.public_keys()["agents"]
    assert from_wire(visitor.page.data["data-n"]) == public.n.to_bytes(public.size)
    values = {button.value for button in visitor.form("/pages/").buttons}
    assert values == {"suite"}


# --- Links ---


@pytest.mark.parametrize("code", ["", "%23ABCD-EFGH", "%2523ABCD-EFGH"])
@pytest.mark.parametrize("start", ["/q", HERE])
def test_a_rewritten_link_leads_to_the_landing(visitor: Visitor, start: str, code: str) -> None:
    visitor.open(start + code)

    assert visitor.form("/entree").has("code")
    assert "ABCD" not in visitor.body


def test_the_front_door_leads_to_the_code(visitor: Visitor) -> None:
    assert visitor.open("/").url == "/q"


@pytest.mark.parametrize("path", ["/quelque", "/q/essai", "/q/autre/agents", "/q/essai/autres"])
def test_an_unknown_address_is_not_found(visitor: Visitor, path: str) -> None:
    visitor.open(path, 404)


@pytest.mark.parametrize("end", ["/pages/missions", "/relire", "/envoyer"])
def test_a_page_opened_without_its_form_leads_back(visitor: Visitor, end: str) -> None:
    assert visitor.open(HERE + end).url == HERE


def test_looking_changes_nothing(platform: Running) -> None:
    client = platform.app.test_client()

    for path in ("/q", HERE, f"{HERE}/commencer"):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200

    assert platform.roll.counts("essai").issued == 0
    assert platform.urn.counts(platform.campaign).spent == 0


# --- Forged, tampered, oversized ---


@pytest.mark.parametrize(
    "forged",
    [
        {},
        {"m": "", "s": ""},
        {"m": "é" * 86, "s": "!"},
        {"m": to_wire(bytes(64)), "s": to_wire(bytes(384))},
        {"m": to_wire(bytes(63)), "s": to_wire(bytes(384))},
        {"m": "A" * 5000, "s": "A" * 5000},
    ],
)
@pytest.mark.parametrize("end", ["/pages/missions", "/relire", "/envoyer"])
def test_a_forged_credential_gets_one_constant_page(
    visitor: Visitor, forged: dict[str, str], end: str
) -> None:
    expected = visitor.send(f"{HERE}/relire", [("m", "x"), ("s", "x")], 403).body

    visitor.send(HERE + end, list(forged.items()), 403)

    assert visitor.body == expected


def test_a_credential_of_another_audience_is_refused(visitor: Visitor) -> None:
    fields = small.credential("cadres").fields

    visitor.send(f"{HERE}/relire", list(fields.items()), 403)


@pytest.mark.parametrize(
    "answers",
    [
        "{",
        "[]",
        "null",
        "9" * 9999,
        "[" * 20000,
        '{"fonction": 3}',
        '{"inconnue": "x"}',
        '{"fonction": "roi"}',
        '{"avis": {"delais": ["d1"]}}',
        '{"tt": 1e999}',
        '{"tt": NaN}',
    ],
)
def test_tampered_answers_are_dropped(
    visitor: Visitor, credential: small.Credential, answers: str
) -> None:
    fields = [*credential.fields.items(), ("answers", answers), ("action", "afficher")]

    visitor.send(f"{HERE}/pages/missions", fields, 200)

    assert visitor.form("/pages/").hidden("answers") == "{}"


def test_a_review_without_answers_leads_to_the_first_page(
    visitor: Visitor, credential: small.Credential
) -> None:
    visitor.send(f"{HERE}/relire", list(credential.fields.items()), 422)

    assert "Répondez à au moins une question" in visitor.body


def test_a_ballot_that_lacks_a_required_answer_is_not_cast(
    platform: Running, visitor: Visitor, credential: small.Credential
) -> None:
    answers = json.dumps({"fonction": "direction"})

    visitor.send(f"{HERE}/envoyer", [*credential.fields.items(), ("answers", answers)], 422)

    assert visitor.page.title.startswith("Erreur : Votre situation")
    assert 'href="#equipe"' in visitor.body
    assert not platform.urn.is_spent(nullifier(credential.msg))


def test_answers_that_are_not_shown_are_not_stored(
    platform: Running, visitor: Visitor, credential: small.Credential
) -> None:
    answers = json.dumps({"fonction": "agent", "equipe": 9, "delais_mieux": "secret"})

    visitor.send(f"{HERE}/envoyer", [*credential.fields.items(), ("answers", answers)], 200)

    assert released(platform)[0]["answers"] == {"fonction": "agent"}


def test_an_unknown_page_is_not_found(visitor: Visitor, credential: small.Credential) -> None:
    fields = list(credential.fields.items())

    visitor.send(f"{HERE}/pages/inconnue", fields, 404)
    visitor.send(f"{HERE}/relire", [*fields, ("modifier", "inconnue")], 404)


def test_too_much_is_refused(visitor: Visitor, credential: small.Credential) -> None:
    fields = list(credential.fields.items())

    visitor.send(FIRST, [*fields, ("answers", "x" * 70_000)], 413)
    visitor.send(FIRST, [*fields, *[("fonction", "agent")] * 1001], 413)


WRITING = f"""{small.ONE_QUESTION.replace("Agents}", "Agents, cadres: Cadres}").rstrip()}
  - {{id: texte, type: longtext, max_length: 4000, text: "Dites-nous"}}
"""


def test_texts_fit_in_french_and_others_are_told_when_they_do_not(
    store: Callable[[str], Database], roll_keys: RollKeys, clock: Clock, keys_directory: Path
) -> None:
    platform = running.run(store, roll_keys, clock, keys_directory, definition=WRITING)
    visitor = Visitor(platform.app)

    def sent(written: str, status: int) -> str:
        fields = {"avis": "oui", "texte": written, **small.credential().fields}
        visitor.open(f"{HERE}/commencer").fill(fields).press("suite")
        return visitor.press("Envoyer mes réponses", status).body

    assert platform.campaign.box_size == 8 * 1024
    assert "Vos textes sont trop longs" in sent("語" * 4000, 422)
    assert "Vos textes sont trop longs" not in sent("é" * 4000, 200)
    assert released(platform) == [
        {
            "definition": platform.campaign.digest,
            "audience": "agents",
            "answers": {"avis": "oui", "texte": "é" * 4000},
        }
    ]


def test_text_comes_back_as_text(visitor: Visitor, credential: small.Credential) -> None:
    begin(visitor, credential).press("suite")

    visitor.fill({"mot": '<b onclick="x">&amp;"\''}).press("suite")

    assert "&lt;b onclick=&#34;x&#34;&gt;&amp;amp;" in visitor.body


# --- The life of a campaign ---


def test_before_the_opening_the_pages_say_when(
    visitor: Visitor, clock: Clock, credential: small.Credential
) -> None:
    clock.now = small.OPENS
    clock.advance(seconds=-1)

    for path in (HERE, f"{HERE}/commencer"):
        visitor.open(path, 403)
    visitor.send(FIRST, list(credential.fields.items()), 403)

    assert visitor.page.heading == "La consultation n’est pas encore ouverte"
    assert "lundi 3 juin 2024" in visitor.body


def test_a_pause_loses_nothing(
    platform: Running, visitor: Visitor, credential: small.Credential
) -> None:
    to_the_review(begin(visitor, credential))
    form = visitor.form("/envoyer")
    fields = form.filled({})

    platform.campaigns.pause("essai")
    visitor.open(HERE, 503).send(form.action, fields, 503)
    assert visitor.page.heading == "La consultation est suspendue"

    platform.campaigns.resume("essai")
    visitor.send(form.action, fields, 200)
    assert platform.urn.counts(platform.campaign).spent == 1


def test_what_was_begun_may_still_be_sent_while_closing(
    platform: Running, visitor: Visitor, clock: Clock, credential: small.Credential
) -> None:
    to_the_review(begin(visitor, credential))
    clock.now = small.CLOSES
    platform.release.prove(platform.campaign)

    visitor.press("Envoyer mes réponses")

    assert visitor.page.heading == "Vos réponses sont envoyées"


def test_after_the_end_nothing_enters(
    platform: Running, visitor: Visitor, clock: Clock, credential: small.Credential
) -> None:
    to_the_review(begin(visitor, credential))
    clock.now = small.CLOSES
    clock.advance(days=3)

    visitor.press("Envoyer mes réponses", 410)

    assert visitor.page.heading == "La consultation est terminée"
    assert platform.urn.counts(platform.campaign).spent == 0


def test_who_lost_the_thanks_gets_them_after_the_end_too(
    visitor: Visitor, clock: Clock, credential: small.Credential
) -> None:
    to_the_review(begin(visitor, credential))
    form = visitor.form("/envoyer")
    fields = form.filled({})
    visitor.send(form.action, fields, 200)
    clock.now = small.CLOSES
    clock.advance(days=3)

    visitor.send(form.action, fields, 200)

    assert "déjà enregistrée" in visitor.body


# --- A questionnaire corrected meanwhile


def test_a_correction_on_the_way_loses_nothing(visitor: Visitor, platform: Running) -> None:
    begin(visitor, small.credential()).fill({"missions": ["guichet"]})
    corrected = small.DEFINITION.replace("Accueil au guichet", "Accueil du public")

    platform.campaigns.revise("essai", corrected, small.LISTS)
    visitor.press("suite").press("suite").press("suite")

    assert "Accueil du public" in visitor.body
    visitor.press("Envoyer mes réponses")
    assert platform.urn.counts(platform.campaigns.get("essai")).spent == 1
