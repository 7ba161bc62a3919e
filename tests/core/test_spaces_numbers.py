"""Numbers: exact, censored, out of range."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwright.core.errors import SpaceError
from labelwright.core.spaces import Numbers

INF = math.inf


@given(
    st.floats(-1e6, 1e6, allow_subnormal=False).map(lambda x: round(x, 3)),
    st.floats(0.001, 1e6).map(lambda x: round(x, 3)),
)
def test_text_is_read_as_it_was_written(low: float, width: float) -> None:
    space, high = Numbers(), low + width
    assert space.canonical(f"{low!r}") == low
    assert space.canonical(f"> {low!r}") == (low, INF)
    assert space.canonical(f"<={low!r} ") == (-INF, low)
    for sign in ("-", " - ", "–", ".."):
        assert space.canonical(f"{low!r}{sign}{high!r}") == (low, high)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e-5", 1e-5),
        ("-5--3", (-5.0, -3.0)),
        (".5", 0.5),
        ("5.", 5.0),
        ("≥7", (7.0, INF)),
        ("≤ 7", (-INF, 7.0)),
        (">1e4", (1e4, INF)),
    ],
)
def test_signs_and_exponents(text: str, expected: Any) -> None:
    assert Numbers().canonical(text) == expected


@pytest.mark.parametrize(
    "bad",
    [
        "five",
        "> 10 nM",
        ">1 <5",
        "",
        "8-5",
        True,
        None,
        (1,),
        (None, 2),
        ("1", "2"),
        {"low": 1},
        {"low": None, "high": 1},
        (math.nan, 1),
        math.inf,
        (-INF, -INF),
    ],
)
def test_what_is_no_number_is_refused(bad: Any) -> None:
    with pytest.raises(SpaceError):
        Numbers().canonical(bad)


def test_a_number_outside_the_range_is_named_with_its_row() -> None:
    space = Numbers(low=0, high=10)
    for column in ([1, 2.5, 11], np.array([1, 2, 11]), pl.Series([1.0, None, 11.0]), [1, "<2", 11]):
        with pytest.raises(SpaceError, match=r"Row 2: 11(\.0)? lies outside 0 to 10") as caught:
            space.encode(column)
        assert caught.value.where["row"] == 2
    with pytest.raises(SpaceError, match="outside -inf to 0"):
        Numbers(high=0).canonical(">1")
    with pytest.raises(SpaceError, match="outside 0 to inf"):
        Numbers(low=0).canonical("<-1")


def test_a_censored_number_may_reach_beyond_the_range() -> None:
    assert Numbers(low=0, high=10).canonical(">5") == (5.0, INF)


def test_infinity_in_an_array_is_refused() -> None:
    with pytest.raises(SpaceError, match="Row 1"):
        Numbers().encode(np.array([0.0, -np.inf]))


def test_an_array_encodes_as_its_values_do_one_by_one() -> None:
    values = np.array([0.5, np.nan, -3.0])
    fast, slow = Numbers().encode(values), Numbers().encode([0.5, None, -3])
    assert np.array_equal(fast, slow, equal_nan=True)


def test_a_column_is_plain_unless_something_is_censored() -> None:
    assert Numbers().to_series([1.0, None]).dtype == pl.Float64
    column = Numbers().to_series([1.0, (2.0, INF), None])
    assert column.to_list() == [{"low": 1.0, "high": 1.0}, {"low": 2.0, "high": INF}, None]
