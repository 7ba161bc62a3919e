from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwright.audit import (
    _blocks,
    _largest,
    confident_joint,
    confident_thresholds,
    find_label_issues,
)
from labelwright.audit._counting import round_rows
from labelwright.audit._filters import PLAIN_RULES, QUOTA_RULES
from labelwright.core.errors import DataError, DataWarning, ParameterError, SpaceError

from ._worlds import noisy

RULES = (*QUOTA_RULES, *PLAIN_RULES)


def joint_by_its_definition(labels, probabilities):
    """Row by row: the confident classes, of several the most probable; then scaled, not rounded."""
    k = probabilities.shape[1]
    limits = [probabilities[labels == j, j].mean() for j in range(k)]
    joint = np.zeros((k, k))
    for row, label in zip(probabilities, labels, strict=True):
        confident = [j for j in range(k) if row[j] >= limits[j] - 1e-6]
        if confident:
            joint[label, confident[0] if len(confident) == 1 else row.argmax()] += 1
    np.fill_diagonal(joint, np.maximum(joint.diagonal(), 1))
    return joint / joint.sum(axis=1, keepdims=True) * np.bincount(labels)[:, None]


@pytest.mark.parametrize("seed", range(5))
def test_joint_is_its_definition_rounded_with_row_totals_kept(seed):
    labels, probabilities, _ = noisy(seed=seed)
    joint = confident_joint(labels, probabilities)
    assert np.abs(joint - joint_by_its_definition(labels, probabilities)).max() < 1
    np.testing.assert_array_equal(joint.sum(axis=1), np.bincount(labels))


def test_finds_planted_errors():
    labels, probabilities, flipped = noisy(n=3000)
    found = np.zeros(3000, dtype=bool)
    found[find_label_issues(labels, probabilities).index] = True
    assert flipped[found].mean() > 0.9
    assert found[flipped].mean() > 0.9


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_lists_worst_first_and_suggests_another_label(rule):
    labels, probabilities, _ = noisy()
    issues = find_label_issues(labels, probabilities, method=rule)
    assert len(issues) > 10
    assert (np.diff(issues.quality) >= 0).all()
    np.testing.assert_array_equal(issues.given, labels[issues.index])
    assert (issues.suggested != issues.given).all()
    np.testing.assert_array_equal(issues.quality, probabilities[issues.index, issues.given])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_blocks_and_layout_change_nothing(rule, dtype, monkeypatch):
    labels, probabilities, _ = noisy()
    probabilities = probabilities.astype(dtype)
    whole = find_label_issues(labels, probabilities, method=rule)
    monkeypatch.setattr(_blocks, "BLOCK_BYTES", 100)
    monkeypatch.setattr("labelwright.audit._filters.GATHER_BYTES", 100)
    monkeypatch.setattr(_largest, "NARROW", 0)
    parts = find_label_issues(labels, np.asfortranarray(probabilities), method=rule)
    np.testing.assert_array_equal(whole.index, parts.index)
    np.testing.assert_array_equal(whole.quality, parts.quality)


@pytest.mark.parametrize("rule", RULES)
def test_many_classes_take_the_other_way_to_the_same_marks(rule, monkeypatch):
    labels, probabilities, _ = noisy(n=900, k=30)
    sparse = find_label_issues(labels, probabilities, method=rule)
    padded = np.hstack([probabilities, np.zeros((900, 300))])
    np.testing.assert_array_equal(
        sparse.index, find_label_issues(labels, padded, method=rule).index
    )


def test_a_memory_mapped_file_is_read(tmp_path):
    labels, probabilities, _ = noisy()
    np.save(tmp_path / "p.npy", probabilities)
    mapped = np.load(tmp_path / "p.npy", mmap_mode="r")
    expected = find_label_issues(labels, probabilities).index
    np.testing.assert_array_equal(find_label_issues(labels, mapped).index, expected)


