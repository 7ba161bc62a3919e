"""Collecting votes row by row, for readers of nested exports."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from labelwright.core.errors import DataError, unknown_name
from labelwright.core.spaces import Classes, Space, Tags
from labelwright.core.votes import Votes

# The types of what may come along with a vote, so that a column of missing values has one too.
EXTRA: Mapping[str, pl.DataType] = {
    "time": pl.Datetime("us", "UTC"),
    "seconds": pl.Float64(),
    "confidence": pl.Float64(),
    "score": pl.Float64(),
    "shown": pl.Boolean(),
    "ground_truth": pl.Boolean(),
}


@dataclass(frozen=True)
class Place:
    """A record of a file, for messages: ``what`` names it, for example "task 3 (id 17)"."""

    path: Path
    number: int
    what: str

    def error(self, message: str, hint: str = "", **where: Any) -> DataError:
        """An error in this record; ``message`` goes on after its name."""
        return DataError(
            f"{self.what[0].upper()}{self.what[1:]} of {self.path} {message}",
            where={"file": str(self.path), "row": self.number, **where},
            hint=hint,
        )

    def required(self, record: Mapping[str, Any], key: str, part: str = "") -> Any:
        """The value of a key without which the record (or a part of it) means nothing."""
        if record.get(key) is None:
            listed = ", ".join(list(record)[:12]) or "none"
            owner = f"has {part} without {key!r}." if part else f"has no {key!r}."
            raise self.error(owner, f"Its keys are: {listed}.", key=key)
        return record[key]

    def time(self, value: Any) -> datetime.datetime | None:
        """A time as ISO 8601 writes it; without a zone it is UTC, as servers write it."""
        if value is None:
            return None
        try:
            time = datetime.datetime.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise self.error(f"has {value!r} where a time is expected.") from error
        return time.replace(tzinfo=time.tzinfo or datetime.UTC).astimezone(datetime.UTC)


class VoteRows:
    """Columns that grow by a row a vote or event.

    ``answers`` holds what the export says, or None; turning answers into labels is the reader's.
    """

    def __init__(self) -> None:
        self.items: dict[Any, int] = {}
        self.item: list[Any] = []
        self.annotator: list[str] = []
        self.answers: list[Any] = []
        self.event: list[str | None] = []
        self.extra: dict[str, list[Any]] = {}

    def add(
        self,
        item: Any,
        annotator: str,
        answer: Any,
        *,
        event: str | None = None,
        **extra: Any,
    ) -> None:
        """Add a row, with what came along."""
        for name in extra:
            self.extra.setdefault(name, [None] * len(self.item))
        for name, column in self.extra.items():
            column.append(extra.get(name))
        self.item.append(item)
        self.annotator.append(annotator)
        self.answers.append(answer)
        self.event.append(event)

    def to_votes(
        self, labels: Sequence[Any], suggested: Space | None, space: Space | None, **options: Any
    ) -> Votes:
        """Votes with one label a row; ``suggested`` is the space unless the caller named one.

        Rows without label and event are left out; their items stay.
        """
        space = space or suggested
        columns = {"item": self.item, "annotator": self.annotator, "event": self.event}
        label = _label_column(labels, space)
        extra = [pl.Series(name, v, dtype=EXTRA.get(name)) for name, v in self.extra.items()]
        frame = pl.DataFrame([pl.Series(n, v) for n, v in columns.items()] + [label, *extra])
        frame = frame.filter(pl.col("label").is_not_null() | pl.col("event").is_not_null())
        filled = [s.name for s in frame if s.null_count() < frame.height or s.name in columns]
        return Votes.from_table(
            frame.select("label", *(name for name in filled if name != "label")),
            item="item",
            annotator="annotator",
            label="label",
            event="event",
            items=list(self.items),
            space=space,
            **options,
        )


def _label_column(labels: Sequence[Any], space: Space | None) -> pl.Series:
    if isinstance(space, Tags):
        # Where nobody chose two, an answer is one name.
        labels = [[label] if isinstance(label, str) else label for label in labels]
    if space is not None and not isinstance(space, Classes):
        return space.to_series(space.validate(labels))
    # Classes take the answers as they are: among them may be other spellings and "unsure".
    try:
        return pl.Series("label", labels)
    except (TypeError, pl.exceptions.PolarsError) as error:
        kinds = sorted({type(label).__name__ for label in labels if label is not None})
        raise DataError(
            f"The answers mix {' and '.join(kinds)}.", hint="Say what they are with space=."
        ) from error


def chosen_question(question: str | None, questions: Sequence[str], path: Path) -> str:
    """The question that was asked for, or the only one."""
    if question is None and len(questions) == 1:
        return questions[0]
    if not questions:
        raise DataError(f"{path} holds no answers.", where={"file": str(path)})
    if question is None:
        raise DataError(
            f"{path} holds {len(questions)} questions: {', '.join(questions)}.",
            where={"file": str(path), "questions": list(questions)},
            hint=f"Say which one: question={questions[0]!r}.",
        )
    if question not in questions:
        raise unknown_name("question", question, questions, where={"file": str(path)})
    return question
