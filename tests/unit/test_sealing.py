"""Sealed boxes give back what was put in, to the right key and purpose only."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation import sealing
from consultation.sealing import (
    AirlockKey,
    CannotUnseal,
    FormerKey,
    SealingKey,
    UrnKey,
    padded,
    seal,
    size_for,
    unpadded,
)

KINDS: dict[type[SealingKey], int] = {AirlockKey: 81, UrnKey: 1136, FormerKey: 48}
"""The kinds of key, and how much longer than its text a box of theirs is."""
KEYS = {kind: kind.generate() for kind in KINDS}
BINDING = (AirlockKey, UrnKey)
SHARED = bytes(range(32))

of_each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
texts = st.binary(max_size=2000)


@of_each_kind
@given(text=texts, info=st.binary(max_size=200))
def test_what_was_sealed_comes_back(kind: type[SealingKey], text: bytes, info: bytes) -> None:
    box = seal(KEYS[kind].public, text, info)

    assert KEYS[kind].unseal(box, info) == text
    assert len(box) == len(text) + KINDS[kind]


@given(text=texts)
def test_what_was_locked_comes_back(text: bytes) -> None:
    assert sealing.unlock(SHARED, sealing.lock(SHARED, text)) == text


@of_each_kind
def test_the_same_text_never_gives_the_same_box(kind: type[SealingKey]) -> None:
    public = KEYS[kind].public

    assert seal(public, b"oui", b"") != seal(public, b"oui", b"")


def test_the_same_text_is_never_locked_twice_alike() -> None:
    assert sealing.lock(SHARED, b"oui") != sealing.lock(SHARED, b"oui")


@pytest.mark.parametrize("length", [65_535, 65_536, 66_000, 131_071, 5 * 1024 * 1024 + 30])
def test_what_is_locked_may_be_as_long_as_a_file(length: int) -> None:
    text = b"x" * (length - 2) + b"\x00\x80"

    box = sealing.lock(SHARED, text)

    assert sealing.unlock(SHARED, box) == text
    assert (len(box) - 12 - 16) % (64 * 1024) == 0


@pytest.mark.parametrize(
    ("length", "size"),
    [(0, 1), (1023, 1), (1024, 4), (4095, 4), (4096, 16), (16384, 64), (65535, 64)],
)
def test_what_is_locked_has_one_of_four_sizes(length: int, size: int) -> None:
    assert size_for(length) == size * 1024
    assert len(sealing.lock(SHARED, b"x" * length)) == size * 1024 + 12 + 16


@given(text=texts, room=st.integers(1, 300))
def test_what_was_padded_comes_back_from_the_size_that_was_asked(text: bytes, room: int) -> None:
    longer = padded(text, len(text) + room)

    assert len(longer) == len(text) + room
    assert unpadded(longer) == text


def test_a_text_that_would_show_its_length_is_refused() -> None:
    with pytest.raises(sealing.TooLong):
        padded(bytes(1024), 1024)


@of_each_kind
def test_another_key_opens_nothing(kind: type[SealingKey]) -> None:
    box = seal(KEYS[kind].public, b"oui", b"")

    for other in (kind.generate(), *(KEYS[one] for one in KINDS if one != kind)):
        with pytest.raises(CannotUnseal):
            other.unseal(box, b"")


@pytest.mark.parametrize("kind", BINDING)
@given(info=st.binary(max_size=40), other=st.binary(max_size=40))
def test_a_box_opens_for_its_own_purpose_only(
    kind: type[SealingKey], info: bytes, other: bytes
) -> None:
    box = seal(KEYS[kind].public, b"oui", info)

    if other != info:
        with pytest.raises(CannotUnseal):
            KEYS[kind].unseal(box, other)


def test_another_secret_unlocks_nothing() -> None:
    with pytest.raises(CannotUnseal):
        sealing.unlock(bytes(32), sealing.lock(SHARED, b"oui"))


@given(noise=st.binary(max_size=2000))
def test_noise_is_not_a_box(noise: bytes) -> None:
    for key in KEYS.values():
        with pytest.raises(CannotUnseal):
            key.unseal(noise, b"")
    with pytest.raises(CannotUnseal):
        sealing.unlock(SHARED, noise)


@of_each_kind
@given(data=st.data())
def test_a_box_that_was_touched_or_cut_does_not_open(
    kind: type[SealingKey], data: st.DataObject
) -> None:
    box = bytearray(seal(KEYS[kind].public, b"oui", b""))
    place = data.draw(st.integers(0, len(box) - 1))
    cut = bytes(box[:place])
    box[place] ^= 1 << data.draw(st.integers(0, 7))

    for altered in (bytes(box), cut, bytes(box) + b"\0"):
        with pytest.raises(CannotUnseal):
            KEYS[kind].unseal(altered, b"")


def test_a_point_that_would_make_the_key_predictable_is_refused() -> None:
    for key in KEYS.values():
        with pytest.raises(CannotUnseal):
            key.unseal(bytes(1120 + 1024 + 16), b"")


@of_each_kind
def test_keys_come_back_from_their_bytes_and_do_not_show_themselves(kind: type[SealingKey]) -> None:
    key = KEYS[kind]
    again = sealing.sealing_key(key.to_bytes())

    assert again == key
    assert again.public == key.public
    assert len(key.public) == kind.PUBLIC_BYTES
    assert key.private.hex() not in repr(key)
    assert repr(key.private) not in repr(key)


@pytest.mark.parametrize(
    "written",
    [
        bytes(31),
        bytes(33),
        bytes(34),
        AirlockKey.MARK + bytes(32),
        AirlockKey.MARK + b"\xff" * 32,
        UrnKey.MARK + bytes(31),
        UrnKey.MARK + bytes(33),
    ],
)
def test_what_is_no_key_is_refused(written: bytes) -> None:
    with pytest.raises(ValueError, match=r"key|private"):
        sealing.sealing_key(written)


@pytest.mark.parametrize(
    "public",
    [b"", bytes(31), bytes(33), bytes(65), b"\x04" + bytes(64), bytes(1215), b"\xff" * 1216],
)
def test_nothing_is_sealed_to_what_is_no_key(public: bytes) -> None:
    with pytest.raises(ValueError, match=r"key|curve|point"):
        seal(public, b"oui", b"")


def test_what_was_sealed_before_still_opens() -> None:
    past = json.loads((Path(__file__).parent / "vectors/former_boxes.json").read_text("utf-8"))
    for name, boxes in (("airlock", past["waiting"]), ("export", past["released"])):
        key = sealing.sealing_key(bytes.fromhex(past[name]["private"]))

        assert isinstance(key, FormerKey)
        assert key.public.hex() == past[name]["public"]
        assert [unpadded(key.unseal(bytes.fromhex(one["box"]), b"")).decode() for one in boxes] == [
            one["text"] for one in boxes
        ]


@given(secret=st.binary(min_size=1, max_size=64), length=st.integers(1, 400))
def test_derived_keys_are_stable_and_differ_by_purpose(secret: bytes, length: int) -> None:
    key = sealing.derive(secret, "draft", length)

    assert key == sealing.derive(secret, "draft", length)
    assert len(key) == length
    assert sealing.derive(secret, "draft") != sealing.derive(secret, "draft id")


def test_a_key_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "roll" / "invite.key"

    sealing.write_key(path, SHARED)

    assert sealing.read_key(path) == SHARED
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_key_is_never_written_over_another(tmp_path: Path) -> None:
    path = tmp_path / "invite.key"
    sealing.write_key(path, SHARED)

    with pytest.raises(FileExistsError):
        sealing.write_key(path, bytes(32))

    assert sealing.read_key(path) == SHARED
    assert [file.name for file in tmp_path.iterdir()] == ["invite.key"]


def test_a_destroyed_key_is_overwritten_then_gone(tmp_path: Path) -> None:
    path, witness = tmp_path / "invite.key", tmp_path / "same-blocks"
    sealing.write_key(path, SHARED)
    witness.hardlink_to(path)

    sealing.destroy_key(path)
    sealing.destroy_key(path)

    assert not path.exists()
    assert witness.read_bytes() != SHARED
    assert len(witness.read_bytes()) == len(SHARED)


def test_a_locked_file_is_read_under_its_own_name_and_key_only(tmp_path: Path) -> None:
    path, copy = tmp_path / "idee", tmp_path / "autre"
    for content in (b"avant", b"x" * 200_000):
        sealing.lock_file(path, SHARED, content)
    copy.write_bytes(path.read_bytes())

    assert sealing.unlock_file(path, SHARED) == b"x" * 200_000
    assert path.stat().st_mode & 0o777 == 0o600
    for file, key in ((copy, SHARED), (path, bytes(32))):
        with pytest.raises(sealing.CannotUnseal):
            sealing.unlock_file(file, key)
    path.write_bytes(b"court")
    with pytest.raises(sealing.CannotUnseal):
        sealing.unlock_file(path, SHARED)
    assert {one.name for one in tmp_path.iterdir()} == {"idee", "autre"}
