import numpy as np
import pytest
from scipy import stats
from scipy.special import digamma

from labelwright import Votes
from labelwright.aggregation import MACE
from labelwright.aggregation.mace import _LogWeights, _SpamVotes
from labelwright.core.errors import (
    CapabilityError,
    ConvergenceWarning,
    DataWarning,
    ParameterError,
)
from labelwright.testing import check_aggregator

from ._worlds import bayes_by_enumeration, simulate

EXACT = {"tol": 1e-14, "max_iter": 5000}


def spammers(n_items=1500, n_classes=3, per_item=6, seed=0):
    """Votes drawn from the model; returns votes, truth, how often each spams and with what."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(n_classes, size=n_items)
    spamming = np.concatenate([np.linspace(0.05, 0.3, 8), np.linspace(0.7, 0.95, 6)])
    strategy = rng.dirichlet(np.ones(n_classes), spamming.size)
    item = np.repeat(np.arange(n_items), per_item)
    who = np.concatenate([rng.permutation(spamming.size)[:per_item] for _ in range(n_items)])
    spam = np.array([rng.choice(n_classes, p=strategy[a]) for a in who])
    given = np.where(rng.random(item.size) < spamming[who], spam, truth[item])
    ids = {"items": range(n_items), "annotators": range(spamming.size)}
    return Votes.from_arrays(item, who, given, **ids), truth, spamming, strategy


def expect(votes, spamming, strategy):
    with np.errstate(divide="ignore"):
        spam = np.log(spamming[:, None] * strategy)
        return _SpamVotes(votes).expect(_LogWeights(np.log(1 - spamming)[:, None], spam))


def test_beliefs_and_likelihood_are_those_of_the_mixture():
    """An annotator's confusion is (1 - theta) I + theta xi."""
    votes, *_ = simulate(n_items=60)
    model = MACE(method="em").fit(votes)
    spamming, strategy = model.spamming_[:, None, None], model.strategy_[:, None, :]
    confusion = (1 - spamming) * np.eye(3) + spamming * strategy
    expected = bayes_by_enumeration(votes, confusion, np.full(3, 1 / 3))
    np.testing.assert_allclose(model.posterior_, expected, atol=1e-12)
    np.testing.assert_allclose(model.predict_proba(votes), expected, atol=1e-12)
    chances = np.ones((60, 3))
    np.multiply.at(chances, votes.item, confusion[votes.annotator, :, votes.label])
    value = expect(votes, model.spamming_, model.strategy_)[0]
    assert value == pytest.approx(np.log(chances.mean(axis=1)).sum(), rel=1e-12)


def test_where_nobody_spams_votes_are_possible_only_if_all_agree():
    strategy = np.full((3, 2), 0.5)
    for labels, chance in (([1, 1, 1], 1 / 2), ([1, 0, 1], 1e-300)):
        votes = Votes.from_arrays([0, 0, 0], list("abc"), labels, classes=[0, 1])
        value, known, spammed = expect(votes, np.full(3, 1e-300), strategy)
        assert value == pytest.approx(np.log(chance), rel=1e-2)
    assert (spammed > 0).any()
    assert known.sum() + spammed.sum() == pytest.approx(3)


def test_expected_votes_are_those_of_the_definition():
    """Over the class and who spams: all states of the world, one by one."""
    votes = Votes.from_arrays([0, 0, 0], list("abc"), [2, 2, 1], classes=[0, 1, 2])
    spamming, strategy = np.array([0.2, 0.5, 0.9]), np.random.default_rng(0).dirichlet([1] * 3, 3)
    known, spammed, total = np.zeros((3, 3)), np.zeros((3, 3)), 0.0
    for true in range(3):
        for state in np.ndindex(2, 2, 2):
            chance = 1 / 3
            for a, spams in enumerate(state):
                given = votes.label[a]
                chance *= spamming[a] * strategy[a, given] if spams else 1 - spamming[a]
                chance *= spams or given == true
            total += chance
            for a, spams in enumerate(state):
                (spammed if spams else known)[a, votes.label[a]] += chance
    found = expect(votes, spamming, strategy)
    assert found[0] == pytest.approx(np.log(total), rel=1e-12)
    np.testing.assert_allclose(found[1], known / total, atol=1e-12)
    np.testing.assert_allclose(found[2], spammed / total, atol=1e-12)


