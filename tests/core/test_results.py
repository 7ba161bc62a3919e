"""Results: plain values for programs, a table, a view that escapes what the data holds."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pytest

from labelwright.core.results import Result, plain


@dataclasses.dataclass(frozen=True)
class Share(Result):
    """A result as others define them."""

    kind: ClassVar[str] = "some_share"

    value: Any
    parts: Any = ()

    def to_table(self) -> pl.DataFrame:
        return pl.DataFrame({"value": [self.value]})


def test_a_result_is_frozen_and_gives_its_fields_with_its_kind() -> None:
    result = Share(np.float64(0.5), parts=(Share(None), np.array([[1, 2]])))
    told = result.to_dict()
    assert told == {
        "kind": "some_share",
        "value": 0.5,
        "parts": [{"kind": "some_share", "value": None, "parts": []}, [[1, 2]]],
    }
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.value = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), None),
        (np.float32("inf"), None),
        (np.array([1.0, np.nan]), [1.0, None]),
        ({1: (np.int8(2),)}, {"1": [2]}),
        (pl.DataFrame({"a": [1.5, None]}), [{"a": 1.5}, {"a": None}]),
        ("text", "text"),
        (True, True),
    ],
)
def test_everything_becomes_what_json_can_hold(value: Any, expected: Any) -> None:
    assert plain(value) == expected


def test_the_notebook_view_escapes_what_the_data_holds() -> None:
    shown = Share("<script>alert(1)</script>")._repr_html_()
    assert "<caption>some share</caption>" in shown
    assert "&lt;script&gt;" in shown
    assert "<script>" not in shown


def test_a_result_without_table_says_so() -> None:
    with pytest.raises(TypeError, match=r"abstract method.*to_table"):
        Result()
