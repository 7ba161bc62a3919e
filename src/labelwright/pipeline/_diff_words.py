"""The differences between two runs in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labelwright.pipeline.diff import QuestionDiff

__all__ = ["question_words"]

MOST = 8


def question_words(found: QuestionDiff) -> list[str]:
    """What changed in one question, in lines."""
    return [
        *_items(found),
        *_labels(found),
        *_figures(found),
        *_people(found),
        *_settings(found),
        *(f"note    {note}" for note in found.notes),
    ]


def _items(found: QuestionDiff) -> list[str]:
    items, votes = found.items, found.votes
    only = f"{items['only_before']:,} only before, {items['only_after']:,} only after"
    lines = [f"items   {items['common']:,} in both, {only}"]
    for when in ("before", "after"):
        if found.classes[f"only_{when}"]:
            names = ", ".join(found.classes[f"first_only_{when}"])
            lines.append(f"classes only {when}: {names}")
    by = sorted(votes["added_by"].items(), key=lambda pair: -abs(pair[1]))
    who = "; ".join(f"{name} {n:+,}" for name, n in by[:MOST])
    more = f" and {len(by) - MOST:,} more" if len(by) > MOST else ""
    lines.append(
        f"votes   {votes['before']:,}, now {votes['after']:,}" + (f" ({who}{more})" if who else "")
    )
    return lines


def _labels(found: QuestionDiff) -> list[str]:
    n, clear = found.changed.height, int(found.changed["clear"].sum())
    if not found.items["common"]:
        return []
    share = found.share_changed
    lines = [
        f"labels  {n:,} of {found.items['common']:,} changed ({share['value']:.1%}), "
        f"{clear:,} of them clearly; the others were nearly as likely before"
        if n
        else f"labels  none of {found.items['common']:,} changed"
    ]
    lines += [f"        {times:,}: {why}" for why, times in list(found.reasons.items())[:MOST]]
    pairs = found.changed.group_by("before", "after").len().sort("len", descending=True)
    told = [f"{was} → {now} {times:,}" for was, now, times in pairs.head(MOST).iter_rows()]
    lines += [f"        {', '.join(told)}"] if told else []
    doubt = found.doubtful
    moved = f"{doubt['settled']:,} settled, {doubt['new']:,} new, among the common items"
    lines.append(f"doubt   {doubt['before']:,} labels, now {doubt['after']:,} ({moved})")
    return lines


def _figures(found: QuestionDiff) -> list[str]:
    lines = []
    if found.agreement is not None:
        lines.append(f"alpha   {_change(found.agreement)}")
    told = [f"share   {row['class']}: {_change(row)}" for row in found.shares if row["change"]]
    estimates = [
        f"gold    {row['what']}{' of ' + row['by'] if row['by'] else ''}: {_change(row)}"
        for row in found.estimates
    ]
    if found.shares and not told:
        told = ["share   no class beyond noise, among the common items"]
    return lines + told[:MOST] + estimates[:MOST]


def _people(found: QuestionDiff) -> list[str]:
    changed = [row for row in found.annotators if row["change"] in ("up", "down")]
    few = sum(row["change"] == "too few" for row in found.annotators)
    if not found.annotators:
        return []
    lines = [
        f"people  {row['annotator']}: agreement {_change(row)}, by {row['of']}"
        for row in changed[:MOST]
    ]
    rest = len(found.annotators) - len(changed) - few
    told = f"{len(changed):,} changed beyond noise, {rest:,} did not"
    lines.append(f"people  {told}, {few:,} have too few votes")
    return lines


def _change(row: dict[str, Any]) -> str:
    verdict = row["change"] or "no change beyond noise"
    return (
        f"{row['before']:.3f}, now {row['after']:.3f} (difference {row['difference']:+.3f}, "
        f"{row['low']:+.3f} to {row['high']:+.3f}): {verdict}"
    )


def _settings(found: QuestionDiff) -> list[str]:
    return [f"setting {name}: {was!r}, now {now!r}" for name, (was, now) in found.settings.items()]
