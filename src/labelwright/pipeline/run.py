"""The main job in one call: votes or doubtful labels in, a run folder out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from labelwright.core.errors import ParameterError, RunError, unknown_name
from labelwright.core.files import read_json
from labelwright.core.results import Result
from labelwright.pipeline.settings import Settings

if TYPE_CHECKING:
    from labelwright.learning import Model

__all__ = ["RunResult", "load_run", "run"]


@dataclass(frozen=True)
class RunResult(Result):
    """What a run found. The folder holds the same, and more.

    A run of several questions holds a result a question: ``result["topic"].labels``; iterating
    over it gives their names.

    Attributes
    ----------
    folder : Path
    report_data : dict
        All figures, as in ``report.json``.
    frame : str
        The library of the tables given back.
    whole : Path or None
        For one question out of several: the folder of the whole run.
    """

    kind: ClassVar[str] = "run"

    folder: Path
    report_data: dict[str, Any]
    frame: str = "polars"
    whole: Path | None = None

    @property
    def questions(self) -> tuple[str, ...]:
        """The names of the questions; none where the only one has no name."""
        return tuple(q["name"] for q in self.report_data["questions"] if q["name"] is not None)

    def __getitem__(self, question: str) -> RunResult:
        """What was found on one question."""
        for found in self.report_data["questions"]:
            if found["name"] == question and "folder" in found:
                only = {name: value for name, value in found.items() if name != "folder"}
                data = self.report_data | {"questions": [only]}
                return RunResult(self.folder / found["folder"], data, self.frame, self.folder)
        if question not in self.questions:
            raise unknown_name("question", question, self.questions)
        return self

    def __iter__(self) -> Iterator[str]:
        return iter(self.questions)

    @property
    def labels(self) -> Any:
        """One row an item: the records and their ``lw_`` columns."""
        return self._table("labels")

    @property
    def annotators(self) -> Any:
        """One row an annotator, by the evidence against them."""
        return self._table("annotators")

    @property
    def issues(self) -> Any:
        """Likely label errors, worst first."""
        return self._table("likely_errors")

    @property
    def estimates(self) -> Any:
        """Shares and accuracies with their intervals."""
        return self._table("estimates")

    @property
    def model(self) -> Model | None:
        """The model, or None if there is none."""
        from labelwright.learning import load_model

        self._refuse_several()
        path = self.folder / "model"
        return load_model(path) if path.exists() else None

    @property
    def report(self) -> Path:
        """The report, of all questions where there are several."""
        return (self.whole or self.folder) / "report.html"

    def to_dict(self) -> dict[str, Any]:
        """All figures, as in ``report.json``, and the folder."""
        return {"kind": self.kind, "folder": str(self.folder), **self.report_data}

    def to_table(self) -> Any:
        """The labels; of several questions a row each."""
        if not self._is_several:
            return self.labels
        import polars as pl

        from labelwright.core.tables import as_kind
        from labelwright.pipeline._summary import overview

        return as_kind(pl.DataFrame(overview(self.report_data)), self.frame)

    def summary(self) -> list[str]:
        """The findings in at most fifteen lines."""
        from labelwright.pipeline._summary import summary, summary_of_several

        if self._is_several:
            return summary_of_several(self.report_data, self.folder)
        return summary(self.report_data, self.folder, self.report)

    def __repr__(self) -> str:
        return "\n".join(self.summary())

    @property
    def _is_several(self) -> bool:
        return any("folder" in question for question in self.report_data["questions"])

    def _refuse_several(self) -> None:
        if self._is_several:
            raise ParameterError(
                f"This run has several questions: {', '.join(self.questions)}.",
                hint=f"Take one of them: result[{self.questions[0]!r}].",
            )

    def _table(self, name: str) -> Any:
        import polars as pl

        from labelwright.core.tables import as_kind

        self._refuse_several()
        return as_kind(pl.read_parquet(self.folder / f"{name}.parquet"), self.frame)


def run(
    source: Any = None,
    *,
    out: str | Path | None = None,
    share: bool = False,
    settings: Settings | None = None,
    **options: Any,
) -> RunResult:
    """Votes, or labels in doubt, to labels with confidence, likely errors, a model and a report.

    Parameters
    ----------
    source : path or table
        A file of records and votes, a project file (``.toml``), or a table.
    out : path, optional
        The run folder; by default ``runs/<name of the file>``. A folder that holds something else
        is refused. In a folder of the same input, stages whose inputs have not changed are kept.
    share : bool
        Write a report without records, names and ids.
    settings : Settings, optional
        In place of options.
    **options
        Fields of :class:`Settings`, for example ``text="review", votes="worker_*"``. Several
        questions at once are ``question=["topic", "tone"]``; in the names of columns and files
        ``{question}`` stands for each of them, as in ``votes="{question}_*"``.

    Returns
    -------
    RunResult

    Raises
    ------
    DataError
        If the input cannot be read as it was said, or could be read in two ways.
    RunError
        If the folder cannot be used.

    Examples
    --------
    >>> import tempfile
    >>> table = {"text": ["good", "bad", "fine"], "ann": list("yny"), "bo": list("yyy")}
    >>> result = run(table, votes=["ann", "bo"], out=tempfile.mkdtemp())
    >>> result.labels["lw_label"].to_list()
    ['y', 'n', 'y']
    >>> table |= {"tone_ann": list("aba"), "tone_bo": list("abb")}
    >>> table |= {"rude_ann": list("nny"), "rude_bo": list("nyy")}
    >>> result = run(table, question=["tone", "rude"], votes="{question}_*", out=tempfile.mkdtemp())
    >>> result["rude"].labels["lw_agreement"].to_list()
    [1.0, 0.5, 1.0]
    """
    from labelwright.core.tables import frame_kind
    from labelwright.pipeline._whole import execute_all

    if settings is None:
        settings = _settings(source, options)
    elif options:
        raise ParameterError("Give settings= or options, not both.")
    table = None if source is None or isinstance(source, (str, Path)) else source
    if table is None and not settings.file:
        raise ParameterError("There is nothing to run on.", hint="Give a file or a table.")
    folder = Path(out) if out is not None else Path("runs") / (Path(settings.file).stem or "table")
    report = execute_all(settings, table, folder, share=share)
    return RunResult(folder, report, "polars" if table is None else frame_kind(table))


def load_run(folder: str | Path) -> RunResult:
    """Open a run folder, or that of a question in it; one that was left half done is refused."""
    hidden = Path(folder) / ".labelwright" / "run.json"
    if not hidden.exists():
        raise RunError(f"{folder} is no run of Labelwright.", where={"folder": str(folder)})
    head = read_json(hidden)
    if "question" in head:
        return load_run(Path(folder).absolute().parent)[head["question"]]
    if not head["complete"]:
        raise RunError(
            f"The run in {folder} was not finished.",
            where={"folder": str(folder)},
            hint="Run the same command again: finished stages are kept.",
        )
    return RunResult(Path(folder), read_json(Path(folder) / "report.json"))


def _settings(source: Any, options: dict[str, Any]) -> Settings:
    if not isinstance(source, (str, Path)):
        return Settings.of_options(**options)
    if Path(source).suffix != ".toml":
        return Settings.of_options(file=str(source), **options)
    if options:
        changed = Settings.read(source).stated() | options
        return Settings.of_options(**changed)
    return Settings.read(source)
