"""What the modules of a label compute from: one table, and what is known about it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelwright.core.errors import DataError
from labelwright.core.seeds import RandomState
from labelwright.report.nutrition._about import read_about
from labelwright.report.nutrition._kinds import column_kind

if TYPE_CHECKING:
    import polars as pl

    from labelwright.core.votes import Votes

__all__ = ["NutritionData", "read_data"]

BLOCK_ROWS = 1 << 14


@dataclass(frozen=True, eq=False)
class NutritionData:
    """A table as the modules of a label see it.

    Its rows are sorted by all columns, so that nothing a module computes depends on the order that
    they came in.

    Attributes
    ----------
    table : polars frame
        Missing numbers (NaN) are null.
    comparable : polars frame
        The same with every column as something that can be compared: lists and the like as text.
    kinds : dict of str to str
        Kind of each column: nominal, ordinal, discrete, continuous, time, text, identifier, nested
        or empty.
    about : dict
        What was stated: title, description, licence, source ... and ``columns``.
    file : dict
        ``name``, ``format`` and ``bytes`` (None where no file was read), ``checksum``.
    label : str or None
        Column of labels.
    votes : Votes or None
        Votes on the rows, in their order.
    vote_columns : tuple of str
    ground_truth : polars frame or None
        An external table with a row a value of the column ``on``.
    on : str or None
    smallest : int
        Values that fewer rows have are not named.
    random_state : int, Generator, SeedSequence or None
    """

    table: pl.DataFrame
    comparable: pl.DataFrame
    kinds: Mapping[str, str]
    about: Mapping[str, Any]
    file: Mapping[str, Any]
    label: str | None = None
    votes: Votes | None = None
    vote_columns: tuple[str, ...] = ()
    ground_truth: pl.DataFrame | None = None
    on: str | None = None
    smallest: int = 5
    random_state: RandomState = 0

    def of_kind(self, *kinds: str, votes: bool = False) -> list[str]:
        """The columns of some kinds, without those that hold votes unless ``votes``."""
        return [
            name
            for name, kind in self.kinds.items()
            if kind in kinds and (votes or name not in self.vote_columns)
        ]

    @cached_property
    def text(self) -> str | None:
        """The column with the longest texts, None where there is no text."""
        columns = [name for name in self.of_kind("text") if name != self.label]
        return max(columns, key=self._characters, default=None)

    def _characters(self, name: str) -> int:
        import polars as pl

        return int(self.table[name].cast(pl.String).str.len_chars().sum())

    def why_not(self, needs: Sequence[str]) -> str:
        """What is missing of the needs of a module, in words; nothing if it can run."""
        lacking = [
            need
            for need in needs
            if all(getattr(self, option) is None for option in need.split(" or "))
        ]
        return (
            f"needs {' and '.join(need.replace('_', ' ') for need in lacking)}" if lacking else ""
        )


def read_data(
    table: Any,
    *,
    label: str | None = None,
    votes: str | Sequence[str] | None = None,
    about: Mapping[str, Any] | None = None,
    ground_truth: Any = None,
    on: str | None = None,
    sheet: str | None = None,
    smallest: int = 5,
    random_state: RandomState = 0,
) -> NutritionData:
    """Read a table or a file, and put its rows in order."""
    from labelwright.core.tables import column
    from labelwright.io import match_columns, read_votes

    frame, file = _read(table, sheet)
    if label is not None:
        column(frame, label, role="label")
    if (ground_truth is None) != (on is None):
        raise DataError("A ground truth and the column to join it on go together.")
    frame = _without_nan(frame)
    comparable = _comparable(frame)
    order = _order(comparable)
    stated = read_about(about, frame.columns)
    sorted_frame = frame[order]
    kinds = {
        series.name: column_kind(series, stated["columns"].get(series.name, {}).get("kind"))
        for series in sorted_frame
    }
    return NutritionData(
        table=sorted_frame,
        comparable=comparable[order],
        kinds=kinds,
        about=stated,
        file={"checksum": _checksum(comparable)} | file,
        label=label,
        votes=None if votes is None else read_votes(sorted_frame, votes=votes),
        vote_columns=() if votes is None else tuple(match_columns(frame.columns, votes)),
        ground_truth=_external(ground_truth, on, frame),
        on=on,
        smallest=smallest,
        random_state=random_state,
    )


def _read(table: Any, sheet: str | None) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The table, and what there is to say about its file."""
    from labelwright.core.files import file_hash
    from labelwright.core.tables import to_polars
    from labelwright.io import read_table

    file: dict[str, Any]
    if not isinstance(table, (str, Path)):
        frame, file = to_polars(table), {"name": None, "format": None, "bytes": None}
    else:
        path = Path(table)
        frame = read_table(path, sheet=sheet)
        file = {
            "name": path.name,
            "format": path.suffix.lstrip(".").lower() or None,
            "bytes": path.stat().st_size if path.is_file() else None,
        }
        file |= {"checksum": f"sha256:{file_hash(path)}"} if path.is_file() else {}
    if not frame.width or not frame.height:
        raise DataError(
            f"The table has {frame.width} columns and {frame.height} rows.",
            hint="A label needs at least one of each.",
        )
    return frame, file


