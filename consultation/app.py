"""Builds every part from the settings and hands them out; nobody imports this module."""

from __future__ import annotations

import gc
import logging
import os
import random
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Flask

from consultation import entrance, logs
from consultation.backup import Backup
from consultation.ballots import pages as survey
from consultation.ballots import transparency
from consultation.ballots.keys import BoxKeys
from consultation.ballots.release import Release
from consultation.ballots.store import Urn
from consultation.ballots.transparency import UrnFiles
from consultation.ceremony import Ceremony
from consultation.config import WITH_ACCOUNTS, Settings, shipped
from consultation.database import Database
from consultation.doctor import suspended
from consultation.entrance import Entrance
from consultation.office.accounts import keys_by_role
from consultation.office.pages import init_office
from consultation.office.proofs import Proofs
from consultation.office.rounds import Rounds
from consultation.office.sendings import Sendings
from consultation.office.store import HASHING, Accounts, Approvals, Campaigns, Figures, Journal
from consultation.results import pages as results
from consultation.results import report_pages as reports
from consultation.results import table_pages as tables
from consultation.results import text_pages as texts
from consultation.results.analysis import Analysis
from consultation.results.corpus import Corpus
from consultation.results.cubes import Cubes
from consultation.results.export import Results
from consultation.results.extracting import Extracting
from consultation.results.keys import ResultKeys
from consultation.results.report import Reporting
from consultation.results.reviewing import Reviewing
from consultation.results.store import Codings, Extractions, KnownMargins, Publications, Readings
from consultation.results.tagging import Tagging
from consultation.roll import hr
from consultation.roll import pages as roll
from consultation.roll.dispatch import Dispatcher
from consultation.roll.keys import RollKeys
from consultation.roll.relay import Mailer
from consultation.roll.reminders import Reminders
from consultation.roll.returns import Collector, Returns
from consultation.roll.store import Roll
from consultation.web import init_web
from consultation.worker import Worker

Clock = Callable[[], datetime]
RandomBytes = Callable[[int], bytes]


