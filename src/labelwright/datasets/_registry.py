"""What is known about each data set before any of it is read: ``registry.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from labelwright.core.errors import unknown_name
from labelwright.core.files import check_format

__all__ = ["Entry", "Source", "entries", "entry"]

FORMAT = 1


@dataclass(frozen=True)
class Source:
    """A public repository at one commit; ``files`` maps each path to its SHA-256."""

    repository: str
    commit: str
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """One data set of the registry.

    ``tables`` maps the tables of the offline mirror to their SHA-256. ``no_parse`` says why the
    public files are not read, so that only the mirror can serve the set. ``packaged`` sets come
    with Labelwright itself.
    """

    name: str
    what: str
    kind: str
    size: Mapping[str, int]
    licence: str
    citation: str
    tables: Mapping[str, str]
    source: tuple[Source, ...]
    annotators_are: str | None = None
    independent_gold: bool | None = None
    classes: tuple[str, ...] | None = None
    text: str | None = None
    note: str = ""
    no_parse: str = ""
    packaged: bool = False


@cache
def entries() -> Mapping[str, Entry]:
    """All data sets by name, in the order of the registry."""
    path = files("labelwright.datasets") / "registry.toml"
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    check_format(content.pop("format", None), FORMAT, str(path))
    return {name: _entry(name, table) for name, table in content.items()}


def entry(name: str) -> Entry:
    """The entry of one data set; a wrong name is answered with the near one."""
    if name not in entries():
        raise unknown_name("data set", name, entries(), show=40)
    return entries()[name]


def _entry(name: str, table: dict[str, Any]) -> Entry:
    source = tuple(Source(**source) for source in table.pop("source"))
    classes = table.pop("classes", None)
    return Entry(name=name, source=source, classes=tuple(classes) if classes else None, **table)
