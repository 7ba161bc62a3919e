"""What only people know about a table: where it came from, what its columns mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labelwright.core.errors import ParameterError, unknown_name

__all__ = ["DESCRIPTION", "ORIGIN", "STATED_KINDS", "read_about"]

DESCRIPTION = ("title", "description", "licence", "keywords")
ORIGIN = (
    "source",
    "url",
    "authors",
    "contact",
    "collected",
    "published",
    "updates",
    "version",
    "citation",
)
STATED_KINDS = ("nominal", "ordinal", "discrete", "continuous", "text", "identifier")
"""The kinds of a column that may be stated; all others follow from its type."""
COLUMN = ("description", "kind")


def read_about(about: Mapping[str, Any] | None, columns: Sequence[str]) -> dict[str, Any]:
    """Check the names in ``about``; each column comes out as a dict of description and kind."""
    stated = dict(about or {})
    known = (*DESCRIPTION, *ORIGIN, "columns")
    for name in stated:
        if name not in known:
            raise unknown_name("field", name, known, error=ParameterError, show=len(known))
    of_columns = dict(stated.get("columns") or {})
    for name, said in of_columns.items():
        if name not in columns:
            raise unknown_name("column", name, columns, where={"role": "about"})
        of_columns[name] = _read_column(name, said)
    said = {name: _plain(value) for name, value in stated.items() if name != "columns"}
    return said | {"columns": of_columns}


def _read_column(name: str, said: Any) -> dict[str, Any]:
    if isinstance(said, str):
        return {"description": said}
    if not isinstance(said, Mapping) or not set(said) <= set(COLUMN):
        raise ParameterError(
            f"What is said about column {name!r} is {said!r}.",
            where={"column": name},
            hint="Give its description as text, or a table with description and kind.",
        )
    if said.get("kind") is not None and said["kind"] not in STATED_KINDS:
        raise unknown_name(
            "kind of column",
            said["kind"],
            STATED_KINDS,
            error=ParameterError,
            where={"column": name},
        )
    return dict(said)


def _plain(value: Any) -> Any:
    """Dates, which a TOML file may hold, as text."""
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, (str, int, float)) else str(value)
