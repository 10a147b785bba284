"""Codes as people type them, and what the roll keeps of them."""

from __future__ import annotations

import json
import random
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from node import Ask, asking

from consultation.roll.codes import (
    ALPHABET,
    LENGTH,
    address_key,
    grouped,
    make_code,
    normalise,
    token_hash,
)

CODE = "0123456789ABCDEFGHJKMNPQRS"
CASES = json.loads((Path(__file__).parents[1] / "conformance" / "codes.json").read_text("utf-8"))
codes = st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH)


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """What the script reads in each text."""
    return asking(tmp_path_factory.mktemp("twin"), "codes", "codeIn")


def test_a_code_is_recognised_however_it_is_typed_and_nothing_else_is() -> None:
    read = [(case, normalise(case["typed"]) or "") for case in CASES]

    assert [(case, code) for case, code in read if code != case["code"]] == []


def test_the_script_reads_what_the_server_reads_and_codes_of_recovery(twin: Ask) -> None:
    read = twin([[case["typed"]] for case in CASES])

    pairs = zip(CASES, read, strict=True)
    wrong = [(one, said) for one, said in pairs if said != (one["code"] or one.get("recovery", ""))]
    assert wrong == []


PIECES = (
    *(CODE, CODE.lower(), grouped(CODE), "0123-4567", "-89AB-CDEF-GHJK-MNPQ-RS"),
    *(CODE[:13], CODE[13:], "ZYXWVTSRQPNMKJHGFEDCBA9876", "https://exemple.fr/q/juin/agents"),
    *("Code :", "#", "%23", "%2523", "-23", "*", "/", "\n", " "),
    *("\u200b", "\u00ad", "\u00a0", "é", "٠", "?utm=x", "&data=", "«", "»", "\U0001f511"),
    *("%E2%80%8B", "%FF", "ß", "\ufdfa", "\ud800", "\x00", "\ufeff", "－", "０"),
)  # fmt: skip


@pytest.mark.timeout(300)
def test_the_twins_never_differ(twin: Ask, full: bool) -> None:
    rng = random.Random(20240603)
    texts = [
        "".join(rng.choices(PIECES, k=rng.randint(1, 9))) for _ in range(50_000 if full else 1500)
    ]

    read = twin([[text] for text in texts])

    ours = [normalise(text) or "" for text in texts]
    pairs = [
        (text, one, "" if len(str(other)) == 32 else other)
        for text, one, other in zip(texts, ours, read, strict=True)
    ]
    assert [pair for pair in pairs if pair[1] != pair[2]] == []
    assert 0.05 < sum(map(bool, ours)) / len(ours) < 0.95


@pytest.mark.parametrize("typed", ["0" * 2_000_000, f"{CODE} " * 2000])
def test_what_nobody_types_is_not_read(typed: str) -> None:
    assert normalise(typed) is None


@given(codes)
def test_reading_back_what_was_printed_gives_the_code(code: str) -> None:
    assert normalise(grouped(code)) == normalise(grouped(code).lower()) == code


@given(st.text())
def test_reading_never_raises_and_reading_again_changes_nothing(typed: str) -> None:
    code = normalise(typed)

    assert code is None or normalise(code) == code


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=16, max_size=16))
def test_a_code_depends_on_the_key_the_invitation_and_the_generation(
    key: bytes, invitation: bytes
) -> None:
    code = make_code(key, invitation, 0)

    assert code == make_code(key, invitation, 0)
    assert len(code) == LENGTH
    assert set(code) <= set(ALPHABET)
    others = {
        make_code(key, invitation, 1),
        make_code(key + b"x", invitation, 0),
        make_code(key, invitation[::-1] + b"x", 0),
    }
    assert code not in others


def test_every_letter_can_begin_a_code() -> None:
    firsts = {make_code(b"key", bytes([n // 256, n % 256]), 0)[0] for n in range(2000)}

    assert firsts == set(ALPHABET)


def test_codes_print_in_groups_of_four() -> None:
    assert grouped(CODE) == "0123-4567-89AB-CDEF-GHJK-MNPQ-RS"


def test_the_hash_says_nothing_of_the_code() -> None:
    hashed = token_hash(CODE)

    assert len(hashed) == 32
    assert CODE.encode() not in hashed
    assert hashed != token_hash(CODE[::-1])


def test_an_address_is_recognised_within_one_campaign_only() -> None:
    assert address_key(b"one", "a@b.fr") == address_key(b"one", "a@b.fr")
    assert address_key(b"one", "a@b.fr") != address_key(b"two", "a@b.fr")


def test_the_alphabet_has_no_letter_that_reads_two_ways() -> None:
    assert set(string.ascii_uppercase) - set(ALPHABET) == set("ILOU")
