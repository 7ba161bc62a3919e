"""Votes that leave several classes open: parents of a hierarchy, and answers such as 'a or b'."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import IBCC, DawidSkene, MajorityVote, OneCoinDawidSkene, Wawa
from labelwright.aggregation._answers import AnswerModel, error_shape
from labelwright.aggregation._kernels import OneHotVotes
from labelwright.core.errors import CapabilityError
from labelwright.core.spaces import Classes
from tests.aggregation._worlds import simulate

CELLS = Classes(
    ["T", "CD4", "CD8", "B"],
    parents={"CD4": "T", "CD8": "T"},
    open_answers={"CD4 or B": ["CD4", "B"]},
)


def cells(rows, space=CELLS):
    """Votes from one list of answers an item; the annotators are the places in the lists."""
    item = [i for i, row in enumerate(rows) for _ in row]
    who = [place for row in rows for place in range(len(row))]
    return Votes.from_arrays(item, who, [answer for row in rows for answer in row], space=space)


def test_the_likelihood_of_an_open_answer_is_the_sum_over_what_it_leaves_open():
    votes = cells([["T", "CD4 or B"], ["B", "CD8"], ["CD4", "T"]])
    rng = np.random.default_rng(0)
    confusion = rng.dirichlet(np.ones(4), (2, 4))
    prior = rng.dirichlet(np.ones(4))
    expected = np.tile(prior, (3, 1))
    for i, k in product(range(3), range(4)):
        for v in range(votes.indptr[i], votes.indptr[i + 1]):
            left_open = CELLS.candidates[votes.label[v]]
            expected[i, k] *= confusion[votes.annotator[v], k, left_open].sum()
    total = expected.sum(axis=1, keepdims=True)
    data, answers = OneHotVotes(votes), AnswerModel(votes)
    log_likelihood, counts, _ = data.expect(answers.emission(confusion), prior)
    np.testing.assert_allclose(data.posterior(answers.emission(confusion), prior), expected / total)
    assert log_likelihood == pytest.approx(np.log(total).sum())
    shared = answers.share_out(counts, confusion)
    np.testing.assert_allclose(shared.sum(axis=(1, 2)), [3, 3])  # no vote is lost
    np.testing.assert_allclose(shared.sum(axis=2), counts.sum(axis=2))


@pytest.mark.parametrize("accelerate", [True, False])
@pytest.mark.parametrize("kind", [DawidSkene, OneCoinDawidSkene, IBCC])
def test_the_objective_never_falls(kind, accelerate):
    votes, _, _ = coarse_world()
    model = kind(accelerate=accelerate, max_iter=2000).fit(votes)
    assert model.converged_
    assert (np.diff(model.history_) >= -1e-7).all()


def coarse_world(coarse=0.5):
    """Six leaves under two parents; each vote is given at its parent with a probability."""
    parents = {f"{p}{leaf}": p for p in "xy" for leaf in range(3)}
    space = Classes([*parents, "x", "y"], parents=parents)
    votes, truth, _ = simulate(n_items=600, n_classes=6, skill=(0.5, 0.8), per_item=5)
    rng = np.random.default_rng(3)
    names = np.array(space.names, dtype=object)[votes.label]
    told = np.array([parents[name] for name in names], dtype=object)
    given = np.where(rng.random(len(votes)) < coarse, told, names)
    return (
        Votes.from_arrays(votes.item, votes.annotator, given, space=space, items=range(600)),
        truth,
        space,
    )


def test_a_vote_for_a_parent_supports_its_children():
    votes, truth, space = coarse_world()
    named = votes.select(where=space.candidates[votes.label].sum(axis=1) == 1)
    with_parents = (DawidSkene().fit(votes).codes_ == truth).mean()
    without = (DawidSkene().fit(named).codes_ == truth).mean()
    assert with_parents > without + 0.03


def test_the_label_is_the_narrowest_class_believed_with_more_than_half():
    votes = cells([["T", "T", "T"], ["T", "T", "CD4"], ["T", "CD4", "CD8"], ["B", "B", "CD8"]])
    model = MajorityVote().fit(votes)
    assert model.labels_ == ["T", "CD4", "T", "B"]
    assert not model.ties_.any()
    np.testing.assert_allclose(model.confidence_, [1, 5 / 9, 1, 2 / 3])
    np.testing.assert_allclose(model.posterior_[2], [1 / 9, 4 / 9, 4 / 9, 0])
    assert MajorityVote(ties="abstain").fit(cells([["T", "B"]])).labels_ == [None]


def test_a_vote_agrees_with_what_lies_below_it():
    votes = cells([["CD4", "CD4", "T"]] * 3)
    agreement = MajorityVote().fit(votes).annotators_["agreement"]
    np.testing.assert_allclose(agreement[2], 1)
    assert Wawa().fit(votes).skill_.tolist() == [1, 1, 1]


def test_an_open_answer_is_the_broad_label_where_nothing_narrower_is_believed():
    votes = cells([["CD4 or B", "CD4 or B"], ["CD4 or B", "B"]])
    model = MajorityVote().fit(votes)
    assert model.broad_labels_ == ["CD4 or B", "B"]
    assert model.ties_.tolist() == [True, False]
    assert model.to_table()["broad"].to_list() == model.broad_labels_


def test_without_open_answers_in_the_votes_nothing_changes():
    plain, *_ = simulate(n_items=80)
    told = plain.with_space(Classes(range(3), open_answers={9: [0, 2]}))
    assert not told.has_open_answers
    np.testing.assert_array_equal(
        DawidSkene().fit(plain).posterior_, DawidSkene().fit(told).posterior_
    )


def test_what_was_learnt_is_used_on_new_open_votes(tmp_path):
    votes, _, _ = coarse_world()
    model = DawidSkene(tol=0, max_iter=5, accelerate=False)
    with pytest.warns(Warning, match="stopped after 5"):
        model.fit(votes)
    model.save(tmp_path / "m")
    loaded = DawidSkene.load(tmp_path / "m")
    np.testing.assert_allclose(loaded.predict_proba(votes), model.posterior_)


def test_a_scale_makes_near_errors_likelier():
    shape = error_shape(Classes(["low", "mid", "high"], ordered=True))
    np.testing.assert_allclose(shape.sum(axis=1), 1)
    assert shape[0, 1] > shape[0, 2] > 0
    assert shape[1, 0] == shape[1, 2] == 0.5
    np.testing.assert_allclose(error_shape(Classes(list("abc"))), (1 - np.eye(3)) / 2)
    far = [[0, 0, 9], [0, 0, 9], [9, 9, 0]]
    assert error_shape(Classes(list("abc"), distances=far))[0, 1] > 0.8
    assert error_shape(Classes(["a"])).tolist() == [[0]]


def test_the_central_label_of_a_scale_is_its_median():
    scale = Classes([1, 2, 3, 4, 5], ordered=True)
    votes = cells([[1, 1, 3, 4, 5], [5, 5, 5, 1, 1]], scale)
    model = MajorityVote().fit(votes)
    assert model.labels_ == [1, 5]
    assert model.central_labels_ == [3, 5]
    assert model.to_table()["central"].to_list() == [3, 5]


def test_a_method_that_cannot_says_which_can():
    class Plain(MajorityVote):
        takes_open_answers = False

    with pytest.raises(CapabilityError, match="Plain needs votes for one class each") as caught:
        Plain().fit(cells([["T", "B"]]))
    assert "DawidSkene" in caught.value.hint
    model = Plain().fit(cells([["CD4", "CD8"], ["CD4", "CD4"]]))
    assert model.labels_ == ["T", "CD4"]
    with pytest.raises(CapabilityError, match="leave several open"):
        model.predict_proba(cells([["T", "B"]]))
