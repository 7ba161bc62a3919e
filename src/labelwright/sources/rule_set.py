"""Several rules, applied to a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from labelwright.core.errors import DataError, ParameterError, nearest
from labelwright.core.params import Int, Nullable, Real, check_argument
from labelwright.core.spaces import Classes, infer_space
from labelwright.sources.rule_votes import RuleError, RuleVotes
from labelwright.sources.rules import RECORD, FunctionRule, Rule

if TYPE_CHECKING:
    import polars as pl

    from labelwright.core.executor import Executor
    from labelwright.core.votes import Votes
    from labelwright.sources._applying import Heard

__all__ = ["RuleSet"]

TIME_LIMIT = 5.0
MAX_ERRORS = 100


class RuleSet:
    """Rules that label the same records.

    Parameters
    ----------
    rules : sequence of Rule or function, or mapping of name to either
        A plain function becomes a rule as by :func:`rule`.
    classes : Classes or sequence, optional
        What a label can be. Without it a misspelt label is a class of its own.

    Raises
    ------
    ParameterError
        If two rules have one name, or there is none.
    SpaceError
        If a rule states a label that is no class.

    Examples
    --------
    >>> from labelwright.sources import KeywordRule, RegexRule
    >>> rules = RuleSet(
    ...     [
    ...         KeywordRule(["subscribe", "check out"], label="spam", name="asks"),
    ...         RegexRule("love|best", label="ham", name="praise"),
    ...     ],
    ...     classes=["ham", "spam"],
    ... )
    >>> found = rules.apply({"text": ["Check out my page", "I love it", "first"]})
    >>> found.votes
    Votes(3 items, 2 annotators, 2 votes; 2 classes)
    >>> found.errors
    ()
    """

    def __init__(
        self,
        rules: Iterable[Rule | Callable[..., Any]] | Mapping[str, Rule | Callable[..., Any]],
        classes: Classes | Sequence[Any] | None = None,
    ) -> None:
        named = rules.items() if isinstance(rules, Mapping) else (("", one) for one in rules)
        self.rules = tuple(_as_rule(name, one) for name, one in named)
        self.classes = classes if isinstance(classes, Classes | None) else Classes(tuple(classes))
        if not self.rules:
            raise ParameterError("There are no rules.", hint="Give at least one.")
        names = self.names
        twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
        if twice is not None:
            raise ParameterError(
                f"Two rules are called {twice!r}.",
                where={"rule": twice},
                hint="Give each a name of its own: name=...",
            )
        if self.classes is not None:
            _check_labels(self.rules, self.classes)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the rules, in order."""
        return tuple(rule.name for rule in self.rules)

    def __len__(self) -> int:
        return len(self.rules)

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __repr__(self) -> str:
        shown = ", ".join(self.names[:5]) + (", ..." if len(self) > 5 else "")
        return f"RuleSet({len(self)} rules: {shown})"

    @classmethod
    def read(cls, path: str | Path, *, classes: Classes | Sequence[Any] | None = None) -> RuleSet:
        """Read rules from a file: TOML, or Python code, which is run.

        Parameters
        ----------
        path : str or Path
            ``rules.toml`` as in the guide; or ``rules.py``, whose decorated functions and other
            rules are taken in the order in which they stand. A Python file can do whatever you
            can do: read a file from a stranger before you use it.
        classes : Classes or sequence, optional
            As for the class; before those that the file states.

        Raises
        ------
        DataError
            Naming the rule and the key, or the line.
        """
        from labelwright.sources import _files

        rules, stated = _files.read(Path(path))
        return cls(rules, classes=stated if classes is None else classes)

    def write(self, path: str | Path) -> Path:
        """Write rules as TOML that :meth:`read` reads back; functions cannot be written."""
        from labelwright.sources import _files

        return _files.write(self.rules, self.classes, Path(path))

    def apply(
        self,
        table: Any,
        *,
        columns: Mapping[str, str] | None = None,
        id: str | None = None,  # noqa: A002 - as the option of the commands
        executor: Executor | None = None,
        time_limit: float | None = TIME_LIMIT,
        max_errors: int = MAX_ERRORS,
    ) -> RuleVotes:
        """Ask every rule about every record.

        Parameters
        ----------
        table : polars, pandas or pyarrow table, dict of columns, or list of records
        columns : mapping of str to str, optional
            What a rule calls a column, to what the table calls it: ``{"text": "Input.text"}``.
        id : str, optional
            Column of item ids; by default the rows are numbered.
        executor : Executor, optional
            By default work goes on in as many processes as there are CPUs if it takes longer than
            a second here. The votes are the same for any. Processes import the module of a rule
            once, so edited rules need a new executor.
        time_limit : float or None
            Seconds for one rule on one record, after which it is stopped and has no vote there.
            Time that a rule needs once, to load something, should be spent when its module is
            imported. In threads it holds only where a single worker runs in the main thread.
        max_errors : int
            How many records a rule may fail on; one more ends the work.

        Returns
        -------
        RuleVotes

        Raises
        ------
        DataError
            For a column that is not there, or an id that stands twice.
        SpaceError
            For a label that is no class, naming rule and record.
        LabelwrightError
            If a rule failed on more than ``max_errors`` records, or ended its process.

        Notes
        -----
        A rule that prints writes to standard error. In a script, put the call under
        ``if __name__ == "__main__":``, as Python's processes ask for. Rules of strangers are asked
        in processes only with ``executor=LocalExecutor("processes")``.
        """
        from labelwright.core.tables import frame_kind, to_polars
        from labelwright.sources._applying import apply_rules
        from labelwright.sources._asking import Job

        check_argument("time_limit", time_limit, Nullable(Real(0, open_low=True)))
        check_argument("max_errors", max_errors, Int(0))
        frame = to_polars(table)
        ids = _ids(frame, id)
        fields = [_columns_of(rule, frame, columns or {}) for rule in self.rules]
        _check_columns(columns or {}, self.rules)
        job = Job(self.rules, fields, self.classes, time_limit, max_errors)
        heard = apply_rules(job, _needed(frame, fields), executor)
        votes = replace(self._votes(heard, ids), frame=frame_kind(table))
        return RuleVotes(votes, self._errors(heard, ids), self._seconds(heard))

    def _votes(self, heard: Heard, ids: pl.Series) -> Votes:
        import polars as pl

        from labelwright.core.votes import Votes

        space = self.classes or self._space(heard.labels)
        calls, codes = heard.in_order()
        row, place = np.divmod(calls, len(self))
        # Answers such as "unsure" may stand beside classes that are numbers.
        plain = all(isinstance(label, type(space.names[0])) for label in heard.labels)
        labels: Any = np.array(heard.labels, dtype=object)[codes]
        if plain:
            labels = space.to_series(heard.labels).gather(codes)
        names = pl.Series(self.names)
        return Votes.from_arrays(
            ids.gather(row),
            names.gather(place),
            labels,
            space=space,
            items=ids,
            annotators=names,
        )

    def _space(self, said: Sequence[Any]) -> Classes:
        stated = [label for rule in self.rules for label in rule.labels]
        if not (said or stated):
            raise DataError(
                "No rule voted on any record, and no classes were given.",
                hint="Give classes=, or look at the rules.",
            )
        return cast("Classes", infer_space([*stated, *said]))

    def _errors(self, heard: Heard, ids: pl.Series) -> tuple[RuleError, ...]:
        from labelwright.sources._applying import line_in_file

        found = []
        for problem in sorted(heard.problems, key=lambda one: one.call):
            row, place = divmod(problem.call, len(self))
            rule = self.rules[place]
            where = line_in_file(rule, problem.line)
            found.append(RuleError(rule.name, row, ids[row], problem.error, where))
        return tuple(found)

    def _seconds(self, heard: Heard) -> dict[str, float]:
        return dict(zip(self.names, heard.seconds.tolist(), strict=True))


