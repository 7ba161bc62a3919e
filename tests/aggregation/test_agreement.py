import itertools

import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import agreement, krippendorff_alpha
from labelwright.core.errors import CapabilityError, DataError, ParameterError
from labelwright.core.spaces import Classes, Numbers, Tags

SCALE = [1, 2, 4, 5]


def alpha_by_pairs(matrix, distance):
    """The definition: distances of all pairs within items against all pairs of values."""
    units = [[v for v in row if v is not None] for row in matrix]
    units = [u for u in units if len(u) > 1]
    values = [v for u in units for v in u]
    n = len(values)
    observed = sum(
        distance(a, b) / (len(u) - 1) for u in units for a, b in itertools.permutations(u, 2)
    )
    expected = sum(distance(a, b) for a, b in itertools.permutations(values, 2)) / (n - 1)
    return 1 - observed / expected


def random_matrix(seed=0, n=40, k=4):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, k, n)
    matrix = np.where(rng.random((n, 5)) < 0.6, truth[:, None], rng.integers(0, k, (n, 5)))
    return np.where(rng.random((n, 5)) < 0.3, -1, matrix)


def answers(matrix, names):
    return [[None if code < 0 else names[code] for code in row] for row in matrix]


def votes_of(matrix, space):
    """Votes for answers of any space; a None is no vote."""
    found = [(i, a, v) for i, row in enumerate(matrix) for a, v in enumerate(row) if v is not None]
    return Votes.from_arrays(*(list(column) for column in zip(*found, strict=True)), space=space)


def ratio(a, b):
    return ((a - b) / (a + b)) ** 2 if a + b else 0.0


def polar(a, b):
    return (a - b) ** 2 / ((a + b - 2) * (10 - a - b)) if a != b else 0.0


BY_NUMBERS = {
    "nominal": lambda a, b: float(a != b),
    "interval": lambda a, b: (a - b) ** 2,
    "ratio": ratio,
    "polar": polar,
}


@pytest.mark.parametrize("scale", BY_NUMBERS)
@pytest.mark.parametrize("space", [Classes(SCALE), Numbers(low=1, high=5)])
def test_equals_the_definition_over_pairs(scale, space):
    matrix = answers(random_matrix(), [float(n) for n in SCALE])
    found = krippendorff_alpha(votes_of(matrix, space), scale)
    assert found.value == pytest.approx(alpha_by_pairs(matrix, BY_NUMBERS[scale]), abs=1e-12)
    assert found.method == f"Krippendorff's alpha, {scale}"


@pytest.mark.parametrize("space", [Classes(range(4)), Numbers()])
def test_on_a_circle_by_pairs(space):
    matrix = answers(random_matrix(), range(4))
    hours = votes_of(matrix, space)
    expected = alpha_by_pairs(matrix, lambda a, b: np.sin(np.pi * (a - b) / 4) ** 2)
    assert krippendorff_alpha(hours, "circular", period=4).value == pytest.approx(expected)


SETS = [(), ("a",), ("a", "b"), ("b", "c"), ("a", "b", "c")]


def jaccard(a, b):
    union = set(a) | set(b)
    return 1 - len(set(a) & set(b)) / len(union) if union else 0.0


def masi(a, b):
    a, b = set(a), set(b)
    if a == b:
        return 0.0
    part = 2 / 3 if a <= b or b <= a else 1 / 3 if a & b else 0
    return 1 - part * len(a & b) / len(a | b)


@pytest.mark.parametrize("distance", [jaccard, masi])
def test_sets_by_pairs_and_as_a_function(distance):
    matrix = answers(random_matrix(k=5), SETS)
    votes = votes_of(matrix, Tags(["a", "b", "c"]))
    expected = pytest.approx(alpha_by_pairs(matrix, distance), abs=1e-12)
    assert krippendorff_alpha(votes, distance.__name__).value == expected
    assert krippendorff_alpha(votes, distance).value == expected


def test_open_answers_are_sets_of_classes():
    space = Classes(["T", "B", "NK"], open_answers={"T or B": ["T", "B"]})
    rows = [["T", "T or B"], ["B", "B"], ["NK", "NK"], ["T", "T"]]
    meant = [[tuple(a.split(" or ")) for a in row] for row in rows]
    votes = votes_of(rows, space)
    found = krippendorff_alpha(votes, "jaccard")
    assert found.value == pytest.approx(alpha_by_pairs(meant, jaccard))
    # Without sets a vote that leaves classes open is left out, and so is its item here.
    assert krippendorff_alpha(votes, "nominal").n_items == 3


def test_stated_distances_are_the_usual_scale():
    table = [[0, 1, 3], [1, 0, 1], [3, 1, 0]]
    matrix = answers(random_matrix(k=3), range(3))
    votes = votes_of(matrix, Classes(range(3), distances=table))
    expected = alpha_by_pairs(matrix, lambda a, b: table[a][b])
    assert krippendorff_alpha(votes).value == pytest.approx(expected, abs=1e-12)


