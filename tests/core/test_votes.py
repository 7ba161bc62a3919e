"""Votes: what goes in comes out, whatever the order of rows."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelwright.core.errors import CapabilityError, DataError, DataWarning
from labelwright.core.spaces import Classes, Numbers, Tags, Text
from labelwright.core.votes import Votes

from .space_strategies import SPACES
from .votes_samples import content, long_tables, same

ROLES = {"item": "item", "annotator": "annotator", "label": "label"}
TABLE = {
    "item": ["b", "a", "b", "c"],
    "annotator": ["bo", "ann", "ann", "bo"],
    "label": ["spam", "ham", "ham", None],
}


def votes_of(table: Any, **options: Any) -> Votes:
    return Votes.from_table(table, **ROLES, **options)


def test_votes_are_sorted_by_item_and_counted() -> None:
    votes = votes_of(TABLE)
    assert (votes.n_items, votes.n_annotators, len(votes)) == (3, 2, 3)
    assert votes.items.tolist() == ["b", "a", "c"]
    assert votes.annotators.tolist() == ["bo", "ann"]
    assert votes.indptr.tolist() == [0, 2, 3, 3]
    assert votes.item.tolist() == [0, 0, 1]
    assert votes.annotator.tolist() == [0, 1, 1]
    assert [votes.answers[code] for code in votes.label] == ["spam", "ham", "ham"]
    assert votes.counts().tolist() == [[1, 1], [1, 0], [0, 0]]
    kinds = [array.dtype for array in (votes.indptr, votes.annotator, votes.label)]
    assert kinds == [np.int64, np.int32, np.uint8]


@given(table=long_tables())
def test_a_table_of_votes_read_back_gives_the_same_votes(table: pl.DataFrame) -> None:
    votes = votes_of(table, event="event", repeats="all")
    again = votes_of(votes.to_table(), event="event", repeats="all", space=votes.space)
    assert content(again) == content(votes)
    assert content(votes_of(again.to_table(), repeats="all")) == content(again)


@given(table=long_tables(), random=st.randoms())
def test_the_order_of_rows_does_not_matter(table: pl.DataFrame, random: Any) -> None:
    people, items = ["ann", "bo", "c d"], ["i1", "i2", "ü 3", "i10"]
    options: dict[str, Any] = {"repeats": "all", "items": items, "annotators": people}
    shuffled = table[random.sample(range(table.height), table.height)]
    assert content(votes_of(shuffled, **options)) == content(votes_of(table, **options))


# Files are synced to the disk, which takes its time.
FEW = settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FEW
@given(table=long_tables())
def test_a_saved_file_is_read_back_whole(table: pl.DataFrame, tmp_path: Path) -> None:
    votes = votes_of(table, repeats="all", annotators=["zoe", "c d", "bo", "ann"])
    assert same(Votes.load(votes.save(tmp_path / "votes.parquet")), votes)


@pytest.mark.parametrize("kind", SPACES)
@FEW
@given(data=st.data())
def test_every_label_space_comes_back_from_a_file(
    kind: str, data: st.DataObject, tmp_path: Path
) -> None:
    space, answers = SPACES[kind]
    rows = data.draw(st.lists(st.tuples(st.integers(0, 3), st.none() | answers), min_size=1))
    items, labels = zip(*rows, strict=True)
    votes = Votes.from_arrays(
        list(items), list(range(len(rows))), space.to_series(labels), space=space
    )
    again = Votes.load(votes.save(tmp_path / "votes.parquet"))
    assert same(again, votes)
    given = {(i, n): label for n, (i, label) in enumerate(rows) if label is not None}
    table = again.to_table().filter(pl.col("label").is_not_null())
    read = space.validate(table["label"].to_list())
    assert dict(zip(table.select("item", "annotator").iter_rows(), read, strict=True)) == given


@pytest.mark.parametrize(
    "ids",
    [[10, 2, 7], ["10", "2", "ü x"], [True, False], [datetime.date(2020, 1, n) for n in (3, 1)]],
)
def test_ids_keep_their_type_and_order(ids: list[Any], tmp_path: Path) -> None:
    votes = Votes.from_arrays(ids, ids, ["x"] * len(ids))
    for these in (
        votes,
        Votes.load(votes.save(tmp_path / "v.parquet")),
        votes_of(votes.to_table()),
    ):
        for found in (these.items.tolist(), these.annotators.tolist()):
            assert found == ids
            assert [type(name) for name in found] == [type(name) for name in ids]


def test_the_frame_comes_back_in_the_kind_that_went_in(
    constructor: Callable[[Any], Any], tmp_path: Path
) -> None:
    table = constructor({"item": [1, 1, 2], "annotator": [7, 8, 9], "label": [1, 0, None]})
    votes = votes_of(table, space=Classes([0, 1]))
    assert type(votes.to_table()) is type(table)
    assert type(Votes.load(votes.save(tmp_path / "v")).to_table()) is type(table)
    again = votes_of(votes.to_table(), space=votes.space)
    assert content(again) == content(votes)
    assert again.items.tolist() == [1, 2]
    chosen = votes.select(where=lambda t: np.asarray(t["annotator"]) == 7)
    assert chosen.annotator.tolist() == [0]


def test_a_class_nobody_voted_for_and_one_class_only() -> None:
    votes = votes_of(TABLE, classes=["spam", "ham", "scam"])
    assert votes.counts().tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
    alone = Votes.from_arrays([1, 2], ["a", "a"], ["x", "x"])
    assert alone.counts().tolist() == [[1], [1]]


@pytest.mark.parametrize(
    "labels",
    [
        ["two words", " ", "ü"],
        ["1", "2", "10"],
        ["true", "false", "true"],
        [True, False, True],
        [3, 1, 2],
    ],
)
def test_labels_of_every_look_stay_what_they_are(labels: list[Any]) -> None:
    votes = Votes.from_arrays([1, 2, 3], [1, 1, 1], labels)
    assert votes.to_table()["label"].to_list() == labels
    assert isinstance(votes.space, Classes)


def test_whole_numbers_with_gaps_are_asked_about_and_then_read() -> None:
    codes = np.array([0.0, 1.0, np.nan])
    with pytest.raises(DataError, match="class codes or measurements"):
        Votes.from_arrays([1, 2, 3], [1, 1, 1], codes)
    votes = Votes.from_arrays([1, 2, 3], [1, 1, 1], codes, classes=[0, 1])
    assert votes.label.tolist() == [0, 1]
    assert votes.items.tolist() == [1, 2, 3]


def test_an_item_without_votes_and_an_annotator_without_votes_are_kept() -> None:
    votes = votes_of(TABLE, items=["x", "a", "b", "c"], annotators=["zoe", "ann", "bo"])
    assert votes.items.tolist() == ["x", "a", "b", "c"]
    assert np.diff(votes.indptr).tolist() == [0, 1, 2, 0]
    assert votes.annotators.tolist() == ["zoe", "ann", "bo"]
    again = votes_of(votes.to_table())
    assert set(again.annotators.tolist()) == {"zoe", "ann", "bo"}
    assert again.items.tolist() == votes.items.tolist()


def test_no_votes_at_all() -> None:
    votes = Votes.from_arrays([1, 2], ["a", "b"], [None, None], classes=["x"])
    assert len(votes) == 0
    assert votes.counts().tolist() == [[0], [0]]
    assert votes.to_table().height == 4
    assert Votes.from_arrays([], [], [], classes=["x"]).describe()["votes_per_item"]["median"] == 0


def test_numbers_are_held_as_they_are() -> None:
    votes = Votes.from_arrays([1, 1, 2, 3], [1, 2, 1, 1], [2.5, 1, None, -1.0], space=Numbers())
    assert votes.label.tolist() == [2.5, 1.0, -1.0]
    assert votes.label.dtype == np.float64
    assert votes.bounds is None
    assert votes.answers == ()
    with pytest.raises(CapabilityError, match="votes are numbers; one class an item is needed"):
        votes.counts()


def test_censored_numbers_have_ends() -> None:
    votes = Votes.from_arrays([1, 2, 3], [1, 1, 1], ["2", ">5", "3-4"], space=Numbers())
    assert np.array_equal(votes.label, [2, np.nan, np.nan], equal_nan=True)
    assert votes.bounds is not None
    assert votes.bounds.tolist() == [[2, 2], [5, np.inf], [3, 4]]


def test_distinct_answers_are_held_once() -> None:
    votes = Votes.from_arrays([1, 2, 3], [1, 1, 1], [["b", "a"], [], ["a", "b"]])
    assert votes.space == Tags(["a", "b"])
    assert votes.answers == ((), ("a", "b"))
    assert votes.label.tolist() == [1, 0, 1]


def test_many_classes_take_a_wider_type() -> None:
    labels = list(range(300))
    assert Votes.from_arrays(labels, [0] * 300, labels).label.dtype == np.uint16


def test_arrays_cannot_be_changed_and_are_not_the_callers() -> None:
    item, label, weight = np.array([0, 1]), np.array([0, 1]), np.array([1.0, 2.0])
    beliefs = np.eye(2)
    votes = Votes.from_arrays(item, item, label, extra={"weight": weight}, probabilities=beliefs)
    added = votes.with_extra(score=weight)
    for array in (item, label, weight):
        array[:] = 7
    beliefs[:] = 0.5
    assert votes.items.tolist() == [0, 1]
    assert votes.label.tolist() == [0, 1]
    assert votes.weight is not None
    assert votes.weight.tolist() == [1, 2]
    assert added.column("score").tolist() == [1, 2]  # type: ignore[union-attr]
    assert votes.probabilities is not None
    assert votes.probabilities.tolist() == [[1, 0], [0, 1]]
    arrays = [votes.items, votes.annotators, votes.indptr, votes.item, votes.label, votes.annotator]
    for array in (*arrays, votes.weight, votes.probabilities):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[0]
    with pytest.raises(FrozenInstanceError):
        votes.space = Text()  # type: ignore[misc]


def test_weights_multiply_counts() -> None:
    votes = Votes.from_arrays([0, 0, 1], [0, 1, 0], [0, 1, 1], extra={"weight": [0.5, 2, 0]})
    assert votes.counts().tolist() == [[0.5, 2], [0, 0]]


def test_describe_says_what_is_here() -> None:
    table = {**TABLE, "event": [None, None, None, "skip"]}
    told = votes_of(table).describe()
    assert (told["items"], told["votes"]) == (3, 3)
    assert told["items_without_votes"] == 1
    assert told["votes_per_item"] == {"min": 0, "median": 1.0, "max": 2}
    assert told["labels"] == {"ham": 2, "spam": 1}
    assert told["events"] == {"skip": 1}
    assert told["anonymous"] is False


def test_text_and_notebook_view() -> None:
    votes = votes_of({**TABLE, "label": ["<b>", "ham", "ham", None]})
    assert repr(votes) == "Votes(3 items, 2 annotators, 3 votes; 2 classes)"
    shown = votes._repr_html_()
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown
    slots = Votes.from_lists({"x": [["a"], ["b", "b"]]}, label="x")
    assert repr(slots) == "Votes(2 items, 2 slots, 3 votes; 2 classes)"
    texts = Votes.from_arrays([0], [0], ["ja"], space=Text())
    assert repr(texts) == "Votes(1 items, 1 annotators, 1 votes; text)"


def test_a_file_that_is_none_of_ours_or_newer_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="cannot be read as votes"):
        Votes.load(tmp_path / "missing.parquet")
    (tmp_path / "text").write_text("item,annotator")
    with pytest.raises(DataError, match="cannot be read as votes"):
        Votes.load(tmp_path / "text")
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "other")
    with pytest.raises(DataError, match="no file of Labelwright"):
        Votes.load(tmp_path / "other")
    monkeypatch.setattr("labelwright.core.votes.FORMAT", 2)
    path = votes_of(TABLE).save(tmp_path / "newer")
    monkeypatch.undo()
    with pytest.raises(DataError, match="has format 2; this version"):
        Votes.load(path)


def test_variants_of_spelling_are_reported_and_kept_apart() -> None:
    with pytest.warns(DataWarning, match="'Spam' / 'spam'"):
        votes = votes_of({**TABLE, "label": ["spam", "Spam", "ham", None]})
    assert votes.classes.n_classes == 3
    joined = votes.with_space(Classes(["ham", "spam"], aliases={"Spam": "spam"}))
    assert joined.counts().tolist() == [[1, 1], [0, 1], [0, 0]]
