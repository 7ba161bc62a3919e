"""ImplyLoss: a classifier, and gates that learn where each rule holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.aggregation._base import encode_gold
from labelwright.core.errors import DataError
from labelwright.core.params import Accepts, Instance, Int, Real, check_argument
from labelwright.core.seeds import RandomState
from labelwright.core.validation import check_codes, check_same_length
from labelwright.core.votes import Votes
from labelwright.learning._deep import DeepClassifier
from labelwright.learning.weak._rule_votes import vote_codes
from labelwright.nn import MLP, Rows, WithHead, outputs, seeded
from labelwright.nn._torch import nn, torch
from labelwright.nn.rows import Batch

__all__ = ["ImplyLoss"]

Codes = NDArray[np.int64]


class ImplyLoss(DeepClassifier):
    """A classifier trained with rules that hold only where their gates say so.

    Whoever writes a rule has a record before them, its exemplar: there the rule is right. Elsewhere
    it may reach too far, so each rule gets a gate, which learns from the features of an item
    whether the rule holds on it. Where it does, its vote implies the class: classifier and gate
    share what it costs if one of them disagrees.

    Parameters
    ----------
    strength : float
        Weight of the implications on items without a true label.
    q : float
        Exponent of the gates' loss where a rule is right; below 1 it forgives a rule that is right
        by accident.
    hidden : int
        Width of the gates' hidden layer.
    backbone : torch.nn.Module, optional
        Of the classifier, from rows (n, d) to features (n, p); by default a hidden layer of 128.
    training : dict, optional
        Options of :class:`labelwright.nn.Trainer` that differ from this method's: 100 epochs in
        batches of 64.
    random_state : int or None

    Attributes
    ----------
    classes_ : (K,) array
    gates_ : (n_items, n_rules) float64
        Chance that each rule holds on each item; NaN where it does not vote.
    history_ : list of dict

    Notes
    -----
    For when the records that rules were written from are known, or some true labels are. It needs a
    true label, or an exemplar, of each class. ``gates_`` shows where a rule reaches too far.

    References
    ----------
    Awasthi, Ghosh, Goyal and Sarawagi, 2020, Learning from rules generalizing labeled exemplars.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 2))
    >>> rules = np.where(X > 0.5, [1, 0], -1)
    >>> votes = Votes.from_matrix(rules)
    >>> exemplars = [int(rules[:, 0].argmax()), int((rules[:, 1] == 0).argmax())]
    >>> ImplyLoss().fit(X, votes, exemplars=exemplars).predict([[2.0, -2.0], [-2.0, 2.0]])
    array([1, 0])
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "strength": Real(0),
        "q": Real(0, 1, open_low=True),
        "hidden": Int(1),
        **DeepClassifier._accepts,
    }
    _defaults: ClassVar[Mapping[str, Any]] = {"epochs": 100}

    gates_: NDArray[np.float64]

    def __init__(
        self,
        *,
        strength: float = 0.1,
        q: float = 0.6,
        hidden: int = 64,
        backbone: nn.Module | None = None,
        training: dict[str, Any] | None = None,
        random_state: RandomState = 0,
    ) -> None:
        self.strength = strength
        self.q = q
        self.hidden = hidden
        self.backbone = backbone
        self.training = training
        self.random_state = random_state

    def fit(
        self,
        X: Any,
        votes: Votes,
        *,
        exemplars: ArrayLike | None = None,
        gold: Mapping[Any, Any] | Sequence[Any] | None = None,
    ) -> Self:
        """Learn from rows (n_items, d), in the order of ``votes.items``, and votes of rules.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_items, d)
        votes : Votes
        exemplars : (n_rules,) int, optional
            The row of the item that each rule was written from, on which it votes; -1 if unknown.
        gold : mapping of item to label, or sequence (n_items,), optional
            Some true labels. One of the two must be given.

        Raises
        ------
        DataError
            If nothing is known to be true, a rule does not vote on its exemplar, or X holds NaN or
            has another number of rows than there are items.
        """
        self._check_params()
        check_argument("votes", votes, Instance(Votes))
        X = self._rows(X, reset=True)
        codes = vote_codes(votes, X)
        own = _exemplar_mask(exemplars, codes, votes)
        truth = _truth(encode_gold(votes, gold).astype(np.int64), codes, own)
        self.classes_ = np.asarray(votes.classes.names)
        classifier, gates = self._new_module(X), self._gates(X, codes.shape[1])
        rows = Rows(x=X, votes=codes, own=own, truth=truth)

        def loss(batch: Batch) -> torch.Tensor:
            logits = classifier(batch["x"])
            return self._loss(logits.log_softmax(dim=1), gates(batch["x"]), batch)

        history = self._trainer().train(nn.ModuleList([classifier, gates]), loss, rows)
        open_ = outputs(gates, rows, lambda batch: gates(batch["x"]).sigmoid())
        self.gates_ = np.where(codes >= 0, open_, np.nan)
        self._keep(classifier, history)
        return self

    def _loss(self, log_p: torch.Tensor, gates: torch.Tensor, batch: Batch) -> torch.Tensor:
        """What classifier (n, K) and gates (n, m, as logits) cost on a batch."""
        truth, votes, own = batch["truth"], batch["votes"], batch["own"] > 0
        known, fired = truth >= 0, votes >= 0
        log_open, log_shut = nn.functional.logsigmoid(gates), nn.functional.logsigmoid(-gates)
        right = votes == truth[:, None]
        judged = fired & known[:, None] & ~own
        of_right = (1 - (self.q * log_open).exp()) / self.q
        log_vote = log_p.gather(1, votes.clip(min=0))
        # 1 - gate (1 - p): the rule does not hold, or the class is the one that it says.
        implied = torch.logaddexp(log_shut, log_open + log_vote)
        return (
            _mean(-log_p.gather(1, truth.clip(min=0)[:, None])[:, 0], known)
            + _mean(-log_open, own)
            + _mean(-log_shut, judged & ~right)
            + _mean(of_right, judged & right)
            + self.strength * _mean(-implied, fired & ~known[:, None])
        )

    def _gates(self, X: Any, n_rules: int) -> nn.Module:
        with seeded(self.random_state, "gates"):
            return WithHead(MLP(X.shape[1], (self.hidden,)), torch.zeros(1, X.shape[1]), n_rules)


