"""Batches and invitations."""

import sqlalchemy as sa
from alembic import op

revision = "roll_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("campaign", sa.String(100), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("audience", sa.String(100), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("draft", sa.Text),
        sa.CheckConstraint(
            "state IN ('draft', 'confirmed', 'sending', 'paused', 'done')",
            name=op.f("ck_batch_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_batch_campaign"), "batch", ["campaign"])
    op.create_table(
        "invitation",
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("campaign", sa.String(100), nullable=False),
        sa.Column("batch", sa.LargeBinary(16), nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("address_key", sa.LargeBinary(32), nullable=False),
        sa.Column("audience", sa.String(100), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("blinded_hash", sa.LargeBinary(32)),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("reissued", sa.Integer, nullable=False),
        sa.Column("delivery", sa.String(20), nullable=False),
        sa.Column("delivery_reason", sa.String(300), nullable=False),
        sa.CheckConstraint("state IN (0, 1)", name=op.f("ck_invitation_state")),
        sa.CheckConstraint(
            "delivery IN ('waiting', 'sending', 'sent', 'refused', 'uncertain')",
            name=op.f("ck_invitation_delivery"),
        ),
        sa.ForeignKeyConstraint(["batch"], ["batch.id"], name=op.f("fk_invitation_batch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("campaign", "address_key", name=op.f("uq_invitation_campaign")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_invitation_queue"), "invitation", ["batch", "delivery", "id"])
