"""The mail relay: takes one message after the other, and tells what became of each in words."""

from __future__ import annotations

import re
import smtplib
import ssl
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Literal, Protocol, Self

from consultation.config import Smtp

TIMEOUT = 30.0  # seconds
PER_CONNECTION = 100
PERHAPS_LEFT = "Demandez à la personne si elle l’a reçu, ou remettez-le en attente."

End = Literal["sent", "refused", "uncertain", "later", "lost", "barred", "down", "stopped"]
"""What a relay makes of a message.

Over: taken; refused for good; uncertain, nobody knows. Another time: later, the relay said so for
this one; lost, it broke off, because of this one or for all; barred, it refuses who sends. Not even
tried: down, no relay is there or it has no time; stopped, it wants none of ours.
"""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one message, why, and what to do about it, in words."""

    kind: End
    reason: str = ""
    remedy: str = ""

    @property
    def words(self) -> str:
        """Why, then what to do."""
        return f"{self.reason}. {self.remedy}" if self.remedy else self.reason


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message as it travels: from and to whom its envelope says, and its lines."""

    sender: str
    to: str
    content: bytes


class Carrier(Protocol):
    """Whatever takes messages."""

    def send(self, letter: Letter) -> Outcome:
        """Take one message and tell what became of it."""

    def close(self) -> None:
        """Give the connection back."""


class Mailer:
    """The relay named by the settings; one connection serves about a hundred messages."""

    def __init__(self, smtp: Smtp, timeout: float = TIMEOUT) -> None:
        self._smtp = smtp
        self._timeout = timeout
        self._relay: smtplib.SMTP | None = None
        self._carried = 0

    def send(self, letter: Letter) -> Outcome:
        """Hand one message to the relay; broken off, a connection that had served is renewed once.

        Many relays end a connection after some messages: the next one is not to blame.
        """
        if self._carried >= PER_CONNECTION:
            self.close()
        had_served = self._carried > 0
        outcome = self._tried(letter)
        return self._tried(letter) if outcome.kind == "lost" and had_served else outcome

    def close(self) -> None:
        """Take leave of the relay; the next message opens another connection."""
        relay, self._relay, self._carried = self._relay, None, 0
        if relay is not None:
            with suppress(OSError, smtplib.SMTPException):
                relay.quit()
            relay.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _connected(self) -> smtplib.SMTP:
        smtp = self._smtp
        # Reading the certificates of the system costs more than a hundred messages.
        context = ssl.create_default_context() if smtp.tls != "none" else None
        place, timeout = (smtp.host, smtp.port, _our_name()), self._timeout
        relay = (
            smtplib.SMTP_SSL(*place, timeout=timeout, context=context)
            if smtp.tls == "implicit"
            else smtplib.SMTP(*place, timeout=timeout)
        )
        self._relay = relay
        if smtp.tls == "starttls":
            relay.starttls(context=context)
        if smtp.user:
            _log_in(relay, smtp.user, smtp.password)
        relay.ehlo_or_helo_if_needed()
        return relay

    def _tried(self, letter: Letter) -> Outcome:
        try:
            relay = self._relay or self._connected()
        except smtplib.SMTPAuthenticationError as error:
            return self._left(_unwelcome("identifiants refusés", *_reply(error)))
        except smtplib.SMTPResponseException as error:
            return self._left(_unwelcome("connexion refusée", *_reply(error)))
        except (OSError, UnicodeError, smtplib.SMTPException) as error:
            return self._left(Outcome(kind="down", reason=self._unreachable(error)))
        return self._handed(relay, letter)

    def _handed(self, relay: smtplib.SMTP, letter: Letter) -> Outcome:
        self._carried += 1
        try:
            outcome = self._announced(relay, letter)
            if outcome is None:
                relay.send(_on_the_wire(letter.content))
        except (OSError, smtplib.SMTPException):
            cut = "la connexion au relais a été coupée"
            return self._left(Outcome(kind="lost", reason=cut, remedy=_AGAIN))
        if outcome is None:
            outcome = self._answered(relay)
        if outcome.kind in ("lost", "barred"):
            return self._left(outcome)
        if outcome.kind in ("later", "refused"):
            self._reset(relay)
        return outcome

    def _announced(self, relay: smtplib.SMTP, letter: Letter) -> Outcome | None:
        """Everything that comes before the text; None: the relay waits for it."""
        code, text = relay.mail(letter.sender)
        if _family(code) != 2:
            kind: End = "barred" if _family(code) == 5 else "lost"
            return _said(kind, "adresse d’envoi refusée", code, text)
        code, text = relay.rcpt(letter.to)
        if _family(code) == 2:
            code, text = relay.docmd("DATA")
            if _family(code) == 3:
                return None
        return _judged(code, text)

    def _answered(self, relay: smtplib.SMTP) -> Outcome:
        """The relay's last word; without it, nobody knows whether the message left."""
        try:
            code, text = relay.getreply()
        except (OSError, smtplib.SMTPException):
            self.close()
            return Outcome(
                kind="uncertain",
                reason="connexion coupée après l’envoi, avant la réponse",
                remedy=PERHAPS_LEFT,
            )
        return Outcome(kind="sent") if _family(code) == 2 else _judged(code, text)

    def _reset(self, relay: smtplib.SMTP) -> None:
        try:
            relay.rset()
        except (OSError, smtplib.SMTPException):
            self.close()

    def _left(self, outcome: Outcome) -> Outcome:
        self.close()
        return outcome

    def _unreachable(self, error: Exception) -> str:
        why = {
            ConnectionRefusedError: "il refuse la connexion",
            TimeoutError: "il ne répond pas",
            ssl.SSLError: "la connexion chiffrée a échoué",
            smtplib.SMTPNotSupportedError: "il n’offre pas le chiffrement ou l’identification",
        }
        told = next((words for kind, words in why.items() if isinstance(error, kind)), "")
        place = f"{self._smtp.host}:{self._smtp.port}"
        return f"le relais {place} est injoignable ({told or 'vérifiez son nom'})"


