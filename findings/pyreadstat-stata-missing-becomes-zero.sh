#!/usr/bin/env bash
# A Stata variable of whole numbers holds 1, .a (a declared missing value), . (no answer) and 2.
# Read by pyreadstat with `user_missing=True`, to keep .a apart, « . » comes back as a number: 0 here,
# whatever stands in memory elsewhere. Without that option it is missing, as it should; so it is in a
# variable of doubles, and for a reader that shares none of this code (pandas).
# Whoever counts « no answer » apart in survey files gets answers that nobody gave, without a warning.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q pyreadstat==1.3.7 pandas==3.1.1 narwhals==2.29.0 numpy==2.4.6
"$place/venv/bin/python" - "$place/missing.dta" <<'PYTHON'
import sys

import pandas as pd
import pyreadstat

path = sys.argv[1]
print("pyreadstat", pyreadstat.__version__)
cells = pd.Series([1, "a", None, 2], dtype=object)
declared = {"whole": ["a"], "exact": ["a"]}
doubles = pd.Series([1.0, "a", None, 2.0], dtype=object)
pyreadstat.write_dta(
    pd.DataFrame({"whole": cells, "exact": doubles}), path, version=14, missing_user_values=declared
)

kept, _ = pyreadstat.read_dta(path, user_missing=True)
plain, _ = pyreadstat.read_dta(path)
with pd.io.stata.StataReader(path, convert_missing=True) as other:
    pandas_says = other.read()
print("written:                     ", cells.tolist())
print("pyreadstat, user_missing=True:", kept["whole"].tolist(), "; doubles:", kept["exact"].tolist())
print("pyreadstat:                  ", plain["whole"].tolist())
print("pandas:                      ", [str(one) for one in pandas_says["whole"]])
assert [str(one) for one in pandas_says["whole"]] == ["1", ".a", ".", "2"]
assert pd.isna(plain["whole"][2])
assert pd.isna(kept["exact"][2])
assert isinstance(kept["whole"][2], int), "no answer is missing now: the behaviour changed"
PYTHON
# Seen on 2026-11-29:
#   pyreadstat 1.3.7
#   written:                      [1, 'a', None, 2]
#   pyreadstat, user_missing=True: [1, 'a', 0, 2] ; doubles: [1.0, 'a', nan, 2.0]
#   pyreadstat:                   [1, nan, nan, 2]
#   pandas:                       ['1', '.a', '.', '2']
