"""Refusals are doubted as they come, in a row: a count of those accepted once is of no use."""

from alembic import op

revision = "roll_0005"
down_revision = "roll_0004"


def upgrade() -> None:
    op.drop_column("batch", "tolerated")
