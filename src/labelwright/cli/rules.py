"""``labelwright rules``."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from labelwright.cli._answer import Answer, Grid
from labelwright.cli._options import split_commas

if TYPE_CHECKING:
    import polars as pl

    from labelwright.core.votes import Votes
    from labelwright.sources import RuleReport, RuleVotes

__all__ = ["rules"]

VOTES_COLUMNS = ("annotator", "label", "event")

Several = Annotated[
    tuple[str, ...], Parameter(converter=split_commas, negative=(), show_default=False)
]


def rules(
    file: str,
    /,
    *,
    rules: str,
    text: str | None = None,
    id: str | None = None,  # noqa: A002
    gold: str | None = None,
    classes: Several = (),
    codebook: str | None = None,
    question: str | None = None,
    out: str | None = None,
    workers: int | None = None,
    time_limit: float = 5.0,
    max_errors: int = 100,
    sheet: str | None = None,
) -> Answer:
    """Label records by rules, and say how often each speaks and how often it is right.

    Rules stand in a file: in TOML, or as functions in Python, which is run as code.

    Parameters
    ----------
    file
        The table of records.
    rules
        The file of rules: rules.toml or rules.py.
    text
        The column that rules call text.
    id
        Column of item ids; needed with --out.
    gold
        Column of labels taken as true, which judge the rules.
    classes
        The labels that are allowed; by default those in the file of rules, or those that occur.
    codebook
        File of classes and their meaning.
    question
        Which question of the codebook.
    out
        Where to write the votes, one row a vote: parquet, csv, tsv, jsonl or xlsx.
    workers
        How many processes; by default as many as there are CPUs.
    time_limit
        Seconds for one rule on one record.
    max_errors
        How many records a rule may fail on.
    sheet
        Sheet of an Excel file.
    """
    from labelwright.core.executor import LocalExecutor
    from labelwright.core.tables import column
    from labelwright.io import read_table
    from labelwright.sources import RuleSet, rule_report

    _check_out(out, id)
    frame = read_table(file, sheet=sheet)
    true = None if gold is None else column(frame, gold)
    rule_set = RuleSet.read(rules, classes=_classes(classes, codebook, question))
    with LocalExecutor("processes", workers) as executor:
        found = rule_set.apply(
            frame,
            columns={} if text is None else {"text": text},
            id=id,
            executor=executor,
            time_limit=time_limit,
            max_errors=max_errors,
        )
    votes = found.votes if true is None else _with_classes_of(found.votes, true)
    report = rule_report(votes, None if true is None else true.to_list())
    if out is not None:
        _write_votes(found.votes, id or "", out)
    following = _next(file, id, text, gold, out, rules)
    data = {"kind": "rules", "report": report, "errors": found.to_dict()["errors"]}
    return Answer({**data, "votes_file": out, "next": following}, _text(report, found, following))


def _classes(names: tuple[str, ...], codebook: str | None, question: str | None) -> Any:
    from labelwright.core.errors import ParameterError

    if codebook is None:
        return names or None
    if names:
        raise ParameterError("The labels are given twice: --classes and --codebook.")
    from labelwright.core.codebook import Codebook

    return Codebook.read(codebook).space(question)


def _check_out(out: str | None, name: str | None) -> None:
    from labelwright.core.errors import ParameterError

    if out is not None and name is None:
        raise ParameterError(
            "--out needs --id: the column of item ids.",
            hint="By it the votes are joined to the records again.",
        )
    if out is not None and name in VOTES_COLUMNS:
        raise ParameterError(
            f"The column of ids is called {name!r}, as a column of the file of votes is.",
            hint="Rename it.",
        )


def _with_classes_of(votes: Votes, true: pl.Series) -> Votes:
    """The votes among all classes that occur: gold may know some that no rule gave."""
    from labelwright.core.spaces import Classes

    space = votes.classes
    known = {*space.answers, *space.aliases, *space.abstain}
    further = [label for label in true.drop_nulls().unique().to_list() if label not in known]
    if not further or space.definitions or space.ordered:
        return votes
    return votes.with_space(Classes.from_values([*space.names, *further]))


def _write_votes(votes: Votes, name: str, out: str) -> None:
    from labelwright.io import write_table

    table = votes.to_table().rename({"item": name})
    if not table["event"].count():
        table = table.drop("event")
    write_table(table, out)


def _next(
    file: str, name: str | None, text: str | None, gold: str | None, out: str | None, rules: str
) -> str:
    """The command to type next."""
    options = ["--text", text] if text else []
    options += ["--gold", gold] if gold else []
    if out is not None:
        return shlex.join(
            ["labelwright", "run", file, "--id", str(name), "--votes-file", out, *options]
        )
    words = ["labelwright", "rules", file, "--rules", rules, *options]
    return shlex.join([*words, "--id", name or "COLUMN", "--out", "votes.parquet"])


def _text(report: RuleReport, found: RuleVotes, following: str) -> list[str | Grid]:
    header: tuple[str, ...] = ("rule", "says", "votes", "coverage", "overlaps", "conflicts")
    judged = bool(report.judged.sum())
    columns = [
        report.rules,
        [", ".join(map(str, names)) for names in report.polarity],
        report.said.sum(axis=1).tolist(),
        *(
            [f"{x:.1%}" for x in shares]
            for shares in (report.coverage, report.overlaps, report.conflicts)
        ),
    ]
    if judged:
        header, columns = (*header, "right, by gold"), [*columns, report.accuracy_words()]
    if found.errors:
        header = (*header, "errors")
        columns.append(found.to_table()["errors"].to_list())
    sizes = (
        f"{len(report.rules)} rules on {report.n_items:,} records: {report.n_covered:,} have a "
        f"vote, {report.n_overlapped:,} two or more, {report.n_conflicted:,} votes in conflict"
    )
    lines: list[str | Grid] = [
        sizes,
        "",
        Grid(header, tuple(zip(*columns, strict=True))),
        "",
        *(f"- {finding}" for finding in report.findings()),
        *_error_lines(found),
    ]
    if not judged:
        lines.append("- Without gold nobody knows how often a rule is right: --gold COLUMN.")
    return [*lines, "", "Next:", f"  {following}"]


def _error_lines(found: RuleVotes) -> list[str]:
    """The first error of each rule, and on how many more records it failed."""
    failed = Counter(error.rule for error in found.errors)
    lines = []
    for rule, times in failed.items():
        first = next(error for error in found.errors if error.rule == rule)
        more = f"; it failed on {times - 1:,} more" if times > 1 else ""
        lines.append(f"- {first}{more}")
    return lines
