"""What is known of a population, what is published of results, and of each batch by its name."""

import sqlalchemy as sa
from alembic import op

revision = "office_0007"
down_revision = "office_0006"


def upgrade() -> None:
    op.create_table(
        "margin",
        sa.Column("campaign", sa.String(100), primary_key=True),
        sa.Column("question", sa.String(100), primary_key=True),
        sa.Column("code", sa.String(100), primary_key=True),
        sa.Column("people", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name="fk_margin_campaign"),
        sa.CheckConstraint("people >= 0", name=op.f("ck_margin_people")),
    )
    op.create_table(
        "publication",
        sa.Column("campaign", sa.String(100), primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name="fk_publication_campaign"),
    )
    # Counted again every day: nothing is lost.
    op.drop_table("batch_figure")
    op.create_table(
        "batch_figure",
        sa.Column("batch", sa.LargeBinary(16), primary_key=True),
        sa.Column("campaign", sa.String(100), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("invited", sa.Integer, nullable=False),
        sa.Column("issued", sa.Integer),
        sa.Column("day", sa.Date, nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name="fk_batch_figure_campaign"),
    )
