"""The blind signature: the RFC's own vectors, its laws, and what each side refuses."""

import json
import secrets
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation import blind

VECTORS = json.loads((Path(__file__).parent / "vectors" / "rfc9474.json").read_text())
VARIANTS = {
    variant.name: variant
    for variant in (
        blind.PSS_RANDOMIZED,
        blind.PSSZERO_RANDOMIZED,
        blind.PSS_DETERMINISTIC,
        blind.PSSZERO_DETERMINISTIC,
    )
}
SMALL = blind.PrivateKey.generate(1024)
OTHER = blind.PrivateKey.generate(1024)
SALT = bytes(48)
FACTOR = blind.blinding_factor(SMALL.public, bytes(32))

secret_bytes = st.binary(min_size=32, max_size=32)


def credential(message: bytes = bytes(64)) -> bytes:
    blinded, inverse = blind.blind(SMALL.public, message, salt=SALT, r=FACTOR)
    return blind.finalize(SMALL.public, message, blind.blind_sign(SMALL, blinded), inverse)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_vectors_of_rfc_9474_appendix_a_are_reproduced(vector: dict[str, str]) -> None:
    variant = VARIANTS[vector["name"]]
    n, e, d, p, q, inverse = (int(vector[name], 16) for name in ("n", "e", "d", "p", "q", "inv"))
    private = blind.PrivateKey(public=blind.PublicKey(n, e), p=p, q=q, d=d)
    prefix = bytes.fromhex(vector["msg_prefix"]) if variant.randomized else None

    prepared = blind.prepare(bytes.fromhex(vector["msg"]), prefix)
    salt = bytes.fromhex(vector["salt"])
    blinded, kept = blind.blind(private.public, prepared, salt=salt, r=pow(inverse, -1, n))
    blind_signature = blind.blind_sign(private, blinded)
    signature = blind.finalize(private.public, prepared, blind_signature, kept, variant)

    assert prepared.hex() == vector["input_msg"]
    assert len(salt) == variant.salt_bytes
    assert kept == inverse
    assert blinded.hex() == vector["blinded_msg"]
    assert blind_signature.hex() == vector["blind_sig"]
    assert signature.hex() == vector["sig"]
    assert blind.verify(private.public, prepared, signature, variant)


@given(message=secret_bytes, prefix=secret_bytes, salt=st.binary(min_size=48, max_size=48))
def test_what_was_blinded_and_signed_verifies_once_unblinded(
    message: bytes, prefix: bytes, salt: bytes
) -> None:
    prepared = blind.prepare(message, prefix)
    factor = blind.blinding_factor(SMALL.public, message + prefix)

    blinded, inverse = blind.blind(SMALL.public, prepared, salt=salt, r=factor)
    signature = blind.finalize(SMALL.public, prepared, blind.blind_sign(SMALL, blinded), inverse)

    assert blind.verify(SMALL.public, prepared, signature)
    assert not blind.verify(OTHER.public, prepared, signature)


@given(message=secret_bytes, other=secret_bytes)
def test_every_blinded_message_is_consistent_with_every_credential(
    message: bytes, other: bytes
) -> None:
    blinded, _ = blind.blind(
        SMALL.public, message, salt=SALT, r=blind.blinding_factor(SMALL.public, message)
    )

    signed = credential(other)

    # The factor that would link this blinded message to that credential exists for any pair.
    n, d = SMALL.public.n, SMALL.d
    factor = pow(int.from_bytes(blinded), d, n) * pow(int.from_bytes(signed), -1, n) % n
    linked = pow(int.from_bytes(signed), SMALL.public.e, n) * pow(factor, SMALL.public.e, n) % n
    assert linked == int.from_bytes(blinded)


@given(noise=st.binary(max_size=200))
def test_other_bytes_are_never_a_signature(noise: bytes) -> None:
    assert not blind.verify(SMALL.public, bytes(64), noise)


@given(position=st.integers(0, 127), bit=st.integers(0, 7))
def test_one_changed_bit_spoils_a_signature(position: int, bit: int) -> None:
    spoiled = bytearray(credential())
    spoiled[position] ^= 1 << bit

    assert not blind.verify(SMALL.public, bytes(64), bytes(spoiled))


