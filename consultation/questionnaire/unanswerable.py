"""Questions that nothing can answer, whoever is asked: bounds that leave no room."""

from __future__ import annotations

from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.problems import Problems


def check_bounds(q: Questionnaire, problems: Problems) -> None:
    """Note the questions of which every answer would be refused."""
    for question in q.questions:
        said = question.why_unanswerable()
        if said:
            mark = problems.start_of(question.line)
            problems.error(mark, "bounds", f"« {question.id} » : {said}", "Changez ses limites.")
