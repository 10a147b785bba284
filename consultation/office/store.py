"""The office's store: accounts, approvals, the journal, the campaigns and their figures.

It must never hold a respondent, an address, a code or an answer.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import chain
from secrets import token_bytes
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    CompoundSelect,
    Connection,
    RowMapping,
    Select,
    delete,
    func,
    insert,
    or_,
    select,
    type_coerce,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from werkzeug.security import check_password_hash, generate_password_hash

from consultation.airlock import LEAP
from consultation.blind import PublicKey
from consultation.database import Database
from consultation.formatting import PARIS
from consultation.office import accounts, approvals, campaigns, totp
from consultation.office.accounts import Account, Role
from consultation.office.approvals import VALID_FOR, Action, Approval
from consultation.office.campaigns import Campaign, Phase, Reissue, State
from consultation.office.figures import NAMES, Figure, Name, Published
from consultation.office.tables import (
    account,
    approval,
    campaign,
    campaign_key,
    figure,
    journal,
    revision,
)
from consultation.questionnaire.comparison import Change, compare, describe_change
from consultation.questionnaire.loading import parse
from consultation.questionnaire.lots import DRAWING
from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.rules import Rulebook
from consultation.questionnaire.size import box_size
from consultation.sealing import CannotUnseal, derive, lock, unlock

Clock = Callable[[], datetime]

FIRST_LINK = bytes(32)
HASHING = "scrypt:32768:8:1"  # of passwords: 32 MiB and 0.1 s to try one
JOURNAL_LOCK = 20240628  # any number: who holds it writes the next line
RECENT = timedelta(seconds=1)
REVISABLE: tuple[State, ...] = ("draft", "open", "paused")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, kw_only=True)
class Rotated:
    """Whose second factor is now under today's key, and whose no key at hand opens."""

    relocked: tuple[str, ...]
    unreadable: tuple[str, ...]