def test_a_fraction_and_a_minimum_mark_fewer():
    labels, probabilities, _ = noisy()
    everything = find_label_issues(labels, probabilities, method="prune_by_class")
    half = find_label_issues(labels, probabilities, method="prune_by_class", noise_fraction=0.5)
    assert set(half.index) < set(everything.index)
    n = int(np.bincount(labels).max())
    assert len(find_label_issues(labels, probabilities, min_per_class=n)) == 0
    assert len(find_label_issues(labels, probabilities, noise_fraction=0)) == 0


@pytest.mark.parametrize("rule", ["prune_by_class", "prune_by_noise_rate"])
def test_marks_no_more_of_each_class_than_asked(rule):
    labels, probabilities, _ = noisy()
    wanted = np.array([3, 0, 5, 1])
    issues = find_label_issues(labels, probabilities, method=rule, remove_per_class=wanted)
    marked = np.bincount(issues.given, minlength=4)
    assert (marked <= wanted).all()
    assert marked.sum() >= 5


def test_a_class_without_rows_is_never_confident_and_breaks_nothing():
    labels, probabilities, _ = noisy()
    kept = labels != 2
    assert confident_thresholds(labels[kept], probabilities[kept])[2] == 2
    joint = confident_joint(labels[kept], probabilities[kept])
    assert joint[:, 2].sum() == joint[2].sum() == 0
    for rule in RULES:
        find_label_issues(labels[kept], probabilities[kept], method=rule)


def test_one_class_one_row_and_one_column_have_no_issues():
    assert len(find_label_issues([0, 0, 0], [[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]])) == 0
    assert len(find_label_issues([1], [[0.9, 0.1]])) == 0
    for rule in RULES:
        with pytest.warns(DataWarning, match="above 0.999"):
            assert len(find_label_issues([0, 0], [[1.0], [1.0]], method=rule)) == 0


def test_a_label_of_one_item_is_noted_and_not_marked():
    labels = [0, 0, 0, 1, 1, 1, 2]
    probabilities = np.eye(3)[[0, 0, 0, 1, 1, 1, 0]] * 0.9 + 0.1 / 3
    issues = find_label_issues(labels, probabilities, classes=None)
    assert 6 not in issues.index
    assert issues.notes == ("Labels that only one item has are never marked: 2.",)


def test_probabilities_that_have_seen_the_labels_are_suspected():
    with pytest.warns(DataWarning, match="out-of-sample"):
        issues = find_label_issues([0, 1, 0, 1], np.eye(2)[[0, 1, 0, 1]])
    assert "seen them in training" in issues.notes[0]


def test_labels_by_name_are_as_codes():
    labels, probabilities, _ = noisy(k=3)
    names = np.array(["b", "a", "ä c"])
    by_code = find_label_issues(labels, probabilities)
    for given_labels in (names[labels], names[labels].tolist(), labels):
        by_name = find_label_issues(given_labels, probabilities, classes=names.tolist())
        np.testing.assert_array_equal(by_name.index, by_code.index)
        np.testing.assert_array_equal(by_name.suggested, names[by_code.suggested])


def test_whole_numbers_as_classes_are_looked_up():
    labels, probabilities, _ = noisy(k=3)
    issues = find_label_issues(labels + 1, probabilities, classes=[1, 2, 3])
    np.testing.assert_array_equal(issues.given, labels[issues.index] + 1)


TWO = [[0.9, 0.1], [0.2, 0.8]]


