"""Tags, rankings, spans, regions and text: what is their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from labelwright.core.errors import SpaceError
from labelwright.core.spaces import Rankings, Regions, Spans, Tags, Text


def test_tags_are_a_set_in_the_order_of_the_names() -> None:
    space = Tags(["late", "angry", "rude"])
    assert space.canonical(["rude", "late", "rude"]) == ("late", "rude")
    assert space.canonical(np.array(["angry"])) == ("angry",)
    assert space.encode(pl.Series([["rude"], None, []])).tolist() == [
        [0, 0, 1],
        [-1, -1, -1],
        [0, 0, 0],
    ]


def test_no_tag_is_an_answer_and_differs_from_no_label() -> None:
    space = Tags([1, 2])
    assert space.to_series([(), None, (2,)]).to_list() == [[], None, [2]]
    assert Tags([]).canonical([]) == ()


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("late", "is not a list of tags"),
        (["lat"], "tag 'lat'. Did you mean 'late'"),
        ([None], "tag None"),
        ([["late"]], "tag"),
    ],
)
def test_bad_tags(bad: Any, message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        Tags(["late", "rude"]).canonical(bad)


def test_ties_in_rankings_have_one_form() -> None:
    space = Rankings(["a", "b", "c"])
    assert space.canonical(["b", {"c", "a"}]) == (("b",), ("a", "c"))
    encoded = space.encode([["b", ["c", "a"]], None])
    assert encoded.parts["thing"].tolist() == [1, 0, 2]
    assert encoded.parts["place"].tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (["a", "a"], "ranks a thing twice"),
        ([["a"], []], "empty place"),
        ([], "ranks a thing twice, or has an empty place"),
        ("abc", "not a ranking"),
        (["d"], "ranked thing 'd'"),
        ([["a", "d"]], "ranked thing 'd'"),
    ],
)
def test_bad_rankings(bad: Any, message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        Rankings(["a", "b", "c"]).canonical(bad)


def test_spans_are_sorted_and_count_once() -> None:
    space = Spans(["person", "place"])
    given = [(5, 9, "place"), {"start": 0, "end": 4, "label": "person"}, [5, 9, "place"]]
    assert space.canonical(given) == ((0, 4, "person"), (5, 9, "place"))
    encoded = space.encode([given, [], None])
    assert encoded.parts["start"].tolist() == [0, 5, -1]
    assert encoded.offsets.tolist() == [0, 2, 2, 3]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([(4, 4, "place")], "empty or begins before"),
        ([(-1, 4, "place")], "begins before the text"),
        ([(0, 4, "thing")], "span label 'thing'"),
        ([(0.5, 4, "place")], "is not a span"),
        ([(True, 4, "place")], "is not a span"),
        ([(0, 4)], "is not a span"),
        ([()], "is not a span"),
        ([7], "is not a span"),
        ([{"start": 1, "label": "place"}], "is not a span"),
        ("place", "is not a list of spans"),
    ],
)
def test_bad_spans(bad: Any, message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        Spans(["person", "place"]).canonical(bad)


def test_regions_keep_their_coordinates() -> None:
    space = Regions(["cell", "gap"])
    triangle = {"label": "gap", "shape": "polygon", "coordinates": [0, 0, 1, 0, 0, 1]}
    encoded = space.encode([[("cell", "box", (0, 0, 4, 3)), triangle], None, []])
    assert encoded.parts["begin"].tolist() == [0, 4, 0]
    assert encoded.parts["end"].tolist() == [4, 10, 0]
    assert encoded.parts["coordinates"].tolist() == [0, 0, 4, 3, 0, 0, 1, 0, 0, 1]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (("cell", "box", (0, 0, 0, 3)), "The box .* is empty"),
        (("cell", "box", (0, 0, 3)), "not four numbers"),
        (("cell", "polygon", (0, 0, 1, 1)), "not three or more points"),
        (("cell", "polygon", (0, 0, 1, 1, 2, 2, 3)), "not three or more points"),
        (("cell", "mask", (2, 2, 3)), "do not add up"),
        (("cell", "mask", (2, 2, 5, -1)), "do not add up"),
        (("cell", "box", (0, 0, 1, float("nan"))), "missing or infinite"),
        (("cell", "box", (0, 0, 1, "x")), "not a list of numbers"),
        (("cell", "box", None), "not a list of numbers"),
        (("cel", "box", (0, 0, 1, 1)), "region label 'cel'"),
        (("cell", "bx", (0, 0, 1, 1)), "shape 'bx'"),
        (("cell", "box"), "is not a region"),
        (7, "is not a region"),
    ],
)
def test_bad_regions(bad: Any, message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        Regions(["cell"]).canonical([bad])


def test_a_text_for_regions_is_refused() -> None:
    with pytest.raises(SpaceError, match="not a list of regions"):
        Regions(["cell"]).canonical("cell")


def test_text_is_any_text_up_to_its_length() -> None:
    assert Text().canonical(np.str_("ja")) == "ja"
    with pytest.raises(SpaceError, match="3 is not text"):
        Text().canonical(3)
    with pytest.raises(SpaceError, match="Row 1: A text of 4 characters is longer than 3"):
        Text(max_length=3).encode(["abc", "abcd"])
