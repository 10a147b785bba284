"""What somebody had written when their session ended, given back once they have logged in again.

It waits in the login page, locked under a key of this server: it is stored nowhere, and nobody else
can make a browser bring something to be sent.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable
from dataclasses import dataclass

from flask import Request, current_app

from consultation.sealing import LONGEST, CannotUnseal, derive, lock, unlock

NEVER_KEPT = frozenset({"csrf_token", "password", "code", "login"})


@dataclass(frozen=True, kw_only=True)
class Unsent:
    """A form that was sent too late: its address, and its fields in their order."""

    path: str
    fields: tuple[tuple[str, str], ...]

    @property
    def written(self) -> tuple[str, ...]:
        """What a person may have taken the time to write."""
        return tuple(value for _, value in self.fields if len(value.split()) > 1)


def keep(request: Request) -> str:
    """The form that was just sent, as the login page carries it; nothing when it cannot be.

    Another site may have sent it: a browser that does not say where from is not believed. Files
    are too large, and are chosen again.
    """
    own = request.headers.get("Sec-Fetch-Site") == "same-origin"
    fields = [pair for pair in request.form.items(multi=True) if pair[0] not in NEVER_KEPT]
    document = json.dumps([request.path, fields]).encode()
    if not own or not any(value for _, value in fields) or len(document) > LONGEST:
        return ""
    return urlsafe_b64encode(lock(_key(), document)).decode()


def given_back(carried: str) -> Unsent | None:
    """What `keep` gave; None for anything else."""
    try:
        path, fields = json.loads(unlock(_key(), urlsafe_b64decode(carried.encode())))
    except (NotBase64, CannotUnseal):
        return None
    return Unsent(path=path, fields=_pairs(fields))


def _pairs(fields: Iterable[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in fields)


def _key() -> bytes:
    return derive(str(current_app.secret_key).encode(), "office/unsent")
