"""A second reading, of the whole: what makes no sense, reads badly, or gives people away."""

from __future__ import annotations

from collections.abc import Collection

from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.problems import Mark, Problems
from consultation.questionnaire.reachability import check_reach
from consultation.questionnaire.remarks import check_remarks
from consultation.questionnaire.size import check_size
from consultation.questionnaire.unanswerable import check_bounds
from consultation.questionnaire.wording import check_wording


def examine(q: Questionnaire, faulty: Collection[Mark], problems: Problems) -> None:
    """Note what is wrong with a questionnaire that was read and whose conditions are linked.

    Conditions at the `faulty` places are known to be wrong: nothing is said of what they decide.
    """
    check_reach(q, faulty, problems)
    check_bounds(q, problems)
    check_size(q, problems)
    check_wording(q, problems)
    check_remarks(q, problems)
