"""The code that was replaced: recognised, so that its holder is told."""

import sqlalchemy as sa
from alembic import op

revision = "roll_0002"
down_revision = "roll_0001"


def upgrade() -> None:
    op.add_column("invitation", sa.Column("revoked_hash", sa.LargeBinary(32)))
    op.create_index(op.f("ix_invitation_revoked_hash"), "invitation", ["revoked_hash"], unique=True)
