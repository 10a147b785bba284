"""What every kind of sealing key does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Self

PRIVATE_BYTES = 32


class CannotUnseal(Exception):
    """The box was not made for this key, or for this purpose, or is damaged."""


@dataclass(frozen=True)
class SealingKey(ABC):
    """A private key, of 32 bytes, that opens what was sealed to its public half."""

    MARK: ClassVar[bytes]
    """What comes before the private key where it is written, and tells its kind."""
    PUBLIC_BYTES: ClassVar[int]
    """How long the public half is, which tells its kind too."""

    private: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """ValueError at once when it is no key: some numbers are none."""
        _ = self.public

    @classmethod
    @abstractmethod
    def generate(cls) -> Self:
        """A new key."""

    @staticmethod
    @abstractmethod
    def seal(public: bytes, text: bytes, info: bytes) -> bytes:
        """A box that only the private half opens; twice the same text gives two boxes."""

    @abstractmethod
    def unseal(self, box: bytes, info: bytes) -> bytes:
        """What was sealed with the same `info`; CannotUnseal for any other bytes."""

    @abstractmethod
    def _public(self) -> bytes: ...

    @cached_property
    def public(self) -> bytes:
        """What one seals to."""
        return self._public()

    def to_bytes(self) -> bytes:
        """What `boxes.sealing_key` reads."""
        return self.MARK + self.private
