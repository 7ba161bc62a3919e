import numpy as np
import polars as pl
import pytest

from labelwright import Votes
from labelwright.aggregation import check_identifiability, equivalent_models, kruskal_rank
from labelwright.core.errors import DataError, IdentifiabilityError, ParameterError

from ._rules import one_sided
from ._worlds import simulate

NOISY = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]])


# -- Kruskal rank ---------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [3, 5])
def test_rows_of_a_vandermonde_matrix_are_independent_as_far_as_they_can_be(width):
    rows = np.vander(np.arange(1.0, 8.0), width)
    assert kruskal_rank(rows) == (width, True)


def test_it_is_less_than_the_rank_where_few_rows_are_dependent():
    assert kruskal_rank(np.eye(4)) == (4, True)
    assert kruskal_rank([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1]]) == (2, True)
    assert kruskal_rank([[0.5, 0.5], [0.5, 0.5]]) == (1, True)
    assert kruskal_rank([[1, 0], [0, 0]]) == (0, True)


def test_with_too_many_rows_it_says_at_least():
    rows = np.random.default_rng(0).random((40, 30))
    rank = kruskal_rank(rows)
    assert not rank.exact
    assert str(rank) == f"at least {rank.value}"
    assert 2 <= rank.value < 30
    assert str(kruskal_rank(np.eye(40))) == "40"


@pytest.mark.parametrize("bad", [[1, 2], [[1, np.nan]], np.empty((0, 2))])
def test_what_is_no_matrix_is_refused(bad):
    with pytest.raises(DataError, match="matrix"):
        kruskal_rank(bad)
    with pytest.raises(ParameterError, match="tol=-1"):
        kruskal_rank([[1.0]], tol=-1)


# -- verdicts on confusions -----------------------------------------------------------------------


def test_three_confusions_with_inverses_are_enough_and_two_are_not():
    found = check_identifiability([NOISY] * 3)
    assert found.verdict == "yes"
    assert found.undetermined == found.instead == ()
    two = check_identifiability([NOISY] * 2)
    assert two.verdict == "no"
    assert "There are 2 votes an item, and three are needed." in two.sentence
    assert two.instead
    assert check_identifiability(NOISY).verdict == "no"


def test_a_rater_who_cannot_tell_two_classes_apart_costs_rank():
    blind = np.array([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1], [0.2, 0.2, 0.6]])
    # Ranks 3 + 3 + 1 < 2K + 2 = 8, and no theorem tells; a fourth vote makes it 10 >= 2K + 3.
    unknown = check_identifiability([NOISY, NOISY, blind])
    assert unknown.verdict == "unknown"
    assert "are 3, 3, 1; they add up to 7, and 8 is enough" in unknown.sentence
    assert check_identifiability([NOISY, NOISY, NOISY, blind]).verdict == "yes"


def test_confusions_that_are_none_are_refused():
    with pytest.raises(DataError, match=r"shape \(2, 3\)"):
        check_identifiability(np.ones((2, 3)) / 3)
    with pytest.raises(DataError, match="Row 1 of confusions"):
        check_identifiability([[0.5, 0.5], [0.5, 0.6]])


# -- verdicts on votes ----------------------------------------------------------------------------


def failed(found):
    return [check.name for check in found.checks if not check.holds]


def test_a_crowd_of_many_votes_can_be_learnt_from():
    votes, *_ = simulate(n_items=300, per_item=5)
    found = check_identifiability(votes)
    assert found.verdict == "yes"
    assert found.sentence.startswith("How annotators err can be learnt")
    table = found.to_table()
    assert isinstance(table, pl.DataFrame)
    assert table["holds"].all()
    assert found.to_dict()["kind"] == "identifiability"


@pytest.mark.parametrize("per_item", [1, 2])
def test_one_or_two_votes_an_item_are_not_enough(per_item):
    votes, *_ = simulate(per_item=per_item)
    found = check_identifiability(votes)
    assert found.verdict == "no"
    assert "0 of 300 items have three votes" in found.sentence
    assert "HOC" in found.instead[0]
    assert found.undetermined == tuple(votes.annotators)


