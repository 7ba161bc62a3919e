import warnings

import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import MajorityVote
from labelwright.aggregation.kos import KOS
from labelwright.core.errors import CapabilityError, ConvergenceWarning, DataWarning, ParameterError
from labelwright.testing import check_aggregator

from ._worlds import simulate


def regular_world(n_items=600, per_item=5, per_annotator=10, *, hammers=0.4, seed=0):
    """Items and annotators joined at random, all of one degree; some know, the rest guess."""
    rng = np.random.default_rng(seed)
    n_annotators = n_items * per_item // per_annotator
    item = np.repeat(np.arange(n_items), per_item)
    while True:
        who = rng.permutation(np.repeat(np.arange(n_annotators), per_annotator))
        pairs = np.unique(item * n_annotators + who)
        if pairs.size > 0.97 * item.size:
            break
    item, who = np.divmod(pairs, n_annotators)
    truth = rng.integers(0, 2, n_items)
    knows = (rng.random(n_annotators) < hammers)[who]
    label = np.where(knows, truth[item], rng.integers(0, 2, item.size))
    return as_votes(item, who, label, n_items, n_annotators), truth, knows


def as_votes(item, who, label, n_items, n_annotators):
    """Votes whose codes are these numbers, so that rows stay as they are."""
    return Votes.from_arrays(
        item, who, label, classes=[0, 1], items=range(n_items), annotators=range(n_annotators)
    )


def published_messages(votes, steps):
    """The binary algorithm, message by message, as printed; begun with ones."""
    sign = 2.0 * votes.label - 1
    y = np.ones(len(votes))
    item = [np.flatnonzero(votes.item == i) for i in range(votes.n_items)]
    annotator = [np.flatnonzero(votes.annotator == a) for a in range(votes.n_annotators)]
    for _ in range(steps):
        x = np.array(
            [sum(sign[u] * y[u] for u in item[votes.item[v]] if u != v) for v in range(y.size)]
        )
        y = np.array(
            [
                sum(sign[u] * x[u] for u in annotator[votes.annotator[v]] if u != v)
                for v in range(y.size)
            ]
        )
        y /= np.sqrt(np.mean(y**2))
    return np.array([sum(sign[v] * y[v] for v in votes_on) for votes_on in item])


def test_equals_the_published_messages():
    votes, *_ = simulate(n_items=40, n_annotators=9, n_classes=2, per_item=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = KOS(per_item=False, max_iter=4).fit(votes)
    expected = published_messages(votes, 4)
    log_odds = np.log(model.posterior_[:, 1] / model.posterior_[:, 0])
    scale = log_odds @ expected / (expected @ expected)
    assert scale > 0
    np.testing.assert_allclose(log_odds, scale * expected, atol=1e-10)


def test_without_noise_the_signs_of_a_regular_graph_are_recovered():
    """Everybody tells the truth or its opposite: the messages are the rank-one signs."""
    votes, truth, knows = regular_world()
    label = np.where(knows, truth[votes.item], 1 - truth[votes.item])
    turned = as_votes(votes.item, votes.annotator, label, votes.n_items, votes.n_annotators)
    model = KOS().fit(turned)
    # Most are liars here, and the signs are those of the majority.
    assert (model.codes_ == 1 - truth).all()
    assert (np.sign(model.skill_[votes.annotator]) == np.where(knows, -1, 1)).all()
    np.testing.assert_allclose(np.abs(model.skill_), 1, atol=0.1)  # the graph is nearly regular


def test_spammers_are_found_where_the_majority_is_lost():
    gains = []
    for seed in range(3):
        votes, truth, knows = regular_world(seed=seed)
        model, majority = KOS().fit(votes), MajorityVote().fit(votes)
        gains.append(np.mean(model.codes_ == truth) - np.mean(majority.codes_ == truth))
        skill = model.skill_[votes.annotator]
        assert skill[knows].mean() > 0.7
        assert abs(skill[~knows].mean()) < 0.15
    assert min(gains) > 0.02


def test_per_item_changes_nothing_where_everybody_voted_equally_often():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 200)
    right = rng.random((200, 7)) < rng.uniform(0.4, 0.9, 7)
    votes = Votes.from_matrix(np.where(right, truth[:, None], rng.integers(0, 3, (200, 7))))
    one, other = KOS(per_item=True).fit(votes), KOS(per_item=False).fit(votes)
    np.testing.assert_allclose(one.posterior_, other.posterior_, atol=1e-8)


def test_skills_are_those_of_one_coin_annotators():
    rng = np.random.default_rng(1)
    skill = rng.uniform(-0.3, 0.9, 30)
    truth = rng.integers(0, 4, 3000)
    knows = rng.random((3000, 30)) < skill + (1 - skill) / 4
    wrong = (truth[:, None] + rng.integers(1, 4, (3000, 30))) % 4
    model = KOS().fit(Votes.from_matrix(np.where(knows, truth[:, None], wrong)))
    np.testing.assert_allclose(model.skill_, skill, atol=0.06)


