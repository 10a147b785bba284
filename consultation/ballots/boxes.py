"""How ballots are sealed: for the airlock, by whoever answers and by the urn; then for the urn.

A box for the airlock holds another one, made for one campaign and one audience, the size of which
is that of every box of the campaign. Around it, sealed for the same key, is the audience that the
signature proved: the one inside opens for no other, and neither opens in another campaign.
Campaigns created before HPKE was adopted have one box, of one of four sizes.
"""

from __future__ import annotations

from dataclasses import dataclass

from consultation.office.campaigns import Campaign
from consultation.sealing import (
    AirlockKey,
    CannotUnseal,
    FormerKey,
    SealingKey,
    TooLong,
    padded,
    seal,
    size_for,
    unpadded,
)

_AUDIENCE_BYTES = 128  # always as many: the length of a box tells no audience


@dataclass(frozen=True)
class Waiting:
    """A ballot that waits: its audience, proved (unknown where there is one box), and the rest."""

    audience: str
    document: bytes


def airlock_kind(campaign: Campaign) -> type[SealingKey]:
    """The kind of the airlock's keys: always that of the campaign's creation."""
    return FormerKey if campaign.box_size is None else AirlockKey


def for_airlock(campaign: Campaign, public: bytes, ballot: Waiting) -> bytes:
    """What waits in the airlock; TooLong when the document does not fit in the campaign's boxes."""
    text, audience = _padded(campaign, ballot.document), ballot.audience.encode()
    box = seal(public, text, _for_ballot(campaign.urn, audience))
    if campaign.box_size is None:
        return box
    told = audience.ljust(_AUDIENCE_BYTES, b"\0")
    return seal(public, told + box, _for_wrapper(campaign.urn))


def from_airlock(urn: bytes, key: SealingKey, box: bytes) -> Waiting:
    """The ballot that waited; CannotUnseal for anything else than such a box of this urn."""
    audience = b""
    if not isinstance(key, FormerKey):
        opened = key.unseal(box, _for_wrapper(urn))
        audience, box = opened[:_AUDIENCE_BYTES].rstrip(b"\0"), opened[_AUDIENCE_BYTES:]
    document = unpadded(key.unseal(box, _for_ballot(urn, audience)))
    try:
        return Waiting(audience.decode(), document)
    except UnicodeDecodeError as error:
        raise CannotUnseal from error


def for_urn(campaign: Campaign, document: bytes) -> bytes:
    """What the urn keeps, and only the export key opens; TooLong as above."""
    return seal(campaign.export_key, _padded(campaign, document), _for_rest(campaign.urn))


def from_urn(urn: bytes, key: SealingKey, box: bytes) -> bytes:
    """The document that was kept; CannotUnseal for anything else than a ballot of this urn."""
    return unpadded(key.unseal(box, _for_rest(urn)))


def _padded(campaign: Campaign, document: bytes) -> bytes:
    if len(document) > campaign.longest_document:
        raise TooLong(f"{len(document)} bytes for {campaign.longest_document}")
    return padded(document, campaign.box_size or size_for(len(document)))


def _for_ballot(urn: bytes, audience: bytes) -> bytes:
    return b"consultation/ballot" + urn + audience


def _for_wrapper(urn: bytes) -> bytes:
    return b"consultation/airlock" + urn


def _for_rest(urn: bytes) -> bytes:
    return b"consultation/urn" + urn
