from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from labelwright import Votes  # noqa: E402
from labelwright.core.errors import DataError  # noqa: E402
from labelwright.learning.weak import ImplyLoss  # noqa: E402
from labelwright.testing import check_part  # noqa: E402

RNG = np.random.default_rng(0)
N = 200
X = RNG.normal(size=(N, 3))
TRUTH = (X[:, 0] > 0).astype(int)
# A rule for each class; the first is wrong wherever the second feature is high.
MATRIX = np.full((N, 2), -1)
MATRIX[(TRUTH == 1) | (X[:, 1] > 0.7), 0] = 1
MATRIX[X[:, 0] < -0.5, 1] = 0
VOTES = Votes.from_matrix(MATRIX, classes=["no", "yes"])
GOLD = [int(label) if place < 60 else None for place, label in enumerate(TRUTH)]
NAMED = [["no", "yes"][label] if label is not None else None for label in GOLD]
QUICK = {"hidden": 16, "training": {"epochs": 40, "lr": 0.01}}


def batch(**changes):
    found = {
        "truth": torch.tensor([0, -1]),
        "votes": torch.tensor([[0, 1], [1, -1]]),
        "own": torch.tensor([[1, 0], [0, 0]]),
    }
    return found | changes


def test_the_loss_is_that_of_the_paper_term_by_term():
    p, gate = torch.tensor([[0.7, 0.3], [0.4, 0.6]]), torch.tensor([[0.9, 0.2], [0.6, 0.5]])
    found = ImplyLoss(strength=0.5, q=0.6)._loss(p.log(), gate.logit(), batch())
    classifier, exemplar, wrong = -np.log(0.7), -np.log(0.9), -np.log(1 - 0.2)
    implied = -np.log(1 - 0.6 * (1 - 0.6))
    assert found.item() == pytest.approx(classifier + exemplar + wrong + 0.5 * implied, rel=1e-5)


def test_a_rule_that_is_right_on_a_labelled_item_is_forgiven_if_its_gate_is_shut():
    p, gate = torch.tensor([[0.7, 0.3], [0.4, 0.6]]), torch.tensor([[0.9, 0.2], [0.6, 0.5]])
    votes = torch.tensor([[0, 0], [-1, -1]])
    found = ImplyLoss(q=0.6)._loss(p.log(), gate.logit(), batch(votes=votes))
    right = (1 - 0.2**0.6) / 0.6
    assert found.item() == pytest.approx(-np.log(0.7) - np.log(0.9) + right, rel=1e-5)


def test_gates_shut_where_gold_shows_that_a_rule_reaches_too_far():
    model = ImplyLoss(**QUICK).fit(X, VOTES, gold=NAMED)
    fired = MATRIX[:, 0] >= 0
    right = fired & (TRUTH == 1)
    assert model.gates_[right, 0].mean() > model.gates_[fired & ~right, 0].mean() + 0.3
    np.testing.assert_array_equal(np.isnan(model.gates_), MATRIX < 0)
    assert (model.predict(X) == np.array(["no", "yes"])[TRUTH]).mean() > 0.9


def test_exemplars_are_enough_and_say_the_class():
    rows = [int(np.flatnonzero((MATRIX[:, 0] == 1) & (TRUTH == 1))[0])]
    rows.append(int(np.flatnonzero(MATRIX[:, 1] == 0)[0]))
    model = ImplyLoss(**QUICK).fit(X, VOTES, exemplars=rows)
    assert model.predict(X[rows]).tolist() == ["yes", "no"]
    again = ImplyLoss(**QUICK).fit(X, VOTES, exemplars=rows)
    np.testing.assert_array_equal(model.predict_proba(X), again.predict_proba(X))


def test_the_part_keeps_the_contract_and_bad_input_is_refused():
    check_part(ImplyLoss())
    with pytest.raises(DataError, match="Nothing is known to be true"):
        ImplyLoss().fit(X, VOTES)
    silent = int(np.flatnonzero(MATRIX[:, 1] < 0)[0])
    with pytest.raises(DataError, match=f"Rule 1 does not vote on its exemplar, row {silent}"):
        ImplyLoss().fit(X, VOTES, exemplars=[-1, silent])
    with pytest.raises(DataError, match="rules has 2 rows and exemplars has 3"):
        ImplyLoss().fit(X, VOTES, exemplars=[-1, -1, 0])
    with pytest.raises(DataError, match="exemplars"):
        ImplyLoss().fit(X, VOTES, exemplars=[N, -1])
