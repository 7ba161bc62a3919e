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


@pytest.mark.parametrize(
    ("make", "message", "row"),
    [
        (lambda: Votes.from_wide({"a": ["x", "x"], "b": ["x", "?"]}, votes=["a", "b"], classes=["x"]), "Row 1: '\\?' is no class", 1),
        (lambda: Votes.from_counts({"x": [1, -1]}, counts=["x"]), "Row 1: Column 'x' holds -1", 1),
        (lambda: Votes.from_counts({"x": [0.5, 1]}, counts=["x"]), "Row 0: Column 'x' holds 0.5", 0),
        (lambda: Votes.from_lists({"y": [["x"], ["x"]], "w": [["a"], []]}, label="y", annotator="w"), "Row 1: There are 1 labels and 0 annotators", 1),
        (lambda: Votes.from_lists({"y": ["x", "x"], "w": ["a", None]}, label="y", annotator="w", split=";"), "Row 1: There are 1 labels and 0", 1),
        (lambda: Votes.from_slots({"y1": ["x", "x"], "y2": ["x", "x"], "w1": ["a", "b"], "w2": ["b", "b"]}, labels=["y1", "y2"], annotators=["w1", "w2"]), "'b' voted twice on item 1: row 1", 1),
        (lambda: Votes.from_slots({"y1": ["x", "x"], "w1": ["a", None]}, labels=["y1"], annotators=["w1"]), "Row 1: There is a label but no annotator", 1),
        (lambda: Votes.from_wide({"id": ["a", "b", "a"], "n": ["x", "x", "x"]}, votes=["n"], item="id"), "Item 'a' stands in rows 0 and 2", 2),
        (lambda: Votes.from_wide({"id": ["a", None], "n": ["x", "x"]}, votes=["n"], item="id"), "Row 1: There is a label but no item", 1),
        (lambda: Votes.from_counts({"id": ["a", None], "n": [0, 2]}, counts=["n"], item="id"), "Row 1: There is a label but no item", 1),
    ],
)  # fmt: skip
def test_the_row_that_is_named_is_that_of_the_users_table(
    make: Any, message: str, row: int
) -> None:
    with pytest.raises(DataError, match=message) as caught:
        make()
    assert caught.value.where["row"] == row


def test_a_bad_label_in_a_wide_table_is_named_with_the_person() -> None:
    wide = {"id": ["a", "b"], "ann": ["x", "x"], "bo": ["x", "?"]}
    with pytest.raises(SpaceError) as caught:
        Votes.from_wide(wide, votes=["ann", "bo"], item="id", classes=["x"])
    assert caught.value.where == {"item": "b", "annotator": "bo", "row": 1, "label": "?"}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda t: Votes.from_wide(t, votes=["text", "number"]), "'text' holds text and column 'number' holds numbers"),
        (lambda t: Votes.from_wide(t, votes=["flag", "number"]), "'flag' holds Boolean and column 'number'"),
        (lambda t: Votes.from_wide(t, votes="text"), "votes='text' names no columns"),
        (lambda t: Votes.from_wide(t, votes=[]), r"votes=\[\] names no columns"),
        (lambda t: Votes.from_wide(t, votes=["txt"]), "column 'txt'. Did you mean 'text'"),
        (lambda t: Votes.from_slots(t, labels=["text"], annotators=["text", "text"]), "1 columns of labels and 2 of annotators"),
        (lambda t: Votes.from_counts(t, counts=["text"]), "Column 'text' holds String, not numbers of votes"),
        (lambda t: Votes.from_lists(t, label="text"), "not said how to split it"),
        (lambda t: Votes.from_lists(t, label="number", split=";"), "Column 'number' holds Int64"),
    ],
)  # fmt: skip
def test_columns_that_do_not_hold_votes(make: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        make({"text": ["x", "y"], "number": [1, 2], "flag": [True, False]})


def test_an_empty_column_fits_any_other() -> None:
    wide = {"a": ["x", "y"], "b": [None, None]}
    votes = Votes.from_wide(wide, votes=["a", "b"])
    assert votes.annotators.tolist() == ["a", "b"]
    assert np.diff(votes.indptr).tolist() == [1, 1]
