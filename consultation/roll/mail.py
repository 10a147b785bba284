"""Writes the messages that people receive, in text and in HTML."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from consultation.config import Settings, shipped
from consultation.formatting import end, moment, one_line
from consultation.office.campaigns import Campaign
from consultation.roll import codes
from consultation.roll.headers import address_in, write_mailbox, write_text
from consultation.roll.relay import Letter
from consultation.roll.store import Batch, Kind, Outgoing

_SUBJECTS: Mapping[Kind, str] = {
    "invitation": "",
    "replacement": "Votre nouveau lien : ",
    "reminder": "Rappel : ",
    "begun": "Rappel : ",
}

STOP = "stop-"
"""Before the mark of an invitation: its holder wants no reminder."""

_HOUR = " (heure de Paris)"


def message(
    outgoing: Outgoing,
    campaign: Campaign,
    settings: Settings,
    *,
    at: datetime,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> EmailMessage:
    """The message in text and HTML, the same words; the code is in the body only."""
    sender = _sender(settings)
    mail = EmailMessage(policy=SMTP)
    write_mailbox(mail, "From", sender.display_name, sender.addr_spec)
    mail["To"] = outgoing.address
    name, address = parseaddr(settings.mail_reply_to)
    write_mailbox(mail, "Reply-To", name, address or sender.addr_spec)
    write_text(mail, "Subject", _SUBJECTS[outgoing.kind] + _subject(campaign))
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{random_bytes(16).hex()}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["Precedence"] = "bulk"
    mail["List-Unsubscribe"] = f"<mailto:{_unsubscribe(outgoing, settings, sender)}>"
    words = _words(outgoing, campaign, settings)
    text = _templates().get_template("invitation.txt").render(words)
    html = _templates().get_template("invitation.html").render(words)
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    return mail


class Writer:
    """Writes the messages of one campaign as they travel.

    Most of a message is the same for everyone: it is written once, by `message`, and then filled.
    """

    def __init__(
        self,
        campaign: Campaign,
        settings: Settings,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._campaign = campaign
        self._settings = settings
        self._random_bytes = random_bytes
        self._forms: dict[tuple[Kind, str], tuple[bytes | _Blank, ...]] = {}

    def letter(self, outgoing: Outgoing, at: datetime) -> Letter:
        """One message, ready for the relay."""
        fillings = {
            "code": outgoing.code.encode(),
            "grouped": codes.grouped(outgoing.code).encode(),
            "address": outgoing.address.encode(),
            "returns": outgoing.returns.encode(),
            "id": self._random_bytes(16).hex().encode(),
            "date": format_datetime(at).encode(),
        }
        parts = (
            part if isinstance(part, bytes) else part.filled(fillings)
            for part in self._form(outgoing)
        )
        return Letter(
            sender=return_address(outgoing, self._settings),
            to=outgoing.address,
            content=b"".join(parts),
        )

    def _form(self, outgoing: Outgoing) -> tuple[bytes | _Blank, ...]:
        key = outgoing.kind, outgoing.audience
        if key not in self._forms:
            blank = replace(outgoing, code=_CODE, address=_ADDRESS, returns=_RETURNS)
            written = message(
                blank, self._campaign, self._settings, at=_DATE, random_bytes=lambda _: _ID
            )
            self._forms[key] = _blanks(written.as_bytes(policy=SMTP))
        return self._forms[key]


def return_address(outgoing: Outgoing, settings: Settings) -> str:
    """Where a message that cannot be delivered comes back: it tells whose it was, to us alone."""
    local, at, domain = settings.mail_returns.rpartition("@")
    if not at or not outgoing.returns:
        return _sender(settings).addr_spec
    return f"{local}+{outgoing.returns}@{domain}"


def summary(
    batch: Batch, campaign: Campaign, settings: Settings, *, event: str, at: datetime
) -> EmailMessage:
    """What whoever handed a batch in is told when its sending ends, or stops."""
    sender = _sender(settings)
    mail = EmailMessage(policy=SMTP)
    write_mailbox(mail, "From", sender.display_name, sender.addr_spec)
    mail["To"] = batch.contact
    write_text(mail, "Subject", f"Lot {batch.name} : {event}")
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{secrets.token_hex(16)}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    page = f"{settings.roll_origin or settings.public_url}/bureau/lots/{batch.id.hex()}"
    said = {"name": batch.name, "title": campaign.title, "event": event, "reason": batch.reason}
    words = {name: one_line(text) for name, text in said.items()}
    text = _templates().get_template("bilan.txt")
    mail.set_content(text.render(words, counts=batch.counts, page=page), cte="quoted-printable")
    return mail


def link(public_url: str, campaign: str, audience: str, code: str) -> str:
    """What the agent opens; the code stands in the fragment, which no server receives."""
    return f"{public_url.rstrip('/')}/q/{quote(campaign)}/{quote(audience)}#{code}"


def _words(outgoing: Outgoing, campaign: Campaign, settings: Settings) -> dict[str, object]:
    public_url = settings.landing.rstrip("/")
    key = campaign.keys.get(outgoing.audience)
    return {
        "kind": outgoing.kind,
        "title": one_line(campaign.title),
        "organisation": settings.organisation,
        "minutes": campaign.questionnaire.minutes,
        "opens": moment(campaign.opens).removesuffix(_HOUR),
        "closes": end(campaign.closes),
        "link": link(public_url, outgoing.campaign, outgoing.audience, outgoing.code),
        "typing_page": f"{public_url}/q",
        "code": codes.grouped(outgoing.code),
        "intranet_page": settings.intranet_page,
        "contact": settings.contact or settings.mail_reply_to,
        "personal_data": f"{public_url}/donnees-personnelles",
        "anonymity": f"{public_url}/anonymat",
        "stop": f"{(settings.roll_origin or public_url)}/guichet/rappels",
        "fingerprint": key.fingerprint if key else "",
    }


def _sender(settings: Settings) -> Address:
    name, spec = parseaddr(settings.mail_from)
    return Address(display_name=name or settings.organisation, addr_spec=spec)


def _subject(campaign: Campaign) -> str:
    day = " ".join(end(campaign.closes).split()[1:3])
    return f"{campaign.title} (jusqu’au {day})"


# What stands in the place of each person's own, while the rest of a message is written.
_CODE = "QZ7XQZ7XQZ7XQZ7XQZ7XQZ7XQZ"
_ADDRESS = "en.blanc@blanc.invalid"
_RETURNS = "b1a2c3" * 4
_ID = bytes.fromhex("0b1a2c3d" * 4)
_DATE = datetime(2001, 1, 1, tzinfo=UTC)
_BLANKS = {
    "code": _CODE,
    "grouped": codes.grouped(_CODE),
    "address": _ADDRESS,
    "returns": _RETURNS,
    "id": _ID.hex(),
    "date": format_datetime(_DATE),
}


@dataclass(frozen=True, kw_only=True)
class _Blank:
    """A place to fill; `breaks`: where a line of the quoted text ends in the middle of it."""

    name: str
    breaks: tuple[int, ...]

    def filled(self, fillings: Mapping[str, bytes]) -> bytes:
        """What goes there, cut as the blank was."""
        filling = fillings[self.name]
        ends = (*self.breaks, len(filling))
        return _BREAK.join(
            filling[start:end] for start, end in zip((0, *self.breaks), ends, strict=True)
        )


def _blanks(written: bytes) -> tuple[bytes | _Blank, ...]:
    break_ = f"(?:{_BREAK.decode()})?"
    anything = "|".join(
        f"(?P<{name}>{break_.join(map(re.escape, text))})" for name, text in _BLANKS.items()
    )
    parts: list[bytes | _Blank] = []
    end = 0
    for found in re.finditer(anything.encode(), written):
        pieces = found[0].split(_BREAK)[:-1]
        breaks = tuple(sum(map(len, pieces[: n + 1])) for n in range(len(pieces)))
        parts += [written[end : found.start()], _Blank(name=found.lastgroup or "", breaks=breaks)]
        end = found.end()
    return *parts, written[end:]


_BREAK = b"=\r\n"


def _unsubscribe(outgoing: Outgoing, settings: Settings, sender: Address) -> str:
    if settings.mail_returns and outgoing.returns:
        local, _, domain = settings.mail_returns.rpartition("@")
        return f"{local}+{STOP}{outgoing.returns}@{domain}"
    return address_in(settings.contact) or address_in(settings.mail_reply_to) or sender.addr_spec


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(shipped("templates") / "mail"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
