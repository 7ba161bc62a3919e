"""Rows without content."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from labelwright.audit.checks._base import Check
from labelwright.audit.checks._data import AuditData
from labelwright.audit.findings import Facts, Findings

if TYPE_CHECKING:
    import polars as pl

__all__ = ["MissingValueCheck"]

BLOCK_ROWS = 1 << 16


class MissingValueCheck(Check):
    """Rows in which every value of the table, or of the features, is missing, and blank texts.

    Notes
    -----
    Missing are null and NaN, and of a text also blanks. A row scores the share of its values that
    are there, over the columns of table and features and the text; the score of the whole is the
    share of rows without a finding. On features alone, marks and scores are those of cleanlab's
    Datalab. Rows that lack some values are no findings, but ``item_scores`` has them; columns that
    are mostly missing are found by ``columns``.
    """

    name = "missing_values"
    needs = ("table or features or texts",)

    def find(self, data: AuditData) -> Findings:
        """The empty rows, in order."""
        present, total = np.zeros(data.n), 0
        blank = np.zeros(data.n, dtype=bool)
        if data.table is not None:
            present += _present_in_table(data.table)
            total += data.table.width
        if data.features is not None and not sp.issparse(data.features):
            present += _present_in_features(data.features)
            total += data.features.shape[1]
        if data.texts is not None:
            blank = np.array([text is None or not text.strip() for text in data.texts])
            present += ~blank
            total += 1
        scores = present / total if total else np.ones(data.n)
        rows = np.flatnonzero((scores == 0) | blank)
        kinds = np.where(scores == 0, "empty row", "blank text")
        return Findings.worst_first(
            check=self.name,
            of="item",
            subject=rows,
            scores=scores[rows],
            kinds=kinds[rows],
            reason=_sentence,
            score=1 - len(rows) / data.n,
            item_scores=scores,
        )


def _present_in_table(table: pl.DataFrame) -> NDArray[np.float64]:
    """How many (n,) of the columns have a value."""
    present = np.zeros(table.height)
    for column in table:
        known = column.is_not_null()
        if column.dtype.is_float():
            known &= column.is_not_nan().fill_null(False)
        present += known.to_numpy()
    return present


def _present_in_features(features: NDArray[np.generic]) -> NDArray[np.float64]:
    """How many (n,) of the numbers are not NaN, in blocks of rows."""
    n, d = features.shape
    present = np.full(n, float(d))
    if features.dtype.kind == "f":
        for start in range(0, n, BLOCK_ROWS):
            part = slice(start, start + BLOCK_ROWS)
            present[part] -= np.isnan(features[part]).sum(axis=1)
    return present


def _sentence(facts: Facts) -> str:
    return "its text is blank" if facts["kind"] == "blank text" else "all of its values are missing"
