from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

torch = pytest.importorskip("torch")

from labelwright.core.errors import DataError, ParameterError  # noqa: E402
from labelwright.learning.weak import Cosine  # noqa: E402
from labelwright.learning.weak.cosine import (  # noqa: E402
    confidence,
    contrastive_loss,
    sharpened,
)
from labelwright.testing import check_part  # noqa: E402

RNG = np.random.default_rng(0)
X = RNG.normal(size=(150, 3))
TRUTH = (X[:, 0] > 0).astype(int)
QUICK = {"first_epochs": 20, "training": {"epochs": 5, "lr": 0.01}}


def test_labels_are_sharpened_and_evened_out_over_classes():
    p = torch.tensor(RNG.dirichlet(np.ones(3), 6))
    raised = p**2 / p.sum(dim=0)
    torch.testing.assert_close(sharpened(p), raised / raised.sum(dim=1, keepdim=True))
    torch.testing.assert_close(sharpened(torch.eye(3)), torch.eye(3))


def test_confidence_is_one_for_certainty_and_zero_for_even_odds():
    found = confidence(np.array([[1.0, 0, 0], [1 / 3, 1 / 3, 1 / 3], [0.5, 0.5, 0]]))
    np.testing.assert_allclose(found, [1, 0, 1 - np.log(2) / np.log(3)], atol=1e-12)


def test_the_contrast_is_the_mean_over_pairs_that_have_weight():
    features = torch.tensor(RNG.normal(size=(7, 4)) * 0.5)
    label = torch.tensor(RNG.dirichlet(np.ones(2), 7))
    weight = torch.tensor([1.0, 0, 1, 1, 0, 0.5, 1])
    losses = []
    for one in range(7):
        for other in range(one):
            if weight[one] > 0 and weight[other] > 0:
                square = (features[one] - features[other]).square().mean()
                alike = label[one].argmax() == label[other].argmax()
                losses.append(square if alike else (1 - square.sqrt()).clip(min=0) ** 2)
    found = contrastive_loss(features, label, weight, 1.0)
    torch.testing.assert_close(found, torch.stack(losses).mean(), rtol=1e-6, atol=1e-6)
    assert contrastive_loss(features, label, torch.zeros(7), 1.0).item() == 0


def test_rows_that_it_is_not_sure_of_are_not_learnt_from():
    y = np.where(np.arange(150) < 50, TRUTH, -1)
    alone = Cosine(**QUICK, threshold=1.0, contrast=0.0, regularisation=0.0).fit(X, y, None)
    assert [entry["loss"] for entry in alone.history_[20:]] == [0.0] * 5
    taught, timid = (Cosine(**QUICK, threshold=0.1, regularisation=r).fit(X, y) for r in (0, 1))
    assert (taught.predict(X) == TRUTH).mean() > 0.9
    assert taught.confidence_.mean() > timid.confidence_.mean() + 0.2


def test_weights_and_soft_labels_count():
    soft = np.where(np.arange(150)[:, None] < 75, np.eye(2)[TRUTH], np.eye(2)[1 - TRUTH])
    weight = np.where(np.arange(150) < 75, 1.0, 0.0)
    model = Cosine(**QUICK, classes=["no", "yes"]).fit(X, soft, sample_weight=weight)
    assert (model.predict(X) == np.array(["no", "yes"])[TRUTH]).mean() > 0.9


def test_the_same_seed_gives_the_same_bytes_and_files_keep_them(tmp_path):
    one, other = (Cosine(**QUICK).fit(X, TRUTH).predict_proba(X) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    kept = Cosine.load(Cosine(**QUICK).fit(X, TRUTH).save(tmp_path))
    np.testing.assert_array_equal(kept.predict_proba(X), one)


def test_the_part_keeps_the_contract_and_bad_input_is_refused():
    check_part(Cosine())
    with pytest.raises(DataError, match="No row has a label"):
        Cosine().fit(X, np.full(150, -1))
    with pytest.raises(DataError, match="All labels are of one class, 1"):
        Cosine().fit(X, np.ones(150))
    with pytest.raises(DataError, match="weight zero"):
        Cosine().fit(X, TRUTH, sample_weight=np.zeros(150))
    with pytest.raises(ParameterError, match="threshold"):
        Cosine(threshold=1.5).fit(X, TRUTH)


EXPECTED = {
    "check_classifiers_classes": "-1 beside 1 is refused: -1 means 'no label' here",
    "check_sample_weight_equivalence_on_dense_data": "rows are dealt into batches at random",
    "check_sample_weight_equivalence_on_sparse_data": "rows are dealt into batches at random",
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(
    [Cosine(first_epochs=8, training={"epochs": 1, "lr": 0.03})],
    expected_failed_checks=lambda _: EXPECTED,
)
def test_scikit_learns_contract(estimator, check):
    state = np.random.get_state()  # noqa: NPY002
    try:
        check(estimator)
    finally:
        np.random.set_state(state)  # noqa: NPY002
