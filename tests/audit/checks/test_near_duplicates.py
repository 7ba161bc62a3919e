from __future__ import annotations

import numpy as np
import pytest

from labelwright.audit import audit, find_conflicting_duplicates
from labelwright.audit.checks.near_duplicates import closeness_scores
from labelwright.retrieval import NeighbourGraph, near_duplicates

RNG = np.random.default_rng(3)
FEATURES = RNG.normal(size=(120, 6))
FEATURES[100:110] = FEATURES[:10]
FEATURES[110:115] = FEATURES[10:15] + RNG.normal(scale=1e-4, size=(5, 6))
LABELS = np.r_[np.zeros(100), np.ones(5), np.zeros(15)].astype(int)


def duplicates(**given):
    return audit(checks=["near_duplicates"], **given)["near_duplicates"]


def test_sets_are_those_of_retrieval_and_scores_fall_to_zero():
    found = duplicates(features=FEATURES)
    graph = NeighbourGraph.build(FEATURES)
    sets = [members.tolist() for members in near_duplicates(graph)]
    by_set = {}
    for row, code in zip(found.subject.tolist(), found.evidence["set"].tolist(), strict=True):
        by_set.setdefault(code, []).append(row)
    assert sorted(map(sorted, by_set.values())) == sorted(sets)
    assert len(sets) == 15
    np.testing.assert_allclose(found.item_scores, closeness_scores(graph), atol=1e-12)
    assert found.score == 1 - 30 / 120


def test_kinds_tell_exact_from_near_and_conflicts_from_mere_copies():
    found = duplicates(labels=LABELS, features=FEATURES)
    kinds = dict(zip(found.subject.tolist(), found.kinds.tolist(), strict=True))
    assert {kinds[row] for row in (0, 4, 100, 104)} == {"conflicting duplicate"}
    assert {kinds[row] for row in (5, 9, 105, 109)} == {"duplicate"}
    assert {kinds[row] for row in (10, 14, 110, 114)} == {"near duplicate"}
    assert set(found.subject[:10]) == {*range(5), *range(100, 105)}
    conflicts = find_conflicting_duplicates(LABELS, [[row, 100 + row] for row in range(10)])
    first = found.head(10)
    assert first.evidence["suggested"].tolist() == [1 - LABELS[row] for row in first.subject]
    assert set(conflicts.index.tolist()) == set(first.subject.tolist())


def test_texts_alone_give_exact_duplicates_up_to_case_and_space():
    texts = ["Hello there", "other", "hello  THERE", None, None, "  ", "third"]
    found = duplicates(texts=texts, labels=["a", "a", "b", "a", "b", "b", None])
    assert found.subject.tolist() == [0, 2]
    assert found.why == [
        "an identical record, 2, is labelled 'b'",
        "an identical record, 0, is labelled 'a'",
    ]
    assert found.item_scores.tolist() == [0, 1, 0, 1, 1, 1, 1]


def test_texts_and_features_join_into_one_set():
    features = np.array([[0.0], [0.0], [5.0], [9.0], [14.0], [20.0]])
    found = duplicates(features=features, texts=["a", "b", "b", "c", "d", "e"])
    assert sorted(found.subject.tolist()) == [0, 1, 2]
    assert found.evidence["set_size"].tolist() == [3, 3, 3]
    assert dict(zip(found.subject.tolist(), found.kinds.tolist(), strict=True)) == {
        0: "near duplicate",
        1: "duplicate",
        2: "duplicate",
    }


def test_rows_of_missing_numbers_are_no_duplicates():
    features = np.full((6, 2), np.nan)
    features[:2] = 1.0
    assert duplicates(features=features).subject.tolist() == [0, 1]


@pytest.mark.parametrize("labels", [None, [-1, -1, 0]])
def test_records_without_labels_are_in_no_conflict(labels):
    found = duplicates(texts=["a", "a", "b"], labels=labels)
    assert found.kinds.tolist() == ["duplicate", "duplicate"]
    assert found.why == [
        "it is the same as record 1 (2 records in the set)",
        "it is the same as record 0 (2 records in the set)",
    ]
