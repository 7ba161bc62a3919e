"""Classes: codes, aliases, types, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from labelwright.core.errors import DataError, SpaceError
from labelwright.core.spaces import Classes, Space


def test_codes_follow_the_names_and_aliases_mean_their_class() -> None:
    space = Classes(["ham", "spam"], aliases={"junk": "spam"})
    codes = space.encode(["spam", "ham", None, "junk"])
    assert codes.dtype == np.int32
    assert codes.tolist() == [1, 0, -1, 1]
    assert space.decode(codes) == ["spam", "ham", None, "spam"]
    assert space.canonical("junk") == "spam"
    assert space.n_classes == 2


@pytest.mark.parametrize(
    "column",
    [
        [1, 0, None, 1],
        [1.0, 0.0, float("nan"), 1.0],
        np.array([1.0, 0.0, np.nan, 1.0]),
        pl.Series([1, 0, None, 1]),
        pd.Series([1, 0, None, 1]),
        pd.Series([1, 0, None, 1], dtype="Int64"),
        pd.Series([1, 0, None, 1], dtype="category"),
    ],
)
def test_whole_numbers_are_found_in_every_kind_of_column(column: Any) -> None:
    assert Classes([0, 1]).encode(column).tolist() == [1, 0, -1, 1]


@pytest.mark.parametrize(
    ("names", "other"), [([0, 1], "1"), ([0, 1], True), (["1", "2"], 1), ([False, True], 1)]
)
def test_one_and_its_text_and_true_are_different_labels(names: list[Any], other: Any) -> None:
    with pytest.raises(SpaceError, match=r"no class\. The classes are"):
        Classes(names).canonical(other)


def test_a_label_outside_is_named_with_its_row_and_the_near_name() -> None:
    with pytest.raises(
        SpaceError, match=r"Row 2: 'hamm' is no class\. Did you mean 'ham'"
    ) as caught:
        Classes(["ham", "spam"]).encode(["ham", "spam", "hamm"])
    assert caught.value.where == {"row": 2, "label": "hamm"}


def test_a_fraction_is_no_class_of_whole_numbers() -> None:
    with pytest.raises(SpaceError, match=r"0\.5 is no class"):
        Classes([0, 1]).encode([0.0, 0.5])


def test_many_classes_are_not_all_listed() -> None:
    with pytest.raises(SpaceError, match=r"11 \.\.\.\.$"):
        Classes(range(99)).canonical(1000)


def test_lists_are_refused_in_their_row() -> None:
    with pytest.raises(DataError, match="Row 1: A list stands where one value"):
        Classes(["a"]).encode(["a", ["a"]])


def test_from_values_sorts_and_leaves_out_what_is_no_class() -> None:
    rows = ["c10", "c9", "?", None, "C9", "c10"]
    space = Classes.from_values(rows, abstain=["?"], aliases={"C9": "c9"})
    assert space.names == ("c9", "c10")
    assert Classes.from_values(rows[::-1], abstain=["?"], aliases={"C9": "c9"}) == space


def test_labels_become_a_column_of_their_own_type() -> None:
    assert Classes(["a"]).to_series(["a", None]).dtype == pl.String
    assert Classes([1]).to_series([1, None]).dtype == pl.Int64
    assert Classes([True]).to_series([True, None]).dtype == pl.Boolean


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"names": []}, "at least one class"),
        ({"parents": {"a": "x"}}, "parents names 'x', which is no class"),
        ({"parents": {"x": "a"}}, "parents names 'x'"),
        ({"parents": {"a": "b", "b": "a"}}, "parents of 'a' form a cycle"),
        ({"parents": {"a": "a"}}, "parents of 'a' form a cycle"),
        ({"definitions": {"x": "?"}}, "definitions names 'x'"),
        ({"aliases": {"A": "x"}}, "aliases names 'x'"),
        ({"positive": "x"}, "positive names 'x'"),
        ({"aliases": {"a": "b"}}, "'a' is a class and cannot also be an alias"),
        ({"abstain": ["b"]}, "'b' is a class and cannot also be an alias or abstain"),
        ({"open_answers": {"a": ["a", "b"]}}, "'a' is an open answer and cannot also be a class"),
        ({"open_answers": {"x": ["a", "y"]}}, "open_answers names 'y', which is no class"),
        ({"open_answers": {"x": ["a", "a"]}}, "open answer 'x' names fewer than two classes"),
        ({"distances": [[0, 1]]}, "distances has shape"),
        ({"distances": [[0, 1], [2, 0]]}, "symmetric"),
        ({"distances": [[1, 1], [1, 0]]}, "zero on the diagonal"),
        ({"distances": [[0, -1], [-1, 0]]}, "distances"),
    ],
)
def test_a_space_that_contradicts_itself_is_refused(options: Any, message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        Classes(**{"names": ["a", "b"], **options})


def test_a_parent_of_a_parent_is_no_cycle() -> None:
    space = Classes(["a", "b", "c"], parents={"a": "b", "b": "c"})
    assert space.parents == {"a": "b", "b": "c"}


def test_an_answer_leaves_open_its_class_and_all_below() -> None:
    space = Classes(
        ["a", "b", "c", "d"],
        parents={"a": "b", "b": "c"},
        open_answers={"b or d": ["b", "d"]},
        aliases={"?": "b or d"},
    )
    assert space.parent_codes.tolist() == [1, 2, -1, -1]
    assert space.candidates.astype(int).tolist() == [
        [1, 0, 0, 0],
        [1, 1, 0, 0],
        [1, 1, 1, 0],
        [0, 0, 0, 1],
        [1, 1, 0, 1],
    ]
    assert space.tabulate(["b or d", "?", None, "c"])[0].tolist() == [4, 4, -1, 2]
    assert space.decode([4, 0]) == ["b or d", "a"]
    assert space.canonical("?") == "b or d"
    assert Space.from_dict(space.to_dict()) == space
    with pytest.raises(SpaceError, match="'b or d' leaves several classes open") as caught:
        space.encode(["a", "b or d"])
    assert caught.value.where["row"] == 1
    assert caught.value.hint == "Name one of 'b', 'd'."


def test_distances_are_those_stated_or_steps_on_the_scale_or_all_alike() -> None:
    assert Classes([1, 2, 3], ordered=True).distance_table().tolist()[0] == [0, 1, 2]
    assert Classes([1, 2, 3]).distance_table().tolist()[0] == [0, 1, 1]
    assert Classes([1, 2], distances=[[0, 7], [7, 0]]).distance_table().tolist()[0] == [0, 7]
