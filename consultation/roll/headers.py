"""Headers of messages that hold what somebody typed, and nothing more than that.

The standard library reads what it is given as if it came from a wire: « =?utf-8?q?=0ABcc:… » in
the name of a batch became a line of its own. Here a text is written so that every program reads it
back as it was typed.
"""

from __future__ import annotations

import re
from email.header import Header
from email.message import EmailMessage
from email.utils import getaddresses, quote

from consultation.formatting import one_line

_PLAIN = re.compile(r"(?!.*=\?)[ -~]*")  # what no program takes for anything else
_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")
LONGEST_LINE = 76


def write_text(mail: EmailMessage, name: str, text: str) -> None:
    """Set this header to this text, on one line; it replaces the one that was there."""
    del mail[name]
    # As it is: the library would read it, then write what it has understood.
    line = one_line(text)
    mail.set_raw(name, line if _is_plain(line, name) else _words(line, name))


def write_mailbox(mail: EmailMessage, name: str, display_name: str, address: str) -> None:
    """Set this header to one address, and to the name shown beside it.

    Beside an address the library decodes twice: there an encoded word is cut, « = ?utf-8… ».
    """
    shown = one_line(display_name).replace("=?", "= ?")
    said = f'"{quote(shown)}"' if _is_plain(shown, name) else _words(shown, name)
    del mail[name]
    # A line for each: what is too long for one is read and written again by the library.
    mail.set_raw(name, f"{said}\r\n <{address}>" if shown else f"<{address}>")


def address_in(setting: str) -> str:
    """The first address of a setting, which may have a name beside it; empty: there is none."""
    found = [
        spec for _, spec in getaddresses([setting]) if re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", spec)
    ]
    return found[0] if found else ""


def _is_plain(text: str, name: str) -> bool:
    return _PLAIN.fullmatch(text) is not None and len(quote(text)) < LONGEST_LINE - len(name) - 4


def _words(text: str, name: str) -> str:
    """As encoded words of RFC 2047, on lines that are not too long."""
    return Header(text, "utf-8", LONGEST_LINE, name).encode(linesep="\r\n")
