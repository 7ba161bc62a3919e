import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import icc
from labelwright.core.errors import CapabilityError, DataError, ParameterError
from labelwright.core.spaces import Numbers

MODELS = ("one-way", "agreement", "consistency")
# Six targets and four judges, the example of Shrout and Fleiss (1979).
JUDGED = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)


def votes_of(table):
    item, annotator = np.nonzero(np.isfinite(table))
    return Votes.from_arrays(item, annotator, table[item, annotator], space=Numbers())


def test_the_example_of_the_paper():
    votes = votes_of(JUDGED)
    assert [round(icc(votes, m).value, 2) for m in MODELS] == [0.17, 0.29, 0.71]
    means = [round(icc(votes, m, average=True).value, 2) for m in MODELS]
    assert means == [0.44, 0.62, 0.91]


@pytest.mark.parametrize("model", MODELS)
def test_the_interval_is_that_of_coefficients_without_each_item(model):
    from labelwright.aggregation._agreement_interval import agreement_interval

    whole = icc(votes_of(JUDGED), model)
    without = np.array([icc(votes_of(np.delete(JUDGED, i, 0)), model).value for i in range(6)])
    most = np.ptp(JUDGED) ** 2 / 2 / JUDGED.var(ddof=1)
    ends = agreement_interval(whole.value, without, most, 0.95)
    assert (whole.low, whole.high) == pytest.approx(ends)


@pytest.mark.parametrize("model", MODELS)
def test_intervals_cover_as_they_say(model):
    rng = np.random.default_rng(0)
    inside = []
    for _ in range(200):
        table = np.sqrt(0.8) * rng.normal(size=(30, 1)) + np.sqrt(0.2) * rng.normal(size=(30, 3))
        found = icc(votes_of(table), model)
        inside.append(found.low <= 0.8 <= found.high)
    assert 0.91 <= np.mean(inside) <= 0.99


def test_a_shift_is_forgiven_by_consistency_only():
    table = np.arange(10.0)[:, None] + [0, 3]
    assert icc(votes_of(table), "consistency").value == pytest.approx(1)
    assert icc(votes_of(table), "agreement").value < 0.7
    assert icc(votes_of(table), "consistency").low < 1


def test_gaps_are_for_one_way_only():
    gappy = JUDGED.copy()
    gappy[0, 0] = np.nan
    by_hand = icc(votes_of(gappy))
    size = np.array([3, 4, 4, 4, 4, 4])
    mean = np.nanmean(gappy, axis=1)
    within = np.nansum((gappy - mean[:, None]) ** 2) / (23 - 6)
    between = (size * (mean - np.nanmean(gappy)) ** 2).sum() / 5
    each = (23 - (size**2).sum() / 23) / 5
    assert by_hand.value == pytest.approx((between - within) / (between + (each - 1) * within))
    with pytest.raises(CapabilityError, match="Not everybody labelled every item"):
        icc(votes_of(gappy), "agreement")


def test_whole_number_classes_are_numbers_and_words_are_not():
    classes = Votes.from_matrix(JUDGED.astype(int), classes=range(11))
    assert icc(classes).value == pytest.approx(icc(votes_of(JUDGED)).value)
    words = Votes.from_wide({"a": list("xy"), "b": list("xy")}, votes=["a", "b"])
    with pytest.raises(CapabilityError, match="needs votes that are numbers"):
        icc(words)


def test_what_cannot_be_measured():
    with pytest.raises(DataError, match="Fewer than two items"):
        icc(votes_of(JUDGED[:1]))
    with pytest.raises(ParameterError, match="model='ICC2'"):
        icc(votes_of(JUDGED), "ICC2")
    same = icc(votes_of(np.ones((5, 2))))
    assert (same.low, same.high) == (-1.0, 1.0)
