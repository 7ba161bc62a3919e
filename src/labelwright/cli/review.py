"""``labelwright review``."""

from __future__ import annotations

import shlex
from typing import Annotated

from cyclopts import Parameter

from labelwright.cli._answer import Answer
from labelwright.cli._options import split_commas

__all__ = ["review"]


def review(
    run: str,
    /,
    *,
    k: Annotated[int, Parameter(name=("-k", "--number"))] = 50,
    kind: str = "all",
    out: str | None = None,
    question: str | None = None,
    show: Annotated[
        tuple[str, ...], Parameter(converter=split_commas, negative=(), show_default=False)
    ] = (),
) -> Answer:
    """Take the labels that need a person out of a run: a sheet, or an offline page.

    The worst come first; labels that people have decided are not taken again. The page (html) keeps
    every decision in the browser and asks the network for nothing. "labelwright apply" reads both.

    Parameters
    ----------
    run
        The run folder.
    k
        At most so many labels.
    kind
        all, likely-errors (something speaks against the label) or doubtful (it is only believed
        too little).
    out
        A sheet (csv, tsv, xlsx or jsonl) or a page (html); by default review_1.html,
        review_2.html ... in the run folder.
    question
        Which one, in a run of several.
    show
        Columns that reviewers see; by default the text.
    """
    from labelwright.pipeline import review as take_out

    found = take_out(run, k, kind=kind, out=out, question=question, show=show)
    if found.path is None:
        return Answer(found.to_dict(), ["No label is left that needs a person."])
    again = ["labelwright", "apply", run, *(["--question", question] if question else [])]
    file = "FILE" if found.path.suffix == ".html" else str(found.path)
    what = "open in a browser" if found.path.suffix == ".html" else "fill in lw_decision"
    lines = [
        f"{len(found):,} labels that need a person, worst first; {found.left:,} more are left",
        f"{what}: {found.path}",
        f"labels: {', '.join(map(str, found.space.names))}, or {found.unsure}",
        "",
        "Then, with what the page downloads:" if file == "FILE" else "Then:",
        f"  {shlex.join([*again, file])}",
    ]
    return Answer(found.to_dict(), lines)
