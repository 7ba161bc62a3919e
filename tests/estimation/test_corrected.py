"""Corrected rates and means: coverage, limit cases, other inputs, and honest refusals."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from scipy import stats

from labelwright.core.errors import DataError, DataWarning
from labelwright.core.stats import wilson_interval
from labelwright.estimation import PPIMean, corrected_mean, corrected_rate
from labelwright.estimation._design import Design
from labelwright.estimation._intervals import corrected_rate_of, mean_of
from labelwright.estimation._rectify import rectify

NAN = math.nan


def draw(
    seed: int, n: int = 2000, n_gold: int = 150, rate: float = 0.8, error: float = 0.15
) -> tuple[np.ndarray, np.ndarray]:
    """A judge that errs, more often on what should fail, and people on a random part."""
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < rate
    wrong = rng.random(n) < np.where(truth, error / 2, 2 * error)
    human = np.where(np.arange(n) < n_gold, truth, NAN)
    return (truth ^ wrong).astype(float), human


def test_the_interval_covers_the_truth_in_95_of_100_draws() -> None:
    covered = narrower = 0
    for seed in range(1000):
        judge, human = draw(seed)
        looked = ~np.isnan(human)
        part = rectify(human, judge, looked)
        found = corrected_rate_of(part, judge[looked], judge.size, 0.95, clustered=False)
        low, high = wilson_interval(np.nansum(human), 150)
        covered += found.low <= 0.8 <= found.high
        narrower += found.high - found.low < high - low
    assert 930 <= covered <= 970
    assert narrower > 950


def test_the_interval_of_a_mean_covers_with_little_gold() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(1000):
        truth = rng.normal(1, 1, size=400)
        judge = 3 * truth + rng.normal(0, 2, 400) + 5
        looked = np.arange(400) < 25
        found = mean_of(rectify(truth, judge, looked), 400, 0.95)
        covered += found.low <= 1 <= found.high
    assert 930 <= covered <= 970


def test_unequal_inclusion_is_undone() -> None:
    rng = np.random.default_rng(0)
    covered, naive = 0, 0
    for _ in range(1000):
        truth = rng.random(1000) < 0.3
        judge = np.where(truth, rng.random(1000) < 0.8, rng.random(1000) < 0.2).astype(float)
        inclusion = np.where(judge == 1, 0.3, 0.1)
        looked = rng.random(1000) < inclusion
        part = rectify(truth.astype(float), judge, looked, inclusion=inclusion)
        found = corrected_rate_of(part, judge[looked], 1000, 0.95, clustered=False)
        covered += found.low <= 0.3 <= found.high
        low, high = wilson_interval(truth[looked].sum(), looked.sum())
        naive += low <= 0.3 <= high
    assert 930 <= covered <= 970
    assert naive < 300


def test_groups_that_err_together_are_covered() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(500):
        group = np.repeat(np.arange(200), 5)
        truth = rng.random(1000) < np.where(rng.random(200) < 0.5, 0.9, 0.3)[group]
        judge = np.where(rng.random(1000) < 0.8, truth, ~truth).astype(float)
        looked = group < 60
        part = rectify(truth.astype(float), judge, looked, clusters=group)
        found = corrected_rate_of(part, judge[looked], 1000, 0.95, clustered=True)
        covered += found.low <= 0.6 <= found.high
    assert 465 <= covered <= 485


def test_a_useless_judge_leaves_wilsons_interval_of_the_gold() -> None:
    _, human = draw(1)
    found = corrected_rate(np.ones(human.size), human)
    low, high = wilson_interval(np.nansum(human), 150)
    assert (found.value, found.low, found.high) == pytest.approx((np.nanmean(human), low, high))
    assert found.effective_n == pytest.approx(150)
    assert found.notes == ("The judge says nothing beyond the gold, so it is not used.",)


def test_a_judge_that_is_always_right_still_has_an_interval() -> None:
    truth = (np.arange(5000) % 5 > 0).astype(float)
    human = np.where(np.arange(5000) < 50, truth, NAN)
    found = corrected_rate(truth, human)
    # Three in fifty could be wrong unseen, so plus or minus 2 points would be too bold.
    assert 0.04 < found.high - found.low < 0.12
    assert found.value == pytest.approx(0.8, abs=0.005)
    assert found.effective_n > 100


def test_the_value_is_the_prediction_powered_one() -> None:
    judge, human = draw(2)
    looked = ~np.isnan(human)
    peer = PPIMean(clip=False).fit(human[looked], judge[looked], judge[~looked])
    found = corrected_rate(judge, human)
    assert found.value == pytest.approx(peer.value_, abs=0.002)
    assert found.effective_n == pytest.approx(peer.effective_n_, rel=0.1)
    assert found.naive == pytest.approx(judge.mean())
    assert found.gold_only is not None
    assert found.gold_only.value == pytest.approx(np.nanmean(human))


def test_the_same_answers_in_any_form() -> None:
    judge, human = draw(3)
    expected = corrected_rate(judge, human)
    words = np.array(["fail", "pass"])
    said = [None if np.isnan(h) else str(words[int(h)]) for h in human]
    as_text = corrected_rate(words[judge.astype(int)], said, positive="pass")
    as_blank = corrected_rate(judge, [s or " " for s in said], positive="pass")
    as_bool = corrected_rate(judge == 1, [None if np.isnan(h) else h == 1 for h in human])
    frame = pl.DataFrame({"judge": judge == 1, "human": pl.Series(said) == "pass"})
    as_series = corrected_rate(frame["judge"], frame["human"])
    for found in (as_text, as_blank, as_bool, as_series):
        assert (found.value, found.low, found.high) == pytest.approx(
            (expected.value, expected.low, expected.high)
        )
    assert as_text.what == "Rate of 'pass'"


@pytest.mark.parametrize(("slope", "base"), [(10.0, 0.0), (-0.01, 3.0)])
def test_a_score_on_any_scale_needs_no_threshold(slope: float, base: float) -> None:
    judge, human = draw(4)
    scaled = corrected_rate(base + slope * judge, human)
    plain = corrected_rate(judge, human)
    assert (scaled.value, scaled.low) == pytest.approx((plain.value, plain.low))
    assert math.isnan(scaled.naive)


def test_constant_inclusion_is_as_good_as_none() -> None:
    judge, human = draw(5)
    plain = corrected_rate(judge, human)
    weighted = corrected_rate(judge, human, inclusion=np.full(2000, 0.075))
    assert weighted.value == pytest.approx(plain.value, abs=1e-3)
    assert weighted.high - weighted.low == pytest.approx(plain.high - plain.low, rel=0.02)
    assert weighted.method.endswith("weighted by inclusion probability")


def test_strata_undo_what_made_the_gold_uneven() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(4000) < np.repeat([0.9, 0.4], 2000)
    judge = np.where(rng.random(4000) < 0.85, truth, ~truth).astype(float)
    stratum = np.repeat(["easy", "hard"], 2000)
    looked = np.zeros(4000, dtype=bool)
    looked[:50] = looked[2000:2300] = True
    human = np.where(looked, truth, NAN)
    with pytest.warns(DataWarning, match="does not look like a random part"):
        assert corrected_rate(judge, human).high < 0.65
    found = corrected_rate(judge, human, strata=stratum)
    assert found.low < truth.mean() < found.high
    assert found.method == "prediction-powered, stratified"


def test_groups_of_records_widen_the_interval_and_few_are_said() -> None:
    judge, human = draw(6)
    group = np.arange(2000) // 10
    judge, human = judge[group], np.where(np.isnan(human), NAN, human[group])
    with pytest.warns(DataWarning, match="15 groups"):
        found = corrected_rate(judge, human, groups=group)
    assert found.effective_n < 60
    assert found.method == "prediction-powered, robust to groups"


def test_missing_judgements_are_left_out_and_counted() -> None:
    judge, human = draw(7)
    expected = corrected_rate(np.delete(judge, [3, 1500]), np.delete(human, [3, 1500]))
    judge[[3, 1500]] = NAN
    found = corrected_rate(judge, human)
    assert (found.value, found.n, found.n_gold) == pytest.approx((expected.value, 1998, 149))
    assert found.notes == ("2 records without a label of the judge are left out, 1 with gold.",)


@pytest.mark.parametrize("n_gold", [1, 9])
def test_little_gold_is_used_alone(n_gold: int) -> None:
    judge, human = draw(8, n_gold=n_gold)
    found = corrected_rate(judge, human)
    low, high = wilson_interval(np.nansum(human), n_gold)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert "fewer than 10 gold labels" in found.notes[0]
    assert f"of the {n_gold} records" in found.sentence()


def test_gold_of_one_kind_has_an_interval() -> None:
    judge, human = draw(9, n_gold=60)
    human[:60] = 1
    found = corrected_rate(judge, human)
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(wilson_interval(60, 60)[0])
    assert found.notes == ("All gold labels are alike, so the judge is not used.",)


def test_everything_looked_at_is_the_plain_rate() -> None:
    judge, human = draw(10, n=80, n_gold=80)
    found = corrected_rate(judge, human)
    assert found.value == pytest.approx(human.mean())
    assert (found.low, found.high) == pytest.approx(tuple(wilson_interval(human.sum(), 80)))
    assert found.notes == ("The judge says nothing beyond the gold, so it is not used.",)


@pytest.mark.parametrize(
    ("judge", "human", "options", "match"),
    [
        ([1, 0], [None, None], {}, "No record has a gold label"),
        ([NAN, 0], [1, NAN], {}, "No record has both"),
        ([1, 0], [1, 0, 1], {}, "judge has 2 rows and human has 3"),
        ([1, 0], [1, 2], {}, r"human\[1\] = 2 is neither 0 nor 1"),
        ([1, 0], ["pass", "fail"], {}, "positive='pass'"),
        (["pass", "fail"], ["pass", None], {"positive": "pas"}, "Did you mean 'pass'"),
        ([1, math.inf], [1, 0], {}, "infinite"),
        ([1, 0], [1, 0], {"inclusion": [0.5, 0]}, r"inclusion\[1\] = 0"),
        ([1, 0], [1, 0], {"inclusion": [0.5, 0.5], "strata": ["a", "b"]}, "give one"),
        ([1, 0], [1, 0], {"inclusion": [0.5]}, "inclusion has 1"),
        ([1, 0], [1, 0], {"groups": ["a", "a"]}, "All gold comes from one group"),
        ([1, 0], [1, 0], {"strata": ["a", None]}, "stratum of row 1"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    judge: list, human: list, options: dict, match: str
) -> None:
    with pytest.raises(DataError, match=match):
        corrected_rate(judge, human, **options)


def test_many_kinds_of_no_are_said() -> None:
    human = (["pass"] * 8 + ["fail"] * 5 + ["unsure"] * 2) * 4 + [None] * 40
    found = corrected_rate(np.arange(100) % 2, human, positive="pass")
    assert found.gold_only is not None
    assert found.gold_only.value == pytest.approx(8 / 15)
    assert found.notes == ("Counted as not 'pass': 'fail', 'unsure'.",)


def test_the_mean_of_gold_alone_is_students() -> None:
    rng = np.random.default_rng(0)
    human = np.append(rng.normal(5, 2, 12), [NAN] * 50)
    found = corrected_mean(np.ones(62), human)
    peer = stats.t.interval(0.95, 11, human[:12].mean(), stats.sem(human[:12]))
    assert (found.low, found.high) == pytest.approx(peer)
    assert found.unit == "number"


def test_the_mean_is_the_prediction_powered_one() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(5, 2, 1000)
    judge = 100 - 10 * truth + rng.normal(0, 5, 1000)
    human = np.where(np.arange(1000) < 100, truth, NAN)
    found = corrected_mean(judge, human)
    peer = PPIMean(clip=False).fit(human[:100], judge[:100], judge[100:])
    assert found.value == pytest.approx(peer.value_)
    # One observation is used up by the choice of lam, and t is wider than normal.
    assert found.high - found.low == pytest.approx(
        np.diff(peer.interval())[0] * np.sqrt(99 / 98) * stats.t.ppf(0.975, 98) / 1.959964
    )
    assert found.effective_n > 300
    assert "Mean: " in found.sentence()


def test_means_without_a_known_spread_are_refused_or_use_gold_alone() -> None:
    some = [1.0, 2.0, 3.0, 4.0] * 5 + [NAN] * 20
    exact = corrected_mean([1.0, 2.0, 3.0, 4.0] * 10, some)
    assert exact.high - exact.low > 0.7
    assert "exact wherever people looked" in exact.notes[0]
    with pytest.raises(DataError, match=r"12 human values \(mean 4\) do not differ"):
        corrected_mean([0.0, 1.0] * 10, [4.0] * 12 + [NAN] * 8)
    balanced, group = [1.1, 2.9] * 20 + [NAN] * 40, np.arange(80) // 2
    with (
        pytest.warns(DataWarning, match="20 groups"),
        pytest.raises(DataError, match="do not differ"),
    ):
        corrected_mean(np.arange(80) % 4, balanced, groups=group)
    with pytest.raises(DataError, match="too few"):
        corrected_mean([1.0, 2.0], [3.0, NAN])
    with pytest.raises(DataError, match="no number"):
        corrected_mean(["good", "bad"], [1.0, NAN])


def test_an_empty_design_is_plain() -> None:
    assert Design().words() == ""
