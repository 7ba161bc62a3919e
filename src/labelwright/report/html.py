"""The report as one HTML file that needs nothing else: no network, no other file."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from labelwright.core.errors import ParameterError
from labelwright.core.results import Result
from labelwright.report._prepare import prepare
from labelwright.report._results import result_page
from labelwright.report._sections import Detail, doubted_annotators, sections
from labelwright.report._templates import LARGEST, environment
from labelwright.report.sharing import shared

__all__ = ["page", "render"]

# What a page shows of rows and texts, from the first on that stays under LARGEST bytes.
DETAILS = (
    Detail(rows=200, characters=280, charts=True),
    Detail(rows=60, characters=160, charts=True),
    Detail(rows=15, characters=80, charts=True),
    Detail(rows=5, characters=60, charts=False),
)


def render(report: Mapping[str, Any] | Result, *, share: bool = False) -> str:
    r"""Draw the data of a report, or a single result, as one self-contained HTML page under 1 MB.

    Parameters
    ----------
    report : dict or Result
        What the pipeline found, or what ``report.json`` holds; or what ``aggregation.compare`` or
        ``aggregation.aggregate`` gives.
    share : bool
        Leave out record texts, names and ids (see :func:`shared`), with a key that nobody keeps. A
        single result has no such page.

    Returns
    -------
    str
        The page. Whatever the data hold is escaped; nothing in it asks the network for anything.

    Raises
    ------
    DataError
        If ``report`` carries no ``format`` number, or a newer one, or is a result of a kind that
        has no page.
    ParameterError
        If a single result is to be shared.

    Examples
    --------
    >>> report = {"format": 1, "title": "Reviews", "file": "reviews.csv", "command": "",
    ...           "version": "0.1.0", "seed": 0, "questions": []}
    >>> render(report)[:32]
    '<!doctype html>\n<html lang="en">'
    """
    if isinstance(report, Result):
        if share:
            raise ParameterError("share=True is for the report of a run.")
        return result_page(report)
    return page(prepare(shared(report, secrets.token_hex(16)) if share else report))


def page(prepared: Mapping[str, Any]) -> str:
    """Draw prepared data with as much detail as fits."""
    questions = [(question, sections(question)) for question in prepared["questions"]]
    doubted = doubted_annotators(prepared["questions"])
    template = environment().get_template("page.html")
    for detail in DETAILS:
        text = template.render(report=prepared, questions=questions, doubted=doubted, detail=detail)
        if len(text.encode()) < LARGEST:
            break
    return text
