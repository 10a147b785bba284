"""What is published of each campaign."""

import sqlalchemy as sa
from alembic import op

revision = "office_0003"
down_revision = "office_0002"


def upgrade() -> None:
    op.create_table(
        "figure",
        sa.Column("campaign", sa.String(100), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("value", sa.String(100), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name=op.f("fk_figure_campaign")),
        sa.PrimaryKeyConstraint("campaign", "name", name=op.f("pk_figure")),
    )
