"""Attacks 15, 19 and 20: what leaves, and what can be told of a row by looking at it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from attacks.conftest import Archive, Figure
from attacks.evidence import Story, dump
from attacks.linking import (
    SUCCESS,
    TOO_MANY,
    TOO_ORDERED,
    by_rank,
    linked,
    perfect,
    z_of_order,
)
from attacks.town import LANDING, Device, Town
from conftest import Clock
from counting import Office, crowd, office_with_an_urn

from consultation.ballots.boxes import from_airlock
from consultation.blind import nullifier
from consultation.database import Database
from consultation.results.disclosure import K
from consultation.results.export import Results
from consultation.results.formats import Wanted
from consultation.roll.batches import parse, report
from consultation.sealing import UrnKey, seal

PROFILE = ("territoire", "categorie", "audience")
PLANTED = [{"territoire": f"R{number:02}", "categorie": "a"} for number in range(1, 11)]
FORMULAS = tuple("=+-@\t\r")
PAYLOADS = (
    "<script>window.pris=1</script>",
    "<img src=x onerror=window.pris=1>",
    "</textarea><svg onload=window.pris=1>",
    '"><b id=pris>',
    "{{ 7*7 }}{% raw %}",
    "=1+1",
    '=HYPERLINK("http://x","y")',
    "@SUM(1)",
    "-2+3",
    "+cmd|' /C calc'!A0",
    "\t=1+1",
)


@pytest.fixture
def office(
    box_database: Database, office_database: Database, keys_directory: Path, clock: Clock
) -> Office:
    return office_with_an_urn(box_database, office_database, keys_directory, clock)


def test_15_someone_unique_is_in_no_class_of_its_own(
    office: Office, tmp_path: Path, figure: Figure
) -> None:
    everyone = [*crowd(120), *PLANTED]
    alone = [_matching(everyone, one) == 1 for one in PLANTED]
    figure("control", sum(alone) / len(alone))
    assert sum(alone) >= SUCCESS * len(alone)

    office.fill(everyone)
    office.close()
    office.export(tmp_path / "export")

    rows = _rows(tmp_path / "export" / "microdata.csv")
    classes = Counter(tuple(row[name] for name in PROFILE) for row in rows)
    figure("smallest class", min(classes.values()))
    assert min(classes.values()) >= K
    assert all(_matching(rows, one) in (0, *range(K, 200)) for one in PLANTED)


def test_15_rows_leave_in_no_order_of_arrival(
    archive: Archive, story: Story, tmp_path: Path, figure: Figure
) -> None:
    leaky = archive.in_order()
    read = leaky.marks()
    keyed = [read[box] for _, box in sorted(leaky.final.ballots.items())]
    figure("control", z_of_order(keyed, leaky.arrival) / perfect(len(keyed)))
    assert z_of_order(keyed, leaky.arrival) >= SUCCESS * perfect(len(keyed))

    _export(story, tmp_path / "export")
    rows = _authors(story, _rows(tmp_path / "export" / "microdata.csv"))
    figure("rows known by their answers", len(rows))
    figure("z of the rows", z_of_order(rows, story.arrival))
    assert len(rows) > 2 * len(story.arrival) / 3
    assert abs(z_of_order(rows, story.arrival)) < TOO_ORDERED
    for path in sorted((tmp_path / "export" / "textes").iterdir()):
        marks = _marks(path.read_text("utf-8-sig"), story)
        figure(f"z of {path.name}", z_of_order(marks, story.arrival))
        assert abs(z_of_order(marks, story.arrival)) < TOO_ORDERED
        found = linked(by_rank(marks, rows), {mark: mark for mark in marks})
        figure(f"texts of {path.name} joined to their row", found)
        assert found < TOO_MANY


def test_15_no_file_holds_a_text_beside_the_other_answers(story: Story, tmp_path: Path) -> None:
    _export(story, tmp_path / "export")

    for path in (tmp_path / "export").glob("microdata*"):
        content = path.read_text("utf-8-sig")
        assert not [mark for mark in story.arrival if mark in content]


def test_19_rows_made_without_script_look_like_the_others(story: Story, figure: Figure) -> None:
    agents = {agent.mark: agent for agent in story.town.agents}
    marks = story.marks()
    key = UrnKey.generate().public
    leaky = [
        (_seal_leaking(key, box, script=agents[mark].script), agents[mark].script)
        for box, mark in marks.items()
    ]
    figure("control", _accuracy(leaky))
    assert _accuracy(leaky) >= SUCCESS

    for name, rows in {
        "ballots": [(box, agents[mark].script) for box, mark in marks.items()],
        "nullifiers": _nullifiers(story),
    }.items():
        found = _accuracy(rows)
        figure(name, found)
        assert (found - 0.5) * (2 * len(rows)) ** 0.5 < TOO_ORDERED, name


def test_19_the_same_answers_make_the_same_document_either_way(archive: Archive) -> None:
    town = archive.new_town("either-way", people=30, pool=50)
    key, documents = town.airlock_key(), []
    for agent, script in zip(town.agents[:2], (True, False), strict=True):
        before = dump(town, 0)
        Device(town, replace(agent, script=script, mark="pareil")).answer()
        (box,) = set(dump(town, 1).inbox.values()) - set(before.inbox.values())
        documents.append(from_airlock(town.campaign.urn, key, box))

    assert documents[0] == documents[1]


def test_20_no_answer_becomes_an_element_of_a_page(archive: Archive, figure: Figure) -> None:
    town = archive.new_town("injected", people=30, pool=50)
    ordinary = _elements(_review(town, 0, "un mot"))
    dangerous = [one for one in PAYLOADS if "<" in one]
    raw = [_elements(f"<p>{one}</p>") for one in dangerous]
    figure("control", sum(sum(found.values()) > 1 for found in raw) / len(dangerous))
    assert all(sum(found.values()) > 1 for found in raw)

    for number, payload in enumerate(PAYLOADS, start=1):
        page = _review(town, number, payload)
        assert _elements(page) == ordinary, payload
        assert "49" not in _text(page).split()


def test_20_no_cell_of_a_file_is_a_formula(office: Office, tmp_path: Path, figure: Figure) -> None:
    stream = io.StringIO()
    csv.writer(stream).writerows([one] for one in PAYLOADS)
    live = [row for row in csv.reader(io.StringIO(stream.getvalue())) if _computed(row[0])]
    dangerous = [one for one in PAYLOADS if one.startswith(FORMULAS)]
    figure("control", len(live) / len(dangerous))
    assert len(live) >= SUCCESS * len(dangerous)

    office.fill(
        [
            {
                "territoire": "R84",
                "categorie": "a",
                "accueil": "non",
                "missions": ["autre"],
                "missions.autre": payload,
                "idee": payload,
            }
            for payload in PAYLOADS
            for _ in range(K)
        ]
    )
    office.close()
    office.export(tmp_path / "export")

    cells = list(_cells(tmp_path / "export"))
    assert len([cell for cell in cells if "1+1" in cell]) >= K
    assert not [cell for cell in cells if _computed(cell)]


def test_20_hr_gets_its_own_lines_back_inert() -> None:
    lines = "\n".join(f'"{payload.replace(chr(34), chr(34) * 2)}"' for payload in PAYLOADS)
    content = report(parse(f"courriel\n{lines}\n".encode()), {})

    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) > len(PAYLOADS) / 2
    assert not [cell for row in rows for cell in row if _computed(cell)]


def _matching(rows: Sequence[Mapping[str, object]], planted: Mapping[str, object]) -> int:
    return sum(all(row.get(name) == value for name, value in planted.items()) for row in rows)


def _export(story: Story, directory: Path) -> None:
    results = story.town.app.parts[Results]
    results.export(story.town.campaign, directory, who="essai", wanted=Wanted(unread=True))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _authors(story: Story, rows: Sequence[Mapping[str, str]]) -> list[str]:
    """The author of each row whose closed answers are nobody else's."""
    columns = ("note", "avis__delais", "avis__outils", "tt_voulu")
    fields = ("note", "avis.delais", "avis.outils", "tt_voulu")
    said: dict[tuple[str, ...], list[str]] = {}
    for agent in story.town.agents:
        if agent.mark in set(story.arrival):
            answers = story.town.answers(agent)
            missions = set(answers["missions"])
            seen = bool(missions & {"guichet", "telephone"})
            values = [answers[one][0] if seen or "." not in one else "" for one in fields]
            said.setdefault((*values, _missions(missions)), []).append(agent.mark)
    kept = [said.get((*(row[one] for one in columns), _missions(_chosen(row))), []) for row in rows]
    return [marks[0] for marks in kept if len(marks) == 1]


