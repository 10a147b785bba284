"""The real server under watch: when it dies another takes its place on the same socket."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

_STARTING_SECONDS = 30.0
_STOPPING_SECONDS = 10.0
_BEFORE_RESTARTING = 0.1
_PORTS_TRIED = 20


class NoFreePort(OSError):
    """No port is free near the one that was asked for."""


class Server:
    """Runs while the `with` block lasts; `serving` gives the command for a bound socket.

    The socket belongs to this process: a server that dies leaves the port taken and the
    connections waiting, and the next one finds them.
    """

    def __init__(self, port: int, serving: Callable[[str], Sequence[str]]) -> None:
        self._socket = _free_socket(port)
        self.port = int(self._socket.getsockname()[1])
        self._serving = serving
        self._log = Path(os.devnull)
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: threading.Thread | None = None
        self._environment: Mapping[str, str] = {}
        self.restarts = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process in charge, whose session holds the others."""
        return self._process.pid if self._process else None

    @property
    def group(self) -> int:
        """The group of its processes, from its start."""
        return self._process.pid if self._process else 0

    def start(self, environment: Mapping[str, str], log: Path) -> None:
        """Serve with these settings, and come back when a page can be had."""
        self._log = log
        self._environment = environment
        self._process = self._launch()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        self._wait_for_a_page()

    def kill(self) -> None:
        """The worst that can happen: SIGKILL to the server and its workers at once."""
        if self._process is not None:
            _signal_group(self._process, signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        if self._process is not None:
            _signal_group(self._process, signal.SIGTERM)
            try:
                self._process.wait(_STOPPING_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        if self._watcher is not None:
            self._watcher.join()
        self._socket.close()

    def _launch(self) -> subprocess.Popen[bytes]:
        descriptor = self._socket.fileno()
        with self._log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own interpreter, no word from outside
                self._serving(f"fd://{descriptor}"),
                env={**os.environ, **self._environment},
                pass_fds=(descriptor,),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _watch(self) -> None:
        while self._process is not None:
            self._process.wait()
            if self._stopping.wait(_BEFORE_RESTARTING):
                return
            # The workers of a dead master would go on with its sockets and its memory.
            _signal_group(self._process, signal.SIGKILL)
            self.restarts += 1
            self._process = self._launch()

    def _wait_for_a_page(self) -> None:
        limit = time.monotonic() + _STARTING_SECONDS
        while time.monotonic() < limit:
            try:
                with urllib.request.urlopen(f"{self.url}/aide", timeout=_STARTING_SECONDS):  # noqa: S310 - our own address
                    return
            except (OSError, urllib.error.URLError):
                time.sleep(0.1)
        raise TimeoutError(f"Le serveur ne démarre pas : lisez {self._log}.")


def _free_socket(port: int) -> socket.socket:
    """A socket on this port, or on the next one that is free."""
    for candidate in range(port, port + _PORTS_TRIED):
        taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", candidate))
            taken.listen()  # until then another process may bind the same port
        except OSError:
            taken.close()
        else:
            return taken
    last = port + _PORTS_TRIED - 1
    raise NoFreePort(f"Aucun port libre entre {port} et {last} : choisissez-en un avec --port.")


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
