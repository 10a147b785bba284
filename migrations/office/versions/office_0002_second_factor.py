"""The second factor of accounts, and what takes two persons."""

import sqlalchemy as sa
from alembic import op

revision = "office_0002"
down_revision = "office_0001"


def upgrade() -> None:
    op.add_column("account", sa.Column("totp_secret", sa.LargeBinary))
    op.add_column("account", sa.Column("totp_step", sa.Integer))
    op.create_table(
        "approval",
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("campaign", sa.String(100), nullable=False),
        sa.Column("requested_by", sa.String(100), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(100)),
        sa.CheckConstraint(
            "action IN ('early-closing', 'final-release')", name=op.f("ck_approval_action")
        ),
        sa.CheckConstraint("approved_by <> requested_by", name=op.f("ck_approval_two_persons")),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name=op.f("fk_approval_campaign")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
