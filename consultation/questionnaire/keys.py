"""The keys of the language and what each may hold: what the loader reads, editors and the manual.

A key is written here once. `says` is the sentence the manual prints, and editors show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Held = Literal[
    "text",  # words people read, in one or several languages
    "texts",  # an id and a text on each line
    "ends",  # two texts
    "line",  # words nobody translates
    "flag",  # true or false
    "word",  # one of a few words
    "whole",  # a whole number
    "number",
    "date",  # 2024-06-28
    "id",
    "slug",  # an id that may hold hyphens
    "language",
    "condition",
    "conditions",  # an id and a condition on each line
    "list",  # the id of a list
    "lists",
    "options",
    "rows",
    "definition",
    "check",
    "question",
    "page",
    "privacy",
    "override",
]

FORMAT = "1"
MAX_MINUTES = 240
MAX_OTHER = 500
MAX_STEPS = 21
MAX_SHORT = 500
MAX_LONG = 4_000
MAX_CODES = 1_000  # a bound for editors; the loader knows how many options there are


@dataclass(frozen=True, kw_only=True)
class Key:
    """What may be written after one key."""

    holds: Held
    says: str
    needed: bool = False
    several: bool = False  # a list of such values, of one at least when it is needed
    low: int = 0
    high: int = 0
    words: tuple[str, ...] = ()
    tags: bool = False  # of a text: <strong>, <em>, <a> are permitted
    piping: bool = False  # of a text: an earlier answer may be quoted


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The keys of one table; exactly one of `one_of` is needed, when there are some."""

    name: str
    keys: Mapping[str, Key]
    one_of: tuple[str, ...] = ()


QUESTIONNAIRE = Shape(
    name="le questionnaire",
    keys={
        "format": Key(holds="word", words=(FORMAT,), needed=True, says="toujours `1`"),
        "id": Key(
            holds="slug",
            needed=True,
            says="le nom du questionnaire : minuscules, chiffres, `-` et `_`",
        ),
        "version": Key(
            holds="whole",
            low=1,
            high=1_000_000,
            needed=True,
            says="un nombre entier, augmenté à chaque changement",
        ),
        "lang": Key(holds="language", says="la langue des textes, `fr` par défaut"),
        "title": Key(holds="text", needed=True, says="le titre"),
        "minutes": Key(holds="whole", low=1, high=MAX_MINUTES, says="la durée annoncée"),
        "audiences": Key(
            holds="texts",
            needed=True,
            says="les publics, `identifiant: libellé` ; chaque lot d’invitations s’adresse à "
            "l’un d’eux",
        ),
        "intro": Key(
            holds="text",
            tags=True,
            says="le texte d’accueil ; une ligne vide sépare deux paragraphes",
        ),
        "lists": Key(
            holds="lists",
            says="des réponses partagées par plusieurs questions, ou lues dans un fichier",
        ),
        "conditions": Key(
            holds="conditions", says="des conditions nommées, à employer dans `show_if`"
        ),
        "generalisation": Key(
            holds="id",
            several=True,
            says="les questions `profile`, dans l’ordre où l’export peut les rendre moins précises",
        ),
        "privacy": Key(
            holds="privacy",
            says="ce qui fut décidé après l’examen de confidentialité d’un effectif",
        ),
        "pages": Key(holds="page", several=True, needed=True, says="les pages, dans l’ordre"),
        "review": Key(holds="flag", says="`false` supprime la relecture avant l’envoi"),
        "end": Key(holds="text", tags=True, says="le texte de la dernière page"),
    },
)

PRIVACY = Shape(
    name="la confidentialité",
    keys={
        "override": Key(
            holds="override",
            says="la dérogation signée qui accepte ce que `check --population` refuserait",
        )
    },
)

OVERRIDE = Shape(
    name="une dérogation",
    keys={
        "reason": Key(holds="line", needed=True, says="pourquoi la limite peut être dépassée"),
        "signed_by": Key(holds="line", needed=True, says="qui en répond : nom et fonction"),
        "date": Key(holds="date", needed=True, says="le jour de la signature, écrit `2024-06-28`"),
    },
)

PAGE = Shape(
    name="une page",
    keys={
        "id": Key(holds="id", needed=True, says="son identifiant"),
        "title": Key(holds="text", piping=True, needed=True, says="son titre"),
        "intro": Key(holds="text", tags=True, piping=True, says="un texte avant les questions"),
        "show_if": Key(holds="condition", says="quand elle se montre"),
        "shuffle": Key(
            holds="id",
            says="une étiquette : les pages de même étiquette viennent dans un ordre tiré au sort "
            "pour chacun",
        ),
        "questions": Key(
            holds="question", several=True, needed=True, says="de une à huit questions"
        ),
        "checks": Key(
            holds="check",
            several=True,
            says="des contrôles ; chacun est posé une fois, et la personne peut maintenir ses "
            "réponses",
        ),
    },
)

