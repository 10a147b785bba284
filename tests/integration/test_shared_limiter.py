"""The limiter with several processes: they share one count, kept by a real Redis."""

from __future__ import annotations

import hmac
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis
from face import SETTINGS, build
from flask import Response
from flask.testing import FlaskClient
from flask_limiter import Limiter

from consultation.parts import Application
from consultation.sealing import derive
from consultation.web import failure_limit


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    try:
        _until_open(port)
        yield f"redis://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def _until_open(port: int) -> None:
    for _ in range(100):
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("redis-server did not start")


@pytest.fixture
def door(redis_url: str) -> Iterator[Callable[..., FlaskClient]]:
    """Opens the same site once more, as another process would."""
    opened: list[Application] = []
    yield lambda **changes: _site(redis_url, opened, **changes)
    for app in opened:
        app.parts[Limiter].storage.storage.close()


def _site(redis_url: str, opened: list[Application], **changes: Any) -> FlaskClient:
    app = build(replace(SETTINGS, limiter_storage=redis_url, **changes))
    opened.append(app)

    @app.get("/code/<int:status>")
    @failure_limit
    def code(status: int) -> Response:
        return Response("", status)

    return app.test_client()


def test_failures_count_together_whoever_saw_them(
    door: Callable[..., FlaskClient],
) -> None:
    first, second = door(), door()

    for _ in range(50):
        assert first.get("/code/404").status_code == 404
        assert second.get("/code/404").status_code == 404

    assert first.get("/code/404").status_code == 429
    assert second.get("/code/404").status_code == 429


def test_the_address_is_not_in_the_shared_counters(
    door: Callable[..., FlaskClient], redis_url: str
) -> None:
    door().get("/code/404", environ_base={"REMOTE_ADDR": "192.0.2.77"})

    with redis.Redis.from_url(redis_url) as counters:
        keys = b" ".join(counters.keys("*"))
    assert keys
    assert b"192.0.2.77" not in keys


def test_the_urn_s_server_has_no_key_and_hides_the_address_all_the_same(
    door: Callable[..., FlaskClient], redis_url: str
) -> None:
    urn = {"sides": frozenset({"urn"}), "secret_key": "", "box_url": "postgresql://urne:x@db/box"}
    door(**urn).get("/code/404", environ_base={"REMOTE_ADDR": "192.0.2.77"})

    guessed = hmac.digest(derive(b"", "limiter"), b"192.0.2.77", "sha256").hex()
    with redis.Redis.from_url(redis_url) as counters:
        keys = b" ".join(counters.keys("*"))
    assert keys
    assert guessed.encode() not in keys
