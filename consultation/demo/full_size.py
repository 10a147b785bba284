"""Fills a consultation with as many ballots as a real one, without anyone answering page by page.

The stores, the keys, the accounts, the opening and the closing are real; only the answers are
invented, and put in the urn as a release would leave them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context

from sqlalchemy import bindparam, insert, select, update

from consultation.ballots.boxes import Waiting, for_airlock, for_urn
from consultation.ballots.store import ID_BYTES
from consultation.ballots.tables import airlock, ballot, inbox, spent
from consultation.database import Database
from consultation.demo.population import Person, Population
from consultation.office.campaigns import Campaign
from consultation.questionnaire.elements import Option
from consultation.questionnaire.model import Questionnaire
from consultation.roll import tables as roll

RATE = 0.35
"""Of those invited, how many answer."""

_SENIORS = 0.015  # of everyone, in each audience but the first
_GIVE_UP = 0.04
_LOWEST_RATE, _HIGHEST_RATE = 0.06, 0.70
_FEWEST_INVITED = 30
_LARGEST_FILE = 15_000  # lines: HR's files have 20,000 at most
_AT_A_TIME = 500
_WORTH_A_POOL = 6  # jobs
_REFUSED, _UNCERTAIN = 0.012, 0.003  # of messages

Progress = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class Group:
    """One HR file, with who answers among the people it invites."""

    name: str
    audience: str
    territory: str
    invited: int
    answering: int

    @property
    def content(self) -> bytes:
        """The file as HR would send it."""
        letters = (one for one in self.name.lower() if one.isascii() and one.isalnum())
        place = "".join(letters)
        lines = (f"agent{n}@{place}.exemple.gouv.fr\r\n" for n in range(self.invited))
        return f"Courriel\r\n{''.join(lines)}".encode()


def groups(questionnaire: Questionnaire, ballots: int, rng: random.Random) -> tuple[Group, ...]:
    """Who is invited and who answers, so many in all: a file for each territory and audience."""
    found: list[Group] = []
    seniors = round(_SENIORS * ballots) * (len(questionnaire.audiences) > 1)
    for audience, label in questionnaire.audiences[1:]:
        found += _files(str(label), audience, "", seniors, RATE)
    first, label = questionnaire.audiences[0]
    left = ballots - sum(group.answering for group in found)
    places = Population(questionnaire, 0).territories
    options = [one for one in places.options if not one.apart] if places else []
    for option, count, rate in _places(options, left, rng):
        name, code = (str(option.label), option.code) if option else (str(label), "")
        found += _files(name, first, code, count, rate)
    return tuple(found)


def cross_off(
    database: Database, campaign: Campaign, invited: Sequence[Group], rng: random.Random
) -> None:
    """Have the messages delivered, and credentials issued to those who answer or give up."""
    begin = {group.name: round(group.answering * (1 + _GIVE_UP)) for group in invited}
    of_campaign = roll.batch.c.campaign == campaign.slug
    query = select(roll.invitation.c.id, roll.batch.c.name).join(roll.batch).where(of_campaign)
    with database.read() as connection:
        rows = connection.execute(query.order_by(roll.invitation.c.id)).all()
    marks = []
    for row in rows:
        begins = begin[row.name] > 0
        begin[row.name] -= begins
        marks.append({"one": row.id, **_mark(begins, rng)})
    changed = update(roll.invitation).where(roll.invitation.c.id == bindparam("one"))
    with database.write() as tx:
        tx.execute(changed.values({name: bindparam(name) for name in _mark(True, rng)}), marks)
        tx.execute(update(roll.batch).where(of_campaign).values(state="done"))


def cast(
    box: Database,
    campaign: Campaign,
    invited: Sequence[Group],
    rng: random.Random,
    *,
    waiting: int,
    progress: Progress,
) -> None:
    """Put everyone's ballot in the urn but the last ones, which wait in the airlock."""
    people = [
        (group.audience, group.territory) for group in invited for _ in range(group.answering)
    ]
    rng.shuffle(people)
    everyone = [
        Person(number=number, audience=audience, territory=territory)
        for number, (audience, territory) in enumerate(people)
    ]
    released = len(everyone) - waiting
    seed = rng.getrandbits(32)
    jobs = [
        *_jobs(campaign, seed, everyone[:released], None),
        *_jobs(campaign, seed, everyone[released:], _airlock(box, campaign)),
    ]
    for job, boxes in zip(jobs, _at_work(jobs), strict=True):
        table = inbox if job.airlock else ballot
        with box.write() as tx:
            tx.execute(
                insert(spent), [_row(campaign, "nullifier", rng.randbytes(32)) for _ in boxes]
            )
            tx.execute(
                insert(table),
                [_row(campaign, "id", rng.randbytes(ID_BYTES)) | {"sealed": one} for one in boxes],
            )
        progress(len(boxes))


