"""Guessing what the columns of a table are: from their values first, their names second."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import polars as pl

from labelwright.core.results import Result
from labelwright.pipeline._checks import companion_columns

__all__ = ["Column", "Shape", "guess_shape", "guess_columns"]

FEW_VALUES = 50
LONG_TEXT = 25
_NAMED = {
    "annotator": r"worker|annotat|rater|coder|labell?er|judge|crowd|reviewer",
    "item": r"hit|task|item|doc|unit|ticket|record|trace|example|question|\bid$|_id$|^id",
    "gold": r"gold|truth|expert|correct|reference",
    "label": r"label|answer|categor|class|verdict|rating|sentiment|topic|vote|choice|urgency",
    "time": r"time|date|_at$",
}


@dataclass(frozen=True)
class Column(Result):
    """What one column looks like.

    Attributes
    ----------
    name, role : str
        Role is item, annotator, vote, label, gold, text, time, few values, number or other.
    distinct, missing : int
        In the rows looked at.
    """

    kind: ClassVar[str] = "column"

    name: str
    role: str
    distinct: int
    missing: int

    def to_table(self) -> pl.DataFrame:
        """One row."""
        return pl.DataFrame([self.to_dict()]).drop("kind")


@dataclass(frozen=True)
class Shape:
    """How a table holds labels, and in which columns; no text where there is no such column.

    ``name`` is long, wide, slots, labels or unclear.
    """

    name: str
    item: str = ""
    annotator: str = ""
    label: str = ""
    votes: tuple[str, ...] = ()
    annotators: tuple[str, ...] = ()
    gold: str = ""
    text: str = ""


def guess_columns(frame: pl.DataFrame) -> list[Column]:
    """The role of each column."""
    roles = {name: _role(frame[name]) for name in frame.columns}
    people = [name for name, role in roles.items() if role == "annotator"]
    if len(people) > 1:
        # One such column holds who voted; several, if each holds a few values, hold their votes.
        roles |= {name: "vote" for name in people if _is_few(frame[name].drop_nulls())}
    return [
        Column(name, role, frame[name].drop_nulls().n_unique(), frame[name].null_count())
        for name, role in roles.items()
    ]


def guess_shape(frame: pl.DataFrame, columns: list[Column]) -> Shape:
    """Which columns together hold labels."""
    by_role = {
        role: [c.name for c in columns if c.role == role] for role in {c.role for c in columns}
    }
    texts = by_role.get("text", [])
    text = max(texts, key=lambda name: _mean_length(frame[name]), default="")
    gold = next(iter(by_role.get("gold", [])), "")
    labels = by_role.get("label", []) + by_role.get("few values", [])
    found = (
        _long(frame, columns, labels)
        or _wide(frame, columns, labels)
        or _one_label(labels, by_role)
    )
    return Shape(**{**found, "gold": gold, "text": text})  # type: ignore[arg-type]


def _role(series: pl.Series) -> str:
    present = series.drop_nulls()
    if not present.len():
        return "other"
    if series.dtype.is_temporal():
        return "time"
    if _is_named("annotator", series.name) and present.n_unique() < present.len():
        return "annotator"
    if _is_few(present) and not series.dtype.is_float():
        for role in ("gold", "label"):
            if _is_named(role, series.name):
                return role
        return "few values"
    if _is_named("time", series.name):
        return "time"
    if series.dtype == pl.String and (
        _mean_length(present) > LONG_TEXT or _mean_words(present) > 3
    ):
        return "text"
    if _is_named("item", series.name):
        return "item"
    return "number" if series.dtype.is_numeric() else "other"


def _is_few(present: pl.Series) -> bool:
    return present.n_unique() <= min(FEW_VALUES, max(2, present.len() // 3))


def _long(
    frame: pl.DataFrame, columns: list[Column], labels: list[str]
) -> dict[str, object] | None:
    """An item column that repeats, an annotator column, and no pair of both twice."""
    repeated = [c.name for c in columns if 1 < c.distinct < frame.height and c.role != "text"]
    who = [c.name for c in columns if c.role == "annotator" and c.name in repeated]
    items = [name for name in repeated if name not in who]
    items.sort(key=lambda name: not _is_named("item", name))
    for annotator in who:
        for item in items:
            pairs = frame.select(item, annotator).n_unique()
            if pairs >= 0.95 * frame.height and frame[item].n_unique() < 0.9 * frame.height:
                rest = [n for n in labels if n != item and not _follows(frame, item, n)]
                if rest:
                    return {"name": "long", "item": item, "annotator": annotator, "label": rest[0]}
    return None


def _wide(
    frame: pl.DataFrame, columns: list[Column], labels: list[str]
) -> dict[str, object] | None:
    """Several columns that hold the same few values, or are numbered and hold a few between them.

    The second are often rules, each of which only ever says one label.
    """
    votes = labels + [c.name for c in columns if c.role in ("vote", "annotator")]
    values = {name: set(frame[name].drop_nulls().unique().to_list()) for name in votes}
    linked: dict[str, set[str]] = {name: {name} for name in values}
    for one, other in combinations(values, 2):
        if _hold_alike(values[one], values[other]) or _numbered_alike(one, other):
            linked[one].add(other)
            linked[other].add(one)
    best = max(linked.values(), key=len, default=set())
    names = [c.name for c in columns if c.name in best]
    held = set().union(*(values[name] for name in names))
    if len(names) < 2 or not 2 <= len(held) <= FEW_VALUES:
        return None
    item = _unique_id(frame, columns)
    people = companion_columns(frame, names)
    if people:
        return {"name": "slots", "votes": tuple(names), "annotators": tuple(people), "item": item}
    return {"name": "wide", "votes": tuple(names), "item": item}


def _hold_alike(one: set[object], other: set[object]) -> bool:
    smaller = min(len(one), len(other))
    return smaller >= 2 and len(one | other) <= FEW_VALUES and len(one & other) >= 0.5 * smaller


def _numbered_alike(one: str, other: str) -> bool:
    """Whether two names differ only in the number at their end."""
    stems = [re.sub(r"[0-9]+$", "", name) for name in (one, other)]
    return stems[0] == stems[1] and stems[0] != "" and stems[0] not in (one, other)


def _one_label(labels: list[str], by_role: dict[str, list[str]]) -> dict[str, object]:
    named = by_role.get("label", [])
    if len(named) == 1 or (not named and len(labels) == 1):
        return {"name": "labels", "label": (named or labels)[0]}
    return {"name": "unclear"}


def _unique_id(frame: pl.DataFrame, columns: list[Column]) -> str:
    unique = (c.name for c in columns if c.role == "item" and c.distinct == frame.height)
    return next(unique, "")


def _follows(frame: pl.DataFrame, item: str, name: str) -> bool:
    """Whether a column has one value for each item, so that it belongs to the record."""
    return frame.select(item, name).n_unique() == frame[item].n_unique()


def _is_named(role: str, name: str) -> bool:
    return re.search(_NAMED[role], name.casefold()) is not None


def _mean_length(series: pl.Series) -> float:
    lengths = series.str.len_chars()
    return float(lengths.sum()) / max(lengths.count(), 1)


def _mean_words(series: pl.Series) -> float:
    gaps = series.str.count_matches(r"\s+")
    return float(gaps.sum()) / max(gaps.count(), 1) + 1