CHECK = Shape(
    name="un contrôle",
    keys={
        "warn_if": Key(
            holds="condition", needed=True, says="ce qui surprend, dans les réponses de la page"
        ),
        "message": Key(holds="text", piping=True, needed=True, says="ce qui est alors demandé"),
    },
)

DEFINITION = Shape(
    name="une définition",
    keys={
        "term": Key(holds="text", needed=True, says="le mot, toujours visible"),
        "text": Key(
            holds="text",
            tags=True,
            needed=True,
            says="son explication, repliée tant qu’on l’ignore",
        ),
    },
)

OPTION = Shape(
    name="une réponse",
    keys={
        "label": Key(holds="text", needed=True, says="le libellé"),
        "hint": Key(holds="text", says="une aide"),
        "other": Key(
            holds="whole",
            low=1,
            high=MAX_OTHER,
            says="suivie d’un texte libre, de ce nombre de caractères au plus (500) ; une seule "
            "par question",
        ),
        "exclusive": Key(holds="flag", says="dans un `choices` : elle ne va avec aucune autre"),
        "apart": Key(
            holds="flag",
            says="à l’écart de l’échelle (« sans avis ») ; ne compte pas dans les moyennes",
        ),
        "last": Key(holds="flag", says="reste à la fin d’un ordre tiré au sort"),
        "show_if": Key(holds="condition", says="quand elle est proposée"),
    },
)

ROW = Shape(
    name="une ligne",
    keys={
        "label": Key(holds="text", needed=True, says="le libellé"),
        "show_if": Key(holds="condition", says="quand elle se montre"),
    },
)

LIST_FILE = Shape(
    name="une liste",
    keys={"file": Key(holds="line", needed=True, says="le fichier CSV, à côté du questionnaire")},
)

_COMMON = {
    "id": Key(holds="id", needed=True, says="son identifiant : c’est aussi le nom de sa colonne"),
    "type": Key(holds="word", needed=True, says="son type"),
    "text": Key(holds="text", tags=True, piping=True, needed=True, says="la question elle-même"),
    "show_if": Key(holds="condition", says="quand elle se montre"),
    "definitions": Key(
        holds="definition",
        several=True,
        says="des mots expliqués sous la question, repliés tant qu’on l’ignore",
    ),
}
_ANSWERED = {
    "hint": Key(holds="text", tags=True, piping=True, says="une aide sous le texte"),
    "required": Key(
        holds="text",
        says="le message montré quand la réponse manque ; sans cette clé, la question est "
        "facultative",
    ),
    "reminder": Key(
        holds="text",
        says="ce qui est rappelé, une seule fois par page, à qui laisse la question sans réponse",
    ),
    "profile": Key(
        holds="flag",
        says="`true` : la réponse décrit la personne ; elle entre dans les règles de "
        "confidentialité",
    ),
    "sensitive": Key(
        holds="flag",
        says="`true` : réponse sensible ; un groupe entier ne doit pas avoir la même",
    ),
    "export": Key(
        holds="word",
        words=("all", "tables", "none"),
        says="`all` (par défaut), `tables` (jamais dans les microdonnées) ou `none`",
    ),
}
OPTIONS = {
    "options": Key(holds="options", says="les réponses possibles"),
    "list": Key(holds="list", says="ou le nom d’une liste"),
}
ORDER = {
    "order": Key(
        holds="word",
        words=("random", "written"),
        says="`random` : un ordre tiré au sort pour chacun ; `written` par défaut",
    )
}
ONE_OF_OPTIONS = ("options", "list")


def question_shape(
    kind: str, own: Mapping[str, Key], one_of: tuple[str, ...] = (), *, asks: bool = True
) -> Shape:
    """The keys of a kind of question: those of all, those of what asks something, its own."""
    keys = {**_COMMON, **(_ANSWERED if asks else {}), **own}
    return Shape(name=f"une question « {kind} »", keys=keys, one_of=one_of)


TABLES = (QUESTIONNAIRE, PRIVACY, OVERRIDE, PAGE, CHECK, DEFINITION, OPTION, ROW, LIST_FILE)
"""Every table of the language but the questions."""
