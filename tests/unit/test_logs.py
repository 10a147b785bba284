"""Lines of log: an event and numbers, whatever the request or the error held."""

import io
import logging
from collections.abc import Iterator

import pytest
from flask import Flask

from consultation import logs


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What `start` would write to the standard error."""
    root, werkzeug = logging.getLogger(), logging.getLogger("werkzeug")
    before, level, quiet = root.handlers[:], root.level, werkzeug.level
    logs.start()
    written = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    yield written
    root.handlers[:] = before
    root.setLevel(level)
    werkzeug.setLevel(quiet)


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    logs.log_requests(app)

    @app.post("/q/<campaign>/<code>")
    def page(campaign: str, code: str) -> str:
        raise ValueError(f"bad answer {campaign} {code}") from KeyError("ABCD")

    @app.get("/q/<code>")
    def landing(code: str) -> str:
        return code

    return app


def test_a_request_is_logged_by_its_route(app: Flask, lines: io.StringIO) -> None:
    app.test_client().get("/q/ABCD-EFGH?s=ABCD")

    assert "consultation.requests GET /q/<code> 200 " in lines.getvalue()
    assert " ms\n" in lines.getvalue()
    assert "ABCD" not in lines.getvalue()
    assert "127.0.0.1" not in lines.getvalue()


def test_an_unknown_path_is_not_quoted(app: Flask, lines: io.StringIO) -> None:
    app.test_client().get("/autre/ABCD")

    assert "GET (no route) 404" in lines.getvalue()
    assert "ABCD" not in lines.getvalue()


def test_an_error_shows_where_and_what_kind_but_not_its_words(
    app: Flask, lines: io.StringIO
) -> None:
    app.test_client().post("/q/juin/ABCD")

    text = lines.getvalue()
    assert "Exception on /q/<campaign>/<code> [POST]" in text
    assert "builtins.ValueError" in text
    assert "builtins.KeyError" in text
    assert "test_logs.py" in text
    assert "bad answer" not in text
    assert "ABCD" not in text


def test_starting_twice_does_not_double_the_lines(lines: io.StringIO) -> None:
    logs.start("WARNING")

    assert len(logging.getLogger().handlers) == 1
    assert logging.getLogger().level == logging.WARNING