class Accounts:
    """Who may enter the office. Second factors are kept locked under `secret_key`.

    It is one for everybody, or one for each role that enters here: the others are as unknown.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        random_bytes: Callable[[int], bytes] = token_bytes,
        hashing: str = HASHING,
        *,
        secret_key: str | Mapping[Role, str],
    ) -> None:
        self._database = database
        self._clock = clock
        self._keys = _by_role(secret_key)
        self._random_bytes = random_bytes
        self._hashing = hashing

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles that enter here."""
        return tuple(self._keys)

    def create(self, login: str, password: str, role: str, perimeter: str = "") -> Account:
        """Open an account."""
        values = {
            "id": self._random_bytes(16),
            "login": accounts.clean_login(login),
            "password": generate_password_hash(accounts.strong_password(password), self._hashing),
            "role": accounts.known_role(role),
            "perimeter": perimeter,
            "active": True,
            "failures": 0,
            "session_epoch": 0,
        }
        try:
            with self._database.write() as tx:
                row = tx.execute(insert(account).values(values).returning(*_KNOWN)).one()
        except IntegrityError as error:
            raise accounts.LoginTaken from error
        return _account(row._mapping)

    def check(self, login: str, password: str, code: str = "") -> Account:
        """The account behind these; LoginRefused, always in the same words and the same time.

        The attempt is counted before the password is looked at: a hundred attempts at once are
        still five. A code opens once: whoever looked over a shoulder comes too late.
        """
        nobody = self._nobody  # made at the first login, whoever it is
        attempt = self._attempt(login.strip().casefold())
        stored = attempt["password"] if attempt else nobody
        known = check_password_hash(stored, password)
        if attempt is None or not known or not self._admitted(attempt, code):
            raise accounts.LoginRefused(_just_blocked(attempt))
        return _account(attempt)

    @cached_property
    def _nobody(self) -> str:
        """What the password of an unknown account is compared with; costs as much as a login."""
        return generate_password_hash("personne", self._hashing)

    def prepare_second_factor(self, account_id: bytes) -> Account:
        """Make a secret for an application, to be confirmed by a first code.

        Every session ends but the one that begins now: nobody else has seen this secret.
        """
        key = self._totp_key(account_id, self.get(account_id).role)
        secret = lock(key, self._random_bytes(totp.SECRET_BYTES))
        prepared = (
            update(account)
            .where(account.c.id == account_id, account.c.totp_step.is_(None))
            .values(totp_secret=secret, session_epoch=account.c.session_epoch + 1)
            .returning(*_KNOWN)
        )
        with self._database.write() as tx:
            row = tx.execute(prepared).first()
        if row is None:
            raise accounts.AlreadyProtected
        return _account(row._mapping)

    def prepared_second_factor(self, account_id: bytes) -> bytes | None:
        """The secret that waits for its first code, if any: once confirmed it is never shown."""
        with self._database.read() as connection:
            row = connection.execute(select(account).where(account.c.id == account_id)).first()
        if row is None or row.totp_secret is None or row.totp_step is not None:
            return None
        return unlock(self._totp_key(row.id, row.role), row.totp_secret)

    def confirm_second_factor(self, account_id: bytes, code: str) -> Account:
        """Ask for a code at each login from now on; sessions begun without one end."""
        secret = self.prepared_second_factor(account_id)
        if secret is None:
            raise accounts.AlreadyProtected
        step = totp.matching_step(secret, code, self._clock())
        if step is None:
            raise accounts.WrongCode
        confirmed = (
            update(account)
            .where(account.c.id == account_id, account.c.totp_step.is_(None))
            .values(totp_step=step, session_epoch=account.c.session_epoch + 1)
        )
        with self._database.write() as tx:
            tx.execute(confirmed)
        return self.get(account_id)

    def reset_second_factor(self, login: str) -> None:
        """Forget an application that was lost; the person brings another at the next login."""
        self._change(login, totp_secret=None, totp_step=None)

    def unreadable_second_factors(self) -> tuple[str, ...]:
        """The logins whose secret another key has locked: their codes are all refused."""
        with self._database.read() as connection:
            rows = connection.execute(_WITH_A_SECRET).all()
        mine = [row for row in rows if row.role in self._keys]
        return tuple(row.login for row in mine if self._secret_of(row._mapping) is None)

    def openable_strangers(self) -> tuple[str, ...]:
        """The logins that do not enter here, and whose second factor a key of here opens."""
        with self._database.read() as connection:
            rows = connection.execute(_WITH_A_SECRET).all()
        strangers = [row for row in rows if row.role not in self._keys]
        return tuple(
            row.login
            for row in strangers
            if any(_unlocked(row._mapping, key) for key in set(self._keys.values()))
        )

    def rotate(self, former: str) -> Rotated:
        """Lock under today's keys the second factors that `former` had locked; sessions end.

        Of the roles that enter here only; done twice, it changes nothing more.
        """
        with self._database.write() as tx:
            mine = account.c.role.in_(self._keys)
            rows = tx.execute(_WITH_A_SECRET.where(mine).with_for_update()).all()
            lost, moved = [], []
            for row in rows:
                if self._secret_of(row._mapping) is not None:
                    continue
                secret = _unlocked(row._mapping, former)
                if secret is None:
                    lost.append(row.login)
                    continue
                relocked = lock(self._totp_key(row.id, row.role), secret)
                tx.execute(
                    update(account).where(account.c.id == row.id).values(totp_secret=relocked)
                )
                moved.append(row.login)
            tx.execute(
                update(account).where(mine).values(session_epoch=account.c.session_epoch + 1)
            )
        return Rotated(relocked=tuple(moved), unreadable=tuple(lost))

    def get(self, account_id: bytes) -> Account:
        """The account with this id; UnknownAccount when there is none."""
        with self._database.read() as connection:
            row = connection.execute(select(*_KNOWN).where(account.c.id == account_id)).first()
        if row is None:
            raise accounts.UnknownAccount
        return _account(row._mapping)

    def set_password(self, login: str, password: str) -> None:
        """Change a password; sessions open elsewhere end and a blocked account is freed."""
        hashed = generate_password_hash(accounts.strong_password(password), self._hashing)
        self._change(login, password=hashed, failures=0, blocked_until=None)

    def deactivate(self, login: str) -> None:
        """Close an account; its sessions end."""
        self._change(login, active=False)

    def end_sessions(self, account_id: bytes) -> None:
        """Log this person out everywhere."""
        with self._database.write() as tx:
            ended = update(account).where(account.c.id == account_id)
            tx.execute(ended.values(session_epoch=account.c.session_epoch + 1))

    def all(self) -> tuple[Account, ...]:
        """Every account, by login."""
        with self._database.read() as connection:
            rows = connection.execute(select(*_KNOWN).order_by(account.c.login)).all()
        return tuple(_account(row._mapping) for row in rows)

    def _admitted(self, attempt: RowMapping, code: str) -> bool:
        """Forgive the failures of who gives the right code, and use this code up."""
        admitted = update(account).where(account.c.id == attempt["id"])
        values: dict[str, object] = {"failures": 0, "blocked_until": None}
        if attempt["totp_step"] is not None:
            secret = self._secret_of(attempt)
            step = totp.matching_step(secret, code, self._clock()) if secret else None
            if step is None:
                return False
            admitted = admitted.where(account.c.totp_step < step)
            values["totp_step"] = step
        with self._database.write() as tx:
            used = tx.execute(admitted.values(values).returning(account.c.id))
            return used.first() is not None

    def _secret_of(self, row: RowMapping) -> bytes | None:
        return _unlocked(row, self._keys[row["role"]])

    def _totp_key(self, account_id: bytes, role: Role) -> bytes:
        return _totp_key(self._keys[role], account_id)

    def _attempt(self, login: str) -> RowMapping | None:
        now = self._clock()
        with self._database.write() as tx:
            row = tx.execute(
                select(account).where(account.c.login == login).with_for_update()
            ).first()
            if row is None or not row.active or row.role not in self._keys:
                return None
            if accounts.blocked(row.blocked_until, now):
                return None
            failures = 1 if row.blocked_until else row.failures + 1
            until = now + accounts.BLOCKED_FOR if failures >= accounts.FAILURES_ALLOWED else None
            counted = update(account).where(account.c.id == row.id)
            tx.execute(counted.values(failures=failures, blocked_until=until))
        return row._mapping

    def _change(self, login: str, **values: object) -> None:
        changed = (
            update(account)
            .where(account.c.login == login.strip().casefold())
            .values(session_epoch=account.c.session_epoch + 1, **values)
            .returning(account.c.id)
        )
        with self._database.write() as tx:
            if tx.execute(changed).first() is None:
                raise accounts.UnknownAccount


