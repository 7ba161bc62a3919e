from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from labelwright.report.nutrition import GroundTruth, NutritionLabel


def tables(n_keys: int = 60, per_key: int = 5, seed: int = 0):
    rng = np.random.default_rng(seed)
    income = rng.normal(size=n_keys)
    key = np.repeat(np.arange(n_keys), per_key)
    own = {
        "zip": [f"z{k}" for k in key],
        "price": income[key] + rng.normal(size=len(key)),
        "rich": np.where(income[key] > 0, "yes", "no").tolist(),
        "noise": rng.choice(["p", "q"], len(key)).tolist(),
    }
    region = np.where(income > 0, "north", "south")
    external = {
        "zip": [f"z{k}" for k in range(n_keys)],
        "income": income,
        "region": region.tolist(),
    }
    return own, external


def found_of(own, external, **options):
    label = NutritionLabel.of(
        own, ground_truth=external, on="zip", modules=[GroundTruth(**options)]
    )
    found = label.modules["ground_truth"]
    return found, {(one["own"], one["external"]): one for one in found["pairs"]}, label


def test_a_correlation_is_that_of_pandas_on_the_joined_tables():
    own, external = tables()
    _, pairs, _ = found_of(own, external)
    joined = pd.DataFrame(own).merge(pd.DataFrame(external), on="zip")
    one = pairs["price", "income"]
    assert one["measure"] == "correlation"
    assert one["value"] == pytest.approx(joined["price"].corr(joined["income"]), abs=1e-12)
    assert one["low"] < one["value"] < one["high"]


def test_a_copy_has_a_v_of_one_and_noise_has_none():
    _, pairs, _ = found_of(*tables())
    assert pairs["rich", "region"]["value"] == pytest.approx(1.0, abs=0.02)
    assert pairs["noise", "region"]["value"] < 0.2
    assert pairs["noise", "region"]["measure"] == "Cramer's V"


def test_v_without_bias_is_bergsmas():
    rng = np.random.default_rng(1)
    n = 400
    a = rng.integers(0, 3, n)
    b = np.where(rng.random(n) < 0.5, a, rng.integers(0, 3, n))
    key = [f"z{k}" for k in range(n)]
    own = {"zip": key, "a": [f"a{v}" for v in a]}
    _, pairs, _ = found_of(own, {"zip": key, "b": [f"b{v}" for v in b]})
    table = pd.crosstab(a, b).to_numpy()
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    phi = ((table - expected) ** 2 / expected).sum() / n
    corrected = max(0, phi - 4 / (n - 1))
    assert pairs["a", "b"]["value"] == pytest.approx((corrected / (2 - 4 / (n - 1))) ** 0.5)


def test_intervals_know_that_rows_of_a_key_are_alike():
    # The same 60 keys with 5 or 50 rows each: more rows, but no more regions to learn from.
    widths = []
    for per_key in (5, 50):
        own, external = tables(per_key=per_key)
        own["price"] = np.repeat(own["price"][::per_key], per_key)
        one = found_of(own, external)[1]["price", "income"]
        widths.append(one["high"] - one["low"])
    assert 0.6 < widths[1] / widths[0] < 1.7


def test_rows_without_a_partner_are_counted_and_the_warning_is_on_the_page():
    own, external = tables()
    external = {name: values[:40] for name, values in external.items()}
    found, _, label = found_of(own, external)
    assert (found["rows_matched"], found["rows_not_matched"], found["keys"]) == (200, 100, 40)
    assert "not the truth either" in label.to_html()


def test_too_few_keys_or_columns_say_so():
    own, external = tables()
    few = {name: values[:5] for name, values in external.items()}
    for table, why in ((few, "only 5 keys"), ({"zip": external["zip"]}, "no column of categories")):
        label = NutritionLabel.of(own, ground_truth=table, on="zip", modules=["ground_truth"])
        assert why in label.left_out["ground_truth"]
