"""What it takes of votes for confusions to be learnt from them, check by check."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._connected import annotator_groups
from labelwright.aggregation._one_sided import ENOUGH_VOTES, answers_given, one_sided_share
from labelwright.core.votes import Votes

__all__ = ["VIEWS", "Check", "undetermined_annotators", "vote_checks"]

VIEWS = 3
"""Votes an item, or annotators, that it takes."""


class Check(NamedTuple):
    """One thing that was looked at.

    Attributes
    ----------
    name : str
    holds : bool
    needed : bool
        Whether without it nothing can be learnt about anybody.
    said : str
        What was found.
    instead : str
        What would do, where it does not hold.
    """

    name: str
    holds: bool
    needed: bool
    said: str
    instead: str


def undetermined_annotators(votes: Votes) -> NDArray[np.bool_]:
    """Annotators (n_annotators,) who voted, and about whom the votes do not tell.

    They have fewer votes on items with three than there are chances to learn about them, or only
    ever say one thing.
    """
    shared = np.diff(votes.indptr)[votes.item] >= VIEWS
    useful = np.bincount(votes.annotator[shared], minlength=votes.n_annotators)
    said = answers_given(votes)
    total = said.sum(axis=1)
    few = useful < votes.classes.n_classes * (votes.classes.n_classes - 1)
    one_sided = (np.count_nonzero(said, axis=1) == 1) & (total >= ENOUGH_VOTES)
    return (total > 0) & (few | one_sided)


def vote_checks(votes: Votes) -> tuple[Check, ...]:
    """All that is looked at."""
    return (
        _votes_per_item(votes),
        _annotators(votes),
        _classes(votes),
        _one_sided(votes),
        _groups(votes),
        _enough(votes),
    )


def _votes_per_item(votes: Votes) -> Check:
    n_votes = np.diff(votes.indptr)
    shared, voted = int((n_votes >= VIEWS).sum()), int((n_votes > 0).sum())
    return Check(
        "votes an item",
        shared > 0,
        True,
        f"{shared:,} of {voted:,} items have three votes or more, and only those tell.",
        "Three votes on some items; or gold for some; or, with features of the items, "
        "labelwright.learning.noisy.HOC, which takes the labels of neighbours as further votes.",
    )


def _annotators(votes: Votes) -> Check:
    voted = np.count_nonzero(np.bincount(votes.annotator, minlength=votes.n_annotators))
    return Check(
        "annotators",
        bool(voted >= VIEWS or votes.anonymous),
        True,
        f"{voted:,} annotators voted.",
        "Three annotators, or gold for some items.",
    )


def _classes(votes: Votes) -> Check:
    used = np.count_nonzero(np.bincount(votes.label))
    k = votes.classes.n_classes
    return Check(
        "classes",
        bool(used > 1),
        True,
        f"{used} of {k} classes were ever voted for.",
        "Items of several classes.",
    )


def _one_sided(votes: Votes) -> Check:
    share = one_sided_share(votes)
    return Check(
        "says several things",
        share <= 0.5,
        True,
        f"{share:.0%} of the annotators only ever say one thing, so that how they choose among "
        "classes cannot be seen.",
        "LabelModel, which learns from where rules speak and where they do not.",
    )


def _groups(votes: Votes) -> Check:
    n_groups = int(annotator_groups(votes).max(initial=-1)) + 1
    found = "are linked by common items" if n_groups < 2 else f"fall into {n_groups:,} groups"
    return Check(
        "linked annotators",
        n_groups < 2,
        False,
        f"The annotators {found}"
        + ("." if n_groups < 2 else ", between which nothing can be compared."),
        "Items on which annotators of several groups vote.",
    )


def _enough(votes: Votes) -> Check:
    if votes.anonymous:
        return Check("enough votes", True, False, "Nobody in particular is looked at.", "")
    n = int(undetermined_annotators(votes).sum())
    k = votes.classes.n_classes
    return Check(
        "enough votes",
        n == 0,
        False,
        f"{n:,} annotators have fewer than {k * (k - 1)} votes on items with three, which is how "
        "many chances there are to learn about each, or only ever say one thing.",
        "More votes of those annotators, or OneCoinDawidSkene, which learns one chance of each.",
    )
