"""Texts of other tools brought to ours: three tags, no entity, and quoted answers marked.

What cannot be kept (images, scripts, colours) is told by `lost`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import ClassVar

from consultation.importing.form import Markup

Quote = Callable[[str], str]
"""What stands for a quoted answer: `{question|…}`, or « … »."""

DOTS = "…"

_CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff\ue000-\ue003]"
)
_BOLD = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", re.DOTALL)
_ITALIC = re.compile(r"(?<![\w*_\\])([*_])(?=[^\s*_])(.+?)(?<=[^\s*_])\1(?![\w*_])", re.DOTALL)
_LINK = re.compile(r"\[([^\]]+)\]\((https?://[^\s)]+)(?:\s+\"[^\"]*\")?\)")
_TIP = re.compile(r"\[([^\]]+)\]\(\.\s*\"[^\"]*\"\)")
_HEADING = re.compile(r"^#{1,6}\s+", re.MULTILINE)
_OPEN, _CLOSE = "\ue002", "\ue003"  # around our own tags, until the rest is made harmless
_BRACES = str.maketrans("{}", "()")
_TAGGED = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY = re.compile(r"&(?=(?:#\w+|[A-Za-z][A-Za-z0-9]*);)")


@dataclass
class Cleaned:
    """A text of ours, and what it lost."""

    text: str
    lost: list[str] = field(default_factory=list)


def clean(written: str, markup: Markup, quote: Quote, *, tags: bool) -> Cleaned:
    """The text with our tags only, or with none; `quote` renders each answer that it cites."""
    quotes: list[str] = []

    def kept(found: re.Match[str]) -> str:
        quotes.append(quote(found["name"]))
        return f"\ue000{len(quotes) - 1}\ue001"

    marked = markup.quote.sub(kept, _CONTROLS.sub("", written.replace("\r\n", "\n")))
    if markup.markdown:
        marked = _from_markdown(marked)
    parser = _Parser(tags=tags)
    parser.feed(marked)
    parser.close()
    text = _ENTITY.sub("& ", _TAGGED.sub("< ", parser.written()))
    text = _squeezed(text.replace(_OPEN, "<").replace(_CLOSE, ">"))
    text = re.sub("\ue000(\\d+)\ue001", lambda found: quotes[int(found[1])], text)
    return Cleaned(text, parser.lost)


class _Parser(HTMLParser):
    """Keeps the words, and the tags of our subset when it may."""

    _BREAKS = frozenset({"br", "p", "div", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4"})
    _KEPT: ClassVar = {"strong": "strong", "b": "strong", "em": "em", "i": "em"}
    _HIDDEN = frozenset({"script", "style", "head", "template"})
    _LOST: ClassVar = {
        "img": "une image",
        "script": "un script",
        "iframe": "une page incluse",
        "video": "une vidéo",
        "audio": "un son",
    }

    def __init__(self, *, tags: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.lost: list[str] = []
        self._tags = tags
        self._parts: list[str] = []
        self._open = ""  # the tag of ours that is open: they never nest
        self._hidden = 0
        self._address = ""

    def written(self) -> str:
        self._close()
        return "".join(self._parts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._LOST:
            self.lost.append(self._LOST[tag])
        self._hidden += tag in self._HIDDEN
        if tag in self._BREAKS:
            self._parts.append("\n– " if tag == "li" else "\n")
        if not self._tags or self._open or self._hidden:
            return
        address = dict(attrs).get("href") or ""
        if tag in self._KEPT:
            self._open = tag
            self._parts.append(f"{_OPEN}{self._KEPT[tag]}{_CLOSE}")
        elif tag == "a" and re.fullmatch(r'https://[^"\s<>{}]+', address):
            self._open = tag
            self._parts.append(f'{_OPEN}a href="{address}"{_CLOSE}')

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in self._HIDDEN))
        if tag == self._open:
            self._close()
        if tag in self._BREAKS:
            self._parts.append("\n")

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        self._parts.append(data.translate(_BRACES))

    def _close(self) -> None:
        if self._open:
            self._parts.append(f"{_OPEN}/{self._KEPT.get(self._open, 'a')}{_CLOSE}")
            self._open = ""


def _from_markdown(text: str) -> str:
    text = _TIP.sub(r"\1", _HEADING.sub("", text))
    text = _LINK.sub(r'<a href="\2">\1</a>', text)
    text = _BOLD.sub(r"<strong>\2</strong>", text)
    return _ITALIC.sub(r"<em>\2</em>", text)


def _squeezed(text: str) -> str:
    """Single spaces, at most one blank line, no empty tag."""
    text = re.sub(r'<(strong|em|a)(?: href="[^"]*")?>(\s*)</\1>', r"\2", text)
    lines = [re.sub(r"[ \t]+", " ", line).strip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n ")
