"""A real SMTP server that accepts, refuses, postpones and hangs up as a test decides."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiosmtpd.smtp import SMTP, Envelope, Session

from consultation.config import Smtp

HANG_UP, HANG_UP_AFTER_TEXT = "hang up", "hang up after the text"


class Relay:
    """Answers each recipient what the test decided, once each, then accepts."""

    def __init__(self) -> None:
        self.answers: dict[str, list[str]] = defaultdict(list)
        self.sender_answers: list[str] = []
        self.received: list[tuple[str, bytes]] = []
        self.connections = 0
        self.hangs_up_on_reset = False
        self.silent_for = ""  # one address, once
        self.rules: dict[str, Callable[[str], str]] = {}  # by command; "": as usual
        self.farewell_after = 0  # messages on one connection
        self.served: Counter[Session] = Counter()

    async def handle_RSET(  # noqa: N802 - the names aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.hangs_up_on_reset:
            server.transport.abort()
        return "250 OK"

    async def handle_EHLO(  # noqa: N802 - the names aiosmtpd calls
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, *_: object
    ) -> str:
        if self.farewell_after and self.served[session] >= self.farewell_after:
            return "421 4.7.0 Enough for this connection"
        answer = self._ruled("MAIL", address) or _next(self.sender_answers)
        if answer.startswith("250"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, *_: object
    ) -> str:
        if address == self.silent_for:
            self.silent_for = ""
            await asyncio.sleep(1)
        answer = self._ruled("RCPT", address) or _next(self.answers[address])
        if answer == HANG_UP:
            server.transport.abort()
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        address = envelope.rcpt_tos[0]
        content = envelope.content
        assert isinstance(content, bytes)
        ruled = self._ruled("DATA", address)
        if ruled == HANG_UP:
            server.transport.abort()
        if ruled:
            return ruled
        self.served[session] += 1
        self.received.append((address, content))
        if self.answers[address] == [HANG_UP_AFTER_TEXT]:
            self.answers[address].clear()
            server.transport.abort()
        return "250 OK"

    def _ruled(self, command: str, address: str) -> str:
        return self.rules[command](address) if command in self.rules else ""

    @property
    def addresses(self) -> list[str]:
        return [address for address, _ in self.received]


def _next(planned: list[str]) -> str:
    if planned and planned[0] != HANG_UP_AFTER_TEXT:
        return planned.pop(0)
    return "250 OK"


@contextmanager
def listening(relay: Relay, tls: ssl.SSLContext | None = None, **options: object) -> Iterator[Smtp]:
    """A real server on a free port while the block lasts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def listen() -> asyncio.Server:
        return await loop.create_server(
            lambda: SMTP(relay, hostname="localhost", loop=loop, **options),
            "127.0.0.1",
            0,
            ssl=tls,
        )

    async def close() -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result()
    try:
        yield Smtp(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
    finally:
        asyncio.run_coroutine_threadsafe(close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
