"""The roll: who is invited, and whether a credential was issued. Never an answer, never a date.

No value held here may ever be given to the box, and none of the box may come here.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Literal, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Update,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from consultation.blind import PublicKey, blind_sign
from consultation.database import Database
from consultation.formatting import one_line
from consultation.office.campaigns import Campaign
from consultation.refusals import Refusal
from consultation.roll import codes
from consultation.roll.batches import Parsed, place_of
from consultation.roll.keys import NoJsSecret, RollKeys
from consultation.roll.relay import PERHAPS_LEFT
from consultation.roll.tables import PUT_OFF, batch, invitation, reminder, reminding, unchecked
from consultation.roll.turnout import Turnout

FEWEST_INVITEES = 30  # a key shared by fewer people would tag them
RECENT_SIGNATURES = 512
SENDER = 20240603  # any number: whoever holds it is the one who sends
_CHUNK = 500
_HOLDER = (
    invitation.c.token_hash == bindparam("holding"),
    invitation.c.campaign == bindparam("of"),
    invitation.c.audience == bindparam("to"),
)
_SAME = invitation.c.blinded_hash == bindparam("blinded")
_GIVEN = (
    update(invitation)
    .where(*_HOLDER)
    .values(state=1, blinded_hash=bindparam("blinded"))
    .returning(invitation.c.id)
)
_GIVE = _GIVEN.where(or_(invitation.c.state == 0, _SAME))
_GIVE_AGAIN = _GIVEN.where(_SAME)
_SEMINAR = (
    select(batch.c.id)
    .join(invitation, invitation.c.batch == batch.c.id)
    .where(invitation.c.token_hash == bindparam("holding"), batch.c.kind == "seminar")
)
_LINES = select(unchecked.c.lines).where(unchecked.c.batch == bindparam("sought"))
_INVITED = invitation.c.delivery != "cancelled"
# A report may come back before the relay has answered whoever sent: it says more.
_NOT_RETURNED = invitation.c.delivery != "bounced"
_SETTLE = (
    update(invitation)
    .where(invitation.c.id == bindparam("settled"), _NOT_RETURNED)
    .values(delivery=bindparam("became"), delivery_reason=bindparam("because"))
)
_TAKE = (
    update(invitation)
    .where(
        invitation.c.id == bindparam("sought"),
        invitation.c.delivery == "waiting",
        invitation.c.batch.in_(select(batch.c.id).where(batch.c.state == "sending")),
    )
    .values(delivery="sending", delivery_reason="")
    .returning(
        invitation.c.id,
        invitation.c.campaign,
        invitation.c.audience,
        invitation.c.address,
        invitation.c.address_key,
        invitation.c.generation,
        invitation.c.reissued,
    )
)
FLAWS: Mapping[str, str] = {
    "refused": "refusé",
    "uncertain": "incertain",
    "bounced": "revenu",
    "waiting": "différé",
}
"""What became of an invitation that did not arrive, in words."""

_T = TypeVar("_T")
_INTERRUPTED = f"envoi interrompu : le message est peut-être parti. {PERHAPS_LEFT}"


class UnknownCode(Refusal):
    """Il est peut-être coupé. Copiez l’adresse entière du message, ou écrivez votre code."""

    status = 404
    title = "Ce lien n’est pas reconnu"


class NotOpenYet(Refusal):
    """Gardez le message : le lien restera le même."""

    status = 403
    title = "La consultation n’est pas encore ouverte"


class Paused(Refusal):
    """Elle reprendra bientôt. Gardez le message : le lien restera le même."""

    status = 503
    title = "La consultation est suspendue"
    retry_after = 600


class Closed(Refusal):
    """Elle n’accepte plus de nouvelle réponse."""

    status = 410
    title = "La consultation est terminée"


class AlreadyUsed(Refusal):
    """Une réponse a été commencée avec ce lien. Si elle est envoyée, il n’y a plus rien à faire.
    Sinon, terminez-la sur le même appareil, dans le même navigateur, ou demandez-y un code de
    reprise."""

    status = 410
    title = "Ce lien a déjà servi"

    @property
    def sentence(self) -> str:
        """The whole docstring, on one line."""
        return " ".join((AlreadyUsed.__doc__ or "").split())


class Revoked(Refusal):
    """Un lien plus récent vous a peut-être été envoyé : utilisez le dernier message reçu."""

    status = 410
    title = "Ce lien n’est plus valable"


class Irreplaceable(Refusal):
    """Les liens perdus ne sont pas remplacés dans cette consultation."""

    status = 409
    title = "Pas de remplacement"


class AlreadyReplaced(Refusal):
    """Un lien n’est remplacé qu’une fois pour chaque personne."""

    status = 409
    title = "Lien déjà remplacé"


class TooManyReplaced(Refusal):
    """Un lien délivré sur cent peut être remplacé, et ce nombre est atteint."""

    status = 409
    title = "Trop de liens remplacés"


class UnknownAddress(Refusal):
    """Aucune invitation de cette consultation n’a été faite à cette adresse."""

    status = 404
    title = "Adresse inconnue"


class Unblindable(Refusal):
    """La demande de laissez-passer est illisible. Rechargez la page et recommencez."""


class SentElsewhere(Refusal):
    """Un autre envoi est en cours. Attendez qu’il se termine, ou arrêtez-le."""

    status = 409
    title = "Envoi déjà en cours"


class UnknownBatch(Refusal):
    """Il a peut-être été abandonné. Revenez à la liste des lots."""

    status = 404
    title = "Ce lot n’existe pas"


class FaultyBatch(Refusal):
    """Des lignes sont à corriger. Envoyez un fichier corrigé, ou continuez sans ces lignes."""

    status = 409
    title = "Le lot contient des erreurs"


class TooFewInvitees(Refusal):
    """Trente personnes au moins doivent être invitées, dans chaque public qui en compte."""

    status = 409
    title = "Trop peu de personnes invitées"


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the roll says of a code."""

    campaign: str
    audience: str
    issued: bool
    blinded_hash: bytes | None


