"""What every engine does with a questionnaire, as data: read, played by ours, written again.

`python -m tests.conforming` writes the rules of each file again from its definition.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from consultation.ballots.journey import Journey, Sheet, State, Submitted
from consultation.questionnaire.conditions import Context, Json
from consultation.questionnaire.drafts import from_json
from consultation.questionnaire.elements import Answers
from consultation.questionnaire.fields import Field
from consultation.questionnaire.kinds import Question
from consultation.questionnaire.loading import parse
from consultation.questionnaire.lots import Drawing, Lots
from consultation.questionnaire.model import Page
from consultation.questionnaire.posted import FieldError
from consultation.questionnaire.rules import Rules, rules_of
from consultation.questionnaire.visibility import visible_pages

CONFORMANCE = Path(__file__).parent / "conformance"
KINDS, RULES = CONFORMANCE / "kinds", CONFORMANCE / "rules"
WIDTH = 110
EVERYONE = "agents"
UNSEEN = re.compile("[\x7f-\x9f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufffe\uffff]")
"""What looks like nothing, or like a space: all but the no-break space of French punctuation."""

Case = Mapping[str, Any]


def files() -> list[Path]:
    """Every file whose format README.md describes."""
    return sorted([*KINDS.glob("*.json"), *RULES.glob("*.json")])


def read(path: Path) -> dict[str, Any]:
    """One of them."""
    return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def rules_in(file: Mapping[str, Any]) -> Json:
    """The rules that its definition makes, in the language and with the drawing of the file."""
    lists = {name: "\n".join(lines) + "\n" for name, lines in file.get("lists", {}).items()}
    loaded = parse("\n".join(file["definition"]) + "\n", lists)
    errors = [str(problem) for problem in loaded.problems if problem.severity == "error"]
    assert loaded.questionnaire is not None, errors
    drawing: Drawing = file.get("drawing", "sha-256")
    return plain(rules_of(loaded.questionnaire, file.get("language", ""), drawing))


def plain(value: object) -> Json:
    """The same as JSON holds it."""
    return json.loads(json.dumps(value))  # type: ignore[no-any-return]


def played(rules: Rules, case: Case) -> dict[str, Json]:
    """What our engine makes of a case: each thing that it expects, computed."""
    play = _Play(rules, case)
    told: dict[str, object] = {"posts": [play.post(post) for post in case["posts"]]}
    told |= {name: getattr(play, name)(case[name]) for name in ENDINGS if name in case}
    return {name: plain(value) for name, value in told.items()}


ENDINGS = ("pages", "sheets", "review", "draft", "unfinished", "stored")
"""What a case may expect once everything is posted."""


class _Play:
    """One person, page after page."""

    def __init__(self, rules: Rules, case: Case) -> None:
        self._rules = rules
        self._context = Context(case.get("audience", EVERYONE), rules.lang)
        self._journey = Journey(rules, self._context)
        found = from_json(rules, json.dumps(case.get("found", {})))
        self._state = State(answers=found, seed=case.get("seed", ""))
        self._again: Sheet | None = None

    def post(self, post: Case) -> dict[str, object]:
        """The page as it is shown, filled in with these fields and sent."""
        page = self._page(post["page"])
        sheet = self._again
        if sheet is None or sheet.page != page:
            sheet = self._journey.sheet(page, self._state)
        sent = Submitted(
            fields=post["fields"],
            shown=frozenset(sheet.shown.split()),
            warned=frozenset(sheet.warned.split()),
        )
        reading = self._journey.read(page, sent, self._state)
        self._again = None if reading.complete else self._journey.sheet_again(page, reading)
        self._state = reading.state
        said = {
            "errors": _errors(reading.errors),
            "added": reading.added,
            "warnings": [message for _, message in reading.warnings],
        }
        return {**post, **{name: value for name, value in said.items() if value or name in post}}

    def pages(self, _: object) -> list[str]:
        """Their identifiers, in the order in which they are shown."""
        lots = Lots(self._state.seed, self._rules.drawing)
        shown = visible_pages(self._rules, self._state.answers, self._context, lots)
        return [page.id for page in shown]

    def sheets(self, expected: Mapping[str, Case]) -> dict[str, object]:
        """What is asked for of these pages."""
        return {page: _asked_for(self._sheet(page), case) for page, case in expected.items()}

    def review(self, expected: Mapping[str, object]) -> dict[str, object]:
        """The lines of these questions."""
        lines = {
            question.id: line.values
            for section in self._journey.review(self._state)
            for question, line in zip(self._asked(section.page), section.lines, strict=True)
        }
        return {name: lines[name] for name in expected}

    def draft(self, _: object) -> Answers:
        """Everything that was answered, hidden or not."""
        return self._state.answers

    def unfinished(self, _: object) -> Mapping[str, object] | None:
        """Why it cannot be sent: the page, and what is wrong there."""
        found = self._journey.unfinished(self._state)
        return found and {"page": found[0].id, "errors": _errors(found[1].errors)}

    def stored(self, _: object) -> object:
        """What the ballot would hold."""
        return json.loads(self._journey.document(self._state))["answers"]

    def _sheet(self, page_id: str) -> Mapping[str, Any]:
        sheet = self._journey.sheet(self._page(page_id), self._state)
        fields = {field.id: field for field in sheet.fields}
        return {
            "title": sheet.title,
            "intro": sheet.intro,
            "fields": sheet.typed,
            "questions": list(fields),
            "texts": {name: field.label for name, field in fields.items()},
            "hints": {name: field.hint for name, field in fields.items()},
            "options": {name: list(_options(field)) for name, field in fields.items()},
            "rows": {
                name: [row.name.partition(".")[2] for row in field.rows]
                for name, field in fields.items()
            },
        }

    def _page(self, page_id: str) -> Page:
        page = self._rules.page(page_id)
        assert page is not None, page_id
        return page

    def _asked(self, page: Page) -> list[Question]:
        return [one for one in self._journey.sheet(page, self._state).asked if one.asks]


def _asked_for(told: Mapping[str, Any], expected: Case) -> dict[str, object]:
    """As much of what is told as is expected, question by question."""
    return {
        key: {name: told[key][name] for name in value} if isinstance(value, Mapping) else told[key]
        for key, value in expected.items()
    }


def _options(field: Field) -> Iterator[str]:
    """What a question offers, without the button that takes an answer back."""
    options = field.rows[0].options if field.rows else field.options
    return (option.value for option in options if option.value)


def _errors(errors: Sequence[FieldError]) -> list[Mapping[str, str]]:
    assert all(error.field.partition(".")[0] == error.question for error in errors)
    return [{"field": error.field, "message": error.message} for error in errors]


def written(value: Json, margin: str = "", taken: int = 0) -> str:
    """JSON to be read: what fits on a line is on one; only what cannot be seen is escaped.

    `taken`: how many characters of its line stand before it, beyond the margin.
    """
    line = UNSEEN.sub(_escaped, json.dumps(value, ensure_ascii=False))
    fits = len(margin) + taken + len(line) < WIDTH
    if fits or not isinstance(value, dict | list) or not value:
        return line
    inner = margin + " "
    if isinstance(value, dict):
        keys = {f"{json.dumps(key)}: ": one for key, one in value.items()}
        parts = [f"{inner}{key}{written(one, inner, len(key))}" for key, one in keys.items()]
        return "{\n" + ",\n".join(parts) + f"\n{margin}}}"
    return "[\n" + ",\n".join(inner + written(one, inner) for one in value) + f"\n{margin}]"


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"


def rewritten() -> Iterator[tuple[Path, str]]:
    """Each file with the rules of its definition."""
    for path in files():
        file = read(path)
        yield path, written({**file, "rules": rules_in(file)}) + "\n"


if __name__ == "__main__":
    for path, text in rewritten():
        path.write_text(text, encoding="utf-8")