def test_annotators_who_share_no_items_are_said():
    first, *_ = simulate(n_annotators=5)
    second, *_ = simulate(n_annotators=5, seed=1)
    apart = Votes.from_arrays(
        np.concatenate([first.item, second.item + 1000]),
        np.concatenate([first.annotator, second.annotator + 1000]),
        np.concatenate([first.label, second.label]),
        classes=range(3),
    )
    found = check_identifiability(apart)
    assert found.verdict == "partly"
    assert failed(found) == ["linked annotators"]
    assert "fall into 2 groups" in found.sentence


def test_annotators_of_few_votes_are_named():
    votes, *_ = simulate(n_annotators=6)
    few = Votes.from_arrays([0, 1], ["new", "new"], [0, 1], classes=range(3))
    both = Votes.concat([votes, few], prefixes=["", ""])
    found = check_identifiability(both)
    assert found.verdict == "partly"
    assert found.undetermined == ("new",)
    assert "1 annotators have fewer than 6 votes" in found.sentence


def test_rules_that_say_one_thing_are_sent_to_the_label_model():
    votes, *_ = one_sided(500)
    found = check_identifiability(votes)
    assert found.verdict == "no"
    assert "100% of the annotators only ever say one thing" in found.sentence
    assert any("LabelModel" in instead for instead in found.instead)


def test_votes_that_are_all_equal_say_nothing():
    votes = Votes.from_matrix(np.zeros((50, 4), dtype=int), classes=[0, 1])
    found = check_identifiability(votes)
    assert found.verdict == "no"
    assert "1 of 2 classes were ever voted for" in found.sentence


def test_slots_of_anybody_are_enough_if_there_are_three():
    labels = np.random.default_rng(0).integers(0, 2, (3, 50)).astype(str)
    three = Votes.from_slots({str(n): labels[n] for n in range(3)}, labels=["0", "1", "2"])
    assert check_identifiability(three).verdict == "yes"
    two = Votes.from_slots({str(n): labels[n] for n in range(2)}, labels=["0", "1"])
    assert check_identifiability(two).verdict == "no"


# -- equivalent models ----------------------------------------------------------------------------


def chances(prior, confusions):
    """Of every outcome of one or two votes."""
    if len(confusions) == 1:
        return prior @ confusions[0]
    return np.einsum("y,ya,yb->ab", prior, *confusions)


@pytest.mark.parametrize("n_votes", [1, 2])
@pytest.mark.parametrize("prior", [None, [0.5, 0.3, 0.2]])
def test_the_other_model_gives_the_same_chances_and_differs(n_votes, prior):
    rng = np.random.default_rng(0)
    given = [NOISY, 0.5 * NOISY + 0.5 * np.eye(3)][:n_votes]
    found = equivalent_models(given, prior)
    one, other = (chances(p, c) for p, c in zip(found.class_priors, found.confusions, strict=True))
    np.testing.assert_allclose(one, other, atol=1e-12)
    assert np.abs(found.confusions[0] - found.confusions[1]).max() == found.apart > 0.05
    assert (found.confusions[1] >= 0).all()
    np.testing.assert_allclose(found.confusions[1].sum(axis=2), 1)
    assert (found.confusions[1].argmax(axis=2) == np.arange(3)).all()
    # So any number of items has the same likelihood under both.
    counts = rng.multinomial(10_000, one.ravel())
    assert counts @ np.log(one.ravel()) == pytest.approx(counts @ np.log(other.ravel()), abs=1e-8)


def test_the_result_says_what_it_means():
    found = equivalent_models(NOISY)
    assert "No number of items tells them apart" in found.sentence
    assert found.to_table().shape == (18, 5)
    assert found.to_dict()["kind"] == "equivalent_models"


def test_there_is_no_other_model_of_votes_without_errors_or_of_three():
    with pytest.raises(IdentifiabilityError, match="no other model"):
        equivalent_models([np.eye(3)] * 2)
    with pytest.raises(IdentifiabilityError, match="3 votes an item"):
        equivalent_models([NOISY] * 3)
    with pytest.raises(DataError, match="class_prior"):
        equivalent_models(NOISY, [0.5, 0.5])
