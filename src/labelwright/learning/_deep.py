"""What classifiers with a neural network share: backbone, training options, prediction, files."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import validate_data

from labelwright.core.params import Accepts, Instance, Nullable, Params
from labelwright.core.seeds import RandomState
from labelwright.learning.classifier import _check_finite
from labelwright.nn import MLP, Rows, Trainer, WithHead, outputs, seeded
from labelwright.nn._torch import nn, torch

HIDDEN = 128


class DeepClassifier(ClassifierMixin, Params, BaseEstimator):
    """Base of classifiers that learn the weights of a network.

    A method states how it trains by default (``_defaults``), builds its module in ``_module_of``
    (by default a backbone with a linear head), gives it to ``_trainer().train(...)`` with its own
    loss, and ends with ``_keep(module, history)``.

    Attributes
    ----------
    classes_ : (K,) array
    n_features_in_ : int
    history_ : list of dict
        An entry an epoch; see :meth:`labelwright.nn.Trainer.train`.
    weights_ : dict of name to array
        All that the network learnt; :attr:`module_` is made from it.
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "backbone": Nullable(Instance(nn.Module)),
        "training": Nullable(Instance(dict)),
    }
    _defaults: ClassVar[Mapping[str, Any]] = {}

    classes_: NDArray[Any]
    history_: list[dict[str, float]]
    weights_: dict[str, NDArray[Any]]
    backbone: nn.Module | None
    training: dict[str, Any] | None
    random_state: RandomState

    @property
    def module_(self) -> nn.Module:
        """The trained network, in its mode for evaluation."""
        self._check_fitted()
        if "_module" not in vars(self):
            with seeded(0):
                example = torch.zeros(1, self.n_features_in_)
                module = self._module_of(example, len(self.classes_))
            module.load_state_dict({n: torch.tensor(w) for n, w in self.weights_.items()})
            self._module = module.eval()
        return self._module

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probabilities (n, K), columns in the order of ``classes_``."""
        self._check_fitted()
        return self._probabilities(Rows(x=self._rows(X, reset=False)))

    def predict(self, X: Any) -> NDArray[Any]:
        """The most probable class of each row, (n,)."""
        codes = self.predict_proba(X).argmax(axis=1)
        labels: NDArray[Any] = self.classes_[codes]
        return labels

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _probabilities(self, rows: Rows) -> NDArray[np.float64]:
        probabilities: NDArray[np.float64] = softmax(outputs(self.module_, rows), axis=1)
        return probabilities

    def _rows(self, X: Any, *, reset: bool) -> Any:
        checked = validate_data(
            self, X, accept_sparse="csr", dtype=np.float32, ensure_all_finite=False, reset=reset
        )
        _check_finite(checked)
        return checked

    def _trainer(self) -> Trainer:
        """The loop, with the options of the method and over them those of the user."""
        trainer = Trainer(**self._defaults, random_state=self.random_state)
        return trainer.set_params(**(self.training or {}))

    def _features(self, n_in: int) -> nn.Module:
        """A copy of the user's backbone, so that each fit begins alike, or one of our own."""
        return self._own_backbone(n_in) if self.backbone is None else copy.deepcopy(self.backbone)

    def _own_backbone(self, n_in: int) -> nn.Module:
        """What turns rows of ``n_in`` numbers into features if the user gives nothing."""
        return MLP(n_in, (HIDDEN,))

    def _module_of(self, example: torch.Tensor, n_classes: int) -> nn.Module:
        """The network for rows like the example, untrained."""
        return WithHead(self._features(example.shape[1]), example, n_classes)

    def _new_module(self, X: Any) -> nn.Module:
        """The untrained network for the rows of X, its weights drawn from the seed."""
        with seeded(self.random_state, "weights"):
            return self._module_of(Rows(x=X[:1]).batch([0])["x"], len(self.classes_))

    def _keep(self, module: nn.Module, history: list[dict[str, float]]) -> None:
        """Remember what was learnt."""
        self._module, self.history_ = module.eval(), history
        state = module.state_dict()
        self.weights_ = {name: weight.detach().cpu().numpy() for name, weight in state.items()}
