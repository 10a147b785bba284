"""What the stores may hold: the tables themselves keep the promise of anonymity."""

from __future__ import annotations

import pytest
from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Enum,
    Interval,
    LargeBinary,
    String,
    Table,
    Text,
    Time,
)

from consultation.ballots.tables import metadata as box
from consultation.office.tables import metadata as office
from consultation.roll.tables import metadata as roll

DATES = (Date, DateTime, Interval, Time)
BOX = {
    "airlock": {"urn", "public"},
    "ballot": {"id", "urn", "sealed"},
    "draft": {"id", "urn", "sealed"},
    "inbox": {"id", "urn", "sealed"},
    "spent": {"nullifier", "urn"},
}
ROLL = {
    "batch": {
        "id",
        "campaign",
        "name",
        "audience",
        "state",
        "kind",
        "perimeter",
        "contact",
        "reason",
    },
    "invitation": {
        "id",
        "campaign",
        "batch",
        "address",
        "address_key",
        "audience",
        "token_hash",
        "state",
        "blinded_hash",
        "generation",
        "reissued",
        "delivery",
        "delivery_reason",
        "revoked_hash",
        "opted_out",
    },
    "reminder": {"id", "campaign", "classes", "done", "sent", "refused", "uncertain"},
    "reminding": {"id", "reminder", "invitation", "state", "sending"},
    "unchecked": {"batch", "lines", "file"},
}
SIDES = [pytest.param(metadata, id=name) for metadata, name in ((box, "box"), (roll, "roll"))]


def columns(tables: dict[str, Table]) -> dict[str, set[str]]:
    return {name: set(table.c.keys()) for name, table in tables.items()}


def every_column(*tables: Table) -> list[Column[object]]:
    return [column for table in tables for column in table.c]


def test_the_box_holds_these_columns_and_no_other() -> None:
    assert columns(dict(box.tables)) == BOX


def test_the_roll_holds_these_columns_and_no_other() -> None:
    assert columns(dict(roll.tables)) == ROLL


@pytest.mark.parametrize("side", SIDES)
def test_neither_side_holds_a_date(side: type) -> None:
    dated = [c for c in every_column(*side.tables.values()) if isinstance(c.type, DATES)]

    assert dated == []


@pytest.mark.parametrize("side", SIDES)
def test_neither_side_numbers_what_arrives(side: type) -> None:
    for table in side.tables.values():
        assert table.dialect_options["sqlite"]["with_rowid"] is False, table.name
    numbered = [
        column
        for column in every_column(*side.tables.values())
        if column.autoincrement is True
        or column.identity is not None
        or column.default is not None
        or column.server_default is not None
        or (column.primary_key and not hasattr(column.type, "length"))
    ]
    assert numbered == []


def test_rows_that_others_refer_to_are_short() -> None:
    """SQLite reads a row whole to find its neighbour, each time that one refers to it."""
    tables = roll.tables.values()
    referred_to = {key.column.table for table in tables for key in table.foreign_keys}

    assert referred_to
    unbounded = [
        column
        for column in every_column(*referred_to)
        if isinstance(column.type, String | LargeBinary) and column.type.length is None
    ]
    assert unbounded == []


def test_the_box_refers_to_nothing_and_holds_no_text() -> None:
    everything = every_column(*box.tables.values())

    assert [column for column in everything if column.foreign_keys] == []
    assert [column for column in everything if isinstance(column.type, String | Text | Enum)] == []


def test_the_two_sides_have_no_table_and_no_meaning_in_common() -> None:
    assert not set(box.tables) & set(roll.tables)
    shared = set().union(*BOX.values()) & set().union(*ROLL.values())
    assert shared == {"id"}  # random on each side, drawn apart


def test_the_three_stores_are_three() -> None:
    assert len({id(box), id(roll), id(office)}) == 3