def _chosen(row: Mapping[str, str]) -> set[str]:
    return {one for one in ("guichet", "telephone", "courrier") if row[f"missions__{one}"] == "1"}


def _missions(chosen: set[str]) -> str:
    return " ".join(sorted(chosen))


def _marks(content: str, story: Story) -> list[str]:
    places = {mark: content.find(mark) for mark in story.arrival}
    return sorted((mark for mark in places if places[mark] >= 0), key=places.__getitem__)


def _nullifiers(story: Story) -> list[tuple[bytes, bool]]:
    scripts = {agent.address: agent.script for agent in story.town.agents}
    held = {address: story.town.devices[address].secrets for address in story.answering}
    found = [(nullifier(one["message"]), scripts[address]) for address, one in held.items()]
    assert {value for value, _ in found} == set(story.final.spent)
    return found


def _seal_leaking(key: bytes, box: bytes, *, script: bool) -> bytes:
    """A box that says how it came: three bytes more."""
    return seal(key, box[:100], b"") + (b"" if script else b"nojs"[:3])


def _accuracy(rows: Sequence[tuple[bytes, bool]]) -> float:
    """How well a logistic regression, learnt on one half, tells the other half apart."""
    features = np.array([_features(value) for value, _ in rows])
    spread = features.std(axis=0)
    features = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1)
    wanted = np.array([float(script) for _, script in rows])
    known, asked = np.arange(len(rows)) % 2 == 0, np.arange(len(rows)) % 2 == 1
    weights = np.zeros(features.shape[1] + 1)
    table = np.column_stack([features, np.ones(len(rows))])
    for _ in range(300):
        odds = 1 / (1 + np.exp(-np.clip(table[known] @ weights, -30, 30)))
        weights -= 0.3 * (table[known].T @ (odds - wanted[known]) / known.sum() + 0.01 * weights)
    guessed = (table[asked] @ weights > 0) == (wanted[asked] > 0.5)
    return float(guessed.mean())


