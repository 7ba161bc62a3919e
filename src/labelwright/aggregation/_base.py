"""What every aggregator of classes shares: checks, gold, ties, the results and their tables."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import CapabilityError, DataError, DataWarning, unknown_name
from labelwright.core.params import Params
from labelwright.core.seeds import generator
from labelwright.core.spaces import Classes
from labelwright.core.stats import wilson_interval
from labelwright.core.validation import check_same_length
from labelwright.core.votes import BLOCK_ITEMS, Votes

__all__ = ["TIE", "TIE_RULES", "ClassAggregator"]

TIE = 1e-9
TIE_RULES = ("lowest", "random", "abstain")


class ClassAggregator(Params, ABC):
    """Base of aggregators that choose one class an item.

    A method writes ``_fit`` (learn from votes, set ``posterior_`` and ``class_prior_``) and
    ``_posterior`` (belief about new votes), and states ``needs_people`` if anonymous votes will not
    do, and ``takes_open_answers`` if a vote may leave several classes open.

    Attributes
    ----------
    codes_ : (n_items,) int32
        Class code of each item; -1 for an item without a vote, or where a tie abstains. Of classes
        with parents the narrowest that is believed with more than one half.
    labels_ : list
        The same, decoded, in the order of ``votes.items``.
    posterior_ : (n_items, K) float64
        Belief over classes; an item without a vote has the class prior. The column of a class with
        children is the belief that it is that and none of these.
    confidence_ : (n_items,) float64
        Belief in the class chosen, or one below it.
    ties_ : (n_items,) bool
        Whether the best two classes are equally likely.
    class_prior_ : (K,) float64
    history_ : list of float
        The objective at each step, for methods that iterate.
    converged_ : bool
    """

    needs_people = False
    takes_open_answers = False
    ties: str
    random_state: Any

    posterior_: NDArray[np.float64]
    class_prior_: NDArray[np.float64]

    def fit(self, votes: Votes, gold: Mapping[Any, Any] | Sequence[Any] | None = None) -> Self:
        """Learn from votes.

        Parameters
        ----------
        votes : Votes
            On :class:`Classes`.
        gold : mapping of item to label, or sequence (n_items,), optional
            Labels taken as true; None or -1 where there is none. These items keep that label.
        """
        self._check_params()
        space = votes.classes
        self._check_answers(votes)
        if self.needs_people and votes.anonymous:
            raise CapabilityError(
                f"{type(self).__name__} learns about annotators, and these votes are anonymous.",
                hint="Say who gave each vote (annotators=), or use MajorityVote.",
            )
        if not len(votes):
            raise DataError("There are no votes to learn from.", hint="Every label is missing.")
        gold_codes = encode_gold(votes, gold)
        self.history_: list[float] = []
        self.converged_ = True
        self._fit(votes, gold_codes)
        self.space_: Classes = space
        self.items_ = votes.items
        self.annotator_ids_ = votes.annotators
        self.frame_ = votes.frame
        self.item_votes_ = np.diff(votes.indptr)
        known = gold_codes >= 0
        self.posterior_[known] = np.eye(space.n_classes)[gold_codes[known]]
        self._decide(known)
        self._describe_annotators(votes)
        return self

    @abstractmethod
    def _fit(self, votes: Votes, gold: NDArray[np.int32]) -> None:
        """Learn: set ``posterior_`` (n_items, K), ``class_prior_`` (K,) and what else there is."""

    @abstractmethod
    def _posterior(self, votes: Votes) -> NDArray[np.float64]:
        """Belief (n_items, K) about new votes."""

    def fit_predict(
        self, votes: Votes, gold: Mapping[Any, Any] | Sequence[Any] | None = None
    ) -> list[Any]:
        """Labels of the items, in the order of ``votes.items``."""
        return self.fit(votes, gold).labels_

    def predict_proba(self, votes: Votes) -> NDArray[np.float64]:
        """Belief (n_items, K) about the items of new votes, with what was learnt."""
        self._check_fitted()
        if votes.classes.names != self.space_.names:
            raise DataError(
                "The new votes have other classes than those learnt from.",
                hint="Bring them into the space that was learnt: votes.with_space(model.space_).",
            )
        self._check_answers(votes)
        return self._posterior(votes)

    @property
    def labels_(self) -> list[Any]:
        """Label of each item, None where there is none."""
        self._check_fitted()
        return self.space_.decode(self.codes_)

    @property
    def broad_labels_(self) -> list[Any]:
        """The narrowest answer for each item that is believed with more than one half.

        It may be an open answer of the space, and is None where not even that much is known.
        """
        self._check_fitted()
        believed = self.posterior_ @ self.space_.candidates.T
        breadth = np.where(believed > 0.5, self.space_.candidates.sum(axis=1), np.inf)
        codes = np.where(np.isfinite(breadth).any(axis=1), breadth.argmin(axis=1), -1)
        return self.space_.decode(codes)

    @property
    def central_labels_(self) -> list[Any]:
        """The label of each item at the least expected distance to the truth; a scale's median."""
        self._check_fitted()
        codes = (self.posterior_ @ self.space_.distance_table()).argmin(axis=1)
        return self.space_.decode(np.where(self.codes_ < 0, -1, codes))

    @property
    def annotators_(self) -> Any:
        """Annotators as a table, in the order of ``votes.annotators``.

        ``agreement`` is the expected share of an annotator's votes that agree with the aggregated
        labels, with a 95 % Wilson interval; it is no accuracy, since no gold was looked at.
        """
        import polars as pl

        from labelwright.core.tables import as_kind

        self._check_fitted()
        low, high = wilson_interval(self.annotator_right_, self.annotator_votes_)
        with np.errstate(invalid="ignore"):
            agreement = self.annotator_right_ / self.annotator_votes_
        table = pl.DataFrame(
            {
                "annotator": self.annotator_ids_.tolist(),
                "votes": self.annotator_counts_,
                "agreement": agreement,
                "low": low,
                "high": high,
            },
            strict=False,
        )
        return as_kind(table.with_columns(pl.col(pl.Float64).fill_nan(None)), self.frame_)

    def to_table(self) -> Any:
        """One row an item: id, label, confidence, tie, votes and a column ``p_<class>`` a class.

        Where classes have distances or an order, ``central`` stands there too, and where votes may
        leave classes open, ``broad``.
        """
        import polars as pl

        from labelwright.core.tables import as_kind

        self._check_fitted()
        columns: dict[str, Any] = {
            "item": self.items_.tolist(),
            "label": self.labels_,
            "confidence": self.confidence_,
            "tie": self.ties_,
            "votes": self.item_votes_,
        }
        if self.space_.ordered or self.space_.distances:
            columns["central"] = self.central_labels_
        if self.space_.open_answers:
            columns["broad"] = self.broad_labels_
        beliefs = {f"p_{n}": self.posterior_[:, k] for k, n in enumerate(self.space_.names)}
        return as_kind(pl.DataFrame(columns | beliefs, strict=False), self.frame_)

    def _repr_html_(self) -> str:
        from labelwright.core.tables import html_table, to_polars

        return html_table(to_polars(self.to_table()), repr(self)) if self._state() else repr(self)

    def _check_answers(self, votes: Votes) -> None:
        if votes.has_open_answers and not self.takes_open_answers:
            raise CapabilityError(
                f"{type(self).__name__} needs votes for one class each, and some of these votes "
                "leave several open (a parent class, or an open answer).",
                hint="MajorityVote, Wawa, DawidSkene, OneCoinDawidSkene and IBCC take such votes.",
            )

    def _learnt_places(self, votes: Votes, *, warn: bool = True) -> NDArray[np.int64]:
        """Where each annotator of these votes stood when this was learnt; -1, and said, if new."""
        place = {name: code for code, name in enumerate(self.annotator_ids_.tolist())}
        found = np.array([place.get(name, -1) for name in votes.annotators.tolist()], dtype=int)
        unseen = sorted(map(str, votes.annotators[found < 0].tolist()))
        if unseen and warn:
            warnings.warn(
                f"{len(unseen)} annotators were not there when this was learnt (first: "
                f"{unseen[0]!r}); they are taken to be like the average one.",
                DataWarning,
                stacklevel=4,
            )
        return found

    def _decide(self, known: NDArray[np.bool_]) -> None:
        """Choose a class an item; a tie is marked, then broken by the named rule."""
        if self.ties not in TIE_RULES:
            raise unknown_name("rule for ties", self.ties, TIE_RULES)
        believed = _belief_with_below(self.posterior_, self.space_)
        roots = np.flatnonzero(self.space_.parent_codes < 0)
        beliefs = believed if roots.size == believed.shape[1] else believed[:, roots]
        n, k = beliefs.shape
        codes = beliefs.argmax(axis=1).astype(np.int32)
        among = beliefs >= (beliefs[np.arange(n), codes] - TIE)[:, None]
        said = (self.item_votes_ > 0) | known
        self.ties_ = (np.bincount(np.flatnonzero(among) // k, minlength=n) > 1) & said
        tied = np.flatnonzero(self.ties_)
        if self.ties == "random" and tied.size:
            draws = generator(self.random_state, "ties").random((tied.size, k))
            codes[tied] = np.where(among[tied], draws, -1).argmax(axis=1)
        else:
            codes[tied] = among[tied].argmax(axis=1)
        codes = _narrowed(roots[codes].astype(np.int32), believed, self.space_)
        self.confidence_: NDArray[np.float64] = believed[np.arange(n), codes]
        codes[~said] = -1
        if self.ties == "abstain":
            codes[tied] = -1
        self.codes_: NDArray[np.int32] = codes

    def _describe_annotators(self, votes: Votes) -> None:
        """How much of each annotator's votes the aggregated labels agree with."""
        n, weight = votes.n_annotators, votes.weight
        beliefs = belief_in_answers(self.posterior_, votes)
        k, beliefs = beliefs.shape[1], beliefs.ravel()
        self.annotator_counts_ = np.zeros(n, dtype=np.int64)
        self.annotator_right_ = np.zeros(n)
        # A block also costs a pass over the annotators, so it holds at least as many items.
        for _, block in votes.blocks(max(BLOCK_ITEMS, n)):
            annotator = votes.annotator[block].astype(np.intp)
            right = beliefs.take(votes.item[block] * np.int64(k) + votes.label[block])
            if weight is not None:
                right *= weight[block]
            self.annotator_counts_ += np.bincount(annotator, minlength=n)
            self.annotator_right_ += np.bincount(annotator, right, minlength=n)
        self.annotator_votes_ = (
            self.annotator_counts_.astype(float)
            if weight is None
            else np.bincount(votes.annotator, weight, minlength=n)
        )


def _belief_with_below(beliefs: NDArray[np.float64], space: Classes) -> NDArray[np.float64]:
    """Belief (n_items, K) in each class or one below it."""
    return beliefs @ space.candidates[: space.n_classes].T if space.parents else beliefs


def _narrowed(
    codes: NDArray[np.int32], believed: NDArray[np.float64], space: Classes
) -> NDArray[np.int32]:
    """From a class to one below it, as long as that one is believed with more than one half."""
    depth_first = np.argsort(space.candidates[: space.n_classes].sum(axis=0), kind="stable")
    for code in depth_first[space.parent_codes[depth_first] >= 0].tolist():
        inside = (codes == space.parent_codes[code]) & (believed[:, code] > 0.5)
        codes[inside] = code
    return codes


def belief_in_answers(beliefs: NDArray[np.float64], votes: Votes) -> NDArray[np.float64]:
    """Belief that each answer is right, (n_items, n_answers), from beliefs (n_items, K)."""
    return beliefs @ votes.classes.candidates.T if votes.has_open_answers else beliefs


def encode_gold(votes: Votes, gold: Mapping[Any, Any] | Sequence[Any] | None) -> NDArray[np.int32]:
    """Gold as class codes (n_items,), -1 where there is none."""
    if gold is None:
        return np.full(votes.n_items, -1, dtype=np.int32)
    space = votes.classes
    if isinstance(gold, Mapping):
        place = {name: code for code, name in enumerate(votes.items.tolist())}
        unknown = next((name for name in gold if name not in place), None)
        if unknown is not None:
            raise unknown_name("item", unknown, place)
        codes = np.full(votes.n_items, -1, dtype=np.int32)
        codes[[place[name] for name in gold]] = space.encode(list(gold.values()))
        return codes
    check_same_length(items=votes.items, gold=gold)
    array = np.asarray(gold)
    if array.dtype.kind in "iu" and isinstance(space.names[0], str):
        raise DataError("gold holds numbers and the classes are text.", hint="Give gold as labels.")
    if array.dtype.kind in "iu" and -1 not in space.names:
        gold = [None if value == -1 else value for value in array.tolist()]
    return space.encode(gold)
