"""Choosing the penalty and the temperature on rows that were held out from training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import log_softmax

from labelwright.core.seeds import RandomState
from labelwright.estimation.calibration import Temperature
from labelwright.estimation.folds import assign_folds, join_groups
from labelwright.learning._softmax import Fitted

# A temperature is one number: more held-out rows than this do not change it for the user.
ENOUGH_ROWS = 1000
# The logit of a class that a fold's training rows do not hold: no probability, yet a number.
ABSENT = -1e3


@dataclass(frozen=True)
class Sample:
    """Labelled rows: features, soft labels and weights."""

    X: Any
    soft: NDArray[np.float64]
    weight: NDArray[np.float64]

    def take(self, rows: NDArray[np.int64]) -> Sample:
        """The sample of some rows."""
        return Sample(self.X[rows], self.soft[rows], self.weight[rows])


Train = Callable[[Sample, float, Fitted | None], Fitted]


def choose(
    sample: Sample,
    train: Train,
    *,
    groups: NDArray[Any] | None,
    grid: Sequence[float],
    calibrate: bool,
    n_folds: int,
    random_state: RandomState,
) -> tuple[float, float]:
    """The penalty of the rising ``grid`` with the least held-out log loss, and its temperature.

    Where nothing can be held out it is the middle of the grid and 1.
    """
    default = grid[len(grid) // 2], 1.0
    if len(grid) == 1 and not calibrate:
        return default
    sample, sets = merge_copies(sample, groups)
    n_sets = np.unique(sets).size
    if n_sets < 2 or np.count_nonzero(sample.soft.sum(axis=0)) < 2:
        return default
    fold = assign_folds(
        sample.soft, groups=sets, n_folds=min(n_folds, n_sets), random_state=random_state
    )
    truth, logits, weight = _held_out(sample, train, grid, fold)
    if not len(weight):
        return default
    choices = []
    for C, of_C in zip(grid, logits, strict=True):
        temperature = 1.0
        if calibrate:
            temperature = Temperature(inputs="logits").fit(of_C, truth).temperature_
        loss = -weight @ np.einsum("nk,nk->n", truth, log_softmax(of_C / temperature, axis=1))
        choices.append((float(loss), C, temperature))
    _, C, temperature = min(choices)
    return C, temperature


def merge_copies(sample: Sample, groups: NDArray[Any] | None) -> tuple[Sample, NDArray[np.int64]]:
    """Equal rows as one, with their weighted mean label, and the set that each belongs to.

    To the model this is the same sample. Held-out losses change: two copies of a row of which each
    carries a share of its label must be one row with that soft label, not a right and a wrong one.
    """
    codes = equal_rows(sample.X)
    sets = join_groups(len(codes), groups, codes)
    _, first, place = np.unique(codes, return_index=True, return_inverse=True)
    weight = np.bincount(place, weights=sample.weight).astype(np.float64)
    shares = csr_array((sample.weight / weight[place], (place, np.arange(len(place)))))
    return Sample(sample.X[first], shares @ sample.soft, weight), sets[first]


def equal_rows(X: Any) -> NDArray[np.int64]:
    """Codes (n,) that are equal for equal rows; -1 for rows of zeros, which only lack features."""
    direction = np.random.default_rng(0).normal(size=X.shape[1])
    # Equal rows have equal projections up to rounding, and others do not, except by a rare chance.
    projected = np.asarray(X @ direction)
    scale = float(np.abs(projected).max(initial=0.0)) or 1.0
    codes = np.unique(np.round(projected / scale, 12), return_inverse=True)[1]
    return np.where(projected == 0, -1, codes)


def _held_out(
    sample: Sample, train: Train, grid: Sequence[float], fold: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Soft labels (m, K), logits (len(grid), m, K) and weights (m,) of held-out rows."""
    rows: list[NDArray[np.int64]] = []
    logits: list[NDArray[np.float64]] = []
    for one in np.unique(fold):
        if sum(map(len, rows)) >= ENOUGH_ROWS:
            break
        training = sample.take(np.flatnonzero(fold != one))
        absent = training.soft.sum(axis=0) == 0
        held = np.flatnonzero((fold == one) & ~(sample.soft[:, absent] > 0).any(axis=1))
        if absent.sum() > len(absent) - 2 or not held.size:
            continue
        fitted, of_grid = None, []
        for C in grid:
            fitted = train(training, C, fitted)
            found = sample.X[held] @ fitted.coef.T + fitted.intercept
            of_grid.append(np.maximum(found, ABSENT))
        rows.append(held)
        logits.append(np.stack(of_grid))
    if not rows:
        empty = np.empty((0, sample.soft.shape[1]))
        return empty, np.empty((len(grid), *empty.shape)), np.empty(0)
    held = np.concatenate(rows)
    return _smoothed(sample.soft[held], logits), np.concatenate(logits, axis=1), sample.weight[held]


def _smoothed(truth: NDArray[np.float64], logits: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Soft labels that leave as much room for error as one row in all of them would make.

    Otherwise ten rows that are all predicted right would ask for a temperature of zero.
    """
    present = np.concatenate([of_fold[0] > ABSENT for of_fold in logits])
    error = 1.0 / (len(truth) + 2)
    return (1 - error) * truth + error * present / present.sum(axis=1, keepdims=True)
