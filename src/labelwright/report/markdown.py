"""The report in a few lines of Markdown, for a pull request or a chat."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from labelwright.report._format import (
    SINGULAR,
    count,
    estimate,
    number,
    percent,
    plural,
    proportion,
    quality_name,
    sentence,
    shorten,
    within,
)
from labelwright.report._prepare import prepare

__all__ = ["to_markdown"]

LONGEST = 40
# What Markdown or the HTML within it would read as a sign.
SIGNS = re.compile(r"([\\`*_{}\[\]<>#|~!$&@])")

Question = Mapping[str, Any]


def to_markdown(report: Mapping[str, Any]) -> str:
    """Sum a report up in at most 40 lines.

    No record text stands in it. What the data hold is escaped. Where there are many questions each
    gets fewer lines, the most important first.

    Parameters
    ----------
    report : dict
        What :func:`render` takes.

    Returns
    -------
    str

    Examples
    --------
    >>> report = {"format": 1, "title": "Reviews", "file": "reviews.csv", "command": "",
    ...           "version": "0.1.0", "seed": 0, "questions": []}
    >>> print(to_markdown(report))
    # Reviews
    <BLANKLINE>
    From reviews.csv, Labelwright 0.1.0, seed 0.
    <BLANKLINE>
    """
    prepared = prepare(report)
    source = f"From {_plain(prepared['file'])}, Labelwright {_plain(prepared['version'])}"
    head = [f"# {_plain(prepared['title'])}", "", f"{source}, seed {prepared['seed']}."]
    questions = prepared["questions"]
    # A question takes a heading with an empty line on either side, and two lines at the least.
    shown = questions[: (LONGEST - len(head) - 2) // 5]
    body: list[str] = []
    for question in shown:
        lines = _lines(question)[: (LONGEST - len(head) - 2) // len(shown) - 3]
        name = [f"## {_plain(question['name'] or 'Question')}", ""] if len(questions) > 1 else []
        body += ["", *name, *(f"- {line}" for line in lines)]
    if len(shown) < len(questions):
        body += ["", f"And {plural(len(questions) - len(shown), 'more question')}."]
    return "\n".join(head + body) + "\n"


def _plain(text: Any) -> str:
    return SIGNS.sub(r"\\\1", " ".join(shorten(text, 120).split()))


def _lines(question: Question) -> list[str]:
    """One line a finding, the most important first; what was not done has no line."""
    steps = [_step(place, step) for place, step in enumerate((question.get("next") or [])[:3], 1)]
    return [
        *_labels(question),
        *_quality(question),
        *(_estimate(one) for one in (question.get("estimates") or [])[:5]),
        *_agreement(question),
        *_errors(question),
        *steps,
    ]


def _labels(question: Question) -> list[str]:
    given, labels, summary = question["input"], question.get("labels"), question["summary"]
    word = given["annotator_word"]
    source = f"{plural(given['votes'], 'vote')} of "
    source += plural(given["annotators"], SINGULAR[word], word)
    if not labels:
        return [f"{plural(given['items'], 'record')} with {source}"]
    line = f"**{plural(summary['labels'], 'label')}** from {source}, by {_plain(labels['method'])}"
    if summary["sure"] is not None:
        least = "" if summary["whole"] else "at least "
        line += f"; {least}{proportion(summary['sure_share'], summary['labels'])} with a confidence"
        line += f" of {percent(summary['sure_from'], 0)} or more"
    lines = [line, f"Differ from the majority vote: {count(labels['changed'])}"]
    check = labels.get("gold_check")
    if check:
        lines[1] += f"; right on {plural(check['n'], 'gold label')}: {count(check['right'])}, "
        lines[1] += f"majority vote {count(check['majority_right'])}"
    return lines


def _quality(question: Question) -> list[str]:
    model = question.get("model")
    if not model:
        return []
    if model.get("why_none"):
        return [f"No model: {_plain(model['why_none'])}"]
    quality = model.get("quality")
    if not quality:
        return []
    if quality.get("refused"):
        return [f"Model: {_plain(quality['refused'])}"]
    return [f"Model: {quality_name(model).lower()} {_with_interval(quality)}"]


def _with_interval(one: Mapping[str, Any]) -> str:
    return f"**{estimate(one)}** {within(one, one['n_gold'])}".rstrip()


def _estimate(one: Mapping[str, Any]) -> str:
    what = _plain(one["what"])
    what = what[:1].upper() + what[1:]
    if one.get("refused"):
        return f"{what}: {_plain(one['refused'])}"
    return f"{what}: {_with_interval(one)}"


def _agreement(question: Question) -> list[str]:
    found, rows = question.get("agreement"), question.get("annotators") or []
    lines = []
    if found:
        lines.append(f"Agreement: {number(found['value'])} {within(found)}, {found['method']}")
    mistrusted = sum(row["verdict"] == "mistrust" for row in rows)
    if rows:
        word = question["input"]["annotator_word"]
        lines.append(f"{word.capitalize()} to mistrust: {mistrusted} of {count(len(rows))}")
    return lines


def _errors(question: Question) -> list[str]:
    errors = question.get("likely_errors")
    return [f"Likely label errors: {count(errors['found'])}"] if errors else []


def _step(place: int, step: Mapping[str, Any]) -> str:
    command = shorten(step.get("command"), 120).replace("`", "'")
    return f"To do {place}: {_plain(sentence(step['do'], 120))}" + (
        f" `{command}`" if command else ""
    )
