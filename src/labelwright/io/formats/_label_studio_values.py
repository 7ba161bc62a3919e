"""Answers of Label Studio (the ``value`` of a result) as labels of a space."""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from labelwright.core.errors import DataError, DataWarning
from labelwright.core.spaces import Classes, Numbers, Regions, Space, Spans, Tags, Text
from labelwright.core.spaces._base import natural_key

Value = Mapping[str, Any]
Labels = tuple[list[Any], Space | None]
SCALAR_KEYS = ("choices", "rating", "number", "taxonomy", "selected", "text", "plain")
REGION_KEYS = frozenset({"start", "x", "points"})
# Here an answer that marks nothing is an answer.
MARKING = ("spans", "regions")
UNLABELLED = "marks without a label"
STEP = " / "


def labels_of(answers: Sequence[Sequence[Value] | None], question: str, path: object) -> Labels:
    """Labels, one an answer, and the space that the kind of question has.

    Parameters
    ----------
    answers : sequence
        The values that an annotator gave, none of them (empty) or no answer at all (None).
    question, path
        For messages.

    Raises
    ------
    DataError
        If the question was answered in two kinds, for each region, or in a kind that is unknown.
    """
    kind = _kind_of_all(answers, question, path)
    if kind in MARKING:
        return MARKED[kind](answers)
    several = [answer for answer in answers if answer and len(answer) > 1]
    if several:
        raise DataError(
            f"Question {question!r} of {path} has {len(several[0])} results in one annotation, so "
            "it is asked more than once an item.",
            where={"file": str(path), "question": question},
        )
    return SCALAR[kind]([answer[0][kind] if answer else None for answer in answers])


def kind_of(value: Value) -> str:
    """What kind of answer a value is."""
    marks = bool(REGION_KEYS & value.keys())
    if marks and _labels(value):
        return "spans" if "start" in value else "regions"
    for kind in SCALAR_KEYS:
        if kind in value:
            return "answers a region" if marks else kind
    return UNLABELLED if marks else f"keys {', '.join(sorted(value))}"


def plain_values(value: Any) -> list[Value] | None:
    """The short form of JSON_MIN, where one answer is written without its key."""
    if value is None:
        return None
    if isinstance(value, list) and all(isinstance(part, dict) for part in value):
        return value
    if isinstance(value, list):
        return [{"taxonomy": value} if isinstance(value[0], list) else {"text": value}]
    return [value if isinstance(value, dict) else {"plain": value}]


def _kind_of_all(answers: Sequence[Sequence[Value] | None], question: str, path: object) -> str:
    counts = Counter(kind_of(value) for answer in answers for value in answer or ())
    where = {"file": str(path), "question": question}
    bare = counts.pop(UNLABELLED, 0) if len(counts) > 1 else 0
    if bare:
        warnings.warn(
            f"{bare:,} marks of question {question!r} in {path} have no label and are left out.",
            DataWarning,
            stacklevel=3,
        )
    if len(counts) > 1:
        listed = " and ".join(f"{n:,} {kind}" for kind, n in counts.most_common())
        raise DataError(f"Question {question!r} of {path} holds {listed}.", where=where)
    kind = next(iter(counts), "plain")
    if kind not in SCALAR and kind not in MARKED:
        raise DataError(
            f"The answers to question {question!r} of {path} cannot be read as votes: {kind}.",
            where=where,
            hint="Read are choices, ratings, numbers, taxonomies, pairwise choices, text, labelled "
            "stretches of text, boxes and polygons.",
        )
    return kind


def _labels(value: Value) -> list[str]:
    """The labels of a marked region, whose key is called after its form: ``rectanglelabels``."""
    found = [v for key, v in value.items() if key.endswith("labels") and isinstance(v, list)]
    return found[0] if found else []


def _choices(values: list[Any]) -> Labels:
    if all(value is None or len(value) <= 1 for value in values):
        return [value[0] if value else None for value in values], None
    names = {name for value in values for name in value or ()}
    return values, Tags(tuple(sorted(names, key=natural_key)))


