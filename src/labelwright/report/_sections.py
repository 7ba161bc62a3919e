"""The sections of a question: which there are, in order, with their charts.

A new kind of section is a line in ``SECTIONS``, a template of its name in ``templates/sections``
and, where it has a chart, a function in ``_plots``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from labelwright.report import _plots
from labelwright.report._format import shorten, verified
from labelwright.report._prepare import bin_rows

__all__ = ["Detail", "Section", "doubted_annotators", "sections"]

Question = Mapping[str, Any]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Detail:
    """How much a page shows: rows of each table, characters of each text, charts or none."""

    rows: int
    characters: int
    charts: bool


@dataclass(frozen=True)
class Section:
    """A section as the page draws it."""

    name: str
    title: str
    chart: Markup | None


@dataclass(frozen=True)
class _Kind:
    title: str
    wanted: Callable[[Question], Any]
    chart: Callable[[Question], Markup | None] = lambda _: None


def _annotators_chart(question: Question) -> Markup | None:
    return _plots.annotators(question["annotators"] or (), question["input"]["annotator_word"])


def _confidence_chart(question: Question) -> Markup | None:
    return _plots.confidence(question["labels"], question["summary"]["sure_from"])


def _calibration_chart(question: Question) -> Markup | None:
    measure = "accuracy" if verified(question["model"]) else "agreement"
    return _plots.calibration(bin_rows(question), measure)


SECTIONS: dict[str, _Kind] = {
    "input": _Kind("What came in", lambda q: q["input"]),
    "agreement": _Kind(
        "How far the {word} agree",
        lambda q: q.get("agreement") or q.get("annotators"),
        _annotators_chart,
    ),
    "labels": _Kind(
        "The labels, and how sure they are", lambda q: q.get("labels"), _confidence_chart
    ),
    "errors": _Kind("Likely label errors", lambda q: q.get("likely_errors")),
    "model": _Kind("How good the model is", lambda q: q.get("model"), _calibration_chart),
    "estimates": _Kind(
        "What may be concluded",
        lambda q: q.get("estimates"),
        lambda q: _plots.estimates(q["estimates"]),
    ),
    "by": _Kind("By {by}", lambda q: q.get("by")),
}


def sections(question: Question) -> list[Section]:
    """The sections for which a question has data, with their charts drawn."""
    words = {
        "word": question["input"]["annotator_word"],
        "by": shorten((question.get("by") or {}).get("column")),
    }
    return [
        Section(name, kind.title.format(**words), kind.chart(question))
        for name, kind in SECTIONS.items()
        if kind.wanted(question)
    ]


def doubted_annotators(questions: Sequence[Question]) -> list[tuple[Row, list[Row | None]]]:
    """Who is to be mistrusted in a question and voted in several: a row, and one a question."""
    rows = [{row["annotator"]: row for row in q.get("annotators") or ()} for q in questions]
    doubted = {name: row for known in rows for name, row in known.items() if _is_doubted(row)}
    found = [(row, [known.get(name) for known in rows]) for name, row in doubted.items()]
    in_several = [(row, votes) for row, votes in found if sum(map(bool, votes)) > 1]
    return sorted(in_several, key=lambda pair: -sum(map(_is_doubted, pair[1])))


def _is_doubted(row: Row | None) -> bool:
    return row is not None and row["verdict"] == "mistrust"
