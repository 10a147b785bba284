"""The size of every box of a campaign; none for those created before HPKE was adopted.

Their public keys grow with it, from 32 bytes to 65 (the airlock, in the box) and to 1,216 (the
export): neither store limits the length of these columns, and none has to change.
"""

import sqlalchemy as sa
from alembic import op

revision = "office_0012"
down_revision = "office_0011"


def upgrade() -> None:
    op.add_column("campaign", sa.Column("box_size", sa.Integer))
