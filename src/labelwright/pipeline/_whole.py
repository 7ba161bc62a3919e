"""A whole run: each of its questions through all stages, and one report above them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from labelwright.core.errors import CapabilityError, DataError, DataWarning, unknown_name
from labelwright.pipeline._folder import RunFolder, folder_name
from labelwright.pipeline._gather import Gathered, gather
from labelwright.pipeline._names import read_names, warn_if_strangers
from labelwright.pipeline._outputs import write_run
from labelwright.pipeline._questions import plan_questions
from labelwright.pipeline._report_data import report_data
from labelwright.pipeline._reviewed import keep_run, put_decisions
from labelwright.pipeline._stages import execute
from labelwright.pipeline.settings import ALL, Settings

__all__ = ["execute_all"]

Job = tuple[Settings, Gathered]


def execute_all(settings: Settings, table: Any, path: Path, *, share: bool) -> dict[str, Any]:
    """Run every question in the folder and give the data of the report."""
    source = "table" if table is not None else str(Path(settings.file).absolute())
    with RunFolder(path, source, is_several=settings.is_several).opened() as folder:
        names = read_names(settings.names) if settings.names and not share else {}
        jobs, left_out = _gathered(settings, table)
        questions = [_execute_one(folder, job, settings, names) for job in jobs]
        if settings.names and names:
            warn_if_strangers(names, settings.names, questions)
        found = report_data(settings, questions, left_out)
        keep_run(path, found)
        report = put_decisions(path, found)
        write_run(path, settings, report, share=share)
        folder.mark(complete=True)
        _warn_of_left_over(folder, questions)
    return report


def _warn_of_left_over(folder: RunFolder, questions: list[dict[str, Any]]) -> None:
    left = folder.left_over(one["folder"] for one in questions if "folder" in one)
    if left:
        warnings.warn(
            f"Of an earlier run, and not of this one, are in {folder.path}: {', '.join(left)}.",
            DataWarning,
            stacklevel=2,
        )


def _gathered(settings: Settings, table: Any) -> tuple[list[Job], dict[str, str]]:
    """What each question starts from, all of it read before anything is computed."""
    plan = plan_questions(settings, table)
    jobs, left_out = [], dict(plan.left_out)
    for one in plan.questions:
        try:
            jobs.append((one, gather(one, plan.table)))
        except CapabilityError as error:
            # Whoever names a question wants it; whoever says 'all' wants those that can be had.
            if settings.question != (ALL,):
                raise
            left_out[one.asked or ""] = str(error)
    for name, why in left_out.items():
        warnings.warn(f"Question {name!r} is left out: {why}", DataWarning, stacklevel=2)
    if not jobs:
        raise DataError("No question is left to run.", where={"file": settings.file})
    _check_class(settings, jobs)
    return jobs, left_out


def _check_class(settings: Settings, jobs: list[Job]) -> None:
    """Refuse a class whose share is wanted and that no question has."""
    known = [str(name) for _, inputs in jobs for name in inputs.votes.classes.names]
    if settings.of is not None and settings.of not in known:
        raise unknown_name("class", settings.of, known)


def _execute_one(
    folder: RunFolder, job: Job, settings: Settings, names: dict[str, str]
) -> dict[str, Any]:
    one, inputs = job
    if not settings.is_several:
        return execute(folder, one, inputs, names)
    name = folder_name(one.asked or "")
    part = folder.part(name, one.asked or "")
    question = execute(part, one, inputs, names)
    one.write(part.path / "run.toml", note=f"Made by: {one.command()}")
    part.mark(complete=True)
    return question | {"folder": name}
