"""Settings, read once from the environment; every problem is reported together.

There is no default secret: what the demonstration needs, the demonstration invents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from consultation import legal
from consultation.formatting import one_line
from consultation.legal import Legal

SIDES = ("roll", "urn", "office")
WITH_ACCOUNTS = {"roll", "office"}
BRANDS = ("etat", "neutre")
SECOND_FACTOR = ("obligatoire", "facultatif")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
SECRET_LENGTH = 32
DEFAULT_PORTS = {"http": 80, "https": 443}
SMTP_PORTS = {"smtp": 25, "smtps": 465}
DRIVERS = {"sqlite": "pysqlite", "postgresql": "psycopg"}
_NO_UTF_8 = re.compile("[\ud800-\udfff]")  # how Python keeps a byte that is none
_NO_TEXT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


class ConfigurationError(Exception):
    """The environment does not describe a platform that can run; the message lists why."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        super().__init__(f"La configuration est à corriger\u00a0:\n{lines}")


@dataclass(frozen=True, kw_only=True)
class Smtp:
    """The relay that takes the invitations."""

    host: str = "localhost"
    port: int = 25
    user: str = ""
    password: str = field(default="", repr=False)
    tls: str = "none"  # none | starttls | implicit


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything the environment decides; what no served side needs is forgotten, and empty."""

    secret_key: str = field(repr=False)  # of both sides that have accounts, in one process
    roll_url: str = field(repr=False)
    box_url: str = field(repr=False)
    office_url: str = field(repr=False)
    keys: Path
    public_url: str
    roll_origin: str = ""
    urn_origin: str = ""
    sides: frozenset[str] = frozenset(SIDES)
    roll_secret_key: str = field(default="", repr=False)
    office_secret_key: str = field(default="", repr=False)
    smtp: Smtp = Smtp()
    mail_from: str = ""
    mail_reply_to: str = ""
    mail_rate: float = 5.0
    mail_domain_rate: float = 0.0  # 0: as fast as `mail_rate`
    mail_returns: str = ""
    returns_url: str = field(default="", repr=False)
    worker_every: float = 60.0
    mail_domains: tuple[str, ...] = ("*.gouv.fr",)
    limiter_storage: str = "memory://"
    brand: str = "neutre"
    organisation: str = "L’administration"
    contact: str = ""
    intranet_page: str = ""
    results_place: str = ""
    legal: Legal = field(default_factory=Legal)
    log_level: str = "INFO"
    demo: bool = False
    totp: str = ""  # "": obligatoire, except in the demonstration

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """The settings in `environ`; ConfigurationError with every problem and its remedy."""
        reader = _Reader(environ)
        settings = reader.settings()
        if reader.problems:
            raise ConfigurationError(reader.problems)
        return settings

    def secret_of(self, side: Literal["roll", "office"]) -> str:
        """What locks the second factors of this side's accounts; empty: it is not served here."""
        own = {"roll": self.roll_secret_key, "office": self.office_secret_key}[side]
        return own or self.secret_key if side in self.sides else ""

    @property
    def signing_key(self) -> str:
        """What signs the sessions and the links made here; empty without any account."""
        return self.secret_of("office") or self.secret_of("roll")

    @property
    def secret_keys(self) -> Mapping[str, str]:
        """The secret keys that serve here, by the names of their settings."""
        named = {
            "SECRET_KEY": self.secret_key,
            "ROLL_SECRET_KEY": self.roll_secret_key,
            "OFFICE_SECRET_KEY": self.office_secret_key,
        }
        return {name: value for name, value in named.items() if value}

    @property
    def secure(self) -> bool:
        """Whether people reach the platform by https."""
        return self.public_url.startswith("https://")

    @property
    def roll_elsewhere(self) -> str:
        """What comes before an address of the roll in a page served here; empty: it is here."""
        return "" if "roll" in self.sides else self.roll_origin

    @property
    def urn_elsewhere(self) -> str:
        """The same for an address of the urn."""
        return "" if "urn" in self.sides else self.urn_origin

    @property
    def one_origin(self) -> bool:
        """Whether browsers see the roll and the urn as one server, whatever is behind it."""
        return self.roll_origin == self.urn_origin

    @property
    def desk_open_to(self) -> str:
        """The origin of the urn's pages, when they ask the roll's desk from another; or empty."""
        return "" if self.one_origin else self.urn_elsewhere

    @property
    def landing(self) -> str:
        """The origin of the links in messages."""
        return self.urn_origin or self.public_url

    @property
    def totp_required(self) -> bool:
        """Whether whoever acts in the office must have a second factor."""
        return self.totp == "obligatoire" or not (self.totp or self.demo)

    @property
    def cautions(self) -> tuple[str, ...]:
        """What works but deserves a line in the log at start."""
        if self.limiter_storage.startswith("memory"):
            return (
                "LIMITER_STORAGE=memory:// compte les essais dans chaque processus à part"
                "\u00a0; avec plusieurs processus, indiquez redis://…",
            )
        return ()


