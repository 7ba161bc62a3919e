import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import DawidSkene, LabelModel, MajorityVote
from labelwright.core.errors import (
    CapabilityError,
    ConvergenceWarning,
    DataError,
    DataWarning,
    ParameterError,
)
from labelwright.testing import check_aggregator

from ._rules import THREE_CLASSES, TWO_CLASSES, chances, one_sided, population, two_sided

# What maximum likelihood would be called, had this one: no prior, and no early end.
TO_THE_END = {"smoothing": 0.0, "tol": 0.0, "max_iter": 20_000}


@pytest.mark.parametrize(
    ("counts", "balance"),
    [((1, 1), "uniform"), ((3, 1), [0.75, 0.25]), ((3, 1), {1: 0.25, 0: 0.75})],
)
def test_exact_pairs_give_the_exact_chances_of_two_classes(counts, balance):
    votes = population(TWO_CLASSES, counts)
    model = LabelModel(class_balance=balance, **TO_THE_END).fit(votes)
    np.testing.assert_allclose(model.vote_given_class_, chances(TWO_CLASSES), atol=1e-6)
    joint = chances(TWO_CLASSES) * np.array(counts)[:, None] / sum(counts)
    right = np.trace(joint, axis1=1, axis2=2) / joint.sum(axis=(1, 2))
    np.testing.assert_allclose(model.accuracy_, right, atol=1e-6)
    assert model.history_[-1] == pytest.approx(0, abs=1e-12)
    assert model.dispersion_ == pytest.approx(1)


def test_pairs_leave_three_classes_open_and_triples_close_them():
    votes = population(THREE_CLASSES, (1, 1, 1))
    found = {
        order: LabelModel(order=order, **TO_THE_END).fit(votes).vote_given_class_
        for order in (2, 3)
    }
    assert np.abs(found[2] - chances(THREE_CLASSES)).max() > 1e-3
    np.testing.assert_allclose(found[3], chances(THREE_CLASSES), atol=1e-6)


@pytest.mark.parametrize(
    ("tables", "counts"), [(TWO_CLASSES, (3, 1)), (THREE_CLASSES, (3, 2, 1))], ids=["two", "three"]
)
def test_exact_triples_give_the_exact_class_balance(tables, counts):
    votes = population(tables, counts)
    model = LabelModel(class_balance="estimated", **TO_THE_END).fit(votes)
    np.testing.assert_allclose(model.class_prior_, np.array(counts) / sum(counts), atol=1e-6)
    np.testing.assert_allclose(model.vote_given_class_, chances(tables), atol=1e-6)


@pytest.mark.parametrize("abstain", ["ignored", "learnt"])
def test_beliefs_are_those_of_bayes_rule(abstain):
    votes = population(TWO_CLASSES, (3, 1))
    model = LabelModel(class_balance=[0.75, 0.25], abstain=abstain, **TO_THE_END).fit(votes)
    given = chances(TWO_CLASSES)
    # Silence is never taken to rule a class out.
    silent = (1 - given.sum(axis=2)).clip(min=1e-3)
    expected = np.tile([0.75, 0.25], (votes.n_items, 1))
    for i in range(votes.n_items):
        said = votes.annotator[votes.indptr[i] : votes.indptr[i + 1]]
        label = votes.label[votes.indptr[i] : votes.indptr[i + 1]]
        expected[i] *= given[said, :, label].prod(axis=0)
        if abstain == "learnt" and said.size:
            expected[i] *= np.delete(silent, said, axis=0).prod(axis=0)
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.posterior_, expected, atol=1e-6)
    np.testing.assert_allclose(model.predict_proba(votes), model.posterior_, atol=1e-14)


def copied(votes, rule, times=1):
    """The votes with perfect copies of one rule, called copy0 and so on."""
    matrix = np.full((votes.n_items, votes.n_annotators), -1)
    matrix[votes.item, votes.annotator] = votes.label
    names = [*map(str, votes.annotators), *(f"copy{n}" for n in range(times))]
    copies = np.repeat(matrix[:, [rule]], times, axis=1)
    classes = votes.classes.names
    return Votes.from_matrix(np.hstack([matrix, copies]), classes=classes, annotators=names)


@pytest.mark.parametrize("abstain", ["ignored", "learnt"])
def test_a_copy_that_is_declared_changes_no_belief(abstain):
    votes, _ = two_sided(n_classes=3)
    alone = LabelModel(abstain=abstain, tol=1e-12).fit(votes)
    more = copied(votes, rule=2, times=2)
    declared = LabelModel(
        abstain=abstain, tol=1e-12, dependencies=[("2", "copy0"), ("copy1", "copy0")]
    ).fit(more)
    np.testing.assert_allclose(declared.posterior_, alone.posterior_, atol=1e-5)
    np.testing.assert_allclose(declared.accuracy_[[2, 8, 9]], alone.accuracy_[2], atol=1e-5)
    undeclared = LabelModel(abstain=abstain).fit(more)
    assert np.abs(undeclared.posterior_ - alone.posterior_).max() > 0.1


