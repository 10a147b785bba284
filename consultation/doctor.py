"""Checks every rule of deployment on the running configuration, for people and for monitoring.

One small function for each rule: its docstring is the rule, shown in French; it yields what does
not hold and what to do. Nothing it says is a secret.
"""

from __future__ import annotations

import json
import logging
import math
import random
import secrets
import shutil
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy.exc import DBAPIError

from consultation import inspection
from consultation.ballots.keys import BoxKeys
from consultation.ballots.release import Release
from consultation.ballots.standbys import UNSEEN
from consultation.ballots.store import Urn
from consultation.ballots.tables import metadata as box_tables
from consultation.config import WITH_ACCOUNTS, ConfigurationError, Settings, migrations_of
from consultation.database import Database, StoreName, is_current
from consultation.formatting import moment
from consultation.office.accounts import TWO_FACTORS, keys_by_role
from consultation.office.campaigns import Campaign
from consultation.office.proofs import Proofs
from consultation.office.rounds import Rounds
from consultation.office.store import Accounts, Campaigns, Journal
from consultation.office.tables import metadata as office_tables
from consultation.refusals import Refusal
from consultation.results.keys import ResultKeys
from consultation.roll.keys import KeysDamaged, RollKeys
from consultation.roll.tables import metadata as roll_tables
from consultation.web import STATIC

Level = Literal["ok", "warning", "error"]

SEVERITY: Mapping[Level, int] = {"ok": 0, "warning": 1, "error": 2}
TABLES = {
    "roll": frozenset(roll_tables.tables),
    "box": frozenset(box_tables.tables),
    "office": frozenset(office_tables.tables),
}
SETTING_NAMES = {"roll": "ROLL", "box": "BOX", "office": "OFFICE"}

STRONG_BITS = 128
CLOCK_TOLERANCE = timedelta(seconds=15)  # half a step of a second factor
_NOT_SECRET = ("changeme", "change-me", "password", "motdepasse", "secret", "consultation")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OWNER_ONLY = stat.S_IRUSR | stat.S_IWUSR

_SIGNS: Mapping[Level, str] = {"ok": "✓", "warning": "!", "error": "✗"}
_WORDS: Mapping[Level, str] = {"ok": "", "warning": "attention", "error": "erreur"}

# What would tell who answered when, or print what they answered, and the only right value.
SILENT = {
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_duration": "off",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "track_commit_timestamp": "off",
}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


@dataclass(frozen=True, kw_only=True)
class Remark:
    """What does not hold, and what to do."""

    level: Level
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Examined:
    """One rule, and what was found."""

    name: str
    rule: str
    remarks: tuple[Remark, ...]

    @property
    def level(self) -> Level:
        """The worst of what was found."""
        return worst(remark.level for remark in self.remarks)


class NoOffice(Refusal):
    """la base office n’existe pas encore."""


@dataclass(frozen=True, kw_only=True)
class Patient:
    """The running configuration: its settings, its stores, its environment."""

    settings: Settings
    opened: Mapping[StoreName, Database]
    environ: Mapping[str, str]
    workers: int
    now: datetime
    static: Path = STATIC
    least_free: int = 500 * 1024 * 1024

    @cached_property
    def stores(self) -> Mapping[str, Database]:
        """Those that are there: looking into a SQLite file that is not would create it."""
        return {name: store for name, store in self.opened.items() if inspection.exists(store)}

    @property
    def office(self) -> Database:
        """The office's store."""
        if "office" not in self.stores:
            raise NoOffice
        return self.stores["office"]

    @cached_property
    def journal(self) -> Journal:
        """The journal of the office."""
        return Journal(self.office, lambda: self.now)

    @cached_property
    def campaigns(self) -> tuple[Campaign, ...]:
        """Every campaign of the register."""
        return Campaigns(self.office, lambda: self.now).all()

    @cached_property
    def accounts(self) -> Accounts:
        """The accounts of the office."""
        keys = keys_by_role(self.settings.secret_of)
        return Accounts(self.office, lambda: self.now, secret_key=keys)

    @cached_property
    def urn(self) -> Urn:
        """The urn, to look into."""
        proofs = Proofs(self.office, lambda: self.now)
        return Urn(self.stores["box"], proofs, lambda: self.now, secrets.token_bytes)

    @cached_property
    def release(self) -> Release:
        """What knows how the airlocks are."""
        proofs, keys = Proofs(self.office, lambda: self.now), BoxKeys(self.settings.keys)
        return Release(self.stores["box"], keys, proofs, lambda: self.now, random.SystemRandom())

    @property
    def running(self) -> tuple[Campaign, ...]:
        """Those that take, or will take, answers."""
        return tuple(one for one in self.campaigns if one.state not in ("draft", "closed"))

    @cached_property
    def servers(self) -> Mapping[str, inspection.Server]:
        """What each PostgreSQL store says of its server."""
        return {
            name: inspection.server(store)
            for name, store in self.stores.items()
            if not inspection.is_sqlite(store)
        }


