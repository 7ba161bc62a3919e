"""A first answer about a file that was never seen before: what it holds and what to type next."""

from __future__ import annotations

import shlex
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl

from labelwright.core.errors import DataError, DataWarning, LabelwrightError
from labelwright.core.results import Result
from labelwright.core.seeds import generator
from labelwright.core.spaces import spelling_variants
from labelwright.core.tables import as_kind, frame_kind, to_polars
from labelwright.core.votes import Votes
from labelwright.pipeline._checks import look_like_slots, tells_questions
from labelwright.pipeline._roles import Column, Shape, guess_columns, guess_shape
from labelwright.pipeline.settings import ALL

if TYPE_CHECKING:
    from labelwright.io import Recognition

__all__ = ["Look", "look"]

ROWS_FOR_A_MODEL = 2_000


@dataclass(frozen=True)
class Look(Result):
    """What a file seems to hold, and the command to type next.

    Attributes
    ----------
    file : str
    holds : str
        One sentence.
    rows, looked_at : int
        Rows in the file, and how many of them the answers rest on.
    columns : tuple of Column
        Empty for the export of a tool.
    findings : tuple of str
    commands : tuple of str
        What to type next; several where the file can be read in several ways.
    """

    kind: ClassVar[str] = "look"

    file: str
    holds: str
    rows: int
    looked_at: int
    columns: tuple[Column, ...]
    findings: tuple[str, ...]
    commands: tuple[str, ...]
    frame: str = "polars"

    def to_table(self) -> Any:
        """One row a column of the file: name, role, distinct values, missing values."""
        rows = [column.to_table() for column in self.columns]
        return as_kind(pl.concat(rows) if rows else pl.DataFrame(), self.frame)


def look(source: Any, *, sheet: str | None = None, most_rows: int = 50_000, seed: int = 0) -> Look:
    """Look at a file or table: what it holds, how votes agree, and what to type next.

    Parameters
    ----------
    source : path or table
    sheet : str, optional
        Of an Excel file.
    most_rows : int
        Of a larger table so many are drawn at random: whole items, where a row is a vote.
    seed : int
        Of the rows that are drawn.

    Raises
    ------
    DataError
        If the file cannot be read or has no rows.

    Examples
    --------
    >>> table = {"id": [1, 2, 3, 4], "ann": list("xyxy"), "bo": list("xyxx")}
    >>> print(look(table).holds)
    4 rows, one an item, with a column of votes each from 2 annotators (ann, bo).
    """
    from labelwright.io import read_table, recognise

    if isinstance(source, (str, Path)):
        export = recognise(source)
        if export.formats:
            return _look_at_export(str(source), export)
        frame, name, kind = read_table(source, sheet=sheet), str(source), "polars"
    else:
        frame, name, kind = to_polars(source), "FILE", frame_kind(source)
    if not frame.height:
        raise DataError(f"{name} has {frame.width} columns and no rows.", where={"file": name})
    part = _part(frame, most_rows, seed)
    columns = guess_columns(part)
    shape = guess_shape(part, columns)
    findings = _findings(part, shape, seed)
    if part.height < frame.height:
        findings.append(
            f"These answers rest on {part.height:,} of {frame.height:,} rows"
            + (f" (all rows of some {shape.item})." if shape.item else ", drawn at random.")
        )
    return Look(
        file=name,
        holds=_sentence(frame, shape),
        rows=frame.height,
        looked_at=part.height,
        columns=tuple(columns),
        findings=tuple(findings),
        commands=tuple(_commands(name, part, shape)),
        frame=kind,
    )


def _part(frame: pl.DataFrame, most_rows: int, seed: int) -> pl.DataFrame:
    """All rows, or those of a random part of the items, so that votes on one stay together."""
    if frame.height <= most_rows:
        return frame
    head = frame.head(most_rows)
    shape = guess_shape(head, guess_columns(head))
    long = shape.name == "long"
    ids = frame[shape.item] if long else pl.int_range(frame.height, eager=True)
    distinct = ids.unique(maintain_order=True)
    share = most_rows / frame.height
    kept = generator(seed, "look").random(distinct.len()) < share
    return frame.filter(ids.is_in(distinct.filter(pl.Series(kept)).implode()))


