"""What checks say of an answer, as French templates; the table of each language translates them.

Whatever checks answers says these words: `messages` gives them all as data. What one kind of
question alone tells may be in its module, and in its rules.
"""

from __future__ import annotations

from collections.abc import Mapping

from consultation.questionnaire.numerals import IN_WORDS
from consultation.words import FIRST, MONTHS, words

# Of any question
NOTHING_ANSWERED = "Répondez à au moins une question de cette page pour commencer."
NOT_OFFERED = "Cette réponse n’est pas proposée. Choisissez une réponse de la liste."
TOO_LONG = "Raccourcissez votre texte : %(most)s caractères au plus, il en compte %(length)s."

# Of a choice or several
ONE_ANSWER = "Choisissez une seule réponse."
ONE_PER_ROW = "Choisissez une seule réponse par ligne."
EITHER = "Choisissez soit %(one)s, soit %(other)s."
THE_OTHERS = "les autres réponses"
TOO_MANY = "Choisissez %(most)s au plus : vous en avez choisi %(count)s."
TOO_FEW = "Choisissez au moins %(least)s."

# Of a ranking
GAP = "Indiquez votre choix n° %(place)s, ou remontez les suivants d’un rang."
RANKED = (
    "%(option)s est déjà au rang %(rank)s. Choisissez une autre réponse ou laissez ce rang vide."
)

# Of a number
NOT_A_NUMBER = "Écrivez seulement un nombre en chiffres, par exemple %(example)s."
NOT_WHOLE = "Écrivez un nombre entier, sans virgule."
DECIMALS = "Gardez au plus %(count)s chiffres après la virgule."
ONE_DECIMAL = "Gardez au plus un chiffre après la virgule."
BETWEEN = "Indiquez un nombre entre %(low)s et %(high)s."
AT_LEAST = "Indiquez un nombre au moins égal à %(low)s."
AT_MOST = "Indiquez un nombre au plus égal à %(high)s."

# Of a date
NOT_A_DAY = "Écrivez le jour en chiffres, entre 1 et 31."
NOT_A_MONTH = "Écrivez le mois en chiffres, entre 1 et 12."
NOT_A_YEAR = "Écrivez l’année en quatre chiffres, par exemple 2024."
SHORTER_MONTH = "Vérifiez le jour : ce mois est plus court."
DATE_BETWEEN = "Indiquez une date entre %(low)s et %(high)s."
NOT_BEFORE = "Indiquez %(low)s ou plus tard."
NOT_AFTER = "Indiquez %(high)s ou plus tôt."

# Of what they tell: answers counted or quoted, days
ANSWER = "réponse"
ANSWERS = "réponses"
QUOTED = "« %(label)s »"
THE_DAY = "le "

# Of answers read again before they are sent
COLON = "\N{NO-BREAK SPACE}:"
GENERALISED = "Seul ce niveau sera enregistré."

_TEMPLATES = {
    name.lower(): value
    for name, value in list(globals().items())
    if name.isupper() and isinstance(value, str)
}
"""Every template above, whatever is added to them."""


def messages(language: str) -> Mapping[str, str]:
    """All that checks say in this language, by the names above in small letters.

    With the words of what they tell: `number_0` to `number_10`, as counts of answers, `month_1` to
    `month_12`, and `first`, the first day of one. Larger counts, and the other days, are in digits.
    """
    told = {
        **_TEMPLATES,
        "first": FIRST,
        **{f"number_{count}": french for count, french in enumerate(IN_WORDS)},
        **{f"month_{number}": french for number, french in enumerate(MONTHS, 1)},
    }
    return {name: words(french, language) for name, french in told.items()}
