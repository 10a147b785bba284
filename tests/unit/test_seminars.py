"""When a seminar begins, as HR writes it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from werkzeug.datastructures import MultiDict

from consultation.roll.forms import PaperForm

MARTINIQUE = ZoneInfo("America/Martinique")


@pytest.mark.parametrize("day", ["12/06/2024", "2024-06-12"])
def test_the_day_of_a_seminar_is_written_as_in_france_or_as_in_files(day: str) -> None:
    form = PaperForm(MultiDict({"day": day, "hour": "14:00"}))

    assert form.begins(MARTINIQUE) == datetime(2024, 6, 12, 14, tzinfo=MARTINIQUE)