_WITH_A_SECRET = select(account).where(account.c.totp_secret.is_not(None)).order_by(account.c.login)


def _by_role(secret_key: str | Mapping[Role, str]) -> Mapping[Role, str]:
    if isinstance(secret_key, str):
        return dict.fromkeys(accounts.ROLES, secret_key)
    return secret_key


def _unlocked(row: RowMapping, secret_key: str) -> bytes | None:
    """The second factor of this account; None when another key has locked it."""
    try:
        return unlock(_totp_key(secret_key, row["id"]), row["totp_secret"])
    except CannotUnseal:
        return None


def _totp_key(secret_key: str, account_id: bytes) -> bytes:
    # One key for each account: the secret of one copied to another's line opens nothing.
    return derive(secret_key.encode(), f"office/second-factor/{account_id.hex()}")


class Approvals:
    """What two persons of the office must agree on: one asks, another approves."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        random_bytes: Callable[[int], bytes] = token_bytes,
    ) -> None:
        self._database = database
        self._clock = clock
        self._random_bytes = random_bytes

    def request(self, action: Action, slug: str, by: Account) -> Approval:
        """Ask for an action; when it was asked already, the request that is there."""
        _refuse_others(by)
        with self._database.write() as tx:
            there = self._live(tx, approval.c.action == action, approval.c.campaign == slug)
            if there:
                return there[0]
            known = tx.scalar(select(campaign.c.slug).where(campaign.c.slug == slug))
            if known is None:
                raise campaigns.UnknownCampaign
            made = Approval(
                id=self._random_bytes(16),
                action=approvals.known_action(action),
                campaign=slug,
                requested_by=by.login,
                requested_at=self._clock(),
                approved_by=None,
            )
            tx.execute(insert(approval).values(vars(made)))
        return made

    def approve(self, approval_id: bytes, by: Account) -> Approval:
        """Agree with what another asked; agreeing twice changes nothing."""
        _refuse_others(by)
        with self._database.write() as tx:
            asked = self._one(tx, approval_id)
            if asked.requested_by == by.login:
                raise approvals.SamePerson
            if asked.approved_by:
                return asked
            changed = update(approval).where(approval.c.id == approval_id)
            tx.execute(changed.values(approved_by=by.login))
        return replace(asked, approved_by=by.login)

    def withdraw(self, approval_id: bytes, by: Account) -> Approval:
        """Take a request back, approved or not; anyone of the exploitation may."""
        _refuse_others(by)
        with self._database.write() as tx:
            asked = self._one(tx, approval_id)
            tx.execute(delete(approval).where(approval.c.id == approval_id))
        return asked

    def granted(self, action: Action, slug: str) -> bool:
        """Whether two persons agree, since less than a day."""
        with self._database.read() as connection:
            found = self._live(connection, approval.c.action == action, approval.c.campaign == slug)
        return any(one.approved_by for one in found)

    def require(self, action: Action, slug: str) -> None:
        """TwoPersonsNeeded unless it is granted."""
        if not self.granted(action, slug):
            raise approvals.TwoPersonsNeeded

    def all(self) -> tuple[Approval, ...]:
        """Every request still valid, the oldest first."""
        with self._database.read() as connection:
            return self._live(connection)

    def _one(self, connection: Connection, approval_id: bytes) -> Approval:
        found = self._live(connection, approval.c.id == approval_id)
        if not found:
            raise approvals.UnknownApproval
        return found[0]

    def _live(
        self, connection: Connection, *conditions: ColumnElement[bool]
    ) -> tuple[Approval, ...]:
        fresh = approval.c.requested_at > self._clock() - VALID_FOR
        query = select(approval).where(fresh, *conditions).order_by(approval.c.requested_at)
        return tuple(Approval(**row._mapping) for row in connection.execute(query))


def _refuse_others(by: Account) -> None:
    if by.role != "exploitation" or not by.active:
        raise approvals.NotTheirs


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the journal; each carries the hash of the one before."""

    number: int
    at: datetime
    who: str
    action: str
    detail: str
    previous_hash: bytes
    hash: bytes

    @property
    def expected_hash(self) -> bytes:
        """What `hash` is, unless someone has touched this line."""
        said = [self.number, self.at.isoformat(), self.who, self.action, self.detail]
        return hashlib.sha256(self.previous_hash + json.dumps(said).encode()).digest()


