"""How well probabilities agree with how often the labels are right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.core.errors import DataError, ParameterError
from labelwright.core.results import Result
from labelwright.core.spaces import Classes
from labelwright.core.stats import check_level, normal_quantile, wilson_interval
from labelwright.core.validation import check_probabilities, check_same_length
from labelwright.estimation._labels import encode_labels

__all__ = ["CalibrationReport", "calibration_report"]

Floats = NDArray[np.float64]
SMALLEST_BIN = 10


@dataclass(frozen=True)
class CalibrationReport(Result):
    """Confidence (the largest probability of a row) against the share of rows that are right.

    Attributes
    ----------
    n : int
        Labelled rows.
    ece : float
        Expected calibration error: mean gap between confidence and share right, over bins of equal
        size. It is above zero by chance even where all is well: ``ece_by_chance`` says how far.
    ece_by_chance : float
        What ``ece`` would be, about, if confidence were exact.
    error, error_low, error_high : float
        Root mean square gap with chance taken out, and its interval; if ``error_low`` is 0, the
        probabilities may be exact.
    brier, log_loss : float
        Mean squared error over all classes, and mean negative log of the label's probability.
    reliability, resolution, uncertainty : float
        Parts of the squared error of "the label is right" after binning: the first less the second
        plus the third.
    bins : dict of arrays
        ``n``, ``confidence``, ``right``, ``low``, ``high`` of each bin.
    """

    kind: ClassVar[str] = "calibration"

    n: int
    ece: float
    ece_by_chance: float
    error: float
    error_low: float
    error_high: float
    level: float
    brier: float
    log_loss: float
    reliability: float
    resolution: float
    uncertainty: float
    bins: dict[str, Floats]

    def to_table(self) -> Any:
        """A row a bin."""
        import polars as pl

        return pl.DataFrame(self.bins)


def calibration_report(
    labels: ArrayLike,
    probabilities: ArrayLike,
    *,
    classes: Classes | Sequence[Any] | None = None,
    n_bins: int = 15,
    level: float = 0.95,
) -> CalibrationReport:
    """Compare probabilities with labels.

    Parameters
    ----------
    labels : array-like of shape (n,)
        Labels (gold, if the result is to be called accuracy); rows without one are left out.
    probabilities : array-like of shape (n, K)
        Out of sample.
    classes : Classes or sequence, optional
        The classes in the order of columns; by default labels are codes 0..K-1.
    n_bins : int
        At most; each holds ten rows or more, and equal confidences share a bin.
    level : float
        Confidence of the intervals.

    Raises
    ------
    DataError
        If no row is labelled, or arguments do not fit together.

    References
    ----------
    Murphy (1973), A new vector partition of the probability score.
    Kumar, Liang and Ma (2019), Verified uncertainty calibration.

    Examples
    --------
    >>> right, wrong = [[0.8, 0.2]] * 8, [[0.8, 0.2]] * 2
    >>> report = calibration_report([0] * 8 + [1] * 2, right + wrong)
    >>> round(report.ece, 6), report.error_low, round(report.brier, 2)
    (0.0, 0.0, 0.32)
    """
    if isinstance(n_bins, bool) or not isinstance(n_bins, (int, np.integer)) or n_bins < 1:
        raise ParameterError(f"n_bins={n_bins!r} is not accepted.", hint="Give 1 or more.")
    table = check_probabilities(probabilities).astype(np.float64)
    codes, _ = encode_labels(labels, range(table.shape[1]) if classes is None else classes)
    check_same_length(labels=codes, probabilities=table)
    table, codes = table[codes >= 0], codes[codes >= 0]
    if not codes.size:
        raise DataError("No row has a label.")
    confidence, right = table.max(axis=1), (table.argmax(axis=1) == codes).astype(np.float64)
    which = _equal_bins(confidence, min(int(n_bins), max(1, codes.size // SMALLEST_BIN)))
    size = np.bincount(which).astype(np.float64)
    shown = np.bincount(which, confidence) / size
    seen = np.bincount(which, right) / size
    low, high = wilson_interval(np.bincount(which, right), size, level)
    at_label = table[np.arange(codes.size), codes]
    share, weight = float(right.mean()), size / codes.size
    return CalibrationReport(
        n=int(codes.size),
        **_errors(confidence - right, which, size, level),
        level=level,
        brier=float(np.mean((table**2).sum(axis=1) - 2 * at_label + 1)),
        log_loss=float(-np.mean(np.log(np.maximum(at_label, np.finfo(float).tiny)))),
        reliability=float(weight @ (shown - seen) ** 2),
        resolution=float(weight @ (seen - share) ** 2),
        uncertainty=share * (1 - share),
        bins={"n": size, "confidence": shown, "right": seen, "low": low, "high": high},
    )


def _equal_bins(values: Floats, n_bins: int) -> NDArray[np.int64]:
    """Codes of bins of about equal size, equal values together, none empty."""
    edges = np.unique(np.quantile(values, np.arange(1, n_bins) / n_bins))
    return np.unique(np.searchsorted(edges, values, side="left"), return_inverse=True)[1]


def _errors(
    residual: Floats, which: NDArray[np.int64], size: Floats, level: float
) -> dict[str, float]:
    """The calibration errors of residuals (confidence less right) in bins.

    The square of a bin's mean residual is too large by the variance of that mean, which is taken
    off. The interval uses the variance of such an unbiased square under normal means.
    """
    gap = np.bincount(which, residual) / size
    within = np.bincount(which, (residual - gap[which]) ** 2)
    # Without a wrong (or right) row a bin would seem to know its gap exactly.
    noise = (within + 0.25) / np.maximum(size - 1, 1) / size
    weight = size / size.sum()
    square = float(weight @ (gap**2 - noise))
    spread = weight**2 @ (4 * np.maximum(gap**2 - noise, 0) * noise + 2 * noise**2)
    half = float(normal_quantile((1 + check_level(level)) / 2)) * math.sqrt(float(spread))
    return {
        "ece": float(weight @ np.abs(gap)),
        "ece_by_chance": float(weight @ np.sqrt(noise * 2 / math.pi)),
        "error": math.sqrt(max(square, 0.0)),
        "error_low": math.sqrt(max(square - half, 0.0)),
        "error_high": math.sqrt(max(square + half, 0.0)),
    }
