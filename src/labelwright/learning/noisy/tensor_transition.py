"""How three labels of each item come to be wrong, from how they agree, without gold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.aggregation._moments import group_confusions
from labelwright.core.errors import DataError, IdentifiabilityError
from labelwright.core.params import Accepts, Bool, Int, Params, Real
from labelwright.core.votes import Votes
from labelwright.estimation._labels import encode_labels
from labelwright.learning.noisy._three_views import (
    Noise,
    best_noise,
    divergence,
    noise_starts,
    triple_shares,
    warn_if_undetermined,
)

__all__ = ["TensorTransition"]


class TensorTransition(Params):
    """The noise of three labels an item, each with its own chances or all alike.

    A start is read off from the third moments of the labels; from there the likelihood is climbed.

    Parameters
    ----------
    shared : bool
        Whether all three err alike, as do slots that hold votes of anybody.
    n_starts : int
        Searches from so many starts, of which the best is taken.
    max_iter, tol
        A search ends when a step lowers the loss by no more than ``tol``, or after ``max_iter``.
    random_state : int, Generator or None
        For all starts but the first.

    Attributes
    ----------
    transitions_ : (3, K, K) float64
        Chances [label, true, given]; all the same with ``shared``.
    class_prior_ : (K,) float64
    classes_ : tuple
    loss_ : float
        Kullback-Leibler divergence between the shares counted and those expected.
    converged_ : bool

    Notes
    -----
    Labels are taken to err independently given the class. Where hard items mislead all three,
    labels agree in their errors, and the noise comes out too small. For annotators who label
    different items, or more of them, take :class:`labelwright.aggregation.DawidSkene`.

    References
    ----------
    Anandkumar, Ge, Hsu, Kakade and Telgarsky, 2014, Tensor decompositions for learning latent
    variable models. Liu, Cheng and Zhang, 2023, Identifiability of label noise transition matrix.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.integers(0, 2, 20_000)
    >>> wrong = rng.random((20_000, 3)) < np.array([0.1, 0.3])[truth][:, None]
    >>> labels = np.where(wrong, 1 - truth[:, None], truth[:, None])
    >>> TensorTransition(shared=True).fit(labels).transitions_[0].round(1)
    array([[0.9, 0.1],
           [0.3, 0.7]])
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "shared": Bool(),
        "n_starts": Int(1),
        "max_iter": Int(1),
        "tol": Real(0),
    }

    def __init__(
        self,
        *,
        shared: bool = False,
        n_starts: int = 3,
        max_iter: int = 2000,
        tol: float = 1e-10,
        random_state: Any = 0,
    ) -> None:
        self.shared = shared
        self.n_starts = n_starts
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    def fit(self, labels: Votes | ArrayLike, *, classes: Sequence[Any] | None = None) -> Self:
        """Learn from three labels an item.

        Parameters
        ----------
        labels : Votes, or (n, 3) array-like
            Votes of three annotators or slots, or codes 0..K-1 or labels, a column each. Items that
            lack one of the three are left out.
        classes : sequence, optional
            The classes in order, for an array.
        """
        self._check_params()
        codes, self.classes_ = _three_labels(labels, classes)
        codes = codes[(codes >= 0).all(axis=1)]
        k = len(self.classes_)
        if not len(codes) or k < 2:
            raise IdentifiabilityError(
                f"{len(codes):,} items have three labels, of {k} classes.",
                hint="One or two labels an item do not determine how they err: get a third, or "
                "gold for some items, or use HOC if there are features.",
            )
        seen = triple_shares(codes, k)
        n_views = 1 if self.shared else 3
        starts = noise_starts(seen, n_views, self.n_starts, self.random_state)
        from_moments = _from_moments(codes, k, n_views)
        noise, self.loss_, self.converged_ = best_noise(
            seen,
            starts if from_moments is None else [from_moments, *starts[1:]],
            divergence,
            tol=self.tol,
            max_iter=self.max_iter,
        )
        self.class_prior_ = noise.class_prior
        self.transitions_ = np.repeat(noise.transitions, 3 // n_views, axis=0)
        warn_if_undetermined(self, noise, seen, len(codes))
        return self


def _from_moments(codes: NDArray[np.int64], k: int, n_views: int) -> Noise | None:
    """A start from the third moments of three labels (n, 3), or None if they do not give one."""
    found = group_confusions(np.eye(k)[codes.T])
    if found is None:
        return None
    transitions = found.confusions.transpose(0, 2, 1)
    return Noise(found.prior, transitions if n_views == 3 else transitions.mean(0, keepdims=True))


def _three_labels(
    labels: Votes | ArrayLike, classes: Sequence[Any] | None
) -> tuple[NDArray[np.int64], tuple[Any, ...]]:
    """Codes (n, 3), -1 where there is no label, and the names of the classes."""
    if isinstance(labels, Votes):
        voted = np.unique(labels.annotator)
        if voted.size != 3 or labels.has_open_answers:
            raise DataError(
                f"{voted.size} annotators voted (or some votes leave several classes open), and "
                "three labels an item are wanted.",
                hint="Choose three with votes.select(annotators=...), or take DawidSkene.",
            )
        codes = np.full((labels.n_items, 3), -1)
        codes[labels.item, np.searchsorted(voted, labels.annotator)] = labels.label
        return codes, tuple(labels.classes.names)
    array = np.asarray(labels)
    if array.ndim != 2 or array.shape[1] != 3:
        raise DataError(f"labels has shape {array.shape}.", hint="Give (n, 3) labels.")
    flat, names = encode_labels(array.ravel(), classes)
    return flat.reshape(-1, 3), names
