import numpy as np
import pytest

from labelwright.audit import combine_beliefs, find_doubtful_labels
from labelwright.core.errors import ParameterError


def test_all_labels_believed_less_than_the_limit_and_no_others():
    rng = np.random.default_rng(0)
    beliefs = rng.dirichlet(np.ones(3), 200)
    codes = rng.integers(-1, 3, 200)
    issues = find_doubtful_labels(codes, beliefs, below=0.6, classes=["a", "b", "c"])
    expected = [i for i in range(200) if codes[i] >= 0 and beliefs[i, codes[i]] < 0.6]
    assert sorted(issues.index.tolist()) == expected
    assert np.all(np.diff(issues.quality) >= 0)
    for i, other in zip(issues.index, issues.suggested, strict=True):
        rest = {name: beliefs[i, k] for k, name in enumerate("abc") if k != codes[i]}
        assert other == max(rest, key=rest.get)


def test_joined_beliefs_are_bayes_rule():
    """Two independent looks at the class: the joint posterior, with the prior counted once."""
    prior = np.array([0.7, 0.2, 0.1])
    first, second = np.random.default_rng(0).uniform(0.1, 1, (2, 50, 3))
    one, other = first * prior, second * prior
    one /= one.sum(axis=1, keepdims=True)
    other /= other.sum(axis=1, keepdims=True)
    both = first * second * prior
    both /= both.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(combine_beliefs(one, other, prior), both, atol=1e-12)


def test_a_look_that_says_nothing_changes_nothing():
    prior = np.array([0.6, 0.4])
    votes = np.array([[0.9, 0.1], [0.3, 0.7], [1.0, 0.0]])
    np.testing.assert_allclose(
        combine_beliefs(votes, np.tile(prior, (3, 1)), prior), votes, atol=1e-12
    )


def test_certainty_on_both_sides_is_no_nan():
    joined = combine_beliefs([[1.0, 0.0]], [[0.0, 1.0]], [0.5, 0.5])
    np.testing.assert_allclose(joined, 0.5)


def test_a_limit_that_is_no_probability():
    with pytest.raises(ParameterError, match=r"below=1\.5"):
        find_doubtful_labels([0], [[1.0, 0.0]], below=1.5)
