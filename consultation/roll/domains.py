"""Judges the domains of a whole file, each once: allowed, slips, those of another territory."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from fnmatch import translate

from consultation.roll.addresses import Line, Problem

ANY_GOUV = ("*.gouv.fr",)

_RARE, _COMMON = 2, 10  # lines with a domain: under the first, it may be a slip for the second
_CLOSE, _VERY_CLOSE = 0.85, 0.93
# Comparing takes time, and a file that is all slips has none: so many domains are compared with
# the most common ones. The others are judged all the same, without a guess.
_MOST_COMPARED, _MOST_COMMON = 500, 50


def judged(
    lines: Sequence[Line], domains: Sequence[str], elsewhere: Mapping[str, str]
) -> list[Line]:
    """The lines with what is wrong with their domains.

    `domains`: patterns of those that may be invited; `elsewhere`: the domains of other
    territories, each with its name.
    """
    counts = Counter([line.address.partition("@")[2] for line in lines if line.address])
    verdicts = _Domains(counts, domains, elsewhere).verdicts()
    if not verdicts:
        return list(lines)
    return [_judged(line, verdicts.get(line.domain)) for line in lines]


class _Domains:
    """The domains of a file, and how many lines have each."""

    def __init__(
        self, counts: Counter[str], patterns: Sequence[str], elsewhere: Mapping[str, str]
    ) -> None:
        self._counts, self._patterns, self._elsewhere = counts, patterns, elsewhere
        self._whole = frozenset(one.removeprefix("*.") for one in patterns if one.startswith("*."))
        self._pattern = re.compile("|".join(map(translate, patterns)) or "(?!)")
        common = [one for one, count in counts.most_common(_MOST_COMMON) if count >= _COMMON]
        self._common = common
        self._common_allowed = [one for one in common if self._allows(one)]
        self._compared = 0

    def verdicts(self) -> Mapping[str, Problem]:
        """What is wrong, for each domain with which something is."""
        found = {domain: self._verdict(domain) for domain in self._counts}
        return {domain: problem for domain, problem in found.items() if problem}

    def _verdict(self, domain: str) -> Problem | None:
        if self._allows(domain):
            return self._rare(domain) or self._of_another(domain)
        near = self._near(domain, self._common_allowed, _CLOSE) or self._with_known_ending(domain)
        if near:
            return _slip(domain, near, warning=False)
        return Problem(
            reason=f"domaine non autorisé : {domain}",
            remedy="Vérifiez l’adresse. Si elle est juste, demandez à l’équipe technique "
            "d’autoriser ce domaine.",
        )

    def _allows(self, domain: str) -> bool:
        return domain in self._whole or self._pattern.match(domain) is not None

    def _rare(self, domain: str) -> Problem | None:
        near = ""
        if self._counts[domain] < _RARE:
            near = self._near(domain, self._common, _VERY_CLOSE)
        return _slip(domain, near, warning=True) if near else None

    def _near(self, domain: str, known: Sequence[str], cutoff: float) -> str:
        """The known domain of which this one may be a slip."""
        if not known or self._compared >= _MOST_COMPARED:
            return ""
        self._compared += 1
        others = [one for one in known if one != domain]
        return next(iter(get_close_matches(domain, others, 1, cutoff)), "")

    def _with_known_ending(self, domain: str) -> str:
        """The domain with its ending put right, when it nearly ends as a pattern does."""
        labels = domain.split(".")
        for ending in (pattern.lstrip("*.") for pattern in self._patterns):
            known = ending.split(".")
            written = ".".join(labels[-len(known) :])
            if ending and self._near(written, [ending], _CLOSE):
                return ".".join([*labels[: -len(known)], ending])
            if len(known) > 1 and labels[-1] == known[0]:
                return ".".join([*labels[:-1], ending])
        return ""

    def _of_another(self, domain: str) -> Problem | None:
        """An address of another territory: right for a shared post, wrong in the wrong file."""
        labels = domain.split(".")
        endings = (".".join(labels[place:]) for place in range(len(labels)))
        name = next((self._elsewhere[one] for one in endings if one in self._elsewhere), None)
        if name is None:
            return None
        return Problem(
            reason=f"domaine d’un autre territoire : {name}",
            remedy="Vérifiez que cette personne relève bien de vous.",
            warning=True,
        )


def _judged(line: Line, verdict: Problem | None) -> Line:
    if verdict is None:
        return line
    problems = (*line.problems, verdict)
    return line._replace(address=line.address if verdict.warning else "", problems=problems)


def _slip(domain: str, likely: str, *, warning: bool) -> Problem:
    return Problem(
        reason=f"domaine peut-être mal écrit : {domain}",
        remedy=f"Vouliez-vous écrire {likely} ?",
        warning=warning,
    )


def without_repeats(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines, each whose address stands higher said to repeat that one."""
    lines = tuple(lines)
    addresses = [line.address for line in lines if line.address]
    if len(set(addresses)) == len(addresses):
        return lines
    first: dict[str, int] = {}
    kept = []
    for line in lines:
        if line.address in first:
            kept.append(line._replace(problems=(), duplicate_of=first[line.address]))
        else:
            if line.address:
                first[line.address] = line.number
            kept.append(line)
    return tuple(kept)
