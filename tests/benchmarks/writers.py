"""Four processes that cast ballots at once: none fails, and how long the unluckiest waits."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from multiprocessing import get_context
from statistics import median

import storm

from benchmarks.town import Credential, Town, credential, town
from consultation.app import utc_now
from consultation.ballots.store import Urn
from consultation.blind import PublicKey
from consultation.database import Database, Stores
from consultation.office.campaigns import Campaign
from consultation.office.proofs import Proofs

WRITERS, BALLOTS = 4, 40
DOCUMENT = b"x" * 3_300  # a long answer


def main() -> None:
    """Print the figures."""
    with town(WRITERS * BALLOTS + 10) as place:
        waits = _cast_at_once(place)
    worst, usual = max(waits), median(waits)
    print(  # noqa: T201
        f"{len(waits)} ballots, {WRITERS} writers, no failure: median {usual * 1000:.1f} ms, "
        f"worst {worst * 1000:.0f} ms, ratio {worst / usual:.0f}"
    )


def _cast_at_once(place: Town) -> list[float]:
    given = [credential(place, one) for one in place.invitations[: WRITERS * BALLOTS]]
    url = place.environment.get("BOX_DATABASE_URL") or str(place.app.parts[Stores]["box"].url)
    office = str(place.app.parts[Stores]["office"].url)
    known = place.campaign.keys
    keys = {name: PublicKey(n=key.n, e=key.e) for name, key in known.items()}  # what pickle takes
    campaign = replace(place.campaign, keys=keys)
    shares = [(url, office, campaign, given[first::WRITERS]) for first in range(WRITERS)]
    with get_context("fork").Pool(WRITERS) as pool:
        return [wait for share in pool.starmap(_cast, shares) for wait in share]


def _cast(url: str, office: str, campaign: Campaign, given: list[Credential]) -> list[float]:
    proofs = Proofs(Database(office), utc_now)
    urn = Urn(Database(url), proofs, utc_now, secrets.token_bytes)
    waits = []
    for one in given:
        started = time.monotonic()
        if urn.cast(campaign, storm.AUDIENCE, one.msg, one.sig, DOCUMENT) != "recorded":
            raise ValueError("not recorded")
        waits.append(time.monotonic() - started)
    return waits


if __name__ == "__main__":
    main()