Kind = Literal["invitation", "replacement", "reminder", "begun"]
BatchKind = Literal["mail", "paper", "seminar"]


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message about to be sent: an invitation, a new link, or one of the two reminders."""

    id: bytes
    campaign: str
    audience: str
    address: str
    code: str
    kind: Kind = "invitation"
    batch: bytes = b""
    returns: str = ""  # what a mail server sends back when it cannot deliver: whose it was


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A message that waits, and the domain it goes to; `put_off`: a relay asked it to wait."""

    id: bytes
    domain: str
    put_off: bool = False


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What became of a message, to be written before anything else is taken."""

    id: bytes
    delivery: Literal["waiting", "sent", "refused", "uncertain"]
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How far the invitations are; `issued` counts credentials."""

    invited: int = 0
    waiting: int = 0
    sending: int = 0
    sent: int = 0
    refused: int = 0
    uncertain: int = 0
    bounced: int = 0
    paper: int = 0
    issued: int = 0
    reissued: int = 0
    opted_out: int = 0


@dataclass(frozen=True, kw_only=True)
class Undelivered:
    """An invitation that did not arrive, or perhaps did not; `waiting`: it was put off."""

    address: str
    delivery: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One HR file; `parsed` and `already` only for a draft seen alone.

    `already`: the addresses that are invited, and the batch that invited each.
    """

    id: bytes
    campaign: str
    name: str
    audience: str
    state: str
    counts: Counts
    kind: BatchKind = "mail"
    perimeter: str = ""
    contact: str = ""
    reason: str = ""
    parsed: Parsed | None = None
    already: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def ready(self) -> int:
        """How many invitations confirming would add."""
        return len(self.parsed.ready) - len(self.already) if self.parsed else 0


@dataclass(frozen=True, kw_only=True)
class Size:
    """The roll as published at opening: how many people by audience, and one fingerprint."""

    by_audience: Mapping[str, int]
    digest: str

    @property
    def total(self) -> int:
        """How many people are invited."""
        return sum(self.by_audience.values())


class Roll:
    """Invitations and credentials; each public method is one transaction."""

    def __init__(
        self,
        database: Database,
        keys: RollKeys,
        clock: Callable[[], datetime],
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        opens: Callable[[bytes], datetime | None] = lambda _batch: None,
    ) -> None:
        self._opens = opens
        self._database = database
        self._keys = keys
        self._clock = clock
        self._random_bytes = random_bytes
        # A browser that lost the answer asks again: that costs neither a write nor a signature.
        self._lately_issued = lru_cache(RECENT_SIGNATURES)(self._issued)

    def now(self) -> datetime:
        """The hour the roll goes by."""
        return self._clock()

    # Credentials

    def look(self, code: str) -> Look:
        """What is known of a code; a malformed one takes the path of an unknown one."""
        hashed = _hash(code)
        with self._database.read() as connection:
            found = connection.execute(select(invitation).where(_has_or_had(hashed))).first()
        if found is None:
            raise UnknownCode
        if found.token_hash != hashed:
            raise Revoked
        self._refuse_early(hashed)
        return Look(
            campaign=found.campaign,
            audience=found.audience,
            issued=found.state == 1,
            blinded_hash=found.blinded_hash,
        )

    def issue(self, campaign: Campaign, audience: str, code: str, blinded: bytes) -> bytes:
        """Sign the blinded message of this code's holder, once; asking again gives the same."""
        phase = campaign.phase(self._clock())
        refuse_outside(phase)
        if audience not in campaign.keys:
            raise UnknownCode
        _check_blinded(campaign.keys[audience], blinded)
        return self._lately_issued(campaign.slug, audience, _hash(code), blinded, phase == "open")

    def forget_reminders(self, campaign: str) -> None:
        """Delete the messages that will never leave: they tell who had begun, some day."""
        those = select(reminder.c.id).where(reminder.c.campaign == campaign)
        with self._database.write() as connection:
            connection.execute(delete(reminding).where(reminding.c.reminder.in_(those)))

    def reissue(self, campaign: Campaign, address: str) -> Outgoing:
        """Replace a person's code, whatever was done with the first one, and tell the new one.

        What the first credential voted, nobody can know: so one person in a hundred of those who
        were issued one may have a second, each of them once, and the number is published.
        """
        phase = campaign.phase(self._clock())
        refuse_outside(phase)
        if phase != "open":
            raise Closed
        if campaign.reissue == "none":
            raise Irreplaceable
        invite_key = self._keys.invite(campaign.slug)
        with self._database.write() as connection:
            _take_turns(connection, campaign.slug)
            found = connection.execute(
                select(invitation).where(
                    invitation.c.campaign == campaign.slug,
                    invitation.c.address_key == codes.address_key(invite_key, address),
                )
            ).first()
            if found is None:
                raise UnknownAddress
            if found.reissued:
                raise AlreadyReplaced
            counts = _counts(connection, invitation.c.campaign == campaign.slug)
            if counts.reissued >= most_replaced(counts.issued):
                raise TooManyReplaced
            code = codes.make_code(invite_key, found.id, found.generation + 1)
            connection.execute(_replaced(found, codes.token_hash(code)))
        return Outgoing(
            id=found.id,
            campaign=campaign.slug,
            audience=found.audience,
            address=found.address,
            code=code,
            kind="replacement",
            batch=found.batch,
            returns=codes.return_mark(invite_key, found.id, found.address_key),
        )

    def nojs_secret(self, campaign: str, code: str) -> NoJsSecret:
        """What the server uses for the holder of this code, in the place of a browser."""
        return self._keys.no_js(campaign, _hash(code))

    def code_of(self, invitation_id: bytes) -> str:
        """The code of an invitation."""
        asked = select(invitation).where(invitation.c.id == invitation_id)
        with self._database.read() as connection:
            return self._outgoing(connection.execute(asked).one()).code

    def unused_invitation(self, campaign: str, audience: str) -> Outgoing | None:
        """An invitation for which no credential was issued yet."""
        asked = (
            select(invitation)
            .where(
                invitation.c.campaign == campaign,
                invitation.c.audience == audience,
                invitation.c.state == 0,
                _INVITED,
            )
            .order_by(invitation.c.id)
            .limit(1)
        )
        with self._database.read() as connection:
            found = connection.execute(asked).first()
        return self._outgoing(found) if found else None

    # Batches

    def draft_batch(
        self,
        campaign: str,
        name: str,
        audience: str,
        parsed: Parsed,
        *,
        perimeter: str = "",
        contact: str = "",
        file: bytes | None = None,
    ) -> bytes:
        """Keep the lines of a file until someone has checked them; give the batch's id."""
        batch_id = self._random_bytes(16)
        with self._database.write() as connection:
            connection.execute(
                batch.insert().values(
                    id=batch_id,
                    campaign=campaign,
                    name=one_line(name),
                    audience=audience,
                    state="draft",
                    kind="mail",
                    perimeter=perimeter,
                    contact=contact,
                    reason="",
                )
            )
            kept = {"batch": batch_id, "lines": parsed.to_json(), "file": file}
            connection.execute(unchecked.insert().values(kept))
        return batch_id

    def print_batch(
        self,
        campaign: str,
        name: str,
        audience: str,
        count: int,
        *,
        kind: BatchKind = "paper",
        perimeter: str = "",
        opened: bool = False,
    ) -> bytes:
        """Make codes for people who have no address; give the batch's id.

        Once the campaign is `opened`, an audience may not begin with a handful of people.
        """
        values = {
            "id": self._random_bytes(16),
            "campaign": campaign,
            "name": one_line(name),
            "audience": audience,
            "state": "done",
            "kind": kind,
            "perimeter": perimeter,
            "contact": "",
            "reason": "",
        }
        with self._database.write() as connection:
            row = connection.execute(batch.insert().values(values).returning(batch)).one()
            invite_key = self._keys.invite(campaign)
            made = [self._new_invitation(row, "", invite_key) for _ in range(count)]
            for one in made:
                # Nobody's address: a key of its own, or there would be one such person at most.
                one |= {"delivery": "paper", "address_key": self._random_bytes(32)}
            made.sort(key=itemgetter("id"))
            for chunk in _chunks(made):
                connection.execute(invitation.insert(), chunk)
            if opened and _audience_size(connection, row) < FEWEST_INVITEES:
                raise TooFewInvitees
        return bytes(row.id)

    def printed_codes(self, batch_id: bytes) -> tuple[str, ...]:
        """The codes of a printed batch, always in the same order, which is that of no list."""
        asked = (
            select(invitation)
            .where(invitation.c.batch == batch_id, invitation.c.delivery == "paper")
            .order_by(invitation.c.id)
        )
        with self._database.read() as connection:
            return tuple(self._outgoing(row).code for row in connection.execute(asked))

    def redraft(self, batch_id: bytes, parsed: Parsed) -> bool:
        """Keep other lines in the place of those of a draft; false once it is confirmed."""
        kept = (
            update(unchecked)
            .where(unchecked.c.batch == batch_id)
            .values(lines=parsed.to_json())
            .returning(unchecked.c.batch)
        )
        with self._database.write() as connection:
            return connection.execute(kept).first() is not None

    def locked_file(self, batch_id: bytes) -> bytes | None:
        """What a draft was read from, locked; none once it is confirmed."""
        with self._database.read() as connection:
            return connection.scalar(select(unchecked.c.file).where(unchecked.c.batch == batch_id))

    def keeps_file(self, batch_id: bytes) -> bool:
        """Whether there is one: it takes megabytes, and is not read for that."""
        kept = select(unchecked.c.file.is_not(None)).where(unchecked.c.batch == batch_id)
        with self._database.read() as connection:
            return bool(connection.scalar(kept))

    def batches(self, campaign: str) -> tuple[Batch, ...]:
        """The batches of a campaign, by name."""
        asked = select(batch).where(batch.c.campaign == campaign)
        with self._database.read() as connection:
            rows = connection.execute(asked.order_by(batch.c.name, batch.c.id)).all()
            counts = _counts_by_batch(connection, campaign)
        return tuple(_batch(row, counts.get(row.id, Counts())) for row in rows)

    def batch(self, batch_id: bytes, *, whole: bool = True) -> Batch:
        """One batch; when `whole`, with the lines of a draft and those already invited."""
        with self._database.read() as connection:
            row = connection.execute(select(batch).where(batch.c.id == batch_id)).first()
            if row is None:
                raise UnknownBatch
            counts = _counts(connection, invitation.c.batch == batch_id)
            lines = connection.scalar(_LINES, {"sought": batch_id}) if whole else None
            if lines is None:
                return _batch(row, counts)
            parsed = Parsed.from_json(lines)
            already = self._already(connection, row.campaign, parsed)
        return _batch(row, counts, parsed, already)

    def place(self, batch_id: bytes) -> tuple[str, int]:
        """The sheet and the column that a draft was read from; UnknownBatch for any other batch."""
        with self._database.read() as connection:
            lines = connection.scalar(_LINES, {"sought": batch_id})
        if lines is None:
            raise UnknownBatch
        return place_of(lines)

    def confirm(
        self, batch_id: bytes, *, without_faulty: bool = True, opened: bool = False
    ) -> bool:
        """Invite everyone on the batch's good lines; false, and no change, the second time.

        Once the campaign is `opened`, an audience may not begin with a handful of people.
        """
        with self._database.write() as connection:
            row = connection.execute(
                select(batch).where(batch.c.id == batch_id).with_for_update()
            ).first()
            if row is None:
                raise UnknownBatch
            lines = connection.scalar(_LINES.with_for_update(), {"sought": batch_id})
            if lines is None:
                return False
            parsed = Parsed.from_json(lines)
            if parsed.faulty and not without_faulty:
                raise FaultyBatch
            connection.execute(delete(unchecked).where(unchecked.c.batch == batch_id))
            connection.execute(
                update(batch)
                .where(batch.c.id == batch_id)
                .values(state="confirmed" if parsed.ready else "done")
            )
            self._invite(connection, row, parsed)
            if opened and _audience_size(connection, row) < FEWEST_INVITEES:
                raise TooFewInvitees
        return True

    def discard(self, batch_id: bytes) -> bool:
        """Forget a batch nobody confirmed; false when there was none: a confirmed one stays."""
        forgotten = (
            batch.delete()
            .where(batch.c.id == batch_id, batch.c.state == "draft")
            .returning(batch.c.id)
        )
        with self._database.write() as connection:
            connection.execute(delete(unchecked).where(unchecked.c.batch == batch_id))
            return connection.execute(forgotten).first() is not None

    # Sending

    def start_sending(self, batch_id: bytes) -> bool:
        """Declare the batch in sending, and uncertain what a crash left half sent."""
        with self._database.write() as connection:
            started = connection.execute(
                update(batch)
                .where(batch.c.id == batch_id, batch.c.state.in_(("confirmed", "sending")))
                .values(state="sending", reason="")
                .returning(batch.c.id)
            ).first()
            if started is not None:
                connection.execute(
                    update(invitation)
                    .where(invitation.c.batch == batch_id, invitation.c.delivery == "sending")
                    .values(delivery="uncertain", delivery_reason=_INTERRUPTED)
                )
        return started is not None

    def next_ones(
        self, batch_id: bytes, after: bytes = b"", most: int = 100
    ) -> tuple[Waiting, ...]:
        """The next invitations to send, in the random order of ids; none unless it is sending."""
        sending = select(batch.c.id).where(batch.c.id == batch_id, batch.c.state == "sending")
        asked = (
            select(invitation.c.id, invitation.c.address, invitation.c.delivery_reason)
            .where(
                invitation.c.batch == batch_id,
                invitation.c.delivery == "waiting",
                invitation.c.id > after,
                sending.exists(),
            )
            .order_by(invitation.c.id)
            .limit(most)
        )
        with self._database.read() as connection:
            rows = connection.execute(asked).all()
        return tuple(
            Waiting(
                id=row.id,
                domain=row.address.rpartition("@")[2],
                put_off=bool(row.delivery_reason),
            )
            for row in rows
        )

    def take(self, invitation_id: bytes, settled: Settled | None = None) -> Outgoing | None:
        """Take one invitation to send; None: it was taken, paused or cancelled meanwhile.

        What became of the message before is written in the same transaction: one commit for each
        message, and the state of each is on the disk before and after it leaves.
        """
        with self._database.write() as connection:
            if settled:
                connection.execute(_SETTLE, _as_parameters(settled))
            found = connection.execute(_TAKE, {"sought": invitation_id}).first()
        return self._outgoing(found) if found else None

    def settle(self, settled: Settled) -> None:
        """Write what became of a message."""
        with self._database.write() as connection:
            connection.execute(_SETTLE, _as_parameters(settled))

    def claim_next(self, batch_id: bytes, after: bytes = b"") -> Outgoing | None:
        """Take the next invitation to send; None: no more."""
        while found := self.next_ones(batch_id, after, 1):
            outgoing = self.take(found[0].id)
            if outgoing:
                return outgoing
        return None

    def mark_sent(self, invitation_id: bytes) -> None:
        """The mail relay took the message."""
        self._marked(invitation_id, "sent", "")

    def mark_refused(self, invitation_id: bytes, reason: str) -> None:
        """The mail relay refused the message for good."""
        self._marked(invitation_id, "refused", reason)

    def mark_uncertain(self, invitation_id: bytes, reason: str) -> None:
        """Nobody can tell whether the message left: it is listed, and not sent again unasked."""
        self._marked(invitation_id, "uncertain", reason)

    def put_back_alone(self, invitation_id: bytes, reason: str) -> None:
        """One message did not leave: its batch has something to send again."""
        of_it = select(invitation.c.batch).where(invitation.c.id == invitation_id)
        with self._database.write() as connection:
            _mark(connection, invitation_id, "waiting", reason)
            connection.execute(
                update(batch)
                .where(batch.c.id == of_it.scalar_subquery(), batch.c.state == "done")
                .values(state="confirmed")
            )

    def finish_sending(self, batch_id: bytes) -> None:
        """Declare the batch done, or only confirmed when invitations still wait."""
        remaining = select(invitation.c.id).where(
            invitation.c.batch == batch_id, invitation.c.delivery.in_(("waiting", "sending"))
        )
        with self._database.write() as connection:
            done = connection.execute(remaining.limit(1)).first() is None
            _move(connection, batch_id, ("sending",), "done" if done else "confirmed")

    def pause(self, batch_id: bytes, reason: str = "") -> None:
        """Stop sending this batch after the message in progress."""
        with self._database.write() as connection:
            _move(connection, batch_id, ("confirmed", "sending"), "paused", reason=reason[:300])

    def note(self, batch_id: bytes, reason: str) -> None:
        """Say why nothing leaves for now; it is tried again."""
        noted = update(batch).where(batch.c.id == batch_id, batch.c.state == "confirmed")
        with self._database.write() as connection:
            connection.execute(noted.values(reason=reason[:300]))

    def resume(self, batch_id: bytes) -> None:
        """Let the batch be sent again: someone has looked."""
        with self._database.write() as connection:
            _move(connection, batch_id, ("paused",), "confirmed", reason="")

    def cancel(self, batch_id: bytes, *, opened: bool) -> int:
        """Invite no more people of this batch: those not written to yet are invited no more.

        How many they were; another batch may invite them again. Once the campaign is `opened`, an
        audience may not be left with a handful of people.
        """
        unsent = (
            update(invitation)
            .where(invitation.c.batch == batch_id, invitation.c.delivery == "waiting")
            .values(delivery="cancelled")
        )
        with self._database.write() as connection:
            row = connection.execute(
                select(batch).where(batch.c.id == batch_id).with_for_update()
            ).first()
            if row is None:
                raise UnknownBatch
            if row.state not in ("confirmed", "sending", "paused"):
                return 0
            removed = len(connection.execute(unsent.returning(invitation.c.id)).all())
            if opened and 0 < _audience_size(connection, row) < FEWEST_INVITEES:
                raise TooFewInvitees
            _move(connection, batch_id, (row.state,), "cancelled", reason="")
        return removed

    @contextmanager
    def sending_turn(self) -> Iterator[None]:
        """Be the only one who sends, or be refused: rates hold, and nothing is sent twice."""
        with self._database.alone(SENDER) as free:
            if not free:
                raise SentElsewhere
            yield

    def send_uncertain_again(self, batch_id: bytes) -> None:
        """Let the uncertain messages be sent again: some people may receive two."""
        self._send_again(batch_id, "uncertain")

    def send_refused_again(self, batch_id: bytes) -> None:
        """Let the refused messages be sent again, once what had them refused is mended."""
        self._send_again(batch_id, "refused")

    def undelivered(self, batch_id: bytes) -> tuple[Undelivered, ...]:
        """The refused, uncertain, returned and put off invitations of a batch, by address."""
        asked = (
            select(invitation)
            .where(
                invitation.c.batch == batch_id,
                or_(invitation.c.delivery.in_(("refused", "uncertain", "bounced")), PUT_OFF),
            )
            .order_by(invitation.c.address)
        )
        with self._database.read() as connection:
            rows = connection.execute(asked).all()
        return tuple(
            Undelivered(address=row.address, delivery=row.delivery, reason=row.delivery_reason)
            for row in rows
        )

    def names(self, campaign: str) -> frozenset[str]:
        """The words of the addresses before their « @ », mostly the names of those invited."""
        asked = select(invitation.c.address).where(invitation.c.campaign == campaign)
        with self._database.read() as connection:
            addresses = connection.scalars(asked).all()
        words = (re.findall(r"[^\W\d_]{3,}", one.partition("@")[0]) for one in addresses)
        return frozenset(word.lower() for found in words for word in found)

    # Figures

    def counts(self, campaign: str) -> Counts:
        """How far the invitations of a campaign are."""
        with self._database.read() as connection:
            return _counts(connection, invitation.c.campaign == campaign)

    def turnouts(self, campaign: str) -> Mapping[bytes, Turnout]:
        """How many are invited in each batch, and how many have a credential: to be masked."""
        asked = (
            select(
                invitation.c.batch,
                func.count().label("invited"),
                func.sum(invitation.c.state).label("issued"),
            )
            .where(invitation.c.campaign == campaign, _INVITED)
            .group_by(invitation.c.batch)
        )
        with self._database.read() as connection:
            rows = connection.execute(asked).all()
        return {row.batch: Turnout(invited=row.invited, issued=int(row.issued)) for row in rows}

    def size(self, campaign: str) -> Size:
        """How many people are invited, and the fingerprint of the roll."""
        asked = select(invitation.c.audience, invitation.c.token_hash).where(
            invitation.c.campaign == campaign, _INVITED
        )
        by_audience: dict[str, int] = {}
        digest = hashlib.sha256()
        with self._database.read() as connection:
            for row in connection.execute(asked.order_by(invitation.c.token_hash)):
                by_audience[row.audience] = by_audience.get(row.audience, 0) + 1
                digest.update(row.token_hash)
        return Size(by_audience=by_audience, digest=digest.hexdigest())

    # Below: parts of the methods above

    def _refuse_early(self, hashed: bytes) -> None:
        """The codes of a seminar, shown in a room, are worth nothing before it begins."""
        with self._database.read() as connection:
            seminar = connection.execute(_SEMINAR, {"holding": hashed}).scalar_one_or_none()
        opens = self._opens(seminar) if seminar else None
        if opens is not None and self._clock() < opens:
            raise NotOpenYet

    def _issued(
        self, campaign: str, audience: str, hashed: bytes, blinded: bytes, fresh: bool
    ) -> bytes:
        private = self._keys.signing(campaign, audience)
        self._refuse_early(hashed)
        self._give(campaign, audience, hashed, hashlib.sha256(blinded).digest(), fresh=fresh)
        return blind_sign(private, blinded)

    def _give(
        self, campaign: str, audience: str, hashed: bytes, blinded_hash: bytes, *, fresh: bool
    ) -> None:
        asked = {"of": campaign, "to": audience, "holding": hashed, "blinded": blinded_hash}
        with self._database.write() as connection:
            if connection.execute(_GIVE if fresh else _GIVE_AGAIN, asked).first() is not None:
                return
            found = connection.execute(select(invitation.c.state).where(*_HOLDER), asked).first()
            revoked = select(invitation.c.id).where(invitation.c.revoked_hash == hashed)
            if found is None and connection.execute(revoked).first() is not None:
                raise Revoked
        if found is None:
            raise UnknownCode
        raise AlreadyUsed if found.state else Closed

    def _invite(self, connection: Connection, row: Row[tuple[object, ...]], parsed: Parsed) -> None:
        invite_key = self._keys.invite(row.campaign)
        invitations = [
            self._new_invitation(row, address, invite_key) for address in parsed.addresses
        ]
        invitations.sort(key=itemgetter("id"))  # not in the order of the file
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        adding = insert(invitation).on_conflict_do_nothing(
            index_elements=["campaign", "address_key"]
        )
        for chunk in _chunks(invitations):
            connection.execute(_again(row, [one["address_key"] for one in chunk]))
            connection.execute(adding, chunk)

    def _new_invitation(
        self, row: Row[tuple[object, ...]], address: str, invite_key: bytes
    ) -> dict[str, bytes | str | int]:
        invitation_id = self._random_bytes(16)
        return {
            "id": invitation_id,
            "campaign": row.campaign,
            "batch": row.id,
            "address": address,
            "address_key": codes.address_key(invite_key, address),
            "audience": row.audience,
            "token_hash": codes.token_hash(codes.make_code(invite_key, invitation_id, 0)),
            "state": 0,
            "generation": 0,
            "reissued": 0,
            "delivery": "waiting",
            "delivery_reason": "",
            "opted_out": False,
        }

    def _already(
        self, connection: Connection, campaign: str, parsed: Parsed
    ) -> Mapping[str, bytes]:
        asked = select(invitation.c.address, invitation.c.batch).where(
            invitation.c.campaign == campaign, _INVITED
        )
        few = connection.execute(asked.limit(len(parsed.ready) + 1)).all()
        if len(few) <= len(parsed.ready):  # all of them: fewer than there would be to ask for
            addresses = frozenset(parsed.addresses)
            return {row.address: row.batch for row in few if row.address in addresses}
        invite_key = self._keys.invite(campaign)
        keys = [codes.address_key(invite_key, address) for address in parsed.addresses]
        already: dict[str, bytes] = {}
        for chunk in _chunks(keys):
            found = connection.execute(asked.where(invitation.c.address_key.in_(chunk)))
            already |= {row.address: row.batch for row in found}
        return already

    def _send_again(self, batch_id: bytes, delivery: str) -> None:
        again = (
            update(invitation)
            .where(invitation.c.batch == batch_id, invitation.c.delivery == delivery)
            .values(delivery="waiting", delivery_reason="")
        )
        with self._database.write() as connection:
            connection.execute(again)
            _move(connection, batch_id, ("done",), "confirmed")

    def _marked(self, invitation_id: bytes, delivery: str, reason: str) -> None:
        with self._database.write() as connection:
            _mark(connection, invitation_id, delivery, reason)

    def _outgoing(self, row: Row[tuple[object, ...]]) -> Outgoing:
        invite_key = self._keys.invite(row.campaign)
        return Outgoing(
            id=row.id,
            campaign=row.campaign,
            audience=row.audience,
            address=row.address,
            code=codes.make_code(invite_key, row.id, row.generation),
            kind="replacement" if row.reissued else "invitation",
            returns=codes.return_mark(invite_key, row.id, row.address_key),
        )


