"""The columns: name, type, kind and what each means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labelwright.report.nutrition._markdown import table
from labelwright.report.nutrition.nutrition_data import NutritionData
from labelwright.report.nutrition.nutrition_module import Found, NutritionModule

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Variables"]


class Variables(NutritionModule):
    """Name, type, kind, role and description of each column; a missing description is a gap."""

    name = "variables"
    title = "Variables"

    def compute(self, data: NutritionData) -> Found:
        """A record a column, in the order of the table."""
        return {"variables": [_variable(data, series) for series in data.table]}

    def markdown(self, found: Mapping[str, Any]) -> list[str]:
        """A table with a row a column."""
        rows = [(v["name"], v["type"], v["kind"], v["description"]) for v in found["variables"]]
        return table(("name", "type", "kind", "description"), rows)


def _variable(data: NutritionData, series: pl.Series) -> dict[str, Any]:
    name = series.name
    role = "label" if name == data.label else "vote" if name in data.vote_columns else None
    return {
        "name": name,
        "type": str(series.dtype),
        "kind": data.kinds[name],
        "role": role,
        "description": data.about["columns"].get(name, {}).get("description"),
    }
