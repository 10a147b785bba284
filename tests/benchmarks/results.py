"""CPU of each page of results of a filled demonstration, beside the office's list of campaigns.

Interleaved in one process, the minimum of many slices; give it what `consultation demo --ballots
59000 --directory DIR` filled.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from flask.testing import FlaskClient
from running import close

from benchmarks.cpu import interleaved
from consultation.app import create_app
from consultation.config import Settings
from consultation.demo.place import found
from consultation.demo.stage import JUNE

SLICES = int(os.environ.get("SLICES", "20"))
BASE = f"/bureau/resultats/{JUNE}"
LIST = "/bureau/resultats"
PAGES = (
    *("/participation", "/themes", "/themes/usager", "/themes/usager?groupe=structure:0"),
    *("/questions/us_qualite?par=territoire", "/questions/us_qualite.csv?par=territoire"),
    *("/rapport", "/textes", "/textes/us_constat", "/textes/us_constat?mots=accueil"),
    *("/textes/us_constat/relire", "/textes/us_constat/coder", "/textes/us_constat/etiquettes"),
    "/textes/us_constat/echantillon?sorte=representatif&taille=200",
)


def main() -> None:
    """Print the table."""
    with _analyst(Path(sys.argv[1])) as client:
        paths = (LIST, *(f"{BASE}{page}" for page in PAGES))
        best = interleaved({path: partial(_get, client, path) for path in paths}, SLICES)
    for path, seconds in best.items():
        ratio = seconds / best[LIST]
        print(f"| {path.removeprefix(BASE)} | {seconds * 1000:.0f} | {ratio:.1f} |")  # noqa: T201


@contextmanager
def _analyst(directory: Path) -> Iterator[FlaskClient]:
    place = found(directory)
    if place is None:
        raise SystemExit(f"{directory} holds no demonstration")
    app = create_app(Settings.from_environment(place.environment("http://127.0.0.1:8000")))
    client = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/bureau/connexion").text)
    assert token
    login = {"login": "analyste", "password": place.logins["analyste"], "csrf_token": token[1]}
    assert client.post("/bureau/connexion", data=login).status_code == 303
    yield client
    close(app)


def _get(client: FlaskClient, path: str) -> None:
    reply = client.get(path)
    assert reply.status_code == 200, (path, reply.status_code)


if __name__ == "__main__":
    main()
