"""Reading a label space from data."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwright.core.errors import DataError, DataWarning
from labelwright.core.spaces import Classes, Numbers, Tags, infer_space, spelling_variants


@given(st.lists(st.sampled_from(["a10", "a9", "b", None]), min_size=1), st.randoms())
def test_the_order_of_rows_does_not_matter(rows: list[Any], random: Any) -> None:
    rows.append("z")
    shuffled = random.sample(rows, len(rows))
    assert infer_space(rows) == infer_space(shuffled)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["b", "a", None], ("a", "b")),
        (["10", "9"], ("9", "10")),
        (["true", "false"], ("false", "true")),
        ([2, 1, None], (1, 2)),
        ([True, False, None], (False, True)),
        (["ü", "two words"], ("two words", "ü")),
        (["one"], ("one",)),
    ],
)
def test_text_whole_numbers_and_booleans_are_classes_of_their_type(
    values: list[Any], names: tuple[Any, ...]
) -> None:
    columns = [values, pl.Series(values), pa.chunked_array([values])]
    if None not in values:
        columns += [np.array(values), pd.Series(values)]
    for column in columns:
        space = infer_space(column)
        assert isinstance(space, Classes)
        assert space.names == names
        assert [type(name) for name in space.names] == [type(name) for name in names]
        assert not space.ordered


def test_fractions_are_numbers_and_lists_are_tags() -> None:
    assert infer_space([0.5, 1.0, None]) == Numbers()
    assert infer_space(np.arange(2000.0)) == Numbers()
    assert infer_space([None, ["b", "a"], []]) == Tags(["a", "b"])
    assert infer_space(pl.Series([None, ["b"], ["a"]])) == Tags(["a", "b"])
    assert infer_space(pd.Series([None, ["b"], ["a"]])) == Tags(["a", "b"])


def test_few_whole_numbers_held_as_fractions_are_asked_about() -> None:
    with pytest.raises(DataError, match="numbers 0, 1, held as fractions: class codes or meas"):
        infer_space(np.array([0.0, 1.0, np.nan]))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "There are no labels"),
        ([None, None], "There are no labels: every value is missing"),
        (["a", 1], "The labels are of type int and str"),
        ([1, 2.5], "The labels are of type float and int"),
        ([True, 1], "bool and int"),
        ([datetime.date(2020, 1, 1)], "of type date"),
        ([["a"], [1]], "The tags are of type int and str"),
        ([["a", None]], "The tags are of type NoneType and str"),
        (["a", ["b"]], "Row 1: A list stands where one value is needed"),
    ],
)
def test_what_cannot_be_read_in_one_way_is_refused(values: list[Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        infer_space(values)


def test_spelling_variants_are_reported_and_kept_apart() -> None:
    with pytest.warns(DataWarning, match="'Billing' / 'billing '"):
        space = infer_space(["Billing", "billing ", "Refund"])
    assert isinstance(space, Classes)
    assert space.n_classes == 3
    assert spelling_variants(["ﬁne", "fine", 1, "other"]) == [["ﬁne", "fine"]]
