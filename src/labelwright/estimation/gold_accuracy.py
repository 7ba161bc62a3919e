"""How often labels are right, judged by gold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from labelwright.core.spaces import Classes
from labelwright.estimation._intervals import rate_of_gold
from labelwright.estimation._labels import encode_pair
from labelwright.estimation._records import read_records
from labelwright.estimation.estimate import Estimate

__all__ = ["accuracy"]


def accuracy(
    labels: Any,
    gold: Any,
    *,
    classes: Classes | Sequence[Any] | None = None,
    groups: Any = None,
    strata: Any = None,
    inclusion: Any = None,
    level: float = 0.95,
) -> Estimate:
    """The share of labels that are right, with an interval from the gold.

    The gold must not have been used to make the labels or to choose between models.

    Parameters
    ----------
    labels : array-like of shape (n,)
        The labels that are judged. Records without one (None, NaN or, for codes, -1) are left out.
    gold : array-like of shape (n,)
        The true label where it is known; otherwise None, NaN or -1.
    classes : Classes or sequence, optional
        The classes; see :func:`labelwright.estimation.cross_val_probabilities`.
    groups, strata, inclusion, level
        As in :func:`labelwright.estimation.corrected_rate`.

    Returns
    -------
    Estimate
        Wilson's interval; with groups at the number of records that they are worth. Below twenty
        gold labels its sentence gives counts.

    Raises
    ------
    DataError
        If there is no gold, or lengths differ.

    Examples
    --------
    >>> est = accuracy(["a", "b", "b", "a"], ["a", "b", "a", None])
    >>> est.sentence()
    'Accuracy: 2 of the 3 records with a gold label, too few for a percentage.'
    """
    given, codes, _ = encode_pair(labels, gold, classes)
    right = np.where(codes >= 0, (given == codes).astype(np.float64), np.nan)
    labelled = np.where(given >= 0, 1.0, np.nan)
    records = read_records(labelled, right, groups, strata, inclusion)
    clustered = records.design.clusters is not None
    found = rate_of_gold(records.rectified(), records.looked.size, level, clustered)
    method = found.method + records.design.words()
    return replace(found, what="Accuracy", method=method, notes=records.notes)
