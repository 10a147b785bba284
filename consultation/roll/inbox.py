"""The mailbox of returns, read over IMAP."""

from __future__ import annotations

import imaplib
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from urllib.parse import SplitResult, unquote, urlsplit

from consultation.roll.reports import LARGEST

TIMEOUT = 30.0
SLICE = 100  # messages in memory at once
READ = "ConsultationLu"
"""What marks a message that was read here and left for a person, who then sees it as unread."""


def for_each_slice(url: str, take: Callable[[Sequence[bytes]], Sequence[bool]]) -> None:
    """Give `take` every message of an IMAP mailbox that was not read yet; delete what it may lose.

    `take` records what it is given before it says which messages are of no use any more: only then
    are these deleted and the others marked. Whatever happens before, they are read again.

    Raises `OSError` when the mailbox does not answer, or refuses.
    """
    try:
        with _opened(urlsplit(url)) as server:
            left = _mark_of_what_is_left(server)
            asked = "UNSEEN" if left == _SEEN else f"UNKEYWORD {left}"
            answered = _asked(server, "SEARCH", asked)
            numbers = b" ".join(one for one in answered if isinstance(one, bytes)).split()
            for start in range(0, len(numbers), SLICE):
                _take(server, numbers[start : start + SLICE], left, take)
    # imaplib writes ASCII only, and says so in its own way.
    except (imaplib.IMAP4.error, UnicodeError) as error:
        raise OSError(f"la boîte des retours ne répond pas ({error})") from error


def folder_name(name: str) -> str:
    """How IMAP writes the name of a folder: modified UTF-7 (RFC 3501 §5.1.3).

    A name that another program shows as IMAP writes it (`Trait&AOk-s`) is left so.
    """
    if name.isascii() and shown_name(name) != name and _written(shown_name(name)) == name:
        return name
    return _written(name)


def shown_name(name: str) -> str:
    """The name of a folder as people write it; one that is written wrong stays as it is."""

    def decoded(found: re.Match[str]) -> str:
        letters = found[1].replace(",", "/")
        if not letters:
            return "&"
        content = b64decode(letters + "=" * (-len(letters) % 4), validate=True)
        return content.decode("utf-16-be")

    try:
        return re.sub(r"&([^-]*)-", decoded, name)
    except ValueError:  # not base64, or not letters
        return name


_SEEN = "\\Seen"


@contextmanager
def _opened(parts: SplitResult) -> Iterator[imaplib.IMAP4]:
    """A connection on the folder of this address, until the block ends."""
    secure = parts.scheme == "imaps"
    open_ = imaplib.IMAP4_SSL if secure else imaplib.IMAP4
    server = open_(parts.hostname or "", parts.port or (993 if secure else 143), timeout=TIMEOUT)
    try:
        _log_in(server, unquote(parts.username or ""), unquote(parts.password or ""))
        name = unquote(parts.path.lstrip("/")) or "INBOX"
        done, _ = server.select(_quoted(folder_name(name)))
        if done != "OK":
            there = _folders(server)
            raise OSError(f"la boîte des retours n’a pas de dossier « {name} », mais : {there}")
        yield server
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            server.logout()


def _log_in(server: imaplib.IMAP4, user: str, password: str) -> None:
    if (user + password).isascii():
        server.login(user, password)
    else:  # LOGIN knows ASCII only
        server.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())


def _folders(server: imaplib.IMAP4) -> str:
    _, lines = server.list()
    names = (line.decode("ascii", "replace") for line in lines if isinstance(line, bytes))
    return ", ".join(shown_name(name.rpartition(" ")[2].strip('"')) for name in names)


def _mark_of_what_is_left(server: imaplib.IMAP4) -> str:
    """A mark of our own, so that a message read by a person is read here too; else the common one.

    Not every server takes other marks than those of IMAP (Exchange does not).
    """
    _, allowed = server.response("PERMANENTFLAGS")
    listed = b" ".join(one for one in allowed if isinstance(one, bytes)).decode("ascii", "replace")
    return READ if "\\*" in listed or READ in listed else _SEEN


def _take(
    server: imaplib.IMAP4,
    numbers: Sequence[bytes],
    left: str,
    take: Callable[[Sequence[bytes]], Sequence[bool]],
) -> None:
    contents = {number: _fetched(server, number) for number in numbers}
    found = {number: content for number, content in contents.items() if content}
    useless = take(list(found.values()))
    for number, lose in zip(found, useless, strict=True):
        _asked(server, "STORE", number.decode(), "+FLAGS", f"({_DELETED if lose else left})")
    server.expunge()


_DELETED = "\\Deleted"


def _fetched(server: imaplib.IMAP4, number: bytes) -> bytes:
    """The head of a message, which stays as unread as it was; empty when it has gone meanwhile."""
    data = _asked(server, "FETCH", number.decode(), f"(BODY.PEEK[]<0.{LARGEST}>)")
    return next((part[1] for part in data if isinstance(part, tuple)), b"")


def _asked(server: imaplib.IMAP4, command: str, *words: str) -> list[bytes | tuple[bytes, bytes]]:
    """What the server answers, by numbers that stay when other messages go; refusals raise."""
    done, data = server.uid(command, *words)
    if done != "OK":
        raise imaplib.IMAP4.error(f"{command} : {done}")
    return list(data)


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _written(name: str) -> str:
    def encoded(found: re.Match[str]) -> str:
        letters = b64encode(found[0].encode("utf-16-be")).decode().rstrip("=")
        return f"&{letters.replace('/', ',')}-"

    return re.sub(r"[^\x20-\x7e]+", encoded, name.replace("&", "&-"))
