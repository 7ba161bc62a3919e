"""Columns to votes: repeats, events, what came along, and what is refused."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from labelwright.core.errors import DataError, ParameterError, SpaceError
from labelwright.core.spaces import Classes, Numbers, Rankings
from labelwright.core.votes import Votes

UTC = datetime.UTC
ITEM, WHO, LABEL = [1, 2, 1, 1], ["a", "a", "b", "a"], ["x", "y", "y", "y"]


def days(*numbers: int | None) -> list[datetime.datetime | None]:
    return [n and datetime.datetime(2024, 1, n, tzinfo=UTC) for n in numbers]


def told(votes: Votes) -> list[tuple[Any, ...]]:
    return [
        tuple(row) for row in votes.to_table().select("item", "annotator", "label", "event").rows()
    ]


def test_two_votes_of_one_annotator_on_an_item_are_refused_with_both_rows() -> None:
    for repeats in (None, "error"):
        with pytest.raises(DataError, match="'a' voted twice on item 1: rows 0 and 3") as caught:
            Votes.from_arrays(ITEM, WHO, LABEL, repeats=repeats)
    assert caught.value.where == {"item": 1, "annotator": "a", "row": 3}


@pytest.mark.parametrize(
    ("repeats", "times", "counted"),
    [
        ("first", None, "x"),
        ("newest", None, "y"),
        ("first", days(2, 1, 1, 1), "x"),
        ("newest", days(2, 1, 1, 1), "x"),
        (None, days(2, 1, 1, 1), "x"),
        (None, days(1, 1, 1, 2), "y"),
        (None, days(1, None, None, None), "x"),
        (None, days(None, 1, 1, 1), "y"),
        (None, days(1, 1, 1, 1), "y"),
    ],
)
def test_what_counts_of_repeated_votes(repeats: str | None, times: Any, counted: str) -> None:
    extra = {"note": ["0", "1", "2", "3"]} | ({"time": times} if times else {})
    votes = Votes.from_arrays(ITEM, WHO, LABEL, repeats=repeats, extra=extra)
    other = {"x": "y", "y": "x"}[counted]
    assert told(votes) == [
        (1, "a", counted, None),
        (1, "b", "y", None),
        (1, "a", other, "superseded"),
        (2, "a", "y", None),
    ]
    assert votes.events is not None
    assert votes.events["note"].to_list() == [{"x": "0", "y": "3"}[other]]


def test_all_repeated_votes_may_count() -> None:
    votes = Votes.from_arrays(ITEM, WHO, LABEL, repeats="all")
    assert votes.counts().tolist() == [[1, 2], [0, 1]]
    assert votes.events is None


def test_an_unknown_rule_is_answered_with_the_rules() -> None:
    with pytest.raises(ParameterError, match=r"rule for repeats 'newst'\. Did you mean 'newest'"):
        Votes.from_arrays(ITEM, WHO, LABEL, repeats="newst")


def test_unsure_answers_are_events_and_no_votes() -> None:
    space = Classes(["x", "y"], abstain=["unsure", "n/a"])
    labels = ["x", "unsure", "n/a", None]
    for column in (labels, pl.Series(labels), pd.Series(labels)):
        votes = Votes.from_arrays([1, 1, 2, 3], ["a", "b", "a", "a"], column, space=space)
        assert len(votes) == 1
        assert votes.events is not None
        assert votes.events.rows() == [
            (0, 1, "unsure", None, "unsure"),
            (1, 0, "unsure", None, "n/a"),
        ]
        assert votes.n_items == 3


def test_events_of_a_table_need_no_class_for_what_was_said() -> None:
    table = {
        "i": [1, 1, 1, 2],
        "w": ["a", "b", "c", "a"],
        "y": ["x", "dunno", "half done", "z"],
        "event": [None, "unsure", "skip", "superseded"],
    }
    votes = Votes.from_table(table, item="i", annotator="w", label="y")
    assert votes.classes.names == ("x", "z")
    assert votes.events is not None
    assert votes.events["said"].to_list() == ["dunno", "half done", None]
    assert votes.events["label"].to_list() == [None, None, "z"]
    named = Votes.from_table(table, item="i", annotator="w", label="y", event="event")
    assert named.events.equals(votes.events)  # type: ignore[union-attr]
    again = Votes.from_table(votes.to_table(), item="item", annotator="annotator", label="label")
    assert again.events.equals(votes.events)  # type: ignore[union-attr]


def test_an_unknown_event_is_answered_with_those_there_are() -> None:
    table = {"i": [1], "w": ["a"], "y": ["x"], "event": ["click"]}
    with pytest.raises(DataError, match=r"kind of event 'click'\. There is: 'skip', 'unsure'"):
        Votes.from_table(table, item="i", annotator="w", label="y")


def test_superseded_censored_numbers_stand_beside_exact_ones() -> None:
    votes = Votes.from_arrays(
        [1, 1, 2], ["a", "a", "b"], [">5", "7", None], space=Numbers(), repeats="newest"
    )
    labels = votes.to_table()["label"].to_list()
    assert labels == [{"low": 7, "high": 7}, {"low": 5, "high": float("inf")}, None, None]
    plain = Votes.from_arrays([1, 1], ["a", "a"], [5, 7], space=Numbers(), repeats="first")
    assert plain.to_table()["label"].to_list() == [5, 7]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"item": [1, None, 2]}, "Row 1: There is a label but no item"),
        ({"who": ["a", "b", None]}, "Row 2: There is a label but no annotator"),
        ({"label": ["x", "zz", "x"]}, "Row 1: 'zz' is no class"),
        ({"label": ["x", "x"]}, "item has 3 rows and label has 2"),
        ({"item": [0.5, 1.0, 2.0]}, "The items are fractions such as 0.5"),
        ({"who": ["a", 1, "b"]}, "The annotators mix int and str"),
        ({"item": np.zeros((3, 2))}, r"column of shape \(3, 2\)"),
    ],
)
def test_what_is_wrong_is_named_with_its_row(columns: Any, message: str) -> None:
    given = {"item": [1, 2, 3], "who": ["a", "b", "c"], "label": ["x", "y", "x"], **columns}
    with pytest.raises(DataError, match=message):
        Votes.from_arrays(given["item"], given["who"], given["label"], classes=["x", "y"])


def test_a_bad_label_is_named_with_item_and_annotator() -> None:
    with pytest.raises(SpaceError) as caught:
        Votes.from_arrays([5, 6], ["a", "b"], ["x", "Y"], classes=["x"])
    assert caught.value.where == {"item": 6, "annotator": "b", "row": 1, "label": "Y"}
    with pytest.raises(SpaceError, match="Row 1: 'zz' is not a ranking") as caught:
        Votes.from_arrays([5, 6], ["a", "b"], [["x"], "zz"], space=Rankings(["x"]))
    assert caught.value.where["annotator"] == "b"


def test_a_row_that_names_nobody_is_no_vote_and_no_error() -> None:
    votes = Votes.from_arrays([1, None, 2], ["a", "b", None], ["x", None, None])
    assert votes.items.tolist() == [1, 2]
    assert votes.annotators.tolist() == ["a", "b"]
    table = {"i": [1, 1], "w": ["a", None], "y": ["x", None], "event": [None, "skip"]}
    with pytest.raises(DataError, match="Row 1: There is a label but no annotator"):
        Votes.from_table(table, item="i", annotator="w", label="y")


def test_ids_with_gaps_stay_whole_numbers() -> None:
    table = pd.DataFrame({"i": [7, 8, None], "w": [1, None, None], "y": ["x", None, None]})
    votes = Votes.from_table(table, item="i", annotator="w", label="y")
    assert votes.items.tolist() == [7, 8]
    assert votes.annotators.dtype == np.int64


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"items": [1]}, "There is no item 2. There is: 1"),
        ({"items": [1, 2, 2]}, "The items given repeat or have a gap"),
        ({"items": [1, 2, None]}, "The items given repeat or have a gap"),
        ({"annotators": ["A", "b"]}, "no annotator 'a'. Did you mean 'A'"),
        ({"classes": "x"}, "'x' is one text, not the classes"),
        ({"classes": ["x"], "space": Classes(["x"])}, "Both space= and classes= are given"),
    ],
)
def test_wrong_options(options: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Votes.from_arrays([1, 2], ["a", "b"], ["x", "x"], **options)


@pytest.mark.parametrize("ids", [[3, 2, 1], (3, 2, 1), np.array([3, 2, 1]), pl.Series([3, 2, 1])])
def test_items_may_be_given_in_any_form(ids: Any) -> None:
    votes = Votes.from_arrays([1, 2], ["a", "a"], ["x", "y"], items=ids)
    assert votes.items.tolist() == [3, 2, 1]
    assert np.diff(votes.indptr).tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"seconds": [1.0, -1.0]}, "Row 1: seconds is -1, below zero"),
        ({"cost": ["a", "b"]}, "Column 'cost' holds String, not numbers"),
        ({"weight": [1.0, None]}, "Row 1: The weight is missing or infinite"),
        ({"weight": [float("nan"), 1.0]}, "Row 0: The weight is missing"),
        ({"weight": [1.0, float("inf")]}, "Row 1: The weight is missing or infinite"),
        ({"time": [datetime.datetime(2024, 1, 1)] * 2}, "a time with its zone is needed"),
        ({"time": ["2024", "2025"]}, "Column 'time' holds String"),
        ({"shown": [1, 0]}, "Column 'shown' holds Int64, not True or False"),
        ({"label": ["x", "y"]}, "further column is called 'label', a name that votes use"),
        ({"said": ["x", "y"]}, "further column is called 'said'"),
        ({"note": ["x"]}, "item has 2 rows and extra has 1"),
    ],
)
def test_what_came_along_is_checked(extra: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Votes.from_arrays([1, 2], ["a", "b"], ["x", "x"], extra=extra)


def test_what_came_along_is_kept_in_the_order_of_votes() -> None:
    zone = datetime.timezone(datetime.timedelta(hours=2))
    table = {
        "i": [2, 1, 3],
        "w": ["a", "b", "a"],
        "y": ["x", "y", None],
        "weight": [2, 1, None],
        "seconds": [1, None, 3],
        "time": [datetime.datetime(2024, 1, 1, 12, tzinfo=zone), None, None],
        "shown": [True, None, None],
        "comment": ["one", None, "ü"],
        "confidence": [None, None, None],
    }
    votes = Votes.from_table(table, item="i", annotator="w", label="y", items=[1, 2, 3])
    assert votes.column("seconds").tolist()[1] == 1  # type: ignore[union-attr]
    assert votes.weight.tolist() == [1, 2]  # type: ignore[union-attr]
    assert votes.column("nothing") is None
    assert votes.extra is not None
    assert votes.extra["comment"].to_list() == [None, "one"]
    assert votes.extra["time"].to_list() == [None, datetime.datetime(2024, 1, 1, 10, tzinfo=UTC)]
    assert votes.extra["confidence"].dtype == pl.Float64


def test_a_column_of_gaps_is_no_error() -> None:
    nothing = [None, None]
    names = ("time", "shown", "seconds", "confidence")
    votes = Votes.from_arrays([1, 2], [1, 1], ["x", "y"], extra=dict.fromkeys(names, nothing))
    assert votes.extra is not None
    kinds = [pl.Datetime("us", "UTC"), pl.Boolean, pl.Float64, pl.Float64]
    assert [votes.extra.schema[name] for name in names] == kinds


BELIEFS = [[0.2, 0.8], [0.9, 0.1], [np.nan, np.nan]]


def test_probabilities_of_models_stand_beside_votes_of_people() -> None:
    who, labels = ["m", "m", "p"], ["y", "x", "y"]
    votes = Votes.from_arrays([2, 1, 1], who, labels, probabilities=BELIEFS, items=[1, 2])
    assert votes.annotators[votes.annotator].tolist() == ["m", "p", "m"]
    expected = [BELIEFS[1], BELIEFS[2], BELIEFS[0]]
    assert np.array_equal(votes.probabilities, expected, equal_nan=True)  # type: ignore[arg-type]
    silent = Votes.from_arrays([1], ["p"], ["x"], probabilities=[[np.nan]])
    assert silent.probabilities is None


@pytest.mark.parametrize(
    ("beliefs", "message"),
    [
        ([[0.2, 0.7], *BELIEFS[1:]], "Row 0 of probabilities sums to 0.9"),
        ([[0.2, np.nan], *BELIEFS[1:]], r"probabilities\[0, 1\] = nan is missing"),
        ([[1.0]] * 3, "1 columns for 2 classes"),
        ([1.0] * 3, r"shape \(3,\)"),
        (BELIEFS[:2], "probabilities has 2"),
    ],
)
def test_bad_probabilities(beliefs: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Votes.from_arrays([2, 1, 1], ["m", "m", "p"], list("yxy"), probabilities=beliefs)


def test_probabilities_come_back_from_every_kind_of_table(constructor: Any, tmp_path: Path) -> None:
    rows = constructor({"i": [2, 1, 1, 1], "w": ["m", "m", "p", "m"], "y": ["y", "x", "y", "x"]})
    plain = Votes.from_table(rows, item="i", annotator="w", label="y", repeats="all")
    votes = replace(plain, probabilities=np.array([[0.2, 0.8], *BELIEFS]))
    model = Votes.from_arrays([7], ["n"], ["y"], classes=["x", "y"], items=[7, 8])
    both = Votes.concat([votes, model])
    roles = {"item": "item", "annotator": "annotator", "label": "label"}
    for again in (
        Votes.load(both.save(tmp_path / "v.parquet")),
        Votes.from_table(both.to_table(), **roles, repeats="all"),
        Votes.from_table(both.to_table(), **roles, repeats="newest"),
    ):
        given = again.probabilities
        assert given is not None
        assert np.isnan(given[-1]).all()
        if again.events is None:
            assert np.array_equal(given, both.probabilities, equal_nan=True)  # type: ignore[arg-type]
        else:
            assert again.events["probabilities"].to_list() == [[0.2, 0.8]]


def test_a_matrix_of_codes() -> None:
    matrix = np.array([[0, -1, 2], [-1, -1, -1], [1, 1, 0]])
    votes = Votes.from_matrix(matrix, classes=["a", "b", "c"])
    assert votes.indptr.tolist() == [0, 2, 2, 5]
    assert votes.annotator.tolist() == [0, 2, 0, 1, 2]
    assert votes.label.tolist() == [0, 2, 1, 1, 0]
    gaps = np.where(matrix < 0, np.nan, matrix)
    assert Votes.from_matrix(gaps).classes.names == (0, 1, 2)
    named = Votes.from_matrix(matrix, items=["x", "y", "z"], annotators=[7, 8, 9])
    assert named.items.tolist() == ["x", "y", "z"]
    assert named.annotators.tolist() == [7, 8, 9]
    assert len(Votes.from_matrix(np.empty((0, 2)))) == 0


@pytest.mark.parametrize(
    ("matrix", "options", "message"),
    [
        ([[0, 3]], {"classes": ["a", "b"]}, "Row 0: The matrix holds an entry that is no code"),
        ([[0], [0.5]], {}, "Row 1: The matrix"),
        ([[-2]], {}, "Row 0"),
        ([0, 1], {}, r"shape \(2,\)"),
        ([["a"]], {}, "type <U1"),
        ([[0]], {"space": Numbers()}, "holds codes of classes"),
        ([[0]], {"items": ["a", "b"]}, "There are 2 items for 1 in the matrix"),
        ([[0, 0]], {"annotators": ["a", "a"]}, "repeat"),
    ],
)
def test_a_bad_matrix(matrix: Any, options: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Votes.from_matrix(matrix, **options)
