"""The section of the docs on the curve over sizes: tables, the drawing, and what holds us."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import altair as alt
import vl_convert
from benchmarks._inputs import CLASSES

__all__ = ["drawing", "section", "shown"]

DRAWING = "scaling.svg"
PARTS = {
    "gather": "sums of log odds",
    "turn": "turning the layout",
    "exp": "exp",
    "log": "log",
    "scatter": "sums of beliefs",
}
Row = Sequence[str]


def section(report: Mapping[str, Any]) -> str:
    """Markdown: the drawing, three tables and how to read them."""
    machine = report["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in report["versions"].items())
    blocks = [
        "## From ten thousand to ten million votes",
        _ABOUT.format(bandwidth=report["bandwidth"] / 1e9),
        f"![CPU nanoseconds a vote and step, by number of votes and method]({DRAWING})",
        "CPU nanoseconds a vote that a step takes, and its share of the bandwidth:",
        _markdown(_steps(report)),
        "CPU seconds of a whole fit with defaults (MACE from one start):",
        _markdown(_fits(report)),
        "CPU nanoseconds a vote of the kernel of Dawid-Skene (most of a step) and its parts:",
        _markdown(_parts(report)),
        _READING,
        f"{machine['system']}, {machine['cores']} cores, {machine['processor']}; {versions}.",
    ]
    return "\n\n".join(blocks) + "\n"


def shown(report: Mapping[str, Any]) -> str:
    """The table of steps as aligned text."""
    table = _steps(report)
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in table]
    return "\n".join([f"triad: {report['bandwidth'] / 1e9:.1f} GB/s", "", *lines, ""])


def drawing(report: Mapping[str, Any]) -> str:
    """The curve as SVG, both axes logarithmic."""
    sizes = [size["votes"] for size in report["sizes"]]
    rows = [
        {
            "votes": size["votes"],
            "ns": 1e9 * method["step_s"] / size["votes"],
            "method": method["method"],
            "package": method["package"],
        }
        for size in report["sizes"]
        for method in size["methods"]
    ]
    base = alt.Chart(alt.Data(values=rows), width=520, height=320).mark_line()
    chart = base.encode(
        x=alt.X("votes:Q", title="votes", axis=alt.Axis(format="~s", values=sizes)).scale(
            type="log"
        ),
        y=alt.Y("ns:Q", title="CPU nanoseconds a vote and step").scale(type="log"),
        color=alt.Color("method:N", title=None, sort=None),
        strokeDash=alt.StrokeDash("package:N", title=None, sort=None),
    )
    # Axes and letters are dark, also where the page is.
    return vl_convert.vegalite_to_svg(chart.properties(background="white").to_dict())


def _steps(report: Mapping[str, Any]) -> list[Row]:
    def cell(votes: int, method: Mapping[str, Any]) -> str:
        nanoseconds = f"{1e9 * method['step_s'] / votes:.3g}"
        if method["bytes"] is None:
            return nanoseconds
        share = method["bytes"] / method["step_s"] / report["bandwidth"]
        return f"{nanoseconds} ({100 * share:.0f} %)"

    return _by_size(report, cell)


def _fits(report: Mapping[str, Any]) -> list[Row]:
    return _by_size(report, lambda _, method: f"{method['fit_s']:.3g}")


def _by_size(report: Mapping[str, Any], cell: Callable[[int, Mapping[str, Any]], str]) -> list[Row]:
    """A row a method of a package, a column a size; empty where it was not measured."""
    cells: dict[tuple[str, str], dict[int, str]] = {}
    for size in report["sizes"]:
        for method in size["methods"]:
            row = cells.setdefault((method["method"], method["package"]), {})
            row[size["votes"]] = cell(size["votes"], method)
    sizes = [size["votes"] for size in report["sizes"]]
    header = ["method", "package", *(f"{votes:,}" for votes in sizes)]
    return [header, *([*key, *(row.get(v, "") for v in sizes)] for key, row in cells.items())]


def _parts(report: Mapping[str, Any]) -> list[Row]:
    header = ["votes", "annotators", "table of log odds", *PARTS.values(), "rest", "kernel"]
    return [header, *(_parts_of(size) for size in report["sizes"])]


def _parts_of(size: Mapping[str, Any]) -> Row:
    k, kernel = len(CLASSES), size["parts"]["kernel"]
    parts = [size["parts"][name] for name in PARTS]
    seconds = [*parts, kernel - sum(parts), kernel]
    return [
        f"{size['votes']:,}",
        f"{size['annotators']:,}",
        f"{size['annotators'] * k * (k - 1) * 8 / 1000:,.0f} kB",
        *(f"{1e9 * each / size['votes']:.3g}" for each in seconds),
    ]


def _markdown(table: Sequence[Row]) -> str:
    header, *rows = table
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


_ABOUT = """\
Crowds as above: five votes an item, five classes, a thousand votes an annotator (at least twenty
annotators), in memory. A step is one step of EM, for GLAD an iteration, each the difference of two
fits of fixed length; majority vote and Wawa are whole fits. Figures are medians over rounds in one
process a size, fewer where a method is slow: one for Dawid-Skene on ten million votes, and for GLAD
and crowd-kit's Dawid-Skene on a million. Crowd-kit gets whole numbers.

The bandwidth is that of one thread of numpy on arrays far larger than the caches (STREAM's triad,
a = b + s c), the best of all rounds: {bandwidth:.1f} GB a second. A step is held against it by
the arrays that it cannot do without, each counted as often as it must be gone over: the indexes and
weights of the votes (for Dawid-Skene and its kin 4 + 8 bytes a vote, once for beliefs and once for
counts), where items begin, beliefs written and read, parameters read and counts written. That comes
to 39 bytes a vote for Dawid-Skene, OneCoinDawidSkene and IBCC, 30 for majority vote, 88 for Wawa,
27 for GLAD and 35 for MACE. What is gathered from tables, and what numpy writes and reads between
its calls, is left out: the share says how near a step is to one that only waits for memory."""

_READING = """\
Memory is not what holds these methods: they use about a tenth of the bandwidth or less at every
size, and up to a million votes what a step of Dawid-Skene goes over (7 MB there) lies in the last
cache of this processor anyway.

- *At ten thousand votes* nearly half of a step of Dawid-Skene is the fixed cost of calls of numpy
  and scipy, some 0.2 ms.
- *From a hundred thousand to a million* it is held by gathers and arithmetic: two sparse products,
  in which each vote picks four numbers out of a table of annotators and labels or adds four to
  another, and `exp`, which numpy computes one by one in double precision here.
- *At ten million votes of ten thousand annotators* these tables no longer fit the second-level
  cache (512 kB a core), and the products take half as long again for each vote: they wait for the
  cache beyond, while `exp` costs what it did. The step there is the difference of two fits,
  measured once on a busy machine; the kernel, measured several times, is the figure to trust.
- OneCoinDawidSkene and IBCC have the kernel of Dawid-Skene, and one coin gains nothing by its fewer
  parameters. MACE takes one number a vote in place of four. GLAD takes logarithms and exponentials
  of each vote, and L-BFGS goes over all items."""