def _as_rule(name: str, one: Any) -> Rule:
    if isinstance(one, Rule):
        return one
    return FunctionRule(one, name)


def _check_labels(rules: Sequence[Rule], classes: Classes) -> None:
    for rule in rules:
        for label in rule.labels:
            try:
                label in classes.abstain or classes.canonical(label)
            except DataError as error:
                error.message = f"Rule {rule.name!r}: {error.message}"
                error.where["rule"] = rule.name
                raise


def _ids(frame: pl.DataFrame, name: str | None) -> pl.Series:
    """The ids of the records; each must be there once."""
    import polars as pl

    from labelwright.core.tables import column

    if name is None:
        return pl.int_range(frame.height, eager=True)
    ids = column(frame, name)
    if ids.null_count():
        row = int(ids.is_null().arg_max() or 0)
        raise DataError(f"Record {row} has no id.", where={"row": row, "column": name})
    second = int(ids.is_first_distinct().not_().arg_max() or 0)
    if second:
        first = int((ids == ids[second]).arg_max() or 0)
        raise DataError(
            f"Item {ids[second]!r} stands in records {first} and {second}.",
            where={"row": second, "column": name},
            hint="Rules are asked once about each item: keep one row of each.",
        )
    return ids


def _columns_of(
    rule: Rule, frame: pl.DataFrame, columns: Mapping[str, str]
) -> tuple[str | None, ...]:
    """The columns of the table that a rule reads; None for the whole record."""
    found: list[str | None] = []
    for field in rule.fields:
        name = columns.get(field, field)
        if field == RECORD and field not in columns:
            found.append(None)
        elif name in frame.columns:
            found.append(name)
        else:
            raise _no_column(rule, field, name, frame)
    return tuple(found)


def _no_column(rule: Rule, field: str, name: str, frame: pl.DataFrame) -> DataError:
    guess = nearest(name, frame.columns)
    told = " (--text on the command line)" if field == "text" else ""
    return DataError(
        f"Rule {rule.name!r} reads a column {name!r}, which is not there.",
        where={"rule": rule.name, "column": name},
        hint=(f"Did you mean {guess!r}? " if guess else "")
        + f"There is: {', '.join(map(repr, frame.columns[:12]))}. "
        f"Say which one it means: columns={{{field!r}: ...}}{told}.",
    )


def _check_columns(columns: Mapping[str, str], rules: Sequence[Rule]) -> None:
    known = dict.fromkeys(field for rule in rules for field in rule.fields)
    unused = next((field for field in columns if field not in known), None)
    if unused is not None:
        raise ParameterError(
            f"No rule reads {unused!r}.",
            where={"column": unused},
            hint=f"The rules read: {', '.join(map(repr, known))}.",
        )


def _needed(frame: pl.DataFrame, fields: Sequence[tuple[str | None, ...]]) -> pl.DataFrame:
    """The columns that rules read; a number that is not one is missing."""
    import polars.selectors as cs

    read = {field for several in fields for field in several}
    kept = frame if None in read else frame.select(sorted(map(str, read)))
    return kept.with_columns(cs.float().fill_nan(None))
