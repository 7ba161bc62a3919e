"""Results broken down by the values of a column."""

import numpy as np
import polars as pl
import pytest

from labelwright.aggregation import krippendorff_alpha
from labelwright.core.errors import DataError
from labelwright.estimation import corrected_share
from labelwright.pipeline import run
from labelwright.pipeline._by import read_by

N = 240


def table(gold=120, seed=0):
    """Votes that are worse in the south, and gold on every second row."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(["yes", "no"], N, p=[0.3, 0.7])
    region = np.array(["north", "south", "west"])[np.arange(N) % 3]
    people = {}
    for person, skill in (("ann", 0.95), ("bo", 0.9), ("cy", 0.85)):
        right = rng.random(N) < np.where(region == "south", skill - 0.25, skill)
        people[person] = np.where(right, truth, np.where(truth == "yes", "no", "yes"))
    known = np.arange(N) < gold
    return pl.DataFrame(
        {**people, "region": region, "gold": pl.Series(truth).zip_with(pl.Series(known), EMPTY)}
    )


EMPTY = pl.Series([None] * N, dtype=pl.String)
OPTIONS = {"votes": ["ann", "bo", "cy"], "by": "region"}


def test_each_value_has_the_figures_of_its_rows_alone(tmp_path):
    result = run(table(), gold="gold", out=tmp_path / "r", **OPTIONS)
    (question,) = result.report_data["questions"]
    by = question["by"]
    assert [row["value"] for row in by["rows"]] == ["north", "south", "west"]
    south = table()["region"].to_numpy() == "south"
    labels = result.labels
    alone = krippendorff_alpha(_votes(table().filter(pl.Series(south))))
    row = by["rows"][1]
    assert row["agreement"]["value"] == pytest.approx(alone.value)
    assert row["items"] == row["labels"] == 80
    assert row["doubtful"] == labels.filter(pl.Series(south))["lw_doubtful"].sum()
    assert row["doubtful_share"] == pytest.approx(row["doubtful"] / 80)
    beliefs = _posterior(result)
    codes = table()["gold"].replace_strict({"no": 0, "yes": 1}, default=-1).to_numpy()
    wanted = corrected_share(beliefs[south], codes[south], classes=range(2))[1]
    found = [one for one in by["estimates"] if one["by"] == "south"]
    assert [one["what"] for one in found] == ["share of no", "share of yes"]
    assert found[1]["value"] == pytest.approx(wanted.value)
    assert (found[1]["low"], found[1]["high"]) == pytest.approx((wanted.low, wanted.high))
    assert found[1]["n_gold"] == 40


def _votes(frame):
    from labelwright import Votes

    return Votes.from_wide(frame, votes=["ann", "bo", "cy"])


def _posterior(result):
    from labelwright.core.params import load

    (stage,) = (result.folder / ".labelwright" / "aggregate").iterdir()
    return load(stage).posterior_


def test_the_table_of_estimates_holds_all_and_then_each_value(tmp_path):
    result = run(table(), gold="gold", of="yes", out=tmp_path / "r", **OPTIONS)
    assert result.estimates["by"].to_list() == [None, "north", "south", "west"]
    assert result.estimates["low"].null_count() == 0
    page = (tmp_path / "r" / "report.html").read_text()
    assert "By region" in page


def test_too_little_gold_is_refused_with_the_number_needed(tmp_path):
    result = run(table(gold=57), gold="gold", out=tmp_path / "r", **OPTIONS)
    refused = result.estimates.filter(pl.col("by").is_not_null())["refused"]
    assert set(refused) == {"19 gold labels here; a share of its own needs 20"}
    assert result.estimates.filter(pl.col("by").is_null())["refused"].null_count() == 2
    none = run(table(), out=tmp_path / "n", **OPTIONS).estimates
    assert none["refused"].str.starts_with("no gold").all()


def test_it_needs_no_gold_and_stands_in_the_project_file(tmp_path):
    table().write_csv(tmp_path / "in.csv")
    first = run(tmp_path / "in.csv", out=tmp_path / "r", **OPTIONS)
    again = run(tmp_path / "r" / "run.toml", out=tmp_path / "again")
    assert first.report_data["questions"][0]["by"] == again.report_data["questions"][0]["by"]
    without = run(tmp_path / "in.csv", votes=OPTIONS["votes"], out=tmp_path / "w")
    assert "by" not in without.report_data["questions"][0]
    assert without.estimates["by"].null_count() == without.estimates.height


def test_values_are_in_natural_order_and_the_missing_last():
    records = pl.DataFrame({"v": [10, None, 2, 10]})
    by = read_by(records, "v")
    assert by.values == ("2", "10", "(missing)")
    assert by.codes.tolist() == [1, 2, 0, 1]
    days = pl.DataFrame({"v": ["2026-01", "2025-12"]}).with_columns(d=pl.col("v") + "-01")
    assert read_by(days.with_columns(pl.col("d").str.to_date()), "d").values == (
        "2025-12-01",
        "2026-01-01",
    )
    assert read_by(records, None) is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (list(range(21)), "has 21 different values; --by takes from 1 to 20"),
        ([None] * 21, "has no value"),
        ([[1]] * 21, "holds lists"),
    ],
)
def test_columns_that_say_nothing_by_value(values, message):
    with pytest.raises(DataError, match=message):
        read_by(pl.DataFrame({"v": values}), "v")


def test_a_value_must_belong_to_the_item():
    long = pl.DataFrame(
        {"i": [1, 1, 2, 2], "w": ["a", "b"] * 2, "y": ["p", "q"] * 2, "day": [1, 2, 1, 2]}
    )
    with pytest.raises(DataError, match="'day' differs between votes on one item"):
        run(long, id="i", annotator="w", label="y", by="day")
    with pytest.raises(DataError, match=r"no column 'regin'\. Did you mean 'region'"):
        run(table(), votes=OPTIONS["votes"], by="regin")
