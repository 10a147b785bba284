"""Reads what an import has written."""

from __future__ import annotations

from consultation.importing.building import Imported
from consultation.questionnaire.loading import parse
from consultation.questionnaire.model import Questionnaire


def questionnaire(imported: Imported) -> Questionnaire:
    """The questionnaire, which must be one that can be used, whatever a check refuses of it."""
    found = parse(imported.yaml, {}, thorough=False)
    assert found.questionnaire is not None, [str(one) for one in found.problems] + [imported.yaml]
    return found.questionnaire