Check = Callable[[Patient], Iterator[Remark]]


def examine(patient: Patient, checks: tuple[Check, ...] | None = None) -> tuple[Examined, ...]:
    """Every rule, checked; one that cannot be checked is said, and the others go on."""
    return tuple(
        Examined(
            name=check.__name__,
            rule=(check.__doc__ or "").strip().splitlines()[0],
            remarks=_remarks(check, patient),
        )
        for check in checks or CHECKS
    )


def misconfigured(error: ConfigurationError) -> Examined:
    """What is examined when the settings describe nothing that could run."""
    remarks = tuple(_error(problem) for problem in error.problems)
    return Examined(name="settings", rule="Les réglages sont complets.", remarks=remarks)


def worst(levels: Iterable[Level]) -> Level:
    """The most serious of these."""
    return max(levels, key=SEVERITY.__getitem__, default="ok")


# --- Settings


def real_use(patient: Patient) -> Iterator[Remark]:
    """Le mode démonstration est éteint."""
    if patient.settings.demo:
        yield _warning("CONSULTATION_DEMO=1 relâche https et le second facteur. Retirez-le.")


def https(patient: Patient) -> Iterator[Remark]:
    """Les pages se servent en https."""
    settings = patient.settings
    named = {
        "PUBLIC_URL": settings.public_url,
        "ROLL_ORIGIN": settings.roll_origin,
        "URN_ORIGIN": settings.urn_origin,
    }
    for name, origin in named.items():
        if origin and not origin.startswith("https://"):
            yield _error(f"{name} ne commence pas par https : tout passerait en clair.")


def secret_key(patient: Patient) -> Iterator[Remark]:
    """Chaque clé secrète a été tirée au hasard."""
    for name, key in patient.settings.secret_keys.items():
        if _bits(key) < STRONG_BITS or any(word in key.lower() for word in _NOT_SECRET):
            yield _error(
                f"{name} se devine. Tirez-en une : "
                'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
            )


def no_debugger(patient: Patient) -> Iterator[Remark]:
    """Ni débogueur, ni journal des requêtes, ni adresse dans les journaux."""
    if patient.environ.get("FLASK_DEBUG", "0").lower() not in ("", "0", "false", "no"):
        yield _error("FLASK_DEBUG ouvre un débogueur qui montre les réponses. Retirez-le.")
    if "access-log" in patient.environ.get("GUNICORN_CMD_ARGS", ""):
        yield _error("GUNICORN_CMD_ARGS journalise les adresses. Retirez --access-logfile.")
    if patient.settings.log_level == "DEBUG":
        yield _warning("LOG_LEVEL=DEBUG écrit plus que nécessaire. Revenez à INFO.")
    echoing = logging.getLogger("sqlalchemy.engine").isEnabledFor(logging.INFO)
    for store in patient.stores.values():
        if echoing or store.engine.echo or not store.engine.hide_parameters:
            yield _error("Les requêtes SQL sont écrites dans le journal. Ne réglez pas sqlalchemy.")
            return


def sides_apart(patient: Patient) -> Iterator[Remark]:
    """Ce serveur ne reçoit rien qui ouvre un côté qu’il ne sert pas."""
    settings, folders = patient.settings, {"roll": "roll", "urn": "box"}
    if {"roll", "urn"} <= settings.sides:
        return
    needed = {
        "ROLL_DATABASE_URL": settings.roll_url,
        "BOX_DATABASE_URL": settings.box_url,
        "SECRET_KEY": settings.secret_key,
        "ROLL_SECRET_KEY": settings.roll_secret_key,
        "OFFICE_SECRET_KEY": settings.office_secret_key,
    }
    for name, value in needed.items():
        if patient.environ.get(name) and not value:
            yield _error(f"{name} est donnée à un serveur qui ne s’en sert pas. Retirez-la.")
    for side, folder in folders.items():
        there = settings.keys / folder
        if side not in settings.sides and there.is_dir() and any(there.iterdir()):
            yield _error(f"{there} est l’affaire d’un autre serveur. Ôtez ce dossier d’ici.")


