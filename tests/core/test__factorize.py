"""Distinct values and their codes, whatever they come in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwright.core._factorize import as_array, factorize
from labelwright.core.errors import DataError

VALUES = {
    "integers": st.integers(-(2**63), 2**63 - 1),
    "small integers": st.integers(-3, 300),
    "booleans": st.booleans(),
    "text": st.text(st.characters(codec="utf-8"), max_size=3),
    "fractions": st.floats(allow_nan=False, width=16),
}


def reference(values: list[Any]) -> tuple[list[int], list[Any]]:
    table: dict[Any, int] = {}
    codes = [-1 if v is None else table.setdefault(v, len(table)) for v in values]
    return codes, list(table)


@pytest.mark.parametrize("kind", VALUES)
@given(data=st.data())
def test_every_kind_of_column_gives_the_same_codes(kind: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(VALUES[kind] | st.none(), min_size=1))
    known = [value for value in values if value is not None]
    columns: list[tuple[list[Any], Any]] = [
        (values, values),
        (values, tuple(values)),
        (values, pl.Series(values)),
        (values, pa.array(values)),
        (values, pa.chunked_array([values])),
        (values, np.array([*values, None], dtype=object)[:-1]),
        (known, np.array(known)),
    ]
    if kind != "fractions":
        columns.append((values, pl.Series(values).to_pandas(integer_object_nulls=True)))
    for expected, column in columns:
        codes, distinct = factorize(column)
        assert codes.dtype == np.int32
        assert (codes.tolist(), distinct.tolist()) == reference(expected)


def test_types_are_kept() -> None:
    for values, kind in (([2, 1], "i"), ([True, False], "b"), (["a"], "O"), ([0.5], "f")):
        for column in (values, pl.Series(values), np.array(values), pd.Series(values)):
            assert factorize(column)[1].dtype.kind == kind
    assert factorize(np.array([3, 4], dtype=np.uint8))[1].dtype == np.uint8


def test_one_and_true_and_its_text_are_different() -> None:
    codes, distinct = factorize([1, True, "1", 1.0, np.int64(1), np.str_("1")])
    assert codes.tolist() == [0, 1, 2, 3, 0, 2]
    assert [type(value) for value in distinct] == [int, bool, str, float]


@pytest.mark.parametrize("missing", [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT])
def test_every_sign_of_a_gap_is_one(missing: Any) -> None:
    assert factorize(["a", missing, "b", "a"])[0].tolist() == [0, -1, 1, 0]
    assert factorize([1, missing])[0].tolist() == [0, -1]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["a", None, "a"], dtype="category"),
        pd.Series(["a", None, "a"], dtype="string"),
        pl.Series(["a", None, "a"], dtype=pl.Categorical),
        pl.Series(["a", None, "a"], dtype=pl.Enum(["b", "a"])),
    ],
)
def test_categories_are_text(column: Any) -> None:
    codes, distinct = factorize(column)
    assert codes.tolist() == [0, -1, 0]
    assert distinct.tolist() == ["a"]


@pytest.mark.parametrize(
    "array",
    [
        np.array([2**63 + 1, 2**63], dtype=np.uint64),
        np.array([-128, 127], dtype=np.int8),
        np.array([10**12, 10**12 + 1]),
        np.array([False, True, True])[::-1],
        np.array(["2020-01-02", "2020-01-01"], dtype="datetime64[D]"),
        np.array([], dtype=np.int64),
    ],
)
def test_wide_and_narrow_ranges(array: Any) -> None:
    codes, distinct = factorize(array)
    assert distinct[codes].tolist() == array.tolist()


def test_lists_of_one_length_are_one_value_each() -> None:
    assert as_array([["a", "b"], ["c", "d"]]).tolist() == [["a", "b"], ["c", "d"]]
    with pytest.raises(DataError, match="Row 0: A list stands where one value is needed"):
        factorize([["a", "b"], ["c", "d"]])
    with pytest.raises(DataError, match="Row 1: A list"):
        factorize(pl.Series([None, ["a"]]))


def test_pandas_may_mix_types_in_a_column() -> None:
    codes, distinct = factorize(pd.Series([1, "a", None, 1]))
    assert codes.tolist() == [0, 1, -1, 0]
    assert distinct.tolist() == [1, "a"]


@pytest.mark.parametrize("function", [factorize, as_array])
def test_a_matrix_is_no_column(function: Any) -> None:
    with pytest.raises(DataError, match=r"A column of shape \(2, 2\)"):
        function(np.zeros((2, 2)))


def test_numbers_beyond_64_bits_are_refused() -> None:
    with pytest.raises(DataError, match="64 bits"):
        factorize([10**30])


@pytest.mark.parametrize(
    ("values", "kind"),
    [([1, 2], "i"), ([True], "b"), ([0.5, float("nan")], "f"), ([1, None], "O"), (["a"], "O")],
)
def test_arrays_of_sequences_and_columns(values: list[Any], kind: str) -> None:
    for column in (values, pl.Series(values, strict=False)):
        array = as_array(column)
        assert array.dtype.kind == kind
        assert len(array) == len(values)
