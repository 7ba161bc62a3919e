import warnings

import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import DawidSkene, MajorityVote, OneCoinDawidSkene, aggregate
from labelwright.aggregation._choice import choose_aggregator
from labelwright.core.errors import CapabilityError, DataError, DataWarning
from labelwright.core.spaces import Classes

from ._worlds import simulate


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
        (crowd(5, per_item=1), MajorityVote, "there is one label an item"),
    ],
)
def test_how_much_is_learnt_depends_on_votes_an_annotator(votes, expected, why):
    model, reason = choose_aggregator(votes)
    assert type(model) is expected
    assert why in reason


def test_one_sided_rules_and_anonymous_votes_take_the_majority():
    rules = {"a": ["x"] * 8 + [None] * 8, "b": [None] * 8 + ["y"] * 8, "c": ["x", "y"] * 8}
    model, why = choose_aggregator(Votes.from_wide(rules, votes=list(rules)))
    assert isinstance(model, MajorityVote)
    assert "67% of the annotators only ever say one label" in why
    slots = Votes.from_slots({"l1": ["x", "y"], "l2": ["x", "y"]}, labels=["l1", "l2"])
    assert "nobody knows" in choose_aggregator(slots)[1]


def test_the_chosen_model_stands_beside_majority_vote():
    votes, *_ = simulate(n_items=400)
    found = aggregate(votes)
    model, majority = DawidSkene().fit(votes), MajorityVote().fit(votes)
    assert isinstance(found.model, DawidSkene)
    assert found.labels == model.labels_
    assert found.majority.labels_ == majority.labels_
    expected = [i for i in range(400) if model.labels_[i] != majority.labels_[i]]
    assert found.changed.tolist() == expected
    assert len(expected) > 5
    assert found.overruled.size == 0
    assert f"to {len(expected)} of 400 items with votes, against all votes to 0." in (
        found.sentence()
    )


def overruling():
    """Two people who always agree and are wrong wherever the five others vote."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 60)
    matrix = np.where(rng.random((60, 7)) < 0.02, 1 - truth[:, None], truth[:, None])
    matrix[:, :2] = 1 - truth[:, None]
    matrix[50:, 2:] = -1
    matrix[59, 1] = -1
    names = [f"i{number}" for number in range(60)]
    return Votes.from_matrix(matrix, classes=["no", "yes"], items=names), truth


def test_overruled_unanimous_votes_are_warned_of_with_the_first():
    votes, truth = overruling()
    said = ["no", "yes"][1 - truth[50]]
    pattern = (
        f"overrules unanimous votes on 9 items .first: 'i50', where all 2 votes say '{said}' and "
        f"the model says '{['no', 'yes'][truth[50]]}'"
    )
    with pytest.warns(DataWarning, match=pattern):
        found = aggregate(votes)
    # A single vote is no unanimity: i59 is changed, but not counted.
    assert found.overruled.tolist() == list(range(50, 59))
    assert set(range(50, 60)) <= set(found.changed.tolist())
    table = found.to_table()
    assert table["overruled"].to_list() == [i in range(50, 59) for i in range(60)]
    assert table["changed"].sum() == found.changed.size
    assert table["majority"].to_list() == found.majority.labels_


def test_a_narrower_class_than_all_votes_name_is_no_overruling():
    space = Classes(["T", "CD4", "B"], parents={"CD4": "T"})
    rows = [["T", "T"]] * 12 + [["CD4", "CD4"]] * 30 + [["B", "B"]] * 10
    wide = {name: [row[place] for row in rows] for place, name in enumerate("ab")}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = aggregate(Votes.from_wide(wide, votes=["a", "b"], space=space))
    assert isinstance(found.model, DawidSkene)
    assert found.overruled.size == 0
    assert set(found.labels) == {"CD4", "B"}
    assert found.changed.tolist() == list(range(12))


def test_gold_is_kept_and_is_no_overruling():
    votes, truth = overruling()
    gold = {f"i{i}": ["no", "yes"][truth[i]] for i in range(60)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = aggregate(votes, gold)
    assert found.labels == list(gold.values())
    assert found.changed.size == 0


def test_plain_values_and_html():
    votes, *_ = simulate(n_items=50)
    found = aggregate(votes)
    content = found.to_dict()
    assert content["kind"] == "aggregation"
    assert content["model"] == "DawidSkene()"
    assert content["labels"] == found.labels
    assert "overruled" in found._repr_html_()


def test_votes_that_are_no_classes_are_refused():
    with pytest.raises(CapabilityError, match=r"one class an item is needed"):
        aggregate(Votes.from_arrays([0, 0], ["a", "b"], [0.5, 1.5]))


def test_no_votes_are_refused():
    with pytest.raises(DataError, match=r"There are no votes"):
        aggregate(Votes.from_matrix([[-1, -1]], classes=[0, 1]))