def test_one_vote_by_variational_bayes_is_the_closed_form():
    votes = Votes.from_arrays(["i"], ["a"], ["x"], classes=["x", "y"])
    model = MACE(n_init=1, spamming_prior=0.5, strategy_prior=10.0, **EXACT).fit(votes)
    known = 1 - (model.pseudo_votes_[0, 0] - 0.5)
    np.testing.assert_allclose(
        model.pseudo_votes_[0], [1.5 - known, 0.5 + known, 11 - known, 10], atol=1e-7
    )
    # The class is x if the annotator knew, and anything if not.
    knows = np.exp(digamma(0.5 + known) - digamma(2))
    spams = np.exp(digamma(1.5 - known) - digamma(2) + digamma(11 - known) - digamma(21 - known))
    assert known == pytest.approx(knows / (knows + 2 * spams), abs=1e-6)
    assert model.posterior_[0, 0] == pytest.approx((knows + spams) / (knows + 2 * spams), abs=1e-6)

    def divergence(after, before):
        found, density = stats.beta(*after), stats.beta(*before)
        return found.expect(lambda x: found.logpdf(x) - density.logpdf(x))

    bound = np.log((knows + 2 * spams) / 2)
    bound -= divergence((1.5 - known, 0.5 + known), (0.5, 0.5))
    bound -= divergence((11 - known, 10), (10, 10))
    assert model.history_[-1] == pytest.approx(bound, abs=1e-6)


@pytest.mark.parametrize("method", ["vb", "em"])
def test_the_objective_never_falls_and_acceleration_changes_no_end(method):
    votes, *_ = simulate()
    fast = MACE(method=method, n_init=1, **EXACT).fit(votes)
    slow = MACE(method=method, n_init=1, accelerate=False, **EXACT).fit(votes)
    assert np.all(np.diff(fast.history_) >= -1e-9)
    assert np.all(np.diff(slow.history_) >= -1e-9)
    assert len(fast.history_) < len(slow.history_)
    assert fast.history_[-1] == pytest.approx(slow.history_[-1], rel=1e-9)
    np.testing.assert_allclose(fast.posterior_, slow.posterior_, atol=1e-4)


def test_starts_differ_and_the_best_end_is_kept():
    votes, *_ = simulate(n_items=12, n_annotators=10, n_classes=2, per_item=5, skill=(0.5, 0.7))
    model, data = MACE(n_init=12), _SpamVotes(votes)
    runs = [model._climb(data, number) for number in range(12)]
    assert len({run.history[0] for run in runs}) == 12
    ends = [run.history[-1] for run in runs]
    assert max(ends) - min(ends) > 1
    assert model.fit(votes).history_[-1] == max(ends)
    assert MACE(n_init=1).fit(votes).history_[-1] == ends[0]
    other = MACE(n_init=2, random_state=7)._climb(data, 1)
    assert other.history[0] != runs[1].history[0]


@pytest.mark.parametrize("method", ["vb", "em"])
def test_spammers_and_their_habits_are_recovered(method):
    votes, truth, spamming, strategy = spammers()
    model = MACE(method=method, strategy_prior=1.0).fit(votes)
    np.testing.assert_allclose(model.spamming_, spamming, atol=0.1)
    np.testing.assert_allclose(model.strategy_[8:], strategy[8:], atol=0.08)
    assert (model.codes_ == truth).mean() > 0.95


def test_the_least_sure_share_gets_no_label():
    votes, truth, *_ = spammers(n_items=200, per_item=3)
    everything, some = MACE().fit(votes), MACE(entropy_threshold=0.7).fit(votes)
    np.testing.assert_array_equal(some.posterior_, everything.posterior_)
    kept = some.codes_ >= 0
    assert 140 <= kept.sum() < 145
    np.testing.assert_array_equal(some.codes_[kept], everything.codes_[kept])
    entropy = -(some.posterior_ * np.log(some.posterior_)).sum(axis=1)
    assert entropy[kept].max() < entropy[~kept].min()
    right = everything.codes_ == truth
    assert right[kept].mean() > right.mean()
    assert some.labels_[int(np.flatnonzero(~kept)[0])] is None


def test_gold_and_equally_sure_items_stay_together():
    table = {"a": [0, 0, 0, 0], "b": [0, 0, 0, 1], "c": [0, 0, 0, None]}
    votes = Votes.from_wide(table, votes=list(table))
    assert MACE(entropy_threshold=0.1).fit(votes).codes_.tolist() == [0, 0, 0, -1]
    gold = [None, None, None, 1]
    assert MACE(entropy_threshold=0.1).fit(votes, gold).codes_.tolist() == [0, 0, 0, 1]