def _look_at_export(name: str, export: Recognition) -> Look:
    """The export of a tool: its questions, and how the votes on each agree."""
    run = ["labelwright", "run", name]
    findings: list[str] = []
    if len(export.formats) > 1:
        commands = [shlex.join([*run, "--format", name]) for name in export.formats]
    elif len(export.questions) > 1:
        names = (ALL, *export.questions) if tells_questions(export) else export.questions
        commands = [shlex.join([*run, "--question", asked]) for asked in names]
    else:
        commands = [shlex.join(run)]
    if len(export.formats) == 1:
        for asked in export.questions:
            findings += _about_question(name, asked)
    rows = export.records or 0
    return Look(name, str(export), rows, rows, (), tuple(findings), tuple(commands))


def _about_question(name: str, asked: str) -> list[str]:
    from labelwright.core.spaces import Classes
    from labelwright.io import read_votes

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)
            votes = read_votes(name, question=asked, repeats="newest")
    except LabelwrightError as error:
        return [f"{asked}: {error}"]
    if not isinstance(votes.space, Classes):
        return [f"{asked}: {votes!r}"]
    return [f"{asked}: {line}" for line in _about_votes(votes)]


def _sentence(frame: pl.DataFrame, shape: Shape) -> str:
    rows = f"{frame.height:,} rows"
    if shape.name == "long":
        items, people = frame[shape.item].n_unique(), frame[shape.annotator].n_unique()
        return (
            f"{rows}, one a vote: {items:,} items ({shape.item}), {people:,} annotators "
            f"({shape.annotator}), the vote in {shape.label}."
        )
    if shape.name == "wide":
        return (
            f"{rows}, one an item, with a column of votes each from {len(shape.votes)} annotators "
            f"({', '.join(shape.votes[:4])}{' ...' if len(shape.votes) > 4 else ''})."
        )
    if shape.name == "slots":
        return (
            f"{rows}, one an item, with {len(shape.votes)} votes each ({shape.votes[0]} ...) by "
            f"the people in {shape.annotators[0]} ..."
        )
    if shape.name == "labels":
        return f"{rows}, one an item, with one label each in {shape.label}."
    return f"{rows}; it is not clear which columns hold labels."


def _findings(frame: pl.DataFrame, shape: Shape, seed: int) -> list[str]:
    found = []
    votes = _votes(frame, shape)
    if votes is not None:
        found += _about_votes(votes)
    if shape.name == "wide" and look_like_slots(frame, list(shape.votes)):
        found.append(
            "These columns may be slots rather than people: every cell is full, and all of them "
            "use the labels alike. If you know who gave each vote, add --annotators."
        )
    if shape.text and shape.name != "long":
        texts = frame[shape.text].str.strip_chars().str.to_lowercase()
        repeated = int(texts.is_duplicated().sum())
        if repeated:
            found.append(f"{repeated:,} rows share their text ({shape.text}) with another row.")
    if shape.label:
        names = frame[shape.label].drop_nulls().unique(maintain_order=True).to_list()
        found += [
            f"Spelled in several ways: {', '.join(map(repr, g))}." for g in spelling_variants(names)
        ]
    if shape.gold:
        found.append(f"{frame[shape.gold].count():,} rows have a gold label ({shape.gold}).")
    if shape.name == "labels" and shape.text:
        found += _about_errors(frame, shape, seed)
    return found


def _votes(frame: pl.DataFrame, shape: Shape) -> Votes | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        if shape.name == "long":
            return Votes.from_table(
                frame[[shape.item, shape.annotator, shape.label]],
                item=shape.item,
                annotator=shape.annotator,
                label=shape.label,
                repeats="newest",
            )
        if shape.name == "wide":
            return Votes.from_wide(frame, votes=shape.votes)
        if shape.name == "slots":
            return Votes.from_slots(
                frame, labels=shape.votes, annotators=shape.annotators, repeats="newest"
            )
    return None


