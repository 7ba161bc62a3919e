"""Putting votes together from columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from labelwright.core._extra import check_extra, check_weights, checked_probabilities
from labelwright.core._factorize import as_array, factorize, missing, plain_scalar
from labelwright.core.errors import DataError, ParameterError, SpaceError, unknown_name
from labelwright.core.spaces import Classes, Numbers, Space, infer_space
from labelwright.core.validation import first_row
from labelwright.core.votes import Votes

__all__ = ["EVENTS", "assemble", "encode_ids", "from_long_frame", "from_matrix"]

REPEATS = ("newest", "first", "all", "error")
EVENTS = ("skip", "unsure", "superseded")
SUPERSEDED = EVENTS.index("superseded")


def assemble(
    *,
    item: Any,
    annotator: Any,
    label: Any,
    event: Any = None,
    said: pl.Series | None = None,
    probabilities: ArrayLike | None = None,
    extra: pl.DataFrame | None = None,
    space: Space | None = None,
    items: ArrayLike | None = None,
    annotators: ArrayLike | None = None,
    repeats: str | None = None,
    rows: Sequence[int] | None = None,
) -> Votes:
    """Encode aligned columns, set aside what is no vote, sort by item and settle repeated votes.

    ``said`` is what was answered in events whose answer is no label; ``rows`` are the row numbers
    of the user's table, for messages.
    """
    if repeats is not None and repeats not in REPEATS:
        raise unknown_name("rule for repeats", repeats, REPEATS, error=ParameterError)
    ids = _Ids(*encode_ids(item, items, "item"), *encode_ids(annotator, annotators, "annotator"))
    try:
        extra = check_extra(extra)
        happened = _event_codes(label, event, space)
        labels = _encode_labels(_without_answers(label, happened), space)
        ids.check(labels.given | (happened >= 0))
        voted = np.flatnonzero(labels.given & (happened < 0))
        check_weights(extra, voted)
    except DataError as error:
        raise _placed(error, ids, rows) from None
    order, superseded = _settled(voted, ids, extra, repeats, rows)
    happened[superseded] = SUPERSEDED
    beliefs = None if probabilities is None else checked_probabilities(probabilities, labels.space)
    counts = np.bincount(ids.item[order], minlength=len(ids.items))
    return Votes(
        space=labels.space,
        items=ids.items,
        annotators=ids.annotators,
        indptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        annotator=ids.annotator[order],
        label=labels.values[order],
        answers=tuple(labels.answers),
        bounds=None if labels.bounds is None else labels.bounds[order],
        probabilities=None if beliefs is None else beliefs[order],
        extra=None if extra is None else extra[order],
        events=_events(happened, ids, labels, (said, label), beliefs, extra),
    )


@dataclass(frozen=True)
class _Ids:
    """Codes of the rows that came in, and the ids that they stand for."""

    item: NDArray[np.int32]
    items: NDArray[Any]
    annotator: NDArray[np.int32]
    annotators: NDArray[Any]

    def check(self, given: NDArray[np.bool_]) -> None:
        """Every label or event needs an item and an annotator."""
        for what, codes in (("item", self.item), ("annotator", self.annotator)):
            row = first_row(given & (codes < 0))
            if row is not None:
                raise DataError(
                    f"There is a label but no {what}.",
                    where={"column": what},
                    hint="Fill it in, or drop the row.",
                ).in_row(row)

    def of(self, row: int) -> dict[str, Any]:
        """Item and annotator of a row, as far as they are known."""
        item, annotator = self.item[row], self.annotator[row]
        known = {"item": plain_scalar(self.items[item])} if item >= 0 else {}
        return known | (
            {"annotator": plain_scalar(self.annotators[annotator])} if annotator >= 0 else {}
        )


@dataclass(frozen=True)
class _Labels:
    """Labels of the rows that came in."""

    space: Space
    given: NDArray[np.bool_]
    values: NDArray[Any]
    answers: Sequence[Any]
    bounds: NDArray[np.float64] | None = None

    def decoded(self, rows: NDArray[np.int64]) -> list[Any]:
        """Labels of some rows in the canonical form."""
        if self.bounds is not None:
            return self.space.decode(self.bounds[rows])
        named = zip(self.values[rows].tolist(), self.given[rows], strict=True)
        if isinstance(self.space, Numbers):
            return [number if given else None for number, given in named]
        return [self.answers[code] if given else None for code, given in named]


def encode_ids(
    values: Any, known: ArrayLike | None, what: str
) -> tuple[NDArray[np.int32], NDArray[Any]]:
    """Codes of ids, and the ids: those ``known``, else in order of first appearance."""
    codes, found = factorize(values)
    found = _checked_ids(found, what)
    if known is None:
        return codes, found
    # Not np.asarray, which would make ids of one type out of two.
    known = known if isinstance(known, np.ndarray) else as_array(known)
    _, ids = factorize(known)
    ids = _checked_ids(ids, what)
    if len(ids) != len(known):
        raise DataError(f"The {what}s given repeat or have a gap.", hint="List each id once.")
    place = {name: code for code, name in enumerate(ids.tolist())}
    table = np.full(len(found) + 1, -1, dtype=np.int32)
    for code, name in enumerate(found.tolist()):
        if name not in place:
            raise unknown_name(what, name, ids.tolist())
        table[code] = place[name]
    return table[codes], ids


def _checked_ids(ids: NDArray[Any], what: str) -> NDArray[Any]:
    if ids.dtype.kind == "f":
        # Whole numbers become fractions in a column where some value is missing.
        if (ids != np.floor(ids)).any():
            raise DataError(
                f"The {what}s are fractions such as {ids[ids != np.floor(ids)][0]:g}.",
                where={"column": what},
                hint=f"Which column names the {what}? Ids are text or whole numbers.",
            )
        return ids.astype(np.int64)
    kinds = {type(name) for name in ids} if ids.dtype.kind == "O" else set()
    if len(kinds) > 1:
        listed = " and ".join(sorted(kind.__name__ for kind in kinds))
        raise DataError(
            f"The {what}s mix {listed}.", where={"column": what}, hint="Make them one type."
        )
    return ids


def _event_codes(label: Any, event: Any, space: Space | None) -> NDArray[np.int8]:
    """The kind of event of each row; -1 for a vote."""
    happened = np.full(len(label), -1, dtype=np.int8)
    if event is not None:
        codes, kinds = factorize(event)
        for place, kind in enumerate(kinds.tolist()):
            if kind not in EVENTS:
                raise unknown_name("kind of event", kind, EVENTS)
            happened[codes == place] = EVENTS.index(kind)
    if isinstance(space, Classes) and space.abstain:
        codes, distinct = factorize(label)
        unsure = np.array([name in space.abstain for name in distinct.tolist()] + [False])[codes]
        happened[unsure & (happened < 0)] = EVENTS.index("unsure")
    return happened


def _without_answers(label: Any, happened: NDArray[np.int8]) -> Any:
    """The labels, with those of skips and unsure answers left out."""
    aside = (happened >= 0) & (happened != SUPERSEDED)
    if not aside.any():
        return label
    if isinstance(label, pl.Series):
        return pl.select(pl.when(pl.Series(~aside)).then(label)).to_series()
    values = as_array(label).astype(object)
    values[aside] = None
    return values


def _encode_labels(label: Any, space: Space | None) -> _Labels:
    space = space or infer_space(label)
    if isinstance(space, Numbers):
        bounds = space.encode(label)
        low, high = bounds.T
        censored = low < high
        numbers = np.where(censored, np.nan, low)
        return _Labels(space, ~np.isnan(low), numbers, (), bounds if censored.any() else None)
    codes, answers = space.tabulate(label)
    small = np.min_scalar_type(max(len(answers) - 1, 0))
    return _Labels(space, codes >= 0, codes.astype(small), answers)


def _settled(
    rows: NDArray[np.int64],
    ids: _Ids,
    extra: pl.DataFrame | None,
    repeats: str | None,
    numbers: Sequence[int] | None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows sorted by item and annotator, and the rows that a repeated vote superseded."""
    key = ids.item[rows].astype(np.int64) * max(len(ids.annotators), 1) + ids.annotator[rows]
    if np.all(key[1:] > key[:-1]):
        return rows, rows[:0]
    order = np.argsort(key, kind="stable")
    rows, key = rows[order], key[order]
    again = key[1:] == key[:-1]
    if repeats == "all" or not again.any():
        return rows, rows[:0]
    timed = extra is not None and "time" in extra.columns
    if repeats == "error" or (repeats is None and not timed):
        first = int(np.argmax(again))
        raise _repeated(ids, int(rows[first]), int(rows[first + 1]), numbers)
    if repeats == "first":
        counts = np.insert(~again, 0, True)
        return rows[counts], rows[~counts]
    if extra is not None and timed:
        # A vote without time is taken to be older than one with a time.
        times = extra["time"].to_physical().fill_null(np.iinfo(np.int64).min).to_numpy()
        rows = rows[np.lexsort((rows, times[rows], key))]
    counts = np.append(~again, True)
    return rows[counts], rows[~counts]


