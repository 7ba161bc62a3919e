import numpy as np
import pytest
from scipy.special import expit

from labelwright import Votes
from labelwright.aggregation import GLAD, MajorityVote
from labelwright.aggregation.glad import _Likelihood
from labelwright.core.errors import (
    CapabilityError,
    ConvergenceWarning,
    DataWarning,
    ParameterError,
)
from labelwright.testing import check_aggregator

from ._worlds import bayes_by_enumeration, simulate

EXACT = {"tol": 1e-14, "max_iter": 3000}


def world(n_items=400, n_annotators=20, n_classes=3, per_item=8, seed=0):
    """Votes drawn from the model; returns votes, truth, abilities and difficulties."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(n_classes, size=n_items)
    ability = rng.normal(1, 1, n_annotators)
    difficulty = np.exp(-rng.normal(1, 1, n_items))
    item = np.repeat(np.arange(n_items), per_item)
    who = np.concatenate([rng.permutation(n_annotators)[:per_item] for _ in range(n_items)])
    right = rng.random(item.size) < expit(ability[who] / difficulty[item])
    given = (truth[item] + np.where(right, 0, rng.integers(1, n_classes, item.size))) % n_classes
    ids = {"items": range(n_items), "annotators": range(n_annotators)}
    votes = Votes.from_arrays(item, who, given, classes=range(n_classes), **ids)
    return votes, truth, ability, difficulty


def by_definition(votes, ability, log_ease, gold=None):
    """Log-likelihood, class by class and vote by vote."""
    k = votes.classes.n_classes
    weight = np.ones(len(votes)) if votes.weight is None else votes.weight
    log_odds = ability[votes.annotator] * np.exp(log_ease)[votes.item]
    right, wrong = expit(log_odds), expit(-log_odds) / (k - 1)
    total = 0.0
    for i in range(votes.n_items):
        own = slice(votes.indptr[i], votes.indptr[i + 1])
        chances = [
            np.where(votes.label[own] == c, right[own], wrong[own])
            for c in range(k)
            if gold is None or gold[i] in (-1, c)
        ]
        total += np.log(sum(np.prod(chance ** weight[own]) for chance in chances) / k)
    return total


@pytest.mark.parametrize("n_classes", [2, 4])
def test_likelihood_is_that_of_the_definition_and_its_gradient_is_exact(n_classes):
    votes, truth, *_ = world(30, 8, n_classes, 5)
    rng = np.random.default_rng(1)
    votes = votes.with_extra(weight=rng.uniform(0.5, 2, len(votes)))
    gold = np.where(rng.random(30) < 0.3, truth, -1).astype(np.int32)
    ability, log_ease = rng.normal(size=8), rng.normal(size=30)
    value, by_ability, by_log_ease = _Likelihood(votes, gold).at(ability, log_ease)
    assert value == pytest.approx(by_definition(votes, ability, log_ease, gold), rel=1e-12)

    def slope(position, of_ability):
        moved = []
        for change in (1e-5, -1e-5):
            a, b = ability.copy(), log_ease.copy()
            (a if of_ability else b)[position] += change
            moved.append(by_definition(votes, a, b, gold))
        return (moved[0] - moved[1]) / 2e-5

    np.testing.assert_allclose(by_ability, [slope(j, True) for j in range(8)], atol=1e-6)
    np.testing.assert_allclose(by_log_ease, [slope(i, False) for i in range(30)], atol=1e-6)


def test_the_end_is_a_peak_of_likelihood_times_prior():
    votes, *_ = world()
    model = GLAD(ability_mean=0.5, ability_sd=2.0, ease_mean=0.3, ease_sd=0.7, **EXACT).fit(votes)
    log_ease = -np.log(model.difficulty_)
    value, by_ability, by_log_ease = _Likelihood(votes).at(model.ability_, log_ease)
    np.testing.assert_allclose(by_ability, (model.ability_ - 0.5) / 4, atol=1e-3)
    np.testing.assert_allclose(by_log_ease, (log_ease - 0.3) / 0.49, atol=1e-3)
    prior = ((model.ability_ - 0.5) ** 2).sum() / 8 + ((log_ease - 0.3) ** 2).sum() / 0.98
    assert model.history_[-1] == pytest.approx(value - prior, rel=1e-12)
    assert np.all(np.diff(model.history_) >= 0)
    assert model.converged_


def test_equally_hard_items_are_the_one_coin_model():
    votes, *_ = simulate()
    model = GLAD(ease_mean=0.0, ease_sd=1e-4).fit(votes)
    np.testing.assert_allclose(model.difficulty_, 1, atol=1e-4)
    right = expit(model.ability_)[:, None, None]
    confusion = np.where(np.eye(3, dtype=bool), right, (1 - right) / 2)
    expected = bayes_by_enumeration(votes, confusion, np.full(3, 1 / 3))
    np.testing.assert_allclose(model.posterior_, expected, atol=1e-4)


def test_on_two_classes_who_always_says_the_opposite_has_the_opposite_ability():
    votes, *_ = world(n_classes=2)
    label = np.where(votes.annotator == 3, 1 - votes.label, votes.label)
    turned = Votes.from_arrays(
        votes.item, votes.annotator, label, items=votes.items, annotators=votes.annotators
    )
    rng = np.random.default_rng(0)
    ability, log_ease = rng.normal(size=20), rng.normal(size=400)
    opposite = np.where(np.arange(20) == 3, -ability, ability)
    one, other = (
        _Likelihood(votes).at(ability, log_ease),
        _Likelihood(turned).at(opposite, log_ease),
    )
    assert one[0] == pytest.approx(other[0], rel=1e-12)
    np.testing.assert_allclose(one[2], other[2], atol=1e-10)


def test_abilities_and_difficulties_are_recovered():
    votes, truth, ability, difficulty = world(3000, per_item=12)
    model, majority = GLAD().fit(votes), MajorityVote().fit(votes)
    np.testing.assert_allclose(model.ability_, ability, atol=0.3)
    assert np.corrcoef(np.log(model.difficulty_), np.log(difficulty))[0, 1] > 0.75
    wrong, outvoted = ((found.codes_ != truth).sum() for found in (model, majority))
    assert wrong < 0.8 * outvoted


def test_disputed_items_are_harder():
    table = {name: [0, 1, int(name in "ab")] * 5 for name in "abcde"}
    model = GLAD().fit(Votes.from_wide(table, votes=list(table)))
    assert model.difficulty_[2] > 1.5 * model.difficulty_[0]
    np.testing.assert_allclose(model.difficulty_[0], model.difficulty_[1])


def test_gold_teaches_about_abilities():
    table = {"a": [0] * 6, "b": [0] * 6, "c": [1] * 6}
    votes = Votes.from_wide(table, votes=list(table), classes=[0, 1])
    plain, taught = GLAD().fit(votes), GLAD().fit(votes, gold=[1] * 4 + [None, None])
    assert plain.ability_[0] > plain.ability_[2]
    assert taught.ability_[0] < 0 < taught.ability_[2]
    assert taught.labels_ == [1] * 6


def test_a_weight_of_two_is_the_vote_twice():
    votes, *_ = simulate(n_items=30)
    twice = np.arange(len(votes)) % 3 == 0
    index = np.repeat(np.arange(len(votes)), np.where(twice, 2, 1))
    repeated = Votes.from_arrays(
        votes.item[index],
        votes.annotator[index],
        votes.label[index],
        classes=range(3),
        items=range(30),
        annotators=range(votes.n_annotators),
        repeats="all",
    )
    weighted = votes.with_extra(weight=np.where(twice, 2.0, 1.0))
    expected = GLAD(**EXACT).fit(repeated)
    model = GLAD(**EXACT).fit(weighted)
    np.testing.assert_allclose(model.posterior_, expected.posterior_, atol=1e-6)
    np.testing.assert_allclose(model.difficulty_, expected.difficulty_, atol=1e-5)


def test_new_votes_on_the_same_items_are_believed_alike():
    votes, *_ = simulate()
    model = GLAD(**EXACT).fit(votes)
    part = votes.select(items=votes.items[:40])
    np.testing.assert_allclose(model.predict_proba(part), model.posterior_[:40], atol=1e-4)


def test_unknown_annotators_have_the_mean_ability_and_are_counted():
    votes, *_ = simulate()
    model = GLAD().fit(votes)
    new = Votes.from_arrays([0], ["stranger"], [1], classes=range(3), items=[0, 1])
    with pytest.warns(DataWarning, match=r"1 annotators were not there.*'stranger'"):
        beliefs = model.predict_proba(new)
    # One vote says nothing about the difficulty, so that is what the prior says.
    right = expit(model.ability_.mean() * np.exp(1))
    np.testing.assert_allclose(beliefs[0], [(1 - right) / 2, right, (1 - right) / 2], atol=1e-6)
    np.testing.assert_allclose(beliefs[1], 1 / 3)


def test_without_any_vote_everything_is_as_the_prior_says():
    votes, *_ = simulate(n_items=20)
    votes = votes.select(where=votes.item > 0)
    model = GLAD(ease_mean=0.5).fit(votes)
    assert model.difficulty_[0] == pytest.approx(np.exp(-0.5))
    np.testing.assert_allclose(model.posterior_[0], 1 / 3)
    none = votes.select(items=votes.items[:1])
    np.testing.assert_allclose(model.predict_proba(none), 1 / 3)


def test_ten_thousand_votes_on_one_item_do_not_vanish():
    n = 10_000
    votes = Votes.from_arrays(
        np.append(np.zeros(n), 1), np.append(np.arange(n), 0), np.append(np.arange(n) % 5 > 1, 0)
    )
    model = GLAD().fit(votes)
    assert np.isfinite(model.history_).all()
    assert model.labels_[0] == 1
    assert model.confidence_[0] == pytest.approx(1)


def test_one_class_only():
    votes = Votes.from_wide({"a": ["x"], "b": ["x"]}, votes=["a", "b"])
    assert GLAD().fit(votes).posterior_.item() == pytest.approx(1)


def test_other_priors_keep_the_contract_as_well():
    check_aggregator(GLAD(ability_mean=0.3, ability_sd=3.0, ease_mean=0.0, ease_sd=0.1))


def test_stopping_early_is_reported():
    votes, *_ = simulate()
    with pytest.warns(ConvergenceWarning, match="GLAD stopped after 2 iterations"):
        model = GLAD(max_iter=2).fit(votes)
    assert not model.converged_
    assert len(model.history_) == 3


@pytest.mark.parametrize(
    "bad",
    [{"ability_mean": 0}, {"ability_sd": 0}, {"ease_sd": -1}, {"max_iter": 0}, {"tol": -1.0}],
)
def test_bad_parameters_are_refused(bad):
    votes, *_ = simulate(n_items=3)
    with pytest.raises(ParameterError, match=next(iter(bad))):
        GLAD(**bad).fit(votes)


def test_anonymous_votes_are_refused_with_the_way_out():
    votes = Votes.from_slots({"l1": ["x", "y"], "l2": ["x", "x"]}, labels=["l1", "l2"])
    with pytest.raises(CapabilityError, match=r"GLAD.*anonymous.*MajorityVote"):
        GLAD().fit(votes)


@pytest.mark.parametrize("seed", range(4))
def test_poor_annotators_do_not_turn_all_labels_round(seed):
    rng = np.random.default_rng(seed)
    truth, skill = rng.integers(0, 4, 300), rng.uniform(0.5, 0.7, 6)
    wrong = (truth[:, None] + rng.integers(1, 4, (300, 6))) % 4
    votes = Votes.from_matrix(np.where(rng.random((300, 6)) < skill, truth[:, None], wrong))
    right = (GLAD().fit(votes).codes_ == truth).mean()
    assert right > (MajorityVote().fit(votes).codes_ == truth).mean() - 0.03
