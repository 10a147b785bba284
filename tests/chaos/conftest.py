"""What the tests of misfortunes share: on which store they make sense, and their figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from storm import Tell

HERE = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "only_on(database): what cannot happen to the other one")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot happen to the store under test: it is not skipped, it has no object."""
    database = config.getoption("--database")
    elsewhere = [item for item in items if _only_on(item) not in (None, database)]
    config.hook.pytest_deselected(items=elsewhere)
    items[:] = [item for item in items if item not in elsewhere]


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Leaves the figures of a test where `pytest -rP` shows them."""

    def leave(figures: Mapping[str, object]) -> None:
        lines = "\n".join(f"{name}: {value}" for name, value in figures.items())
        request.node.add_report_section("call", "figures", lines)

    return leave


def _only_on(item: pytest.Item) -> str | None:
    marker = item.get_closest_marker("only_on")
    return str(marker.args[0]) if marker else None
