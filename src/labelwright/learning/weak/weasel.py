"""WeaSEL: an encoder of votes and an end model that teach each other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from labelwright.core.params import Accepts, Instance, Int, Real, check_argument
from labelwright.core.seeds import RandomState
from labelwright.core.votes import Votes
from labelwright.learning._deep import DeepClassifier
from labelwright.learning.weak._rule_votes import one_hot, vote_codes
from labelwright.nn import MLP, Rows, outputs, seeded, soft_cross_entropy
from labelwright.nn._torch import nn, torch
from labelwright.nn.rows import Batch

__all__ = ["Weasel"]


class Weasel(DeepClassifier):
    """A classifier trained together with a model of how far each vote on each item can be trusted.

    An encoder reads an item's votes and features and gives each rule a weight there; the weighted
    votes make a belief. The classifier, which sees the features only, is trained on that belief,
    and the encoder on what the classifier says. Each takes the other as given (no gradient passes),
    since otherwise both would soon agree on one class for everything.

    Parameters
    ----------
    hidden : int
        Width of the two layers of the encoder.
    dropout : float
        Share of their features left out in training.
    temperature : float
        How evenly weights begin; higher is more even.
    backbone : torch.nn.Module, optional
        Of the classifier, from rows (n, d) to features (n, p); by default a hidden layer of 128.
    training : dict, optional
        Options of :class:`labelwright.nn.Trainer` that differ from this method's: 100 epochs in
        batches of 64.
    random_state : int or None

    Attributes
    ----------
    classes_ : (K,) array
    posterior_ : (n_items, K) float64
        The encoder's belief; even for an item without a vote.
    rule_weights_ : (n_rules,) float64
        Mean weight of each rule's votes, 1 if it were that of an average rule; NaN without a vote.
    history_ : list of dict

    Notes
    -----
    For rules that are good on one kind of item and bad on another, which the features tell apart,
    and for rules that copy each other. It takes more data than a label model, has nothing that
    tells a good optimum from a bad one, and begins near the majority: where that is wrong, so is
    this. Items without a vote are not trained on.

    References
    ----------
    Rühling Cachay, Boecking and Dubrawski, 2021, End-to-end weak supervision.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(100, 2))
    >>> truth = (X[:, 0] > 0).astype(int)
    >>> rules = np.where(rng.random((100, 5)) < 0.8, truth[:, None], 1 - truth[:, None])
    >>> Weasel().fit(X, Votes.from_matrix(rules)).predict([[-1.0, 0.0], [1.0, 0.0]])
    array([0, 1])
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "hidden": Int(1),
        "dropout": Real(0, 0.99),
        "temperature": Real(0, open_low=True),
        **DeepClassifier._accepts,
    }
    _defaults: ClassVar[Mapping[str, Any]] = {"epochs": 100}

    posterior_: NDArray[np.float64]
    rule_weights_: NDArray[np.float64]

    def __init__(
        self,
        *,
        hidden: int = 64,
        dropout: float = 0.3,
        temperature: float = 1.0,
        backbone: nn.Module | None = None,
        training: dict[str, Any] | None = None,
        random_state: RandomState = 0,
    ) -> None:
        self.hidden = hidden
        self.dropout = dropout
        self.temperature = temperature
        self.backbone = backbone
        self.training = training
        self.random_state = random_state

    def fit(self, X: Any, votes: Votes) -> Self:
        """Learn from rows (n_items, d), in the order of ``votes.items``, and votes of rules.

        Raises
        ------
        DataError
            If X holds NaN or infinity or has another number of rows than there are items, or there
            is no vote.
        """
        self._check_params()
        check_argument("votes", votes, Instance(Votes))
        X = self._rows(X, reset=True)
        codes = vote_codes(votes, X)
        self.classes_ = np.asarray(votes.classes.names)
        encoder = self._encoder(X.shape[1], codes.shape[1])
        classifier = self._new_module(X)
        rows = Rows(x=X, votes=codes)

        def loss(batch: Batch) -> torch.Tensor:
            said = classifier(batch["x"])
            believed = encoder(batch["x"], batch["votes"])
            of_classifier = soft_cross_entropy(said, believed.detach().softmax(dim=1))
            return of_classifier + soft_cross_entropy(believed, said.detach().softmax(dim=1))

        voted = np.flatnonzero((codes >= 0).any(axis=1))
        pair = nn.ModuleList([classifier, encoder])
        history = self._trainer().train(pair, loss, rows.take(voted))
        self._describe(encoder, rows, codes)
        self._keep(classifier, history)
        return self

    def _encoder(self, n_in: int, n_rules: int) -> VoteEncoder:
        with seeded(self.random_state, "encoder"):
            return VoteEncoder(
                n_in,
                n_rules,
                len(self.classes_),
                hidden=self.hidden,
                dropout=self.dropout,
                temperature=self.temperature,
            )

    def _describe(self, encoder: VoteEncoder, rows: Rows, codes: NDArray[np.int64]) -> None:
        """Set what the encoder believes, and how much it gives on each rule."""
        logits = outputs(encoder, rows, lambda batch: encoder(batch["x"], batch["votes"]))
        self.posterior_ = softmax(logits, axis=1)
        weights = outputs(encoder, rows, lambda batch: encoder.weights(batch["x"], batch["votes"]))
        voted = codes >= 0
        times = voted.sum(axis=0)
        total = (weights * voted).sum(axis=0) / encoder.even
        none = np.full(len(times), np.nan)
        self.rule_weights_ = np.divide(total, times, out=none, where=times > 0)


class VoteEncoder(nn.Module):
    """Log beliefs (n, K), up to a constant, from features (n, d) and votes (n, m)."""

    def __init__(
        self,
        n_in: int,
        n_rules: int,
        n_classes: int,
        *,
        hidden: int,
        dropout: float,
        temperature: float,
    ) -> None:
        super().__init__()
        self.n_classes, self.temperature = n_classes, temperature
        self.layers = nn.Sequential(
            MLP(n_in + n_rules * n_classes, (hidden, hidden), dropout), nn.Linear(hidden, n_rules)
        )
        # The weights make up the root of the number of rules, so that a belief is sharp only if
        # several rules agree, or one that outweighs many.
        self.total = math.sqrt(n_rules)
        self.even = self.total / n_rules

    def weights(self, x: torch.Tensor, votes: torch.Tensor) -> torch.Tensor:
        """The weight (n, m) of each rule on each item, whether it votes there or not."""
        read = torch.cat([x, one_hot(votes, self.n_classes).flatten(1)], dim=1)
        shares: torch.Tensor = (self.layers(read) / self.temperature).softmax(dim=1)
        return self.total * shares

    def forward(self, x: torch.Tensor, votes: torch.Tensor) -> torch.Tensor:
        """The weighted votes for each class."""
        cells = one_hot(votes, self.n_classes)
        return torch.einsum("nm,nmk->nk", self.weights(x, votes), cells)
