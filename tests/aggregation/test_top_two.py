from itertools import permutations, product

import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import MajorityVote, TopTwo, top_two
from labelwright.aggregation.top_two import LEVELS, among_best_of_others, leading_weights
from labelwright.core.errors import CapabilityError, DataWarning, ParameterError
from labelwright.testing import check_aggregator


def world(n_items=400, n_annotators=40, k=5, q=(0.5, 0.9), observed=0.3, seed=0):
    """Votes by the model, and what they were drawn with."""
    rng = np.random.default_rng(seed)
    p, q = rng.uniform(0, 1, n_annotators), rng.uniform(*q, n_items)
    answer = rng.integers(0, k, n_items)
    runner_up = (answer + rng.integers(1, k, n_items)) % k
    shape = (n_items, n_annotators)
    informed = np.where(rng.random(shape) < q[:, None], answer[:, None], runner_up[:, None])
    given = np.where(rng.random(shape) < p, informed, rng.integers(0, k, shape))
    given = np.where(rng.random(shape) < observed, given, -1)
    return Votes.from_matrix(given, classes=range(k)), p, q, answer, runner_up


def by_enumeration(votes, reliability, shares, weight=1):
    """Joint belief (n_items, K, K, n_levels) in answers, runners-up and levels."""
    k = votes.classes.n_classes
    joint = np.zeros((votes.n_items, k, k, LEVELS.size))
    for i, (a, b), m in product(
        range(votes.n_items), permutations(range(k), 2), range(LEVELS.size)
    ):
        joint[i, a, b, m] = shares[m]
        for v in range(votes.indptr[i], votes.indptr[i + 1]):
            informed = {a: LEVELS[m], b: 1 - LEVELS[m]}.get(votes.label[v], 0.0)
            p = reliability[votes.annotator[v]]
            joint[i, a, b, m] *= (p * informed + (1 - p) / k) ** weight
    return joint / joint.sum(axis=(1, 2, 3), keepdims=True)


def test_beliefs_are_those_of_the_model_by_enumeration():
    votes, *_ = world(n_items=25, n_annotators=8, k=4, observed=0.7)
    model = TopTwo().fit(votes)
    joint = by_enumeration(votes, model.reliability_, model.level_shares_)
    np.testing.assert_allclose(model.posterior_, joint.sum(axis=(2, 3)), atol=1e-12)
    rows = np.arange(votes.n_items)
    pairs = joint[rows, model.codes_]
    named = model.runner_up_codes_
    assert (named == pairs.sum(axis=2).argmax(axis=1))[named >= 0].all()
    levels = pairs[rows, np.where(named >= 0, named, (model.codes_ + 1) % 4)]
    expected = (levels * (1 - LEVELS)).sum(axis=1) / levels.sum(axis=1)
    np.testing.assert_allclose(model.confusion_probability_, expected, atol=1e-12)
    # The shares of levels are a fixed point of EM with one item more at every level.
    shares = joint.sum(axis=(0, 1, 2)) + 1
    np.testing.assert_allclose(model.level_shares_, shares / shares.sum(), atol=5e-3)


def test_votes_without_noise_give_back_all_there_is():
    """Every annotator votes for every class, with the weight of its probability."""
    rng = np.random.default_rng(3)
    n, a, k = 60, 60, 4
    p, q = rng.uniform(0.1, 0.95, a), rng.choice(LEVELS, n)
    answer = rng.integers(0, k, n)
    runner_up = (answer + rng.integers(1, k, n)) % k
    informed = q[:, None] * np.eye(k)[answer] + (1 - q)[:, None] * np.eye(k)[runner_up]
    weight = p[:, None] * informed[:, None, :] + (1 - p[:, None]) / k
    item, annotator, label = (part.ravel() for part in np.indices(weight.shape))
    votes = Votes.from_arrays(item, annotator, label, classes=range(k), repeats="all")
    model = TopTwo(prior_votes=0).fit(votes.with_extra(weight=1e4 * weight.ravel()))
    assert model.codes_.tolist() == answer.tolist()
    assert model.runner_up_codes_.tolist() == runner_up.tolist()
    np.testing.assert_allclose(model.reliability_, p, atol=1e-12)
    np.testing.assert_allclose(model.confusion_probability_, 1 - q, atol=1e-6)


def test_leading_weights_are_the_leading_direction_of_agreement_beyond_chance():
    votes, p, *_ = world()
    k, shape = 5, (votes.n_items, votes.n_annotators, 5)
    one_hot = np.zeros(shape)
    one_hot[votes.item, votes.annotator] = np.eye(k)[votes.label] - 1 / k
    agreed = np.einsum("iak,ibk->ab", one_hot, one_hot)
    np.fill_diagonal(agreed, 0)
    scale = 1 / np.sqrt(np.bincount(votes.annotator))
    expected = np.linalg.eigh(agreed * scale[:, None] * scale)[1][:, -1] * scale
    expected = (expected * np.sign(expected.sum())).clip(min=0)
    found = leading_weights(votes)
    np.testing.assert_allclose(found, expected + 1e-3 * expected.max(), atol=1e-9)
    assert np.corrcoef(found, p)[0, 1] > 0.95