def _repeated(ids: _Ids, one: int, other: int, numbers: Sequence[int] | None) -> DataError:
    where = ids.of(one)
    both = (one, other) if numbers is None else (int(numbers[one]), int(numbers[other]))
    place = f"row {both[0]}" if both[0] == both[1] else f"rows {both[0]} and {both[1]}"
    return DataError(
        f"{where['annotator']!r} voted twice on item {where['item']!r}: {place}.",
        where=where | {"row": both[1]},
        hint="Say what counts: repeats='newest', 'first' or 'all'; or check that the column of "
        "annotators names people and not slots.",
    )


def _placed(error: DataError, ids: _Ids, rows: Sequence[int] | None) -> DataError:
    """The error with item, annotator and the row of the user's table, where it names a row."""
    row = error.where.get("row")
    if row is None:
        return error
    error.where = ids.of(row) | error.where
    return error if rows is None else error.in_row(int(rows[row]))


def _events(
    happened: NDArray[np.int8],
    ids: _Ids,
    labels: _Labels,
    answers: Sequence[Any],
    beliefs: NDArray[np.float64] | None,
    extra: pl.DataFrame | None,
) -> pl.DataFrame | None:
    """Rows that are no votes, by item, with what came along.

    ``answers`` are columns of what was said, the first that says something counts.
    """
    rows = np.flatnonzero(happened >= 0)
    if not rows.size:
        return None
    rows = rows[np.lexsort((ids.annotator[rows], ids.item[rows]))]
    given = [_listed(column, rows) for column in answers if column is not None]
    said = [
        None if known else next((str(value) for value in values if not missing(value)), None)
        for known, *values in zip(labels.given[rows], *given, strict=True)
    ]
    columns = [
        pl.Series("item", ids.item[rows]),
        pl.Series("annotator", ids.annotator[rows]),
        pl.Series("event", [EVENTS[code] for code in happened[rows]]),
        labels.space.to_series(labels.decoded(rows)),
        pl.Series("said", said, dtype=pl.String),
    ]
    if beliefs is not None:
        columns.append(probability_series(beliefs[rows]))
    frame = pl.DataFrame(columns)
    return frame if extra is None else frame.hstack(extra[rows])


