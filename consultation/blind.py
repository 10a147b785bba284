"""Blind RSA signatures (RFC 9474): the signer vouches for a message it cannot recognise later.

The client prepares a message, blinds it, has it signed, then finalizes: the signature it obtains
is a plain RSASSA-PSS one, and no (blinded, blind signature) pair the signer has seen is closer to
it than any other.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass, field
from functools import cache, cached_property

import gmpy2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PREFIX_BYTES = 32
HASH_BYTES = hashlib.sha384().digest_size

__all__ = [
    "PSSZERO_DETERMINISTIC",
    "PSSZERO_RANDOMIZED",
    "PSS_DETERMINISTIC",
    "PSS_RANDOMIZED",
    "InvalidBlindedMessage",
    "InvalidSignature",
    "PrivateKey",
    "PublicKey",
    "Variant",
    "blind",
    "blind_sign",
    "blinding_factor",
    "finalize",
    "from_wire",
    "nullifier",
    "prepare",
    "to_wire",
    "verify",
]


@dataclass(frozen=True)
class Variant:
    """One of the four ways of RFC 9474 §5; the platform uses `PSS_RANDOMIZED`."""

    name: str
    salt_bytes: int
    randomized: bool


PSS_RANDOMIZED = Variant("RSABSSA-SHA384-PSS-Randomized", HASH_BYTES, True)
PSSZERO_RANDOMIZED = Variant("RSABSSA-SHA384-PSSZERO-Randomized", 0, True)
PSS_DETERMINISTIC = Variant("RSABSSA-SHA384-PSS-Deterministic", HASH_BYTES, False)
PSSZERO_DETERMINISTIC = Variant("RSABSSA-SHA384-PSSZERO-Deterministic", 0, False)


class InvalidBlindedMessage(ValueError):
    """The blinded message is not a number the key can sign."""


@dataclass(frozen=True)
class PublicKey:
    """What verifies."""

    n: int
    e: int

    @property
    def size(self) -> int:
        """The length of a signature, in bytes."""
        return (self.n.bit_length() + 7) // 8

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of the key as published, in hexadecimal."""
        return hashlib.sha256(self.to_der()).hexdigest()

    def to_der(self) -> bytes:
        """The key as a SubjectPublicKeyInfo."""
        return self._key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def to_pem(self) -> bytes:
        """The key as a PEM file."""
        return self._key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @classmethod
    def from_pem(cls, pem: bytes) -> PublicKey:
        """The key written by `to_pem`; ValueError when it is not an RSA public key."""
        key = serialization.load_pem_public_key(pem)
        if not isinstance(key, rsa.RSAPublicKey):
            raise ValueError("not an RSA public key")
        numbers = key.public_numbers()
        return cls(n=numbers.n, e=numbers.e)

    @cached_property
    def _key(self) -> rsa.RSAPublicKey:
        return rsa.RSAPublicNumbers(self.e, self.n).public_key()


@dataclass(frozen=True)
class PrivateKey:
    """What signs; its numbers never appear in a text representation."""

    public: PublicKey
    p: int = field(repr=False)
    q: int = field(repr=False)
    d: int = field(repr=False)

    @classmethod
    def generate(cls, bits: int = 3072) -> PrivateKey:
        """A new key."""
        return cls._of(rsa.generate_private_key(public_exponent=65537, key_size=bits))

    @classmethod
    def from_pem(cls, pem: bytes) -> PrivateKey:
        """The key written by `to_pem`; ValueError when it is not an RSA private key.

        Its primes are not proved prime again, which takes as long as twenty signatures: a damaged
        key cannot sign, `blind_sign` checks each of them.
        """
        key = serialization.load_pem_private_key(
            pem, password=None, unsafe_skip_rsa_key_validation=True
        )
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError("not an RSA private key")
        return cls._of(key)

    def to_pem(self) -> bytes:
        """The key as an unencrypted PKCS #8 file: its directory is its protection."""
        key = rsa.RSAPrivateNumbers(
            p=self.p,
            q=self.q,
            d=self.d,
            dmp1=self.dp,
            dmq1=self.dq,
            iqmp=self.q_inverse,
            public_numbers=rsa.RSAPublicNumbers(self.public.e, self.public.n),
        ).private_key(unsafe_skip_rsa_key_validation=True)
        return key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    @cached_property
    def dp(self) -> int:
        """The exponent modulo p."""
        return self.d % (self.p - 1)

    @cached_property
    def dq(self) -> int:
        """The exponent modulo q."""
        return self.d % (self.q - 1)

    @cached_property
    def q_inverse(self) -> int:
        """The inverse of q modulo p."""
        return pow(self.q, -1, self.p)

    @classmethod
    def _of(cls, key: rsa.RSAPrivateKey) -> PrivateKey:
        numbers = key.private_numbers()
        public = PublicKey(n=numbers.public_numbers.n, e=numbers.public_numbers.e)
        return cls(public=public, p=numbers.p, q=numbers.q, d=numbers.d)


def prepare(message: bytes, prefix: bytes | None) -> bytes:
    """The message to sign: after 32 random bytes (randomized variants), or as it is (None)."""
    if prefix is None:
        return message
    if len(prefix) != PREFIX_BYTES:
        raise ValueError(f"a prefix has {PREFIX_BYTES} bytes")
    return prefix + message


