"""Accounts, the journal and the register of campaigns."""

import sqlalchemy as sa
from alembic import op

revision = "office_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("login", sa.String(100), nullable=False),
        sa.Column("password", sa.String(300), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("perimeter", sa.String(100), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True)),
        sa.Column("session_epoch", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "role IN ('rh', 'analyste', 'exploitation', 'auditeur')",
            name=op.f("ck_account_role"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login", name=op.f("uq_account_login")),
    )
    op.create_table(
        "journal",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(100), nullable=False),
        sa.Column("action", sa.String(100), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_journal")),
    )
    op.create_table(
        "campaign",
        sa.Column("slug", sa.String(100), nullable=False),
        sa.Column("urn", sa.LargeBinary(16), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("lists", sa.JSON, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("opens", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes", sa.DateTime(timezone=True), nullable=False),
        sa.Column("grace_until", sa.DateTime(timezone=True)),
        sa.Column("pool", sa.Integer, nullable=False),
        sa.Column("export_key", sa.LargeBinary(32), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'open', 'paused', 'closing', 'closed')",
            name=op.f("ck_campaign_state"),
        ),
        sa.CheckConstraint("opens < closes", name=op.f("ck_campaign_dates")),
        sa.CheckConstraint("pool >= 1", name=op.f("ck_campaign_pool")),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_campaign")),
        sa.UniqueConstraint("urn", name=op.f("uq_campaign_urn")),
    )
    op.create_table(
        "campaign_key",
        sa.Column("campaign", sa.String(100), nullable=False),
        sa.Column("audience", sa.String(100), nullable=False),
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign"], ["campaign.slug"], name=op.f("fk_campaign_key_campaign")
        ),
        sa.PrimaryKeyConstraint("campaign", "audience", name=op.f("pk_campaign_key")),
    )
