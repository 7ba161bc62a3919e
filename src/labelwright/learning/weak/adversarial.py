"""Adversarial label learning: the classifier that errs least under the worst labels allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from labelwright.core.params import Accepts, Instance, Real, check_argument
from labelwright.core.seeds import RandomState
from labelwright.core.validation import check_same_length
from labelwright.learning._deep import DeepClassifier
from labelwright.learning.weak.constraints import WeakSignals, expected_errors
from labelwright.nn import Rows
from labelwright.nn._torch import nn, torch
from labelwright.nn.rows import Batch

__all__ = ["AdversarialLabelLearning"]


class AdversarialLabelLearning(DeepClassifier):
    """A classifier trained against an adversary that chooses the labels.

    The adversary takes those labels, of all that contradict no signal more often than its bound
    allows, under which the classifier errs most. The classifier lowers its errors under them, so
    what it reaches is an upper bound of its true error rate, if the bounds are true.

    Parameters
    ----------
    step : float
        How far the adversary moves a label in an epoch.
    penalty : float
        What it pays for breaking a bound; its prices rise by that, too.
    backbone : torch.nn.Module, optional
        From rows (n, d) to features (n, p); by default the rows themselves, a linear classifier.
    training : dict, optional
        Options of :class:`labelwright.nn.Trainer` that differ from this method's: 500 epochs of one
        batch, Adam with a learning rate of .01.
    random_state : int or None

    Attributes
    ----------
    classes_ : (K,) array
    labels_ : (n, K) float32
        The adversary's last labels.
    worst_error_ : float
        The share of errors of the classifier under them.
    history_ : list of dict

    Notes
    -----
    Nothing but the bounds is assumed: signals may depend on each other and err together. It is
    cautious in turn, and bounds that allow everything teach nothing. All items are one batch.

    References
    ----------
    Arachie and Huang, 2019, Adversarial label learning; there for two classes, here for any number
    of them.

    Examples
    --------
    >>> X = np.linspace(-1, 1, 40)[:, None]
    >>> guess = (X > 0).astype(float)
    >>> signals = WeakSignals(np.stack([1 - guess, guess], axis=2), 0.0)
    >>> model = AdversarialLabelLearning().fit(X, signals)
    >>> model.predict([[-0.5], [0.5]])
    array([0, 1])
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "step": Real(0, open_low=True),
        "penalty": Real(0, open_low=True),
        **DeepClassifier._accepts,
    }
    _defaults: ClassVar[Mapping[str, Any]] = {
        "epochs": 500,
        "batch_size": None,
        "optimizer": "adam",
        "lr": 0.01,
        "weight_decay": 0.0,
    }

    labels_: NDArray[np.float32]
    worst_error_: float

    def __init__(
        self,
        *,
        step: float = 0.1,
        penalty: float = 1.0,
        backbone: nn.Module | None = None,
        training: dict[str, Any] | None = None,
        random_state: RandomState = 0,
    ) -> None:
        self.step = step
        self.penalty = penalty
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
        game = Game(self._new_module(X), signals, step=self.step, penalty=self.penalty)
        rows = Rows(x=X)
        trainer = self._trainer().set_params(batch_size=None)
        history = trainer.train(game, game.error, rows, step=game.play)
        self.labels_ = game.labels.cpu().numpy()
        self._keep(game.classifier, history)
        right = (self._probabilities(rows) * self.labels_).sum(axis=1)
        self.worst_error_ = float(1 - right.mean())
        return self

    def _own_backbone(self, n_in: int) -> nn.Module:  # noqa: ARG002
        return nn.Identity()


class Game(nn.Module):
    """A classifier, the labels that its adversary chose, and the prices of breaking bounds."""

    labels: torch.Tensor
    prices: torch.Tensor
    values: torch.Tensor
    spoken: torch.Tensor
    bounds: torch.Tensor

    def __init__(
        self, classifier: nn.Module, signals: WeakSignals, *, step: float, penalty: float
    ) -> None:
        super().__init__()
        self.classifier, self.step, self.penalty = classifier, step, penalty
        start = {
            "labels": signals.mean(),
            "prices": np.zeros(signals.bounds.shape),
            "values": signals.filled,
            "spoken": signals.spoken,
            "bounds": signals.bounds,
        }
        for name, array in start.items():
            self.register_buffer(name, torch.tensor(array, dtype=torch.float32))

    def error(self, batch: Batch) -> torch.Tensor:
        """Share of errors of the classifier, were the adversary's labels true."""
        probabilities = self.classifier(batch["x"]).softmax(dim=1)
        return 1 - (probabilities * self.labels).sum(dim=1).mean()

    def play(self, batch: Batch, update: Callable[[torch.Tensor], None]) -> torch.Tensor:
        """The adversary moves its labels and prices, then the classifier its weights."""
        with torch.no_grad():
            self._move_labels(self.classifier(batch["x"]).softmax(dim=1))
        value = self.error(batch)
        update(value)
        return value

    def _move_labels(self, probabilities: torch.Tensor) -> None:
        """One step up the augmented Lagrangian, and back onto the simplex."""
        broken = expected_errors(self.labels, self.values, self.spoken) - self.bounds
        self.prices += self.penalty * broken
        self.prices.clamp_(min=0)
        price = self.prices + self.penalty * broken.clip(min=0)
        # Of the share of errors that the label of an item makes up; times n, that of one item.
        shares = self.spoken * len(self.labels) / self.spoken.sum(0).clip(min=1)
        of_price = (price * shares * (1 - 2 * self.values)).sum(dim=1)
        self.labels.copy_(onto_simplex(self.labels - self.step * (probabilities + of_price)))


def onto_simplex(vectors: torch.Tensor) -> torch.Tensor:
    """The distributions (n, K) nearest to vectors (n, K)."""
    largest = vectors.sort(dim=1, descending=True).values
    number = torch.arange(1, vectors.shape[1] + 1, device=vectors.device)
    excess = (largest.cumsum(dim=1) - 1) / number
    # The last place where taking the excess off leaves something.
    place = (largest > excess).sum(dim=1, keepdim=True) - 1
    return (vectors - excess.gather(1, place)).clip(min=0)
