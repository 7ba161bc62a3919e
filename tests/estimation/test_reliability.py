"""The calibration report."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.metrics import log_loss

from labelwright.core.errors import DataError, ParameterError
from labelwright.estimation import calibration_report


def draw(seed: int, n: int = 600, bold: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and labels drawn from them, flattened by ``bold``."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet([1, 1, 1], size=n)
    truth = p**bold / (p**bold).sum(axis=1, keepdims=True)
    return np.array([rng.choice(3, p=q) for q in truth]), p


def test_the_parts_of_the_squared_error_add_up() -> None:
    labels, p = draw(0)
    found = calibration_report(labels, p)
    right, table = (p.argmax(axis=1) == labels), found.to_table()
    assert table["n"].sum() == 600
    confidence = np.repeat(table["confidence"], table["n"].cast(int))
    order = np.argsort(p.max(axis=1), kind="stable")
    squared = np.mean((confidence - right[order]) ** 2)
    assert found.reliability - found.resolution + found.uncertainty == pytest.approx(squared)


def test_scores_are_the_usual_ones() -> None:
    labels, p = draw(1)
    found = calibration_report(labels, p)
    assert found.brier == pytest.approx(np.mean(((p - np.eye(3)[labels]) ** 2).sum(axis=1)))
    assert found.log_loss == pytest.approx(log_loss(labels, p))
    one = calibration_report(labels, p, n_bins=1)
    gap = p.max(axis=1).mean() - np.mean(p.argmax(axis=1) == labels)
    assert one.ece == pytest.approx(abs(gap))


def test_exact_probabilities_may_be_exact() -> None:
    reports = [calibration_report(*draw(seed)) for seed in range(200)]
    assert np.mean([report.error_low == 0 for report in reports]) >= 0.95
    by_chance = np.mean([report.ece_by_chance for report in reports])
    assert np.mean([report.ece for report in reports]) == pytest.approx(by_chance, rel=0.1)


def test_bold_probabilities_are_found_out() -> None:
    labels, p = draw(3, n=3000, bold=0.3)
    found = calibration_report(labels, p)
    assert found.error_low > 0.1
    assert found.error_low < found.error < found.error_high


def test_bins_hold_ten_rows_and_equal_confidences_stay_together() -> None:
    assert len(calibration_report(*draw(4, n=45)).bins["n"]) <= 4
    same = calibration_report([0, 0, 1, 0] * 25, [[0.75, 0.25]] * 100)
    assert same.bins["n"].tolist() == [100]
    assert same.ece == pytest.approx(0)


def test_text_labels_and_missing_ones() -> None:
    labels, p = draw(5)
    names = np.array(["x", "y", "z"])
    expected = calibration_report(labels[1:], p[1:])
    text = [None, *names[labels[1:]]]
    assert calibration_report(text, p, classes=names.tolist()).brier == expected.brier


def test_it_is_a_result_that_json_can_hold() -> None:
    plain = json.loads(json.dumps(calibration_report(*draw(6)).to_dict()))
    assert plain["kind"] == "calibration"
    assert len(plain["bins"]["right"]) == 15


def test_bad_input_is_refused() -> None:
    labels, p = draw(7)
    with pytest.raises(DataError, match="No row has a label"):
        calibration_report(np.full(600, -1), p)
    with pytest.raises(DataError, match="labels has 3"):
        calibration_report(labels[:3], p)
    with pytest.raises(DataError, match="no class"):
        calibration_report(labels + 1, p)
    with pytest.raises(ParameterError, match="n_bins"):
        calibration_report(labels, p, n_bins=0)
