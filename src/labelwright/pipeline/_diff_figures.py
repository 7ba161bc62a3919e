"""The figures of two runs side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labelwright.pipeline._diff_labels import Rows, difference, moved
from labelwright.pipeline._run_side import Side

__all__ = [
    "agreement_change",
    "doubts",
    "estimate_changes",
    "notes_on",
    "only_in",
    "settings_that_differ",
    "vote_numbers",
]


def only_in(before: list[str], after: list[str]) -> dict[str, Any]:
    """How many are in both, and what is only in one."""
    gone, new = (
        [name for name in own if name not in others]
        for own, others in ((before, set(after)), (after, set(before)))
    )
    return {
        "before": len(before),
        "after": len(after),
        "common": len(before) - len(gone),
        "only_before": len(gone),
        "only_after": len(new),
        "first_only_before": gone[:5],
        "first_only_after": new[:5],
    }


def vote_numbers(first: Side, second: Side) -> dict[str, Any]:
    """Votes in all, and by whom more came, or fewer."""
    numbers = [
        dict(side.annotators.select("annotator", "votes").iter_rows()) for side in (first, second)
    ]
    change = {
        name: numbers[1].get(name, 0) - numbers[0].get(name, 0)
        for name in dict.fromkeys([*numbers[0], *numbers[1]])
    }
    before, after = (side.figures["input"]["votes"] for side in (first, second))
    by = {name: n for name, n in change.items() if n}
    return {"before": before, "after": after, "added_by": by}


def doubts(first: Side, second: Side, rows: Rows) -> dict[str, int]:
    one, other = (
        side.labels["lw_doubtful"].gather(place.tolist()).to_numpy()
        for side, place in zip((first, second), rows, strict=True)
    )
    return {
        "before": int(first.labels["lw_doubtful"].sum()),
        "after": int(second.labels["lw_doubtful"].sum()),
        "settled": int((one & ~other).sum()),
        "new": int((~one & other).sum()),
    }


def agreement_change(first: Side, second: Side) -> dict[str, Any] | None:
    one, other = (side.figures.get("agreement") for side in (first, second))
    if one is None or other is None or one["method"] != other["method"]:
        return None
    row = difference(_interval(one), _interval(other))
    return row | {"method": one["method"], "change": moved(row)}


def _interval(row: Mapping[str, Any], end: str = "") -> tuple[float, float, float]:
    value, low, high = (row[name + end] for name in ("value", "low", "high"))
    return value, low, high


def estimate_changes(first: Side, second: Side) -> list[dict[str, Any]]:
    keys = ["what", "by"]
    both = first.estimates.join(second.estimates, on=keys, suffix="_after", nulls_equal=True)
    rows = []
    for row in both.iter_rows(named=True):
        before, after = _interval(row), _interval(row, "_after")
        if None in (*before, *after):
            continue
        change = difference(before, after)
        rows.append({key: row[key] for key in keys} | change | {"change": moved(change)})
    return rows


def settings_that_differ(first: Side, second: Side) -> dict[str, tuple[Any, Any]]:
    stated = [dict(side.settings) for side in (first, second)]
    found = {
        name: (value, stated[1][name])
        for name, value in stated[0].items()
        if value != stated[1][name]
    }
    if first.method != second.method:
        found["aggregator"] = (first.method, second.method)
    return found


def notes_on(first: Side, second: Side, n_common: int) -> list[str]:
    notes = []
    if not n_common:
        notes.append("The runs have no item in common: only their figures can be compared.")
    elif first.by_row:
        notes.append("Items have no ids and are compared row by row.")
    missing = [name for name, side in (("first", first), ("second", second)) if side.votes is None]
    if missing and n_common:
        notes.append(
            f"The votes of the {' and the '.join(missing)} run are not at hand (the file is gone, "
            "or holds others by now): annotators are compared by all of their votes."
        )
    return notes
