"""What is published of each batch names nobody, even by subtraction."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from consultation.office.figures import FEWEST_SHOWN
from consultation.roll.turnout import Turnout, masked


def turnout(invited: int, issued: int) -> Turnout:
    return Turnout(invited=invited, issued=issued)


def test_a_batch_of_some_size_is_told_about() -> None:
    assert masked({b"a": turnout(200, 62)}) == {b"a": 60}


def test_too_few_or_nearly_all_are_masked() -> None:
    assert masked({b"a": turnout(200, 10)}) == {b"a": None}
    assert masked({b"a": turnout(200, 190)}) == {b"a": None}


def test_one_masked_batch_masks_another_or_the_total_would_tell() -> None:
    found = masked({b"a": turnout(200, 62), b"b": turnout(200, 80), b"c": turnout(20, 3)})

    assert found == {b"a": None, b"b": 80, b"c": None}


batches = st.dictionaries(
    st.binary(min_size=1, max_size=2),
    st.integers(0, 300).flatmap(
        lambda invited: st.integers(0, invited).map(lambda issued: turnout(invited, issued))
    ),
    max_size=8,
)


@given(batches)
def test_whatever_is_masked_tells_nobody_together(found: dict[bytes, Turnout]) -> None:
    shown = masked(found)

    hidden = [found[key] for key, value in shown.items() if value is None]
    issued = sum(one.issued for one in hidden)
    left = sum(one.invited for one in hidden) - issued
    everything = len(hidden) == len(found)
    assert not hidden or everything or min(issued, left) >= FEWEST_SHOWN
    assert all(
        found[key].tells_nobody and abs(value - found[key].issued) <= 2
        for key, value in shown.items()
        if value is not None
    )
