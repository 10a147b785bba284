"""What an export says of itself, so that anyone can check it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256

from consultation.ballots.store import UrnCounts

MANIFEST = "manifest.json"


@dataclass(frozen=True, kw_only=True)
class TextsWritten:
    """What became of one file of free texts; those `withheld` nobody has accepted."""

    texts: int
    withheld: int
    marks: Mapping[str, int]
    without_place_percent: float


@dataclass(frozen=True, kw_only=True)
class AnsweredVersion:
    """A version of the questionnaire that people answered, the last one or an earlier one."""

    version: int
    digest: str
    ballots: int | None  # None when some version was answered by too few to be told


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What was exported, what the protection cost, and the digest of every file."""

    campaign: str
    title: str
    questionnaire: str
    questionnaire_version: int
    questionnaire_digest: str
    questionnaires: tuple[
        AnsweredVersion, ...
    ]  # the last one, then those corrected while people answered
    urn_digest: str
    values: str  # codes or labels
    rows_in: int
    rows_out: int
    unreadable: int
    k_asked: int
    k: int
    l_asked: int
    generalised_percent: Mapping[str, float]
    withheld_percent: Mapping[str, float]
    withdrawn: tuple[str, ...]
    withheld: Mapping[str, Mapping[str, int]]  # by column, how many answers, by the reason why
    texts: Mapping[str, TextsWritten]
    too_few_texts: tuple[str, ...]  # files not written: fewer than k texts
    files: Mapping[str, str]
    formats_not_written: Mapping[str, str] = field(default_factory=dict)  # and why, in French

    @classmethod
    def from_json(cls, content: bytes) -> Manifest:
        """The manifest that was written."""
        found = json.loads(content)
        texts = {name: TextsWritten(**one) for name, one in found.pop("texts").items()}
        # Files made by the version before this one hold no such lines; they are kept a day.
        asked = tuple(AnsweredVersion(**one) for one in found.pop("questionnaires", ()))
        found.setdefault("withheld", {})
        lists = {name: tuple(one) for name, one in found.items() if isinstance(one, list)}
        return cls(texts=texts, questionnaires=asked, **found | lists)

    @property
    def digest(self) -> str:
        """One digest for the whole export."""
        return sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        """The manifest as it is written."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2) + "\n"


def short(digest: str) -> str:
    """Enough of a digest to name a folder."""
    return digest[:12]


@dataclass(frozen=True, kw_only=True)
class Verification:
    """Whether the urn holds one readable ballot for each credential spent."""

    counts: UrnCounts
    unreadable: int
    digest: str

    @property
    def holds(self) -> bool:
        """Nothing lost, nothing added, nothing damaged."""
        counted = self.counts.waiting + self.counts.ballots
        return self.counts.spent == counted and not self.unreadable
