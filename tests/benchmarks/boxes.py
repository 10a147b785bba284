"""What a ballot costs to seal and to open, and its length, beside what it was before HPKE."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import small

from benchmarks.cpu import Measured, interleaved
from consultation.ballots.boxes import (
    Waiting,
    airlock_kind,
    for_airlock,
    for_urn,
    from_airlock,
    from_urn,
)
from consultation.config import shipped
from consultation.office.campaigns import Campaign
from consultation.questionnaire.loading import load
from consultation.questionnaire.size import box_size
from consultation.sealing import FormerKey, SealingKey, UrnKey

DOCUMENT = secrets.token_bytes(3_000)  # as a ballot of June has, all closed questions answered


def main() -> None:
    """Print the table: microseconds of CPU, then bytes."""
    now, before = dict(_measures(_june(UrnKey))), dict(_measures(_june(FormerKey)))
    both = {f"now, {name}": one for name, one in now.items()}
    both |= {f"before, {name}": one for name, one in before.items()}
    best = interleaved(both, 400)
    for name in now:
        times = [best[f"{when}, {name}"] * 1e6 for when in ("now", "before")]
        print(f"| {name} | {times[0]:.0f} | {times[1]:.0f} |")  # noqa: T201
    for kind in (UrnKey, FormerKey):
        campaign = _june(kind)
        waiting, resting = _boxes(campaign, airlock_kind(campaign).generate())
        print(f"{kind.__name__}: {len(waiting)} bytes wait, {len(resting)} rest")  # noqa: T201


def _june(kind: type[SealingKey]) -> Campaign:
    questionnaire = load(shipped("questionnaires") / "juin-2024.yaml").questionnaire
    if questionnaire is None:
        raise ValueError("juin-2024.yaml")
    size = None if kind is FormerKey else box_size(questionnaire)
    return replace(small.campaign(), export_key=KEYS[kind].public, box_size=size)


def _boxes(campaign: Campaign, key: SealingKey) -> tuple[bytes, bytes]:
    ballot = Waiting("agents", DOCUMENT)
    return for_airlock(campaign, key.public, ballot), for_urn(campaign, DOCUMENT)


def _measures(campaign: Campaign) -> Iterator[tuple[str, Measured]]:
    key = airlock_kind(campaign).generate()
    waiting, resting = _boxes(campaign, key)
    export = KEYS[UrnKey if campaign.box_size else FormerKey]
    ballot = Waiting("agents", DOCUMENT)
    yield "sealed for the airlock", partial(for_airlock, campaign, key.public, ballot)
    yield "opened at the release", partial(from_airlock, campaign.urn, key, waiting)
    yield "sealed for the urn", partial(for_urn, campaign, DOCUMENT)
    yield "opened by the export", partial(from_urn, campaign.urn, export, resting)


KEYS: dict[type[SealingKey], SealingKey] = {kind: kind.generate() for kind in (UrnKey, FormerKey)}


if __name__ == "__main__":
    main()
