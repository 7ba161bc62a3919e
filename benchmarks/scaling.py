"""CPU seconds of aggregators from 1e4 to 1e7 votes, against the memory bandwidth of the machine.

This is a curve over sizes and no comparison of two sides, so it has no ``BENCH``; it runs as
``python -m benchmarks scaling``. Each size has a process of its own.
"""

from __future__ import annotations

import gc
import operator
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from benchmarks._cases import Input
from benchmarks._inputs import CLASSES, crowd
from benchmarks._runner import HERE, RESULTS, WORK, _machine, _versions, written
from benchmarks.aggregation import SMALL, _our_votes, _pandas_votes
from numpy.typing import NDArray

from labelwright.core.files import read_json, write_json

__all__ = ["SLUG", "run"]

SLUG = "scaling"
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
VOTES_PER_ITEM = 5
# A method is run again until it has taken as many CPU seconds at a size, or as many rounds.
BUDGET_S = 2.0
MOST_ROUNDS = 7
# A step costs the difference of two fits, divided by the difference of their steps.
FEW_STEPS = 2
MORE_STEPS = {10_000: 40, 100_000: 20, 1_000_000: 10, 10_000_000: 4}
# Three arrays of 160 MB; the caches of today's processors hold far less.
TRIAD_LENGTH = 20_000_000
TRIAD_ROUNDS = 7


class Bytes(NamedTuple):
    """What a step has to move: bytes a vote, an item and an annotator."""

    vote: int
    item: int
    annotator: int

    def at(self, votes: int) -> int:
        """Bytes of a step on a crowd of so many votes."""
        sizes = crowd_sizes(votes)
        per_item, per_annotator = self.item * sizes["items"], self.annotator * sizes["annotators"]
        return self.vote * votes + per_item + per_annotator


K = len(CLASSES)
# Twice, for beliefs and for counts: a vote's column (4) and its weight (8), where an item begins
# (4), and its beliefs in all classes but the first; log odds are read and counts are written.
CONFUSIONS = Bytes(vote=2 * (4 + 8), item=2 * (4 + 8 * (K - 1)), annotator=2 * 8 * K * (K - 1))
# To count: item (4) and label (1). To describe annotators: annotator (4), item and label. Shares of
# the votes are written and read.
MAJORITY = Bytes(vote=5 + 9, item=2 * 8 * K, annotator=8)
# Votes counted and agreement described; weights (8) by annotator (4); both again with weights.
# Shares are written and read twice.
WAWA = Bytes(vote=5 + 9 + (4 + 8) + (5 + 8) + (9 + 8), item=2 * 2 * 8 * K, annotator=3 * 8)
# Twice, for beliefs and for gradients: annotator (4) and which class of the item it is for (8).
# Abilities and eases are read, gradients are written.
ABILITIES = Bytes(vote=2 * (4 + 8), item=2 * 8, annotator=2 * 8)
# Twice, for beliefs and for counts: annotator and label as one (8), and which class of the item it
# is for (8). A total an item is written and read; weights are read and counts are written.
SPAMMING = Bytes(vote=2 * (8 + 8), item=2 * 8, annotator=2 * 8 * K)


@dataclass(frozen=True)
class Method:
    """An aggregator on the curve.

    Attributes
    ----------
    name : str
        Of the class, in ``labelwright.aggregation`` or ``crowdkit.aggregation``.
    moved : Bytes, optional
        What a step has to move at least; None for the peer.
    options : mapping
        Of every fit.
    endless : mapping, optional
        What makes a fit go on until its steps are used up; None for a method of a single pass.
    limit : str
        Name of the option for the number of steps.
    largest : int
        Votes up to which it is measured.
    """

    name: str
    moved: Bytes | None
    options: Mapping[str, Any] = field(default_factory=dict)
    endless: Mapping[str, Any] | None = None
    limit: str = "max_iter"
    largest: int = 1_000_000

    @property
    def package(self) -> str:
        """Whose it is."""
        return "crowd-kit" if self.moved is None else "labelwright"

    def kind(self) -> Callable[..., Any]:
        """Its class."""
        root = "crowdkit" if self.moved is None else "labelwright"
        found: Callable[..., Any] = getattr(import_module(f"{root}.aggregation"), self.name)
        return found