@pytest.mark.parametrize(
    ("labels", "probabilities", "classes", "message"),
    [
        ([], np.empty((0, 2)), None, "There are no items"),
        ([0, 1, 1], TWO, None, "labels has 3 rows and probabilities has 2"),
        ([0, 2], TWO, None, r"labels\[1\] = 2 is no class"),
        ([0, -1], TWO, None, r"labels\[1\] = -1 is no class"),
        (["ham", "spam"], TWO, None, "labels together with classes="),
        (["ham", None], TWO, ["ham", "spam"], r"labels\[1\] is missing"),
        (["ham", "spam"], TWO, ["a", "b", "c"], "3 classes and 2 columns"),
        ([0, 1], [[0.9, 0.1], [np.nan, 0.8]], None, r"probabilities\[1, 0\] = nan is missing"),
        ([0, 1], [[0.9, 0.1], [-0.2, 1.2]], None, r"probabilities\[1, 0\] = -0.2 lies outside"),
        ([0, 1], [[0.9, 0.1], [3.0, 1.0]], None, r"probabilities\[1, 0\] = 3.0 lies outside"),
        ([0, 1], [[0.9, 0.1], [0.5, 0.4]], None, "Row 1 of probabilities sums to 0.9"),
        ([0, 1], [0.9, 0.1], None, "a row an item"),
        ([0, 1], 0.5, None, "a row an item"),
        ([0, 1], [["a", "b"], ["c", "d"]], None, "a row an item"),
    ],
)
def test_bad_data_is_named(labels, probabilities, classes, message):
    with pytest.raises(DataError, match=message):
        find_label_issues(labels, probabilities, classes=classes)


def test_a_label_outside_the_classes_is_named():
    with pytest.raises(SpaceError, match=r"'spma' is no class.*Did you mean 'spam'"):
        find_label_issues(["ham", "spma"], TWO, classes=["ham", "spam"])


def test_a_bad_row_far_down_is_named_by_its_own_number(monkeypatch):
    monkeypatch.setattr(_blocks, "BLOCK_BYTES", 64)
    labels, probabilities, _ = noisy()
    probabilities[417] *= 0.5
    with pytest.raises(DataError, match="Row 417 of probabilities"):
        find_label_issues(labels, probabilities)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "prune_by_clas"}, "Did you mean 'prune_by_class'"),
        ({"rank_by": "margin"}, "no rank_by 'margin'"),
        ({"rank_by": "confidence_weighted_entropy", "adjust": True}, "adjust does not go with"),
        ({"noise_fraction": 1.5}, "at most 1"),
        ({"min_per_class": -1}, "0 or more"),
        ({"method": "confident_learning", "noise_fraction": 0.5}, "do not go with"),
        ({"method": "both", "remove_per_class": [1]}, "for each of the 2 classes"),
        ({"remove_per_class": [2, 0]}, r"remove_per_class\[0\] = 2, and 1 rows"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(ParameterError, match=message):
        find_label_issues([0, 1], TWO, **arguments)


@given(
    st.lists(
        st.lists(st.floats(0, 1e6), min_size=5, max_size=5),
        min_size=1,
        max_size=6,
    )
)
def test_rounding_moves_entries_by_less_than_one_and_keeps_row_totals(rows):
    table = np.array(rows)
    whole = round_rows(table)
    np.testing.assert_array_equal(whole.sum(axis=1), np.round(table.sum(axis=1)))
    assert np.abs(whole - table).max() <= 1.5


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=30),
    st.data(),
)
def test_largest_is_a_stable_sort_cut_off(values, data):
    wanted = data.draw(st.integers(1, len(values)))
    array = np.array(values, dtype=float)
    expected = np.sort(np.argsort(-array, kind="stable")[:wanted])
    marked = _largest.largest(array[None], np.array([wanted]))[0]
    np.testing.assert_array_equal(np.flatnonzero(marked), expected)


def test_where_the_model_agrees_the_second_best_label_is_suggested():
    labels = [0, 0, 0, 1, 1, 2]
    probabilities = [
        [0.7, 0.2, 0.1],
        [0.4, 0.6, 0.0],
        [0.34, 0.32, 0.34],
        [0.3, 0.6, 0.1],
        [0.3, 0.6, 0.1],
        [0.1, 0.1, 0.8],
    ]
    issues = find_label_issues(labels, probabilities, method="low_self_confidence")
    assert (issues.index.tolist(), issues.suggested.tolist()) == ([2], [2])
    assert issues.evidence["p_suggested"].tolist() == [0.34]
