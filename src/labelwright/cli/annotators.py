"""``labelwright annotators``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Group, Parameter

from labelwright.cli._answer import Answer, Grid
from labelwright.cli._options import options_from
from labelwright.pipeline.settings import Settings

if TYPE_CHECKING:
    from labelwright.aggregation import AnnotatorReport

__all__ = ["annotators"]

GROUPS = {
    "How the file is read": ("reader", "sheet", "question", "codebook"),
    "Where the votes are": (
        *("id", "annotator", "label", "votes", "annotators"),
        *("votes_file", "split", "repeats"),
    ),
    "What is taken as true": ("gold", "gold_file"),
    "How it is done": ("method", "limit", "seed"),
}
OPTIONS = options_from(Settings, groups=GROUPS)
MORE = Group("What else is looked at", sort_key=len(GROUPS) + 1)
OUTPUT = Group("Where it goes", sort_key=len(GROUPS) + 2)
MOST_ROWS = 30


def annotators(
    file: str,
    /,
    *,
    settings: Annotated[OPTIONS, Parameter(name="*")] | None = None,  # type: ignore[valid-type]
    prelabels: Annotated[str | None, Parameter(group=MORE)] = None,
    level: Annotated[float, Parameter(group=MORE)] = 0.95,
    out: Annotated[str | None, Parameter(group=OUTPUT)] = None,
) -> Answer:
    """Say who needs coaching on which classes, who spams, copies, hurries or drifts.

    Columns time (with its zone), seconds and shown of a table with one row a vote, and skips in
    the export of a tool, are looked at where they are there.

    Parameters
    ----------
    file
        A table of votes, or the export of a tool.
    prelabels
        Column of what annotators saw before they chose.
    level
        Confidence of the intervals; the rest is the share of findings that may be false.
    out
        Folder for the tables; by default runs/<name of the file>-annotators.
    """
    from labelwright.core.errors import ParameterError
    from labelwright.pipeline._annotators_file import annotators_of_file

    options: dict[str, Any] = settings or {}
    asked = Settings.of_options(file=file, **options)
    if asked.is_several:
        raise ParameterError("Several questions are named.", hint="Give one --question.")
    found = annotators_of_file(asked, prelabels=prelabels, level=level)
    folder = Path(out) if out else Path("runs") / f"{Path(file).stem}-annotators"
    _save(found, folder)
    return Answer(found.to_dict() | {"folder": str(folder)}, [*_text(found), f"tables  {folder}"])


def _save(found: AnnotatorReport, folder: Path) -> None:
    from labelwright.io import write_table

    folder.mkdir(parents=True, exist_ok=True)
    write_table(found.to_table(), folder / "annotators.csv")
    write_table(found.findings_table(), folder / "findings.csv")


def _text(found: AnnotatorReport) -> list[str | Grid]:
    from labelwright.core.tables import to_polars

    table = found.to_table()
    rows = tuple(_row(row) for row in to_polars(table).head(MOST_ROWS).iter_rows(named=True))
    header = ("annotator", "votes", "agreement", "interval", "crowd", "verdict")
    lines: list[str | Grid] = [*found.summary(), "", Grid(header, rows)]
    if len(found) > MOST_ROWS:
        lines.append(f"... and {len(found) - MOST_ROWS:,} more")
    return [*lines, ""]


def _row(row: dict[str, Any]) -> tuple[Any, ...]:
    """One annotator; of few votes only counts, since percentages would look exact."""
    start, votes = (row["annotator"], row["votes"]), row["votes"]
    if row["verdict"] == "too few":
        said = f"{row['agreement'] * votes:.0f} of {votes}" if votes else ""
        return (*start, said, "", "", row["verdict"])
    interval = f"{row['low']:.0%} to {row['high']:.0%}"
    return (*start, f"{row['agreement']:.0%}", interval, f"{row['crowd']:.0%}", row["verdict"])
