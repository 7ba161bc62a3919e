from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from labelwright.audit import explain_issues, find_label_issues
from labelwright.core.errors import DataError
from labelwright.retrieval import NeighbourGraph, exact_duplicates

CLASSES = ["ham", "spam"]
LABELS = ["spam"] * 4 + ["ham"] * 4 + ["spam"] + ["ham"]
PROBABILITIES = np.array([[0.1, 0.9]] * 4 + [[0.9, 0.1]] * 4 + [[0.95, 0.05]] + [[0.2, 0.8]])
FEATURES = np.array([[0.0], [0.1], [0.2], [0.3], [5.0], [5.1], [5.2], [5.4], [5.35], [2.7]])


@pytest.fixture
def issues():
    found = find_label_issues(LABELS, PROBABILITIES, classes=CLASSES, method="predicted_neq_given")
    assert found.index.tolist() == [8, 9]
    return found


def explain(issues, **sources):
    return explain_issues(issues, LABELS, classes=CLASSES, **sources)


def test_neighbours_that_agree_are_counted_and_the_nearest_named(issues):
    graph = NeighbourGraph.build(FEATURES, k=4)
    explained = explain(issues, graph=graph)
    assert explained.kinds.tolist() == ["neighbours disagree", "model disagrees"]
    assert explained.why[0] == (
        "4 of 4 nearest records are labelled 'ham' (nearest: 7, 6; distance 0.05)"
    )
    # Two of its four neighbours are spam, which is not more than half.
    assert explained.evidence["n_agreeing"].tolist() == [4, 2]
    assert explained.evidence["neighbours"].tolist()[1] == [3, 2, None, None]
    assert explained.notes == ()


def test_similarity_is_told_where_the_metric_is_cosine(issues):
    wide = np.column_stack([FEATURES, FEATURES**2, FEATURES**3, np.ones(10)])
    explained = explain(issues, graph=NeighbourGraph.build(wide, k=3), ids=list("abcdefghij"))
    assert explained.why[0].startswith("3 of 3 nearest records are labelled 'ham' (nearest: h, ")
    assert "similarity 1.00" in explained.why[0]
    assert explained.evidence["item"].tolist() == ["i", "j"]


def test_more_votes_for_the_suggestion_speak_against_the_label(issues):
    counts = np.zeros((10, 2), dtype=int)
    counts[8], counts[9] = (4, 1), (2, 2)
    explained = explain(issues, vote_counts=counts)
    assert explained.kinds.tolist() == ["votes against", "model disagrees"]
    assert explained.why[0] == "4 of 5 votes say 'ham'"
    assert "no reason comes from neighbours" in explained.notes[0]


def test_an_identical_record_with_another_label_is_the_strongest_reason(issues):
    texts = ["one", "two", "three", "four", "five", "six", "seven", "eight", "Five ", "nine"]
    explained = explain(
        issues,
        duplicates=exact_duplicates(texts),
        vote_counts=np.tile([4, 1], (10, 1)),
        graph=NeighbourGraph.build(FEATURES, k=4),
    )
    assert explained.kinds.tolist() == ["conflicting duplicate", "model disagrees"]
    assert explained.why[0] == "an identical record, 4, is labelled 'ham'"
    assert explained.evidence["duplicate"].tolist() == [4, None]
    assert explained.evidence["votes_suggested"].tolist() == [4, 1]


def test_records_without_a_label_are_no_reason(issues):
    labels = [None if at in (4, 5) else label for at, label in enumerate(LABELS)]
    explained = explain_issues(
        issues,
        labels,
        classes=CLASSES,
        duplicates=[np.array([4, 8])],
        graph=NeighbourGraph.build(FEATURES, k=4),
    )
    assert explained.evidence["duplicate"].tolist() == [None, None]
    assert explained.evidence["n_agreeing"].tolist() == [2, 2]
    assert explained.kinds.tolist() == ["model disagrees"] * 2


def test_of_several_identical_records_one_with_the_suggested_label_is_named():
    labels = [1, 2, 0, 0, 1, 2, 2, 1]
    probabilities = np.full((8, 3), 0.1) + 0.7 * np.eye(3)[[0, 2, 0, 0, 1, 2, 2, 1]]
    issues = find_label_issues(labels, probabilities, method="predicted_neq_given")
    explained = explain_issues(issues, labels, duplicates=[np.array([0, 1, 2, 3])])
    assert explained.why == ["an identical record, 2, is labelled 0"]


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array])
def test_words_are_those_of_most_weight_for_the_suggestion(issues, form):
    counts = np.zeros((10, 5))
    counts[8] = [1, 2, 0, 1, 1]
    coefficients = np.array([[0.5, 1.0, 9.0, -1.0, 0.25], [0.0, 0.0, 0.0, 0.0, 0.0]])
    explained = explain(
        issues,
        features=form(counts),
        coefficients=coefficients,
        feature_names=["meeting", "regards", "unused", "winner", "monday"],
    )
    assert explained.evidence["words"].tolist() == [
        ["regards", "meeting", "monday"],
        [None, None, None],
    ]
    assert explained.why[0].endswith("'regards', 'meeting' and 'monday' speak for 'ham'")
    assert explained.why[1] == "the model gives 'spam' 0.80 and the given label 'ham' 0.20"


def test_nothing_to_explain_stays_nothing(issues):
    none = explain(
        issues.head(0),
        graph=NeighbourGraph.build(FEATURES),
        vote_counts=np.ones((10, 2)),
        duplicates=[np.array([0, 1])],
    )
    assert (len(none), none.why, none.to_table().height) == (0, [], 0)


def test_what_does_not_fit_is_named(issues):
    with pytest.raises(DataError, match="labels has 3 rows and 10 were audited"):
        explain_issues(issues, LABELS[:3], classes=CLASSES)
    with pytest.raises(DataError, match="graph has 4"):
        explain(issues, graph=NeighbourGraph.build(FEATURES[:4]))
    with pytest.raises(DataError, match=r"vote_counts has shape \(10, 1\)"):
        explain(issues, vote_counts=np.ones((10, 1)))
    with pytest.raises(DataError, match="1 features do not go with 2 names"):
        explain(issues, features=FEATURES, coefficients=np.ones((2, 1)), feature_names=["a", "b"])
