import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import DawidSkene, MajorityVote, OneCoinDawidSkene
from labelwright.pipeline._methods import by_name, choose


def crowd(n_annotators, per_item=5, n_items=200, k=2):
    rng = np.random.default_rng(0)
    who = np.array([rng.permutation(n_annotators)[:per_item] for _ in range(n_items)])
    labels = rng.integers(0, k, who.size)
    return Votes.from_arrays(
        np.repeat(np.arange(n_items), per_item), who.ravel(), labels, classes=range(k)
    )


@pytest.mark.parametrize(
    ("votes", "expected", "why"),
    [
        (crowd(10), DawidSkene, "which classes each annotator confuses"),
        (crowd(10, k=10), OneCoinDawidSkene, "too few to learn how each confuses 10 classes"),
        (crowd(500), MajorityVote, "votes each, too few to learn about them"),
    ],
)
def test_how_much_is_learnt_depends_on_votes_an_annotator(votes, expected, why):
    aggregator, reason = choose(votes, "auto", doubtful=False)
    assert type(aggregator) is expected
    assert why in reason


def test_one_sided_rules_and_anonymous_votes_take_the_majority():
    rules = {"a": ["x"] * 8 + [None] * 8, "b": [None] * 8 + ["y"] * 8, "c": ["x", "y"] * 8}
    votes = Votes.from_wide(rules, votes=list(rules))
    aggregator, reason = choose(votes, "auto", doubtful=False)
    assert isinstance(aggregator, MajorityVote)
    assert "67% of the annotators only ever say one label" in reason
    slots = Votes.from_slots({"l1": ["x", "y"], "l2": ["x", "y"]}, labels=["l1", "l2"])
    assert "nobody knows" in choose(slots, "auto", doubtful=False)[1]


def test_what_is_asked_for_is_taken():
    assert isinstance(choose(crowd(500), "dawid-skene", doubtful=False)[0], DawidSkene)


def test_every_public_aggregator_can_be_asked_for():
    names = by_name()
    assert {"majority-vote", "dawid-skene", "one-coin-dawid-skene", "wawa"} <= set(names)
    votes = crowd(10)
    for name, kind in names.items():
        assert type(choose(votes, name, doubtful=False)[0]) is kind
