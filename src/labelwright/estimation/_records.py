"""The records behind a corrected estimate: who was judged, who was looked at, what is left out."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import DataError, DataWarning
from labelwright.core.validation import check_same_length
from labelwright.estimation._design import Design, read_design
from labelwright.estimation._rectify import Floats, Rectified, add_strata
from labelwright.estimation.gold_check import warn_if_not_random

# Below this many groups an interval that is robust to them tends to be too narrow.
FEW_GROUPS = 40


@dataclass(frozen=True)
class Records:
    """The records that have a score, those of them that people looked at, and the design."""

    predicted: Floats
    gold: Floats
    looked: NDArray[np.bool_]
    kept: NDArray[np.bool_]
    design: Design
    notes: tuple[str, ...]

    def warn_if_not_random(self, *columns: Floats) -> None:
        """Warn unless the gold is, or may well be, a random part of all records alike."""
        design = self.design
        if design.strata is None and design.inclusion is None:
            warn_if_not_random(
                *(columns or (self.predicted,)), looked=self.looked, clusters=design.clusters
            )

    def rectified(self, gold: Any = None, predicted: Any = None) -> Rectified:
        """The parts of the corrected mean, of these records' values or of others."""
        y = self.gold if gold is None else np.asarray(gold, dtype=np.float64)
        f = self.predicted if predicted is None else predicted
        return add_strata(*self.design.parts(y, f, self.looked))


def read_records(
    scores: Floats, verdicts: Floats, groups: Any, strata: Any, inclusion: Any
) -> Records:
    """The records with a score (NaN: none), and what people say of them (NaN: nobody looked).

    Raises
    ------
    DataError
        If lengths differ, no record has gold, or the design cannot be read.
    """
    named = {"judge": scores, "human": verdicts, "groups": groups}
    check_same_length(**named, strata=strata, inclusion=inclusion)
    kept, looked = ~np.isnan(scores), ~np.isnan(verdicts)
    if not looked.any():
        raise DataError(
            "No record has a gold label.",
            hint="Have about 100 records labelled, drawn at random with "
            "labelwright.selection.sample.",
        )
    if not (looked & kept).any():
        raise DataError("No record has both a score of the judge and a gold label.")
    columns = {"groups": groups, "strata": strata, "inclusion": inclusion}
    chosen = {k: None if v is None else _rows(v, kept) for k, v in columns.items()}
    design = read_design(looked[kept], **chosen)
    notes = _missing_notes(kept, looked)
    _warn_of_few_groups(design, looked[kept])
    return Records(scores[kept], verdicts[kept], looked[kept], kept, design, notes)


def _rows(values: Any, kept: NDArray[np.bool_]) -> NDArray[Any]:
    array = np.empty(len(values), dtype=object)
    array[:] = list(values)
    return array[kept]


def _missing_notes(kept: NDArray[np.bool_], looked: NDArray[np.bool_]) -> tuple[str, ...]:
    n, with_gold = int((~kept).sum()), int((~kept & looked).sum())
    if not n:
        return ()
    return (f"{n:,} records without a label of the judge are left out, {with_gold:,} with gold.",)


def _warn_of_few_groups(design: Design, looked: NDArray[np.bool_]) -> None:
    if design.clusters is None:
        return
    n_groups = np.unique(design.clusters[looked]).size
    if n_groups < FEW_GROUPS and n_groups < looked.sum():
        warnings.warn(
            f"The gold comes from {n_groups} groups; below {FEW_GROUPS} the interval may be "
            "somewhat too narrow.",
            DataWarning,
            stacklevel=4,
        )