def test_the_joint_votes_of_dependent_rules_are_learnt():
    rng = np.random.default_rng(1)
    votes, truth = two_sided(20_000, 6)
    matrix = np.full((votes.n_items, 8), -1)
    matrix[votes.item, votes.annotator] = votes.label
    # Two weak rules that are right exactly where they differ in having spoken at all.
    first = rng.random(votes.n_items) < np.where(truth == 1, 0.8, 0.3)
    second = first ^ (rng.random(votes.n_items) < np.where(truth == 1, 0.8, 0.2))
    matrix[first, 6] = matrix[second, 7] = 1
    both = Votes.from_matrix(matrix, classes=[0, 1])
    model = LabelModel(dependencies=[(6, 7)], smoothing=0).fit(both)
    for one, other in ((True, False), (False, True), (True, True)):
        chosen = (first == one) & (second == other)
        alone = Votes.from_matrix(np.where([[False] * 6 + [one, other]], 1, -1), classes=[0, 1])
        belief = model.predict_proba(
            Votes.from_arrays(
                alone.item,
                both.annotators[alone.annotator],
                [1] * len(alone),
                annotators=both.annotators,
                classes=[0, 1],
            )
        )
        assert belief[0, 1] == pytest.approx(truth[chosen].mean(), abs=0.03)


def test_a_combination_never_seen_counts_as_one_vote_of_those_who_gave_it():
    votes, _ = two_sided(500, 6)
    part = votes.select(where=~((votes.annotator == 0) & (votes.label == 1)))
    model = LabelModel(dependencies=[(0, 1)]).fit(part)
    new = Votes.from_arrays([0, 0], [0, 1], [1, 1], classes=[0, 1])
    # Columns are those of rule 0 for each class, then those of rule 1.
    expected = model.evidence_[[1, 3]].mean(axis=0)
    found = np.log(model.predict_proba(new)[0])
    assert found[1] - found[0] == pytest.approx(expected[1] - expected[0])


def test_rules_that_say_one_class_only_are_learnt_where_confusions_are_not():
    votes, truth, speaks = one_sided(20_000, n_classes=3)
    model = LabelModel().fit(votes)
    says = np.repeat(np.arange(3), 4)
    found = model.vote_given_class_[np.arange(12), :, says]
    np.testing.assert_allclose(found, speaks, atol=0.03)
    covered = np.diff(votes.indptr) > 0
    others = {"majority": MajorityVote().fit(votes)}
    with pytest.warns(DataWarning, match="only ever give one label"):
        others["Dawid-Skene"] = DawidSkene().fit(votes)
    right = (model.codes_ == truth)[covered].mean()
    assert right > (others["majority"].codes_ == truth)[covered].mean() + 0.01
    assert right > (others["Dawid-Skene"].codes_ == truth)[covered].mean() + 0.3


def test_triples_help_where_there_are_enough_items():
    votes, _, speaks = one_sided(40_000, n_classes=4, miss=(0.0, 0.15), seed=3)
    error = {}
    for order in (2, 3):
        found = LabelModel(order=order).fit(votes).vote_given_class_
        error[order] = np.abs(found[np.arange(16), :, np.repeat(np.arange(4), 4)] - speaks).mean()
    assert error[3] < 0.8 * error[2]


def test_items_on_which_all_rules_speak_more_are_not_taken_for_a_class():
    rng = np.random.default_rng(9)
    votes, truth, speaks = one_sided(20_000)
    length = rng.choice([0.25, 1.75], votes.n_items)
    chance = (speaks[:, truth] * length).T
    says = np.repeat([0, 1], 4)
    matrix = np.where(rng.random(chance.shape) < chance, says, -1)
    model = LabelModel().fit(Votes.from_matrix(matrix, classes=[0, 1]))
    assert model.dispersion_ == pytest.approx((length**2).mean(), abs=0.05)
    found = model.vote_given_class_[np.arange(8), :, says]
    np.testing.assert_allclose(found, speaks, atol=0.03)


def test_a_rule_that_is_worse_than_chance_is_found_out():
    votes, truth = two_sided(5000, 8)
    turned = np.where(votes.annotator == 3, 1 - votes.label, votes.label)
    votes = Votes.from_arrays(votes.item, votes.annotator, turned, annotators=range(8))
    truth = truth[votes.items]
    model = LabelModel().fit(votes)
    rights = turned == truth[votes.item]
    shares = np.bincount(votes.annotator, rights) / np.bincount(votes.annotator)
    assert shares[3] < 0.5
    np.testing.assert_allclose(model.accuracy_, shares, atol=0.05)


@pytest.mark.parametrize(
    "options",
    [{"order": 3, "tol": 1e-12}, {"abstain": "learnt"}],
)
def test_other_modes_keep_the_contract_as_well(options):
    check_aggregator(LabelModel(**options))


def test_a_model_with_dependencies_can_be_kept(tmp_path):
    votes, _ = two_sided(300, 6)
    model = LabelModel(dependencies=[(0, 1), (2, 3, 4)]).fit(votes)
    again = LabelModel.load(model.save(tmp_path / "model"))
    np.testing.assert_array_equal(again.predict_proba(votes), model.predict_proba(votes))


