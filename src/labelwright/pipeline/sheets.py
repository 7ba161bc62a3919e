"""Sheets for people to fill in, with what is needed to use their answers kept beside them.

``gold.csv`` (or ``gold_1.csv``, ``gold_2.csv`` for several coders) goes to the coders: shuffled,
without any label. ``gold.plan.json`` stays: which records were drawn, with which probability, from
which file and by which seed. ``gold.guide.txt`` tells the coders what the labels mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from labelwright.core.errors import CapabilityError, DataError, ParameterError, RunError
from labelwright.core.files import file_hash, write_bytes
from labelwright.core.results import Result
from labelwright.core.spaces import Classes, Space
from labelwright.core.tables import column
from labelwright.io import match_columns, read_table, write_table
from labelwright.pipeline._roles import guess_columns, guess_shape
from labelwright.pipeline._sheet_plan import PLAN, SheetPlan, plan_of
from labelwright.selection import Sample, SheetReading, blind_sheet, read_sheet, sample

__all__ = ["FilledSheets", "SheetPlan", "read_sheets", "write_sheets"]

# More than this would not be read in every row; the guide holds them all.
CHOICES_SHOWN = 20


@dataclass(frozen=True)
class FilledSheets(Result):
    """What came back.

    Attributes
    ----------
    plan : SheetPlan
    reading : SheetReading
        The answers, and what is wrong with the sheets.
    filled : tuple of int or None
        Places filled in on each sheet; None for a sheet that is not there.
    """

    kind: ClassVar[str] = "filled_sheets"

    plan: SheetPlan
    reading: SheetReading
    filled: tuple[int | None, ...]

    @property
    def gold(self) -> NDArray[np.int64]:
        """One class code a record (n,), -1 where there is no answer or coders differ."""
        return self.reading.gold()

    @property
    def inclusion(self) -> NDArray[np.float64]:
        """The inclusion probability of each record (n,), NaN where it was not drawn."""
        return self.plan.sample.per_row()

    def to_table(self) -> pl.DataFrame:
        """A row a drawn record: its name, the label that its coders agree on, its probability."""
        names = (*self.plan.classes, None)
        labels = [names[code] for code in self.gold[self.plan.sample.indices]]
        return self.plan.to_table().insert_column(1, pl.Series("label", labels))

    def findings(self) -> list[str]:
        """How far the sheets are filled in, and what is wrong with them, one line each."""
        known = int((self.gold >= 0).sum())
        lines = [f"{known:,} of {len(self.plan.sample):,} drawn records have a label."]
        for name, filled in zip(self.plan.sheets, self.filled, strict=True):
            lines.append(f"{name}: " + ("not there" if filled is None else f"{filled:,} filled in"))
        for problem in self.reading.problems:
            coder = problem.get("coder")
            place = f"{self.plan.sheets[coder]}, " if coder is not None else ""
            lines.append(f"{place}{self.plan.id or 'row'} {problem['id']}: {problem['problem']}")
        return lines


def write_sheets(
    source: str | Path,
    out: str | Path,
    k: int,
    *,
    id: str | None = None,  # noqa: A002
    show: str | Sequence[str] = (),
    classes: Classes | Sequence[Any] = (),
    by: str | None = None,
    bins: int = 5,
    group: str | None = None,
    coders: int = 1,
    overlap: float = 0.0,
    sheet: str | None = None,
    seed: int = 0,
) -> SheetPlan:
    """Draw records and write blind, shuffled sheets for people to fill in.

    Parameters
    ----------
    source : path
        The file of records.
    out : path
        The sheet: csv, tsv, xlsx or jsonl. For several coders a number is put into the name. A file
        that exists is never overwritten, since labels may stand in it.
    k : int
        How many records to draw.
    id : str, optional
        The column that names a record. Where it repeats (one row a vote), items are drawn.
    show : str or sequence of str, optional
        Columns or patterns that coders see; by default the text.
    classes : Classes or sequence, optional
        The labels that are allowed; by default those in the file.
    by : str, optional
        Draw from each stratum of this column its share, at least one. Numbers are cut first.
    bins : int
        Into how many ranges of equal size numbers are cut.
    group : str, optional
        Draw whole groups.
    coders : int
        How many sheets.
    overlap : float
        The share of records that every coder gets.
    sheet : str, optional
        Of an Excel file.
    seed : int
        Of the draw and of the order.

    Raises
    ------
    DataError
        If it is not clear what to show or which labels are allowed, or a column is not there.
    RunError
        If a file would be overwritten.
    """
    paths = _sheet_paths(Path(out), coders, overlap)
    frame = read_table(source, sheet=sheet)
    space = _space(frame, classes, source)
    columns = _shown(frame, show, id, source)
    if id is not None:
        frame = _items(frame, id, [*columns, by, group])
    drawn = _draw(frame, k, by=by, bins=bins, group=group, seed=seed)
    sheets = blind_sheet(
        frame, drawn, columns, id=id, coders=coders, overlap=overlap, random_state=seed
    )
    plan = SheetPlan(
        path=Path(out).with_name(Path(out).stem + PLAN),
        source=str(source),
        source_hash=file_hash(source),
        id=id,
        ids=_plain(frame[id][drawn.indices].to_list() if id else drawn.indices.tolist()),
        sample=drawn,
        classes=tuple(space.names),
        aliases=space.aliases,
        sheets=tuple(path.name for path in paths),
        seed=seed,
    )
    for path, content in zip(paths, sheets, strict=True):
        write_table(_with_choices(content, space), path)
    write_bytes(plan.guide, _guide(space).encode())
    # Last, so that a plan is there only where all of its sheets are.
    plan.write()
    return plan


def read_sheets(path: str | Path) -> FilledSheets:
    """Read filled-in sheets back; what is wrong is listed, and the rest is kept.

    Parameters
    ----------
    path : path
        One of the sheets, or the plan. All sheets of the plan are read.

    Raises
    ------
    DataError
        If no plan names this sheet, none of the sheets is there, or records went by their number
        and the file of records has changed since.
    """
    plan = plan_of(Path(path))
    plan.check_source()
    name = plan.id or "row"
    tables: list[pl.DataFrame | None] = []
    for sheet in plan.sheets:
        file = plan.path.with_name(sheet)
        tables.append(read_table(file) if file.exists() else None)
    if all(table is None for table in tables):
        raise DataError(f"None of the sheets of {plan.path} is there: {', '.join(plan.sheets)}.")
    ids = np.full(plan.sample.n, None, dtype=object)
    ids[plan.sample.indices] = list(plan.ids)
    nothing = pl.DataFrame(schema={name: pl.String, "label": pl.String})
    reading = read_sheet(
        [nothing if table is None else table for table in tables],
        Classes(plan.classes, aliases=plan.aliases),
        plan.sample,
        ids=ids,
        id=name,
    )
    filled = tuple(None if table is None else _n_filled(table) for table in tables)
    return FilledSheets(plan, reading, filled)


def _sheet_paths(target: Path, coders: int, overlap: float) -> list[Path]:
    """Where the sheets go; files that exist are refused."""
    if coders == 1 and overlap:
        raise ParameterError("An overlap needs two coders or more.", hint="Give --coders 2.")
    numbers = [""] if coders == 1 else [f"_{number}" for number in range(1, coders + 1)]
    paths = [target.with_name(f"{target.stem}{number}{target.suffix}") for number in numbers]
    for path in [*paths, target.with_name(target.stem + PLAN)]:
        if path.exists():
            raise RunError(
                f"{path} exists, and labels may stand in it.",
                where={"file": str(path)},
                hint="Give another --out, or move it away.",
            )
    return paths


def _draw(
    frame: pl.DataFrame, k: int, *, by: str | None, bins: int, group: str | None, seed: int
) -> Sample:
    if not 1 <= k <= frame.height:
        raise ParameterError(
            f"{k:,} cannot be drawn from {frame.height:,} records.",
            hint=f"Give a number from 1 to {frame.height:,}.",
        )
    return sample(
        frame.height,
        k,
        by=None if by is None else _strata(column(frame, by), bins),
        groups=None if group is None else column(frame, group),
        random_state=seed,
    )


def _space(frame: pl.DataFrame, classes: Classes | Sequence[Any], source: Any) -> Classes:
    if isinstance(classes, Classes):
        return classes
    if isinstance(classes, Space):
        raise CapabilityError(
            f"Sheets ask for one class a record, and the codebook holds {classes.kind}."
        )
    if classes:
        return Classes(tuple(classes))
    shape = guess_shape(frame, guess_columns(frame))
    stated = shape.votes or tuple(name for name in (shape.label, shape.gold) if name)
    if not stated:
        raise DataError(
            "It is not clear which labels are allowed.",
            hint=f"Name them: --classes yes,no; or write a codebook: labelwright init {source}",
        )
    alike = len({frame[name].dtype for name in stated}) == 1
    columns = [frame[name] if alike else frame[name].cast(pl.String) for name in stated]
    return Classes.from_values(pl.concat([column.alias("label") for column in columns]))


def _shown(
    frame: pl.DataFrame, show: str | Sequence[str], id_column: str | None, source: Any
) -> list[str]:
    """Columns for the coders: only what is named or is text, so that no label slips in."""
    if show:
        names = list(match_columns(frame.columns, show))
    else:
        names = [c.name for c in guess_columns(frame) if c.role == "text"]
    names = [name for name in names if name != id_column]
    if not names:
        raise DataError(
            f"No column of {source} looks like text for people to read.",
            hint=f"Say which they see: --show COLUMN. There is: {', '.join(frame.columns[:20])}.",
        )
    return names


def _items(frame: pl.DataFrame, id_column: str, needed: Sequence[str | None]) -> pl.DataFrame:
    """One row an item; what is needed of it must be the same in each of its rows."""
    ids = column(frame, id_column, role="id")
    if not ids.is_duplicated().any():
        return frame
    for name in needed:
        if name is not None and frame.select(id_column, name).n_unique() > ids.n_unique():
            raise DataError(
                f"{name!r} differs between rows of one {id_column!r}.",
                where={"column": name},
                hint="Give a column that belongs to the item.",
            )
    return frame.unique(id_column, keep="first", maintain_order=True)


def _plain(ids: list[Any]) -> tuple[Any, ...]:
    """Ids as JSON can hold them: a date by its text, as a sheet does."""
    return tuple(name if isinstance(name, (str, int, float)) else str(name) for name in ids)


def _strata(values: pl.Series, bins: int) -> pl.Series:
    """The values themselves, or ranges of about equal size where there are many numbers."""
    if not values.dtype.is_numeric() or values.n_unique() <= max(bins, 2):
        return values
    cuts = np.unique(np.quantile(values.drop_nulls().to_numpy(), np.arange(1, bins) / bins))
    ranges = pl.Series(np.searchsorted(cuts, values.to_numpy(), side="left"))
    return pl.select(pl.when(values.is_not_null()).then(ranges)).to_series()


def _with_choices(sheet: pl.DataFrame, space: Classes) -> pl.DataFrame:
    if len(space.names) > CHOICES_SHOWN or "choices" in sheet.columns:
        return sheet
    choices = pl.Series("choices", [" | ".join(map(str, space.names))] * sheet.height, pl.String)
    return sheet.insert_column(sheet.width - 1, choices)


def _guide(space: Classes) -> str:
    lines = [
        "Fill in the column 'label'. Leave it empty where you cannot tell.",
        "Change nothing else: no rows, no order of columns, no other cells.",
        "",
        "The labels:",
        *(f"  {name}: {space.definitions.get(name, '')}".rstrip(": ") for name in space.names),
    ]
    return "\n".join(lines) + "\n"


def _n_filled(table: pl.DataFrame) -> int:
    answers = column(table, "label").cast(pl.String).str.strip_chars()
    return int((answers.fill_null("") != "").sum())
