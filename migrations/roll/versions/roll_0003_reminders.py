"""Reminders, and their messages until they have left."""

import sqlalchemy as sa
from alembic import op

revision = "roll_0003"
down_revision = "roll_0002"


def upgrade() -> None:
    op.create_table(
        "reminder",
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("campaign", sa.String(100), nullable=False),
        sa.Column("classes", sa.String(40), nullable=False),
        sa.Column("done", sa.Boolean, nullable=False),
        sa.Column("sent", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("uncertain", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_reminder_campaign"), "reminder", ["campaign"])
    op.create_table(
        "reminding",
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("reminder", sa.LargeBinary(16), nullable=False),
        sa.Column("invitation", sa.LargeBinary(16), nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("sending", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["reminder"], ["reminder.id"], name=op.f("fk_reminding_reminder")),
        sa.ForeignKeyConstraint(
            ["invitation"], ["invitation.id"], name=op.f("fk_reminding_invitation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminding")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_reminding_queue"), "reminding", ["reminder", "sending", "id"])