class Journal:
    """What the office did, in a chain that shows any later change.

    Someone who can rewrite the whole store can rewrite the whole chain: note `head` elsewhere.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def write(self, who: str, action: str, detail: str = "") -> None:
        """Add a line: who, did what. Never a respondent."""
        with self._database.write() as tx:
            # SQLite's writers already take turns; a table's lock asks for more than adding lines.
            if tx.dialect.name == "postgresql":
                tx.execute(select(func.pg_advisory_xact_lock(JOURNAL_LOCK)))
            last = tx.execute(_newest_first().limit(1)).first()
            entry = Entry(
                number=last.number + 1 if last else 1,
                at=self._clock(),
                who=who,
                action=action,
                detail=detail,
                previous_hash=last.hash if last else FIRST_LINK,
                hash=b"",
            )
            tx.execute(insert(journal).values(vars(entry) | {"hash": entry.expected_hash}))

    def entries(self) -> tuple[Entry, ...]:
        """Every line, the oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(journal).order_by(journal.c.number)).all()
        return tuple(Entry(**row._mapping) for row in rows)

    def head(self) -> bytes:
        """The hash of the last line: noted elsewhere, it also proves that none was cut off."""
        last = self.last()
        return last.hash if last else FIRST_LINK

    def last(self) -> Entry | None:
        """The last line, if any."""
        with self._database.read() as connection:
            row = connection.execute(_newest_first().limit(1)).first()
        return Entry(**row._mapping) if row else None

    def first_fault(self) -> int | None:
        """The number of the first line that is not as it was written, or is missing."""
        previous = FIRST_LINK
        for number, entry in enumerate(self.entries(), start=1):
            linked = entry.number == number and entry.previous_hash == previous
            if not linked or entry.hash != entry.expected_hash:
                return number
            previous = entry.hash
        return None

    def verify(self) -> bool:
        """Whether every line is the one that was written, with none missing in between."""
        return self.first_fault() is None

    def includes(self, head: bytes) -> bool:
        """Whether the journal goes on from this head, noted elsewhere some day."""
        with self._database.read() as connection:
            found = connection.scalar(select(journal.c.number).where(journal.c.hash == head))
        return found is not None or head == FIRST_LINK


