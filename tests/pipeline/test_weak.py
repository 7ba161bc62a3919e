from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from labelwright import Votes
from labelwright.aggregation import DawidSkene, LabelModel, MajorityVote
from labelwright.core.errors import DataError, ParameterError
from labelwright.features import TextFeatures
from labelwright.learning import LabelClassifier
from labelwright.pipeline import WeakSupervision
from labelwright.testing import check_part

RNG = np.random.default_rng(0)
N = 300
X = RNG.normal(size=(N, 3))
TRUTH = (X[:, 0] > 0).astype(int)
MATRIX = np.where(RNG.random((N, 5)) < 0.8, TRUTH[:, None], 1 - TRUTH[:, None])
MATRIX[RNG.random((N, 5)) < 0.4] = -1
MATRIX[:30] = -1
VOTES = Votes.from_matrix(MATRIX, classes=["ham", "spam"])
COVERED = np.flatnonzero((MATRIX >= 0).any(axis=1))


def test_it_is_the_label_model_and_then_the_classifier_on_rows_with_a_vote():
    weak = WeakSupervision().fit(X, VOTES)
    belief = LabelModel().fit(VOTES).posterior_[COVERED]
    by_hand = LabelClassifier().fit(X[COVERED], belief)
    np.testing.assert_allclose(weak.predict_proba(X), by_hand.predict_proba(X))
    assert (weak.predict(X) == np.array(["ham", "spam"])[TRUTH]).mean() > 0.9


def test_a_model_of_hard_labels_learns_the_most_probable_class():
    weak = WeakSupervision(label_model=DawidSkene(), end_model=LogisticRegression())
    weak.fit(X, VOTES)
    codes = DawidSkene().fit(VOTES).posterior_[COVERED].argmax(axis=1)
    by_hand = LogisticRegression().fit(X[COVERED], codes)
    np.testing.assert_allclose(weak.predict_proba(X), by_hand.predict_proba(X))


def test_gold_judges_the_rules_and_is_not_learnt_from():
    gold = np.array(["spam", "ham"])[TRUTH].tolist()
    blind, told = (WeakSupervision().fit(X, VOTES, given) for given in (None, gold))
    np.testing.assert_array_equal(blind.predict_proba(X), told.predict_proba(X))
    assert (told.report.accuracy < 0.3).all()
    assert any("less often than by chance" in sentence for sentence in told.findings())
    assert "No rule voted on 3" in blind.findings()[0]


def test_a_class_that_no_record_got_is_said_and_never_predicted():
    votes = Votes.from_matrix(MATRIX, classes=["ham", "spam", "other"])
    weak = WeakSupervision(label_model=MajorityVote(), end_model=LogisticRegression())
    weak.fit(X, votes)
    assert weak.predict_proba(X).shape == (N, 3)
    assert (weak.predict_proba(X)[:, 2] == 0).all()
    assert "No record is labelled other." in weak.findings()


def test_parts_of_the_user_stay_unfitted_and_files_keep_the_fitted(tmp_path):
    features, model = TextFeatures(), MajorityVote()
    words = np.array(["win cash", "see you"])[1 - TRUTH].tolist()
    records = {"text": [f"{text} {place % 7}" for place, text in enumerate(words)]}
    weak = WeakSupervision(label_model=model, features=features).fit(records, VOTES)
    assert not features._state()
    assert not model._state()
    kept = WeakSupervision.load(weak.save(tmp_path / "weak"))
    asked = {"text": ["cash", "you"]}
    assert kept.predict(asked).tolist() == weak.predict(asked).tolist() == ["spam", "ham"]


def test_the_part_keeps_the_contract_and_bad_input_is_refused():
    check_part(WeakSupervision())
    with pytest.raises(DataError, match="records has 299 rows and items has 300"):
        WeakSupervision().fit(X[1:], VOTES)
    with pytest.raises(DataError, match="No rule voted on any record"):
        WeakSupervision().fit(X[:30], VOTES.select(items=range(30)))
    with pytest.raises(ParameterError, match="votes is Votes"):
        WeakSupervision().fit(X, MATRIX)
    with pytest.raises(ParameterError, match="end_model"):
        WeakSupervision(end_model="logistic").fit(X, VOTES)
