"""What comes back: messages that could not be delivered, and people who want no reminder.

A return address names its invitation to us alone. Nothing of a message is kept but what became of
the invitation.
"""

from __future__ import annotations

import imaplib
import logging
import mailbox
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from sqlalchemy import Connection, or_, select, update

from consultation.config import Settings
from consultation.database import Database
from consultation.office.store import Campaigns, Journal
from consultation.refusals import Refusal
from consultation.roll import codes
from consultation.roll.keys import RollKeys
from consultation.roll.mail import STOP
from consultation.roll.tables import PUT_OFF, batch, invitation

try:
    import flufl.bounce as scan
except ImportError:  # the extra « returns » was not asked for
    scan = None  # type: ignore[assignment]  # as mypy has no word for a module or none

log = logging.getLogger(__name__)

WHO = "retours"
LARGEST = 1024 * 1024  # bytes of a message that came back: beyond, only its head is read
TIMEOUT = 30.0
Kind = Literal["wrong", "full", "policy", "temporary", "stop", "unknown"]

KIND_WORDS: Mapping[Kind, str] = {
    "wrong": "adresse inconnue",
    "full": "boîte pleine ou fermée",
    "policy": "refusé par les règles du destinataire",
    "temporary": "retardé, sans conséquence",
    "stop": "ne veut plus de rappel",
    "unknown": "message non reconnu",
}
_UNDELIVERED: frozenset[Kind] = frozenset({"wrong", "full", "policy"})
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")


class AlreadyInvited(Refusal):
    """Cette adresse a déjà une invitation dans cette consultation."""

    status = 409
    title = "Adresse déjà invitée"


class NothingToCorrect(Refusal):
    """Cette invitation a été remise, ou corrigée entre-temps. Revenez au lot."""

    status = 409
    title = "Rien à corriger"


@dataclass(frozen=True, kw_only=True)
class Returned:
    """One message that came back: whose it was, and why, in words."""

    kind: Kind
    mark: str = ""
    reason: str = ""


def read(content: bytes, returns: str) -> Returned:
    """What a message that arrived at the address of returns says; never raises."""
    mail = message_from_bytes(content[:LARGEST], policy=policy.default)
    mark, stop = _mark_of(mail, content[:LARGEST], returns)
    if not mark:
        return Returned(kind="unknown")
    if stop:
        return Returned(kind="stop", mark=mark)
    status, told = _status_of(mail)
    kind = _kind_of(status, told) if status else _by_its_words(mail)
    return Returned(kind=kind, mark=mark, reason=_in_words(kind, status, told))


