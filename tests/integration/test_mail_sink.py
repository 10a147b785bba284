"""The demonstration's mail sink keeps every message and sends none."""

import smtplib
from email.message import EmailMessage
from pathlib import Path

import pytest

from consultation.demo.mail_sink import MailSink

pytestmark = pytest.mark.enable_socket


def test_each_message_is_kept_under_its_address(tmp_path: Path) -> None:
    with MailSink(tmp_path / "mail") as sink:
        _send(sink.port, "une@ain.exemple.gouv.fr", "Première")
        _send(sink.port, "une@ain.exemple.gouv.fr", "Seconde")
        _send(sink.port, "../../etc/passwd@ain.exemple.gouv.fr", "Évadée")

    kept = sorted(path.name for path in (tmp_path / "mail").iterdir())
    assert kept == [
        ".._.._etc_passwd@ain.exemple.gouv.fr.eml",
        "une@ain.exemple.gouv.fr (2).eml",
        "une@ain.exemple.gouv.fr.eml",
    ]


def _send(port: int, to: str, text: str) -> None:
    message = EmailMessage()
    message["From"] = "consultation@exemple.gouv.fr"
    message["To"] = to
    message.set_content(text)
    with smtplib.SMTP("127.0.0.1", port) as relay:
        relay.send_message(message)