def _external(table: Any, on: str | None, frame: pl.DataFrame) -> pl.DataFrame | None:
    """The external table, with one row a key."""
    from labelwright.core.tables import column, to_polars
    from labelwright.io import read_table

    if table is None or on is None:
        return None
    column(frame, on, role="join key")
    external = _without_nan(
        read_table(table) if isinstance(table, (str, Path)) else to_polars(table)
    )
    keys = column(external, on, role="join key of the ground truth").drop_nulls()
    twice = keys.filter(keys.is_duplicated())
    if len(twice):
        raise DataError(
            f"The ground truth has several rows with {on} = {twice[0]!r}.",
            where={"column": on, "value": twice[0]},
            hint="Give it one row a key, for example the mean of each.",
        )
    if keys.dtype != frame[on].dtype:
        raise DataError(
            f"Column {on!r} holds {frame[on].dtype} here and {keys.dtype} in the ground truth.",
            where={"column": on},
            hint="Bring both to one type.",
        )
    return external.drop_nulls(on)


def _without_nan(frame: pl.DataFrame) -> pl.DataFrame:
    from polars import selectors

    # Adding zero makes one zero of both, which compare as equal and print differently.
    return frame.with_columns(selectors.float().fill_nan(None) + 0.0)


def _comparable(frame: pl.DataFrame) -> pl.DataFrame:
    """Every column as something that sorts, compares and can be written as JSON."""
    import polars as pl

    def column(series: pl.Series) -> pl.Series:
        dtype = series.dtype
        if dtype in (pl.Categorical, pl.Enum):
            return series.cast(pl.String)
        if dtype.is_nested() or dtype in (pl.Object, pl.Binary):
            texts = [None if value is None else str(value) for value in series.to_list()]
            return pl.Series(series.name, texts, dtype=pl.String)
        return series

    return frame.select([column(series) for series in frame])


def _order(comparable: pl.DataFrame) -> pl.Series:
    """The rows in the order of all columns, in which equal rows are the only ties."""
    names = {name: f"column_{place}" for place, name in enumerate(comparable.columns)}
    return comparable.rename(names).with_row_index("row").sort(list(names.values()))["row"]


def _checksum(comparable: pl.DataFrame) -> str:
    """SHA-256 of the rows as lines of JSON, in the order that they came in."""
    found = hashlib.sha256()
    for block in comparable.iter_slices(BLOCK_ROWS):
        lines = io.BytesIO()
        block.write_ndjson(lines)
        found.update(lines.getvalue())
    return f"sha256:{found.hexdigest()}"
