"""Codes as people type them, and what the roll keeps of them."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
codes = st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH)


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        CODE.lower(),
        "0123-4567-89AB-CDEF-GHJK-MNPQ-RS",
        "0123 4567 89ab cdef ghjk mnpq rs",
        "0123\u00a04567\u202f89AB – CDEF — GHJK ‑ MNPQ_RS",
        "  0123456789ABCDEFGHJKMNPQRS\r\n",
        f"« {CODE} »",
        f'"{CODE}"',
        f"‘{CODE}’.",
        "O123456789ABCDEFGHJKMNPQRS",
        "oI23456789ABCDEFGHJKMNPQRS",
        "ol23456789ABCDEFGHJKMNPQRS",
        "\uff10123456789ABCDEFGHJKMNPQRS",
        f"https://consultation.exemple.fr/q/juin/agents#{CODE}",
        f"https://consultation.exemple.fr/q/juin/agents%23{CODE}",
        f"https://consultation.exemple.fr/q/juin/agents%2523{CODE}",
        f"\u200b{CODE}\ufeff",
    ],
)
def test_a_code_is_recognised_however_it_is_typed(typed: str) -> None:
    assert normalise(typed) == CODE


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "bonjour",
        CODE[:-1],
        CODE + "0",
        CODE.replace("S", "U"),
        CODE.replace("S", "é"),
        CODE.replace("0", "٠"),
        "0" * 2_000_000,
        f"https://consultation.exemple.fr/q/juin/agents/{CODE}",
        "\x00" * LENGTH,
    ],
)
def test_what_is_not_a_code_is_none(typed: str) -> None:
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
