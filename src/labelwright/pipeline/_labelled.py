"""What a finished run says of its items, read back from the folder of a question."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import polars.selectors as cs

from labelwright.core.errors import ParameterError
from labelwright.core.params import load
from labelwright.pipeline._checks import OWN
from labelwright.pipeline.settings import Settings

if TYPE_CHECKING:
    from labelwright.core.spaces import Classes
    from labelwright.pipeline.run import RunResult

__all__ = ["LOG", "UNREVIEWED", "Labelled", "open_question", "read_labelled"]

LOG = "decisions.parquet"
# The labels of the run itself, kept from the first decision on. Without decisions they are those
# in labels.parquet.
UNREVIEWED = "unreviewed.parquet"
ROW = "row"


@dataclass(frozen=True)
class Labelled:
    """The labels of a run before anybody reviewed them, and what goes with them.

    Attributes
    ----------
    path : Path
        The folder of the question.
    settings : Settings
    space : Classes
    labels : polars frame
        A row an item.
    issues : polars frame
        Likely errors, worst first; ``index`` is the row of labels.
    """

    path: Path
    settings: Settings
    space: Classes
    labels: pl.DataFrame
    issues: pl.DataFrame

    @property
    def id_column(self) -> str | None:
        """The column of ids; None where items go by their row."""
        # In what the exports of tools hold, this is what records are called.
        return self.settings.id if self.settings.states_votes else "id"

    @property
    def id_name(self) -> str:
        """What the ids are called in a sheet."""
        return self.id_column or ROW

    @cached_property
    def ids(self) -> pl.Series:
        """The ids as text, by which decisions are kept."""
        if self.id_column is None:
            return pl.int_range(self.labels.height, eager=True).cast(pl.String)
        return self.labels[self.id_column].cast(pl.String)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """The row of each item."""
        return {name: row for row, name in enumerate(self.ids.to_list())}

    def record_hash(self, row: int) -> str | None:
        """A hash of a record that has no id, by which it is known when rows have moved."""
        if self.id_column is not None:
            return None
        record = self.labels.select(~cs.starts_with(OWN)).row(row)
        return hashlib.sha256(json.dumps(record, default=str).encode()).hexdigest()[:16]


def read_labelled(path: Path) -> Labelled:
    """Read the folder of one question."""
    hidden = path / ".labelwright"
    labels = hidden / UNREVIEWED if (path / LOG).exists() else path / "labels.parquet"
    return Labelled(
        path=path,
        settings=Settings.read(path / "run.toml"),
        space=load(_stage(hidden / "aggregate")).space_,
        labels=pl.read_parquet(labels),
        issues=pl.read_parquet(_stage(hidden / "audit") / "issues.parquet"),
    )


def _stage(folder: Path) -> Path:
    """What a stage gave: of each only the newest result is kept."""
    (done,) = folder.iterdir()
    return done


def open_question(run: RunResult | str | Path, question: str | None) -> tuple[Path, Path]:
    """The folder of a whole finished run, and in it that of the one question that is meant."""
    from labelwright.pipeline.run import load_run

    found = load_run(run) if isinstance(run, (str, Path)) else run
    if question is not None:
        found = found[question]
    elif len(found.questions) > 1:
        raise ParameterError(
            f"This run has several questions: {', '.join(found.questions)}.",
            hint="Say which: question= in Python, --question on the command line.",
        )
    elif found.questions:
        found = found[found.questions[0]]
    return found.whole or found.folder, found.folder