def test_nobody_is_a_witness_for_their_own_vote():
    votes, *_ = world(n_items=40, n_annotators=12)
    weights = np.random.default_rng(0).uniform(0.1, 1, 12)
    found = among_best_of_others(votes, weights, np.full(40, -1, np.int32), 2)
    for v, (item, label) in enumerate(zip(votes.item, votes.label, strict=True)):
        others = (votes.item == item) & (np.arange(len(votes)) != v)
        scores = np.bincount(votes.label[others], weights[votes.annotator[others]], minlength=5)
        above, equal = (scores > scores[label]).sum(), (scores == scores[label]).sum()
        assert found[v] == pytest.approx(np.clip((2 - above) / equal, 0, 1))


def test_who_dissents_at_random_is_found_out_with_few_votes_an_item():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 10, 300)
    given = np.where(rng.random((300, 4)) < 0.9, truth[:, None], rng.integers(0, 10, (300, 4)))
    given[:, 3] = rng.integers(0, 10, 300)
    reliability = TopTwo().fit(Votes.from_matrix(given, classes=range(10))).reliability_
    assert reliability[3] < 0.1
    assert (reliability[:3] > 0.7).all()


@pytest.mark.parametrize("turn", [[1, 2, 3, 4, 0], [3, 0, 4, 1, 2]])
def test_the_order_of_classes_is_irrelevant(turn):
    votes, *_ = world()
    first = TopTwo().fit(votes)
    turned = Votes.from_arrays(
        votes.item, votes.annotator, np.array(turn)[votes.label], classes=range(5),
        annotators=range(40),
    )  # fmt: skip
    second = TopTwo().fit(turned)
    np.testing.assert_allclose(second.posterior_[:, turn], first.posterior_, atol=1e-8)
    np.testing.assert_allclose(second.reliability_, first.reliability_)
    assert (second.codes_ == np.array(turn)[first.codes_]).all()


def test_both_answers_reliability_and_confusion_are_found():
    votes, p, q, answer, runner_up = world()
    model = TopTwo().fit(votes)
    counts = votes.counts()
    order = np.argsort(-counts, axis=1)
    both = (model.codes_ == answer) & (model.runner_up_codes_ == runner_up)
    majority = (order[:, 0] == answer) & (order[:, 1] == runner_up)
    assert both.mean() > majority.mean() + 0.08
    assert np.corrcoef(model.reliability_, p)[0, 1] > 0.9
    by_votes = 1 - counts.max(axis=1) / counts.sum(axis=1)
    errors = [np.abs(c - (1 - q)).mean() for c in (model.confusion_probability_, by_votes)]
    assert errors[0] < errors[1] - 0.02
    assert model.converged_


def test_how_difficult_items_are_is_learnt():
    clear, hard = (
        TopTwo().fit(world(q=q, observed=0.5)[0]).confusion_probability_.mean()
        for q in ((0.95, 1), (0.5, 0.6))
    )
    assert clear < 0.1
    assert hard > 0.35


def test_soft_labels_hold_the_two_answers():
    votes, *_ = world()
    model = TopTwo().fit(votes)
    soft, rows = model.soft_labels_, np.arange(votes.n_items)
    np.testing.assert_allclose(soft.sum(axis=1), 1)
    np.testing.assert_allclose(soft[rows, model.codes_], 1 - model.confusion_probability_)
    named = model.runner_up_codes_ >= 0
    np.testing.assert_allclose(
        soft[rows, model.runner_up_codes_][named], model.confusion_probability_[named]
    )
    assert (np.count_nonzero(soft, axis=1) == 2)[named].all()


def test_who_nobody_contradicts_has_no_runner_up():
    table = {"a": ["x", "x"], "b": ["x", "y"], "c": ["x", "x"]}
    votes = Votes.from_wide(table, votes=list(table), classes=["x", "y", "z"])
    model = TopTwo().fit(votes)
    assert model.labels_ == ["x", "x"]
    assert model.runner_up_ == [None, "y"]
    assert model.confusion_probability_[0] < model.confusion_probability_[1]
    soft = model.soft_labels_[0]
    assert soft[1] == soft[2] == model.confusion_probability_[0] / 2


@pytest.mark.parametrize("ties", ["lowest", "random", "abstain"])
def test_a_tie_is_marked_and_the_other_is_the_runner_up(ties):
    table = {"a": ["x", "x", *"xyz"], "b": ["y", "y", *"xyz"]}
    votes = Votes.from_wide(table, votes=["a", "b"])
    model = TopTwo(ties=ties, random_state=1).fit(votes)
    assert model.ties_.tolist() == [True, True, False, False, False]
    for label, second in list(zip(model.labels_, model.runner_up_, strict=True))[:2]:
        assert {label or "x", second} == {"x", "y"}
        assert (label is None) == (ties == "abstain")


