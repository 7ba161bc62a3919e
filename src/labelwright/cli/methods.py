"""``labelwright methods`` and ``labelwright methods show``."""

from __future__ import annotations

import importlib
import inspect
from typing import Annotated, Any

from cyclopts import App, Parameter

from labelwright.catalog import System, find, systems
from labelwright.cli._answer import Answer, Grid
from labelwright.core.errors import CapabilityError, ParameterError, unknown_name

__all__ = ["methods"]

methods = App(name="methods")


@methods.default
def list_methods(
    word: str | None = None,
    /,
    *,
    every: Annotated[bool, Parameter(name="--all", negative=())] = False,
) -> Answer:
    """List the methods that work and where that was measured.

    Parameters
    ----------
    word
        Only those whose name, title or objects hold it.
    every
        Also those that are planned or could not be reproduced.
    """
    known = systems() if word is None else find(word)
    chosen = [entry for entry in known if every or entry.status == "works"]
    if not chosen:
        raise _nothing(word, len(known))
    grid = Grid(
        ("method", "room", "kind", "status", "measured in"),
        tuple((s.slug, s.room, s.kind, s.status, s.result or "-") for s in chosen),
    )
    return Answer(
        {"kind": "methods", "methods": [_as_dict(entry) for entry in chosen]},
        [grid, "", "More about one: labelwright methods show METHOD"],
    )


@methods.command
def show(slug: str, /) -> Answer:
    """Show one method: what it is, where it stands, where it was measured.

    Parameters
    ----------
    slug
        Its name in the listing.
    """
    by_slug = {entry.slug: entry for entry in systems()}
    if slug not in by_slug:
        raise unknown_name("method", slug, by_slug, error=ParameterError)
    entry = by_slug[slug]
    works = entry.status == "works"
    about = [_about(path) for path in entry.objects] if works else []
    facts = {
        "title": entry.title,
        "year": entry.year,
        "doi": entry.doi and f"https://doi.org/{entry.doi}",
        "status": f"{entry.status}, {entry.maturity}" if works else entry.status,
        "in Python": ", ".join(entry.objects) if works else "",
        "measured by": entry.evidence,
        "figures": entry.result,
    }
    lines = [f"{name}: {value}" for name, value in facts.items() if value]
    return Answer({"kind": "method", **_as_dict(entry)}, [*lines, *(["", *about] if about else [])])


def _nothing(word: str | None, hidden: int) -> Exception:
    if hidden:
        return CapabilityError(
            "Nothing of it works yet." if word else "No method has evidence yet.",
            hint=f"{hidden} planned: labelwright methods {word or ''} --all".replace("  ", " "),
        )
    return unknown_name(
        "method", word, [entry.slug for entry in systems(status="works")], error=ParameterError
    )


def _as_dict(entry: System) -> dict[str, Any]:
    return {**vars(entry), "result": entry.result}


def _about(path: str) -> str:
    """The first paragraph of an object's documentation."""
    module, _, name = path.rpartition(".")
    found = getattr(importlib.import_module(module), name)
    first = (inspect.getdoc(found) or "").partition("\n\n")[0]
    return f"{name}: {' '.join(first.split())}"
