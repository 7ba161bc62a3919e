from __future__ import annotations

import numpy as np
import pytest

from labelwright.audit.noise_model import NoiseModel
from labelwright.core.errors import ParameterError


@pytest.mark.parametrize("kind", ["symmetric", "pair", "by_class"])
def test_achieved_noise_is_the_matrix_asked_for(kind: str) -> None:
    noise = NoiseModel(kind, 0.3)
    n = 40_000
    labels = np.arange(n) % 4
    made = noise.corrupt(labels, random_state=5)
    asked = noise.matrix(4, random_state=5)
    np.testing.assert_allclose(asked.sum(axis=1), 1)
    assert 1 - np.trace(asked) / 4 == pytest.approx(0.3)
    error = np.sqrt(asked * (1 - asked) / (n / 4))
    assert (np.abs(made.transition - asked) <= 4 * error + 1e-12).all()


def test_noise_by_features_has_the_rate_and_no_matrix() -> None:
    X = np.random.default_rng(0).normal(size=(200, 2))
    made = NoiseModel("by_features", 0.25).corrupt(np.arange(200) % 2, X)
    assert made.flipped.sum() == 50
    with pytest.raises(ParameterError, match=r"no matrix"):
        NoiseModel("by_features", 0.25).matrix(2)
    with pytest.raises(ParameterError, match=r"needs features"):
        NoiseModel("by_features", 0.25).corrupt([0, 1])
    with pytest.raises(ParameterError, match=r"kind='odd'"):
        NoiseModel("odd", 0.2).corrupt([0, 1])
