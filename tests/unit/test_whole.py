"""A file takes the place of another once it is complete, and not before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from consultation import whole


def test_what_was_there_stays_when_writing_fails(tmp_path: Path) -> None:
    file = tmp_path / "rapport.html"
    file.write_text("hier")

    with pytest.raises(UnicodeEncodeError), whole.beside(file) as draft:
        draft.write_text("la moitié d’\ud800", "utf-8")

    assert file.read_text() == "hier"
    assert [*tmp_path.iterdir()] == [file]


@pytest.mark.parametrize("content", ["aujourd’hui\r\n", "aujourd’hui\r\n".encode()])
def test_what_is_complete_takes_its_place(tmp_path: Path, content: str | bytes) -> None:
    file = tmp_path / "rapport.html"
    file.write_text("hier")
    file.chmod(0o640)

    whole.write(file, content)

    assert file.read_bytes() == "aujourd’hui\r\n".encode()
    assert file.stat().st_mode & 0o777 == 0o640
    assert [*tmp_path.iterdir()] == [file]


def test_a_draft_is_as_private_as_what_it_replaces(tmp_path: Path) -> None:
    file = tmp_path / "noms.txt"
    file.touch(0o600)

    with whole.beside(file) as draft:
        assert draft.stat().st_mode & 0o777 == 0o600
    with whole.beside(tmp_path / "autres.txt", rights=0o600) as draft:
        assert draft.stat().st_mode & 0o777 == 0o600


def test_a_link_still_leads_to_its_file(tmp_path: Path) -> None:
    (tmp_path / "ailleurs").mkdir()
    target, link = tmp_path / "ailleurs/q.yaml", tmp_path / "q.yaml"
    target.write_text("hier")
    link.symlink_to(target)

    whole.write(link, "aujourd’hui")

    assert link.is_symlink()
    assert target.read_text("utf-8") == "aujourd’hui"


def test_what_is_no_file_is_written_as_it_comes(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    whole.write(pipe, "aujourd’hui")

    assert os.read(reader, 100) == "aujourd’hui".encode()
    os.close(reader)


def test_a_name_may_be_as_long_as_any(tmp_path: Path) -> None:
    file = tmp_path / ("é" * 125 + ".html")

    whole.write(file, "oui")

    assert file.read_text() == "oui"
