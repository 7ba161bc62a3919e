from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import check_grad
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from labelwright.core.errors import ConvergenceWarning, DataError, DataWarning, ParameterError
from labelwright.learning import LabelClassifier
from labelwright.learning._held_out import equal_rows
from labelwright.learning._softmax import Objective


def data(n=200, n_classes=3, seed=0):
    return make_classification(
        n, 8, n_informative=5, n_classes=n_classes, random_state=seed, flip_y=0.1
    )


EXACT = {"calibrate": False, "tol": 1e-9}


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
def test_hard_labels_give_the_coefficients_of_logistic_regression(n_classes, make):
    X, y = data(n_classes=n_classes)
    weight = np.random.default_rng(1).uniform(0.5, 2, len(y))
    ours = LabelClassifier(C=2.0, **EXACT).fit(make(X), y, sample_weight=weight)
    theirs = LogisticRegression(C=2.0, tol=1e-10, max_iter=5000).fit(X, y, sample_weight=weight)
    free = ours.coef_[1:] - ours.coef_[:1] if n_classes == 2 else ours.coef_
    np.testing.assert_allclose(free, theirs.coef_, atol=1e-4)
    np.testing.assert_allclose(ours.predict_proba(make(X)), theirs.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_the_gradient_is_that_of_the_objective(n_classes):
    rng = np.random.default_rng(0)
    X = sparse.csr_array(rng.normal(size=(30, 5)))
    objective = Objective(
        X, rng.dirichlet(np.ones(n_classes), 30), rng.uniform(0, 2, 30), C=np.float64(0.3)
    )
    start = rng.normal(size=6 * objective.n_free)
    error = check_grad(lambda t: objective(t)[0], lambda t: objective(t)[1], start)
    assert error < 1e-6


def test_soft_labels_are_rows_repeated_with_their_shares_as_weights():
    X, _ = data()
    soft = np.random.default_rng(0).dirichlet([0.3, 0.3, 0.3], len(X))
    ours = LabelClassifier(**EXACT).fit(X, soft)
    repeated = LabelClassifier(**EXACT).fit(
        np.repeat(X, 3, axis=0), np.tile(np.arange(3), len(X)), sample_weight=soft.ravel()
    )
    np.testing.assert_allclose(ours.predict_proba(X), repeated.predict_proba(X), atol=1e-6)


def test_shares_of_a_label_are_no_errors_to_the_temperature():
    X, y = data()
    soft = np.full((len(X), 3), 0.01)
    soft[np.arange(len(X)), y] = 0.98
    at_once = LabelClassifier().fit(X, soft)
    spread = LabelClassifier().fit(
        np.repeat(X, 3, axis=0), np.tile(np.arange(3), len(X)), sample_weight=soft.ravel()
    )
    assert spread.temperature_ == pytest.approx(at_once.temperature_, rel=1e-3)
    assert at_once.temperature_ == pytest.approx(LabelClassifier().fit(X, y).temperature_, rel=0.3)


def test_one_hot_soft_labels_are_hard_labels_and_calibration_keeps_the_winner():
    X, y = data()
    soft, hard = LabelClassifier().fit(X, np.eye(3)[y]), LabelClassifier().fit(X, y)
    np.testing.assert_allclose(soft.predict_proba(X), hard.predict_proba(X), atol=1e-12)
    assert hard.temperature_ != 1
    plain = LabelClassifier(calibrate=False).fit(X, y)
    np.testing.assert_array_equal(plain.predict(X), hard.predict(X))


def test_the_temperature_lowers_the_log_loss_on_new_rows():
    X, y = data(3000, n_classes=3, seed=2)
    X, noise = X[:, :], np.random.default_rng(0).normal(size=(3000, 120))
    X = np.hstack([X, noise])
    few, new = slice(0, 200), slice(200, None)

    def loss(model):
        return -np.log(model.fit(X[few], y[few]).predict_proba(X[new])[range(2800), y[new]]).mean()

    # 128 features and 200 rows: far too bold as they are.
    assert loss(LabelClassifier(C=100)) < 0.6 * loss(LabelClassifier(C=100, calibrate=False))


def test_a_perfect_score_on_few_rows_does_not_make_it_certain():
    X = np.r_[np.zeros((6, 1)), np.ones((6, 1))] + np.linspace(0, 0.1, 12)[:, None]
    sure = LabelClassifier().fit(X, np.repeat([0, 1], 6)).predict_proba(X).max()
    assert 0.85 < sure < 0.999


def test_copies_of_a_row_and_groups_are_held_out_together():
    X, y = data(60)
    y = np.random.default_rng(0).integers(0, 3, 60)  # nothing to learn: only copies can be known
    once = LabelClassifier(C=1e4).fit(X, y)
    tripled = LabelClassifier(C=1e4).fit(np.tile(X, (3, 1)), np.tile(y, 3))
    nearly = np.tile(X, (3, 1)) + np.random.default_rng(1).normal(scale=1e-4, size=(180, 8))
    grouped = LabelClassifier(C=1e4).fit(nearly, np.tile(y, 3), groups=np.tile(range(60), 3))
    blind = LabelClassifier(C=1e4).fit(nearly, np.tile(y, 3))
    assert min(once.temperature_, tripled.temperature_, grouped.temperature_) > 4
    assert blind.temperature_ < 3


def test_equal_rows_are_found_in_sparse_and_dense_rows():
    X = np.array([[1.0, 2.0], [0.0, 0.0], [1.0, 2.0], [2.0, 1.0], [0.0, 0.0]])
    for rows in (X, sparse.csr_array(X)):
        code = equal_rows(rows)
        assert code[0] == code[2] != code[3]
        assert code[1] == code[4] == -1


def test_rows_without_a_label_are_passed_over():
    X, y = data()
    kept = y.copy()
    kept[::4] = -1
    expected = LabelClassifier().fit(X[kept >= 0], y[kept >= 0]).predict_proba(X)
    names = np.array(["a", "b", "c"])
    text = [None if code < 0 else names[code] for code in kept]
    soft = np.eye(3)[y]
    soft[::4] = np.nan
    gaps = [None if code < 0 else code for code in kept.tolist()]
    for labels in (kept, np.where(kept < 0, np.nan, kept), gaps, text, soft):
        model = LabelClassifier().fit(X, labels)
        assert model.n_labelled_ == 150
        np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-12)


