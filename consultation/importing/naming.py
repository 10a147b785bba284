"""Names: identifiers and codes that our language admits, as close as possible to the original's."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from consultation.questionnaire.elements import OPT_OUT
from consultation.questionnaire.reading import RESERVED

MOST = 40


class Names:
    """Identifiers given once each."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {*taken, *RESERVED}

    def give(self, *wanted: str, fallback: str) -> str:
        """The first of these that makes an identifier, numbered when it is taken."""
        made = next((name for one in wanted if (name := _identifier(one))), fallback)
        return self._free(made)

    def _free(self, made: str) -> str:
        name, number = made, 2
        while name in self._taken:
            suffix = f"_{number}"
            name, number = made[: MOST - len(suffix)] + suffix, number + 1
        self._taken.add(name)
        return name


def codes(wanted: Iterable[str]) -> Mapping[str, str]:
    """A code of ours for each of the tool's; those we admit stay as they are."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    listed = list(dict.fromkeys(wanted))
    for one in sorted(listed, key=lambda code: _code(code) != code):  # the admissible first
        made = _code(one) or "code"
        name, number = made, 2
        while name in taken:
            suffix = f"-{number}"
            name, number = made[: MOST - len(suffix)] + suffix, number + 1
        taken.add(name)
        found[one] = name
    return {one: found[one] for one in listed}


def _identifier(text: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", _ascii(text).lower()).strip("_")
    if name and not name[0].isalpha():
        name = f"q_{name}"
    return name[:MOST].rstrip("_")


def _code(text: str) -> str:
    code = re.sub(r"[^A-Za-z0-9_-]+", "_", _ascii(text)).strip("_-")[:MOST]
    return f"{code}_" if code == OPT_OUT else code


def _ascii(text: str) -> str:
    return "".join(
        char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char)
    )
