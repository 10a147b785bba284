"""Intervals, weights and links: compared with what the textbooks, scipy and ipfn give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.results.statistics import HEAVIEST, Margin, interval, link, mean, rake


@pytest.mark.parametrize(
    ("count", "base", "low", "high"),
    [(0, 20, 0.0, 0.1611), (8, 20, 0.2188, 0.6134), (20, 20, 0.8389, 1.0), (0, 0, 0.0, 1.0)],
)
def test_wilson_s_interval_is_that_of_the_textbooks(
    count: int, base: int, low: float, high: float
) -> None:
    found = interval(count, base)

    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


def test_an_interval_narrows_as_the_sample_nears_the_population() -> None:
    alone = interval(400, 1000)
    third, whole = interval(400, 1000, 3000), interval(400, 1000, 1000)

    assert alone.low < third.low < 0.4 < third.high < alone.high
    assert (whole.low, whole.high) == (0.4, 0.4)


@given(
    base=st.integers(1, 10_000),
    share=st.floats(0, 1),
    more=st.integers(0, 100_000),
)
def test_a_share_is_within_its_interval(base: int, share: float, more: int) -> None:
    count = round(base * share)

    found = interval(count, base, base + more)

    assert 0 <= found.low <= count / base + 1e-12
    assert count / base - 1e-12 <= found.high <= 1


def test_weights_give_every_margin_its_due() -> None:
    rng = np.random.default_rng(5)
    region, grade = rng.integers(0, 6, 5000), rng.choice(3, 5000, p=[0.6, 0.3, 0.1])
    people = ([900, 800, 700, 1000, 900, 700], [1500, 2000, 1500])

    raked = rake(
        [Margin(codes=region, people=people[0]), Margin(codes=grade, people=people[1])], 5000
    )

    assert raked.converged
    for codes, due in zip((region, grade), people, strict=True):
        assert np.bincount(codes, raked.weights) == pytest.approx(due, rel=1e-6)
    assert raked.weights.mean() == pytest.approx(1)
    assert 2000 < raked.effective < 5000


def test_who_did_not_say_keeps_an_ordinary_weight_and_nobody_speaks_for_the_absent() -> None:
    codes = np.array([0] * 30 + [1] * 60 + [-1] * 10)

    raked = rake([Margin(codes=codes, people=[500, 400, 100])], 100)

    assert raked.converged
    assert raked.weights[-10:] == pytest.approx([1.0] * 10)
    assert raked.weights[:30].sum() / raked.weights[30:90].sum() == pytest.approx(5 / 4)


def test_nobody_counts_for_more_than_five() -> None:
    codes = np.array([0] * 2 + [1] * 998)

    raked = rake([Margin(codes=codes, people=[500, 500])], 1000)

    assert raked.weights.max() <= HEAVIEST


def test_no_margin_changes_nothing() -> None:
    assert rake([], 4).weights.tolist() == [1, 1, 1, 1]
    assert rake([], 0).weights.tolist() == []


def test_a_link_is_told_in_words() -> None:
    none, strong = link([[50, 52], [51, 49]]), link([[90, 10], [12, 88]])
    weak = link([[5300, 4700], [4700, 5300]])

    assert none
    assert strong
    assert weak
    assert "hasard" in none.words
    assert strong.words == "lien fort"
    assert strong.cramer == pytest.approx(0.78, abs=0.01)
    assert weak.words == "lien faible"


@pytest.mark.parametrize(
    ("table", "chance"),
    # scipy.stats.chi2_contingency(…, correction=False).pvalue
    [([[10, 20], [20, 10]], 0.009823), ([[30, 20, 10], [20, 20, 20], [25, 22, 13]], 0.214315)],
)
def test_chance_is_what_scipy_says(table: list[list[int]], chance: float) -> None:
    found = link(table)

    assert found
    assert found.chance == pytest.approx(chance, abs=0.003)


@pytest.mark.parametrize("table", [[], [[1, 2]], [[1], [2]], [[0, 0], [3, 4]], [[0, 5], [0, 5]]])
def test_a_table_too_small_tells_nothing(table: list[list[int]]) -> None:
    assert link(table) is None


def test_a_mean_counts_people() -> None:
    assert mean({0: 1, 10: 3}) == 7.5
    assert mean({}) is None
