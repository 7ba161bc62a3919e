"""Measure one side of a case, in this process: ``python -m benchmarks._child order.json``."""

from __future__ import annotations

import gc
import importlib
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from labelwright.core.files import read_json, write_json

__all__ = ["main", "measure"]

MEMORY_LIMIT = 16 << 30
STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")
RESET_PEAK = "5"


class TimeLimitError(BaseException):
    """The call took longer than allowed; no ``except Exception`` on the way should catch it."""


def main(order_path: str) -> None:
    """Warm up on the small input, run the measured call on the other, write figures and answer."""
    order = read_json(order_path)
    module, _, name = order["prepare"].partition(":")
    prepare = getattr(importlib.import_module(module), name)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    # Modules that are imported and thread pools that are started by the first call are not counted.
    prepare(Path(order["warm_up"]), **order["options"]).run()
    job = prepare(Path(order["input"]), **order["options"])
    figures, result = measure(job.run, order["limit_s"])
    if figures["status"] == "finished":
        np.savez(order["answer"], **job.answer(result))
    write_json(order["figures"], figures | {"threads": _threads()})


def measure(call: Callable[[], Any], limit_s: float) -> tuple[dict[str, Any], Any]:
    """Seconds and memory of a call, and what it returned.

    Returns
    -------
    figures : dict
        ``status`` (finished, time limit or memory limit); ``cpu_s`` of all threads and finished
        child processes; ``wall_s``; ``peak_mb`` of this process beyond what it held before, None
        where the system does not tell.
    result : object
        None if the call was stopped.
    """
    gc.collect()
    held = _memory_mb("VmRSS")
    if held is not None:
        CLEAR.write_text(RESET_PEAK)
    signal.signal(signal.SIGALRM, _stop)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    result, status = None, "finished"
    cpu, wall = _cpu_seconds(), time.perf_counter()
    try:
        result = call()
    except TimeLimitError:
        status = "time limit"
    except MemoryError:
        status = "memory limit"
    signal.setitimer(signal.ITIMER_REAL, 0)
    cpu, wall = _cpu_seconds() - cpu, time.perf_counter() - wall
    peak = _memory_mb("VmHWM")
    beyond = None if peak is None or held is None else peak - held
    return {"status": status, "cpu_s": cpu, "wall_s": wall, "peak_mb": beyond}, result


def _stop(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001
    raise TimeLimitError


def _cpu_seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _memory_mb(field: str) -> float | None:
    """A line of /proc/self/status, which Linux alone has."""
    if not STATUS.exists():
        return None
    lines = STATUS.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024


def _threads() -> dict[str, int]:
    """Sizes of the thread pools in this process, by who owns them."""
    pools: dict[str, int] = {}
    if "polars" in sys.modules:
        pools["polars"] = sys.modules["polars"].thread_pool_size()
    if "pyarrow" in sys.modules:
        pools["pyarrow"] = sys.modules["pyarrow"].cpu_count()
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return pools
    return pools | {pool["internal_api"]: pool["num_threads"] for pool in threadpool_info()}


if __name__ == "__main__":
    main(sys.argv[1])
