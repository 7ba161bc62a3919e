from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from labelwright.audit import audit

GONE = {"a": [1.0, None, float("nan"), 2.0], "b": ["x", None, None, None]}


def missing(**given):
    return audit(checks=["missing_values"], **given)["missing_values"]


def test_rows_without_any_value_are_found_and_all_score_what_is_there():
    found = missing(table=GONE)
    assert found.subject.tolist() == [1, 2]
    assert found.item_scores.tolist() == [1, 0, 0, 0.5]
    assert found.why == ["all of its values are missing"] * 2
    assert found.score == 0.5


def test_a_row_is_empty_only_if_its_text_is_too_and_a_blank_text_is_found_by_itself():
    found = missing(table=GONE, texts=["some", "some", " ", None])
    assert found.subject.tolist() == [2, 3]
    assert found.kinds.tolist() == ["empty row", "blank text"]
    assert found.scores.tolist() == [0, 1 / 3]
    assert found.why[1] == "its text is blank"


def test_features_of_any_sort_are_read():
    features = np.array([[np.nan, np.nan], [1.0, np.nan], [np.inf, 0.0]])
    assert missing(features=features).item_scores.tolist() == [0, 0.5, 1]
    for whole in (np.ones((3, 2), dtype=int), sp.csr_array(np.eye(3))):
        assert not len(missing(features=whole))
