"""Shows a message in a page as a mail program would, under a policy that allows no inline style."""

from __future__ import annotations

import re
from email.message import EmailMessage
from functools import cache

from markupsafe import Markup

from consultation.config import shipped

Mail = EmailMessage
SHOWN_HEADERS = {"De": "From", "À": "To", "Objet": "Subject", "Répondre à": "Reply-To"}

_STYLE = re.compile(r'\sstyle="([^"]*)"')
_BODY = re.compile(r"<body[^>]*>(.*)</body>", re.DOTALL)


def text(mail: Mail) -> str:
    """The text of a message."""
    return _content(mail, "plain")


def shown(mail: Mail) -> Markup:
    """The HTML of a message we have just written, its styles named instead of carried."""
    names = _names()
    body = _BODY.search(_content(mail, "html"))
    html = _STYLE.sub(lambda style: f' class="{names[style[1]]}"', body[1] if body else "")
    return Markup(html)  # noqa: S704 - rendered by our own template, which escapes


@cache
def stylesheet() -> str:
    """The styles of our messages, under the names `shown` gives them."""
    return "\n".join(f".{name} {{ {style} }}" for style, name in _names().items())


@cache
def _names() -> dict[str, str]:
    template = (shipped("templates") / "mail" / "invitation.html").read_text("utf-8")
    styles = dict.fromkeys(_STYLE.findall(template))
    return {style: f"m{number}" for number, style in enumerate(styles)}


def _content(mail: Mail, kind: str) -> str:
    body = mail.get_body((kind,))
    return str(body.get_content()) if body else ""
