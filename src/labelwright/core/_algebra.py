"""Votes as one long table, parts of votes, and votes put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from labelwright.core._assemble import encode_ids, probability_series
from labelwright.core._factorize import as_array
from labelwright.core.errors import DataError, SpaceError
from labelwright.core.spaces import Classes, Numbers, Space
from labelwright.core.tables import as_kind
from labelwright.core.votes import Votes

__all__ = ["concat", "long_frame", "select", "with_space"]


def long_frame(votes: Votes) -> pl.DataFrame:
    """All votes, events and ids without either, one row each, by item."""
    frames = [_vote_rows(votes)]
    item_seen = np.diff(votes.indptr) > 0
    annotator_seen = np.bincount(votes.annotator, minlength=votes.n_annotators) > 0
    if votes.events is not None:
        frames.append(votes.events)
        item_seen[votes.events["item"].to_numpy()] = True
        annotator_seen[votes.events["annotator"].to_numpy()] = True
    for name, seen in (("item", item_seen), ("annotator", annotator_seen)):
        if not seen.all():
            frames.append(pl.DataFrame({name: np.flatnonzero(~seen).astype(np.int32)}))
    rows = stacked(frames)
    if "event" not in rows.columns:
        rows = rows.with_columns(event=pl.lit(None, dtype=pl.String))
    if len(frames) > 1:
        rows = rows.sort("item", nulls_last=True, maintain_order=True)
    order = ["item", "annotator", "label", "event"]
    return _named(votes, rows).select(*order, pl.exclude(order))


def stacked(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Tables below each other; columns that one of them lacks are filled with nulls."""
    labels = [frame for frame in frames if "label" in frame.columns]
    if any(isinstance(frame.schema["label"], pl.Struct) for frame in labels):
        frames = [_with_ends(frame) for frame in frames]
    try:
        return pl.concat(frames, how="diagonal_relaxed")
    except pl.exceptions.PolarsError as error:
        raise DataError(
            f"The parts have columns of one name that do not fit together: {error}",
            hint="Rename or convert them.",
        ) from error


def _with_ends(frame: pl.DataFrame) -> pl.DataFrame:
    """Numbers that are exact beside numbers that are censored: both as low and high."""
    if frame.schema.get("label") != pl.Float64:
        return frame
    ends = pl.struct(low=pl.col("label"), high=pl.col("label"))
    return frame.with_columns(label=pl.when(pl.col("label").is_not_null()).then(ends))


def _vote_rows(votes: Votes) -> pl.DataFrame:
    """The votes alone, with codes of items and annotators."""
    columns = [
        pl.Series("item", votes.item),
        pl.Series("annotator", votes.annotator),
        _label_series(votes),
    ]
    if votes.probabilities is not None:
        columns.append(probability_series(votes.probabilities))
    rows = pl.DataFrame(columns)
    return rows if votes.extra is None else rows.hstack(votes.extra)


def _label_series(votes: Votes) -> pl.Series:
    if not isinstance(votes.space, Numbers):
        return votes.space.to_series(list(votes.answers)).gather(votes.label)
    if votes.bounds is None:
        return pl.Series("label", votes.label)
    return votes.space.to_series(votes.space.decode(votes.bounds))


def _named(votes: Votes, rows: pl.DataFrame) -> pl.DataFrame:
    """Ids in place of codes."""
    named = {}
    for name, ids in (("item", votes.items), ("annotator", votes.annotators)):
        named[name] = pl.Series(ids.tolist() if ids.dtype == object else ids).gather(rows[name])
    return rows.with_columns(**named)


def select(
    votes: Votes,
    items: ArrayLike | None,
    annotators: ArrayLike | None,
    where: Any,
) -> Votes:
    """A part of the votes; see :meth:`Votes.select`."""
    item_kept = _kept(votes.items, items, "item")
    annotator_kept = _kept(votes.annotators, annotators, "annotator")
    keep = item_kept[votes.item] & annotator_kept[votes.annotator]
    if where is not None:
        keep &= _mask(votes, where)
    counts = np.bincount(votes.item[keep], minlength=votes.n_items)[item_kept]
    new_annotator = (np.cumsum(annotator_kept) - 1).astype(np.int32)
    return replace(
        votes,
        items=votes.items[item_kept],
        annotators=votes.annotators[annotator_kept],
        indptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        annotator=new_annotator[votes.annotator[keep]],
        label=votes.label[keep],
        bounds=None if votes.bounds is None else votes.bounds[keep],
        probabilities=None if votes.probabilities is None else votes.probabilities[keep],
        extra=None if votes.extra is None else votes.extra.filter(keep),
        events=_kept_events(votes.events, item_kept, annotator_kept),
    )


