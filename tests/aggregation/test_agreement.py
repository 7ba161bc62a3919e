import itertools

import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import krippendorff_alpha
from labelwright.core.errors import DataError
from labelwright.core.spaces import Classes


def alpha_by_pairs(matrix, distance):
    """The definition: distances of all pairs within items against all pairs of values."""
    units = [[v for v in row if v >= 0] for row in matrix]
    units = [u for u in units if len(u) > 1]
    values = [v for u in units for v in u]
    n = len(values)
    observed = sum(
        distance(a, b) / (len(u) - 1) for u in units for a, b in itertools.permutations(u, 2)
    )
    expected = sum(distance(a, b) for a, b in itertools.permutations(values, 2)) / (n - 1)
    return 1 - observed / expected


def random_matrix(seed=0, n=40, k=4):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, k, n)
    matrix = np.where(rng.random((n, 5)) < 0.6, truth[:, None], rng.integers(0, k, (n, 5)))
    return np.where(rng.random((n, 5)) < 0.3, -1, matrix)


def test_equals_the_definition_over_pairs():
    matrix = random_matrix()
    votes = Votes.from_matrix(matrix, classes=range(4))
    nominal = alpha_by_pairs(matrix, lambda a, b: a != b)
    interval = alpha_by_pairs(matrix, lambda a, b: (a - b) ** 2)
    assert krippendorff_alpha(votes).value == pytest.approx(nominal, abs=1e-12)
    assert krippendorff_alpha(votes, "interval").value == pytest.approx(interval, abs=1e-12)


def test_two_raters_without_gaps_give_scotts_pi_with_its_correction():
    matrix = random_matrix(seed=3)[:, :2]
    matrix = matrix[(matrix >= 0).all(axis=1)]
    shares = np.bincount(matrix.ravel(), minlength=4) / matrix.size
    chance = (shares**2).sum()
    pi = (np.mean(matrix[:, 0] == matrix[:, 1]) - chance) / (1 - chance)
    votes = Votes.from_matrix(matrix, classes=range(4))
    assert krippendorff_alpha(votes).value == pytest.approx(pi + (1 - pi) / matrix.size)


def test_ordered_classes_take_the_ordinal_scale():
    matrix = random_matrix()
    ordered = Votes.from_matrix(matrix, space=Classes(range(4), ordered=True))
    assert "ordinal" in krippendorff_alpha(ordered).method
    assert krippendorff_alpha(ordered).value == krippendorff_alpha(ordered, "ordinal").value


def test_the_interval_covers_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    # Two raters who copy the truth with probability q and else guess: alpha is q squared.
    for _ in range(300):
        truth = rng.integers(0, 2, 150)
        copies = rng.random((150, 2)) < 0.7
        matrix = np.where(copies, truth[:, None], rng.integers(0, 2, (150, 2)))
        found = krippendorff_alpha(Votes.from_matrix(matrix, classes=[0, 1]))
        covered += found.low <= 0.49 <= found.high
    assert 0.92 <= covered / 300 <= 0.98


def test_no_item_with_two_votes():
    votes = Votes.from_wide({"a": ["x", None], "b": [None, "y"]}, votes=["a", "b"])
    with pytest.raises(DataError, match="two votes"):
        krippendorff_alpha(votes)


def test_an_unknown_scale():
    votes = Votes.from_matrix(random_matrix(), classes=range(4))
    with pytest.raises(DataError, match="no scale 'ratio'"):
        krippendorff_alpha(votes, "ratio")
