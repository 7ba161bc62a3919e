"""For each label space: one example of it, and a strategy for its canonical answers."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from labelwright.core.spaces import (
    Classes,
    Numbers,
    Rankings,
    Regions,
    Space,
    Spans,
    Tags,
    Text,
)

NAMES = ["a", "B c", "ü", "10", "2", "true"]
CLASSES = Classes(
    NAMES, aliases={"A": "a"}, parents={"2": "10"}, abstain=["?"], positive="ü", ordered=True
)
NUMBERED = Classes([3, 1, 2], definitions={3: "three"}, distances=[[0, 1, 2], [1, 0, 1], [2, 1, 0]])
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def _censored(ends: tuple[float, float]) -> tuple[float, float]:
    return (min(ends), max(ends))


CENSORED = st.one_of(
    st.tuples(FINITE, FINITE).filter(lambda ends: ends[0] != ends[1]).map(_censored),
    FINITE.map(lambda low: (low, math.inf)),
    FINITE.map(lambda high: (-math.inf, high)),
)


@st.composite
def _rankings(draw: st.DrawFn) -> tuple[tuple[str, ...], ...]:
    order = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    places = draw(st.lists(st.integers(0, 3), min_size=len(order), max_size=len(order)))
    tied = [[name for name, p in zip(order, places, strict=True) if p == k] for k in range(4)]
    return tuple(tuple(sorted(names, key=NAMES.index)) for names in tied if names)


SPAN = st.tuples(st.integers(0, 50), st.integers(1, 50), st.sampled_from(NAMES)).map(
    lambda span: (span[0], span[0] + span[1], span[2])
)
BOX = st.tuples(FINITE, FINITE, FINITE, FINITE).filter(lambda b: b[0] < b[2] and b[1] < b[3])
POLYGON = st.lists(st.tuples(FINITE, FINITE), min_size=3, max_size=5).map(
    lambda points: tuple(number for point in points for number in point)
)
MASK = st.lists(st.integers(0, 9), min_size=1, max_size=5).map(
    lambda runs: (1.0, float(sum(runs)), *map(float, runs))
)
REGION = st.one_of(
    *(
        st.tuples(st.sampled_from(NAMES), st.just(shape), numbers)
        for shape, numbers in (("box", BOX), ("polygon", POLYGON), ("mask", MASK))
    )
)


def _several(part: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(part, max_size=4, unique=True).map(lambda parts: tuple(sorted(parts)))


SPACES: dict[str, tuple[Space, st.SearchStrategy[Any]]] = {
    "classes": (CLASSES, st.sampled_from(NAMES)),
    "classes of numbers": (NUMBERED, st.sampled_from([3, 1, 2])),
    "classes of booleans": (Classes([False, True]), st.booleans()),
    "tags": (
        Tags(NAMES),
        st.sets(st.sampled_from(NAMES)).map(lambda s: tuple(n for n in NAMES if n in s)),
    ),
    "numbers": (Numbers(), FINITE),
    "censored numbers": (Numbers(unit="nM"), st.one_of(FINITE, CENSORED)),
    "rankings": (Rankings(NAMES), _rankings()),
    "rankings of numbers": (
        Rankings([1, 2, 3]),
        st.permutations([1, 2, 3]).map(lambda order: tuple((name,) for name in order)),
    ),
    "spans": (Spans(NAMES), _several(SPAN)),
    "regions": (Regions(NAMES), _several(REGION)),
    "text": (Text(max_length=99), st.text(st.characters(codec="utf-8"), max_size=99)),
}
