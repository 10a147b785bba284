"""Whoever looks at the pages every few seconds learns nothing from them but the day."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import CLOSES, Shell, open_to, shell
from conftest import Clock
from visitor import Visitor
from voting import vote

from consultation.database import Database
from consultation.office.sendings import Sendings
from consultation.parts import Application

PASSWORD = "une phrase assez longue"
TOKEN = re.compile(r'name="csrf_token" value="[^"]+"')
PAGES = {
    "rh": ("/bureau/lots",),
    "analyste": ("/bureau/resultats", "/bureau/resultats/essai"),
    "exploitation": ("/bureau", "/bureau/campagnes"),
}


@pytest.fixture
def run(store: Callable[[str], Database], tmp_path: Path, clock: Clock) -> Iterator[Shell]:
    with shell(store, tmp_path, clock) as made:
        made.environment |= {"CONSULTATION_DEMO": "1", "PUBLIC_URL": "http://localhost"}
        yield made


@pytest.fixture
def app(run: Shell, tmp_path: Path) -> Application:
    """A campaign open to two hundred agents, and an account for each role."""
    open_to(run, tmp_path, 200, closes=CLOSES)
    for role in PAGES:
        run("account", "create", role, "--role", role, typed=f"{PASSWORD}\n" * 2)
    return run.app()


def polled(app: Application) -> dict[str, str]:
    """What every page says now to who may open it, without what only serves to send a form."""
    return {
        page: TOKEN.sub("", visitor.open(page).body)
        for role, pages in PAGES.items()
        for visitor in [logged_in(app, role)]
        for page in pages
    }


def logged_in(app: Application, role: str) -> Visitor:
    visitor = Visitor(app, cookies=True).open("/bureau/connexion")
    return visitor.fill({"login": role, "password": PASSWORD}).press("Se connecter")


def test_pages_change_at_releases_and_days_only(run: Shell, app: Application, clock: Clock) -> None:
    first = polled(app)
    assert "Participation au lundi 10 juin 2024 : 0 agents sur 200" in first["/bureau/lots"]
    assert "moins de 11" in first["/bureau/resultats"]

    for _ in range(3):
        vote(app.parts, "essai", 1)
        run("worker", "--once")
        assert polled(app) == first

    vote(app.parts, "essai", 97)
    run("worker", "--once")
    released = polled(app)
    assert changed(first, released) == {"/bureau/resultats", "/bureau/resultats/essai"}
    assert "environ 50" in released["/bureau/resultats"]

    clock.advance(days=1)
    run("worker", "--once")
    next_day = polled(app)
    assert changed(released, next_day) == {"/bureau/lots"}
    assert "Participation au mardi 11 juin 2024 : 100 agents sur 200" in next_day["/bureau/lots"]


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {page for page in before if before[page] != after[page]}


def test_the_end_publishes_the_last_figures_of_every_batch(
    run: Shell, app: Application, clock: Clock
) -> None:
    vote(app.parts, "essai", 60)
    clock.advance(days=1)
    run("worker", "--once")
    assert begun(app) == {60}

    vote(app.parts, "essai", 40)
    clock.advance(days=30)
    run("campaign", "close", "essai", "--confirm")

    assert begun(app) == {100}


def begun(app: Application) -> set[int | None]:
    return {one.issued for one in app.parts[Sendings].figures("essai").values()}
