"""The report as one HTML file that needs nothing else: no network, no other file."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup

from labelwright.report import _format
from labelwright.report._prepare import prepare
from labelwright.report._sections import Detail, doubted_annotators, sections
from labelwright.report.sharing import shared

__all__ = ["page", "render"]

LARGEST = 1_000_000
# What a page shows of rows and texts, from the first on that stays under LARGEST bytes.
DETAILS = (
    Detail(rows=200, characters=280, charts=True),
    Detail(rows=60, characters=160, charts=True),
    Detail(rows=15, characters=80, charts=True),
    Detail(rows=5, characters=60, charts=False),
)


def render(report: Mapping[str, Any], *, share: bool = False) -> str:
    r"""Draw the data of a report as one self-contained HTML page under 1 MB.

    Parameters
    ----------
    report : dict
        What the pipeline found, or what ``report.json`` holds.
    share : bool
        Leave out record texts, names and ids (see :func:`shared`), with a key that nobody keeps.

    Returns
    -------
    str
        The page. Whatever the data hold is escaped; nothing in it asks the network for anything.

    Raises
    ------
    DataError
        If ``report`` carries no ``format`` number, or a newer one.

    Examples
    --------
    >>> report = {"format": 1, "title": "Reviews", "file": "reviews.csv", "command": "",
    ...           "version": "0.1.0", "seed": 0, "questions": []}
    >>> render(report)[:32]
    '<!doctype html>\n<html lang="en">'
    """
    return page(prepare(shared(report, secrets.token_hex(16)) if share else report))


def page(prepared: Mapping[str, Any]) -> str:
    """Draw prepared data with as much detail as fits."""
    questions = [(question, sections(question)) for question in prepared["questions"]]
    doubted = doubted_annotators(prepared["questions"])
    template = _environment().get_template("page.html")
    for detail in DETAILS:
        text = template.render(report=prepared, questions=questions, doubted=doubted, detail=detail)
        if len(text.encode()) < LARGEST:
            break
    return text


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("labelwright.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        name: getattr(_format, name)
        for name in ("count", "number", "percent", "plural", "proportion", "sentence", "shorten")
    }
    names = ("FEW", "SINGULAR", "estimate", "interval", "quality_name", "verified", "within")
    environment.globals |= {name: getattr(_format, name) for name in names}
    style, script = (_source(environment, name) for name in ("style.css", "tables.js"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    environment.globals |= {"style": style, "script": script, "script_hash": f"sha256-{digest}"}
    return environment


def _source(environment: jinja2.Environment, name: str) -> Markup:
    loader: jinja2.BaseLoader = environment.loader  # type: ignore[assignment]
    return Markup(loader.get_source(environment, name)[0])