def _ratings(values: list[Any]) -> Labels:
    present = [value for value in values if value is not None]
    if all(value == int(value) and value >= 0 for value in present):
        low, high = min(1, *map(int, present)), max(map(int, present))
        whole = [None if value is None else int(value) for value in values]
        return whole, Classes(tuple(range(low, high + 1)), ordered=True)
    return values, Numbers()


def _numbers(values: list[Any]) -> Labels:
    return values, Numbers()


def _taxonomy(values: list[Any]) -> Labels:
    """Paths from the root, each a class; what lies above it are its parents."""
    single = all(value is None or len(value) <= 1 for value in values)
    paths = {tuple(path[:n]) for v in values for path in v or () for n in range(1, len(path) + 1)}
    names = sorted((STEP.join(path) for path in paths), key=natural_key)
    labels = [None if not v else [STEP.join(path) for path in v] for v in values]
    if not single:
        return labels, Tags(tuple(names))
    parents = {STEP.join(path): STEP.join(path[:-1]) for path in sorted(paths) if len(path) > 1}
    return [label and label[0] for label in labels], Classes(tuple(names), parents=parents)


def _text(values: list[Any]) -> Labels:
    joined = ["\n".join(value) if isinstance(value, list) else value for value in values]
    return joined, Text()


def _as_given(values: list[Any]) -> Labels:
    return values, None


def _spans(answers: Sequence[Sequence[Value] | None]) -> Labels:
    labels = [None if a is None else [s for v in a for s in _span_parts(v)] for a in answers]
    return labels, Spans(_names(labels, 2))


def _span_parts(value: Value) -> list[tuple[int, int, str]]:
    # In html, start and end are paths to elements; the offsets count from the start of the text.
    ends = value.get("globalOffsets", value)
    start, end = ends["start"], ends["end"]
    if not (isinstance(start, int) and isinstance(end, int)):
        raise DataError(
            f"A marked stretch goes from {start!r} to {end!r}, which are no places in a text.",
            hint="Stretches of sound and film cannot be read yet.",
        )
    return [(start, end, label) for label in _labels(value)]


def _regions(answers: Sequence[Sequence[Value] | None]) -> Labels:
    labels = [None if a is None else [r for v in a for r in _region_parts(v)] for a in answers]
    return labels, Regions(_names(labels, 0))


def _region_parts(value: Value) -> list[tuple[str, str, list[float]]]:
    if "points" in value:
        flat = [float(number) for point in value["points"] for number in point]
        return [(label, "polygon", flat) for label in _labels(value)]
    if not {"width", "height"} <= value.keys():
        raise DataError(
            f"A region with {', '.join(sorted(value))} is neither box nor polygon.",
            hint="Ellipses, points and brushes cannot be read yet.",
        )
    x, y, width, height = (float(value[key]) for key in ("x", "y", "width", "height"))
    if value.get("rotation"):
        return [(label, "polygon", _turned(value)) for label in _labels(value)]
    return [(label, "box", [x, y, x + width, y + height]) for label in _labels(value)]


def _turned(value: Value) -> list[float]:
    """Corners of a box that is turned clockwise about its upper left corner, in percent."""
    # A turn keeps lengths in pixels, so the shape of the picture comes in.
    aspect = value["original_width"] / value["original_height"]
    angle = math.radians(value["rotation"])
    cos, sin = math.cos(angle), math.sin(angle)
    wide, high = value["width"] * aspect, value["height"]
    corners = ((0, 0), (wide, 0), (wide, high), (0, high))
    return [
        number
        for right, down in corners
        for number in (
            value["x"] + (right * cos - down * sin) / aspect,
            value["y"] + right * sin + down * cos,
        )
    ]


def _names(labels: list[Any], place: int) -> tuple[str, ...]:
    found = {part[place] for label in labels for part in label or ()}
    return tuple(sorted(found, key=natural_key))


SCALAR: Mapping[str, Callable[[list[Any]], Labels]] = {
    "choices": _choices,
    "rating": _ratings,
    "number": _numbers,
    "taxonomy": _taxonomy,
    "text": _text,
    "selected": _as_given,
    "plain": _as_given,
}
MARKED: Mapping[str, Callable[[Sequence[Sequence[Value] | None]], Labels]] = {
    "spans": _spans,
    "regions": _regions,
}