def limiter_storage(patient: Patient) -> Iterator[Remark]:
    """Les essais de codes se comptent ensemble, quel que soit le nombre de processus."""
    if patient.workers > 1 and patient.settings.limiter_storage.startswith("memory"):
        yield _warning(
            f"{patient.workers} processus comptent chacun à part. Indiquez "
            "LIMITER_STORAGE=redis://…, ou acceptez autant de fois plus d’essais."
        )


def mail_sender(patient: Patient) -> Iterator[Remark]:
    """Les messages partent du domaine de la plateforme, et leurs codes ne passent pas en clair."""
    settings = patient.settings
    if "roll" not in settings.sides:
        return
    sender = parseaddr(settings.mail_from)[1].rpartition("@")[2].lower()
    host = (urlsplit(settings.public_url).hostname or "").lower()
    if _organisation(sender) != _organisation(host):
        yield _warning(
            f"MAIL_FROM est de {sender} et PUBLIC_URL de {host} : les messages ressembleront à "
            "un hameçonnage."
        )
    if settings.smtp.tls == "none" and settings.smtp.host not in ("localhost", "127.0.0.1", "::1"):
        yield _warning(
            f"Les codes iraient en clair à {settings.smtp.host}. Ajoutez ?starttls à SMTP_URL."
        )


def design_system(patient: Patient) -> Iterator[Remark]:
    """Les styles et les polices du système de design sont installés."""
    needed = ("survey.css", "office.css", "fonts/Marianne-Regular.woff2")
    missing = [name for name in needed if not (patient.static / "dsfr" / name).is_file()]
    if missing:
        yield _error(f"Il manque {', '.join(missing)}. Réinstallez : pip install -e .")


def legal_pages(patient: Patient) -> Iterator[Remark]:
    """Les pages légales nomment l’éditeur, l’hébergeur et qui protège les données."""
    missing = ", ".join(patient.settings.legal.missing)
    if missing:
        yield _warning(f"Écrivez dans le fichier de LEGAL_FILE : {missing}.")
    audit = patient.settings.legal.accessibility.audit
    if audit and patient.now.date() > audit.last_day:
        yield _warning(
            "L’audit d’accessibilité a plus de trois ans : les pages disent « non conforme ». "
            "Faites-en faire un autre."
        )


# --- Stores


def migrations(patient: Patient) -> Iterator[Remark]:
    """Chaque base est à jour."""
    for name, store in patient.opened.items():
        there = name in patient.stores
        if not there or not is_current(store, migrations_of(name)):
            yield _error(f"La base {name} n’est pas à jour. Lancez : consultation database migrate")


def separate_stores(patient: Patient) -> Iterator[Remark]:
    """La liste, l’urne et le bureau sont trois bases."""
    seen: dict[str, str] = {}
    for name, store in patient.stores.items():
        place = inspection.place(store)
        if place in seen:
            yield _error(
                f"{SETTING_NAMES[name]}_DATABASE_URL et {SETTING_NAMES[seen[place]]}_DATABASE_URL "
                "mènent à la même base. Séparez-les avant toute réponse."
            )
        seen[place] = name
        foreign = inspection.tables(store) - TABLES[name]
        if foreign:
            yield _error(f"La base {name} contient d’autres tables : {', '.join(sorted(foreign))}.")


def private_files(patient: Patient) -> Iterator[Remark]:
    """Personne d’autre que le service ne lit les fichiers des bases SQLite."""
    for store in patient.stores.values():
        exposed = [path for path in inspection.files(store) if _exposed(path)]
        if exposed:
            yield _error(f"D’autres lisent {exposed[0]}. Lancez : chmod 600 {exposed[0]}*")


