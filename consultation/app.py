"""Builds every part from the settings and hands them out; nobody imports this module."""

from __future__ import annotations

import gc
import logging
import os
import random
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

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
from consultation.database import Database, StoreName, Stores
from consultation.days import Clock
from consultation.doctor import suspended
from consultation.entrance import Entrance
from consultation.office.accounts import keys_by_role
from consultation.office.pages import init_office
from consultation.office.proofs import Proofs
from consultation.office.rounds import Rounds
from consultation.office.sendings import Sendings
from consultation.office.store import HASHING, Accounts, Approvals, Campaigns, Figures, Journal
from consultation.parts import Application
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

RandomBytes = Callable[[int], bytes]


def utc_now() -> datetime:
    """The only place that asks the computer what time it is."""
    return datetime.now(UTC)


def create_app(
    settings: Settings | None = None,
    *,
    clock: Callable[[], datetime] = utc_now,
    random_bytes: RandomBytes = secrets.token_bytes,
    rng: random.Random | None = None,
    hashing: str = HASHING,
) -> Application:
    """The application, with the sides the settings name; the rest are the seams for tests."""
    settings = settings or Settings.from_environment(os.environ)
    app = Application("consultation", template_folder=str(shipped("templates")))
    _Builder(app, settings, clock, random_bytes, rng or random.SystemRandom(), hashing).build()
    return app


def served(*, watched: bool = False) -> Application:
    """The application as a server runs it: its log lines go to the standard error.

    It says which urns are suspended for want of a worker, unless one is started beside it.
    """
    settings = Settings.from_environment(os.environ)
    logs.start(settings.log_level)
    app = create_app(settings)
    for sentence in () if watched else suspended(settings, app.parts[Stores], utc_now()):
        logging.getLogger(__name__).warning(sentence)
    gc.freeze()  # what is loaded stays: reading a long list had all of it looked at again
    return app


