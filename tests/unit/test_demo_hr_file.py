"""The demonstration's HR files hold exactly the mistakes they announce."""

import random

import pytest

from consultation.demo.hr_file import FEWEST_PEOPLE, HrFile, hr_files
from consultation.roll.batches import parse


@pytest.mark.parametrize("lines", [40, 119, 120, 400, 1000])
def test_the_files_hold_the_lines_asked_for(lines: int) -> None:
    files = hr_files(lines, random.Random(1))

    assert sum(file.lines for file in files) == lines
    assert all(_lines(file) == file.lines for file in files)
    assert all(file.people >= FEWEST_PEOPLE for file in files)


@pytest.mark.parametrize("seed", range(5))
def test_the_import_finds_every_mistake_and_no_other(seed: int) -> None:
    for file in hr_files(400, random.Random(seed)):
        parsed = parse(file.content)

        within = file.duplicates if file.audience == "agents" else 0
        assert len(parsed.ready) == file.lines - file.wrong - within


def test_both_files_list_one_same_person() -> None:
    agents, seniors = hr_files(400, random.Random(2))

    assert len(_addresses(agents) & _addresses(seniors)) == 1


def test_it_is_what_excel_saves() -> None:
    content = hr_files(400, random.Random(3))[0].content

    assert content.startswith(b"Courriel;Structure\r\n")
    assert "Pr\u00e9fecture \u2013 cabinet".encode("cp1252") in content
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")


def _lines(file: HrFile) -> int:
    return file.content.count(b"\r\n") - 1


def _addresses(file: HrFile) -> set[str]:
    return {line.split(";")[0] for line in file.content.decode("cp1252").splitlines()[1:]}