def sqlite_pragmas(patient: Patient) -> Iterator[Remark]:
    """SQLite écrit sur le disque à chaque accusé de réception, et efface ce qu’il supprime."""
    right = {"journal_mode": "wal", "synchronous": "2", "secure_delete": "1", "foreign_keys": "1"}
    for name, store in patient.stores.items():
        found = inspection.pragmas(store) if inspection.is_sqlite(store) else right
        for pragma, value in found.items():
            if value != right[pragma]:
                yield _error(f"Base {name} : {pragma} vaut {value} au lieu de {right[pragma]}.")


def postgresql_logs(patient: Patient) -> Iterator[Remark]:
    """PostgreSQL n’écrit nulle part ce qui se répond, ni quand."""
    for name in patient.servers.keys() & {"box", "roll"}:
        said, remark = patient.servers[name].settings, _error if name == "box" else _warning
        for setting, right in SILENT.items():
            if said.get(setting, right) != right:
                yield remark(f"Base {name} : réglez {setting} = {right} (ici {said[setting]}).")
        loaded = " ".join(
            value for key, value in said.items() if key.endswith("_preload_libraries")
        )
        if "auto_explain" in loaded:
            yield remark(f"Base {name} : auto_explain écrit les requêtes. Retirez-le.")
        if said.get("archive_mode", "off") != "off":
            yield _warning(
                f"Base {name} : les journaux archivés gardent l’heure de chaque écriture. "
                "Éteignez archive_mode, ou détruisez-les à la clôture."
            )


def postgresql_durability(patient: Patient) -> Iterator[Remark]:
    """PostgreSQL écrit sur le disque à chaque accusé de réception."""
    for name, server in patient.servers.items():
        for setting, right in DURABLE.items():
            found = server.settings.get(setting, right)
            if found == "off" or (setting == "synchronous_commit" and found == "remote_write"):
                yield _error(f"Base {name} : réglez {setting} = {right} (ici {found}).")


def role_privileges(patient: Patient) -> Iterator[Remark]:
    """Le rôle PostgreSQL de chaque côté ne lit que sa base."""
    for name, server in patient.servers.items():
        if server.powers:
            yield _error(
                f"Base {name} : le rôle {server.role} a trop de pouvoirs "
                f"({', '.join(server.powers)}). Donnez-lui un rôle ordinaire."
            )
    for mine, other in (("roll", "box"), ("box", "roll")):
        if mine in patient.servers:
            yield from _what_another_may_read(patient, mine, other)


def clock(patient: Patient) -> Iterator[Remark]:
    """L’horloge avance, et s’accorde à celle des bases."""
    last = patient.journal.last()
    if last and patient.now < last.at:
        yield _error(
            f"Il serait {patient.now:%d/%m/%Y %H:%M} UTC, avant la dernière ligne du journal. "
            "Réglez l’heure."
        )
    for name, server in patient.servers.items():
        if abs(server.clock - patient.now) > CLOCK_TOLERANCE:
            yield _warning(
                f"L’horloge de la base {name} diffère. Réglez l’heure des deux serveurs."
            )


def free_space(patient: Patient) -> Iterator[Remark]:
    """Il reste de la place sur les disques."""
    places = {path.parent for store in patient.stores.values() for path in inspection.files(store)}
    if patient.settings.keys.is_dir():
        places.add(patient.settings.keys)
    for place in sorted(places):
        free = shutil.disk_usage(place).free
        if free < patient.least_free:
            yield _error(f"Il reste {free // 1024**2} Mio dans {place}. Faites de la place.")


# --- Keys


def key_files(patient: Patient) -> Iterator[Remark]:
    """Personne d’autre que le service ne lit les clés."""
    directory = patient.settings.keys
    if not directory.is_dir():
        return
    owner = directory.stat().st_uid
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        if stat.S_IMODE(path.stat().st_mode) != _OWNER_ONLY:
            yield _error(f"{path} se lit trop largement. Lancez : chmod 600 {path}")
        if path.stat().st_uid != owner:
            yield _error(f"{path} n’appartient pas au service. Changez son propriétaire (chown).")
        if path.parent.stat().st_mode & _OTHERS:
            yield _error(f"D’autres ouvrent {path.parent}. Lancez : chmod 700 {path.parent}")