class Returns:
    """What the roll learns from what comes back; each public method is one transaction."""

    def __init__(self, database: Database, keys: RollKeys) -> None:
        self._database = database
        self._keys = keys

    def record(self, campaign: str, found: Iterable[Returned]) -> Counter[Kind]:
        """Write what became of these invitations; how many of each kind were this campaign's."""
        taken: Counter[Kind] = Counter()
        by_mark = {one.mark: one for one in found}
        invite_key = self._keys.invite(campaign)
        asked = select(invitation.c.id).where(invitation.c.campaign == campaign)
        with self._database.write() as connection:
            for invitation_id in connection.execute(asked).scalars().all():
                returned = by_mark.get(codes.return_mark(invite_key, invitation_id))
                if returned:
                    _record(connection, invitation_id, returned)
                    taken[returned.kind] += 1
        return taken

    def correct(self, batch_id: bytes, old: str, new: str) -> None:
        """Invite someone again at the right address; the code sent to the wrong one is revoked.

        When that code was used already nothing is revoked, and nothing shows it: whoever corrects
        an address must not learn who has begun to answer.
        """
        there = (
            invitation.c.batch == batch_id,
            invitation.c.address == old,
            or_(invitation.c.delivery.in_(("refused", "bounced")), PUT_OFF),
        )
        with self._database.write() as connection:
            found = connection.execute(select(invitation).where(*there).with_for_update()).first()
            if found is None:
                raise NothingToCorrect
            invite_key = self._keys.invite(found.campaign)
            key = codes.address_key(invite_key, new)
            taken = select(invitation.c.id).where(
                invitation.c.campaign == found.campaign, invitation.c.address_key == key
            )
            if connection.scalar(taken) not in (None, found.id):
                raise AlreadyInvited
            values = {"address": new, "address_key": key, "delivery": "waiting"}
            code = codes.make_code(invite_key, found.id, found.generation + 1)
            renewed = {
                "generation": found.generation + 1,
                "token_hash": codes.token_hash(code),
                "revoked_hash": found.token_hash,
            }
            corrected = update(invitation).where(invitation.c.id == found.id)
            connection.execute(corrected.values(**values, delivery_reason=""))
            # Decided by the store itself: the code may be used at this very moment.
            connection.execute(corrected.where(invitation.c.state == 0).values(renewed))
            again = update(batch).where(batch.c.id == batch_id, batch.c.state == "done")
            connection.execute(again.values(state="confirmed"))

    def opt_out(self, code: str) -> bool:
        """Send no more reminder to the holder of this code; false when nobody holds it."""
        hashed = codes.token_hash(codes.normalise(code) or codes.NO_CODE)
        out = (
            update(invitation)
            .where(invitation.c.token_hash == hashed)
            .values(opted_out=True)
            .returning(invitation.c.id)
        )
        with self._database.write() as connection:
            return connection.execute(out).first() is not None


class Collector:
    """Reads the mailbox of returns, and files, for every campaign under way."""

    def __init__(
        self, returns: Returns, campaigns: Campaigns, journal: Journal, settings: Settings
    ) -> None:
        self._returns = returns
        self._campaigns = campaigns
        self._journal = journal
        self._settings = settings

    def mailbox(self) -> Counter[Kind]:
        """Take what waits in the mailbox of the settings; what is understood leaves it."""
        if not self._settings.returns_url:
            return Counter()
        return in_mailbox(self._settings.returns_url, self.take)

    def files(self, paths: Iterable[Path]) -> Counter[Kind]:
        """The same for messages in files: `.eml`, mbox, or a folder of them."""
        understood, total = self.take([content for path in paths for content in _in_file(path)])
        return total + Counter({"unknown": understood.count(False)})

    def take(self, contents: list[bytes]) -> tuple[list[bool], Counter[Kind]]:
        """Record these messages; which were understood, and how many of each kind."""
        found = [read(content, self._settings.mail_returns) for content in contents]
        known = [one for one in found if one.kind != "unknown"]
        total: Counter[Kind] = Counter()
        for campaign in self._campaigns.all() if known else ():
            if campaign.state not in ("draft", "closed"):
                total += self._returns.record(campaign.slug, known)
        if total:
            told = ", ".join(f"{KIND_WORDS[kind]} : {count}" for kind, count in total.items())
            self._journal.write(WHO, "messages revenus", told)
        if total["policy"]:
            log.warning("returns refused by policy count=%d", total["policy"])
        return [one.kind != "unknown" for one in found], total


def in_mailbox(
    url: str, take: Callable[[list[bytes]], tuple[list[bool], Counter[Kind]]]
) -> Counter[Kind]:
    """Give `take` every unread message of an IMAP mailbox; delete those it understood."""
    parts = urlsplit(url)
    secure = parts.scheme == "imaps"
    open_ = imaplib.IMAP4_SSL if secure else imaplib.IMAP4
    server = open_(parts.hostname or "", parts.port or (993 if secure else 143), timeout=TIMEOUT)
    try:
        server.login(unquote(parts.username or ""), unquote(parts.password or ""))
        server.select(unquote(parts.path.lstrip("/")) or "INBOX")
        _, found = server.search(None, "UNSEEN")
        numbers = [number.decode() for number in (found[0] or b"").split()]
        understood, total = take([_fetched(server, number) for number in numbers])
        for number, known in zip(numbers, understood, strict=True):
            if known:
                server.store(number, "+FLAGS", "(\\Deleted)")
        server.expunge()
    except imaplib.IMAP4.error as error:
        raise OSError(f"la boîte des retours ne répond pas ({error})") from error
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            server.logout()
    return total


