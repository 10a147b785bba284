"""Makes the code of an invitation and reads what a person typed from a paper or a message."""

import hashlib
import hmac
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
LENGTH = 26  # 130 bits
LONGEST_TYPED = 1000
RETURN_LENGTH = 24  # letters

NO_CODE = "0" * LENGTH
"""Stands for whatever is not a code, so that a malformed code costs what an unknown one costs."""

_READ_AS = str.maketrans("OIL", "011")
_FRAGMENT_MARKS = ("#", "%23", "%2523")


def make_code(invite_key: bytes, invitation_id: bytes, generation: int) -> str:
    """The code of an invitation: the same for ever, and known to nobody without the key."""
    told = b"code" + invitation_id + generation.to_bytes(4, "big")
    number = int.from_bytes(hmac.digest(invite_key, told, "sha256")[:17], "big") >> 6
    return "".join(ALPHABET[number >> shift & 31] for shift in range(5 * LENGTH - 5, -1, -5))


def normalise(typed: str) -> str | None:
    """The code in what was typed or pasted, the whole link included; None when there is none."""
    if len(typed) > LONGEST_TYPED:
        return None
    letters = unicodedata.normalize("NFKC", _after_the_fragment_mark(typed)).upper()
    code = "".join(filter(str.isalnum, letters)).translate(_READ_AS)
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None


def grouped(code: str) -> str:
    """The code in groups of four, for reading and typing."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def token_hash(code: str) -> bytes:
    """What the roll keeps of a code: enough to recognise it, nothing to rebuild it."""
    return hashlib.sha256(b"consultation code " + code.encode()).digest()


def address_key(invite_key: bytes, address: str) -> bytes:
    """What recognises, within one campaign, an address already invited."""
    return hmac.digest(invite_key, b"address" + address.encode(), "sha256")


def return_mark(invite_key: bytes, invitation_id: bytes, address_key: bytes) -> str:
    """What the return address of a message carries: it names an invitation to us alone.

    An address that was corrected has a mark of its own: what comes back of the old one says nothing
    about the new one.
    """
    told = hmac.digest(invite_key, b"return" + invitation_id + address_key, "sha256")
    return told[: RETURN_LENGTH // 2].hex()


def _after_the_fragment_mark(typed: str) -> str:
    # Mail gateways write « # » as « %23 », and some of them twice.
    for mark in _FRAGMENT_MARKS:
        typed = typed.rpartition(mark)[2]
    return typed
