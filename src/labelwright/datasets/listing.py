"""Which data sets there are, and loading one by its name."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from labelwright.datasets._registry import Entry, entries, entry
from labelwright.datasets.dataset import Dataset

if TYPE_CHECKING:
    import polars as pl

__all__ = ["load", "names", "table"]

SIZES = ("items", "annotators", "votes", "gold", "classes")


def names() -> tuple[str, ...]:
    """Names of all data sets.

    Examples
    --------
    >>> "bluebird" in names()
    True
    """
    return tuple(entries())


def load(name: str, **options: Any) -> Dataset:
    """Load a data set by its name.

    Parameters
    ----------
    name : str
        One of :func:`names`.
    **options
        What the loader of this set accepts, for example ``campaign="amt20"``.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        If there is no such set, or it cannot be had: see :func:`labelwright.datasets.fetch`.

    Examples
    --------
    >>> load("youtube_spam")
    Dataset('youtube_spam': 1956 items, gold for 1956)
    """
    loader = getattr(importlib.import_module("labelwright.datasets"), f"load_{entry(name).name}")
    found: Dataset = loader(**options)
    return found


def table() -> pl.DataFrame:
    """All data sets, a row each: what it is, how large, its licence and where it can be had.

    ``available`` is "in the package" for a set that comes with Labelwright, "public files" for one
    that is downloaded on first use, and "mirror only" for one that only ``LABELWRIGHT_DATA`` can
    serve. No set was ever read from its public server by the developers: checksums and readers were
    made from stored copies of the same files.
    """
    import polars as pl

    rows = [_row(known) for known in entries().values()]
    return pl.DataFrame(rows, infer_schema_length=None)


def _row(known: Entry) -> dict[str, Any]:
    available = "mirror only" if known.no_parse else "public files"
    return {
        "name": known.name,
        "kind": known.kind,
        **{size: known.size.get(size) for size in SIZES},
        "annotators_are": known.annotators_are,
        "independent_gold": known.independent_gold,
        "available": "in the package" if known.packaged else available,
        "licence": known.licence,
        "what": known.what,
        "note": known.note,
    }
