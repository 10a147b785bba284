"""What the public may check: how it works, how far it holds, the figures, the keys, the urn.

No cookie, no script, and no count that moves with an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from threading import Lock

from flask import Blueprint, Response, render_template

from consultation.ballots.published import COUNTS, PublishedUrn
from consultation.ballots.store import Urn
from consultation.config import Settings
from consultation.formatting import number_fr
from consultation.office.campaigns import PHASE_WORDS, Campaign, UnknownCampaign
from consultation.office.figures import Name, Published, about
from consultation.office.store import Campaigns, Figures
from consultation.parts import part
from consultation.refusals import Refusal

bp = Blueprint("transparency", __name__, url_prefix="/transparence")
files = Blueprint("urn_file", __name__, url_prefix="/transparence")
"""The page may be served by any side; the file by the urn's alone."""

COUNT_WORDS: Mapping[Name, str] = {
    "invited": "Personnes invitées",
    "issued": "Laissez-passer délivrés",
    "reissued": "Liens remplacés",
    "forgotten": "Laissez-passer oubliés par une restauration",
    "spent": "Laissez-passer utilisés",
    "ballots": "Bulletins dans l’urne",
    "lost": "Bulletins perdus",
}
FINGERPRINT_WORDS: Mapping[Name, str] = {
    "roll": "Liste des invitations",
    "journal": "Journal du bureau",
    "urn": "Urne",
}


class NotYetPublished(Refusal):
    """L’urne sera publiée à la clôture, une fois tous les bulletins mélangés."""

    status = 404
    title = "Pas encore publiée"


@dataclass(frozen=True, kw_only=True)
class Line:
    """A published figure, for people."""

    words: str
    value: str
    day: date


class UrnFiles:
    """The published urns, each read once: what they say can no longer change."""

    def __init__(self, urn: Urn, figures: Figures) -> None:
        self._urn = urn
        self._figures = figures
        self._made: dict[str, bytes] = {}
        self._lock = Lock()

    def of(self, campaign: Campaign) -> bytes:
        """The file; NotYetPublished before the account is."""
        published = self._figures.of(campaign.slug)
        if not published.complete:
            raise NotYetPublished
        with self._lock:
            if campaign.slug not in self._made:
                self._made[campaign.slug] = self._make(campaign, published)
            return self._made[campaign.slug]

    def _make(self, campaign: Campaign, published: Published) -> bytes:
        urn = PublishedUrn(
            campaign=campaign.slug,
            counts={name: published.number(name) or 0 for name in COUNTS},
            digest=published.figures["urn"].value,
            tokens=self._urn.tokens(campaign),
            ballots=self._urn.ballot_hashes(campaign),
        )
        return "".join(urn.lines()).encode("ascii")


@bp.get("")
def every_campaign() -> str:
    """The consultations that were opened."""
    register = part(Campaigns)
    found = [
        (campaign, PHASE_WORDS[register.phase(campaign)])
        for campaign in register.all()
        if campaign.state != "draft"
    ]
    return render_template("transparency/campaigns.html", found=found)


@bp.get("/<slug>")
def one_campaign(slug: str) -> str:
    """Everything there is to know of one consultation."""
    register = part(Campaigns)
    campaign = register.get(slug)
    if campaign.state == "draft":
        raise UnknownCampaign
    published = part(Figures).of(slug)
    settings = part(Settings)
    return render_template(
        "transparency/campaign.html",
        campaign=campaign,
        earlier=register.earlier_digests(slug),
        words=PHASE_WORDS[register.phase(campaign)],
        published=published,
        counts=_counts(published),
        fingerprints=_fingerprints(published),
        one_program={"roll", "urn"} <= settings.sides,
        file_here="urn" in settings.sides,
    )


@files.get("/<slug>/urne.txt")
def urn_file(slug: str) -> Response:
    """The urn as a text, for whoever wants to count again."""
    urns = part(UrnFiles)
    return Response(urns.of(part(Campaigns).get(slug)), mimetype="text/plain")


def _counts(published: Published) -> list[Line]:
    return [
        Line(words=COUNT_WORDS[name], value=_count(published, name), day=figure.day)
        for name, figure in published.figures.items()
        if name in COUNT_WORDS and (name != "lost" or published.number(name))
    ]


def _count(published: Published, name: Name) -> str:
    count = published.number(name) or 0
    return about(count) if name == "ballots" and not published.complete else number_fr(count)


def _fingerprints(published: Published) -> list[Line]:
    return [
        Line(words=FINGERPRINT_WORDS[name], value=figure.value, day=figure.day)
        for name, figure in published.figures.items()
        if name in FINGERPRINT_WORDS
    ]
