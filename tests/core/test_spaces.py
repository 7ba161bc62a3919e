"""What holds for every label space."""

from __future__ import annotations

import io
import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwright.core.errors import SpaceError
from labelwright.core.spaces import Ragged, Space, Spans, Tags
from labelwright.core.spaces._base import natural_key

from .space_strategies import SPACES

KINDS = pytest.mark.parametrize("kind", SPACES)


@KINDS
@given(data=st.data())
def test_encode_and_decode_undo_each_other(kind: str, data: st.DataObject) -> None:
    space, answers = SPACES[kind]
    labels = data.draw(st.lists(st.none() | answers))
    encoded = space.encode(labels)
    assert len(encoded) == len(labels)
    assert list(space.decode(encoded)) == labels


@KINDS
@given(data=st.data())
def test_the_canonical_form_stays_as_it_is(kind: str, data: st.DataObject) -> None:
    space, answers = SPACES[kind]
    answer = data.draw(answers)
    assert space.canonical(answer) == answer
    assert space.validate([answer, None, float("nan")]) == [answer, None, None]
    hash(answer)


@KINDS
@given(data=st.data())
def test_a_column_comes_back_from_parquet(kind: str, data: st.DataObject) -> None:
    space, answers = SPACES[kind]
    labels = data.draw(st.lists(st.none() | answers))
    file = io.BytesIO()
    space.to_series(labels).to_frame().write_parquet(file)
    file.seek(0)
    assert space.from_series(pl.read_parquet(file)["label"]) == labels


@KINDS
def test_a_space_comes_back_from_json(kind: str) -> None:
    space, _ = SPACES[kind]
    again = Space.from_dict(json.loads(json.dumps(space.to_dict())))
    assert again == space
    assert hash(again) == hash(space)


@KINDS
@given(data=st.data())
def test_codes_point_at_the_distinct_answers(kind: str, data: st.DataObject) -> None:
    space, answers = SPACES[kind]
    labels = data.draw(st.lists(st.none() | answers))
    codes, distinct = space.tabulate(labels)
    assert len(set(distinct)) == len(distinct)
    assert [None if code < 0 else distinct[code] for code in codes] == labels


@pytest.mark.parametrize("kind", [kind for kind in SPACES if kind != "text"])
@pytest.mark.parametrize("bad", ["no such label", [["x"]], {"x": 1}, object(), 7.5j])
def test_a_bad_value_is_named_with_its_row(kind: str, bad: Any) -> None:
    space, _ = SPACES[kind]
    with pytest.raises(SpaceError, match=r"^Row 1: ") as caught:
        space.validate([None, bad])
    assert caught.value.where["row"] == 1


def test_an_unknown_kind_of_space_is_answered_with_those_there_are() -> None:
    with pytest.raises(SpaceError, match=r"kind of label space 'tag'\. Did you mean 'tags'"):
        Space.from_dict({"kind": "tag"})


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a", 1], "of type int and str. Accepted: all str or all int"),
        (["a", "b", "a"], "'a' stands twice among the tags"),
        ("abc", "'abc' is one text, not the tags"),
        ([1.5], "of type float"),
    ],
)
def test_names_are_of_one_type_and_stand_once(names: Any, message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        Tags(names)


def test_spans_are_named_by_text_alone() -> None:
    with pytest.raises(SpaceError, match="Accepted: all str"):
        Spans([1, 2])  # type: ignore[list-item]


def test_ragged_rows_come_back() -> None:
    rows = [[(1, "x")], [], [(2, "y"), (3, "z")]]
    ragged = Ragged.from_rows(rows, number=int, text=object)
    assert ragged.rows() == rows
    assert len(ragged) == 3
    assert ragged.offsets.tolist() == [0, 1, 1, 3]


@given(st.lists(st.text() | st.just("x10") | st.just("x9"), unique=True))
def test_natural_order_does_not_depend_on_the_order_of_rows(names: list[str]) -> None:
    backwards = names[::-1]
    assert sorted(names, key=natural_key) == sorted(backwards, key=natural_key)


def test_natural_order_counts() -> None:
    assert sorted(["b2", "B10", "b1", "10", "9", "٣"], key=natural_key) == [
        "9",
        "10",
        "b1",
        "b2",
        "B10",
        "٣",
    ]
    assert sorted([10, 9, True], key=natural_key) == [True, 9, 10]
