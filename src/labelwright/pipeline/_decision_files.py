"""Files of decisions as rows: sheets that people filled in, and what the page downloads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labelwright.core.errors import DataError
from labelwright.core.files import check_format, read_json
from labelwright.core.tables import column, to_polars
from labelwright.io import read_table
from labelwright.pipeline._labels import REVIEW_TAG
from labelwright.selection.sheet import cell_text

__all__ = ["Row", "read_rows"]

FORMAT = 1
PAGE_KIND = "decisions"
DECISION, COMMENT, REVIEWER = "lw_decision", "lw_comment", "lw_reviewer"


@dataclass(frozen=True)
class Row:
    """A row as it stands in a file."""

    place: str
    tag: str
    id: str
    decision: str
    comment: str
    reviewer: str
    time: datetime | None = None


def read_rows(source: Any, id_name: str) -> tuple[str, list[Row]]:
    """The name of a file, and its rows."""
    if not isinstance(source, (str, Path)):
        return "the table", _table_rows(to_polars(source), "the table", 0, id_name)
    path = Path(source)
    if path.suffix == ".json":
        content = read_json(path)
        if isinstance(content, dict):
            return path.name, _page_rows(content, path)
    # As a spreadsheet counts: the header is row 1.
    return path.name, _table_rows(read_table(path), path.name, 2, id_name)


def _table_rows(frame: Any, name: str, first: int, id_name: str) -> list[Row]:
    if REVIEW_TAG not in frame.columns:
        raise DataError(
            f"{name} has no column {REVIEW_TAG!r}, which says which review it belongs to.",
            where={"file": name, "column": REVIEW_TAG},
            hint="Fill in a sheet that labelwright review wrote, and leave its columns there.",
        )
    column(frame, DECISION)
    rows = []
    for number, cells in enumerate(frame.iter_rows(named=True), first):
        tag, item, decision, comment, reviewer = (
            cell_text(cells.get(each))
            for each in (REVIEW_TAG, id_name, DECISION, COMMENT, REVIEWER)
        )
        rows.append(Row(f"row {number} of {name}", tag, item, decision, comment, reviewer))
    return rows


def _page_rows(content: dict[str, Any], path: Path) -> list[Row]:
    """Rows of what the page gives for download."""
    check_format(content.get("format"), FORMAT, path)
    entries = content.get("decisions")
    if content.get("kind") != PAGE_KIND or not isinstance(entries, list):
        raise DataError(
            f"{path} holds no decisions.",
            where={"file": str(path)},
            hint="Give the file that the page of a review downloads, or a sheet.",
        )
    reviewer = cell_text(content.get("reviewer"))
    rows = []
    for number, entry in enumerate(entries, 1):
        place = f"decision {number} of {path.name}"
        if not isinstance(entry, dict):
            raise DataError(f"{place} is no record.", where={"file": str(path), "row": number})
        tag, name, decision, comment = (
            cell_text(entry.get(key)) for key in ("record", "id", "decision", "comment")
        )
        time = _moment(entry.get("time"))
        rows.append(Row(place, tag, name, decision, comment, reviewer, time))
    return rows


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except ValueError:
        return None