def _listed(column: Any, rows: NDArray[np.int64]) -> list[Any]:
    picked = column[rows] if isinstance(column, pl.Series) else as_array(column)[rows]
    values: list[Any] = picked.to_list() if isinstance(picked, pl.Series) else picked.tolist()
    return values


def probability_series(beliefs: NDArray[np.float64]) -> pl.Series:
    """Probabilities as a column of arrays."""
    return pl.Series("probabilities", beliefs, dtype=pl.Array(pl.Float64, beliefs.shape[1]))


def from_long_frame(rest: pl.DataFrame, roles: Mapping[str, Any], **options: Any) -> Votes:
    """Votes from the columns of a long table; ``roles`` are item, annotator, label and event."""
    own: dict[str, Any] = {}
    if "event" in roles and "said" in rest.columns:
        own["said"] = rest["said"]
    if "probabilities" in rest.columns and rest["probabilities"].dtype.is_nested():
        cells = rest["probabilities"].cast(pl.List(pl.Float64))
        width: Any = cells.list.len().max()
        own["probabilities"] = cells.cast(pl.Array(pl.Float64, width)).to_numpy()
    return assemble(**roles, extra=rest.drop(own), **own, **options)


def from_matrix(
    matrix: NDArray[Any], space: Space | None, items: ArrayLike | None, annotators: ArrayLike | None
) -> Votes:
    """Votes from a matrix of codes, items by annotators."""
    if matrix.ndim != 2 or matrix.dtype.kind not in "iuf":
        raise DataError(
            f"The matrix has shape {matrix.shape} and type {matrix.dtype}.",
            hint="Give class codes, a row an item, a column an annotator; -1 or NaN is no vote.",
        )
    filled = np.where(np.isnan(matrix), -1, matrix)
    codes = filled.astype(np.int64)
    space = space or Classes(range(int(codes.max(initial=0)) + 1))
    if not isinstance(space, Classes):
        raise SpaceError("A matrix holds codes of classes.", hint="Use from_table.")
    row = first_row((codes < -1) | (codes >= len(space.answers)) | (codes != filled))
    if row is not None:
        raise DataError(
            f"The matrix holds an entry that is no code from -1 to {len(space.answers) - 1}."
        ).in_row(row)
    item, annotator = np.nonzero(codes >= 0)
    return Votes(
        space=space,
        items=_numbered(items, matrix.shape[0], "item"),
        annotators=_numbered(annotators, matrix.shape[1], "annotator"),
        indptr=np.searchsorted(item, np.arange(matrix.shape[0] + 1)),
        annotator=annotator.astype(np.int32),
        label=codes[item, annotator].astype(np.min_scalar_type(len(space.answers) - 1)),
        answers=space.answers,
    )


def _numbered(ids: ArrayLike | None, n: int, what: str) -> NDArray[Any]:
    if ids is None:
        return np.arange(n)
    _, listed = encode_ids([], ids, what)
    if len(listed) != n:
        raise DataError(f"There are {len(listed)} {what}s for {n} in the matrix.")
    return listed
