"""Spent credentials, the airlock, the urn and the drafts."""

import sqlalchemy as sa
from alembic import op

revision = "box_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "spent",
        sa.Column("nullifier", sa.LargeBinary(32), nullable=False),
        sa.Column("urn", sa.LargeBinary(16), nullable=False),
        sa.PrimaryKeyConstraint("nullifier"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_spent_urn", "spent", ["urn"])
    for name, size in (("inbox", 16), ("ballot", 16), ("draft", 32)):
        op.create_table(
            name,
            sa.Column("id", sa.LargeBinary(size), nullable=False),
            sa.Column("urn", sa.LargeBinary(16), nullable=False),
            sa.Column("sealed", sa.LargeBinary, nullable=False),
            sa.PrimaryKeyConstraint("id"),
            sqlite_with_rowid=False,
        )
        op.create_index(f"ix_{name}_urn", name, ["urn"])
    op.create_table(
        "airlock",
        sa.Column("urn", sa.LargeBinary(16), nullable=False),
        sa.Column("public", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("urn"),
        sqlite_with_rowid=False,
    )
