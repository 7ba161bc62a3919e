from __future__ import annotations

import gc
import importlib
import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwright.core.errors import (
    CapabilityError,
    DataError,
    LabelwrightError,
    ParameterError,
)
from labelwright.core.executor import LocalExecutor, Overran, shards, usable_cpus

KINDS = ("threads", "processes")


@pytest.fixture
def work(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parent)
    return importlib.import_module("executor_work")


@pytest.mark.parametrize("kind", KINDS)
def test_the_sum_is_the_same_to_the_last_bit_for_any_number_of_workers_and_kind(kind, work):
    values = np.random.default_rng(0).normal(size=10_001)
    cuts = shards(len(values), 8, target_bytes=8_000)
    expected = sum(work.weighted_sum(values[cut], 1 / 3) for cut in cuts)
    for workers in (1, 2, 4):
        with LocalExecutor(kind, workers) as executor:
            handles = executor.put(values[cut] for cut in cuts)
            assert sum(executor.map(work.weighted_sum, handles, 1 / 3)) == expected


@given(st.integers(0, 10**9), st.integers(0, 1000), st.integers(1, 10**8))
def test_shards_cover_every_row_once_and_keep_to_the_target(n, bytes_per_row, target):
    n = min(n, 200 * target // max(bytes_per_row, 1) + 5)
    if n > 10**5 and target < bytes_per_row:
        n = 1000
    cuts = shards(n, bytes_per_row, target)
    assert cuts[0].start == 0
    assert cuts[-1].stop == n
    assert all(a.stop == b.start for a, b in itertools.pairwise(cuts))
    assert all((c.stop - c.start - 1) * bytes_per_row <= target for c in cuts)
    assert n == 0 or all(c.stop > c.start for c in cuts)


def test_shards_refuses_nonsense():
    with pytest.raises(ParameterError, match="target_bytes=0"):
        shards(3, 8, 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("workers", [1, 3])
def test_the_first_failing_shard_is_named(kind, workers, work):
    with LocalExecutor(kind, workers) as executor:
        handles = executor.put([0, 2, 4, 5, 6, 7, 9])
        with pytest.raises(DataError, match=r"5 is odd\. Give even ones\.") as caught:
            executor.map(work.fail_on_odd, handles)
        assert caught.value.where == {"row": 5, "shard": 3}
        assert "This happened in shard 3." in caught.value.__notes__
        assert executor.map(work.fail_on_odd, handles[:3]) == [0, 2, 4]


def test_a_shard_over_its_time_is_killed_and_the_others_go_on(work):
    with LocalExecutor("processes", 2) as executor:
        handles = executor.put([0, 1, -1, 3, 4, 5])
        results = executor.map(work.sleep_if_negative, handles, timeout=0.5)
        assert results[2] == Overran(2, 0.5)
        assert str(results[2]) == "Shard 2 was stopped after 0.5 s."
        assert [r[0] for r in results if r != results[2]] == [0, 1, 3, 4, 5]
        assert results[4][1] != results[0][1]  # a new process took over from the killed one
        assert [r[0] for r in executor.map(work.sleep_if_negative, handles[3:])] == [3, 4, 5]


def test_a_process_that_ends_by_itself_is_reported(work):
    with LocalExecutor("processes", 2) as executor:
        handles = executor.put([0, 1, -1])
        with pytest.raises(LabelwrightError, match=r"shard 2 ended by itself \(exit code 3\)"):
            executor.map(work.end_if_negative, handles)
        assert executor.map(work.end_if_negative, handles[:2]) == [0, 1]


def test_work_goes_on_after_a_worker_died_between_two_calls(work):
    with LocalExecutor("processes", 1) as executor:
        handles = executor.put([2, 4])
        assert executor.map(work.fail_on_odd, handles) == [2, 4]
        worker = executor._pool.worker(0)
        worker.process.kill()
        worker.process.join()
        with pytest.raises(LabelwrightError, match=r"shard 0 ended by itself \(exit code -9\)"):
            executor.map(work.end_if_negative, handles)
        assert executor.map(work.fail_on_odd, handles) == [2, 4]


def test_ctrl_c_while_waiting_kills_the_workers(work, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    with LocalExecutor("processes", 1) as executor:
        handles = executor.put([-1])
        monkeypatch.setattr("labelwright.core._processes.wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            executor.map(work.sleep_if_negative, handles)
        assert executor._pool._workers == [None]


def test_a_shard_is_sent_once_and_forgotten_with_its_handle(tmp_path, work):
    log = tmp_path / "log"
    with LocalExecutor("processes", 1) as executor:
        handles = executor.put([work.Loud(str(log))])
        for _ in range(3):
            executor.map(work.look_at, handles)
        assert log.read_text() == "x"
        handles.clear()
        gc.collect()
        assert executor._pool._forgotten[0]
        executor.map(work.fail_on_odd, executor.put([2]))
        assert len(executor._pool._workers[0].held) == 1


def test_errors_and_results_that_cannot_travel_are_reported(work):
    with LocalExecutor("processes", 1) as executor:
        handles = executor.put([0])
        with pytest.raises(LabelwrightError, match="AwkwardError: this and that"):
            executor.map(work.raise_awkward, handles)
        with pytest.raises(Exception, match="lambda"):
            executor.map(work.return_a_lambda, handles)
        with pytest.raises(ParameterError, match="cannot be sent to a process"):
            executor.map(lambda part: part, handles)
        assert executor.map(work.fail_on_odd, handles) == [0]


def test_large_shards_and_large_results_do_not_lock_up():
    large = np.zeros(2_000_000)
    with LocalExecutor("processes", 2) as executor:
        handles = executor.put([large] * 4)
        assert all(r.nbytes == large.nbytes for r in executor.map(np.ascontiguousarray, handles))


def test_a_function_that_maps_inside_a_map_does_not_wait_for_itself(work):
    executor = LocalExecutor(workers=2)

    def total(parts):
        return sum(executor.map(work.fail_on_odd, parts))

    assert executor.map(total, [[0, 2], [4, 6], [8, 10]]) == [2, 10, 18]


def test_nothing_to_do_is_no_work(work):
    for kind in KINDS:
        with LocalExecutor(kind, 2) as executor:
            assert executor.map(work.fail_on_odd, executor.put([])) == []


def test_threads_take_no_timeout_and_parameters_are_checked(work):
    with pytest.raises(CapabilityError, match='kind="processes"'):
        LocalExecutor().map(work.fail_on_odd, [0], timeout=1)
    with pytest.raises(ParameterError, match="timeout=0"):
        LocalExecutor("processes").map(work.fail_on_odd, [], timeout=0)
    with pytest.raises(ParameterError, match="kind='fibres'"):
        LocalExecutor("fibres").put([])
    assert repr(LocalExecutor("processes", workers=2).clone()) == (
        "LocalExecutor(kind='processes', workers=2)"
    )


def test_where_no_affinity_is_known_all_cpus_count(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert usable_cpus() == os.cpu_count()


SCRIPT = """
import os, time
from labelwright.core.executor import LocalExecutor

if __name__ == "__main__":
    executor = LocalExecutor("processes", 2)
    handles = executor.put([1, 2])
    print(*executor.map(pow, handles, 1), flush=True)
    pids = [worker.process.pid for worker in executor._pool._workers]
    print(*pids, flush=True)
    executor.map(time.sleep, executor.put([60, 60]))
"""


@pytest.mark.skipif(not Path("/proc").exists(), reason="reads /proc")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_ctrl_c_and_a_kill_of_the_parent_leave_no_orphan(tmp_path, sent):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    parent = subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert parent.stdout.readline().split() == ["1", "2"]
    pids = parent.stdout.readline().split()
    if sent == signal.SIGINT:
        os.killpg(parent.pid, sent)
    else:
        parent.kill()
    parent.communicate(timeout=20)
    assert parent.returncode == -sent
    give_up = time.monotonic() + 20
    while any(Path("/proc", pid).exists() for pid in pids):
        assert time.monotonic() < give_up, "a worker outlived its parent"
        time.sleep(0.05)


def test_a_script_without_the_main_guard_gets_a_hint(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from labelwright.core.executor import LocalExecutor\n"
        "executor = LocalExecutor('processes', 1)\n"
        "executor.map(abs, executor.put([1]))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "in a script, start work under 'if __name__" in done.stderr
