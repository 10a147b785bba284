"""What an HR file of 20,000 lines costs, as a multiple of its bare reader on the same bytes.

Each in turn in one process, the least of several rounds: read and checked; handed in, its columns
and its lines shown in the office, by HTTP.
"""

from __future__ import annotations

import argparse
import csv
import gc
import io
import re
from collections.abc import Mapping, Sequence

import sheets
import small
import storm
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from running import PASSWORD
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from benchmarks.cpu import Measured, interleaved
from benchmarks.town import Town, town
from consultation import days
from consultation.config import Settings
from consultation.database import Stores
from consultation.office.store import Accounts
from consultation.roll.batches import parse

LINES = 20_000
NEW = f"/bureau/lots/nouveau/{storm.SLUG}"
_ENCODINGS = {"UTF-8": "utf-8-sig", "UTF-16": "utf-16", "Windows-1252": "cp1252"}
_WORKBOOKS = {"XLSX": sheets.xlsx, "XLS": sheets.xls, "ODS": sheets.ods}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--columns", type=int, nargs="+", default=[5, 12])
    asked = parser.parse_args()
    with town(30) as place:
        gc.freeze()  # as the server does
        client = _logged_in(place)
        for columns in asked.columns:
            for kind, content in _files(columns).items():
                _tell(client, f"{kind}, {columns} columns", content, asked.rounds)


def _tell(client: FlaskClient, name: str, content: bytes, rounds: int) -> None:
    measures: Mapping[str, Measured] = {
        "bare": lambda: _bare(name, content),
        "checked": lambda: parse(content),
        "shown": lambda: _hand_in(client, content),
    }
    best = interleaved(measures, rounds)
    bare = best["bare"]
    told = ", ".join(f"{one} {best[one] / bare:.1f}" for one in ("checked", "shown"))
    print(f"{name}: {len(content) / 1e6:.1f} MB, bare {bare * 1000:.0f} ms; × {told}")  # noqa: T201


def _files(columns: int) -> Mapping[str, bytes]:
    beside = 90 // columns  # letters: five megabytes at most, in UTF-16 too
    rows = [
        ["Courriel", *(f"Colonne {n}" for n in range(1, columns))],
        *([f"p{n}.nom@ain.gouv.fr", *("x" * beside,) * (columns - 1)] for n in range(LINES)),
    ]
    text = "\r\n".join(";".join(row) for row in rows)
    return {
        **{name: text.encode(encoding) for name, encoding in _ENCODINGS.items()},
        **{name: made({"Agents": rows}) for name, made in _WORKBOOKS.items()},
    }


def _bare(name: str, content: bytes) -> Sequence[object]:
    """What the reader alone does: all cells, nothing looked at."""
    encoding = _ENCODINGS.get(name.partition(",")[0])
    if encoding:
        text = io.StringIO(content.decode(encoding), newline="")
        return list(csv.reader(text, delimiter=";"))
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return book.get_sheet_by_index(0).to_python(skip_empty_area=False)


def _logged_in(place: Town) -> FlaskClient:
    database, clock = place.app.parts[Stores]["office"], place.app.parts[days.Clock]
    secret = place.app.parts[Settings].secret_key
    Accounts(database, clock, hashing=small.FAST_HASHING, secret_key=secret).create(
        "rh", PASSWORD, "rh"
    )
    client = place.app.test_client()
    fields = {
        "login": "rh",
        "password": PASSWORD,
        "csrf_token": _token(client, "/bureau/connexion"),
    }
    client.post("/bureau/connexion", data=fields)
    return client


def _hand_in(client: FlaskClient, content: bytes) -> None:
    """Hand in, confirm the column, see what is to be checked."""
    fields = {"name": "Ain", "audience": storm.AUDIENCE, "csrf_token": _token(client, NEW)}
    file = FileStorage(io.BytesIO(content), filename="agents")
    boundary, body = encode_multipart({**fields, "fichier": file})
    kind = f"multipart/form-data; boundary={boundary}"
    choose = client.post(NEW, data=body, content_type=kind).headers["Location"]
    token = _token(client, choose)
    check = client.post(choose, data={"colonne": "0", "csrf_token": token}).headers["Location"]
    page = client.get(check).text
    if "20\u202f000" not in page:
        raise ValueError(page)


def _token(client: FlaskClient, page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    return found[1] if found else ""


if __name__ == "__main__":
    main()