def _features(value: bytes) -> list[float]:
    """Its length, its bytes and its bits."""
    numbers = np.frombuffer(value, dtype=np.uint8)
    ones = np.unpackbits(numbers)
    first = [float(one) for one in numbers[:4]]
    runs = float(np.abs(np.diff(ones.astype(int))).mean())
    return [
        float(len(value)),
        float(numbers.mean()),
        float(numbers.std()),
        float(ones.mean()),
        runs,
        float((numbers == 0).mean()),
        *first,
        float(numbers[-1]),
    ]


def _review(town: Town, number: int, said: str) -> str:
    """The page that shows everything again, when someone has said this."""
    agent = [one for one in town.agents if one.script][number]
    town.saying[agent.address] = {
        "mot": [said[:40]],
        "delais_mieux": [said],
        "missions": ["guichet"],
        "fonction": ["agent"],
        "territoire": ["D01"],
    }
    device = Device(town, agent)
    device.to_the_end()
    page = device.replies[-1]
    assert page.status == 200, page.body
    assert not device.get(LANDING).body.count(said)
    return page.body


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag] += 1
        self.found.update(name for name, _ in attrs if name.startswith("on"))

    def handle_data(self, data: str) -> None:
        self.text += data


def _elements(page: str) -> Counter[str]:
    reader = _Elements()
    reader.feed(page)
    return reader.found


def _text(page: str) -> str:
    reader = _Elements()
    reader.feed(page)
    return reader.text


def _cells(directory: Path) -> Iterator[str]:
    for path in directory.rglob("*.csv"):
        content = path.read_text("utf-8-sig")
        for delimiter in ";,":
            for row in csv.reader(io.StringIO(content), delimiter=delimiter):
                yield from row


def _computed(cell: str) -> bool:
    """Whether a spreadsheet would compute this cell rather than show it."""
    return cell.startswith(FORMULAS) and not cell[1:].replace(".", "").replace(",", "").isdigit()
