"""What happens on the office side of a demonstration: campaigns, batches, messages, the closing."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from consultation.ceremony import Account, Ceremony, Plan
from consultation.config import STORES, Settings, migrations_of, shipped
from consultation.database import Database, Stores, migrate
from consultation.days import end_of
from consultation.demo.full_size import cast, cross_off, groups
from consultation.demo.hr_file import FEWEST_PEOPLE, hr_files
from consultation.demo.place import LOGINS, Place
from consultation.formatting import PARIS
from consultation.office import accounts
from consultation.office.campaigns import Campaign
from consultation.office.store import Accounts, Approvals, Campaigns
from consultation.parts import Application
from consultation.questionnaire.loading import load
from consultation.results.export import Results
from consultation.results.formats import Wanted
from consultation.results.manifest import Manifest
from consultation.roll.batches import parse
from consultation.roll.relay import Mailer
from consultation.roll.sending import Manner, Progress, deliver
from consultation.roll.store import Outgoing, Roll
from consultation.worker import Worker

JUNE = "juin-2024"
TRIAL = "essai"
AGENTS = "agents"
WHO = "démonstration"
OPEN_FOR = timedelta(weeks=3)
_TRIAL_PEOPLE = FEWEST_PEOPLE + 10


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What the import found in the HR files."""

    lines: int
    faulty: int
    duplicates: int
    invited: int


class Stage:
    """The parts of the application, used as HR, the operator and the analyst use them."""

    def __init__(self, app: Application, place: Place, rng: random.Random) -> None:
        self._parts = app.parts
        self._place = place
        self._rng = rng
        self._settings = self._parts[Settings]
        self._roll = self._parts[Roll]
        self._ceremony = self._parts[Ceremony]
        self._operators: list[accounts.Account] = []

    def open_accounts(self) -> None:
        """One account for each role, two where two persons must agree; throw-away passwords."""
        for login, password in self._place.logins.items():
            account = self._parts[Accounts].create(login, password, LOGINS[login])
            if account.role == "exploitation":
                self._operators.append(account)

    def campaign(self, slug: str) -> Campaign:
        """A campaign as it is now."""
        return self._parts[Campaigns].get(slug)

    def create(self, slug: str, now: datetime) -> Campaign:
        """A campaign with the shipped June questionnaire, opened yesterday."""
        path = shipped("questionnaires") / f"{JUNE}.yaml"
        loaded = load(path)
        if loaded.questionnaire is None:
            raise ValueError("\n".join(str(problem) for problem in loaded.problems))
        plan = Plan(
            slug=slug,
            definition=path.read_text("utf-8"),
            lists=loaded.lists,
            audiences=tuple(audience for audience, _ in loaded.questionnaire.audiences),
            opens=now - timedelta(days=1),
            closes=end_of((now + OPEN_FOR).astimezone(PARIS).date()),
        )
        return self._ceremony.create(plan, WHO)

    def open(self, slug: str) -> None:
        """Open it to those invited."""
        self._ceremony.open(slug, WHO)

    def import_files(self, lines: int) -> Imported:
        """Write the files HR would send, and import them as HR does."""
        directory = self._place.directory / "rh"
        directory.mkdir()
        imported = []
        for file in hr_files(lines, self._rng):
            path = directory / file.name
            path.write_bytes(file.content)
            imported.append(self._import(JUNE, path.name, path.read_bytes(), file.audience))
        return Imported(
            lines=sum(one.lines for one in imported),
            faulty=sum(one.faulty for one in imported),
            duplicates=sum(one.duplicates for one in imported),
            invited=self._roll.counts(JUNE).invited,
        )

    def fill(
        self, ballots: int, waiting: int, progress: Callable[[int], None]
    ) -> Mapping[str, int]:
        """Invite, open, and put so many invented ballots in the urn; the last ones wait."""
        campaign = self.campaign(JUNE)
        invited = groups(campaign.questionnaire, ballots, self._rng)
        for group in invited:
            self._import(JUNE, f"{group.name}.csv", group.content, group.audience)
        self.open(JUNE)
        databases = self._parts[Stores]
        cross_off(databases["roll"], campaign, invited, self._rng)
        cast(databases["box"], campaign, invited, self._rng, waiting=waiting, progress=progress)
        return {"invited": sum(one.invited for one in invited), "ballots": ballots}

    def proving(self) -> AbstractContextManager[None]:
        """What the worker says meanwhile: that the airlock's key is here."""
        return self._parts[Worker].proving()

    def watch(self) -> None:
        """What the worker does at each round: release, publish, count."""
        self._parts[Worker].round()

    def send(self, progress: Callable[[int], None]) -> int:
        """Send every invitation of the June campaign; tell how many the relay took."""
        campaign = self.campaign(JUNE)
        told = taken = 0

        def advance(state: Progress) -> None:
            nonlocal told
            progress(taken + state.done - told)
            told = taken + state.done

        for batch in self._roll.batches(JUNE):
            with Mailer(self._settings.smtp) as mailer:
                manner = Manner.alone(self._settings, progress=advance)
                done = deliver(self._roll, mailer, campaign, batch.id, self._settings, manner)
            taken += done.sent
        return taken

    def release(self) -> None:
        """Release what may be, as the operator does every day."""
        self._parts[Worker].release(self.campaign(JUNE), WHO)

    def close(self) -> Account:
        """End the June campaign before its date and without grace: two persons agree."""
        first, second = self._operators
        for action in self._ceremony.takes_two(JUNE, timedelta()):
            asked = self._parts[Approvals].request(action, JUNE, first)
            self._parts[Approvals].approve(asked.id, second)
        self._ceremony.start_closing(JUNE, timedelta(), WHO)
        account = self._ceremony.finish_closing(JUNE, WHO)
        self._parts[Worker].round()  # counts the answers and gathers the texts
        return account

    def export(self, progress: Callable[[int], None]) -> Manifest:
        """Write the anonymised files."""
        return self._parts[Results].export(
            self.campaign(JUNE),
            self._place.export,
            who=WHO,
            purpose=WHO,
            wanted=Wanted(unread=True),  # invented texts: there is nobody to recognise
            progress=progress,
        )

    def open_trial(self, now: datetime) -> None:
        """A second campaign that stays open for the visitor, for people of the same file."""
        path = self._place.directory / "rh" / "agents.csv"
        lines = parse(path.read_bytes()).ready[:_TRIAL_PEOPLE]
        addresses = "".join(f"{line.address}\r\n" for line in lines)
        self.create(TRIAL, now)
        self._import(TRIAL, "essai.csv", f"Courriel\r\n{addresses}".encode(), AGENTS)
        self.open(TRIAL)

    def unused(self) -> Outgoing | None:
        """An invitation to the trial that nobody has used yet."""
        return self._roll.unused_invitation(TRIAL, AGENTS)

    def _import(self, slug: str, name: str, content: bytes, audience: str) -> Imported:
        parsed = parse(content, self._settings.mail_domains)
        batch = self._roll.batch(self._roll.draft_batch(slug, Path(name).stem, audience, parsed))
        self._roll.confirm(batch.id)
        return Imported(
            lines=len(parsed.lines),
            faulty=len(parsed.faulty),
            duplicates=len(parsed.duplicates) + len(batch.already),
            invited=batch.ready,
        )


def migrate_stores(place: Place) -> None:
    """Create the three stores."""
    for store in STORES:
        database = Database(f"sqlite:///{place.directory / store}.sqlite")
        migrate(database, migrations_of(store))
        database.close()
