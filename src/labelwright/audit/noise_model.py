"""The kinds of noise that a bench injects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.core.errors import ParameterError
from labelwright.core.params import Accepts, OneOf, Params, Real
from labelwright.core.seeds import RandomState, generator
from labelwright.datasets.corrupt import Corruption, flip_by_features, flip_labels

KINDS = ("symmetric", "pair", "by_class", "by_features")


class NoiseModel(Params):
    """A kind and a rate of wrong labels.

    Parameters
    ----------
    kind : str
        ``symmetric``: exactly the rate, any other class with equal chance. ``pair``: each class is
        taken for the next one. ``by_class``: classes have rates from half to one and a half times
        ``rate`` and their own favourite errors, drawn anew by each seed. ``by_features``: exactly
        the rate, where items look like those of another class.
    rate : float in [0, 2/3]
        Share of wrong labels, for ``pair`` and ``by_class`` on average over draws and classes.
        Above 1/3, ``by_class`` may make most labels of a class wrong, which nothing can undo.

    Examples
    --------
    >>> NoiseModel("pair", 0.2).matrix(3)
    array([[0.8, 0.2, 0. ],
           [0. , 0.8, 0.2],
           [0.2, 0. , 0.8]])
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {"kind": OneOf(*KINDS), "rate": Real(0, 2 / 3)}

    def __init__(self, kind: str, rate: float) -> None:
        self.kind = kind
        self.rate = rate

    def matrix(self, n_classes: int, *, random_state: RandomState = 0) -> NDArray[np.float64]:
        """Chance of each label (column) for each true class (row), (K, K).

        Raises
        ------
        ParameterError
            For ``by_features``, where the chances differ from item to item.
        """
        self._check_params()
        if self.kind == "by_features":
            raise ParameterError("The noise 'by_features' has no matrix of its own.")
        if n_classes < 2:
            raise ParameterError(f"n_classes={n_classes}: a wrong label needs another class.")
        rates = np.full(n_classes, float(self.rate))
        if self.kind == "symmetric":
            errors = (1 - np.eye(n_classes)) / (n_classes - 1)
        elif self.kind == "pair":
            errors = np.roll(np.eye(n_classes), 1, axis=1)
        else:
            draw = generator(random_state, "noise by class")
            rates *= draw.permutation(np.linspace(0.5, 1.5, n_classes))
            errors = draw.exponential(size=(n_classes, n_classes)) * (1 - np.eye(n_classes))
            errors /= errors.sum(axis=1, keepdims=True)
        return np.diag(1 - rates) + rates[:, None] * errors

    def corrupt(
        self, labels: ArrayLike, features: Any = None, *, random_state: RandomState = 0
    ) -> Corruption:
        """Labels with errors, and where they are.

        Parameters
        ----------
        labels : (n,) array-like
            True labels of any type.
        features : (n, d) array-like, optional
            For ``by_features``: numbers on one scale.
        random_state : int, SeedSequence, Generator or None
        """
        self._check_params()
        if self.kind == "symmetric":
            return flip_labels(labels, self.rate, random_state=random_state)
        if self.kind == "by_features":
            if features is None:
                raise ParameterError("The noise 'by_features' needs features.")
            dense = features.toarray() if hasattr(features, "toarray") else features
            return flip_by_features(labels, dense, self.rate, random_state=random_state)
        chances = self.matrix(len(np.unique(np.asarray(labels))), random_state=random_state)
        return flip_labels(labels, transition=chances, random_state=random_state)
