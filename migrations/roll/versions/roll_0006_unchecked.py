"""Files to check have megabytes: they leave the rows of batches, which everything else reads."""

import sqlalchemy as sa
from alembic import op

revision = "roll_0006"
down_revision = "roll_0005"


def upgrade() -> None:
    unchecked = op.create_table(
        "unchecked",
        sa.Column("batch", sa.LargeBinary(16), sa.ForeignKey("batch.id"), primary_key=True),
        sa.Column("lines", sa.Text, nullable=False),
        sa.Column("file", sa.LargeBinary),
        sqlite_with_rowid=False,
    )
    batch = sa.table("batch", sa.column("id"), sa.column("draft"), sa.column("file"))
    kept = sa.select(batch).where(batch.c.draft.is_not(None))
    op.execute(sa.insert(unchecked).from_select(["batch", "lines", "file"], kept))
    op.drop_column("batch", "draft")
    op.drop_column("batch", "file")
