"""What HR offices write above the columns of their files, and how a cell is known to be a name."""

from __future__ import annotations

import re
import unicodedata

from consultation.roll.addresses import clean

_LONGEST = 60  # letters: beyond, it is a sentence


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Word by word, without accents.
CERTAIN = _words("courriel courriels mail mails email emails mel mels messagerie bal")
_LIKELY = _words(
    "adr adresse adresses arobase contact contacts coordonnees destinataire destinataires "
    "electronique electroniques"
)
_OF_OTHERS = _words(
    "assistant assistante assistants assistantes cc chef chefs cheffe cheffes copie directeur "
    "directrice encadrant encadrante gestionnaire hierarchie hierarchique manager managers "
    "manageur manageuse referent referente referents referentes responsable responsables "
    "secretaire secretaires secretariat superieur superieure superieurs superieures tuteur tutrice"
)
_PRIVATE = _words(
    "externe perso personnel personnelle personnelles personnels prive privee secours"
)
_SHARED = _words("fonctionnelle secondaire service")  # by several people, or beside the main one
_BESIDE = _PRIVATE | _words(
    "0 a administration agent agents au aux boite boites d de des du e en fonctionnelle fr gouv "
    "individuel individuelle interne internet l la le les lettre lettres ministere n no nominative "
    "nominatives numero obligatoire officiel officielle principal principale pro prof "
    "professionnel professionnelle professionnelles professionnels pros secondaire service smtp "
    "travail valide votre"
)
_DENIED = _words(
    "absent absente attente aucun aucune cours creation creer inconnu inconnue jamais manquant "
    "manquante neant ni non pas plus refus refuse sans voir"
)
OF_PEOPLE = _words(
    "civilite grade grades identite matricule matricules naissance nom nomprenom noms patronyme "
    "prenom prenomnom prenoms"
)
_OF_PLACES = _words(
    "affectation agent agents bureau categorie code commentaire commentaires corps d date de "
    "departement direction directions du emploi entite et famille fixe fonction fonctions id "
    "identifiant ligne localisation metier n naissance no numero observation observations pole "
    "portable postal poste quotite rattachement remarque remarques service services sexe site "
    "sites statut structure structures tel telephone unite usage usuel ville"
)


def words_in(cell: str) -> frozenset[str]:
    """The words of a name, « E-mail » and « E_Mail » alike, any number as 0; none of a sentence."""
    plain = unicodedata.normalize("NFKD", clean(cell)).encode("ascii", "ignore").decode().lower()
    if len(plain) > _LONGEST:
        return frozenset()
    if plain.strip(" .:*") == "@":
        return frozenset(("arobase",))
    plain = re.sub(r"\be[-_ ]?mail", "email", plain.replace("@", "a"))
    plain = re.sub(r"\bn ?\+ ?\d", " superieur ", plain)
    return frozenset("0" if word.isdecimal() else word for word in re.findall("[a-z]+|\\d", plain))


def says_address(words: frozenset[str]) -> int:
    """4: the name of a column of addresses; 3: it may be; 2: it holds the word; 0: no name."""
    if words <= CERTAIN | _LIKELY | _BESIDE:
        return 4 if words & CERTAIN else 3 if words & _LIKELY else 0
    return 2 if words & CERTAIN and not words & _DENIED else 0


def of_agent(words: frozenset[str]) -> tuple[bool, ...]:
    """How well a name tells the agent's own address: the greater of two tuples tells it better.

    An address of someone else is worst: the wrong person would be invited.
    """
    own = tuple(words.isdisjoint(less) for less in (_OF_OTHERS, _PRIVATE))
    return (*own, says_address(words) >= 3, words.isdisjoint(_SHARED))


def is_known(words: frozenset[str]) -> bool:
    """Whether these are all words that stand above columns."""
    return words <= OF_PEOPLE | _OF_PLACES or says_address(words - _OF_OTHERS) >= 3
