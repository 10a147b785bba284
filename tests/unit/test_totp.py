"""Codes of thirty seconds: the vectors of RFC 6238, appendix B, and what a clock may be late by."""

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.office import totp

DIGITS = b"1234567890"
SECRETS = {"sha1": (DIGITS * 2), "sha256": (DIGITS * 4)[:32], "sha512": (DIGITS * 7)[:64]}
SECRET = SECRETS["sha1"]
NOON = datetime(2024, 6, 10, 12, 0, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "sha1", "sha256", "sha512"),
    [
        (59, "94287082", "46119246", "90693936"),
        (1111111109, "07081804", "68084774", "25091201"),
        (1111111111, "14050471", "67062674", "99943326"),
        (1234567890, "89005924", "91819424", "93441116"),
        (2000000000, "69279037", "90698825", "38618901"),
        (20000000000, "65353130", "77737706", "47863826"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, sha1: str, sha256: str, sha512: str) -> None:
    step = totp.step_at(datetime.fromtimestamp(seconds, UTC))

    for digest, expected in (("sha1", sha1), ("sha256", sha256), ("sha512", sha512)):
        assert totp.code(SECRETS[digest], step, digits=8, digest=digest) == expected
    assert totp.code(SECRET, step) == sha1[-6:]


@pytest.mark.parametrize(
    ("late", "right"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_a_telephone_may_be_half_a_minute_late_or_early(late: int, right: bool) -> None:
    shown = totp.code(SECRET, totp.step_at(NOON + timedelta(seconds=late)))

    assert (totp.matching_step(SECRET, shown, NOON) is not None) == right


def test_spaces_in_a_code_do_not_count() -> None:
    shown = totp.code(SECRET, totp.step_at(NOON))

    assert totp.matching_step(SECRET, f" {shown[:3]} {shown[3:]} ", NOON) == totp.step_at(NOON)


@given(st.text())
def test_whatever_is_typed_is_a_code_or_is_not(typed: str) -> None:
    step = totp.matching_step(SECRET, typed, NOON)

    assert step is None or totp.code(SECRET, step) == "".join(typed.split())


def test_the_secret_is_written_in_groups_of_four() -> None:
    assert totp.written(SECRET) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"


def test_the_picture_is_plain_svg_without_any_style() -> None:
    picture = totp.qr_code(SECRET, "alix", "Consultation – L’essai")

    root = ElementTree.fromstring(picture)  # noqa: S314 - our own
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not re.search(rb"style|script|class=", picture)