def refuse_outside(phase: str) -> None:
    """Refuse in words whatever is asked of a campaign that is not under way."""
    match phase:
        case "draft" | "scheduled":
            raise NotOpenYet
        case "paused":
            raise Paused
        case "closed":
            raise Closed


def most_replaced(issued: int) -> int:
    """How many codes may be replaced in a campaign: one credential in a hundred, and one at least.

    Of those replaced, some had no credential yet: they count all the same, or refusing would tell.
    """
    return max(1, issued // 100)


def _take_turns(connection: Connection, campaign: str) -> None:
    """Let one replacement at a time count those before it."""
    connection.execute(select(batch.c.id).where(batch.c.campaign == campaign).with_for_update())


def _has_or_had(hashed: bytes) -> ColumnElement[bool]:
    return or_(invitation.c.token_hash == hashed, invitation.c.revoked_hash == hashed)


def _replaced(found: Row[tuple[object, ...]], token_hash: bytes) -> Update:
    return (
        update(invitation)
        .where(invitation.c.id == found.id)
        .values(
            token_hash=token_hash,
            revoked_hash=found.token_hash,
            generation=found.generation + 1,
            state=0,
            blinded_hash=None,
            reissued=1,
            delivery="sending",
            delivery_reason="",
        )
    )


def _hash(code: str) -> bytes:
    return codes.token_hash(codes.normalise(code) or codes.NO_CODE)


def _check_blinded(public: PublicKey, blinded: bytes) -> None:
    if len(blinded) != public.size or not 0 < int.from_bytes(blinded, "big") < public.n:
        raise Unblindable


def _batch(
    row: Row[tuple[object, ...]],
    counts: Counts,
    parsed: Parsed | None = None,
    already: Mapping[str, bytes] | None = None,
) -> Batch:
    return Batch(
        id=row.id,
        campaign=row.campaign,
        name=row.name,
        audience=row.audience,
        state=row.state,
        counts=counts,
        kind=row.kind,
        perimeter=row.perimeter,
        contact=row.contact,
        reason=row.reason,
        parsed=parsed,
        already=already or {},
    )


def _counts(connection: Connection, where: ColumnElement[bool]) -> Counts:
    asked = (
        select(
            invitation.c.delivery,
            func.count().label("number"),
            func.sum(invitation.c.state).label("issued"),
            func.sum(invitation.c.reissued).label("reissued"),
            func.count().filter(invitation.c.opted_out.is_(True)).label("opted_out"),
        )
        .where(where, _INVITED)
        .group_by(invitation.c.delivery)
    )
    rows = connection.execute(asked).all()
    return Counts(
        invited=sum(row.number for row in rows),
        issued=sum(int(row.issued) for row in rows),
        reissued=sum(int(row.reissued) for row in rows),
        opted_out=sum(row.opted_out for row in rows),
        **{row.delivery: row.number for row in rows},
    )


def _audience_size(connection: Connection, batch_row: Row[tuple[object, ...]]) -> int:
    asked = (
        select(func.count())
        .select_from(invitation)
        .where(
            invitation.c.campaign == batch_row.campaign,
            invitation.c.audience == batch_row.audience,
            _INVITED,
        )
    )
    return connection.execute(asked).scalar_one()


def _counts_by_batch(connection: Connection, campaign: str) -> Mapping[bytes, Counts]:
    asked = (
        select(invitation.c.batch, invitation.c.delivery, func.count().label("number"))
        .where(invitation.c.campaign == campaign, _INVITED)
        .group_by(invitation.c.batch, invitation.c.delivery)
    )
    numbers: dict[bytes, dict[str, int]] = {}
    for row in connection.execute(asked):
        numbers.setdefault(row.batch, {})[row.delivery] = row.number
    return {
        batch_id: Counts(invited=sum(found.values()), **found)
        for batch_id, found in numbers.items()
    }


def _again(row: Row[tuple[object, ...]], keys: Sequence[object]) -> Update:
    """Invite in this batch those of a batch that was cancelled."""
    return (
        update(invitation)
        .where(
            invitation.c.campaign == row.campaign,
            invitation.c.address_key.in_(keys),
            invitation.c.delivery == "cancelled",
        )
        .values(batch=row.id, audience=row.audience, delivery="waiting", delivery_reason="")
    )


def _mark(connection: Connection, invitation_id: bytes, delivery: str, reason: str) -> None:
    connection.execute(
        update(invitation)
        .where(invitation.c.id == invitation_id, _NOT_RETURNED)
        .values(delivery=delivery, delivery_reason=reason[:300])
    )


def _move(
    connection: Connection, batch_id: bytes, states: Iterable[str], state: str, **values: object
) -> None:
    connection.execute(
        update(batch)
        .where(batch.c.id == batch_id, batch.c.state.in_(tuple(states)))
        .values(state=state, **values)
    )


def _as_parameters(settled: Settled) -> dict[str, object]:
    return {
        "settled": settled.id,
        "became": settled.delivery,
        "because": settled.reason[:300],
    }


def _chunks(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))
