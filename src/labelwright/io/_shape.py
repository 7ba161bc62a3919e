"""The shapes that a table of votes may have, and votes from each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from labelwright.core.errors import DataError, ParameterError
from labelwright.core.spaces import Classes, Space
from labelwright.core.tables import column
from labelwright.core.votes import Votes
from labelwright.io.columns import match_columns

Pattern = str | Sequence[str]
# A time that says its zone, as ISO 8601 writes it.
ZONED = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*(Z|[+-]\d\d:?\d\d)$"
CALLS = """One of these says what is what:
  item="…", annotator="…", label="…"    each row is one vote
  votes="worker_*"                      each row is an item, each column a person
  votes="label_*", annotators="who_*"   each row is an item; first vote and who gave it, second …
  votes="label_*", slots=True           the same, and nobody knows who voted
  counts="n_*"                          each row is an item; how many votes each class got
  label="…", split=";"                  each row is an item; all votes in one cell"""


@dataclass(frozen=True)
class Shape:
    """What the caller said about the columns; see :func:`labelwright.io.read_votes`."""

    item: str | None = None
    annotator: str | None = None
    label: str | None = None
    votes: Pattern | None = None
    annotators: Pattern | None = None
    slots: bool = False
    counts: Pattern | None = None
    split: str | None = None

    @property
    def stated(self) -> bool:
        """Whether anything was said."""
        return self != Shape()

    def check(self, columns: Sequence[str], name: str) -> None:
        """Refuse what says nothing, two things or half a thing."""
        ways = [way for way in ("label", "votes", "counts") if getattr(self, way) is not None]
        listed = ", ".join(map(repr, columns[:30])) + (" …" if len(columns) > 30 else "")
        if not ways:
            raise DataError(
                f"{name} is a table with the columns {listed}; it is not said which hold votes.",
                where={"columns": list(columns)},
                hint=CALLS,
            )
        if len(ways) > 1:
            raise ParameterError(f"{' and '.join(ways)} are both given.", hint=CALLS)
        if self.annotators is not None and self.slots:
            raise ParameterError(
                "slots=True says that nobody knows who voted, yet annotators= does."
            )
        if self.votes is None and (self.annotators is not None or self.slots):
            raise ParameterError("annotators= and slots= need votes=.", hint=CALLS)
        if self.label is None and (self.annotator is not None or self.split is not None):
            raise ParameterError("annotator= and split= need label=.", hint=CALLS)


def votes_of(
    frame: pl.DataFrame, shape: Shape, name: str, *, space: Space | None, repeats: str | None
) -> Votes:
    """Votes from a table of the stated shape."""
    shape.check(frame.columns, name)
    if not frame.height:
        raise DataError(
            f"{name} has a header and no rows.",
            hint=f"The columns are: {', '.join(frame.columns)}.",
        )
    options: dict[str, Any] = {"repeats": repeats}
    if shape.counts is not None:
        matched = match_columns(frame.columns, shape.counts)
        return Votes.from_counts(frame, item=shape.item, counts=matched, space=space, **options)
    if shape.votes is not None:
        return _from_columns(frame, shape, space, options)
    if shape.label is None:
        raise ParameterError("label= is missing.", hint=CALLS)
    return _from_label(frame, shape, shape.label, space, options)


def _from_columns(
    frame: pl.DataFrame, shape: Shape, space: Space | None, options: dict[str, Any]
) -> Votes:
    matched = match_columns(frame.columns, shape.votes or ())
    options["space"] = space or _declared({frame.schema[name] for name in matched})
    if shape.annotators is not None:
        people = match_columns(frame.columns, shape.annotators)
        _check_pairs(matched, people)
        return Votes.from_slots(
            frame, item=shape.item, labels=list(matched), annotators=list(people), **options
        )
    if shape.slots:
        return Votes.from_slots(frame, item=shape.item, labels=list(matched), **options)
    return Votes.from_wide(frame, item=shape.item, votes=list(matched), **options)


def _from_label(
    frame: pl.DataFrame, shape: Shape, label: str, space: Space | None, options: dict[str, Any]
) -> Votes:
    given = column(frame, label, role="label")
    dtype = given.dtype
    in_lists = isinstance(dtype, pl.List) and (
        shape.annotator is None or isinstance(frame.schema.get(shape.annotator), pl.List)
    )
    options["space"] = space or _declared({dtype.inner if isinstance(dtype, pl.List) else dtype})
    if shape.split is not None or in_lists:
        return Votes.from_lists(
            frame,
            item=shape.item,
            label=label,
            split=shape.split,
            annotator=shape.annotator,
            **options,
        )
    if shape.annotator is None or shape.item is None:
        missing = "annotator" if shape.annotator is None else "item"
        raise ParameterError(
            f"label={label!r} is given without {missing}=.",
            hint="One label a record and nobody who gave it are labels, not votes. " + CALLS,
        )
    return Votes.from_table(
        _with_times(frame), item=shape.item, annotator=shape.annotator, label=label, **options
    )


def _check_pairs(labels: dict[str, str], people: dict[str, str]) -> None:
    """Patterns must pair up: label_1 with worker_1, not with worker_2."""
    if len(labels) != len(people):
        raise DataError(
            f"votes= names {len(labels)} columns ({', '.join(labels)}) and annotators= "
            f"{len(people)} ({', '.join(people)}).",
            hint="Each column of votes needs the column that says who gave them.",
        )
    for (label, left), (person, right) in zip(labels.items(), people.items(), strict=True):
        by_pattern = left != label and right != person
        if by_pattern and left != right:
            raise DataError(
                f"Columns {label!r} and {person!r} would be paired, though they end differently.",
                where={"column": person},
                hint="If they do belong together, list both without patterns.",
            )


def _declared(dtypes: set[Any]) -> Space | None:
    """The classes that the table itself declares, in its order: those of the one Enum."""
    only = dtypes.pop() if len(dtypes) == 1 else None
    return Classes(tuple(only.categories)) if isinstance(only, pl.Enum) else None


def _with_times(frame: pl.DataFrame) -> pl.DataFrame:
    """Turn a column ``time`` of text into times, if every cell says its zone."""
    if frame.schema.get("time") != pl.String:
        return frame
    if not frame["time"].drop_nulls().str.contains(ZONED).all():
        return frame
    return frame.with_columns(pl.col("time").str.to_datetime(time_unit="us", time_zone="UTC"))
