"""CPU of each thing the server does, as a multiple of a constant Flask view in the same process.

Interleaved, the minimum of many slices: what else the machine does moves both sides alike.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from urllib.parse import parse_qs

import storm
from flask import Flask
from gmpy2 import powmod_sec
from werkzeug.wrappers import Response

from benchmarks.town import SEED, Credential, Town, credential, posts, town
from consultation.ballots.journey import Journey, State
from consultation.ballots.store import Urn
from consultation.blind import blind_sign, to_wire
from consultation.office.campaigns import Campaign
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.drafts import from_json
from consultation.roll.keys import RollKeys
from consultation.roll.store import Roll

SLICES = int(os.environ.get("SLICES", "100"))
PATH = f"/q/{storm.SLUG}/{storm.AUDIENCE}"
Measured = Callable[[], object]


def main() -> None:
    """Print the table."""
    with town(SLICES * 4 + 10) as place:
        best = interleaved(_measures(place))
    constant, power = best["constant view"], best["bare modular exponentiation"]
    for name, seconds in best.items():
        print(f"| {name} | {seconds * 1000:.3f} | {seconds / constant:.1f} |")  # noqa: T201
    for name in ("credential signed", "credential issued", "credential issued, by HTTP"):
        print(f"{name} / bare exponentiation: {best[name] / power:.2f}")  # noqa: T201


def interleaved(measures: Mapping[str, Measured], slices: int = SLICES) -> dict[str, float]:
    """The least CPU, in seconds, that each of these took in so many rounds of all of them."""
    best = dict.fromkeys(measures, float("inf"))
    for _ in range(slices):
        for name, measured in measures.items():
            started = time.process_time()
            measured()
            best[name] = min(best[name], time.process_time() - started)
    return best


def _measures(place: Town) -> Mapping[str, Measured]:
    people = iter(place.invitations)
    hidden = credential(place, next(people))
    asked = place.campaign.questionnaire
    constant = _constant()
    measures: dict[str, Measured] = {
        "constant view": lambda: _request(constant, "/"),
        "landing": lambda: _request(place.app, PATH),
        "first page": lambda: _request(place.app, f"{PATH}/commencer"),
    }
    for page, body in posts(asked, hidden, 3):
        path = f"{PATH}/pages/{page}" if page else f"{PATH}/relire"
        measures[f"page sent: {page or 'review'}"] = partial(_request, place.app, path, body)
    waiting = [credential(place, next(people)) for _ in range(2 * SLICES)]
    last = posts(asked, hidden, 3)[-1][1]
    answers = from_json(asked, parse_qs(last)["answers"][0])
    state = State(answers=answers, seed=SEED)
    campaign = place.campaign  # a server has read it already
    measures["ballot accepted"] = lambda: _cast(place, campaign, state, waiting.pop())
    send = f"{PATH}/envoyer"
    ballots = [posts(asked, waiting.pop(), 3)[-1][1] for _ in range(SLICES)]
    measures["ballot sent and thanked, by HTTP"] = lambda: _request(place.app, send, ballots.pop())
    key = place.app.parts[RollKeys].signing(storm.SLUG, storm.AUDIENCE)
    number = int.from_bytes(os.urandom(key.public.size - 1))
    measures["bare modular exponentiation"] = lambda: (
        powmod_sec(number, key.dp, key.p),
        powmod_sec(number, key.dq, key.q),
    )
    blinded = number.to_bytes(key.public.size)
    measures["credential signed"] = lambda: blind_sign(key, blinded)
    codes = iter(people)
    desk, held = place.app.parts[Roll], iter([next(people).code for _ in range(SLICES)])
    measures["credential issued"] = lambda: desk.issue(
        campaign, storm.AUDIENCE, next(held), blinded
    )
    measures["credential issued, by HTTP"] = lambda: _issue(place, next(codes).code, blinded)
    return measures


def _constant() -> Flask:
    app = Flask("constant")
    app.add_url_rule("/", "constant", lambda: "constant")
    return app


def _cast(place: Town, campaign: Campaign, state: State, held: Credential) -> None:
    """Verify, validate, seal and commit, without HTTP."""
    journey = Journey(campaign.rulebook.of("fr"), Context(audience=storm.AUDIENCE))
    if journey.unfinished(state):
        raise ValueError("unfinished")
    urn, document = place.app.parts[Urn], journey.document(state)
    if urn.cast(campaign, storm.AUDIENCE, held.msg, held.sig, document) != "recorded":
        raise ValueError("not recorded")


def _issue(place: Town, code: str, blinded: bytes) -> None:
    path = f"/guichet/{storm.SLUG}/{storm.AUDIENCE}/signature"
    body = json.dumps({"code": code, "blinded": to_wire(blinded)})
    _request(place.app, path, body, "application/json")


def _request(
    app: Flask, path: str, body: str = "", kind: str = "application/x-www-form-urlencoded"
) -> None:
    data = body.encode()
    environ = {
        "REQUEST_METHOD": "POST" if body else "GET",
        "PATH_INFO": path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_ACCEPT_ENCODING": os.environ.get("ENCODING", "gzip, deflate, br"),  # as browsers say
        "CONTENT_TYPE": kind,
        "CONTENT_LENGTH": str(len(data)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(data),
        "wsgi.errors": sys.stderr,
    }
    response = Response.from_app(app, environ, buffered=True)
    if response.status_code != HTTPStatus.OK:
        raise ValueError(f"{path}: {response.status}")


if __name__ == "__main__":
    main()