def _log_in(relay: smtplib.SMTP, user: str, password: str) -> None:
    """Say who we are; in UTF-8 (RFC 4616), when smtplib, which knows ASCII only, cannot."""
    if (user + password).isascii():
        relay.login(user, password)
        return
    relay.ehlo_or_helo_if_needed()
    offered = relay.esmtp_features.get("auth", "").upper().split()
    if "PLAIN" in offered:
        told = _in_base64(f"\0{user}\0{password}")
        code, text = relay.docmd("AUTH", f"PLAIN {told}")
    elif "LOGIN" in offered:
        code, text = relay.docmd("AUTH", f"LOGIN {_in_base64(user)}")
        if _family(code) == 3:
            code, text = relay.docmd(_in_base64(password))
    else:
        raise smtplib.SMTPNotSupportedError
    if _family(code) != 2:
        raise smtplib.SMTPAuthenticationError(code, text)


def _in_base64(text: str) -> str:
    return b64encode(text.encode()).decode()


@cache
def _our_name() -> str:
    """How this machine names itself: asked once, as a slow name server takes seconds each time."""
    return smtplib.SMTP().local_hostname


def _on_the_wire(content: bytes) -> bytes:
    lines = re.sub(rb"(?m)^\.", b"..", content)
    return lines.rstrip(b"\r\n") + b"\r\n.\r\n"


def _family(code: int) -> int:
    """The first digit of an answer; 0 for what is none."""
    return code // 100 if 100 <= code < 600 else 0


def _judged(code: int, text: bytes) -> Outcome:
    """What an answer that is not the one hoped for says of a message."""
    match _family(code):
        case 4 if code != 421:
            return _said("later", "le relais demande d’attendre", code, text, _AGAIN)
        case 5:
            return _refused(code, text)
        case _:
            return _said("lost", "le relais a coupé court", code, text, _AGAIN)


def _refused(code: int, text: bytes) -> Outcome:
    """Why, by the detail that most servers give, else by the code alone (RFC 3463, RFC 5321)."""
    detail = text.split(b" ", 1)[0].decode("ascii", "replace")
    if detail in _OF_THE_SENDER or b"sender address" in text.lower():
        return _said("barred", "adresse d’envoi refusée", code, text)
    known = (words for prefix, words in _BY_DETAIL.items() if detail.startswith(prefix))
    reason, remedy = next(known, _BY_CODE.get(code, ("message refusé", _ASK)))
    return _said("refused", reason, code, text, remedy)


_AGAIN = "Le message sera réessayé."
_CORRECT = "Corrigez l’adresse."
_ASK = "Demandez à l’équipe technique d’en lever la cause, puis remettez-le en attente."
_UNKNOWN = ("adresse inconnue du destinataire", _CORRECT)
_FULL = ("boîte pleine", "Prévenez la personne, puis remettez le message en attente.")
_RULES = ("message refusé par les règles du destinataire", _ASK)
_BY_DETAIL = {
    "5.1.": _UNKNOWN,
    "5.2.1": ("boîte fermée", _CORRECT),
    "5.2.2": _FULL,
    "5.2.3": ("message trop gros pour le destinataire", _ASK),
    "5.3.4": ("message trop gros pour le destinataire", _ASK),
    "5.7.": _RULES,
}
_BY_CODE = {550: _UNKNOWN, 551: _UNKNOWN, 553: _UNKNOWN, 552: _FULL, 554: _RULES}
_OF_THE_SENDER = ("5.1.7", "5.1.8")  # told of each recipient by relays that answer there only


def _unwelcome(words: str, code: int, text: bytes) -> Outcome:
    """A relay that wants no connection, for now or at all."""
    return _said("stopped" if _family(code) == 5 else "down", words, code, text)


def _reply(error: smtplib.SMTPResponseException) -> tuple[int, bytes]:
    text = error.smtp_error
    return error.smtp_code, text if isinstance(text, bytes) else text.encode()


def _said(kind: End, words: str, code: int, text: bytes, remedy: str = "") -> Outcome:
    said = " ".join(text.decode("utf-8", "replace").split())[:120]
    return Outcome(kind=kind, reason=f"{words} ({code} {said})", remedy=remedy)
