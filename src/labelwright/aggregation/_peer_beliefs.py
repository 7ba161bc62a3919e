"""What the others' votes, and gold, say of each vote: beliefs that leave its own annotator out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from labelwright.aggregation._confusion_em import check_size
from labelwright.aggregation._kernels import OneHotVotes
from labelwright.core.votes import BLOCK_ITEMS, Votes

__all__ = ["Beliefs", "PeerBeliefs", "entropy", "tail_above", "tail_below"]

Floats = NDArray[np.float64]

# Votes of the average annotator that each one's confusions start from.
CROWD_VOTES = 2.0
FLOOR = 1e-6


class Beliefs:
    """Belief in each item by Bayes' rule, from which single votes can be taken out again.

    Parameters
    ----------
    votes : Votes
    data : OneHotVotes
        Of the same votes.
    rates : (n_annotators, K, n_answers) float64
        How each annotator answers each class, above zero.
    prior : (K,) float64
    known : (n_items,) bool
        Items with gold, whose belief stays as it is.

    Attributes
    ----------
    posterior : (n_items, K) float64
    cells : (n_votes,) int64
        Annotator and answer of each vote in one code.
    """

    def __init__(
        self,
        votes: Votes,
        data: OneHotVotes,
        rates: Floats,
        prior: Floats,
        known: NDArray[np.bool_],
    ) -> None:
        self.item, self.known = votes.item, known
        self.posterior = data.posterior(rates, prior)
        self.cells = votes.annotator.astype(np.int64) * data.n_answers + votes.label
        # With a row an answer, so that a vote takes one stretch of memory.
        self._log_rates = np.log(rates.transpose(0, 2, 1).reshape(-1, prior.size))

    def without(self, *votes: Any) -> Floats:
        """Beliefs (m, K) in m items, each without some of its votes, given as aligned places."""
        item = self.item[votes[0]]
        # Where one vote has made all the difference, rounding must not hide the others.
        belief = np.log(self.posterior[item].clip(min=1e-300))
        for places in votes:
            belief -= self._log_rates[self.cells[places]]
        belief -= belief.max(axis=1, keepdims=True, initial=-np.inf)
        np.exp(belief, out=belief)
        belief /= belief.sum(axis=1, keepdims=True)
        certain = self.known[item]
        belief[certain] = self.posterior[item[certain]]
        return belief


class PeerBeliefs:
    """Each vote beside what is believed of its item without it.

    Beliefs follow from confusions that are counted once from the posterior of any aggregator. An
    annotator's vote is taken out of the belief in its item by Bayes' rule. The others' errors stay
    in it, so that agreement here is lower than accuracy, for the crowd as for each annotator.

    Parameters
    ----------
    votes : Votes
    posterior : (n_items, K) float64
        Of an aggregator that was fitted to them.
    gold, prelabels : (n_items,) int32
        Class codes, -1 where there is none.

    Attributes
    ----------
    posterior : (n_items, K) float64
        Belief with all votes; gold is certain.
    used : (n_votes,) bool
        Whether anything but the vote itself is known of its item.
    right : (n_votes,) float64
        Belief, without the vote, that it is right.
    expected : (n_votes,) float64
        The same for a vote of the average annotator on that item.
    chance : (n_votes,) float64
        The same for a label drawn from those that the annotator gives.
    usual : (n_votes,) float64
        Probability that the average annotator gives the annotator's most frequent label.
    in_prelabel : (n_votes,) float64
        Belief, without the vote, in the pre-label of its item; 0 where there is none.
    doubt : (n_votes,) float64
        Entropy of the belief without the vote, as a share of the largest.
    counts : (n_annotators, K, n_answers) float64
        Expected votes [annotator, true, given], each without its own influence.
    crowd : (K, n_answers) float64
        How the average annotator answers.
    top : (n_annotators,) int64
        The answer that each annotator gives most.
    """

    def __init__(
        self,
        votes: Votes,
        posterior: Floats,
        gold: NDArray[np.int32],
        prelabels: NDArray[np.int32],
    ) -> None:
        k = votes.classes.n_classes
        self.votes, self.known = votes, gold >= 0
        self.used = (np.diff(votes.indptr) > 1)[votes.item] | self.known[votes.item]
        self._data = OneHotVotes(votes, gold)
        n, self.n_answers = votes.n_annotators, self._data.n_answers
        check_size((n, k, self.n_answers))
        counted, classes = self._data.counts(posterior)
        self._prior = (classes + 1) / (classes + 1).sum()
        rates = counted + CROWD_VOTES * _rates(counted.sum(axis=0))
        self._beliefs = self._believe(rates / rates.sum(axis=2, keepdims=True))
        self.posterior = self._beliefs.posterior
        self.crowd = _rates(self._data.counts(self.posterior)[0].sum(axis=0))
        given = np.bincount(self._beliefs.cells, minlength=n * self.n_answers).reshape(n, -1)
        self.top = given.argmax(axis=1)
        self.counts = self._counted()
        self._measure(given / np.maximum(given.sum(axis=1, keepdims=True), 1), prelabels)

    def believed(self, *, all_alike: bool) -> tuple[Beliefs, Floats]:
        """Beliefs that trust each annotator by their own confusions, or all alike.

        Two who copy each other are trusted most of all by the former. The second of the pair is
        how each answers by those beliefs, (n_annotators, K, n_answers), with the crowd's answers
        for classes never met.
        """
        beliefs = self._beliefs
        if all_alike:
            beliefs = self._believe(np.repeat(self.crowd[None], self.votes.n_annotators, axis=0))
        counted, _ = self._data.counts(beliefs.posterior)
        total = counted.sum(axis=2, keepdims=True)
        crowd = np.broadcast_to(self.crowd, counted.shape)
        return beliefs, np.divide(counted, total, out=crowd.copy(), where=total > 1)

    def _believe(self, rates: Floats) -> Beliefs:
        return Beliefs(self.votes, self._data, rates, self._prior, self.known)

    def total(self, values: NDArray[Any]) -> Floats:
        """Sum of values (n_votes,) over the used votes of each annotator."""
        weights = np.where(self.used, values, 0.0)
        n = self.votes.n_annotators
        return np.bincount(self.votes.annotator, weights, minlength=n).astype(np.float64)

    def _blocks(self) -> Iterator[tuple[slice, Floats]]:
        for _, part in self.votes.blocks(max(BLOCK_ITEMS, self.votes.n_annotators)):
            yield part, self._beliefs.without(part)

    def _counted(self) -> Floats:
        n, k = self.votes.n_annotators, self.posterior.shape[1]
        found = np.zeros((n * self.n_answers, k))
        for part, belief in self._blocks():
            rows = np.arange(len(belief))
            used = self.used[part].astype(np.float64)
            cells = self._beliefs.cells[part]
            found += csr_array((used, (cells, rows)), (len(found), rows.size)) @ belief
        return found.reshape(n, self.n_answers, k).transpose(0, 2, 1)

    def _measure(self, given: Floats, prelabels: NDArray[np.int32]) -> None:
        """What is said of each vote; ``given`` is how often each annotator gives each answer."""
        votes = self.votes
        right, expected, chance, usual, in_prelabel, doubt = np.zeros((6, len(votes)))
        candidates = votes.classes.candidates[: self.n_answers].astype(np.float64)
        for part, belief in self._blocks():
            who, rows = votes.annotator[part], np.arange(len(belief))
            fits, said = belief @ candidates.T, belief @ self.crowd
            right[part] = fits[rows, votes.label[part]]
            expected[part] = np.einsum("va,va->v", said, fits)
            chance[part] = np.einsum("va,va->v", given[who], fits)
            usual[part] = said[rows, self.top[who]]
            asked = prelabels[votes.item[part]]
            in_prelabel[part] = np.where(asked >= 0, belief[rows, asked], 0.0)
            doubt[part] = entropy(belief)
        self.right, self.expected, self.chance, self.usual = right, expected, chance, usual
        self.in_prelabel, self.doubt = in_prelabel, doubt


def _rates(counts: Floats) -> Floats:
    """Rows that sum to one and have no zeros; alike where there are no votes."""
    rates = counts + FLOOR
    return np.asarray(rates / rates.sum(axis=-1, keepdims=True))


def entropy(belief: Floats) -> Floats:
    """Entropy of each row, 0 for certainty and 1 where all classes are alike."""
    logs = np.log(belief, out=np.zeros_like(belief), where=belief > 0)
    return -(belief * logs).sum(axis=1) / np.log(max(belief.shape[1], 2))


def tail_above(seen: Floats, trials: Floats, share: Floats) -> Floats:
    """Probability that a binomial count is ``seen`` or more.

    Of trials with unequal shares of this mean the tail is thinner (Hoeffding, 1956), so the value
    is safe for them. Counts need not be whole.
    """
    from scipy.special import betainc

    inside = betainc(np.maximum(seen, 1e-9), np.maximum(trials - seen, 0) + 1, share.clip(0, 1))
    return np.where((seen <= 0) | (share >= 1), 1.0, inside)


def tail_below(seen: Floats, trials: Floats, share: Floats) -> Floats:
    """Probability that a binomial count is ``seen`` or less; see :func:`tail_above`."""
    return tail_above(trials - seen, trials, 1 - share)