def test_two_classes_leave_no_choice_of_a_runner_up():
    votes, _, _, answer, _ = world(k=2, q=(0.9, 1.0))
    model = TopTwo().fit(votes)
    known = model.runner_up_codes_ >= 0
    assert (model.runner_up_codes_ == 1 - model.codes_)[known].all()
    assert np.mean(model.codes_ == answer) >= np.mean(MajorityVote().fit(votes).codes_ == answer)
    share = np.bincount(votes.annotator, model.codes_[votes.item] == votes.label)
    share = 2 * share / np.bincount(votes.annotator) - 1
    np.testing.assert_allclose(model.reliability_, share.clip(min=0), atol=0.1)


def test_one_class_and_items_without_votes():
    votes = Votes.from_arrays(["i"], ["a"], ["x"], classes=["x"], items=["i", "j"])
    model = TopTwo().fit(votes)
    assert model.labels_ == ["x", None]
    assert model.runner_up_ == [None, None]
    assert np.isnan(model.confusion_probability_).all()
    np.testing.assert_allclose(model.soft_labels_, 1)
    table = {"a": ["x", None], "b": ["x", None]}
    votes = Votes.from_wide(table, votes=["a", "b"], classes=["x", "y", "z"])
    model = TopTwo().fit(votes, gold=[None, "z"])
    np.testing.assert_allclose(model.soft_labels_[1], [0, 0, 1])
    assert np.isnan(model.confusion_probability_).tolist() == [False, True]


def test_few_votes_are_near_the_mean_annotator():
    votes, *_ = world(n_annotators=10, observed=1.0)
    keep = (votes.annotator != 0) | (votes.item == 0)
    some = votes.select(where=keep)
    model = TopTwo(prior_votes=50).fit(some)
    others = np.average(model.reliability_, weights=np.bincount(some.annotator))
    assert abs(model.reliability_[0] - others) < 0.05
    alone = TopTwo(prior_votes=0).fit(some).reliability_[0]
    assert alone in (0, 0.999)


def test_gold_teaches_about_annotators_and_has_a_runner_up():
    table = {"a": list("xxxxyy"), "b": list("xxxxyy"), "c": list("zzzzyy")}
    votes = Votes.from_wide(table, votes=list("abc"), classes=["w", "x", "y", "z"])
    model = TopTwo().fit(votes, gold=["z"] * 4 + [None] * 2)
    assert model.labels_[:4] == ["z"] * 4
    assert model.runner_up_[:4] == ["x"] * 4
    assert (model.confusion_probability_[:4] > TopTwo().fit(votes).confusion_probability_[:4]).all()


def test_weights_multiply_the_evidence():
    votes, *_ = world(n_items=25, n_annotators=8, k=4, observed=0.7)
    heavy = TopTwo(prior_votes=0).fit(votes.with_extra(weight=np.full(len(votes), 2.0)))
    light = TopTwo(prior_votes=0).fit(votes)
    np.testing.assert_allclose(heavy.reliability_, light.reliability_)
    joint = by_enumeration(votes, heavy.reliability_, heavy.level_shares_, weight=2)
    np.testing.assert_allclose(heavy.posterior_, joint.sum(axis=(2, 3)), atol=1e-12)


def test_blocks_change_nothing(monkeypatch):
    votes, *_ = world(n_items=50)
    whole = TopTwo().fit(votes, gold=[0] * 20 + [-1] * 30)
    monkeypatch.setattr(top_two, "BLOCK_CELLS", 350)
    parts = TopTwo().fit(votes, gold=[0] * 20 + [-1] * 30)
    np.testing.assert_allclose(parts.posterior_, whole.posterior_, atol=1e-12)
    np.testing.assert_array_equal(parts.runner_up_codes_, whole.runner_up_codes_)


def test_unknown_annotators_are_like_the_mean_one():
    votes, *_ = world()
    model = TopTwo().fit(votes)
    np.testing.assert_allclose(model.predict_proba(votes), model.posterior_)
    new = Votes.from_arrays([0], ["stranger"], [2], classes=range(5))
    with pytest.warns(DataWarning, match="1 annotators were not there"):
        beliefs = model.predict_proba(new)
    shares = model.level_shares_
    p = model.reliability_.mean()
    right = p * shares @ LEVELS + (1 - p) / 5
    assert beliefs[0, 2] == pytest.approx(right, abs=1e-9)


def test_other_parameters_keep_the_contract():
    check_aggregator(TopTwo(prior_votes=0.0, ties="abstain"))


@pytest.mark.parametrize("bad", [{"prior_votes": -1}, {"max_iter": 0}, {"tol": -1}, {"ties": "no"}])
def test_bad_parameters_are_refused(bad):
    votes, *_ = world(n_items=5)
    with pytest.raises(ParameterError, match=next(iter(bad))):
        TopTwo(**bad).fit(votes)


def test_anonymous_votes_are_refused():
    votes = Votes.from_slots({"l1": ["x", "y"], "l2": ["x", "x"]}, labels=["l1", "l2"])
    with pytest.raises(CapabilityError, match=r"TopTwo.*anonymous"):
        TopTwo().fit(votes)
