from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score

from labelwright.audit.bench import (
    DETECTORS,
    ORACLE,
    RANDOM,
    BenchResult,
    BenchSet,
    Detector,
    DetectorBench,
    NoiseModel,
    Trial,
)
from labelwright.core.errors import DataError, ParameterError

NOISES = [
    NoiseModel("symmetric", 0.0),
    *(NoiseModel(kind, 0.2) for kind in ("symmetric", "pair", "by_class", "by_features")),
]


def blobs(n: int = 150, name: str = "blobs") -> BenchSet:
    rng = np.random.default_rng(0)
    codes = np.arange(2 * n) % 3
    X = rng.normal(size=(2 * n, 4)) + 2.5 * np.eye(3, 4)[codes]
    labels = np.array(["a", "b", "c"])[codes]
    return BenchSet(name, labels[:n], X[:n], labels[n:], X[n:])


def bench(*detectors: Detector, **options: Any) -> DetectorBench:
    return DetectorBench(detectors=detectors, **({"noises": NOISES, "n_seeds": 2} | options))


def test_the_oracle_is_perfect_and_ties_training_on_the_right_labels() -> None:
    data = blobs()
    trials: list[Trial] = []

    def spy(trial: Trial) -> Any:
        trials.append(trial)
        return np.ones(150), np.zeros(150, dtype=bool)

    result = bench(Detector("spy", spy)).run([data])
    oracle = [cell for cell in result.cells if cell["detector"] == "oracle"]
    codes, test = (np.searchsorted(["a", "b", "c"], x) for x in (data.labels, data.labels_test))
    for cell, trial in zip(oracle, trials, strict=True):
        if cell["rate"] > 0:
            assert cell["f1"] == cell["ap"] == cell["precision"] == cell["recall"] == 1
        np.testing.assert_array_equal(trial.labels != codes, trial.wrong)
        right = np.flatnonzero(trial.labels == codes)
        model = LogisticRegression(max_iter=1000).fit(data.X[right], codes[right])
        expected = f1_score(test, model.predict(data.X_test), average="weighted")
        assert cell["test_f1"] == pytest.approx(expected, abs=1e-12)


def test_a_random_score_has_the_error_rate_as_average_precision() -> None:
    wrong = np.arange(600) < 120
    found = []
    for seed in range(200):
        trial = Trial(np.arange(600) % 3, None, wrong, n_classes=3, seed=seed)
        found.append(average_precision_score(wrong, -RANDOM.find(trial)[0]))
    # The exact mean (Bestgen 2015) is a little above the rate of .2.
    harmonic = (1 / np.arange(1, 601)).sum()
    expected = (119 / 599 * (600 - harmonic) + harmonic) / 600
    assert abs(np.mean(found) - expected) < 3 * np.std(found) / np.sqrt(200)
    assert expected == pytest.approx(0.2, abs=0.01)


def test_finished_cells_are_not_run_again_and_failed_ones_are(tmp_path: Path) -> None:
    calls: list[int] = []
    broken = [True]

    def count(trial: Trial) -> Any:
        calls.append(trial.seed)
        return np.ones(150), np.zeros(150, dtype=bool)

    def fail_once(_: Trial) -> Any:
        if broken[0]:
            raise ValueError("not today")
        return np.ones(150), np.zeros(150, dtype=bool)

    made = bench(Detector("count", count), Detector("fails", fail_once), noises=NOISES[:2])
    first = made.run([blobs()], folder=tmp_path)
    assert len(calls) == 4
    assert len(first.failed) == 4
    broken[0] = False
    second = made.run([blobs()], folder=tmp_path)
    assert len(calls) == 4
    assert second.failed == ()
    keep = [c for c in first.cells if c["detector"] != "fails"]
    assert [c for c in second.cells if c["detector"] != "fails"] == keep
    made.run([blobs(153)], folder=tmp_path)
    assert len(calls) == 8
    json.dumps(second.to_dict())


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ((np.full(150, np.nan), np.zeros(150, bool)), r"quality\[0\] is nan"),
        ((np.ones(149), np.zeros(150, bool)), r"quality has shape \(149,\)"),
        ((np.ones(150), np.zeros(150)), r"marks have shape \(150,\) and type float64"),
        ((np.ones(150), np.ones(150, bool)), r"Every item is marked"),
        (None, r"TypeError"),
    ],
)
def test_a_detector_that_fails_is_a_failed_cell(found: Any, reason: str) -> None:
    made = bench(Detector("bad", lambda _: found), noises=NOISES[1:2], n_seeds=1)
    result = made.run([blobs()])
    (cell,) = result.failed
    assert cell["detector"] == "bad"
    assert cell["ap"] is None
    assert re.search(reason, cell["error"])
    assert next(row for row in result.summary() if row["detector"] == "bad")["failed"] == 1


