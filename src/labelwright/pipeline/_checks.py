"""What can be read in two ways is asked about, not guessed."""

from __future__ import annotations

import shlex
import warnings

import numpy as np
import polars as pl
from numpy.typing import NDArray

from labelwright.core._factorize import factorize
from labelwright.core.errors import DataError, DataWarning
from labelwright.io import Recognition, match_columns
from labelwright.pipeline.settings import Settings

OWN = "lw_"
# A text that repeats with another label now and then is noise; a tenth of all rows is a design.
CONFLICTING_SHARE = 0.1
# Formats that do not tell answers from data.
MIXED_FORMATS = ("label-studio-min",)


def check_own_columns(frame: pl.DataFrame) -> None:
    """Refuse columns with names that the results will have."""
    taken = [name for name in frame.columns if name.startswith(OWN)]
    if taken:
        raise DataError(
            f"Column {taken[0]!r} has a name that Labelwright gives to its results.",
            where={"column": taken[0]},
            hint="Rename it. If this is a file of results, run on the original file.",
        )


def tells_questions(export: Recognition) -> bool:
    """Whether what the export of a tool names as its questions are questions, all of them."""
    return bool(export.questions) and export.formats[0] not in MIXED_FORMATS


def refuse_double_use(frame: pl.DataFrame, settings: Settings) -> None:
    """Refuse a column of votes that is said to be something else, too."""
    pattern = settings.votes or settings.counts
    votes = match_columns(frame.columns, pattern) if pattern else {}
    for role in ("gold", "id", "text", "group", "by"):
        name = getattr(settings, role)
        if name in votes:
            raise DataError(
                f"Column {name!r} is named by --{role} and fits the votes, too.",
                where={"column": name},
                hint="Make the pattern narrower, so that it holds annotators only.",
            )


def refuse_if_votes(frame: pl.DataFrame, settings: Settings) -> None:
    """Refuse a column of doubtful labels that looks like votes, one row each."""
    label = settings.label or ""
    for key in (settings.id, settings.text):
        if key is None or key not in frame.columns:
            continue
        per_key = frame.group_by(key).agg(pl.col(label).n_unique().alias("labels"), pl.len())
        conflicting = per_key.filter((pl.col("labels") > 1) & (pl.col("len") > 1))
        rows = int(conflicting["len"].sum())
        if rows and (key == settings.id or rows > CONFLICTING_SHARE * frame.height):
            raise DataError(
                f"{rows:,} rows share their {key} with a row of another label: these look like "
                f"votes, not like items.",
                where={"column": key},
                hint=_two_ways(settings),
            )
    if settings.id and frame[settings.id].is_duplicated().any():
        twice = frame.filter(frame[settings.id].is_duplicated())[settings.id][0]
        raise DataError(f"Id {twice!r} stands in more than one row.", where={"column": settings.id})


def _two_ways(settings: Settings) -> str:
    base = ["labelwright", "run", settings.file or "FILE"]
    text = ["--text", settings.text] if settings.text else []
    votes = [*base, "--id", settings.id or "ITEM", "--annotator", "WHO", "--label", settings.label]
    first = shlex.join([*votes, *text])  # type: ignore[list-item]
    return (
        f"If each row is a vote: {first}\n"
        "If each row is an item: leave out --id, or remove the repeated rows."
    )


def warn_if_slots(frame: pl.DataFrame, names: list[str]) -> None:
    """Warn where columns of votes are probably slots; refuse where their people stand beside."""
    companions = companion_columns(frame, names)
    if companions:
        raise DataError(
            f"{names[0]} ... look like slots, filled by the people in {companions[0]} ...",
            where={"columns": names},
            hint=f"Add --annotators {','.join(companions)}. If {names[0]} is one person, rename "
            f"{companions[0]}.",
        )
    if look_like_slots(frame, names):
        warnings.warn(
            f"{names[0]} ... {names[-1]} may be slots rather than people: every cell is full, and "
            "all of them use the labels alike. Figures about annotators would then mean nothing. "
            "If you know who gave each vote, add --annotators.",
            DataWarning,
            stacklevel=2,
        )


def companion_columns(frame: pl.DataFrame, names: list[str]) -> list[str]:
    """Columns that number their names as ``names`` do and hold many ids: who filled each slot."""
    endings = [name[len(name.rstrip("0123456789")) :] for name in names]
    if len(names) < 2 or not all(endings):
        return []
    labels = {value for name in names for value in frame[name].drop_nulls().unique().to_list()}
    stems: dict[str, list[str]] = {}
    for other in frame.columns:
        stem = other.rstrip("0123456789")
        if other not in names and other[len(stem) :] in endings:
            stems.setdefault(stem, []).append(other)
    for columns in stems.values():
        found = {value for name in columns for value in frame[name].drop_nulls().unique().to_list()}
        is_text = all(frame[name].dtype == frame[columns[0]].dtype for name in columns)
        if len(columns) == len(names) and is_text and len(found) > len(labels) + len(names):
            seen_often = len(found) < 0.5 * sum(frame[name].count() for name in columns)
            if seen_often:
                return columns
    return []


def look_like_slots(frame: pl.DataFrame, names: list[str]) -> bool:
    """Whether numbered columns are always full and cannot be told apart by how they are used.

    Slots that are filled in turn hold the same mixture of people, so they use the labels in the
    same shares and agree with the others equally often; people differ in one or the other.
    """
    numbered = all(name != name.rstrip("0123456789") for name in names)
    if len(names) < 3 or not numbered or any(frame[name].null_count() for name in names):
        return False
    codes, labels = factorize(pl.concat([frame[name].cast(pl.String) for name in names]))
    by_column = codes.reshape(len(names), -1)
    if len(labels) < 2:
        return False
    votes = np.array([np.bincount(column, minlength=len(labels)) for column in by_column])
    others = np.array([(by_column == k).sum(axis=0) for k in range(len(labels))])
    agreeing = np.array([(others.argmax(axis=0) == column).sum() for column in by_column])
    differing = by_column.shape[1] - agreeing
    return _alike(votes) and _alike(np.column_stack([agreeing, differing]))


def _alike(table: NDArray[np.int64]) -> bool:
    """Whether the rows of a table of counts may come from the same distribution."""
    from scipy.stats import chi2_contingency

    used = table[:, table.sum(axis=0) > 0]
    return used.shape[1] < 2 or float(chi2_contingency(used).pvalue) > 0.01
