"""Whether the records that people looked at are a random part of all records."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import special

from labelwright.core.errors import DataError, DataWarning
from labelwright.core.results import Result
from labelwright.core.seeds import RandomState
from labelwright.core.stats import permutation_p
from labelwright.core.validation import check_same_length
from labelwright.estimation._rectify import LEAST_GOLD, Floats
from labelwright.estimation._verdicts import is_given, read_verdicts

__all__ = ["GoldCheck", "gold_randomness_check", "warn_if_not_random"]

# One warning in a hundred comes up without a reason.
ALARM = 0.01


@dataclass(frozen=True)
class GoldCheck(Result):
    """How the judge's scores of the records with gold differ from those of the rest.

    Attributes
    ----------
    p : float
        Permutation p-value; small if the gold is no random part. 1 if everything was looked at.
    looked_mean, rest_mean : float
        Mean score of the records with gold and of the rest.
    n_looked, n_rest : int
    """

    kind: ClassVar[str] = "gold_check"

    p: float
    looked_mean: float
    rest_mean: float
    n_looked: int
    n_rest: int

    def to_table(self) -> Any:
        """One row."""
        import polars as pl

        return pl.DataFrame([{k: v for k, v in self.to_dict().items() if k != "kind"}])


def gold_randomness_check(
    judge: Any,
    human: Any,
    *,
    positive: Any = None,
    n_permutations: int = 999,
    random_state: RandomState = 0,
) -> GoldCheck:
    """Test whether the records that people looked at have the judge's scores of the others.

    People who look at the failures first, or at one week only, do not give a random part, and then
    neither the share among their verdicts nor its correction is right. The test sees only
    differences that show in the judge's scores, and takes records to be independent.

    Parameters
    ----------
    judge : array-like of shape (n,)
        Scores, True/False, or text verdicts with ``positive``.
    human : array-like of shape (n,)
        None, NaN or empty text where nobody looked.
    positive : str, optional
        The judge's verdict that counts as one, if it gave text.
    n_permutations : int
        How many random parts are compared with.
    random_state : int, Generator or None
        Seed of these.

    Examples
    --------
    >>> judge = [0.1, 0.2, 0.1, 0.2, 0.8, 0.9, 0.7, 0.8]
    >>> gold_randomness_check(judge, [0, 0, 0, 1, None, None, None, None]).p
    0.02857142857142857
    """
    check_same_length(judge=judge, human=human)
    scores, _ = read_verdicts(judge, "judge", positive)
    scored, given = ~np.isnan(scores), is_given(human)
    looked, rest = scores[scored & given], scores[scored & ~given]
    if not looked.size:
        raise DataError("No record has both a score and a human verdict.")
    if not rest.size:
        return GoldCheck(1.0, float(looked.mean()), math.nan, looked.size, 0)
    p = permutation_p(looked, rest, n_permutations=n_permutations, random_state=random_state)
    return GoldCheck(p, float(looked.mean()), float(rest.mean()), looked.size, rest.size)


def warn_if_not_random(*columns: Floats, looked: NDArray[np.bool_], clusters: Any = None) -> None:
    """Warn if the gold was hardly drawn at random, judged by how far predictions differ there.

    A z-test of each column of predictions, with the variance of all rows (clusters of rows) and
    Bonferroni's correction. With little gold it says nothing.
    """
    n, rest = int(looked.sum()), int((~looked).sum())
    if n < LEAST_GOLD or not rest:
        return
    largest = 0.0
    for column in columns:
        centred = column - column.mean()
        sums = centred if clusters is None else np.bincount(clusters, centred)
        variance = float(sums @ sums) / looked.size * (1 / n + 1 / rest)
        if variance > 0:
            gap = centred[looked].mean() - centred[~looked].mean()
            largest = max(largest, abs(gap) / math.sqrt(variance))
    p = min(1.0, 2 * len(columns) * float(special.ndtr(-largest)))
    if p < ALARM:
        warnings.warn(
            f"The gold does not look like a random part of the records (p = {p:.2g}): the judge "
            "scores them differently. If they were drawn with known probabilities, give "
            "inclusion=; if at random within strata, give strata=; otherwise draw a new sample.",
            DataWarning,
            stacklevel=4,
        )
