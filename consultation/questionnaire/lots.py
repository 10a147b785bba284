"""Orders drawn at random: the same for one respondent, from page to page and from day to day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b, sha256
from typing import Literal, TypeVar

Item = TypeVar("Item")
Drawing = Literal["sha-256", "blake2b-64"]
"""What gives each item its lot, from « seed/tag/name » in UTF-8; the lowest comes first."""

DRAWING: Drawing = "sha-256"
"""That of campaigns created from now on: browsers have it. The others keep theirs."""

_LOTS: Mapping[Drawing, Callable[[bytes], bytes]] = {
    "sha-256": lambda said: sha256(said).digest(),
    "blake2b-64": lambda said: blake2b(said, digest_size=8).digest(),
}


@dataclass(frozen=True)
class Lots:
    """The orders of one respondent; without a seed everything stays as it is written."""

    seed: str = ""
    drawing: Drawing = DRAWING

    def draw(self, items: Iterable[Item], tag: str, name: Callable[[Item], str]) -> list[Item]:
        """An order that depends on the seed alone: hiding one item never moves the others."""
        if not self.seed:
            return list(items)
        lot = _LOTS[self.drawing]
        return sorted(
            items, key=lambda item: lot(f"{self.seed}/{tag}/{name(item)}".encode(errors="replace"))
        )


AS_WRITTEN = Lots()
