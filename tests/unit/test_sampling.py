"""Samples of texts: as many as asked, none twice, each stratum its share."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from consultation.results.sampling import at_random, representative


@given(
    strata=st.lists(st.sampled_from("abcd"), max_size=200),
    wanted=st.integers(0, 250),
    seed=st.integers(),
)
def test_each_stratum_has_its_share_to_within_one(
    strata: list[str], wanted: int, seed: int
) -> None:
    chosen = representative(strata, wanted, random.Random(seed))

    assert len(chosen) == len(set(chosen)) == min(wanted, len(strata))
    for one, size in Counter(strata).items():
        quota = len(chosen) * size / len(strata)
        assert abs(sum(strata[number] == one for number in chosen) - quota) < 1


def test_a_random_sample_is_of_the_size_asked_and_drawn_again_by_its_seed() -> None:
    first, again = (at_random(1000, 20, random.Random(4)) for _ in range(2))

    assert first == again
    assert len(set(first)) == 20
    assert at_random(5, 20, random.Random(4)) == [0, 1, 2, 3, 4]