EM = {"tol": 0.0, "accelerate": False}
METHODS = (
    Method("MajorityVote", MAJORITY, largest=SIZES[-1]),
    Method("Wawa", WAWA),
    Method("DawidSkene", CONFUSIONS, endless=EM, largest=SIZES[-1]),
    Method("OneCoinDawidSkene", CONFUSIONS, endless=EM),
    Method("IBCC", CONFUSIONS, endless=EM),
    Method("GLAD", ABILITIES, endless={"tol": 0.0}),
    Method("MACE", SPAMMING, options={"n_init": 1}, endless=EM),
    Method("MajorityVote", None),
    # The peer's loss need not fall, so a tolerance below zero is what lets it take all its steps.
    Method("DawidSkene", None, endless={"tol": -1.0}, limit="n_iter"),
)


def run(folder: Path = RESULTS, *, quick: bool = False) -> dict[str, Any]:
    """Measure every size, a fresh process each, and write ``scaling.json``.

    Parameters
    ----------
    folder : Path
        Where the result is written.
    quick : bool
        The smallest size only.
    """
    sizes = [_in_process(votes) for votes in SIZES[: 1 if quick else None]]
    report = {
        "slug": SLUG,
        "machine": _machine(),
        "versions": _versions(),
        "bandwidth": max(size["bandwidth"] for size in sizes),
        "sizes": sizes,
    }
    write_json(folder / f"{SLUG}.json", report)
    return report


