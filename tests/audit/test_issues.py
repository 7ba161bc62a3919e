from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from labelwright.audit import LabelIssues, find_label_issues

from ._worlds import noisy


@pytest.fixture
def issues() -> LabelIssues:
    labels, probabilities, _ = noisy(k=3)
    return find_label_issues(labels, probabilities, classes=["a", "<b>", "=c"])


def test_table_holds_what_the_arrays_hold(issues):
    table = issues.to_table()
    assert table.columns[:6] == ["index", "quality", "given", "suggested", "kind", "why"]
    np.testing.assert_array_equal(table["index"], issues.index)
    assert table["why"].to_list() == issues.why
    assert table.schema["given"] == pl.String
    assert table["p_given"].to_numpy() == pytest.approx(issues.quality)


def test_an_empty_table_has_the_same_columns_and_types(issues):
    assert issues.head(0).to_table().schema == issues.to_table().schema


def test_head_is_the_worst(issues):
    worst = issues.head(3)
    assert len(worst) == 3
    np.testing.assert_array_equal(worst.index, issues.index[:3])
    assert worst.why == issues.why[:3]


def test_dict_is_json_and_carries_kind_and_why(issues):
    held = json.loads(json.dumps(issues.to_dict()))
    assert held["kind"] == "label_issues"
    assert held["index"] == issues.index.tolist()
    assert held["why"] == issues.why


def test_table_can_be_written_as_csv_whatever_the_evidence(issues):
    evidence = issues.evidence | {"neighbours": np.array([[1, None]] * len(issues), dtype=object)}
    from dataclasses import replace

    table = replace(issues, evidence=evidence).to_table()
    assert table["neighbours"][0] == "1"
    assert "neighbours" in table.write_csv()


def test_notebook_view_escapes(issues):
    assert "<b>" not in issues._repr_html_()
