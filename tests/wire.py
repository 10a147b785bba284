"""The wire between agents and servers, for tests: it can fail, and it reads every answer.

A connection carries one request and its answer, as with the servers under test. What the wire
could deliver is judged as the person in front of the screen would: a page in French that says what
to do, or the same in JSON for the page's script.
"""

from __future__ import annotations

import json
import random
import socket
import socketserver
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs

_PATIENCE = 60.0
_ENGLISH = ("Traceback", "Internal Server Error", "Bad Gateway", "werkzeug", "sqlalchemy")
_SILENT = frozenset({204, 301, 302, 303, 307, 308})


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and what came back; `status` is 0 when nothing whole did."""

    method: str
    path: str
    sent: bytes
    status: int = 0
    kind: str = ""
    body: bytes = b""

    @property
    def thanked(self) -> str:
        """The credential of a ballot acknowledged by this answer; empty when it is not one."""
        if (
            self.status != 200
            or not self.path.endswith("/envoyer")
            or b"data-done" not in self.body
        ):
            return ""
        return self.field("m")

    def field(self, name: str) -> str:
        """A field of the form that was sent."""
        return parse_qs(self.sent.decode(), keep_blank_values=True).get(name, [""])[0]

    @property
    def fault(self) -> str:
        """Why nobody should have been shown this; empty when all is well."""
        if self.status in (0, *_SILENT):
            return ""
        text = self.body.decode(errors="replace")
        if any(word in text for word in _ENGLISH) or self.status == 500:
            return self._said(text)
        if self.kind == "application/json":
            return "" if self.status < 400 or self._explained(text) else self._said(text)
        if self.kind == "text/html" and not ('lang="fr"' in text and "</h1>" in text):
            return self._said(text)
        return ""

    def _explained(self, text: str) -> bool:
        answer = json.loads(text)
        return isinstance(answer, dict) and bool(answer.get("refused"))

    def _said(self, text: str) -> str:
        return f"{self.method} {self.path}: {self.status} {text[:300]}"


class Wire:
    """Listens while the `with` block lasts, and hands each connection to one of the servers.

    `losing` is the share of the answers that the server gave and that never arrive.
    """

    def __init__(self, ports: Sequence[int], *, losing: float = 0.0, seed: int = 1) -> None:
        self._ports = ports
        self._losing = losing
        self._rng = random.Random(seed)
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._relay = _Relay(self)
        self.port = int(self._relay.server_address[1])
        self.statuses: Counter[int] = Counter()
        self.faults: list[str] = []
        self.lost = 0
        self.thanked: dict[str, str] = {}  # credential: the answers it was thanked for

    @property
    def url(self) -> str:
        """Where agents connect."""
        return f"http://127.0.0.1:{self.port}"

    def wait_for_an_answer(self, seconds: float) -> bool:
        """Wait until a server answers something; false when none did in that time."""
        with self._arrived:
            return self._arrived.wait(seconds)

    def __enter__(self) -> Self:
        threading.Thread(target=self._relay.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._relay.shutdown()
        self._relay.server_close()

    def carry(self, client: socket.socket) -> None:
        """Carry one request to a server, and its answer back unless it is to be lost."""
        client.settimeout(_PATIENCE)
        request = _read_request(client)
        if not request:
            return
        with self._lock:
            port = self._rng.choice(self._ports)
            losing = self._rng.random() < self._losing
        answer = _ask(port, request)
        exchange = _exchange(request, answer)
        self._note(exchange, losing=losing and exchange.status != 0)
        if exchange.status and not losing:
            client.sendall(answer)

    def _note(self, exchange: Exchange, *, losing: bool) -> None:
        with self._arrived:
            self.statuses[exchange.status] += 1
            self.lost += losing
            if exchange.fault:
                self.faults.append(exchange.fault)
            if exchange.thanked and not losing:
                self.thanked.setdefault(exchange.thanked, exchange.field("answers"))
            if exchange.status:
                self._arrived.notify_all()


class _Relay(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 1024

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        super().__init__(("127.0.0.1", 0), _Connection)


class _Connection(socketserver.BaseRequestHandler):
    server: _Relay

    def handle(self) -> None:
        try:
            self.server.wire.carry(self.request)
        except OSError:
            return  # the agent left


def _read_request(client: socket.socket) -> bytes:
    request = b""
    while not _whole(request):
        more = client.recv(65536)
        if not more:
            return b""
        request += more
    return request


def _ask(port: int, request: bytes) -> bytes:
    """Everything the server says; nothing when it is away, dies or stops halfway."""
    answer = b""
    try:
        with socket.create_connection(("127.0.0.1", port), _PATIENCE) as server:
            server.sendall(request)
            while more := server.recv(65536):
                answer += more
    except OSError:
        return b""
    return answer


def _exchange(request: bytes, answer: bytes) -> Exchange:
    head, _, sent = request.partition(b"\r\n\r\n")
    method, path, _ = head.decode().split("\r\n")[0].split(" ")
    if not _whole(answer):
        return Exchange(method=method, path=path, sent=sent)
    head, _, body = answer.partition(b"\r\n\r\n")
    return Exchange(
        method=method,
        path=path,
        sent=sent,
        status=int(head.split(b" ")[1]),
        kind=_header(head, "content-type").partition(";")[0],
        body=body,
    )


def _whole(message: bytes) -> bool:
    head, ended, body = message.partition(b"\r\n\r\n")
    return bool(ended) and len(body) >= int(_header(head, "content-length") or 0)


def _header(head: bytes, name: str) -> str:
    for line in head.decode().split("\r\n")[1:]:
        found, _, value = line.partition(":")
        if found.lower() == name:
            return value.strip()
    return ""
