"""Prediction-powered means agree with ppi_py under its conventions."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from labelwright.estimation import PPIMean


@pytest.fixture(scope="module")
def peer() -> Any:
    # Its import switches off all warnings of the process, so the filters are put back.
    with warnings.catch_warnings():
        return pytest.importorskip("ppi_py")


@pytest.mark.parametrize("lam", [0.0, 0.4, 1.0, None])
@pytest.mark.parametrize("seed", range(5))
def test_estimate_and_interval(peer: Any, lam: float | None, seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.normal(2, 1, 60)
    f, more = 0.8 * y + rng.normal(0, 0.5, 60), rng.normal(1.6, 1, 400)
    model = PPIMean(lam="auto" if lam is None else lam, convention="pooled").fit(y, f, more)
    assert model.value_ == pytest.approx(
        float(np.squeeze(peer.ppi_mean_pointestimate(y, f, more, lam=lam))), abs=1e-6
    )
    low, high = peer.ppi_mean_ci(y, f, more, alpha=0.05, lam=lam)
    assert model.interval(0.95) == pytest.approx((low.item(), high.item()), abs=1e-6)


def test_where_the_conventions_part() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=30)
    f, more = y + rng.normal(size=30), rng.normal(0, 2, 100)
    pooled, separate = (PPIMean(convention=c).fit(y, f, more) for c in ("pooled", "separate"))
    assert abs(pooled.lam_ - separate.lam_) > 0.01
