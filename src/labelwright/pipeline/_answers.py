"""Decisions read back: from sheets, and from what the page of a review gives."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from labelwright.core.errors import DataError, nearest
from labelwright.core.spaces import Classes
from labelwright.pipeline._decision_files import Row, read_rows
from labelwright.pipeline._labels import REVIEW_TAG
from labelwright.pipeline._review_plan import ReviewPlan, read_tag
from labelwright.pipeline._review_records import cannot_tell
from labelwright.selection.sheet import spellings

__all__ = ["Answer", "Reading", "listed", "read_answers"]

# How exactly a spreadsheet keeps a long number, such as 1.23457E+19.
AS_SHOWN = 1e-5
# What a spreadsheet takes for a date, such as 3-4, 3/4/25 and SEP2.
DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}([-/.]\d{1,4})?|[A-Za-z]{3,9}[-/. ]?\d{1,4}")


@dataclass(frozen=True)
class Answer:
    """What one reviewer says about one label.

    Attributes
    ----------
    place : str
        Where it stands, for people.
    plan : ReviewPlan
    number : int
        Which record of the review.
    decision : str
        A class, or that it cannot be told.
    comment : str or None
    reviewer : str
    time : datetime or None
        When it was decided, in UTC.
    file : str
    """

    place: str
    plan: ReviewPlan
    number: int
    decision: str
    comment: str | None
    reviewer: str
    time: datetime | None
    file: str

    @property
    def item(self) -> str:
        """The record."""
        return self.plan.items[self.number]


@dataclass
class Reading:
    """What a file of decisions says: what can be used, what cannot, and what should be known."""

    answers: list[Answer] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_answers(
    source: Any,
    plans: Mapping[str, ReviewPlan],
    space: Classes,
    id_name: str,
    reviewer: str | None,
) -> Reading:
    """Read one file or table.

    Parameters
    ----------
    source : path or table
    plans : mapping
        The reviews of the run.
    space : Classes
        The labels that are allowed.
    id_name : str
        The column of ids.
    reviewer : str or None
        Who decided where nobody is named; by default the name of the file stands for them.
    """
    name, rows = read_rows(source, id_name)
    reading, meanings = Reading(), _meanings(space)
    placed: list[tuple[Row, ReviewPlan, int]] = []
    for row in rows:
        found = _place(row, plans, name)
        if found is None:
            reading.problems += _added(row, id_name)
            continue
        placed.append((row, *found))
        plan, number = found
        said = meanings.get(row.decision) or meanings.get(row.decision.casefold())
        if not _may_be(row.id, plan.items[number]):
            reading.problems.append(_misplaced(row, plan.items[number], id_name))
        elif row.decision and not said:
            reading.problems.append(_no_class(row, space))
        elif said:
            who = row.reviewer or reviewer or name
            reading.answers.append(
                Answer(row.place, plan, number, said, row.comment or None, who, row.time, name)
            )
    reading.notes += _unnamed(name, rows) if reviewer is None else []
    reading.notes += [*_changed_ids(placed), *_undecided(name, placed)]
    return reading


def listed(texts: Sequence[str], most: int = 5) -> str:
    """The first few, and how many more there are."""
    more = f" and {len(texts) - most:,} more" if len(texts) > most else ""
    return "; ".join(texts[:most]) + more


def _meanings(space: Classes) -> dict[str, str]:
    """Each text that is understood, with the class or the word for 'cannot tell' it stands for.

    Case does not count where it makes no difference: a spreadsheet writes ``true`` as ``TRUE``.
    """
    names = list(map(str, space.names))
    exact = {text: names[code] for text, code in spellings(space).items()}
    unsure = cannot_tell(space)
    exact = dict.fromkeys([*map(str, space.abstain), unsure], unsure) | exact
    folded: dict[str, set[str]] = defaultdict(set)
    for text, meaning in exact.items():
        folded[text.casefold()].add(meaning)
    clear = {text: meaning.pop() for text, meaning in folded.items() if len(meaning) == 1}
    return clear | exact


def _place(row: Row, plans: Mapping[str, ReviewPlan], name: str) -> tuple[ReviewPlan, int] | None:
    """The review and the record in it that a row is about; None where it is about none."""
    tagged = read_tag(row.tag)
    if tagged is None:
        return None
    if tagged[0] not in plans:
        raise _other_run(name, tagged[0], plans)
    plan = plans[tagged[0]]
    return (plan, tagged[1]) if 0 <= tagged[1] < len(plan.items) else None


def _may_be(cell: str, item: str) -> bool:
    """Whether a cell holds the id, or what a spreadsheet makes of it: a number, or a date."""
    if not cell or cell == item.strip():
        return True
    try:
        number, shown = float(item), float(cell)
    except ValueError:
        return bool(DATE.fullmatch(item)) and any(letter.isdigit() for letter in cell)
    return abs(number - shown) <= AS_SHOWN * abs(number)


def _other_run(name: str, review: str, plans: Mapping[str, ReviewPlan]) -> DataError:
    known = f"This run has {len(plans)} reviews" if plans else "This run has no review"
    return DataError(
        f"{name} holds decisions on a review ({review}) of another run.",
        where={"file": name, "review": review},
        hint=f"{known}. Name the run, and the question, that the sheet or page was made from.",
    )


def _added(row: Row, id_name: str) -> list[str]:
    """What is wrong with a row that no review wrote; nothing if the row is empty."""
    if not any((row.tag, row.id, row.decision, row.comment)):
        return []
    what = f"{REVIEW_TAG} is {row.tag!r}" if row.tag else f"{REVIEW_TAG} is empty"
    told = f"{row.place} ({id_name} {row.id!r}) was added or damaged: {what}."
    return [f"{told} Take the row out, or put back what stood there."]


def _misplaced(row: Row, item: str, id_name: str) -> str:
    return (
        f"{row.place}: unknown {id_name} {row.id!r}; this row of the review is about {item!r}. "
        "Were some columns sorted without the others?"
    )


def _no_class(row: Row, space: Classes) -> str:
    words = [*map(str, space.names), cannot_tell(space)]
    guess = nearest(row.decision, words)
    near = f" Did you mean {guess!r}?" if guess else f" There is: {', '.join(words[:12])}."
    return f"{row.place}: {row.decision!r} is no class.{near}"


def _unnamed(name: str, rows: Sequence[Row]) -> list[str]:
    count = sum(bool(row.decision) and not row.reviewer for row in rows)
    if not count:
        return []
    told = f"{count:,} decisions in {name} name no reviewer and stand under the name of the file"
    return [f"{told}; --reviewer NAME says who it was."]


def _changed_ids(placed: Sequence[tuple[Row, ReviewPlan, int]]) -> list[str]:
    changed = [
        f"{row.place}: {plan.items[number]!r} became {row.id!r}"
        for row, plan, number in placed
        if row.id not in ("", plan.items[number].strip())
    ]
    if not changed:
        return []
    return [
        f"A spreadsheet changed ids ({listed(changed)}); {REVIEW_TAG} told which records they are."
    ]


def _undecided(name: str, placed: Sequence[tuple[Row, ReviewPlan, int]]) -> list[str]:
    """What is said about records without a decision."""
    reviews = {plan.id: plan for _, plan, _ in placed}
    total = sum(len(plan.items) for plan in reviews.values())
    missing = total - len({(plan.id, number) for _, plan, number in placed})
    empty = [row for row, _, _ in placed if not row.decision]
    notes = []
    if empty or missing:
        parts = [f"{len(empty):,} left empty"] if empty else []
        parts += [f"{missing:,} not in the file"] if missing else []
        notes.append(
            f"{name}: {len(empty) + missing:,} of {total:,} records have no decision "
            f"({', '.join(parts)}); they stay as they are."
        )
    said = [f"{row.place}: {row.comment!r}" for row in empty if row.comment]
    if said:
        notes.append(f"A comment without a decision is not kept ({listed(said)}).")
    return notes
