from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from labelwright.core.errors import DataError, DataWarning
from labelwright.features import ColumnFeatures


def dense(X):
    return X.toarray() if hasattr(X, "toarray") else X


def column(features, X, name):
    return dense(X)[:, features.feature_names_.index(name)]


def test_numbers_are_filled_with_the_median_marked_and_standardised():
    values = [1.0, None, 3.0, 8.0, float("nan")]
    features = ColumnFeatures()
    X = features.fit_transform({"x": values})
    filled = np.array([1, 3, 3, 8, 3.0])
    assert features.feature_names_ == ["x", "x (missing)"]
    np.testing.assert_allclose(X[:, 0], (filled - filled.mean()) / filled.std())
    assert X[:, 1].tolist() == [0, 1, 0, 0, 1]
    np.testing.assert_allclose(features.transform({"x": [None]}), [[X[1, 0], 1]])


@example([0.0, 2.2e-311])
@given(st.lists(st.none() | st.floats(-1e6, 1e6), min_size=2, max_size=20))
def test_nothing_missing_comes_out(values):
    if all(value is None for value in values):
        values[0] = 1.0
    X = ColumnFeatures().fit_transform(pl.DataFrame({"x": values}, schema={"x": pl.Float64}))
    assert np.isfinite(X).all()
    assert abs(X[:, 0].mean()) < 1e-6


def test_categories_rare_ones_are_other_and_new_ones_too():
    values = ["b", "a", "b", "a", "c", None]
    features = ColumnFeatures(min_records=2)
    X = features.fit_transform({"shop": values})
    assert features.feature_names_ == ["shop = a", "shop = b", "shop = (other)", "shop = (missing)"]
    assert dense(X).argmax(axis=1).tolist() == [1, 0, 1, 0, 2, 3]
    new = dense(features.transform({"shop": ["new", "a", None]}))
    assert new.tolist() == [[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1]]
    few = ColumnFeatures(max_categories=1).fit({"shop": ["b", "a", "b", "a", "b"]})
    assert few.feature_names_ == ["shop = b", "shop = (other)"]


def test_a_missing_category_that_was_never_missing_is_other():
    features = ColumnFeatures().fit({"shop": ["a", "a", "b", "b"]})
    assert dense(features.transform({"shop": [None]})).tolist() == [[0, 0, 1]]


def test_dates_are_points_in_time_and_places_on_circles():
    days = [dt.date(2023, 12, 31), dt.date(2024, 1, 1), dt.date(2024, 7, 1), None]
    features = ColumnFeatures()
    X = features.fit_transform({"day": days})
    year = np.column_stack([column(features, X, f"day in year ({f})") for f in ("sin", "cos")])
    assert np.linalg.norm(year[0] - year[1]) < 0.1 < 1.5 < np.linalg.norm(year[0] - year[2])
    assert year[3].tolist() == [0, 0]
    assert column(features, X, "day (missing)").tolist() == [0, 0, 0, 1]
    when = column(features, X, "day")
    assert (when[2] - when[1]) / (when[1] - when[0]) == pytest.approx(182)


def test_times_have_a_place_in_the_day_as_the_clock_shows_it():
    noon = dt.datetime(2024, 1, 1, 12)
    times = pl.Series("at", [noon, noon + dt.timedelta(hours=12)])
    for series in (times, times.dt.replace_time_zone("Asia/Tokyo")):
        features = ColumnFeatures()
        X = features.fit_transform(series.to_frame())
        np.testing.assert_allclose(column(features, X, "at in day (cos)"), [-1, 1])


def test_booleans_are_numbers():
    X = ColumnFeatures().fit_transform({"yes": [True, False, True, False]})
    assert X.ravel().tolist() == [1, -1, 1, -1]


def test_columns_that_tell_nothing_are_left_out_and_named():
    table = {"x": [1.0, 2.0], "name": ["Ann", "Bo"], "empty": [None, None]}
    features = ColumnFeatures()
    with pytest.warns(DataWarning, match="another value: 'name', 'empty'"):
        X = features.fit_transform(table)
    assert X.shape == (2, 1)
    assert features.transform({"x": [1.0]}).shape == (1, 1)
    with pytest.raises(DataError, match="No column tells anything: 'name'"):
        ColumnFeatures("name").fit(table)


def test_a_frame_of_many_kinds_is_saved_and_loaded(tmp_path):
    table = pl.DataFrame(
        {
            "n": [1, 2, None],
            "shop": ["a", "a", None],
            "day": [dt.date(2024, 1, 1), dt.date(2024, 5, 5), dt.date(2024, 9, 9)],
            "level": pl.Series(["low", "high", "low"], dtype=pl.Enum(["low", "high"])),
        }
    )
    features = ColumnFeatures()
    expected = dense(features.fit_transform(table))
    loaded = ColumnFeatures.load(features.save(tmp_path / "features"))
    assert dense(loaded.transform(table)).tobytes() == expected.tobytes()
    assert loaded.feature_names_ == features.feature_names_
    assert len(features.feature_names_) == expected.shape[1]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"shop": ["a"]}, "There is no column 'price'. Did you mean 'prise'"),
        ({"price": ["cheap"]}, "Column 'price' holds categories; .* it held numbers"),
        ({"price": [float("inf")]}, "Column 'price' is infinite in row 0"),
    ],
)
def test_new_records_that_do_not_fit_are_named(table, message):
    features = ColumnFeatures().fit({"price": [1.0, 2.0]})
    with pytest.raises(DataError, match=message):
        features.transform(table if "price" in table else {**table, "prise": [1]})


def test_what_cannot_be_read_is_said():
    with pytest.raises(DataError, match=r"'v' holds List\(Int64\) values"):
        ColumnFeatures().fit({"v": [[1, 2], [3, 4]]})
    with pytest.raises(DataError, match="There is no column 'y'"):
        ColumnFeatures(["y"]).fit({"x": [1, 2]})