def _about_votes(votes: Votes) -> list[str]:
    from labelwright.aggregation import MajorityVote, krippendorff_alpha

    per_item = np.diff(votes.indptr)
    found = [
        f"{len(votes):,} votes, {per_item.min()} to {per_item.max()} an item; the labels are "
        + ", ".join(map(str, votes.answers[:8]))
        + (" ..." if len(votes.answers) > 8 else "")
        + "."
    ]
    few = int((np.bincount(votes.annotator, minlength=votes.n_annotators) < 20).sum())
    if few:
        found.append(f"{few:,} of {votes.n_annotators:,} annotators gave fewer than 20 votes.")
    if (per_item >= 2).any():
        alpha = krippendorff_alpha(votes)
        found.append(
            f"Agreement: {alpha.method} {alpha.value:.2f} [{alpha.low:.2f}, {alpha.high:.2f}] "
            "(1 is perfect, 0 is chance)."
        )
        ties = int(MajorityVote().fit(votes).ties_.sum())
        found.append(f"{ties:,} of {votes.n_items:,} items are tied under a majority vote.")
    return found


def _about_errors(frame: pl.DataFrame, shape: Shape, seed: int) -> list[str]:
    """Likely errors among a few thousand rows, from a quick model."""
    from labelwright.audit import find_label_issues
    from labelwright.estimation import cross_val_probabilities
    from labelwright.features import TextFeatures
    from labelwright.learning import LabelClassifier
    from labelwright.retrieval import duplicate_groups

    rows = frame.drop_nulls([shape.text, shape.label])
    if rows.height > ROWS_FOR_A_MODEL:
        rows = rows.sample(ROWS_FOR_A_MODEL, seed=seed)
    names = rows[shape.label].cast(pl.String)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)
            texts = rows[shape.text].to_list()
            probabilities = cross_val_probabilities(
                LabelClassifier(calibrate=False),
                TextFeatures().fit_transform(texts),
                names.to_list(),
                duplicates=duplicate_groups(texts),
                n_folds=3,
                random_state=seed,
            )
            classes = sorted(set(names.to_list()))
            issues = find_label_issues(names.to_list(), probabilities, classes=classes)
    except LabelwrightError as error:
        return [f"Likely errors were not looked for: {error}"]
    tried = f"{len(issues):,} of {rows.height:,} rows tried"
    share = len(issues) / rows.height
    return [f"About {share:.0%} of the labels look wrong to a quick model of the text ({tried})."]


def _commands(name: str, frame: pl.DataFrame, shape: Shape) -> list[str]:
    words = ["labelwright", "run", name]
    if shape.name == "long":
        words += ["--id", shape.item, "--annotator", shape.annotator, "--label", shape.label]
    elif shape.name in ("wide", "slots"):
        words += ["--votes", _pattern(shape.votes, frame.columns)]
        if shape.annotators:
            words += ["--annotators", _pattern(shape.annotators, frame.columns)]
        if shape.item:
            words += ["--id", shape.item]
    elif shape.name == "labels":
        words += ["--label", shape.label]
    else:
        return [
            shlex.join([*words, "--id", "ITEM", "--annotator", "WHO", "--label", "VOTE"]),
            shlex.join([*words, "--votes", "COLUMN,COLUMN,..."]),
            shlex.join([*words, "--text", "TEXT", "--label", "LABEL"]),
        ]
    if shape.text:
        words += ["--text", shape.text]
    if shape.gold:
        words += ["--gold", shape.gold]
    return [shlex.join(words)]


def _pattern(names: tuple[str, ...], columns: list[str]) -> str:
    """A pattern such as ``worker_*`` where it fits these columns alone, else the names."""
    stem = names[0]
    while stem and not all(name.startswith(stem) for name in names):
        stem = stem[:-1]
    matched = [name for name in columns if name.startswith(stem)]
    return f"{stem}*" if len(stem) > 1 and len(matched) == len(names) else ",".join(names)
