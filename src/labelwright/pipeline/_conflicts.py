"""What holds where several people decided about one label, or one person more than once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from labelwright.core.errors import DataError
from labelwright.pipeline._answers import Answer, listed

__all__ = ["RULES", "UNDECIDED", "Settled", "settle"]

REFUSE = "refuse"
RULES = (REFUSE, "newest", "majority", "skip")
UNDECIDED = "undecided"


@dataclass(frozen=True)
class _Said:
    """What a reviewer says about an item, and since when."""

    decision: str
    comment: str | None
    when: datetime


@dataclass
class Settled:
    """What the decisions come to.

    Attributes
    ----------
    entries : list of (Answer, str or None, str)
        New decisions, each with the label that is in force with it and how that came about.
    known : int
        Decisions that were applied before, or that the same reviewer has replaced since.
    conflicts : list of str
        Items on which reviewers differ, with what each says.
    """

    entries: list[tuple[Answer, str | None, str]] = field(default_factory=list)
    known: int = 0
    conflicts: list[str] = field(default_factory=list)


def settle(
    answers: Sequence[Answer],
    log: pl.DataFrame,
    classes: Iterable[str],
    rule: str,
    now: datetime,
) -> Settled:
    """Find the label that holds for each item; reviewers who differ are refused without a rule.

    Parameters
    ----------
    answers : sequence of Answer
        What was read.
    log : polars frame
        What was applied before.
    classes : iterable of str
        The decisions that name a class; others say that it cannot be told.
    rule : {"refuse", "newest", "majority", "skip"}
    now : datetime
        When it is applied: decisions that say no time count as made then.
    """
    said = _said_before(log)
    settled, own = Settled(), _newest_of_each(answers, now)
    fresh: dict[str, list[Answer]] = defaultdict(list)
    for (item, reviewer), answer in own.items():
        before = said[item].get(reviewer)
        when = _when(answer.time, now)
        if before and (_is_same(answer, before) or when <= before.when):
            settled.known += 1
            continue
        said[item][reviewer] = _Said(answer.decision, answer.comment, when)
        fresh[item].append(answer)
    settled.known += len(answers) - len(own)
    names = frozenset(classes)
    for item, of_item in fresh.items():
        votes = {who: one for who, one in said[item].items() if one.decision in names}
        label, how = _label(item, votes, rule)
        if len({one.decision for one in votes.values()}) > 1:
            told = ", ".join(f"{who} says {one.decision!r}" for who, one in votes.items())
            settled.conflicts.append(f"{item}: {told}")
        settled.entries += [(answer, label, how) for answer in of_item]
    if settled.conflicts and rule == REFUSE:
        raise _refused(settled.conflicts)
    return settled


def _said_before(log: pl.DataFrame) -> dict[str, dict[str, _Said]]:
    """The newest decision of each reviewer on each item."""
    said: dict[str, dict[str, _Said]] = defaultdict(dict)
    for row in log.iter_rows(named=True):
        when = _when(row["time"], row["applied"])
        said[row["item"]][row["reviewer"]] = _Said(row["decision"], row["comment"], when)
    return said


def _when(time: datetime | None, applied: datetime) -> datetime:
    """When it was decided: at the latest when it was applied, whatever a wrong clock says."""
    return applied if time is None else min(time, applied)


def _is_same(answer: Answer, before: _Said) -> bool:
    return (answer.decision, answer.comment) == (before.decision, before.comment)


def _newest_of_each(answers: Sequence[Answer], now: datetime) -> dict[tuple[str, str], Answer]:
    """The newest decision of each reviewer on each item; one who says two things is refused."""
    newest: dict[tuple[str, str], Answer] = {}
    clashes = []
    for answer in sorted(answers, key=lambda one: _when(one.time, now)):
        key = (answer.item, answer.reviewer)
        other = newest.get(key)
        if other and other.decision != answer.decision and other.time == answer.time:
            clashes.append(
                f"{answer.place} says {answer.decision!r} and {other.place} {other.decision!r}"
            )
        newest[key] = answer
    if clashes:
        raise DataError(
            f"One reviewer decides one record in two ways: {listed(clashes)}.",
            where={"item": clashes[0]},
            hint="Take one of the two out, or say in lw_reviewer who said which.",
        )
    return newest


def _label(item: str, votes: Mapping[str, _Said], rule: str) -> tuple[str | None, str]:
    """The label in force, None where that of the run is, and how it came about."""
    counts = Counter(one.decision for one in votes.values()).most_common()
    if not counts:
        return None, UNDECIDED
    if len(counts) == 1:
        return counts[0][0], "agreed" if len(votes) > 1 else "one reviewer"
    if rule == "newest":
        last = max(one.when for one in votes.values())
        latest = {one.decision for one in votes.values() if one.when == last}
        if len(latest) > 1:
            raise DataError(
                f"{item}: it cannot be told which decision is the newest, since sheets do not say "
                "when somebody decided.",
                where={"item": item},
                hint="Apply the sheets one after the other, the newest last; or --conflicts skip.",
            )
        return latest.pop(), rule
    if rule == "majority" and counts[0][1] > counts[1][1]:
        return counts[0][0], rule
    return None, UNDECIDED


def _refused(conflicts: Sequence[str]) -> DataError:
    return DataError(
        f"Reviewers differ on {len(conflicts):,} records, so nothing was applied.\n"
        + "\n".join(conflicts),
        where={"items": list(conflicts)},
        hint="Settle them and apply again, or say what holds: --conflicts newest, majority or skip "
        "(the label of the run stays).",
    )
