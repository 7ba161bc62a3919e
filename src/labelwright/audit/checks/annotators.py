"""Annotators who agree too little with the others, or only ever say one thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from labelwright.aggregation._one_sided import answers_given
from labelwright.aggregation.agreement import krippendorff_alpha
from labelwright.audit.checks._base import Check
from labelwright.audit.checks._data import AuditData
from labelwright.audit.findings import Facts, Findings
from labelwright.core.errors import CapabilityError
from labelwright.core.params import Accepts, Int, Real
from labelwright.core.spaces import Classes
from labelwright.core.stats import benjamini_hochberg
from labelwright.core.votes import Votes

__all__ = ["AnnotatorCheck"]


class AnnotatorCheck(Check):
    """Annotators whose votes stand out.

    - ``always the same label``: all votes are one label, which their number makes unlikely, given
      how often the others use it.
    - ``less agreement``: they agree with the others less than those do with each other on the same
      items (with two votes an item: less than all do on average), significantly and by at least
      ``margin``.
    - ``no better than chance``: such an annotator who does not agree significantly more often
      than by chance.

    Parameters
    ----------
    level : float
        Expected share of false findings.
    margin : float
        How much less agreement matters.
    fewest : int
        Annotators with fewer votes are not judged.

    Notes
    -----
    Who disagrees is not therefore wrong: an expert among lay people stands out too. Without gold
    nothing here is accuracy. An annotator's score is the share of the others' votes on the same
    items that agree; the score of the whole is the share of the judged annotators who do not stand
    out. Krippendorff's alpha of all votes is in the notes. Datalab has no such check.
    """

    name = "annotators"
    needs = ("votes",)
    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "level": Real(0, 1),
        "margin": Real(0, 1),
        "fewest": Int(2),
    }

    def __init__(self, level: float = 0.05, margin: float = 0.1, fewest: int = 10) -> None:
        self.level = level
        self.margin = margin
        self.fewest = fewest

    def find(self, data: AuditData) -> Findings:
        """The annotators who stand out, least agreement first."""
        votes: Votes = data.known(data.votes)
        if not isinstance(votes.space, Classes):
            raise CapabilityError("the votes are not on classes")
        if votes.anonymous:
            raise CapabilityError("it is not known who gave which vote")
        found = _Tally(votes).table()
        judged = np.flatnonzero(found["n_votes"] >= self.fewest)
        if not len(judged):
            raise CapabilityError(f"no annotator has {self.fewest} votes")
        kinds = self._kinds({name: values[judged] for name, values in found.items()})
        rows = judged[kinds != ""]
        return Findings.worst_first(
            check=self.name,
            of="annotator",
            subject=votes.annotators[rows],
            scores=np.nan_to_num(found["agreement"][rows]),
            kinds=kinds[kinds != ""],
            reason=_sentence,
            score=1 - len(rows) / len(judged),
            evidence={
                "n_votes": found["n_votes"][rows],
                "agreement": found["agreement"][rows],
                "of_others": found["of_others"][rows],
                "by_chance": found["by_chance"][rows],
                "label": np.array(votes.classes.names, dtype=object)[found["label"][rows]],
                "label_share": found["label_share"][rows],
            },
            notes=_alpha(votes),
        )

    def _kinds(self, found: Mapping[str, NDArray[Any]]) -> NDArray[np.str_]:
        """The kind of each judged annotator, nothing where all is well."""
        agreement, others = np.nan_to_num(found["agreement"]), np.nan_to_num(found["of_others"])
        less = benjamini_hochberg(found["p_less"]) <= self.level
        less &= agreement <= others - self.margin
        same = benjamini_hochberg(found["p_same"]) <= self.level
        kinds = np.where(less, "less agreement", "").astype("<U21")
        kinds[less & (found["p_chance"] > self.level)] = "no better than chance"
        kinds[same] = "always the same label"
        return kinds


class _Tally:
    """Sums over the votes of each annotator, added up in blocks of items."""

    def __init__(self, votes: Votes) -> None:
        n = votes.n_annotators
        self.by_label = answers_given(votes)
        shares = self.by_label.sum(axis=0) / max(len(votes), 1)
        self.shares = shares
        # Votes on shared items; agreement; that of the others, the difference and its square; by
        # chance, and the square of that difference.
        self.sums = np.zeros((7, n))
        self.mean = _mean_agreement(votes)
        for items, part in votes.blocks():
            self._add(votes, items, part)

    def _add(self, votes: Votes, items: slice, part: slice) -> None:
        k = votes.classes.n_classes
        annotator, label = votes.annotator[part], votes.label[part].astype(np.int64)
        sizes = np.diff(votes.indptr[items.start : items.stop + 1])
        item = np.repeat(np.arange(len(sizes)), sizes)
        counts = np.bincount(item * k + label, minlength=len(sizes) * k).reshape(-1, k)
        pairs = (counts * (counts - 1)).sum(axis=1)
        own = counts[item, label] - 1
        others = sizes[item] - 1
        shared = others > 0
        agreeing = own[shared] / others[shared]
        # Ordered pairs of the others that agree: those without the annotator's own vote.
        rest = (pairs[item] - 2 * own)[shared]
        possible = (others * (others - 1))[shared]
        theirs = np.where(possible > 0, rest / np.maximum(possible, 1), self.mean)
        difference = agreeing - theirs
        chance = self.shares[label[shared]]
        excess = (agreeing - chance) ** 2
        ones = np.ones(len(chance))
        columns = (ones, agreeing, theirs, difference, difference**2, chance, excess)
        for row, values in zip(self.sums, columns, strict=True):
            row += np.bincount(annotator[shared], values, minlength=len(row))

    def table(self) -> dict[str, NDArray[Any]]:
        """What is known of each annotator, by name."""
        shared, agreeing, theirs, difference, squares, chance, excess = self.sums
        n_votes = self.by_label.sum(axis=1)
        label = self.by_label.argmax(axis=1)
        some = np.maximum(shared, 1)
        below = _z(difference, squares, shared)
        above_chance = _z(agreeing - chance, excess, shared)
        with_shared = np.where(shared > 0, 1.0, np.nan)
        return {
            "n_votes": n_votes,
            "agreement": agreeing / some * with_shared,
            "of_others": theirs / some * with_shared,
            "by_chance": chance / some,
            "p_less": np.where(shared > 0, ndtr(below), 1.0),
            "p_chance": np.where(shared > 0, ndtr(-above_chance), 1.0),
            "label": label,
            "label_share": self.by_label.max(axis=1) / np.maximum(n_votes, 1),
            "p_same": self._chance_of_one_label(label),
        }

    def _chance_of_one_label(self, label: NDArray[np.int64]) -> NDArray[np.float64]:
        """How likely votes like those of the others are all one label; 1 where they are not."""
        totals, n_votes = self.by_label.sum(axis=0), self.by_label.sum(axis=1)
        most = self.by_label.max(axis=1)
        of_others = n_votes.sum() - n_votes
        share = (totals[label] - most) / np.maximum(of_others, 1)
        return np.where((most == n_votes) & (of_others > 0), share**n_votes, 1.0)


def _z(
    total: NDArray[np.float64], squares: NDArray[np.float64], n: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean over its standard error, of n values that sum to ``total`` (and their squares).

    Few values may all be alike: the mean square of all is the least spread that is believed.
    """
    some = np.maximum(n, 1)
    mean = total / some
    pooled = squares.sum() / max(n.sum(), 1)
    spread = np.maximum(squares / some - mean**2, max(pooled, np.finfo(np.float64).tiny))
    return mean / np.sqrt(spread / some)