def _exemplar_mask(exemplars: ArrayLike | None, codes: Codes, votes: Votes) -> Codes:
    """1 (n_items, n_rules) at the item that each rule was written from."""
    own = np.zeros_like(codes)
    if exemplars is None:
        return own
    item = check_codes(exemplars, len(codes), name="exemplars", missing=True)
    check_same_length(rules=votes.annotators, exemplars=item)
    rule = np.flatnonzero(item >= 0)
    silent = rule[codes[item[rule], rule] < 0]
    if silent.size:
        name, row = votes.annotators.tolist()[silent[0]], int(item[silent[0]])
        raise DataError(
            f"Rule {name!r} does not vote on its exemplar, row {row}.",
            where={"annotator": name, "row": row},
            hint="Give the row of the item that the rule was written from, or -1.",
        )
    own[item[rule], rule] = 1
    return own


def _truth(gold: Codes, codes: Codes, own: Codes) -> Codes:
    """True classes (n_items,), -1 where unknown: of gold, and of exemplars what their rule says."""
    said = np.where(own > 0, codes, -1).max(axis=1)
    truth = np.where(gold >= 0, gold, said)
    if not (truth >= 0).any():
        raise DataError(
            "Nothing is known to be true.",
            hint="Give exemplars=, the row that each rule was written from, or some gold=.",
        )
    return truth


def _mean(losses: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
    """The mean of the losses that count; 0 if none does."""
    return (losses * where).sum() / where.sum().clip(min=1)
