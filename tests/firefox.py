"""Debian's Firefox ESR, driven by the protocol it speaks itself: no driver has to be fetched."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

FIREFOX = shutil.which("firefox-esr")
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
PATIENCE, STEP = 20, 0.02  # seconds

Reply = dict[str, Any]


@dataclass
class Firefox:
    """One tab; `errors` is what its pages complained of."""

    wire: ClientConnection
    context: str = ""
    calls: int = 0
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._call("session.new", capabilities={})
        self._call("session.subscribe", events=["log.entryAdded"])
        self.context = self._call("browsingContext.create", type="tab")["result"]["context"]

    def size(self, width: int, height: int) -> None:
        """Be a screen of this size."""
        viewport = {"width": width, "height": height}
        self._call("browsingContext.setViewport", context=self.context, viewport=viewport)

    def open(self, url: str) -> None:
        """Type an address, even that of the page on the screen."""
        for address in ("about:blank", url):
            self._call(
                "browsingContext.navigate", context=self.context, url=address, wait="complete"
            )

    def read(self, expression: str) -> Any:
        """What an expression is worth on the page: a text, a number, a boolean, or nothing."""
        reply = self._call(
            "script.evaluate",
            target={"context": self.context},
            expression=expression,
            awaitPromise=True,
        )
        return reply.get("result", {}).get("result", {}).get("value")

    def wait(self, expression: str) -> None:
        """Until it is true, through the pages that come."""
        end = time.monotonic() + PATIENCE
        while not self.read(expression):
            assert time.monotonic() < end, (expression, self.read("document.body.innerText"))
            time.sleep(STEP)

    def click(self, selector: str) -> None:
        """As soon as it is there."""
        self.wait(f"!!document.querySelector({json.dumps(selector)})")
        self.read(f"void document.querySelector({json.dumps(selector)}).click()")

    def type(self, selector: str, words: str) -> None:
        """Write with the keys of a keyboard."""
        self.read(f"void document.querySelector({json.dumps(selector)}).focus()")
        presses = [{"type": way, "value": key} for key in words for way in ("keyDown", "keyUp")]
        keyboard = {"type": "key", "id": "keyboard", "actions": presses}
        self._call("input.performActions", context=self.context, actions=[keyboard])

    def _call(self, method: str, **params: Any) -> Reply:
        self.calls += 1
        self.wire.send(json.dumps({"id": self.calls, "method": method, "params": params}))
        while True:
            reply: Reply = json.loads(self.wire.recv(timeout=PATIENCE))
            if reply.get("id") == self.calls:
                return reply
            told = reply.get("params", {})
            if told.get("level") == "error":
                self.errors.append(told["text"])


@contextmanager
def firefox(profile: Path, *, scripts: bool = True) -> Iterator[Firefox]:
    """A new Firefox that never went anywhere; it may run no script, except what tests ask it."""
    if not FIREFOX:
        pytest.skip("no second browser: firefox-esr is not installed")
    profile.mkdir()
    if not scripts:
        (profile / "user.js").write_text('user_pref("javascript.enabled", false);\n')
    options = ["--headless", "--no-remote", "--profile", str(profile)]
    command = [FIREFOX, *options, "--remote-debugging-port", "0"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stderr
        try:
            found = next(filter(None, map(LISTENING.search, process.stderr)))
            with connect(f"{found[1]}/session") as wire:
                yield Firefox(wire)
        finally:
            process.terminate()
