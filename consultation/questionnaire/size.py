"""The size of a campaign's boxes, which all have room for the longest answers."""

from __future__ import annotations

from consultation.questionnaire.kinds import Question
from consultation.questionnaire.lengths import longest, named, text
from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.problems import Mark, Problems

STEP = 8 * 1024
LARGEST = 64 * 1024
_AROUND = len('{"definition":"","audience":,"answers":{}}') + 64  # of a fingerprint


def box_size(q: Questionnaire) -> int:
    """The smallest multiple of 8 KiB with room for every answer, in bytes; 64 KiB at most."""
    return min(-(-(longest_document(q) + 1) // STEP) * STEP, LARGEST)


def longest_document(q: Questionnaire) -> int:
    """How many bytes the answers take when each is the longest; texts at two bytes a character."""
    audience = longest(name for name, _ in q.audiences)
    return _AROUND + audience + sum(_length(question) for question in q.questions if question.asks)


def check_size(q: Questionnaire, problems: Problems) -> None:
    """Note that the answers would not fit in the largest box."""
    needed = longest_document(q)
    if needed >= LARGEST:
        told = (
            f"Les réponses les plus longues font {-(-needed // 1024)} Kio ; "
            f"un bulletin en contient {LARGEST // 1024}."
        )
        problems.error(Mark(1, 1), "size", told, "Abaissez des « max_length ».")


def _length(question: Question) -> int:
    """The answer under its name, and the text of an « other » option."""
    other = question.other
    precision = named(f"{question.id}.other", text(other.other)) if other else 0
    return named(question.id, question.longest()) + precision
