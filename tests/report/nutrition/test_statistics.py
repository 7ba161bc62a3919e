from __future__ import annotations

import math

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from labelwright.report.nutrition import NutritionLabel

NUMBERS = st.floats(-1e9, 1e9, allow_subnormal=False) | st.sampled_from([0.0, -0.0, math.nan])
COLUMNS = {
    "whole": st.integers(-(10**9), 10**9),
    "number": NUMBERS,
    "word": st.sampled_from(["a", "b", "ä", "", "long name"]) | st.none(),
    "flag": st.booleans(),
}


@st.composite
def tables(draw):
    n = draw(st.integers(1, 30))
    return {name: draw(st.lists(one, min_size=n, max_size=n)) for name, one in COLUMNS.items()}


def statistics_of(table, **options):
    kinds = {
        "whole": {"kind": "discrete"},
        "number": {"kind": "continuous"},
        "word": {"kind": "nominal"},
    }
    stated = {name: kind for name, kind in kinds.items() if name in table}
    label = NutritionLabel.of(
        table, modules=["metadata", "statistics"], about={"columns": stated}, **options
    )
    rows = label.modules["statistics"]["variables"]
    return label.modules["metadata"], {one["name"]: one for one in rows}


@settings(max_examples=60, deadline=None)
@given(tables())
def test_every_number_is_that_of_pandas(table):
    metadata, found = statistics_of(table, smallest=1)
    frame = pd.DataFrame(table)
    # pandas tells None from NaN only where it counts repeated rows.
    filled = frame.assign(number=frame["number"] + 0.0)
    assert metadata["missing"] == int(frame.isna().sum().sum())
    assert metadata["complete_rows"] == len(frame.dropna())
    assert metadata["repeated_rows"] == int(filled.duplicated().sum())
    for name in frame:
        assert found[name]["count"] == frame[name].count()
        assert found[name]["missing"] == frame[name].isna().sum()
        assert found[name]["distinct"] == filled[name].nunique() if name == "number" else True
    for name in ("whole", "number"):
        values = frame[name].dropna().astype(float)
        if len(values):
            compare_numbers(found[name], values)
    for name in ("word", "flag"):
        compare_counts(found[name], frame[name])


def compare_numbers(found, values):
    scale = max(1.0, float(values.abs().max()))
    for ours, theirs in (("min", "min"), ("max", "max"), ("median", "median"), ("mean", "mean")):
        assert found[ours] == pytest.approx(getattr(values, theirs)(), rel=1e-12, abs=1e-12 * scale)
    if len(values) > 1:
        assert found["sd"] == pytest.approx(values.std(), rel=1e-9, abs=1e-7 * scale)
    else:
        assert found["sd"] is None
    assert found["zeros"] == int((values == 0).sum())
    assert found["negative"] == int((values < 0).sum())
    assert sum(found["histogram"]["rows"]) == len(values)


def compare_counts(found, values):
    counts = (
        values.dropna().map(lambda v: str(v).lower() if isinstance(v, bool) else v).value_counts()
    )
    assert {row["value"]: row["rows"] for row in found.get("most_frequent", [])} == counts.to_dict()
    if len(counts):
        assert found["least_frequent"]["rows"] == counts.min()


def test_the_histogram_is_numpys():
    values = np.random.default_rng(0).normal(size=500)
    _, found = statistics_of({"number": values})
    counts, edges = np.histogram(values, bins=20)
    assert found["number"]["histogram"]["rows"] == counts.tolist()
    assert found["number"]["histogram"]["edges"] == pytest.approx(edges.tolist())


@pytest.mark.parametrize("values", [[3.0, 3.0], [1e300, -1e300], [1e16, 1e16 + 2]])
def test_numbers_that_cannot_be_binned_evenly_keep_a_histogram(values):
    _, found = statistics_of({"number": values})
    assert sum(found["number"]["histogram"]["rows"]) == 2


def test_infinite_numbers_are_counted_and_left_out_of_the_histogram():
    _, found = statistics_of({"number": [1.0, math.inf, -math.inf, 2.0]})
    assert found["number"]["infinite"] == 2
    assert sum(found["number"]["histogram"]["rows"]) == 2
    assert found["number"]["max"] is None


def test_rare_values_are_counted_but_not_named():
    _, found = statistics_of({"word": ["a"] * 6 + ["b"] * 5 + ["c", "d", "d"]}, smallest=5)
    word = found["word"]
    assert [row["value"] for row in word["most_frequent"]] == ["a", "b"]
    assert word["least_frequent"] == {"value": "b", "rows": 5}
    assert (word["rare_values"], word["rare_rows"], word["distinct"]) == (2, 3, 4)
