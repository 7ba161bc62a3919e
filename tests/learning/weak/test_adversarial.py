from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog
from sklearn.linear_model import LogisticRegression

torch = pytest.importorskip("torch")

from labelwright.core.errors import DataError, ParameterError  # noqa: E402
from labelwright.learning.weak import (  # noqa: E402
    AdversarialLabelLearning,
    WeakSignals,
    expected_errors,
)
from labelwright.learning.weak.adversarial import onto_simplex  # noqa: E402
from labelwright.testing import check_part  # noqa: E402

RNG = np.random.default_rng(0)


def world(n_classes, n=40, m=3):
    X, truth = RNG.normal(size=(n, 4)), RNG.integers(0, n_classes, n)
    X[:, 0] += 2 * truth
    guess = np.where(RNG.random((n, m)) < 0.75, truth[:, None], RNG.integers(0, n_classes, (n, m)))
    values = np.eye(n_classes)[guess]
    values[RNG.random((n, m)) < 0.3] = np.nan
    return X, truth, WeakSignals(values, WeakSignals(values, 1.0).error_rates(truth))


def worst_case(probabilities, signals):
    """The largest share of errors over all labels that keep the bounds, by linear programming."""
    n, K = probabilities.shape
    nothing = expected_errors(np.zeros((n, K)), signals.filled, signals.spoken)
    rows = []
    for m in range(signals.values.shape[1]):
        for k in range(K):
            spoken, q = signals.spoken[:, m, k], signals.filled[:, m, k]
            row = np.zeros((n, K))
            row[:, k] = spoken * (1 - 2 * q) / spoken.sum()
            rows.append(row.ravel())
    found = linprog(
        (probabilities / n).ravel(),
        A_ub=np.array(rows),
        b_ub=(signals.bounds - nothing).ravel(),
        A_eq=np.kron(np.eye(n), np.ones(K)),
        b_eq=np.ones(n),
        bounds=(0, 1),
    )
    return 1 - found.fun


@pytest.mark.slow
@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_adversary_finds_the_worst_labels_that_the_bounds_allow(n_classes):
    X, _, signals = world(n_classes)
    still = {"lr": 1e-12, "epochs": 400}
    model = AdversarialLabelLearning(step=0.05, training=still).fit(X, signals)
    worst = worst_case(model.predict_proba(X), signals)
    assert model.worst_error_ == pytest.approx(worst, abs=2e-3)
    errors = expected_errors(model.labels_.astype(float), signals.filled, signals.spoken)
    assert (errors - signals.bounds).max() < 5e-3
    np.testing.assert_allclose(model.labels_.sum(axis=1), 1, atol=1e-5)


def test_training_lowers_the_worst_case_which_is_above_the_true_error():
    X, truth, signals = world(2, n=200)
    first = AdversarialLabelLearning(training={"epochs": 1}).fit(X, signals)
    model = AdversarialLabelLearning().fit(X, signals)
    worst = worst_case(model.predict_proba(X), signals)
    assert worst < worst_case(first.predict_proba(X), signals)
    expected_error = 1 - model.predict_proba(X)[np.arange(200), truth].mean()
    assert expected_error <= worst + 1e-9
    assert (model.predict(X) == truth).mean() > 0.8


def test_a_signal_that_never_errs_is_the_truth():
    X, truth, _ = world(3)
    signals = WeakSignals(np.eye(3)[truth][:, None], 0.0, ("a", "b", "c"))
    model = AdversarialLabelLearning(training={"epochs": 400}).fit(X, signals)
    np.testing.assert_allclose(model.labels_, np.eye(3)[truth], atol=0.02)
    supervised = LogisticRegression().fit(X, truth).score(X, truth)
    right = (model.predict(X) == np.array(["a", "b", "c"])[truth]).mean()
    assert right > supervised - 0.05


def test_the_nearest_distribution_leaves_the_same_excess_everywhere():
    vectors = torch.tensor(RNG.normal(size=(50, 5)) * 2)
    found = onto_simplex(vectors)
    torch.testing.assert_close(found.sum(dim=1), torch.ones(50, dtype=torch.float64))
    assert (found >= 0).all()
    taken = torch.where(found > 0, vectors - found, torch.nan)
    most = taken.nan_to_num(-9).max(dim=1).values
    least = taken.nan_to_num(9).min(dim=1).values
    torch.testing.assert_close(most, least)
    assert (vectors[found == 0] <= most[:, None].expand_as(found)[found == 0] + 1e-9).all()


def test_the_part_keeps_the_contract_and_bad_input_is_refused(tmp_path):
    check_part(AdversarialLabelLearning())
    X, _, signals = world(2)
    with pytest.raises(DataError, match="X has 39 rows"):
        AdversarialLabelLearning().fit(X[1:], signals)
    with pytest.raises(ParameterError, match="signals is WeakSignals"):
        AdversarialLabelLearning().fit(X, signals.values)
    model = AdversarialLabelLearning(training={"epochs": 5}).fit(X, signals)
    kept = AdversarialLabelLearning.load(model.save(tmp_path))
    np.testing.assert_array_equal(model.predict_proba(X), kept.predict_proba(X))
