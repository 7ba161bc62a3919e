"""What an audit found, check by check, ranked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from labelwright.audit.findings import Findings
from labelwright.core.errors import CapabilityError, unknown_name
from labelwright.core.results import Result, plain

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Audit"]

COLUMNS = ("check", "found", "of", "score", "seconds", "note")


@dataclass(frozen=True, eq=False)
class Audit(Result):
    """What the checks of an audit found.

    ``audit["outliers"]`` gives the :class:`Findings` of one check.

    Attributes
    ----------
    findings : dict of str to Findings
        By check, for those that were run.
    not_run : dict of str to str
        Why the others were not.
    seconds : dict of str to float
        Of each check; ``neighbours`` are those that finding neighbours took, which checks share.
    n_items : int
    summary : table
        The checks, ranked: those with findings first, lowest score first; then those without; then
        those that were not run.
    """

    kind: ClassVar[str] = "audit"

    findings: Mapping[str, Findings]
    not_run: Mapping[str, str]
    seconds: Mapping[str, float]
    n_items: int
    frame: str = "polars"

    def __getitem__(self, check: str) -> Findings:
        """The findings of a check that was run."""
        if check in self.not_run:
            raise CapabilityError(
                f"{check!r} was not run: {self.not_run[check]}.", where={"check": check}
            )
        if check not in self.findings:
            raise unknown_name("check", check, self.findings)
        return self.findings[check]

    @property
    def summary(self) -> Any:
        """The ranked table: check, found, of, score, seconds, note."""
        from labelwright.core.tables import as_kind

        return as_kind(self._summary(), self.frame)

    def _summary(self) -> pl.DataFrame:
        import polars as pl

        rows: list[tuple[Any, ...]] = [
            (name, len(one), one.of, one.score, self.seconds[name], " ".join(one.notes))
            for name, one in self._ranked()
        ]
        rows += [(name, *[None] * 4, f"not run: {why}") for name, why in self.not_run.items()]
        return pl.DataFrame(rows, schema=list(COLUMNS), orient="row", infer_schema_length=None)

    def _ranked(self) -> list[tuple[str, Findings]]:
        return sorted(self.findings.items(), key=lambda one: (len(one[1]) == 0, one[1].score))

    def to_table(self) -> Any:
        """All findings of all checks, in the order of the summary.

        Columns are check, of, subject (as text), score, kind and why.
        """
        import polars as pl

        from labelwright.core.tables import as_kind

        parts = [
            pl.DataFrame(
                {
                    "check": pl.repeat(name, len(found), dtype=pl.String, eager=True),
                    "of": pl.repeat(found.of, len(found), dtype=pl.String, eager=True),
                    "subject": pl.Series(map(str, found.subject.tolist()), dtype=pl.String),
                    "score": found.scores,
                    "kind": pl.Series(found.kinds.tolist(), dtype=pl.String),
                    "why": pl.Series(found.why, dtype=pl.String),
                }
            )
            for name, found in self._ranked()
        ]
        return as_kind(pl.concat(parts) if parts else pl.DataFrame(), self.frame)

    def overview(self) -> dict[str, Any]:
        """The summary and the seconds as plain values, without the findings themselves."""
        return {
            "kind": self.kind,
            "n_items": self.n_items,
            "summary": plain(self._summary()),
            "seconds": plain(dict(self.seconds)),
        }

    def to_dict(self) -> dict[str, Any]:
        """The summary and all findings as plain values that JSON can hold."""
        found = {name: one.to_dict() for name, one in self._ranked()}
        return self.overview() | {"findings": found}

    def save(self, folder: str | Path) -> Path:
        """Write ``summary`` and a table a check as csv and parquet, and ``audit.json``.

        What an earlier audit wrote there is replaced; a folder that holds something else is
        refused.

        Raises
        ------
        RunError
            If the folder holds files that are no audit's.
        """
        from labelwright.audit._saving import write_folder

        tables = {"summary": self._summary()}
        for name, one in self.findings.items():
            tables[name] = replace(one, frame="polars").to_table()
        return write_folder(Path(folder), tables, self.overview())

    def _repr_html_(self) -> str:
        from labelwright.core.tables import html_table

        return html_table(self._summary(), f"audit of {self.n_items:,} items")