def keys_apart(patient: Patient) -> Iterator[Remark]:
    """Les clés ne sont pas dans un dossier que l’on sauvegarde avec une base."""
    keys = patient.settings.keys.resolve()
    for name, store in patient.stores.items():
        for path in inspection.files(store)[:1]:
            if keys.is_relative_to(path.parent.resolve()):
                yield _warning(
                    f"{keys} est dans le dossier de la base {name}. Mettez KEYS_DIRECTORY "
                    "ailleurs, ou excluez-le des sauvegardes."
                )
                return


def campaign_keys(patient: Patient) -> Iterator[Remark]:
    """Chaque consultation en cours a ses clés ; la liste d’une consultation close n’en a plus."""
    keys = patient.settings.keys
    for campaign in patient.running:
        if "roll" in patient.settings.sides:
            yield from _roll_keys(RollKeys(keys), campaign)
        if "office" in patient.settings.sides and patient.settings.box_url:
            yield from _export_key(ResultKeys(keys), campaign)
    for campaign in patient.campaigns:
        left = any((keys / "roll" / campaign.slug).glob("*.*"))
        if campaign.state == "closed" and left:
            yield _error(
                f"{campaign.slug} est close et la liste a encore ses clés. "
                f"Lancez : consultation campaign close {campaign.slug}"
            )


def airlocks(patient: Patient) -> Iterator[Remark]:
    """Chaque consultation en cours a la clé de son sas, qui ouvre tout ce qui y attend."""
    if "urn" not in patient.settings.sides or "box" not in patient.stores:
        return
    for campaign in patient.running:
        if campaign.state == "closing" and patient.now >= campaign.last_moment:
            continue  # the last release takes the airlock away
        found = patient.release.airlock(campaign)
        if not found.ready:
            yield _error(
                f"La clé du sas de {campaign.slug} manque : les réponses qui attendent sont "
                "illisibles. Suspendez la consultation et retrouvez le dossier des clés."
            )
        if found.unreadable:
            yield _error(
                f"{found.unreadable} bulletins du sas de {campaign.slug} ne s’ouvrent pas. "
                "Suspendez la consultation, ne détruisez aucune clé, et cherchez une copie."
            )
    for campaign in patient.campaigns:
        if campaign.state == "closed" and patient.urn.waiting(campaign):
            yield _error(
                f"{campaign.slug} est close et des bulletins attendent : la base est revenue en "
                f"arrière. Lancez : consultation campaign close {campaign.slug}"
            )


def standbys(patient: Patient) -> Iterator[Remark]:
    """Chaque serveur de secours de l’urne suit : les clés retirées du sas se détruisent."""
    if "urn" not in patient.settings.sides or "box" not in patient.stores:
        return
    late = {name for one in patient.campaigns for name in patient.release.airlock(one).late}
    yield from (_error(sentence) for sentence in late_sentences(sorted(late)))


def proofs(patient: Patient) -> Iterator[Remark]:
    """La veille dit chaque minute qu’elle tient la clé du sas, sans quoi l’urne est suspendue."""
    if "urn" not in patient.settings.sides or "box" not in patient.stores:
        return
    for campaign in patient.running:
        if campaign.phase(patient.now) in ("open", "closing") and not patient.urn.accepts(campaign):
            yield _error(suspended_sentence(campaign))


def suspended(
    settings: Settings, opened: Mapping[StoreName, Database], now: datetime
) -> tuple[str, ...]:
    """What a server that starts has to say: the urns that accept no ballot for want of a worker."""
    patient = Patient(settings=settings, opened=opened, environ={}, workers=1, now=now)
    return tuple(remark.sentence for remark in _remarks(proofs, patient))


def late_sentences(late: Iterable[str]) -> Iterator[str]:
    """What to say of standbys for which a key has been kept for more than a day."""
    for name in late:
        if name == UNSEEN:
            yield (
                f"La base box a un serveur de secours {UNSEEN} : aucune clé retirée n’est "
                "détruite. Lancez : GRANT pg_read_all_stats TO …, pour le rôle de cette veille."
            )
        else:
            yield (
                f"Le serveur de secours {name} n’a pas rejoué depuis un jour ce qui retire une clé "
                "du sas. Réparez-le ou, s’il ne servira plus, supprimez-le, puis lancez : "
                f"consultation ballots stop-waiting {name}"
            )


