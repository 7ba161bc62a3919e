"""FlyingSquid: how good rules are in closed form, from how any three of them agree."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from labelwright.aggregation._base import TIE_RULES, ClassAggregator
from labelwright.aggregation._class_balance import ClassBalance, stated_balance
from labelwright.aggregation._moment_fit import PRECISION
from labelwright.aggregation._one_sided import one_sided_share
from labelwright.aggregation._rule_columns import RuleColumns
from labelwright.aggregation._rule_moments import pair_shares
from labelwright.aggregation._rule_warnings import warn_if_not_learnt, warn_if_rules_apart
from labelwright.aggregation._softmax import softmax
from labelwright.core.errors import DataWarning
from labelwright.core.params import Accepts, OneOf, Real
from labelwright.core.votes import Votes

__all__ = ["FlyingSquid"]

Matrix = NDArray[np.float64]

# The triplets of a rule are those with the others it shares most items with, at most so many.
MAX_PARTNERS = 200
LEAST_SHARE = 1e-3


class FlyingSquid(ClassAggregator):
    """Classes from rules that are right with one chance each, solved three rules at a time.

    Parameters
    ----------
    class_balance : {"uniform", "estimated"}, sequence (K,) or mapping of class to share
        How common the classes are. It is estimated from how often each is voted for, less the
        errors that are expected in that.
    precision : float
        Chance that a vote is right, for rules of which the votes do not tell.
    ties : {"lowest", "random", "abstain"}
        What is chosen where the best classes are equally likely.
    random_state : int, Generator or None
        For ``ties="random"``.

    Attributes
    ----------
    posterior_ : (n_items, K) float64
    class_prior_ : (K,) float64
        The class balance that was given or estimated.
    accuracy_ : (n_annotators,) float64
        Chance that a vote of the rule is right.
    confusion_ : (n_annotators, K, K) float64
        What that means as [rule, true class, vote]: errors are spread evenly.
    learnt_ : (n_annotators,) bool
        Whether that was learnt; otherwise it is ``precision``.

    Notes
    -----
    Let b be the accuracy less that of guessing, so scaled that it is 1 for a rule that is always
    right. If rules err independently given the class, each in the same way whatever the class,
    then the agreement of two, scaled in the same way over the items on which both vote, is b b'.
    So three rules give each other's b up to its sign, and the median over all triplets is taken.
    With two classes this is the published method; with more, it needs no reduction to pairs of
    classes. Every rule is taken to be better than chance: a sign cannot be read off where rules say
    one class only, since those for different classes always disagree.

    Nothing is iterated, so this is the method for very many votes or for fitting again and again.
    Where rules say one class only, two of them agree or not by which classes they are for, so that
    it hardly does more than count votes: take :class:`LabelModel`, which looks at where they speak.
    It also finds rules that are worse than chance.

    References
    ----------
    Fu, Chen, Sala, Hooper, Fatahalian and Ré, 2020, Fast and three-rious: speeding up weak
    supervision with triplet methods.

    Examples
    --------
    >>> import numpy as np
    >>> from labelwright import Votes
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.integers(0, 2, 5000)
    >>> right = rng.random((5000, 3)) < [0.9, 0.8, 0.7]
    >>> votes = Votes.from_matrix(np.where(right, truth[:, None], 1 - truth[:, None]))
    >>> FlyingSquid().fit(votes).accuracy_.round(1)
    array([0.9, 0.8, 0.7])
    """

    needs_people = True
    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "class_balance": ClassBalance(),
        "precision": Real(0.5, 0.99),
        "ties": OneOf(*TIE_RULES),
    }

    def __init__(
        self,
        *,
        class_balance: str | Sequence[float] | Mapping[Any, float] = "uniform",
        precision: float = PRECISION,
        ties: str = "lowest",
        random_state: Any = 0,
    ) -> None:
        self.class_balance = class_balance
        self.precision = precision
        self.ties = ties
        self.random_state = random_state

    def _fit(self, votes: Votes, gold: NDArray[np.int32]) -> None:  # noqa: ARG002
        balance = stated_balance(self.class_balance, votes.classes)
        m, k = votes.n_annotators, votes.classes.n_classes
        agreed, together, given = _vote_pairs(votes)
        _warn_if_one_sided(votes)
        beyond = _beyond_chance(agreed, together, k)
        better = _better_than_chance(beyond, together)
        self.learnt_ = ~np.isnan(better)
        spoke = np.flatnonzero(given.sum(axis=1))
        unknown = spoke[~self.learnt_[spoke]]
        warn_if_not_learnt(votes.annotators[unknown].tolist(), self.precision)
        warn_if_rules_apart(
            together[np.ix_(spoke, spoke)],
            "Nothing in the votes says how one group stands to another; the rules of each are "
            "taken to be better than chance. A rule that speaks where several do would link them.",
        )
        accuracy = np.where(self.learnt_, (1 + (k - 1) * better) / k, self.precision)
        # However often a rule was found right, it was not found so on more items than it spoke on.
        margin = 1 / (given.sum(axis=1) + 2)
        self.accuracy_ = accuracy.clip(margin, 1 - margin)
        right = np.eye(k) * self.accuracy_[:, None, None]
        wrong = (1 - np.eye(k)) * ((1 - self.accuracy_) / max(k - 1, 1))[:, None, None]
        self.confusion_ = right + wrong if k > 1 else np.ones((m, 1, 1))
        self.class_prior_ = self._estimated_balance(given) if balance is None else balance
        self.posterior_ = self._beliefs(votes, self._weights(self.accuracy_)[votes.annotator])

    def _posterior(self, votes: Votes) -> NDArray[np.float64]:
        # The place -1 of a rule never seen finds the mean at the end.
        weights = self._weights(np.append(self.accuracy_, self.accuracy_.mean()))
        return self._beliefs(votes, weights[self._learnt_places(votes)[votes.annotator]])

    def _weights(self, accuracy: NDArray[np.float64]) -> NDArray[np.float64]:
        """By how much a vote puts its class ahead of the others, in log-likelihood."""
        return np.log(accuracy * max(self.class_prior_.size - 1, 1) / (1 - accuracy))

    def _beliefs(self, votes: Votes, weights: NDArray[np.float64]) -> Matrix:
        return softmax(votes.counts(weights) + np.log(self.class_prior_))

    def _estimated_balance(self, given: Matrix) -> NDArray[np.float64]:
        """Class shares (K,) from how often each rule gives each class (n_rules, K).

        A rule gives a class more often than by chance as b times what the class is more common.
        """
        k = given.shape[1]
        beyond = (self.accuracy_ * k - 1) / max(k - 1, 1)
        votes = given.sum(axis=1)
        excess = given - votes[:, None] / k
        # Where nobody is better than chance, shares of votes say nothing.
        total = (votes * beyond**2).sum()
        shares = 1 / k + (beyond @ excess / total if total > 0 else np.zeros(k))
        shares = shares.clip(min=LEAST_SHARE)
        return shares / shares.sum()


def _vote_pairs(votes: Votes) -> tuple[Matrix, Matrix, Matrix]:
    """Items on which two rules agree and vote (n_rules, n_rules), and votes (n_rules, K)."""
    rules = RuleColumns.learn(votes, [])
    columns = rules.encode(votes, votes.annotator)
    count = np.bincount(columns.column, minlength=rules.n_columns)
    used = np.flatnonzero(count)
    with threadpool_limits(1, user_api="blas"):
        pairs = pair_shares(columns, used, rules.n_columns) * votes.n_items
    rule, given = np.divmod(used, rules.n_classes)
    of_rule = (np.arange(rules.n_rules)[:, None] == rule).astype(float)
    same = given[:, None] == given
    agreed, together = (of_rule @ share @ of_rule.T for share in (pairs * same, pairs))
    return agreed, together, count.reshape(rules.n_rules, -1).astype(float)


def _beyond_chance(agreed: Matrix, together: Matrix, k: int) -> Matrix:
    """Agreement of two rules, 1 where always and 0 where as by guessing; 0 on the diagonal."""
    share = np.divide(agreed, together, out=np.zeros_like(agreed), where=together > 0)
    beyond = np.where(together > 0, (k * share - 1) / max(k - 1, 1), 0.0)
    np.fill_diagonal(beyond, 0)
    return beyond


def _better_than_chance(beyond: Matrix, together: Matrix) -> NDArray[np.float64]:
    """By how much each rule (n_rules,) is better than guessing; NaN where no triplet tells."""
    found = np.full(len(beyond), np.nan)
    for rule, own in enumerate(beyond):
        partners = np.flatnonzero(own)
        order = np.argsort(-together[rule, partners], kind="stable")
        partners = partners[order[:MAX_PARTNERS]]
        others = np.triu(beyond[np.ix_(partners, partners)], k=1)
        first, second = np.nonzero(others)
        if first.size:
            products = own[partners[first]] * own[partners[second]] / others[first, second]
            found[rule] = np.sqrt(np.median(np.abs(products)))
    return found.clip(max=1)


def _warn_if_one_sided(votes: Votes) -> None:
    share = one_sided_share(votes)
    if share > 0.5:
        warnings.warn(
            f"{share:.0%} of the rules only ever say one class. Whether two of them agree is "
            "settled by which class that is, so FlyingSquid learns little: take LabelModel.",
            DataWarning,
            stacklevel=5,
        )
