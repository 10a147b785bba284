"""The commands that release ballots and verify the count."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask.cli import AppGroup, ScriptInfo

from consultation.ballots.published import COUNTS, check
from consultation.ballots.release import Airlock, Release
from consultation.ballots.store import Urn
from consultation.ballots.transparency import COUNT_WORDS
from consultation.ceremony import Ceremony
from consultation.cli.campaigns import refuse_late_standbys, show_account
from consultation.office.campaigns import Campaign
from consultation.office.store import Campaigns, Figures, Journal
from consultation.parts import part
from consultation.results.export import Results
from consultation.terminal import FILE, WHO, Mistake, lines
from consultation.worker import Worker

KEEP_ALL = "Ne détruisez rien, et prévenez l’exploitation."

ballots = AppGroup("ballots", help="Libérer et vérifier les bulletins.")


@ballots.command("release")
@click.argument("slug")
def ballots_release(slug: str) -> None:
    """Mélanger et verser dans l’urne les bulletins du sas, s’il y en a assez."""
    part(Urn)  # told before anything else where there is no urn
    released = part(Worker).release(part(Campaigns).get(slug), WHO)
    lines({"bulletins libérés": released.moved, "restent dans le sas": released.waiting})


@ballots.command("status")
@click.argument("slug")
def ballots_status(slug: str) -> None:
    """Montrer le compte des bulletins, et si ceux du sas s’ouvrent."""
    found = part(Campaigns).get(slug)
    counts, airlock = part(Urn).counts(found), part(Release).airlock(found)
    forgotten = part(Figures).of(slug).number("forgotten")
    lines(
        {
            **({"oubliés": forgotten} if forgotten else {}),
            "utilisés": counts.spent,
            "dans le sas": counts.waiting,
            "dont illisibles": _unreadable(airlock, counts.waiting),
            "dans l’urne": counts.ballots,
            "clés retirées du sas": airlock.retired,
        }
    )
    refuse_late_standbys(found)
    if airlock.unreadable:
        raise Mistake(f"{airlock.unreadable} bulletins du sas sont illisibles. {KEEP_ALL}")


@ballots.command("stop-waiting")
@click.argument("standby")
def ballots_stop_waiting(standby: str) -> None:
    """Ne plus attendre un serveur de secours de l’urne pour détruire les clés retirées.

    S’il prenait ensuite la place de l’urne, les bulletins d’alors y seraient illisibles.
    """
    part(Release).give_up_waiting_for(standby)
    part(Journal).write(WHO, "serveur de secours abandonné", standby)
    click.echo(f"{standby} n’est plus attendu. Ne le mettez plus à la place de l’urne.")


@ballots.command("give-up")
@click.argument("slug")
@click.option("--yes", is_flag=True, help="Ne pas demander confirmation.")
def ballots_give_up(slug: str, yes: bool) -> None:
    """Renoncer aux bulletins du sas dont la clé n’existe plus ; leur nombre est publié."""
    part(Ceremony)  # told before anything is asked
    waiting = part(Urn).waiting(part(Campaigns).get(slug))
    if not (yes or _agreed_to_give_up(waiting)):
        raise Mistake("rien n’a été abandonné. Pour renoncer à ces bulletins, ajoutez --yes.")
    lines({"bulletins abandonnés": part(Ceremony).give_up(slug, WHO)})


@ballots.command("verify", with_appcontext=False)
@click.argument("slug", required=False)
@click.option("--file", type=FILE, help="Une urne publiée, à vérifier sans base ni réglage.")
@click.pass_context
def ballots_verify(ctx: click.Context, slug: str | None, file: Path | None) -> None:
    """Vérifier que bulletins = utilisés ≤ délivrés, et donner l’empreinte de l’urne."""
    if (slug is None) == (file is None):
        raise click.UsageError("Indiquez une consultation, ou une urne publiée (--file).")
    if file is not None:
        _verify_published(file)
        return
    with ctx.ensure_object(ScriptInfo).load_app().app_context():
        _verify_stores(part(Campaigns).get(str(slug)))


def _verify_published(file: Path) -> None:
    """Everything the file alone allows: anyone may do it, anywhere."""
    checked = check(file.read_text("utf-8", errors="replace"))
    lines(
        {
            "consultation": checked.campaign,
            **{COUNT_WORDS[name].lower(): checked.counts[name] for name in COUNTS},
            "empreinte de l’urne": checked.digest,
        }
    )
    if checked.problems:
        raise Mistake("ce fichier n’est pas juste.\n" + "\n".join(checked.problems))
    click.secho("Tout concorde. Comparez l’empreinte avec celle que vous aviez notée.", fg="green")


def _verify_stores(found: Campaign) -> None:
    account, opened = part(Ceremony).account(found), part(Results).verify(found)
    show_account(account)
    published = part(Figures).of(found.slug).figures.get("urn")
    if published and published.value != account.digest:
        raise Mistake("l’urne n’est plus celle qui a été publiée. Prévenez l’exploitation.")
    airlock = part(Release).airlock(found)
    unreadable = opened.unreadable + (airlock.unreadable or 0)
    if not (account.is_right and opened.holds) or airlock.unreadable:
        raise Mistake(
            f"le compte n’est pas juste, {unreadable} bulletins sont illisibles. {KEEP_ALL}"
        )
    if account.waiting and airlock.unreadable is None:
        raise Mistake(
            f"la clé du sas manque ici : {account.waiting} bulletins n’ont pas pu être ouverts. "
            "Vérifiez là où elle est, ou retrouvez-la."
        )
    click.secho("Le compte est juste, et chaque bulletin s’ouvre.", fg="green")


def _unreadable(airlock: Airlock, waiting: int) -> str:
    if airlock.unreadable is None:
        return "inconnu, la clé n’est pas ici" if waiting else "0"
    return str(airlock.unreadable)


def _agreed_to_give_up(waiting: int) -> bool:
    question = f"{waiting} bulletins attendent. Renoncer à ceux que rien n’ouvre plus ?"
    return sys.stdin.isatty() and click.confirm(question)
