"""A person at a browser, for tests: fills the form actually on the page, and reads every page.

Every page shown must be well made: one h1, a title, a language, unique ids, labels that resolve,
nothing inline. A test that visits a page thereby checks it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO
from typing import Self
from urllib.parse import urlencode, urljoin

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from consultation.demo.forms import Button, Document, Form, read_document

_REFERENCES = ("aria-labelledby", "aria-describedby", "aria-controls")
_TEXTLESS = ("hidden", "submit", "button")
_VOID = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()  # noqa: SIM905
)


class Visitor:
    """Opens links, fills forms, presses buttons; `page` is what is on the screen."""

    def __init__(self, app: Flask, *, cookies: bool = False) -> None:
        self._client: FlaskClient = app.test_client(use_cookies=cookies)
        self._answers: dict[str, Sequence[str]] = {}
        self._files: dict[str, tuple[BytesIO, str]] = {}
        self.url = "/"
        self.status = 0
        self.body = ""
        self.content = b""
        self.headers: Mapping[str, str] = {}

    @property
    def page(self) -> Document:
        """The page on the screen."""
        return read_document(self.body)

    def open(self, url: str, status: int = 200) -> Self:
        """Type an address or follow a link."""
        return self._show("GET", urljoin(self.url, url), (), status)

    def fill(self, answers: Mapping[str, str | Sequence[str]]) -> Self:
        """Fill fields of the page, to be sent by the next button pressed."""
        for name, value in answers.items():
            self._answers[name] = [value] if isinstance(value, str) else value
        return self

    def attach(self, name: str, filename: str, content: bytes) -> Self:
        """Choose a file, to be sent by the next button pressed."""
        self._files[name] = (BytesIO(content), filename)
        return self

    def press(self, label: str, status: int = 200) -> Self:
        """Press the button that bears this label, or this value."""
        form, button = self._button(label)
        fields = form.filled(self._answers, button)
        target = urljoin(self.url, button.action or form.action)
        return self._show(form.method.upper(), target, fields, status)

    def form(self, leading_to: str) -> Form:
        """The form of the page whose address contains these words."""
        return next(form for form in self.page.forms if leading_to in form.action)

    def send(self, url: str, fields: Sequence[tuple[str, str]], status: int) -> Self:
        """Send what no page offers: what an attacker, or a page gone stale, would send."""
        return self._show("POST", url, fields, status)

    def _button(self, label: str) -> tuple[Form, Button]:
        for form in self.page.forms:
            for button in form.buttons:
                if label in (button.label, button.value):
                    return form, button
        offered = [button.label for form in self.page.forms for button in form.buttons]
        raise AssertionError(f"no button « {label} » on {self.url}, only {offered}")

    def _show(self, method: str, url: str, fields: Sequence[tuple[str, str]], status: int) -> Self:
        data = MultiDict([*fields, *self._files.items()])
        self._answers, self._files = {}, {}
        if method == "GET" and data:
            url, data = f"{url}?{urlencode(list(data.items(multi=True)))}", MultiDict()
        response = self._client.open(url, method=method, data=data or None)
        if response.status_code in (302, 303):
            return self._show("GET", urljoin(url, response.headers["Location"]), (), status)
        self.url, self.status, self.content = url, response.status_code, response.data
        self.body = response.text if response.mimetype.startswith("text/") else ""
        self.headers = dict(response.headers)
        response.close()
        assert self.status == status, f"{method} {url}: {self.status}\n{self.body[:2000]}"
        if response.mimetype == "text/html":
            assert not faults(self.body), f"{method} {url}: {faults(self.body)}"
        return self


def faults(html: str) -> list[str]:
    """What is badly made in a page."""
    seen = _Inspection()
    seen.feed(html)
    seen.close()
    return [
        *(f"{count} h1" for count in [seen.tags["h1"]] if count != 1),
        *(f"{count} main" for count in [seen.tags["main"]] if count != 1),
        *(["no title"] if not seen.title.strip() else []),
        *(["no language"] if not seen.lang else []),
        *(f"id {one} used {count} times" for one, count in seen.ids.items() if count > 1),
        *(f"nothing has the id {one}" for one in sorted(seen.references - set(seen.ids))),
        *(f"no label for {one}" for one in seen.fields if one.id not in seen.labelled),
        *(f"inline: {one}" for one in seen.inline),
        *(f"{count} fieldset without legend" for count in [seen.fieldsets_without] if count),
        *(f"not closed: {one}" for one in seen.unclosed),
    ]


@dataclass(frozen=True)
class _Named:
    id: str
    name: str


@dataclass
class _Inspection(HTMLParser):
    tags: Counter[str] = field(default_factory=Counter)
    ids: Counter[str] = field(default_factory=Counter)
    references: set[str] = field(default_factory=set)
    labelled: set[str] = field(default_factory=set)
    fields: list[_Named] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)
    title: str = ""
    lang: str = ""
    fieldsets_without: int = 0
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        self.tags[tag] += 1
        if tag not in _VOID:
            self._open.append(tag)
        if "id" in at:
            self.ids[at["id"]] += 1
        for name in _REFERENCES:
            self.references.update(at.get(name, "").split())
        self._look_for_inline(tag, at)
        match tag:
            case "html":
                self.lang = at.get("lang", "")
            case "label":
                self.labelled.add(at.get("for", ""))
                self.references.update({at["for"]} if "for" in at else ())
            case "input" | "select" | "textarea" if at.get("type") not in _TEXTLESS:
                if "aria-label" not in at and "aria-labelledby" not in at:
                    self.fields.append(_Named(at.get("id", ""), at.get("name", "")))
            case "fieldset":
                self.fieldsets_without += 1
            case "legend":
                self.fieldsets_without -= 1

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open[-1] != tag:
            self.unclosed.append(f"{self._open.pop()} before /{tag}")
        if self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "title" and "svg" not in self._open:
            self.title += data

    def _look_for_inline(self, tag: str, at: Mapping[str, str]) -> None:
        if tag == "style" or (tag == "script" and not at.get("src")):
            self.inline.append(tag)
        self.inline += [name for name in at if name == "style" or name.startswith("on")]
