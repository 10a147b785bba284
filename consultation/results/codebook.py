"""The dictionary of an export: what every column is and what its codes mean."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from consultation.questionnaire.columns import Column, OpenText
from consultation.questionnaire.comparison import compare
from consultation.questionnaire.model import Questionnaire
from consultation.results.disclosure import K
from consultation.results.frame import Plan
from consultation.results.manifest import AnsweredVersion, short
from consultation.results.numbering import numbering, short_names
from consultation.spreadsheet import Cell, known_cell

HEADER = (
    *("colonne", "question", "type", "intitule", "code", "signification"),
    *("numero", "numero_stata", "nom_court"),  # in SPSS and Stata, in Stata, in both
)

_NO_CODE = ("",) * 5

_READ_ME = """\
Une case vide veut dire « pas de réponse » : question passée, non posée, ou réponse retirée pour ne
reconnaître personne ; `manifest.json` dit combien le sont dans chaque colonne, et pourquoi.
« * » veut dire que le détail a été retiré.

- `microdata.csv` : codes, séparateur virgule, UTF-8, point décimal (R, Python).
- `microdata-excel.csv` : libellés, séparateur point-virgule, virgule décimale (tableurs).
- `microdata.xlsx`, s’il a été demandé : les mêmes lignes, en classeur que tout tableur ouvre tel
  quel, alors que certains demandent le séparateur d’un CSV ou coupent aux virgules.
- `microdata.parquet`, `microdata.sav` (SPSS) et `microdata.dta` (Stata), s’ils ont été demandés :
  les mêmes lignes. En SPSS et en Stata, une colonne porte le nom que donne `nom_court` dans
  `codebook.csv`, et une réponse le nombre que donne `numero`, avec leurs intitulés. Une réponse qui
  est un nombre entier le garde : échelons, 1 et 0 d’un choix multiple. Une réponse à l’écart
  (« sans avis », « je préfère ne pas répondre ») et un détail retiré y sont déclarés manquants :
  en SPSS par leur `numero`, en Stata par `.a`, `.b`… que donne `numero_stata`. Une case vide
  y est une valeur manquante sans nom.
- `textes/` : un fichier par question ouverte, chacun dans son propre ordre, sans lien avec les
  lignes de `microdata.csv`. Sauf demande contraire inscrite au journal, n’y sont que les textes
  relus et acceptés. Un retour à la ligne y est écrit « ⏎ ».
- `tableaux/` : chaque question seule, puis croisée avec celles qui décrivent les agents, sur ces
  mêmes lignes. Une question de profil, seule, y est comptée comme les agents y ont répondu ;
  croisée, elle est masquée si des lignes en ont perdu le détail. Un effectif de 1 à 10 n’y est pas
  montré, ni ceux qui permettraient de le retrouver (`masque` vaut alors 1) ; `part` est la part des
  réponses à la question dans le groupe.
- `datapackage.json` et `schema.json` décrivent ces fichiers pour qui les réutilise (Frictionless).
- `SHA256SUMS` : `sha256sum -c SHA256SUMS` dit si un fichier a été modifié.
- Choix multiple : une colonne par option, 1 si elle est choisie, 0 sinon.
- Classement : `rang1` est la première place.
- Une apostrophe en tête de texte empêche un tableur d’y lire une formule.
"""

_CORRECTED = """\
Le questionnaire a été corrigé pendant la consultation. Toutes les réponses sont dans le même
tableau, décrit selon la dernière version. Ce qui s’est ajouté n’a pas été proposé à qui avait déjà
répondu : sa case est vide, ou vaut 0 pour l’option d’un choix multiple. Rien ne dit, dans une
ligne, à quelle version elle répond : ce serait dire quand.
"""


def rows(plan: Plan) -> Iterator[Sequence[Cell]]:
    """One row for each code of each column, one for a column without codes."""
    yield HEADER
    names = short_names([column.name for column in plan.columns])
    for column in plan.columns:
        start = (column.name, column.question, column.called, column.title)
        known = numbering(column)
        for code, number in known.numbers.items():
            answer = known_cell(code), known_cell(column.values[code])
            yield (*start, *answer, number, known_cell(known.stata(code)), names[column.name])
        if not column.values:
            yield (*start, "", "", "", "", names[column.name])
    for text in plan.texts:
        question = text.answer.removesuffix(".other")
        yield (text.name, question, "texte, fichier à part", text.title, *_NO_CODE)


def markdown(
    plan: Plan, versions: Sequence[tuple[Questionnaire, AnsweredVersion]], too_few: Collection[str]
) -> str:
    """The same, to be read; `too_few` are the texts whose file was not written.

    `versions` are those that people answered, the last first: the plan is its own.
    """
    (last, _), *earlier = versions
    parts = [f"# Dictionnaire : {last.title}\n", _READ_ME]
    parts += [_versions(versions)] if earlier else []
    parts += [_section(column) for column in plan.columns]
    files = [_text_file(text, too_few) for text in plan.texts]
    if files:
        parts.append("\n".join(["## Textes libres\n", *files, ""]))
    return "\n".join(parts)


def _versions(versions: Sequence[tuple[Questionnaire, AnsweredVersion]]) -> str:
    (last, answered), *earlier = versions
    lines = [
        "## Versions du questionnaire\n",
        _CORRECTED,
        f"- La dernière, {_version(answered)}",
    ]
    for questionnaire, told in earlier:
        lines.append(f"- `versions/{short(told.digest)}/`, {_version(told)}. Depuis\u00a0:")
        lines += [
            f"  - {one.what}\u00a0: {one.message}" if one.what else f"  - {one.message}"
            for one in compare(questionnaire, last)
        ]
    return "\n".join([*lines, ""])


def _version(told: AnsweredVersion) -> str:
    words = f"version {told.version}, `{told.digest}`"
    return f"{words}, {told.ballots} réponses" if told.ballots is not None else words


def _text_file(text: OpenText, too_few: Collection[str]) -> str:
    line = f"- `textes/{text.name}.csv` : {text.title}"
    return f"{line} (fichier retenu : moins de {K} textes)" if text.name in too_few else line


def _section(column: Column) -> str:
    lines = [f"## {column.name}\n", f"{column.title} ({column.called})\n"]
    lines += [f"- `{code}` : {label}" for code, label in column.values.items()]
    return "\n".join([*lines, ""] if column.values else lines)
