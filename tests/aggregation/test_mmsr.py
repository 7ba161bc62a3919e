from itertools import combinations

import numpy as np
import pytest
from scipy.sparse import csr_array

from labelwright import Votes
from labelwright.aggregation import _pair_agreement, _rank_one
from labelwright.aggregation._pair_agreement import pair_agreement
from labelwright.aggregation._rank_one import complete, signs
from labelwright.aggregation.mmsr import MMSR
from labelwright.core.errors import CapabilityError, ConvergenceWarning, DataWarning, ParameterError
from labelwright.testing import check_aggregator

from ._worlds import bayes_by_enumeration, simulate


def rank_one(skill, keep=None):
    """Agreements without noise, without a diagonal, where ``keep`` says so."""
    product = np.outer(skill, skill)
    np.fill_diagonal(product, 0)
    return product if keep is None else np.where(keep, product, 0)


def found_skills(agreement, trim, gold=False):
    """Skills that follow from agreements; with ``gold`` the last row is that."""
    pairs = csr_array(agreement if gold else np.pad(agreement, (0, 1)))
    known = np.full(pairs.shape[0], np.nan)
    known[-1] = 1.0 if gold else np.nan
    found = complete(pairs, np.full(known.size, trim), known=known, tol=1e-13, max_iter=5000)
    assert found.settled
    return (found.sizes * signs(pairs, found.sizes))[: len(agreement)]


@pytest.mark.parametrize("trim", [0, 1, 3])
def test_agreement_without_noise_gives_the_skills(trim):
    skill = np.random.default_rng(0).uniform(0.2, 0.9, 11)
    skill[[2, 5]] *= -1
    np.testing.assert_allclose(found_skills(rank_one(skill), trim), skill, atol=1e-10)


def test_also_where_few_pairs_have_met():
    rng = np.random.default_rng(1)
    skill = rng.uniform(0.2, 0.9, 30)
    keep = rng.random((30, 30)) < 0.15
    agreement = rank_one(skill, keep | keep.T)
    np.testing.assert_allclose(found_skills(agreement, 0), skill, atol=1e-8)


def test_one_adversary_moves_nobody():
    rng = np.random.default_rng(2)
    skill = rng.uniform(0.3, 0.9, 11)
    agreement = rank_one(skill)
    agreement[10, :10] = agreement[:10, 10] = rng.uniform(-1, 1, 10)
    robust = found_skills(agreement, 1)
    np.testing.assert_allclose(robust[:10], skill[:10], atol=1e-6)
    assert np.abs(found_skills(agreement, 0)[:10] - skill[:10]).max() > 0.03


def test_means_are_those_of_the_definition():
    """One half step, ratio by ratio: F below and F above the present skill are left out."""
    rng = np.random.default_rng(3)
    votes, *_ = simulate(n_items=80, n_annotators=15, per_item=4)
    agreement = pair_agreement(votes, np.full(80, -1))
    skill, own = rng.uniform(0.2, 1, (2, 16))
    trim = np.arange(16) % 3
    blocks = _rank_one._blocks(agreement, trim)
    means, _ = _rank_one._mean_ratios(blocks, skill, own, None)
    sizes = np.abs(agreement.toarray())
    for a in range(15):
        ratios = sorted(sizes[a, b] / skill[b] for b in agreement[[a]].indices)
        below = [r for r in ratios if r < own[a]][trim[a] :]
        above = [r for r in ratios if r > own[a]]
        kept = below + above[: max(len(above) - trim[a], 0)]
        assert means[a] == pytest.approx(np.mean(kept) if kept else own[a])


def test_agreements_are_those_of_the_definition(monkeypatch):
    monkeypatch.setattr(_pair_agreement, "BLOCK_CELLS", 20)
    votes, truth, _ = simulate(n_items=60, n_annotators=9, n_classes=4, per_item=3)
    weight = np.random.default_rng(4).integers(1, 4, len(votes)).astype(float)
    gold = np.where(np.arange(60) % 5 == 0, truth, -1).astype(np.int32)
    found = pair_agreement(votes.with_extra(weight=weight), gold).toarray()
    right, total = np.zeros((2, 10, 10))
    for i in range(60):
        voters = [
            (votes.annotator[v], votes.label[v], weight[v])
            for v in range(votes.indptr[i], votes.indptr[i + 1])
        ]
        voters += [(9, gold[i], 1)] if gold[i] >= 0 else []
        for (a, one, w), (b, other, u) in combinations(voters, 2):
            right[[a, b], [b, a]] += w * u * (one == other)
            total[[a, b], [b, a]] += w * u
    expected = np.where(total > 0, (4 * right / np.maximum(total, 1) - 1) / 3, 0)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_the_size_of_blocks_changes_nothing(monkeypatch):
    votes, *_ = simulate(n_annotators=40, per_item=3)
    whole = MMSR().fit(votes).skill_
    monkeypatch.setattr(_rank_one, "BLOCK_PAIRS", 50)
    np.testing.assert_allclose(MMSR().fit(votes).skill_, whole, atol=1e-12)


def test_posterior_is_bayes_rule_with_even_errors():
    votes, *_ = simulate(n_items=50)
    model = MMSR().fit(votes)
    right = model.accuracy_[:, None, None]
    confusion = np.where(np.eye(3, dtype=bool), right, (1 - right) / 2)
    expected = bayes_by_enumeration(votes, confusion, model.class_prior_)
    np.testing.assert_allclose(model.posterior_, expected, atol=1e-12)
    np.testing.assert_allclose(model.predict_proba(votes), expected, atol=1e-12)


