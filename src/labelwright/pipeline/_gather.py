"""Reading what a run starts from: records, votes, gold, and what to learn from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from labelwright.core.errors import DataError
from labelwright.core.seeds import generator
from labelwright.core.spaces import Space
from labelwright.core.tables import column, to_polars
from labelwright.core.votes import Votes
from labelwright.io import match_columns, read_records, read_table, read_votes, recognise
from labelwright.pipeline._by import By, read_by
from labelwright.pipeline._checks import (
    check_own_columns,
    refuse_double_use,
    refuse_if_votes,
    warn_if_slots,
)
from labelwright.pipeline._gold import Gold, read_gold
from labelwright.pipeline.settings import Settings

__all__ = ["Gathered", "gather", "read_frame"]


@dataclass(frozen=True)
class Gathered:
    """What a run starts from.

    Attributes
    ----------
    records : polars frame
        One row an item, in the order of the input, with the columns that are constant within an
        item.
    votes : Votes
        ``votes.items`` are the ids of ``records``, in the same order.
    doubtful : bool
        Whether the votes are one column of labels that is itself in doubt.
    gold : Gold or None
    group : (n_items,) int64 or None
        Codes of the groups asked for.
    by : By or None
        What the results are broken down by.
    id_column : str or None
    notes : list of str
        What a reader of the report should know about the input.
    """

    records: pl.DataFrame
    votes: Votes
    doubtful: bool
    gold: Gold | None
    group: NDArray[np.int64] | None
    by: By | None
    id_column: str | None
    notes: list[str] = field(default_factory=list)

    @property
    def ids(self) -> pl.Series:
        """The ids of the items; row numbers where no column was named."""
        if self.id_column is None:
            return pl.int_range(self.records.height, eager=True)
        return self.records[self.id_column]


def gather(settings: Settings, table: Any = None) -> Gathered:
    """Read and check everything; ``table`` stands in for the file of records."""
    notes: list[str] = []
    space = _space(settings)
    if table is None and not settings.states_votes:
        return _gather_export(settings, space)
    frame = to_polars(table) if table is not None else read_frame(settings)
    check_own_columns(frame)
    frame = _limited(frame, settings, notes)
    records, votes = _read_shape(frame, settings, space, notes)
    return Gathered(
        records=records,
        votes=votes,
        doubtful=settings.states_doubtful_label,
        gold=read_gold(records, votes.classes, settings),
        group=_group(records, settings),
        by=read_by(records, settings.by),
        id_column=settings.id,
        notes=notes,
    )


def _gather_export(settings: Settings, space: Space | None) -> Gathered:
    """Votes from the export of a tool, with the records that it holds."""
    found = recognise(settings.file)
    if not (found.formats or settings.reader):
        raise DataError(
            f"{found} It is not said where the labels are.",
            where={"file": settings.file},
            hint=f"Try: labelwright look {settings.file}",
        )
    votes = read_votes(
        settings.file,
        question=settings.asked,
        format=settings.reader,
        space=space,
        repeats=settings.repeats,
    )
    records = read_records(settings.file, format=settings.reader)
    if records is None:
        records = pl.DataFrame({"id": votes.items.tolist()})
    if settings.limit is not None:
        votes, records = _some_items(votes, records, settings)
    return Gathered(
        records=records,
        votes=votes,
        doubtful=False,
        gold=read_gold(records, votes.classes, settings.model_copy(update={"id": "id"})),
        group=_group(records, settings),
        by=read_by(records, settings.by),
        id_column="id",
        notes=[str(found)],
    )


def _some_items(
    votes: Votes, records: pl.DataFrame, settings: Settings
) -> tuple[Votes, pl.DataFrame]:
    n = min(settings.limit or votes.n_items, votes.n_items)
    kept = np.sort(generator(settings.seed, "limit").choice(votes.n_items, n, replace=False))
    return votes.select(items=votes.items[kept]), records[kept]


def _space(settings: Settings) -> Space | None:
    if settings.codebook is None:
        return None
    from labelwright.core.codebook import Codebook

    return Codebook.read(settings.codebook).space(settings.asked)


def read_frame(settings: Settings) -> pl.DataFrame:
    """The table that the settings name; one without rows is refused."""
    frame = read_table(settings.file, sheet=settings.sheet)
    if not frame.height:
        raise DataError(
            f"{settings.file} has {frame.width} columns and no rows.",
            where={"file": settings.file},
            hint="Is it a header only?",
        )
    return frame


def _limited(frame: pl.DataFrame, settings: Settings, notes: list[str]) -> pl.DataFrame:
    """A random part of the items, with all of their rows."""
    ids = column(frame, settings.id) if settings.id else pl.Series(range(frame.height))
    distinct = ids.unique(maintain_order=True)
    if settings.limit is None or distinct.len() <= settings.limit:
        return frame
    rng = generator(settings.seed, "limit")
    kept = distinct.gather(np.sort(rng.choice(distinct.len(), settings.limit, replace=False)))
    notes.append(f"Only {settings.limit:,} of {distinct.len():,} items, drawn at random (--limit).")
    return frame.filter(ids.is_in(kept.implode()))


def _read_shape(
    frame: pl.DataFrame, settings: Settings, space: Space | None, notes: list[str]
) -> tuple[pl.DataFrame, Votes]:
    """Records and votes of a table whose shape is stated."""
    options: dict[str, Any] = {"space": space, "repeats": settings.repeats}
    if settings.votes_file:
        return frame, _read_votes_file(frame, settings, options)
    if settings.annotator:
        return _read_long(frame, settings, options, notes)
    if settings.states_doubtful_label:
        column(frame, settings.label or "")
        refuse_if_votes(frame, settings)
        label = settings.label or ""
        return frame, read_votes(frame, item=settings.id, votes=[label], **options)
    refuse_double_use(frame, settings)
    if settings.votes and not (settings.annotators or settings.slots):
        warn_if_slots(frame, list(match_columns(frame.columns, settings.votes)))
    shape = {name: getattr(settings, name) or None for name in ("votes", "annotators", "counts")}
    votes = read_votes(
        frame,
        item=settings.id,
        label=settings.label,
        split=settings.split,
        slots=settings.slots,
        **shape,
        **options,
    )
    return frame, votes


def _read_long(
    frame: pl.DataFrame, settings: Settings, options: dict[str, Any], notes: list[str]
) -> tuple[pl.DataFrame, Votes]:
    """One row a vote: what is constant within an item belongs to its record."""
    item, annotator, label = settings.id or "", settings.annotator or "", settings.label or ""
    roles = [item, annotator, label]
    for name in roles:
        column(frame, name)
    own = [name for name in frame.columns if name not in roles]
    constant = _constant_within(frame, item, own)
    varying = [name for name in own if name not in constant]
    for used in (settings.text, settings.gold, settings.group, settings.by):
        if used in varying:
            raise DataError(
                f"Column {used!r} differs between votes on one item.",
                where={"column": used},
                hint=f"It must be the same in all rows of an item; is {item!r} the item?",
            )
    if varying:
        listed = ", ".join(varying[:8]) + (" ..." if len(varying) > 8 else "")
        notes.append(f"Left out of the labels, since they differ between votes: {listed}.")
    timed = [name for name in ("time", "seconds") if name in varying]
    votes = read_votes(
        frame[[*roles, *timed]], item=item, annotator=annotator, label=label, **options
    )
    records = frame.filter(pl.col(item).is_not_null())
    return records.unique(item, keep="first", maintain_order=True)[[item, *constant]], votes


def _constant_within(frame: pl.DataFrame, item: str, names: list[str]) -> list[str]:
    if not names:
        return []
    distinct = frame.group_by(item).agg(pl.col(names).n_unique()).select(pl.col(names).max())
    return [name for name in names if distinct[name].item() == 1]


def _read_votes_file(frame: pl.DataFrame, settings: Settings, options: dict[str, Any]) -> Votes:
    """Votes of a second file, in the order of the records."""
    if not settings.id:
        raise DataError("--votes-file needs --id: the column of item ids in both files.")
    return Votes.from_table(
        read_table(settings.votes_file or ""),
        item=settings.id,
        annotator=settings.annotator or "annotator",
        label=settings.label or "label",
        items=column(frame, settings.id),
        **options,
    )


def _group(records: pl.DataFrame, settings: Settings) -> NDArray[np.int64] | None:
    if settings.group is None:
        return None
    groups = column(records, settings.group)
    own = pl.int_range(records.height, eager=True).cast(pl.String)
    named = groups.cast(pl.String).fill_null("\0" + own)
    return named.rank("dense").cast(pl.Int64).to_numpy() - 1
