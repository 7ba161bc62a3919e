"""What is kept beside sheets: which records were drawn, with which probability, from where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from labelwright.core.errors import DataError
from labelwright.core.files import check_format, file_hash, read_json, write_json
from labelwright.core.results import Result
from labelwright.selection import Sample

__all__ = ["GUIDE", "PLAN", "SheetPlan", "plan_of"]

FORMAT = 1
PLAN, GUIDE = ".plan.json", ".guide.txt"


@dataclass(frozen=True)
class SheetPlan(Result):
    """What was drawn, how, and into which sheets.

    Attributes
    ----------
    path : Path
        The file that holds this.
    source, source_hash : str
        The file of records and the hash of its bytes.
    id : str or None
        The column that names a record; None where records go by their number from 0.
    ids : tuple
        The drawn records.
    sample : Sample
    classes : tuple
        The labels that are allowed.
    aliases : mapping
        Other spellings, each with the class that it means.
    sheets : tuple of str
        Names of the sheets, one a coder, beside the plan.
    seed : int
    """

    kind: ClassVar[str] = "sheet_plan"

    path: Path
    source: str
    source_hash: str
    id: str | None
    ids: tuple[Any, ...]
    sample: Sample
    classes: tuple[Any, ...]
    aliases: Mapping[Any, Any]
    sheets: tuple[str, ...]
    seed: int

    @property
    def guide(self) -> Path:
        """The page for the coders."""
        return self.path.with_name(self.path.name.removesuffix(PLAN) + GUIDE)

    def check_source(self) -> None:
        """Refuse row numbers into a file that has changed since they were drawn."""
        source = Path(self.source)
        if self.id is None and source.exists() and file_hash(source) != self.source_hash:
            raise DataError(
                f"{source} has changed since the sheets were drawn from it, and its records go by "
                "their number.",
                where={"file": str(source)},
                hint="Put the old file back; next time draw with the column of ids.",
            )

    def to_dict(self) -> dict[str, Any]:
        """As plain values, as in the file."""
        return super().to_dict() | {"path": str(self.path)}

    def to_table(self) -> pl.DataFrame:
        """A row a drawn record: its name and inclusion probability."""
        return pl.DataFrame({self.id or "row": self.ids, "inclusion": self.sample.inclusion})

    def write(self) -> Path:
        """Write the plan beside its sheets."""
        content = self.to_dict() | {"aliases": list(self.aliases.items())}
        del content["path"]
        return write_json(self.path, {"format": FORMAT, **content})

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a plan."""
        content = read_json(path)
        found = content.get("format") if isinstance(content, dict) else None
        check_format(found, FORMAT, path)
        if content.get("kind") != cls.kind:
            raise DataError(f"{path} is no plan of sheets.", where={"file": str(path)})
        drawn = content["sample"]
        indices = np.array(drawn["indices"], dtype=np.int64)
        inclusion = np.array(drawn["inclusion"], dtype=np.float64)
        return cls(
            path=Path(path),
            source=content["source"],
            source_hash=content["source_hash"],
            id=content["id"],
            ids=tuple(content["ids"]),
            sample=Sample(indices, inclusion, drawn["n"], drawn["design"]),
            classes=tuple(content["classes"]),
            aliases=dict(content["aliases"]),
            sheets=tuple(content["sheets"]),
            seed=content["seed"],
        )


def plan_of(path: Path) -> SheetPlan:
    """The plan itself, or the one beside a sheet that names it."""
    if path.name.endswith(PLAN):
        return SheetPlan.read(path)
    for candidate in sorted(path.parent.glob(f"*{PLAN}")):
        plan = SheetPlan.read(candidate)
        if path.name in plan.sheets:
            return plan
    raise DataError(
        f"No plan beside {path} names it as one of its sheets.",
        where={"file": str(path)},
        hint=f"Put the file NAME{PLAN}, which was written with the sheets, into the same folder.",
    )
