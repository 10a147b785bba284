"""A small consultation for tests: every kind of question, keys of its own, credentials at will."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from consultation.blind import (
    PrivateKey,
    PublicKey,
    blind,
    blind_sign,
    blinding_factor,
    finalize,
    prepare,
    to_wire,
)
from consultation.office.campaigns import Campaign
from consultation.questionnaire.loading import parse
from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.rules import Rulebook
from consultation.questionnaire.size import box_size
from consultation.sealing import UrnKey

FAST_HASHING = "scrypt:1024:8:1"  # of passwords that protect nothing
OPENS = datetime(2024, 6, 3, 7, 0, tzinfo=UTC)
CLOSES = datetime(2024, 6, 28, 16, 0, tzinfo=UTC)

ONE_QUESTION = """\
format: 1
id: essai
version: 1
lang: fr
title: "Un essai"
audiences: {agents: Agents}
pages:
- id: seule
  title: La seule page
  questions:
  - id: avis
    type: choice
    text: "Êtes-vous d’accord ?"
    options: {oui: Oui, non: Non}
"""
DEFINITION = """
format: 1
id: essai
version: 1
lang: fr
title: "Essai de consultation"
minutes: 5
audiences: {agents: Tous les agents, cadres: Encadrement}
intro: |
  Une petite consultation.
lists:
  territoires: {file: territoires.csv}
  accord:
    d1: Pas du tout d’accord
    d2: Plutôt pas d’accord
    d3: Plutôt d’accord
    d4: Tout à fait d’accord
    nsp: {label: Sans opinion, apart: true}
pages:
- id: situation
  title: Votre situation
  questions:
  - id: territoire
    type: choice
    text: "Dans quel territoire travaillez-vous ?"
    list: territoires
    as: search
    store: region
  - id: fonction
    type: choice
    text: "Quelle est votre fonction ?"
    options: {direction: Direction, agent: Agent, nr: Je préfère ne pas répondre}
  - id: equipe
    type: number
    text: "Combien de personnes dirigez-vous ?"
    show_if: fonction == 'direction'
    required: "Indiquez un nombre, zéro s’il n’y en a pas."
    min: 0
    max: 5000
    unit: personnes
- id: missions
  title: Vos missions
  questions:
  - id: missions
    type: choices
    text: "Quelles missions exercez-vous ?"
    max: 3
    options:
      guichet: Accueil au guichet
      telephone: Réponse téléphonique
      courrier: Courrier
      autre: {label: Autre, other: 80}
      aucune: {label: Aucune de celles-ci, exclusive: true}
  - id: note
    type: scale
    text: "Recommanderiez-vous votre service ({fonction|votre poste}) ?"
    from: 0
    to: 10
    ends: [Pas du tout, Tout à fait]
    opt_out: Je n’ai pas d’avis
- id: usager
  title: Relation à l’usager
  show_if: missions has any ['guichet', 'telephone']
  questions:
  - id: avis
    type: matrix
    text: "Êtes-vous d’accord ?"
    scale: accord
    rows: {delais: Les délais sont bons, outils: Mes outils m’aident}
  - id: delais_mieux
    type: longtext
    text: "Qu’est-ce qui améliorerait les délais ?"
    hint: N’indiquez ni nom ni détail permettant de reconnaître une personne.
    max_length: 2000
- id: temps
  title: Organisation du travail
  questions:
  - {id: tt, type: number, text: "Jours de télétravail", min: 0, max: 5, decimals: 1, unit: jours}
  - {id: tt_voulu, type: number, text: "Jours souhaités", min: 0, max: 5, decimals: 1, unit: jours}
  - id: priorites
    type: rank
    text: "Classez vos trois priorités"
    top: 3
    options: {horaires: Horaires, formation: Formation, effectifs: Effectifs, locaux: Locaux}
  - {id: mot, type: text, text: "Un mot pour finir", max_length: 40}
  - {id: rappel, type: info, text: "Encore un instant."}
  checks:
  - {warn_if: tt_voulu < tt, message: "Vous souhaitez moins de télétravail : est-ce bien cela ?"}
review: true
end: "Merci. Votre réponse est enregistrée ; ce lien ne peut plus servir."
"""
ENGLISH = {
    '"Essai de consultation"': '"A trial"',
    "Votre situation": "Your situation",
    '"Quelle est votre fonction ?"': '"What is your position?"',
    "Direction,": "Head,",
    "Vos missions": "Your tasks",
    "Accueil au guichet": "Front desk",
    "Aucune de celles-ci": "None of these",
    "Organisation du travail": "How you work",
    '"Indiquez un nombre, zéro s’il n’y en a pas."': '"Write a number, zero if there are none."',
    '"Merci. Votre réponse est enregistrée ; ce lien ne peut plus servir."':
        '"Thank you. Your answer is recorded."',
}  # fmt: skip


def bilingual() -> str:
    """The definition with a part of its texts in English too."""
    source = DEFINITION
    for french, english in ENGLISH.items():
        comma = "," if french.endswith(",") else ""
        both = f"{{fr: {french.rstrip(',')}, en: {english.rstrip(',')}}}{comma}"
        assert french in source, french
        source = source.replace(french, both)
    return source


TERRITORIES = """code,label,group,region
D01,Ain (01),Auvergne-Rhône-Alpes,R84
D29,Finistère (29),Bretagne,R53
"""
LISTS = {"territoires.csv": TERRITORIES}


@dataclass(frozen=True)
class Credential:
    """What the roll gave to someone."""

    msg: bytes
    sig: bytes

    @property
    def fields(self) -> dict[str, str]:
        """As forms carry it."""
        return {"m": to_wire(self.msg), "s": to_wire(self.sig)}


@cache
def questionnaire() -> Questionnaire:
    """The definition, loaded once."""
    loaded = parse(DEFINITION, LISTS)
    errors = [str(one) for one in loaded.problems if one.severity == "error"]
    assert loaded.questionnaire is not None, errors
    return loaded.questionnaire


@cache
def signing_key(audience: str) -> PrivateKey:
    """The roll's key for an audience; one for the whole session, because drawing it is slow."""
    return PrivateKey.generate()


@cache
def export_key() -> UrnKey:
    """What opens the released ballots."""
    return UrnKey.generate()


def public_keys() -> dict[str, PublicKey]:
    """The public keys by audience."""
    return {audience: signing_key(audience).public for audience in ("agents", "cadres")}


def campaign(
    asked: Questionnaire | None = None, *, pool: int = 50, urn: bytes | None = None
) -> Campaign:
    """An open campaign, in an urn of its own; this questionnaire or the small one."""
    asked = asked or questionnaire()
    return Campaign(
        slug="essai",
        urn=urn or secrets.token_bytes(16),
        title="Essai de consultation",
        questionnaire=asked,
        rulebook=Rulebook(asked),
        digest=asked.digest,
        state="open",
        opens=OPENS,
        closes=CLOSES,
        grace_until=None,
        pool=pool,
        export_key=export_key().public,
        keys=public_keys(),
        box_size=box_size(asked),
    )


def credential(audience: str = "agents") -> Credential:
    """A new credential, blinded, signed and finalized as a browser would."""
    key = signing_key(audience)
    msg = prepare(secrets.token_bytes(32), secrets.token_bytes(32))
    r = blinding_factor(key.public, secrets.token_bytes(64))
    blinded, inverse = blind(key.public, msg, salt=secrets.token_bytes(48), r=r)
    return Credential(msg, finalize(key.public, msg, blind_sign(key, blinded), inverse))
