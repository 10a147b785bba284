"""Creating, opening and closing a campaign: the moments when every side has something to do.

No transaction spans the sides: each ceremony is a list of steps that may each be repeated, so one
that was interrupted is simply held again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from consultation.ballots.release import Release
from consultation.ballots.store import Urn
from consultation.database import Database, vacuum
from consultation.formatting import end
from consultation.office.approvals import Action
from consultation.office.campaigns import (
    GRACE,
    Campaign,
    CampaignExists,
    Reissue,
    UnknownCampaign,
    WrongMoment,
)
from consultation.office.figures import Name
from consultation.office.sendings import BatchTurnout, Sendings
from consultation.office.store import Approvals, Campaigns, Figures, Journal
from consultation.questionnaire.comparison import Change
from consultation.refusals import Refusal
from consultation.results.keys import ResultKeys
from consultation.roll.keys import RollKeys
from consultation.roll.store import FEWEST_INVITEES, Roll, TooFewInvitees
from consultation.roll.turnout import masked


class Unaccounted(Refusal):
    """Ne détruisez rien. Si une base revient d’une copie : consultation campaign restored."""

    status = 409
    title = "Le compte n’est pas juste"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A campaign to be: its questionnaire as written, and its dates."""

    slug: str
    definition: str
    lists: Mapping[str, str]
    audiences: tuple[str, ...]
    opens: datetime
    closes: datetime
    reissue: Reissue = "capped"


@dataclass(frozen=True, kw_only=True)
class Account:
    """What is published of a campaign: whoever reads it can check that the figures agree.

    `lost` ballots waited in an airlock whose key was lost: a restored store says how many.
    `forgotten` credentials, or more, were issued after the copy from which a store came back: the
    roll no longer knows to whom, and may have given others to the same people. Ballots in excess of
    one for each person are at most the credentials so forgotten; nought when no store came back.
    """

    invited: int
    issued: int
    reissued: int
    forgotten: int
    spent: int
    waiting: int
    ballots: int
    lost: int
    digest: str

    @property
    def is_right(self) -> bool:
        """Every credential spent is one ballot, and none was spent that was not issued."""
        ballots = self.ballots + self.waiting + self.lost
        known = self.issued + self.reissued + self.forgotten
        return self.spent == ballots and self.spent <= known


