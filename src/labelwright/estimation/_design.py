"""How the gold rows were drawn, and which rows may err together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelwright.core._factorize import factorize
from labelwright.core.errors import DataError
from labelwright.core.validation import check_same_length
from labelwright.estimation._rectify import Floats, Rectified, rectify
from labelwright.estimation.folds import join_groups

Mask = NDArray[np.bool_]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Design:
    """Clusters, strata and inclusion probabilities of rows, read and checked.

    Attributes
    ----------
    clusters, strata : (n,) int64 or None
        Codes 0..G-1 and 0..H-1.
    inclusion : (n,) float or None
        Read where there is gold.
    """

    clusters: Codes | None = None
    strata: Codes | None = None
    inclusion: Floats | None = None

    def parts(
        self, gold: Floats, predicted: Floats, looked: Mask, *, unbiased: bool = True
    ) -> tuple[list[Rectified], Floats]:
        """The corrected mean of each stratum, and its share of all rows."""
        parts, shares = [], []
        for inside in self._strata_masks(looked.size):
            clusters = None if self.clusters is None else self.clusters[inside]
            inclusion = None if self.inclusion is None else self.inclusion[inside]
            parts.append(
                rectify(
                    gold[inside],
                    predicted[inside],
                    looked[inside],
                    clusters=clusters,
                    inclusion=inclusion,
                    unbiased=unbiased,
                )
            )
            shares.append(float(inside.mean()))
        return parts, np.array(shares)

    def words(self) -> str:
        """What is special about the design, to go behind the name of a method."""
        said = [
            (self.strata is not None, "stratified"),
            (self.inclusion is not None, "weighted by inclusion probability"),
            (self.clusters is not None, "robust to groups"),
        ]
        return "".join(f", {words}" for holds, words in said if holds)

    def _strata_masks(self, n: int) -> list[Mask]:
        if self.strata is None:
            return [np.ones(n, dtype=bool)]
        return [self.strata == one for one in range(int(self.strata.max()) + 1)]


def read_design(
    looked: Mask, *, groups: Any = None, strata: Any = None, inclusion: Any = None
) -> Design:
    """Read and check the design for rows of which ``looked`` have gold.

    Raises
    ------
    DataError
        If lengths differ, a stratum is missing or has fewer than two gold rows, a group lies in
        several strata, all gold comes from one group, or an inclusion probability is none.
    """
    check_same_length(rows=looked, groups=groups, strata=strata, inclusion=inclusion)
    if strata is not None and inclusion is not None:
        raise DataError(
            "Both strata= and inclusion= are given.",
            hint="Inclusion probabilities already say how the strata were sampled: give one.",
        )
    design = Design(
        clusters=None if groups is None else _read_groups(groups, looked),
        strata=None if strata is None else _read_strata(strata, looked),
        inclusion=None if inclusion is None else _read_inclusion(inclusion, looked),
    )
    if design.clusters is not None and design.strata is not None:
        pairs = np.stack([design.clusters, design.strata])
        if np.unique(pairs, axis=1).shape[1] > design.clusters.max() + 1:
            raise DataError("A group lies in several strata.", hint="Give strata of whole groups.")
    return design


def _read_groups(groups: Any, looked: Mask) -> Codes:
    codes = join_groups(looked.size, groups)
    if np.unique(codes[looked]).size < 2:
        raise DataError(
            "All gold comes from one group, so how groups differ cannot be told.",
            hint="Label records of more groups.",
        )
    return codes


def _read_strata(strata: Any, looked: Mask) -> Codes:
    codes, names = factorize(strata)
    if (codes < 0).any():
        row = int(np.flatnonzero(codes < 0)[0])
        raise DataError(f"The stratum of row {row} is missing.", where={"row": row})
    few = np.flatnonzero(np.bincount(codes[looked], minlength=len(names)) < 2)
    if few.size:
        listed = ", ".join(repr(name) for name in names[few][:5].tolist())
        raise DataError(
            f"{few.size} of {len(names)} strata have fewer than two gold rows: {listed}.",
            hint="Join strata, or label more in them.",
        )
    return codes.astype(np.int64)


def _read_inclusion(inclusion: Any, looked: Mask) -> Floats:
    values = np.asarray(inclusion, dtype=np.float64)
    bad = looked & ~((values > 0) & (values <= 1))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"inclusion[{row}] = {values[row]} is no probability with which a row was drawn.",
            where={"row": row},
            hint="Give the probabilities that the sample was drawn with: above 0, at most 1.",
        )
    return values
