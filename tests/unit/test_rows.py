"""What is about to be written is counted once more, whatever went wrong before."""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

import pytest
from unit.test_frame import GRADE, asked, ballot

from consultation.results.disclosure import K, Protected
from consultation.results.files import FLAVOURS, Table, appearing
from consultation.results.frame import plan
from consultation.results.layout import Layout
from consultation.results.ledger import Ledger
from consultation.results.rows import SafeRows, Unprotected
from consultation.results.spool import Spool

ALMOST = ["a"] * 40 + ["b"] * (K - 1)  # ten people alone in their class


def write(directory: Path, grades: list[str]) -> SafeRows:
    """Write the rows of people of these grades, as though they had been found to be safe."""
    made = plan(asked(GRADE))
    layout = Layout(made)
    with closing(Spool(directory)) as spool:
        ledger = Ledger(layout)
        for grade in grades:
            spool.append_bytes(layout.code(ballot(categorie=grade)).tobytes())
            ledger.take(ballot(categorie=grade), layout.code(ballot(categorie=grade)))
        wrong = Protected(
            columns={"categorie": grades}, k=K, withdrawn=frozenset(), generalised={"categorie": 0}
        )
        rng = random.Random(1)
        safe = SafeRows(made, layout, spool, wrong, rng, withheld={}, ledger=ledger)
        with (directory / "microdata.csv").open("w", encoding="utf-8") as stream:
            table = Table(stream, made.columns, FLAVOURS[""], labels=False)
            for row in safe:
                table.add(row)
    return safe


@pytest.mark.parametrize("grades", [ALMOST, ALMOST[-8:], ["a"] * (K - 1)])
def test_nothing_leaves_when_a_class_was_left_too_small(tmp_path: Path, grades: list[str]) -> None:
    """The recoding said that all was well: only what is written tells otherwise."""
    with pytest.raises(Unprotected), appearing(tmp_path / "export") as directory:
        write(directory, grades)

    assert not list(tmp_path.iterdir())


def test_classes_that_are_large_enough_leave(tmp_path: Path) -> None:
    grades = [*ALMOST, "b"]

    with appearing(tmp_path / "export") as directory:
        safe = write(directory, grades)

    assert safe.smallest_class == K
    written = (tmp_path / "export/microdata.csv").read_text("utf-8").splitlines()
    assert sorted(written[1:]) == sorted(grades)