def suspended_sentence(campaign: Campaign) -> str:
    """What to say when no worker has proved lately that it holds the airlock's key."""
    return (
        f"L’urne de {campaign.slug} est suspendue : aucune veille n’a dit depuis dix minutes "
        "qu’elle tient la clé du sas. Lancez, là où est cette clé : consultation worker"
    )


# --- Office


def journal(patient: Patient) -> Iterator[Remark]:
    """Le journal du bureau n’a pas été changé."""
    fault = patient.journal.first_fault()
    if fault is not None:
        yield _error(f"La chaîne est rompue à la ligne {fault}. Prévenez le contrôle.")


def second_factors(patient: Patient) -> Iterator[Remark]:
    """Qui agit au bureau a un second facteur."""
    if not patient.settings.sides & WITH_ACCOUNTS:
        return
    if not patient.settings.totp_required:
        yield _warning("TOTP=facultatif : un mot de passe volé ouvre le bureau. Retirez-le.")
    for login in patient.accounts.unreadable_second_factors():
        yield _error(
            f"Une autre clé a fermé le second facteur de {login}. Remettez-la, ou lancez : "
            f"consultation account rotate-keys, ou consultation account reset-totp {login}"
        )
    without = [
        one.login
        for one in patient.accounts.all()
        if one.active and one.role in TWO_FACTORS and not one.two_factors
    ]
    if without:
        yield _warning(f"Sans second facteur pour l’instant : {', '.join(without)}.")


def accounts_apart(patient: Patient) -> Iterator[Remark]:
    """Ce serveur n’ouvre que les comptes qui y entrent."""
    served = patient.settings.sides & WITH_ACCOUNTS
    if len(served) != 1:
        return
    for login in patient.accounts.openable_strangers():
        yield _error(
            f"La clé de ce serveur ouvre aussi le second facteur de {login}, qui n’y entre pas. "
            "Donnez-lui une clé neuve, puis lancez : consultation account rotate-keys"
        )
    roles, store = patient.accounts.roles, patient.office
    others = any(one.role not in roles for one in patient.accounts.all())
    if served == {"roll"} and others and not inspection.is_sqlite(store):
        yield _error(
            "Le rôle de ce serveur lit les comptes du bureau. Relancez sur la base office les "
            "lignes de migrations/README.md (POLICY)."
        )


def two_persons(patient: Patient) -> Iterator[Remark]:
    """Deux personnes de l’exploitation peuvent s’accorder."""
    if "office" not in patient.settings.sides:
        return
    able = [one for one in patient.accounts.all() if one.active and one.role == "exploitation"]
    if len(able) < 2:
        yield _warning(
            "Une clôture anticipée demande deux comptes de l’exploitation. "
            "Lancez : consultation account create LOGIN --role exploitation"
        )


def closings(patient: Patient) -> Iterator[Remark]:
    """Aucune clôture n’est en retard."""
    rounds = Rounds(patient.office, lambda: patient.now)
    for campaign in patient.running:
        if rounds.to_confirm(campaign):
            yield _warning(to_confirm_sentence(campaign, patient.now))
        elif campaign.state != "paused" and patient.now >= campaign.last_moment:
            yield _warning(
                f"Le délai de {campaign.slug} est passé. "
                f"Lancez : consultation campaign close {campaign.slug}"
            )


def to_confirm_sentence(campaign: Campaign, now: datetime) -> str:
    """What to say when the clock has leapt over the end of a campaign."""
    return (
        f"La clôture de {campaign.slug} attend une personne : aucune veille n’a vu passer la fin. "
        f"S’il est bien le {moment(now)}, lancez : "
        f"consultation campaign close {campaign.slug} --confirm"
    )


# --- What is said


def as_text(examined: Iterable[Examined]) -> Iterator[str]:
    """One line for each rule, then what does not hold."""
    found = tuple(examined)
    for one in found:
        yield f"{_SIGNS[one.level]} {one.rule}"
        yield from (
            f"    {_WORDS[remark.level]}\u00a0: {remark.sentence}" for remark in one.remarks
        )
    count = Counter(remark.level for one in found for remark in one.remarks)
    errors, warnings = _some(count["error"], "erreur"), _some(count["warning"], "avertissement")
    yield f"{len(found)} règles\u00a0: {errors}, {warnings}."


