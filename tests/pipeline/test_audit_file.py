"""From a file to what an audit works on."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from labelwright.pipeline import Settings
from labelwright.pipeline._audit_file import audit_file


@pytest.fixture
def file(tmp_path):
    rng = np.random.default_rng(0)
    label = rng.integers(1, 4, size=90)
    frame = pl.DataFrame(
        {
            "id": [f"r{row}" for row in range(90)],
            "x": label + rng.normal(scale=0.2, size=90),
            "y": rng.normal(size=90),
            "label": np.where(np.arange(90) % 30 == 7, None, label.astype(object)).tolist(),
            "plan": rng.choice(["free", "paid"], 90),
        },
        schema_overrides={"label": pl.Int64},
    )
    path = tmp_path / "records.parquet"
    frame.write_parquet(path)
    return str(path)


def test_whole_numbers_that_are_no_codes_and_missing_labels_are_read(file):
    settings = Settings.of_options(file=file, label="label", features="x,y", id="id")
    found = audit_file(settings)
    assert found.audit.n_items == 90
    assert np.isnan(found.audit["label_issues"].item_scores).sum() == 3
    assert found.noise.classes == (1, 2, 3)
    assert found.audit["class_imbalance"].score == 1
    assert found.audit["outliers"].item_scores.shape == (90,)


def test_columns_that_describe_are_looked_at_and_no_others(file):
    settings = Settings.of_options(file=file, label="label", features="x,y", id="id")
    found = audit_file(settings).audit
    assert found["spurious_correlations"].subject.tolist() == ["x"]
    assert found["columns"].score == 1


def test_without_anything_to_learn_from_it_is_said_why(file):
    found = audit_file(Settings.of_options(file=file, label="label"))
    assert found.noise is None
    assert found.why_no_noise.startswith("No model")
    assert found.notes == [found.why_no_noise]
    assert found.audit.not_run["label_issues"] == "needs probabilities"
