"""When a worker last held an airlock's key, and when it made its last rounds."""

import sqlalchemy as sa
from alembic import op

revision = "office_0010"
down_revision = "office_0009"


def upgrade() -> None:
    op.create_table(
        "held_key",
        sa.Column("key", sa.LargeBinary(32), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "rounds",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last", sa.DateTime(timezone=True), nullable=False),
    )
