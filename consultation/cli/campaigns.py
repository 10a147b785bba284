"""The commands that lead a campaign, on both sides at once."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

import click
from flask.cli import AppGroup

from consultation.ballots.release import Release
from consultation.ceremony import Account, Ceremony, Plan
from consultation.days import Clock
from consultation.doctor import late_sentences, to_confirm_sentence
from consultation.formatting import end, moment
from consultation.office.campaigns import GRACE, PHASE_WORDS, Campaign, Reissue
from consultation.office.commands import two_persons
from consultation.office.rounds import Rounds
from consultation.office.store import Campaigns, Journal
from consultation.parts import part, parts
from consultation.questionnaire.comparison import describe_change
from consultation.questionnaire.loading import Loaded, load
from consultation.terminal import FILE, WHO, Duration, Mistake, Moment, lines

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
    loaded = _loaded(file)
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
    loaded = _loaded(file)
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
@click.option("--confirm", is_flag=True, help="L’heure est juste : la consultation est bien finie.")
def campaign_close(slug: str, grace: timedelta, confirm: bool) -> None:
    """Clore une consultation : d’abord le délai de grâce, puis, relancée après lui, la fin.

    À la fin, tous les bulletins sont libérés et les clés de la liste sont détruites. Avant la date
    annoncée, ou avec un délai plus court, il faut l’accord de deux personnes de l’exploitation.
    Si aucune veille n’a vu passer la fin, l’horloge a peut-être sauté : une personne le vérifie.
    """
    ceremony = part(Ceremony)
    _confirm_the_hour(part(Campaigns).get(slug), confirm)
    already_closing = part(Campaigns).get(slug).state in ("closing", "closed")
    for action in ceremony.takes_two(slug, grace):
        two_persons(action, slug)
    closing_campaign = ceremony.start_closing(slug, grace, WHO)
    if not already_closing and part(Campaigns).phase(closing_campaign) == "closing":
        click.echo(f"Plus aucune réponse nouvelle. Délai : {end(closing_campaign.last_moment)}.")
        click.echo(f"Après ce moment : consultation campaign close {slug}")
        return
    show_account(ceremony.finish_closing(slug, WHO))


@campaign.command("status")
@click.argument("slug", required=False)
def campaign_status(slug: str | None) -> None:
    """Montrer une consultation, ou toutes."""
    register = part(Campaigns)
    found = [register.get(slug)] if slug else register.all()
    for one in found:
        _show_campaign(one)
    for one in found if Release in parts() else ():
        refuse_late_standbys(one)


@campaign.command("restored")
@click.argument("slug")
def campaign_restored(slug: str) -> None:
    """Déclarer qu’une base est revenue d’une copie, autrement que par « database restore ».

    Les laissez-passer délivrés depuis cette copie, et oubliés avec elle, sont comptés à part et
    publiés, les bulletins abandonnés comptés à nouveau : la consultation peut ensuite se clore.
    """
    show_account(part(Ceremony).declare_restored(slug, WHO))


def refuse_late_standbys(found: Campaign) -> None:
    """A standby for which a retired key has been kept for more than a day is a fault."""
    late = "\n".join(late_sentences(part(Release).airlock(found).late))
    if late:
        raise Mistake(late)


def show_account(account: Account) -> None:
    """Show every number of an account, and what tells its urn from another."""
    lines(
        {
            "invités": account.invited,
            "délivrés": account.issued,
            "redélivrés": account.reissued,
            "oubliés": account.forgotten,
            "utilisés": account.spent,
            "dans le sas": account.waiting,
            "bulletins": account.ballots,
            "perdus": account.lost,
            "empreinte de l’urne": account.digest,
        }
    )


def _loaded(file: Path) -> Loaded:
    """The questionnaire of this file; every problem in it is told."""
    loaded = load(file)
    for problem in loaded.problems:
        click.echo(str(problem), err=True)
    return loaded


def _confirm_the_hour(found: Campaign, confirmed: bool) -> None:
    """Mistake when the clock has leapt over the end of a campaign and nobody says it is right."""
    if not part(Rounds).to_confirm(found):
        return
    now: datetime = part(Clock)()
    question = f"Aucune veille n’a vu passer la fin. Sommes-nous bien le {moment(now)} ?"
    if not (confirmed or (sys.stdin.isatty() and click.confirm(question))):
        raise Mistake(to_confirm_sentence(found, now))
    part(Journal).write(WHO, "heure confirmée", f"{found.slug}, {now.isoformat()}")


def _show_campaign(found: Campaign) -> None:
    click.echo(f"{found.slug} : {found.title}")
    lines(
        {
            "état": _words(found),
            "ouverture": moment(found.opens),
            "fermeture": end(found.closes),
            "questionnaire": found.digest,
        }
    )


def _words(found: Campaign) -> str:
    if part(Rounds).to_confirm(found):
        return f"{PHASE_WORDS['closing']}, à confirmer : campaign close {found.slug} --confirm"
    return PHASE_WORDS[part(Campaigns).phase(found)]
