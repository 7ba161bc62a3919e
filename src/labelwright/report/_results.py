"""Results that are no run, each on a page of its own: one renderer a kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labelwright.core.errors import unknown_name
from labelwright.core.tables import to_polars
from labelwright.report import _plots
from labelwright.report._prepare import clean
from labelwright.report._sections import Detail
from labelwright.report._templates import environment

if TYPE_CHECKING:
    from labelwright.aggregation import Aggregation, Comparison
    from labelwright.core.results import Result

__all__ = ["result_page"]

DETAIL = Detail(rows=200, characters=160, charts=True)


def result_page(result: Result) -> str:
    """Draw a result by its kind as one HTML page that needs nothing else.

    Parameters
    ----------
    result : Result
        Of the kind ``comparison`` (``aggregation.compare``) or ``aggregation``
        (``aggregation.aggregate``).

    Raises
    ------
    DataError
        If no renderer knows the kind.
    """
    if result.kind not in KINDS:
        raise unknown_name("kind of result that a page can show", result.kind, KINDS)
    template = environment().get_template(f"results/{result.kind}.html")
    return template.render(detail=DETAIL, **KINDS[result.kind](result))


def _comparison(found: Comparison) -> dict[str, Any]:
    rows = clean([row.to_dict() for row in found.rows])
    return {"found": found, "rows": rows, "chart": _plots.differences(rows, found.level)}


def _aggregation(found: Aggregation) -> dict[str, Any]:
    table = to_polars(found.to_table())
    changed = table.filter("changed").sort("confidence", descending=True, maintain_order=True)
    ours, majority = Counter(found.model.labels_), Counter(found.majority.labels_)
    rows = [
        {"name": str(name), "ours": ours[name], "majority": majority[name]}
        for name in found.model.space_.names
    ]
    people = to_polars(found.model.annotators_).sort("high", nulls_last=True)
    # One look at agreement is no ground for a verdict; a run gives one.
    annotators = clean([row | {"verdict": ""} for row in people.to_dicts()])
    names = ("item", "majority", "label", "confidence", "votes", "overruled")
    return {
        "title": type(found.model).__name__,
        "sentence": found.sentence(),
        "classes": clean(rows),
        "n_changed": changed.height,
        "changed": clean(changed.select(names).head(DETAIL.rows).to_dicts()),
        "annotators": annotators,
        "chart": _plots.annotators(annotators, "annotators"),
    }


KINDS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "aggregation": _aggregation,
    "comparison": _comparison,
}
