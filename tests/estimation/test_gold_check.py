"""Is the gold a random part of the records?"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from labelwright.core.errors import DataError, DataWarning
from labelwright.estimation import gold_randomness_check
from labelwright.estimation.gold_check import warn_if_not_random


def test_p_is_uniform_for_a_random_part() -> None:
    rng = np.random.default_rng(0)
    found = []
    for seed in range(200):
        judge = rng.normal(size=300)
        human = np.where(np.arange(300) < 40, 1.0, np.nan)
        found.append(gold_randomness_check(judge, human, n_permutations=199, random_state=seed).p)
    assert stats.kstest(found, "uniform").pvalue > 0.01


def test_looking_at_failures_first_is_found() -> None:
    judge = ["pass"] * 150 + ["fail"] * 50
    human = [None] * 140 + ["fail"] * 60
    found = gold_randomness_check(judge, human, positive="pass")
    assert found.p == 0.001
    assert (found.n_looked, found.n_rest) == (60, 140)
    assert (found.looked_mean, found.rest_mean) == pytest.approx((10 / 60, 1))
    assert found.to_table()["p"].to_list() == [0.001]


def test_everything_looked_at_is_no_part() -> None:
    assert gold_randomness_check([1, 0], [1, 1]).p == 1
    with pytest.raises(DataError, match="both"):
        gold_randomness_check([1, np.nan], [None, 1])


def test_the_warning_comes_up_in_one_of_a_hundred() -> None:
    rng = np.random.default_rng(1)
    looked, warned = np.arange(500) < 60, 0
    for _ in range(1000):
        group = rng.normal(size=100)[np.arange(500) // 5]
        try:
            warn_if_not_random(
                group + 0.1 * rng.normal(size=500), looked=looked, clusters=np.arange(500) // 5
            )
        except DataWarning:
            warned += 1
    assert 2 <= warned <= 20


def test_the_warning_stays_away_with_little_gold_and_says_p() -> None:
    judge = (np.arange(100) < 12).astype(float)
    warn_if_not_random(judge, looked=np.arange(100) < 9)
    warn_if_not_random(judge, looked=np.ones(100, bool))
    with pytest.warns(DataWarning, match=r"p = .*e-"):
        warn_if_not_random(judge, looked=np.arange(100) < 12)
