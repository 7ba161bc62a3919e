"""The page on which people review labels: one file, keys and buttons, no network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from labelwright.report._format import shorten
from labelwright.report._prepare import sound
from labelwright.report._templates import LARGEST, environment, script_and_hash, source

__all__ = ["review_page"]

# How much of a text is shown, from the first on with which the page stays under LARGEST bytes.
LENGTHS = (20_000, 8_000, 4_000, 2_000, 1_000, 400)
# As JSON in the page, so that nothing in the data can end the element that holds it.
ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def review_page(review: Mapping[str, Any]) -> str:
    r"""Draw the page of a review.

    It keeps every decision in the storage of the browser, under the id of the review, and gives
    them as a JSON file for ``labelwright apply``.

    Parameters
    ----------
    review : dict
        ``review`` (id), ``title``, ``id_name``, ``classes`` (dicts ``name``, ``definition``),
        ``unsure`` (what is decided by whoever cannot tell) and ``records``: dicts ``id``,
        ``fields`` (pairs of a name and a text), ``label``, ``suggested``, ``quality``, ``kind`` and
        ``why``.

    Returns
    -------
    str
        A page under 1 MB, unless there are thousands of records: long texts are cut, and say so.

    Examples
    --------
    >>> review_page({"review": "3b" * 8, "title": "a", "id_name": "id", "classes": [],
    ...              "unsure": "unsure", "records": []})[:32]
    '<!doctype html>\n<html lang="en">'
    """
    template = environment().get_template("review.html")
    style = source("style.css") + source("review.css")
    for length in LENGTHS:
        data = Markup(_json(_shortened(review, length)))
        title = sound(str(review["title"]))
        page = template.render(title=title, data=data, style=style, **script_and_hash("review.js"))
        if len(page.encode()) < LARGEST:
            break
    return page


def _shortened(review: Mapping[str, Any], length: int) -> dict[str, Any]:
    records = [
        {
            **record,
            "fields": [[name, shorten(text, length, len(text))] for name, text in record["fields"]],
            "why": shorten(record["why"], length),
        }
        for record in review["records"]
    ]
    return {**review, "records": records}


def _json(data: Any) -> str:
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign, escaped in ESCAPED.items():
        text = text.replace(sign, escaped)
    return sound(text)