def blind(public: PublicKey, prepared: bytes, *, salt: bytes, r: int) -> tuple[bytes, int]:
    """The blinded message for the signer, and the inverse that `finalize` needs.

    `salt`: 48 random bytes, or none (PSSZERO); `r`: uniform in 1..n-1, see `blinding_factor`.
    """
    encoded = int.from_bytes(_pss_encode(prepared, salt, public.n.bit_length() - 1))
    if not 0 < r < public.n or gmpy2.gcd(encoded * r, public.n) != 1:
        raise ValueError("the blinding factor or the message is not invertible")
    blinded = encoded * _public_power(public, r) % public.n
    return blinded.to_bytes(public.size), int(gmpy2.invert(r, public.n))


def blinding_factor(public: PublicKey, material: bytes) -> int:
    """A blinding factor drawn from at least 32 secret bytes, always the same for the same ones.

    128 bits more than the modulus are derived, so that reducing them leaves no visible bias.
    """
    if len(material) < 32:
        raise ValueError("a blinding factor needs 32 secret bytes")
    length = public.size + 16
    wide = HKDF(hashes.SHA256(), length, salt=None, info=b"consultation/blinding").derive(material)
    return 1 + int.from_bytes(wide) % (public.n - 1)


def blind_sign(private: PrivateKey, blinded: bytes) -> bytes:
    """Sign what cannot be seen; InvalidBlindedMessage when it is not a number below the modulus.

    Against timing, `powmod_sec` on a base the client does not know; against a faulty processor,
    whose single wrong half would give the key away, the result is checked before it leaves.
    """
    public = private.public
    message = int.from_bytes(blinded)
    if len(blinded) != public.size or not 0 < message < public.n:
        raise InvalidBlindedMessage("out of range")
    mask = 2 + secrets.randbelow(public.n - 3)
    masked = message * _public_power(public, mask) % public.n
    signature = _power(private, masked) * int(gmpy2.invert(mask, public.n)) % public.n
    if _public_power(public, signature) != message:
        raise ArithmeticError("the signature does not verify: faulty computation or damaged key")
    return signature.to_bytes(public.size)


def finalize(
    public: PublicKey,
    prepared: bytes,
    blind_signature: bytes,
    inverse: int,
    variant: Variant = PSS_RANDOMIZED,
) -> bytes:
    """The signature of the prepared message; InvalidSignature when the signer has cheated."""
    if len(blind_signature) != public.size:
        raise InvalidSignature
    signature = int.from_bytes(blind_signature) * inverse % public.n
    result = signature.to_bytes(public.size)
    if not verify(public, prepared, result, variant):
        raise InvalidSignature
    return result


def verify(
    public: PublicKey, prepared: bytes, signature: bytes, variant: Variant = PSS_RANDOMIZED
) -> bool:
    """Whether the key has signed this prepared message; false, never an error, on any bytes."""
    try:
        public._key.verify(signature, prepared, _scheme(variant.salt_bytes), hashes.SHA384())
    except InvalidSignature:
        return False
    return True


@cache
def _scheme(salt_bytes: int) -> padding.PSS:
    return padding.PSS(mgf=padding.MGF1(hashes.SHA384()), salt_length=salt_bytes)


def nullifier(prepared: bytes) -> bytes:
    """What the urn remembers of a spent credential: enough to know it again, not to rebuild it."""
    return hashlib.sha256(prepared).digest()


def to_wire(data: bytes) -> str:
    """Bytes as they travel in forms and JSON: base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_wire(text: str) -> bytes | None:
    """The bytes behind `to_wire`, or None for any other spelling: one value, one text."""
    try:
        data = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (UnicodeEncodeError, binascii.Error):
        return None
    return data if to_wire(data) == text else None


def _public_power(public: PublicKey, base: int) -> int:
    """The exponent is known to all: seven times faster than `pow`, and nothing to give away."""
    return int(gmpy2.powmod(base, public.e, public.n))


def _power(private: PrivateKey, base: int) -> int:
    half_p = int(gmpy2.powmod_sec(base % private.p, private.dp, private.p))
    half_q = int(gmpy2.powmod_sec(base % private.q, private.dq, private.q))
    return half_q + private.q * ((half_p - half_q) * private.q_inverse % private.p)


def _pss_encode(message: bytes, salt: bytes, bits: int) -> bytes:
    length = (bits + 7) // 8
    if length < HASH_BYTES + len(salt) + 2:
        raise ValueError("the key is too short for this encoding")
    digest = hashlib.sha384(bytes(8) + hashlib.sha384(message).digest() + salt).digest()
    block = bytes(length - len(salt) - HASH_BYTES - 2) + b"\x01" + salt
    masked = bytearray(a ^ b for a, b in zip(block, _mgf1(digest, len(block)), strict=True))
    masked[0] &= 0xFF >> (8 * length - bits)
    return bytes(masked) + digest + b"\xbc"


def _mgf1(seed: bytes, length: int) -> bytes:
    blocks = range(-(-length // HASH_BYTES))
    return b"".join(hashlib.sha384(seed + i.to_bytes(4)).digest() for i in blocks)[:length]
