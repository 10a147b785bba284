"""The invitation: what it says, what it carries, and what it must not carry."""

from __future__ import annotations

import email
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.blind import PrivateKey
from consultation.config import Settings
from consultation.office.campaigns import Campaign
from consultation.questionnaire.elements import Text
from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.rules import Rulebook
from consultation.roll.codes import ALPHABET, LENGTH, grouped, normalise
from consultation.roll.mail import Writer, link, message
from consultation.roll.relay import Outcome
from consultation.roll.sending import Delivered, Progress
from consultation.roll.store import Kind, Outgoing

AT = datetime(2024, 6, 3, 7, 0, tzinfo=UTC)
KEY = PrivateKey.generate(1024).public
CODE = "0123456789ABCDEFGHJKMNPQRS"
OUTGOING = Outgoing(
    id=b"", campaign="juin-2024", audience="agents", address="a.b@ain.gouv.fr", code=CODE
)
SETTINGS = Settings(
    secret_key="k" * 48,
    roll_url="",
    box_url="",
    office_url="",
    keys=Path("keys"),
    public_url="https://consultation.exemple.fr",
    mail_from="consultation@exemple.fr",
    mail_reply_to="aide@exemple.fr",
    organisation="Le ministère de l’intérieur",
    contact="aide@exemple.fr",
    intranet_page="https://intranet.exemple.fr/consultation",
)

ASKED = Questionnaire(
    id="q",
    version=1,
    lang="fr",
    title=Text((("fr", "Q"),)),
    pages=(),
    audiences=(),
    minutes=10,
)

CAMPAIGN = Campaign(
    slug="juin-2024",
    urn=bytes(16),
    title="Votre avis sur l’administration territoriale de l’État",
    questionnaire=ASKED,
    rulebook=Rulebook(ASKED),
    digest="",
    state="open",
    opens=datetime(2024, 6, 3, 7, 0, tzinfo=UTC),
    closes=datetime(2024, 6, 28, 16, 0, tzinfo=UTC),
    grace_until=None,
    pool=50,
    export_key=bytes(32),
    keys={"agents": KEY},
)


def received(
    outgoing: Outgoing = OUTGOING, campaign: Campaign = CAMPAIGN, settings: Settings = SETTINGS
) -> EmailMessage:
    """The message as the recipient's program reads it."""
    sent = message(outgoing, campaign, settings, at=AT).as_bytes()
    return email.message_from_bytes(sent, _class=EmailMessage, policy=policy.default)


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return body.get_content().replace("\u00a0", " ").replace("\r\n", "\n")


def test_the_link_and_the_code_lead_to_the_same_invitation() -> None:
    text = part(received(), "plain")

    assert f"https://consultation.exemple.fr/q/juin-2024/agents#{CODE}\n" in text
    assert "https://consultation.exemple.fr/q et écrivez" in text
    assert f"{grouped(CODE)}\n" in text
    assert {normalise(found) for found in re.findall(r"[\w-]{26,}", text) if normalise(found)} == {
        CODE
    }


def test_dates_and_duration_are_in_french() -> None:
    text = part(received(), "plain")

    assert "du lundi 3 juin 2024 à 9 h au vendredi 28 juin 2024 à 18 h (heure de Paris)" in text
    assert "environ 10 minutes" in text


@pytest.mark.parametrize("kind", get_args(Kind))
def test_text_and_html_say_the_same_words(kind: Kind) -> None:
    mail = received(replace(OUTGOING, kind=kind))
    html = re.sub(r"(?s)<head>.*?</head>|<[^>]+>", " ", part(mail, "html"))

    assert words(unescape(html)) == words(part(mail, "plain"))


def words(text: str) -> set[str]:
    return {word.strip(".:") for word in re.findall(r"[\w@#/:.-]+", text)} - {""}


def test_every_part_needed_to_judge_the_message_is_there() -> None:
    text = part(received(), "plain")

    assert "Le ministère de l’intérieur vous invite" in text
    assert "https://intranet.exemple.fr/consultation" in text
    assert "difficulté d’accès : aide@exemple.fr" in text.replace("\u00a0", " ")
    assert "https://consultation.exemple.fr/donnees-personnelles" in text
    assert "https://consultation.exemple.fr/anonymat" in text
    assert KEY.fingerprint in text
    assert "Vous recevrez au plus deux rappels." in text


def test_headers_are_those_of_an_automatic_message() -> None:
    mail = received()

    assert mail["From"] == "Le ministère de l’intérieur <consultation@exemple.fr>"
    assert mail["To"] == "a.b@ain.gouv.fr"
    assert mail["Reply-To"] == "aide@exemple.fr"
    assert mail["Subject"] == f"{CAMPAIGN.title} (jusqu’au 28 juin)"
    assert mail["Date"].datetime == AT
    assert re.fullmatch(r"<[0-9a-f]{32}@exemple\.fr>", mail["Message-ID"])
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["Precedence"] == "bulk"
    assert mail["List-Unsubscribe"] == "<mailto:aide@exemple.fr>"
    assert mail["List-Unsubscribe-Post"] is None


def test_no_header_holds_the_code() -> None:
    for name, value in received().items():
        assert CODE not in value.replace("-", ""), name


