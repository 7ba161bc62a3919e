"""CrowdLab: votes and a model's predictions, each weighed by how far it can be trusted."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.aggregation._base import ClassAggregator
from labelwright.aggregation._model_beliefs import ModelBeliefs
from labelwright.core.errors import DataError, DataWarning
from labelwright.core.params import Accepts, Bool, Int, check_argument
from labelwright.core.votes import Votes

__all__ = ["CrowdLab"]

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

LEAST_WEIGHT = 1e-6


class CrowdLab(ClassAggregator):
    """Consensus of votes and of a model, or several, that learnt from the items' features.

    Parameters
    ----------
    calibrate : bool
        First bring each model to the temperature at which it predicts the shares of votes best. Do
        so before ``next_items``: a model that is too sure of itself would ask for the wrong ones.

    Attributes
    ----------
    codes_ : (n_items,) int32
        Code of the best class; -1 without a vote, where only ``posterior_`` says what the model
        has it for.
    posterior_ : (n_items, K) float64
        Weighted mean of the model's probabilities and what each vote says.
    confidence_ : (n_items,) float64
        Quality of the consensus: the belief in it. That may not be the highest, since weights
        are learnt anew from the consensus.
    agreement_ : (n_items,) float64
        Share of the votes that agree with the consensus; NaN without a vote.
    vote_quality_ : (n_votes,) float64
        Quality of each vote: the belief in what it says.
    annotator_agreement_ : (n_annotators,) float64
        Share of an annotator's votes that agree with the consensus, on items with other votes or
        gold; NaN if there is none.
    annotator_quality_ : (n_annotators,) float64
        Mean of the quality of an annotator's votes and of that agreement, weighed as models and
        annotators are; the first alone where there is no agreement, NaN without a vote.
    item_weight_ : (n_items,) float64
        Sum of the weights of those who voted.
    consensus_likelihood_ : float
        Mean share of votes that agree with the consensus.
    annotator_weight_ : (n_annotators,) float64
        How far an annotator's votes count: 1 if others always agree, least if they agree no more
        than if one always said the commonest class.
    model_weight_ : (n_models,) float64
        The same of each model, times the root of the mean number of votes on an item.
    temperature_ : (n_models,) float64
        Ones without ``calibrate``.
    active_learning_scores_ : (n_items,) float64
        Low where another vote would teach most; 1 for gold.

    Notes
    -----
    Give probabilities out of sample (``labelwright.estimation.cross_val_probabilities``): a model
    that has seen the votes repeats them. It is for few votes an item and a model that is better
    than one vote. Not for a model that hardly beats chance: it is judged by a consensus which it
    had a part in, so it weighs too much, and majority vote is better. With several votes an item
    :class:`DawidSkene` often is, too. An annotator has one weight: who takes one class for
    another is not corrected.

    What annotators agree on is learnt from items with two votes or more, or with gold. Where there
    is none, everyone weighs the same, and beliefs are those of the model alone.

    References
    ----------
    Goh, Tkachenko and Mueller, 2022, CROWDLAB: supervised learning to infer consensus labels and
    quality scores for data with multiple annotators. Goh and Mueller, 2023, ActiveLab, for the
    active learning scores.

    Examples
    --------
    >>> from labelwright import Votes
    >>> table = {"ann": ["x", "y", "x", "y"], "bo": ["x", "y", "y", None]}
    >>> votes = Votes.from_wide(table, votes=["ann", "bo"])
    >>> probabilities = [[0.8, 0.2], [0.3, 0.7], [0.2, 0.8], [0.4, 0.6]]
    >>> model = CrowdLab().fit(votes, probabilities=probabilities)
    >>> model.labels_, model.next_items(1)
    (['x', 'y', 'y', 'y'], [3])
    """

    needs_people = True
    _accepts: ClassVar[Mapping[str, Accepts]] = {"calibrate": Bool()}

    def __init__(self, *, calibrate: bool = False) -> None:
        self.calibrate = calibrate

    def fit(  # type: ignore[override]
        self,
        votes: Votes,
        gold: Mapping[Any, Any] | Sequence[Any] | None = None,
        *,
        probabilities: ArrayLike,
    ) -> Self:
        """Learn from votes and from the predictions of models.

        Parameters
        ----------
        votes : Votes
            On :class:`Classes`.
        gold : mapping of item to label, or sequence (n_items,), optional
            Labels taken as true; None or -1 where there is none. These items keep that label.
        probabilities : (n_items, K) or (n_models, n_items, K) array-like
            Out of sample, in the order of ``votes.items``; columns in the order of the classes.
        """
        self._beliefs = ModelBeliefs(probabilities, votes)
        try:
            return super().fit(votes, gold)
        finally:
            del self._beliefs

    def fit_predict(  # type: ignore[override]
        self,
        votes: Votes,
        gold: Mapping[Any, Any] | Sequence[Any] | None = None,
        *,
        probabilities: ArrayLike,
    ) -> list[Any]:
        """Labels of the items, in the order of ``votes.items``."""
        return self.fit(votes, gold, probabilities=probabilities).labels_

    def predict_proba(  # type: ignore[override]
        self, votes: Votes, *, probabilities: ArrayLike
    ) -> Floats:
        """Belief (n_items, K) about the items of new votes, with the weights that were learnt.

        Parameters
        ----------
        votes : Votes
        probabilities : (n_items, K) or (n_models, n_items, K) array-like
            Of the same models, on these items.
        """
        self._check_fitted()
        temperatures = self.temperature_ if self.calibrate else None
        self._beliefs = ModelBeliefs(probabilities, votes, temperatures)
        try:
            if len(self._beliefs) != len(self.model_weight_):
                raise DataError(
                    f"{len(self._beliefs)} models are given, and {len(self.model_weight_)} were "
                    "learnt about.",
                    hint="Give probabilities of the same models, in the same order.",
                )
            return super().predict_proba(votes)
        finally:
            del self._beliefs

    def next_items(self, k: int) -> list[Any]:
        """The k items where another vote would teach most, by ActiveLab; best first.

        Items may have votes already or none; those with gold come last.
        """
        self._check_fitted()
        check_argument("k", k, Int(1, self.items_.size))
        order = np.argsort(self.active_learning_scores_, kind="stable")
        return self.items_[order[:k]].tolist()

    def _fit(self, votes: Votes, gold: NDArray[np.int32]) -> None:
        counts = votes.counts()
        per_item = np.diff(votes.indptr)
        known = gold >= 0
        # What else was said about the item shows how far who voted can be trusted.
        compared = (per_item > 1) | (known & (per_item > 0))
        self.temperature_ = np.ones(len(self._beliefs))
        if self.calibrate and compared.any():
            self.temperature_ = self._beliefs.calibrate(votes, counts)
        majority = np.where(known, gold, _majority(votes, counts, self._beliefs))
        if compared.any():
            self._learn_weights(votes, counts, majority, compared)
            consensus = _likeliest(self._blend(votes, self.annotator_weight_), default=majority)
            consensus = np.where(known, gold, consensus)
            self._learn_weights(votes, counts, consensus, compared)
            self.posterior_ = self._blend(votes, self.annotator_weight_)
        else:
            self._trust_all_alike(votes)
            consensus = majority
            self.posterior_ = np.mean(self._beliefs.rows(slice(None)), axis=0)
        voted = per_item > 0
        self.class_prior_ = self.posterior_[voted].mean(axis=0)
        self.codes_ = np.where(voted | known, consensus, -1).astype(np.int32)
        totals = np.where(voted, np.einsum("ij->i", counts), np.nan)
        self.agreement_ = counts[np.arange(votes.n_items), consensus] / totals
        right = np.where(compared[votes.item], consensus[votes.item] == votes.label, np.nan)
        self.annotator_agreement_ = _mean_by_annotator(votes, right)
        weight = self.annotator_weight_[votes.annotator]
        weight = weight if votes.weight is None else weight * votes.weight
        self.item_weight_ = np.bincount(votes.item, weight, minlength=votes.n_items)

    def _posterior(self, votes: Votes) -> Floats:
        # The place -1 of an annotator never seen finds the mean at the end.
        known = np.append(self.annotator_weight_, self.annotator_weight_.mean())
        return self._blend(votes, known[self._learnt_places(votes)])

    def _learn_weights(
        self, votes: Votes, counts: Floats, consensus: Codes, compared: NDArray[np.bool_]
    ) -> None:
        """Weights of annotators and models, given the consensus, from items that compare them."""
        labels = consensus[compared]
        totals = np.einsum("ij->i", counts)
        agreed = counts[compared, labels] / totals[compared]
        self.consensus_likelihood_ = float(agreed.mean())
        # Who errs as often as one who always says the commonest class knows nothing.
        frequencies = np.bincount(labels, minlength=counts.shape[1])
        ignorance = max(1 - frequencies.max() / labels.size, LEAST_WEIGHT)
        errors = 1 - _agreement_with_others(votes, counts)
        self.annotator_weight_ = (1 - errors / ignorance).clip(min=LEAST_WEIGHT)
        wrong = (self._beliefs.guesses(votes)[:, compared] != labels).mean(axis=1)
        n_votes = totals[np.diff(votes.indptr) > 0].mean()
        self.model_weight_ = (1 - wrong / ignorance).clip(min=LEAST_WEIGHT) * np.sqrt(n_votes)

    def _trust_all_alike(self, votes: Votes) -> None:
        warnings.warn(
            "No item has two votes or more, or a vote and gold, so nothing shows whom to trust: "
            "beliefs are those of the model alone, and all weigh the same in what to label next.",
            DataWarning,
            stacklevel=5,
        )
        self.consensus_likelihood_ = 1.0
        self.annotator_weight_ = np.ones(votes.n_annotators)
        self.model_weight_ = np.ones(len(self._beliefs))

    def _blend(self, votes: Votes, annotator_weight: Floats) -> Floats:
        """Weighted mean (n_items, K) of the models' probabilities and of what votes say.

        A vote says its own class with the probability that votes agree with the consensus, and
        divides the rest among the others.
        """
        likelihood = self.consensus_likelihood_
        sums = votes.counts(annotator_weight[votes.annotator])
        others = (1 - likelihood) / max(sums.shape[1] - 1, 1)
        for items, _ in votes.blocks():
            part = sums[items]
            weights = np.einsum("ij->i", part)
            part *= likelihood - others
            part += others * weights[:, None]
            for weight, rows in zip(self.model_weight_, self._beliefs.rows(items), strict=True):
                part += weight * rows
            part /= (weights + self.model_weight_.sum())[:, None]
        return sums

    def _decide(self, known: NDArray[np.bool_]) -> None:
        """Ties were broken on the way: mark them, and say how settled each item is."""
        n, k = self.posterior_.shape
        highest = self.posterior_.max(axis=1)
        among = np.count_nonzero(self.posterior_ == highest[:, None], axis=1)
        self.ties_ = (among > 1) & (self.codes_ >= 0)
        best = np.where(self.codes_ >= 0, self.codes_, self.posterior_.argmax(axis=1))
        self.confidence_ = self.posterior_[np.arange(n), best]
        # As though one more annotator, of mean weight, were going to say anything at all.
        settled = self.item_weight_ + self.model_weight_.sum()
        more = self.annotator_weight_.mean()
        scores = (self.confidence_ * settled + more / k) / (settled + more)
        self.active_learning_scores_ = np.where(known, 1.0, scores)

    def _describe_annotators(self, votes: Votes) -> None:
        super()._describe_annotators(votes)
        self.vote_quality_ = self.posterior_[votes.item, votes.label]
        quality = _mean_by_annotator(votes, self.vote_quality_)
        n_votes = self.annotator_votes_.sum() / np.count_nonzero(self.item_votes_)
        by_votes = self.annotator_weight_[self.annotator_counts_ > 0].mean() * n_votes
        by_model = self.model_weight_.mean()
        agreed = np.where(np.isnan(self.annotator_agreement_), quality, self.annotator_agreement_)
        self.annotator_quality_ = (by_model * quality + by_votes * agreed) / (by_model + by_votes)


def _majority(votes: Votes, counts: Floats, beliefs: ModelBeliefs) -> Codes:
    """The class with most votes (n_items,).

    A tie is broken by what the models have for more probable, else by which class is rarer, else by
    who agrees more with the untied items, else by the order of classes.
    """
    best = counts == counts.max(axis=1, keepdims=True)
    winner = best.argmax(axis=1)
    tied = np.count_nonzero(best, axis=1) > 1
    rows = np.flatnonzero(tied)
    among = best[rows]
    among = _highest(among, np.mean(beliefs.rows(rows), axis=0))
    among = _highest(among, np.broadcast_to(-counts.sum(axis=0), among.shape))
    if (np.count_nonzero(among, axis=1) > 1).any():
        right = np.where(tied[votes.item], np.nan, winner[votes.item] == votes.label)
        agreement = _mean_by_annotator(votes, right)
        agreement[np.isnan(agreement)] = np.nanmean(agreement) if (~tied).any() else 0.0
        sums = votes.counts(agreement[votes.annotator])[rows]
        among = _highest(among, sums / counts[rows].clip(min=LEAST_WEIGHT))
    winner[rows] = among.argmax(axis=1)
    return winner


def _highest(among: NDArray[np.bool_], key: Floats) -> NDArray[np.bool_]:
    """Of the classes marked in each row, those whose key is highest."""
    key = np.where(among, key, -np.inf)
    return among & (key == key.max(axis=1, keepdims=True))


def _likeliest(posterior: Floats, default: Codes) -> Codes:
    """The class of highest belief (n_items,), or the default where several are as high."""
    tied = np.count_nonzero(posterior == posterior.max(axis=1, keepdims=True), axis=1) > 1
    return np.where(tied, default, posterior.argmax(axis=1))


def _agreement_with_others(votes: Votes, counts: Floats) -> Floats:
    """Share of the other votes on their items that agree with an annotator (n_annotators,).

    Who shares no item with anybody has the mean of those who do.
    """
    n = votes.n_annotators
    weight = np.ones(len(votes)) if votes.weight is None else votes.weight
    # Less by its own weight, the sum on an item with a single vote would be zero on paper only.
    shared = np.where(np.diff(votes.indptr)[votes.item] > 1, weight, 0.0)
    totals = np.einsum("ij->i", counts)
    alike = np.bincount(
        votes.annotator, shared * (counts[votes.item, votes.label] - weight), minlength=n
    )
    others = np.bincount(votes.annotator, shared * (totals[votes.item] - weight), minlength=n)
    agreement = np.divide(alike, others, out=np.full(n, np.nan), where=others > 0)
    known = ~np.isnan(agreement)
    # With gold, votes can be compared where nobody shares an item.
    agreement[~known] = agreement[known].mean() if known.any() else 1.0
    return agreement


def _mean_by_annotator(votes: Votes, values: Floats) -> Floats:
    """Weighted mean (n_annotators,) of the values (n_votes,) that are not NaN; NaN of none."""
    n = votes.n_annotators
    weight = np.ones(len(votes)) if votes.weight is None else votes.weight
    weight = np.where(np.isnan(values), 0.0, weight)
    sums = np.bincount(votes.annotator, weight * np.nan_to_num(values), minlength=n)
    totals = np.bincount(votes.annotator, weight, minlength=n)
    return np.divide(sums, totals, out=np.full(n, np.nan), where=totals > 0)
