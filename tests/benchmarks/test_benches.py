"""The parts of the benchmarks that could make a comparison unfair."""

import numpy as np
import polars as pl
import pytest

from benchmarks import __main__ as command
from benchmarks import _inputs, aggregation, votes_from_csv
from labelwright.aggregation._kernels import OneHotVotes
from labelwright.core.validation import check_probabilities

SIZES = {"items": 60, "annotators": 7, "votes": 4}


@pytest.fixture
def crowd(tmp_path):
    _inputs.crowd(tmp_path, seed=1, **SIZES)
    return tmp_path


def test_a_crowd_votes_once_an_item_and_is_the_same_from_the_same_seed(crowd, tmp_path):
    table = pl.read_parquet(crowd / "votes.parquet")
    assert table.group_by("task").len()["len"].to_list() == [4] * 60
    assert table.select("task", "worker").n_unique() == 240
    again = tmp_path / "again"
    again.mkdir()
    _inputs.crowd(again, seed=1, **SIZES)
    assert pl.read_parquet(again / "votes.parquet").equals(table)


def test_the_csv_holds_the_same_votes_in_another_order(crowd):
    _inputs.crowd_csv(crowd, seed=1, **SIZES)
    found, table = pl.read_csv(crowd / "votes.csv"), pl.read_parquet(crowd / "votes.parquet")
    assert not found.equals(table)
    assert found.sort(pl.all()).equals(table.sort(pl.all()))


def test_predictions_are_probabilities_and_one_label_in_ten_is_wrong(tmp_path):
    _inputs.predictions(tmp_path, items=5000, classes=4, seed=1)
    probabilities = np.load(tmp_path / "probabilities.npy")
    check_probabilities(probabilities)
    wrong = np.load(tmp_path / "labels.npy") != probabilities.argmax(axis=1)
    assert 0.09 < wrong.mean() < 0.2


def test_log_likelihood_is_that_of_the_kernel(crowd):
    job = aggregation.our_dawid_skene(crowd)
    model = job.run()
    answer = job.answer(model)
    found = aggregation.log_likelihood(
        aggregation._vote_codes(crowd), answer["confusion"], answer["prior"]
    )
    data = OneHotVotes(aggregation._our_votes(crowd))
    assert found == pytest.approx(data.expect(model.confusion_, model.class_prior_)[0], rel=1e-12)


def test_both_readers_find_the_same_votes(crowd):
    pytest.importorskip("pandas")
    _inputs.crowd_csv(crowd, seed=1, **SIZES)
    digests = []
    for side in ("our_votes", "pandas_frame", "pandas_arrays"):
        job = getattr(votes_from_csv, side)(crowd)
        digests.append(job.answer(job.run())["digest"].tolist())
    assert digests[0] == digests[1] == digests[2]


def test_every_benchmark_is_found_and_named_after_its_module():
    found = command.benches()
    assert {name: bench.slug for name, bench in found.items()} == {name: name for name in found}
    assert {"aggregation", "label_issues", "votes_from_csv"} <= set(found)
