import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwright import Votes
from labelwright.aggregation import MajorityVote
from labelwright.core.errors import DataError, ParameterError

from ._worlds import simulate


def test_equals_the_largest_count():
    votes, *_ = simulate(n_classes=4)
    model = MajorityVote().fit(votes)
    for i in range(votes.n_items):
        counts = np.bincount(votes.label[votes.indptr[i] : votes.indptr[i + 1]], minlength=4)
        assert model.codes_[i] == counts.argmax()
        np.testing.assert_allclose(model.posterior_[i], counts / counts.sum())
        assert model.ties_[i] == (np.sum(counts == counts.max()) > 1)


@given(st.permutations(range(60)))
def test_the_order_of_rows_does_not_matter(order):
    votes, *_ = simulate(n_items=12)
    table = votes.to_table()[list(order)]
    same = Votes.from_table(
        table, item="item", annotator="annotator", label="label", classes=range(3), items=range(12)
    )
    assert MajorityVote().fit(same).labels_ == MajorityVote().fit(votes).labels_


def test_a_tie_is_shown_and_broken_by_the_rule_named():
    wide = {"a": ["x"] * 400, "b": ["y"] * 400}
    votes = Votes.from_wide(wide, votes=["a", "b"], classes=["y", "x"])
    lowest, random, abstain = (
        MajorityVote(ties=rule).fit(votes) for rule in ("lowest", "random", "abstain")
    )
    assert lowest.ties_.all()
    assert set(lowest.labels_) == {"y"}
    assert set(abstain.labels_) == {None}
    assert 150 < random.labels_.count("x") < 250
    assert random.labels_ == MajorityVote(ties="random").fit(votes).labels_
    assert random.labels_ != MajorityVote(ties="random", random_state=1).fit(votes).labels_


def test_weights_of_one_change_nothing_and_others_count():
    votes, *_ = simulate()
    ones = votes.with_extra(weight=np.ones(len(votes)))
    assert MajorityVote().fit(ones).labels_ == MajorityVote().fit(votes).labels_
    heavy = Votes.from_wide({"a": ["x"], "b": ["y"], "c": ["y"]}, votes=["a", "b", "c"])
    heavy = heavy.with_extra(weight=np.array([3.0, 1.0, 1.0]))
    assert MajorityVote().fit(heavy).labels_ == ["x"]


def test_anonymous_votes_will_do():
    votes = Votes.from_counts({"spam": [3, 0], "ham": [1, 2]}, counts=["ham", "spam"])
    assert MajorityVote().fit(votes).labels_ == ["spam", "ham"]


def test_gold_wins():
    votes = Votes.from_wide({"a": ["x", "x"], "b": ["x", "y"]}, votes=["a", "b"])
    model = MajorityVote().fit(votes, gold=["y", None])
    assert model.labels_[0] == "y"
    assert model.confidence_[0] == 1


@pytest.mark.parametrize(
    ("gold", "message"),
    [
        (["z", None], "'z' is no class"),
        (["x"], "items has 2 rows and gold has 1"),
        ({5: "x"}, "There is no item 5"),
        ([0, 1], "gold holds numbers"),
    ],
)
def test_bad_gold(gold, message):
    votes = Votes.from_wide({"a": ["x", "y"]}, votes=["a"])
    with pytest.raises(DataError, match=message):
        MajorityVote().fit(votes, gold=gold)


def test_an_unknown_rule_for_ties_is_refused():
    votes, *_ = simulate(n_items=3)
    with pytest.raises(ParameterError, match="ties is one of 'lowest', 'random', 'abstain'"):
        MajorityVote(ties="first").fit(votes)