def test_classes_keep_their_order_and_one_without_a_label_gets_nothing():
    X, y = data(n_classes=2)
    model = LabelClassifier(classes=["z", "unused", "a"]).fit(X, np.array(["a", "z"])[y])
    assert model.classes_.tolist() == ["z", "unused", "a"]
    probabilities = model.predict_proba(X)
    assert (probabilities[:, 1] == 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    two = LabelClassifier().fit(X, np.array(["a", "z"])[y])
    np.testing.assert_allclose(probabilities[:, [2, 0]], two.predict_proba(X), atol=1e-6)


def test_text_is_in_natural_order():
    X, y = data()
    model = LabelClassifier().fit(X, np.array(["grade 10", "grade 9", "grade 2"])[y])
    assert model.classes_.tolist() == ["grade 2", "grade 9", "grade 10"]


def test_a_class_with_one_row_is_no_obstacle():
    X, y = data(40, n_classes=2)
    y[0] = 2
    for labels in (y, np.eye(3)[y]):
        model = LabelClassifier().fit(X, labels)
        assert model.classes_.tolist() == [0, 1, 2]
        assert np.isfinite(model.predict_proba(X)).all()


def test_one_class_only_is_predicted_and_said():
    X, _ = data(20)
    with pytest.warns(DataWarning, match="All labels are 'spam', so that is always predicted"):
        model = LabelClassifier().fit(X, ["spam"] * 20)
    assert model.predict_proba(X).tolist() == [[1.0]] * 20
    with pytest.warns(DataWarning, match="'ham'"):
        model = LabelClassifier(classes=["spam", "ham"]).fit(X, ["ham"] * 20)
    assert model.predict_proba(X)[0].tolist() == [0.0, 1.0]


def test_tune_chooses_a_strong_penalty_for_noise_and_a_weak_one_for_what_is_clear():
    rng = np.random.default_rng(0)
    X, y = data(300, n_classes=2)
    # A temperature would make up for a weak penalty.
    noisy = LabelClassifier(tune=True, calibrate=False)
    noisy.fit(rng.normal(size=(60, 40)), rng.integers(0, 2, 60))
    clear = LabelClassifier(tune=True).fit(0.01 * X, y)
    assert noisy.C_ < clear.C_
    assert clear.C_ == 100


def test_the_same_seed_gives_the_same_bytes_and_clones_are_unfitted(tmp_path):
    X, y = data()
    first, second = (LabelClassifier().fit(X, y) for _ in range(2))
    assert first.predict_proba(X).tobytes() == second.predict_proba(X).tobytes()
    assert not hasattr(clone(first), "coef_")
    loaded = LabelClassifier.load(first.save(tmp_path / "model"))
    assert loaded.predict_proba(X).tobytes() == first.predict_proba(X).tobytes()
    assert loaded.get_params() == first.get_params()


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([[0.0], [np.nan]], [0, 1], r"X\[1, 0\] is NaN \(missing\)\. Fill missing values first"),
        (sparse.csr_array([[0.0, 1.0], [0.0, np.inf]]), [0, 1], r"X\[1, 1\] is infinite"),
        ([[0.0], [1.0]], [-1, -1], "No row has a label"),
        ([[0.0], [1.0]], [None, None], "No row has a label"),
        ([[0.0], [1.0]], [-1, 1], "two classes, or class 1 and rows without a label"),
        ([[0.0], [1.0]], [0.5, 1.5], "Unknown label type"),
        ([[0.0], [1.0]], [0.0, np.inf], r"y\[1\] = inf is no label"),
        ([[0.0], [1.0]], [[0.5, 0.6], [1, 0]], "Row 0 of y sums to 1.1"),
        ([[0.0], [1.0]], [0, 1, 1], "X has 2 rows and y has 3"),
        ([[0.0], [1.0]], [["a", "b"], ["c", "d"]], "y has shape"),
    ],
)
def test_bad_input_is_named(X, y, message):
    with pytest.raises(ValueError, match=message):
        LabelClassifier().fit(X, y)


