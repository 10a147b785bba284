"""One format for every line: an event and numbers; never a code, an address, an answer or an IP."""

from __future__ import annotations

import logging
import time
import traceback
from types import TracebackType

from flask import Flask, Response, g, request

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"

_requests = logging.getLogger("consultation.requests")


class _Format(logging.Formatter):
    """Shows where an error happened and its kind; not its message, which may quote an answer."""

    def formatException(  # noqa: N802 - the standard library's name
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        error = ei[1]
        lines: list[str] = []
        while error is not None:
            lines += [f"{type(error).__module__}.{type(error).__qualname__}"]
            frames = traceback.extract_tb(error.__traceback__)
            lines += [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
            error = error.__cause__ or error.__context__
        return "\n".join(lines)


class _RouteInsteadOfPath(logging.Filter):
    """Flask names the path of a request that failed; a path may carry a code."""

    def filter(self, record: logging.LogRecord) -> bool:
        if str(record.msg).startswith("Exception on ") and request:
            record.msg, record.args = "Exception on %s [%s]", (_route(), request.method)
        return True


def start(level: str = "INFO") -> None:
    """Send every line to the standard error, in our format."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Format(FORMAT))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # The development server logs paths and addresses.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)


def log_requests(app: Flask) -> None:
    """One line for each request: method, route template, status, milliseconds."""
    app.logger.addFilter(_RouteInsteadOfPath())

    @app.before_request
    def note_the_time() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def log(response: Response) -> Response:
        duration = (time.perf_counter() - g.get("started", time.perf_counter())) * 1000
        _requests.info("%s %s %d %.0f ms", request.method, _route(), response.status_code, duration)
        return response


def _route() -> str:
    return request.url_rule.rule if request.url_rule else "(no route)"
