"""What decisions did to the labels of a run, and how it is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import polars as pl

from labelwright.core.results import Result
from labelwright.pipeline._conflicts import UNDECIDED

__all__ = ["VERSIONS", "Applied"]

VERSIONS = "versions"
MOST_PAIRS = 8
NO_SAMPLE = (
    "Reviewed labels were chosen because they looked wrong: they are no random sample, say nothing "
    "about the others, and count nowhere as gold."
)


@dataclass(frozen=True)
class Applied(Result):
    """What decisions did to the labels.

    Attributes
    ----------
    folder : Path
        Of the question.
    version : int
        Of the labels now; 1 is what the run found.
    changes : polars frame
        A row a record that was decided now: ``item``, ``before``, ``label`` (missing where nobody
        could tell, or reviewers differ), ``changed`` and ``how``.
    reviewers : tuple of str
        Whose decisions are new.
    n_decisions : int
        How many are new.
    n_known : int
        How many were applied before, or replaced since by the same reviewer.
    conflicts : tuple of str
        Records on which reviewers differ, with what each says.
    still_doubtful : int
        Labels that still need a person.
    notes : tuple of str
        What should be known about the files.
    """

    kind: ClassVar[str] = "applied"

    folder: Path
    version: int
    changes: pl.DataFrame
    reviewers: tuple[str, ...]
    n_decisions: int
    n_known: int
    conflicts: tuple[str, ...]
    still_doubtful: int
    notes: tuple[str, ...]

    def to_table(self) -> pl.DataFrame:
        """A row a record that was decided now."""
        return self.changes

    def findings(self) -> list[str]:
        """What changed, in lines for a terminal."""
        lines = self._counts() if self.n_decisions else []
        if self.n_known:
            every = "" if self.n_decisions else "nothing changed: "
            lines.append(
                f"{every}{self.n_known:,} decisions were applied before, or replaced since by the "
                "same reviewer"
            )
        if self.conflicts:
            lines.append(f"reviewers differ on {len(self.conflicts):,} records:")
            lines += [f"  {each}" for each in self.conflicts]
        lines += [*self.notes, f"{self.still_doubtful:,} labels are still in doubt"]
        before = self.folder / VERSIONS / str(self.version - 1)
        return [
            *lines,
            f"labels  {self.folder / 'labels.csv'} (version {self.version}; before: {before})",
            f"log     {self.folder / 'decisions.csv'}",
            NO_SAMPLE,
        ]

    def _counts(self) -> list[str]:
        """How many decisions, of whom, and which labels became which."""
        undecided = self.changes.filter(pl.col("how") == UNDECIDED).height
        changed = self.changes.filter("changed")
        kept = self.changes.height - changed.height - undecided
        line = (
            f"{self.n_decisions:,} decisions of {', '.join(self.reviewers)} on "
            f"{self.changes.height:,} records: {changed.height:,} labels changed, {kept:,} kept"
        )
        pairs = Counter(changed.select("before", "label").iter_rows()).most_common(MOST_PAIRS)
        told = [f"{before} → {label} {count:,}" for (before, label), count in pairs]
        lines = [line + (f", {undecided:,} left open" if undecided else "")]
        return [*lines, f"changed: {', '.join(told)}"] if told else lines
