"""Results broken down by a column: agreement, labels in doubt, and shares, for each value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from labelwright.core.errors import DataError
from labelwright.core.spaces._base import natural_key
from labelwright.core.tables import column
from labelwright.pipeline._figures import agreement, known_gold, share_rows

if TYPE_CHECKING:
    from labelwright.pipeline._stages import Found

__all__ = ["By", "breakdown", "read_by"]

MOST_VALUES = 20
# As everywhere in a report: below this, a percentage would look exact.
LEAST_GOLD = 20
MISSING = "(missing)"


@dataclass(frozen=True)
class By:
    """A column of few values.

    Attributes
    ----------
    column : str
    values : tuple of str
        In natural order, :data:`MISSING` last.
    codes : (n_items,) int64
        Which of the values each item has.
    """

    column: str
    values: tuple[str, ...]
    codes: NDArray[np.int64]


def read_by(records: pl.DataFrame, name: str | None) -> By | None:
    """The column that results are broken down by; one of many values is refused."""
    if name is None:
        return None
    given = column(records, name)
    if given.dtype.is_nested():
        raise DataError(f"Column {name!r} holds lists, no single values.", where={"column": name})
    given = given.cast(pl.String)
    found = sorted(given.drop_nulls().unique().to_list(), key=natural_key)
    if not 1 <= len(found) <= MOST_VALUES:
        held = f"{len(found):,} different values" if found else "no value"
        raise DataError(
            f"Column {name!r} has {held}; --by takes from 1 to {MOST_VALUES}.",
            where={"column": name},
            hint="Make a column of fewer values: a month for a day, a region for a town, a range "
            "for a number. To keep rows together that belong together, use --group.",
        )
    values = (*found, MISSING) if given.null_count() else tuple(found)
    codes = given.fill_null(MISSING).replace_strict(
        list(values), list(range(len(values))), return_dtype=pl.Int64
    )
    return By(name, values, codes.to_numpy())


def breakdown(found: Found, by: By) -> dict[str, Any]:
    """A row a value, and the share of each class for each value."""
    parts = [np.flatnonzero(by.codes == code) for code in range(len(by.values))]
    return {
        "column": by.column,
        "rows": [
            {"value": value, **_row(found, part)}
            for value, part in zip(by.values, parts, strict=True)
        ],
        "estimates": [
            {"by": value, **share}
            for value, part in zip(by.values, parts, strict=True)
            for share in _shares(found, part)
        ],
    }


def _row(found: Found, part: NDArray[np.int64]) -> dict[str, Any]:
    votes = found.inputs.votes
    of_part = votes.select(items=votes.items[part])
    doubtful = int(found.labels["lw_doubtful"].to_numpy()[part].sum())
    labelled = int((found.final.codes[part] >= 0).sum())
    return {
        "items": len(part),
        "votes": len(of_part),
        "agreement": None if found.inputs.doubtful else agreement(of_part),
        "labels": labelled,
        "doubtful": doubtful,
        "doubtful_share": doubtful / labelled if labelled else None,
    }


def _shares(found: Found, part: NDArray[np.int64]) -> list[dict[str, Any]]:
    """Corrected shares of one value, or why there are none."""
    rows = share_rows(found, part)
    gold = known_gold(found, part)
    if not gold or gold >= LEAST_GOLD:
        return rows
    why = f"{gold} gold labels here; a share of its own needs {LEAST_GOLD}"
    return [{"what": row["what"], "refused": why} for row in rows]
