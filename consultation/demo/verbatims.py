"""Invented words of respondents: subjects they share, and what people really write in such boxes.

A few name someone, leave a telephone number or begin like a formula: what must be found before
texts leave.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

_NOTHING = ("RAS", "Rien à signaler.", "Néant", "idem", "Voir ma réponse précédente.", "sans objet")
_POINTING = (
    " Voir avec Mme Durand, qui suit le dossier.",
    " M. Le Goff l’a déjà demandé l’an dernier.",
    " Écrire à pascale.riviere@prefecture.exemple.fr pour le détail.",
    " Me joindre au 01 23 45 67 89.",
)
_ODD = ("=SOMME(1;2)", "- plus de moyens\n- moins de réunions", "@tous : merci", "😀", "???")

_SUBJECTS: Sequence[tuple[Sequence[str], Sequence[str], Sequence[str]]] = (
    (
        ("Les effectifs", "Le nombre d’agents", "Les postes vacants", "Les départs en retraite"),
        (
            "ne suivent plus la charge de travail",
            "pèsent sur ceux qui restent",
            "ne sont remplacés qu’à moitié",
            "mettent le service en difficulté chaque été",
        ),
        (
            "Il faut recruter avant les départs.",
            "Un renfort saisonnier suffirait.",
            "Publier les postes plus tôt aiderait.",
            "Donnez-nous une visibilité sur deux ans.",
        ),
    ),
    (
        ("Le télétravail", "Le travail à distance", "L’organisation hybride"),
        (
            "est un vrai plus pour la concentration",
            "isole les nouveaux arrivants",
            "dépend trop du chef de service",
            "reste impossible pour l’accueil",
        ),
        (
            "Un jour commun par semaine au bureau serait utile.",
            "Il faut des règles écrites, les mêmes pour tous.",
            "Prévoir un second écran à domicile.",
            "Former les encadrants à la distance.",
        ),
    ),
    (
        ("Les logiciels métier", "Nos applications", "Les outils informatiques", "Le VPN"),
        (
            "ne communiquent pas entre eux",
            "tombent en panne le lundi matin",
            "obligent à tout saisir deux fois",
            "sont trop lents en sous-préfecture",
        ),
        (
            "Une seule authentification simplifierait tout.",
            "Associer les utilisateurs avant de déployer.",
            "Un support local joignable par téléphone.",
            "Remplacer le matériel tous les cinq ans.",
        ),
    ),
    (
        ("L’accueil du public", "Le guichet", "La réponse téléphonique", "La prise de rendez-vous"),
        (
            "s’est dégradé avec la fermeture des créneaux",
            "fonctionne bien depuis la réorganisation",
            "laisse de côté les personnes âgées",
            "expose les agents aux incivilités",
        ),
        (
            "Rouvrir une demi-journée sans rendez-vous.",
            "Installer un agent d’orientation à l’entrée.",
            "S’appuyer davantage sur France services.",
            "Des formations à la gestion des conflits.",
        ),
    ),
    (
        ("La formation", "L’arrivée des nouveaux agents", "Le tutorat"),
        (
            "arrive souvent après la prise de poste",
            "repose sur la bonne volonté des collègues",
            "est trop théorique",
            "se limite à des vidéos",
        ),
        (
            "Un parcours d’intégration de deux semaines.",
            "Reconnaître le temps des tuteurs.",
            "Des stages croisés entre services.",
            "Ouvrir les préparations aux concours à tous.",
        ),
    ),
    (
        ("Les locaux", "Le bâtiment", "Les bureaux partagés", "Le chauffage"),
        (
            "ne sont plus adaptés au nombre d’agents",
            "sont mal isolés, l’été comme l’hiver",
            "manquent de salles pour se réunir",
            "sont loin des transports",
        ),
        (
            "Rénover avant de densifier.",
            "Une salle de pause digne de ce nom.",
            "Des abris à vélos et des bornes.",
            "Consulter les agents avant chaque déménagement.",
        ),
    ),
    (
        ("La rémunération", "Le régime indemnitaire", "L’avancement", "La mobilité"),
        (
            "ne reconnaît pas les responsabilités prises",
            "varie trop d’un ministère à l’autre",
            "décourage les candidats",
            "est bloqué depuis des années",
        ),
        (
            "Aligner les primes entre directions.",
            "Publier les critères d’avancement.",
            "Faciliter la mobilité du conjoint.",
            "Revaloriser les métiers en tension.",
        ),
    ),
    (
        ("La gestion de crise", "Le centre opérationnel", "Les astreintes", "Les exercices"),
        (
            "repose toujours sur les mêmes volontaires",
            "a montré la solidarité des équipes",
            "n’est pas assez préparée",
            "épuise les petits services",
        ),
        (
            "Mutualiser les astreintes entre départements voisins.",
            "Deux exercices par an, avec les communes.",
            "Un débriefing écrit après chaque crise.",
            "Compenser réellement les heures faites.",
        ),
    ),
    (
        ("Le rapport hiérarchique", "L’encadrement de proximité", "Le dialogue avec la direction"),
        (
            "est bon et direct",
            "manque de temps d’échange",
            "se réduit à des tableaux de suivi",
            "a beaucoup progressé cette année",
        ),
        (
            "Un point d’équipe chaque semaine.",
            "Moins de remontées chiffrées, plus de terrain.",
            "Laisser les services décider de leur organisation.",
            "Former les nouveaux chefs de bureau.",
        ),
    ),
    (
        (
            "La coordination entre directions",
            "Le travail interministériel",
            "Le lien avec la région",
        ),
        (
            "fait perdre un temps précieux",
            "fonctionne quand les personnes se connaissent",
            "manque d’un interlocuteur unique",
            "multiplie les demandes redondantes",
        ),
        (
            "Un annuaire à jour, déjà.",
            "Un référent par dossier.",
            "Partager les données une fois pour toutes.",
            "Rapprocher les services sur un même site.",
        ),
    ),
)
_FAVOURED = {"us": (3, 0, 2), "cr": (7, 9), "ec": (9, 8), "at": (6, 4, 0), "en": (1, 5, 2, 8)}
"""The subjects of each theme of the June questionnaire, by the beginning of its questions' ids."""


def verbatim(question: str, longest: int, rng: random.Random) -> str:
    """What somebody writes to this question, in so many characters at most."""
    drawn = rng.random()
    if drawn < 0.06:
        return rng.choice(_NOTHING)[:longest]
    if drawn < 0.08:
        return rng.choice(_ODD)[:longest]
    text = ""
    for _ in range(min(1 + int(rng.expovariate(0.9)), 5)):
        longer = f"{text}{' ' if text else ''}{_sentence(question, rng)}"
        if len(longer) > longest:
            break
        text = longer
    if text and rng.random() < 0.03:
        pointing = rng.choice(_POINTING)
        text = text + pointing if len(text) + len(pointing) <= longest else text
    return text or _sentence(question, rng)[:longest].strip()


def _sentence(question: str, rng: random.Random) -> str:
    favoured = _FAVOURED.get(question.partition("_")[0], ())
    number = rng.choice(favoured) if favoured and rng.random() < 0.8 else None
    subject, findings, wishes = _SUBJECTS[number] if number is not None else rng.choice(_SUBJECTS)
    found = f"{rng.choice(subject)} {rng.choice(findings)}"
    match rng.randrange(4):
        case 0:
            return f"{found}."
        case 1:
            return rng.choice(wishes)
        case 2:
            return f"{found} : {_lower(rng.choice(wishes))}"
    return f"{found}. {rng.choice(wishes)}"


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
