"""The answers so far as the text a page carries along; what does not fit is dropped on the way."""

from __future__ import annotations

import json
from collections.abc import Mapping

from consultation.questionnaire.elements import Answer, Answers
from consultation.questionnaire.model import Pages
from consultation.questionnaire.posted import clean_line
from consultation.questionnaire.visibility import chosen

MAX_JSON = 256 * 1024


def to_json(answers: Answers) -> str:
    """The answers as the text a page carries along."""
    return json.dumps(dict(answers), ensure_ascii=False, separators=(",", ":"))


def from_json(q: Pages, text: str) -> Answers:
    """The answers read back; whatever does not fit the questionnaire is dropped."""
    given = object_in(text)
    answers: dict[str, Answer] = {}
    for name, question in q.by_id.items():
        value = question.kept(given[name]) if name in given else None
        if value is not None:
            answers[name] = value
        if question.other and value is not None and chosen(question.other, value):
            words = given.get(f"{name}.other")
            cleaned = clean_line(words) if isinstance(words, str) else ""
            if cleaned and len(cleaned) <= question.other.other:
                answers[f"{name}.other"] = cleaned
    return answers


def object_in(text: str) -> Mapping[str, object]:
    """The JSON object in this text; an empty one for anything else."""
    if len(text) > MAX_JSON:
        return {}
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}
