"""What readers decided about open texts: read, edited, left out, coded."""

import sqlalchemy as sa
from alembic import op

revision = "office_0006"
down_revision = "office_0005"


def upgrade() -> None:
    op.create_table(
        "reading",
        sa.Column("saying", sa.LargeBinary(16), primary_key=True),
        *_question("reading"),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("locked", sa.LargeBinary),
        sa.Column("chosen", sa.Boolean, nullable=False),
        sa.CheckConstraint(
            "state IN ('accepted', 'edited', 'rejected')", name=op.f("ck_reading_state")
        ),
        sa.CheckConstraint(
            "(state = 'edited') = (locked IS NOT NULL)", name=op.f("ck_reading_edited")
        ),
        sa.CheckConstraint("state <> 'rejected' OR NOT chosen", name=op.f("ck_reading_chosen")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_reading_question", "reading", ["campaign", "question"])
    op.create_table(
        "tag",
        sa.Column("id", sa.LargeBinary(16), primary_key=True),
        *_question("tag"),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.UniqueConstraint("campaign", "question", "name", name="uq_tag_name"),
    )
    op.create_table(
        "coded",
        sa.Column("saying", sa.LargeBinary(16), primary_key=True),
        sa.Column("coder", sa.String(100), primary_key=True),
        *_question("coded"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_coded_question", "coded", ["campaign", "question"])
    op.create_table(
        "tagged",
        sa.Column("saying", sa.LargeBinary(16), primary_key=True),
        sa.Column("coder", sa.String(100), primary_key=True),
        sa.Column("tag", sa.LargeBinary(16), primary_key=True),
        sa.ForeignKeyConstraint(["tag"], ["tag.id"], name="fk_tagged_tag"),
        sa.ForeignKeyConstraint(
            ("saying", "coder"), ("coded.saying", "coded.coder"), name="fk_tagged_coded"
        ),
        sqlite_with_rowid=False,
    )


def _question(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("campaign", sa.String(100), nullable=False),
        sa.Column("question", sa.String(100), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name=f"fk_{table}_campaign"),
    )


def _checks() -> tuple[sa.CheckConstraint, ...]:
    state, edited, chosen = (op.f(f"ck_reading_{name}") for name in ("state", "edited", "chosen"))
    return (
        sa.CheckConstraint("state IN ('accepted', 'edited', 'rejected')", name=state),
        sa.CheckConstraint("(state = 'edited') = (locked IS NOT NULL)", name=edited),
        sa.CheckConstraint("state <> 'rejected' OR NOT chosen", name=chosen),
    )
