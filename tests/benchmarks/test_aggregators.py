"""Both sides of a benchmark of aggregators are looked at in the same way."""

import numpy as np
import pytest

from benchmarks import _inputs, aggregation, aggregators
from labelwright.aggregation._kernels import OneHotVotes


@pytest.fixture
def crowd(tmp_path):
    _inputs.crowd(tmp_path, seed=1, items=60, annotators=9, votes=5)
    return tmp_path


@pytest.mark.parametrize("method", ["GLAD", "MACE"])
def test_the_objective_is_that_of_the_model(crowd, method):
    job = aggregators.ours(crowd, method, tol=1e-12, max_iter=3000)
    model = job.run()
    answer = job.answer(model)
    found = aggregators.compare(crowd, answer, answer, method=method)
    assert found["equal"] == 1
    assert found["objective"]["ours"] == pytest.approx(model.history_[-1], rel=1e-9)


def test_a_method_without_an_objective_is_compared_by_its_labels(crowd):
    job = aggregators.ours(crowd, "ZeroBasedSkill")
    answer = job.answer(job.run())
    assert set(answer) == {"labels", "ties", "skill"}
    found = aggregators.compare(crowd, answer, answer, method="ZeroBasedSkill")
    assert found["equal"] == 1
    assert "objective" not in found


def test_the_objective_of_mmsr_is_the_likelihood_at_its_accuracies(crowd):
    job = aggregators.ours(crowd, "MMSR")
    model = job.run()
    found = aggregators.compare(crowd, job.answer(model), job.answer(model), method="MMSR")
    votes, k = aggregation._our_votes(crowd), model.class_prior_.size
    right = model.accuracy_[:, None, None]
    confusion = np.where(np.eye(k, dtype=bool), right, (1 - right) / (k - 1))
    expected, *_ = OneHotVotes(votes).expect(confusion, model.class_prior_)
    assert found["objective"]["ours"] == pytest.approx(expected)


def test_better_parameters_have_a_higher_objective(crowd):
    votes = aggregation._vote_codes(crowd)
    for method, entry in aggregators.METHODS.items():
        if entry.objective is None:
            continue
        job = aggregators.ours(crowd, method)
        learnt = dict(job.answer(job.run()))
        best = entry.objective(votes, learnt)
        for name in set(learnt) - {"labels", "ties"}:
            worse = learnt | {name: np.roll(learnt[name], 1, axis=0)}
            assert entry.objective(votes, worse) < best


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("method", list(aggregators.METHODS))
def test_the_peer_answers_in_the_same_order(crowd, method):
    pytest.importorskip("crowdkit")
    answers = []
    for side in (aggregators.ours, aggregators.crowdkit):
        job = side(crowd, method)
        answers.append(job.answer(job.run()))
    clear = ~answers[0]["ties"]
    agreement = (answers[0]["labels"] == answers[1]["labels"])[clear].mean()
    assert agreement > 0.9
    assert set(answers[0]) == {*answers[1], "ties"}
