"""Attacks 12, 13, 16 and 18: forged credentials, guessed codes, tagging keys, and the algebra."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from statistics import median

import pytest
from attacks.conftest import Archive, Figure, Size
from attacks.evidence import Story, apart_from_the_field
from attacks.linking import SUCCESS, TOO_MANY, by_value, linked, share
from attacks.town import AUDIENCE, DESK, LANDING, SLUG, Device, Reply, Town, signing_key

from consultation.blind import (
    PrivateKey,
    PublicKey,
    blind,
    blind_sign,
    blinding_factor,
    finalize,
    nullifier,
    prepare,
    to_wire,
    verify,
)
from consultation.office.campaigns import CampaignExists
from consultation.office.store import Campaigns
from consultation.results.disclosure import Hierarchy, protect
from consultation.roll.batches import parse
from consultation.roll.store import Roll, TooFewInvitees, UnknownCode

pytestmark = pytest.mark.long

PAGES = ("pages/missions", "relire", "envoyer")
ROUNDS, TRIES = 60, 4
OF_NO_USE = 0.75
"""A guess right three times in four is still useless against codes of 130 bits."""


def test_12_no_forgery_passes_and_all_get_one_answer(
    archive: Archive, size: Size, figure: Figure
) -> None:
    town = archive.half_way()
    forged = [pair for agent in town.agents[:3] for pair in _forgeries(town, agent.code).values()]
    careless = [len(message) == 64 and len(sig) == town.public_key.size for message, sig in forged]
    figure("control", sum(careless) / len(forged))
    assert sum(careless) >= SUCCESS * len(forged)

    device = Device(town, town.agents[0])
    replies = [
        device.post(f"{LANDING}/{page}", [("m", to_wire(message)), ("s", to_wire(sig))])
        for message, sig in [*forged, (b"", b""), (b"\0" * 64, b""), (b"x", b"\xff" * 500)]
        for page in PAGES
    ]

    figure("forgeries", len(replies))
    assert {reply.status for reply in replies} == {403}
    assert len({reply.body for reply in replies}) == 1
    assert len({_shape(reply) for reply in replies}) == 1


def test_13_unknown_and_malformed_codes_get_the_same_answer(archive: Archive) -> None:
    town = archive.half_way()
    wrong = ["", "trop court", "0" * 26, "Z" * 26, "é" * 26, "A" * 3000, "\x00", "' OR 1=1 --"]
    for ask in _doors(town):
        replies = [ask(code) for code in (*wrong, town.agents[5].code[::-1])]

        assert {reply.status for reply in replies} == {404}
        assert len({apart_from_the_field(reply.body) for reply in replies}) == 1
        assert len({_shape(reply) for reply in replies}) == 1


def test_13_the_time_of_an_answer_tells_nothing_of_a_code(archive: Archive, figure: Figure) -> None:
    roll = archive.half_way().app.parts[Roll]

    def hasty(code: str) -> None:
        if len(code) == 26:
            roll.look(code)
        raise UnknownCode

    leaked = _told_apart(hasty)
    figure("control", leaked)
    assert leaked >= SUCCESS

    found = min(_told_apart(roll.look) for _ in range(2))  # the machine may be busy
    figure("told apart", found)
    assert found < OF_NO_USE


def test_16_a_key_for_one_person_would_name_them(archive: Archive, figure: Figure) -> None:
    """The control: were it possible, the audience of a ballot would be its author."""
    people = {f"agent{number}": f"public-{number}" for number in range(150)}
    ballots = {f"bulletin{number}": f"public-{number}" for number in range(150)}
    truth = {f"bulletin{number}": f"agent{number}" for number in range(150)}

    leaked = share(by_value(ballots, people), truth)

    figure("control", leaked)
    assert leaked >= SUCCESS


def test_16_a_campaign_for_one_person_does_not_open(archive: Archive) -> None:
    with pytest.raises(TooFewInvitees):
        archive.new_town("alone", people=1, pool=50)


def test_16_a_late_batch_begins_no_small_audience(archive: Archive) -> None:
    town = archive.half_way()
    roll, people = town.app.parts[Roll], parse(b"courriel\nseul@ain.gouv.fr\n")

    late = roll.draft_batch(SLUG, "Seul", "cadres", people)
    with pytest.raises(TooFewInvitees):
        roll.confirm(late, opened=True)

    assert "cadres" not in roll.size(SLUG).by_audience


def test_16_nothing_leaves_under_the_floor() -> None:
    columns = {"region": ["R84"] * 20}
    for k in (0, 1, 4):
        with pytest.raises(ValueError, match="at least"):
            protect(columns, [Hierarchy(name="region")], k=k, rows=20, rng=secrets.SystemRandom())


def test_16_an_open_campaign_cannot_be_written_again(archive: Archive) -> None:
    town = archive.half_way()
    register, before = town.app.parts[Campaigns], town.campaign
    definition, lists = register.definition(SLUG)

    with pytest.raises(CampaignExists):
        register.create(
            slug=SLUG,
            urn=before.urn,
            definition=definition.replace("store: region", ""),
            lists=lists,
            opens=before.opens,
            closes=before.closes + timedelta(days=1),
            export_key=b"\0" * 32,
            keys=before.keys,
        )

    assert town.campaign == before


def test_18_every_signature_given_may_be_that_of_every_ballot(size: Size, figure: Figure) -> None:
    """For each pair there is one blinding factor, and only one, that explains it."""
    private = PrivateKey.generate(1024)
    pairs = [_signed(private, _fixed) for _ in range(size.leaky)]
    explained = _explained(private.public, pairs, _fixed)
    figure("control", explained / len(pairs))
    assert explained >= SUCCESS * len(pairs)

    public = private.public
    pairs = [_signed(private, lambda _: secrets.token_bytes(64)) for _ in range(size.leaky)]
    factors = set()
    for blinded, blind_signature, _, _ in pairs:
        for _, _, message, signature in pairs:
            encoded = pow(_int(signature), public.e, public.n)
            factor = _int(blind_signature) * pow(_int(signature), -1, public.n) % public.n
            assert encoded * pow(factor, public.e, public.n) % public.n == _int(blinded)
            assert _int(blind_signature) * pow(factor, -1, public.n) % public.n == _int(signature)
            assert verify(public, message, signature)
            factors.add(factor)
    figure("pairs explained", len(factors) / len(pairs) ** 2)
    assert len(factors) == len(pairs) ** 2
    assert _explained(public, pairs, _fixed) < TOO_MANY


def test_18_what_the_roll_has_seen_and_what_the_urn_keeps_match_no_better_than_chance(
    story: Story, figure: Figure
) -> None:
    """The numbers of each side, sorted and laid side by side; and none is on both sides."""
    agents = {agent.address: agent for agent in story.town.agents}
    devices = {
        address: story.town.devices[address].secrets
        for address in story.answering
        if agents[address].script
    }
    guesses: dict[str, str] = {}
    truth = {nullifier(one["message"]).hex(): address for address, one in devices.items()}
    ranked = sorted(truth)
    people = sorted(devices, key=lambda address: devices[address]["blinded"])
    guesses |= dict(zip(ranked, people, strict=True))

    figure("linked", linked(guesses, truth))
    assert linked(guesses, truth) < TOO_MANY
    seen = {value for one in devices.values() for name, value in one.items() if "blind" in name}
    kept = {value for one in devices.values() for name, value in one.items() if "blind" not in name}
    assert not seen & kept


def _forgeries(town: Town, code: str) -> Mapping[str, tuple[bytes, bytes]]:
    """Credentials of the right form that the roll has not signed for this audience."""
    agent = next(one for one in town.agents if one.code == code)
    held = town.device(agent).secrets
    message, signature = held["message"], held["signature"]
    public, other = town.public_key, signing_key("cadres")
    stranger, foreign = PrivateKey.generate(1024), prepare(town.draw(32), town.draw(32))
    twice = pow(_int(signature), 2, public.n).to_bytes(public.size)
    return {
        "altered signature": (message, _altered(signature)),
        "altered message": (_altered(message), signature),
        "other prefix": (town.draw(32) + message[32:], signature),
        "of a stranger": (foreign, _own(stranger, foreign)),
        "of another audience": (foreign, _own(other, foreign)),
        "of a former campaign": (message, _own(PrivateKey.generate(1024), message)),
        "squared": (message, twice),
        "opposite": (message, (public.n - _int(signature)).to_bytes(public.size)),
        "at random": (town.draw(64), town.draw(public.size)),
        "zero": (message, bytes(public.size)),
        "one": (message, (1).to_bytes(public.size)),
    }


def _own(private: PrivateKey, message: bytes) -> bytes:
    return _signed_as(private, message, secrets.token_bytes(64))[3]


def _signed(
    private: PrivateKey, material: Callable[[bytes], bytes]
) -> tuple[bytes, bytes, bytes, bytes]:
    message = prepare(secrets.token_bytes(32), secrets.token_bytes(32))
    return _signed_as(private, message, material(message))


def _signed_as(
    private: PrivateKey, message: bytes, material: bytes
) -> tuple[bytes, bytes, bytes, bytes]:
    """What the roll sees (blinded, blind signature), and what the urn does (message, signature)."""
    public = private.public
    factor = blinding_factor(public, material)
    salt = secrets.token_bytes(48)
    blinded, inverse = blind(public, message, salt=salt, r=factor)
    signed = blind_sign(private, blinded)
    return blinded, signed, message, finalize(public, message, signed, inverse)


def _fixed(message: bytes) -> bytes:
    """A blinding that whoever knows the message can do again: none."""
    return message[:32]


def _explained(
    public: PublicKey,
    pairs: list[tuple[bytes, bytes, bytes, bytes]],
    material: Callable[[bytes], bytes],
) -> int:
    """How many blinded messages the message itself gives away."""
    right = 0
    for blinded, _, message, signature in pairs:
        encoded = pow(_int(signature), public.e, public.n)
        factor = blinding_factor(public, material(message))
        right += encoded * pow(factor, public.e, public.n) % public.n == _int(blinded)
    return right


def _told_apart(look: Callable[[str], object]) -> float:
    """How often the time of a few tries says whether a code was unknown or malformed."""
    unknown, malformed = "0" * 26, "trop court"
    times = [(_seconds(look, unknown), _seconds(look, malformed)) for _ in range(2 * ROUNDS)]
    limit = median(value for pair in times[:ROUNDS] for value in pair)
    right = sum((first > limit) + (second <= limit) for first, second in times[ROUNDS:])
    return max(right, 2 * ROUNDS - right) / (2 * ROUNDS)


def _seconds(look: Callable[[str], object], code: str) -> float:
    """The shortest of a few tries: the machine is busy with other things."""
    found = []
    for _ in range(TRIES):
        start = time.perf_counter()
        with suppress(UnknownCode):
            look(code)
        found.append(time.perf_counter() - start)
    return min(found)


def _doors(town: Town) -> Iterator[Callable[[str], Reply]]:
    """Every door that takes a code."""
    device = Device(town, town.agents[7])
    yield lambda code: device.post("/entree", [("code", code)])
    yield lambda code: device.post(f"/entree/{SLUG}/{AUDIENCE}", [("code", code)])
    yield lambda code: device.question("/guichet/ou", code=code)
    yield lambda code: device.question(f"{DESK}/etat", code=code)
    blinded = to_wire(b"\x01" * town.public_key.size)
    yield lambda code: device.question(f"{DESK}/signature", code=code, blinded=blinded)


CHANGING = {"Date", "Content-Length"}


def _shape(reply: Reply) -> tuple[tuple[str, str], ...]:
    """The headers, without the hour and the length, which the code given back changes."""
    left_out = {"Date", "Content-Length"}
    return tuple(
        sorted((name, text) for name, text in reply.headers.items() if name not in left_out)
    )


def _altered(value: bytes) -> bytes:
    return value[:-1] + bytes([value[-1] ^ 1])


def _int(value: bytes) -> int:
    return int.from_bytes(value)
