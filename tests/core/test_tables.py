"""The edge where tables come in and go out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from labelwright.core.errors import DataError, MissingExtraError
from labelwright.core.tables import (
    as_kind,
    column,
    frame_kind,
    html_table,
    to_polars,
    to_series,
)

COLUMNS = {"id": [1, 2, None], "text": ["a", None, "ü"], "x": [0.5, None, 1.0]}


def test_a_table_goes_out_in_the_kind_that_it_came_in(
    constructor: Callable[[Any], Any], frame_kind: str
) -> None:
    table = constructor({"id": [1, 2], "text": ["a", "ü"], "right": [True, False]})
    frame = to_polars(table)
    assert frame.to_dict(as_series=False) == {
        "id": [1, 2],
        "text": ["a", "ü"],
        "right": [True, False],
    }
    again = as_kind(frame, frame_kind)
    assert type(again) is type(table)
    assert to_polars(again).equals(frame)


@pytest.mark.parametrize("kind", ["polars", "pandas", "pyarrow"])
def test_whole_numbers_with_gaps_stay_whole_numbers(kind: str) -> None:
    big = 2**60 + 1
    frame = pl.DataFrame({"id": [big, None]})
    assert to_polars(as_kind(frame, kind)).equals(frame)


def test_columns_records_and_lazy_frames_are_tables_too() -> None:
    expected = pl.DataFrame(COLUMNS)
    records = expected.to_dicts()
    for table in (COLUMNS, records, expected.lazy()):
        assert to_polars(table).equals(expected)
        assert frame_kind(table) == "polars"
    assert to_polars({"a": (1, 2), "b": np.arange(2), "c": pd.Series([1, 2])}).shape == (2, 3)
    assert to_polars({}).shape == (0, 0)


@pytest.mark.parametrize("bad", [3, "a.csv", None, [], [1, 2], np.zeros(3)])
def test_what_is_no_table_is_refused(bad: Any) -> None:
    with pytest.raises(DataError):
        to_polars(bad)


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(DataError, match=r"column 'b' \(1\)"):
        to_polars({"a": [1, 2], "b": [1]})


@pytest.mark.parametrize(
    "table", [{"ok": [1, 2], "a": [1, "x"]}, pd.DataFrame({"ok": [1, 2], "a": [1, "x"]})]
)
def test_a_column_that_mixes_text_and_numbers_is_named(table: Any) -> None:
    with pytest.raises(DataError, match=r"Column 'a' mixes int and str\. Make it one type"):
        to_polars(table)


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(DataError, match="cannot be read as a table"):
        to_polars(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_whole_numbers_and_fractions_go_together() -> None:
    assert to_series([1, 2.5, None], "x").to_list() == [1.0, 2.5, None]


def test_what_no_table_can_hold_is_refused() -> None:
    with pytest.raises(DataError, match="Column 'x' cannot be read"):
        to_series([np.zeros(2), None], "x")
    for scalar in (7, "abc", None):
        with pytest.raises(DataError, match=r"Column 'x' is .*\. Give one value a row"):
            to_series(scalar, "x")


def test_a_series_of_its_own_does_not_change_with_the_array() -> None:
    array = np.zeros(2)
    series = to_series(array, "x")
    array[0] = 1
    assert series.to_list() == [0, 0]


@pytest.mark.parametrize("kind", ["pandas", "pyarrow"])
def test_without_pyarrow_it_is_said_how_to_get_it(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: Any, **__: Any) -> None:
        raise ImportError("no pyarrow")

    monkeypatch.setattr(pl.DataFrame, "to_pandas", missing)
    monkeypatch.setattr(pl.DataFrame, "to_arrow", missing)
    with pytest.raises(MissingExtraError, match=r"labelwright\[pandas\]"):
        as_kind(pl.DataFrame(), kind)


def test_reading_pandas_without_pyarrow_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "narwhals", None)
    with pytest.raises(MissingExtraError, match=r"labelwright\[pandas\]"):
        to_polars(pd.DataFrame({"a": [1]}))


def test_a_wrong_column_is_answered_with_the_near_one() -> None:
    frame = pl.DataFrame({"worker": [1]})
    assert column(frame, "worker").to_list() == [1]
    with pytest.raises(DataError, match=r"column 'workr'\. Did you mean 'worker'") as caught:
        column(frame, "workr", role="annotator")
    assert caught.value.where == {"column": "workr", "role": "annotator"}


def test_the_view_escapes_cells_names_and_caption() -> None:
    shown = html_table(pl.DataFrame({"<b>": ["<i>", None]}), "<u>")
    assert shown == (
        "<table><caption>&lt;u&gt;</caption><thead><tr><th>&lt;b&gt;</th></tr></thead>"
        "<tbody><tr><td>&lt;i&gt;</td></tr><tr><td></td></tr></tbody></table>"
    )


def test_the_view_shows_the_first_rows_and_how_many_more() -> None:
    shown = html_table(pl.DataFrame({"x": [0.123456] * 5}), "shares", rows=2)
    assert "shares (3 more rows)" in shown
    assert shown.count("<td>0.1235</td>") == 2


def test_an_unknown_kind_of_table_counts_as_polars() -> None:
    assert frame_kind(pa.table({"a": [1]})) == "pyarrow"
    assert frame_kind(object()) == "polars"
