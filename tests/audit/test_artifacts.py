"""Words and lengths that go with a label."""

from __future__ import annotations

import numpy as np
import pytest

from labelwright.audit import artifact_table, length_artifacts
from labelwright.core.errors import DataError, ParameterError

TEXTS = ["not a dog", "a dog", "not a cat", "a cat", "a cat not not", ""]
LABELS = ["no", "yes", "no", "yes", "yes", "no"]


def test_pmi_is_that_of_a_table_by_hand():
    found = artifact_table(TEXTS, LABELS, smoothing=2, min_items=1)
    # Items that hold each word, of the classes no and yes.
    counts = {"a": (2, 3), "cat": (1, 2), "dog": (1, 1), "not": (2, 1)}
    smoothed = {word: np.array(pair) + 2.0 for word, pair in counts.items()}
    total = sum(pair.sum() for pair in smoothed.values())
    of_class = sum(smoothed.values()) / total
    for word, name, pmi, n, share in zip(
        found.words, found.classes, found.pmi, found.n, found.share, strict=True
    ):
        code = ("no", "yes").index(name)
        joint = smoothed[word][code] / total
        expected = np.log(joint / (smoothed[word].sum() / total * of_class[code]))
        assert pmi == pytest.approx(expected)
        assert n == counts[word][code]
        assert share == counts[word][code] / 3
    assert (np.diff(found.pmi) <= 0).all()
    assert found.of_class("no")[0] == "not"
    assert found.to_table().filter(word="not")["list"].to_list() == ["negation"] * 2


def test_independent_words_have_no_information_without_smoothing():
    texts = ["x"] * 6 + [""] * 2 + ["x y"] * 6 + ["y"] * 2 + ["z"] * 4 + ["z"] * 4
    labels = ([0, 1] * 4) + ([0, 1] * 4) + [0] * 4 + [1] * 4
    found = artifact_table(texts, labels, smoothing=0, min_items=1)
    np.testing.assert_allclose(found.pmi, 0, atol=1e-12)


def test_smoothing_lets_frequent_words_lead():
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=2000)
    texts = [("often " if label and rng.random() < 0.5 else "") + "word" for label in labels]
    rare = int(np.flatnonzero(labels == 1)[0])
    texts[rare] += " once"
    assert artifact_table(texts, labels, min_items=1).of_class(1)[0] == "often"
    unsmoothed = artifact_table(texts, labels, smoothing=0, min_items=1)
    assert set(unsmoothed.of_class(1)[:2]) == {"often", "once"}


def test_words_in_few_items_items_without_label_and_no_words_at_all():
    assert artifact_table(TEXTS, LABELS, min_items=6).to_table().height == 0
    assert "dog" not in artifact_table(TEXTS, [None, None, *LABELS[2:]], min_items=1).words
    assert artifact_table(["", None, "!"], [0, 1, 1]).to_table().height == 0


def test_length_alone_predicts_where_classes_differ_in_it():
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=400)
    texts = ["word " * int(rng.integers(3, 8) + 4 * label) for label in labels]
    found = length_artifacts(texts, [("short", "long")[label] for label in labels])
    assert found.classes.tolist() == ["long", "short"]
    assert found.median.tolist() == [9, 5]
    assert found.low < found.accuracy < found.high
    assert found.accuracy > 0.85
    assert (found.p < 1e-6).all()
    assert found.p_accuracy < 1e-6
    # Two classes: each is the others of the other.
    assert found.statistic[0] == found.statistic[1]
    assert found.to_table()["n"].to_list() == [int(labels.sum()), int(400 - labels.sum())]


def test_the_difference_of_two_texts_is_looked_at():
    rng = np.random.default_rng(0)
    one = ["word " * n for n in rng.integers(1, 40, size=300)]
    other = ["word " * n for n in rng.integers(1, 40, size=300)]
    longer = [int(a.count(" ") > b.count(" ")) for a, b in zip(one, other, strict=True)]
    alone = length_artifacts(one, longer)
    both = length_artifacts(one, longer, against=other)
    assert both.accuracy > 0.95 > alone.accuracy
    assert both.median[0] < 0 < both.median[1]


def test_equal_lengths_tell_nothing():
    found = length_artifacts(["a b"] * 40, [0, 1] * 20, groups=np.arange(40) // 2)
    assert (found.accuracy, found.p_accuracy) == (found.majority, 1)
    assert found.statistic.tolist() == [0, 0]


def test_bad_input_is_refused():
    with pytest.raises(DataError, match="no two classes"):
        artifact_table(["a"], ["x"])
    with pytest.raises(DataError, match="texts has 1 rows and labels has 2"):
        artifact_table(["a"], ["x", "y"])
    with pytest.raises(ParameterError, match="smoothing=-1"):
        artifact_table(TEXTS, LABELS, smoothing=-1)
    with pytest.raises(ParameterError, match="n_folds=1"):
        length_artifacts(TEXTS, LABELS, n_folds=1)
