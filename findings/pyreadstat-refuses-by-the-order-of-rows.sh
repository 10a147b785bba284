#!/usr/bin/env bash
# A question that few people answer, its « don't know » declared missing (.a in Stata): pyreadstat
# writes the file, or refuses it with « 'float' object has no attribute 'encode' », by the order of the
# rows alone. It takes its types from narwhals, which judges a column of objects by its first hundred
# cells: when nobody answered there, numbers are taken for texts. A column of categories is not judged so.
# Surveys with filters meet it now and then, on files that passed every trial.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q pyreadstat==1.3.7 pandas==3.1.1 narwhals==2.29.0 numpy==2.4.6
"$place/venv/bin/python" - "$place/rare.dta" <<'PYTHON'
import sys

import narwhals
import pandas as pd
import pyreadstat

path = sys.argv[1]
print("pyreadstat", pyreadstat.__version__, "narwhals", narwhals.__version__)


def written(cells: object) -> str:
    table = pd.DataFrame({"rare": cells})
    try:
        pyreadstat.write_dta(table, path, version=14, missing_user_values={"rare": ["a"]})
    except AttributeError as error:
        return f"refused: {error}"
    kept, _ = pyreadstat.read_dta(path, user_missing=True)
    return f"written: {kept['rare'].dropna().tolist()}"


first = written(pd.Series([1.0, "a", *[None] * 100], dtype=object))
last = written(pd.Series([*[None] * 100, 1.0, "a"], dtype=object))
categories = pd.Index([1.0, "a"], dtype=object)
codes = [-1] * 100 + [0, 1]
coded = written(pd.Series(pd.Categorical.from_codes(codes, categories=categories)))
print("the two answers first:          ", first)
print("after a hundred people without: ", last)
print("the same, as categories:        ", coded)
assert first == coded == "written: [1.0, 'a']"
assert last.startswith("refused"), "the order of rows no longer matters: the behaviour changed"
PYTHON
# Seen on 2026-11-29:
#   pyreadstat 1.3.7 narwhals 2.29.0
#   the two answers first:           written: [1.0, 'a']
#   after a hundred people without:  refused: 'float' object has no attribute 'encode'
#   the same, as categories:         written: [1.0, 'a']
