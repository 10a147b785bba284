"""What may be told of each batch: how many have begun to answer, where it names nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from consultation.office.figures import FEWEST_SHOWN, ROUNDED_TO


@dataclass(frozen=True, kw_only=True)
class Turnout:
    """How many are invited in a batch, and how many credentials were issued to them."""

    invited: int
    issued: int

    @property
    def tells_nobody(self) -> bool:
        """Enough have begun, and enough have not, for none of them to be known."""
        return min(self.issued, self.invited - self.issued) >= FEWEST_SHOWN


def masked(batches: Mapping[bytes, Turnout]) -> Mapping[bytes, int | None]:
    """The rounded count of each batch, or None.

    The total of the campaign is published: what is masked can be had by subtraction. So whatever is
    masked, taken together, must tell nobody either: shown batches, the smallest first, are masked
    with it until it does.
    """
    hidden = {key: one for key, one in batches.items() if not one.tells_nobody}
    shown = sorted(
        (key for key in batches if key not in hidden), key=lambda key: batches[key].issued
    )
    while hidden and shown and not _together(hidden).tells_nobody:
        smallest = shown.pop(0)
        hidden[smallest] = batches[smallest]
    return {key: None if key in hidden else _rounded(one) for key, one in batches.items()}


def _together(batches: Mapping[bytes, Turnout]) -> Turnout:
    return Turnout(
        invited=sum(one.invited for one in batches.values()),
        issued=sum(one.issued for one in batches.values()),
    )


def _rounded(one: Turnout) -> int:
    return ROUNDED_TO * round(one.issued / ROUNDED_TO)
