from __future__ import annotations

import numpy as np

from labelwright.audit import audit
from labelwright.audit.checks import ColumnCheck


def columns(table, **options):
    found = audit(table=table, checks=[ColumnCheck(**options)])["columns"]
    return dict(zip(found.subject.tolist(), found.kinds.tolist(), strict=True)), found


def test_each_sort_of_useless_column_is_told_apart():
    kinds, found = columns(
        {
            "fine": np.random.default_rng(0).normal(size=1000),
            "class": np.arange(1000) % 3,
            "same": ["x"] * 1000,
            "mostly": ["x"] * 997 + ["y"] * 3,
            "row": np.random.default_rng(1).permutation(1000) + 7,
            "ticket": [f"t-{number}" for number in range(1000)],
            "name": [f"Ann Smith number {number}" for number in range(1000)],
            "none": [None] * 1000,
            "few": [1.0] * 100 + [float("nan")] * 300 + [None] * 300 + [2.0] * 300,
        }
    )
    assert kinds == {
        "same": "constant",
        "mostly": "nearly constant",
        "row": "identifier",
        "ticket": "identifier",
        "none": "empty",
        "few": "mostly missing",
    }
    assert found.score == 1 - 6 / 9
    said = dict(zip(found.subject.tolist(), found.why, strict=True))
    assert said["mostly"] == "all but 0.30% of its rows hold 'x'"
    assert said["row"] == "every row has a value of its own, from 7 to 1006"
    assert said["few"] == "only 40.0% of its rows have a value"


def test_thresholds_are_parameters():
    table = {"a": [1, 1, 1, 2], "b": [1, None, None, 3]}
    assert columns(table)[0] == {}
    assert columns(table, constant=0.75, missing=0.4)[0] == {
        "a": "nearly constant",
        "b": "mostly missing",
    }


def test_lists_are_left_alone_and_one_row_is_no_constant():
    assert columns({"vector": [[1.0], [1.0]]})[0] == {}
    assert columns({"a": [1]})[0] == {}
