"""The suites are those that are published: whoever follows the texts makes boxes that open here."""

import hmac
import json
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from consultation.sealing import AirlockKey, SealingKey, UrnKey

VECTORS = Path(__file__).parent / "vectors"
HPKE = json.loads((VECTORS / "hpke.json").read_text())
XWING = json.loads((VECTORS / "xwing.json").read_text())
AES_128, AES_256, CHACHA20 = 1, 2, 3
KEM_OF_CURVE, KEM_OF_HYBRID, KDF = 0x0010, 0x647A, 1
KEY_BYTES = {AES_128: 16, AES_256: 32, CHACHA20: 32}
OURS: dict[int, tuple[type[SealingKey], int]] = {
    KEM_OF_CURVE: (AirlockKey, AES_256),
    KEM_OF_HYBRID: (UrnKey, CHACHA20),
}


def schedule(shared: bytes, kem: int, aead: int, info: bytes) -> tuple[bytes, bytes]:
    """RFC 9180, 5.1: the key and the first nonce, from what both sides share; base mode."""
    suite = b"HPKE-v1HPKE" + b"".join(number.to_bytes(2) for number in (kem, KDF, aead))

    def extract(salt: bytes, label: bytes, material: bytes) -> bytes:
        return hmac.digest(salt, suite + label + material, sha256)

    def expand(label: bytes, length: int) -> bytes:
        told = length.to_bytes(2) + suite + label + context
        return HKDFExpand(SHA256(), length, told).derive(secret)

    context = b"\0" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(shared, b"secret", b"")
    return expand(b"key", KEY_BYTES[aead]), expand(b"base_nonce", 12)


def encrypted(aead: int, key: bytes, nonce: bytes, text: bytes, beside: bytes = b"") -> bytes:
    cipher = ChaCha20Poly1305(key) if aead == CHACHA20 else AESGCM(key)
    return cipher.encrypt(nonce, text, beside)


@pytest.mark.parametrize("vector", HPKE, ids=lambda one: one["from"])
def test_the_schedule_of_these_tests_is_the_published_one(vector: dict[str, str]) -> None:
    it = {name: bytes.fromhex(value) for name, value in vector.items() if _is_hexadecimal(value)}
    kem, aead = int(vector["kem_id"]), int(vector["aead_id"])

    key, nonce = schedule(it["shared_secret"], kem, aead, it["info"])

    assert (key, nonce) == (it["key"], it["base_nonce"])
    assert encrypted(aead, key, nonce, it["pt"], it["aad"]) == it["ct"]


@pytest.mark.parametrize("vector", HPKE, ids=lambda one: one["from"])
def test_a_box_made_from_a_published_encapsulation_opens(vector: dict[str, str]) -> None:
    kind, aead = OURS[int(vector["kem_id"])]
    private, public, enc, shared = (
        bytes.fromhex(vector[name]) for name in ("skRm", "pkRm", "enc", "shared_secret")
    )
    key, nonce = schedule(shared, int(vector["kem_id"]), aead, b"une urne")
    box = enc + encrypted(aead, key, nonce, b"oui")

    assert kind(private).public == public
    assert kind(private).unseal(box, b"une urne") == b"oui"


def test_the_hybrid_is_x_wing() -> None:
    private, enc, shared = (bytes.fromhex(XWING[name]) for name in ("seed", "ct", "ss"))
    key, nonce = schedule(shared, KEM_OF_HYBRID, CHACHA20, b"une urne")
    box = enc + encrypted(CHACHA20, key, nonce, b"oui")

    public = UrnKey(private).public.hex()
    assert public.startswith(XWING["pk_begins"])
    assert public.endswith(XWING["pk_ends"])
    assert UrnKey(private).unseal(box, b"une urne") == b"oui"


def _is_hexadecimal(value: object) -> bool:
    return isinstance(value, str) and len(value) % 2 == 0 and " " not in value
