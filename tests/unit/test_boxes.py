"""What waits and what rests: one size for a campaign, and nothing that opens elsewhere."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small import campaign, export_key

from consultation.ballots.boxes import (
    Waiting,
    airlock_kind,
    for_airlock,
    for_urn,
    from_airlock,
    from_urn,
)
from consultation.office.campaigns import Campaign
from consultation.sealing import AirlockKey, CannotUnseal, FormerKey, TooLong, padded

KEY = AirlockKey.generate()
HERE, ELSEWHERE = campaign(), campaign()
FORMER_KEY = FormerKey.generate()
FORMER = replace(HERE, box_size=None, export_key=FORMER_KEY.public)
SIZE = HERE.box_size or 0

documents = st.binary(max_size=SIZE - 1)
audiences = st.sampled_from(["agents", "cadres", "é" * 60])


@given(document=documents, audience=audiences)
def test_a_ballot_comes_back_with_its_audience_and_no_size_of_its_own(
    document: bytes, audience: str
) -> None:
    ballot = Waiting(audience, document)

    waiting, resting = for_airlock(HERE, KEY.public, ballot), for_urn(HERE, document)

    assert from_airlock(HERE.urn, KEY, waiting) == ballot
    assert from_urn(HERE.urn, export_key(), resting) == document
    assert len(waiting) == SIZE + 81 + 128 + 81
    assert len(resting) == SIZE + 1136


def test_a_box_of_another_campaign_does_not_open_with_the_same_keys() -> None:
    waiting = for_airlock(ELSEWHERE, KEY.public, Waiting("agents", b"oui"))
    resting = for_urn(ELSEWHERE, b"oui")

    with pytest.raises(CannotUnseal):
        from_airlock(HERE.urn, KEY, waiting)
    with pytest.raises(CannotUnseal):
        from_urn(HERE.urn, export_key(), resting)


@pytest.mark.parametrize(
    ("there", "audience"), [(HERE, "cadres"), (ELSEWHERE, "agents")], ids=["audience", "campaign"]
)
def test_a_box_made_for_another_audience_or_campaign_does_not_open_inside(
    there: Campaign, audience: str
) -> None:
    """As a client would make it, who has a right to answer as one of the agents, here."""
    proved, inside = (
        KEY.unseal(
            for_airlock(where, KEY.public, Waiting(who, b"oui")),
            b"consultation/airlock" + where.urn,
        )
        for where, who in ((HERE, "agents"), (there, audience))
    )
    text = proved[:128] + inside[128:]

    with pytest.raises(CannotUnseal):
        from_airlock(
            HERE.urn, KEY, AirlockKey.seal(KEY.public, text, b"consultation/airlock" + HERE.urn)
        )


def test_what_waits_never_opens_as_what_rests() -> None:
    waiting = for_airlock(HERE, KEY.public, Waiting("agents", b"oui"))
    with pytest.raises(CannotUnseal):
        from_urn(HERE.urn, KEY, waiting)


@pytest.mark.parametrize("text", [b"", bytes(128), b"\xff" * 300])
def test_a_wrapper_that_holds_no_box_is_refused(text: bytes) -> None:
    box = AirlockKey.seal(KEY.public, text, b"consultation/airlock" + HERE.urn)

    with pytest.raises(CannotUnseal):
        from_airlock(HERE.urn, KEY, box)


def test_an_audience_that_is_no_text_is_refused() -> None:
    text = padded(b"oui", SIZE)
    inside = AirlockKey.seal(KEY.public, text, b"consultation/ballot" + HERE.urn + b"\xff")
    told = b"\xff".ljust(128, b"\0")
    box = AirlockKey.seal(KEY.public, told + inside, b"consultation/airlock" + HERE.urn)

    with pytest.raises(CannotUnseal):
        from_airlock(HERE.urn, KEY, box)


@pytest.mark.parametrize("found", [HERE, FORMER], ids=["new", "former"])
def test_a_ballot_that_would_show_its_length_is_refused(found: Campaign) -> None:
    key = airlock_kind(found).generate()
    for_airlock(found, key.public, Waiting("agents", bytes(found.longest_document)))
    long = bytes(found.longest_document + 1)

    with pytest.raises(TooLong):
        for_airlock(found, key.public, Waiting("agents", long))
    with pytest.raises(TooLong):
        for_urn(found, long)


@given(length=st.integers(0, 64 * 1024 - 1))
def test_a_former_campaign_keeps_its_four_sizes(length: int) -> None:
    text = bytes(length)
    size = next(one for one in (1, 4, 16, 64) if length < one * 1024)
    key = airlock_kind(FORMER).generate()

    waiting = for_airlock(FORMER, key.public, Waiting("agents", text))
    resting = for_urn(FORMER, text)

    assert len(waiting) == len(resting) == size * 1024 + 48
    assert from_airlock(FORMER.urn, key, waiting).document == text
    assert from_urn(FORMER.urn, FORMER_KEY, resting) == text
