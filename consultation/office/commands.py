"""The commands for accounts, agreements of two persons and the journal."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from consultation.config import Settings
from consultation.formatting import end
from consultation.office import accounts as office
from consultation.office.accounts import ROLE_WORDS, ROLES
from consultation.office.approvals import ACTION_WORDS, ACTIONS, Action, Approval, known_id
from consultation.office.store import Accounts, Approvals, Journal
from consultation.office.territories import territory as known_territory
from consultation.parts import part
from consultation.terminal import WHO, Mistake, lines, table

account = AppGroup("account", help="Ouvrir et tenir les comptes du bureau.")


@account.command("create")
@click.argument("login")
@click.option("--role", type=click.Choice(ROLES), required=True, help="Un seul rôle par personne.")
@click.option("--territory", default="", help="Pour « rh » : D01, D2A, D971… ; sinon tous.")
@click.password_option(prompt="Mot de passe", confirmation_prompt="Une seconde fois")
def account_create(login: str, role: str, territory: str, password: str) -> None:
    """Ouvrir un compte ; celui d’un territoire ne voit que les lots de ce territoire."""
    known = known_territory(territory.strip().upper()).code
    created = part(Accounts).create(login, password, role, known)
    detail = f"{created.login}, {created.role}{known and f', {known}'}"
    part(Journal).write(WHO, "compte ouvert", detail)
    click.echo(f"Compte « {created.login} » ouvert, rôle « {created.role_words} ».")


@account.command("password")
@click.argument("login")
@click.password_option(prompt="Nouveau mot de passe", confirmation_prompt="Une seconde fois")
def account_password(login: str, password: str) -> None:
    """Changer un mot de passe ; les sessions ouvertes se ferment."""
    part(Accounts).set_password(login, password)
    part(Journal).write(WHO, "mot de passe changé", login)
    click.echo(f"Mot de passe de « {login} » changé.")


@account.command("list")
def account_list() -> None:
    """Lister les comptes."""
    rows = (
        (one.login, ROLE_WORDS[one.role], "" if one.active else "fermé")
        for one in part(Accounts).all()
    )
    table(("identifiant", "rôle", ""), rows)


@account.command("reset-totp")
@click.argument("login")
def account_reset_totp(login: str) -> None:
    """Oublier l’application perdue d’un compte ; il en ajoutera une autre."""
    part(Accounts).reset_second_factor(login)
    part(Journal).write(WHO, "second facteur retiré", login)
    click.echo(f"Second facteur de « {login} » retiré, ses sessions sont fermées.")


@account.command("rotate-keys")
def account_rotate_keys() -> None:
    """Passer à la nouvelle clé secrète de ce serveur : les sessions de ses comptes se ferment.

    Arrêtez le serveur, donnez-lui la nouvelle clé, lancez cette commande, relancez-le. Les seconds
    facteurs que fermait l’ancienne se ferment sous la nouvelle : chacun garde son application.
    """
    former = click.prompt("Ancienne clé", hide_input=True)  # never among the words of a command
    done = part(Accounts).rotate(former.strip())
    part(Journal).write(WHO, "clés changées", f"{len(done.relocked)} seconds facteurs")
    click.echo(f"Sessions fermées, seconds facteurs sous la nouvelle clé : {len(done.relocked)}.")
    if done.unreadable:
        raise Mistake(
            f"une autre clé a fermé le second facteur de {', '.join(done.unreadable)}. Recommencez "
            "avec elle, ou lancez : consultation account reset-totp LOGIN"
        )


approval = AppGroup(
    "approval", help="Demander et donner l’accord de deux personnes de l’exploitation."
)


@approval.command("request")
@click.argument("slug")
@click.option("--action", type=click.Choice(ACTIONS), required=True, help="Ce qui est demandé.")
@click.option("--login", prompt="Identifiant", help="Qui demande.")
def approval_request(slug: str, action: Action, login: str) -> None:
    """Demander l’accord d’une autre personne ; il vaut 24 heures."""
    person = _identified(login)
    _show_approval(_requested(action, slug, person))


@approval.command("approve")
@click.argument("request_id")
@click.option("--login", prompt="Identifiant", help="Qui approuve.")
def approval_approve(request_id: str, login: str) -> None:
    """Approuver la demande d’une autre personne."""
    person = _identified(login)
    _show_approval(_approved(known_id(request_id), person))


@approval.command("list")
def approval_list() -> None:
    """Montrer les demandes encore valables."""
    for one in part(Approvals).all():
        _show_approval(one)


def two_persons(action: Action, slug: str) -> None:
    """Go on when two persons agree: recorded already, or both identified here and now."""
    approvals = part(Approvals)
    if approvals.granted(action, slug) or not sys.stdin.isatty():
        approvals.require(action, slug)
        return
    click.echo(f"Pour {ACTION_WORDS[action]}, il faut deux personnes de l’exploitation.")
    asked = _requested(action, slug, _identified(click.prompt("Première personne")))
    if asked.approved_by is None:
        _approved(asked.id, _identified(click.prompt("Seconde personne")))
    approvals.require(action, slug)


journal = AppGroup("journal", help="Vérifier le journal du bureau.")


@journal.command("head")
def journal_head() -> None:
    """Donner l’empreinte de la dernière ligne, à noter ailleurs."""
    last = part(Journal).last()
    click.echo(f"{last.number if last else 0} {part(Journal).head().hex()}")


@journal.command("verify")
@click.option("--head", help="Empreinte notée ailleurs : la ligne doit être là.")
def journal_verify(head: str | None) -> None:
    """Dire si aucune ligne n’a été changée, retirée ou coupée."""
    book = part(Journal)
    fault = book.first_fault()
    if fault is not None:
        raise Mistake(f"la chaîne est rompue à la ligne {fault}. Prévenez le contrôle.")
    if head is not None and not book.includes(_digest(head)):
        raise Mistake("l’empreinte notée n’est plus dans le journal. Prévenez le contrôle.")
    last = book.last()
    click.secho(f"Les {last.number if last else 0} lignes sont intactes.", fg="green")


def _digest(written: str) -> bytes:
    try:
        return bytes.fromhex(written)
    except ValueError as error:
        raise Mistake("une empreinte s’écrit avec des chiffres et les lettres a à f.") from error


def _identified(login: str) -> office.Account:
    """Who this is: the same questions, limits and refusals as on the login page."""
    password = click.prompt(f"Mot de passe de {login}", hide_input=True)
    code = click.prompt("Code à six chiffres, s’il y en a un", default="", show_default=False)
    person = part(Accounts).check(login, password, code)
    if part(Settings).totp_required and not person.two_factors:
        raise office.SecondFactorNeeded
    return person


def _requested(action: Action, slug: str, person: office.Account) -> Approval:
    asked = part(Approvals).request(action, slug, person)
    part(Journal).write(person.login, "accord demandé", f"{slug}, {asked.words}")
    return asked


def _approved(request_id: bytes, person: office.Account) -> Approval:
    given = part(Approvals).approve(request_id, person)
    part(Journal).write(person.login, "accord donné", f"{given.campaign}, {given.words}")
    return given


def _show_approval(asked: Approval) -> None:
    click.echo(f"{asked.campaign}\u00a0: {asked.words}")
    lines(
        {
            "demande": asked.id.hex(),
            "demandée par": asked.requested_by,
            "approuvée par": asked.approved_by or "personne encore",
            "valable jusqu’au": end(asked.valid_until),
        }
    )
