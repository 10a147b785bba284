"""The open texts of a closed campaign, gathered once, then kept locked beside the export key.

What is on the disk can be made again from the urn at any time; without the export key it is noise,
and it is lost with it.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from consultation.office.campaigns import Campaign
from consultation.questionnaire.columns import OpenText
from consultation.refusals import Refusal
from consultation.results.disclosure import K
from consultation.results.frame import Ballot, Plan, plan
from consultation.results.keys import ResultKeys
from consultation.results.places import protected_places
from consultation.results.sayings import Clustering, Sayings, grouped, reading, saying_id, written
from consultation.results.spool import Spool
from consultation.results.texts import one_line, redact
from consultation.sealing import CannotUnseal, derive, lock_file, unlock_file

FEWEST = K
"""A question answered by fewer people in their own words is not read, nor exported."""

_CONTENTS = "contents"
_VERSION = "1"  # of what is written: another one is made again


class NotPrepared(Refusal):
    """Les textes de cette consultation ne sont pas encore préparés pour la lecture."""

    status = 409
    title = "Textes à préparer"


class UnknownText(Refusal):
    """Ce texte, ou cette question ouverte, n’existe pas."""

    status = 404
    title = "Texte introuvable"


class TooFewTexts(Refusal):
    """Moins de onze personnes ont répondu à cette question : leurs textes ne sont pas montrés."""

    status = 409
    title = "Trop peu de textes"


@dataclass(frozen=True, kw_only=True)
class OpenQuestion:
    """A question answered in one's own words: how many people did, with how many texts."""

    name: str
    title: str
    people: int
    texts: int

    @property
    def withheld(self) -> bool:
        """Whether too few people answered for anything to be shown."""
        return self.people < FEWEST


class Corpus:
    """What people wrote, without what was found to point at someone."""

    def __init__(self, keys: ResultKeys) -> None:
        self._keys = keys

    def has_key(self, campaign: Campaign) -> bool:
        """Whether this server holds what opens the ballots."""
        return self._keys.holds(campaign.slug)

    def prepared(self, campaign: Campaign) -> bool:
        """Whether the texts can be read."""
        try:
            self.questions(campaign)
        except NotPrepared:
            return False
        return True

    def prepare(self, campaign: Campaign, ballots: Iterable[Ballot | None]) -> None:
        """Gather, redact and index every text; doing it again only forgets a machine's groups."""
        directory = self._directory(campaign)
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        key, layout = self._key(campaign), plan(campaign.questionnaire)
        with ExitStack() as cleaning:
            spools = {
                text: cleaning.enter_context(closing(Spool(directory))) for text in layout.texts
            }
            for ballot in ballots:
                if ballot:
                    _take(layout, ballot, spools)
            questions = [
                self._write(campaign, key, layout, text, spool) for text, spool in spools.items()
            ]
        contents = json.dumps([asdict(question) for question in questions]).encode()
        lock_file(directory / _CONTENTS, key, contents)

    def questions(self, campaign: Campaign) -> list[OpenQuestion]:
        """Every open question; NotPrepared when nothing has been gathered yet."""
        path = self._directory(campaign) / _CONTENTS
        try:
            contents = json.loads(unlock_file(path, self._key(campaign)))
        except (FileNotFoundError, CannotUnseal) as error:
            raise NotPrepared from error
        return [OpenQuestion(**question) for question in contents]

    def question(self, campaign: Campaign, name: str) -> OpenQuestion:
        """One of them; refused when it does not exist or when too few people answered."""
        found = next((one for one in self.questions(campaign) if one.name == name), None)
        if found is None:
            raise UnknownText
        if found.withheld:
            raise TooFewTexts
        return found

    @contextmanager
    def opened(self, campaign: Campaign, name: str) -> Iterator[Sayings]:
        """The texts of one question."""
        with reading(self._read(campaign, name)) as sayings:
            yield sayings

    def group(self, campaign: Campaign, name: str, clustering: Clustering) -> None:
        """Keep the groups a machine made of the texts of a question."""
        content = grouped(self._read(campaign, name), clustering)
        lock_file(self._directory(campaign) / name, self._key(campaign), content)

    def id_of(self, campaign: Campaign, name: str, redacted: str) -> bytes:
        """What the text of one ballot is known by, once redacted and on one line."""
        return saying_id(self._naming_key(campaign), name, redacted)

    def place_name(self, campaign: Campaign) -> str:
        """The profile question that may stand beside a text; empty when there is none."""
        place = plan(campaign.questionnaire).place
        return place.column.name if place else ""

    def forget(self, campaign: Campaign) -> None:
        """Remove what was gathered; it can be gathered again as long as the key is there."""
        shutil.rmtree(self._directory(campaign), ignore_errors=True)

    def _read(self, campaign: Campaign, name: str) -> bytes:
        question = self.question(campaign, name)
        return unlock_file(self._directory(campaign) / question.name, self._key(campaign))

    def _write(
        self, campaign: Campaign, key: bytes, layout: Plan, text: OpenText, spool: Spool
    ) -> OpenQuestion:
        said = [json.loads(line) for line in spool.read(range(len(spool)))]
        places = protected_places(
            [place for place, _ in said], layout.place, self._random(campaign, text.name)
        )
        pairs = list(zip(places, (redacted for _, redacted in said), strict=True))
        if len(pairs) >= FEWEST:
            content = written(self._naming_key(campaign), text.name, pairs)
            lock_file(self._directory(campaign) / text.name, key, content)
        return OpenQuestion(
            name=text.name,
            title=text.title,
            people=len(pairs),
            texts=len({redacted for _, redacted in pairs}),
        )

    def _random(self, campaign: Campaign, name: str) -> random.Random:
        # Drawn as for the export, so that a text comes from the same place in both.
        secret = derive(self._keys.get(campaign.slug).to_bytes(), "order of an export")
        return random.Random(derive(secret, name))  # noqa: S311 - see Writing

    def _naming_key(self, campaign: Campaign) -> bytes:
        # Never changes: what people decided about a text is kept under its name.
        return derive(self._keys.get(campaign.slug).to_bytes(), "names of open texts")

    def _key(self, campaign: Campaign) -> bytes:
        return derive(self._keys.get(campaign.slug).to_bytes(), f"open texts {_VERSION}")

    def _directory(self, campaign: Campaign) -> Path:
        return self._keys.beside(campaign.slug, "textes")


def _take(layout: Plan, ballot: Ballot, spools: dict[OpenText, Spool]) -> None:
    place = layout.place.value(ballot) if layout.place else ""
    for text, said in layout.written(ballot):
        spools[text].append(json.dumps([place, one_line(redact(said).text)]))
