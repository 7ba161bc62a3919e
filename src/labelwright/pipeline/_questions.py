"""Several questions in one run: which there are, and what each of them reads."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from labelwright.core.errors import DataError, DataWarning, ParameterError, unknown_name
from labelwright.core.tables import to_polars
from labelwright.io import match_columns, read_records, read_table, recognise
from labelwright.pipeline._checks import tells_questions
from labelwright.pipeline._folder import folder_name
from labelwright.pipeline._gather import read_frame
from labelwright.pipeline._gold import gold_columns, is_sheet, split_gold_file
from labelwright.pipeline.settings import ALL, PLACE, Settings

__all__ = ["Plan", "plan_questions"]


@dataclass(frozen=True)
class Plan:
    """What a run is to do.

    Attributes
    ----------
    questions : tuple of Settings
        Those of each question, in order; of a run that names none, its settings as they are.
    table : table or None
        What stands in for the file, read once.
    left_out : dict
        Questions that ``all`` would take and that cannot be, each with the reason.
    """

    questions: tuple[Settings, ...]
    table: Any
    left_out: dict[str, str] = field(default_factory=dict)


def plan_questions(settings: Settings, table: Any = None) -> Plan:
    """The settings of each question; what could be read in two ways is refused."""
    if not settings.is_several:
        asked = settings.asked
        return Plan((settings.for_question(asked) if asked else settings,), table)
    if table is None and not settings.states_votes:
        return _plan_export(settings)
    return _plan_table(settings, read_frame(settings) if table is None else to_polars(table))


def _plan_export(settings: Settings) -> Plan:
    """Questions of the export of a tool."""
    export = recognise(settings.file)
    names, left_out = settings.question, {}
    if names == (ALL,):
        if not tells_questions(export):
            raise DataError(
                f"{export} It is not certain what all of its questions are.",
                where={"file": settings.file},
                hint="Name them: --question A,B",
            )
        known = _codebook_questions(settings.codebook) if settings.codebook else export.questions
        names = tuple(name for name in export.questions if name in known)
        why = "the codebook does not have it"
        left_out = {name: why for name in export.questions if name not in known}
    for name in names:
        if export.questions and name not in export.questions:
            raise unknown_name("question", name, export.questions)
    columns: Sequence[str] = ()
    if settings.gold:
        records = read_records(settings.file, format=settings.reader)
        columns = ("id",) if records is None else records.columns
    return Plan(_checked(settings, names, columns), None, left_out)


def _plan_table(settings: Settings, frame: pl.DataFrame) -> Plan:
    """Questions of a table: their votes lie in columns or files with the question in the name."""
    names = settings.question
    if names == (ALL,):
        if not settings.codebook:
            raise ParameterError(
                "A table does not say what all of its questions are.",
                hint="Name them, --question A,B; or add --codebook with a table for each.",
            )
        names = _codebook_questions(settings.codebook)
    stated = [n for n in ("label", "votes", "counts", "votes_file") if getattr(settings, n)]
    if not any(PLACE in str(getattr(settings, name)) for name in stated):
        option = f"--{stated[0] if stated else 'votes'}".replace("_", "-")
        raise ParameterError(
            f"Every question would read the same votes: {option} holds no {PLACE}.",
            hint=f"Put {PLACE} where the names of the questions stand, for example "
            f"{option} '{PLACE}_*' for columns such as {names[0]}_1.",
        )
    questions = _checked(settings, names, frame.columns)
    _check_apart(questions, frame.columns)
    return Plan(questions, frame)


def _codebook_questions(path: str) -> tuple[str, ...]:
    from labelwright.core.codebook import Codebook

    names = tuple(Codebook.read(path).questions)
    if "" in names:
        raise DataError(
            f"The codebook {path} has one question, without a name; the run has several.",
            where={"file": path},
            hint="Give each a table of its own: [question.NAME]",
        )
    return names


def _checked(
    settings: Settings, names: Sequence[str], columns: Sequence[str]
) -> tuple[Settings, ...]:
    """Settings of each question, each with its own gold, and a folder for each."""
    if not names:
        raise DataError("There is no question to run.", where={"file": settings.file})
    if settings.codebook:
        known = _codebook_questions(settings.codebook)
        for name in names:
            if name not in known:
                raise unknown_name("question", name, known, where={"file": settings.codebook})
    folders: dict[str, str] = {}
    for name in names:
        other = folders.setdefault(folder_name(name).casefold(), name)
        if other != name:
            raise DataError(
                f"Questions {other!r} and {name!r} would share the folder {folder_name(name)!r}.",
                hint="Run them one at a time, each with its own --out.",
            )
    return _with_gold(settings, [settings.for_question(name) for name in names], columns)


def _with_gold(
    settings: Settings, questions: Sequence[Settings], columns: Sequence[str]
) -> tuple[Settings, ...]:
    """Each question with the gold that is its own, or none where there is no column for it."""
    option = "gold" if settings.gold else "gold_file"
    stated = settings.gold or settings.gold_file
    if not stated:
        return tuple(questions)
    if _is_of_one_question(settings):
        instead = f"--gold '{PLACE}_gold'" if settings.gold else f"--gold-file 'gold_{PLACE}.csv'"
        raise ParameterError(
            f"{stated!r} is the same gold for every question.", hint=f"Say for example {instead}."
        )
    if settings.gold:
        found = [one.gold if one.gold in columns else None for one in questions]
    else:
        found = [_gold_file_of(one, is_own=PLACE in stated) for one in questions]
    without = [one.asked for one, gold in zip(questions, found, strict=True) if gold is None]
    if len(without) == len(questions):
        raise DataError(
            f"{stated!r} has gold for none of the questions: {_listed(without)}.",
            where={"parameter": option},
        )
    if without:
        warnings.warn(
            f"{_listed(without)}: no gold, since {stated!r} has none for it.",
            DataWarning,
            stacklevel=2,
        )
    pairs = zip(questions, found, strict=True)
    return tuple(one.model_copy(update={option: gold}) for one, gold in pairs)


def _is_of_one_question(settings: Settings) -> bool:
    """Whether the gold that is stated for several questions is one column or one sheet."""
    if settings.gold:
        return PLACE not in settings.gold
    path, name = split_gold_file(settings.gold_file or "")
    return PLACE not in (settings.gold_file or "") and (bool(name) or is_sheet(path))


def _gold_file_of(one: Settings, *, is_own: bool) -> str | None:
    """File and column of a question's gold; in a file of all it is called as the question."""
    path, name = split_gold_file(one.gold_file or "")
    if not Path(path).exists():
        return None
    if is_sheet(path):
        return one.gold_file
    columns = gold_columns(read_table(path), one.id)
    wanted = name or one.asked
    if wanted in columns:
        return f"{path}:{wanted}"
    return one.gold_file if is_own and not name else None


def _listed(names: Iterable[str | None]) -> str:
    return ", ".join(map(repr, names))


def _check_apart(questions: Sequence[Settings], columns: Sequence[str]) -> None:
    """Refuse a column of votes that would be read for two questions."""
    owner: dict[str, str] = {}
    for one in questions:
        pattern = one.votes or one.counts
        for name in match_columns(columns, pattern) if pattern else ():
            other = owner.setdefault(name, one.asked or "")
            if other != one.asked:
                raise DataError(
                    f"Column {name!r} fits the votes of {other!r} and of {one.asked!r}.",
                    where={"column": name},
                    hint="Make the pattern narrower, or name fewer questions.",
                )