class Ceremony:
    """Leads every side through the life of a campaign; `who` goes to the journal."""

    def __init__(
        self,
        *,
        campaigns: Campaigns,
        figures: Figures,
        journal: Journal,
        approvals: Approvals,
        roll: Roll,
        roll_keys: RollKeys,
        sendings: Sendings,
        urn: Urn,
        release: Release,
        result_keys: ResultKeys,
        box: Database,
        clock: Callable[[], datetime],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._campaigns = campaigns
        self._figures = figures
        self._journal = journal
        self._approvals = approvals
        self._roll = roll
        self._roll_keys = roll_keys
        self._sendings = sendings
        self._urn = urn
        self._release = release
        self._result_keys = result_keys
        self._box = box
        self._clock = clock
        self._random_bytes = random_bytes

    def create(self, plan: Plan, who: str) -> Campaign:
        """Prepare a campaign: its keys on each side, its place in the register, its airlock."""
        self._refuse_a_taken_name(plan.slug)
        campaign = self._campaigns.create(
            slug=plan.slug,
            urn=self._random_bytes(16),
            definition=plan.definition,
            lists=plan.lists,
            opens=plan.opens,
            closes=plan.closes,
            export_key=self._result_keys.create(plan.slug),
            keys=self._roll_keys.create(plan.slug, plan.audiences),
            reissue=plan.reissue,
        )
        self._release.prepare(campaign)
        self._journal.write(who, "campagne créée", f"{plan.slug}, questionnaire {campaign.digest}")
        return campaign

    def open(self, slug: str, who: str) -> Campaign:
        """Open a campaign, and publish the size of its roll."""
        campaign = self._campaigns.get(slug)
        self._release.prepare(campaign)
        size = self._roll.size(slug)
        if min(size.by_audience.values(), default=0) < FEWEST_INVITEES:
            raise TooFewInvitees
        self._campaigns.open(slug)
        self._journal.write(who, "campagne ouverte", f"{slug}, {size.total} invités, {size.digest}")
        self._figures.publish_daily(slug, lambda: turnout(self._roll, self._journal, slug))
        return self._campaigns.get(slug)

    def revise(
        self, slug: str, definition: str, lists: Mapping[str, str], who: str
    ) -> tuple[Change, ...]:
        """Correct the questionnaire where no answer is harmed; what changed, gravest first."""
        before = self._campaigns.get(slug).digest
        changes = self._campaigns.revise(slug, definition, lists)
        after = self._campaigns.get(slug).digest
        if after != before:
            self._journal.write(who, "questionnaire corrigé", f"{slug}, {before} devient {after}")
        return changes

    def pause(self, slug: str, who: str) -> None:
        """Stop everything for a while; what agents have written stays with them."""
        self._campaigns.pause(slug)
        self._journal.write(who, "campagne suspendue", slug)

    def resume(self, slug: str, who: str) -> None:
        """Go on after a pause."""
        self._campaigns.resume(slug)
        self._journal.write(who, "campagne reprise", slug)

    def extend(self, slug: str, closes: datetime, who: str) -> None:
        """Give more time."""
        self._campaigns.extend(slug, closes)
        self._journal.write(who, "campagne prolongée", f"{slug}, jusqu’au {end(closes)}")

    def takes_two(self, slug: str, grace: timedelta) -> tuple[Action, ...]:
        """What two persons must agree on to close now: a date and a grace were announced."""
        campaign, now = self._campaigns.get(slug), self._clock()
        if campaign.state not in ("open", "paused"):
            return ()
        actions: list[Action] = ["early-closing"] if now < campaign.closes else []
        if grace < GRACE and now + grace < campaign.last_moment:
            actions.append("final-release")
        return tuple(actions)

    def start_closing(self, slug: str, grace: timedelta, who: str) -> Campaign:
        """Issue nothing more, and let agents send what they have begun until the grace ends.

        A grace that is over, because nobody closed in time, does not begin again. TwoPersonsNeeded
        when the date or the grace announced is not kept and one person alone has decided so.
        """
        for action in self.takes_two(slug, grace):
            self._approvals.require(action, slug)
        campaign, now = self._campaigns.get(slug), self._clock()
        if campaign.state in ("open", "paused"):
            over = campaign.phase(now) == "closed"
            self._campaigns.start_closing(slug, now if over else now + grace)
            self._journal.write(who, "clôture commencée", f"{slug}, délai de {grace}")
        elif campaign.state == "draft":
            raise WrongMoment
        return self._campaigns.get(slug)

    def finish_closing(self, slug: str, who: str) -> Account:
        """End a campaign: release every ballot, check the account, destroy the roll's keys.

        The account is published last: until it is, the end is not over and is held again.
        """
        self._campaigns.finish_closing(slug)
        campaign = self._campaigns.get(slug)
        self._release.close(campaign)
        self._urn.forget_drafts(campaign)
        self._roll.forget_reminders(slug)
        account = self.account(campaign)
        if not account.is_right:
            raise Unaccounted
        self._roll_keys.destroy(slug)
        vacuum(self._box)
        if not self._figures.of(slug).complete:
            self._journal.write(who, "campagne close", _sentence(slug, account))
            self._sendings.publish(slug, batch_turnouts(self._roll, slug))
            self._figures.publish(slug, self._last_figures(slug, account))
        return account

    def account(self, campaign: Campaign) -> Account:
        """The figures to publish."""
        issued, counted = self._roll.counts(campaign.slug), self._urn.counts(campaign)
        published = self._figures.of(campaign.slug)
        forgotten = published.number("forgotten")
        if forgotten is not None:  # a store came back: what was spent and not issued was forgotten
            forgotten = max(forgotten, counted.spent - issued.issued - issued.reissued)
        return Account(
            invited=issued.invited,
            issued=issued.issued,
            reissued=issued.reissued,
            forgotten=forgotten or 0,
            spent=counted.spent,
            waiting=counted.waiting,
            ballots=counted.ballots,
            lost=published.number("lost") or 0,
            digest=self._urn.sorted_digest(campaign),
        )

    def declare_restored(self, slug: str, who: str) -> Account:
        """Say that a store came back from a copy: what was issued since is counted apart.

        The number is published now and at the closing, and does not move in between. So is that of
        the ballots given up, which the urn alone knows whatever came back.
        """
        campaign = self._campaigns.get(slug)
        if campaign.state == "draft" or self._figures.of(slug).complete:
            raise WrongMoment
        note_forgotten(self._figures, self._roll, slug)
        note_lost(self._figures, self._urn, campaign)
        account = self.account(campaign)
        self._figures.publish(slug, {"forgotten": account.forgotten})
        detail = f"{slug}, {account.forgotten} oubliés, {account.lost} perdus"
        self._journal.write(who, "restauration déclarée", detail)
        return account

    def give_up(self, slug: str, who: str) -> int:
        """Give up the ballots that wait for a key that is gone, and publish how many; that many."""
        campaign = self._campaigns.get(slug)
        lost = self._release.give_up(campaign)
        if lost:
            missing = note_lost(self._figures, self._urn, campaign)
            self._journal.write(who, "bulletins abandonnés", f"{slug}, {lost}, {missing} en tout")
        return lost

    def _last_figures(self, slug: str, account: Account) -> Mapping[Name, int | str]:
        forgotten: Mapping[Name, int] = (
            {"forgotten": account.forgotten} if account.forgotten else {}
        )
        return {
            **turnout(self._roll, self._journal, slug),
            **forgotten,
            "spent": account.spent,
            "ballots": account.ballots,
            "lost": account.lost,
            "urn": account.digest,
        }

    def _refuse_a_taken_name(self, slug: str) -> None:
        """Before any key is made: keys found without a register entry are an interrupted try."""
        try:
            self._campaigns.get(slug)
        except UnknownCampaign:
            return
        raise CampaignExists


def turnout(roll: Roll, journal: Journal, slug: str) -> Mapping[Name, int | str]:
    """What the roll lets be known of a campaign once a day, with the head of the journal."""
    counts, size = roll.counts(slug), roll.size(slug)
    return {
        "invited": size.total,
        "roll": size.digest,
        "issued": counts.issued,
        "reissued": counts.reissued,
        "journal": journal.head().hex(),
    }


def note_forgotten(figures: Figures, roll: Roll | None, slug: str) -> int:
    """Publish how many credentials, at least, a restored roll no longer knows; that number.

    What was published says how many were issued; without the roll, what was noted before stays.
    """
    published = figures.of(slug)
    forgotten = published.number("forgotten") or 0
    if roll:
        known = published.number("issued") or 0
        forgotten = max(forgotten, known - roll.counts(slug).issued)
    figures.publish(slug, {"forgotten": forgotten})
    return forgotten


def note_lost(figures: Figures, urn: Urn, campaign: Campaign) -> int:
    """Publish how many ballots were given up, if that is not what is published; that number."""
    counts = urn.counts(campaign)
    lost = counts.spent - counts.waiting - counts.ballots
    if lost != (figures.of(campaign.slug).number("lost") or 0):
        figures.publish(campaign.slug, {"lost": lost})
    return lost


def batch_turnouts(roll: Roll, slug: str) -> Mapping[bytes, BatchTurnout]:
    """What may be told of each batch."""
    found, names = roll.turnouts(slug), {one.id: one.name for one in roll.batches(slug)}
    return {
        batch: BatchTurnout(name=names.get(batch, ""), invited=found[batch].invited, issued=issued)
        for batch, issued in masked(found).items()
    }


def _sentence(slug: str, account: Account) -> str:
    return (
        f"{slug} : {account.invited} invités, {account.issued} délivrés, "
        f"{account.reissued} redélivrés, {account.forgotten} oubliés, "
        f"{account.spent} utilisés, {account.ballots} bulletins, "
        f"urne {account.digest}"
    )
