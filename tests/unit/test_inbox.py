"""Folders are named as IMAP writes them, both ways."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pymap.parsing.modutf7 import modutf7_decode

from consultation.roll.inbox import folder_name, shown_name


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("INBOX", "INBOX"),
        ("Traités", "Trait&AOk-s"),
        ("Retours & plaintes", "Retours &- plaintes"),
        ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),  # the example of RFC 3501
        ("Été 😀", "&AMk-t&AOk- &2D3eAA-"),
    ],
)
def test_a_folder_is_named_in_modified_utf_7(name: str, written: str) -> None:
    assert folder_name(name) == written
    assert shown_name(written) == name


def test_a_name_written_as_imap_does_is_left_so() -> None:
    assert folder_name("Trait&AOk-s") == "Trait&AOk-s"
    assert folder_name("R&D") == "R&-D"
    assert folder_name("R&D-2026") == "R&-D-2026"


@given(st.text())
def test_any_name_comes_back(name: str) -> None:
    assume(shown_name(name) == name)

    written = folder_name(name)

    assert written.isascii()
    assert shown_name(written) == name
    assert modutf7_decode(written.encode()) == name


@given(st.text(alphabet="&-,AOkéD ="))
def test_a_name_written_wrong_is_shown_as_it_is(name: str) -> None:
    assert folder_name(name).isascii()
    assert isinstance(shown_name(name), str)