@pytest.mark.parametrize(
    "blinded",
    [
        b"",
        bytes(128),
        SMALL.public.n.to_bytes(128),
        b"\xff" * 128,
        b"\x01" * 127,
        b"\x01" * 129,
    ],
)
def test_only_a_number_below_the_modulus_is_signed(blinded: bytes) -> None:
    with pytest.raises(blind.InvalidBlindedMessage):
        blind.blind_sign(SMALL, blinded)


def test_signing_the_same_blinded_message_twice_gives_the_same_signature() -> None:
    blinded, _ = blind.blind(SMALL.public, bytes(64), salt=SALT, r=FACTOR)

    assert blind.blind_sign(SMALL, blinded) == blind.blind_sign(SMALL, blinded)


def test_a_damaged_key_signs_nothing() -> None:
    damaged = blind.PrivateKey(public=SMALL.public, p=SMALL.p, q=SMALL.q, d=SMALL.d + 2)
    blinded, _ = blind.blind(SMALL.public, bytes(64), salt=SALT, r=FACTOR)

    with pytest.raises(ArithmeticError):
        blind.blind_sign(damaged, blinded)


@pytest.mark.parametrize("answer", [b"", bytes(127), bytes(129), b"\x02" * 128])
def test_a_signer_who_cheats_is_found_out(answer: bytes) -> None:
    _, inverse = blind.blind(SMALL.public, bytes(64), salt=SALT, r=FACTOR)

    with pytest.raises(blind.InvalidSignature):
        blind.finalize(SMALL.public, bytes(64), answer, inverse)


@pytest.mark.parametrize(
    "factor", [0, -1, SMALL.p, SMALL.public.n], ids=["zero", "negative", "prime", "modulus"]
)
def test_a_factor_that_hides_nothing_is_refused(factor: int) -> None:
    with pytest.raises(ValueError, match="not invertible"):
        blind.blind(SMALL.public, bytes(64), salt=SALT, r=factor)


def test_a_short_secret_gives_no_factor() -> None:
    with pytest.raises(ValueError, match="32 secret bytes"):
        blind.blinding_factor(SMALL.public, bytes(31))


def test_a_prefix_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        blind.prepare(b"message", b"short")


def test_a_key_too_short_for_the_hash_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        blind.blind(blind.PublicKey(n=2**511 + 1, e=3), b"", salt=SALT, r=2)


def test_keys_come_back_from_their_files() -> None:
    public = blind.PublicKey.from_pem(SMALL.public.to_pem())
    private = blind.PrivateKey.from_pem(SMALL.to_pem())

    assert public == SMALL.public
    assert private == SMALL
    assert private.public.fingerprint == public.fingerprint
    assert public.size == 128


def test_a_key_of_another_kind_is_refused() -> None:
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    public = key.public_key().public_bytes(
        form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo
    )

    with pytest.raises(ValueError, match="not an RSA private key"):
        blind.PrivateKey.from_pem(private)
    with pytest.raises(ValueError, match="not an RSA public key"):
        blind.PublicKey.from_pem(public)


def test_a_private_key_does_not_show_itself() -> None:
    shown = repr(SMALL)

    assert not any(str(number) in shown for number in (SMALL.p, SMALL.q, SMALL.d))


def test_the_default_key_has_3072_bits() -> None:
    assert blind.PrivateKey.generate().public.size == 384


@given(data=st.binary(max_size=100))
def test_bytes_come_back_from_the_wire(data: bytes) -> None:
    assert blind.from_wire(blind.to_wire(data)) == data


@pytest.mark.parametrize("text", ["A", "AB", "AA==", "A A", "é", "AA\n", "+/+/", "AAA=", "%"])
def test_a_value_has_one_spelling_on_the_wire(text: str) -> None:
    assert blind.from_wire(text) is None


def test_a_nullifier_says_nothing_but_same_or_different() -> None:
    prepared = secrets.token_bytes(64)

    assert len(blind.nullifier(prepared)) == 32
    assert blind.nullifier(prepared) == blind.nullifier(prepared)
    assert blind.nullifier(prepared) != blind.nullifier(prepared + b"x")
