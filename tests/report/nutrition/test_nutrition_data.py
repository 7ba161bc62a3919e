from __future__ import annotations

import datetime

import polars as pl
import pytest

from labelwright.core.errors import DataError
from labelwright.report.nutrition._kinds import column_kind
from labelwright.report.nutrition.nutrition_data import read_data

KINDS = {
    "nominal": ["a", "b"] * 20,
    "discrete": [1, 2] * 20,
    "continuous": [0.5, 1.0] * 20,
    "time": [datetime.date(2020, 1, 1)] * 40,
    "text": [f"a sentence that says {'very ' * k}much" for k in range(40)],
    "identifier": list(range(100, 140)),
    "nested": [[1], [2]] * 20,
    "empty": [None] * 40,
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_columns(kind):
    assert column_kind(pl.Series(kind, KINDS[kind])) == kind


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([True, False], "nominal"),
        ([1.0, 2.0, None, 2.0], "discrete"),
        ([f"row-{k}" for k in range(40)], "identifier"),
        (["word " * 30] * 40, "text"),
        ([3, 1, 2, 2, 5, 4], "discrete"),
    ],
)
def test_kinds_at_the_border(values, kind):
    assert column_kind(pl.Series(values)) == kind


def test_a_stated_kind_wins_unless_the_type_forbids_it():
    assert column_kind(pl.Series([1, 2]), "ordinal") == "ordinal"
    with pytest.raises(DataError, match="said to be continuous and holds String"):
        column_kind(pl.Series(["a"]), "continuous")
    with pytest.raises(DataError, match="said to be nominal and holds List"):
        column_kind(pl.Series([[1]]), "nominal")


def test_rows_come_in_an_order_of_their_own():
    table = pl.DataFrame(
        {
            "b": ["y", None, "x", "x"],
            "kind": pl.Series(["q", "p", "q", "p"], dtype=pl.Categorical),
            "raw": [b"1", b"\xff", None, b"0"],
            "deep": [{"a": 1}, {"a": 2}, {"a": 3}, None],
        }
    )
    sorted_tables = [read_data(table[order]).table for order in ([0, 1, 2, 3], [3, 1, 0, 2])]
    assert sorted_tables[0].to_dicts() == sorted_tables[1].to_dicts()


def test_the_checksum_of_a_file_is_that_of_its_bytes(tmp_path):
    import hashlib

    path = tmp_path / "a.csv"
    path.write_bytes(b"a\n1\n")
    file = read_data(path).file
    assert file["checksum"] == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    assert (file["name"], file["format"], file["bytes"]) == ("a.csv", "csv", 4)
