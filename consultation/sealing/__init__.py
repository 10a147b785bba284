"""What is stored can be read only with a key kept elsewhere.

`boxes`: sealed to a public key, which another opens. `locks`: opened by the key that closed them.
"""

from __future__ import annotations

from consultation.sealing.boxes import seal, sealing_key
from consultation.sealing.former import FormerKey
from consultation.sealing.keyfiles import destroy_key, read_key, write_key
from consultation.sealing.keys import CannotUnseal, SealingKey
from consultation.sealing.locks import derive, lock, lock_file, unlock, unlock_file
from consultation.sealing.padding import LONGEST, TooLong, padded, size_for, unpadded
from consultation.sealing.standard import AirlockKey, UrnKey

__all__ = [
    "LONGEST",
    "AirlockKey",
    "CannotUnseal",
    "FormerKey",
    "SealingKey",
    "TooLong",
    "UrnKey",
    "derive",
    "destroy_key",
    "lock",
    "lock_file",
    "padded",
    "read_key",
    "seal",
    "sealing_key",
    "size_for",
    "unlock",
    "unlock_file",
    "unpadded",
    "write_key",
]