@cache
def measured() -> BenchResult:
    """All own detectors on one set, one seed."""
    return bench(*DETECTORS, n_seeds=1, noises=NOISES[::2]).run([blobs()])


def test_own_detectors_find_errors_and_none_gains_nothing() -> None:
    result = measured()
    assert result.failed == ()
    rows = {row["detector"]: row for row in result.summary()}
    assert rows["none"]["gain"] == rows["none"]["harm_at_zero"] == 0
    assert rows["none"]["pays"] is False
    for detector in DETECTORS:
        assert rows[detector.name]["lift"] > 2
    assert result.to_table().height == 3 * 7
    silent = [cell for cell in result.cells if cell["rate"] == 0]
    assert all(cell["ap"] is None and cell["error"] is None for cell in silent)


def test_a_bench_is_the_same_again_and_does_not_depend_on_the_grid() -> None:
    def figures(result: BenchResult) -> list[dict[str, Any]]:
        return [
            {key: value for key, value in cell.items() if key != "seconds"}
            for cell in result.cells
            if cell["noise"] == "pair"
        ]

    whole = bench(DETECTORS[0]).run([blobs()])
    part = bench(DETECTORS[0], noises=NOISES[2:3]).run([blobs()])
    assert figures(whole) == figures(part)


def test_ranks_by_hand() -> None:
    def cell(name: str, ap: float, rate: float) -> dict[str, Any]:
        place = {"set": "s", "noise": "pair", "rate": rate, "detector": name, "seed": 0}
        return place | {"error": None, "ap": ap}

    table = {"x": (0.9, 0.8, 0.7), "y": (0.5, 0.9, 0.6), "z": (0.1, 0.1, 0.1)}
    cells = tuple(cell(n, ap, rate) for n, row in table.items() for rate, ap in enumerate(row))
    ranks = BenchResult(cells).ranks("ap")
    assert ranks.mean == pytest.approx({"x": 4 / 3, "y": 5 / 3, "z": 3})
    assert ranks.n_settings == 3
    # Demsar's table: q = 2.343 for three.
    assert ranks.critical_difference == pytest.approx(2.343 * np.sqrt(12 / 18), abs=1e-3)
    assert 0 < ranks.p < 0.2
    with pytest.raises(DataError, match=r"No setting"):
        BenchResult(cells).ranks("ap", leave_out=("x", "y", "z"))


def test_bad_input() -> None:
    with pytest.raises(ParameterError, match=r"Two sets are called 'blobs'"):
        bench().run([blobs(), blobs()])
    with pytest.raises(ParameterError, match=r"Two detectors are called 'oracle'"):
        bench(ORACLE).run([blobs()])
    data = blobs()
    with pytest.raises(DataError, match=r"150 labels and 149 rows of X"):
        bench().run([BenchSet("x", data.labels, data.X[1:], data.labels_test, data.X_test)])
    with pytest.raises(DataError):
        bench().run([BenchSet("x", data.labels, data.X, ["z"] * 150, data.X_test)])
    with pytest.raises(ParameterError, match=r"n_seeds=0"):
        bench(n_seeds=0).run([data])
