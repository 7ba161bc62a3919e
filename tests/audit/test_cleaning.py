from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from labelwright.audit.cleaning import RemovalPolicy, removal_curve
from labelwright.core.errors import DataError, ParameterError


def world() -> dict[str, Any]:
    """Two classes; a third of class 0 is called 1, and the truth of everything is known."""
    truth = np.repeat([0, 1], 150)
    X = np.random.default_rng(1).normal(size=(300, 3)) + 1.5 * truth[:, None]
    labels = truth.copy()
    labels[:75] = 1
    wrong = labels != truth
    test = np.repeat([0, 1], 200)
    X_test = np.random.default_rng(2).normal(size=(400, 3)) + 1.5 * test[:, None]
    return {
        "labels": labels, "X": X, "wrong": wrong, "quality": np.where(wrong, 0.1, 0.9),
        "labels_valid": test[::2], "X_valid": X_test[::2],
        "labels_test": test[1::2], "X_test": X_test[1::2],
    }  # fmt: skip


def test_nothing_removed_is_the_same_model_in_every_arm() -> None:
    curve = removal_curve(**world(), amounts=(0, 0.2), n_seeds=3)
    assert curve.arms == ("policy", "random", "oracle")
    for arm in range(3):
        np.testing.assert_array_equal(curve.test[arm, 0], curve.test[0, 0])
    given = world()
    whole = removal_curve(**given, amounts=(0,), n_seeds=1, train_share=1.0)
    model = LogisticRegression(max_iter=1000).fit(given["X"], given["labels"])
    assert whole.test[0, 0, 0] == model.score(given["X_test"], given["labels_test"])


def test_a_perfect_score_is_the_oracle_and_beats_random_removal() -> None:
    curve = removal_curve(**world(), amounts=(0.1, 0.25), n_seeds=4)
    np.testing.assert_array_equal(curve.test[0], curve.test[2])
    assert curve.chosen == 0.25
    for over in ("none", "random"):
        mean, low, high = curve.gain(over)
        assert low <= mean <= high
        assert low > 0.02
    assert curve.gain("oracle")[0] == 0


def test_removing_all_wrong_ones_is_training_on_the_rest() -> None:
    given = world()
    curve = removal_curve(**given, amounts=(0.25,), n_seeds=1, train_share=1.0)
    clean = ~given["wrong"]
    model = LogisticRegression(max_iter=1000).fit(given["X"][clean], given["labels"][clean])
    assert curve.test[0, 1, 0] == model.score(given["X_test"], given["labels_test"])


def test_relabel_with_the_truth_is_training_on_the_truth() -> None:
    given = world()
    truth = np.repeat([0, 1], 150)
    policy = RemovalPolicy(action="relabel")
    curve = removal_curve(
        **given, suggested=truth, policy=policy, amounts=(0.25,), n_seeds=1, train_share=1.0
    )
    model = LogisticRegression(max_iter=1000).fit(given["X"], truth)
    assert curve.test[0, 1, 0] == model.score(given["X_test"], given["labels_test"])


def test_weight_one_changes_nothing_and_weight_zero_removes() -> None:
    given = world()
    curves = {
        name: removal_curve(**given, policy=policy, amounts=(0.25,), n_seeds=2).test
        for name, policy in {
            "one": RemovalPolicy(action="down_weight", weight=1.0),
            "zero": RemovalPolicy(action="down_weight", weight=0.0),
            "removed": RemovalPolicy(),
        }.items()
    }
    np.testing.assert_array_equal(curves["one"][:, 1], curves["one"][:, 0])
    np.testing.assert_allclose(curves["zero"], curves["removed"], atol=0.01)


def test_policies_choose_the_lowest() -> None:
    labels = np.array([0] * 6 + [1] * 4)
    quality = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.15, 0.9, 0.8, 0.7])
    assert RemovalPolicy().choose(labels, quality, 0.3).tolist() == [0, 6, 1]
    per_class = RemovalPolicy(scope="per_class").choose(labels, quality, 0.5)
    assert per_class.tolist() == [0, 6, 1, 2, 9]
    assert RemovalPolicy().choose(labels, quality, 0.0).tolist() == []


def test_the_best_of_each_class_stay() -> None:
    chosen = RemovalPolicy(min_per_class=2).choose([0, 0, 0, 1, 1], [1, 2, 3, 4, 5], 0.2)
    assert chosen.tolist() == [0]
    with pytest.raises(DataError, match=r"asks for 4 items, and 1 can be taken"):
        RemovalPolicy(min_per_class=2).choose([0, 0, 0, 1, 1], [1, 2, 3, 4, 5], 0.8)
    with pytest.raises(DataError, match=r"asks for 2 items, and 1"):
        RemovalPolicy(scope="per_class").choose([0, 0, 1, 1], [1, 2, 3, 4], 1.0)


def test_recalls_and_table() -> None:
    curve = removal_curve(**world(), amounts=(0.2,), n_seeds=2)
    assert curve.recalls.shape == (3, 2, 2, 2)
    # Both classes have as many test items.
    np.testing.assert_allclose(curve.recalls.mean(axis=-1), curve.test)
    table = curve.to_table()
    assert table.height == 6
    assert curve.to_dict()["kind"] == "removal_curve"


def test_without_test_labels_the_choice_remains() -> None:
    given = {k: v for k, v in world().items() if not k.endswith("_test")}
    curve = removal_curve(**given, amounts=(0.25,), n_seeds=2)
    assert curve.chosen == 0.25
    with pytest.raises(DataError, match=r"no test labels"):
        curve.gain()


def test_bad_input() -> None:
    given = world()
    with pytest.raises(ParameterError, match=r"amounts=1.5"):
        removal_curve(**given, amounts=(1.5,))
    with pytest.raises(ParameterError, match=r"needs suggested"):
        removal_curve(**given, policy=RemovalPolicy(action="relabel"))
    with pytest.raises(DataError, match=r"quality\[0\] is nan"):
        removal_curve(**(given | {"quality": np.full(300, np.nan)}))
    with pytest.raises(ParameterError, match=r"go together"):
        removal_curve(**(given | {"X_test": None}))
    with pytest.raises(ParameterError, match=r"scope='some'"):
        RemovalPolicy(scope="some").choose([0, 1], [1, 2], 0.5)
    with pytest.raises(ParameterError, match=r"was not measured"):
        removal_curve(**given, amounts=(0.2,), n_seeds=1).gain(amount=0.3)
