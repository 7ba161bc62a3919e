"""Where the table comes from; what is not known is shown as a gap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labelwright.report.nutrition._about import ORIGIN
from labelwright.report.nutrition._drawing import figure
from labelwright.report.nutrition._markdown import escaped
from labelwright.report.nutrition.nutrition_data import NutritionData
from labelwright.report.nutrition.nutrition_module import Found, NutritionModule

__all__ = ["Provenance"]


class Provenance(NutritionModule):
    """Source, authors, contact, time of collection, updates; what nobody stated is None."""

    name = "provenance"
    title = "Provenance"

    def compute(self, data: NutritionData) -> Found:
        """What was stated, None for each gap."""
        return {name: data.about.get(name) for name in ORIGIN}

    def markdown(self, found: Mapping[str, Any]) -> list[str]:
        """One line a field that was stated, and one with the gaps."""
        stated = {name: value for name, value in found.items() if value is not None}
        gaps = ", ".join(name for name in found if name not in stated)
        lines = [f"- {name.capitalize()}: {escaped(figure(v))}" for name, v in stated.items()]
        return lines + ([f"- Not stated: {gaps}"] if gaps else [])
