"""A small questionnaire that holds every kind of question."""

from __future__ import annotations

from consultation.questionnaire.loading import Loaded, parse
from consultation.questionnaire.model import Questionnaire

TERRITORIES = """\
code,label,group,region,zone
D01,Ain (01),Auvergne-Rhône-Alpes,R84,hexagone
D38,Isère (38),Auvergne-Rhône-Alpes,R84,hexagone
D29,Finistère (29),Bretagne,R53,hexagone
D974,La Réunion (974),La Réunion,R04,outre_mer
nr,Je préfère ne pas répondre,,nr,nr
"""

SAMPLE = """\
format: 1
id: exemple
version: 3
title: Exemple
audiences: {agents: Tous les agents, cadres: Encadrement}
lists:
  territoires: {file: listes/territoires.csv}
  accord:
    d1: Pas du tout d’accord
    d2: Plutôt pas d’accord
    d3: Plutôt d’accord
    d4: Tout à fait d’accord
    nsp: {label: Sans opinion, apart: true}
conditions:
  encadre: fonction in ['direction', 'encadrement']
pages:
- id: situation
  title: Votre situation
  questions:
  - id: territoire
    type: choice
    text: Dans quel territoire travaillez-vous ?
    list: territoires
    as: search
    store: region
    profile: true
    required: Indiquez votre territoire.
    show_if: audience != 'cadres'
  - id: fonction
    type: choice
    text: Quelle est votre fonction ?
    options:
      direction: Direction
      encadrement: Encadrement
      agent: Agent sans encadrement
      autre: {label: Autre, other: 20}
  - id: missions
    type: choices
    text: Quelles missions exercez-vous ?
    max: 3
    min: 2
    order: random
    options:
      guichet: Accueil au guichet
      telephone: Réponse téléphonique
      dossiers: Instruction de dossiers
      terrain: {label: Contrôles sur le terrain, show_if: not encadre or not answered(fonction)}
      autre: {label: Autre, other: 20}
      aucune: {label: Aucune de celles-ci, exclusive: true}
      nsp: {label: Je ne sais pas, exclusive: true}
- id: usager
  title: Relation à l’usager
  show_if: missions has any ['guichet', 'telephone']
  shuffle: themes
  questions:
  - id: avis
    type: matrix
    text: Êtes-vous d’accord ?
    required: Répondez à chaque ligne.
    scale: accord
    rows:
      delais: Les délais sont bons
      outils: Mes outils m’aident
      equipe: {label: Mon équipe est soudée, show_if: encadre}
  - id: delais_mieux
    type: longtext
    text: Qu’est-ce qui améliorerait les délais ?
    hint: N’indiquez aucun nom.
    show_if: avis.delais in ['d1', 'd2']
    max_length: 100
  - {id: note, type: scale, text: 'Recommandez-vous votre poste ({fonction|votre poste}) ?',
     from: 0, to: 10, ends: [Non, Oui], opt_out: Sans avis}
- id: souhaits
  title: Vos souhaits
  shuffle: themes
  questions:
  - id: priorites
    type: rank
    text: Classez vos trois priorités
    top: 3
    options:
      horaires: Horaires
      formation: Formation
      effectifs: Effectifs
      cases: {label: Logement outre-mer, show_if: territoire.zone == 'outre_mer'}
- id: temps
  title: Organisation du travail
  shuffle: themes
  questions:
  - {id: tt, type: number, text: Jours de télétravail, min: 0, max: 5, decimals: 1, unit: jours}
  - {id: agents, type: number, text: Effectif}
  - {id: metier, type: text, text: Votre métier, max_length: 30}
  - {id: arrivee, type: date, text: Arrivée dans le service, min: 1960-01-01, max: 2024-06-15}
  - {id: rappel, type: info, text: Encore une page.}
"""


def load_sample() -> Questionnaire:
    """The sample, loaded."""
    return questionnaire(parse(SAMPLE, {"listes/territoires.csv": TERRITORIES}))


def questionnaire(loaded: Loaded) -> Questionnaire:
    """What was loaded, without any problem."""
    assert not loaded.problems, "\n".join(map(str, loaded.problems))
    assert loaded.questionnaire is not None
    return loaded.questionnaire