def _fetched(server: imaplib.IMAP4, number: str) -> bytes:
    _, data = server.fetch(number, "(RFC822)")
    return next((part[1] for part in data if isinstance(part, tuple)), b"")


def _in_file(path: Path) -> Iterator[bytes]:
    if path.is_dir():
        for one in sorted(path.glob("*.eml")):
            yield one.read_bytes()
        return
    content = path.read_bytes()
    if not content.startswith(b"From "):
        yield content
        return
    with closing(mailbox.mbox(path, create=False)) as box:
        for message in box:
            yield message.as_bytes()


def _record(connection: Connection, invitation_id: bytes, returned: Returned) -> None:
    this = update(invitation).where(invitation.c.id == invitation_id)
    if returned.kind == "stop":
        connection.execute(this.values(opted_out=True))
    elif returned.kind in _UNDELIVERED:
        connection.execute(
            this.where(invitation.c.delivery.in_(("sent", "uncertain"))).values(
                delivery="bounced", delivery_reason=returned.reason[:300]
            )
        )


# --- Reading a message


def _mark_of(mail: EmailMessage, content: bytes, returns: str) -> tuple[str, bool]:
    """Whose message it was: said by the address it came to, or else by what it quotes."""
    local, _, domain = returns.rpartition("@")
    if not local:
        return "", False
    pattern = re.compile(
        rf"{re.escape(local)}\+({STOP})?([0-9a-f]{{{codes.RETURN_LENGTH}}})@{re.escape(domain)}",
        re.IGNORECASE,
    )
    came_to = " ".join(
        str(value)
        for name in ("Delivered-To", "X-Original-To", "Envelope-To", "To")
        for value in mail.get_all(name, [])
    )
    if found := pattern.search(came_to):
        return found[2].lower(), bool(found[1])
    quoted = re.sub(rb"=\r?\n", b"", content).decode("ascii", "replace")
    marks = [one for one in pattern.finditer(quoted) if not one[1]]
    return (marks[0][2].lower(), False) if marks else ("", False)


def _status_of(mail: EmailMessage) -> tuple[str, str]:
    """The status of RFC 3464 and what the other server said; nothing when it is no such report."""
    for part in mail.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for fields in _fields(part):
            action = str(fields.get("Action", "")).strip().lower()
            status = _STATUS.search(str(fields.get("Status", "")))
            if status and action in ("failed", "delayed"):
                told = " ".join(str(fields.get("Diagnostic-Code", "")).split())
                return ("4.0.0" if action == "delayed" else status[0]), told
    return "", ""


def _fields(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _kind_of(status: str, told: str) -> Kind:
    if status.startswith("4"):
        return "temporary"
    # « 5.0.0 » says nothing: what the other server answered says more.
    detail = _STATUS.search(told) if status == "5.0.0" else None
    subject = (detail[0] if detail else status).split(".")[1]
    if subject == "7":
        return "policy"
    return "full" if subject == "2" else "wrong"


def _by_its_words(mail: EmailMessage) -> Kind:
    """Reports of no standard form, when the library that knows them is installed."""
    if scan is None or str(mail["Auto-Submitted"]).startswith("auto-replied"):
        return "unknown"
    try:
        return "wrong" if scan.scan_message(mail) else "unknown"
    except (LookupError, ValueError, TypeError, AttributeError):  # it expects well made messages
        return "unknown"


def _in_words(kind: Kind, status: str, told: str) -> str:
    detail = f" ({status} {told[:160].strip()})" if status else ""
    return f"{KIND_WORDS[kind]}{detail}"
