"""KOS: messages between items and annotators, none of which hears an echo of itself."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._base import TIE_RULES, ClassAggregator
from labelwright.aggregation._connected import warn_if_apart
from labelwright.aggregation._softmax import softmax
from labelwright.core.errors import ConvergenceWarning
from labelwright.core.params import Accepts, Bool, Int, OneOf, Real
from labelwright.core.votes import Votes

__all__ = ["KOS"]

Vector = NDArray[np.float64]

# Messages that shrink by this factor in one step have died out, as on a graph without a cycle.
DEAD = 1e-12
# Of an annotator about whom the messages say nothing, as long as they say nothing about anybody.
UNKNOWN_SKILL = 0.5


class KOS(ClassAggregator):
    """Weighted vote, with reliabilities from iterative message passing.

    A vote is +1 or -1, or with K classes one of the K corners of a simplex around 0. An item tells
    an annotator the sum of the votes of the others, times what these sent; an annotator tells an
    item how far their votes on other items agree with what those sent.

    Parameters
    ----------
    per_item : bool
        Divide what an annotator sends by the number of items it rests on. Where everybody voted
        on equally many this changes nothing. False is as published, which is meant for such
        designs alone: elsewhere busy annotators drown the others.
    max_iter, tol
        Stop when no message, measured by the root mean square of all, changes by more than
        ``tol``, or after ``max_iter`` steps.
    ties : {"lowest", "random", "abstain"}
        What is chosen where the best classes are equally likely.
    random_state : int, Generator or None
        For ``ties="random"``.

    Attributes
    ----------
    skill_ : (n_annotators,) float64
        Mean message of an annotator, scaled so that products of two skills are the mean agreement
        beyond chance: about 0 for chance, 1 for always right, below 0 for worse than chance.
    posterior_ : (n_items, K) float64
        In proportion to exp(K times the sum of the skills that the voters for a class send): Bayes'
        rule up to first order in skill. The class with the highest sum is the best.
    class_prior_ : (K,) float64
        Uniform.
    history_ : list
        Empty, since no objective is climbed.

    Notes
    -----
    Use it where many annotators gave a few votes each on randomly assigned items, for which it was
    made and where it is nearly optimal. Where a crowd falls into parts that share few items, the
    messages gather in one part and leave the others near chance: prefer
    :class:`OneCoinDawidSkene`. It knows one reliability an annotator and takes classes to be about
    equally common.

    With two classes it is the published method, begun with messages of one each (the majority
    vote) rather than random ones. For more, the authors ask binary questions one by one (Karger,
    Oh and Shah, 2013); here every class is set against the rest, and all share one reliability an
    annotator. Signs are settled by a positive mean message in every group of annotators linked by
    common items, or by gold, which stands in for all that is said on its item. Where messages die
    out, for they need cycles of annotators and items, the majority vote stays. Votes about whose
    giver nothing is known, as of those with one vote, count as the average one.

    References
    ----------
    Karger, Oh and Shah, 2011, Iterative learning for reliable crowdsourcing systems; 2014,
    Budget-optimal task allocation for reliable crowdsourcing systems; 2013, Efficient
    crowdsourcing for multi-class labeling.

    Examples
    --------
    >>> from labelwright import Votes
    >>> table = {"ann": [0, 0, 1, 1], "bo": [0, 0, 1, 1], "cy": [1, 0, 1, 1], "di": [1, 1, 0, 0]}
    >>> model = KOS().fit(Votes.from_wide(table, votes=list(table)))
    >>> model.labels_, model.skill_.round(2)
    ([0, 0, 1, 1], array([ 0.66,  0.66,  0.43, -0.66]))
    """

    needs_people = True
    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "per_item": Bool(),
        "max_iter": Int(1),
        "tol": Real(0),
        "ties": OneOf(*TIE_RULES),
    }

    def __init__(
        self,
        *,
        per_item: bool = True,
        max_iter: int = 500,
        tol: float = 1e-6,
        ties: str = "lowest",
        random_state: Any = 0,
    ) -> None:
        self.per_item = per_item
        self.max_iter = max_iter
        self.tol = tol
        self.ties = ties
        self.random_state = random_state

    def _fit(self, votes: Votes, gold: NDArray[np.int32]) -> None:
        k = votes.classes.n_classes
        self.class_prior_ = np.full(k, 1 / k)
        exchange = _Exchange(votes, gold, self.per_item)
        group = warn_if_apart(votes, type(self).__name__)[votes.annotator]
        messages = self._settle(exchange, group)
        messages = _scaled(_signed(messages, group, gold[votes.item] >= 0), exchange, group)
        n_votes = np.bincount(votes.annotator, minlength=votes.n_annotators)
        sums = np.bincount(votes.annotator, messages, minlength=votes.n_annotators)
        mean = float(messages.mean())
        self.skill_ = np.where(n_votes > 0, sums / np.maximum(n_votes, 1), mean)
        self.posterior_ = softmax(k * votes.counts(messages))

    def _settle(self, exchange: _Exchange, group: NDArray[np.int32]) -> Vector:
        """Messages (n_votes,) to items, with root mean square one in every group."""
        messages = np.ones(group.size)
        size = np.bincount(group)
        alive = np.ones(size.size, dtype=bool)
        change = np.inf
        for _ in range(self.max_iter):
            new = exchange.step(messages)
            scale = np.sqrt(np.bincount(group, new**2) / size)
            alive &= scale > DEAD
            new *= np.where(alive, 1 / np.where(alive, scale, 1), 0)[group]
            new[~alive[group]] = 1
            change, messages = float(np.abs(new - messages).max()), new
            if change <= self.tol:
                return messages
        self.converged_ = False
        warnings.warn(
            f"KOS stopped after {self.max_iter} steps while a message still changed by "
            f"{change:.1e} (tol is {self.tol:.1e}). Raise max_iter, or tol if that is close "
            "enough.",
            ConvergenceWarning,
            stacklevel=4,
        )
        return messages

    def _posterior(self, votes: Votes) -> NDArray[np.float64]:
        # The place -1 of an annotator never seen finds the mean at the end.
        skill = np.append(self.skill_, self.skill_.mean())[self._learnt_places(votes)]
        return softmax(votes.classes.n_classes * votes.counts(skill[votes.annotator]))


class _Exchange:
    """One step of messages: to annotators and back to items."""

    def __init__(self, votes: Votes, gold: NDArray[np.int32], per_item: bool) -> None:
        self.votes = votes
        self.chance = 1 / votes.classes.n_classes
        self.weight = np.ones(len(votes)) if votes.weight is None else votes.weight
        self.known = np.flatnonzero(gold[votes.item] >= 0)
        self.right = (votes.label == gold[votes.item])[self.known] - self.chance
        # What is divided by: the weight of the annotator's votes on other items.
        self.rest = np.ones(len(votes))
        if per_item:
            others = self._by_annotator(self.weight) - self.weight
            self.rest = np.where(others > 0, others, 1)

    def step(self, messages: Vector) -> Vector:
        """What annotators tell items (n_votes,), from what they told them before."""
        heard = self.weight * self.agreements(messages)
        return (self._by_annotator(heard) - heard) / self.rest

    def agreements(self, messages: Vector) -> Vector:
        """Product (n_votes,) of each vote with what its item tells its annotator."""
        votes = self.votes
        sums = votes.counts(messages)
        mean = np.einsum("ij->i", sums) * self.chance
        own = self.weight * messages * (1 - self.chance)
        found = sums[votes.item, votes.label] - mean[votes.item] - own
        if self.known.size:
            sizes = np.bincount(votes.item, self.weight * np.abs(messages))
            found[self.known] = self.right * sizes[votes.item[self.known]]
        return found

    def _by_annotator(self, values: Vector) -> Vector:
        """Sum over all votes of the same annotator, at each vote (n_votes,)."""
        sums = np.bincount(self.votes.annotator, values).astype(float)
        return sums[self.votes.annotator]


def _signed(messages: Vector, group: NDArray[np.int32], known: NDArray[np.bool_]) -> Vector:
    """Turned so that the mean is positive in every group in which no item has gold."""
    sums, n_known = np.bincount(group, messages), np.bincount(group, known)
    return messages * np.where((sums < 0) & (n_known == 0), -1, 1)[group]


def _scaled(messages: Vector, exchange: _Exchange, group: NDArray[np.int32]) -> Vector:
    """Messages as skills: the product of two is the mean agreement, beyond chance, of their votes.

    A message of exactly zero says nothing about the annotator and becomes the average skill.
    """
    votes, weighted = exchange.votes, exchange.weight * messages
    squares = weighted * messages
    pairs = np.bincount(votes.item, squares)[votes.item] - squares
    agreed = np.bincount(group, weighted * exchange.agreements(messages))
    expected = np.bincount(group, squares * pairs) * (1 - exchange.chance)
    factor = np.divide(agreed, expected, out=np.zeros_like(agreed), where=expected > 0)
    unknown = factor <= 0
    factor[unknown] = UNKNOWN_SKILL**2
    skill = messages * np.sqrt(factor)[group]
    spoken = messages != 0
    skill[~spoken] = skill[spoken].mean() if spoken.any() else UNKNOWN_SKILL
    return skill
