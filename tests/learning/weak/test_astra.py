from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from labelwright import Votes  # noqa: E402
from labelwright.core.errors import DataError  # noqa: E402
from labelwright.learning.weak import Astra  # noqa: E402
from labelwright.learning.weak.astra import RuleAttention  # noqa: E402
from labelwright.testing import check_part  # noqa: E402

RNG = np.random.default_rng(0)
N = 200
X = RNG.normal(size=(N, 3))
TRUTH = (X[:, 0] > 0).astype(int)
MATRIX = np.where(RNG.random((N, 4)) < [0.9, 0.85, 0.8, 0.45], TRUTH[:, None], 1 - TRUTH[:, None])
MATRIX[RNG.random((N, 4)) < 0.5] = -1
VOTES = Votes.from_matrix(MATRIX, classes=["no", "yes"])
GOLD = [["no", "yes"][label] if place < 50 else None for place, label in enumerate(TRUTH)]
QUICK = {"rounds": 2, "hidden": 16, "training": {"epochs": 10, "lr": 0.01}}


def material(certain=None):
    votes = torch.tensor([[0, 0, 1], [2, -1, -1], [-1, -1, -1]])
    said = torch.tensor([[0.2, 0.3, 0.5]] * 3)
    certain = torch.zeros(3, 3) if certain is None else certain
    return {"features": torch.randn(3, 4), "votes": votes, "said": said, "certain": certain}


def attention(logit):
    made = RuleAttention(4, 3, 8, 0.0)
    torch.nn.init.zeros_(made.weights[4].weight)
    torch.nn.init.constant_(made.weights[4].bias, logit)
    return made


def test_full_attention_is_the_mean_of_votes_and_student_and_none_is_even_odds():
    batch = material()
    full = attention(50.0).belief(batch)
    expected = [[2.2 / 4, 1.3 / 4, 0.5 / 4], [0.1, 0.15, 0.75], [0.2, 0.3, 0.5]]
    torch.testing.assert_close(full, torch.tensor(expected))
    torch.testing.assert_close(attention(-50.0).belief(batch), torch.full((3, 3), 1 / 3))
    torch.testing.assert_close(attention(0.3).belief(batch).sum(dim=1), torch.ones(3))


def test_the_loss_is_entropy_but_where_the_truth_is_known():
    certain = torch.tensor([[0.0, 0, 0], [0, 0, 1], [0, 0, 0]])
    made, batch = attention(0.3), material(certain)
    belief = made.belief(batch)
    entropy = -(belief * belief.log()).sum(dim=1)
    expected = (entropy[0] - belief[1, 2].log() + entropy[2]) / 3
    torch.testing.assert_close(made.loss(batch), expected)


def test_it_learns_the_class_also_of_items_without_a_vote():
    model = Astra(**QUICK).fit(X, VOTES, gold=GOLD)
    silent = (MATRIX < 0).all(axis=1)
    labels = np.array(["no", "yes"])[TRUTH]
    assert silent.any()
    assert (model.predict(X) == labels).mean() > 0.9
    assert (model.predict(X)[silent] == labels[silent]).mean() > 0.7
    np.testing.assert_array_equal(model.posterior_[:50], np.eye(2)[TRUTH[:50]])
    assert model.rule_weights_.argmin() == 3
    assert len(model.history_) == 10 * (1 + 2 * 2)


def test_gold_is_not_needed_and_the_same_seed_gives_the_same_bytes(tmp_path):
    one, other = (Astra(**QUICK).fit(X, VOTES) for _ in range(2))
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
    kept = Astra.load(one.save(tmp_path))
    np.testing.assert_array_equal(kept.predict_proba(X), one.predict_proba(X))


def test_the_part_keeps_the_contract_and_bad_input_is_refused():
    check_part(Astra())
    with pytest.raises(DataError, match="X has 199 rows and items has 200"):
        Astra().fit(X[1:], VOTES)
    with pytest.raises(DataError, match="There are no votes"):
        Astra().fit(X[:2], Votes.from_matrix([[-1], [-1]], classes=["a", "b"]))
