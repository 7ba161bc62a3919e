"""From the computed values of a section to HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from labelwright.report._format import count
from labelwright.report._sections import Detail
from labelwright.report._templates import environment

__all__ = ["DETAILS", "LARGEST", "draw", "facts", "figure", "page", "tables"]

LARGEST = 2_000_000
# What a page shows of rows, texts and charts, from the first on that stays under LARGEST bytes.
DETAILS = (
    Detail(rows=500, characters=280, charts=True),
    Detail(rows=100, characters=160, charts=True),
    Detail(rows=25, characters=80, charts=False),
)


def figure(value: Any) -> str:
    """A value as it is shown: whole numbers with thousands apart, fractions with six digits.

    Examples
    --------
    >>> figure(1200), figure(0.12345678), figure(1e12 + 0.5), figure([1, True])
    ('1,200', '0.123457', '1e+12', '1, yes')
    """
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return count(value)
    if isinstance(value, float):
        return f"{value:,.6g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(figure, value))
    return str(value)


def facts(found: Mapping[str, Any]) -> dict[str, Any]:
    """The single values, by a name for people."""
    single = {name: value for name, value in found.items() if not isinstance(value, (dict, list))}
    return {name.replace("_", " "): value for name, value in single.items()}


def tables(found: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The lists of records, by a name for people."""
    return {
        name.replace("_", " "): value
        for name, value in found.items()
        if isinstance(value, list) and value and all(isinstance(row, dict) for row in value)
    }


def draw(
    name: str, found: Mapping[str, Any], detail: Detail, *, charts: Sequence[Any] = ()
) -> Markup:
    """A section by the template of its name, or by the one for anything."""
    templates = environment()
    template = templates.select_template([f"nutrition/{name}.html", "nutrition/anything.html"])
    helpers = {"figure": figure, "facts": facts, "tables": tables}
    return Markup(template.render(found=found, detail=detail, charts=charts, **helpers))


def page(label: Mapping[str, Any], sections: Sequence[tuple[str, str, str]]) -> str:
    """The whole page; a section is its name, its title and its HTML."""
    template = environment().get_template("nutrition/page.html")
    drawn = [(name, title, Markup(html)) for name, title, html in sections]
    return template.render(label=label, sections=drawn, figure=figure)
