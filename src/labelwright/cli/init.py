"""``labelwright init``."""

from __future__ import annotations

import shlex
from typing import Annotated

from cyclopts import Parameter

from labelwright.cli._answer import Answer

__all__ = ["init"]


def init(
    file: str,
    /,
    *,
    sheet: str | None = None,
    project: str = "project.toml",
    codebook: str = "codebook.toml",
    overwrite: Annotated[bool, Parameter(negative=())] = False,
) -> Answer:
    """Write a project file and a codebook from what a file seems to hold.

    Parameters
    ----------
    file
        A table or the export of a tool.
    sheet
        Sheet of an Excel file.
    project
        The project file to write.
    codebook
        The codebook to write.
    overwrite
        Replace files that exist.
    """
    from labelwright.pipeline.init import init as write_project

    written = write_project(
        file, sheet=sheet, project=project, codebook=codebook, overwrite=overwrite
    )
    lines = [f"written: {path}" for path in written]
    return Answer(
        {"kind": "init", "written": [str(path) for path in written]},
        [*lines, "", "Read them through, then:", f"  labelwright run {shlex.quote(project)}"],
    )