def shipped(name: str) -> Path:
    """The folder `name` as installed: inside the package, or beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name


STORES = {"roll": "roll", "box": "ballots", "office": "office"}
"""The stores, and the folder of the migrations of each."""


def migrations_of(store: str) -> Path:
    """The migrations of this store, as installed."""
    return shipped("migrations") / STORES[store]


class _Reader:
    """Reads one variable after the other and keeps every problem."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def settings(self) -> Settings:
        demo = self._one_of("CONSULTATION_DEMO", ("0", "1"), "0") == "1"
        sides = self._sides()
        urls = self._databases(sides)
        public_url = self._public_url(demo)
        mail_from = self._mail_from(needed="roll" in sides and not demo)
        reply_to = self._get("MAIL_REPLY_TO") or mail_from
        return Settings(
            **self._secrets(sides & WITH_ACCOUNTS),
            roll_url=urls["roll"],
            box_url=urls["box"],
            office_url=urls["office"],
            keys=self._keys(),
            public_url=public_url,
            roll_origin=self._origin("ROLL_ORIGIN", public_url, demo),
            urn_origin=self._origin("URN_ORIGIN", public_url, demo),
            sides=sides,
            smtp=self._smtp() if "roll" in sides else Smtp(),
            mail_from=mail_from,
            mail_reply_to=reply_to,
            mail_rate=self._rate("MAIL_RATE", "5"),
            mail_domain_rate=self._rate("MAIL_DOMAIN_RATE", "0"),
            mail_returns=self._mail_returns(),
            returns_url=self._returns_url() if "roll" in sides else "",
            worker_every=self._worker_every(),
            mail_domains=self._list("MAIL_DOMAINS") or ("*.gouv.fr",),
            limiter_storage=self._limiter(),
            brand=self._one_of("BRAND", BRANDS, "neutre"),
            organisation=self._get("ORGANISATION") or "L’administration",
            contact=self._get("CONTACT") or reply_to,
            intranet_page=self._get("INTRANET_PAGE"),
            results_place=self._get("RESULTS_PLACE"),
            legal=self._legal(),
            log_level=self._one_of("LOG_LEVEL", LOG_LEVELS, "INFO"),
            demo=demo,
            totp=self._one_of("TOTP", SECOND_FACTOR, "facultatif" if demo else "obligatoire"),
        )

    def _get(self, name: str) -> str:
        value = self._environ.get(name, "").strip()
        foreign = _NO_UTF_8.search(value)
        if foreign:
            self._wrong(
                name, f"écrivez-la en UTF-8 : elle contient un autre octet ({_octet(foreign)})."
            )
            return ""
        if value != one_line(value):  # it may go into a header, or into an address
            self._wrong(name, "écrivez-la sur une seule ligne.")
            return ""
        return value

    def _list(self, name: str) -> tuple[str, ...]:
        return tuple(item.strip() for item in self._get(name).split(",") if item.strip())

    def _wrong(self, name: str, sentence: str) -> None:
        problem = f"{name}\u00a0: {sentence}"
        if problem not in self.problems:  # a setting may be read more than once
            self.problems.append(problem)

    def _one_of(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self._get(name) or default
        if value not in allowed:
            self._wrong(name, f"«\u00a0{value}\u00a0» est inconnu. Choix\u00a0: {_words(allowed)}.")
            return default
        return value

    def _secrets(self, sides: frozenset[str]) -> dict[str, str]:
        """The keys of these sides: whoever runs one server must not hold those of the other."""
        own = {side: f"{side.upper()}_SECRET_KEY" for side in sorted(WITH_ACCOUNTS)}
        together = sides == WITH_ACCOUNTS
        common = self._get("SECRET_KEY") if together else ""
        if together and not any(map(self._get, own.values())):
            return {"secret_key": self._secret("SECRET_KEY")}
        if sides and not together:
            self._refuse_the_key_of_another(sides, own)
        kept = {name: self._get(name) or common for side, name in own.items() if side in sides}
        for name in kept:
            self._secret(name, common)
        if together and len(set(kept.values())) == 1:
            self._wrong("OFFICE_SECRET_KEY", "c’est celle de ROLL_SECRET_KEY. Tirez-en une autre.")
        return {"secret_key": "", **{name.lower(): value for name, value in kept.items()}}

    def _secret(self, name: str, default: str = "") -> str:
        value = self._get(name) or default
        if len(value) < SECRET_LENGTH:
            self._wrong(
                name,
                f"il faut au moins {SECRET_LENGTH} caractères tirés au hasard. Par exemple\u00a0: "
                'python3 -c "import secrets; print(secrets.token_urlsafe(48))"',
            )
        return value

    def _refuse_the_key_of_another(self, sides: frozenset[str], own: Mapping[str, str]) -> None:
        (mine,) = (name for side, name in own.items() if side in sides)
        if self._get("SECRET_KEY"):
            self._wrong(
                "SECRET_KEY",
                "commune à deux serveurs, elle laisse l’un ouvrir des sessions chez l’autre. "
                f"Remplacez-la ici par {mine}, une clé neuve que l’autre serveur n’a pas, puis "
                "lancez\u00a0: consultation account rotate-keys",
            )
        for side, name in own.items():
            if side not in sides and self._get(name):
                self._wrong(name, "elle ouvre les sessions d’un autre serveur. Retirez-la d’ici.")

    def _sides(self) -> frozenset[str]:
        chosen = self._list("CONSULTATION_SIDES") or SIDES
        for side in chosen:
            if side not in SIDES:
                self._wrong(
                    "CONSULTATION_SIDES",
                    f"«\u00a0{side}\u00a0» est inconnu. Choix\u00a0: {_words(SIDES)}.",
                )
        return frozenset(chosen)

    def _databases(self, sides: frozenset[str]) -> dict[str, str]:
        needed = {
            "roll": "roll" in sides,
            "box": "urn" in sides or sides == {"office"},  # for the results
            "office": True,
        }
        urls = {store: self._database(store, needed[store]) for store in needed}
        seen: dict[tuple[str, ...], str] = {}
        for store, url in urls.items():
            place = _place(url)
            if place and place in seen:
                self._wrong(
                    f"{store.upper()}_DATABASE_URL",
                    f"c’est la même base que {seen[place].upper()}_DATABASE_URL. "
                    "L’anonymat exige trois bases séparées.",
                )
            seen[place] = store
        return {store: url if needed[store] else "" for store, url in urls.items()}

    def _database(self, store: str, needed: bool) -> str:
        name = f"{store.upper()}_DATABASE_URL"
        value, data = self._get(name), self._get("CONSULTATION_DATA")
        if not value and data:
            return f"sqlite:///{Path(data).absolute() / f'{store}.sqlite'}"
        if not value:
            if needed:
                self._wrong(
                    name, "indiquez l’adresse de la base, ou un dossier dans CONSULTATION_DATA."
                )
            return ""
        problem = _database_problem(value)
        if problem:
            self._wrong(name, problem)
            return ""
        return value

    def _keys(self) -> Path:
        value, data = self._get("KEYS_DIRECTORY"), self._get("CONSULTATION_DATA")
        if not value and not data:
            self._wrong(
                "KEYS_DIRECTORY",
                "indiquez le dossier des clés, hors des bases et de leurs sauvegardes.",
            )
        return Path(value or Path(data) / "keys").absolute()

    def _public_url(self, demo: bool) -> str:
        value = self._get("PUBLIC_URL").rstrip("/")
        if not value and demo:
            return "http://localhost:8000"
        self._check_origin("PUBLIC_URL", value, demo)
        return value

    def _origin(self, name: str, default: str, demo: bool) -> str:
        value = self._get(name).rstrip("/")
        if value:
            self._check_origin(name, value, demo)
        return _as_browsers_write(value or default)

    def _check_origin(self, name: str, value: str, demo: bool) -> None:
        parts = _split(value)
        schemes = ("http", "https") if demo else ("https",)
        if not parts or parts.scheme not in schemes or _has_path(parts) or not _has_host(parts):
            self._wrong(
                name,
                "indiquez l’adresse publique, sans chemin\u00a0: https://consultation.exemple.fr.",
            )

    def _smtp(self) -> Smtp:
        value = self._get("SMTP_URL")
        if not value:
            return Smtp()
        parts = _split(value)
        if not parts or parts.scheme not in SMTP_PORTS or not parts.hostname:
            self._wrong(
                "SMTP_URL",
                "indiquez smtp://relais:25, smtp://relais:587?starttls ou smtps://relais:465.",
            )
            return Smtp()
        user, password = self._credentials("SMTP_URL", parts)
        return Smtp(
            host=parts.hostname,
            port=parts.port or SMTP_PORTS[parts.scheme],
            user=user,
            password=password,
            tls=_tls(parts),
        )

    def _credentials(self, name: str, parts: SplitResult) -> tuple[str, str]:
        """The user and the password of an address: UTF-8, without control characters (RFC 4616)."""
        user, password = (
            unquote(one or "", errors="surrogateescape") for one in (parts.username, parts.password)
        )
        barred = _NO_TEXT.search(user + password)
        if barred:
            self._wrong(
                name,
                "l’utilisateur ou le mot de passe contient un octet qui n’est pas un caractère en "
                f"UTF-8 ({_octet(barred)}). Écrivez par exemple « é », ou %C3%A9.",
            )
        return user, password

    def _mail_from(self, *, needed: bool) -> str:
        value = self._get("MAIL_FROM")
        if value and "@" not in value:
            self._wrong("MAIL_FROM", "indiquez une adresse, par exemple consultation@exemple.fr.")
        if not value and needed:
            self._wrong("MAIL_FROM", "indiquez l’adresse qui envoie les invitations.")
        return value or "consultation@localhost"

    def _legal(self) -> Legal:
        path = self._get("LEGAL_FILE")
        if not path:
            return Legal()
        try:
            text = Path(path).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            self._wrong("LEGAL_FILE", f"{path} ne se lit pas. Indiquez un fichier TOML, en UTF-8.")
            return Legal()
        read = legal.read(text)
        for problem in read.problems:
            self._wrong("LEGAL_FILE", problem)
        return read.legal

    def _rate(self, name: str, default: str) -> float:
        value = self._get(name) or default
        try:
            rate = float(value)
        except ValueError:
            rate = -1.0
        if value != default and not 0 < rate <= 1000:
            self._wrong(name, "indiquez un nombre de messages par seconde, de 0,1 à 1000.")
        return rate

    def _mail_returns(self) -> str:
        value = self._get("MAIL_RETURNS")
        if value and not re.fullmatch(r"[\w.-]+@[\w.-]+", value):
            self._wrong(
                "MAIL_RETURNS", "indiquez une adresse, par exemple retour@consultation.exemple.fr."
            )
        return value

    def _returns_url(self) -> str:
        value = self._get("RETURNS_URL")
        parts = _split(value)
        if value and (not parts or parts.scheme not in ("imap", "imaps") or not parts.hostname):
            self._wrong("RETURNS_URL", "indiquez imaps://utilisateur:mot-de-passe@serveur/INBOX.")
            return ""
        if parts:
            self._credentials("RETURNS_URL", parts)
        return value

    def _worker_every(self) -> float:
        value = self._get("WORKER_EVERY") or "60"
        if not value.isdecimal() or not 1 <= int(value) <= 86_400:
            self._wrong("WORKER_EVERY", "indiquez un nombre de secondes, de 1 à 86400.")
            return 60.0
        return float(value)

    def _limiter(self) -> str:
        value = self._get("LIMITER_STORAGE") or "memory://"
        if not value.startswith(("memory://", "redis://", "rediss://", "redis+unix://")):
            self._wrong("LIMITER_STORAGE", "indiquez memory:// ou redis://serveur:6379.")
        elif not value.startswith("memory://") and not _installed("redis"):
            self._wrong("LIMITER_STORAGE", _lacks("redis"))
        return value


def _words(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def _octet(found: re.Match[str]) -> str:
    return f"%{ord(found[0]) & 0xFF:02X}"


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _has_host(parts: SplitResult) -> bool:
    # It goes into the Content-Security-Policy, where « ; » or « * » would mean something.
    return re.fullmatch(r"[\w.-]+|[0-9a-f:]+", parts.hostname or "") is not None


def _as_browsers_write(origin: str) -> str:
    """The same origin in lower case, without the port that goes without saying."""
    parts = _split(origin.lower())
    if not parts or parts.port != DEFAULT_PORTS.get(parts.scheme):
        return origin.lower()
    return origin.lower().removesuffix(f":{parts.port}")


def _has_path(parts: SplitResult) -> bool:
    return bool(parts.path or parts.query or parts.fragment or parts.username)


def _tls(parts: SplitResult) -> str:
    if parts.scheme == "smtps":
        return "implicit"
    return "starttls" if "starttls" in parts.query else "none"


def _database_problem(value: str) -> str:
    try:
        url = make_url(value)
    except ArgumentError:
        return "l’adresse est illisible. Exemple\u00a0: postgresql://utilisateur@serveur/base."
    backend = url.drivername.split("+")[0]
    if backend not in DRIVERS:
        return "seuls sqlite:///fichier et postgresql://serveur/base sont acceptés."
    if backend == "sqlite" and url.database in (None, "", ":memory:"):
        return "une base en mémoire perdrait les réponses\u00a0: indiquez un fichier."
    if url.get_driver_name() != DRIVERS[backend]:
        return f"seul le pilote {DRIVERS[backend]} est connu\u00a0: écrivez {backend}://…"
    if backend == "postgresql" and not _installed("psycopg"):
        return _lacks("postgresql")
    return ""


def _installed(module: str) -> bool:
    """Whether what an extra brings is here, and loads."""
    try:
        import_module(module)
    except ImportError:
        return False
    return True


def _lacks(extra: str) -> str:
    return f"il manque une bibliothèque. Installez-la\u00a0: pip install 'consultation[{extra}]'."


def _place(value: str) -> tuple[str, ...]:
    """Where the data really are: two spellings of one base give the same place."""
    if not value:
        return ()
    url: URL = make_url(value)
    if url.get_backend_name() == "sqlite":
        return (str(Path(url.database or "").resolve()),)
    host = url.host or url.query.get("host", "localhost")
    return (str(host).lower(), str(url.port or 5432), url.database or url.username or "")
