"""What gave « anonymised » surveys away elsewhere: drafts, confirmations, links to finish later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attacks.conftest import Archive, Figure, Size
from attacks.evidence import Story, files, keys_left
from attacks.linking import SUCCESS, TOO_MANY, by_rank, by_time, by_value, linked, share
from attacks.town import Town
from sqlalchemy import text

from consultation.demo.mail_sink import MailSink
from consultation.roll.codes import token_hash
from consultation.sealing import CannotUnseal, derive, lock, unlock

pytestmark = pytest.mark.long


def test_drafts_of_those_who_stop_are_readable_by_nobody_else(
    size: Size, story: Story, figure: Figure
) -> None:
    """Session files of unfinished respondents held the code and the answers."""
    keys = list(_keys_to_try(story))
    codes = [agent.code for agent in story.town.agents][: size.leaky]
    leaky = [lock(derive(token_hash(code), "draft key"), b"{}") for code in codes]
    found = sum(any(_opens(key, box) for key in keys) for box in leaky) / len(leaky)
    figure("control", found)
    assert found >= SUCCESS

    drafts = frozenset().union(*(dump.drafts.values() for dump in story.dumps))
    opened = [box for box in drafts if any(_opens(key, box) for key in keys)]
    figure("drafts", len(drafts))
    figure("opened", len(opened))
    assert drafts
    assert not opened


def test_drafts_do_not_outlive_the_consultation(story: Story) -> None:
    assert any(dump.drafts for dump in story.dumps)

    assert not story.final.drafts


def test_whoever_has_script_leaves_nothing_before_sending(archive: Archive) -> None:
    town = archive.new_town("script-only", people=30, pool=50)
    agent = next(one for one in town.agents if one.script)
    before = files(town.database("box"), ("draft", "inbox", "spent"))

    town.device(agent).begin()
    town.device(agent).next_page()
    town.device(agent).press("plus-tard")

    assert files(town.database("box"), ("draft", "inbox", "spent")) == before


def test_no_message_is_sent_when_someone_answers(
    archive: Archive, size: Size, story: Story, figure: Figure, tmp_path: Path
) -> None:
    """Confirmations with their dates re-identified 53 of 53."""
    sent = [line.at.timestamp() for line in story.log if line.path.endswith("/envoyer")]
    confirmations = dict(zip(story.answering, sent, strict=False))
    created = dict(zip(story.arrival, (at + 1 for at in sent), strict=False))
    figure("control", share(by_time(created, confirmations), story.truth))
    assert share(by_time(created, confirmations), story.truth) >= SUCCESS

    with MailSink(tmp_path / "mail") as sink:
        town = archive.new_town("mail", people=30, pool=50, smtp=sink.url)
        for agent in town.agents:
            town.answer(agent)
        town.close()
    assert list((tmp_path / "mail").iterdir()) == []


def test_invitations_leave_in_an_order_that_says_nothing(
    archive: Archive, story: Story, figure: Figure
) -> None:
    """The date of a message is that of the invitation, and the urn has none to compare it with."""
    marks = story.marks()
    answered = set(story.answering)
    invited = [one.address for one in story.town.agents if one.address in answered]
    guesses = by_rank([marks[box] for box in story.final.ballots.values()], invited)

    figure("linked", linked(guesses, story.truth))
    assert linked(guesses, story.truth) < TOO_MANY


def test_no_address_of_a_page_is_one_person_s(story: Story, figure: Figure) -> None:
    """Links to « finish later » carried the row's own token, and the log kept it."""
    tokens = {agent.address: f"/finir/{agent.code}" for agent in story.town.agents}
    log = [tokens[address] for address in story.answering]
    rows = dict(zip(story.arrival, log, strict=True))
    figure("control", share(by_value(rows, tokens), story.truth))
    assert share(by_value(rows, tokens), story.truth) >= SUCCESS

    paths = [line.path for line in story.log]
    once = {path for path in paths if paths.count(path) == 1}
    figure("different addresses", len(set(paths)))
    assert not once
    assert not any("?" in path for path in paths)
    for agent in story.town.agents:
        assert not any(agent.code in path or agent.mark in path for path in paths)


@pytest.mark.parametrize("side", ["roll", "box", "office"])
def test_no_session_is_kept_on_the_server(archive: Archive, side: str) -> None:
    town = archive.half_way()

    assert _files_beside(town) == {"keys"}
    with town.database(side).read() as connection:
        tables = connection.dialect.get_table_names(connection)
        assert not [name for name in tables if "session" in name]


def _files_beside(town: Town) -> set[str]:
    return {path.name for path in town.directory.iterdir()}


def _keys_to_try(story: Story) -> Iterator[bytes]:
    """Every 32 bytes that the machine holds after the closing."""
    yield from (key.private for key in keys_left(story.town))
    yield from story.final.spent
    yield from story.final.ballots
    columns = "token_hash, blinded_hash, address_key, id"
    with story.town.database("roll").read() as connection:
        for row in connection.execute(text(f"SELECT {columns} FROM invitation")):
            yield from (bytes(value) for value in row if value is not None)


def _opens(key: bytes, box: bytes) -> bool:
    for candidate in (derive(key, "draft key"), *([key] if len(key) == 32 else [])):
        try:
            unlock(candidate, box)
        except CannotUnseal:
            continue
        return True
    return False
