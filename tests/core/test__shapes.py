"""Tables of every shape hold the same votes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwright.core.errors import DataError, SpaceError
from labelwright.core.spaces import Classes
from labelwright.core.votes import Votes

ANSWERS = st.sampled_from(["x", "y", "z w"]) | st.none()


@given(st.lists(st.tuples(ANSWERS, ANSWERS, ANSWERS), min_size=1, max_size=6))
def test_all_shapes_say_the_same(rows: list[tuple[str | None, ...]]) -> None:
    names, classes = ["ann", "bo", "cy"], ["x", "y", "z w"]
    ids = [f"i{n}" for n in range(len(rows))]
    wide = pl.DataFrame({"id": ids, **dict(zip(names, zip(*rows, strict=True), strict=True))})
    people = [[n for n, v in zip(names, row, strict=True) if v] for row in rows]
    cells = [[v for v in row if v] for row in rows]
    counts = {name: [row.count(name) for row in rows] for name in classes}
    long = wide.unpivot(names, index="id", variable_name="who", value_name="y")
    who = {f"w{n}": [name] * len(rows) for n, name in enumerate(names)}
    slots = pl.DataFrame({**wide.to_dict(), **who})
    listed = {"id": ids, "y": cells, "w": people}
    joined = {
        "id": ids,
        "y": [" ; ".join(cell) for cell in cells],
        "w": [";".join(p) for p in people],
    }

    options: dict[str, Any] = {"item": "id", "classes": classes}
    known = [
        Votes.from_wide(wide, votes=names, **options),
        Votes.from_table(long, annotator="who", label="y", items=ids, **options),
        Votes.from_slots(slots, labels=names, annotators=["w0", "w1", "w2"], **options),
        Votes.from_lists(listed, label="y", annotator="w", annotators=names, **options),
        Votes.from_lists(joined, label="y", annotator="w", split=";", **options),
    ]
    anonymous = [
        Votes.from_slots(wide, labels=names, **options),
        Votes.from_lists(listed, label="y", **options),
        Votes.from_lists(joined, label="y", split=";", **options),
        Votes.from_counts({"id": ids, **counts}, counts=classes, item="id"),
    ]
    for votes in (*known, *anonymous):
        assert votes.items.tolist() == ids
        assert votes.counts().tolist() == known[0].counts().tolist()
    assert [votes.anonymous for votes in known] == [False] * 5
    assert [votes.anonymous for votes in anonymous] == [True] * 4
    for votes in known:
        said = [
            (i, str(votes.annotators[a]), int(y))
            for i, a, y in zip(votes.item, votes.annotator, votes.label, strict=True)
        ]
        assert sorted(said) == sorted(
            (n, name, classes.index(v))
            for n, row in enumerate(rows)
            for name, v in zip(names, row, strict=True)
            if v
        )


def test_without_ids_rows_are_items() -> None:
    wide = {"ann": ["x", None], "bo": ["y", None]}
    assert Votes.from_wide(wide, votes=["ann", "bo"]).items.tolist() == [0, 1]
    assert Votes.from_counts({"x": [0, 2]}, counts=["x"]).indptr.tolist() == [0, 0, 2]
    assert Votes.from_lists({"y": [[], ["x"]]}, label="y").indptr.tolist() == [0, 0, 1]


def test_counts_name_their_classes() -> None:
    table = {"n_1": [2, None], "n_0": [1, 0.0]}
    votes = Votes.from_counts(table, counts={"n_1": 1, "n_0": 0})
    assert votes.classes.names == (1, 0)
    assert votes.counts().tolist() == [[2, 1], [0, 0]]
    votes = Votes.from_counts(table, counts={"n_1": 1, "n_0": 0}, space=Classes([0, 1]))
    assert votes.counts().tolist() == [[1, 2], [0, 0]]
    assert Votes.from_counts(
        {"x": [None, None], "y": [1, 1]}, counts=["x", "y"]
    ).label.tolist() == [1, 1]


def test_lists_in_every_kind_of_table(constructor: Callable[[Any], Any]) -> None:
    votes = Votes.from_lists(constructor({"y": [["x", "x"], ["y", None]]}), label="y")
    assert votes.counts().tolist() == [[2, 0], [0, 1]]
    array = pl.DataFrame({"y": pl.Series([["x", "y"]], dtype=pl.Array(pl.String, 2))})
    assert Votes.from_lists(array, label="y").counts().tolist() == [[1, 1]]


def test_whole_numbers_with_gaps_in_some_columns() -> None:
    wide = pd.DataFrame({"ann": [1, 0, 1], "bo": [1, None, 0]})
    votes = Votes.from_wide(wide, votes=["ann", "bo"], classes=[0, 1])
    assert votes.counts().tolist() == [[0, 2], [1, 0], [1, 1]]
    slots = pd.DataFrame({"y1": ["x", "y"], "y2": ["x", None], "w1": [11, 12], "w2": [12, None]})
    votes = Votes.from_slots(slots, labels=["y1", "y2"], annotators=["w1", "w2"])
    assert votes.annotators.tolist() == [11, 12]


def test_categories_with_different_levels_go_together() -> None:
    wide = pd.DataFrame({"a": pd.Categorical(["x", "y"]), "b": pd.Categorical(["z", "x"])})
    assert Votes.from_wide(wide, votes=["a", "b"]).classes.names == ("x", "y", "z")


WIDE = {"a": ["x", "?"], "b": ["x", "x"]}
SLOTS = {"y1": ["x", "x"], "y2": ["x", "x"], "w1": ["a", "b"], "w2": ["b", "b"]}
PAIRS = {"y": [["x"], ["x"]], "w": [["a"], []], "z": ["x", "x"], "v": ["a", None]}


@pytest.mark.parametrize(
    ("make", "table", "options", "message"),
    [
        ("wide", WIDE, {"votes": ["b", "a"], "classes": ["x"]}, "no class"),
        ("wide", {"i": ["a", "a"], "n": ["x", "x"]}, {"votes": ["n"], "item": "i"}, "rows 0 and 1"),
        ("wide", {"i": ["a", None], "n": ["x", "x"]}, {"votes": ["n"], "item": "i"}, "no item"),
        ("counts", {"x": [1, -1]}, {"counts": ["x"]}, "Column 'x' holds -1"),
        ("counts", {"x": [1, 0.5]}, {"counts": ["x"]}, r"Column 'x' holds 0\.5"),
        ("counts", {"i": ["a", None], "n": [0, 2]}, {"counts": ["n"], "item": "i"}, "no item"),
        ("lists", PAIRS, {"label": "y", "annotator": "w"}, "There are 1 labels and 0 annotators"),
        ("lists", PAIRS, {"label": "z", "annotator": "v", "split": ";"}, "1 labels and 0"),
        ("slots", SLOTS, {"labels": ["y1", "y2"], "annotators": ["w1", "w2"]}, "item 1: row 1"),
        ("slots", PAIRS, {"labels": ["z"], "annotators": ["v"]}, "a label but no annotator"),
    ],
)  # fmt: skip
def test_the_row_that_is_named_is_that_of_the_users_table(
    make: str, table: Any, options: Any, message: str
) -> None:
    with pytest.raises(DataError, match=message) as caught:
        getattr(Votes, f"from_{make}")(table, **options)
    assert caught.value.where["row"] == 1


def test_a_bad_label_in_a_wide_table_is_named_with_the_person() -> None:
    wide = {"id": ["a", "b"], "ann": ["x", "x"], "bo": ["x", "?"]}
    with pytest.raises(SpaceError) as caught:
        Votes.from_wide(wide, votes=["ann", "bo"], item="id", classes=["x"])
    assert caught.value.where == {"item": "b", "annotator": "bo", "row": 1, "label": "?"}


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        ("wide", {"votes": ["text", "number"]}, "'text' holds text and column 'number' holds num"),
        ("wide", {"votes": ["flag", "number"]}, "'flag' holds Boolean and column 'number'"),
        ("wide", {"votes": "text"}, "votes='text' names no columns"),
        ("wide", {"votes": []}, r"votes=\[\] names no columns"),
        ("wide", {"votes": ["txt"]}, r"column 'txt'\. Did you mean 'text'"),
        ("slots", {"labels": ["text"], "annotators": ["text"] * 2}, "1 columns of labels and 2 of"),
        ("counts", {"counts": ["text"]}, "Column 'text' holds String, not numbers of votes"),
        ("lists", {"label": "text"}, "not said how to split it"),
        ("lists", {"label": "number", "split": ";"}, "Column 'number' holds Int64"),
    ],
)
def test_columns_that_do_not_hold_votes(make: str, options: Any, message: str) -> None:
    table = {"text": ["x", "y"], "number": [1, 2], "flag": [True, False]}
    with pytest.raises(DataError, match=message):
        getattr(Votes, f"from_{make}")(table, **options)


def test_an_empty_column_fits_any_other() -> None:
    wide = {"a": ["x", "y"], "b": [None, None]}
    votes = Votes.from_wide(wide, votes=["a", "b"])
    assert votes.annotators.tolist() == ["a", "b"]
    assert np.diff(votes.indptr).tolist() == [1, 1]
