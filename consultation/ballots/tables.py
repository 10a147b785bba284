"""The box: what was answered. It must never hold a name, an address, a date, an order or a code.

Every key is random (or a hash of something random) and no table refers to another: two rows of the
box have nothing in common but the campaign's random `urn`, and nothing at all with the roll.
"""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, MetaData, Table

metadata = MetaData()

spent = Table(
    "spent",
    metadata,
    Column("nullifier", LargeBinary(32), primary_key=True),
    Column("urn", LargeBinary(16), nullable=False, index=True),
    sqlite_with_rowid=False,
)
"""The credentials that have voted: hashes that no ballot mentions."""

inbox = Table(
    "inbox",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("urn", LargeBinary(16), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""The airlock: ballots waiting for enough others to be shuffled with."""

ballot = Table(
    "ballot",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("urn", LargeBinary(16), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""The urn: released ballots, sealed for the export."""

draft = Table(
    "draft",
    metadata,
    Column("id", LargeBinary(32), primary_key=True),
    Column("urn", LargeBinary(16), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""Answers not yet sent, which only the agent's own signature opens, or a code we never see."""

airlock = Table(
    "airlock",
    metadata,
    Column("urn", LargeBinary(16), primary_key=True),
    Column("public", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""The key under which ballots are sealed until the next release."""
