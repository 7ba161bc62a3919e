"""What the table is: file, size, missing cells, licence, checksum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labelwright.report._format import percent
from labelwright.report.nutrition._about import DESCRIPTION
from labelwright.report.nutrition._markdown import escaped
from labelwright.report.nutrition.nutrition_data import NutritionData
from labelwright.report.nutrition.nutrition_module import Found, NutritionModule

__all__ = ["Metadata"]


class Metadata(NutritionModule):
    """File, rows, columns, missing cells, repeated rows, licence, keywords and checksum.

    Notes
    -----
    The checksum is the SHA-256 of the file, or of the rows as lines of JSON where there was no
    file. It is the only thing in a label that depends on the order of the rows.
    """

    name = "metadata"
    title = "Metadata"

    def compute(self, data: NutritionData) -> Found:
        """Counts of the table, and what was stated about it."""
        rows, columns = data.table.shape
        per_column = data.table.null_count().row(0)
        complete = data.table.height - data.table.select(_any_missing()).to_series().sum()
        return {
            **{name: data.about.get(name) for name in DESCRIPTION},
            **data.file,
            "rows": rows,
            "columns": columns,
            "missing": sum(per_column),
            "missing_share": sum(per_column) / (rows * columns),
            "complete_rows": complete,
            "repeated_rows": rows - data.comparable.n_unique(),
        }

    def markdown(self, found: Mapping[str, Any]) -> list[str]:
        """Size and gaps in three lines."""
        size = f"{found['rows']:,} rows, {found['columns']:,} columns"
        gaps = f"{found['missing']:,} cells missing ({percent(found['missing_share'])})"
        return [
            f"- {size}, {gaps}, {found['repeated_rows']:,} rows that repeat another",
            f"- Licence: {escaped(found['licence'] or 'not stated')}",
            f"- Checksum: `{found['checksum']}`",
        ]


def _any_missing() -> Any:
    import polars as pl

    return pl.any_horizontal(pl.all().is_null())
