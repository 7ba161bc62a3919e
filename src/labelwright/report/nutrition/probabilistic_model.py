"""A model of which columns depend on which, with rows that it makes up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from labelwright.core.errors import CapabilityError
from labelwright.core.params import Accepts, Int
from labelwright.core.seeds import generator
from labelwright.report.nutrition._binning import Binned, bin_columns, information, joint_counts
from labelwright.report.nutrition._forest import bootstrap_frequencies, draw_rows, fit_forest
from labelwright.report.nutrition._markdown import table
from labelwright.report.nutrition.nutrition_data import NutritionData
from labelwright.report.nutrition.nutrition_module import Found, NutritionModule

__all__ = ["ProbabilisticModel"]


class ProbabilisticModel(NutritionModule):
    """The forest of dependences between columns, how stable each edge is, and synthetic rows.

    Each column is a few values or ranges. The forest is Chow and Liu's tree with the edges left
    out that are not worth their parameters (BIC), so an edge says that two columns depend on each
    other, and a column without one may depend on none. An edge that stands in few of the forests
    of resampled rows could as well have been another.

    Parameters
    ----------
    n_resamples : int
        Forests of resampled rows; 0 leaves out how stable the edges are.
    n_synthetic : int
        Rows drawn from the model. They copy no row, but show the named values and ranges.
    most_columns : int
        The first so many columns are modelled.
    most_rows : int
        The forest and its resamples are fitted to at most so many rows, drawn at random.

    Notes
    -----
    A forest has no cycles: of three columns that all depend on one another it shows two edges. It
    says nothing about causes. The paper's prototype used BayesDB here.

    References
    ----------
    Chow and Liu (1968), Approximating discrete probability distributions with dependence trees.
    Edwards, de Abreu and Labouriau (2010), Selecting high-dimensional mixed graphical models using
    minimal AIC or BIC forests.
    """

    name = "probabilistic_model"
    title = "Probabilistic model"
    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "n_resamples": Int(0),
        "n_synthetic": Int(0),
        "most_columns": Int(2),
        "most_rows": Int(2),
    }

    def __init__(
        self,
        n_resamples: int = 50,
        n_synthetic: int = 5,
        most_columns: int = 60,
        most_rows: int = 10_000,
    ) -> None:
        self.n_resamples = n_resamples
        self.n_synthetic = n_synthetic
        self.most_columns = most_columns
        self.most_rows = most_rows

    def compute(self, data: NutritionData) -> Found:
        """Edges, the most informative first, and synthetic rows."""
        binned = bin_columns(data, self.most_columns)
        if len(binned.columns) < 2:
            raise CapabilityError("fewer than two columns hold values that repeat")
        rng = generator(data.random_state, "nutrition", self.name)
        n = len(binned.codes)
        if n > self.most_rows:
            binned = binned.rows(np.sort(rng.choice(n, self.most_rows, replace=False)))
        joint = joint_counts(binned)
        edges = fit_forest(binned, joint)
        frequencies = bootstrap_frequencies(binned, edges, self.n_resamples, rng)
        return {
            "rows": len(binned.codes),
            "columns": binned.columns,
            "edges": _described(binned, joint, edges, frequencies),
            "alone": _alone(binned, edges),
            "synthetic_rows": draw_rows(binned, joint, edges, self.n_synthetic, rng),
        }

    def markdown(self, found: Mapping[str, Any]) -> list[str]:
        """A table of the edges."""
        header = ("columns that depend on each other", "bits", "in resampled forests")
        rows = [
            (
                f"{edge['first']}, {edge['second']}",
                f"{edge['bits']:.3f}",
                "–" if edge["frequency"] is None else f"{edge['frequency']:.0%}",
            )
            for edge in found["edges"]
        ]
        return table(header, rows) if rows else ["- No two columns depend on each other."]


def _described(
    binned: Binned, joint: Any, edges: list[tuple[int, int]], frequencies: list[float]
) -> list[dict[str, Any]]:
    shared, _ = information(binned, joint)
    smaller = np.minimum.outer(np.diagonal(shared), np.diagonal(shared))
    described = [
        {
            "first": binned.columns[i],
            "second": binned.columns[j],
            "bits": float(shared[i, j] / np.log(2)),
            "share": float(shared[i, j] / smaller[i, j]),
            "frequency": frequencies[place] if frequencies else None,
        }
        for place, (i, j) in enumerate(edges)
    ]
    return sorted(described, key=lambda edge: -round(edge["bits"], 9))


def _alone(binned: Binned, edges: list[tuple[int, int]]) -> list[str]:
    joined = {column for edge in edges for column in edge}
    return [name for place, name in enumerate(binned.columns) if place not in joined]
