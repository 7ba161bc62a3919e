"""Gold labels of a run: from a column, from a file, or from sheets that people filled in."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from labelwright.core.errors import DataError, DataWarning
from labelwright.core.ledger import GoldLedger
from labelwright.core.tables import column
from labelwright.io import read_table
from labelwright.pipeline._labels import REVIEW_TAG

if TYPE_CHECKING:
    from labelwright.core.spaces import Classes
    from labelwright.pipeline.settings import Settings

__all__ = ["Gold", "gold_columns", "is_sheet", "read_gold", "split_gold_file"]

ROW = "row"
# Of so many reviewed records in a random sample; below, the sample is held to be none.
LEAST_CHANCE = 1e-3


@dataclass(frozen=True)
class Gold:
    """Gold labels, and how they were drawn where that is known.

    Attributes
    ----------
    codes : (n_items,) int32
        Class codes, -1 where nobody looked.
    inclusion : (n_items,) float64 or None
        Probability with which each item was drawn; NaN where it was not.
    tuned : (n_items,) bool or None
        Whose gold something was tuned on before: it still is a label, but it judges nothing.
    refused : str
        Why no gold can judge at all; empty if some can.
    """

    codes: NDArray[np.int32]
    inclusion: NDArray[np.float64] | None = None
    tuned: NDArray[np.bool_] | None = None
    refused: str = ""

    @property
    def judging(self) -> NDArray[np.int32]:
        """Class codes of the gold that may judge labels and models, else -1."""
        return self.codes if self.tuned is None else np.where(self.tuned, -1, self.codes)

    def without_tuned(self, ledger: GoldLedger, ids: pl.Series) -> Gold:
        """The same gold, knowing what the ledger says of it."""
        known = self.codes >= 0
        tuned = np.zeros(known.size, dtype=bool)
        try:
            tuned[known] = ~ledger.usable_for_estimate(ids.filter(pl.Series(known)).to_list())
        except DataError as error:
            return replace(self, tuned=known, refused=str(error))
        return replace(self, tuned=tuned)

    def without_reviewed(self, ledger: GoldLedger, ids: pl.Series) -> Gold:
        """The same gold, judging nothing where it is what was reviewed and no random sample.

        A random sample hits some of the labels that were reviewed because they looked wrong. One
        that hits far more of them than chance would is none.
        """
        reviewed = ids.cast(pl.String).is_in(list(ledger.items("review"))).to_numpy()
        known = self.codes >= 0
        both = int((known & reviewed).sum())
        if self.inclusion is not None or not both:
            return self
        from scipy.stats import hypergeom

        chance = hypergeom.sf(both - 1, known.size, int(reviewed.sum()), int(known.sum()))
        if chance > LEAST_CHANCE:
            return self
        why = (
            f"{both:,} of {int(known.sum()):,} gold labels are on records that were reviewed "
            "because they looked wrong, far more than a random draw would hit, so they say "
            "nothing of the others; draw gold at random with labelwright sample"
        )
        return replace(self, tuned=known, refused=why)


def read_gold(records: pl.DataFrame, classes: Classes, settings: Settings) -> Gold | None:
    """The gold that the settings name, in the order of the records."""
    if settings.gold:
        return Gold(classes.encode(_without_blanks(column(records, settings.gold))))
    if not settings.gold_file:
        return None
    path, name = split_gold_file(settings.gold_file)
    if is_sheet(path):
        return _from_sheets(records, classes, settings.id, path)
    found = _gold_column(path, name, settings.id, settings.asked)
    gold = _joined(records, settings.id, found, path)
    return Gold(classes.encode(_without_blanks(gold["gold"])))


def split_gold_file(where: str) -> tuple[str, str]:
    """A file, and the column after a colon if one is named."""
    path, _, name = where.rpartition(":") if re.search(r":[^/\\:]+$", where) else (where, "", "")
    return (path, name) if Path(path).exists() else (where, "")


def is_sheet(path: str) -> bool:
    """Whether a file is a sheet that Labelwright made, or the plan of some."""
    from labelwright.pipeline._sheet_plan import PLAN, SheetPlan

    if path.endswith(PLAN):
        return True
    plans = Path(path).parent.glob(f"*{PLAN}")
    return any(Path(path).name in SheetPlan.read(plan).sheets for plan in plans)


def _from_sheets(records: pl.DataFrame, classes: Classes, id_column: str | None, path: str) -> Gold:
    """Labels that coders agree on, with the probability with which each record was drawn."""
    from labelwright.pipeline.sheets import read_sheets

    filled = read_sheets(path)
    for line in filled.findings()[1 + len(filled.plan.sheets) :]:
        warnings.warn(line, DataWarning, stacklevel=2)
    drawn = filled.to_table()
    name = drawn.columns[0]
    if name == ROW and id_column != ROW:
        records, id_column = records.with_row_index(ROW), ROW
    if name != id_column:
        raise DataError(f"The sheets name records by {name!r}.", hint=f"Add --id {name}.")
    gold = drawn.rename({"label": "gold"}).with_columns(drawn[name].cast(records[name].dtype))
    joined = _joined(records, name, gold, path)
    inclusion = joined["inclusion"].fill_null(float("nan")).to_numpy()
    return Gold(classes.encode(joined["gold"]), inclusion)


def gold_columns(table: pl.DataFrame, id_column: str | None) -> list[str]:
    """The columns of a file of gold that may hold it."""
    return [name for name in table.columns if name != id_column]


def _gold_column(path: str, name: str, id_column: str | None, question: str | None) -> pl.DataFrame:
    """Ids and gold labels of a file; without a name, of the column called as the question."""
    if id_column is None:
        raise DataError("--gold-file needs --id: the column of item ids in both files.")
    table = read_table(path)
    if REVIEW_TAG in table.columns:
        raise DataError(
            f"{path} holds decisions of a review: labels that looked wrong, and no random sample.",
            where={"file": path},
            hint=f"Put them on the labels with: labelwright apply RUN {path}",
        )
    ids = column(table, id_column)
    others = gold_columns(table, id_column)
    if not name and question in others:
        name = question or ""
    if not name and len(others) != 1:
        raise DataError(
            f"{path} has the columns {', '.join(others)}: which is the gold label?",
            hint=f"Name it: --gold-file {path}:COLUMN",
        )
    return pl.DataFrame([ids, column(table, name or others[0]).alias("gold")])


def _joined(
    records: pl.DataFrame, id_column: str | None, gold: pl.DataFrame, path: str
) -> pl.DataFrame:
    """Gold beside the ids of the records, in their order; ids that do not fit are answered."""
    name = id_column or ROW
    ids = records[name]
    if gold[name].dtype != ids.dtype:
        raise DataError(
            f"Ids are {ids.dtype} in the records and {gold[name].dtype} in {path}.",
            hint="Write them the same way in both files.",
        )
    repeated = gold.filter(gold[name].is_duplicated())
    if repeated.height:
        raise DataError(f"Item {repeated[name][0]!r} stands in {path} more than once.")
    unknown = gold.filter(~gold[name].is_in(ids.implode()))
    if unknown.height == gold.height:
        raise DataError(
            f"No id of {path} is among the records: {gold[name].head(3).to_list()} there, "
            f"{ids.head(3).to_list()} here.",
        )
    if unknown.height:
        warnings.warn(
            f"{unknown.height} ids of {path} are not among the records and are passed over "
            f"(first: {unknown[name][0]!r}).",
            DataWarning,
            stacklevel=2,
        )
    return records.select(name).join(gold, on=name, how="left", maintain_order="left")


def _without_blanks(labels: pl.Series) -> pl.Series:
    return labels.str.strip_chars().replace("", None) if labels.dtype == pl.String else labels
