"""When batches and reminders are to leave, and what is published of each batch."""

import sqlalchemy as sa
from alembic import op

revision = "office_0005"
down_revision = "office_0004"


def upgrade() -> None:
    op.create_table(
        "sending",
        sa.Column("batch", sa.LargeBinary(16), nullable=False),
        sa.Column("campaign", sa.String(100), nullable=False),
        sa.Column("territory", sa.String(20), nullable=False),
        sa.Column("starts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opening", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name=op.f("fk_sending_campaign")),
        sa.PrimaryKeyConstraint("batch", name=op.f("pk_sending")),
    )
    op.create_table(
        "reminder_plan",
        sa.Column("campaign", sa.String(100), nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("starts", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign"], ["campaign.slug"], name=op.f("fk_reminder_plan_campaign")
        ),
        sa.PrimaryKeyConstraint("campaign", "number", name=op.f("pk_reminder_plan")),
        sa.CheckConstraint("number IN (1, 2)", name=op.f("ck_reminder_plan_number")),
    )
    op.create_table(
        "batch_figure",
        sa.Column("batch", sa.LargeBinary(16), nullable=False),
        sa.Column("campaign", sa.String(100), nullable=False),
        sa.Column("issued", sa.Integer),
        sa.Column("day", sa.Date, nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign"], ["campaign.slug"], name=op.f("fk_batch_figure_campaign")
        ),
        sa.PrimaryKeyConstraint("batch", name=op.f("pk_batch_figure")),
    )
