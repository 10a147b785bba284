"""The roll: each credential once, each person once, each message accounted for."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import MetaData, select

from consultation.blind import (
    PrivateKey,
    PublicKey,
    blind,
    blinding_factor,
    finalize,
    prepare,
    verify,
)
from consultation.database import Database
from consultation.office.campaigns import Campaign
from consultation.questionnaire.elements import Text
from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.rules import Rulebook
from consultation.refusals import Refusal
from consultation.roll import codes
from consultation.roll.batches import parse
from consultation.roll.keys import KeysDamaged, KeysMissing, RollKeys
from consultation.roll.store import (
    AlreadyUsed,
    Closed,
    FaultyBatch,
    NotOpenYet,
    Paused,
    Roll,
    TooFewInvitees,
    Unblindable,
    UnknownBatch,
    UnknownCode,
)
from consultation.roll.tables import invitation, metadata
from consultation.sealing import write_key

SLUG = "juin-2024"
Clock = Callable[[], datetime]


@pytest.fixture(scope="module")
def signing() -> dict[str, PrivateKey]:
    """Two real keys, made once: making one takes a second."""
    return {audience: PrivateKey.generate() for audience in ("agents", "seniors")}


@pytest.fixture(scope="module")
def pems(signing: dict[str, PrivateKey]) -> dict[str, bytes]:
    return {audience: key.to_pem() for audience, key in signing.items()}


@pytest.fixture
def keys(keys_directory: Path, pems: dict[str, bytes]) -> RollKeys:
    folder = keys_directory / "roll" / SLUG
    folder.mkdir(parents=True)
    for audience, pem in pems.items():
        (folder / f"signing-{audience}.pem").write_bytes(pem)
    for name in ("invite.key", "nojs.key"):
        (folder / name).write_bytes(secrets.token_bytes(32))
    return RollKeys(keys_directory)


ASKED = Questionnaire(
    id="q", version=1, lang="fr", title=Text((("fr", "Q"),)), pages=(), audiences=()
)


@pytest.fixture
def campaign(signing: dict[str, PrivateKey]) -> Campaign:
    now = datetime(2024, 6, 10, 9, 0, tzinfo=UTC)
    return Campaign(
        slug=SLUG,
        urn=bytes(16),
        title="Votre avis",
        questionnaire=ASKED,
        rulebook=Rulebook(ASKED),
        digest="",
        state="open",
        opens=now - timedelta(days=7),
        closes=now + timedelta(days=18),
        grace_until=None,
        pool=50,
        export_key=bytes(32),
        keys={audience: key.public for audience, key in signing.items()},
    )


@pytest.fixture
def roll(roll_database: Database, keys: RollKeys, clock: Clock) -> Roll:
    return Roll(roll_database, keys, clock)


def invite(roll: Roll, *addresses: str, audience: str = "agents", name: str = "Ain") -> bytes:
    parsed = parse("\n".join(("courriel", *addresses)).encode())
    batch_id = roll.draft_batch(SLUG, name, audience, parsed)
    roll.confirm(batch_id)
    return batch_id


def people(count: int) -> list[str]:
    return [f"agent{n}@ain.gouv.fr" for n in range(count)]


def code_for(roll: Roll, audience: str = "agents") -> str:
    found = roll.unused_invitation(SLUG, audience)
    assert found is not None
    return found.code


def blinded(public: PublicKey) -> tuple[bytes, bytes, int]:
    prepared = prepare(secrets.token_bytes(32), secrets.token_bytes(32))
    r = blinding_factor(public, secrets.token_bytes(32))
    hidden, inverse = blind(public, prepared, salt=secrets.token_bytes(48), r=r)
    return prepared, hidden, inverse


# Credentials


def test_a_code_leads_to_its_campaign_and_audience_however_typed(roll: Roll) -> None:
    invite(roll, "a@ain.gouv.fr", audience="seniors")
    code = code_for(roll, "seniors")

    look = roll.look(f" {codes.grouped(code).lower()} ")

    assert (look.campaign, look.audience, look.issued) == (SLUG, "seniors", False)


@pytest.mark.parametrize("code", ["", "bonjour", "0" * 26, "Z" * 26, "é" * 26, "\x00" * 26])
def test_unknown_and_malformed_codes_get_the_same_refusal(
    roll: Roll, campaign: Campaign, code: str
) -> None:
    public = campaign.keys["agents"]
    _, hidden, _ = blinded(public)

    with pytest.raises(UnknownCode) as looked:
        roll.look(code)
    with pytest.raises(UnknownCode) as asked:
        roll.issue(campaign, "agents", code, hidden)

    assert looked.value.sentence == asked.value.sentence == UnknownCode().sentence


def test_a_credential_is_issued_and_verifies(roll: Roll, campaign: Campaign) -> None:
    invite(roll, "a@ain.gouv.fr")
    public = campaign.keys["agents"]
    prepared, hidden, inverse = blinded(public)
    code = code_for(roll)

    signature = finalize(public, prepared, roll.issue(campaign, "agents", code, hidden), inverse)

    assert verify(public, prepared, signature)
    assert roll.look(code).issued
    assert roll.unused_invitation(SLUG, "agents") is None
    assert roll.counts(SLUG).issued == 1


def test_the_same_blinded_message_gets_its_signature_for_ever(
    roll_database: Database, keys: RollKeys, roll: Roll, campaign: Campaign, clock: Clock
) -> None:
    invite(roll, "a@ain.gouv.fr")
    code = code_for(roll)
    _, hidden, _ = blinded(campaign.keys["agents"])
    first = roll.issue(campaign, "agents", code, hidden)

    restarted = Roll(roll_database, keys, clock)

    assert roll.issue(campaign, "agents", code, hidden) == first
    assert restarted.issue(campaign, "agents", code.lower(), hidden) == first
    assert roll.counts(SLUG).issued == 1


def test_another_blinded_message_is_refused(roll: Roll, campaign: Campaign) -> None:
    invite(roll, "a@ain.gouv.fr")
    code = code_for(roll)
    public = campaign.keys["agents"]
    roll.issue(campaign, "agents", code, blinded(public)[1])

    with pytest.raises(AlreadyUsed) as refused:
        roll.issue(campaign, "agents", code, blinded(public)[1])

    assert refused.value.title == "Ce lien a déjà servi"
    assert "\n" not in refused.value.sentence


def test_a_signature_kept_for_one_code_is_not_given_for_another(
    roll: Roll, campaign: Campaign
) -> None:
    invite(roll, "a@ain.gouv.fr")
    _, hidden, _ = blinded(campaign.keys["agents"])
    roll.issue(campaign, "agents", code_for(roll), hidden)

    with pytest.raises(UnknownCode):
        roll.issue(campaign, "agents", "0" * 26, hidden)


def test_a_code_of_another_audience_is_unknown(roll: Roll, campaign: Campaign) -> None:
    invite(roll, "a@ain.gouv.fr", audience="seniors")
    code = code_for(roll, "seniors")

    for audience in ("agents", "nobody", "../../box"):
        with pytest.raises(UnknownCode):
            roll.issue(campaign, audience, code, blinded(campaign.keys["agents"])[1])
    assert not roll.look(code).issued


def test_a_code_of_another_campaign_is_unknown(
    roll: Roll, campaign: Campaign, pems: dict[str, bytes], keys_directory: Path
) -> None:
    write_key(keys_directory / "roll" / "other" / "signing-agents.pem", pems["agents"])
    invite(roll, "a@ain.gouv.fr")

    with pytest.raises(UnknownCode):
        roll.issue(
            replace(campaign, slug="other"),
            "agents",
            code_for(roll),
            blinded(campaign.keys["agents"])[1],
        )


@pytest.mark.parametrize("wrong", [b"", b"x", bytes(384), b"\xff" * 384, b"\x01" * 385])
def test_a_message_that_cannot_be_signed_spends_nothing(
    roll: Roll, campaign: Campaign, wrong: bytes
) -> None:
    invite(roll, "a@ain.gouv.fr")
    code = code_for(roll)

    with pytest.raises(Unblindable):
        roll.issue(campaign, "agents", code, wrong)

    assert not roll.look(code).issued


def test_twenty_at_once_with_one_code_get_one_credential(roll: Roll, campaign: Campaign) -> None:
    invite(roll, "a@ain.gouv.fr")
    code = code_for(roll)
    messages = [blinded(campaign.keys["agents"])[1] for _ in range(20)]

    def ask(message: bytes) -> bool:
        try:
            roll.issue(campaign, "agents", code, message)
        except AlreadyUsed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        granted = list(pool.map(ask, messages))

    assert granted.count(True) == 1
    assert roll.counts(SLUG).issued == 1


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"state": "draft"}, NotOpenYet),
        ({"opens": datetime(2024, 6, 11, tzinfo=UTC)}, NotOpenYet),
        ({"state": "paused"}, Paused),
        ({"state": "closing", "grace_until": datetime(2024, 6, 12, tzinfo=UTC)}, Closed),
        ({"closes": datetime(2024, 6, 10, 8, 0, tzinfo=UTC)}, Closed),
        ({"state": "closed"}, Closed),
    ],
)
def test_outside_its_dates_a_campaign_issues_nothing(
    roll: Roll, campaign: Campaign, change: dict[str, object], refusal: type[Refusal]
) -> None:
    invite(roll, "a@ain.gouv.fr")
    code = code_for(roll)

    with pytest.raises(refusal):
        roll.issue(
            replace(campaign, **change),  # type: ignore[arg-type]  # a table of changes
            "agents",
            code,
            blinded(campaign.keys["agents"])[1],
        )

    assert not roll.look(code).issued


def test_while_closing_a_credential_already_issued_is_given_again(
    roll_database: Database, keys: RollKeys, roll: Roll, campaign: Campaign, clock: Clock
) -> None:
    invite(roll, "a@ain.gouv.fr")
    code = code_for(roll)
    public = campaign.keys["agents"]
    _, hidden, _ = blinded(public)
    first = roll.issue(campaign, "agents", code, hidden)
    closing = replace(campaign, state="closing", grace_until=datetime(2024, 6, 12, tzinfo=UTC))

    restarted = Roll(roll_database, keys, clock)

    assert restarted.issue(closing, "agents", code, hidden) == first
    with pytest.raises(AlreadyUsed):
        restarted.issue(closing, "agents", code, blinded(public)[1])


@pytest.mark.parametrize("name", ["signing-agents.pem", "nojs.key", "invite.key"])
def test_a_damaged_key_says_to_come_back(keys: RollKeys, keys_directory: Path, name: str) -> None:
    (keys_directory / "roll" / SLUG / name).write_bytes(b"abc")

    with pytest.raises(KeysDamaged):
        [keys.signing(SLUG, "agents"), keys.no_js(SLUG, bytes(32)), keys.invite(SLUG)]


def test_destroyed_keys_sign_nothing_more(roll: Roll, campaign: Campaign, keys: RollKeys) -> None:
    invite(roll, "a@ain.gouv.fr")
    code = code_for(roll)

    keys.destroy(SLUG)
    keys.destroy(SLUG)

    with pytest.raises(KeysMissing):
        roll.issue(campaign, "agents", code, blinded(campaign.keys["agents"])[1])
    with pytest.raises(KeysMissing):
        roll.nojs_secret(SLUG, code)
    with pytest.raises(KeysMissing):
        roll.unused_invitation(SLUG, "agents")
    assert not roll.look(code).issued


def test_keys_are_made_once_and_one_for_each_audience(keys_directory: Path) -> None:
    keys = RollKeys(keys_directory)
    made = keys.create("new", ("agents", "seniors"))

    again = RollKeys(keys_directory)

    assert again.create("new", ("agents", "seniors")) == made
    assert again.invite("new") == keys.invite("new")
    assert again.no_js("new", bytes(32)) == keys.no_js("new", bytes(32))
    assert len(set(made.values())) == 2
    assert {key.size for key in made.values()} == {384}


def test_without_script_the_server_plays_the_same_browser_each_time(
    roll: Roll, campaign: Campaign
) -> None:
    invite(roll, "a@ain.gouv.fr")
    code, public = code_for(roll), campaign.keys["agents"]

    first, again = roll.nojs_secret(SLUG, code), roll.nojs_secret(SLUG, f" {code.lower()} ")
    other = roll.nojs_secret(SLUG, "0" * 26)

    assert first == again
    assert first.factor(public) == again.factor(public)
    assert (first.prepared, first.salt, first.material) != (
        other.prepared,
        other.salt,
        other.material,
    )
    hidden, inverse = blind(public, first.prepared, salt=first.salt, r=first.factor(public))
    signed = roll.issue(campaign, "agents", code, hidden)
    assert verify(public, first.prepared, finalize(public, first.prepared, signed, inverse))


# Batches


def test_a_draft_invites_nobody(roll: Roll) -> None:
    parsed = parse(b"courriel\na@ain.gouv.fr\nfaux")

    batch = roll.batch(roll.draft_batch(SLUG, "Ain", "agents", parsed))

    assert batch.state == "draft"
    assert batch.parsed == parsed
    assert batch.ready == 1
    assert roll.counts(SLUG).invited == 0


def test_confirming_twice_invites_once(roll: Roll) -> None:
    parsed = parse("\n".join(("courriel", *people(40))).encode())
    batch_id = roll.draft_batch(SLUG, "Ain", "agents", parsed)

    assert roll.confirm(batch_id)
    assert not roll.confirm(batch_id)

    batch = roll.batch(batch_id)
    assert (batch.state, batch.parsed, batch.counts.invited) == ("confirmed", None, 40)
    assert roll.size(SLUG).by_audience == {"agents": 40}


def test_a_late_batch_does_not_begin_an_audience_with_a_handful_of_people(roll: Roll) -> None:
    parsed = parse("\n".join(("courriel", *people(29))).encode())
    batch_id = roll.draft_batch(SLUG, "Ain", "agents", parsed)

    with pytest.raises(TooFewInvitees):
        roll.confirm(batch_id, opened=True)

    assert roll.batch(batch_id).state == "draft"
    invite(roll, "trentieme@ain.gouv.fr")
    assert roll.confirm(batch_id, opened=True)


def test_two_confirmations_at_once_invite_once(roll: Roll) -> None:
    parsed = parse("\n".join(("courriel", *people(40))).encode())
    batch_id = roll.draft_batch(SLUG, "Ain", "agents", parsed)

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: roll.confirm(batch_id), range(4)))

    assert done.count(True) == 1
    assert roll.counts(SLUG).invited == 40


@pytest.mark.parametrize("others", [0, 1, 20])
def test_someone_already_invited_is_found_and_not_invited_twice(roll: Roll, others: int) -> None:
    first = invite(roll, "b@ain.gouv.fr", *(f"a{n}@ain.gouv.fr" for n in range(others)))
    parsed = parse(b"courriel\nB@AIN.gouv.fr\nc@ain.gouv.fr")
    batch_id = roll.draft_batch(SLUG, "Isère", "seniors", parsed)

    draft = roll.batch(batch_id)
    roll.confirm(batch_id)

    assert draft.already == {"b@ain.gouv.fr": first}
    assert draft.ready == 1
    assert roll.batch(batch_id).counts.invited == 1
    assert roll.size(SLUG).by_audience == {"agents": 1 + others, "seniors": 1}


def test_faulty_lines_are_left_out_only_on_purpose(roll: Roll) -> None:
    parsed = parse(b"courriel\na@ain.gouv.fr\nfaux")
    batch_id = roll.draft_batch(SLUG, "Ain", "agents", parsed)

    with pytest.raises(FaultyBatch):
        roll.confirm(batch_id, without_faulty=False)
    roll.confirm(batch_id)

    assert roll.counts(SLUG).invited == 1


def test_a_draft_can_be_forgotten_and_a_batch_cannot(roll: Roll) -> None:
    draft = roll.draft_batch(SLUG, "Ain", "agents", parse(b"courriel\nz@ain.gouv.fr"))
    confirmed = invite(roll, "a@ain.gouv.fr")

    assert roll.discard(draft)
    assert not roll.discard(confirmed)

    assert [batch.id for batch in roll.batches(SLUG)] == [confirmed]
    for unknown in (draft, b"", bytes(16)):
        with pytest.raises(UnknownBatch):
            roll.batch(unknown)
        with pytest.raises(UnknownBatch):
            roll.confirm(unknown)


def test_a_batch_without_a_good_line_is_done_at_once(roll: Roll) -> None:
    batch_id = invite(roll, "faux")

    assert roll.batch(batch_id).state == "done"


def test_batches_are_listed_with_their_counts(roll: Roll) -> None:
    invite(roll, *people(3), name="Isère")
    invite(roll, "z@ain.gouv.fr", name="Ain")

    listed = [(batch.name, batch.counts.invited) for batch in roll.batches(SLUG)]

    assert listed == [("Ain", 1), ("Isère", 3)]
    assert roll.batches("other") == ()


def test_a_large_batch_is_confirmed_in_one_go(roll: Roll) -> None:
    batch_id = invite(roll, *people(3000))

    assert roll.batch(batch_id).counts.waiting == 3000


def test_the_size_of_the_roll_has_one_fingerprint(roll: Roll) -> None:
    invite(roll, *people(5))
    before = roll.size(SLUG)

    invite(roll, "z@ain.gouv.fr", name="Bis")

    assert before.total == 5
    assert roll.size(SLUG).digest != before.digest
    assert roll.size(SLUG) == roll.size(SLUG)


# Sending


def test_invitations_are_claimed_each_once_in_an_order_that_is_not_the_file_s(roll: Roll) -> None:
    batch_id = invite(roll, *people(30))
    roll.start_sending(batch_id)
    claimed, after = [], b""

    while outgoing := roll.claim_next(batch_id, after):
        claimed.append(outgoing.address)
        roll.mark_sent(outgoing.id)

    assert sorted(claimed) == sorted(people(30))
    assert claimed != people(30)
    roll.finish_sending(batch_id)
    assert roll.batch(batch_id).state == "done"


def test_the_code_sent_is_the_one_recognised(roll: Roll) -> None:
    batch_id = invite(roll, "a@ain.gouv.fr")
    roll.start_sending(batch_id)

    outgoing = roll.claim_next(batch_id)

    assert outgoing is not None
    assert roll.look(outgoing.code).audience == "agents"
    assert roll.code_of(outgoing.id) == outgoing.code


def test_several_senders_never_take_the_same_invitation(roll: Roll) -> None:
    batch_id = invite(roll, *people(60))
    roll.start_sending(batch_id)

    def send_all(_: int) -> list[str]:
        sent = []
        while outgoing := roll.claim_next(batch_id):
            sent.append(outgoing.address)
            roll.mark_sent(outgoing.id)
        return sent

    with ThreadPoolExecutor(4) as pool:
        sent = [address for mine in pool.map(send_all, range(4)) for address in mine]

    assert sorted(sent) == sorted(people(60))


def test_what_a_crash_left_half_sent_is_uncertain_and_not_sent_again(roll: Roll) -> None:
    batch_id = invite(roll, "a@ain.gouv.fr", "b@ain.gouv.fr")
    roll.start_sending(batch_id)
    lost = roll.claim_next(batch_id)
    assert lost is not None

    roll.start_sending(batch_id)

    assert roll.counts(SLUG).uncertain == 1
    (line,) = roll.undelivered(batch_id)
    assert (line.address, line.delivery) == (lost.address, "uncertain")
    other = roll.claim_next(batch_id)
    assert other is not None
    assert other.address != lost.address
    roll.mark_sent(other.id)
    assert roll.claim_next(batch_id) is None


def test_uncertain_messages_are_sent_again_when_someone_says_so(roll: Roll) -> None:
    batch_id = invite(roll, "a@ain.gouv.fr")
    roll.start_sending(batch_id)
    outgoing = roll.claim_next(batch_id)
    assert outgoing is not None
    roll.mark_uncertain(outgoing.id, "coupure")
    roll.finish_sending(batch_id)
    assert roll.batch(batch_id).state == "done"

    roll.send_uncertain_again(batch_id)

    assert roll.batch(batch_id).state == "confirmed"
    roll.start_sending(batch_id)
    again = roll.claim_next(batch_id)
    assert again is not None
    assert again.code == outgoing.code


def test_a_paused_batch_gives_nothing_to_send(roll: Roll) -> None:
    batch_id = invite(roll, *people(3))
    roll.start_sending(batch_id)

    roll.pause(batch_id)

    assert roll.claim_next(batch_id) is None
    assert not roll.start_sending(batch_id)
    roll.finish_sending(batch_id)
    assert roll.batch(batch_id).state == "paused"
    roll.resume(batch_id)
    assert roll.start_sending(batch_id)
    assert roll.claim_next(batch_id) is not None


def test_a_draft_cannot_be_sent(roll: Roll) -> None:
    draft = roll.draft_batch(SLUG, "Ain", "agents", parse(b"courriel\nz@ain.gouv.fr"))

    assert not roll.start_sending(draft)
    roll.pause(draft)
    assert roll.batch(draft).state == "draft"


def test_a_long_reason_is_cut(roll: Roll) -> None:
    batch_id = invite(roll, "a@ain.gouv.fr")
    roll.start_sending(batch_id)
    outgoing = roll.claim_next(batch_id)
    assert outgoing is not None

    roll.mark_refused(outgoing.id, "x" * 1000)

    assert len(roll.undelivered(batch_id)[0].reason) == 300


# What the roll may hold


def test_the_roll_holds_no_date_and_no_sequence() -> None:
    columns = [column for table in metadata.tables.values() for column in table.columns]

    kinds = {column.type.python_type for column in columns}
    assert kinds == {bytes, str, int, bool}
    assert {column.type.python_type for column in columns if column.primary_key} == {bytes}


def test_the_store_has_the_tables_described(roll_database: Database) -> None:
    found = MetaData()
    found.reflect(roll_database.engine)

    for name, table in metadata.tables.items():
        assert set(found.tables[name].columns.keys()) == set(table.columns.keys())


def test_no_code_is_kept_in_clear(roll: Roll, roll_database: Database) -> None:
    invite(roll, *people(5))

    with roll_database.read() as connection:
        rows = connection.execute(select(invitation)).all()

    kept = " ".join(str(value) for row in rows for value in row)
    for row in rows:
        assert roll.code_of(row.id) not in kept
