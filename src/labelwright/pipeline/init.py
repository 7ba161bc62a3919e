"""A project file and a codebook to begin with, from what a file seems to hold."""

from __future__ import annotations

import os
import shlex
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import tomlkit

from labelwright.core.codebook import Codebook
from labelwright.core.errors import DataError, DataWarning, RunError
from labelwright.core.files import write_bytes
from labelwright.io import Recognition, read_table, read_votes, recognise
from labelwright.pipeline._checks import look_like_slots, tells_questions
from labelwright.pipeline._roles import Column, Shape, guess_columns, guess_shape
from labelwright.pipeline.settings import ALL, FORMAT, PATHS, Settings

__all__ = ["init"]

# What most people add next, in the order of the table.
OFTEN_WANTED = ("id", "gold", "text", "group", "of", "limit", "seed")


@dataclass
class _Draft:
    """What was found in a file, and what is left to the user."""

    options: dict[str, Any] = field(default_factory=dict)
    labels: list[Any] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)

    def ask(self, question: str, *alternatives: str) -> None:
        """Leave a choice to the user: a question, and lines to take the # from."""
        self.questions.append(question)
        self.choices += [question, *alternatives, ""]


def init(
    file: str | Path,
    *,
    sheet: str | None = None,
    project: str | Path = "project.toml",
    codebook: str | Path = "codebook.toml",
    overwrite: bool = False,
) -> tuple[Path, ...]:
    """Write a project file and, where the labels are clear, a codebook.

    What can be read in two ways stands in the project file as a choice in comments, and is said.

    Parameters
    ----------
    file : path
        A table, or the export of a tool.
    sheet : str, optional
        Of an Excel file.
    project, codebook : path
        What to write.
    overwrite : bool
        Whether files that exist are replaced.

    Returns
    -------
    tuple of Path
        What was written.

    Raises
    ------
    DataError
        If the file cannot be read or has no rows.
    RunError
        If a file exists.

    Warns
    -----
    DataWarning
        For each choice that is left open.
    """
    paths = (Path(project), Path(codebook))
    for path in paths:
        if path.exists() and not overwrite:
            raise RunError(
                f"{path} exists.",
                where={"file": str(path)},
                hint="Give another name, or --overwrite.",
            )
    draft = _draft(file, sheet)
    written = []
    if draft.labels:
        Codebook.propose(draft.labels).write(paths[1])
        draft.options["codebook"] = str(paths[1])
        written.append(paths[1])
    settings = Settings.of_options(file=str(file), sheet=sheet, **draft.options)
    write_bytes(paths[0], _project_text(settings, draft, paths[0]).encode())
    for question in draft.questions:
        warnings.warn(f"{question} See {paths[0]}.", DataWarning, stacklevel=2)
    return (paths[0], *written)


def _draft(file: str | Path, sheet: str | None) -> _Draft:
    export = recognise(file)
    if export.formats and sheet is None:
        return _draft_of_export(file, export)
    frame = read_table(file, sheet=sheet)
    if not frame.height:
        raise DataError(f"{file} has {frame.width} columns and no rows.", where={"file": str(file)})
    columns = guess_columns(frame)
    return _draft_of_table(frame, columns, guess_shape(frame, columns))


def _draft_of_export(file: str | Path, export: Recognition) -> _Draft:
    draft = _Draft()
    if len(export.formats) > 1:
        draft.ask("The file fits several formats: which is it?", *_lines("reader", export.formats))
    elif len(export.questions) > 1:
        names = (ALL, *export.questions) if tells_questions(export) else export.questions
        draft.ask("The file holds several questions: which ones?", *_lines("question", names))
    else:
        draft.labels = list(read_votes(file).answers)
    return draft


def _draft_of_table(frame: pl.DataFrame, columns: list[Column], shape: Shape) -> _Draft:
    draft = _Draft()
    found = {
        "id": shape.item,
        "annotator": shape.annotator,
        "label": shape.label,
        "votes": shape.votes,
        "annotators": shape.annotators,
        "gold": shape.gold,
        "text": shape.text,
    }
    draft.options = {name: value for name, value in found.items() if value}
    draft.labels = _labels(frame, shape.votes or ((shape.label,) if shape.label else ()))
    if shape.name == "unclear":
        draft.ask(
            "It is not clear which columns hold labels; take one of these three.",
            'id = "ITEM", annotator = "WHO" and label = "VOTE"  (one row a vote)',
            'votes = ["PERSON", "PERSON"]  (a column of votes a person)',
            'label = "LABEL"  (one label an item, in doubt)',
        )
    if shape.name == "wide" and look_like_slots(frame, list(shape.votes)):
        draft.ask(
            f"{shape.votes[0]} ... may be slots of unknown people rather than a person each.",
            "slots = true",
            'annotators = ["WHO_1", "WHO_2"]  (the columns that say who filled each)',
        )
    texts = [c.name for c in columns if c.role == "text" and c.name != shape.text]
    if texts:
        draft.ask(
            f"There are several columns of text; {shape.text} is the longest.",
            *_lines("text", texts),
        )
    return draft


def _labels(frame: pl.DataFrame, names: tuple[str, ...]) -> list[Any]:
    values = [frame[name].drop_nulls().unique().to_list() for name in names]
    distinct = list(dict.fromkeys(value for some in values for value in some))
    # Columns of several types: the run says so, a codebook cannot.
    return distinct if len({type(value) for value in distinct}) == 1 else []


def _lines(name: str, values: Any) -> list[str]:
    return [f"{name} = {tomlkit.item(value).as_string()}" for value in values]


def _project_text(settings: Settings, draft: _Draft, path: Path) -> str:
    """The project file, each line with what it means."""
    document = tomlkit.document()
    document.add(tomlkit.comment(f"Run this with: labelwright run {shlex.quote(str(path))}"))
    document.add("format", tomlkit.item(FORMAT))
    table = tomlkit.table()
    stated = settings.stated()
    for name, value in stated.items():
        table.add(tomlkit.comment(_meaning(name)))
        if name in PATHS:
            value = Path(os.path.relpath(value, path.parent)).as_posix()
        table.add(name, list(value) if isinstance(value, tuple) else value)
    for line in draft.choices:
        table.add(tomlkit.comment(line) if line else tomlkit.nl())
    table.add(tomlkit.comment("Not set:"))
    for name in OFTEN_WANTED:
        if name not in stated:
            table.add(tomlkit.comment(f"{name} = ...  {_meaning(name)}"))
    document.add("run", table)
    return tomlkit.dumps(document)


def _meaning(name: str) -> str:
    return Settings.model_fields[name].description or ""