class Campaigns:
    """The register of campaigns, which both sides read."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        # What never changes after creation is read once: the questionnaire and the keys.
        self._pinned: dict[tuple[str, str], _Unchanging] = {}
        self._recent: dict[str, tuple[datetime, Campaign]] = {}

    def create(
        self,
        *,
        slug: str,
        urn: bytes,
        definition: str,
        lists: Mapping[str, str],
        opens: datetime,
        closes: datetime,
        export_key: bytes,
        keys: Mapping[str, PublicKey],
        pool: int = 50,
        reissue: Reissue = "capped",
    ) -> Campaign:
        """Register a draft campaign; refused with every error when its questionnaire has some."""
        if not SLUG.fullmatch(slug) or len(slug) > 60:
            raise campaigns.WrongSlug
        if not opens < closes:
            raise campaigns.WrongDates
        questionnaire = _questionnaire(definition, lists, slug)
        if {audience for audience, _ in questionnaire.audiences} != set(keys):
            raise campaigns.MissingKeys
        values = {
            "slug": slug,
            "urn": urn,
            "title": str(questionnaire.title),
            "definition": definition,
            "lists": dict(lists),
            "digest": questionnaire.digest,
            "state": "draft",
            "opens": opens,
            "closes": closes,
            "pool": pool,
            "export_key": export_key,
            "reissue": reissue,
            "drawing": DRAWING,
            "box_size": box_size(questionnaire),
        }
        try:
            with self._database.write() as tx:
                tx.execute(insert(campaign).values(values))
                tx.execute(insert(campaign_key), _key_rows(slug, keys))
        except IntegrityError as error:
            raise campaigns.CampaignExists from error
        return self.get(slug)

    def get(self, slug: str) -> Campaign:
        """The campaign; UnknownCampaign when there is none."""
        with self._database.read() as connection:
            row = connection.execute(_campaigns().where(campaign.c.slug == slug)).first()
            if row is None:
                raise campaigns.UnknownCampaign
            return self._campaign(connection, row._mapping)

    def recent(self, slug: str) -> Campaign:
        """The campaign as it was at most a second ago, for pages that are asked for often."""
        now = self._clock()
        read_at, known = self._recent.get(slug, (now, None))
        if known is None or not read_at <= now < read_at + RECENT:
            known = self.get(slug)
            self._recent[slug] = now, known
        return known

    def all(self) -> tuple[Campaign, ...]:
        """Every campaign, the newest opening first."""
        newest_first = _campaigns().order_by(campaign.c.opens.desc(), campaign.c.slug)
        with self._database.read() as connection:
            rows = connection.execute(newest_first).all()
            return tuple(self._campaign(connection, row._mapping) for row in rows)

    def phase(self, found: Campaign) -> Phase:
        """What this campaign allows now."""
        return found.phase(self._clock())

    def definition(self, slug: str) -> tuple[str, Mapping[str, str]]:
        """The questionnaire as written, and the lists it uses."""
        written = select(campaign.c.definition, campaign.c.lists).where(campaign.c.slug == slug)
        with self._database.read() as connection:
            row = connection.execute(written).first()
        if row is None:
            raise campaigns.UnknownCampaign
        return row.definition, row.lists

    def earlier(self, slug: str) -> tuple[campaigns.Version, ...]:
        """The versions that were corrected since, the oldest number first."""
        with self._database.read() as connection:
            rows = connection.execute(_replaced(slug)).all()
        versions = (
            campaigns.Version(
                questionnaire=_questionnaire(row.definition, row.lists, slug, thorough=False),
                definition=row.definition,
                lists=row.lists,
            )
            for row in rows
        )
        return tuple(
            sorted(versions, key=lambda one: (one.questionnaire.version, one.questionnaire.digest))
        )

    def earlier_digests(self, slug: str) -> tuple[str, ...]:
        """The digests of these versions, in no order."""
        with self._database.read() as connection:
            return tuple(sorted(row.digest for row in connection.execute(_replaced(slug))))

    def open(self, slug: str) -> None:
        """Open a draft campaign: from now on only its closing date and `revise` change it.

        What its draft was before is forgotten: nobody has answered that.
        """
        if self._clock() >= self.get(slug).closes:
            raise campaigns.WrongDates
        is_draft = select(campaign.c.slug).where(
            campaign.c.slug == slug, campaign.c.state == "draft"
        )
        with self._database.write() as tx:
            tx.execute(delete(revision).where(revision.c.campaign == slug, is_draft.exists()))
        self._move(slug, {"draft"}, "open")

    def revise(self, slug: str, definition: str, lists: Mapping[str, str]) -> tuple[Change, ...]:
        """Correct the questionnaire, and keep the earlier version; what changed, gravest first.

        Refused once people may no longer answer, and, from the opening on, when an answer already
        given, to this version or to an earlier one, would be lost or read otherwise, or when the
        longest answers would no longer fit in the campaign's boxes, which all have one size.
        """
        found = self.get(slug)
        if found.state not in REVISABLE:
            raise campaigns.WrongMoment
        corrected = _questionnaire(definition, lists, slug)
        changes = compare(found.questionnaire, corrected)
        written: dict[str, object] = {"definition": definition, "lists": dict(lists)}
        if found.state == "draft":
            written["box_size"] = found.box_size and box_size(corrected)
        else:
            if found.box_size and box_size(corrected) > found.box_size:
                raise campaigns.LongerAnswers
            # Corrections that are harmless one by one may turn an answer to the first one round.
            answered = (one.questionnaire for one in self.earlier(slug))
            _refuse_breaking(chain(changes, *(compare(one, corrected) for one in answered)))
        if {audience for audience, _ in corrected.audiences} != set(found.keys):
            raise campaigns.MissingKeys
        if corrected.digest != found.digest:
            self._replace(found, corrected, written)
        return changes

    def _replace(
        self, found: Campaign, corrected: Questionnaire, written: Mapping[str, object]
    ) -> None:
        this = (campaign.c.slug == found.slug, campaign.c.digest == found.digest)
        columns = ("slug", "digest", "definition", "lists")
        there = select(revision.c.digest).where(
            revision.c.campaign == found.slug, revision.c.digest == found.digest
        )
        replaced = select(*(campaign.c[name] for name in columns)).where(*this, ~there.exists())
        values = {"digest": corrected.digest, "title": str(corrected.title), **written}
        # A draft that was opened meanwhile is no draft any more: what was refused then was not.
        states = ("draft",) if found.state == "draft" else REVISABLE
        new = update(campaign).where(*this, campaign.c.state.in_(states)).values(values)
        self._recent.pop(found.slug, None)
        with self._database.write() as tx:
            tx.execute(insert(revision).from_select(["campaign", *columns[1:]], replaced))
            if tx.execute(new.returning(campaign.c.slug)).first() is None:
                raise campaigns.WrongMoment

    def pause(self, slug: str) -> None:
        """Stop everything for a while."""
        self._move(slug, {"open"}, "paused")

    def resume(self, slug: str) -> None:
        """Go on after a pause."""
        self._move(slug, {"paused"}, "open")

    def extend(self, slug: str, closes: datetime) -> None:
        """Give more time."""
        found = self.get(slug)
        if found.state not in ("draft", "open", "paused"):
            raise campaigns.WrongMoment
        if closes < found.closes or closes <= self._clock() or closes <= found.opens:
            raise campaigns.WrongDates
        self._set(slug, {"draft", "open", "paused"}, {"closes": closes})

    def start_closing(self, slug: str, grace_until: datetime) -> None:
        """Issue nothing more; what was issued may still be spent until `grace_until`."""
        self._move(slug, {"open", "paused"}, "closing", grace_until=grace_until)

    def finish_closing(self, slug: str) -> None:
        """End the campaign; refused while agents may still send what they have written."""
        found = self.get(slug)
        if found.state == "closing" and self._clock() < found.last_moment:
            raise campaigns.GraceNotOver
        self._move(slug, {"closing"}, "closed")

    def _move(self, slug: str, before: set[State], after: State, **values: object) -> None:
        moved = self._set(slug, before, {"state": after, **values})
        if not moved and self.get(slug).state != after:
            raise campaigns.WrongMoment

    def _set(self, slug: str, states: Iterable[State], values: Mapping[str, object]) -> bool:
        changed = (
            update(campaign)
            .where(campaign.c.slug == slug, campaign.c.state.in_(states))
            .values(values)
            .returning(campaign.c.slug)
        )
        self._recent.pop(slug, None)
        with self._database.write() as tx:
            return tx.execute(changed).first() is not None

    def _campaign(self, connection: Connection, row: RowMapping) -> Campaign:
        kept = self._unchanging(connection, row["slug"], row["digest"])
        told = {name: row[name] for name in row if name != "drawing"}
        return Campaign(
            questionnaire=kept.questionnaire, rulebook=kept.rulebook, keys=kept.keys, **told
        )

    def _unchanging(self, connection: Connection, slug: str, digest: str) -> _Unchanging:
        found = self._pinned.get((slug, digest))
        if found is None:
            found = self._pinned[slug, digest] = _read_unchanging(connection, slug, digest)
        return found


@dataclass(frozen=True)
class _Unchanging:
    """What a campaign keeps as long as its questionnaire is not corrected."""

    questionnaire: Questionnaire
    rulebook: Rulebook
    keys: Mapping[str, PublicKey]


class Figures:
    """What is published of each campaign; its dates are days, in Paris."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def of(self, slug: str) -> Published:
        """Everything published of a campaign."""
        with self._database.read() as connection:
            rows = connection.execute(select(figure).where(figure.c.campaign == slug)).all()
        found = {row.name: Figure(value=row.value, day=row.day) for row in rows}
        return Published(figures={name: found[name] for name in NAMES if name in found})

    def publish(self, slug: str, values: Mapping[Name, int | str]) -> None:
        """Publish these figures now: at an opening, a release or an end, and nowhere else."""
        with self._database.write() as tx:
            _publish(tx, slug, values, self._today())

    def publish_daily(self, slug: str, values: Callable[[], Mapping[Name, int | str]]) -> bool:
        """Publish what is counted, once a day, whoever asks and however often.

        Of two workers that ask at once, the first writes and the other finds it done.
        """
        mark, today = "daily", self._today()
        with self._database.read() as connection:
            done = select(figure.c.day).where(figure.c.campaign == slug, figure.c.name == mark)
            # Later than tomorrow: a clock had leapt, and this is no reason to wait for that day.
            if today <= (connection.scalar(done) or date.min) <= today + LEAP:
                return False
        counted = values()
        with self._database.write() as tx:
            first = _upsert(tx, slug, mark, "", today, only_newer=True)
            if first:
                _publish(tx, slug, counted, today)
        return first

    def _today(self) -> date:
        return self._clock().astimezone(PARIS).date()


