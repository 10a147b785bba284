"""What draws the orders of a campaign: those opened before keep the function they began with."""

import sqlalchemy as sa
from alembic import op

revision = "office_0011"
down_revision = "office_0010"


def upgrade() -> None:
    op.add_column(
        "campaign",
        sa.Column("drawing", sa.String(20), nullable=False, server_default="blake2b-64"),
    )