def _in_process(votes: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        figures = Path(scratch) / "figures.json"
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.scaling", str(votes)]
        subprocess.run([*command, str(figures)], cwd=HERE.parent, check=True)
        return read_json(figures)


def crowd_sizes(votes: int) -> dict[str, int]:
    """Of the crowd that gives so many votes."""
    items, annotators = votes // VOTES_PER_ITEM, max(20, votes // 1000)
    return {"items": items, "annotators": annotators, "votes": VOTES_PER_ITEM}


def measured(votes: int) -> dict[str, Any]:
    """Bandwidth, every method and the parts of a step, on a crowd of so many votes."""
    bandwidth = triad_bandwidth()
    methods = [method for method in METHODS if votes <= method.largest]
    packages = {method.package for method in methods}
    small, data = _loaded(SMALL, packages), _loaded(crowd_sizes(votes), packages)
    for method in methods:
        # Modules that are imported and thread pools that are started by the first call.
        method.kind()(**method.options).fit(small[method.package])
    return {
        "votes": votes,
        "annotators": data["labelwright"].n_annotators,
        "bandwidth": bandwidth,
        "methods": [on_curve(method, data[method.package], votes) for method in methods],
        "parts": dawid_skene_parts(data["labelwright"]),
    }


def _loaded(sizes: Mapping[str, int], packages: Collection[str]) -> dict[str, Any]:
    """A crowd as each package takes it: votes, or a frame of whole numbers."""
    folder = written(Input(crowd, sizes, SMALL), sizes, WORK)
    readers: dict[str, Callable[[Path], Any]]
    readers = {"labelwright": _our_votes, "crowd-kit": partial(_pandas_votes, as_codes=True)}
    return {package: readers[package](folder) for package in packages}


def triad_bandwidth(length: int = TRIAD_LENGTH, rounds: int = TRIAD_ROUNDS) -> float:
    """Bytes a second of a = b + s * c in one thread, the best of some rounds.

    numpy goes over the memory twice: reads c, writes a; reads a and b, writes a. That a processor
    reads a line before it writes it is not counted, as in McCalpin's STREAM.
    """
    a, b, c = np.zeros(length), np.full(length, 1.0), np.full(length, 2.0)

    def triad() -> None:
        np.multiply(c, 3.0, out=a)
        np.add(a, b, out=a)

    return 5 * a.nbytes / min(cpu_seconds(triad)[0] for _ in range(rounds))


def cpu_seconds(call: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of a call, all threads, and what it returned."""
    start = time.process_time()
    result = call()
    return time.process_time() - start, result


def on_curve(method: Method, data: Any, votes: int) -> dict[str, Any]:
    """Medians of a method at one size: seconds of a fit with defaults, and of one step."""
    kind = method.kind()

    def fit(**options: Any) -> tuple[float, int]:
        seconds, model = cpu_seconds(lambda: kind(**method.options, **options).fit(data))
        return seconds, _steps(model)

    def figures() -> dict[str, float]:
        whole, _ = fit()
        if method.endless is None:
            return {"fit_s": whole, "step_s": whole}
        short, few = fit(**method.endless, **{method.limit: FEW_STEPS})
        more = FEW_STEPS + (MORE_STEPS[votes] if method.moved else FEW_STEPS)
        long, many = fit(**method.endless, **{method.limit: more})
        return {"fit_s": whole, "step_s": (long - short) / (many - few)}

    moved = None if method.moved is None else method.moved.at(votes)
    return {"method": method.name, "package": method.package, "bytes": moved} | _medians(figures)


def _steps(model: Any) -> int:
    """Steps of a fitted model, ours or the peer's; right without acceleration only."""
    return len(getattr(model, "history_", ()) or getattr(model, "loss_history_", ()))


def _medians(figures: Callable[[], Mapping[str, float]]) -> dict[str, float]:
    """Medians over the rounds that the budget allows, and how many these were."""
    gc.collect()
    start = time.process_time()
    rounds: list[Mapping[str, float]] = []
    while len(rounds) < MOST_ROUNDS:
        rounds.append(figures())
        if time.process_time() - start > BUDGET_S:
            break
    found = {name: statistics.median(r[name] for r in rounds) for name in rounds[0]}
    return found | {"rounds": len(rounds)}


def dawid_skene_parts(votes: Any) -> dict[str, float]:
    """Median CPU seconds of the kernel of a step of Dawid-Skene, and of its largest parts.

    Both are measured in each round, so that what else the machine does falls on both.
    """
    from labelwright.aggregation import DawidSkene
    from labelwright.aggregation._kernels import OneHotVotes

    data = OneHotVotes(votes)
    model = DawidSkene(max_iter=FEW_STEPS).fit(votes)
    _, log_odds = data._log_odds(model.confusion_)

    def figures() -> dict[str, float]:
        whole, _ = cpu_seconds(lambda: data.expect(model.confusion_, model.class_prior_))
        return {"kernel": whole, **_parts_of(data, log_odds)}

    return _medians(figures)


def _parts_of(data: Any, log_odds: NDArray[np.float64]) -> dict[str, float]:
    """The same as the kernel does, block by block, each part timed on its own."""
    spent: defaultdict[str, float] = defaultdict(float)

    def timed(part: str, function: Callable[..., Any], *given: Any) -> Any:
        seconds, result = cpu_seconds(lambda: function(*given))
        spent[part] += seconds
        return result

    for block in data.blocks:
        rows = timed("gather", operator.matmul, block.one_hot, log_odds)
        odds = timed("turn", np.ascontiguousarray, rows.T)
        belief = timed("exp", np.exp, odds, odds)
        total = 1 + belief.sum(axis=0)
        timed("log", np.log, total)
        belief /= total
        timed("scatter", operator.matmul, block.transposed, belief.T)
    return dict(spent)


def main(votes: int, figures: Path) -> None:
    """Measure one size in this process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write_json(figures, measured(votes))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
