"""The registry of methods: what there is, whether it works, and where that was measured."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

from labelwright.core.errors import DataError, ParameterError, unknown_name
from labelwright.core.files import check_format

__all__ = ["System", "find", "systems"]

FORMAT = 1
STATUSES = ("planned", "works", "not reproduced")
MATURITIES = ("new", "stable")


@dataclass(frozen=True)
class System:
    """One published or standard method.

    Attributes
    ----------
    slug : str
        Its name in the catalog, unique.
    title : str
        Title of the paper, or what the method is called.
    kind : str
        method, measure, layer, analysis, benchmark, ...
    room : str
        The part of the package it belongs to.
    objects : tuple of str
        Dotted paths of its public objects.
    status : {"planned", "works", "not reproduced"}
        "works" only where evidence stands.
    maturity : {"new", "stable"}
    number : int or None
        Its number among the papers that Labelwright set out to build.
    year, doi : int or None, str
        Of the paper.
    evidence : str
        The runnable measurement, relative to the repository.
    """

    slug: str
    title: str
    kind: str
    room: str
    objects: tuple[str, ...]
    status: str
    maturity: str = "new"
    number: int | None = None
    year: int | None = None
    doi: str = ""
    evidence: str = ""

    @property
    def result(self) -> str:
        """The file of the measured figures, relative to the repository; empty without evidence."""
        if not self.evidence:
            return ""
        return f"evidence/results/{PurePosixPath(self.evidence).stem.replace('_', '-')}.json"


def systems(room: str | None = None, status: str | None = None) -> tuple[System, ...]:
    """All entries, room by room, or those of one room or status.

    Parameters
    ----------
    room : str, optional
        For example "aggregation".
    status : {"planned", "works", "not reproduced"}, optional

    Raises
    ------
    ParameterError
        For a room or status that does not exist.

    Examples
    --------
    >>> [entry.slug for entry in systems("aggregation")][:2]
    ['majority-vote', 'dawid-skene']
    """
    if room is not None and room not in _rooms():
        raise unknown_name("room", room, _rooms(), error=ParameterError)
    if status is not None and status not in STATUSES:
        raise unknown_name("status", status, STATUSES, error=ParameterError)
    wanted = _rooms() if room is None else (room,)
    entries = (entry for name in wanted for entry in _read(name))
    return tuple(entry for entry in entries if status in (None, entry.status))


def find(word: str) -> tuple[System, ...]:
    """Entries whose slug, title or objects hold ``word``, in whatever case.

    Examples
    --------
    >>> [entry.slug for entry in find("dawid")]
    ['dawid-skene', 'one-coin-dawid-skene', 'spectral-dawid-skene']
    """
    lower = word.casefold()

    def fits(entry: System) -> bool:
        return any(lower in text.casefold() for text in (entry.slug, entry.title, *entry.objects))

    return tuple(entry for entry in systems() if fits(entry))


@cache
def _rooms() -> tuple[str, ...]:
    paths = (files("labelwright.catalog")).iterdir()
    return tuple(sorted(path.name[:-5] for path in paths if path.name.endswith(".toml")))


@cache
def _read(room: str) -> tuple[System, ...]:
    path = files("labelwright.catalog") / f"{room}.toml"
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    check_format(content.get("format"), FORMAT, str(path))
    return tuple(_system(room, table) for table in content["system"])


def _system(room: str, table: dict[str, Any]) -> System:
    try:
        entry = System(room=room, **table | {"objects": tuple(table["objects"])})
    except (KeyError, TypeError) as error:
        raise DataError(f"catalog/{room}.toml: {table.get('slug')}: {error}") from error
    if entry.status not in STATUSES or entry.maturity not in MATURITIES:
        raise DataError(
            f"catalog/{room}.toml: {entry.slug} has status {entry.status!r} and maturity "
            f"{entry.maturity!r}.",
            hint=f"status is one of {STATUSES}, maturity one of {MATURITIES}.",
        )
    return entry
