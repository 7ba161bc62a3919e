"""The folder of an audit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labelwright.core.errors import RunError
from labelwright.core.files import check_format, read_json, write_json
from labelwright.io import write_table

__all__ = ["write_folder"]

FORMAT = 1
HEAD = "audit.json"
ENDINGS = ("csv", "parquet")


def write_folder(folder: Path, tables: Mapping[str, Any], overview: Mapping[str, Any]) -> Path:
    """Write each table in every format, and what they are into ``audit.json``, which comes last."""
    _claim(folder)
    for name, table in tables.items():
        for ending in ENDINGS:
            write_table(table, folder / f"{name}.{ending}")
    write_json(folder / HEAD, {"format": FORMAT, **overview, "tables": list(tables)})
    return folder


def _claim(folder: Path) -> None:
    """Take a new or empty folder, or that of an earlier audit, whose tables are removed."""
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{folder} is a file.", hint="Give another folder.")
    head = folder / HEAD
    if not head.exists():
        if folder.is_dir() and any(folder.iterdir()):
            raise RunError(
                f"{folder} holds files that are no audit's.",
                where={"folder": str(folder)},
                hint="Give a new folder.",
            )
        return
    known = read_json(head)
    check_format(known.get("format"), FORMAT, head)
    for name in known["tables"]:
        for ending in ENDINGS:
            (folder / f"{name}.{ending}").unlink(missing_ok=True)
