"""Charts as SVG for the page: no script, colours from the page's CSS, a tooltip on each mark.

Colours are CSS variables (``var(--accent)``), so one drawing serves light, dark and print. A
``description`` becomes the ``aria-label`` of its mark, and from there the tooltip.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import vl_convert
from markupsafe import Markup, escape

from labelwright.report._format import FEW, count, estimate, interval, percent, proportion, shorten

__all__ = ["annotators", "calibration", "confidence", "differences", "estimates"]

# As wide as a phone, so that letters keep their size there.
WIDTH = 360
ROW = 22
MOST_ROWS = 25
ROOT = re.compile(r"<svg [^>]*>")
SIZE = re.compile(r' (?:width|height)="([\d.]+)"')
TAG = re.compile(r"<[^>]*>")
MARK = re.compile(r'<path aria-label="([^"]*)"([^>]*)/>')
# For readers of the drawing's parts; as one image with a label, the drawing has no parts.
PARTS = re.compile(
    r' (?:aria-(?:label|hidden|roledescription)|role|pointer-events|font-family)="[^"]*"'
)


def confidence(labels: Mapping[str, Any], sure_from: float | None) -> Markup | None:
    """How many labels have which confidence."""
    bins = [b for b in labels["confidence"] if b["items"]]
    if not bins:
        return None
    rows = [
        {
            "low": b["low"],
            "high": b["high"],
            "items": b["items"],
            "sure": sure_from is not None and b["low"] >= sure_from,
            "tip": f"{percent(b['low'], 0)} to {percent(b['high'], 0)}: {count(b['items'])} labels",
        }
        for b in bins
    ]
    lowest = min(b["low"] for b in bins)
    chart = _chart(rows, 180).mark_bar(binSpacing=2)
    chart = chart.encode(
        x=alt.X("low:Q", bin="binned", title="Confidence of the label", axis=_share_axis())
        .scale(domain=[lowest, 1], nice=False),
        x2="high:Q",
        y=alt.Y("items:Q", title=None, axis=alt.Axis(format=",d", tickCount=4, tickMinStep=1)),
        color=alt.condition("datum.sure", _colour("accent"), _colour("faint")),
        description="tip:N",
    )  # fmt: skip
    return _svg(chart, "Bar chart of the number of labels by their confidence.")


def annotators(rows: Sequence[Mapping[str, Any]], word: str) -> Markup | None:
    """How far each annotator agrees with the labels, with intervals; those with few votes apart."""
    judged = [r for r in rows if r["low"] is not None and (r["votes"] or 0) >= FEW][:MOST_ROWS]
    if len(judged) < 2:
        return None
    data = [
        {
            "name": shorten(row.get("name") or row["annotator"], 40),
            **{key: row[key] for key in ("agreement", "low", "high")},
            "mistrust": row["verdict"] == "mistrust",
            "tip": f"{shorten(row.get('name') or row['annotator'])}: "
            f"{proportion(row['agreement'], row['votes'])} "
            f"({interval(row, row['votes'])}), {count(row['votes'])} votes",
        }
        for row in judged
    ]
    colour = alt.condition("datum.mistrust", _colour("warn"), _colour("accent"))
    base = _chart(data, ROW * len(data) + 10)
    base = base.encode(y=_name_axis("name"), color=colour, description="tip:N")
    x = alt.X("low:Q", title="Agreement with the labels", axis=_share_axis()).scale(zero=False)
    chart = base.mark_rule(strokeWidth=2).encode(x=x, x2="high:Q") + base.mark_point(
        filled=True, size=70, opacity=1
    ).encode(
        x="agreement:Q",
        shape=alt.condition("datum.mistrust", alt.value("diamond"), alt.value("circle")),
    )
    label = f"Dots with intervals: how often {word} agree with the labels."
    return _svg(chart, label, named=True)


def calibration(bins: Sequence[Mapping[str, Any]], measure: str) -> Markup | None:
    """How often the model is right (or agrees: ``measure``) where it is so and so sure."""
    data = [
        {
            **{key: b[key] for key in ("confidence", "right", "low", "high", "n")},
            "tip": f"says {percent(b['confidence'], b['n'])}, "
            f"{measure} {proportion(b['right'], b['n'])}, {count(b['n'])} records",
        }
        for b in bins
        if b["n"]
    ]
    if not data:
        return None
    lowest = min(min(row["confidence"], row["low"]) for row in data)
    start = max(0.0, int(lowest * 10) / 10)
    scale = alt.Scale(domain=[start, 1], nice=False)
    line = alt.Chart(alt.Data(values=[{"at": start}, {"at": 1}]), width=WIDTH, height=260)
    line = line.mark_line(strokeDash=[4, 4], strokeWidth=1).encode(
        x=alt.X("at:Q", scale=scale), y=alt.Y("at:Q", scale=scale), color=_colour("muted")
    )
    base = _chart(data, 260).encode(
        x=alt.X("confidence:Q", title="What the model says", axis=_share_axis(), scale=scale)
    )
    whiskers = base.mark_rule(strokeWidth=1).encode(y="low:Q", y2="high:Q", color=_colour("accent"))
    points = base.mark_point(filled=True, opacity=0.85).encode(
        y=alt.Y("right:Q", title=None, axis=_share_axis(), scale=scale),
        size=alt.Size("n:Q", legend=None, scale=alt.Scale(type="sqrt", range=[30, 350])),
        color=_colour("accent"),
        description="tip:N",
    )  # fmt: skip
    return _svg(line + whiskers + points, f"Dots by what the model says and its {measure}.")


def estimates(rows: Sequence[Mapping[str, Any]]) -> Markup | None:
    """Shares as the labels alone, the gold alone and both together give them."""
    data: list[dict[str, Any]] = []
    for row in rows[:MOST_ROWS]:
        if "refused" not in row and row.get("unit", "share") == "share" and row["n_gold"] >= FEW:
            data += _three(row)
    if not data:
        return None
    ways = alt.Scale(
        domain=["estimate", "gold alone", "labels alone"],
        range=["var(--accent)", "var(--muted)", "var(--warn)"],
    )
    base = _chart(data, (ROW * 2 + 16) * len({row["what"] for row in data}))
    base = base.encode(
        y=_name_axis("what"),
        yOffset=alt.YOffset("way:N", sort=list(ways.domain)),
        color=alt.Color("way:N", scale=ways, legend=None),
        description="tip:N",
    )
    x = alt.X("low:Q", title="Share", axis=_share_axis()).scale(zero=False)
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        x="value:Q",
        shape=alt.Shape("way:N", legend=None).scale(
            domain=ways.domain, range=["circle", "square", "diamond"]
        ),
    )
    rules = base.mark_rule(strokeWidth=2).encode(x=x, x2="high:Q")
    label = "Dots with intervals: shares as labels, gold and both give them."
    return _svg(rules + dots, label, named=True)


def _three(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    what = shorten(row["what"], 40)
    found = [("estimate", row)] if row.get("gold_only") else [("gold alone", row)]
    if row.get("gold_only"):
        found.append(("gold alone", row["gold_only"]))
    data = [
        {
            "what": what,
            "way": way,
            **{key: one[key] for key in ("value", "low", "high")},
            "tip": f"{what}, {way}: {estimate(one)} ({interval(one, one['n_gold'])})",
        }
        for way, one in found
        if one["value"] is not None
    ]
    naive = row.get("naive")
    if naive is not None:
        tip = f"{what}, labels alone: {percent(naive)}"
        ends = {"value": naive, "low": naive, "high": naive}
        data.append({"what": what, "way": "labels alone", **ends, "tip": tip})
    return data


def differences(rows: Sequence[Mapping[str, Any]], level: float) -> Markup | None:
    """How much better than majority vote each aggregator predicts held-out votes."""
    data = [
        {
            "name": shorten(row["aggregator"], 40),
            **{key: row[key] for key in ("difference", "low", "high")},
            "side": "better" if row["low"] > 0 else "worse" if row["high"] < 0 else "alike",
            "tip": f"{shorten(row['aggregator'])}: {row['difference']:+.3f} "
            f"({percent(level, 0)} interval {row['low']:+.3f} to {row['high']:+.3f})",
        }
        for row in rows[:MOST_ROWS]
        if row["difference"] is not None
    ]
    if len(data) < 2:
        return None
    sides = alt.Scale(
        domain=["better", "alike", "worse"],
        range=["var(--accent)", "var(--muted)", "var(--warn)"],
    )
    base = _chart(data, ROW * len(data) + 10)
    base = base.encode(
        y=_name_axis("name"),
        color=alt.Color("side:N", scale=sides, legend=None),
        description="tip:N",
    )
    title = "Log probability, against majority vote"
    x = alt.X("low:Q", title=title, axis=alt.Axis(format="+.2~f", tickCount=5))
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        x="difference:Q",
        shape=alt.Shape("side:N", legend=None).scale(
            domain=sides.domain, range=["circle", "square", "diamond"]
        ),
    )
    zero = alt.Chart(alt.Data(values=[{"at": 0}])).mark_rule(strokeDash=[4, 4])
    zero = zero.encode(x=alt.X("at:Q"), color=_colour("muted"))
    rules = base.mark_rule(strokeWidth=2).encode(x=x, x2="high:Q")
    label = (
        "Dots with intervals: how each aggregator predicts held-out votes against majority vote."
    )
    return _svg(rules + zero + dots, label, named=True)


def _chart(rows: list[dict[str, Any]], height: int) -> alt.Chart:
    return alt.Chart(alt.Data(values=rows), width=WIDTH, height=height)


def _colour(name: str) -> Any:
    return alt.value(f"var(--{name})")


def _share_axis() -> alt.Axis:
    return alt.Axis(format=".0%", tickCount=5, labelFlush=False, labelOverlap="greedy")


def _name_axis(field: str) -> alt.Y:
    axis = alt.Axis(labelLimit=130, ticks=False, domain=False, grid=True, title=None)
    return alt.Y(f"{field}:N", sort=None, axis=axis)


def _svg(chart: Any, label: str, *, named: bool = False) -> Markup:
    """Draw a chart; the result is safe to inline, since Vega escapes what the data hold."""
    drawn = chart.properties(
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        # On the left there is room for letters that are wider in the reader's font than here.
        padding={"left": 24 if named else 8, "right": 16, "top": 4, "bottom": 2},
        background="transparent",
    )
    drawn = drawn.configure_view(stroke=None).configure_axis(
        domainColor="var(--line)",
        gridColor="var(--line)",
        tickColor="var(--line)",
        labelColor="var(--muted)",
        titleColor="var(--muted)",
        labelFontSize=12,
        titleFontSize=12,
        titleFontWeight="normal",
        titlePadding=8,
    )
    svg = vl_convert.vegalite_to_svg(drawn.to_dict())
    width, height = SIZE.findall(svg)[:2]
    body = MARK.sub(r"<path\2><title>\1</title></path>", svg)
    # Only inside tags: Vega escapes angle brackets in what the data hold, but not quotes.
    body = TAG.sub(lambda tag: PARTS.sub("", tag[0]), body)
    root = (
        f'<svg class="chart" role="img" aria-label="{escape(label)}" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    )
    return Markup(ROOT.sub(lambda _: root, body, count=1))
