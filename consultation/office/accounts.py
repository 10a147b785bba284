"""Accounts of the office: one role each, what a login must be, what takes two persons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from consultation.refusals import Refusal

Role = Literal["rh", "analyste", "exploitation", "auditeur"]

ROLES: tuple[Role, ...] = get_args(Role)
ROLE_WORDS: Mapping[Role, str] = {
    "rh": "ressources humaines",
    "analyste": "analyse des résultats",
    "exploitation": "exploitation",
    "auditeur": "contrôle",
}

Side = Literal["roll", "office"]

FAILURES_ALLOWED = 5
BLOCKED_FOR = timedelta(minutes=15)
TWO_FACTORS: frozenset[Role] = frozenset({"rh", "analyste", "exploitation"})
"""The roles that act on something, and not only read the journal."""
SHORTEST_PASSWORD = 12


@dataclass(frozen=True, kw_only=True)
class Account:
    """Who may enter the office. A session made in an older `session_epoch` is over.

    `failures` counts the wrong attempts since the last right one.
    """

    id: bytes
    login: str
    role: Role
    perimeter: str
    active: bool
    session_epoch: int
    failures: int
    two_factors: bool

    @property
    def role_words(self) -> str:
        """The role, for people."""
        return ROLE_WORDS[self.role]


def keys_by_role(secret_of: Callable[[Side], str]) -> Mapping[Role, str]:
    """The key of each role that logs in here: HR works where the roll is, the others do not.

    `secret_of` gives that of a side, or nothing when it is served elsewhere.
    """
    keys = {role: secret_of("roll" if role == "rh" else "office") for role in ROLES}
    return {role: key for role, key in keys.items() if key}


def blocked(until: datetime | None, now: datetime) -> bool:
    """Whether an account still is; a longer time than ours was set by a clock since corrected."""
    return until is not None and timedelta() < until - now <= BLOCKED_FOR


class LoginRefused(Refusal):
    """Identifiant, mot de passe ou code incorrect. Après cinq essais, attendez quinze minutes."""

    status = 422
    title = "Connexion refusée"

    def __init__(self, blocked: str = "") -> None:
        super().__init__()
        self.blocked = blocked  # the login this attempt has just blocked, for the journal alone


class WrongCode(Refusal):
    """Ce code n’est pas le bon. Vérifiez que le téléphone est à l’heure, et écrivez le suivant."""

    status = 422
    title = "Code incorrect"


class AlreadyProtected(Refusal):
    """Ce compte a déjà son application. L’exploitation peut en autoriser une autre."""

    status = 409
    title = "Second facteur déjà en place"


class SecondFactorNeeded(Refusal):
    """Ajoutez d’abord une application à votre compte, puis recommencez."""

    status = 403
    title = "Second facteur nécessaire"


class UnknownAccount(Refusal):
    """Ce compte n’existe pas."""

    status = 404
    title = "Compte introuvable"


class LoginTaken(Refusal):
    """Un compte porte déjà cet identifiant. Choisissez-en un autre."""

    status = 409
    title = "Identifiant déjà pris"


class WrongLogin(Refusal):
    """L’identifiant doit compter de 1 à 100 caractères, sans espace."""

    status = 422
    title = "Identifiant à corriger"


class WrongRole(Refusal):
    """Le rôle doit être l’un de ceux-ci : rh, analyste, exploitation, auditeur."""

    status = 422
    title = "Rôle à corriger"


class WeakPassword(Refusal):
    """Le mot de passe doit compter au moins 12 caractères."""

    status = 422
    title = "Mot de passe trop court"


def clean_login(typed: str) -> str:
    """The login as it is stored: capitals and spaces around do not count."""
    login = typed.strip().casefold()
    if not 1 <= len(login) <= 100 or any(character.isspace() for character in login):
        raise WrongLogin
    return login


def known_role(role: str) -> Role:
    """The role, once checked."""
    for known in ROLES:
        if known == role:
            return known
    raise WrongRole


def strong_password(password: str) -> str:
    """The password, once checked."""
    if len(password) < SHORTEST_PASSWORD:
        raise WeakPassword
    return password
