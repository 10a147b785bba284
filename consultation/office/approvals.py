"""What one person of the office may not do alone, and how long the agreement of two lasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from consultation.office.campaigns import State
from consultation.refusals import Refusal

Action = Literal["early-closing", "final-release"]

ACTIONS: tuple[Action, ...] = get_args(Action)
ACTION_WORDS: Mapping[Action, str] = {
    "early-closing": "clore avant la date prévue",
    "final-release": "libérer tous les bulletins",
}
ASKED_IN: Mapping[Action, frozenset[State]] = {
    "early-closing": frozenset({"open", "paused"}),
    "final-release": frozenset({"open", "paused", "closing"}),
}

VALID_FOR = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Approval:
    """A request by one person, and the name of the other once they agreed."""

    id: bytes
    action: Action
    campaign: str
    requested_by: str
    requested_at: datetime
    approved_by: str | None

    @property
    def words(self) -> str:
        """What was asked, for people."""
        return ACTION_WORDS[self.action]

    @property
    def valid_until(self) -> datetime:
        """When it must be asked again."""
        return self.requested_at + VALID_FOR


class TwoPersonsNeeded(Refusal):
    """Deux personnes de l’exploitation doivent en être d’accord, depuis moins de 24 heures."""

    status = 403
    title = "Accord de deux personnes nécessaire"


class SamePerson(Refusal):
    """Vous avez fait cette demande : une autre personne de l’exploitation doit l’approuver."""

    status = 403
    title = "Une autre personne doit approuver"


class NotTheirs(Refusal):
    """Seul un compte actif de l’exploitation peut demander ou approuver cette action."""

    status = 403
    title = "Accès refusé"


class UnknownApproval(Refusal):
    """Cette demande n’existe pas, ou n’est plus valable. Faites-en une nouvelle."""

    status = 404
    title = "Demande introuvable"


class UnknownAction(Refusal):
    """Cette action ne se demande pas."""

    status = 422
    title = "Action inconnue"


def known_action(action: str) -> Action:
    """The action, once checked."""
    for known in ACTIONS:
        if known == action:
            return known
    raise UnknownAction


def known_id(written: str) -> bytes:
    """An identifier or a digest as people copy it, once checked."""
    try:
        return bytes.fromhex(written)
    except ValueError as error:
        raise UnknownApproval from error
