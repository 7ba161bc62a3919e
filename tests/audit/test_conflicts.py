from __future__ import annotations

import numpy as np
import pytest

from labelwright.audit import find_conflicting_duplicates
from labelwright.core.errors import DataError


def test_the_minority_of_a_set_is_listed_worst_first():
    labels = [0, 0, 0, 1, 2, 2, 1, 1, 1]
    issues = find_conflicting_duplicates(labels, [[0, 1, 2, 3], [4, 5], [6, 7]])
    assert issues.index.tolist() == [3]
    assert (issues.quality.tolist(), issues.suggested.tolist()) == ([0.0], [0])
    two_of_five = find_conflicting_duplicates([0, 0, 0, 1, 1], [[0, 1, 2, 3, 4]])
    assert two_of_five.index.tolist() == [3, 4]
    assert two_of_five.quality.tolist() == [0.25, 0.25]


def test_of_two_that_differ_both_are_listed():
    issues = find_conflicting_duplicates(
        ["b", "a"], [np.array([1, 0])], classes=["a", "b"], ids=["x", "y"], near=True
    )
    assert issues.index.tolist() == [0, 1]
    assert issues.kinds.tolist() == ["conflicting near duplicate"] * 2
    assert issues.why == [
        "a nearly identical record, y, is labelled 'a'",
        "a nearly identical record, x, is labelled 'b'",
    ]


def test_no_sets_no_issues():
    for sets in ([], [[0, 1]], [[]]):
        issues = find_conflicting_duplicates(["a", "a"], sets, classes=["a"])
        assert (len(issues), issues.n_items, issues.to_table().height) == (0, 2, 0)


def test_a_row_beyond_the_labels_is_named():
    with pytest.raises(DataError, match="names row 7, and there are 2 labels"):
        find_conflicting_duplicates([0, 1], [[0, 7]])
