"""From the pipeline's dict to the data of a report: plain values, sound texts, a summary.

What comes out is what ``report.json`` holds and all that the templates see, so every number in the
HTML stands in the JSON too. Preparing twice changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from labelwright.core.files import check_format
from labelwright.core.results import plain
from labelwright.core.stats import wilson_interval

__all__ = ["FORMAT", "bin_rows", "clean", "prepare", "record_rows", "sound"]

FORMAT = 1
LONGEST = 1000
SURE = 0.9
# C0 controls but tab and newline, and C1: no page may hold them and no terminal should.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def prepare(report: Mapping[str, Any]) -> dict[str, Any]:
    """A copy that JSON can hold: texts cut to 1000 characters, a ``summary`` in each question."""
    check_format(report.get("format"), FORMAT, "The report")
    copy = plain(dict(report))
    for question in copy["questions"]:
        for row in record_rows(question):
            _note_length(row)
        bin_rows(question)
        _add_intervals(question)
    copy = clean(copy)
    for question in copy["questions"]:
        question["summary"] = _summary(question)
    return copy


def record_rows(question: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a question that show single records: changed labels and likely errors."""
    labels, errors = question.get("labels") or {}, question.get("likely_errors") or {}
    return [*labels.get("changed_rows", ()), *errors.get("rows", ())]


def _note_length(row: dict[str, Any]) -> None:
    text = row.get("text")
    if text is not None and "text_length" not in row:
        row["text_length"] = len(str(text))


def bin_rows(question: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The bins of the calibration as rows, put in place of the columns that they come as."""
    calibration = (question.get("model") or {}).get("calibration")
    if not calibration:
        return []
    bins = calibration["bins"]
    if isinstance(bins, dict):
        bins = [dict(zip(bins, row, strict=True)) for row in zip(*bins.values(), strict=True)]
        calibration["bins"] = [row | {"n": round(row["n"])} for row in bins]
    rows: list[dict[str, Any]] = calibration["bins"]
    return rows


def _add_intervals(question: dict[str, Any]) -> None:
    """Wilson intervals for the shares that come without one."""
    model, labels = question.get("model") or {}, question.get("labels") or {}
    for row in model.get("classes") or ():
        _add_wilson(row, row["agreement"], row["n"])
    check = labels.get("gold_check")
    if check and check["n"]:
        for who in ("right", "majority_right"):
            if check[who] is not None:
                _add_wilson(check, check[who] / check["n"], check["n"], who + "_")


def _add_wilson(row: dict[str, Any], share: float | None, n: int | None, prefix: str = "") -> None:
    if share is None or not n or prefix + "low" in row:
        return
    low, high = wilson_interval(round(share * n), n)
    row |= {prefix + "share": share, prefix + "low": float(low), prefix + "high": float(high)}


def clean(value: Any) -> Any:
    """A plain value whose texts a page can hold, cut to :data:`LONGEST` characters."""
    if isinstance(value, dict):
        return {clean(key): clean(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [clean(inner) for inner in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = str(value)
    return sound(text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")


def sound(text: str) -> str:
    """A text that a page can hold: half of a surrogate pair cannot be written as UTF-8."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text).encode(errors="replace").decode()


def _summary(question: Mapping[str, Any]) -> dict[str, Any]:
    """What the first screen says: how many labels, and how many of them are sure."""
    labels = question.get("labels")
    if not labels:
        return {"labels": None, "sure": None, "sure_from": None, "sure_share": None, "whole": True}
    items, without = question["input"]["items"], labels["without"]
    given = None if items is None or without is None else items - without
    bins = labels["confidence"]
    start = min((b["low"] for b in bins if b["low"] >= SURE - 1e-9), default=None)
    top = [b["items"] for b in bins if start is not None and b["low"] >= start]
    shown = [items for items in top if items is not None]
    sure = sum(shown) if shown else None
    return {
        "labels": given,
        "sure": sure,
        "sure_from": start,
        "sure_share": sure / given if sure is not None and given else None,
        # In a shared report a part of the sum may be hidden: then it is 'at least' so many.
        "whole": len(shown) == len(top),
    }
