"""ASTRA: a student taught by rules that it helps to weigh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._base import encode_gold
from labelwright.core.params import Accepts, Instance, Int, Real, check_argument
from labelwright.core.seeds import RandomState
from labelwright.core.votes import Votes
from labelwright.learning._deep import DeepClassifier
from labelwright.learning.weak._rule_votes import one_hot, vote_codes
from labelwright.nn import Rows, WithHead, outputs, seeded, soft_cross_entropy
from labelwright.nn._torch import nn, torch
from labelwright.nn.modules import width_of
from labelwright.nn.rows import Batch

__all__ = ["Astra"]


class Astra(DeepClassifier):
    """A classifier taught, round by round, by an attention over rules and over itself.

    The teacher's belief about an item is a weighted mean of the votes on it, of what the student
    says and of even odds. Its weights come from the student's features; they are learnt from true
    labels where there are some, and elsewhere so that the teacher becomes sure. Then the student
    learns from the teacher, also on items without a vote.

    Parameters
    ----------
    rounds : int
        How often teacher and student learn from each other.
    hidden : int
        Width of the attention.
    dropout : float
        Share of its features left out in training.
    backbone : torch.nn.Module, optional
        Of the student, from rows (n, d) to features (n, p); by default a hidden layer of 128.
    training : dict, optional
        Options of :class:`labelwright.nn.Trainer` that differ from this method's: 20 epochs each
        time that teacher or student are trained, in batches of 64.
    random_state : int or None

    Attributes
    ----------
    classes_ : (K,) array
    posterior_ : (n_items, K) float64
        The teacher's belief in the end.
    rule_weights_ : (n_rules,) float64
        Mean attention on each rule where it votes, in [0, 1]; NaN without a vote.
    history_ : list of dict
        An entry an epoch of each training, one after the other.

    Notes
    -----
    For rules that cover a part of the items only, best with a few true labels: without them the
    student begins with the shares of votes, and a teacher that is sure is not always right.

    References
    ----------
    Karamanolakis, Mukherjee, Zheng and Awadallah, 2021, Self-training with weak supervision; there
    the student begins with true labels alone.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 2))
    >>> rules = np.where(X > 0.5, [1, 0], -1)
    >>> Astra(rounds=1).fit(X, Votes.from_matrix(rules)).predict([[2.0, -2.0], [-2.0, 2.0]])
    array([1, 0])
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "rounds": Int(1),
        "hidden": Int(1),
        "dropout": Real(0, 0.99),
        **DeepClassifier._accepts,
    }
    _defaults: ClassVar[Mapping[str, Any]] = {"epochs": 20}

    posterior_: NDArray[np.float64]
    rule_weights_: NDArray[np.float64]

    def __init__(
        self,
        *,
        rounds: int = 3,
        hidden: int = 64,
        dropout: float = 0.3,
        backbone: nn.Module | None = None,
        training: dict[str, Any] | None = None,
        random_state: RandomState = 0,
    ) -> None:
        self.rounds = rounds
        self.hidden = hidden
        self.dropout = dropout
        self.backbone = backbone
        self.training = training
        self.random_state = random_state

    def fit(
        self, X: Any, votes: Votes, *, gold: Mapping[Any, Any] | Sequence[Any] | None = None
    ) -> Self:
        """Learn from rows (n_items, d), in the order of ``votes.items``, and votes of rules.

        ``gold`` are some true labels, by item or in the order of items with None for the others.

        Raises
        ------
        DataError
            If X holds NaN or infinity or has another number of rows than there are items, or there
            is no vote.
        """
        self._check_params()
        check_argument("votes", votes, Instance(Votes))
        X = self._rows(X, reset=True)
        codes, truth = vote_codes(votes, X), encode_gold(votes, gold)
        self.classes_ = np.asarray(votes.classes.names)
        student: Any = self._new_module(X)
        teacher = self._teacher(student, X, codes.shape[1])
        certain = np.eye(len(self.classes_))[truth] * (truth >= 0)[:, None]
        counts = votes.counts()
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        target = np.where(certain.any(axis=1, keepdims=True), certain, shares)
        labelled = np.flatnonzero(target.any(axis=1))
        history = self._teach(student, Rows(x=X, target=target).take(labelled), "first student")
        for number in range(1, self.rounds + 1):
            rows = self._material(student, X, codes, certain)
            history += self._trainer().train(teacher, teacher.loss, rows, what=f"teacher {number}")
            belief = outputs(teacher, rows, teacher.belief)
            target = np.where(certain.any(axis=1, keepdims=True), certain, belief)
            history += self._teach(student, Rows(x=X, target=target), f"student {number}")
        self.posterior_ = target
        attention = outputs(teacher, rows, lambda batch: teacher.attention(batch)[0])
        times = (codes >= 0).sum(axis=0)
        none = np.full(len(times), np.nan)
        self.rule_weights_ = np.divide(attention.sum(axis=0), times, out=none, where=times > 0)
        self._keep(student, history)
        return self

    def _teach(self, student: nn.Module, rows: Rows, what: str) -> list[dict[str, float]]:
        def loss(batch: Batch) -> torch.Tensor:
            return soft_cross_entropy(student(batch["x"]), batch["target"])

        return self._trainer().train(student, loss, rows, what=what)

    def _material(
        self, student: WithHead, X: Any, codes: NDArray[np.int64], certain: NDArray[np.float64]
    ) -> Rows:
        """What the teacher reads: the student's features and beliefs, votes and true labels."""
        rows = Rows(x=X)
        features = outputs(student, rows, lambda batch: student.backbone(batch["x"]))
        said = outputs(student, rows, lambda batch: student(batch["x"]).softmax(dim=1))
        return Rows(features=features, said=said, votes=codes, certain=certain)

    def _teacher(self, student: WithHead, X: Any, n_rules: int) -> RuleAttention:
        width = width_of(student.backbone, Rows(x=X[:1]).batch([0])["x"])
        with seeded(self.random_state, "teacher"):
            return RuleAttention(width, n_rules, self.hidden, self.dropout)


class RuleAttention(nn.Module):
    """A belief from votes, the student and even odds, weighed by the features of the item."""

    def __init__(self, width: int, n_rules: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.weights = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(width, hidden),
            nn.SiLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, n_rules + 1),
            nn.Sigmoid(),
        )

    def attention(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Weights in [0, 1] of the rules that vote (n, m), 0 for others, and of the student."""
        weights = self.weights(batch["features"])
        return weights[:, :-1] * (batch["votes"] >= 0), weights[:, -1:]

    def belief(self, batch: Batch) -> torch.Tensor:
        """The teacher's belief (n, K); what the weights lack to one each goes to even odds."""
        said = batch["said"]
        of_rules, of_student = self.attention(batch)
        sources = (batch["votes"] >= 0).sum(dim=1, keepdim=True) + 1
        votes = torch.einsum("nm,nmk->nk", of_rules, one_hot(batch["votes"], said.shape[1]))
        even = (sources - of_rules.sum(dim=1, keepdim=True) - of_student) / said.shape[1]
        belief: torch.Tensor = (votes + of_student * said + even) / sources
        return belief

    def loss(self, batch: Batch) -> torch.Tensor:
        """Cross-entropy where the truth is known, elsewhere the entropy of the belief."""
        belief = self.belief(batch)
        known = batch["certain"].sum(dim=1, keepdim=True) > 0
        target = torch.where(known, batch["certain"], belief)
        return -(target * belief.clip(min=1e-9).log()).sum(dim=1).mean()
