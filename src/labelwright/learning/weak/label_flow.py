"""Label learning flows: a distribution over labels that keeps within what weak signals allow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from labelwright.core.params import Accepts, Instance, Int, Real, check_argument
from labelwright.core.seeds import RandomState
from labelwright.core.validation import check_same_length
from labelwright.learning._deep import DeepClassifier
from labelwright.learning.weak._flow import ConditionalFlow
from labelwright.learning.weak.constraints import (
    WeakSignals,
    bound_penalty,
    expected_errors,
    simplex_penalty,
)
from labelwright.nn import MLP, Rows, outputs, seeded
from labelwright.nn._torch import nn, torch
from labelwright.nn.modules import width_of
from labelwright.nn.rows import Batch

__all__ = ["LabelLearningFlow"]


class LabelLearningFlow(DeepClassifier):
    """A classifier from features and weak signals whose errors are bounded.

    An invertible network turns noise into label vectors, given an item's features. It is trained
    from noise to labels, so that no label is ever estimated: the density of its labels is raised,
    which draws them together, and a penalty keeps them distributions over the classes that do not
    contradict the signals more often than their bounds allow.

    Parameters
    ----------
    n_steps : int
        Steps of the flow; each moves every coordinate of a label vector once.
    latent : int
        Width of the layers within a step.
    strength : float
        Of the penalties.
    n_draws : int
        Label vectors that are drawn for an item and averaged to its probabilities.
    backbone : torch.nn.Module, optional
        From rows (n, d) to features (n, p); by default one hidden layer, as wide as ``latent``.
    training : dict, optional
        Options of :class:`labelwright.nn.Trainer` that differ from this method's: 500 epochs of one
        batch, Adam, a learning rate of .001 that falls to an eighth.
    random_state : int or None

    Attributes
    ----------
    classes_ : (K,) array
    history_ : list of dict
        The loss of each epoch.
    errors_ : (m, K) float64
        How often each signal would be wrong about each class, were the predictions true. Those far
        above their ``bounds`` could not be reconciled with the others.

    Notes
    -----
    For when something is known about how often signals err at most, and for signals that are
    probabilities. From votes of many rules and nothing else, an aggregator such as
    :class:`~labelwright.aggregation.MajorityVote` with a classifier on its posterior is quicker and
    needs no bounds. All items are one batch, since the bounds are about shares of all items:
    memory grows as items times signals times classes.

    Unlike in the published network, layers are normalised over features instead of over the batch,
    so that the map of one item does not depend on the others, and its density is exact.

    References
    ----------
    Lu, Arachie and Huang, 2023, Weakly supervised label learning flows.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 2))
    >>> guess = 1 / (1 + np.exp(-2 * X[:, :1]))
    >>> signals = WeakSignals(np.stack([1 - guess, guess], axis=2), 0.2)
    >>> model = LabelLearningFlow(training={"epochs": 100, "lr": 0.01}).fit(X, signals)
    >>> model.predict([[-2.0, 0.0], [2.0, 0.0]])
    array([0, 1])
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "n_steps": Int(1),
        "latent": Int(1),
        "strength": Real(0, open_low=True),
        "n_draws": Int(1),
        **DeepClassifier._accepts,
    }
    _defaults: ClassVar[Mapping[str, Any]] = {
        "epochs": 500,
        "batch_size": None,
        "optimizer": "adam",
        "lr": 1e-3,
        "weight_decay": 0.0,
        "schedule": "exponential",
    }

    errors_: NDArray[np.float64]

    def __init__(
        self,
        *,
        n_steps: int = 8,
        latent: int = 64,
        strength: float = 10.0,
        n_draws: int = 10,
        backbone: nn.Module | None = None,
        training: dict[str, Any] | None = None,
        random_state: RandomState = 0,
    ) -> None:
        self.n_steps = n_steps
        self.latent = latent
        self.strength = strength
        self.n_draws = n_draws
        self.backbone = backbone
        self.training = training
        self.random_state = random_state

    def fit(self, X: Any, signals: WeakSignals) -> Self:
        """Learn from rows (n, d) and the signals about the same items.

        Raises
        ------
        DataError
            If X holds NaN or infinity, or has another number of rows than the signals.
        """
        self._check_params()
        check_argument("signals", signals, Instance(WeakSignals))
        X = self._rows(X, reset=True)
        check_same_length(X=X, signals=signals.values)
        self.classes_ = np.asarray(signals.classes)
        flow = self._new_module(X)
        bounds = torch.tensor(signals.bounds, dtype=torch.float32)

        def loss(batch: Batch) -> torch.Tensor:
            noise = torch.randn(len(batch["x"]), len(self.classes_), device=batch["x"].device)
            labels, log_det = flow(batch["x"], noise)
            errors = expected_errors(labels, batch["values"], batch["spoken"])
            broken = simplex_penalty(labels) + bound_penalty(errors, bounds.to(errors.device))
            return negative_log_density(noise, log_det).mean() + self.strength * broken

        spoken = signals.spoken.astype(np.float32)
        rows = Rows(x=X, values=signals.filled, spoken=spoken)
        history = self._trainer().train(flow, loss, rows)
        self._keep(flow, history)
        self.errors_ = expected_errors(self._probabilities(rows), signals.filled, spoken)
        return self

    def sample_labels(self, X: Any, n_draws: int = 100) -> NDArray[np.float64]:
        """Label vectors (n, n_draws, K) drawn for each row; how they spread is how unsure it is."""
        self._check_fitted()
        check_argument("n_draws", n_draws, Int(1))
        rows = Rows(x=self._rows(X, reset=False))
        return self._draw(rows, n_draws, len(rows))

    def _probabilities(self, rows: Rows) -> NDArray[np.float64]:
        # The same noise for all rows, so that what is said of one depends on no other.
        mean = self._draw(rows, self.n_draws, 1).clip(0, 1).mean(axis=1) + np.finfo(float).eps
        probabilities: NDArray[np.float64] = mean / mean.sum(axis=1, keepdims=True)
        return probabilities

    def _draw(self, rows: Rows, n_draws: int, n_noises: int) -> NDArray[np.float64]:
        """Label vectors (n, n_draws, K), from noise of its own for each row or one for all."""
        flow = self.module_
        with seeded(self.random_state, "labels"):
            noise = torch.randn(n_draws, n_noises, len(self.classes_))

        def labels(batch: Batch, draw: int) -> torch.Tensor:
            own = noise[draw].expand(len(rows), -1)[batch["index"].cpu()]
            found: torch.Tensor = flow(batch["x"], own.to(batch["x"].device))[0]
            return found

        draws = [outputs(flow, rows, partial(labels, draw=draw)) for draw in range(n_draws)]
        return np.stack(draws, axis=1)

    def _module_of(self, example: torch.Tensor, n_classes: int) -> nn.Module:
        backbone = self._features(example.shape[1])
        width = width_of(backbone, example)
        return ConditionalFlow(backbone, width, n_classes, self.n_steps, self.latent)

    def _own_backbone(self, n_in: int) -> nn.Module:
        return MLP(n_in, (self.latent,))


def negative_log_density(noise: torch.Tensor, log_det: torch.Tensor) -> torch.Tensor:
    """Of the labels that a flow makes of Gaussian noise (n, K), in bits a coordinate, (n,)."""
    k = noise.shape[1]
    log_normal = -0.5 * (noise.square().sum(dim=1) + k * math.log(2 * math.pi))
    return (log_det - log_normal) / (k * math.log(2))