_SHOWN = (
    account.c.id,
    account.c.login,
    account.c.role,
    account.c.perimeter,
    account.c.active,
    account.c.session_epoch,
    account.c.failures,
)
_KNOWN = (*_SHOWN, account.c.totp_step)


def _account(row: RowMapping) -> Account:
    known = {column.name: row[column.name] for column in _SHOWN}
    return Account(**known, two_factors=row["totp_step"] is not None)


def _just_blocked(attempt: RowMapping | None) -> str:
    last = attempt is not None and not attempt["blocked_until"]
    if attempt is None or not last or attempt["failures"] + 1 < accounts.FAILURES_ALLOWED:
        return ""
    return str(attempt["login"])


def _publish(tx: Connection, slug: str, values: Mapping[Name, int | str], today: date) -> None:
    for name, value in values.items():
        _upsert(tx, slug, name, str(value), today)


def _upsert(
    tx: Connection, slug: str, name: str, value: str, day: date, *, only_newer: bool = False
) -> bool:
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    adding = dialect.insert(figure).values(campaign=slug, name=name, value=value, day=day)
    written = adding.on_conflict_do_update(
        index_elements=["campaign", "name"],
        set_={"value": value, "day": day},
        where=or_(figure.c.day < day, figure.c.day > day + LEAP) if only_newer else None,
    )
    return tx.execute(written.returning(figure.c.name)).first() is not None


