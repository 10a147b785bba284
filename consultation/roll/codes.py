"""Makes the code of an invitation and reads what a person typed from a paper or a message.

What is read as a code here and in `static/codes.js` is the same: tests/conformance/codes.json.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
LENGTH = 26  # 130 bits
GROUP = 4
LONGEST_TYPED = 20_000  # a whole message, and what is quoted below it
RETURN_LENGTH = 24  # letters

NO_CODE = "0" * LENGTH
"""Stands for whatever is not a code, so that a malformed code costs what an unknown one costs."""

_GROUPS = -(-LENGTH // GROUP)
_READ_AS = str.maketrans("OIL", "011")
_ESCAPED = re.compile("(?:%[0-9A-F]{2})+", re.IGNORECASE)
_ESCAPED_TIMES = 3  # a gateway rewrites « # » as « %23 », the next one as « %2523 »
_PROOFPOINT = re.compile("(?:-(?:25)*23|[*])(?=[0-9A-Z]{26}(?![0-9A-Z]))")  # its « # »
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_BLANKS = re.compile("[\x00-\x20\x7f-\x9f\u1680\u2028\u2029]+")
_WORD = re.compile(
    "[0-9A-Z\u00aa\u00b5\u00ba\u00c0-\u1fff\u2c00-\ud7ff\uf900-\ufdff\ufe70-\uffdc]+"
)
"""What is between signs; a letter that no code has is no sign: it spoils its word."""


def make_code(invite_key: bytes, invitation_id: bytes, generation: int) -> str:
    """The code of an invitation: the same for ever, and known to nobody without the key."""
    told = b"code" + invitation_id + generation.to_bytes(4, "big")
    number = int.from_bytes(hmac.digest(invite_key, told, "sha256")[:17], "big") >> 6
    return "".join(ALPHABET[number >> shift & 31] for shift in range(5 * LENGTH - 5, -1, -5))


def normalise(typed: str) -> str | None:
    """The one code in what was typed or pasted, a link or a message included; None without one.

    Understood: another case, O for 0, I and L for 1, groups, signs and blanks around and within,
    full-width digits, links as mail gateways rewrite them. Two different codes are none.
    """
    if len(typed) > LONGEST_TYPED:
        return None
    text = _PROOFPOINT.sub("#", _plain(typed))
    codes = _codes(_after_marks(text)) or _codes(_standing(text))
    return codes.pop() if len(codes) == 1 else None


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


def _plain(typed: str) -> str:
    """In capitals, without escapes, shapes of letters, or what cannot be seen."""
    for _ in range(_ESCAPED_TIMES):
        typed = _ESCAPED.sub(_unescaped, typed)
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", typed)).upper()


def _unescaped(escaped: re.Match[str]) -> str:
    try:
        return unquote(escaped[0], errors="strict")
    except UnicodeDecodeError:
        return escaped[0]


def _codes(found: Iterable[str]) -> set[str]:
    """Those that have the form of a code."""
    return {code for code in found if len(code) == LENGTH and set(code) <= set(ALPHABET)}


def _words(text: str) -> list[str]:
    return [word.translate(_READ_AS) for word in _WORD.findall(text)]


def _after_marks(text: str) -> Iterator[str]:
    """What follows « # » in an address, where a mail may have broken it."""
    before, *parts = text.split("#")
    for part in parts:
        if before and not _BLANKS.fullmatch(before[-1]):
            yield _in_groups(_words(part))
            yield _joined(words[0] for words in map(_words, _BLANKS.split(part)) if words)
        before = part


def _standing(text: str) -> Iterator[str]:
    """What stands among other words, or is all there is; not within an address."""
    pieces = (piece for piece in _BLANKS.split(text) if "/" not in piece)
    words = [word for piece in pieces for word in _words(piece)]
    yield "".join(words)
    yield from (_in_groups(words[place : place + _GROUPS]) for place in range(len(words)))


def _in_groups(words: Sequence[str]) -> str:
    """The first of these words, or the first ones if they are groups of four."""
    groups = words[:_GROUPS]
    tidy = all(len(group) == GROUP for group in groups[:-1])
    return _joined(groups if tidy else groups[:1])


def _joined(words: Iterable[str]) -> str:
    """The words one after the other, until they are as long as a code."""
    joined = ""
    for word in words:
        if len(joined) >= LENGTH:
            break
        joined += word
    return joined