class Application(Flask):
    """Flask, told once that nothing here is asynchronous instead of asking at every hook."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def utc_now() -> datetime:
    """The only place that asks the computer what time it is."""
    return datetime.now(UTC)


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock = utc_now,
    random_bytes: RandomBytes = secrets.token_bytes,
    rng: random.Random | None = None,
    hashing: str = HASHING,
) -> Flask:
    """The application, with the sides the settings name; the rest are the seams for tests."""
    settings = settings or Settings.from_environment(os.environ)
    app = Application("consultation", static_folder=None, template_folder=str(shipped("templates")))
    _Parts(app, settings, clock, random_bytes, rng or random.SystemRandom(), hashing).build()
    return app


def served(*, watched: bool = False) -> Flask:
    """The application as a server runs it: its log lines go to the standard error.

    It says which urns are suspended for want of a worker, unless one is started beside it.
    """
    settings = Settings.from_environment(os.environ)
    logs.start(settings.log_level)
    app = create_app(settings)
    for sentence in () if watched else suspended(settings, app.extensions["databases"], utc_now()):
        logging.getLogger(__name__).warning(sentence)
    gc.freeze()  # what is loaded stays: reading a long list had all of it looked at again
    return app


class _Parts:
    """Builds each side and puts it where its accessors look, `app.extensions`."""

    def __init__(
        self,
        app: Flask,
        settings: Settings,
        clock: Clock,
        random_bytes: RandomBytes,
        rng: random.Random,
        hashing: str,
    ) -> None:
        self._app = app
        self._parts = app.extensions
        self._settings = settings
        self._clock = clock
        self._random_bytes = random_bytes
        self._rng = rng
        self._hashing = hashing

    def build(self) -> None:
        """Everything the settings ask for, and nothing of a side they leave out."""
        sides = self._settings.sides
        self._parts["settings"] = self._settings
        self._parts["databases"] = {}
        self._parts["clock"] = self._clock
        init_web(self._app, self._settings)
        logs.log_requests(self._app)
        self._office()
        if "roll" in sides:
            self._roll()
        if "urn" in sides:
            self._urn()
        if "office" in sides and self._settings.box_url:
            self._results()
        if "roll" in sides:
            self._entrance()
        if {"roll", "urn"} <= sides:
            self._both_sides()
        self._parts["worker"] = self._worker()
        self._parts["backup"] = self._backup()

    def _opened(self, store: str, url: str) -> Database:
        self._parts["databases"][store] = database = Database(url)
        return database

    def _office(self) -> None:
        office = self._opened("office", self._settings.office_url)
        self._parts["campaigns"] = Campaigns(office, self._clock)
        self._parts["figures"] = Figures(office, self._clock)
        self._parts["sendings"] = Sendings(office, self._clock)
        self._parts["proofs"] = Proofs(office, self._clock)
        self._parts["rounds"] = Rounds(office, self._clock)
        self._parts["publications"] = Publications(office, self._clock)
        self._app.register_blueprint(transparency.bp)
        self._app.register_blueprint(reports.published)
        self._parts["journal"] = Journal(office, self._clock)
        self._parts["approvals"] = Approvals(office, self._clock, self._random_bytes)
        if self._settings.sides & WITH_ACCOUNTS:
            self._parts["accounts"] = Accounts(
                office,
                self._clock,
                self._random_bytes,
                self._hashing,
                secret_key=keys_by_role(self._settings.secret_of),
            )
            init_office(self._app, self._settings)

    def _roll(self) -> None:
        keys = RollKeys(self._settings.keys, self._random_bytes)
        database = self._opened("roll", self._settings.roll_url)
        self._parts["roll_keys"] = keys
        self._parts["roll"] = Roll(
            database, keys, self._clock, self._random_bytes, self._parts["sendings"].opens
        )
        self._parts["reminders"] = Reminders(database, keys, self._clock, self._random_bytes)
        self._parts["returns"] = returns = Returns(database, keys)
        self._parts["collector"] = Collector(
            returns, self._parts["campaigns"], self._parts["journal"], self._settings
        )
        self._parts["mailer"] = Mailer(self._settings.smtp)
        self._parts["dispatcher"] = Dispatcher(
            roll=self._parts["roll"],
            reminders=self._parts["reminders"],
            sendings=self._parts["sendings"],
            journal=self._parts["journal"],
            settings=self._settings,
            clock=self._clock,
            mailer=lambda: Mailer(self._settings.smtp),
        )
        self._app.register_blueprint(roll.bp)
        self._app.register_blueprint(hr.bp)

    def _urn(self) -> None:
        database = self._opened("box", self._settings.box_url)
        urn = Urn(database, self._parts["proofs"], self._clock, self._random_bytes)
        self._parts["urn"] = urn
        self._parts["urn_files"] = UrnFiles(urn, self._parts["figures"])
        self._parts["release"] = Release(
            database,
            BoxKeys(self._settings.keys),
            self._parts["proofs"],
            self._clock,
            self._rng,
            self._random_bytes,
        )
        self._app.register_blueprint(survey.bp)
        self._app.register_blueprint(transparency.files)

    def _results(self) -> None:
        parts = self._parts
        urn = parts.get("urn") or self._urn_to_read()
        parts["result_keys"] = keys = ResultKeys(self._settings.keys)
        parts["cubes"] = Cubes(urn, keys, self._rng)
        parts["corpus"] = corpus = Corpus(keys)
        parts["analysis"] = Analysis(
            cubes=parts["cubes"],
            keys=keys,
            figures=parts["figures"],
            margins=KnownMargins(parts["databases"]["office"]),
        )
        parts["reviewing"] = Reviewing(corpus, keys, Readings(parts["databases"]["office"]))
        parts["tagging"] = Tagging(
            corpus, Codings(parts["databases"]["office"], self._random_bytes)
        )
        parts["results"] = Results(
            reviewing=parts["reviewing"],
            urn=urn,
            keys=keys,
            campaigns=parts["campaigns"],
            journal=parts["journal"],
        )
        parts["extracting"] = Extracting(
            store=Extractions(parts["databases"]["office"]),
            results=parts["results"],
            keys=keys,
            campaigns=parts["campaigns"],
            journal=parts["journal"],
            clock=self._clock,
            random_bytes=self._random_bytes,
            secret_key=self._settings.secret_of("office"),
        )
        self._app.register_blueprint(results.bp)
        parts["reporting"] = Reporting(
            analysis=parts["analysis"],
            corpus=corpus,
            reviewing=parts["reviewing"],
            tagging=parts["tagging"],
        )
        self._app.register_blueprint(tables.bp)
        self._app.register_blueprint(reports.bp)
        self._app.register_blueprint(texts.bp)

    def _urn_to_read(self) -> Urn:
        """An office of its own reads the ballots released, and serves no page of the urn."""
        database = self._opened("box", self._settings.box_url)
        return Urn(database, self._parts["proofs"], self._clock, self._random_bytes)

    def _entrance(self) -> None:
        parts = self._parts
        parts["entrance"] = Entrance(
            parts["roll"], parts.get("urn"), parts["campaigns"], self._random_bytes
        )
        self._app.register_blueprint(entrance.bp)
        if self._settings.urn_elsewhere:
            _write_addresses_elsewhere(self._app, survey.bp, self._settings.urn_elsewhere)

    def _both_sides(self) -> None:
        parts = self._parts
        parts["ceremony"] = Ceremony(
            campaigns=parts["campaigns"],
            figures=parts["figures"],
            journal=parts["journal"],
            approvals=parts["approvals"],
            roll=parts["roll"],
            roll_keys=parts["roll_keys"],
            sendings=parts["sendings"],
            urn=parts["urn"],
            release=parts["release"],
            result_keys=ResultKeys(self._settings.keys),
            box=parts["databases"]["box"],
            clock=self._clock,
            random_bytes=self._random_bytes,
        )

    def _worker(self) -> Worker:
        parts = self._parts
        return Worker(
            campaigns=parts["campaigns"],
            figures=parts["figures"],
            journal=parts["journal"],
            rounds=parts["rounds"],
            clock=self._clock,
            roll=parts.get("roll"),
            urn=parts.get("urn"),
            release=parts.get("release"),
            ceremony=parts.get("ceremony"),
            cubes=parts.get("cubes"),
            dispatcher=parts.get("dispatcher"),
            collector=parts.get("collector"),
            sendings=parts["sendings"],
            results=parts.get("results"),
            corpus=parts.get("corpus"),
            analysis=parts.get("analysis"),
            extracting=parts.get("extracting"),
        )

    def _backup(self) -> Backup:
        parts = self._parts
        here = {"office": True, "roll": "roll" in parts, "box": "release" in parts}
        return Backup(
            databases={name: one for name, one in parts["databases"].items() if here[name]},
            keys=self._settings.keys,
            campaigns=parts["campaigns"],
            figures=parts["figures"],
            journal=parts["journal"],
            worker=parts["worker"],
            roll=parts.get("roll"),
            urn=parts.get("urn"),
            release=parts.get("release"),
        )


def _write_addresses_elsewhere(app: Flask, pages: Blueprint, origin: str) -> None:
    """Let the pages served here lead to those of a side that has a server of its own."""
    elsewhere = Flask("elsewhere", static_folder=None)
    elsewhere.register_blueprint(pages)
    addresses = elsewhere.url_map.bind("")

    def build(_error: Exception, endpoint: str, values: dict[str, object]) -> str:
        known = {name: value for name, value in values.items() if not name.startswith("_")}
        return origin + addresses.build(endpoint, known)

    app.url_build_error_handlers.append(build)
