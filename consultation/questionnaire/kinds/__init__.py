"""The kinds of question: one module for each, entered in one table.

To add one, six files at most; the type checker or a test names each that is left out:

1. `kinds/<name>.py`: a frozen dataclass on `Question`, or on what a few kinds share (`optioned.py`,
   `written.py`). Each abstract method of `Question` (`base.py`) says what it must give: keys,
   reading a file, rules, reading a form, field, review, conditions, columns. The others have a
   default that is right for most.
2. Here: its import, its name in `__all__`, in `Kind` and in `KINDS`.
3. `templates/survey/questions.html`: the macro of its field, entered in the table at its head,
   unless it shows the field of another kind.
4. `demo/population.py`: how invented people answer it, in the `match` that mypy finds incomplete.
5. `questionnaires/README.md`: its line in the table of types.
6. `tests/conformance/kinds/<name>.json`: what it reads, refuses and stores, for every engine.

When the browser must read its answer in a way of its own, `READ` in `static/questions.js` too.
"""

from __future__ import annotations

from collections.abc import Mapping

from consultation.questionnaire.kinds.base import FREE_TEXT, Common, Compared, Desk, Question, Range
from consultation.questionnaire.kinds.choice import Choice
from consultation.questionnaire.kinds.choices import Choices
from consultation.questionnaire.kinds.date import Date
from consultation.questionnaire.kinds.info import Info
from consultation.questionnaire.kinds.longtext import LongText
from consultation.questionnaire.kinds.matrix import Matrix
from consultation.questionnaire.kinds.number import Number
from consultation.questionnaire.kinds.rank import Rank
from consultation.questionnaire.kinds.scale import Scale
from consultation.questionnaire.kinds.text import ShortText

__all__ = [
    "FREE_TEXT",
    "KINDS",
    "Choice",
    "Choices",
    "Common",
    "Compared",
    "Date",
    "Desk",
    "Info",
    "Kind",
    "LongText",
    "Matrix",
    "Number",
    "Question",
    "Range",
    "Rank",
    "Scale",
    "ShortText",
]

Kind = Choice | Choices | Matrix | Scale | Rank | Number | Date | ShortText | LongText | Info
"""Every kind: a `match` on it ends with `assert_never`."""

KINDS: Mapping[str, type[Kind]] = {
    kind.kind: kind
    for kind in (Choice, Choices, Matrix, Scale, Rank, Number, Date, ShortText, LongText, Info)
}
"""The kinds by their name in a file, in the order of the manual."""
