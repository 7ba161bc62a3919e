"""The pairs of columns that tell most about one another, as coarse grids of counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from labelwright.core.errors import CapabilityError
from labelwright.core.params import Accepts, Int
from labelwright.report.nutrition._binning import (
    Binned,
    bin_columns,
    information,
    joint_counts,
    worth,
)
from labelwright.report.nutrition._markdown import escaped
from labelwright.report.nutrition.nutrition_data import NutritionData
from labelwright.report.nutrition.nutrition_module import Found, NutritionModule

__all__ = ["PairPlots"]


class PairPlots(NutritionModule):
    """Grids of the pairs of columns that share most information, beyond chance.

    Beside each stands its share: the mutual information over the smaller of the two entropies, 1
    where one column gives the other away. Columns come as at most nine values or ranges, so the
    grids show no row; cells of fewer rows than the label's ``smallest`` are left blank.

    Parameters
    ----------
    most_pairs : int
        How many grids.
    most_columns : int
        The first so many columns are compared.
    """

    name = "pair_plots"
    title = "Pair plots"
    _accepts: ClassVar[Mapping[str, Accepts]] = {"most_pairs": Int(1), "most_columns": Int(2)}

    def __init__(self, most_pairs: int = 6, most_columns: int = 100) -> None:
        self.most_pairs = most_pairs
        self.most_columns = most_columns

    def compute(self, data: NutritionData) -> Found:
        """The pairs, the strongest first, with their grids."""
        binned = bin_columns(data, self.most_columns)
        if len(binned.columns) < 2:
            raise CapabilityError("fewer than two columns hold values that repeat")
        joint = joint_counts(binned)
        shared, _ = information(binned, joint)
        smaller = np.minimum.outer(np.diagonal(shared), np.diagonal(shared))
        gain = worth(binned, joint)
        first, second = np.nonzero(gain > 0)
        # Rounding must not decide the order of pairs that are equally strong.
        order = np.argsort(-np.round(gain[first, second], 6), kind="stable")[: self.most_pairs]
        pairs = [
            _grid(binned, joint, int(first[k]), int(second[k]), data.smallest)
            | {"share": float(shared[first[k], second[k]] / smaller[first[k], second[k]])}
            for k in order
        ]
        return {"columns": len(binned.columns), "pairs": pairs}

    def markdown(self, found: Mapping[str, Any]) -> list[str]:
        """The pairs with their shares."""
        return [
            f"- {escaped(pair['first'])} and {escaped(pair['second'])}: "
            f"{pair['share']:.2f} of the information of one is in the other"
            for pair in found["pairs"]
        ]

    def _charts(self, found: Mapping[str, Any]) -> list[Any]:
        from labelwright.report.nutrition._plots import grid

        return [grid(pair) for pair in found["pairs"]]


def _grid(binned: Binned, joint: Any, first: int, second: int, smallest: int) -> dict[str, Any]:
    """Counts of the codes of two columns, None for small ones."""
    rows, columns = (
        slice(binned.starts[place], binned.starts[place] + len(binned.names[place]))
        for place in (first, second)
    )
    counts = joint[rows, columns].astype(int).tolist()
    return {
        "first": binned.columns[first],
        "second": binned.columns[second],
        "first_names": binned.names[first],
        "second_names": binned.names[second],
        "rows": [[None if 0 < n < smallest else n for n in line] for line in counts],
    }