@dataclass(frozen=True, kw_only=True)
class _Job:
    """Ballots to invent and to seal, for the airlock when its key is given."""

    campaign: Campaign
    seed: int
    people: Sequence[Person]
    airlock: bytes | None


def _jobs(
    campaign: Campaign, seed: int, people: Sequence[Person], airlock: bytes | None
) -> Iterator[_Job]:
    for start in range(0, len(people), _AT_A_TIME):
        lot = people[start : start + _AT_A_TIME]
        yield _Job(campaign=campaign, seed=seed, people=lot, airlock=airlock)


def _at_work(jobs: Sequence[_Job]) -> Iterator[list[bytes]]:
    """What each job makes, with every core when there is enough to do."""
    if len(jobs) < _WORTH_A_POOL:
        yield from map(_sealed, jobs)
        return
    with get_context("spawn").Pool() as pool:
        yield from pool.imap(_sealed, jobs)


def _sealed(job: _Job) -> list[bytes]:
    population = Population(job.campaign.questionnaire, job.seed)
    return [_box(job, population, person) for person in job.people]


def _box(job: _Job, population: Population, person: Person) -> bytes:
    document = _document(job.campaign.questionnaire, population, person)
    if job.airlock is None:
        return for_urn(job.campaign, document)
    return for_airlock(job.campaign, job.airlock, Waiting(person.audience, document))


def _document(asked: Questionnaire, population: Population, person: Person) -> bytes:
    document = {
        "definition": asked.digest,
        "audience": person.audience,
        "answers": population.answers(person),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _airlock(box: Database, campaign: Campaign) -> bytes:
    with box.read() as connection:
        return bytes(
            connection.scalars(select(airlock.c.public).where(airlock.c.urn == campaign.urn)).one()
        )


def _row(campaign: Campaign, name: str, key: bytes) -> dict[str, bytes]:
    return {name: key, "urn": campaign.urn}


def _places(
    options: Sequence[Option], ballots: int, rng: random.Random
) -> Iterator[tuple[Option | None, int, float]]:
    """How many answer from each place, and how many do of those invited there."""
    places: Sequence[Option | None] = options or [None]
    rates = [min(max(rng.gauss(RATE, 0.12), _LOWEST_RATE), _HIGHEST_RATE) for _ in places]
    sizes = [rng.lognormvariate(0, 0.5) * rate for rate in rates]
    left, so_far = ballots, sum(sizes)
    for place, size, rate in zip(places, sizes, rates, strict=True):
        count = round(left * size / so_far)
        yield place, count, rate
        left, so_far = left - count, so_far - size


def _files(
    name: str, audience: str, territory: str, answering: int, rate: float
) -> Iterator[Group]:
    invited = max(round(answering / rate), _FEWEST_INVITED)
    parts = -(-invited // _LARGEST_FILE)
    for part in range(parts):
        yield Group(
            name=name if part == 0 else f"{name} ({part + 1})",
            audience=audience,
            territory=territory,
            invited=invited // parts + (part < invited % parts),
            answering=answering // parts + (part < answering % parts),
        )


def _mark(begins: bool, rng: random.Random) -> dict[str, object]:
    """What the roll holds of someone: whether the message came, whether a credential was issued."""
    drawn = 1.0 if begins else rng.random()
    refused, uncertain = drawn < _REFUSED, drawn < _REFUSED + _UNCERTAIN
    return {
        "state": int(begins),
        "blinded_hash": rng.randbytes(32) if begins else None,
        "delivery": "refused" if refused else "uncertain" if uncertain else "sent",
        "delivery_reason": "550 boîte inconnue" if refused else "",
    }
