"""The tables of the office: accounts, approvals, the journal, the register of campaigns.

They must never hold a respondent, an address, a code or an answer. What readers of open texts
decided is here: a text has a name that only the export key gives, and what they wrote is locked.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class Instant(TypeDecorator[datetime]):
    """An aware date, kept in UTC: SQLite alone would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the store; a date without a zone is a bug and is refused."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a date without a zone")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the store."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

account = Table(
    "account",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("login", String(100), nullable=False, unique=True),
    Column("password", String(300), nullable=False),
    Column("role", String(20), nullable=False),
    Column("perimeter", String(100), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("blocked_until", Instant),
    Column("session_epoch", Integer, nullable=False),
    Column("totp_secret", LargeBinary),  # locked under a key of the side where its owner logs in
    Column("totp_step", Integer),  # the last one used; none until a first code was right
    CheckConstraint("role IN ('rh', 'analyste', 'exploitation', 'auditeur')", name="role"),
)

journal = Table(
    "journal",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("who", String(100), nullable=False),
    Column("action", String(100), nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous_hash", LargeBinary(32), nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
)

approval = Table(
    "approval",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("action", String(40), nullable=False),
    Column("campaign", String(100), ForeignKey("campaign.slug"), nullable=False),
    Column("requested_by", String(100), nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("approved_by", String(100)),
    CheckConstraint("action IN ('early-closing', 'final-release')", name="action"),
    CheckConstraint("approved_by <> requested_by", name="two_persons"),
)

campaign = Table(
    "campaign",
    metadata,
    Column("slug", String(100), primary_key=True),
    Column("urn", LargeBinary(16), nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("lists", JSON, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("state", String(20), nullable=False),
    Column("opens", Instant, nullable=False),
    Column("closes", Instant, nullable=False),
    Column("grace_until", Instant),
    Column("pool", Integer, nullable=False),
    Column("export_key", LargeBinary, nullable=False),
    Column("reissue", String(20), nullable=False, server_default="capped"),
    Column("drawing", String(20), nullable=False, server_default="blake2b-64"),
    Column("box_size", Integer),
    CheckConstraint("state IN ('draft', 'open', 'paused', 'closing', 'closed')", name="state"),
    CheckConstraint("opens < closes", name="dates"),
    CheckConstraint("pool >= 1", name="pool"),
)

revision = Table(
    "revision",
    metadata,
    Column("campaign", String(100), ForeignKey("campaign.slug"), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("definition", Text, nullable=False),
    Column("lists", JSON, nullable=False),
)
"""The earlier versions of a questionnaire corrected since: ballots name the one they answer."""

campaign_key = Table(
    "campaign_key",
    metadata,
    Column("campaign", String(100), ForeignKey("campaign.slug"), primary_key=True),
    Column("audience", String(100), primary_key=True),
    Column("public_key", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
)

figure = Table(
    "figure",
    metadata,
    Column("campaign", String(100), ForeignKey("campaign.slug"), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("value", String(100), nullable=False),
    Column("day", Date, nullable=False),
)
"""What anyone may see of a campaign, and the day it was published: never a finer date."""

sending = Table(
    "sending",
    metadata,
    Column("batch", LargeBinary(16), primary_key=True),
    Column("campaign", String(100), ForeignKey("campaign.slug"), nullable=False),
    Column("territory", String(20), nullable=False),
    Column("starts", Instant, nullable=False),
    Column("opening", Boolean, nullable=False),
)
"""When a batch is to leave; `opening`: before when the codes of a seminar are worth nothing."""

reminder_plan = Table(
    "reminder_plan",
    metadata,
    Column("campaign", String(100), ForeignKey("campaign.slug"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("starts", Instant, nullable=False),
    CheckConstraint("number IN (1, 2)", name="number"),
)

batch_figure = Table(
    "batch_figure",
    metadata,
    Column("batch", LargeBinary(16), primary_key=True),
    Column("campaign", String(100), ForeignKey("campaign.slug"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("invited", Integer, nullable=False),
    Column("issued", Integer),
    Column("day", Date, nullable=False),
)
"""How many of a batch had begun to answer some day, rounded; none where it would tell who."""
reading = Table(
    "reading",
    metadata,
    Column("saying", LargeBinary(16), primary_key=True),
    Column("campaign", String(100), ForeignKey("campaign.slug"), nullable=False),
    Column("question", String(100), nullable=False),
    Column("state", String(20), nullable=False),
    Column("locked", LargeBinary),  # the text as it was edited
    Column("chosen", Boolean, nullable=False),  # to be quoted in a report
    CheckConstraint("state IN ('accepted', 'edited', 'rejected')", name="state"),
    CheckConstraint("(state = 'edited') = (locked IS NOT NULL)", name="edited"),
    CheckConstraint("state <> 'rejected' OR NOT chosen", name="chosen"),
    Index("ix_reading_question", "campaign", "question"),
    sqlite_with_rowid=False,
)
"""What a reader decided about one open text; the journal says who read how many, and when."""

tag = Table(
    "tag",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("campaign", String(100), ForeignKey("campaign.slug"), nullable=False),
    Column("question", String(100), nullable=False),
    Column("name", String(100), nullable=False),
    Column("description", Text, nullable=False),
    UniqueConstraint("campaign", "question", "name", name="uq_tag_name"),
)

coded = Table(
    "coded",
    metadata,
    Column("saying", LargeBinary(16), primary_key=True),
    Column("coder", String(100), primary_key=True),
    Column("campaign", String(100), ForeignKey("campaign.slug"), nullable=False),
    Column("question", String(100), nullable=False),
    Index("ix_coded_question", "campaign", "question"),
    sqlite_with_rowid=False,
)
"""Who has coded which text, be it with no tag."""

tagged = Table(
    "tagged",
    metadata,
    Column("saying", LargeBinary(16), primary_key=True),
    Column("coder", String(100), primary_key=True),
    Column("tag", LargeBinary(16), ForeignKey("tag.id"), primary_key=True),
    ForeignKeyConstraint(
        ("saying", "coder"), ("coded.saying", "coded.coder"), name="fk_tagged_coded"
    ),
    sqlite_with_rowid=False,
)

margin = Table(
    "margin",
    metadata,
    Column("campaign", String(100), ForeignKey("campaign.slug"), primary_key=True),
    Column("question", String(100), primary_key=True),
    Column("code", String(100), primary_key=True),
    Column("people", Integer, nullable=False),
    CheckConstraint("people >= 0", name="people"),
)
"""What is known of a population from elsewhere, to weight its respondents by."""

publication = Table(
    "publication",
    metadata,
    Column("campaign", String(100), ForeignKey("campaign.slug"), primary_key=True),
    Column("content", Text, nullable=False),
    Column("day", Date, nullable=False),
)
"""The results as anyone may read them, frozen the day they were published."""

extraction = Table(
    "extraction",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("campaign", String(100), ForeignKey("campaign.slug"), nullable=False),
    Column("login", String(100), nullable=False),
    Column("purpose", String(200), nullable=False),
    Column("formats", String(100), nullable=False),
    Column("labels", Boolean, nullable=False),
    Column("unread", Boolean, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    CheckConstraint("state IN ('asked', 'ready', 'failed')", name="state"),
)
"""The files an analyst has asked for, until they are deleted, a day later."""

held_key = Table(
    "held_key",
    metadata,
    Column("key", LargeBinary(32), primary_key=True),
    Column("at", Instant, nullable=False),
)
"""When a worker last had an airlock's key in its hands; `key`: the SHA-256 of its public half."""

rounds = Table(
    "rounds",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("since", Instant, nullable=False),
    Column("last", Instant, nullable=False),
)
"""Since when rounds have followed one another without a leap of the clock, and the last one."""
