from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from labelwright.core.errors import DataError, ParameterError
from labelwright.retrieval import (
    NeighbourGraph,
    duplicate_groups,
    exact_duplicates,
    near_duplicates,
)


def lists(sets):
    return [members.tolist() for members in sets]


@given(st.lists(st.sampled_from(["a", "A ", " a", "b", "a b", "a  B", "", None]), max_size=12))
def test_same_code_exactly_where_texts_agree_up_to_case_and_space(texts):
    codes = duplicate_groups(texts)
    for i, one in enumerate(texts):
        for j, other in enumerate(texts):
            alike = bool(one) and bool(other) and one.lower().split() == other.lower().split()
            assert (codes[i] == codes[j]) == (alike or i == j)


def test_sets_are_in_order_and_keys_of_any_kind():
    assert lists(exact_duplicates(["x", "y", "Y", "X", "z", "x"])) == [[0, 3, 5], [1, 2]]
    assert lists(exact_duplicates(pl.Series([7, 8, 7, None, None]))) == [[0, 2]]
    assert exact_duplicates([]) == []


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array, pl.DataFrame, np.ndarray.tolist])
def test_features_are_identical_when_every_number_is(form):
    features = np.array([[0.0, 1.0], [0.5, 1.0], [-0.0, 1.0], [0.5, 1.0 + 1e-12]])
    assert duplicate_groups(form(features)).tolist() == [0, 1, 0, 2]


def test_sparse_rows_that_are_stored_differently_are_the_same():
    stored = sp.csr_array(([1.0, 2.0, 2.0, 1.0, 0.0], [0, 2, 2, 0, 1], [0, 2, 5]), shape=(2, 3))
    assert duplicate_groups(stored).tolist() == [0, 0]


def test_near_duplicates_are_joined_through_others():
    x = np.array([0.0, 0.05, 0.1, 1.0, 2.0, 3.0, 4.0, 5.0])[:, None]
    graph = NeighbourGraph.build(x, k=1)
    # Row 2 is linked to 0 through 1 alone.
    assert lists(near_duplicates(graph)) == [[0, 1, 2]]
    assert near_duplicates(graph, ratio=0.01) == []


def test_identical_records_are_near_even_if_most_are():
    graph = NeighbourGraph.build(np.array([1.0, 1.0, 1.0, 1.0, 5.0])[:, None], k=2)
    assert lists(near_duplicates(graph)) == [[0, 1, 2, 3]]
    assert near_duplicates(NeighbourGraph.build([[1.0]])) == []


def test_bad_input_is_named():
    with pytest.raises(DataError, match="a matrix of numbers"):
        duplicate_groups(np.array([["a", "b"], ["c", "d"]]))
    with pytest.raises(ParameterError, match="ratio=-1"):
        near_duplicates(NeighbourGraph.build([[0.0], [1.0]]), ratio=-1)
