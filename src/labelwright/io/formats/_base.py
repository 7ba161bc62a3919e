"""What a reader of another tool's export must be able to do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from labelwright.core.spaces import Space
from labelwright.core.votes import Votes

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Overview", "Reader", "Sample"]


@dataclass(frozen=True)
class Sample:
    """The beginning of a file, by which readers tell whether it is theirs.

    Attributes
    ----------
    path : Path
    kind : str
        csv, json, jsonl, parquet, arrow, arrow_stream, excel or huggingface.
    records : tuple of mappings
        The first records; for tables the first rows.
    keys : frozenset of str
        All keys of these records, or the columns of the table.
    """

    path: Path
    kind: str
    records: tuple[Mapping[str, Any], ...]
    keys: frozenset[str]


@dataclass(frozen=True)
class Overview:
    """What an export holds: how many of what, and which questions were asked."""

    records: int
    unit: str
    questions: tuple[str, ...]


class Reader(ABC):
    """Reads votes out of the exports of one tool.

    A package of yours adds one by an entry point in the group ``labelwright.plugins`` that names
    the class. A reader accepts keys that it does not know, requires only those that it needs, and
    names the first that is missing.

    Attributes
    ----------
    name : str
        What ``format=`` calls it, for example "label-studio".
    title : str
        What people call it, for example "Label Studio export (JSON)".
    """

    name: ClassVar[str]
    title: ClassVar[str]

    @abstractmethod
    def recognises(self, sample: Sample) -> bool:
        """Whether this is an export of the tool; by its content, never by the file's name."""

    @abstractmethod
    def overview(self, path: Path) -> Overview:
        """How many records and which questions the whole file holds."""

    @abstractmethod
    def read(
        self,
        path: Path,
        *,
        question: str | None = None,
        space: Space | None = None,
        repeats: str | None = None,
    ) -> Votes:
        """The votes on one question, which must be named where there are several."""

    def records(self, path: Path) -> pl.DataFrame | None:
        """What was labelled: column ``id`` and the fields of each item, in the order of the votes.

        None, as here, where the export does not have it.
        """
        del path
        return None
