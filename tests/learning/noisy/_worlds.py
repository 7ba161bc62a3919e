"""Items whose classes stand apart."""

from __future__ import annotations

import numpy as np


def blobs(n=6000, n_classes=3, apart=12.0, seed=0):
    """Features in which classes stand apart, and the classes."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(n_classes, n, p=np.arange(1, n_classes + 1) / np.arange(n_classes + 1).sum())
    centres = apart * np.eye(n_classes)[truth]
    return rng.normal(size=(n, n_classes)) + centres, truth
