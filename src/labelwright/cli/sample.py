"""``labelwright sample``."""

from __future__ import annotations

import shlex
from typing import Annotated, Any

from cyclopts import Parameter

from labelwright.cli._answer import Answer
from labelwright.cli._options import split_commas

__all__ = ["sample"]

Several = Annotated[
    tuple[str, ...], Parameter(converter=split_commas, negative=(), show_default=False)
]


def sample(
    file: str,
    /,
    *,
    n: Annotated[int, Parameter(name=("-n", "--number"))],
    out: str,
    id: str | None = None,  # noqa: A002
    show: Several = (),
    classes: Several = (),
    codebook: str | None = None,
    question: str | None = None,
    by: str | None = None,
    bins: int = 5,
    group: str | None = None,
    coders: int = 1,
    overlap: float = 0.0,
    sheet: str | None = None,
    seed: int = 0,
) -> Answer:
    """Draw records to label by hand, and write blind, shuffled sheets.

    With which probability each record could be drawn is kept beside the sheets, in NAME.plan.json,
    and what the labels mean in NAME.guide.txt.

    Parameters
    ----------
    file
        The table of records.
    n
        How many records to draw.
    out
        The sheet: csv, tsv, xlsx or jsonl. Several coders get NAME_1, NAME_2 ...
    id
        Column of item ids.
    show
        Columns that coders see; by default the text.
    classes
        The labels that are allowed; by default those in the file.
    codebook
        File of classes and their meaning.
    question
        Which question of the codebook.
    by
        Draw from each value of this column its share; numbers are cut into ranges.
    bins
        How many ranges.
    group
        Draw whole groups of this column.
    coders
        How many people, each with a sheet.
    overlap
        Share of the records that all of them get, from 0 to 1.
    sheet
        Sheet of an Excel file.
    seed
        Seed of the draw and the order.
    """
    from labelwright.pipeline.sheets import write_sheets

    plan = write_sheets(
        file,
        out,
        n,
        id=id,
        show=show,
        classes=_classes(classes, codebook, question),
        by=by,
        bins=bins,
        group=group,
        coders=coders,
        overlap=overlap,
        sheet=sheet,
        seed=seed,
    )
    paths = [plan.path.with_name(name) for name in plan.sheets]
    lines = [
        f"{len(plan.sample):,} of {plan.sample.n:,} records: {plan.sample.design}, seed {seed}",
        f"labels: {', '.join(map(str, plan.classes))}",
        *(f"to fill in: {path}" for path in paths),
        f"for the coders: {plan.guide}",
        f"to keep: {plan.path}",
    ]
    if id is not None and coders == 1:
        again = shlex.join(
            ["labelwright", "run", file, "--id", id, "--gold-file", f"{paths[0]}:label"]
        )
        lines += ["", "When it is filled in, with the other options of the run:", f"  {again}"]
    return Answer({**plan.to_dict(), "guide": str(plan.guide)}, lines)


def _classes(names: tuple[str, ...], codebook: str | None, question: str | None) -> Any:
    from labelwright.core.errors import ParameterError

    if codebook is None:
        return names
    if names:
        raise ParameterError("The labels are given twice: --classes and --codebook.")
    from labelwright.core.codebook import Codebook

    return Codebook.read(codebook).space(question)
