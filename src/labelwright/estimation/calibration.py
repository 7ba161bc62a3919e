"""Maps that make class probabilities mean what they say, fitted on held-out labels."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax

from labelwright.core.errors import DataError
from labelwright.core.params import Accepts, OneOf, Params
from labelwright.core.validation import check_codes, check_probabilities, check_same_length

__all__ = ["Isotonic", "Temperature"]

Floats = NDArray[np.float64]
# Probabilities of zero have no logarithm; this one is far below what a classifier means.
TINY = 1e-12
COLDEST, HOTTEST = 1e-3, 1e3


class Temperature(Params):
    """Divide the logits by one number, so that the most probable class stays the same.

    Parameters
    ----------
    inputs : "probabilities" or "logits"
        What ``fit`` and ``transform`` are given.

    Attributes
    ----------
    temperature_ : float
        Above 1 the probabilities were too bold; between 0.001 and 1000.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger (2017), On calibration of modern neural networks.

    Examples
    --------
    >>> bold = np.array([[0.99, 0.01], [0.01, 0.99], [0.99, 0.01], [0.01, 0.99]])
    >>> model = Temperature().fit(bold, [0, 1, 1, 1])
    >>> model.transform(bold)[0].round(2).tolist()
    [0.75, 0.25]
    """

    _accepts: ClassVar[dict[str, Accepts]] = {"inputs": OneOf("probabilities", "logits")}

    temperature_: float

    def __init__(self, inputs: str = "probabilities") -> None:
        self.inputs = inputs

    def fit(self, probabilities: ArrayLike, labels: ArrayLike) -> Temperature:
        """Choose the temperature of least log loss.

        Parameters
        ----------
        probabilities : (n, K) array-like
            Out-of-sample probabilities (or logits).
        labels : (n,) int codes, or (n, K) soft labels
            What they should have been.
        """
        from scipy.optimize import brentq

        self._check_params()
        logits = self._logits(probabilities)
        truth = _targets(labels, logits)
        wanted = float(np.sum(truth * logits))

        def excess(log_temperature: float) -> float:
            scaled = softmax(logits / np.exp(log_temperature), axis=1)
            return float(np.sum(scaled * logits)) - wanted

        ends = np.log([COLDEST, HOTTEST])
        slopes = [excess(end) for end in ends]
        # The loss is convex in 1/T: without a change of sign the best T lies at an end.
        if slopes[0] <= 0:
            self.temperature_ = COLDEST
        elif slopes[1] >= 0:
            self.temperature_ = HOTTEST
        else:
            self.temperature_ = float(np.exp(brentq(excess, *ends, xtol=1e-12)))
        return self

    def transform(self, probabilities: ArrayLike) -> Floats:
        """Calibrated probabilities (n, K)."""
        self._check_fitted()
        return np.asarray(softmax(self._logits(probabilities) / self.temperature_, axis=1))

    def _logits(self, values: ArrayLike) -> Floats:
        if self.inputs == "probabilities":
            return np.log(np.maximum(check_probabilities(values).astype(np.float64), TINY))
        logits = np.asarray(values, dtype=np.float64)
        if logits.ndim != 2 or not np.isfinite(logits).all():
            raise DataError("Logits must be a matrix of finite numbers, a row an item.")
        return logits


class Isotonic(Params):
    """Map each class's probability by the best rising step function, one class against the rest.

    Rows are divided by their sum afterwards; a row whose classes are all mapped to zero keeps its
    probabilities. With two classes only the second is mapped and the first is the rest. It needs
    some hundreds of labels; with fewer, use :class:`Temperature`.

    Attributes
    ----------
    steps_ : list of (2, m) arrays
        For each mapped class, probabilities and what they are mapped to; linear in between.

    References
    ----------
    Zadrozny and Elkan (2002), Transforming classifier scores into accurate multiclass probability
    estimates.

    Examples
    --------
    >>> model = Isotonic().fit([[0.9, 0.1], [0.6, 0.4], [0.4, 0.6], [0.1, 0.9]], [0, 1, 0, 1])
    >>> model.transform([[0.5, 0.5]]).tolist()
    [[0.5, 0.5]]
    """

    steps_: list[Floats]

    def fit(self, probabilities: ArrayLike, labels: ArrayLike) -> Isotonic:
        """Fit the steps; arguments as in :meth:`Temperature.fit`."""
        from sklearn.isotonic import IsotonicRegression

        source = check_probabilities(probabilities).astype(np.float64)
        truth = _targets(labels, source)
        mapped = [1] if source.shape[1] == 2 else range(source.shape[1])
        self.steps_ = []
        for k in mapped:
            step = IsotonicRegression(y_min=0, y_max=1).fit(source[:, k], truth[:, k])
            self.steps_.append(np.stack([step.X_thresholds_, step.y_thresholds_]))
        return self

    def transform(self, probabilities: ArrayLike) -> Floats:
        """Calibrated probabilities (n, K)."""
        self._check_fitted()
        n_steps = len(self.steps_)
        n_classes = 2 if n_steps == 1 else n_steps
        source = check_probabilities(probabilities, n_classes=n_classes).astype(np.float64)
        first = n_classes - n_steps
        mapped = np.stack(
            [np.interp(source[:, first + k], *step) for k, step in enumerate(self.steps_)], axis=1
        )
        if first:
            return np.concatenate([1 - mapped, mapped], axis=1)
        total = mapped.sum(axis=1, keepdims=True)
        return np.where(total > 0, mapped / np.where(total > 0, total, 1), source)


def _targets(labels: Any, like: Floats) -> Floats:
    check_same_length(probabilities=like, labels=labels)
    if not len(like):
        raise DataError("There are no rows to fit a calibration on.")
    if np.ndim(labels) == 2:
        return check_probabilities(labels, n_classes=like.shape[1], name="labels")
    return np.eye(like.shape[1])[check_codes(labels, like.shape[1])]
