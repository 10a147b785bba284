"""One export under way: ballots are taken one by one, then the files are written.

Everything drawn at random comes from one secret: a second export of the same urn is the same to the
byte, so that nothing is learnt by comparing two.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Self

from consultation.office.campaigns import Campaign, Version
from consultation.questionnaire.columns import OpenText
from consultation.results import codebook, package
from consultation.results.disclosure import EVERYTHING, K, L
from consultation.results.files import FLAVOURS, SUMS, Table, answers_in, sha256_of_files, sums
from consultation.results.formats import FORMAT_WORDS, FORMATS, Wanted, attempt
from consultation.results.frame import Ballot, ProfileColumn, plan
from consultation.results.manifest import MANIFEST, AnsweredVersion, Manifest, TextsWritten, short
from consultation.results.places import protected_places
from consultation.results.reviewing import Leaving
from consultation.results.rows import Rows, SafeRows
from consultation.results.spool import Spool
from consultation.results.texts import Lexicon, one_line, redact
from consultation.spreadsheet import EXCEL, Cell, row_writer, write

RowWriter = Callable[[Sequence[Cell]], None]


class Writing:
    """The files of one export, in `directory`."""

    def __init__(
        self,
        last: Version,
        earlier: Sequence[Version],
        directory: Path,
        secret: bytes,
        lexicon: Lexicon,
        leaving: Leaving,
        wanted: Wanted,
    ) -> None:
        self._last = last
        self._earlier = earlier
        self._questionnaire = last.questionnaire
        self._directory = directory
        self._lexicon = lexicon
        self._leaving = leaving
        self._wanted = wanted
        self._plan = plan(last.questionnaire)
        self._open = ExitStack()
        self._rows = self._open.enter_context(Rows(self._plan, directory, secret))
        self._texts = [
            TextFile(text, self._plan.place, directory / "textes", self._spool())
            for text in self._plan.texts
        ]
        self._unreadable = 0
        self._answered: Counter[str] = Counter()  # by digest of the questionnaire

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def take(self, ballot: Ballot | None) -> None:
        """Take one ballot; None is one that could not be read."""
        if ballot is None:
            self._unreadable += 1
            return
        self._rows.take(ballot)
        self._answered[ballot.definition] += 1
        said = dict(self._plan.written(ballot))
        for file in self._texts:
            if file.text in said:
                file.take(ballot, said[file.text], self._lexicon, self._leaving)

    def finish(self, campaign: Campaign, urn_digest: str) -> Manifest:
        """Protect, and write every file."""
        safe = self._rows.protected()
        protected = safe.protected
        self._write_rows(safe)
        not_written = self._write_formats(safe)
        enough = [file for file in self._texts if len(file) >= K]
        texts = {file.text.name: file.finish(self._rows.random(file.text.name)) for file in enough}
        too_few = tuple(file.text.name for file in self._texts if file not in enough)
        asked = self._asked()
        self._write_codebook(asked, too_few)
        self._write_questionnaires(asked)
        self._describe(campaign, [file.text for file in enough])
        withheld = {gate.hierarchy.name: gate.condition for gate in self._plan.gates}
        lost = {name: _percent(share) for name, share in protected.generalised.items()}
        manifest = Manifest(
            campaign=campaign.slug,
            title=campaign.title,
            questionnaire=self._questionnaire.id,
            questionnaire_version=self._questionnaire.version,
            questionnaire_digest=campaign.digest,
            questionnaires=tuple(told for _, told in asked),
            urn_digest=urn_digest,
            values="labels" if self._wanted.labels else "codes",
            rows_in=len(self._rows) + self._unreadable,
            rows_out=len(safe),
            unreadable=self._unreadable,
            k_asked=K,
            k=safe.smallest_class,
            l_asked=L,
            generalised_percent={name: lost[name] for name in lost if name not in withheld},
            withheld_percent={withheld[name]: lost[name] for name in lost if name in withheld},
            withdrawn=tuple(sorted(protected.withdrawn)),
            withheld=safe.ledger.withheld,
            texts=texts,
            too_few_texts=too_few,
            formats_not_written=not_written,
            files=sha256_of_files(self._directory),
        )
        (self._directory / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
        (self._directory / SUMS).write_text(sums(self._directory), encoding="utf-8")
        return manifest

    def _write_rows(self, safe: SafeRows) -> None:
        from consultation.results.tabulating import Tally  # numpy, which no server needs to start

        tally = Tally(self._rows.layout)
        with ExitStack() as files:
            tables = [self._table(files, suffix) for suffix in FLAVOURS]
            for row in safe:
                tally.add(row.codes)
                for table in tables:
                    table.add(row)
        safe.ledger.settle(tally.answers)
        for suffix, flavour in FLAVOURS.items():
            safe.ledger.settle(answers_in(self._microdata(suffix), flavour))
        tally.write(self._directory, self._rows.given)

    def _write_formats(self, safe: SafeRows) -> dict[str, str]:
        """Write those wanted; why not, for each that could not be written."""
        columns, labels = self._plan.columns, self._wanted.labels
        tried = {
            FORMAT_WORDS[one]: attempt(one, self._directory, columns, safe, labels=labels)
            for one in FORMATS
            if one in self._wanted.formats
        }
        return {words: refusal.sentence for words, refusal in tried.items() if refusal}

    def _microdata(self, suffix: str) -> Path:
        return self._directory / f"microdata{suffix}.csv"

    def _table(self, files: ExitStack, suffix: str) -> Table:
        flavour = FLAVOURS[suffix]
        stream = self._microdata(suffix).open("w", encoding=flavour.encoding, newline="")
        labels = self._wanted.labels or flavour is EXCEL
        return Table(files.enter_context(stream), self._plan.columns, flavour, labels=labels)

    def _asked(self) -> list[tuple[Version, AnsweredVersion]]:
        """The last version, then the earlier ones that somebody answered, the newest first."""
        versions = [self._last, *reversed(self._earlier)]
        counts = [self._answered[one.questionnaire.digest] for one in versions]
        told = min((count for count in counts[1:] if count), default=0) >= K <= counts[0]
        return [
            (
                one,
                AnsweredVersion(
                    version=one.questionnaire.version,
                    digest=one.questionnaire.digest,
                    ballots=count if told else None,
                ),
            )
            for one, count in zip(versions, counts, strict=True)
            if count or one is self._last
        ]

    def _write_codebook(
        self, asked: Sequence[tuple[Version, AnsweredVersion]], too_few: Collection[str]
    ) -> None:
        for suffix, flavour in FLAVOURS.items():
            path = self._directory / f"codebook{suffix}.csv"
            path.write_bytes(write(codebook.rows(self._plan), flavour))
        versions = [(one.questionnaire, answered) for one, answered in asked]
        words = codebook.markdown(self._plan, versions, too_few)
        (self._directory / "codebook.md").write_text(words, encoding="utf-8")

    def _write_questionnaires(self, asked: Sequence[tuple[Version, AnsweredVersion]]) -> None:
        """The last version where it is looked for, each earlier one in a folder of its digest."""
        for one, answered in asked:
            older = "" if one is self._last else f"versions/{short(answered.digest)}"
            folder = self._directory / older
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "questionnaire.yaml").write_text(one.definition, encoding="utf-8")
            for name, content in one.lists.items():
                path = folder / "listes" / Path(name).name
                path.parent.mkdir(exist_ok=True)
                path.write_text(content, encoding="utf-8")

    def _describe(self, campaign: Campaign, texts: Sequence[OpenText]) -> None:
        """For programs: what each file holds."""
        from consultation.results.tabulating import HEADERS

        labels, columns = self._wanted.labels, self._plan.columns
        found = package.schema(columns, title=campaign.title, labels=labels)
        (self._directory / package.SCHEMA).write_text(package.written(found), encoding="utf-8")
        whole = package.package(
            name=campaign.slug,
            title=campaign.title,
            texts=texts,
            place=self._plan.place,
            tables=HEADERS,
            digests=sha256_of_files(self._directory),
        )
        (self._directory / package.PACKAGE).write_text(package.written(whole), encoding="utf-8")

    def _spool(self) -> Spool:
        return self._open.enter_context(closing(Spool(self._directory)))


class TextFile:
    """The texts answered to one question, in an order of their own.

    The file is written when at least K people answered: fewer could be guessed among those who
    were asked, by their words or by their number.
    """

    def __init__(
        self, text: OpenText, place: ProfileColumn | None, directory: Path, lines: Spool
    ) -> None:
        self.text = text
        self._place = place
        self._directory = directory
        self._lines = lines
        self._places: list[str] = []
        self._marks: Counter[str] = Counter()
        self._withheld = 0

    def __len__(self) -> int:
        return len(self._lines)

    def take(self, ballot: Ballot, said: str, lexicon: Lexicon, leaving: Leaving) -> None:
        """Take the text of one ballot, without what points at someone, if it may leave."""
        found = redact(said)
        text = leaving(self.text.name, one_line(found.text))
        if text is None:
            self._withheld += 1
            return
        redacted = redact(text, lexicon)
        self._marks += found.found + redacted.found
        self._lines.append(redacted.text)
        self._places.append(self._place.value(ballot) if self._place else "")

    def finish(self, rng: random.Random) -> TextsWritten:
        """Write the file."""
        order = _shuffled(len(self._lines), rng)
        places = protected_places(self._places, self._place, rng)
        self._directory.mkdir(exist_ok=True)
        with ExitStack() as files:
            tables = [self._table(files, suffix) for suffix in FLAVOURS]
            for row, line in zip(order, self._lines.read(order), strict=True):
                for add, labels in tables:
                    add([labels.get(places[row], places[row]), line] if self._place else [line])
        nowhere = places.count(EVERYTHING) / len(places) if places else 0.0
        return TextsWritten(
            texts=len(order),
            withheld=self._withheld,
            marks=dict(sorted(self._marks.items())),
            without_place_percent=_percent(nowhere),
        )

    def _table(self, files: ExitStack, suffix: str) -> tuple[RowWriter, Mapping[str, str]]:
        flavour = FLAVOURS[suffix]
        path = self._directory / f"{self.text.name}{suffix}.csv"
        stream = files.enter_context(path.open("w", encoding=flavour.encoding, newline=""))
        add = row_writer(stream, flavour)
        add([self._place.column.name, "texte"] if self._place else ["texte"])
        labels = self._place.column.values if self._place and flavour is EXCEL else {}
        return add, labels


def _shuffled(size: int, rng: random.Random) -> list[int]:
    order = list(range(size))
    rng.shuffle(order)
    return order


def _percent(share: float) -> float:
    return round(100 * share, 2)
