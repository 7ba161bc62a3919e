"""Temperature and isotonic calibration."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from labelwright.core.errors import DataError, NotFittedError
from labelwright.core.params import load
from labelwright.estimation import Isotonic, Temperature

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(0, 2, size=(500, 4))


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


LABELS = np.array([RNG.choice(4, p=p) for p in softmax(LOGITS / 1.7)])
P = softmax(LOGITS)


def test_the_gradient_of_the_log_loss_is_zero() -> None:
    model = Temperature().fit(P, LABELS)
    z = np.log(P)
    mean_label = z[np.arange(500), LABELS].mean()
    assert mean_label == pytest.approx((model.transform(P) * z).sum(axis=1).mean(), abs=1e-9)
    assert model.temperature_ == pytest.approx(1.7, abs=0.25)


def test_scaled_logits_scale_the_temperature_and_the_argmax_stays() -> None:
    one = Temperature(inputs="logits").fit(LOGITS, LABELS)
    ten = Temperature(inputs="logits").fit(10 * LOGITS, LABELS)
    assert ten.temperature_ == pytest.approx(10 * one.temperature_)
    assert ten.transform(10 * LOGITS) == pytest.approx(one.transform(LOGITS))
    assert (one.transform(LOGITS).argmax(axis=1) == LOGITS.argmax(axis=1)).all()
    assert Temperature().fit(P, LABELS).temperature_ == pytest.approx(one.temperature_)


def test_soft_labels_that_are_certain_are_hard_labels() -> None:
    soft = Temperature().fit(P, np.eye(4)[LABELS])
    assert soft.temperature_ == Temperature().fit(P, LABELS).temperature_


def test_temperatures_stay_within_bounds() -> None:
    assert Temperature().fit(P, P.argmax(axis=1)).temperature_ < 0.1
    assert Temperature().fit(P, P.argmin(axis=1)).temperature_ == 1000
    zeros = Temperature().fit([[1.0, 0.0], [1.0, 0.0]], [0, 1])
    assert np.isfinite(zeros.transform([[1.0, 0.0]])).all()
    flat = Temperature().fit(np.full((3, 2), 0.5), [0, 1, 1])
    assert flat.transform([[0.5, 0.5]]) == pytest.approx(np.full((1, 2), 0.5))


def test_two_classes_equal_scikit_learn() -> None:
    p, y = P[:, :2] / P[:, :2].sum(axis=1, keepdims=True), (LABELS > 1).astype(int)
    peer = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(p[:, 1], y)
    found = Isotonic().fit(p, y).transform(p)
    assert found[:, 1] == pytest.approx(peer.predict(p[:, 1]))
    assert found.sum(axis=1) == pytest.approx(np.ones(500))
    assert found[:, 1].mean() == pytest.approx(y.mean())
    assert (np.diff(found[np.argsort(p[:, 1]), 1]) >= 0).all()


def test_several_classes_are_mapped_apart_and_renormalised() -> None:
    model = Isotonic().fit(P, LABELS)
    found = model.transform(P)
    assert found.sum(axis=1) == pytest.approx(np.ones(500))
    one = IsotonicRegression(y_min=0, y_max=1).fit(P[:, 2], LABELS == 2).predict(P[:, 2])
    ratio = found[:, 2] / np.maximum(one, 1e-12)
    total = sum(np.interp(P[:, k], *model.steps_[k]) for k in range(4))
    kept = one > 0
    assert ratio[kept] == pytest.approx(1 / total[kept])


def test_a_row_mapped_to_zero_keeps_its_probabilities() -> None:
    p = np.array([[0.5, 0.3, 0.2], [0.2, 0.5, 0.3], [0.3, 0.2, 0.5]] * 2)
    model = Isotonic().fit(p, [0, 1, 2] * 2)
    low = np.array([[0.25, 0.25, 0.5]])
    model.steps_ = [np.array([[0.0, 1.0], [0.0, 0.0]])] * 3
    assert model.transform(low) == pytest.approx(low)


@pytest.mark.parametrize("kind", [Temperature, Isotonic])
def test_both_are_kept_in_files_and_refuse_bad_input(kind: type, tmp_path: object) -> None:
    model = kind()
    with pytest.raises(NotFittedError):
        model.transform(P)
    model.fit(P, LABELS)
    assert load(model.save(tmp_path)).transform(P) == pytest.approx(model.transform(P))
    with pytest.raises(DataError, match="labels"):
        kind().fit(P, LABELS[:3])
    with pytest.raises(DataError, match="no class"):
        kind().fit(P, LABELS + 1)
    with pytest.raises(DataError, match="sums to"):
        kind().fit(2 * P / 3, LABELS)
    with pytest.raises(DataError, match="no rows"):
        kind().fit(P[:0], LABELS[:0])


def test_logits_must_be_finite() -> None:
    with pytest.raises(DataError, match="finite"):
        Temperature(inputs="logits").fit([[0.0, np.nan]], [0])
