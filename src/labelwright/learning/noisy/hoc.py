"""HOC: how labels come to be wrong, from items that look alike, without gold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from labelwright.core.errors import DataError
from labelwright.core.params import Accepts, Int, Nullable, OneOf, Params, Real
from labelwright.core.validation import check_same_length
from labelwright.estimation._labels import encode_labels
from labelwright.learning.noisy._three_views import (
    best_noise,
    noise_starts,
    squared_difference,
    triple_shares,
    warn_if_undetermined,
)
from labelwright.retrieval import NeighbourGraph

__all__ = ["HOC"]

# An item and its two neighbours.
FEWEST = 3


class HOC(Params):
    """The noise of one label an item, from items and their two nearest neighbours.

    Items that look alike mostly are of one class. So the labels of an item and its two nearest
    neighbours are three labels of that class, and how often they agree and disagree, one by one,
    two by two and three by three, tells how labels err (High-Order Consensus).

    Parameters
    ----------
    metric : {"cosine", "euclidean"}, optional
        How near is measured; see :class:`NeighbourGraph`.
    n_starts : int
        Searches from so many starts, of which the best is taken.
    max_iter, tol
        A search ends when a step lowers the loss by no more than ``tol``, or after ``max_iter``.
    random_state : int, Generator or None
        For all starts but the first.

    Attributes
    ----------
    transition_ : (K, K) float64
        Chances [true, given].
    class_prior_ : (K,) float64
        Shares of the true classes.
    classes_ : tuple
    clusterable_ : float
        Share of items of whose two neighbours both have the same label as they; it bounds nothing,
        but where it is near what chance would give, there is nothing to learn from.
    loss_ : float
        Squared differences between the shares that were counted and those that are expected.
    converged_ : bool

    Notes
    -----
    All items of a class are taken to be mislabelled alike, and neighbours to be of one class. Where
    neighbours are of another class, that is taken for noise: with a share e of such neighbours the
    noise comes out larger by about e. Use features in which classes stand apart, such as
    embeddings, and compare with a few labels that somebody checked.

    References
    ----------
    Zhu, Song and Liu, 2021, Clusterability as an alternative to anchor points when learning with
    noisy labels. Liu, Cheng and Zhang, 2023, Identifiability of label noise transition matrix.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.integers(0, 2, 4000)
    >>> features = rng.normal(size=(4000, 2)) + 8 * truth[:, None]
    >>> labels = np.where(rng.random(4000) < np.array([0.1, 0.3])[truth], 1 - truth, truth)
    >>> HOC().fit(features, labels).transition_.round(1)
    array([[0.9, 0.1],
           [0.3, 0.7]])
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "metric": Nullable(OneOf("cosine", "euclidean")),
        "n_starts": Int(1),
        "max_iter": Int(1),
        "tol": Real(0),
    }

    def __init__(
        self,
        *,
        metric: str | None = None,
        n_starts: int = 3,
        max_iter: int = 2000,
        tol: float = 1e-10,
        random_state: Any = 0,
    ) -> None:
        self.metric = metric
        self.n_starts = n_starts
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    def fit(
        self, features: Any, labels: ArrayLike, *, classes: Sequence[Any] | None = None
    ) -> Self:
        """Learn from features and one noisy label an item.

        Parameters
        ----------
        features : (n, d) array-like or scipy sparse matrix
        labels : (n,) array-like
            Codes 0..K-1, or labels; items without one are left out.
        classes : sequence, optional
            The classes in order.
        """
        self._check_params()
        check_same_length(features=features, labels=labels)
        codes, self.classes_ = encode_labels(labels, classes)
        labelled = np.flatnonzero(codes >= 0)
        if labelled.size < FEWEST or np.unique(codes[labelled]).size < 2:
            raise DataError(
                f"{labelled.size} items have a label, of "
                f"{np.unique(codes[labelled]).size} classes.",
                hint="At least three items are needed, and two classes.",
            )
        matrix = (
            features[labelled] if hasattr(features, "tocsr") else np.asarray(features)[labelled]
        )
        graph = NeighbourGraph.build(matrix, k=FEWEST - 1, metric=self.metric)
        codes = codes[labelled]
        three = np.column_stack([codes, codes[graph.indices]])
        seen = triple_shares(three, len(self.classes_))
        starts = noise_starts(seen, 1, self.n_starts, self.random_state)
        noise, self.loss_, self.converged_ = best_noise(
            seen, starts, squared_difference, tol=self.tol, max_iter=self.max_iter
        )
        self.clusterable_ = float(np.einsum("kkk->", seen))
        self.class_prior_, self.transition_ = noise.class_prior, noise.transitions[0]
        warn_if_undetermined(self, noise, seen, labelled.size)
        return self
