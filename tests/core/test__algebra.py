"""Parts of votes, votes put together, votes in another space."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwright.core.errors import DataError, SpaceError
from labelwright.core.spaces import Classes, Numbers, Text
from labelwright.core.votes import Votes

from .votes_samples import content, long_tables

ROLES = {"item": "item", "annotator": "annotator", "label": "label"}
EXAMPLE = Votes.from_arrays(
    [1, 1, 2, 3],
    ["a", "b", "a", "b"],
    ["x", "unsure", "y", "x"],
    space=Classes(["x", "y"], abstain=["unsure"]),
    extra={"seconds": [1.0, 2.0, None, 4.0]},
)


@given(table=long_tables(), data=st.data())
def test_a_part_is_the_rows_of_its_items_and_annotators(
    table: pl.DataFrame, data: st.DataObject
) -> None:
    space = Classes(["yes", "no", "not sure", "2"])
    votes = Votes.from_table(table, **ROLES, space=space, repeats="all")
    items = data.draw(st.lists(st.sampled_from(votes.items.tolist()), unique=True))
    people = data.draw(st.lists(st.sampled_from(votes.annotators.tolist()), unique=True))
    part = votes.select(items=items, annotators=people)
    rows = table.filter(pl.col("item").is_in(items) & pl.col("annotator").is_in(people))
    order = [name for name in votes.items.tolist() if name in items]
    expected = Votes.from_table(
        rows, **ROLES, space=space, repeats="all", items=order, annotators=people
    )
    assert content(part) == content(expected)
    assert content(votes.select()) == content(votes)


@given(table=long_tables())
def test_parts_put_together_are_the_whole(table: pl.DataFrame) -> None:
    votes = Votes.from_table(table, **ROLES, repeats="all")
    parts = [votes.select(annotators=[name]) for name in votes.annotators.tolist()]
    assert content(Votes.concat(parts)) == content(votes)


def test_select_keeps_the_order_of_items_and_what_came_along() -> None:
    part = EXAMPLE.select(items=[3, 1])
    assert part.items.tolist() == [1, 3]
    assert part.annotators.tolist() == ["a", "b"]
    assert part.column("seconds").tolist() == [1, 4]  # type: ignore[union-attr]
    assert part.events is not None
    assert part.events["item"].to_list() == [0]
    assert EXAMPLE.select(annotators=["a"]).events is None
    assert EXAMPLE.select(annotators="b").n_annotators == 1


def test_where_takes_a_mask_or_a_question() -> None:
    for where in (
        np.array([True, False, True]),
        [True, False, True],
        lambda table: table["seconds"].is_not_null(),
        lambda table: table["seconds"] > 0,
    ):
        part = EXAMPLE.select(where=where)  # type: ignore[arg-type]
        assert part.indptr.tolist() == [0, 1, 1, 2]
        assert part.n_items == 3
        assert part.events is not None
    assert len(EXAMPLE.select(where=lambda table: table["item"] == 3)) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"items": [4]}, "There is no item 4. There is: 1, 2, 3"),
        ({"annotators": ["A"]}, "no annotator 'A'. Did you mean 'a'"),
        ({"where": [True]}, r"where has shape \(1,\)"),
        ({"where": [1, 0, 1]}, "type int64"),
    ],
)
def test_select_refuses_what_is_not_there(options: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        EXAMPLE.select(**options)


def test_sources_with_the_same_names_are_told_apart_by_prefixes() -> None:
    with pytest.raises(DataError, match="Annotator 'a' stands in two parts") as caught:
        Votes.concat([EXAMPLE, EXAMPLE])
    assert caught.value.where == {"annotator": "a"}
    both = Votes.concat([EXAMPLE, EXAMPLE], prefixes=["one/", "two/"])
    assert both.annotators.tolist() == ["one/a", "one/b", "two/a", "two/b"]
    assert both.counts().tolist() == (2 * EXAMPLE.counts()).tolist()
    assert both.events is not None
    assert both.events.height == 2


def test_concat_brings_items_and_columns_together() -> None:
    other = Votes.from_arrays(
        [9, 1], ["c", "c"], ["y", "y"], space=EXAMPLE.space, extra={"note": ["p", "q"]}
    )
    both = Votes.concat([EXAMPLE, other])
    assert both.items.tolist() == [1, 2, 3, 9]
    assert both.extra is not None
    assert both.extra["note"].to_list() == [None, "q", None, None, "p"]
    slots = Votes.from_lists({"y": [["x"]]}, label="y", space=EXAMPLE.space)
    assert Votes.concat([EXAMPLE, slots], prefixes=["", "slot "]).anonymous


def test_people_and_models_go_together() -> None:
    model = Votes.from_arrays([2], ["m"], ["y"], space=EXAMPLE.space, probabilities=[[0.3, 0.7]])
    both = Votes.concat([EXAMPLE, model])
    assert both.probabilities is not None
    given = ~np.isnan(both.probabilities).any(axis=1)
    assert both.annotators[both.annotator[given]].tolist() == ["m"]
    assert both.probabilities[given].tolist() == [[0.3, 0.7]]


def test_exact_and_censored_numbers_go_together() -> None:
    exact = Votes.from_arrays([1, 2], ["a", "a"], [1.0, None], space=Numbers())
    censored = Votes.from_arrays([1, 3], ["b", "b"], [">5", "2"], space=Numbers())
    both = Votes.concat([exact, censored])
    assert both.bounds is not None
    assert both.bounds.tolist() == [[1, 1], [5, np.inf], [2, 2]]
    assert both.n_items == 3


@pytest.mark.parametrize(
    ("parts", "options", "message"),
    [
        ([], {}, "nothing to put together"),
        ([EXAMPLE, EXAMPLE], {"prefixes": ["a"]}, "1 prefixes were given for 2 parts"),
        ([EXAMPLE, Votes.from_arrays([1], ["c"], ["x"])], {}, "different label spaces"),
        (
            [EXAMPLE, Votes.from_arrays(["1"], ["c"], ["x"], space=EXAMPLE.space)],
            {},
            "The items of the parts are of type String and whole number",
        ),
        (
            [EXAMPLE, Votes.from_arrays([1], [7], ["x"], space=EXAMPLE.space)],
            {},
            "The annotators of the parts are of type",
        ),
        (
            [
                EXAMPLE,
                Votes.from_arrays(
                    [1], ["c"], ["x"], space=EXAMPLE.space, extra={"seconds": [1]}
                ).with_extra(note=[["a"]]),
                Votes.from_arrays([1], ["d"], ["x"], space=EXAMPLE.space, extra={"note": ["b"]}),
            ],
            {},
            "columns of one name that do not fit together",
        ),
    ],
)
def test_what_does_not_go_together(parts: Any, options: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Votes.concat(parts, **options)


def test_another_space_may_reorder_join_and_abstain() -> None:
    votes = Votes.from_arrays([1, 1, 2], [1, 2, 1], ["a", "A", "b"], classes=["a", "A", "b"])
    space = Classes(["b", "a"], aliases={"A": "a"})
    assert votes.with_space(space).counts().tolist() == [[0, 2], [1, 0]]
    unsure = votes.with_space(Classes(["a", "A"], abstain=["b"]))
    assert unsure.events is not None
    assert unsure.events["said"].to_list() == ["b"]
    assert unsure.n_items == 2
    with pytest.raises(SpaceError, match="Row 2: 'b' is no class"):
        votes.with_space(Classes(["a", "A"]))
    assert votes.with_space(Text()).answers == ("A", "a", "b")


def test_probabilities_follow_their_classes_into_another_space() -> None:
    beliefs = [[0.5, 0.2, 0.3], [1.0, 0.0, 0.0]]
    votes = Votes.from_arrays(
        [1, 2, 3], [1, 1, 1], ["a", "a", None], classes=["a", "A", "b"],
        probabilities=[*beliefs, [np.nan] * 3],
    )  # fmt: skip
    moved = votes.with_space(Classes(["b", "a"], aliases={"A": "a"})).probabilities
    assert moved is not None
    assert moved.tolist() == [[0.3, 0.7], [0.0, 1.0]]
    with pytest.raises(SpaceError, match="probability to 'A', which now abstains"):
        votes.with_space(Classes(["a", "b"], abstain=["A"]))
    with pytest.raises(SpaceError, match="no meaning for text"):
        votes.with_space(Text())
    kept = votes.select(items=[2]).with_space(Classes(["a", "b"], abstain=["A"])).probabilities
    assert kept is not None
    assert kept.tolist() == [[1.0, 0.0]]


def test_columns_are_added_and_replaced() -> None:
    votes = EXAMPLE.with_extra(weight=[1, 2, 3], seconds=np.array([3, 2, 1]))
    assert votes.weight is not None
    assert votes.weight.tolist() == [1, 2, 3]
    assert votes.column("seconds").tolist() == [3, 2, 1]  # type: ignore[union-attr]
    assert EXAMPLE.weight is None
    again = Votes.from_table(votes.to_table(), **ROLES, space=votes.space)
    assert content(again) == content(votes)
    plain = Votes.from_arrays([1], [1], ["x"]).with_extra(note=["ü"])
    assert plain.extra is not None
    assert plain.extra["note"].to_list() == ["ü"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"weight": [1]}, "votes has 3 rows and weight has 1"),
        ({"weight": [1, -1, 1]}, "Row 1: weight is -1, below zero"),
        ({"weight": [1, None, 1]}, "Row 1: The weight is missing"),
        ({"label": [1, 2, 3]}, "called 'label'"),
        ({"note": ["a", 1, 2]}, "Column 'note' mixes int and str"),
    ],
)
def test_added_columns_are_checked(columns: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        EXAMPLE.with_extra(**columns)
