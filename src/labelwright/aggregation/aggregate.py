"""From votes to labels in one call: a model that suits them, why, and what it changed."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._base import ClassAggregator
from labelwright.aggregation._choice import choose_aggregator
from labelwright.aggregation.majority_vote import MajorityVote
from labelwright.core.errors import DataWarning
from labelwright.core.results import Result, plain
from labelwright.core.votes import Votes

__all__ = ["Aggregation", "aggregate"]


@dataclass(frozen=True, eq=False)
class Aggregation(Result):
    """Labels of a model that was chosen for the votes, beside those of majority vote.

    Attributes
    ----------
    model : aggregator
        Fitted; ``labels_``, ``posterior_``, ``confidence_`` and ``annotators_`` are its.
    why : str
        Why this one, in half a sentence.
    majority : MajorityVote
        Fitted to the same votes.
    changed : (n_changed,) int64
        Places in ``votes.items`` where the two labels differ, also where majority vote was tied.
    overruled : (n_overruled,) int64
        Those among them on which two votes or more are all alike, and for another class.
    """

    kind: ClassVar[str] = "aggregation"

    model: ClassAggregator
    why: str
    majority: MajorityVote
    changed: NDArray[np.int64]
    overruled: NDArray[np.int64]

    @property
    def labels(self) -> list[Any]:
        """Label of each item, None where there is none."""
        return self.model.labels_

    def sentence(self) -> str:
        """What was done and what came of it, in words that may be quoted."""
        n = int(np.count_nonzero(self.model.item_votes_))
        return (
            f"{type(self.model).__name__}: {self.why}. It gives another label than "
            f"majority vote to {self.changed.size:,} of {n:,} items with votes, against all votes "
            f"to {self.overruled.size:,}."
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values: the name of the model, the reason, and one entry an item."""
        return {
            "kind": self.kind,
            "model": repr(self.model),
            "why": self.why,
            "changed": plain(self.changed),
            "overruled": plain(self.overruled),
            "items": plain(self.model.items_),
            "labels": plain(self.model.labels_),
            "confidence": plain(self.model.confidence_),
            "majority": plain(self.majority.labels_),
        }

    def to_table(self) -> Any:
        """The table of the model with further columns: majority, changed and overruled."""
        import polars as pl

        from labelwright.core.tables import as_kind, to_polars

        table = to_polars(self.model.to_table())
        places = pl.Series(np.arange(table.height))
        table = table.with_columns(
            pl.Series("majority", self.majority.labels_, strict=False),
            places.is_in(self.changed.tolist()).alias("changed"),
            places.is_in(self.overruled.tolist()).alias("overruled"),
        )
        return as_kind(table, self.model.frame_)


def aggregate(
    votes: Votes,
    gold: Mapping[Any, Any] | Sequence[Any] | None = None,
    *,
    model: ClassAggregator | None = None,
) -> Aggregation:
    """Turn votes into labels with the model that suits them, and say why.

    Majority vote is taken where nobody knows who voted, where most annotators only ever say one
    label, and where they gave too few votes to learn about each; a model of one accuracy an
    annotator where there are too few votes for confusion matrices; else :class:`DawidSkene`.

    Parameters
    ----------
    votes : Votes
        On classes.
    gold : mapping of item to label, or sequence (n_items,), optional
        Labels taken as true; these items keep that label.
    model : aggregator, optional
        One of your choice, not fitted, in place of the one that suits.

    Returns
    -------
    Aggregation

    Warns
    -----
    DataWarning
        Where the model overrules votes that were all alike, with the number and the first item.

    Notes
    -----
    It looks at the shape of the votes only. Where much depends on the choice, hold several
    aggregators against each other on these votes with :func:`compare`.

    Examples
    --------
    >>> table = {"ann": list("xxyyxy"), "bo": list("xxyyxy"), "cy": list("yxyyxx")}
    >>> found = aggregate(Votes.from_wide(table, votes=["ann", "bo", "cy"]))
    >>> found.labels, found.model
    (['x', 'x', 'y', 'y', 'x', 'y'], DawidSkene())
    >>> print(found.sentence())
    DawidSkene: it learns which classes each annotator confuses. It gives another label
    than majority vote to 0 of 6 items with votes, against all votes to 0.
    """
    why = "as asked for"
    if model is None:
        model, why = choose_aggregator(votes)
    model = model.clone().fit(votes, gold)
    majority = MajorityVote().fit(votes, gold)
    changed = model.codes_ != majority.codes_
    overruled = np.flatnonzero(changed & _against_all_votes(votes, model.codes_))
    if overruled.size:
        _warn_of_overruled(votes, model, overruled)
    return Aggregation(model, why, majority, np.flatnonzero(changed), overruled)


def _against_all_votes(votes: Votes, codes: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether an item has two votes or more, all alike, and another class than they allow."""
    per_item = np.diff(votes.indptr)
    voted = np.flatnonzero(per_item)
    starts = votes.indptr[voted]
    lowest = np.minimum.reduceat(votes.label, starts)
    alike = (lowest == np.maximum.reduceat(votes.label, starts)) & (per_item[voted] >= 2)
    against = np.zeros(votes.n_items, dtype=bool)
    against[voted] = alike & ~votes.classes.candidates[lowest, codes[voted]]
    return against


def _warn_of_overruled(votes: Votes, model: ClassAggregator, overruled: NDArray[np.int64]) -> None:
    first = int(overruled[0])
    (item,) = votes.items[[first]].tolist()
    start, end = (int(place) for place in votes.indptr[first : first + 2])
    warnings.warn(
        f"{type(model).__name__} overrules unanimous votes on {overruled.size:,} items (first: "
        f"{item!r}, where all {end - start} votes say "
        f"{votes.answers[votes.label[start]]!r} and the model says {model.labels_[first]!r}). "
        "Look at some of them before you trust it.",
        DataWarning,
        stacklevel=3,
    )
