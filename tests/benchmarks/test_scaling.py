"""The curve over sizes: what is counted, what is timed, and how the page says it."""

import time

import numpy as np
import pytest
from benchmarks._scaling_page import drawing, section, shown
from benchmarks.aggregation import _our_votes

from benchmarks import __main__ as command
from benchmarks import _inputs, scaling
from labelwright.aggregation._kernels import OneHotVotes
from labelwright.core.files import write_json


@pytest.fixture
def votes(tmp_path):
    _inputs.crowd(tmp_path, seed=1, items=400, annotators=20, votes=5)
    return _our_votes(tmp_path)


def test_the_bytes_of_a_step_are_those_of_the_arrays_that_the_kernel_holds(votes):
    data = OneHotVotes(votes)
    (block,) = data.blocks
    one_hot = block.one_hot
    # Once for beliefs and once for counts; beliefs are written and read.
    arrays = one_hot.indices.nbytes + one_hot.data.nbytes + one_hot.indptr[:-1].nbytes
    beliefs, tables = 8 * 400 * 4, 8 * 20 * 5 * 4
    assert scaling.CONFUSIONS.at(2000) == 2 * (arrays + beliefs + tables)
    assert np.shares_memory(block.transposed.indices, one_hot.indices)


def test_the_codes_of_votes_are_as_small_as_they_are_counted(votes):
    assert (votes.item.itemsize, votes.annotator.itemsize, votes.label.itemsize) == (4, 4, 1)


@pytest.mark.filterwarnings("ignore:DawidSkene stopped after")
def test_each_part_of_a_step_is_timed_once_a_block(votes, monkeypatch):
    ticks = iter(range(1000))
    monkeypatch.setattr(time, "process_time", lambda: next(ticks))
    parts = scaling.dawid_skene_parts(votes)
    names = ("kernel", "gather", "turn", "exp", "log", "scatter", "rounds")
    assert parts == dict.fromkeys(names, 1)


def test_a_step_is_the_difference_of_fits_by_the_difference_of_their_steps(monkeypatch):
    class Slow:
        def __init__(self, max_iter=100, tol=1.0):
            self.max_iter, self.tol = max_iter, tol

        def fit(self, data):
            assert data == "votes"
            self.history_ = [0.0] * (5 if self.tol else self.max_iter)
            clock.append(clock[-1] + 7.0 + 0.5 * len(self.history_))
            return self

    clock = [0.0]
    monkeypatch.setattr(time, "process_time", lambda: clock[-1])
    monkeypatch.setattr(scaling.Method, "kind", lambda self: Slow)
    method = scaling.Method("Slow", scaling.CONFUSIONS, endless={"tol": 0.0})
    found = scaling.on_curve(method, "votes", 10_000)
    assert found["step_s"] == 0.5
    assert found["fit_s"] == 9.5
    assert found["rounds"] == 1, "the budget was spent by the first"
    assert found["bytes"] == scaling.CONFUSIONS.at(10_000)


@pytest.mark.parametrize("method", [m for m in scaling.METHODS if m.moved and m.endless])
def test_every_method_takes_as_many_steps_as_it_is_told(method, votes):
    def steps(number):
        options = {**method.options, **method.endless, method.limit: number}
        with pytest.warns(match="stopped after"):
            return scaling._steps(method.kind()(**options).fit(votes))

    assert steps(5) - steps(2) == 3


def test_the_triad_counts_what_it_reads_and_writes(monkeypatch):
    monkeypatch.setattr(scaling, "cpu_seconds", lambda call: (call() or 2.0, None))
    assert scaling.triad_bandwidth(length=1000, rounds=3) == 5 * 8 * 1000 / 2


def test_a_process_measures_the_sizes_that_it_is_given(tmp_path, monkeypatch):
    figures = {"votes": 10_000, "bandwidth": 1e9}
    monkeypatch.setattr(scaling, "_in_process", lambda votes: figures | {"votes": votes})
    report = scaling.run(tmp_path, quick=True)
    assert [size["votes"] for size in report["sizes"]] == [10_000]
    assert [s["votes"] for s in scaling.run(tmp_path)["sizes"]] == list(scaling.SIZES)
    assert (tmp_path / "scaling.json").exists()


def report():
    def size(votes, *methods):
        parts = {"gather": 1e-3, "turn": 1e-3, "exp": 1e-3, "log": 1e-3, "scatter": 1e-3}
        parts["kernel"] = 8e-3
        return {"votes": votes, "annotators": votes // 1000, "methods": methods, "parts": parts}

    def method(package, step_s, moved):
        names = {"method": "DawidSkene", "package": package}
        return names | {"step_s": step_s, "fit_s": 0.25, "bytes": moved}

    return {
        "bandwidth": 2e10,
        "machine": {"system": "Linux", "cores": 2, "processor": "Abacus"},
        "versions": {"python": "3.11"},
        "sizes": [
            size(100_000, method("labelwright", 8e-3, 4e6), method("crowd-kit", 1.0, None)),
            size(1_000_000, method("labelwright", 2e-2, 4e7)),
        ],
    }


def test_the_page_has_nanoseconds_a_vote_and_the_share_of_the_bandwidth():
    text = section(report())
    assert "20.0 GB a second" in text
    assert "| method | package | 100,000 | 1,000,000 |" in text
    assert "| DawidSkene | labelwright | 80 (2 %) | 20 (10 %) |" in text
    assert "| DawidSkene | crowd-kit | 1e+04 |  |" in text
    assert "| DawidSkene | labelwright | 0.25 | 0.25 |" in text
    assert "20 (10 %)" in shown(report())


def test_the_parts_of_the_kernel_add_up_to_it():
    row = "| 100,000 | 100 | 16 kB | 10 | 10 | 10 | 10 | 10 | 30 | 80 |"
    assert row in section(report())


def test_the_section_is_the_last_of_the_page_and_the_drawing_lies_beside_it(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(command, "DRAWING", tmp_path / "scaling.svg")
    command.write_docs(tmp_path)
    assert not command.DRAWING.exists()
    write_json(tmp_path / "scaling.json", report())
    command.write_docs(tmp_path)
    assert command.PAGE.read_text().endswith("\n\n" + section(report()))
    assert command.DRAWING.read_text() == drawing(report())


def test_the_drawing_has_a_line_a_method_and_needs_no_network():
    svg = drawing(report())
    assert svg.startswith("<svg")
    assert svg.count('aria-roledescription="line mark"') == 2
    assert "href" not in svg
