"""What comes in, read so that nothing in it breaks what reads it next.

A field, an address or a body holds what anybody likes: a character that no store takes, a name that
is missing, brackets in one another beyond what Python reads, a number beyond what a store counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import IO, Any

from flask import Flask, Request, abort, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.datastructures import FileStorage, ImmutableMultiDict
from werkzeug.routing import IntegerConverter

from consultation.refusals import Refusal

LARGEST_NUMBER = 2**31 - 1  # what an integer column of PostgreSQL takes
NOT_IN_A_TEXT = re.compile("[\0\ud800-\udfff]")
"""What PostgreSQL refuses in a text, and what cannot be written in UTF-8."""


def init_incoming(app: Flask) -> None:
    """Let `app` read what comes in this way; called before any route is added."""
    app.request_class = _Incoming
    app.json = _Json(app)
    app.url_map.converters["int"] = _Integer
    app.before_request(_refuse_what_is_no_address)


class NotUnderstood(Refusal):
    """La demande est incomplète. Rechargez la page et recommencez."""


def told() -> Mapping[str, str]:
    """The texts of the JSON object that was sent, by name; NotUnderstood for anything else."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise NotUnderstood
    return {name: clean(value) for name, value in body.items() if isinstance(value, str)}


def clean(typed: str) -> str:
    """What was typed, without what no text may hold."""
    return NOT_IN_A_TEXT.sub("", typed)


def whole_number(typed: str) -> int | None:
    """The whole number that was typed, from zero to the largest a store counts; None otherwise."""
    if not re.fullmatch("[0-9]{1,10}", typed):
        return None
    value = int(typed)
    return value if value <= LARGEST_NUMBER else None


class _Texts(ImmutableMultiDict[str, Any]):
    """Fields: each has a name, and a text or a file for a value."""

    def __init__(self, fields: Iterable[tuple[str | None, Any]] = ()) -> None:
        # A part of a form may have no name at all, and a browser sends none such.
        super().__init__((clean(name), _value(value)) for name, value in fields if name is not None)


class _Incoming(Request):
    parameter_storage_class = _Texts

    def _get_file_stream(self, *told: Any, **named: Any) -> IO[bytes]:  # noqa: ANN401 - as above it
        stream = super()._get_file_stream(*told, **named)
        self.__dict__.setdefault("streams", []).append(stream)
        return stream

    def close(self) -> None:
        """Give the files back, that of a form cut in the middle as well."""
        for stream in self.__dict__.pop("streams", ()):
            stream.close()
        super().close()


class _Json(DefaultJSONProvider):
    def loads(self, s: str | bytes, **kwargs: Any) -> Any:  # noqa: ANN401 - as the class above
        """As any other fault of writing: brackets too deep are not JSON that we read."""
        try:
            return super().loads(s, **kwargs)
        except RecursionError as error:
            raise ValueError("brackets in one another, too deep") from error


class _Integer(IntegerConverter):
    def __init__(self, map: Any, **options: Any) -> None:  # noqa: ANN401 - as above
        super().__init__(map, **({"max": LARGEST_NUMBER} | options))


def _value(value: str | FileStorage) -> str | FileStorage:
    if isinstance(value, str):
        return clean(value)
    value.filename = clean(value.filename or "")
    return value


def _refuse_what_is_no_address() -> None:
    try:
        request.query_string.decode()
    except UnicodeDecodeError:
        abort(400)
    if NOT_IN_A_TEXT.search(request.path):
        abort(404)
