"""What was typed is read back as it was, by every program, and writes no header of its own."""

from __future__ import annotations

import email
import re
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage, Message

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consultation.formatting import one_line
from consultation.roll.headers import address_in, write_mailbox, write_text

SNIPPETS = (
    "=?utf-8?q?a=0ABcc:_x@exemple.fr?=",
    "=?utf-8?b?DQpYLVk6IDE=?=",
    "=?iso-8859-1?q?=E9?=",
    "=?",
    "?=",
    "Ain\r\nBcc: x@exemple.fr",
    "\r\n\r\n<html>",
    "\u2028",
    "\x85",
    "\x0b",
    "\0",
    "\ud800",
    "«\u00a0Ain\u00a0»",
    "é" * 40,
    "x" * 90,
    " ",
    "  ",
    "😀",
    '"',
    "\\",
    "<a@b.fr>",
    ",",
    "(",
    "\u202e",
)
TYPED = st.lists(st.sampled_from(SNIPPETS) | st.text(max_size=8), max_size=6).map("".join)


def both(mail: EmailMessage) -> tuple[EmailMessage, Message]:
    """The message as two readers of the standard library understand it."""
    written = mail.as_bytes(policy=policy.SMTP)
    assert max(map(len, written.split(b"\r\n"))) <= 998
    newer = email.message_from_bytes(written, _class=EmailMessage, policy=policy.default)
    return newer, email.message_from_bytes(written)


def older(mail: Message, name: str) -> str:
    return str(make_header(decode_header(re.sub(r"\r?\n(?=[ \t])", "", mail[name]))))


@given(TYPED)
@example("Lot =?utf-8?q?a=0ABcc:_x@exemple.fr?=\u00a0: envoi terminé")
def test_a_subject_is_what_was_typed_and_no_other_header(typed: str) -> None:
    mail = EmailMessage(policy=policy.SMTP)
    write_text(mail, "Subject", "avant")
    write_text(mail, "Subject", typed)
    mail.set_content("Bonjour")

    newer, plain = both(mail)

    names = ["Content-Transfer-Encoding", "Content-Type", "MIME-Version", "Subject"]
    assert sorted(newer.keys()) == sorted(plain.keys()) == names
    assert newer["Subject"] == older(plain, "Subject") == one_line(typed)
    assert newer.get_content().split() == ["Bonjour"]


@given(TYPED)
def test_a_name_beside_an_address_changes_neither(typed: str) -> None:
    mail = EmailMessage(policy=policy.SMTP)
    write_mailbox(mail, "From", typed, "consultation@exemple.fr")
    mail.set_content("Bonjour")

    newer, plain = both(mail)

    (told,) = newer["From"].addresses
    assert told.addr_spec == "consultation@exemple.fr"
    shown = one_line(typed).replace("=?", "= ?")
    # This reader keeps the blanks between two encoded words of a name; RFC 2047 does not.
    assert "".join(told.display_name.split()) == "".join(shown.split())
    assert sorted(newer.keys()) == sorted(plain.keys())
    assert len(newer.keys()) == 4


@pytest.mark.parametrize(
    ("setting", "address"),
    [
        ("aide@exemple.fr", "aide@exemple.fr"),
        ("L’aide <aide@exemple.fr>", "aide@exemple.fr"),
        ("aide@exemple.fr, autre@exemple.fr", "aide@exemple.fr"),
        ("le 01 23 45 67 89", ""),
        ("", ""),
    ],
)
def test_the_address_of_a_setting_is_found(setting: str, address: str) -> None:
    assert address_in(setting) == address
