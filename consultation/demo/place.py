"""The directory of a demonstration: its throw-away secrets, its settings, and what it may erase."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from consultation import whole
from consultation.config import STORES
from consultation.office.accounts import ROLES, Role
from consultation.refusals import Refusal

MARKER = "demo.json"
SUMMARY = "summary.json"
LOGINS: Mapping[str, Role] = {**{role: role for role in ROLES}, "exploitation-2": "exploitation"}
"""The accounts of a demonstration; closing before the date takes two persons."""
_BESIDE = ("-wal", "-shm", "-gate", "-alone-gate")
_WRITTEN = (
    *(f"{store}.sqlite{suffix}" for store in STORES for suffix in ("", *_BESIDE)),
    *("keys", "rh", "mail", "export", "server.log", SUMMARY, MARKER),
)


class NotOurs(Refusal):
    """Ce dossier contient des fichiers qui ne viennent pas d’une démonstration."""

    title = "Dossier occupé"


class AlreadyShown(Refusal):
    """Une démonstration est déjà là."""

    title = "Dossier occupé"


class NothingToServe(Refusal):
    """Aucune démonstration achevée dans ce dossier."""

    title = "Rien à servir"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a demonstration lives; `logins` gives the password of each account."""

    directory: Path
    secret_key: str = field(repr=False)
    logins: Mapping[str, str] = field(repr=False)

    @property
    def mail(self) -> Path:
        """The messages sent."""
        return self.directory / "mail"

    @property
    def export(self) -> Path:
        """The export."""
        return self.directory / "export"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.directory / "server.log"

    @property
    def summary(self) -> Path:
        """The figures."""
        return self.directory / SUMMARY

    @property
    def is_complete(self) -> bool:
        """Whether the demonstration went to its end."""
        return self.summary.exists()

    def environment(self, public_url: str, smtp_url: str = "") -> dict[str, str]:
        """Every setting, so that nothing of the visitor's own environment is ever used."""
        stores = {
            f"{store.upper()}_DATABASE_URL": f"sqlite:///{self.directory / store}.sqlite"
            for store in STORES
        }
        return stores | {
            "CONSULTATION_DEMO": "1",
            "CONSULTATION_DATA": str(self.directory),
            "CONSULTATION_SIDES": "",
            "KEYS_DIRECTORY": str(self.directory / "keys"),
            "SECRET_KEY": self.secret_key,
            "ROLL_SECRET_KEY": "",
            "OFFICE_SECRET_KEY": "",
            "PUBLIC_URL": public_url,
            "SMTP_URL": smtp_url,
            "MAIL_FROM": "Consultation <consultation@exemple.gouv.fr>",
            "MAIL_REPLY_TO": "aide@exemple.gouv.fr",
            "MAIL_RATE": "1000",
            "MAIL_DOMAINS": "",
            "LIMITER_STORAGE": "memory://",
            "BRAND": "neutre",
            "ORGANISATION": "Démonstration",
            "CONTACT": "aide@exemple.gouv.fr",
            "INTRANET_PAGE": "",
            "RESULTS_PLACE": "",
            "LOG_LEVEL": "INFO",
            "TOTP": "facultatif",
        }

    def files(self) -> Iterator[Path]:
        """What was written, one line for each folder of many files."""
        for name in _WRITTEN:
            path = self.directory / name
            if name == "export":
                yield from sorted(one for one in path.rglob("*") if one.is_file())
            elif path.exists() and not name.endswith(("-wal", "-shm", "-gate")):
                yield path


def settle(directory: Path) -> Place:
    """Take an empty directory and mark it, before anything else is written there."""
    directory = directory.absolute()
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise NotOurs(f"{NotOurs.__doc__} Choisissez-en un autre : --directory AUTRE.")
    place = Place(
        directory=directory,
        secret_key=secrets.token_urlsafe(48),
        logins={login: secrets.token_urlsafe(12) for login in LOGINS},
    )
    kept = {name: value for name, value in asdict(place).items() if name != "directory"}
    marker = directory / MARKER
    whole.write(marker, json.dumps(kept, indent=2) + "\n", rights=0o600)
    return place


def found(directory: Path) -> Place | None:
    """The demonstration that is in this directory, if any."""
    marker = directory.absolute() / MARKER
    if not marker.is_file():
        return None
    kept = json.loads(marker.read_text("utf-8"))
    return Place(
        directory=directory.absolute(), secret_key=kept["secret_key"], logins=kept["logins"]
    )


def erase(place: Place) -> None:
    """Erase what a demonstration writes, and nothing else; its marker goes last."""
    for name in _WRITTEN:
        path = place.directory / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
