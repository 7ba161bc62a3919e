from __future__ import annotations

import numpy as np
import pytest

from labelwright.aggregation import krippendorff_alpha
from labelwright.audit import audit
from labelwright.audit.checks import AnnotatorCheck
from labelwright.audit.checks.annotators import _Tally
from labelwright.core.votes import Votes

N = 300


def crowd(seed=0, n_good=4, **others):
    """Good annotators who are right in nine of ten, and others by name."""
    rng = np.random.default_rng(seed)
    true = rng.integers(3, size=N)
    columns = {
        f"good{number}": np.where(rng.random(N) < 0.9, true, rng.integers(3, size=N))
        for number in range(n_good)
    }
    columns |= {name: make(rng, true) for name, make in others.items()}
    return Votes.from_wide(columns, votes=list(columns), classes=[0, 1, 2])


def annotators(votes, check="annotators"):
    return audit(votes=votes, checks=[check])["annotators"]


def test_agreement_is_that_of_a_count_over_pairs():
    votes = crowd(random=lambda rng, true: rng.integers(3, size=N))
    table = votes.to_table()
    answers = {
        name: part.sort("item")["label"].to_numpy()
        for (name,), part in table.partition_by("annotator", as_dict=True).items()
    }
    found = _Tally(votes).table()
    for place, name in enumerate(votes.annotators.tolist()):
        others = [values for other, values in answers.items() if other != name]
        own = np.mean([values == answers[name] for values in others])
        pairs = [a == b for i, a in enumerate(others) for b in others[i + 1 :]]
        assert found["agreement"][place] == pytest.approx(own)
        assert found["of_others"][place] == pytest.approx(np.mean(pairs))


def test_a_guesser_and_one_who_always_says_the_same_stand_out():
    votes = crowd(
        seed=2,
        n_good=7,
        guesser=lambda rng, true: rng.integers(3, size=N),
        same=lambda rng, true: np.ones(N, dtype=int),
        weak=lambda rng, true: np.where(rng.random(N) < 0.3, true, rng.integers(3, size=N)),
    )
    found = annotators(votes)
    assert dict(zip(found.subject.tolist(), found.kinds.tolist(), strict=True)) == {
        "guesser": "no better than chance",
        "same": "always the same label",
        "weak": "less agreement",
    }
    said = dict(zip(found.subject.tolist(), found.why, strict=True))
    assert said["same"] == "all 300 votes are 1"
    assert said["weak"].startswith("agrees with ")
    assert found.score == pytest.approx(1 - 3 / 10)
    alpha = krippendorff_alpha(votes)
    assert f"{alpha.value:.2f}" in found.notes[0]


def test_equal_annotators_raise_no_alarm():
    alarms = sum(
        len(annotators(crowd(seed, n_good=6), AnnotatorCheck(margin=0))) > 0 for seed in range(20)
    )
    assert alarms <= 2


def test_hard_items_are_not_held_against_who_got_them():
    rng = np.random.default_rng(0)
    hard = np.arange(N) < 100
    true = rng.integers(3, size=N)
    sure = np.where(hard, 0.4, 0.95)
    columns = {}
    for number in range(4):
        given = np.where(rng.random(N) < sure, true, rng.integers(3, size=N)).astype(object)
        if number == 3:
            given[~hard] = None
        columns[f"a{number}"] = given
    votes = Votes.from_wide(columns, votes=list(columns), classes=[0, 1, 2])
    assert len(annotators(votes)) == 0


def test_one_label_only_is_fine_where_hardly_anybody_says_another():
    rng = np.random.default_rng(0)
    columns = {f"a{number}": (rng.random(60) < 0.02).astype(int) for number in range(5)}
    columns["b"] = np.zeros(60, dtype=int)
    votes = Votes.from_wide(columns, votes=list(columns), classes=[0, 1])
    assert len(annotators(votes)) == 0


def test_what_cannot_be_judged_is_said():
    few = Votes.from_wide({"a": [0, 1], "b": [0, 1]}, votes=["a", "b"])
    said = audit(votes=few, checks=["annotators"])
    assert said.not_run == {"annotators": "no annotator has 10 votes"}
    alone = Votes.from_wide({"a": [0, 1] * 10}, votes=["a"])
    assert annotators(alone).notes == ("No item has two votes, so agreement cannot be measured.",)
    assert not len(annotators(Votes.from_wide({"a": [0] * 20}, votes=["a"])))
    slots = Votes.from_counts({"x": [3, 1], "y": [0, 2]}, counts=["x", "y"])
    said = audit(votes=slots, checks=["annotators"])
    assert said.not_run == {"annotators": "it is not known who gave which vote"}
