"""The files of a report in a run folder."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labelwright.core.files import write_bytes, write_json
from labelwright.report._prepare import prepare
from labelwright.report.html import page
from labelwright.report.sharing import shared

__all__ = ["write_report"]

KEY = "share.key"


def write_report(report: Mapping[str, Any], folder: str | Path, share: bool = False) -> Path:
    """Write ``report.json`` and ``report.html``, each whole or not at all.

    Parameters
    ----------
    report : dict
        What the pipeline found.
    folder : str or Path
        The run folder; it is made where it is not there.
    share : bool
        Leave out record texts, names and ids in both files. The key of the ids stays in the folder
        as ``share.key`` and is used again, so that a record keeps its hash. Keep it there.

    Returns
    -------
    Path
        The HTML file.

    Examples
    --------
    >>> import tempfile
    >>> report = {"format": 1, "title": "Reviews", "file": "reviews.csv", "command": "",
    ...           "version": "0.1.0", "seed": 0, "questions": []}
    >>> write_report(report, tempfile.mkdtemp()).name
    'report.html'
    """
    folder = Path(folder)
    prepared = prepare(shared(report, _key(folder / KEY)) if share else report)
    # Data first: the page shows nothing that the JSON does not hold.
    write_json(folder / "report.json", prepared)
    return write_bytes(folder / "report.html", page(prepared).encode())


def _key(path: Path) -> str:
    if not path.exists():
        write_bytes(path, secrets.token_hex(16).encode())
        path.chmod(0o600)
    return path.read_text()