def _newest_first() -> Select[Any]:  # Any: SQLAlchemy's own type of a whole row
    return select(journal).order_by(journal.c.number.desc())


def _campaigns() -> Select[Any]:  # Any: SQLAlchemy's own type of a whole row
    heavy = {"definition", "lists"}
    return select(*(column for column in campaign.c if column.name not in heavy))


def _replaced(slug: str) -> Select[Any]:  # Any: as above
    """The versions of this campaign's questionnaire that are no longer its own."""
    own = select(campaign.c.digest).where(campaign.c.slug == slug)
    return select(revision).where(revision.c.campaign == slug, revision.c.digest.not_in(own))


def _refuse_breaking(changes: Iterable[Change]) -> None:
    broken = [describe_change(one) for one in changes if one.kind == "breaking"]
    if broken:
        raise campaigns.BreakingRevision("\n".join(dict.fromkeys(broken)))


def _version(slug: str, digest: str) -> CompoundSelect[Any]:  # Any: as above
    """The questionnaire of this digest, which may have been corrected since its digest was read."""
    wanted = ((campaign, campaign.c.slug), (revision, revision.c.campaign))
    return union_all(
        *(
            select(table.c.definition, type_coerce(table.c.lists, JSON).label("lists")).where(
                name == slug, table.c.digest == digest
            )
            for table, name in wanted
        )
    )