class _Builder:
    """Builds each side of an application, and gives it every part."""

    def __init__(
        self,
        app: Application,
        settings: Settings,
        clock: Callable[[], datetime],
        random_bytes: RandomBytes,
        rng: random.Random,
        hashing: str,
    ) -> None:
        self._app = app
        self._parts = app.parts
        self._settings = settings
        self._clock = clock
        self._random_bytes = random_bytes
        self._rng = rng
        self._hashing = hashing
        self._stores = Stores()

    def build(self) -> None:
        """Everything the settings ask for, and nothing of a side they leave out."""
        sides = self._settings.sides
        self._parts.add(self._settings)
        self._parts.add(self._stores)
        self._parts.add(Clock(self._clock))
        init_web(self._app)
        logs.log_requests(self._app)
        self._office()
        if sides & {"roll", "urn"}:
            survey.init_survey(self._app)
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
        self._parts.add(self._worker())
        self._parts.add(self._backup())

    def _opened(self, store: StoreName, url: str) -> Database:
        self._stores[store] = database = Database(url)
        return database

    def _office(self) -> None:
        office = self._opened("office", self._settings.office_url)
        for kind in (Campaigns, Figures, Sendings, Proofs, Rounds, Publications, Journal):
            self._parts.add(kind(office, self._clock))
        self._parts.add(Approvals(office, self._clock, self._random_bytes))
        self._app.register_blueprint(transparency.bp)
        self._app.register_blueprint(reports.published)
        if self._settings.sides & WITH_ACCOUNTS:
            self._parts.add(
                Accounts(
                    office,
                    self._clock,
                    self._random_bytes,
                    self._hashing,
                    secret_key=keys_by_role(self._settings.secret_of),
                )
            )
            init_office(self._app)

    def _roll(self) -> None:
        parts = self._parts
        database = self._opened("roll", self._settings.roll_url)
        keys = parts.add(RollKeys(self._settings.keys, self._random_bytes))
        opens = parts[Sendings].opens
        parts.add(Roll(database, keys, self._clock, self._random_bytes, opens))
        parts.add(Reminders(database, keys, self._clock, self._random_bytes))
        returns = parts.add(Returns(database, keys))
        parts.add(Collector(returns, parts[Campaigns], parts[Journal], self._settings))
        parts.add(
            Dispatcher(
                roll=parts[Roll],
                reminders=parts[Reminders],
                sendings=parts[Sendings],
                journal=parts[Journal],
                settings=self._settings,
                clock=self._clock,
                mailer=lambda: Mailer(self._settings.smtp),
            )
        )
        self._app.register_blueprint(roll.bp)
        self._app.register_blueprint(hr.bp)

    def _urn(self) -> None:
        parts = self._parts
        database = self._opened("box", self._settings.box_url)
        urn = parts.add(Urn(database, parts[Proofs], self._clock, self._random_bytes))
        parts.add(UrnFiles(urn, parts[Figures]))
        parts.add(
            Release(
                database,
                BoxKeys(self._settings.keys),
                parts[Proofs],
                self._clock,
                self._rng,
                self._random_bytes,
            )
        )
        self._app.register_blueprint(survey.bp)
        self._app.register_blueprint(transparency.files)

    def _results(self) -> None:
        parts = self._parts
        office = self._stores["office"]
        urn = parts.get(Urn) or self._urn_to_read()
        keys = parts.add(ResultKeys(self._settings.keys))
        corpus = parts.add(Corpus(keys))
        parts.add(
            Analysis(
                cubes=parts.add(Cubes(urn, keys, self._rng)),
                keys=keys,
                figures=parts[Figures],
                margins=KnownMargins(office),
            )
        )
        parts.add(Reviewing(corpus, keys, Readings(office)))
        parts.add(Tagging(corpus, Codings(office, self._random_bytes)))
        self._files_and_reports(urn)
        for blueprint in (results.bp, tables.bp, reports.bp, texts.bp):
            self._app.register_blueprint(blueprint)

    def _files_and_reports(self, urn: Urn) -> None:
        """What leaves the office, made of what was read."""
        parts = self._parts
        keys = parts[ResultKeys]
        parts.add(
            Results(
                reviewing=parts[Reviewing],
                urn=urn,
                keys=keys,
                campaigns=parts[Campaigns],
                journal=parts[Journal],
            )
        )
        parts.add(
            Extracting(
                store=Extractions(self._stores["office"]),
                results=parts[Results],
                keys=keys,
                campaigns=parts[Campaigns],
                journal=parts[Journal],
                clock=self._clock,
                random_bytes=self._random_bytes,
                secret_key=self._settings.secret_of("office"),
            )
        )
        parts.add(
            Reporting(
                analysis=parts[Analysis],
                corpus=parts[Corpus],
                reviewing=parts[Reviewing],
                tagging=parts[Tagging],
            )
        )

    def _urn_to_read(self) -> Urn:
        """An office of its own reads the ballots released, and serves no page of the urn."""
        database = self._opened("box", self._settings.box_url)
        return Urn(database, self._parts[Proofs], self._clock, self._random_bytes)

    def _entrance(self) -> None:
        parts = self._parts
        parts.add(Entrance(parts[Roll], parts.get(Urn), parts[Campaigns], self._random_bytes))
        self._app.register_blueprint(entrance.bp)
        if self._settings.urn_elsewhere:
            _write_addresses_elsewhere(self._app, survey.bp, self._settings.urn_elsewhere)

    def _both_sides(self) -> None:
        parts = self._parts
        parts.add(
            Ceremony(
                campaigns=parts[Campaigns],
                figures=parts[Figures],
                journal=parts[Journal],
                approvals=parts[Approvals],
                roll=parts[Roll],
                roll_keys=parts[RollKeys],
                sendings=parts[Sendings],
                urn=parts[Urn],
                release=parts[Release],
                result_keys=ResultKeys(self._settings.keys),
                box=self._stores["box"],
                clock=self._clock,
                random_bytes=self._random_bytes,
            )
        )

    def _worker(self) -> Worker:
        parts = self._parts
        return Worker(
            campaigns=parts[Campaigns],
            figures=parts[Figures],
            journal=parts[Journal],
            rounds=parts[Rounds],
            clock=self._clock,
            roll=parts.get(Roll),
            urn=parts.get(Urn),
            release=parts.get(Release),
            ceremony=parts.get(Ceremony),
            cubes=parts.get(Cubes),
            dispatcher=parts.get(Dispatcher),
            collector=parts.get(Collector),
            sendings=parts[Sendings],
            results=parts.get(Results),
            corpus=parts.get(Corpus),
            analysis=parts.get(Analysis),
            extracting=parts.get(Extracting),
        )

    def _backup(self) -> Backup:
        parts = self._parts
        here = {"office": True, "roll": Roll in parts, "box": Release in parts}
        return Backup(
            databases={name: one for name, one in self._stores.items() if here[name]},
            keys=self._settings.keys,
            campaigns=parts[Campaigns],
            figures=parts[Figures],
            journal=parts[Journal],
            worker=parts[Worker],
            roll=parts.get(Roll),
            urn=parts.get(Urn),
            release=parts.get(Release),
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
