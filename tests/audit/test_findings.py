from __future__ import annotations

import numpy as np

from labelwright.audit import Findings


def findings(n=3, **fields):
    return Findings.worst_first(
        check="own",
        of="item",
        subject=np.arange(10, 10 + n),
        scores=[0.9, 0.1, 0.1][:n],
        kinds="odd",
        reason=lambda facts: f"{facts['item']} is {facts['kind']} like {facts['near'][0]}",
        score=0.5,
        evidence={
            "near": np.arange(2 * n).reshape(n, 2),
            "suggested": np.array(["a", None, "b"][:n], dtype=object),
            "given": np.array(["x", "y", "z"][:n]),
        },
        **fields,
    )


def test_the_worst_come_first_and_equal_ones_keep_their_order():
    found = findings()
    assert found.subject.tolist() == [11, 12, 10]
    assert found.evidence["given"].tolist() == ["y", "z", "x"]
    assert found.why == ["11 is odd like 2", "12 is odd like 4", "10 is odd like 0"]
    assert (len(found), len(found.head(1)), found.head(1).why) == (3, 1, ["11 is odd like 2"])


def test_the_table_has_labels_before_the_reason_and_one_value_a_cell():
    table = findings().to_table()
    assert table.columns == ["item", "score", "given", "suggested", "kind", "why", "near"]
    assert table["near"].to_list() == ["2, 3", "4, 5", "0, 1"]
    assert table["suggested"].to_list() == [None, "b", "a"]


def test_plain_values_leave_out_the_scores_of_all_items():
    plain = findings(item_scores=np.ones(1000), notes=("so it is",)).to_dict()
    assert plain["kind"] == "findings"
    assert plain["subject"] == [11, 12, 10]
    assert plain["notes"] == ["so it is"]
    assert not {"item_scores", "reason", "frame"} & plain.keys()


def test_nothing_found_is_an_empty_table_with_all_columns():
    empty = findings(0)
    assert (empty.to_table().height, empty.to_table().width, empty.why) == (0, 7, [])
