"""Attacks 14 and 21: someone of the office who looks at every page again and again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from attacks.conftest import Archive, Figure, Size
from attacks.evidence import dump
from attacks.linking import SUCCESS
from attacks.town import SLUG, Town
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from consultation.ballots.store import Urn
from consultation.office.store import Accounts
from consultation.parts import Application
from consultation.results.export import NotClosed, Results

PASSWORD = "une phrase assez longue"
ROLES = ("rh", "analyste", "exploitation", "auditeur")
PUBLIC = ("/q", f"/q/{SLUG}/agents", f"/transparence/{SLUG}", "/anonymat")
LINK = re.compile(r'href="(/(?:bureau|transparence)[^"#]*)"')
CHANGING = re.compile(r'name="csrf_token" value="[^"]*"')


@dataclass(frozen=True)
class Watcher:
    """Someone logged in, and every page that can be reached by links from the home page."""

    client: FlaskClient
    pages: Sequence[str]

    def look(self) -> Mapping[str, str]:
        """Every page, now."""
        return {page: _read(self.client, page) for page in self.pages}


@pytest.fixture(scope="module")
def watched(archive: Archive, size: Size) -> Town:
    """A town with accounts of every role."""
    town = archive.new_town("watched", people=max(size.leaky, 30) + 10, pool=10)
    for role in ROLES:
        town.app.parts[Accounts].create(role, PASSWORD, role)
    return town


@pytest.mark.long
def test_21_pages_move_at_releases_and_days_only(watched: Town, size: Size, figure: Figure) -> None:
    watchers = {role: _logged_in(watched.app, role) for role in ROLES}
    everyone = _anybody(watched.app)
    assert all(len(one.pages) >= 2 for one in watchers.values())
    live = _live_page(watched)
    seen = _look_everywhere(watchers, everyone, live)
    moved: dict[str, int] = {}
    at_releases: set[str] = set()
    for agent in watched.agents[: size.leaky]:
        before, day = dump(watched, 0), watched.clock.now.date()
        watched.answer(agent)
        now = _look_everywhere(watchers, everyone, live)
        released = dump(watched, 0).ballots != before.ballots
        for page in {page for page in now if now[page] != seen[page]}:
            if page == live or not (released or watched.clock.now.date() != day):
                moved[page] = moved.get(page, 0) + 1
            at_releases.add(page)
        seen = now

    leaked = moved.pop(live, 0) / len(watched.agents[: size.leaky])
    figure("control", leaked)
    assert leaked >= SUCCESS
    figure("pages watched", len(seen) - 1)
    figure("pages that moved at a release or a new day", len(at_releases - {live}))
    figure("pages that moved otherwise", len(moved))
    assert at_releases > {live}  # what is published is looked at
    assert moved == {}


def test_14_nothing_leaves_before_the_end(watched: Town, tmp_path: Path) -> None:
    results = watched.app.parts[Results]

    with pytest.raises(NotClosed):
        results.export(watched.campaign, tmp_path / "export", who="essai")

    assert not (tmp_path / "export").exists()


def test_14_two_exports_around_one_answer_are_identical(
    archive: Archive, size: Size, figure: Figure
) -> None:
    """What an analyst may take while it is open: what the pages say, and they do not move."""
    town = archive.new_town("two-exports", people=30, pool=10)
    town.app.parts[Accounts].create("analyste", PASSWORD, "analyste")
    analyst = _logged_in(town.app, "analyste")
    same, leaked = 0, 0
    for agent in town.agents[:20]:
        before, waiting = analyst.look(), dump(town, 0)
        town.device(agent).answer()  # no release between the two
        same += analyst.look() == before
        after = dump(town, 0)
        leaked += len(after.inbox) + len(after.ballots) == 1 + len(waiting.inbox)

    figure("control", leaked / 20)
    figure("identical", same / 20)
    assert leaked >= SUCCESS * 20
    assert same == 20


def _look_everywhere(
    watchers: Mapping[str, Watcher], everyone: Watcher, live: str
) -> Mapping[str, str]:
    seen = {
        f"{role} {page}": text
        for role, watcher in watchers.items()
        for page, text in watcher.look().items()
    }
    return {**seen, **everyone.look(), live: _read(everyone.client, live)}


def _anybody(app: Application) -> Watcher:
    client = app.test_client(use_cookies=False)
    return Watcher(client, [page for page in PUBLIC if client.get(page).status_code == 200])


def _logged_in(app: Application, role: str) -> Watcher:
    client = app.test_client()
    page = client.get("/bureau/connexion").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', page)
    assert token is not None
    fields = {"login": role, "password": PASSWORD, "csrf_token": token[1]}
    assert client.post("/bureau/connexion", data=fields).status_code == 303
    return Watcher(client, sorted(_crawled(client, "/bureau")))


def _crawled(client: FlaskClient, start: str) -> set[str]:
    """Every page that can be reached from there."""
    found, waiting = set(), [start]
    while waiting:
        page = waiting.pop()
        if page in found or page.startswith("/bureau/second-facteur"):
            continue
        response = client.get(page)
        if response.status_code == 200 and response.mimetype == "text/html":
            found.add(page)
            waiting += LINK.findall(response.text)
    return found


def _read(client: FlaskClient, page: str) -> str:
    return CHANGING.sub("", client.get(page).text)


def _live_page(town: Town) -> str:
    """What such a page would be if it counted what is there."""
    urn = town.app.parts[Urn]
    if "live" not in town.app.view_functions:
        town.app.view_functions["live"] = lambda: str(urn.counts(town.campaign))
        town.app.url_map.add(Rule("/direct", endpoint="live"))
    return "/direct"
