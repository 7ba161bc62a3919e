"""What rounds come to: ratios, the verdict against the bar, and the page for the docs."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks._cases import Case

__all__ = ["page", "shown", "summary"]

Round = Mapping[str, Any]

EQUAL = 0.999
# Two sums of a million logarithms agree to about this much.
SLACK = 1e-9
HEADER = (
    "task",
    "peer",
    "CPU s",
    "peer's CPU s",
    "CPU ratio",
    "wall ratio",
    "MB",
    "peer's MB",
    "same answer",
    "floor / aim",
    "verdict",
)


def summary(case: Case, rounds: Sequence[Round]) -> dict[str, Any]:
    """Medians and ranges over the rounds, and the verdict.

    Parameters
    ----------
    case : Case
    rounds : sequence of dict
        Figures of ``ours`` and ``peer``, and ``comparison`` where both finished.

    Returns
    -------
    dict
        ``rounds`` as they were; ``medians`` a side; ``cpu_ratio`` and ``wall_ratio``, peer to
        ours, as median, least and most, or None; ``ratio_at_least`` if the peer was stopped, so
        that the ratios are lower bounds; ``comparison`` of the answers; ``verdict`` in words.
    """
    stopped = next((r["peer"]["status"] for r in rounds if r["peer"]["status"] != "finished"), None)
    compared = [r["comparison"] for r in rounds if "comparison" in r]
    found = {
        "rounds": list(rounds),
        "medians": {side: _medians(r[side] for r in rounds) for side in ("ours", "peer")},
        "cpu_ratio": _ratio(rounds, "cpu_s"),
        "wall_ratio": _ratio(rounds, "wall_s"),
        "ratio_at_least": stopped is not None,
        "peer_stopped": stopped,
        "comparison": compared[-1] if compared else None,
        "same_answer": all(map(_same_answer, compared)) if compared else None,
    }
    return found | {"verdict": _verdict(case, found)}


def _medians(runs: Iterable[Mapping[str, Any]]) -> dict[str, float | None]:
    kept = list(runs)
    return {name: _median([run[name] for run in kept]) for name in ("cpu_s", "wall_s", "peak_mb")}


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _ratio(rounds: Sequence[Round], figure: str) -> dict[str, float] | None:
    """Peer to ours within each round, so that what else the machine did at the time cancels."""
    pairs = [(r["peer"][figure], r["ours"][figure]) for r in rounds]
    ratios = [peer / ours for peer, ours in pairs if peer is not None and ours is not None]
    if not ratios:
        return None
    return {"median": statistics.median(ratios), "least": min(ratios), "most": max(ratios)}


def _same_answer(comparison: Mapping[str, Any]) -> bool:
    objective = comparison.get("objective")
    if objective is not None:
        slack = SLACK * abs(objective["peer"])
        if objective["ours"] < objective["peer"] - slack:
            return False
    return comparison["equal"] >= EQUAL


def _verdict(case: Case, found: Mapping[str, Any]) -> str:
    said = []
    if case.floor is not None and case.aim is not None and found["cpu_ratio"] is not None:
        ratio = found["cpu_ratio"]["median"]
        if ratio >= case.aim:
            said.append("aim met")
        elif ratio >= case.floor:
            said.append("floor met, aim missed")
        else:
            said.append("not known, peer stopped" if found["ratio_at_least"] else "BELOW FLOOR")
    peak = found["medians"]["ours"]["peak_mb"]
    if case.memory_mb is not None and peak is not None:
        said.append(f"memory {'met' if peak < case.memory_mb else 'MISSED'}")
    return ", ".join(said)


def page(reports: Iterable[Mapping[str, Any]]) -> str:
    """The page of the docs: a table a benchmark, and on what machine it was made."""
    return "\n".join([_INTRODUCTION, *(_section(report) for report in reports)])


def _section(report: Mapping[str, Any]) -> str:
    machine = report["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in report["versions"].items())
    table = [HEADER, ["---"] * len(HEADER), *(_row(case) for case in report["cases"])]
    lines = [f"## {report['title']}", "", report["about"], ""]
    lines += [f"| {' | '.join(row)} |" for row in table]
    lines += [
        "",
        f"{machine['system']}, {machine['cores']} cores, {machine['processor']}; {versions}.",
    ]
    return "\n".join([*lines, ""])


def shown(report: Mapping[str, Any]) -> str:
    """The table of one benchmark as aligned text."""
    table = [HEADER, *(_row(case) for case in report["cases"])]
    widths = [max(len(row[i]) for row in table) for i in range(len(HEADER))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in table]
    return "\n".join([report["title"], "", *lines, ""])


def _row(case: Mapping[str, Any]) -> list[str]:
    ours, peer = case["medians"]["ours"], case["medians"]["peer"]
    more = "> " if case["ratio_at_least"] else ""
    bar = "" if case["floor"] is None else f"{case['floor']:g} / {case['aim']:g}"
    return [
        case["task"],
        case["peer"]["name"],
        _seconds(ours["cpu_s"]),
        more + _seconds(peer["cpu_s"]),
        more + _range(case["cpu_ratio"]),
        more + _range(case["wall_ratio"]),
        _megabytes(ours["peak_mb"]),
        _megabytes(peer["peak_mb"]),
        _answer(case),
        bar,
        case["verdict"],
    ]


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _megabytes(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"


def _range(ratio: Mapping[str, float] | None) -> str:
    if ratio is None:
        return ""
    if ratio["least"] == ratio["most"]:
        return f"{ratio['median']:.3g}"
    return f"{ratio['median']:.3g} ({ratio['least']:.3g} to {ratio['most']:.3g})"


def _answer(case: Mapping[str, Any]) -> str:
    found = case["comparison"]
    if found is None:
        return f"peer stopped ({case['peer_stopped']})"
    said = f"{'yes' if case['same_answer'] else 'no'}, {100 * found['equal']:.3f} % equal"
    objective = found.get("objective")
    if objective is not None:
        said += f", objective {objective['ours'] - objective['peer']:+.4g}"
    right = found.get("right")
    if right is not None:
        said += f", right {100 * right['ours']:.1f} and {100 * right['peer']:.1f} %"
    return said


_INTRODUCTION = """\
# Benchmarks

Time and memory of Labelwright beside named packages, on data simulated from a seed and, where it
says so, on real sets. This page is made by `python -m benchmarks` from `benchmarks/results/`; how
things are measured stands in `benchmarks/README.md`.

*CPU s* counts all threads. *CPU ratio* is the peer's seconds divided by ours: the median over the
rounds, with the least and the most. *MB* is the peak memory beyond the input. *Same answer* says
how many results are equal, ties apart, and the difference of the objectives, ours minus the peer's.
The answer counts as the same if 99.9 % are equal and the objective is at least as good; *right* is
the share of right results, ours and the peer's, where the truth is known.
"""
