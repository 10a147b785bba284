"""Whole journeys against a real server: landing, first page, credential, every page, sending.

What agents send is prepared beforehand, so that the load costs little of the cores that the server
shares with it. Every answer is checked; a journey counts once its ballot is acknowledged: durable.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import parse_qsl, urlencode

import storm
from cluster import Cluster
from sqlalchemy import create_engine, text

from benchmarks.town import Town, credential, posts, town
from consultation.blind import to_wire
from consultation.cli.running import gunicorn
from consultation.config import STORES
from consultation.demo.agents import Invitation

TICKS = os.sysconf("SC_CLK_TCK")
LANDING = f"/q/{storm.SLUG}/{storm.AUDIENCE}"
DESK = f"/guichet/{storm.SLUG}/{storm.AUDIENCE}"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@dataclass(frozen=True)
class Request:
    """What a browser asks, and the status it must get; the static files are in its cache."""

    method: str
    path: str
    body: str = ""
    kind: str = FORM
    status: int = 200


@dataclass(frozen=True)
class Served:
    """A server under measure."""

    port: int
    process: subprocess.Popen[bytes]


def main() -> None:
    """Print a line for each number of agents at once."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", choices=("gunicorn", "granian"), default="gunicorn")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 2, 4, 8, 16])
    parser.add_argument("--journeys", type=int, default=200)
    asked = parser.parse_args()
    with ExitStack() as cleaning:
        urls = _postgresql(cleaning) if asked.postgresql else {}
        place = cleaning.enter_context(town(asked.journeys * len(asked.at_once) + 40, urls))
        ways = [journey(place, one) for one in place.invitations]
        served = cleaning.enter_context(serving(place, asked.server, asked.workers))
        _run(served, [ways.pop() for _ in range(10)], 2)
        for at_once in asked.at_once:
            those = [ways.pop() for _ in range(asked.journeys)]
            print(_run(served, those, at_once), flush=True)  # noqa: T201


def journey(place: Town, invitation: Invitation) -> list[Request]:
    """Everything a browser with the script asks on the way, in order."""
    held = credential(place, invitation)
    code = json.dumps({"code": invitation.code})
    signature = json.dumps({"code": invitation.code, "blinded": to_wire(held.blinded)})
    pages = posts(place.campaign.questionnaire, held, random.getrandbits(30))
    first, body = pages[0]
    fields = [(name, value) for name, value in parse_qsl(body, True) if name not in ("m", "s")]
    verify = urlencode([*(one for one in fields if one[0] != "action"), ("action", "verifier")])
    return [
        Request("GET", LANDING),
        Request("POST", "/guichet/ou", code, JSON),
        Request("POST", f"{DESK}/etat", code, JSON),
        Request("GET", f"{LANDING}/commencer"),
        Request("POST", f"{LANDING}/pages/{first}", verify, status=204),
        Request("POST", f"{DESK}/signature", signature, JSON),
        *(Request("POST", f"{LANDING}/pages/{page}", body) for page, body in pages[:-1]),
        Request("POST", f"{LANDING}/envoyer", pages[-1][1]),
    ]


@contextmanager
def serving(place: Town, server: str, workers: int) -> Iterator[Served]:
    """The server, in a session of its own so that its CPU can be told apart."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (place.directory / "log").open("wb") as log:
        process = subprocess.Popen(
            _command(server, port, workers),
            env={**os.environ, **place.environment},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_for(port)
        yield Served(port, process)
    finally:
        process.terminate()
        process.wait()


def _command(server: str, port: int, workers: int) -> list[str]:
    if server == "gunicorn":
        return gunicorn(f"127.0.0.1:{port}", workers)
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
        *("--port", str(port), "--workers", str(workers), "--blocking-threads", "1"),
        *("--log-level", "error", "wsgi:app"),
    ]


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the server does not start")


def _run(served: Served, ways: Sequence[Sequence[Request]], at_once: int) -> str:
    waits = list[float]()

    def walk(way: Sequence[Request]) -> None:
        for request in way:
            began = time.monotonic()
            _ask(served.port, request)
            waits.append(time.monotonic() - began)

    own, theirs, started = _own_cpu(), _server_cpu(served), time.monotonic()
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(walk, ways))
    wall = time.monotonic() - started
    own, theirs = _own_cpu() - own, _server_cpu(served) - theirs
    count, cuts = len(ways), quantiles(waits, n=100)
    return (
        f"at once {at_once:2}: {count / wall:.1f} journeys/s, {len(waits) / wall:.0f} requests/s; "
        f"CPU ms per journey: server {theirs / count * 1000:.1f}, load {own / count * 1000:.1f}; "
        f"ms for a request: p50 {median(waits) * 1000:.1f} p95 {cuts[94] * 1000:.1f} "
        f"p99 {cuts[98] * 1000:.1f} max {max(waits) * 1000:.0f}; load {os.getloadavg()[0]:.1f}"
    )


def _ask(port: int, request: Request) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        headers = {"Content-Type": request.kind} if request.body else {}
        connection.request(request.method, request.path, request.body or None, headers)
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    if answer.status != request.status:
        raise ValueError(f"{request.method} {request.path}: {answer.status}")


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _server_cpu(served: Served) -> float:
    """Of every process in the server's session; PostgreSQL's are not in it."""
    session = str(served.process.pid)
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[3] == session:
            total += int(fields[11]) + int(fields[12])
    return total / TICKS


def _postgresql(cleaning: ExitStack) -> dict[str, str]:
    cluster = cleaning.enter_context(Cluster(durable=True))
    admin = create_engine(cluster.url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for store in STORES:
            connection.execute(text(f"CREATE DATABASE bench_{store}"))
    admin.dispose()
    return {
        f"{store.upper()}_DATABASE_URL": str(
            admin.url.set(database=f"bench_{store}").render_as_string(hide_password=False)
        )
        for store in STORES
    }


if __name__ == "__main__":
    main()