def test_weights_count_for_labels_and_not_for_what_is_learnt():
    votes, _ = two_sided(300, 6)
    heavy = votes.with_extra(weight=np.where(votes.annotator == 0, 3.0, 1.0))
    plain, model = LabelModel().fit(votes), LabelModel().fit(heavy)
    np.testing.assert_array_equal(model.accuracy_, plain.accuracy_)
    alone = Votes.from_arrays([0], [0], [1], classes=[0, 1])
    logs = np.log(model.predict_proba(alone.with_extra(weight=[3.0])) / model.predict_proba(alone))
    single = np.diff(np.log(model.predict_proba(alone)))[0]
    assert np.diff(logs)[0] == pytest.approx(2 * single[0])
    assert not np.allclose(model.posterior_, plain.posterior_)


def test_a_rule_never_seen_counts_as_the_average_one():
    votes, _ = two_sided(3000, 6)
    model = LabelModel().fit(votes)
    new = Votes.from_arrays([0, 1], ["stranger", "stranger"], [1, 0], classes=[0, 1])
    with pytest.warns(DataWarning, match=r"1 annotators were not there.*'stranger'"):
        belief = model.predict_proba(new)
    n_votes = np.bincount(votes.annotator)
    average = np.average(model.accuracy_, weights=n_votes)
    np.testing.assert_allclose([belief[0, 1], belief[1, 0]], average, atol=0.03)


def test_it_says_which_rules_it_could_not_learn_about():
    votes, _ = two_sided(2000, 6)
    lonely = Votes.concat(
        [votes, Votes.from_arrays([9000, 9001], [77, 78], [0, 1], classes=[0, 1])]
    )
    with pytest.warns(DataWarning) as told:
        model = LabelModel().fit(lonely)
    texts = [str(warning.message) for warning in told]
    assert any(
        "How good 2 of the rules are cannot be learnt from these votes (77, 78)" in t for t in texts
    )
    assert any("fall into 3 groups that share no items" in text for text in texts)
    assert model.learnt_.tolist() == [True] * 6 + [False] * 2
    np.testing.assert_allclose(model.accuracy_[6:], 0.7, atol=0.01)


def test_two_rules_are_believed_as_the_prior_has_it():
    votes = Votes.from_wide({"a": [0, 1, 0, 1], "b": [0, 1, 1, 0]}, votes=["a", "b"])
    with pytest.warns(DataWarning, match=r"2 of the rules are cannot be learnt.*chance of 0\.8"):
        model = LabelModel(precision=0.8).fit(votes)
    np.testing.assert_allclose(model.accuracy_, 0.8, atol=0.05)
    assert model.labels_[:2] == [0, 1]


def test_too_few_steps_are_said():
    votes, _ = two_sided(300, 6)
    with pytest.warns(ConvergenceWarning, match="LabelModel stopped after 1 iterations"):
        assert not LabelModel(max_iter=1, tol=0).fit(votes).converged_


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"order": 4}, ParameterError, r"order=4.*one of 2, 3"),
        ({"class_balance": "even"}, ParameterError, r"class_balance='even'.*'estimated'"),
        ({"class_balance": [0.5, 0.6]}, DataError, r"class_balance sums to 1\.1"),
        ({"class_balance": [0.5, 0.3, 0.2]}, DataError, "3 columns for 2 classes"),
        ({"class_balance": {0: 0.5}}, DataError, r"names \[0\], and the classes are \[0, 1\]"),
        ({"class_balance": [1.0, 0.0]}, DataError, "gives nothing to class 1"),
        ({"dependencies": [(0, 99)]}, DataError, "no rule 99"),
        ({"dependencies": [(0, 0)]}, DataError, "does not name two rules"),
        ({"dependencies": ["ab"]}, DataError, "does not name two rules"),
        ({"dependencies": 3}, ParameterError, "None or list or tuple"),
    ],
)
def test_bad_parameters_are_refused(options, error, message):
    votes, _ = two_sided(50, 4)
    with pytest.raises(error, match=message):
        LabelModel(**options).fit(votes)


def test_too_large_a_clique_and_votes_twice_are_refused():
    votes, _ = two_sided(50, 45)
    with pytest.raises(CapabilityError, match="45 rules are linked"):
        LabelModel(dependencies=[tuple(range(45))]).fit(votes)
    twice = Votes.from_arrays([7, 7, 7], list("aab"), [0, 1, 0], repeats="all")
    with pytest.raises(DataError, match="voted twice on an item"):
        LabelModel(dependencies=[("a", "b")]).fit(twice)


def test_a_crowd_of_people_is_sent_elsewhere():
    n = 5000
    votes = Votes.from_arrays(np.repeat(np.arange(n), 2), np.arange(2 * n), np.tile([0, 1], n))
    with pytest.raises(CapabilityError, match=r"10,000 kinds of vote.*DawidSkene"):
        LabelModel().fit(votes)
