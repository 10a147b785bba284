"""Sealed boxes give back what was put in, to the right key only, and hide its length."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation import sealing

KEY = sealing.SealingKey.generate()
SHARED = bytes(range(32))

texts = st.binary(max_size=2000)


@given(text=texts)
def test_what_was_sealed_comes_back(text: bytes) -> None:
    assert KEY.unseal(sealing.seal(KEY.public, text)) == text


@given(text=texts)
def test_what_was_locked_comes_back(text: bytes) -> None:
    assert sealing.unlock(SHARED, sealing.lock(SHARED, text)) == text


def test_the_same_text_never_gives_the_same_box() -> None:
    assert sealing.seal(KEY.public, b"oui") != sealing.seal(KEY.public, b"oui")
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
def test_a_box_has_one_of_four_sizes(length: int, size: int) -> None:
    assert len(sealing.seal(KEY.public, b"x" * length)) == size * 1024 + 32 + 16
    assert len(sealing.lock(SHARED, b"x" * length)) == size * 1024 + 12 + 16


def test_a_text_that_would_show_its_length_is_refused() -> None:
    with pytest.raises(sealing.TooLong):
        sealing.seal(KEY.public, bytes(sealing.LONGEST + 1))


def test_another_key_opens_nothing() -> None:
    box = sealing.seal(KEY.public, b"oui")

    with pytest.raises(sealing.CannotUnseal):
        sealing.SealingKey.generate().unseal(box)
    with pytest.raises(sealing.CannotUnseal):
        sealing.unlock(bytes(32), sealing.lock(SHARED, b"oui"))


@given(noise=st.binary(max_size=200))
def test_noise_is_not_a_box(noise: bytes) -> None:
    with pytest.raises(sealing.CannotUnseal):
        KEY.unseal(noise)
    with pytest.raises(sealing.CannotUnseal):
        sealing.unlock(SHARED, noise)


@given(position=st.integers(0, 1024 + 47), bit=st.integers(0, 7))
def test_a_touched_box_does_not_open(position: int, bit: int) -> None:
    box = bytearray(sealing.seal(KEY.public, b"oui"))
    box[position] ^= 1 << bit

    with pytest.raises(sealing.CannotUnseal):
        KEY.unseal(bytes(box))


def test_a_point_that_would_make_the_key_predictable_is_refused() -> None:
    with pytest.raises(sealing.CannotUnseal):
        KEY.unseal(bytes(32 + 1024 + 16))


def test_keys_come_back_from_their_bytes_and_do_not_show_themselves() -> None:
    again = sealing.SealingKey.from_bytes(KEY.to_bytes())

    assert again == KEY
    assert again.public == KEY.public
    assert KEY.to_bytes().hex() not in repr(KEY)
    assert repr(KEY.to_bytes()) not in repr(KEY)


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        sealing.SealingKey.from_bytes(bytes(31))


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
