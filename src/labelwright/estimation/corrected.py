"""Rates and means of many machine labels, corrected by a few gold labels.

A judge (a model, a rule, annotators) has scored every record, and people have looked at a random
part of them. The judge alone is biased, people alone are few; together they give an estimate that
is unbiased whatever the judge does, and the narrower the better it is.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import DataError
from labelwright.estimation._intervals import (
    believable,
    corrected_rate_of,
    described,
    mean_of,
    rate_of_gold,
    why_gold_only,
)
from labelwright.estimation._records import read_records
from labelwright.estimation._rectify import Floats
from labelwright.estimation._verdicts import check_positive, read_numbers, read_verdicts
from labelwright.estimation.estimate import Estimate

__all__ = ["corrected_mean", "corrected_rate"]

# A variance this far below that of the values is rounding.
NO_SPREAD = 1e-12


def corrected_rate(
    judge: Any,
    human: Any,
    *,
    positive: Any = None,
    groups: Any = None,
    strata: Any = None,
    inclusion: Any = None,
    level: float = 0.95,
) -> Estimate:
    """The rate at which people would say yes, had they looked at every record.

    Parameters
    ----------
    judge : array-like of shape (n,)
        What a judge says of each record: True/False, 1/0, text, or a score on any scale, rising or
        falling. A score needs no threshold.
    human : array-like of shape (n,)
        What people say: True/False, 1/0 or text; None, NaN or empty text where nobody looked.
    positive : str, optional
        For text: the verdict that counts, such as "pass". Any other text counts as not.
    groups : array-like of shape (n,), optional
        Records of one group (a customer, a session) may err together; the interval allows for it.
    strata : array-like of shape (n,), optional
        Within a stratum the looked-at records are a random part.
    inclusion : array-like of shape (n,), optional
        The probability with which a record was to be looked at, where it was not the same for all;
        read where people looked.
    level : float
        Confidence.

    Returns
    -------
    Estimate
        With what the judge says alone (``naive``) and what people say alone (``gold_only``). With
        fewer than ten human verdicts, or all alike, the judge is not used.

    Raises
    ------
    DataError
        If nobody looked, verdicts are not of two kinds, or lengths differ.

    Warns
    -----
    DataWarning
        If the looked-at records are hardly a random part, or there are few groups.

    References
    ----------
    Angelopoulos, Duchi and Zrnic (2023), PPI++: efficient prediction-powered inference.

    Examples
    --------
    >>> judge = [1, 1, 1, 0] * 100
    >>> human = [1, 0, 1, 0] * 20 + [None] * 320
    >>> est = corrected_rate(judge, human)
    >>> [round(x, 3) for x in (est.naive, est.value, est.low, est.high)]
    [0.75, 0.5, 0.407, 0.593]
    """
    scores, others = read_verdicts(judge, "judge", positive)
    verdicts, more = read_verdicts(human, "human", positive)
    check_positive(positive, [scores, verdicts], others + more)
    odd = np.flatnonzero(~np.isnan(verdicts) & (verdicts != 0) & (verdicts != 1))
    if odd.size:
        raise DataError(
            f"human[{odd[0]}] = {verdicts[odd[0]]:g} is neither 0 nor 1.",
            where={"column": "human", "row": int(odd[0])},
            hint="Use corrected_mean for numbers, or compare first: human >= 2, None kept.",
        )
    records = read_records(scores, verdicts, groups, strata, inclusion)
    part, clustered = records.rectified(), records.design.clusters is not None
    records.warn_if_not_random()
    n = records.looked.size
    gold_only = rate_of_gold(part, n, level, clustered)
    estimate = gold_only
    if believable(part):
        looked_scores = records.predicted[records.looked]
        estimate = corrected_rate_of(part, looked_scores, n, level, clustered)
    is_rate = records.predicted.min() >= 0 and records.predicted.max() <= 1
    return described(
        estimate,
        gold_only,
        records.design.words(),
        what="Rate" if positive is None else f"Rate of {positive!r}",
        naive=float(records.predicted.mean()) if is_rate else math.nan,
        notes=records.notes + why_gold_only(part) + _counted_as_not(positive, more),
    )


def corrected_mean(
    judge: Any,
    human: Any,
    *,
    groups: Any = None,
    strata: Any = None,
    inclusion: Any = None,
    level: float = 0.95,
) -> Estimate:
    """The mean that people would give, had they looked at every record.

    Parameters, results and warnings are those of :func:`corrected_rate`, for numbers. The judge may
    be on any scale; its own mean is ``naive``.

    Raises
    ------
    DataError
        If fewer than two people's numbers are there, all of them (or all means of groups) are the
        same so that their spread is unknown, or a value is no number.

    Examples
    --------
    >>> human = [3.0, 5.0, 4.0, 2.0] * 10 + [None] * 360
    >>> est = corrected_mean([4.0, 5.5, 5.0, 3.5] * 100, human)
    >>> round(est.naive, 2), round(est.value, 2), round(est.high - est.value, 2)
    (4.5, 3.5, 0.13)
    """
    records = read_records(
        read_numbers(judge, "judge"), read_numbers(human, "human"), groups, strata, inclusion
    )
    part, n = records.rectified(), records.looked.size
    records.warn_if_not_random()
    if part.n_gold > 1 and part.uu <= NO_SPREAD * part.spread:
        raise DataError(
            f"The {part.n_gold} human values (mean {part.gold:g}) do not differ, as far as the "
            "design can tell, so their spread is unknown.",
            hint="Have more records looked at.",
        )
    gold_only = mean_of(part, n, level, lam=0.0)
    # A judge that is never off in the sample would hide how far off it may be elsewhere.
    exact = believable(part) and _on_a_line(records.gold, records.predicted, records.looked)
    usable = believable(part) and not exact
    notes = ("The judge is exact wherever people looked, so it is not used.",) * exact
    return described(
        mean_of(part, n, level) if usable else gold_only,
        gold_only,
        records.design.words(),
        what="Mean",
        naive=float(records.predicted.mean()),
        notes=records.notes + why_gold_only(part) + notes,
    )


def _on_a_line(gold: Floats, predicted: Floats, looked: NDArray[np.bool_]) -> bool:
    y, f = gold[looked], predicted[looked]
    return bool(np.ptp(f) > 0 and abs(np.corrcoef(y, f)[0, 1]) > 1 - 1e-9)


def _counted_as_not(positive: Any, others: list[str]) -> tuple[str, ...]:
    if len(others) < 2:
        return ()
    return (f"Counted as not {positive!r}: {', '.join(map(repr, others))}.",)
