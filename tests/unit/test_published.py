"""The published urn: what anyone can check with the file alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.ballots.published import COUNTS, PublishedUrn, check, digest_of

HASHES = st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), unique=True, max_size=30)


def published(ballots: int = 3, *, lost: int = 0) -> PublishedUrn:
    tokens = sorted(hashlib.sha256(b"%d" % number).hexdigest() for number in range(ballots + lost))
    hashes = sorted(hashlib.sha256(b"-%d" % number).hexdigest() for number in range(ballots))
    counts = {"invited": 30, "issued": 10, "reissued": 1, "lost": lost}
    return PublishedUrn(
        campaign="juin-2024",
        counts=counts | {"spent": ballots + lost, "ballots": ballots},
        digest=digest_of(hashes),
        tokens=tokens,
        ballots=hashes,
    )


def text(urn: PublishedUrn) -> str:
    return "".join(urn.lines())


@given(HASHES, st.integers(0, 5))
def test_what_is_published_is_found_right(hashes: list[str], more: int) -> None:
    ballots = sorted(hashes)
    counts = dict.fromkeys(COUNTS, len(ballots)) | {"lost": 0, "reissued": more}
    urn = PublishedUrn(
        campaign="a", counts=counts, digest=digest_of(ballots), tokens=ballots, ballots=ballots
    )

    checked = check(text(urn))

    assert checked.problems == ()
    assert (checked.campaign, checked.counts, checked.digest) == ("a", counts, urn.digest)


@given(st.text())
def test_no_file_makes_the_check_fail(anything: str) -> None:
    assert check(anything).problems


def test_the_fingerprint_needs_no_program_of_ours() -> None:
    urn = published()

    lines = [line for line in text(urn).splitlines(keepends=True) if line.startswith("bulletin ")]

    assert hashlib.sha256("".join(lines).encode()).hexdigest() == urn.digest


def replaced(before: str, after: str) -> Callable[[str], str]:
    return lambda file: file.replace(before, after, 1)


def without_the_last_line(file: str) -> str:
    return "".join(file.splitlines(keepends=True)[:-1])


def with_a_token_twice(file: str) -> str:
    [first, *_] = [line for line in file.splitlines(keepends=True) if line.startswith("jeton")]
    return file.replace(first, first * 2)


def backwards(file: str) -> str:
    lines = file.splitlines(keepends=True)
    return "".join(lines[:-2] + lines[:-3:-1])


@pytest.mark.parametrize(
    ("altered", "said"),
    [
        (replaced("urne 1", "urne 2"), "ligne 1"),
        (replaced("invites 30", "invites trente"), "« invites »"),
        (replaced("invites 30", "invites 9"), "délivrés ≤ invités"),
        (replaced("delivres 10", "delivres 1"), "utilisés ≤ délivrés + redélivrés"),
        (replaced("perdus 0", "perdus 1"), "utilisés = bulletins + perdus"),
        (replaced("utilises 3", "utilises 2"), "3"),
        (replaced("bulletin ", "bulletin 0"), "illisible"),
        (replaced("bulletin ", "bulletins "), "illisible"),
        (replaced("empreinte ", "empreinte 0"), "empreinte annoncée"),
        (lambda file: f"{file}un mot\n", "illisible"),
        (lambda file: file + "?\n" * 50, "50 lignes"),
        (without_the_last_line, "il y en a 2"),
        (with_a_token_twice, "en double"),
        (backwards, "pas triées"),
    ],
)
def test_what_was_altered_is_seen(altered: Callable[[str], str], said: str) -> None:
    problems = check(altered(text(published()))).problems

    assert any(said in problem for problem in problems), problems


def test_ballots_lost_are_said_and_counted() -> None:
    assert check(text(published(lost=2))).problems == ()
