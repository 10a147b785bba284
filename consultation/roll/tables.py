"""The tables of the roll: who is invited, whether a credential was issued.

They must never hold an answer, a profile, a date or an order of arrival.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

batch = Table(
    "batch",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("campaign", String(100), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("audience", String(100), nullable=False),
    Column("state", String(20), nullable=False),
    Column("kind", String(20), nullable=False),  # mail | paper | seminar
    Column("perimeter", String(100), nullable=False),  # of the account that handed it in
    Column("contact", String(320), nullable=False),  # who is told how the sending ended
    Column("reason", String(300), nullable=False),  # why sending stopped, in words
    CheckConstraint(
        "state IN ('draft', 'confirmed', 'sending', 'paused', 'done', 'cancelled')", name="state"
    ),
    sqlite_with_rowid=False,
)

unchecked = Table(
    "unchecked",
    metadata,
    Column("batch", LargeBinary(16), ForeignKey("batch.id"), primary_key=True),
    Column("lines", Text, nullable=False),
    Column("file", LargeBinary),  # locked under a key that HR's browser alone keeps
    sqlite_with_rowid=False,
)
"""What was read of a file, and the file, until the batch is confirmed.

Megabytes: in the rows of batches, SQLite would read them for each invitation and each message.
"""

invitation = Table(
    "invitation",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("campaign", String(100), nullable=False),
    Column("batch", LargeBinary(16), ForeignKey("batch.id"), nullable=False),
    Column("address", String(320), nullable=False),
    Column("address_key", LargeBinary(32), nullable=False),
    Column("audience", String(100), nullable=False),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("state", Integer, nullable=False),  # 1: a credential was issued
    Column("blinded_hash", LargeBinary(32)),
    Column("generation", Integer, nullable=False),
    Column("reissued", Integer, nullable=False),
    Column("delivery", String(20), nullable=False),
    Column("delivery_reason", String(300), nullable=False),
    Column("revoked_hash", LargeBinary(32)),  # of the code that was replaced
    Column("opted_out", Boolean, nullable=False),  # wants no reminder
    UniqueConstraint("campaign", "address_key"),
    CheckConstraint("state IN (0, 1)", name="state"),
    CheckConstraint(
        "delivery IN ('waiting', 'sending', 'sent', 'refused', 'uncertain', 'bounced', 'paper', "
        "'cancelled')",
        name="delivery",
    ),
    Index("ix_invitation_queue", "batch", "delivery", "id"),
    Index("ix_invitation_revoked_hash", "revoked_hash", unique=True),
    sqlite_with_rowid=False,
)

PUT_OFF = and_(invitation.c.delivery == "waiting", invitation.c.delivery_reason != "")
"""Tried, and asked by a relay to wait."""

reminder = Table(
    "reminder",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("campaign", String(100), nullable=False, index=True),
    Column("classes", String(40), nullable=False),
    Column("done", Boolean, nullable=False),
    Column("sent", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("uncertain", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""What is kept of a reminder: how many messages, and never to whom."""

reminding = Table(
    "reminding",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("reminder", LargeBinary(16), ForeignKey("reminder.id"), nullable=False),
    Column("invitation", LargeBinary(16), ForeignKey("invitation.id"), nullable=False),
    Column("state", Integer, nullable=False),  # that of the invitation, which may change meanwhile
    Column("sending", Boolean, nullable=False),
    Index("ix_reminding_queue", "reminder", "sending", "id"),
    sqlite_with_rowid=False,
)
"""The messages of a reminder that have not left; each is deleted as soon as it has.

Who was reminded, and who was not the next time, would date the credential of the second.
"""
