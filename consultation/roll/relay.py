"""The mail relay: takes one message after the other, and tells what became of each in words."""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, Protocol, Self

from consultation.config import Smtp

TIMEOUT = 30.0  # seconds
PER_CONNECTION = 100


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one message, and why, in words."""

    kind: Literal["sent", "refused", "later", "lost", "down", "uncertain", "stopped"]
    reason: str = ""


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
        """Hand one message to the relay."""
        if self._carried >= PER_CONNECTION:
            self.close()
        try:
            relay = self._relay or self._connected()
        except smtplib.SMTPAuthenticationError as error:
            return self._left(_in_words("stopped", "identifiants refusés", *_reply(error)))
        except smtplib.SMTPResponseException as error:
            kind: Literal["lost", "stopped"] = "lost" if error.smtp_code < 500 else "stopped"
            return self._left(_in_words(kind, "connexion refusée", *_reply(error)))
        except (OSError, smtplib.SMTPException) as error:
            return self._left(Outcome(kind="down", reason=self._unreachable(error)))
        return self._handed(relay, letter)

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
        relay = (
            smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=self._timeout, context=context)
            if smtp.tls == "implicit"
            else smtplib.SMTP(smtp.host, smtp.port, timeout=self._timeout)
        )
        self._relay = relay
        if smtp.tls == "starttls":
            relay.starttls(context=context)
        if smtp.user:
            relay.login(smtp.user, smtp.password)
        relay.ehlo_or_helo_if_needed()
        return relay

    def _handed(self, relay: smtplib.SMTP, letter: Letter) -> Outcome:
        self._carried += 1
        try:
            outcome = self._announced(relay, letter)
            if outcome is None:
                relay.send(_on_the_wire(letter.content))
        except (OSError, smtplib.SMTPException):
            return self._left(Outcome(kind="lost", reason="la connexion au relais a été coupée"))
        if outcome is None:
            outcome = self._answered(relay)
        if outcome.kind in ("lost", "stopped"):
            return self._left(outcome)
        if outcome.kind in ("later", "refused"):
            self._reset(relay)
        return outcome

    def _announced(self, relay: smtplib.SMTP, letter: Letter) -> Outcome | None:
        """Everything that comes before the text; None: the relay waits for it."""
        code, text = relay.mail(letter.sender)
        if code >= 400:
            kind: Literal["lost", "stopped"] = "lost" if code < 500 else "stopped"
            return _in_words(kind, "adresse d’envoi refusée", code, text)
        code, text = relay.rcpt(letter.to)
        if code < 400:
            code, text = relay.docmd("DATA")
        return _judged(code, text) if code >= 400 else None

    def _answered(self, relay: smtplib.SMTP) -> Outcome:
        """The relay's last word; without it, nobody knows whether the message left."""
        try:
            code, text = relay.getreply()
        except (OSError, smtplib.SMTPException):
            self.close()
            return Outcome(
                kind="uncertain", reason="connexion coupée après l’envoi, avant la réponse"
            )
        return _judged(code, text)

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


def _on_the_wire(content: bytes) -> bytes:
    lines = re.sub(rb"(?m)^\.", b"..", content)
    return lines.rstrip(b"\r\n") + b"\r\n.\r\n"


def _judged(code: int, text: bytes) -> Outcome:
    if code < 400:
        return Outcome(kind="sent")
    if code == 421:
        return _in_words("lost", "le relais demande une pause", code, text)
    if code < 500:
        return _in_words("later", "le relais demande d’attendre", code, text)
    return _in_words("refused", _why_refused(code, text), code, text)


def _why_refused(code: int, text: bytes) -> str:
    detail = text.split(b" ", 1)[0]
    if detail.startswith(b"5.7.") or code == 554:
        return "message refusé par les règles du destinataire"
    if detail.startswith(b"5.2.2") or code == 552:
        return "boîte pleine"
    if detail.startswith(b"5.1.") or code in (550, 551, 553):
        return "adresse inconnue du destinataire"
    return "message refusé"


def _reply(error: smtplib.SMTPResponseException) -> tuple[int, bytes]:
    text = error.smtp_error
    return error.smtp_code, text if isinstance(text, bytes) else text.encode()


def _in_words(
    kind: Literal["refused", "later", "lost", "stopped"], words: str, code: int, text: bytes
) -> Outcome:
    said = " ".join(text.decode("utf-8", "replace").split())[:160]
    return Outcome(kind=kind, reason=f"{words} ({code} {said})")
