import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation._connected import annotator_groups, warn_if_apart
from labelwright.core.errors import DataWarning

from ._worlds import simulate


def groups_by_merging(votes):
    """The definition: sets of annotators, merged item by item."""
    sets = {a: {a} for a in range(votes.n_annotators)}
    for i in range(votes.n_items):
        voters = votes.annotator[votes.indptr[i] : votes.indptr[i + 1]]
        merged = set().union(*(sets[a] for a in voters))
        for a in merged:
            sets[a] = merged
    return sets


def test_equals_merging_item_by_item():
    rng = np.random.default_rng(0)
    n_groups = set()
    for _ in range(30):
        item, who = rng.integers(0, 30, 45), rng.integers(0, 40, 45)
        votes = Votes.from_arrays(
            item, who, np.zeros(45, int), annotators=range(42), repeats="first"
        )
        found, expected = annotator_groups(votes), groups_by_merging(votes)
        voted = np.isin(np.arange(42), votes.annotator)
        assert (found[~voted] == -1).all()
        same = found[:, None] == found
        for a in np.flatnonzero(voted):
            assert set(np.flatnonzero(same[a])) == expected[a]
        sizes = np.bincount(found[voted])
        assert (np.diff(sizes) <= 0).all()
        n_groups.add(sizes.size)
    assert len(n_groups) > 3


def test_groups_of_one_size_stand_in_the_order_of_their_annotators():
    votes = Votes.from_arrays([0, 0, 1, 1, 2], list("badce"), [0] * 5, annotators=list("abcde"))
    assert annotator_groups(votes).tolist() == [0, 0, 1, 1, 2]


def test_many_common_items_do_not_cut_a_link():
    votes = Votes.from_matrix(np.zeros((256, 2), int))
    assert annotator_groups(votes).tolist() == [0, 0]


def test_groups_apart_are_warned_of():
    votes = Votes.from_arrays([0, 0, 0, 1, 1], list("abcde"), [0] * 5)
    with pytest.warns(DataWarning, match=r"2 groups .*largest of 3, the smallest of 2.* Seer cann"):
        assert warn_if_apart(votes, "Seer").tolist() == [0, 0, 0, 1, 1]


def test_one_group_is_not():
    votes, *_ = simulate()
    assert (warn_if_apart(votes, "Seer") == 0).all()
