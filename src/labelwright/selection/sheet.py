"""Sheets for people who label a sample without seeing the machine's labels, and back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import DataError, ParameterError, nearest
from labelwright.core.results import Result
from labelwright.core.seeds import RandomState, generator
from labelwright.core.spaces import Classes
from labelwright.core.tables import column, to_polars
from labelwright.selection.random_sample import Sample

if TYPE_CHECKING:
    import polars as pl

__all__ = ["SheetReading", "blind_sheet", "read_sheet"]

ROW, LABEL = "row", "label"


def blind_sheet(
    records: Any,
    sample: Sample,
    columns: Sequence[str],
    *,
    id: str | None = None,  # noqa: A002
    coders: int = 1,
    overlap: float = 0.0,
    random_state: RandomState = 0,
) -> list[pl.DataFrame]:
    """Sheets to fill in, one a coder: an id, the columns to read, and an empty ``label``.

    Parameters
    ----------
    records : table
        All records, in the order that the sample was drawn from.
    sample : Sample
        Which of them to label.
    columns : sequence of str
        What a coder sees. Leave out whatever tells the machine's label.
    id : str, optional
        The column that names a record; by default its number from 0, as the column ``row``.
    coders : int
        How many sheets. Records are dealt out evenly.
    overlap : float
        The share of records that every coder gets, to measure how they agree.
    random_state : int, Generator or None
        Seed of the order, which differs between coders.

    Returns
    -------
    list of polars frames

    Raises
    ------
    DataError
        If a column is not there, ids repeat, or a shown column is called ``label``.

    Examples
    --------
    >>> from labelwright.selection import sample
    >>> records = {"text": ["a", "b", "c", "d"], "model": ["x", "x", "y", "y"]}
    >>> blind_sheet(records, sample(4, 3), ["text"])[0].columns
    ['row', 'text', 'label']
    """
    import polars as pl

    if isinstance(coders, bool) or not isinstance(coders, (int, np.integer)) or coders < 1:
        raise ParameterError(f"coders={coders!r} is not accepted.", hint="Give 1 or more.")
    if not 0 <= overlap <= 1:
        raise ParameterError(f"overlap={overlap!r} is not accepted.", hint="Give a share, 0 to 1.")
    frame = to_polars(records)
    if frame.height != sample.n:
        raise DataError(
            f"The sample was drawn from {sample.n:,} records, but there are {frame.height:,}."
        )
    ids = pl.Series(ROW, np.arange(frame.height)) if id is None else column(frame, id, role="id")
    if LABEL in (ids.name, *columns) or ids.name in columns:
        raise DataError(
            f"The columns {[ids.name, *columns]} cannot stand beside an empty 'label'.",
            hint="Show each column once, and rename one that is called 'label'.",
        )
    _check_unique(ids)
    shown = [ids, *(column(frame, name) for name in columns)]
    sheet = pl.DataFrame(shown).with_columns(pl.lit(None, pl.String).alias(LABEL))
    rng = generator(random_state, "sheet")
    order = rng.permutation(sample.indices)
    n_shared = round(overlap * order.size) if coders > 1 else 0
    parts = np.array_split(order[n_shared:], coders)
    own = (np.concatenate([order[:n_shared], part]) for part in parts)
    return [sheet[rng.permutation(rows)] for rows in own]


@dataclass(frozen=True)
class SheetReading(Result):
    """What filled-in sheets say.

    Attributes
    ----------
    rows, coders, codes : (m,) int64
        Record, number of the sheet, and class code of each usable answer.
    n : int
        How many records there are in all.
    names : tuple
        The classes.
    n_unanswered : int
        Places that were left empty, or hold an answer that the codebook counts as abstaining.
    problems : tuple of dict
        What could not be used, or should be looked at: ``problem``, ``coder`` and ``id``, and what
        else is known.
    """

    kind: ClassVar[str] = "sheet"

    rows: NDArray[np.int64]
    coders: NDArray[np.int64]
    codes: NDArray[np.int64]
    n: int
    names: tuple[Any, ...]
    n_unanswered: int
    problems: tuple[dict[str, Any], ...]

    def gold(self) -> NDArray[np.int64]:
        """One class code a record (n,): -1 where there is no answer, or coders differ."""
        gold = np.full(self.n, -1, dtype=np.int64)
        gold[self.rows] = self.codes
        gold[self.rows[gold[self.rows] != self.codes]] = -1
        return gold

    def to_table(self) -> Any:
        """A row an answer."""
        import polars as pl

        labels = [self.names[code] for code in self.codes]
        return pl.DataFrame({ROW: self.rows, "coder": self.coders, LABEL: labels})


def read_sheet(
    sheets: Any,
    classes: Classes | Sequence[Any],
    sample: Sample,
    *,
    ids: Any = None,
    id: str = ROW,  # noqa: A002
) -> SheetReading:
    """Read filled-in sheets back; whatever is wrong is listed, and the rest is kept.

    Parameters
    ----------
    sheets : table or list of tables
        As :func:`blind_sheet` made them, one a coder, with ``label`` filled in. A list is a list of
        sheets.
    classes : Classes or sequence
        The labels that are allowed; white space around an answer does not count. Aliases of
        ``Classes`` are understood.
    sample : Sample
        The sample that the sheets were made for.
    ids : array-like of shape (n,), optional
        The names of all records, if the sheets were made with ``id=``.
    id : str
        The column that names a record.

    Returns
    -------
    SheetReading

    Raises
    ------
    DataError
        If a sheet has no column of ids or labels.

    Examples
    --------
    >>> from labelwright.selection import sample
    >>> drawn = sample(3, 3)
    >>> sheet = {"row": [0, 1, 2], "label": ["spam", "spma", None]}
    >>> reading = read_sheet(sheet, ["ham", "spam"], drawn)
    >>> reading.gold().tolist(), reading.problems[0]["problem"]
    ([1, -1, -1], "'spma' is no class; 'spam'?")
    """
    tables = list(sheets) if isinstance(sheets, (list, tuple)) else [sheets]
    space = classes if isinstance(classes, Classes) else Classes(tuple(classes))
    named = np.arange(sample.n) if ids is None else np.asarray(ids, dtype=object)
    if named.size != sample.n:
        raise DataError(f"There are {named.size:,} ids for {sample.n:,} records.")
    row_of = {cell_text(named[row]): int(row) for row in sample.indices}
    found = [
        _read_one(to_polars(table), coder, id, row_of, space) for coder, table in enumerate(tables)
    ]
    answers = [answer for one in found for answer in one.answers]
    rows, coders, codes = np.array(answers, dtype=np.int64).reshape(-1, 3).T
    seen = {row for one in found for row in one.seen}
    absent = [row for row in np.sort(sample.indices).tolist() if row not in seen]
    problems = [problem for one in found for problem in one.problems]
    problems += [{"problem": "missing from every sheet", "id": named[row]} for row in absent]
    problems += _differing(answers, named, space)
    n_unanswered = sum(one.n_unanswered for one in found)
    names = tuple(space.names)
    return SheetReading(rows, coders, codes, sample.n, names, n_unanswered, tuple(problems))


@dataclass
class _OneSheet:
    answers: list[tuple[int, int, int]]
    problems: list[dict[str, Any]]
    seen: set[int]
    n_unanswered: int = 0


def _read_one(
    frame: pl.DataFrame, coder: int, id_column: str, row_of: dict[str, int], space: Classes
) -> _OneSheet:
    """Answers (row, coder, code) of one sheet, and what is wrong in it."""
    one = _OneSheet([], [], set())
    spelt, abstentions = spellings(space), {str(name) for name in space.abstain}
    names, labels = column(frame, id_column, role="id"), column(frame, LABEL)
    for name, answer in zip(names, labels, strict=True):
        row, text = row_of.get(cell_text(name)), cell_text(answer)
        problem = ""
        if row is None:
            problem = "added: not in the sample"
        elif row in one.seen:
            problem = "appears twice"
        elif not text or text in abstentions:
            one.n_unanswered += 1
        elif text not in spelt:
            guess = nearest(text, space.names)
            problem = f"{text!r} is no class" + (f"; {guess!r}?" if guess else "")
        else:
            one.answers.append((row, coder, spelt[text]))
        if row is not None:
            one.seen.add(row)
        if problem:
            one.problems.append({"problem": problem, "coder": coder, "id": name, "label": text})
    return one


def cell_text(cell: Any) -> str:
    """A cell as text; spreadsheets turn whole numbers into fractions."""
    if cell is None or cell != cell:
        return ""
    whole = isinstance(cell, float) and cell.is_integer()
    return str(int(cell) if whole else cell).strip()


def spellings(space: Classes) -> dict[str, int]:
    """Every text that stands for a class, aliases too, with its code."""
    codes = {str(name): code for code, name in enumerate(space.names)}
    return {str(a): codes[str(name)] for a, name in space.aliases.items()} | codes


def _check_unique(ids: pl.Series) -> None:
    repeated = ids.filter(ids.is_duplicated() | ids.is_null())
    if repeated.len():
        raise DataError(
            f"The id {repeated[0]!r} does not name one record.",
            where={"column": ids.name},
            hint="Give a column whose values differ, or no id.",
        )


def _differing(
    answers: list[tuple[int, int, int]], named: NDArray[Any], space: Classes
) -> list[dict[str, Any]]:
    given = defaultdict(set)
    for row, _, code in answers:
        given[row].add(code)
    return [
        {
            "problem": "coders differ",
            "id": named[row],
            "label": [space.names[code] for code in sorted(codes)],
        }
        for row, codes in given.items()
        if len(codes) > 1
    ]
