from __future__ import annotations

import numpy as np
import pytest

from labelwright.audit import audit
from labelwright.audit.checks import SpuriousCorrelationCheck
from labelwright.audit.checks.spurious_correlations import predict_by_value

RNG = np.random.default_rng(0)
LABELS = RNG.integers(3, size=900)


def spurious(labels=LABELS, check="spurious_correlations", **given):
    return audit(labels, checks=[check], **given)["spurious_correlations"]


def test_a_copy_of_the_label_scores_zero_and_noise_one():
    folds = np.arange(900) % 5
    copy = predict_by_value(LABELS, LABELS, folds)
    assert (copy.right, copy.score) == (900, 0)
    assert copy.p < 1e-100
    constant = predict_by_value(np.zeros(900, dtype=int), LABELS, folds)
    assert (constant.right, constant.score, constant.p) == (constant.majority, 1, 1)
    once = predict_by_value(np.arange(900), LABELS, folds)
    assert (once.score, once.p) == (1, 1)


def test_prediction_is_that_of_a_loop_over_folds():
    codes, labels = RNG.integers(4, size=200), RNG.integers(2, size=200)
    folds = RNG.integers(5, size=200)
    right = 0
    for fold in range(5):
        training, held = folds != fold, folds == fold
        most = np.bincount(labels[training]).argmax()
        for code in range(4):
            counts = np.bincount(labels[training & (codes == code)], minlength=2)
            guess = most if counts[0] == counts[1] else counts.argmax()
            right += (labels[held & (codes == code)] == guess).sum()
    assert predict_by_value(codes, labels, folds).right == right


def test_text_properties_that_tell_the_label_are_found():
    words = np.array(["word ", "Word! ", "word 12345 "])
    times = RNG.integers(3, 9, size=900)
    found = spurious(texts=[str(words[code]) * times[row] for row, code in enumerate(LABELS)])
    # Capitals and marks tell the second class from the others, digits the third.
    shares = {f"share of {what}" for what in ("digits", "capital letters", "punctuation")}
    assert shares <= set(found.subject)
    assert found.why[0].startswith("alone it predicts ")
    longer = spurious(texts=["x " * (5 * code + times[row]) for row, code in enumerate(LABELS)])
    assert "length in words" in longer.subject


def test_a_column_that_gives_the_label_away_is_called_so():
    half = np.where(RNG.random(900) < 0.5, LABELS, RNG.integers(3, size=900))
    table = {
        "source": np.array(["a", "b", "c"])[LABELS],
        "half": half,
        "price": RNG.normal(size=900),
    }
    found = spurious(table=table)
    assert found.subject.tolist() == ["source", "half"]
    assert found.kinds.tolist() == ["gives the label away", "column"]
    assert found.score == 0


def test_noise_raises_no_alarm():
    alarms = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        labels = rng.choice(3, size=300, p=[0.6, 0.3, 0.1])
        table = {f"c{i}": rng.integers(2 + 3 * i, size=300) for i in range(5)}
        check = SpuriousCorrelationCheck(gain=0)
        alarms += len(spurious(labels, check, table=table | {"x": rng.normal(size=300)})) > 0
    assert alarms <= 2


def test_groups_do_not_cross_folds_and_count_once():
    alarms = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        groups = np.repeat(np.arange(90), 10)
        labels = np.repeat(rng.integers(2, size=90), 10)
        table = {"customer": groups, "postcode": np.repeat(rng.integers(500, size=90), 10)}
        assert "customer" in spurious(labels, table=table).subject
        check = SpuriousCorrelationCheck(gain=0)
        alarms += len(spurious(labels, check, table=table, groups=groups)) > 0
    assert alarms <= 2


def test_what_cannot_be_judged_is_said():
    for given, reason in (
        ({"labels": [1] * 9, "table": {"a": list(range(9))}}, "all labels are the same"),
        (
            {"labels": [0, 1] * 4, "table": {"a": list("abcdefgh")}},
            "no column holds numbers or values that repeat",
        ),
    ):
        said = audit(**given, checks=["spurious_correlations"])
        assert said.not_run == {"spurious_correlations": reason}


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_missing_is_a_value_of_its_own(missing):
    values = [missing if code == 2 else 0.5 for code in LABELS]
    assert spurious(table={"x": values}).subject.tolist() == ["x"]