def as_json(examined: Iterable[Examined]) -> str:
    """The same for a machine."""
    found = tuple(examined)
    checks = [asdict(one) | {"level": one.level} for one in found]
    level = worst(one.level for one in found)
    return json.dumps({"level": level, "checks": checks}, ensure_ascii=False, indent=2)


CHECKS: tuple[Check, ...] = (
    real_use,
    https,
    secret_key,
    no_debugger,
    sides_apart,
    limiter_storage,
    mail_sender,
    design_system,
    legal_pages,
    migrations,
    separate_stores,
    private_files,
    sqlite_pragmas,
    postgresql_logs,
    postgresql_durability,
    role_privileges,
    clock,
    free_space,
    key_files,
    keys_apart,
    campaign_keys,
    airlocks,
    standbys,
    proofs,
    journal,
    second_factors,
    accounts_apart,
    two_persons,
    closings,
)


# --- Below: parts of the rules above


def _some(number: int, word: str) -> str:
    return f"{number} {word}{'s' if number > 1 else ''}"


def _warning(sentence: str) -> Remark:
    return Remark(level="warning", sentence=sentence)


def _error(sentence: str) -> Remark:
    return Remark(level="error", sentence=sentence)


def _remarks(check: Check, patient: Patient) -> tuple[Remark, ...]:
    try:
        return tuple(check(patient))
    except DBAPIError as error:
        reason = type(error.orig).__name__
        return (_error(f"Invérifiable : une base ne répond pas ou n’est pas à jour ({reason})."),)
    except OSError as error:
        return (_error(f"Invérifiable : {error.strerror} ({error.filename})."),)
    except Refusal as refusal:
        return (_error(f"Invérifiable : {refusal.sentence}"),)


def _exposed(path: Path) -> bool:
    """Whether others can open this file: its own rights, and those of its folder."""
    return bool(path.stat().st_mode & _OTHERS and path.parent.stat().st_mode & _OTHERS)


def _bits(key: str) -> float:
    """How hard a key is to guess, from how varied its characters are."""
    counts = Counter(key).values()
    return -sum(count * math.log2(count / len(key)) for count in counts)


def _organisation(domain: str) -> str:
    """« interieur.gouv.fr » of any of its servers, « exemple.fr » of « www.exemple.fr »."""
    labels = domain.split(".")
    return ".".join(labels[-3:] if labels[-2:] == ["gouv", "fr"] else labels[-2:])


def _what_another_may_read(patient: Patient, mine: str, other: str) -> Iterator[Remark]:
    known = patient.servers.get(other)
    if known and known.role == patient.servers[mine].role:
        yield _error(f"Les bases {mine} et {other} ont le même rôle, {known.role}. Faites-en deux.")
        return
    for role in ("public", known.role) if known else ("public",):
        tables = inspection.readable_by(patient.stores[mine], role, TABLES[mine])
        if tables:
            yield _error(
                f"Le rôle {role} lit {', '.join(tables)} dans la base {mine}. "
                f"Lancez : REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"
            )
    if known and inspection.may_connect(patient.stores[mine], known.role):
        yield _warning(
            f"Le rôle {known.role} peut ouvrir la base {mine}. "
            "Lancez : REVOKE CONNECT ON DATABASE … FROM PUBLIC"
        )


def _roll_keys(keys: RollKeys, campaign: Campaign) -> Iterator[Remark]:
    try:
        keys.invite(campaign.slug)
        keys.no_js(campaign.slug, b"")
        found = {name: keys.signing(campaign.slug, name).public for name in campaign.keys}
    except KeysDamaged:
        yield _error(
            f"Une clé de la liste de {campaign.slug} est abîmée : personne ne peut plus commencer. "
            "Remettez celle d’une sauvegarde."
        )
        return
    except Refusal:
        yield _error(
            f"Il manque des clés à la liste de {campaign.slug} : personne ne peut plus commencer. "
            "Retrouvez le dossier des clés."
        )
        return
    if found != campaign.keys:
        yield _error(f"Les clés de la liste de {campaign.slug} ne sont pas celles du registre.")


def _export_key(keys: ResultKeys, campaign: Campaign) -> Iterator[Remark]:
    try:
        right = keys.get(campaign.slug).public == campaign.export_key
    except Refusal:
        right = False
    if not right:
        yield _error(f"La clé d’export de {campaign.slug} manque : l’urne resterait illisible.")
