"""The second factor: six digits that change every thirty seconds (RFC 6238). Pure."""

from __future__ import annotations

import hmac
from base64 import b32encode
from datetime import datetime
from io import BytesIO
from urllib.parse import quote, urlencode

import segno

STEP_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20  # what RFC 4226 recommends, and what every application reads
TOLERATED = 1  # steps, on each side: telephones are seldom late by more


def step_at(moment: datetime) -> int:
    """The number of whole steps since 1970."""
    return int(moment.timestamp()) // STEP_SECONDS


def code(secret: bytes, step: int, *, digits: int = DIGITS, digest: str = "sha1") -> str:
    """The digits an application shows during this step."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), digest)
    start = mac[-1] & 0xF
    number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}}"


def matching_step(secret: bytes, typed: str, moment: datetime) -> int | None:
    """The step this code belongs to, when it is now or a neighbour of now."""
    said, now = "".join(typed.split()).encode(), step_at(moment)
    for step in range(max(now - TOLERATED, 0), now + TOLERATED + 1):
        if hmac.compare_digest(code(secret, step).encode(), said):
            return step
    return None


def written(secret: bytes) -> str:
    """The secret as people type it: letters and digits in groups of four."""
    letters = b32encode(secret).decode("ascii")
    return " ".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def qr_code(secret: bytes, login: str, issuer: str) -> bytes:
    """The secret as a picture (SVG) that an application reads."""
    picture = BytesIO()
    segno.make(_address(secret, login, issuer), error="m", micro=False).save(
        picture, kind="svg", scale=5, light="white", svgclass=None, lineclass=None
    )
    return picture.getvalue()


def _address(secret: bytes, login: str, issuer: str) -> str:
    label = quote(f"{issuer}:{login}")
    fields = {"secret": b32encode(secret).decode("ascii").rstrip("="), "issuer": issuer}
    return f"otpauth://totp/{label}?{urlencode(fields, quote_via=quote)}"
