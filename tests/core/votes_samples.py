"""Random tables of votes, and what two Votes have in common whatever the order of their rows."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import polars as pl
from hypothesis import strategies as st

from labelwright.core.votes import Votes

ITEMS = st.sampled_from(["i1", "i2", "ü 3", "i10"]) | st.none()
PEOPLE = st.sampled_from(["ann", "bo", "c d"])
LABELS = st.sampled_from(["yes", "no", "not sure", "2"]) | st.none()
EVENTS = st.sampled_from([None, None, None, "skip", "unsure", "superseded"])
TIMES = st.datetimes(datetime.datetime(2020, 1, 1), datetime.datetime(2030, 1, 1)).map(
    lambda time: time.replace(tzinfo=datetime.UTC)
)


@st.composite
def long_tables(draw: st.DrawFn) -> pl.DataFrame:
    """Long tables with gaps, events, repeated votes and further columns."""
    row = st.tuples(ITEMS, PEOPLE, LABELS, EVENTS, st.floats(0, 9), st.none() | TIMES, st.text())
    rows = [
        r for r in draw(st.lists(row, max_size=12)) if r[0] is not None or r[2:4] == (None,) * 2
    ]
    rows.append(("i1", "ann", "yes", None, 1.0, None, ""))
    schema = {
        "item": pl.String,
        "annotator": pl.String,
        "label": pl.String,
        "event": pl.String,
        "weight": pl.Float64,
        "time": pl.Datetime("us", "UTC"),
        "note": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def content(votes: Votes) -> tuple[Any, ...]:
    """What these votes say, without the order of rows and annotators."""
    table = votes._long()
    rows = sorted(map(repr, table.select(sorted(table.columns)).iter_rows()))
    return votes.space, votes.items.tolist(), sorted(map(repr, votes.annotators)), rows


def same(one: Votes, other: Votes) -> bool:
    """Whether two Votes are equal in every array."""
    arrays = ("items", "annotators", "indptr", "annotator", "label", "bounds", "probabilities")
    for name in arrays:
        left, right = getattr(one, name), getattr(other, name)
        if (left is None) != (right is None):
            return False
        if left is not None and (left.dtype != right.dtype or not _equal(left, right)):
            return False
    frames = [(one.extra, other.extra), (one.events, other.events)]
    equal = all(a.equals(b) if a is not None and b is not None else a is b for a, b in frames)
    marks = ("space", "answers", "anonymous", "frame")
    return equal and all(getattr(one, mark) == getattr(other, mark) for mark in marks)


def _equal(left: np.ndarray, right: np.ndarray) -> bool:
    return np.array_equal(left, right, equal_nan=left.dtype.kind == "f")
