"""Prediction-powered means: identities, unbiasedness by enumeration, the best weight."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from labelwright.core.errors import DataError, NotFittedError, ParameterError
from labelwright.core.params import load
from labelwright.estimation import PPIMean

RNG = np.random.default_rng(4)
Y = RNG.normal(2, 1, 40)
F = 0.7 * Y + RNG.normal(0, 0.5, 40)
MORE = RNG.normal(1.4, 0.9, 300)


def test_lam_zero_is_the_mean_of_the_gold_and_its_standard_error() -> None:
    model = PPIMean(lam=0.0).fit(Y, F, MORE)
    assert model.value_ == pytest.approx(Y.mean())
    assert np.sqrt(model.variance_) == pytest.approx(Y.std(ddof=1) / np.sqrt(40))
    assert model.effective_n_ == pytest.approx(40)


def test_the_formula_for_any_lam() -> None:
    model = PPIMean(lam=0.6).fit(Y, F, MORE)
    assert model.value_ == pytest.approx(0.6 * MORE.mean() + (Y - 0.6 * F).mean())
    variance = 0.36 * MORE.var(ddof=1) / 300 + (Y - 0.6 * F).var(ddof=1) / 40
    assert model.variance_ == pytest.approx(variance)
    low, high = model.interval(0.9)
    assert high - low == pytest.approx(2 * 1.6448536 * np.sqrt(variance))


@pytest.mark.parametrize("lam", [0.0, 0.3, 1.0, -2.0])
def test_it_is_unbiased_for_every_lam_over_all_designs(lam: float) -> None:
    y = np.array([1.0, 0.0, 4.0, 2.0, 2.0, 7.0])
    f = np.array([0.5, 3.0, 1.0, 2.0, -4.0, 0.0])
    values = []
    for chosen in combinations(range(6), 3):
        gold = np.isin(np.arange(6), chosen)
        values.append(PPIMean(lam=lam).fit(y[gold], f[gold], f[~gold]).value_)
    assert np.mean(values) == pytest.approx(y.mean())


def test_the_automatic_lam_is_the_ratio_and_never_worse_than_0_or_1() -> None:
    lam = np.cov(Y, F)[0, 1] / (F.var(ddof=1) + 40 / 300 * MORE.var(ddof=1))
    assert PPIMean().fit(Y, F, MORE).lam_ == pytest.approx(lam)
    for seed in range(50):
        rng = np.random.default_rng(seed)
        y, f, more = rng.normal(size=12), rng.normal(size=12), rng.normal(size=30)
        auto, plain, none = (PPIMean(lam=x).fit(y, f, more) for x in ("auto", 1.0, 0.0))
        assert auto.variance_ <= min(plain.variance_, none.variance_) * (1 + 1e-12)
        assert 0 <= auto.lam_ <= 1
        assert PPIMean(clip=False).fit(y, f, more).variance_ <= auto.variance_ * (1 + 1e-12)


def test_predictions_that_say_nothing_change_nothing() -> None:
    gold_only = PPIMean(lam=0.0).fit(Y, F, MORE)
    constant = PPIMean().fit(Y, np.full(40, 0.1), np.full(300, 0.1))
    assert (constant.lam_, constant.value_) == (0, pytest.approx(gold_only.value_))
    assert constant.variance_ == pytest.approx(gold_only.variance_)


def test_rescaled_predictions_give_the_same_estimate_without_clipping() -> None:
    plain = PPIMean(clip=False).fit(Y, F, MORE)
    scaled = PPIMean(clip=False).fit(Y, 7 - 100 * F, 7 - 100 * MORE)
    assert scaled.value_ == pytest.approx(plain.value_)
    assert scaled.variance_ == pytest.approx(plain.variance_)
    assert scaled.lam_ == pytest.approx(plain.lam_ / -100)


def test_one_stratum_and_groups_of_one_change_nothing() -> None:
    plain = PPIMean().fit(Y, F, MORE)
    stratum = PPIMean().fit(Y, F, MORE, strata=(["a"] * 40, ["a"] * 300))
    alone = PPIMean().fit(Y, F, MORE, groups=(range(40), range(40, 340)))
    for other in (stratum, alone):
        assert other.value_ == pytest.approx(plain.value_)
        assert other.variance_ == pytest.approx(plain.variance_)


def test_strata_are_weighted_by_their_share_of_all_rows() -> None:
    of_gold, of_more = np.arange(40) % 2, (np.arange(300) % 3 > 0).astype(int)
    model = PPIMean().fit(Y, F, MORE, strata=(of_gold, of_more))
    parts = [PPIMean().fit(Y[of_gold == h], F[of_gold == h], MORE[of_more == h]) for h in (0, 1)]
    shares = np.array([120, 220]) / 340
    assert model.value_ == pytest.approx(shares @ [part.value_ for part in parts])
    assert model.variance_ == pytest.approx(shares**2 @ [part.variance_ for part in parts])
    assert model.lam_ == pytest.approx([part.lam_ for part in parts])


def test_rows_doubled_inside_groups_keep_their_standard_error() -> None:
    once = PPIMean(lam=0.8).fit(Y, F, MORE, groups=(range(40), range(40, 340)))
    twice = PPIMean(lam=0.8).fit(
        np.repeat(Y, 2),
        np.repeat(F, 2),
        np.repeat(MORE, 2),
        groups=(np.repeat(range(40), 2), np.repeat(range(40, 340), 2)),
    )
    assert twice.value_ == pytest.approx(once.value_)
    assert twice.variance_ == pytest.approx(once.variance_)


def test_groups_that_err_together_widen_the_interval() -> None:
    group, more_group = np.arange(40) // 4, 5 + np.arange(300) // 4
    effect = np.random.default_rng(1).normal(0, 2, 100)
    y = Y + effect[group]
    plain = PPIMean(lam=0.5).fit(y, F, MORE)
    clustered = PPIMean(lam=0.5).fit(y, F, MORE, groups=(group, more_group))
    assert clustered.variance_ > 1.5 * plain.variance_


def test_bad_input_is_refused(tmp_path: object) -> None:
    with pytest.raises(DataError, match=r"y has 2 rows and f_gold has 3"):
        PPIMean().fit([1, 2], [1, 2, 3], [1])
    with pytest.raises(DataError, match="f_more must be"):
        PPIMean().fit([1, 2], [1, 2], [np.nan])
    with pytest.raises(DataError, match="two gold rows"):
        PPIMean().fit([1], [1], [2])
    with pytest.raises(DataError, match="two gold rows and one other"):
        PPIMean().fit([1, 2], [1, 2], [])
    with pytest.raises(ParameterError, match="'auto' or a number"):
        PPIMean(lam="best").fit(Y, F, MORE)
    with pytest.raises(DataError, match="neither strata nor groups"):
        PPIMean(convention="pooled").fit(Y, F, MORE, strata=(Y, MORE))
    with pytest.raises(DataError, match="1 of 2 strata have fewer than two gold rows: 'b'"):
        PPIMean().fit(Y, F, MORE, strata=(["a"] * 39 + ["b"], ["a"] * 300))
    with pytest.raises(DataError, match="several strata"):
        PPIMean().fit(
            Y[:4], F[:4], MORE[:1], strata=([0, 0, 1, 1], [0]), groups=([7, 8, 8, 9], [5])
        )
    with pytest.raises(NotFittedError):
        PPIMean().interval()


def test_it_is_kept_whole_in_a_file(tmp_path: object) -> None:
    model = PPIMean(clip=False).fit(Y, F, MORE)
    assert load(model.save(tmp_path)).interval() == model.interval()  # type: ignore[arg-type]
