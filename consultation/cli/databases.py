"""The commands that prepare, check, save and bring back the stores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import click
from flask.cli import AppGroup

from consultation.backup import SAVED, Backup
from consultation.config import Settings, migrations_of
from consultation.database import Database, is_current, migrate
from consultation.parts import part
from consultation.terminal import MIGRATE, WHO, Unavailable, lines

ONE_STORE = "Une base ; par défaut, toutes celles de ce serveur."
KEYS = "Copier aussi les clés nécessaires dans un autre dossier, à garder ailleurs."
KEEP_APART = """\
Confiez « box » et « roll » à des personnes et à des lieux différents : réunies, leurs copies
successives aideraient à rapprocher qui a répondu et ce qui est arrivé. Gardez les clés ailleurs
encore, et les clés secrètes des réglages avec elles. Un mélange peut changer la clé du sas :
copiez-la aussitôt, ou laissez --keys le faire. L’ancienne reste ici une heure au moins ; une fois
détruite, détruisez aussi sa copie (--keys le fait). À la clôture, détruisez les copies des clés de
« roll »."""
RESTORED = """\
Tout ce que contient la sauvegarde est là. Ce qui est arrivé après elle n’y est pas : évitez de
rendre « roll » plus ancienne que « box », une même personne pourrait répondre deux fois. Les
laissez-passer délivrés depuis la copie, et oubliés, sont comptés et publiés : la clôture reste
possible. Les clés du sas d’après la copie restent une heure, puis la veille les détruit."""


database = AppGroup("database", help="Préparer et vérifier les trois bases.")


@database.command("migrate", with_appcontext=False)
def database_migrate() -> None:
    """Créer les tables, ou les amener à la version installée ; sans danger si c’est déjà fait."""
    for store, url in _stores(Settings.from_environment(os.environ)):
        with closing(Database(url)) as opened:
            migrate(opened, migrations_of(store))
        click.echo(f"{store:<8} à jour")


@database.command("check", with_appcontext=False)
def database_check() -> None:
    """Dire si chaque base est joignable et à jour."""
    refuse_stale_stores(Settings.from_environment(os.environ), tell=click.echo)


@database.command("backup")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--store", "stores", multiple=True, type=click.Choice(tuple(SAVED)), help=ONE_STORE)
@click.option("--keys", type=click.Path(file_okay=False, path_type=Path), help=KEYS)
def database_backup(directory: Path, stores: tuple[str, ...], keys: Path | None) -> None:
    """Copier chaque base dans un dossier à elle sous DIRECTORY, et dire quelles clés garder.

    Les bulletins qui attendent sont d’abord mélangés et scellés à nouveau.
    """
    backup = part(Backup)
    for saved in backup.save(directory, stores or backup.stores, WHO, keys=keys):
        click.echo(f"{saved.store} : {sum(saved.rows.values())} lignes, {directory / saved.store}")
        for key in saved.keys:
            click.echo(f"  {'gardée' if keys else 'à garder'} : {part(Settings).keys / key}")
    click.echo(KEEP_APART)


@database.command("restore")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--store", "stores", multiple=True, type=click.Choice(tuple(SAVED)), help=ONE_STORE)
@click.option("--lose-waiting", is_flag=True, help="Renoncer aux bulletins dont la clé est perdue.")
def database_restore(directory: Path, stores: tuple[str, ...], lose_waiting: bool) -> None:
    """Remettre dans des bases neuves les copies de DIRECTORY ; arrêtez d’abord les serveurs."""
    backup = part(Backup)
    for one in backup.restore(directory, stores or backup.stores, WHO, lose_waiting=lose_waiting):
        click.echo(f"{one.saved.store} : {sum(one.saved.rows.values()) - one.lost} lignes")
        if one.saved.store == "box":
            lines({"bulletins du sas qui s’ouvrent": one.opened, "perdus": one.lost})
    click.echo(RESTORED)


def refuse_stale_stores(settings: Settings, tell: Callable[[str], None] = lambda _: None) -> None:
    """Unavailable at the first store that is not at the version installed; tells of the others."""
    for store, url in _stores(settings):
        with closing(Database(url)) as opened:
            if not is_current(opened, migrations_of(store)):
                raise Unavailable(f"la base « {store} » n’est pas à jour. {MIGRATE}")
        tell(f"{store:<8} à jour")


def _stores(settings: Settings) -> Iterable[tuple[str, str]]:
    urls = {"roll": settings.roll_url, "box": settings.box_url, "office": settings.office_url}
    return ((store, url) for store, url in urls.items() if url)