def _mean_agreement(votes: Votes) -> float:
    """Share of the pairs of votes on one item that agree, over all items."""
    k, agreeing, possible = votes.classes.n_classes, 0, 0
    for items, part in votes.blocks():
        sizes = np.diff(votes.indptr[items.start : items.stop + 1])
        item = np.repeat(np.arange(len(sizes)), sizes)
        cells = item * k + votes.label[part].astype(np.int64)
        counts = np.bincount(cells, minlength=len(sizes) * k)
        agreeing += int((counts * (counts - 1)).sum())
        possible += int((sizes * (sizes - 1)).sum())
    return agreeing / max(possible, 1)


def _alpha(votes: Votes) -> tuple[str, ...]:
    if not (np.diff(votes.indptr) >= 2).any():
        return ("No item has two votes, so agreement cannot be measured.",)
    alpha = krippendorff_alpha(votes)
    interval = f"{alpha.value:.2f} ({alpha.low:.2f} to {alpha.high:.2f})"
    return (f"{alpha.method}: {interval} over {alpha.n_items:,} items.",)


def _sentence(facts: Facts) -> str:
    if facts["kind"] == "always the same label":
        return f"all {facts['n_votes']:,} votes are {facts['label']!r}"
    return (
        f"agrees with {facts['agreement']:.0%} of the others' votes, who agree with "
        f"{facts['of_others']:.0%} of each other's (by chance: {facts['by_chance']:.0%})"
    )
