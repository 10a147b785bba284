"""What a sending holds against a domain, or against the relay itself: bad ends in a row.

One message that is taken clears its domain; it also clears the relay of what other domains refuse.
Nothing here is kept on the disk: no order of sending may be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from consultation.roll.relay import End

NONE, MESSAGE, DOMAIN = 0, 1, 2
"""What is doubted: the more, the later it is tried."""

_DOMAIN: Mapping[End, int] = {"refused": 10, "later": 10, "lost": 2, "uncertain": 2}
"""So many in a row, and the others to this domain go last."""

_RELAY: Mapping[End, int] = {"refused": 10, "later": 100, "barred": 3, "uncertain": 3}
"""So many in a row, and nothing more is sent: each refused or uncertain one is a person."""


class Doubts:
    """Those of one sending; a worker keeps them from one slice to the next."""

    def __init__(self) -> None:
        self._domains: dict[str, Counter[End]] = {}  # since each domain last took a message
        self._row: dict[str, Counter[End]] = {}  # since any domain did
        self._alone: set[str] = set()  # others took messages while they refused theirs

    def note(self, domain: str, kind: End) -> None:
        """Remember how one message to this domain ended."""
        if kind == "sent":
            self._domains.pop(domain, None)
            self._alone = set(self._domains)
            self._row.clear()
            return
        for counted in (self._domains, self._row):
            counted.setdefault(domain, Counter())[kind] += 1

    def about(self, domain: str, *, put_off: bool) -> int:
        """What is doubted of a message to this domain; `put_off`: it was asked to wait before."""
        return DOMAIN if self._doubtful(domain) else MESSAGE if put_off else NONE

    def accuses_the_relay(self, domain: str) -> bool:
        """Whether this domain refuses every message, and nothing tells that others would not."""
        counted = self._domains.get(domain, Counter())
        return counted["refused"] >= _DOMAIN["refused"] and domain not in self._alone

    def of_the_relay(self) -> End | None:
        """What came too often in a row, refusals of doubtful domains left out; None: nothing."""
        return next((kind for kind, most in _RELAY.items() if self._in_a_row(kind) >= most), None)

    def relent(self) -> None:
        """Let one more try decide: whoever refuses it again is believed at once."""
        for counted in (*self._domains.values(), *self._row.values()):
            for kind in counted:
                limit = min(_DOMAIN.get(kind, 100), _RELAY.get(kind, 100))
                counted[kind] = min(counted[kind], limit - 1)

    def _doubtful(self, domain: str) -> bool:
        counted = self._domains.get(domain)
        return counted is not None and any(counted[kind] >= most for kind, most in _DOMAIN.items())

    def _in_a_row(self, kind: End) -> int:
        return sum(
            counted[kind]
            for domain, counted in self._row.items()
            if kind != "refused" or not self._doubtful(domain)
        )
