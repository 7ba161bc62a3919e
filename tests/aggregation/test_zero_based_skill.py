import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import Wawa, ZeroBasedSkill
from labelwright.core.errors import CapabilityError, ConvergenceWarning, ParameterError
from labelwright.testing import check_aggregator

from ._worlds import simulate

# Five votes on two classes know no tie; among so different people skill overrules some majority.
DIVERSE = {"n_annotators": 30, "n_classes": 2, "skill": (0.4, 1.0)}


def by_definition(votes, passes, rate, halve_every):
    """Skills after some passes, item by item and vote by vote."""
    k = votes.classes.n_classes
    skill = np.full(votes.n_annotators, 1 / k + 1e-5)
    for number in range(1, passes + 1):
        if number % halve_every == 0:
            rate /= 2
        agreed, given = np.zeros(votes.n_annotators), np.zeros(votes.n_annotators)
        for i in range(votes.n_items):
            own = slice(votes.indptr[i], votes.indptr[i + 1])
            scores = np.zeros(k)
            np.add.at(scores, votes.label[own], skill[votes.annotator[own]])
            agreed[votes.annotator[own]] += votes.label[own] == scores.argmax()
            given[votes.annotator[own]] += 1
        skill += rate * (agreed / given - skill)
    return skill


@pytest.mark.parametrize(("rate", "halve_every", "passes"), [(1.0, 20, 25), (0.7, 2, 6)])
@pytest.mark.filterwarnings("ignore::labelwright.core.errors.ConvergenceWarning")
def test_skills_are_those_of_the_definition(rate, halve_every, passes):
    votes, *_ = simulate(**DIVERSE)
    model = ZeroBasedSkill(learning_rate=rate, halve_every=halve_every, max_iter=passes).fit(votes)
    expected = by_definition(votes, passes, rate, halve_every)
    np.testing.assert_allclose(model.skill_, expected, atol=1e-10)
    shares = np.zeros((votes.n_items, 2))
    np.add.at(shares, (votes.item, votes.label), expected[votes.annotator])
    shares /= shares.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.posterior_, shares, atol=1e-10)
    np.testing.assert_allclose(model.predict_proba(votes), shares, atol=1e-10)


def test_at_the_full_rate_it_ends_where_iterated_wawa_ends():
    votes, *_ = simulate(**DIVERSE)
    model, wawa = ZeroBasedSkill().fit(votes), Wawa(iterate=True).fit(votes)
    assert model.converged_
    np.testing.assert_array_equal(model.skill_, wawa.skill_)
    assert not np.allclose(model.skill_, Wawa().fit(votes).skill_)


def test_a_small_rate_settles_on_skills_that_agree_with_the_labels():
    votes, *_ = simulate(**DIVERSE)
    model = ZeroBasedSkill(learning_rate=0.4, halve_every=1000, max_iter=500).fit(votes)
    agrees = model.codes_[votes.item] == votes.label
    skill = np.bincount(votes.annotator, agrees) / np.bincount(votes.annotator)
    np.testing.assert_allclose(model.skill_, skill, atol=1e-9)
    assert np.all(np.diff(model.history_) >= -1e-12)
    assert model.history_[-1] == pytest.approx(np.average(skill[votes.annotator] ** 2))
    assert len(model.history_) > 10


def test_a_small_rate_keeps_the_contract_as_well():
    check_aggregator(ZeroBasedSkill(learning_rate=0.4, halve_every=3))


def test_a_rate_that_dies_away_is_reported():
    votes, *_ = simulate(**DIVERSE)
    with pytest.warns(ConvergenceWarning, match="ZeroBasedSkill stopped after 4 passes"):
        model = ZeroBasedSkill(learning_rate=0.1, halve_every=1, max_iter=4).fit(votes)
    assert not model.converged_
    assert len(model.history_) == 4


def test_weights_and_gold_count():
    votes = Votes.from_arrays([0, 0, 1, 1, 1], list("ababc"), [0, 1, 0, 1, 0])
    heavy = votes.with_extra(weight=np.array([3.0, 2.0, 1.0, 1.0, 1.0]))
    np.testing.assert_allclose(ZeroBasedSkill().fit(heavy).skill_, [1, 0, 1])
    model = ZeroBasedSkill().fit(votes, gold=[1, 1])
    np.testing.assert_allclose(model.skill_, [0, 1, 0])
    assert model.labels_ == [1, 1]


@pytest.mark.parametrize(
    "bad",
    [{"learning_rate": 0}, {"learning_rate": 1.5}, {"halve_every": 0}, {"max_iter": 0}],
)
def test_bad_parameters_are_refused(bad):
    votes, *_ = simulate(n_items=3)
    with pytest.raises(ParameterError, match=next(iter(bad))):
        ZeroBasedSkill(**bad).fit(votes)


def test_anonymous_votes_are_refused_with_the_way_out():
    votes = Votes.from_slots({"l1": ["x", "y"], "l2": ["x", "x"]}, labels=["l1", "l2"])
    with pytest.raises(CapabilityError, match=r"ZeroBasedSkill.*anonymous.*MajorityVote"):
        ZeroBasedSkill().fit(votes)
