"""Agreement against krippendorff, statsmodels and scikit-learn on the same votes."""

import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import cohen_kappa, fleiss_kappa, krippendorff_alpha

pytestmark = pytest.mark.peers

SCALE = [1, 2, 3, 5]


def matrix(seed, missing):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, 200)
    votes = np.where(rng.random((200, 4)) < 0.5, truth[:, None], rng.integers(0, 4, (200, 4)))
    return np.where(rng.random((200, 4)) < missing, -1, votes)


@pytest.mark.parametrize("scale", ["nominal", "ordinal", "interval", "ratio"])
@pytest.mark.parametrize("missing", [0.0, 0.4])
def test_alpha_on_four_levels_of_measurement(scale, missing):
    krippendorff = pytest.importorskip("krippendorff")
    codes = matrix(0, missing)
    values = np.where(codes < 0, np.nan, np.array(SCALE, dtype=float)[codes])
    theirs = krippendorff.alpha(reliability_data=values.T, level_of_measurement=scale)
    ours = krippendorff_alpha(Votes.from_matrix(codes, classes=SCALE), scale)
    assert ours.value == pytest.approx(theirs, abs=1e-12)


def test_fleiss_kappa():
    inter_rater = pytest.importorskip("statsmodels.stats.inter_rater")
    codes = matrix(1, 0.0)
    counts = np.array([np.bincount(row, minlength=4) for row in codes])
    ours = fleiss_kappa(Votes.from_matrix(codes, classes=range(4)))
    assert ours.value == pytest.approx(inter_rater.fleiss_kappa(counts), abs=1e-12)


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
def test_cohen_kappa(weights):
    metrics = pytest.importorskip("sklearn.metrics")
    codes = matrix(2, 0.0)[:, :2]
    ours = cohen_kappa(Votes.from_matrix(codes, classes=range(4)), weights=weights)
    theirs = metrics.cohen_kappa_score(*codes.T, weights=weights)
    assert ours.value == pytest.approx(theirs, abs=1e-12)
