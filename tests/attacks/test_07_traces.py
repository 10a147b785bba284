"""Attacks 7 and 8: looking for every code, address, secret and text wherever something is kept."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from attacks.conftest import Archive, Figure, Size
from attacks.evidence import BOX_TABLES, Story, apart_from_the_field, files
from attacks.linking import SUCCESS
from attacks.town import DESK, LANDING, Agent, Device, Town
from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from sqlalchemy import Inspector, inspect, text
from sqlalchemy.engine.interfaces import ReflectedColumn

from consultation.blind import to_wire
from consultation.results.export import Results
from consultation.results.formats import Wanted
from consultation.roll.codes import grouped, token_hash

HR = ("batch", "invitation")
OFFICE = ("account", "approval", "campaign", "campaign_key", "figure", "journal")
TELLING = {"at", "created", "updated", "date", "time", "ip", "browser", "sequence", "order", "rank"}


@pytest.fixture(scope="module")
def served(archive: Archive, size: Size) -> Town:
    """A real server that says all it can, through every kind of request and misfortune."""
    people = max(size.leaky, 30)
    town = archive.served("served", people=people, LOG_LEVEL="DEBUG")
    for agent in town.agents[: people // 2]:
        town.device(agent).answer()
    for agent in town.agents[people // 2 :]:
        _be_refused(town.device(agent), agent)
    _break_the_urn(town)
    return town


def test_7_the_log_of_a_server_that_says_all_it_can_names_nothing(
    served: Town, figure: Figure
) -> None:
    usual = b"".join(_usual_line(agent) for agent in served.agents)
    figure("control", _share_found(usual, served))
    assert _share_found(usual, served) >= SUCCESS

    log = served.server_log.read_bytes()
    assert log.count(b"POST") > len(served.agents)
    assert b"failed" in log
    found = _found(log, served.agents, served, ("who", "what", "device"))
    figure("found", len(found))
    assert not found


def test_7_no_page_of_error_repeats_what_was_sent(served: Town, figure: Figure) -> None:
    refused = [
        reply
        for device in served.devices.values()
        for reply in device.replies
        if reply.status >= 400
    ]
    assert {reply.status for reply in refused} >= {403, 404, 405}
    assert {reply.status for reply in refused} & {500, 503}

    pages = "".join(apart_from_the_field(one.body) + str(one.headers) for one in refused).encode()
    figure("pages", len(refused))
    assert not _found(pages, served.agents, served, ("who", "what", "device"))


def test_7_the_limiter_holds_no_address(archive: Archive, figure: Figure) -> None:
    town = archive.half_way()
    usual = Flask("usual")
    limiter = Limiter(get_remote_address, app=usual, storage_uri="memory://")
    usual.add_url_rule("/", "home", limiter.limit("9/minute")(lambda: ""))
    for agent in town.agents:
        usual.test_client().get("/", environ_overrides={"REMOTE_ADDR": agent.ip})
        town.device(agent).question("/guichet/ou", code="0" * 26)
    kept = _kept(limiter)
    figure("control", sum(agent.ip in kept for agent in town.agents) / len(town.agents))
    assert sum(agent.ip in kept for agent in town.agents) >= SUCCESS * len(town.agents)

    kept = _kept(town.app.parts[Limiter])
    assert kept.count("LIMIT") >= len(town.agents)  # the failures are counted
    assert not [agent.ip for agent in town.agents if agent.ip in kept]


@pytest.mark.long
def test_7_no_store_holds_what_another_should(
    archive: Archive, size: Size, story: Story, figure: Figure
) -> None:
    town = story.town
    people = list(story.answering[: size.leaky])
    survey = archive.usual_survey(f"usual-{town.directory.name}", people)
    for address, mark in zip(people, story.arrival, strict=False):
        survey.answer(address, mark, "")
    raw = b"".join(files(survey.database, ("token", "answer")).values())
    both = [mark for mark in story.arrival[: size.leaky] if mark.encode() in raw]
    figure("control", len(both) / len(people))
    assert len(both) >= SUCCESS * len(people)
    assert all(address.encode() in raw for address in people)

    agents = town.agents[: size.leaky]
    box = b"".join([*story.open_files.values(), *story.closed_files.values()])
    assert not _found(box, agents, town, ("who", "what", "device"))
    roll = b"".join([*story.open_roll.values(), *files(town.database("roll"), HR).values()])
    assert not _found(roll, agents, town, ("what", "device"), but=("blinded hash",))
    office = b"".join(files(town.database("office"), OFFICE).values())
    assert not _found(office, agents, town, ("who", "what", "device"))


def test_7_the_stores_have_no_value_in_common(story: Story) -> None:
    values = {store: _values(story.town, store) for store in ("roll", "box")}

    assert len(values["box"]) > len(story.arrival)
    assert not values["roll"] & values["box"]


def test_7_the_files_of_the_analyst_name_nobody(
    story: Story, tmp_path: Path, figure: Figure
) -> None:
    story.town.app.parts[Results].archive(
        story.town.campaign, tmp_path / "essai.zip", who="essai", wanted=Wanted(unread=True)
    )
    with zipfile.ZipFile(tmp_path / "essai.zip") as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())

    assert b"missions" in content
    found = _found(content, story.town.agents, story.town, ("who", "device"))
    figure("found", len(found))
    assert not found


def test_8_no_column_tells_when_or_in_which_order(archive: Archive, figure: Figure) -> None:
    town = archive.half_way()
    survey = archive.usual_survey("usual-schema", [agent.address for agent in town.agents])
    leaks = _suspicious(inspect(survey.database.engine))
    figure("control", len(leaks))
    assert {"answer.created_at: its name", "answer.id: counts"} <= set(leaks)

    assert _suspicious(inspect(town.database("box").engine)) == []
    assert _suspicious(inspect(town.database("roll").engine)) == []


def _be_refused(device: Device, agent: Agent) -> None:
    """Everything that goes wrong, each time with something secret in it."""
    device.begin()
    device.press("suite")
    for path in (f"/{agent.code}", f"{LANDING}/{agent.code}", f"/q/{agent.code}/{agent.mark}"):
        device.get(path)
    device.get(f"/q?code={agent.code}&courriel={agent.address}")
    device.get("/entree/x/y/z")
    device.question("/guichet/ou", code=agent.code[::-1])
    device.question(f"{DESK}/signature", code=agent.code, blinded="A" * 171)
    device.post(f"{LANDING}/pages/missions", [("m", agent.mark), ("s", agent.code)])
    device.post(f"{LANDING}/envoyer", [("m", agent.mark), ("s", agent.code), ("mot", agent.mark)])
    device.post("/entree", [("code", agent.code[:-1] + agent.mark)])
    device.post(LANDING, [("code", agent.code)])


def _break_the_urn(town: Town) -> None:
    """The base refuses what is being written: its own messages quote it."""
    with town.database("box").write() as tx:
        for table in ("inbox", "draft", "spent"):
            tx.execute(text(f"ALTER TABLE {table} RENAME TO {table}_elsewhere"))
    for agent in town.agents[-4:]:
        device = town.device(agent)
        credential = [
            (name, to_wire(device.secrets[secret]))
            for name, secret in (("m", "message"), ("s", "signature"))
        ]
        device.post("/entree", [("code", agent.code)])
        for page in ("pages/missions", "envoyer"):
            device.post(f"{LANDING}/{page}", [("mot", agent.mark), *credential])


def _usual_line(agent: Agent) -> bytes:
    """What a server writes unless told otherwise."""
    return (
        f'{agent.ip} - - [10/Jun/2024:09:00:00 +0200] "GET /q?code={agent.code} HTTP/1.1" 200 - '
        f'"-" "{agent.browser}" {agent.address} {agent.mark}\n'
    ).encode()


def _share_found(content: bytes, town: Town) -> float:
    found = [one for one in town.agents if _found(content, [one], town, ("who", "what", "device"))]
    return len(found) / len(town.agents)


def _found(
    content: bytes,
    agents: Iterable[Agent],
    town: Town,
    kinds: Sequence[str],
    but: Sequence[str] = (),
) -> list[str]:
    """The needles of these kinds that are in the content, whatever way they are written."""
    lower = content.lower()
    return [
        f"{name} of {agent.address}"
        for agent in agents
        for kind in kinds
        for name, needle in _needles(agent, town)[kind].items()
        if name not in but and any(form in content or form in lower for form in _forms(needle))
    ]


def _needles(agent: Agent, town: Town) -> Mapping[str, Mapping[str, bytes]]:
    secrets = town.device(agent).secrets
    who = {
        "address": agent.address.encode(),
        "name": agent.address.split("@")[0].encode() + b"@",
        "code": agent.code.encode(),
        "code as written": grouped(agent.code).encode(),
        "hash of the code": token_hash(agent.code),
    }
    what = {"mark": agent.mark.encode()}
    device = {"ip": agent.ip.encode(), "browser": agent.browser.encode(), **secrets}
    if "message" in secrets:
        device["half message"] = secrets["message"][32:]
    if "blinded" in secrets:
        device["blinded hash"] = hashlib.sha256(secrets["blinded"]).digest()
    return {"who": who, "what": what, "device": device}


def _forms(needle: bytes) -> Iterator[bytes]:
    yield needle
    yield needle.lower()
    yield needle.hex().encode()
    yield base64.b64encode(needle).rstrip(b"=")
    yield base64.urlsafe_b64encode(needle).rstrip(b"=")
    yield repr(needle)[2:-1].encode()


def _values(town: Town, store: str) -> frozenset[bytes]:
    """Every value of a store that is long enough to be somebody's."""
    with town.database(store).read() as connection:
        return frozenset(
            bytes(value)
            for table in inspect(connection).get_table_names()
            for row in connection.execute(text(f"SELECT * FROM {table}"))
            for value in row
            if isinstance(value, bytes | memoryview) and len(bytes(value)) >= 16
        )


def _kept(limiter: Limiter) -> str:
    """Everything this limiter holds, as text."""
    kept = limiter.storage
    return f"{kept.storage} {kept.expirations} {getattr(kept, 'events', '')}"


def _suspicious(inspector: Inspector) -> list[str]:
    """What could tell when, in which order, or from whom a row came."""
    tables = [name for name in inspector.get_table_names() if name != "alembic_version"]
    references = [
        f"{table}: refers to {one['referred_table']}"
        for table in set(tables) & set(BOX_TABLES)
        for one in inspector.get_foreign_keys(table)
    ]
    return references + [
        f"{table}.{column['name']}: {reproach}"
        for table in tables
        for column in inspector.get_columns(table)
        for reproach in _reproaches(column)
    ]


def _reproaches(column: ReflectedColumn) -> Iterator[str]:
    kind, words = str(column["type"]).upper(), column["name"].split("_")
    if set(words) & TELLING:
        yield "its name"
    if any(part in kind for part in ("DATE", "TIME", "INTERVAL")):
        yield "its type"
    if column["name"] == "id" and "INT" in kind:
        yield "counts"
    if column.get("default") is not None:
        yield "fills itself"
