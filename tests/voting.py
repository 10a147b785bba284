"""Agents who answer without a browser: their credential and their ballot, by the parts alone."""

from __future__ import annotations

import json
import secrets

from consultation.ballots.release import Release
from consultation.ballots.store import Urn
from consultation.blind import blind, blinding_factor, finalize, prepare
from consultation.office.store import Campaigns
from consultation.parts import Parts
from consultation.roll.store import Roll


def credential(parts: Parts, slug: str, audience: str = "agents") -> tuple[bytes, bytes]:
    """What the roll gives to somebody who has not answered yet."""
    roll, campaign = parts[Roll], parts[Campaigns].get(slug)
    public = campaign.keys[audience]
    msg = prepare(secrets.token_bytes(32), secrets.token_bytes(32))
    r = blinding_factor(public, secrets.token_bytes(64))
    blinded, inverse = blind(public, msg, salt=secrets.token_bytes(48), r=r)
    code = roll.unused_invitation(slug, audience).code
    return msg, finalize(public, msg, roll.issue(campaign, audience, code, blinded), inverse)


def cast(parts: Parts, slug: str, given: tuple[bytes, bytes], number: int = 0) -> str:
    """Answer « 10 » or so, in the one question that takes a number."""
    campaign = parts[Campaigns].get(slug)
    parts[Release].prove(campaign)  # a worker is there
    document = {
        "definition": campaign.digest,
        "audience": "agents",
        "answers": {"tt": number % 6, "mot": f"agent {number}"},
    }
    return str(parts[Urn].cast(campaign, "agents", *given, json.dumps(document).encode()))


def vote(parts: Parts, slug: str, count: int) -> None:
    """So many agents answer."""
    for number in range(count):
        assert cast(parts, slug, credential(parts, slug), number) == "recorded"
