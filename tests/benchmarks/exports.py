"""What it costs to take the answers out: CPU beside that of reading them, and memory.

Ballots of 190 columns and six open questions, in an urn of its own. Baseline and export run in turn
in the same process, the minimum of each counts; memory is that of a process that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import random
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from consultation.ballots.boxes import from_urn
from consultation.ballots.keys import BoxKeys
from consultation.ballots.release import Release
from consultation.ballots.store import Urn
from consultation.blind import PrivateKey
from consultation.config import migrations_of
from consultation.database import Database, migrate
from consultation.demo.full_size import cast, groups
from consultation.office.campaigns import Campaign
from consultation.office.proofs import Proofs
from consultation.office.store import Campaigns, Journal
from consultation.results.corpus import Corpus
from consultation.results.cube import Cube
from consultation.results.cubes import Cubes
from consultation.results.export import Results
from consultation.results.files import Table
from consultation.results.formats import Wanted
from consultation.results.frame import Ballot, plan
from consultation.results.keys import ResultKeys
from consultation.results.layout import Layout
from consultation.results.reviewing import Reviewing
from consultation.results.rows import Rows
from consultation.results.store import Readings
from consultation.spreadsheet import PLAIN

SLUG = "mesure"
FEW = 2_000
_FILL, _READ, _CSV, _ALL = "fill", "read", "csv", "all"


@dataclass(frozen=True, kw_only=True)
class Place:
    """An urn and what reads it."""

    campaign: Campaign
    urn: Urn
    keys: ResultKeys
    results: Results
    cubes: Cubes

    def read(self) -> int:
        """The baseline: read, unseal, parse."""
        key, count = self.keys.get(SLUG), 0
        for box in self.urn.ballots(self.campaign):
            json.loads(from_urn(self.campaign.urn, key, box))
            count += 1
        return count

    def csv(self, directory: Path) -> None:
        """The rows in one CSV file: coded, protected, written."""
        key, layout = self.keys.get(SLUG), plan(self.campaign.questionnaire)
        with Rows(layout, directory, self.keys.drawing(SLUG)) as rows:
            for box in self.urn.ballots(self.campaign):
                ballot = Ballot.opened(self.campaign.urn, key, box)
                if ballot:
                    rows.take(ballot)
            with (directory / "microdata.csv").open("w", encoding="utf-8", newline="") as file:
                table = Table(file, layout.columns, PLAIN, labels=False)
                for row in rows.protected():
                    table.add(row)

    def all(self, directory: Path) -> None:
        """Everything a download holds but SPSS and Stata: two CSV, tables, texts, codebook."""
        wanted = Wanted(unread=True)
        self.results.export(self.campaign, directory / "export", who="mesure", wanted=wanted)


def main() -> None:
    """Fill two urns, and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--ballots", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", nargs=3, metavar=("WHAT", "DIR", "BALLOTS"))
    asked = parser.parse_args()
    if asked.alone:
        what, directory, ballots = asked.alone
        _alone(what, Path(directory), int(ballots))
        return
    with TemporaryDirectory() as parent:
        many, few = Path(parent) / "many", Path(parent) / "few"
        for directory, ballots in ((many, asked.ballots), (few, FEW)):
            _run(_FILL, directory, ballots)
        _tell_speed(many, asked.rounds)
        for what in (_READ, _CSV, _ALL):
            large, small = (_run(what, one, 0) for one in (many, few))
            _say(f"peak memory, {what}: {large} MB, {small} MB, ratio {large / small:.2f}")


def _tell_speed(directory: Path, rounds: int) -> None:
    with _opened(directory) as place:
        base, csv, everything = [], [], []
        for _ in range(rounds):
            base.append(_cpu(place.read))
            csv.append(_cpu(lambda: _in_a_directory(place.csv)))
            everything.append(_cpu(lambda: _in_a_directory(place.all)))
        read = min(base)
        columns = len(plan(place.campaign.questionnaire).columns)
        _say(f"{place.read()} ballots, {columns} columns: read, unseal, parse {read:.1f} s of CPU")
        _say(f"CSV / baseline: {min(csv) / read:.2f}; everything / baseline: "
             f"{min(everything) / read:.2f}")  # fmt: skip
        _tell_tables(place)


def _tell_tables(place: Place) -> None:
    """The array and its tables, beside one pass of parsing."""
    key, urn = place.keys.get(SLUG), place.campaign.urn
    documents = [from_urn(urn, key, box) for box in place.urn.ballots(place.campaign)]
    parse = min(_cpu(lambda: [json.loads(one) for one in documents]) for _ in range(3))
    layout = Layout(plan(place.campaign.questionnaire))
    ballots = [one for one in map(Ballot.read, documents) if one]
    code = min(_cpu(lambda: [layout.code(one) for one in ballots]) for _ in range(3))
    cube = Cube.of(layout, (layout.code(one) for one in ballots), final=True)
    names = [one.name for one in cube.variables]
    alone = min(_cpu(lambda: [cube.frequencies(name) for name in names]) for _ in range(3))
    by = [one.name for one in cube.variables if one.describes]
    pairs = [(name, group) for name in names for group in by if name != group]
    crossed = min(_cpu(lambda: [cube.crossed(*pair) for pair in pairs]) for _ in range(3))
    _say(f"parse {parse:.2f} s; code / parse: {code / parse:.2f}; {len(names)} frequency tables / "
         f"parse: {alone / parse:.3f}; {len(pairs)} tables by group / parse: "
         f"{crossed / parse:.3f}; array {cube.cells.nbytes / 1e6:.0f} MB")  # fmt: skip


