"""Labels that a part of the input gives away, and the items that it does not."""

from __future__ import annotations

import numpy as np
import pytest

from labelwright.audit import hard_subset, partial_input_baseline
from labelwright.core.errors import DataError, ParameterError

WORDS = [
    "river",
    "stone",
    "house",
    "green",
    "paper",
    "light",
    "seven",
    "carry",
    "under",
    "music",
    "winter",
    "bridge",
]


def pairs(n=240, given_away=0.6, seed=0):
    """Premises, and hypotheses of which a share of class 1 hold a word that gives them away."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(2, size=n)
    premises = [" ".join(rng.choice(WORDS, 6)) for _ in range(n)]
    hypotheses = [
        " ".join(rng.choice(WORDS, 4)) + (" not" if label and rng.random() < given_away else "")
        for label in labels
    ]
    return {"premise": premises, "hypothesis": hypotheses}, labels


def test_the_part_with_the_word_tells_and_the_other_does_not():
    table, labels = pairs()
    found = partial_input_baseline(table, labels)
    assert found.parts == ("premise", "hypothesis", "all")
    figures = dict(zip(found.parts, found.accuracy, strict=True))
    # Those with the word are known, the rest is mostly of class 0.
    assert figures["hypothesis"] > 0.7 > 0.6 > figures["premise"]
    assert (found.low <= found.accuracy).all()
    assert (found.accuracy <= found.high).all()
    assert found.low[1] > found.majority
    for name, accuracy in figures.items():
        assert (found.predicted[name] == labels).mean() == accuracy
    assert found.to_table()["gain"].to_list() == (found.accuracy - found.majority).tolist()


@pytest.mark.slow
def test_p_is_uniform_on_shuffled_labels_and_small_where_a_part_tells():
    p = []
    for seed in range(20):
        table, labels = pairs(40, given_away=0, seed=seed)
        found = partial_input_baseline(
            table, labels, parts={"h": "hypothesis"}, n_permutations=9, random_state=seed
        )
        p.append(found.p[0])
    assert 0.35 < np.mean(p) < 0.75
    assert np.mean(np.array(p) <= 0.1) <= 0.3
    table, labels = pairs(120, given_away=1)
    told = partial_input_baseline(table, labels, parts={"h": "hypothesis"}, n_permutations=19)
    assert told.p.tolist() == [0.05]


def test_names_missing_labels_and_groups():
    table, labels = pairs()
    names = [None if row % 10 == 0 else ("yes", "no")[label] for row, label in enumerate(labels)]
    groups = np.arange(240) // 4
    found = partial_input_baseline(table, names, groups=groups, n_resamples=200)
    assert found.n_items == 216
    assert set(found.predicted["all"]) == {"yes", "no"}
    again = partial_input_baseline(table, names, groups=groups, n_resamples=200)
    assert found.to_table().equals(again.to_table())


def test_the_same_text_never_stands_on_both_sides():
    rng = np.random.default_rng(0)
    claims = [f"{' '.join(rng.choice(WORDS, 3))} {row}" for row in range(60)] * 4
    labels = np.tile(rng.integers(2, size=60), 4)
    found = partial_input_baseline({"claim": claims}, labels)
    # Whoever had seen the copies would know every label.
    assert found.accuracy[0] < 0.7


def test_columns_without_text_are_judged_too():
    table, labels = pairs()
    table["source"] = np.where(labels == 1, "web", "print")
    table["seconds"] = np.random.default_rng(0).normal(size=240)
    found = partial_input_baseline(
        table, labels, parts={"source": "source", "time": "seconds", "both": ["premise", "source"]}
    )
    assert found.accuracy[0] == 1
    assert found.accuracy[1] < 0.65
    assert found.accuracy[2] > 0.95


def test_overlap_tells_where_no_word_does():
    rng = np.random.default_rng(0)
    words = [f"w{number}" for number in range(400)]
    premises = [list(rng.choice(words, 8, replace=False)) for _ in range(300)]
    labels = rng.integers(2, size=300)
    hypotheses = [
        list(rng.choice(premise if label else words, 4))
        for premise, label in zip(premises, labels, strict=True)
    ]
    table = {"p": [" ".join(one) for one in premises], "h": [" ".join(one) for one in hypotheses]}
    found = partial_input_baseline(table, labels)
    accuracy = dict(zip(found.parts, found.accuracy, strict=True))
    assert accuracy["all"] > 0.9
    assert max(accuracy["p"], accuracy["h"]) < 0.65


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"parts": {"h": "hypotesis"}}, "Did you mean 'hypothesis'"),
        ({"parts": {"h": []}}, "A part has no columns"),
        ({"groups": pairs()[1]}, "The groups are the labels"),
        ({"groups": [1, 2]}, "table has 240 rows and groups has 2"),
    ],
)
def test_bad_input_is_refused(options, match):
    with pytest.raises(DataError, match=match):
        partial_input_baseline(*pairs(), **options)


def test_one_class_and_bad_numbers_are_refused():
    table, _ = pairs(20)
    with pytest.raises(DataError, match="no two classes"):
        partial_input_baseline(table, ["a"] * 20)
    with pytest.raises(ParameterError, match="n_permutations=-1"):
        partial_input_baseline(table, [0, 1] * 10, n_permutations=-1)


def test_easy_and_hard_make_the_whole():
    rng = np.random.default_rng(0)
    labels = rng.integers(-1, 3, size=200)
    partial, model = rng.integers(3, size=200), rng.integers(3, size=200)
    found = hard_subset(labels, partial, {"model": model, "part": partial})
    known = np.flatnonzero(labels >= 0)
    np.testing.assert_array_equal(np.sort(np.r_[found.hard, found.easy]), known)
    full, easy, hard = found.accuracy[0]
    assert full == (model == labels)[known].mean()
    n_easy, n_hard = len(found.easy), len(found.hard)
    assert full == pytest.approx((easy * n_easy + hard * n_hard) / (n_easy + n_hard))
    assert found.accuracy[1].tolist()[1:] == [1, 0]
    table = found.to_table()
    assert table["n"].to_list() == [len(known), n_easy, n_hard] * 2
    assert table["subset"].to_list() == ["full", "easy", "hard"] * 2


def test_an_empty_subset_has_no_accuracy():
    found = hard_subset(["a", "b", None], ["a", "b", "a"], {"model": ["a", "a", "a"]})
    assert found.hard.tolist() == []
    assert np.isnan(found.accuracy[0, 2])
    assert found.accuracy[0, 0] == 0.5
    with pytest.raises(DataError, match="labels has 2 rows and partial has 1"):
        hard_subset([0, 1], [0])
