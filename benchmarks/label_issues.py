"""Labels and probabilities in memory to the labels that are probably wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks._cases import Answer, Bench, Case, Input, Job, Side, shares_equal
from benchmarks._inputs import predictions
from numpy.typing import NDArray


def our_label_issues(folder: Path) -> Job:
    """find_label_issues with its defaults, worst first."""
    from labelwright.audit import find_label_issues

    labels, probabilities = _loaded(folder)
    return Job(
        lambda: find_label_issues(labels, probabilities),
        lambda issues: {"marked": _mask(issues.index, len(labels)), "order": issues.index},
    )


def cleanlab_label_issues(folder: Path, **options: Any) -> Job:
    """Cleanlab's find_label_issues with its defaults, worst first."""
    from cleanlab.filter import find_label_issues

    labels, probabilities = _loaded(folder)
    ranked = {"return_indices_ranked_by": "self_confidence"} | options

    def answer(index: NDArray[np.int64]) -> Answer:
        with ties_in_order():
            again = find_label_issues(labels, probabilities, **ranked)
        n = len(labels)
        return {"as_run": _mask(index, n), "marked": _mask(again, n), "order": again}

    return Job(lambda: find_label_issues(labels, probabilities, **ranked), answer)


@contextmanager
def ties_in_order() -> Iterator[None]:
    """Let numpy sort stably.

    Cleanlab rounds its counts by an unstable sort of the remainders, so that with many classes it
    depends on the processor which of several equal ones are rounded up.
    """
    fastest = np.argsort
    np.argsort = lambda values, axis=-1, **_: fastest(values, axis=axis, kind="stable")
    try:
        yield
    finally:
        np.argsort = fastest


def _loaded(folder: Path) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    return np.load(folder / "labels.npy"), np.load(folder / "probabilities.npy")


def _mask(index: NDArray[np.int64], n: int) -> NDArray[np.bool_]:
    mask = np.zeros(n, dtype=bool)
    mask[index] = True
    return mask


def compare(folder: Path, ours: Answer, peer: Answer) -> Mapping[str, Any]:
    """Share of items on which both agree, with ties in order and as run; marks and their order."""
    del folder
    both, either = ours["marked"] & peer["marked"], ours["marked"] | peer["marked"]
    return {
        "equal": shares_equal(ours["marked"], peer["marked"]),
        "equal_as_run": shares_equal(ours["marked"], peer["as_run"]),
        "marked": {"ours": int(ours["marked"].sum()), "peer": int(peer["marked"].sum())},
        "overlap": float(both.sum() / max(either.sum(), 1)),
        "same_order": shares_equal(ours["order"], peer["order"]),
    }


def case(
    size: str, sizes: Mapping[str, int], small: Mapping[str, int], repeats: int, **options: Any
) -> Case:
    """Our label issues against cleanlab's."""
    jobs = "one process" if options else "default processes"
    return Case(
        task=f"label issues, {size}, peer in {jobs}",
        input=Input(predictions, sizes, small),
        ours=Side("labelwright", our_label_issues),
        peer=Side("cleanlab", cleanlab_label_issues, options),
        compare=compare,
        repeats=repeats,
        floor=3,
        aim=5,
        memory_mb=100,
    )


FEW = ("1M x 10", {"items": 1_000_000, "classes": 10}, {"items": 2_000, "classes": 10}, 5)
MANY = ("50k x 1000", {"items": 50_000, "classes": 1_000}, {"items": 2_000, "classes": 50}, 3)

BENCH = Bench(
    slug="label_issues",
    title="Label issues",
    about=(
        "From labels and out-of-sample probabilities in memory (float64) to the labels that are "
        "probably wrong, worst first, by confident learning with the defaults of both. Equal is "
        "the share of items that both mark or both leave, once cleanlab sorts stably (see "
        "`ties_in_order` in `benchmarks/label_issues.py`). Cleanlab's memory is that of its first "
        "process alone; its seconds are those of all."
    ),
    rooms=("core", "audit"),
    cases=(
        case(*FEW, n_jobs=1),
        case(*FEW),
        case(*MANY, n_jobs=1),
        case(*MANY),
    ),
    source=__file__,
)