def test_skills_come_near_the_truth_with_many_items():
    rng = np.random.default_rng(5)
    skill = rng.uniform(-0.4, 0.9, 20)
    truth = rng.integers(0, 3, 4000)
    knows = rng.random((4000, 20)) < (skill + (1 - skill) / 3)
    wrong = (truth[:, None] + rng.integers(1, 3, (4000, 20))) % 3
    model = MMSR().fit(Votes.from_matrix(np.where(knows, truth[:, None], wrong)))
    np.testing.assert_allclose(model.skill_, skill, atol=0.06)


def test_gold_turns_the_signs_where_most_are_worse_than_chance():
    rng = np.random.default_rng(6)
    truth = rng.integers(0, 2, 400)
    right = rng.random((400, 9)) < np.r_[np.full(6, 0.2), np.full(3, 0.9)]
    votes = Votes.from_matrix(np.where(right, truth[:, None], 1 - truth[:, None]))
    assert np.mean(MMSR().fit(votes).codes_ == truth) < 0.1
    gold = {i: truth[i] for i in range(30)}
    assert np.mean(MMSR().fit(votes, gold=gold).codes_[30:] == truth[30:]) > 0.9


def test_gold_is_one_more_annotator_of_skill_one():
    skill = np.append(np.random.default_rng(7).uniform(0.2, 0.9, 5), 1.0)
    np.testing.assert_allclose(found_skills(rank_one(skill), 0, gold=True), skill, atol=1e-10)
    # Of two annotators alone only the product of skills is known; gold tells them apart.
    pair = np.array([0.3, 0.8, 1.0])
    np.testing.assert_allclose(found_skills(rank_one(pair), 0, gold=True), pair, atol=1e-8)


def test_groups_without_common_items_are_warned_of_and_each_has_its_majority():
    rng = np.random.default_rng(8)
    matrix = np.full((400, 12), -1)
    truth = rng.integers(0, 2, 400)
    skill = np.tile([0.9, 0.9, 0.8, 0.8, 0.7, 0.2], 2)
    right = rng.random((400, 12)) < skill
    matrix = np.where(right, truth[:, None], 1 - truth[:, None])
    matrix[:200, 6:] = matrix[200:, :6] = -1
    votes = Votes.from_matrix(matrix)
    with pytest.warns(DataWarning, match="2 groups .* MMSR cannot compare"):
        model = MMSR().fit(votes)
    assert np.mean(model.codes_ == truth) > 0.9
    assert (model.skill_ < 0).tolist() == (skill < 0.5).tolist()


def test_an_annotator_who_meets_nobody_has_the_mean_skill():
    votes, *_ = simulate(n_items=100)
    table = votes.to_table().select("item", "annotator", "label").to_dict(as_series=False)
    arrays = [table["item"] + [100], table["annotator"] + [99], table["label"] + [1]]
    with pytest.warns(DataWarning, match="2 groups"):
        model = MMSR().fit(Votes.from_arrays(*arrays, classes=range(3)))
    assert model.skill_[-1] == pytest.approx(model.skill_[:-1].mean())
    assert model.labels_[-1] == 1


def test_which_ratios_are_left_out_is_settled_in_the_end(monkeypatch):
    votes, *_ = simulate(n_items=200, n_annotators=40, per_item=3)
    ends = []
    for steps in (1, 50):
        monkeypatch.setattr(_rank_one, "CHOICE_STEPS", steps)
        model = MMSR(tol=1e-10).fit(votes)
        assert model.converged_
        ends.append(model.skill_)
    assert 0 < np.abs(ends[0] - ends[1]).max() < 0.5


@pytest.mark.parametrize("trim", [0.0, 0.1, 0.5])
def test_it_keeps_the_contract_however_much_is_trimmed(trim):
    check_aggregator(MMSR(trim=trim))


def test_unknown_annotators_have_the_mean_skill():
    votes, *_ = simulate()
    model = MMSR().fit(votes)
    new = Votes.from_arrays([0], ["stranger"], [1], classes=range(3))
    with pytest.warns(DataWarning, match="1 annotators were not there"):
        belief = model.predict_proba(new)[0, 1]
    assert belief == pytest.approx(1 / 3 + 2 / 3 * model.skill_.mean())


def test_stopping_early_is_said():
    votes, *_ = simulate()
    with pytest.warns(ConvergenceWarning, match="MMSR stopped after 1 steps"):
        assert not MMSR(max_iter=1).fit(votes).converged_


def test_too_many_pairs_are_refused_before_memory_is_taken(monkeypatch):
    monkeypatch.setattr(_pair_agreement, "MAX_PAIRS", 100)
    votes, *_ = simulate()
    with pytest.raises(CapabilityError, match=r"144 pairs.*OneCoinDawidSkene"):
        MMSR().fit(votes)


@pytest.mark.parametrize("bad", [{"trim": 0.6}, {"max_iter": 0}, {"tol": -1.0}, {"ties": "first"}])
def test_bad_parameters_are_refused(bad):
    votes, *_ = simulate(n_items=3)
    with pytest.raises(ParameterError, match=next(iter(bad))):
        MMSR(**bad).fit(votes)
