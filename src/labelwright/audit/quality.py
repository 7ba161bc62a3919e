"""How good each label is, by the probabilities of a model."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.audit._predictions import ClassNames, read_predictions
from labelwright.audit._scores import SCORES, quality
from labelwright.core.errors import ParameterError, unknown_name

__all__ = ["label_quality"]


def label_quality(
    labels: ArrayLike,
    probabilities: ArrayLike,
    *,
    method: str = "self_confidence",
    adjust: bool = False,
    classes: ClassNames = None,
) -> NDArray[np.float64]:
    """Quality of each label in [0, 1]; 1 is a good label.

    Parameters
    ----------
    labels : (n,) array-like
        Codes 0..K-1, or labels together with ``classes``.
    probabilities : (n, K) array-like
        Out-of-sample class probabilities; read in blocks of rows, never copied as a whole.
    method : str
        ``self_confidence``: the probability of the given label. ``normalized_margin``: by how much
        it leads the best other class, (p - p_other + 1) / 2. ``confidence_weighted_entropy``:
        ln(1 + r) / r, where r is the entropy of the row over ln K, divided by the self-confidence.
    adjust : bool
        Even out rare classes: subtract each class's confident threshold from its column, add the
        largest threshold, make rows sum to one. Not for the entropy.
    classes : sequence or Classes, optional
        The classes, in the order of the columns.

    Returns
    -------
    (n,) float64

    Raises
    ------
    DataError
        If an entry is no probability, a row does not sum to one, a label is missing or no class,
        or the two differ in length.
    ParameterError
        If the method is unknown or does not go with ``adjust``.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident learning: estimating uncertainty in dataset
    labels.

    Examples
    --------
    >>> label_quality([0, 1], [[0.9, 0.1], [0.75, 0.25]])
    array([0.9 , 0.25])
    >>> label_quality([0, 1], [[0.9, 0.1], [0.75, 0.25]], method="normalized_margin")
    array([0.9 , 0.25])
    """
    check_method(method, adjust)
    return quality(read_predictions(labels, probabilities, classes), method, adjust=adjust)


def check_method(method: str, adjust: bool, name: str = "method") -> None:
    """Whether there is such a score and it can be adjusted, else a ``ParameterError``."""
    if method not in SCORES:
        raise unknown_name(name, method, SCORES, error=ParameterError)
    if adjust and method == "confidence_weighted_entropy":
        raise ParameterError(
            "adjust does not go with 'confidence_weighted_entropy'.",
            hint="Use 'self_confidence' or 'normalized_margin'.",
        )
