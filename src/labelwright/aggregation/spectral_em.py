"""Spectral Dawid-Skene: EM begun from the moments of the votes rather than from the majority."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._answers import AnswerModel, leaning
from labelwright.aggregation._kernels import OneHotVotes
from labelwright.aggregation._moments import GroupConfusions, group_confusions
from labelwright.aggregation._starts import vote_shares
from labelwright.aggregation.dawid_skene import DawidSkene
from labelwright.core.errors import DataWarning
from labelwright.core.votes import Votes

__all__ = ["SpectralDawidSkene"]

N_GROUPS = 3


class SpectralDawidSkene(DawidSkene):
    """Dawid-Skene whose EM begins where three groups of annotators, taken together, agree.

    Annotators are dealt into three groups, with about equally many votes each. How the votes of the
    groups occur together determines the confusions of each group as a whole, and these those of
    every annotator, by their votes on items of the other groups. From there EM goes on as in
    :class:`DawidSkene`, with all its parameters and attributes.

    Notes
    -----
    The start does not lean on the majority being right, so EM may end higher where many annotators
    err the same way; elsewhere both end alike. It needs many items on which all three groups voted,
    some hundreds a class, and every class among them; otherwise EM begins as in
    :class:`DawidSkene`, and a warning says so. Moments leave the order of the classes open:
    annotators are taken to be better than chance on average, so that most of what is called by a
    class's name is of that class. Items with gold are certain already where EM begins.

    References
    ----------
    Zhang, Chen, Zhou and Jordan, 2014, Spectral methods meet EM: a provably optimal algorithm for
    crowdsourcing. Anandkumar, Ge, Hsu, Kakade and Telgarsky, 2014, Tensor decompositions for
    learning latent variable models.

    Examples
    --------
    >>> import numpy as np
    >>> from labelwright import Votes
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.integers(0, 2, 500)
    >>> right = rng.random((500, 6)) < 0.8
    >>> votes = Votes.from_matrix(np.where(right, truth[:, None], 1 - truth[:, None]))
    >>> model = SpectralDawidSkene().fit(votes)
    >>> float(np.mean(model.codes_ == truth))
    0.948
    """

    def _start(
        self, votes: Votes, data: OneHotVotes, gold: NDArray[np.int32]
    ) -> tuple[NDArray, NDArray]:
        if self.warm_start and self._state().get("confusion_") is not None:
            return super()._start(votes, data, gold)
        group = _deal(votes)
        shares, voted = _group_shares(votes, group)
        whole = shares[:, voted.all(axis=0)]
        used = (whole.sum(axis=1) > 0).all(axis=0)
        found = group_confusions(whole[:, :, used]) if used.any() else None
        if found is None:
            warnings.warn(
                "The votes do not determine confusions by their moments: too few items have votes "
                "of three groups of annotators, or some classes are too rare. EM begins from the "
                "majority, as in DawidSkene.",
                DataWarning,
                stacklevel=4,
            )
            return super()._start(votes, data, gold)
        beliefs = np.zeros_like(shares)
        inverse = np.linalg.inv(found.confusions).swapaxes(1, 2)
        beliefs[:, :, used] = shares[:, :, used] @ inverse
        others = _of_the_others(beliefs, voted, vote_shares(votes, gold), gold)
        counts = _counts(data, group, others)
        counts = AnswerModel(votes).share_out(counts, leaning(used.size))
        return self._maximise(counts, _items(found, used, data.voted.size))


def _deal(votes: Votes) -> NDArray[np.int64]:
    """A group (n_annotators,) each, with about equally many votes."""
    n_votes = np.bincount(votes.annotator, minlength=votes.n_annotators)
    group = np.empty(votes.n_annotators, dtype=np.int64)
    # To and fro, so that the first group does not get the busiest of every three.
    group[np.argsort(-n_votes, kind="stable")] = np.resize([0, 1, 2, 2, 1, 0], group.size)
    return group


def _group_shares(
    votes: Votes, group: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Shares (3, n_items, K) of each group's votes, and whether it has any (3, n_items)."""
    of_vote = group[votes.annotator]
    shares = np.array([votes.counts((of_vote == g).astype(float)) for g in range(N_GROUPS)])
    total = np.einsum("gik->gi", shares)
    shares /= np.where(total > 0, total, 1)[:, :, None]
    return shares, total > 0


def _of_the_others(
    beliefs: NDArray[np.float64],
    voted: NDArray[np.bool_],
    shares: NDArray[np.float64],
    gold: NDArray[np.int32],
) -> NDArray[np.float64]:
    """For each group the mean belief (3, n_items, K) of the others; shares where they are silent.

    Beliefs are without bias given the class, so they may lie outside 0 to 1.
    """
    n_others = voted.sum(axis=0) - voted
    sums = beliefs.sum(axis=0) - beliefs
    mean = sums / np.maximum(n_others, 1)[:, :, None]
    known = (n_others == 0) | (gold >= 0)
    return np.where(known[:, :, None], shares, mean)


def _counts(
    data: OneHotVotes, group: NDArray[np.int64], others: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Expected votes (n_annotators, K, n_answers) by what the other groups believe."""
    found = [data.counts(others[g])[0] for g in range(N_GROUPS)]
    counts = np.choose(group[:, None, None], found)
    # Counts below 0 were cut off; what is left is as many votes as were given.
    given = counts.sum(axis=1)
    totals = data.totals.reshape(given.shape)
    counts *= np.divide(totals, given, out=np.ones_like(given), where=given > 0)[:, None, :]
    return counts


def _items(found: GroupConfusions, used: NDArray[np.bool_], n_items: int) -> NDArray[np.float64]:
    """Expected numbers of items (K,)."""
    classes = np.zeros(used.size)
    classes[used] = found.prior * n_items
    return classes
