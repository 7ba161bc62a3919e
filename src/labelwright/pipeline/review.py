"""Labels that need a person, out of a run: as a sheet, or as one page that works offline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import polars as pl

from labelwright.core.errors import RunError
from labelwright.core.files import write_bytes
from labelwright.core.params import Int, OneOf, check_argument
from labelwright.core.results import Result
from labelwright.core.spaces import Classes
from labelwright.io import write_table
from labelwright.pipeline._checks import OWN
from labelwright.pipeline._folder import RunFolder, fingerprint
from labelwright.pipeline._labelled import Labelled, open_question, read_labelled
from labelwright.pipeline._labels import REVIEW_TAG
from labelwright.pipeline._review_plan import ReviewPlan, known_reviews
from labelwright.pipeline._review_records import KINDS, cannot_tell, chosen_issues, columns_shown

if TYPE_CHECKING:
    from labelwright.pipeline.run import RunResult

__all__ = ["Review", "review"]

PAGE = ".html"
# More classes than this would not be read in every row.
CHOICES_SHOWN = 20


@dataclass(frozen=True)
class Review(Result):
    """Labels that need a person, worst first.

    Attributes
    ----------
    plan : ReviewPlan
        What was given out, also kept in the run folder.
    title : str
        What the page is called.
    space : Classes
        The labels that are allowed.
    unsure : str
        What a reviewer answers who cannot tell.
    id_name : str
        The column of ids.
    shown : tuple of str
        The columns that reviewers see.
    records : polars frame
        A row a label: the record, ``lw_label``, ``lw_suggested``, ``lw_quality``, ``lw_kind`` and
        ``lw_why``.
    left : int
        Further labels that need a person.
    path : Path or None
        Where it was written; None where there is nothing to review.
    """

    kind: ClassVar[str] = "review"

    plan: ReviewPlan
    title: str
    space: Classes
    unsure: str
    id_name: str
    shown: tuple[str, ...]
    records: pl.DataFrame
    left: int
    path: Path | None = None

    def __len__(self) -> int:
        return self.records.height

    def to_table(self) -> pl.DataFrame:
        """The sheet: what is known about each label, and empty columns for the decision."""
        tags = [self.plan.tag(place) for place in range(len(self))]
        ids = self.records.select(self.id_name)
        text = pl.lit(None, pl.String)
        choices = " | ".join(map(str, [*self.space.names, self.unsure]))
        listed = [pl.lit(choices).alias("lw_choices")]
        return self.records.select(
            pl.Series(REVIEW_TAG, tags, pl.String),
            *ids,
            *self.shown,
            "lw_label",
            "lw_suggested",
            pl.concat_str("lw_kind", pl.lit(": "), "lw_why").alias("lw_why"),
            *(listed if len(self.space.names) <= CHOICES_SHOWN else []),
            *(text.alias(f"lw_{name}") for name in ("decision", "comment", "reviewer")),
        )

    def page_data(self) -> dict[str, Any]:
        """What the page shows, as plain values."""
        names = ["lw_label", "lw_suggested", "lw_quality", "lw_kind", "lw_why"]
        records = [
            {
                "id": str(row[self.id_name]),
                "fields": [[name, _shown(row[name])] for name in self.shown],
                **{name.removeprefix(OWN): _plain(row[name]) for name in names},
            }
            for row in self.records.iter_rows(named=True)
        ]
        classes = [
            {"name": str(name), "definition": self.space.definitions.get(name, "")}
            for name in self.space.names
        ]
        return {
            "review": self.plan.id,
            "title": self.title,
            "id_name": self.id_name,
            "classes": classes,
            "unsure": self.unsure,
            "records": records,
        }


def review(
    run: RunResult | str | Path,
    k: int = 50,
    *,
    kind: str = "all",
    out: str | Path | None = None,
    question: str | None = None,
    show: str | Sequence[str] = (),
) -> Review:
    """Take the labels that need a person out of a run, for people to decide.

    Labels that people have decided are not taken again. Those about which somebody was unsure come
    last.

    Parameters
    ----------
    run : RunResult or path
        A finished run.
    k : int
        At most so many, worst first.
    kind : {"all", "doubtful", "likely-errors"}
        Likely errors are labels that something speaks against: votes, neighbours, the model, a
        duplicate. Doubtful are those that are only believed too little.
    out : path, optional
        A sheet (csv, tsv, xlsx or jsonl), or a page that works offline (html); by default
        ``review_1.html``, ``review_2.html`` ... in the run folder. A file of another review is
        never overwritten.
    question : str, optional
        Which one, in a run of several.
    show : str or sequence of str, optional
        Columns or patterns that reviewers see; by default the text, or else the first 12.

    Returns
    -------
    Review
        What was written is in ``path``; :func:`apply_decisions` reads it when it is filled in.

    Raises
    ------
    ParameterError
        If the run has several questions and none is named.
    RunError
        If a file would be overwritten.

    Notes
    -----
    What is reviewed is no random sample: it was chosen because it looked wrong. It corrects labels
    and tells nothing about the others. For that, draw at random: ``labelwright sample``.

    Examples
    --------
    >>> import tempfile
    >>> from labelwright import run
    >>> table = {"text": ["good", "bad", "fine"], "ann": list("yny"), "bo": list("yyy")}
    >>> result = run(table, votes=["ann", "bo"], out=tempfile.mkdtemp())
    >>> found = review(result, k=1, show="text")
    >>> found.to_table()["text"].to_list(), found.path.name
    (['bad'], 'review_1.html')
    """
    check_argument("k", k, Int(1))
    check_argument("kind", kind, OneOf(*KINDS))
    whole, folder = open_question(run, question)
    with RunFolder.reopened(whole):
        labelled = read_labelled(folder)
        chosen = chosen_issues(labelled, kind)
        found = _review(labelled, chosen.head(k), chosen.height - min(k, chosen.height), show)
        if not len(found):
            return found
        path = folder / f"review_{found.plan.number}{PAGE}" if out is None else Path(out)
        _refuse_to_overwrite(path, found.plan)
        # First, so that no sheet is about whose review nothing is known.
        found.plan.write(folder)
        _write(found, path)
    return replace(found, path=path)


def _review(
    labelled: Labelled, issues: pl.DataFrame, left: int, show: str | Sequence[str]
) -> Review:
    shown = columns_shown(labelled, show)
    rows = issues["index"].to_list()
    own = issues.drop("index", "given").rename(lambda name: OWN + name)
    names = dict.fromkeys([labelled.id_name, *shown])
    table = labelled.labels
    if labelled.id_column is None:
        table = table.with_columns(pl.Series(labelled.id_name, labelled.ids))
    records = table[rows].select(*names, "lw_label").hstack(own)
    items = tuple(labelled.ids.gather(rows).to_list())
    hashes = tuple(map(labelled.record_hash, rows))
    given = tuple(records["lw_label"].cast(pl.String).to_list())
    classes = list(map(str, labelled.space.names))
    key = fingerprint(labelled.settings.asked, classes, records.rows(), hashes)
    known = known_reviews(labelled.path)
    number = known[key].number if key in known else len(known) + 1
    source = Path(labelled.settings.file).stem or "a table"
    return Review(
        plan=ReviewPlan(key, number, items, hashes, given),
        title=" · ".join([source, *([labelled.settings.asked] if labelled.settings.asked else [])]),
        space=labelled.space,
        unsure=cannot_tell(labelled.space),
        id_name=labelled.id_name,
        shown=tuple(shown),
        records=records,
        left=left,
    )


def _refuse_to_overwrite(path: Path, plan: ReviewPlan) -> None:
    """Only the page of the same review may be written anew: what it holds lies in the browser."""
    if not path.exists():
        return
    if path.suffix == PAGE and plan.id in path.read_text(encoding="utf-8", errors="replace"):
        return
    raise RunError(
        f"{path} exists, and decisions may stand in it.",
        where={"file": str(path)},
        hint="Give another --out, or move it away.",
    )


def _write(found: Review, path: Path) -> None:
    if path.suffix != PAGE:
        write_table(found.to_table(), path)
        return
    from labelwright.report import review_page

    write_bytes(path, review_page(found.page_data()).encode())


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, float) else str(value)