def test_small_blocks_change_nothing(monkeypatch):
    votes = Votes.from_matrix(random_matrix(), classes=range(4))
    whole = krippendorff_alpha(votes)
    monkeypatch.setattr(agreement, "BLOCK_PAIRS", 7)
    assert krippendorff_alpha(votes) == whole


def test_two_raters_without_gaps_give_scotts_pi_with_its_correction():
    matrix = random_matrix(seed=3)[:, :2]
    matrix = matrix[(matrix >= 0).all(axis=1)]
    shares = np.bincount(matrix.ravel(), minlength=4) / matrix.size
    chance = (shares**2).sum()
    pi = (np.mean(matrix[:, 0] == matrix[:, 1]) - chance) / (1 - chance)
    votes = Votes.from_matrix(matrix, classes=range(4))
    assert krippendorff_alpha(votes).value == pytest.approx(pi + (1 - pi) / matrix.size)


def test_ordered_classes_take_the_ordinal_scale():
    matrix = random_matrix()
    ordered = Votes.from_matrix(matrix, space=Classes(range(4), ordered=True))
    assert "ordinal" in krippendorff_alpha(ordered).method
    assert krippendorff_alpha(ordered).value == krippendorff_alpha(ordered, "ordinal").value


def copies(rng, n, q):
    """Two raters who copy the truth with probability q and else guess: alpha is q squared."""
    truth = rng.integers(0, 2, n)
    copied = rng.random((n, 2)) < q
    matrix = np.where(copied, truth[:, None], rng.integers(0, 2, (n, 2)))
    return Votes.from_matrix(matrix, classes=[0, 1])


@pytest.mark.parametrize(("n", "q"), [(150, 0.7), (40, 0.97), (40, 0.999), (20, 0.95)])
def test_the_interval_covers_as_it_says_also_where_nearly_all_agree(n, q):
    rng = np.random.default_rng(0)
    found = [krippendorff_alpha(copies(rng, n, q)) for _ in range(300)]
    covered = np.mean([one.low <= q * q <= one.high for one in found])
    assert 0.92 <= covered <= 1.0


def test_perfect_agreement_has_a_width_that_falls_with_the_items():
    widths = []
    for n in (25, 100, 400):
        truth = np.arange(n) % 2
        found = krippendorff_alpha(Votes.from_matrix(np.column_stack([truth, truth])))
        assert (found.value, found.high) == (1.0, 1.0)
        widths.append(n * (1 - found.low))
    # Total disagreement in four of n items, and a disagreeing item counts twice.
    assert widths[-1] == pytest.approx(8, abs=0.5)
    assert widths == sorted(widths)


def test_one_answer_throughout_says_nothing():
    votes = Votes.from_matrix(np.zeros((30, 2), dtype=int), classes=[0, 1])
    found = krippendorff_alpha(votes)
    assert (found.value, found.low, found.high) == (1.0, -1.0, 1.0)


def test_no_item_with_two_votes():
    votes = Votes.from_wide({"a": ["x", None], "b": [None, "y"]}, votes=["a", "b"])
    with pytest.raises(DataError, match="two votes"):
        krippendorff_alpha(votes)


def test_scales_that_do_not_suit():
    numbered = Votes.from_matrix(random_matrix(), classes=range(4))
    named = Votes.from_matrix(random_matrix(), classes=list("wxyz"))
    tags = votes_of(answers(random_matrix(k=5), SETS), Tags(["a", "b", "c"]))
    with pytest.raises(DataError, match=r"no scale 'ratios'.*Did you mean 'ratio'"):
        krippendorff_alpha(numbered, "ratios")
    with pytest.raises(DataError, match="'ratio' needs numbers"):
        krippendorff_alpha(named, "ratio")
    with pytest.raises(CapabilityError, match="'masi' needs votes for tags"):
        krippendorff_alpha(named, "masi")
    with pytest.raises(CapabilityError, match="'ordinal' needs numbers or ordered classes"):
        krippendorff_alpha(tags, "ordinal")
    with pytest.raises(CapabilityError, match="states no distances"):
        krippendorff_alpha(named, "distances")
    with pytest.raises(ParameterError, match="begins anew"):
        krippendorff_alpha(votes_of([[1.0, 2.0]], Numbers()), "circular")


def test_a_function_that_is_no_distance():
    votes = Votes.from_matrix(random_matrix(), classes=range(4))
    with pytest.raises(DataError, match=r"gives -1\.0 for 0 and 1, and 1\.0 the other way round"):
        krippendorff_alpha(votes, lambda a, b: a - b)


def test_too_many_different_answers_for_a_scale_without_a_formula():
    rng = np.random.default_rng(0)
    values = rng.random(20_002)
    item = np.repeat(np.arange(values.size // 2), 2)
    votes = Votes.from_arrays(item, np.arange(values.size) % 2, values, space=Numbers())
    assert krippendorff_alpha(votes, "interval").n_votes == values.size
    with pytest.raises(CapabilityError, match="different numbers"):
        krippendorff_alpha(votes, "ratio")
    with pytest.raises(CapabilityError, match="different answers"):
        krippendorff_alpha(votes, jaccard)
