"""Run both sides of every case, a fresh process each, in turn; finished rounds are kept."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks._cases import Bench, Case, Input, Side
from benchmarks._summary import summary

import labelwright
from labelwright.core.files import read_json, write_json
from labelwright.core.progress import bar

__all__ = ["RESULTS", "WORK", "run_bench"]

FORMAT = 1
HERE = Path(__file__).parent
RESULTS = HERE / "results"
# Not kept with the code: inputs of some 100 MB, and the runs so far.
WORK = HERE.parent / "build" / "benchmarks"
PACKAGES = (
    *("labelwright", "numpy", "scipy", "polars", "pandas", "pyarrow"),
    *("crowd-kit", "cleanlab", "psutil"),
)
SIDES = ("ours", "peer")
# Loading the input is not under the limit of a case.
LOADING_S = 300.0


def run_bench(
    bench: Bench,
    *,
    quick: bool = False,
    fresh: bool = False,
    folder: Path = RESULTS,
    work: Path = WORK,
) -> dict[str, Any]:
    """Run what is not yet finished and write ``<slug>.json``.

    Parameters
    ----------
    bench : Bench
    quick : bool
        Small inputs, one round: does it run at all?
    fresh : bool
        Run finished rounds again.
    folder : Path
        Where the result is written.
    work : Path
        Where inputs and finished rounds are kept.

    Returns
    -------
    dict
        What was written.
    """
    code = _code_hash(bench)
    report: dict[str, Any] = {
        "format": FORMAT,
        "slug": bench.slug,
        "title": bench.title,
        "about": bench.about,
        "quick": quick,
        "machine": _machine(),
        "versions": _versions(),
        "cases": [],
    }
    with bar(bench.slug, sum(1 if quick else case.repeats for case in bench.cases)) as advance:
        for case in bench.cases:
            rounds = list(_rounds(case, code, quick, fresh, work, advance))
            report["cases"].append(_described(case, quick) | summary(case, rounds))
    write_json(folder / f"{bench.slug}.json", report)
    return report


def _rounds(
    case: Case, code: str, quick: bool, fresh: bool, work: Path, advance: Callable[[], None]
) -> Iterator[dict[str, Any]]:
    """The rounds of a case; none follows a round in which a side was stopped."""
    sizes = case.input.small if quick else case.input.sizes
    for number in range(1 if quick else case.repeats):
        described = json.dumps([code, _described(case, quick), number], sort_keys=True)
        cell = work / "rounds" / f"{hashlib.sha256(described.encode()).hexdigest()[:24]}.json"
        if fresh or not cell.exists():
            write_json(cell, _round(case, written(case.input, sizes, work), work))
        found = read_json(cell)
        yield found
        advance()
        if any(found[side]["status"] != "finished" for side in SIDES):
            return


def _round(case: Case, folder: Path, work: Path) -> dict[str, Any]:
    warm_up = written(case.input, case.input.small, work)
    with tempfile.TemporaryDirectory(dir=work) as scratch:
        found: dict[str, Any] = {}
        answers = []
        for name in SIDES:
            answer = Path(scratch) / f"{name}.npz"
            order = {
                "warm_up": str(warm_up),
                "input": str(folder),
                "answer": str(answer),
                "limit_s": case.limit_s,
            }
            found[name] = _measured(getattr(case, name), order, Path(scratch) / name)
            answers.append(answer)
        if all(answer.exists() for answer in answers):
            ours, peer = (dict(np.load(answer)) for answer in answers)
            found["comparison"] = dict(case.compare(folder, ours, peer))
    return found


def _measured(side: Side, order: Mapping[str, Any], scratch: Path) -> dict[str, Any]:
    """Figures of one side, measured in a process of its own.

    Raises
    ------
    RuntimeError
        With the end of what the process said, if it failed.
    """
    order_path, figures = scratch.with_suffix(".order.json"), scratch.with_suffix(".json")
    prepare = f"{side.prepare.__module__}:{side.prepare.__qualname__}"
    told = {"prepare": prepare, "options": dict(side.options), "figures": str(figures)}
    write_json(order_path, {**order, **told})
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks._child", str(order_path)]
    limit = order["limit_s"] + LOADING_S
    try:
        done = subprocess.run(
            command, cwd=HERE.parent, capture_output=True, text=True, check=False, timeout=limit
        )
    except subprocess.TimeoutExpired:
        return _unmeasured("time limit")
    if done.returncode == -signal.SIGKILL:
        return _unmeasured("memory limit")
    if done.returncode:
        raise RuntimeError(f"{prepare} failed:\n{done.stderr[-2000:]}")
    return read_json(figures)


def _unmeasured(status: str) -> dict[str, Any]:
    return {"status": status, "cpu_s": None, "wall_s": None, "peak_mb": None}


def written(data: Input, sizes: Mapping[str, Any], work: Path) -> Path:
    """The folder of an input, which is made if it is not there."""
    code = Path(inspect.getfile(data.write)).read_bytes()
    made_by = json.dumps([code.decode(), data.write.__name__, dict(sizes), data.seed])
    folder = work / "inputs" / hashlib.sha256(made_by.encode()).hexdigest()[:24]
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as beside:
            whole = Path(beside) / "input"
            whole.mkdir()
            data.write(whole, seed=data.seed, **sizes)
            whole.rename(folder)
    return folder


def _described(case: Case, quick: bool) -> dict[str, Any]:
    """What a case states, as plain values."""
    sides = {
        name: {"name": side.name, "call": side.prepare.__qualname__, "options": dict(side.options)}
        for name, side in (("ours", case.ours), ("peer", case.peer))
    }
    stated = {name: getattr(case, name) for name in ("floor", "aim", "memory_mb", "limit_s")}
    sizes = dict(case.input.small if quick else case.input.sizes)
    return {"task": case.task, "sizes": sizes, "seed": case.input.seed} | sides | stated


def _code_hash(bench: Bench) -> str:
    """Hash of all that a figure may depend on: the rooms measured, the benchmark, the packages."""
    package = Path(labelwright.__file__).parent
    rooms = [file for room in bench.rooms for file in sorted((package / room).rglob("*.py"))]
    found = hashlib.sha256(json.dumps([_versions(), _machine()]).encode())
    for path in [*rooms, HERE / "_child.py", HERE / "_inputs.py", Path(bench.source)]:
        found.update(path.read_bytes())
    return found.hexdigest()


def _machine() -> dict[str, Any]:
    return {"processor": _processor(), "cores": os.cpu_count(), "system": platform.system()}


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