def test_gold_teaches_about_spammers():
    table = {"a": [0, 1] * 6, "b": [0, 1] * 6, "c": [1, 0] * 6}
    votes = Votes.from_wide(table, votes=list(table))
    plain, taught = MACE().fit(votes), MACE().fit(votes, gold=[1, 0] * 5 + [None, None])
    assert plain.spamming_[0] < 0.3 < plain.spamming_[2]
    assert taught.spamming_[2] < 0.3 < taught.spamming_[0]
    assert taught.labels_ == [1, 0] * 6


def test_a_weight_of_two_is_the_vote_twice():
    votes, *_ = simulate(n_items=40)
    twice = np.arange(len(votes)) % 3 == 0
    index = np.repeat(np.arange(len(votes)), np.where(twice, 2, 1))
    weighted = votes.with_extra(weight=np.where(twice, 2.0, 1.0))
    copies = Votes.from_arrays(
        votes.item[index],
        votes.annotator[index],
        votes.label[index],
        classes=range(3),
        items=range(40),
        annotators=range(12),
        repeats="all",
    )
    model, expected = (MACE(n_init=1, **EXACT).fit(each) for each in (weighted, copies))
    np.testing.assert_allclose(model.posterior_, expected.posterior_, atol=1e-5)
    np.testing.assert_allclose(model.pseudo_votes_, expected.pseudo_votes_, atol=1e-3)
    assert model.history_[-1] == pytest.approx(expected.history_[-1], rel=1e-9)


def test_unknown_annotators_are_like_all_together_and_are_counted():
    votes, *_ = simulate()
    model = MACE(method="em").fit(votes)
    new = Votes.from_arrays([0], ["stranger"], [1], classes=range(3), items=[0, 1])
    with pytest.warns(DataWarning, match=r"1 annotators were not there.*'stranger'"):
        beliefs = model.predict_proba(new)
    spam, know, *habit = model.pooled_pseudo_votes_
    theta, xi = spam / (spam + know), np.array(habit) / sum(habit)
    chances = theta * xi[1] + (1 - theta) * np.eye(3)[1]
    np.testing.assert_allclose(beliefs, [chances / chances.sum(), np.full(3, 1 / 3)], atol=1e-10)
    right = model.annotator_right_.sum() / len(votes)
    assert 1 - theta < right < 1


def test_ten_thousand_votes_on_one_item_do_not_vanish():
    n = 10_000
    label = np.append(np.arange(n) % 5 > 1, 0)
    votes = Votes.from_arrays(np.append(np.zeros(n), 1), np.append(np.arange(n), 0), label)
    for method in ("vb", "em"):
        model = MACE(method=method, n_init=2).fit(votes)
        assert np.isfinite(model.history_).all()
        assert model.labels_[0] == 1
        assert model.confidence_[0] == pytest.approx(1)


def test_save_and_load(tmp_path):
    votes, *_ = simulate(n_items=30)
    model = MACE(entropy_threshold=0.5).fit(votes)
    again = MACE.load(model.save(tmp_path / "m"))
    np.testing.assert_array_equal(again.spamming_, model.spamming_)
    np.testing.assert_array_equal(again.strategy_, model.strategy_)
    assert again.labels_ == model.labels_


@pytest.mark.parametrize(
    "options", [{"method": "em"}, {"entropy_threshold": 0.8, "n_init": 2}, {"accelerate": False}]
)
def test_other_modes_keep_the_contract_as_well(options):
    check_aggregator(MACE(**options))


def test_stopping_early_is_reported():
    votes, *_ = simulate()
    with pytest.warns(ConvergenceWarning, match="MACE stopped after 2 steps"):
        assert not MACE(n_init=1, max_iter=2).fit(votes).converged_


@pytest.mark.parametrize(
    "bad",
    [
        {"method": "gibbs"},
        {"spamming_prior": 0},
        {"strategy_prior": -1},
        {"smoothing": -0.1},
        {"n_init": 0},
        {"entropy_threshold": 0},
        {"entropy_threshold": 1.5},
    ],
)
def test_bad_parameters_are_refused(bad):
    votes, *_ = simulate(n_items=3)
    with pytest.raises(ParameterError, match=next(iter(bad))):
        MACE(**bad).fit(votes)


def test_anonymous_votes_are_refused_with_the_way_out():
    votes = Votes.from_slots({"l1": ["x", "y"], "l2": ["x", "x"]}, labels=["l1", "l2"])
    with pytest.raises(CapabilityError, match=r"MACE.*anonymous.*MajorityVote"):
        MACE().fit(votes)
