from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from labelwright import Votes  # noqa: E402
from labelwright.core.errors import CapabilityError, DataError, ParameterError  # noqa: E402
from labelwright.core.spaces import Classes  # noqa: E402
from labelwright.learning.weak import Weasel  # noqa: E402
from labelwright.learning.weak.weasel import VoteEncoder  # noqa: E402
from labelwright.testing import check_part  # noqa: E402

RNG = np.random.default_rng(0)
N = 200
X = RNG.normal(size=(N, 3))
TRUTH = (X[:, 0] > 0).astype(int)
ACCURACY = [0.9, 0.85, 0.8, 0.75, 0.5]
MATRIX = np.where(RNG.random((N, 5)) < ACCURACY, TRUTH[:, None], 1 - TRUTH[:, None])
MATRIX[RNG.random((N, 5)) < 0.3] = -1
MATRIX[:20] = -1
VOTES = Votes.from_matrix(MATRIX, classes=["no", "yes"])
QUICK = {"hidden": 16, "training": {"epochs": 30, "lr": 0.01}}


def encoder(n_classes=3, n_rules=4):
    return VoteEncoder(2, n_rules, n_classes, hidden=8, dropout=0.0, temperature=1.0)


def test_even_weights_make_the_belief_of_a_majority_vote():
    made = encoder()
    torch.nn.init.zeros_(made.layers[1].weight)
    torch.nn.init.zeros_(made.layers[1].bias)
    votes = torch.tensor([[0, 0, 2, -1], [-1, -1, -1, -1]])
    found = made(torch.zeros(2, 2), votes)
    torch.testing.assert_close(found, torch.tensor([[2.0, 0, 1], [0, 0, 0]]) * made.even)


def test_weights_sum_to_the_root_of_the_number_of_rules_and_silent_rules_say_nothing():
    made = encoder()
    x, votes = torch.randn(3, 2), torch.tensor([[0, 1, 2, -1]] * 3)
    weights = made.weights(x, votes)
    torch.testing.assert_close(weights.sum(dim=1), torch.full((3,), 2.0))
    torch.testing.assert_close(made(x, votes), weights[:, :3])


def test_it_learns_the_class_and_which_rule_to_distrust():
    model = Weasel(**QUICK).fit(X, VOTES)
    assert (model.predict(X) == np.array(["no", "yes"])[TRUTH]).mean() > 0.9
    assert model.rule_weights_[:2].min() > model.rule_weights_[4]
    assert model.posterior_.shape == (N, 2)
    np.testing.assert_allclose(model.posterior_[:20], 0.5)


def test_items_without_a_vote_change_nothing():
    other = X.copy()
    other[:20] += 5
    one, two = (Weasel(**QUICK).fit(rows, VOTES).weights_ for rows in (X, other))
    assert all(np.array_equal(one[name], two[name]) for name in one)


def test_a_rule_without_votes_has_no_weight_and_files_keep_the_model(tmp_path):
    silent = Votes.from_matrix(np.column_stack([MATRIX, np.full(N, -1)]))
    model = Weasel(hidden=4, training={"epochs": 2}).fit(X, silent)
    assert np.isnan(model.rule_weights_).tolist() == [False] * 5 + [True]
    kept = Weasel.load(model.save(tmp_path))
    np.testing.assert_array_equal(kept.predict_proba(X), model.predict_proba(X))


def test_the_part_keeps_the_contract_and_bad_input_is_refused():
    check_part(Weasel())
    with pytest.raises(DataError, match="X has 199 rows and items has 200"):
        Weasel().fit(X[1:], VOTES)
    with pytest.raises(DataError, match="There are no votes"):
        Weasel().fit(X[:2], Votes.from_matrix([[-1], [-1]], classes=["a", "b"]))
    with pytest.raises(ParameterError, match="votes is Votes"):
        Weasel().fit(X, MATRIX)
    space = Classes(["a", "b"], open_answers={"either": ["a", "b"]})
    open_votes = Votes.from_arrays([0, 1], ["r", "r"], ["a", "either"], space=space)
    with pytest.raises(CapabilityError, match="LabelClassifier on the posterior"):
        Weasel().fit(X[:2], open_votes)
