"""A campaign as both sides may know it, and what each moment of its life allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from consultation.blind import PublicKey
from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.rules import Rulebook
from consultation.refusals import Refusal

Reissue = Literal["none", "capped"]
State = Literal["draft", "open", "paused", "closing", "closed"]
Phase = Literal["draft", "scheduled", "open", "paused", "closing", "closed"]

GRACE = timedelta(hours=48)
"""How long after the last day a credential already issued may still be spent."""

FORMER_LARGEST_BOX = 64 * 1024
"""What ballots had to fit in before each campaign had a size of its own."""

PHASE_WORDS: Mapping[Phase, str] = {
    "draft": "en préparation",
    "scheduled": "ouvre bientôt",
    "open": "ouverte",
    "paused": "suspendue",
    "closing": "en cours de clôture",
    "closed": "close",
}


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """One consultation. The roll knows it by its `slug`, the box by its random `urn` only."""

    slug: str
    urn: bytes
    title: str
    questionnaire: Questionnaire
    rulebook: Rulebook = field(compare=False)  # how it is answered
    digest: str
    state: State
    opens: datetime
    closes: datetime
    grace_until: datetime | None
    pool: int
    export_key: bytes
    keys: Mapping[str, PublicKey]  # by audience
    reissue: Reissue = "capped"  # whether lost links are replaced, a few of them
    box_size: int | None = None  # of what is sealed; None: created before HPKE was adopted

    def phase(self, now: datetime) -> Phase:
        """What may happen now: `closing` issues nothing and still takes what was issued."""
        if self.state == "open" and now < self.opens:
            return "scheduled"
        if self.state in ("draft", "paused", "closed"):
            return self.state
        if self.state == "open" and now < self.closes:
            return "open"
        return "closing" if now < self.last_moment else "closed"

    @property
    def last_moment(self) -> datetime:
        """When the urn stops taking ballots."""
        return self.grace_until or self.closes + GRACE

    @property
    def longest_document(self) -> int:
        """How many bytes a ballot may hold."""
        return (self.box_size or FORMER_LARGEST_BOX) - 1

    def words(self, now: datetime) -> str:
        """The phase, for people."""
        return PHASE_WORDS[self.phase(now)]


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of a campaign's questionnaire, and how it was written."""

    questionnaire: Questionnaire
    definition: str
    lists: Mapping[str, str]


class UnknownCampaign(Refusal):
    """Cette consultation n’existe pas. Vérifiez l’adresse, ou reprenez le lien du message."""

    status = 404
    title = "Consultation introuvable"


class CampaignExists(Refusal):
    """Une consultation porte déjà ce nom court. Choisissez-en un autre."""

    status = 409
    title = "Nom déjà pris"


class WrongSlug(Refusal):
    """Le nom court s’écrit avec des lettres minuscules sans accent, des chiffres et des tirets."""

    status = 422
    title = "Nom court à corriger"


class FaultyQuestionnaire(Refusal):
    """Le questionnaire contient des erreurs. Corrigez-les, puis recommencez."""

    status = 422
    title = "Questionnaire à corriger"


class BreakingRevision(Refusal):
    """Cette correction ferait perdre des réponses déjà données. Gardez identifiants et codes."""

    status = 422
    title = "Correction refusée"


class LongerAnswers(Refusal):
    """Cette correction permet de plus longues réponses qu’à l’ouverture. Abaissez leurs limites."""

    status = 422
    title = "Correction refusée"


class AlteredQuestionnaire(Refusal):
    """Le questionnaire enregistré n’est plus celui de la création. Prévenez l’exploitation."""

    status = 503
    title = "Questionnaire altéré"


class WrongDates(Refusal):
    """La fermeture doit venir après l’ouverture, et dans le futur."""

    status = 422
    title = "Dates à corriger"


class MissingKeys(Refusal):
    """Chaque public de la consultation doit avoir sa clé de signature, et lui seul."""

    status = 422
    title = "Clés à corriger"


class WrongMoment(Refusal):
    """Cette action n’est pas possible dans l’état actuel de la consultation."""

    status = 409
    title = "Action impossible maintenant"


class GraceNotOver(Refusal):
    """Le délai laissé aux réponses en cours n’est pas terminé. Attendez la fin de ce délai."""

    status = 409
    title = "Délai en cours"
