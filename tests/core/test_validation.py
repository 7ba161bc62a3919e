"""Checks of arrays: the first bad row is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from labelwright.core.errors import DataError
from labelwright.core.validation import (
    check_codes,
    check_probabilities,
    check_same_length,
    first_row,
)

GOOD = [[0.25, 0.75], [1.0, 0.0]]


def test_what_is_right_passes_unchanged() -> None:
    given = np.array(GOOD, dtype=np.float32)
    assert check_probabilities(given, n_classes=2) is given
    assert check_probabilities([[1, 0], [0, 1]]).dtype == np.float64
    assert check_probabilities(np.array(GOOD, dtype=np.float16)).dtype == np.float64
    assert check_probabilities(np.empty((0, 3))).shape == (0, 3)
    assert check_probabilities([[0.3, 0.70005]]).tolist() == [[0.3, 0.70005]]


@pytest.mark.parametrize(
    ("second_row", "message"),
    [
        ([0.5, np.nan], r"beliefs\[1, 1\] = nan is missing or infinite"),
        ([np.inf, 0.5], r"beliefs\[1, 0\] = inf is missing or infinite"),
        ([-0.1, 1.1], r"beliefs\[1, 0\] = -0.1 lies outside 0 to 1"),
        ([1.2, 0.0], r"beliefs\[1, 0\] = 1.2 lies outside"),
        ([0.5, 0.6], r"Row 1 of beliefs sums to 1.1, not to 1"),
    ],
)
def test_the_first_bad_row_is_named(second_row: list[float], message: str) -> None:
    rows = [GOOD[0], second_row, [9.0, 9.0]]
    with pytest.raises(DataError, match=message) as caught:
        check_probabilities(rows, name="beliefs")
    assert caught.value.where["row"] == 1


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([0.5, 0.5], r"shape \(2,\)"),
        ([["a", "b"]], "type <U1"),
        ([[0.2, 0.3, 0.5]], "3 columns for 2 classes"),
    ],
)
def test_a_wrong_shape_is_refused(bad: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        check_probabilities(bad, n_classes=2)


def test_rows_without_any_class_are_refused() -> None:
    with pytest.raises(DataError, match="Row 0 of probabilities sums to 0"):
        check_probabilities(np.empty((2, 0)))


def test_codes_are_whole_numbers_below_k() -> None:
    assert check_codes([0, 1], 2).dtype == np.int64
    assert check_codes([0.0, 1.0], 2).tolist() == [0, 1]
    assert check_codes(np.array([1], dtype=np.uint8), 2).tolist() == [1]
    assert check_codes([-1, 1], 2, missing=True).tolist() == [-1, 1]
    assert check_codes([], 2).tolist() == []


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        ([0, 2], r"labels\[1\] = 2 is no class: there are 2 classes. Codes run from 0 to 1"),
        ([0, -1], r"labels\[1\] = -1"),
        ([0.0, np.nan], "type float64"),
        ([0.0, 0.5], "type float64"),
        (["a"], "or labels together with classes="),
        ([[0]], r"shape \(1, 1\)"),
        ([True], "type bool"),
    ],
)
def test_bad_codes(codes: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        check_codes(codes, 2)


def test_lengths_must_agree() -> None:
    assert check_same_length(a=[1, 2], b=np.zeros((2, 9)), c=None) == 2
    with pytest.raises(DataError, match=r"labels has 2 rows and scores has 3\. Give both"):
        check_same_length(labels=[1, 2], nothing=None, scores=[1, 2, 3])


def test_the_first_row_of_a_vector_or_matrix() -> None:
    assert first_row(np.array([False, True, True])) == 1
    assert first_row(np.array([[False, False], [False, True]])) == 1
    assert first_row(np.array([False])) is None
