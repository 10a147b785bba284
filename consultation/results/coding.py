"""Counts what coders put on texts, and how far two coders agree. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

Coded = Mapping[bytes, Mapping[str, frozenset[bytes]]]
"""By text, then by coder: the tags put, maybe none."""

MACHINE = "regroupement automatique"
"""A coder that is nobody: no login holds a space. What a person says replaces what it says."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far two coders agree on the texts that both have coded.

    Cohen's kappa by tag: 1 is full agreement, 0 what chance would give. None where it means
    nothing: one of the two put the tag everywhere and the other everywhere or nowhere.
    """

    coders: tuple[str, str]
    texts: int
    kappas: Mapping[bytes, float | None]


def decided(coded: Coded) -> dict[bytes, frozenset[bytes]]:
    """The tags of each coded text: those that at least half of its coders put."""
    return {saying: _majority(_people(by_coder)) for saying, by_coder in coded.items()}


def agreements(coded: Coded, tags: Collection[bytes]) -> list[Agreement]:
    """One for each two coders, the pair with most texts in common first."""
    coders = sorted({coder for by_coder in coded.values() for coder in by_coder})
    found = [_agreement(coded, tags, pair) for pair in combinations(coders, 2)]
    return sorted((one for one in found if one.texts), key=lambda one: (-one.texts, one.coders))


def kappa(pairs: Collection[tuple[bool, bool]]) -> float | None:
    """Cohen's kappa of two coders who each said yes or no to the same texts."""
    size = len(pairs)
    if not size:
        return None
    first = sum(one for one, _ in pairs) / size
    second = sum(one for _, one in pairs) / size
    observed = sum(one == other for one, other in pairs) / size
    expected = first * second + (1 - first) * (1 - second)
    return None if expected == 1 else (observed - expected) / (1 - expected)


def kappa_words(value: float | None) -> str:
    """What the figure is worth, in the usual words (Landis and Koch, 1977)."""
    if value is None:
        return "sans objet"
    for least, words in ((0.8, "presque parfait"), (0.6, "fort"), (0.4, "moyen"), (0.2, "faible")):
        if value > least:
            return words
    return "très faible"


def _agreement(coded: Coded, tags: Collection[bytes], pair: tuple[str, str]) -> Agreement:
    both = list(_common(coded, pair))
    return Agreement(
        coders=pair,
        texts=len(both),
        kappas={tag: kappa([(tag in one, tag in other) for one, other in both]) for tag in tags},
    )


def _common(
    coded: Coded, pair: tuple[str, str]
) -> Iterator[tuple[frozenset[bytes], frozenset[bytes]]]:
    first, second = pair
    for by_coder in coded.values():
        if first in by_coder and second in by_coder:
            yield by_coder[first], by_coder[second]


def _people(by_coder: Mapping[str, frozenset[bytes]]) -> Mapping[str, frozenset[bytes]]:
    people = {coder: tags for coder, tags in by_coder.items() if coder != MACHINE}
    return people or by_coder


def _majority(by_coder: Mapping[str, frozenset[bytes]]) -> frozenset[bytes]:
    votes = [tag for tags in by_coder.values() for tag in tags]
    return frozenset(tag for tag in votes if 2 * votes.count(tag) >= len(by_coder))