def test_where_messages_die_out_the_majority_stays():
    """Three people in a chain: no cycle, so every message ends after some steps."""
    votes = Votes.from_arrays(
        [0, 0, 1, 1, 1], list("abbcd"), ["x", "x", "y", "x", "x"], classes=["x", "y"]
    )
    model = KOS().fit(votes)
    assert model.converged_
    majority = MajorityVote().fit(votes)
    assert model.labels_ == majority.labels_ == ["x", "x"]
    assert np.ptp(model.skill_) == pytest.approx(0)


def test_an_annotator_of_one_vote_counts_as_the_average():
    votes, *_ = simulate(n_items=100)
    table = votes.to_table().select("item", "annotator", "label").to_dict(as_series=False)
    more = [table["item"] + [0], table["annotator"] + [99], table["label"] + [2]]
    model = KOS().fit(Votes.from_arrays(*more, classes=range(3), items=range(100)))
    assert model.skill_[-1] > 0.1
    others = np.delete(model.skill_, -1)
    assert others.min() < model.skill_[-1] < others.max()


def test_double_weights_double_the_evidence_and_leave_the_skills():
    votes, *_ = simulate(n_items=60)
    doubled = KOS(tol=1e-10).fit(votes.with_extra(weight=np.full(len(votes), 2.0)))
    single = KOS(tol=1e-10).fit(votes)
    np.testing.assert_allclose(doubled.skill_, single.skill_, atol=1e-6)
    np.testing.assert_allclose(
        np.log(doubled.posterior_ / doubled.posterior_[:, :1]),
        2 * np.log(single.posterior_ / single.posterior_[:, :1]),
        atol=1e-5,
    )


def test_gold_teaches_about_annotators():
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 2, 400)
    right = rng.random((400, 9)) < np.r_[np.full(6, 0.3), np.full(3, 0.9)]
    votes = Votes.from_matrix(np.where(right, truth[:, None], 1 - truth[:, None]))
    alone = KOS().fit(votes)
    gold = KOS().fit(votes, gold={i: truth[i] for i in range(40)})
    assert np.mean(alone.codes_[40:] == truth[40:]) < 0.2
    assert np.mean(gold.codes_[40:] == truth[40:]) > 0.85
    assert (gold.skill_ > 0).tolist() == [False] * 6 + [True] * 3


def test_groups_without_common_items_do_not_drown_each_other():
    one, truth, _ = simulate(n_items=200, per_item=6)
    two, other_truth, _ = simulate(n_items=200, per_item=3, seed=1)
    votes = Votes.from_arrays(
        np.r_[one.item, two.item + 200],
        np.r_[one.annotator, two.annotator + 50],
        np.r_[one.label, two.label],
        classes=range(3),
    )
    with pytest.warns(DataWarning, match="2 groups .* KOS cannot compare"):
        model = KOS().fit(votes)
    for part, start, right in ((one, 0, truth), (two, 200, other_truth)):
        alone = KOS().fit(part)
        assert np.mean(model.codes_[start : start + 200] == alone.codes_) > 0.99
        assert np.mean(alone.codes_ == right) > 0.75


def test_as_published_it_keeps_the_contract_as_well():
    check_aggregator(KOS(per_item=False))


def test_unknown_annotators_have_the_mean_skill():
    votes, *_ = simulate()
    model = KOS().fit(votes)
    new = Votes.from_arrays([0], ["stranger"], [1], classes=range(3))
    with pytest.warns(DataWarning, match="1 annotators were not there"):
        belief = model.predict_proba(new)[0]
    assert np.log(belief[1] / belief[0]) == pytest.approx(3 * model.skill_.mean())


def test_stopping_early_is_said():
    votes, *_ = simulate()
    with pytest.warns(ConvergenceWarning, match="KOS stopped after 2 steps"):
        assert not KOS(max_iter=2).fit(votes).converged_


def test_anonymous_votes_are_refused():
    votes = Votes.from_slots({"l1": ["x", "y"], "l2": ["x", "x"]}, labels=["l1", "l2"])
    with pytest.raises(CapabilityError, match=r"KOS.*anonymous"):
        KOS().fit(votes)


@pytest.mark.parametrize("bad", [{"per_item": 1}, {"max_iter": 0}, {"tol": -1.0}])
def test_bad_parameters_are_refused(bad):
    votes, *_ = simulate(n_items=3)
    with pytest.raises(ParameterError, match=next(iter(bad))):
        KOS(**bad).fit(votes)
