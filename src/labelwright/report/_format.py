"""Numbers and intervals in words, the same in HTML and in Markdown.

A share that rests on fewer than 20 cases is given in counts: a percentage would look exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "FEW",
    "SINGULAR",
    "count",
    "estimate",
    "interval",
    "number",
    "percent",
    "plural",
    "proportion",
    "quality_name",
    "sentence",
    "shorten",
    "verified",
    "within",
]

FEW = 20
HIDDEN = "hidden"
SINGULAR = {"people": "person", "rules": "rule", "slots": "slot", "annotators": "annotator"}
# A line never breaks between a number and its per cent sign.
PER_CENT = "\N{NO-BREAK SPACE}%"


def count(value: int | None) -> str:
    """A whole number with thousands apart; one that was taken out for sharing is ``hidden``."""
    return HIDDEN if value is None else f"{value:,}"


def plural(value: int | None, one: str, many: str = "") -> str:
    """A count with its noun.

    Examples
    --------
    >>> plural(1, "label"), plural(1200, "label"), plural(2, "person", "people")
    ('1 label', '1,200 labels', '2 people')
    """
    return f"{count(value)} {one if value == 1 else many or one + 's'}"


def number(value: float | None, digits: int = 2) -> str:
    """A number with so many digits after the point; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def percent(value: float | None, n: float | None = None) -> str:
    """A share as a percentage; where it rests on less than 100 cases, without a digit after it."""
    if value is None:
        return "–"
    return f"{100 * value:.{0 if n is not None and n < 100 else 1}f}{PER_CENT}"


def proportion(value: float | None, n: int | None) -> str:
    """A share of ``n`` cases: a percentage, or a count where the cases are few.

    Examples
    --------
    >>> proportion(0.9, 1000).replace("\N{NO-BREAK SPACE}", " "), proportion(17 / 19, 19)
    ('90.0 %', '17 of 19')
    """
    if value is None:
        return HIDDEN if n is None else "–"
    if n is not None and n < FEW:
        return f"{round(value * n)} of {n}"
    return percent(value, n)


def interval(one: Mapping[str, Any], n: int | None = None) -> str:
    """The ends of an interval, or nothing where there is none or the cases are few."""
    low, high = one.get("low"), one.get("high")
    if low is None or high is None:
        return ""
    if one.get("kind") == "agreement":
        return f"{number(low)} to {number(high)}"
    if one.get("unit", "share") == "share":
        if n is not None and n < FEW:
            return ""
        return f"{percent(low, n)} to {percent(high, n)}"
    return f"{low:.4g} to {high:.4g}"


def within(one: Mapping[str, Any], n: int | None = None) -> str:
    r"""The interval with its level, in brackets; nothing where there is none.

    Examples
    --------
    >>> within({"low": 0.58, "high": 0.64, "level": 0.95, "kind": "agreement"})
    '(95\xa0% interval 0.58 to 0.64)'
    """
    ends = interval(one, n)
    return f"({100 * one.get('level', 0.95):g}{PER_CENT} interval {ends})" if ends else ""


def estimate(one: Mapping[str, Any]) -> str:
    """The value of an estimate: a percentage, counts where gold is scarce, or a number."""
    if one.get("value") is None:
        return "–"
    if one.get("unit", "share") != "share":
        return f"{one['value']:.4g}"
    n_gold = one.get("n_gold")
    if n_gold is not None and n_gold < FEW:
        # What the few gold labels say on their own is the only thing that can be counted.
        return proportion((one.get("gold_only") or one)["value"], n_gold)
    return percent(one["value"], n_gold)


def verified(model: Mapping[str, Any]) -> bool:
    """Whether the model was held against gold; only then may its quality be called accuracy."""
    return model.get("quality_word") == "accuracy"


def quality_name(model: Mapping[str, Any]) -> str:
    """What the quality of the model is, at the beginning of a line."""
    return "Accuracy on gold labels" if verified(model) else "Agreement with the aggregated labels"


def sentence(text: Any, limit: int = 400) -> str:
    """A text as a sentence of at most so many characters: a capital first, a full stop last.

    Examples
    --------
    >>> sentence("nobody knows how many labels are right")
    'Nobody knows how many labels are right.'
    """
    words = shorten(text, limit).strip()
    if not words:
        return ""
    return words[0].upper() + words[1:] + ("" if words[-1] in ".!?…" else ".")


def shorten(value: Any, limit: int = 80, length: int | None = None) -> str:
    """At most ``limit`` characters of a text; a cut is marked, a long one with the full length.

    Examples
    --------
    >>> shorten("a long record", 6), shorten("x" * 50, 4, length=10_000_000)
    ('a long…', 'xxxx… (10,000,000 characters)')
    """
    text = "" if value is None else str(value)
    whole = length or len(text)
    if whole <= limit:
        return text
    note = f" ({whole:,} characters)" if length else ""
    return text[:limit].rstrip() + "…" + note
