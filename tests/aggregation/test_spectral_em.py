import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import DawidSkene, MajorityVote
from labelwright.aggregation._kernels import OneHotVotes
from labelwright.aggregation.spectral_em import SpectralDawidSkene, _deal
from labelwright.core.errors import DataWarning, ParameterError
from labelwright.core.spaces import Classes

from ._worlds import simulate


def misleading_world(n_items=3000, seed=0):
    """Where the truth is 1, most people say 0 more often than not, in three classes."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n_items)
    lost = np.array([[0.8, 0.1, 0.1], [0.55, 0.35, 0.1], [0.1, 0.1, 0.8]])
    able = np.array([[0.9, 0.05, 0.05], [0.05, 0.9, 0.05], [0.05, 0.05, 0.9]])
    draw = rng.random((n_items, 9))
    confusion = np.array([lost] * 6 + [able] * 3)
    cumulated = confusion.cumsum(axis=2)[np.arange(9), truth[:, None]]
    return Votes.from_matrix((draw[:, :, None] > cumulated).sum(axis=2)), truth, confusion


def start_of(model, votes, gold=None):
    """Confusions and prior from which EM begins."""
    gold = np.full(votes.n_items, -1, dtype=np.int32) if gold is None else gold
    model._error_shape = np.full((votes.classes.n_classes,) * 2, 0.5)
    return model._start(votes, OneHotVotes(votes, gold), gold)


def test_the_start_is_near_the_truth_where_the_majority_is_not():
    votes, _, confusion = misleading_world()
    found, prior = start_of(SpectralDawidSkene(), votes)
    by_majority, _ = start_of(DawidSkene(), votes)
    np.testing.assert_allclose(found, confusion, atol=0.09)
    np.testing.assert_allclose(prior, 1 / 3, atol=0.05)
    assert np.abs(by_majority - confusion).max() > 0.15


def test_em_ends_as_high_as_from_the_majority_or_higher():
    for seed in range(4):
        votes, truth, _ = misleading_world(1000, seed)
        one, other = DawidSkene().fit(votes), SpectralDawidSkene().fit(votes)
        assert other.history_[0] > one.history_[0]
        assert other.history_[-1] > one.history_[-1] - 0.1
        assert np.mean(other.codes_ == truth) > np.mean(MajorityVote().fit(votes).codes_ == truth)


def test_the_objective_never_falls_and_both_starts_end_alike():
    votes, *_ = simulate(n_items=1000)
    model = SpectralDawidSkene(tol=1e-10).fit(votes)
    assert np.all(np.diff(model.history_) >= -1e-8)
    other = DawidSkene(tol=1e-10).fit(votes)
    np.testing.assert_allclose(model.posterior_, other.posterior_, atol=1e-3)


def test_sparse_votes_are_enough():
    votes, _, confusion = simulate(n_items=4000, n_annotators=40, per_item=5, skill=(0.5, 0.9))
    found, _ = start_of(SpectralDawidSkene(), votes)
    right, known = (np.trace(c, axis1=1, axis2=2) / 3 for c in (found, confusion))
    assert np.corrcoef(right, known)[0, 1] > 0.9
    np.testing.assert_allclose(right, known, atol=0.1)


def test_a_start_keeps_the_number_of_votes_of_each_annotator():
    """Without a prior the start is a table of probabilities; none is negative or missing."""
    votes, *_ = simulate(n_items=400, per_item=4)
    model = SpectralDawidSkene(smoothing=0.0, diagonal=0.0, class_smoothing=0.0)
    confusion, prior = start_of(model, votes)
    assert (confusion >= 0).all()
    np.testing.assert_allclose(confusion.sum(axis=2), 1)
    assert prior.sum() == pytest.approx(1)


def test_classes_that_nobody_names_are_left_out_of_the_moments():
    votes, *_ = simulate(n_items=1000)
    wider = votes.with_space(Classes((0, 1, 2, 3)))
    found, prior = start_of(SpectralDawidSkene(), votes)
    again, wide_prior = start_of(SpectralDawidSkene(), wider)
    assert np.abs(found - again[:, :3, :3]).max() < 0.05
    np.testing.assert_allclose(wide_prior[:3], prior, atol=0.01)


def test_gold_counts_in_the_start():
    votes, truth, confusion = misleading_world(1000)
    gold = truth.astype(np.int32)
    found, _ = start_of(SpectralDawidSkene(), votes, gold)
    of_gold, _ = start_of(DawidSkene(), votes, gold)
    np.testing.assert_allclose(found, of_gold, atol=1e-12)
    np.testing.assert_allclose(found, confusion, atol=0.1)


def test_groups_have_about_equally_many_votes():
    votes, *_ = simulate(n_items=200, n_annotators=31)
    n_votes = np.bincount(votes.annotator)
    group = _deal(votes)
    sizes = np.bincount(group, n_votes)
    assert sorted(np.bincount(group)) == [10, 10, 11]
    assert sizes.max() - sizes.min() <= n_votes.max()


def test_warm_start_resumes():
    votes, *_ = simulate(n_items=500)
    model = SpectralDawidSkene(warm_start=True).fit(votes)
    first = len(model.history_)
    assert len(model.fit(votes).history_) < first


@pytest.mark.parametrize("n_annotators", [2, 5])
def test_too_few_votes_are_said_and_em_begins_from_the_majority(n_annotators):
    votes, *_ = simulate(n_items=60, n_annotators=n_annotators, per_item=2)
    with pytest.warns(DataWarning, match="do not determine confusions"):
        model = SpectralDawidSkene().fit(votes)
    np.testing.assert_array_equal(model.posterior_, DawidSkene().fit(votes).posterior_)


def test_open_answers_are_taken():
    votes, truth, _ = simulate(n_items=1000)
    space = Classes((0, 1, 2), open_answers={"0 or 1": [0, 1]})
    told = votes.label.astype(object)
    told[(votes.label < 2) & (np.arange(len(votes)) % 4 == 0)] = "0 or 1"
    coarse = Votes.from_arrays(votes.item, votes.annotator, told, space=space, items=range(1000))
    assert np.mean(SpectralDawidSkene().fit(coarse).codes_ == truth) > 0.75


def test_bad_parameters_are_refused():
    votes, *_ = simulate(n_items=3)
    with pytest.raises(ParameterError, match="diagonal"):
        SpectralDawidSkene(diagonal=-1.0).fit(votes)
