import numpy as np
import pytest
from scipy.optimize import minimize

from labelwright import Votes
from labelwright.aggregation import MajorityVote
from labelwright.aggregation.crh import CRH
from labelwright.core.errors import ConvergenceWarning, ParameterError
from labelwright.testing import check_aggregator

from ._worlds import simulate


def test_with_equal_numbers_of_votes_the_weights_are_the_published_ones():
    votes, *_ = simulate(n_annotators=7, per_item=7, skill=(0.3, 0.9))
    model = CRH(smoothing=1e-9).fit(votes)
    losses = np.bincount(votes.annotator, votes.label != model.codes_[votes.item])
    np.testing.assert_allclose(model.weight_, -np.log(losses / losses.sum()), atol=1e-9)
    sums = np.zeros(model.posterior_.shape)
    np.add.at(sums, (votes.item, votes.label), model.weight_[votes.annotator])
    np.testing.assert_allclose(model.posterior_, sums / sums.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(model.predict_proba(votes), model.posterior_)


@pytest.mark.parametrize("extreme", [False, True])
def test_weights_make_the_weighted_loss_least_under_the_constraint(extreme):
    n = np.array([40.0, 10.0, 25.0, 5.0])
    losses = np.array([1.0, 1.5, 1.0, 5.0]) if extreme else np.array([10.0, 4.0, 6.0, 1.0])
    model = CRH(smoothing=1e-9)
    weight, cost = model._weigh(losses, n)
    best = minimize(
        lambda w: w @ losses,
        np.full(4, np.log(4)),
        jac=lambda w: losses,
        bounds=[(0, None)] * 4,
        constraints={
            "type": "ineq",
            "fun": lambda w: n.mean() - n @ np.exp(-w),
            "jac": lambda w: n * np.exp(-w),
        },
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    np.testing.assert_allclose(weight, best.x, atol=1e-5)
    assert cost == pytest.approx(best.fun)
    assert (weight == 0).any() == extreme


def test_the_objective_never_falls():
    votes, *_ = simulate(n_annotators=25, skill=(0.2, 0.9), per_item=4)
    history = CRH().fit(votes).history_
    assert len(history) > 2
    assert np.all(np.diff(history) >= -1e-10)


def test_equal_losses_and_votes_are_the_majority():
    table = {"a": ["x", "y", "y"], "b": ["y", "x", "y"], "c": ["y", "y", "x"]}
    votes = Votes.from_wide(table, votes=list(table))
    model = CRH().fit(votes)
    np.testing.assert_allclose(model.weight_, np.log(3))
    np.testing.assert_allclose(model.posterior_, MajorityVote().fit(votes).posterior_)


def test_who_errs_less_wins_a_tie():
    table = {"a": [0, 0, 1, 1], "b": [0, 1, 1, 0], "c": [None, None, 0, 1]}
    votes = Votes.from_wide(table, votes=list(table))
    assert MajorityVote().fit(votes).ties_.tolist() == [False, True, False, False]
    assert CRH().fit(votes).labels_ == [0, 0, 1, 1]


def test_a_single_annotator_is_believed():
    votes = Votes.from_arrays([0, 1, 2], ["a", "a", "a"], [0, 1, 1])
    model = CRH().fit(votes)
    assert model.weight_.tolist() == [0.0]
    assert model.labels_ == [0, 1, 1]
    np.testing.assert_allclose(model.confidence_, 1)


def test_with_little_smoothing_it_keeps_the_contract_as_well():
    check_aggregator(CRH(smoothing=1e-6))


def test_stopping_early_is_said():
    votes, *_ = simulate()
    with pytest.warns(ConvergenceWarning, match="CRH stopped after 1 iterations"):
        assert not CRH(max_iter=1).fit(votes).converged_


@pytest.mark.parametrize("bad", [{"smoothing": 0.0}, {"max_iter": 0}, {"ties": "first"}])
def test_bad_parameters_are_refused(bad):
    votes, *_ = simulate(n_items=3)
    with pytest.raises(ParameterError, match=next(iter(bad))):
        CRH(**bad).fit(votes)
