"""Attack 24: a copy of the closed urn, kept until a quantum computer opens what is classical."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import shake_256

import pytest
from attacks.conftest import Figure
from attacks.evidence import Story
from attacks.linking import SUCCESS
from attacks.town import mark_of, opened
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite

from consultation.ballots.boxes import for_urn, from_urn
from consultation.sealing import FormerKey, UrnKey

HYBRID = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


def halves(key: UrnKey) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    """The two private keys behind one; either may fall, the other not."""
    expanded = shake_256(key.private).digest(96)
    return (
        MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
        X25519PrivateKey.from_private_bytes(expanded[64:]),
    )


def share_opened(boxes: Sequence[bytes], key: MLKEM768X25519PrivateKey, info: bytes) -> float:
    """How many of these boxes the attacker's key opens."""
    found = 0
    for box in boxes:
        try:
            HYBRID.decrypt(box, key, info=info)
        except InvalidTag:
            continue
        found += 1
    return found / len(boxes)


@pytest.mark.parametrize("fallen", ["X25519", "ML-KEM"])
def test_24_a_copy_of_the_urn_needs_both_halves_of_its_key(
    story: Story, figure: Figure, fallen: str
) -> None:
    urn, key = story.town.campaign.urn, story.town.export_key()
    assert isinstance(key, UrnKey)
    boxes, info = list(story.final.ballots.values()), b"consultation/urn" + urn
    known, other = halves(key), halves(UrnKey.generate())
    assert share_opened(boxes, MLKEM768X25519PrivateKey(*known), info) == 1

    if fallen == "X25519":
        guessed = MLKEM768X25519PrivateKey(other[0], known[1])
    else:
        guessed = MLKEM768X25519PrivateKey(known[0], other[1])

    figure(f"opened when {fallen} has fallen", share_opened(boxes, guessed, info))
    assert share_opened(boxes, guessed, info) == 0


def test_24_where_x25519_stands_alone_its_fall_opens_everything(
    story: Story, figure: Figure
) -> None:
    """The control: the same ballots, as campaigns created before HPKE have them at rest."""
    town, fallen = story.town, FormerKey.generate()
    former = replace(town.campaign, box_size=None, export_key=fallen.public)
    documents = [
        from_urn(former.urn, town.export_key(), box) for box in story.final.ballots.values()
    ]
    copied = [for_urn(former, document) for document in documents]

    read = [opened(former.urn, fallen, box) for box in copied]

    found = sum(mark == mark_of(one) for mark, one in zip(read, documents, strict=True))
    figure("control", found / len(documents))
    assert found / len(documents) >= SUCCESS