def _kept_events(
    events: pl.DataFrame | None, items: NDArray[np.bool_], annotators: NDArray[np.bool_]
) -> pl.DataFrame | None:
    if events is None:
        return None
    item, annotator = events["item"].to_numpy(), events["annotator"].to_numpy()
    keep = items[item] & annotators[annotator]
    renumbered = {
        "item": (np.cumsum(items) - 1)[item].astype(np.int32),
        "annotator": (np.cumsum(annotators) - 1)[annotator].astype(np.int32),
    }
    left = events.with_columns(**{k: pl.Series(v) for k, v in renumbered.items()}).filter(keep)
    return left if left.height else None


def _kept(ids: NDArray[Any], wanted: ArrayLike | None, what: str) -> NDArray[np.bool_]:
    kept = np.full(ids.size, wanted is None)
    if wanted is not None:
        codes, _ = encode_ids(wanted, ids, what)
        kept[codes] = True
    return kept


def _mask(votes: Votes, where: NDArray[np.bool_] | Callable[[Any], Any]) -> NDArray[np.bool_]:
    if callable(where):
        where = where(as_kind(_named(votes, _vote_rows(votes)), votes.frame))
    # A comparison with a missing value is missing in some dataframes, and then does not hold.
    mask = np.asarray(where.fill_null(False) if hasattr(where, "fill_null") else where)
    if mask.shape != (len(votes),) or mask.dtype != bool:
        raise DataError(
            f"where has shape {mask.shape} and type {mask.dtype}.",
            hint=f"Give True or False for each of the {len(votes):,} votes.",
        )
    return mask


def concat(parts: Sequence[Votes], prefixes: Sequence[str] | None) -> Votes:
    """Votes of several sources; see :meth:`Votes.concat`."""
    if not parts:
        raise DataError("There is nothing to put together: no votes were given.")
    if any(part.space != parts[0].space for part in parts):
        raise DataError(
            "The parts have different label spaces.", hint="Bring them into one: with_space(space)."
        )
    if prefixes is not None and len(prefixes) != len(parts):
        raise DataError(f"{len(prefixes)} prefixes were given for {len(parts)} parts.")
    frames, names = [], []
    for place, part in enumerate(parts):
        ids = part.annotators.tolist()
        if prefixes is not None:
            ids = [f"{prefixes[place]}{name}" for name in ids]
        frames.append(long_frame(replace(part, annotators=as_array(ids))))
        names.append(ids)
    _check_apart(names)
    for what in ("item", "annotator"):
        _check_one_type(frames, what)
    return Votes._reread(
        stacked(frames),
        space=parts[0].space,
        annotators=[name for ids in names for name in ids],
        anonymous=any(part.anonymous for part in parts),
        frame=parts[0].frame,
    )


def _check_apart(names: Sequence[Sequence[Any]]) -> None:
    seen: set[Any] = set()
    for ids in names:
        twice = [name for name in ids if name in seen]
        if twice:
            raise DataError(
                f"Annotator {twice[0]!r} stands in two parts.",
                where={"annotator": twice[0]},
                hint="Tell them apart with prefixes=['first/', 'second/'].",
            )
        seen.update(ids)


def _check_one_type(frames: Sequence[pl.DataFrame], what: str) -> None:
    held = [frame.schema[what] for frame in frames if frame[what].count()]
    kinds = {"whole number" if kind.is_integer() else str(kind) for kind in held}
    if len(kinds) > 1:
        raise DataError(
            f"The {what}s of the parts are of type {' and '.join(sorted(kinds))}.",
            where={"column": what},
            hint="Make them one type before.",
        )


def with_space(votes: Votes, space: Space) -> Votes:
    """The same votes in another space; see :meth:`Votes.with_space`."""
    long = long_frame(votes)
    if "probabilities" in long.columns:
        moved = _moved(long["probabilities"].to_numpy(), votes.space, space)
        long = long.with_columns(probability_series(moved))
    return Votes._reread(
        long,
        space=space,
        annotators=votes.annotators,
        anonymous=votes.anonymous,
        frame=votes.frame,
    )


def _moved(probabilities: NDArray[np.float64], old: Space, new: Space) -> NDArray[np.float64]:
    """Probabilities over other classes.

    Those of aliases are added up, and what becomes an open answer is shared out evenly.
    """
    if not (isinstance(old, Classes) and isinstance(new, Classes)):
        raise SpaceError(f"Probabilities of classes have no meaning for {new.kind}.")
    moved = np.zeros((len(probabilities), new.n_classes))
    shares = new.candidates / new.candidates.sum(axis=1, keepdims=True)
    for code, name in enumerate(old.names):
        if name not in new.abstain:
            answer = new.tabulate([name])[0][0]
            moved += np.outer(probabilities[:, code], shares[answer])
        elif (probabilities[:, code] > 0).any():
            raise SpaceError(f"Some votes give a probability to {name!r}, which now abstains.")
    return moved
