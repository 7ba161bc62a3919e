from itertools import product

import numpy as np
import pytest

from labelwright.aggregation import _moments
from labelwright.aggregation._moments import group_confusions


def exact_shares(prior, confusions, n=10_000):
    """One vote of each group an item, as often as its probability says: moments without noise."""
    k = len(prior)
    cells = list(product(range(k), repeat=3))
    sizes = [
        n * sum(prior[h] * np.prod([c[g, h] for c, g in zip(confusions, cell, strict=True)])
                for h in range(k))
        for cell in cells
    ]  # fmt: skip
    times = np.round(sizes).astype(int)
    np.testing.assert_allclose(times, sizes, atol=1e-6)
    return np.eye(k)[np.repeat(np.array(cells), times, axis=0)].transpose(1, 0, 2)


BINARY = [[[0.8, 0.3], [0.2, 0.7]], [[0.6, 0.1], [0.4, 0.9]], [[0.9, 0.4], [0.1, 0.6]]]
TERNARY = [
    [[0.7, 0.1, 0.2], [0.2, 0.8, 0.1], [0.1, 0.1, 0.7]],
    [[0.6, 0.2, 0.0], [0.2, 0.7, 0.3], [0.2, 0.1, 0.7]],
    [[0.8, 0.3, 0.1], [0.1, 0.6, 0.1], [0.1, 0.1, 0.8]],
]


@pytest.mark.parametrize(
    ("prior", "confusions"), [((0.4, 0.6), BINARY), ((0.2, 0.3, 0.5), TERNARY)]
)
def test_moments_without_noise_give_the_confusions(prior, confusions, monkeypatch):
    monkeypatch.setattr(_moments, "BLOCK_CELLS", 1000)
    confusions = np.array(confusions)
    found = group_confusions(exact_shares(prior, confusions))
    np.testing.assert_allclose(found.confusions, confusions, atol=1e-8)
    np.testing.assert_allclose(found.prior, prior, atol=1e-8)


def test_renaming_classes_permutes_everything():
    shares = exact_shares((0.2, 0.3, 0.5), np.array(TERNARY))
    noisy = shares[:, np.random.default_rng(0).choice(10_000, 400)]
    order = [2, 0, 1]
    one, other = group_confusions(noisy), group_confusions(noisy[:, :, order])
    np.testing.assert_allclose(other.confusions, one.confusions[:, order][:, :, order], atol=1e-10)
    np.testing.assert_allclose(other.prior, one.prior[order], atol=1e-10)


def test_groups_that_say_nothing_determine_nothing():
    rng = np.random.default_rng(0)
    alike = np.eye(2)[np.zeros((3, 50), int)]
    assert group_confusions(alike) is None
    assert group_confusions(np.eye(3)[rng.integers(0, 2, (3, 200))]) is None