def _questionnaire(
    definition: str, lists: Mapping[str, str], name: str, *, thorough: bool = True
) -> Questionnaire:
    loaded = parse(definition, lists, name=name, thorough=thorough)
    errors = [str(problem) for problem in loaded.problems if problem.severity == "error"]
    if errors or loaded.questionnaire is None:
        raise campaigns.FaultyQuestionnaire("\n".join(errors))
    return loaded.questionnaire


def _read_unchanging(connection: Connection, slug: str, digest: str) -> _Unchanging:
    row = connection.execute(_version(slug, digest)).first()
    if row is None:
        raise campaigns.AlteredQuestionnaire
    # What was accepted once stays so, whatever one has learnt to look for since.
    questionnaire = _questionnaire(row.definition, row.lists, slug, thorough=False)
    if questionnaire.digest != digest:
        raise campaigns.AlteredQuestionnaire
    drawing = connection.scalar(select(campaign.c.drawing).where(campaign.c.slug == slug))
    keys = connection.execute(select(campaign_key).where(campaign_key.c.campaign == slug)).all()
    return _Unchanging(
        questionnaire,
        Rulebook(questionnaire, drawing or DRAWING),
        {key.audience: PublicKey.from_pem(key.public_key.encode("ascii")) for key in keys},
    )


def _key_rows(slug: str, keys: Mapping[str, PublicKey]) -> list[dict[str, str]]:
    return [
        {
            "campaign": slug,
            "audience": audience,
            "public_key": key.to_pem().decode("ascii"),
            "fingerprint": key.fingerprint,
        }
        for audience, key in keys.items()
    ]
