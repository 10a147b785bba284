"""The files that analysts ask for, and how far each is."""

import sqlalchemy as sa
from alembic import op

revision = "office_0008"
down_revision = "office_0007"


def upgrade() -> None:
    op.create_table(
        "extraction",
        sa.Column("id", sa.LargeBinary(16), primary_key=True),
        sa.Column("campaign", sa.String(100), nullable=False),
        sa.Column("login", sa.String(100), nullable=False),
        sa.Column("purpose", sa.String(200), nullable=False),
        sa.Column("formats", sa.String(100), nullable=False),
        sa.Column("labels", sa.Boolean, nullable=False),
        sa.Column("unread", sa.Boolean, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name="fk_extraction_campaign"),
        sa.CheckConstraint(
            "state IN ('asked', 'ready', 'failed')", name=op.f("ck_extraction_state")
        ),
    )
