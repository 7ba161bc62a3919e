from __future__ import annotations

import itertools

import numpy as np
import pytest

from labelwright.core.seeds import generator
from labelwright.report.nutrition import NutritionLabel, PairPlots, ProbabilisticModel
from labelwright.report.nutrition._binning import Binned, information, joint_counts
from labelwright.report.nutrition._forest import draw_rows, fit_forest


def chain(n: int = 2000, length: int = 6, seed: int = 0) -> dict[str, list[str]]:
    """Each column copies the one before it in three of four rows; ``alone`` copies none."""
    rng = np.random.default_rng(seed)
    values = [rng.integers(0, 3, n)]
    for _ in range(length - 1):
        values.append(np.where(rng.random(n) < 0.75, values[-1], rng.integers(0, 3, n)))
    names = {f"c{place}": [f"v{v}" for v in column] for place, column in enumerate(values)}
    return names | {"alone": [f"v{v}" for v in rng.integers(0, 3, n)]}


def test_the_forest_is_the_planted_chain_and_what_is_independent_stands_alone():
    (found,) = NutritionLabel.of(chain(), modules=["probabilistic_model"]).modules.values()
    edges = {frozenset((one["first"], one["second"])) for one in found["edges"]}
    assert edges == {frozenset((f"c{k}", f"c{k + 1}")) for k in range(5)}
    assert found["alone"] == ["alone"]
    assert all(one["frequency"] == 1.0 for one in found["edges"])


def binned(seed: int = 1, n: int = 300) -> Binned:
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 3, n)
    codes = np.column_stack([first, (first + rng.integers(0, 2, n)) % 3, rng.integers(0, 2, n)])
    names = [list("abc"), list("abc"), list("de")]
    return Binned(["x", "y", "z"], names, codes.astype(np.int16))


def test_information_is_that_of_every_table():
    data = binned()
    shared, used = information(data, joint_counts(data))
    assert used.tolist() == [3, 3, 2]
    for i, j in itertools.combinations(range(3), 2):
        table = np.zeros((3, 3))
        np.add.at(table, (data.codes[:, i], data.codes[:, j]), 1 / 300)
        p, q = table.sum(axis=1, keepdims=True), table.sum(axis=0, keepdims=True)
        filled = table > 0
        expected = (table[filled] * np.log(table[filled] / (p * q)[filled])).sum()
        assert shared[i, j] == pytest.approx(expected, abs=1e-12)


def test_weights_count_rows_so_many_times():
    data = binned()
    times = np.random.default_rng(2).integers(0, 4, 300)
    repeated = data.rows(np.repeat(np.arange(300), times))
    np.testing.assert_array_equal(joint_counts(data, times.astype(float)), joint_counts(repeated))


def test_rows_are_drawn_from_the_model():
    data = binned()
    joint = joint_counts(data)
    edges = fit_forest(data, joint)
    assert edges == [(0, 1)]
    rows = draw_rows(data, joint, edges, 20_000, generator(0))
    drawn = np.array([[row["x"], row["y"]] for row in rows])
    for one, other in itertools.product("abc", repeat=2):
        expected = joint["abc".index(one), 3 + "abc".index(other)] / 300
        assert ((drawn == [one, other]).all(axis=1)).mean() == pytest.approx(expected, abs=0.015)


def test_at_most_so_many_rows_and_columns_are_used():
    module = ProbabilisticModel(n_resamples=0, most_columns=3, most_rows=500)
    found = NutritionLabel.of(chain(), modules=[module]).modules["probabilistic_model"]
    assert found["rows"] == 500
    assert len(found["columns"]) == 3
    assert all(one["frequency"] is None for one in found["edges"])


def test_pairs_are_the_strongest_and_their_grids_count_rows():
    (found,) = NutritionLabel.of(chain(), modules=[PairPlots(most_pairs=5)]).modules.values()
    pairs = {frozenset((one["first"], one["second"])) for one in found["pairs"]}
    assert pairs == {frozenset((f"c{k}", f"c{k + 1}")) for k in range(5)}
    assert all(sum(map(sum, one["rows"])) == 2000 for one in found["pairs"])


def test_numbers_and_times_become_ranges_and_gaps_a_value():
    rng = np.random.default_rng(0)
    x = rng.normal(size=500)
    table = {"x": x, "double": 2 * x, "day": np.arange(500).astype("datetime64[D]")}
    table["x"] = np.where(np.arange(500) < 40, np.nan, x)
    (found,) = NutritionLabel.of(table, modules=["pair_plots"]).modules.values()
    names = found["pairs"][0]["first_names"]
    assert names[-1] == "(missing)"
    assert len(names) == 6
    assert names[0].startswith("up to ")


def test_small_cells_are_blank():
    table = {"a": ["x"] * 53 + ["y"] * 50, "b": ["p"] * 50 + ["q"] * 53}
    (found,) = NutritionLabel.of(table, modules=["pair_plots"]).modules.values()
    assert sorted(str(n) for line in found["pairs"][0]["rows"] for n in line) == [
        "0", "50", "50", "None",
    ]  # fmt: skip


@pytest.mark.parametrize("module", ["pair_plots", "probabilistic_model"])
def test_a_single_column_has_no_pairs(module):
    found = NutritionLabel.of({"a": ["x", "y"] * 9, "same": ["z"] * 18}, modules=[module])
    assert "fewer than two columns" in found.left_out[module]
