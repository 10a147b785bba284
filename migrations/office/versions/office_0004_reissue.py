"""Whether a campaign replaces lost links."""

import sqlalchemy as sa
from alembic import op

revision = "office_0004"
down_revision = "office_0003"


def upgrade() -> None:
    op.add_column(
        "campaign",
        sa.Column("reissue", sa.String(20), nullable=False, server_default="capped"),
    )
