"""What HR offices need: whose a batch is, why it stopped, who wants no more messages."""

import sqlalchemy as sa
from alembic import op

revision = "roll_0004"
down_revision = "roll_0003"

STATES = "'draft', 'confirmed', 'sending', 'paused', 'done'"
DELIVERIES = "'waiting', 'sending', 'sent', 'refused', 'uncertain'"


def upgrade() -> None:
    _allow("batch", "state", STATES, f"{STATES}, 'cancelled'")
    _allow("invitation", "delivery", DELIVERIES, f"{DELIVERIES}, 'bounced', 'paper', 'cancelled'")
    for name, kind, value in (
        ("kind", sa.String(20), "'mail'"),
        ("perimeter", sa.String(100), "''"),
        ("contact", sa.String(320), "''"),
        ("tolerated", sa.Integer, "0"),
        ("reason", sa.String(300), "''"),
    ):
        _add("batch", name, kind, value)
    op.add_column("batch", sa.Column("file", sa.LargeBinary))
    _add("invitation", "opted_out", sa.Boolean, "false")


def _add(table: str, name: str, kind: type | sa.types.TypeEngine, value: str) -> None:
    """A column the rows there must have; it keeps no default, as no column of the roll does."""
    default = sa.text(value)
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=default))
    column = sa.column(name)
    op.execute(sa.update(sa.table(table, column)).values({name: column}))  # written in each row
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column(table, name, server_default=None)
        return
    _rewrite(table, f"DEFAULT {value} NOT NULL", "NOT NULL")
    _rewrite(table, f"DEFAULT ({value}) NOT NULL", "NOT NULL")


def _allow(table: str, column: str, before: str, after: str) -> None:
    """More values in a column; SQLite has no statement for it, and writes its schema as a text."""
    if op.get_bind().dialect.name != "sqlite":
        name = op.f(f"ck_{table}_{column}")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"{column} IN ({after})")
        return
    _rewrite(table, before, after)


def _rewrite(table: str, before: str, after: str) -> None:
    op.execute("PRAGMA writable_schema=ON")
    schema = sa.table("sqlite_master", sa.column("sql"), sa.column("name"))
    rewritten = sa.func.replace(schema.c.sql, before, after)
    op.execute(schema.update().where(schema.c.name == table).values(sql=rewritten))
    op.execute("PRAGMA writable_schema=RESET")
