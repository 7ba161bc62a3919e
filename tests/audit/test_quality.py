from __future__ import annotations

import numpy as np
import pytest

from labelwright.audit import _blocks, label_quality
from labelwright.core.errors import DataError, ParameterError

from ._worlds import noisy

METHODS = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")


def test_two_classes_closed_form():
    p = np.array([0.9, 0.6, 0.2])
    both = np.column_stack([p, 1 - p])
    np.testing.assert_allclose(label_quality([0, 0, 0], both), p)
    margin = label_quality([0, 0, 0], both, method="normalized_margin")
    np.testing.assert_allclose(margin, (p - (1 - p) + 1) / 2)
    ratio = -(p * np.log2(p) + (1 - p) * np.log2(1 - p)) / p
    entropy = label_quality([0, 0, 0], both, method="confidence_weighted_entropy")
    np.testing.assert_allclose(entropy, np.log(1 + ratio) / ratio)


@pytest.mark.parametrize("method", METHODS)
def test_uniform_rows_have_equal_quality_and_all_quality_is_a_share(method):
    uniform = label_quality([0, 1, 2], np.full((3, 3), 1 / 3), method=method)
    np.testing.assert_allclose(uniform, uniform[0])
    labels, probabilities, flipped = noisy()
    quality = label_quality(labels, probabilities, method=method)
    assert quality.dtype == np.float64
    assert 0 <= quality.min() <= quality.max() <= 1
    assert quality[flipped].mean() < quality[~flipped].mean() - 0.2


@pytest.mark.parametrize("method", METHODS)
def test_sure_and_right_is_best_and_sure_and_wrong_is_worst(method):
    quality = label_quality([0, 1], [[1.0, 0.0], [1.0, 0.0]], method=method)
    np.testing.assert_array_equal(quality, [1, 0])


@pytest.mark.parametrize("method", METHODS)
def test_the_only_class_is_always_right(method):
    np.testing.assert_array_equal(label_quality([0, 0], [[1.0], [1.0]], method=method), [1, 1])


@pytest.mark.parametrize("method", METHODS[:2])
def test_adjusting_subtracts_the_thresholds(method):
    labels, probabilities, _ = noisy()
    thresholds = np.array([probabilities[labels == j, j].mean() for j in range(4)])
    shifted = probabilities - thresholds + thresholds.max()
    shifted /= shifted.sum(axis=1, keepdims=True)
    adjusted = label_quality(labels, probabilities, method=method, adjust=True)
    np.testing.assert_allclose(adjusted, label_quality(labels, shifted, method=method))


@pytest.mark.parametrize("method", METHODS)
def test_blocks_change_nothing(method, monkeypatch):
    labels, probabilities, _ = noisy()
    whole = label_quality(labels, probabilities, method=method)
    monkeypatch.setattr(_blocks, "BLOCK_BYTES", 100)
    np.testing.assert_array_equal(label_quality(labels, probabilities, method=method), whole)


def test_half_precision_and_whole_numbers_are_read():
    np.testing.assert_array_equal(label_quality([0, 0], np.eye(2, dtype=int)), [1, 0])
    half = np.array([[0.75, 0.25]], dtype=np.float16)
    np.testing.assert_array_equal(label_quality([1], half), [0.25])


def test_bad_input_is_named():
    with pytest.raises(ParameterError, match="Did you mean 'self_confidence'"):
        label_quality([0], [[1.0, 0.0]], method="self_confidance")
    with pytest.raises(ParameterError, match="adjust does not go with"):
        label_quality([0], [[1.0, 0.0]], method="confidence_weighted_entropy", adjust=True)
    with pytest.raises(DataError, match="Row 0 of probabilities sums to 2"):
        label_quality([0], [[1.0, 1.0]])
