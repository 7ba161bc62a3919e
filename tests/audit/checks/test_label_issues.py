from __future__ import annotations

import numpy as np
import pytest

from labelwright.audit import audit, find_label_issues, label_quality
from labelwright.audit.checks import LabelIssueCheck
from labelwright.core.errors import ParameterError
from labelwright.core.votes import Votes
from tests.audit._worlds import noisy

LABELS, PROBABILITIES, WRONG = noisy(400, 3, seed=1)


def test_the_issues_are_those_of_confident_learning():
    found = audit(LABELS, probabilities=PROBABILITIES)["label_issues"]
    issues = find_label_issues(LABELS, PROBABILITIES)
    np.testing.assert_array_equal(found.subject, issues.index)
    np.testing.assert_array_equal(found.item_scores, label_quality(LABELS, PROBABILITIES))
    assert found.why == issues.why
    assert found.score == 1 - len(issues) / 400
    assert WRONG[found.subject].mean() > 0.8


def test_items_without_a_label_are_left_out_and_rows_keep_their_numbers():
    labels = np.where(np.arange(400) % 4 == 0, -1, LABELS)
    found = audit(labels, probabilities=PROBABILITIES)["label_issues"]
    kept = np.flatnonzero(labels >= 0)
    issues = find_label_issues(labels[kept], PROBABILITIES[kept])
    np.testing.assert_array_equal(found.subject, kept[issues.index])
    assert np.isnan(found.item_scores[labels < 0]).all()


def test_neighbours_votes_and_duplicates_give_reasons():
    names = np.array(["a", "b", "c"])
    rng = np.random.default_rng(0)
    suggested = PROBABILITIES.argmax(axis=1)
    texts = [f"record {row}" for row in range(400)]
    worst = int(find_label_issues(LABELS, PROBABILITIES).index[0])
    twin = int(np.flatnonzero((suggested[worst] == LABELS) & (np.arange(400) != worst))[0])
    texts[twin] = texts[worst]
    votes = Votes.from_wide(
        {"one": names[suggested], "two": names[suggested]}, votes=["one", "two"]
    )
    found = audit(
        names[LABELS],
        probabilities=PROBABILITIES,
        classes=names.tolist(),
        features=rng.normal(size=(400, 4)),
        texts=texts,
        votes=votes,
        ids=[f"r{row}" for row in range(400)],
    )["label_issues"]
    by_item = dict(zip(found.subject.tolist(), found.why, strict=True))
    label = str(names[suggested[worst]])
    assert by_item[worst] == f"an identical record, r{twin}, is labelled {label!r}"
    assert set(found.kinds.tolist()) >= {"conflicting duplicate", "votes against"}


def test_another_rule_can_be_chosen():
    check = LabelIssueCheck("predicted_neq_given")
    found = audit(LABELS, probabilities=PROBABILITIES, checks=[check])["label_issues"]
    assert len(found) == (PROBABILITIES.argmax(axis=1) != LABELS).sum()
    with pytest.raises(ParameterError, match=r"LabelIssueCheck\(method='best'\) is not accepted"):
        audit(LABELS, probabilities=PROBABILITIES, checks=[LabelIssueCheck("best")])
