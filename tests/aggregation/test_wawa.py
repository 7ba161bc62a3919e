import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import MajorityVote, Wawa
from labelwright.core.errors import (
    CapabilityError,
    ConvergenceWarning,
    DataWarning,
    ParameterError,
)
from labelwright.testing import check_aggregator

from ._worlds import simulate

# Five votes on two classes know no tie; among so different people skill overrules some majority.
DIVERSE = {"n_annotators": 30, "n_classes": 2, "skill": (0.4, 1.0)}


def shares(votes, skill):
    """Shares of votes weighted by skill, vote by vote."""
    found = np.zeros((votes.n_items, len(votes.classes.names)))
    np.add.at(found, (votes.item, votes.label), skill[votes.annotator])
    return found / found.sum(axis=1, keepdims=True)


def test_skill_and_posterior_are_those_of_the_definition():
    """Off ties, of which there are none here, this is crowd-kit's Wawa, written out."""
    votes, *_ = simulate(**DIVERSE)
    ballots = np.split(votes.label, votes.indptr[1:-1])
    majority = np.array([np.bincount(ballot).argmax() for ballot in ballots])
    skill = np.zeros(votes.n_annotators)
    for a in range(votes.n_annotators):
        own = votes.annotator == a
        skill[a] = np.mean(votes.label[own] == majority[votes.item[own]])
    model = Wawa().fit(votes)
    np.testing.assert_allclose(model.skill_, skill)
    np.testing.assert_allclose(model.posterior_, shares(votes, skill))
    np.testing.assert_allclose(model.predict_proba(votes), shares(votes, skill))
    assert (model.codes_ != majority).any()


def test_equal_skills_are_the_majority_vote():
    table = {"a": ["x", "y", "y"], "b": ["y", "x", "y"], "c": ["y", "y", "x"]}
    votes = Votes.from_wide(table, votes=list(table))
    for iterate in (False, True):
        model = Wawa(iterate=iterate).fit(votes)
        np.testing.assert_allclose(model.skill_, 2 / 3)
        np.testing.assert_allclose(model.posterior_, MajorityVote().fit(votes).posterior_)
        assert model.labels_ == ["y", "y", "y"]


def test_a_tie_counts_half_for_either_side():
    table = {"a": [0, 0, 1], "b": [0, 1, 1], "c": [None, None, 0]}
    votes = Votes.from_wide(table, votes=list(table))
    model = Wawa().fit(votes)
    np.testing.assert_allclose(model.skill_, [2.5 / 3, 2.5 / 3, 0])
    assert model.ties_.tolist() == [False, True, False]
    assert Wawa(ties="abstain").fit(votes).labels_ == [0, None, 1]


def test_skill_breaks_a_tie():
    table = {"a": [0, 0, 1, 1], "b": [0, 1, 1, 0], "c": [None, None, 0, 1]}
    votes = Votes.from_wide(table, votes=list(table))
    assert MajorityVote().fit(votes).ties_.tolist() == [False, True, False, False]
    model = Wawa().fit(votes)
    assert not model.ties_.any()
    assert model.labels_ == [0, 0, 1, 1]


def test_iterate_ends_where_skills_and_labels_agree():
    votes, *_ = simulate(**DIVERSE)
    once, model = Wawa().fit(votes), Wawa(iterate=True).fit(votes)
    agrees = model.codes_[votes.item] == votes.label
    skill = np.bincount(votes.annotator, agrees) / np.bincount(votes.annotator)
    np.testing.assert_allclose(model.skill_, skill)
    np.testing.assert_allclose(model.posterior_, shares(votes, skill))
    assert model.converged_
    assert len(model.history_) > 2
    assert np.all(np.diff(model.history_) >= 0)
    assert model.history_[0] == once.history_[0]
    assert not np.allclose(model.skill_, once.skill_)
    with pytest.warns(ConvergenceWarning, match="Wawa stopped after 1 iterations"):
        assert not Wawa(iterate=True, max_iter=1).fit(votes).converged_


def test_iterated_it_keeps_the_contract_as_well():
    check_aggregator(Wawa(iterate=True))


def test_weights_count_for_labels_and_for_skills():
    votes = Votes.from_arrays([0, 0, 1, 1, 1], list("ababc"), [0, 1, 0, 1, 0])
    light, heavy = (
        Wawa().fit(votes.with_extra(weight=np.array([w, 2.0, 1.0, 1.0, 1.0]))) for w in (1.0, 3.0)
    )
    np.testing.assert_allclose(light.skill_, [1 / 2, 2 / 3, 1])
    np.testing.assert_allclose(light.posterior_[0], [3 / 11, 8 / 11])
    np.testing.assert_allclose(heavy.skill_, [1, 0, 1])


def test_gold_teaches_about_annotators():
    table = {"a": ["x", "x"], "b": ["x", "y"], "c": ["y", "y"]}
    model = Wawa().fit(Votes.from_wide(table, votes=list(table)), gold=["y", None])
    np.testing.assert_allclose(model.skill_, [0, 0.5, 1])
    assert model.labels_ == ["y", "y"]


def test_unknown_annotators_have_the_mean_skill_and_are_counted():
    votes = Votes.from_wide({"a": [0, 0], "b": [0, 0], "c": [1, 0]}, votes=["a", "b", "c"])
    model = Wawa().fit(votes)
    new = Votes.from_arrays([0, 0, 0], ["c", "stranger", "other"], [1, 0, 1], classes=[0, 1])
    with pytest.warns(DataWarning, match=r"2 annotators were not there.*'other'"):
        beliefs = model.predict_proba(new)
    mean = (1 + 1 + 0.5) / 3
    np.testing.assert_allclose(
        beliefs, [[mean / (2 * mean + 0.5), (mean + 0.5) / (2 * mean + 0.5)]]
    )


def test_an_annotator_without_votes_has_the_mean_skill():
    votes = Votes.from_arrays(
        [0, 0, 0], list("aab"), [0, 1, 0], annotators=list("abc"), repeats="all"
    )
    np.testing.assert_allclose(Wawa().fit(votes).skill_, [1 / 2, 1, 3 / 4])


@pytest.mark.parametrize("bad", [{"max_iter": 0}, {"iterate": "yes"}, {"ties": "first"}])
def test_bad_parameters_are_refused(bad):
    votes, *_ = simulate(n_items=3)
    with pytest.raises(ParameterError, match=next(iter(bad))):
        Wawa(**bad).fit(votes)


def test_anonymous_votes_are_refused_with_the_way_out():
    votes = Votes.from_slots({"l1": ["x", "y"], "l2": ["x", "x"]}, labels=["l1", "l2"])
    with pytest.raises(CapabilityError, match=r"Wawa.*anonymous.*MajorityVote"):
        Wawa().fit(votes)