def _alone(what: str, directory: Path, ballots: int) -> None:
    """One thing in this process, and its peak memory in MB."""
    if what == _FILL:
        _fill(directory, ballots)
        return
    with _opened(directory) as place:
        if what == _READ:
            place.read()
        else:
            _in_a_directory(place.csv if what == _CSV else place.all)
    # Not what getrusage says, which begins with the memory of the process that started this one.
    status = Path("/proc/self/status").read_text().splitlines()
    [peak] = [line.split()[1] for line in status if line.startswith("VmHWM")]
    _say(str(round(int(peak) / 1024)))


def _run(what: str, directory: Path, ballots: int) -> int:
    words = ["-m", "benchmarks.exports", "--alone", what, str(directory), str(ballots)]
    done = subprocess.run([sys.executable, *words], check=True, capture_output=True, text=True)
    return int(done.stdout or 0)


def _fill(directory: Path, ballots: int) -> None:
    directory.mkdir()
    for store in ("box", "office"):
        with closing(Database(f"sqlite:///{directory / store}.sqlite")) as database:
            migrate(database, migrations_of(store))
    now = datetime.now(UTC)
    with (
        closing(Database(f"sqlite:///{directory / 'box'}.sqlite")) as box,
        closing(Database(f"sqlite:///{directory / 'office'}.sqlite")) as office,
    ):
        campaigns, rng = Campaigns(office, lambda: now), random.Random(1)
        campaign = campaigns.create(
            slug=SLUG,
            urn=secrets.token_bytes(16),
            definition=questionnaire(),
            lists={},
            opens=now - timedelta(days=2),
            closes=now + timedelta(days=1),
            export_key=ResultKeys(directory / "keys").create(SLUG),
            keys={"agents": PrivateKey.generate(2048).public},
        )
        campaigns.open(SLUG)
        proofs = Proofs(office, lambda: now)
        Release(box, BoxKeys(directory / "keys"), proofs, lambda: now, rng).prepare(campaign)
        invited = groups(campaign.questionnaire, ballots, rng)
        cast(box, campaign, invited, rng, waiting=0, progress=lambda _: None)
        campaigns.start_closing(SLUG, now)
        campaigns.finish_closing(SLUG)


@contextmanager
def _opened(directory: Path) -> Iterator[Place]:
    with (
        closing(Database(f"sqlite:///{directory / 'box'}.sqlite")) as box,
        closing(Database(f"sqlite:///{directory / 'office'}.sqlite")) as office,
    ):
        clock = lambda: datetime.now(UTC)  # noqa: E731
        urn = Urn(box, Proofs(office, clock), clock, secrets.token_bytes)
        keys = ResultKeys(directory / "keys")
        campaigns = Campaigns(office, clock)
        reviewing = Reviewing(Corpus(keys), keys, Readings(office))
        yield Place(
            campaign=campaigns.get(SLUG),
            urn=urn,
            keys=keys,
            results=Results(
                urn=urn,
                keys=keys,
                campaigns=campaigns,
                journal=Journal(office, clock),
                reviewing=reviewing,
            ),
            cubes=Cubes(urn, keys, random.Random(2)),
        )


def questionnaire() -> str:
    """Four profile questions, 30 choices, 12 × 8 options, 10 grids of 5, 10 numbers, 6 texts."""
    options = "{a: Très bien, b: Bien, c: Mal, d: Très mal, nsp: {label: Sans avis, apart: true}}"
    eight = "{" + ", ".join(f"o{n}: Réponse possible {n}" for n in range(8)) + "}"
    lines = {f"l{n}": f"Ligne {n}" for n in range(5)}
    asked = [
        *(_question(f"p{n}", "choice", f"profile: true, options: {_groups(n)}") for n in range(4)),
        *(_question(f"c{n}", "choice", f"options: {options}") for n in range(30)),
        *(_question(f"m{n}", "choices", f"options: {eight}") for n in range(12)),
        *(
            _question(f"g{n}", "matrix", f"options: {options}, rows: {json.dumps(lines)}")
            for n in range(10)
        ),
        *(_question(f"n{n}", "number", "min: 0, max: 50") for n in range(10)),
        *(
            _question(f"t{n}", "longtext", "hint: Ne citez aucun nom., max_length: 600")
            for n in range(6)
        ),
    ]
    pages = "\n".join(
        f"- id: page{n}\n  title: Page {n}\n  questions:\n" + "\n".join(asked[n * 12 : n * 12 + 12])
        for n in range(6)
    )
    return (
        "format: 1\nid: mesure\nversion: 1\nlang: fr\ntitle: Mesure\n"
        f"audiences: {{agents: Agents}}\ngeneralisation: [p3, p2, p1, p0]\npages:\n{pages}\n"
    )


def _question(name: str, kind: str, rest: str) -> str:
    return f"  - {{id: {name}, type: {kind}, text: Question {name}, {rest}}}"


def _groups(number: int) -> str:
    """The profile questions have 18, 8, 4 and 3 answers."""
    size = (18, 8, 4, 3)[number]
    return "{" + ", ".join(f"g{n}: Groupe {n}" for n in range(size)) + "}"


def _in_a_directory(act: Callable[[Path], None]) -> None:
    with TemporaryDirectory() as directory:
        act(Path(directory))


def _cpu(act: Callable[[], object]) -> float:
    started = time.process_time()
    act()
    return time.process_time() - started


def _say(words: str) -> None:
    print(words, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
