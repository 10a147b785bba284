"""What comes back: messages that could not be delivered, and people who want no reminder.

A return address names its invitation, and the address it was sent to, to us alone. Nothing of a
message is kept but what became of the invitation.
"""

from __future__ import annotations

import logging
import mailbox
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, and_, false, or_, select, update

from consultation.config import Settings
from consultation.database import Database
from consultation.office.store import Campaigns, Journal
from consultation.refusals import Refusal
from consultation.roll import codes
from consultation.roll.inbox import for_each_slice
from consultation.roll.keys import RollKeys
from consultation.roll.reports import KIND_WORDS, TO_READ, UNDELIVERED, Kind, Returned, read
from consultation.roll.tables import PUT_OFF, batch, invitation

log = logging.getLogger(__name__)

WHO = "retours"
_FOR_OPERATORS: tuple[Kind, ...] = ("policy", "complaint")


class AlreadyInvited(Refusal):
    """Cette adresse a déjà une invitation dans cette consultation."""

    status = 409
    title = "Adresse déjà invitée"


class NothingToCorrect(Refusal):
    """Cette invitation a été remise, ou corrigée entre-temps. Revenez au lot."""

    status = 409
    title = "Rien à corriger"


class Returns:
    """What the roll learns from what comes back; each public method is one transaction."""

    def __init__(self, database: Database, keys: RollKeys) -> None:
        self._database = database
        self._keys = keys

    def record(self, campaign: str, found: Iterable[Returned]) -> tuple[Returned, ...]:
        """Write what became of this campaign's invitations; which messages were about them."""
        by_mark: dict[str, list[Returned]] = {}
        for one in found:
            by_mark.setdefault(one.mark, []).append(one)
        invite_key = self._keys.invite(campaign)
        asked = select(invitation.c.id, invitation.c.address_key).where(
            invitation.c.campaign == campaign
        )
        with self._database.read() as connection:
            ours = {
                row.id: by_mark[mark]
                for row in connection.execute(asked)
                if (mark := codes.return_mark(invite_key, row.id, row.address_key)) in by_mark
            }
        with self._database.write() as connection:
            for invitation_id, about in ours.items():
                for returned in about:
                    _record(connection, invitation_id, returned)
        return tuple(returned for about in ours.values() for returned in about)

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
        """Take what waits in the mailbox of the settings; what a person must read stays there."""
        total: Counter[Kind] = Counter()
        # Without an address of returns, nothing says whose a message was: none is touched.
        if self._settings.returns_url and self._settings.mail_returns:
            for_each_slice(self._settings.returns_url, lambda slice_: self._settled(slice_, total))
        return total

    def files(self, paths: Iterable[Path]) -> Counter[Kind]:
        """The same for messages in files: `.eml`, mbox, or a folder of them."""
        total: Counter[Kind] = Counter()
        self._settled([content for path in paths for content in _in_file(path)], total)
        return total

    def _settled(self, contents: Sequence[bytes], total: Counter[Kind]) -> list[bool]:
        """Record these messages and count them; which ones nobody needs any more."""
        found = [read(content, self._settings.mail_returns) for content in contents]
        known = [one for one in found if one.kind != "unknown"]
        ours: list[Returned] = []
        for campaign in self._campaigns.all() if known else ():
            if campaign.state not in ("draft", "closed"):
                ours += self._returns.record(campaign.slug, known)
        kinds = Counter(one.kind for one in ours)
        if ours:
            told = ", ".join(f"{KIND_WORDS[kind]} : {count}" for kind, count in kinds.items())
            self._journal.write(WHO, "messages revenus", told)
        for kind in _FOR_OPERATORS:
            if kinds[kind]:
                log.warning("returns of kind %s count=%d", kind, kinds[kind])
        total.update(kinds + Counter({"unknown": len(found) - len(known)}))
        marks = {one.mark for one in ours}
        return [one.mark in marks and one.kind not in TO_READ for one in found]


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
    elif returned.kind in UNDELIVERED:
        # A report may be here before the relay has answered whoever sends.
        gone = invitation.c.delivery.in_(("sending", "sent", "uncertain"))
        connection.execute(
            this.where(or_(gone, _is_told_worse(returned.kind))).values(
                delivery="bounced", delivery_reason=returned.reason[:300]
            )
        )


def _is_told_worse(kind: Kind) -> ColumnElement[bool]:
    """Returned already for a reason that says less: whatever their order, one of two is kept."""
    less = UNDELIVERED[UNDELIVERED.index(kind) + 1 :]
    because = invitation.c.delivery_reason
    return and_(
        invitation.c.delivery == "bounced",
        or_(false(), *(because.startswith(KIND_WORDS[one], autoescape=True) for one in less)),
    )
