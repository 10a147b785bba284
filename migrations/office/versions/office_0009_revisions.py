"""The earlier versions of the questionnaires that were corrected."""

import sqlalchemy as sa
from alembic import op

revision = "office_0009"
down_revision = "office_0008"


def upgrade() -> None:
    op.create_table(
        "revision",
        sa.Column("campaign", sa.String(100), primary_key=True),
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("lists", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name="fk_revision_campaign"),
    )
