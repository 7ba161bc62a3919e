"""``labelwright run``."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import Group, Parameter

from labelwright.cli._answer import Answer
from labelwright.cli._options import options_from
from labelwright.pipeline.settings import Settings

__all__ = ["run"]

GROUPS = {
    "How the file is read": ("reader", "sheet", "question", "codebook"),
    "Where the votes are": (
        *("id", "annotator", "label", "votes", "annotators", "slots"),
        *("votes_file", "counts", "split", "repeats"),
    ),
    "What is taken as true": ("gold", "gold_file"),
    "What to learn from": ("text", "features", "embedding", "group"),
    "How it is done": ("method", "limit", "seed"),
    "What is reported": ("of", "by", "names"),
}
OPTIONS = options_from(Settings, groups=GROUPS)
OUTPUT = Group("Where it goes", sort_key=len(GROUPS) + 1)


def run(
    file: str,
    /,
    *,
    settings: Annotated[OPTIONS, Parameter(name="*")] | None = None,  # type: ignore[valid-type]
    out: Annotated[str | None, Parameter(group=OUTPUT)] = None,
    share: Annotated[bool, Parameter(group=OUTPUT, negative=())] = False,
) -> Answer:
    """Turn votes or doubtful labels into labels, likely errors, a model and a report.

    Options that name columns take several by repeating them, with commas, or by a pattern in
    quotes: --votes 'worker_*'. Several questions get a folder each and one report; for columns of
    a table: --question topic,tone --votes '{question}_*'.

    Parameters
    ----------
    file
        A table, the export of a tool, or a project file (project.toml).
    out
        The run folder; by default runs/<name of the file>.
    share
        Write a report without records, names and ids.
    """
    from labelwright.pipeline import run as run_pipeline

    options: dict[str, Any] = settings or {}
    found = run_pipeline(file, out=out, share=share, **options)
    return Answer(found.to_dict(), found.summary())
