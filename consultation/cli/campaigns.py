"""The commands that lead a campaign, on both sides at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

import click
from flask.cli import AppGroup

from consultation.ceremony import Account, Ceremony, Plan
from consultation.formatting import date_fr, end_fr
from consultation.office.campaigns import GRACE, PHASE_WORDS, Campaign, Reissue
from consultation.office.commands import two_persons
from consultation.office.store import Campaigns
from consultation.questionnaire.comparison import describe_change
from consultation.questionnaire.loading import load
from consultation.terminal import FILE, WHO, Duration, Mistake, Moment, lines, part

OPENS = "Ouverture, à l’heure de Paris ; un jour seul commence à 0 h."
CLOSES = "Fermeture, à l’heure de Paris ; un jour seul finit à minuit."

campaign = AppGroup("campaign", help="Créer, ouvrir et clore une consultation.")


@campaign.command("create")
@click.argument("file", type=FILE)
@click.option("--slug", help="Nom court, celui des adresses ; par défaut, celui du fichier.")
@click.option("--opens", type=Moment(), required=True, help=OPENS)
@click.option("--closes", type=Moment(ends=True), required=True, help=CLOSES)
@click.option(
    "--reissue",
    type=click.Choice(get_args(Reissue)),
    default="capped",
    show_default=True,
    help="Remplacer les liens perdus : jamais, ou un sur cent.",
)
def campaign_create(
    file: Path, slug: str | None, opens: datetime, closes: datetime, reissue: Reissue
) -> None:
    """Préparer une consultation à partir du questionnaire FILE."""
    loaded = load(file)
    for problem in loaded.problems:
        click.echo(str(problem), err=True)
    if loaded.questionnaire is None or any(one.severity == "error" for one in loaded.problems):
        raise Mistake("le questionnaire contient des erreurs. Corrigez-les, puis recommencez.")
    plan = Plan(
        slug=slug or file.stem,
        definition=file.read_text("utf-8"),
        lists=loaded.lists,
        audiences=tuple(audience for audience, _ in loaded.questionnaire.audiences),
        opens=opens,
        closes=closes,
        reissue=reissue,
    )
    created = part(Ceremony).create(plan, WHO)
    _show_campaign(created)
    click.echo(f"Ensuite : consultation invitations import FICHIER --campaign {created.slug} …")


@campaign.command("open")
@click.argument("slug")
def campaign_open(slug: str) -> None:
    """Ouvrir une consultation préparée ; son questionnaire ne changera plus."""
    _show_campaign(part(Ceremony).open(slug, WHO))


@campaign.command("revise")
@click.argument("slug")
@click.argument("file", type=FILE)
def campaign_revise(slug: str, file: Path) -> None:
    """Corriger le questionnaire, même ouvert, sans rien changer aux réponses déjà données."""
    loaded = load(file)
    for problem in loaded.problems:
        click.echo(str(problem), err=True)
    source = file.read_text("utf-8")
    for change in part(Ceremony).revise(slug, source, loaded.lists, WHO):
        click.echo(describe_change(change))
    _show_campaign(part(Campaigns).get(slug))


@campaign.command("pause")
@click.argument("slug")
def campaign_pause(slug: str) -> None:
    """Suspendre une consultation ouverte."""
    part(Ceremony).pause(slug, WHO)
    _show_campaign(part(Campaigns).get(slug))


@campaign.command("resume")
@click.argument("slug")
def campaign_resume(slug: str) -> None:
    """Reprendre une consultation suspendue."""
    part(Ceremony).resume(slug, WHO)
    _show_campaign(part(Campaigns).get(slug))


@campaign.command("extend")
@click.argument("slug")
@click.option("--closes", type=Moment(ends=True), required=True, help=CLOSES)
def campaign_extend(slug: str, closes: datetime) -> None:
    """Repousser la fermeture."""
    part(Ceremony).extend(slug, closes, WHO)
    _show_campaign(part(Campaigns).get(slug))


@campaign.command("close")
@click.argument("slug")
@click.option("--grace", type=Duration(), default=GRACE, help="Délai pour finir une réponse [48h].")
def campaign_close(slug: str, grace: timedelta) -> None:
    """Clore une consultation : d’abord le délai de grâce, puis, relancée après lui, la fin.

    À la fin, tous les bulletins sont libérés et les clés de la liste sont détruites. Avant la date
    annoncée, ou avec un délai plus court, il faut l’accord de deux personnes de l’exploitation.
    """
    ceremony = part(Ceremony)
    already_closing = part(Campaigns).get(slug).state in ("closing", "closed")
    for action in ceremony.takes_two(slug, grace):
        two_persons(action, slug)
    closing_campaign = ceremony.start_closing(slug, grace, WHO)
    if not already_closing and part(Campaigns).phase(closing_campaign) == "closing":
        click.echo(f"Plus aucune réponse nouvelle. Délai : {end_fr(closing_campaign.last_moment)}.")
        click.echo(f"Après ce moment : consultation campaign close {slug}")
        return
    show_account(ceremony.finish_closing(slug, WHO))


@campaign.command("status")
@click.argument("slug", required=False)
def campaign_status(slug: str | None) -> None:
    """Montrer une consultation, ou toutes."""
    register = part(Campaigns)
    for one in [register.get(slug)] if slug else register.all():
        _show_campaign(one)


def _show_campaign(found: Campaign) -> None:
    phase = part(Campaigns).phase(found)
    click.echo(f"{found.slug} : {found.title}")
    lines(
        {
            "état": PHASE_WORDS[phase],
            "ouverture": date_fr(found.opens),
            "fermeture": end_fr(found.closes),
            "questionnaire": found.digest,
        }
    )


def show_account(account: Account) -> None:
    lines(
        {
            "invités": account.invited,
            "délivrés": account.issued,
            "redélivrés": account.reissued,
            "utilisés": account.spent,
            "dans le sas": account.waiting,
            "bulletins": account.ballots,
            "perdus": account.lost,
            "empreinte de l’urne": account.digest,
        }
    )
