"""Questions that nothing can answer, whoever is asked: bounds that leave no room."""

from __future__ import annotations

import math

from consultation.questionnaire.dates import YEARS
from consultation.questionnaire.model import Choices, Date, Number, Question, Questionnaire
from consultation.questionnaire.problems import Problems


def check_bounds(q: Questionnaire, problems: Problems) -> None:
    """Note the questions of which every answer would be refused."""
    for question in q.questions:
        said = _why(question)
        if said:
            mark = problems.start_of(question.line)
            problems.error(mark, "bounds", f"« {question.id} » : {said}", "Changez ses limites.")


def _why(question: Question) -> str:
    match question:
        case Choices(min=least, options=options):
            together = sum(not option.exclusive for option in options)
            if least > max(together, 1):
                return f"min ({least}) dépasse les {together} réponses qui peuvent aller ensemble."
        case Number(min=float() as low, max=float() as high, decimals=decimals):
            step = 10**decimals
            first, last = math.ceil(round(low * step, 6)), math.floor(round(high * step, 6))
            if low <= high and first > last:  # the other way round, it is said where it is read
                return "aucun nombre ne peut être écrit entre min et max."
        case Date(min=first, max=last):
            if first > f"{YEARS[1]}-12-31" or (last and last < f"{YEARS[0]}-01-01"):
                return f"une date se donne entre {YEARS[0]} et {YEARS[1]}."
    return ""
