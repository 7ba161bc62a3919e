"""Charts of a label, in the manner of the report's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
from markupsafe import Markup

from labelwright.report._format import count, percent, shorten
from labelwright.report._plots import ROW, _chart, _colour, _svg

__all__ = ["grid"]

LONGEST = 24


def grid(pair: Mapping[str, Any]) -> Markup:
    """How the values of the second column are spread in each value of the first."""
    data: list[dict[str, Any]] = []
    for first, line in zip(pair["first_names"], pair["rows"], strict=True):
        total = sum(n or 0 for n in line)
        for second, n in zip(pair["second_names"], line, strict=True):
            if n:
                share = n / total
                tip = f"{count(n)} rows, {percent(share, total)} of {pair['first']} = {first}"
                names = {"first": shorten(first, LONGEST), "second": shorten(second, LONGEST)}
                data.append(names | {"share": share, "tip": tip})
    chart = _chart(data, ROW * len(pair["second_names"]) + 10).mark_rect()
    chart = chart.encode(
        x=alt.X("first:N", sort=_short(pair["first_names"]), axis=_names(angle=-35)),
        y=alt.Y("second:N", sort=_short(pair["second_names"]), axis=_names(angle=0)),
        color=_colour("accent"),
        opacity=alt.Opacity("share:Q", legend=None).scale(domain=[0, 1], range=[0.04, 1]),
        description="tip:N",
    )
    label = f"Grid: how {pair['second']} is spread in each value of {pair['first']}."
    return _svg(chart, label, named=True)


def _short(names: Sequence[str]) -> list[str]:
    return [shorten(name, LONGEST) for name in names]


def _names(angle: int) -> alt.Axis:
    # The caption says which column is which.
    return alt.Axis(labelAngle=angle, title=None, labelLimit=130, ticks=False, domain=False)
