import dataclasses
import sys

import numpy as np
import pytest
from benchmarks._cases import Bench, Case, Input, Side
from benchmarks._child import measure
from benchmarks._runner import run_bench, written
from tests.benchmarks import dummies

from benchmarks import _runner
from labelwright.core.files import read_json

INPUT = Input(dummies.write, {"n": 1000}, {"n": 10})
SLOW = Side("slow", dummies.double, {"seconds": 0.2})


def case(**changes):
    stated = Case(
        task="double",
        input=INPUT,
        ours=Side("fast", dummies.double),
        peer=SLOW,
        compare=dummies.compare,
        repeats=2,
        floor=2,
        aim=3,
        memory_mb=500,
    )
    return dataclasses.replace(stated, **changes)


@pytest.fixture
def run(tmp_path):
    def run_case(stated, **options):
        bench = Bench("toy", "Toys", "What toys cost.", (), (stated,), dummies.__file__)
        folders = {"folder": tmp_path / "results", "work": tmp_path / "work"}
        return run_bench(bench, **folders, **options)["cases"][0]

    return run_case


def starts(tmp_path):
    """How often each side was started on the input that is measured, in order."""
    folder = written(INPUT, INPUT.sizes, tmp_path / "work")
    return (folder / "log").read_text().split()


def test_both_sides_run_in_turn_and_are_compared(run, tmp_path):
    found = run(case())
    assert starts(tmp_path) == ["0.0", "0.2", "0.0", "0.2"]
    assert found["comparison"] == {"equal": 1.0}
    assert found["same_answer"] is True
    assert found["medians"]["peer"]["cpu_s"] >= 0.2
    assert found["cpu_ratio"]["least"] > 3
    assert found["verdict"] == "aim met, memory met"
    assert read_json(tmp_path / "results" / "toy.json")["cases"][0] == found


def test_finished_rounds_are_kept_unless_fresh_ones_are_wanted(run, tmp_path):
    first = run(case())
    assert run(case()) == first
    assert len(starts(tmp_path)) == 4
    run(case(), fresh=True)
    assert len(starts(tmp_path)) == 8


def test_other_code_makes_rounds_void(run, tmp_path, monkeypatch):
    run(case())
    monkeypatch.setattr(_runner, "_code_hash", lambda bench: "other code")
    run(case())
    assert len(starts(tmp_path)) == 8


def test_quick_runs_the_small_input_once(run):
    found = run(case(), quick=True)
    assert found["sizes"] == {"n": 10}
    assert len(found["rounds"]) == 1


def test_a_peer_over_the_time_limit_is_stopped_and_the_ratio_is_a_bound(run):
    endless = Side("endless", dummies.double, {"seconds": 60.0})
    found = run(case(peer=endless, limit_s=0.5))
    assert found["peer_stopped"] == "time limit"
    assert found["ratio_at_least"] is True
    assert found["same_answer"] is None
    assert len(found["rounds"]) == 1


def test_different_answers_are_told(run):
    found = run(case(peer=Side("wrong", dummies.double, {"wrong": True}), repeats=1))
    assert found["same_answer"] is False
    assert found["comparison"]["equal"] == 0


def test_a_side_that_fails_is_an_error_with_its_words(run):
    with pytest.raises(RuntimeError, match=r"dummies:fail failed(.|\n)*nothing to double"):
        run(case(ours=Side("broken", dummies.fail)))


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured on Linux only")
def test_peak_memory_is_that_of_the_call_beyond_what_was_held():
    held = np.ones(30_000_000)
    del held
    figures, size = measure(lambda: np.ones(8_000_000).size, 60)
    assert (figures["status"], size) == ("finished", 8_000_000)
    assert 55 < figures["peak_mb"] < 75


def test_memory_that_runs_out_is_a_finding():
    def greedy():
        raise MemoryError

    assert measure(greedy, 60)[0]["status"] == "memory limit"
