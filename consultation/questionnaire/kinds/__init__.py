"""The kinds of question: one module for each, entered in one table.

To add one, write in six files at most; the type checker or a test names each that is left out:

1. `kinds/<name>.py`: a frozen dataclass on `Question`, or on what a few kinds share (`optioned.py`,
   `written.py`). It has the name of its type and its keys (`kind`, `shape`); each abstract method
   of `Question` (`base.py`) says what it must give: reading a file, rules, reading a form, field,
   review, conditions, columns. The others have a default that is right for most. What it alone
   tells agents is there too: a `Text` in each language of `consultation/words.py`, which goes with
   its rules for other engines.
2. Here: its import, its name in `__all__` and in `Kind`.
3. `templates/survey/questions.html`, at the root: the macro of its field, entered in the table at
   its head, unless it shows the field of another kind.
4. `demo/population.py`: how invented people answer it, in the `match` that mypy finds incomplete;
   `some_answer` does for most.
5. `questionnaires/README.md`: an example among those of the types, its lines in the table of keys.
6. `tests/conformance/kinds/<name>.json`: what it reads, refuses and stores, for every engine.
   `README.md` there says how; `python tests/conforming.py` writes its rules.

Then `consultation schema > questionnaires/schema.json` tells editors. When a condition in the
browser must read its answer in a way of its own, `Script` in `base.py` and `READ` in
`static/questions.js` too. The browsers' engine, `static/survey.js`, refuses the rules that hold a
kind it does not run; once the kind is in its table, it plays the conformance file as ours does.
`tests/unit/test_a_new_kind.py` adds one and takes it away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

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
"""Every kind, in the order of the manual: a `match` on it ends with `assert_never`."""

KINDS: Mapping[str, type[Kind]] = {kind.kind: kind for kind in get_args(Kind)}
"""The kinds by their name in a file, in the same order."""
