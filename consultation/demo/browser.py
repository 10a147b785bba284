"""A synthetic browser: standard library only, no cookie, patient when the server is away."""

from __future__ import annotations

import http.client
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from urllib.parse import urlencode, urljoin, urlsplit

from consultation.demo.forms import Button, Document, Form, NotOnThePage, read_document

TIMEOUT = 20.0
_TRIES = 40
_LONGEST_PAUSE = 3.0
_AWAY = (502, 503, 504)
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_JSON = {"Content-Type": "application/json"}
_REDIRECTS = (301, 302, 303, 307, 308)


Fields = Sequence[tuple[str, str]]


class ServerAway(ConnectionError):
    """The server did not answer in spite of every attempt."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back, wherever redirects led."""

    url: str
    status: int
    body: str

    @cached_property
    def document(self) -> Document:
        """The page, read."""
        return read_document(self.body)

    @property
    def json(self) -> Mapping[str, object]:
        """The answer to a script."""
        answer = json.loads(self.body)
        if not isinstance(answer, dict):
            raise NotOnThePage(f"{self.url}: {self.body[:200]}")
        return answer

    def form(self, leading_to: str) -> Form:
        """The form whose address contains these words."""
        for form in self.document.forms:
            if leading_to in urljoin(self.url, form.action):
                return form
        raise NotOnThePage(f"{self.url} ({self.status}): no form leading to « {leading_to} »")


class Browser:
    """Opens pages and sends forms; every request here may be repeated, so it repeats them."""

    def __init__(self, base: str, rng: random.Random, pause: Callable[[float], object]) -> None:
        self._base = base
        self._rng = rng
        self._pause = pause
        self.requests = 0
        self.repeats = 0

    def open(self, path: str) -> Reply:
        """Follow a link."""
        return self._ask("GET", urljoin(self._base, path))

    def send(
        self,
        page: Reply,
        form: Form,
        answers: Mapping[str, Sequence[str]],
        button: Button | None = None,
    ) -> Reply:
        """Fill the form of this page, press this button."""
        return self.post(page, form, form.filled(answers, button), button)

    def post(self, page: Reply, form: Form, fields: Fields, button: Button | None = None) -> Reply:
        """What the page's own script sends: the form's fields, and its own work among them."""
        return self._ask("POST", _address(page, form, button), urlencode(fields))

    def send_and_lose(self, page: Reply, form: Form, button: Button) -> None:
        """Send the form and never hear the answer, as on a train entering a tunnel."""
        url = _address(page, form, button)
        connection = _connect(url)
        self.requests += 1
        try:
            connection.request("POST", url, urlencode(form.filled({}, button)), _FORM)
        except OSError:
            self.repeats += 1
        finally:
            connection.close()

    def ask(self, path: str, question: Mapping[str, str]) -> Mapping[str, object]:
        """A question of the page's script to the server, and its answer."""
        reply = self._ask("POST", urljoin(self._base, path), json.dumps(question), _JSON)
        if reply.status != HTTPStatus.OK:
            raise NotOnThePage(f"{path}: {reply.status} {reply.body[:200]}")
        return reply.json

    def _ask(
        self, method: str, url: str, body: str = "", headers: Mapping[str, str] | None = None
    ) -> Reply:
        for number in range(_TRIES):
            try:
                reply = self._once(method, url, body, headers or _FORM)
            except (OSError, http.client.HTTPException):
                reply = None
            if reply is not None and reply.status not in _AWAY:
                return reply
            self.repeats += 1
            self._pause(self._rng.uniform(0.05, min(_LONGEST_PAUSE, 0.1 * 2**number)))
        raise ServerAway(url)

    def _once(self, method: str, url: str, body: str, headers: Mapping[str, str]) -> Reply:
        self.requests += 1
        connection = _connect(url)
        try:
            data = body.encode() if method == "POST" else None
            connection.request(method, url, data, headers if method == "POST" else {})
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        if response.getheader("Set-Cookie"):
            raise NotOnThePage(f"{url}: a cookie was set on an agent's page")
        if response.status in _REDIRECTS:
            return self._once("GET", urljoin(url, response.getheader("Location") or ""), "", {})
        return Reply(url=url, status=response.status, body=text)


def _address(page: Reply, form: Form, button: Button | None) -> str:
    return urljoin(page.url, (button.action if button else "") or form.action)


def _connect(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    return http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=TIMEOUT)