def test_two_messages_share_no_identifier() -> None:
    assert received()["Message-ID"] != received()["Message-ID"]


def test_the_message_is_small_quoted_printable_and_loads_nothing() -> None:
    raw = message(OUTGOING, CAMPAIGN, SETTINGS, at=AT).as_bytes()
    html = part(received(), "html")

    assert len(raw) < 20_000
    assert raw.count(b"quoted-printable") == 2
    assert b"base64" not in raw
    assert max(map(len, raw.splitlines())) <= 998
    for word in ("<img", "<script", "<link", "url(", "@import", "http://"):
        assert word not in html


def spam_points(content: bytes) -> float:
    """What SpamAssassin thinks of a message without asking anyone; from 5 on it is spam."""
    program = shutil.which("spamassassin")
    if program is None:
        pytest.skip("spamassassin is not installed")
    told = subprocess.run([program, "--local"], input=content, check=True, capture_output=True)
    marked = email.message_from_bytes(told.stdout)
    return float(re.findall(r"score=(-?[\d.]+)", marked["X-Spam-Status"])[0])


@pytest.mark.long
@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_message_does_not_look_like_spam(kind: Kind) -> None:
    sent = message(replace(OUTGOING, kind=kind), CAMPAIGN, SETTINGS, at=AT).as_bytes()

    assert spam_points(sent) < 1


@pytest.mark.long
def test_what_looks_like_spam_is_seen() -> None:
    shouted = b"Subject: WINNER! YOU ARE A WINNER!\n\nCLICK HERE, 100% FREE VIAGRA, $$$ NOW\n"

    assert spam_points(shouted) > 5


def test_what_the_settings_leave_out_is_not_announced() -> None:
    bare = replace(SETTINGS, intranet_page="", contact="")
    campaign = replace(CAMPAIGN, keys={}, questionnaire=replace(CAMPAIGN.questionnaire, minutes=0))

    text = part(received(campaign=campaign, settings=bare), "plain")

    assert "authentique" not in text
    assert "minutes" not in text
    assert "Empreinte" not in text
    assert "difficulté d’accès : aide@exemple.fr" in text.replace("\u00a0", " ")


def test_a_title_cannot_forge_a_header_or_a_tag() -> None:
    hostile = replace(CAMPAIGN, title="Avis\r\nBcc: tous@exemple.fr\n<b>&amp;")

    mail = received(campaign=hostile)

    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("Avis Bcc: tous@exemple.fr <b>")
    assert "<b>" not in part(mail, "html")
    assert "&lt;b&gt;&amp;amp;" in part(mail, "html")
    assert "<b>&amp;" in part(mail, "plain")


def test_a_sender_may_have_a_name_and_a_contact_may_be_a_page() -> None:
    settings = replace(
        SETTINGS,
        mail_from="Consultation ATE <consultation@exemple.fr>",
        contact="https://intranet.exemple.fr/aide",
    )

    mail = received(settings=settings)

    assert mail["From"] == "Consultation ATE <consultation@exemple.fr>"
    assert mail["List-Unsubscribe"] == "<mailto:aide@exemple.fr>"


@pytest.mark.parametrize("public_url", ["https://c.fr", "https://c.fr/"])
def test_a_link_keeps_its_code_in_the_fragment(public_url: str) -> None:
    assert link(public_url, "juin", "a b", "X") == "https://c.fr/q/juin/a%20b#X"


def test_progress_counts_what_is_settled() -> None:
    assert Progress(total=9, sent=4, refused=2, uncertain=1, later=2).done == 7
    assert Outcome(kind="sent").reason == ""
    assert Delivered(sent=1, refused=0, uncertain=0, waiting=0).stopped == ""


codes_ = st.text(st.sampled_from(ALPHABET), min_size=LENGTH, max_size=LENGTH)
marks = st.text(st.sampled_from("0123456789abcdef"), min_size=24, max_size=24)
people = st.from_regex(r"[a-z]{1,20}[.+'_-]?[a-z0-9]{1,20}@[a-z]{2,15}[.]gouv[.]fr", fullmatch=True)


@given(
    codes_,
    people,
    marks,
    st.sampled_from(get_args(Kind)),
    st.integers(0, 40),
    st.sampled_from(["", "retour@exemple.fr"]),
)
def test_a_message_filled_is_the_message_written(
    code: str, address: str, mark: str, kind: Kind, longer: int, returns: str
) -> None:
    outgoing = replace(OUTGOING, code=code, address=address, returns=mark, kind=kind)
    place = f"https://{'x' * longer}consultation.exemple.fr"  # where lines break
    settings = replace(SETTINGS, public_url=place, mail_returns=returns)
    id_ = bytes(range(16))

    letter = Writer(CAMPAIGN, settings, lambda _: id_).letter(outgoing, AT)

    written = message(outgoing, CAMPAIGN, settings, at=AT, random_bytes=lambda _: id_)
    assert unbound(letter.content) == unbound(written.as_bytes(policy=policy.SMTP))
    assert letter.to == address


def unbound(content: bytes) -> bytes:
    """Without what separates the parts of a message, drawn for each."""
    return re.sub(rb"={15}\d+==", b"", content)
