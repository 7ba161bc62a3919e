import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import (
    cohen_kappa,
    fleiss_kappa,
    gwet_ac1,
    gwet_ac2,
    percent_agreement,
    scott_pi,
)
from labelwright.core.errors import CapabilityError, DataError, ParameterError
from labelwright.core.spaces import Classes

from .test_agreement import copies, random_matrix

OF_MANY = (percent_agreement, fleiss_kappa, gwet_ac1, gwet_ac2)
OF_TWO = (scott_pi, cohen_kappa)


def by_definition(matrix, k, chance, likeness=None):
    """Agreement of pairs, item by item, and chance from the mean shares of items."""
    likeness = np.eye(k) if likeness is None else likeness
    rows = [row[row >= 0] for row in matrix if (row >= 0).any()]
    alike = [
        np.mean([likeness[a, b] for i, a in enumerate(r) for j, b in enumerate(r) if i != j])
        for r in rows
        if r.size > 1
    ]
    shares = np.mean([np.bincount(r, minlength=k) / r.size for r in rows], axis=0)
    by_chance = chance(shares, likeness)
    return (np.mean(alike) - by_chance) / (1 - by_chance)


def drawn(shares, likeness):
    return shares @ likeness @ shares


def doubtful(shares, likeness):
    k = shares.size
    return likeness.sum() / (k * (k - 1)) * (shares * (1 - shares)).sum()


QUADRATIC = 1 - (np.subtract.outer(range(4), range(4)) / 3) ** 2


@pytest.mark.parametrize(
    ("function", "chance", "likeness"),
    [
        (percent_agreement, lambda *_: 0.0, None),
        (fleiss_kappa, drawn, None),
        (gwet_ac1, doubtful, None),
        (gwet_ac2, doubtful, QUADRATIC),
    ],
)
def test_equal_to_the_definition_with_votes_missing(function, chance, likeness):
    matrix = random_matrix()
    expected = by_definition(matrix, 4, chance, likeness)
    found = function(Votes.from_matrix(matrix, classes=range(4)))
    assert found.value == pytest.approx(expected, abs=1e-12)
    assert found.low < found.value < found.high


def test_scotts_pi_is_fleiss_kappa_of_two():
    matrix = random_matrix()[:, :2]
    complete = matrix[(matrix >= 0).all(axis=1)]
    pi = scott_pi(Votes.from_matrix(matrix, classes=range(4)))
    fleiss = fleiss_kappa(Votes.from_matrix(complete, classes=range(4)))
    assert (pi.value, pi.low, pi.n_items) == (fleiss.value, fleiss.low, len(complete))


def test_linear_and_quadratic_weights_are_alike_with_two_classes_only():
    votes = copies(np.random.default_rng(0), 60, 0.6)
    kappas = [cohen_kappa(votes, weights=w).value for w in (None, "linear", "quadratic")]
    np.testing.assert_allclose(kappas, kappas[0])
    three = Votes.from_matrix(random_matrix(k=3)[:, :2], classes=range(3))
    assert cohen_kappa(three, weights="linear").value != cohen_kappa(three).value


def test_the_jackknife_leaves_each_item_out():
    """The quick leave-one-out values give the interval of coefficients computed without items."""
    from labelwright.aggregation._agreement_interval import agreement_interval

    matrix = random_matrix()[:, :2]
    matrix = matrix[(matrix >= 0).all(axis=1)]
    for function in (*OF_MANY[:3], *OF_TWO):
        whole = function(Votes.from_matrix(matrix, classes=range(4)))
        without = [
            function(Votes.from_matrix(np.delete(matrix, i, axis=0), classes=range(4))).value
            for i in range(len(matrix))
        ]
        seen = 1 - percent_agreement(Votes.from_matrix(matrix, classes=range(4))).value
        ends = agreement_interval(whole.value, np.array(without), (1 - whole.value) / seen, 0.95)
        assert (whole.low, whole.high) == pytest.approx(ends, abs=1e-9)


@pytest.mark.parametrize("function", [*OF_MANY, *OF_TWO])
@pytest.mark.parametrize(("n", "q"), [(40, 0.98), (100, 0.6)])
def test_intervals_cover_as_they_say(function, n, q):
    rng = np.random.default_rng(1)
    truth = 1 - (1 - q * q) / 2 if function is percent_agreement else q * q
    found = [function(copies(rng, n, q)) for _ in range(150)]
    assert np.mean([one.low <= truth <= one.high for one in found]) >= 0.91


@pytest.mark.parametrize("function", [*OF_MANY, *OF_TWO])
def test_perfect_agreement_and_one_class_only(function):
    truth = np.arange(50) % 2
    perfect = function(Votes.from_matrix(np.column_stack([truth, truth]), classes=[0, 1]))
    assert (perfect.value, perfect.high) == (1.0, 1.0)
    assert 0.7 < perfect.low < 0.96
    alike = function(Votes.from_matrix(np.zeros((50, 2), dtype=int), classes=[0, 1]))
    assert alike.value == 1.0
    says_something = function in (percent_agreement, gwet_ac1, gwet_ac2)
    assert (alike.low > 0.8) == says_something


def test_two_annotators_are_chosen_by_name():
    table = {"ann": list("xyxy"), "bo": list("xyxx"), "cy": list("xyxy")}
    votes = Votes.from_wide(table, votes=["ann", "bo", "cy"])
    assert cohen_kappa(votes, annotators=["ann", "cy"]).value == 1.0
    assert scott_pi(votes, annotators=["ann", "bo"]).value < 1.0


def test_votes_that_leave_classes_open_are_left_out():
    space = Classes(["x", "y"], open_answers={"either": ["x", "y"]})
    table = {"a": ["x", "y", "either", "x"], "b": ["x", "y", "x", "y"]}
    votes = Votes.from_wide(table, votes=["a", "b"], space=space)
    assert [f(votes).n_items for f in (percent_agreement, cohen_kappa)] == [3, 3]


def test_what_cannot_be_measured():
    three = Votes.from_matrix(random_matrix()[:, :3], classes=range(4))
    with pytest.raises(DataError, match="3 annotators; this coefficient is for two"):
        cohen_kappa(three)
    with pytest.raises(DataError, match="no annotator 'zoe'"):
        scott_pi(three, annotators=[0, "zoe"])
    with pytest.raises(ParameterError, match="weights='cubic'"):
        cohen_kappa(three, annotators=[0, 1], weights="cubic")
    apart = Votes.from_wide({"a": ["x", None], "b": [None, "y"]}, votes=["a", "b"])
    with pytest.raises(DataError, match="labelled no item both"):
        cohen_kappa(apart)
    with pytest.raises(DataError, match="two votes"):
        fleiss_kappa(apart)
    slots = Votes.from_lists({"v": ["x;y", "x;x"]}, label="v", split=";")
    with pytest.raises(CapabilityError, match="not known who"):
        cohen_kappa(slots)
    twice = Votes.from_arrays([0, 0, 0], ["a", "a", "b"], ["x", "y", "x"], repeats="all")
    with pytest.raises(DataError, match="'a' voted twice"):
        scott_pi(twice)