def test_other_bad_arguments_are_named():
    X, y = data(20)
    with pytest.raises(ParameterError, match="C=0"):
        LabelClassifier(C=0).fit(X, y)
    with pytest.raises(DataError, match=r"sample_weight\[3\] = -1"):
        LabelClassifier().fit(X, y, sample_weight=np.where(np.arange(20) == 3, -1, 1))
    with pytest.raises(DataError, match="weight zero"):
        LabelClassifier().fit(X, y, sample_weight=np.zeros(20))
    with pytest.raises(DataError, match="'d' is no class"):
        LabelClassifier(classes=["a", "b"]).fit(X, ["a", "d"] * 10)
    with pytest.warns(ConvergenceWarning, match="stopped after 2 steps"):
        LabelClassifier(max_iter=2, calibrate=False, tol=1e-9).fit(X, y)
    assert LabelClassifier(classes=[-1, 1]).fit(X, np.where(y == 0, -1, 1)).classes_[0] == -1


EXPECTED = {"check_classifiers_classes": "-1 beside 1 is refused: -1 means 'no label' here"}


@pytest.mark.filterwarnings("ignore::labelwright.core.errors.LabelwrightWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(
    [LabelClassifier(), LabelClassifier(calibrate=False)],
    expected_failed_checks=lambda _: EXPECTED,
)
def test_scikit_learns_contract(estimator, check):
    state = np.random.get_state()  # noqa: NPY002
    try:
        check(estimator)
    finally:
        np.random.set_state(state)  # noqa: NPY002  (scikit-learn's checks draw from it)
