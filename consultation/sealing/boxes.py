"""Boxes that anybody can seal to a public key, and only its private half opens.

| key | public | where it is written | |
|---|---|---|---|
| `AirlockKey` | 65 bytes | 0010, then 32 bytes | HPKE, P-256 |
| `UrnKey` | 1,216 bytes | 647a, then 32 bytes | HPKE, X-Wing: after quantum computers too |
| `FormerKey` | 32 bytes | 32 bytes alone | what came before them |
"""

from __future__ import annotations

from consultation.sealing.former import FormerKey
from consultation.sealing.keys import PRIVATE_BYTES, SealingKey
from consultation.sealing.standard import AirlockKey, UrnKey

_KINDS: tuple[type[SealingKey], ...] = (AirlockKey, UrnKey, FormerKey)


def seal(public: bytes, text: bytes, info: bytes) -> bytes:
    """A box for the holder of the private half; ValueError when `public` is no key of ours."""
    for kind in _KINDS:
        if len(public) == kind.PUBLIC_BYTES:
            return kind.seal(public, text, info)
    raise ValueError(f"no public key has {len(public)} bytes")


def sealing_key(written: bytes) -> SealingKey:
    """The private key that was written by its `to_bytes`; ValueError when it is none."""
    for kind in _KINDS:
        if len(written) == len(kind.MARK) + PRIVATE_BYTES and written.startswith(kind.MARK):
            return kind(written[len(kind.MARK) :])
    raise ValueError("this is no sealing key")
