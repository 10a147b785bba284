"""What is printed for someone who has no mailbox, and in which form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Form = Literal["bulletins", "lettres"]
FORMS: tuple[Form, ...] = ("bulletins", "lettres")


@dataclass(frozen=True, kw_only=True)
class Slip:
    """One code to hand out."""

    code: str
    service: str
    number: int
    total: int
