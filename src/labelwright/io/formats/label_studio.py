"""Label Studio: the JSON export and its short form JSON_MIN."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from labelwright.core.spaces import Space
from labelwright.core.votes import Votes
from labelwright.io._content import open_content
from labelwright.io._json import frame_from_records, load_records
from labelwright.io.formats._base import Overview, Reader, Sample
from labelwright.io.formats._label_studio_values import Value, labels_of, plain_values
from labelwright.io.formats._rows import Place, VoteRows, chosen_question

if TYPE_CHECKING:
    import polars as pl

__all__ = ["LabelStudio", "LabelStudioMin"]

Record = Mapping[str, Any]
# Old versions called annotations completions.
GIVEN = ("annotations", "completions")
SIZE = ("original_width", "original_height")
MIN_KEYS = frozenset({"id", "annotation_id", "annotator", "lead_time"})
MIN_OTHERS = frozenset({"created_at", "updated_at", "agreement", "history"})


class LabelStudio(Reader):
    """The JSON export of Label Studio, with all that it knows about each answer.

    - Items are tasks, by their ``id``; a task without an answer is an item without a vote.
    - A question is a control of the labelling screen, by its ``from_name``.
    - Annotators are named as text: the e-mail address of ``completed_by`` where the export has it,
      else the number. A prediction is a vote of ``model:<model_version>`` with its score as
      ``confidence`` (``score`` where scores leave 0 to 1).
    - ``was_cancelled`` is an event "skip". ``lead_time`` becomes ``seconds``, ``updated_at``
      ``time`` (without a zone: UTC), ``parent_prediction`` ``shown`` (the annotator began with a
      prediction); ``ground_truth`` rides along under its name.
    - One choice is a class; once anybody chose several, all answers are tags. Ratings are classes
      in order, from 1 to the highest given. A taxonomy has classes such as ``Animal / Dog`` with
      their parents. An answer of the types labels, rectangle and polygon that marks nothing says
      "nothing here"; any other missing answer is no vote.
    - Boxes and polygons keep the unit of the export, percent of the picture's width and height; a
      turned box becomes a polygon.
    """

    name: ClassVar[str] = "label-studio"
    title: ClassVar[str] = "Label Studio export (JSON)"

    def recognises(self, sample: Sample) -> bool:
        """Tasks have ``data`` and a list of annotations, completions or predictions."""
        return sample.kind in ("json", "jsonl") and any(
            isinstance(task.get("data"), dict)
            and any(isinstance(task.get(key), list) for key in (*GIVEN, "predictions"))
            for task in sample.records
        )

    def overview(self, path: Path) -> Overview:
        """Count the tasks and list the questions."""
        tasks = _load(path)
        return Overview(len(tasks), "tasks", _questions(tasks))

    def read(
        self,
        path: Path,
        *,
        question: str | None = None,
        space: Space | None = None,
        repeats: str | None = None,
    ) -> Votes:
        """Votes on one question; see the class."""
        tasks = _load(path)
        question = chosen_question(question, _questions(tasks), path)
        rows = VoteRows()
        for number, task in enumerate(tasks, 1):
            _add_task(rows, task, question, Place(path, number, f"task {number}"))
        _settle_scores(rows)
        labels, suggested = labels_of(rows.answers, question, path)
        return rows.to_votes(labels, suggested, space, repeats=repeats)

    def records(self, path: Path) -> pl.DataFrame:
        """Task ids and their ``data``; a field called ``id`` becomes ``data.id``."""
        tasks = _load(path)
        fields = []
        for number, task in enumerate(tasks, 1):
            item = Place(path, number, f"task {number}").required(task, "id")
            data = task.get("data") or {}
            renamed = {("data.id" if key == "id" else key): value for key, value in data.items()}
            fields.append({"id": item} | renamed)
        return frame_from_records(fields, path)


class LabelStudioMin(Reader):
    """The short JSON of Label Studio (JSON_MIN): one record an annotation, no skips, no models.

    It does not say which of its keys are answers and which belong to the data, so the question
    must always be named.
    """

    name: ClassVar[str] = "label-studio-min"
    title: ClassVar[str] = "Label Studio export (JSON_MIN)"

    def recognises(self, sample: Sample) -> bool:
        """Records have ``annotation_id``, ``annotator`` and ``lead_time``."""
        return sample.kind in ("json", "jsonl") and sample.keys >= MIN_KEYS

    def overview(self, path: Path) -> Overview:
        """Count the annotations and list all keys that may be questions."""
        records = _load(path)
        return Overview(len(records), "annotations", _min_questions(records))

    def read(
        self,
        path: Path,
        *,
        question: str | None = None,
        space: Space | None = None,
        repeats: str | None = None,
    ) -> Votes:
        """Votes on one question, named by its key."""
        records = _load(path)
        question = chosen_question(question, _min_questions(records), path)
        rows = VoteRows()
        for number, record in enumerate(records, 1):
            place = Place(path, number, f"record {number}")
            item = place.required(record, "id")
            rows.items.setdefault(item, number)
            rows.add(
                item,
                str(place.required(record, "annotator")),
                plain_values(record.get(question)),
                time=_time(record, place),
                seconds=record.get("lead_time"),
            )
        labels, suggested = labels_of(rows.answers, question, path)
        return rows.to_votes(labels, suggested, space, repeats=repeats)


def _load(path: Path) -> list[dict[str, Any]]:
    return load_records(open_content(path), None, None)


def _annotations(task: Record) -> list[Record]:
    return next((task[key] for key in GIVEN if task.get(key) is not None), [])


def _questions(tasks: Iterable[Record]) -> tuple[str, ...]:
    """Names of all controls that somebody used, in order of first use."""
    found: dict[str, None] = {}
    for task in tasks:
        for given in (*_annotations(task), *(task.get("predictions") or ())):
            for result in given.get("result") or ():
                if "from_name" in result:
                    found.setdefault(result["from_name"])
    return tuple(found)


def _min_questions(records: Iterable[Record]) -> tuple[str, ...]:
    keys = dict.fromkeys(key for record in records for key in record)
    return tuple(key for key in keys if key not in MIN_KEYS | MIN_OTHERS)


def _add_task(rows: VoteRows, task: Record, question: str, place: Place) -> None:
    item = place.required(task, "id")
    place = replace(place, what=f"{place.what} (id {item})")
    if item in rows.items:
        raise place.error(f"has the id of task {rows.items[item]}.", item=item)
    rows.items[item] = place.number
    if not any(key in task for key in (*GIVEN, "predictions")):
        place.required(task, "annotations")
    for given in _annotations(task):
        skipped = bool(given.get("was_cancelled") or given.get("skipped"))
        rows.add(
            item,
            _annotator(given, place),
            None if skipped else _values(given, question, place),
            event="skip" if skipped else None,
            time=_time(given, place),
            seconds=given.get("lead_time"),
            shown=given.get("parent_prediction") is not None,
            ground_truth=given.get("ground_truth"),
        )
    for given in task.get("predictions") or ():
        rows.add(
            item,
            f"model:{given.get('model_version') or 'unknown'}",
            _values(given, question, place),
            time=_time(given, place),
            confidence=given.get("score"),
        )


def _annotator(given: Record, place: Place) -> str:
    who = place.required(given, "completed_by", "an annotation")
    if isinstance(who, dict):
        who = who.get("email") or place.required(who, "id", "a completed_by")
    return str(who)


def _values(given: Record, question: str, place: Place) -> list[Value]:
    """What was answered to the question: the values of its results."""
    values: list[Value] = []
    for result in given.get("result") or ():
        if result.get("from_name") == question:
            value = place.required(result, "value", "a result")
            size = {key: result[key] for key in SIZE if key in result}
            values.append({**value, **size})
    return values


def _time(given: Record, place: Place) -> Any:
    return place.time(given.get("updated_at") or given.get("created_at"))


def _settle_scores(rows: VoteRows) -> None:
    """Scores that leave 0 to 1 are no confidences, so they ride along as what they are."""
    scores = rows.extra.get("confidence", [])
    if any(score is not None and not 0 <= score <= 1 for score in scores):
        rows.extra["score"] = rows.extra.pop("confidence")
