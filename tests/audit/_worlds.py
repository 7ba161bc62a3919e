"""Labels with known errors and the probabilities of a model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def noisy(
    n: int = 600, k: int = 4, seed: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Labels (n,), probabilities (n, k) and which labels are wrong (n,)."""
    rng = np.random.default_rng(seed)
    true = rng.integers(k, size=n)
    labels = true.copy()
    flipped = rng.random(n) < 0.1
    labels[flipped] = (true[flipped] + rng.integers(1, k, size=flipped.sum())) % k
    logits = rng.normal(size=(n, k))
    logits[np.arange(n), true] += rng.normal(4, 1, size=n)
    raised = np.exp(logits)
    return labels, raised / raised.sum(axis=1, keepdims=True), flipped
