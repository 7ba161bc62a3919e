"""What a run is asked to do: options of the command, of ``run()`` and of a project file."""

from __future__ import annotations

import os
import shlex
import tomllib
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from labelwright.core.errors import DataError, ParameterError, unknown_name
from labelwright.core.files import check_format, write_bytes

__all__ = ["Settings"]

FORMAT = 1
AUTO = "auto"
# What stands for the name of the question in the names of columns and files.
PLACE = "{question}"
# Every question that the file or the codebook holds.
ALL = "all"
PATHS = ("file", "votes_file", "codebook", "embedding", "gold_file", "names")


class Settings(BaseModel):
    """Everything that decides the result of a run.

    The same names are options of ``labelwright run`` (``votes_file`` is ``--votes-file``) and keys
    of the table ``[run]`` in a project file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str = Field("", description="The file of records (and usually votes).")
    reader: str | None = Field(None, description="Name of the format, if it is not recognised.")
    sheet: str | None = Field(None, description="Sheet of an Excel file.")
    question: tuple[str, ...] = Field(
        (),
        description="Which question, if the file holds several; several of them, or all. In names "
        "of columns and files {question} stands for each.",
    )
    codebook: str | None = Field(None, description="File of classes and their meaning.")

    id: str | None = Field(None, description="Column of item ids.")
    annotator: str | None = Field(None, description="Column of annotators: one row a vote.")
    label: str | None = Field(None, description="Column of votes, or of doubtful labels.")
    votes: tuple[str, ...] = Field((), description="Columns of votes, a person or slot each.")
    annotators: tuple[str, ...] = Field((), description="Columns of who gave each of them.")
    slots: bool = Field(False, description="The columns of votes are slots of unknown people.")
    votes_file: str | None = Field(None, description="Second file with one row a vote.")
    counts: tuple[str, ...] = Field((), description="Columns of numbers of votes, one a class.")
    split: str | None = Field(None, description="What stands between the votes in a cell.")
    repeats: str | None = Field(None, description="newest, first, all or error.")

    gold: str | None = Field(None, description="Column of labels taken as true.")
    gold_file: str | None = Field(None, description="File of gold labels, FILE or FILE:COLUMN.")
    text: str | None = Field(None, description="Column of text to learn from.")
    features: tuple[str, ...] = Field((), description="Columns to learn from.")
    embedding: str | None = Field(None, description="File .npy with a row of numbers an item.")
    group: str | None = Field(None, description="Column of groups that belong together.")
    of: str | None = Field(None, description="Class whose share is estimated; by default each.")
    by: str | None = Field(None, description="Column of few values to break the results down by.")
    names: str | None = Field(
        None,
        description="File of annotators' ids and their names, for the report (not with --share).",
    )

    method: str = Field(AUTO, description="How votes are aggregated: auto, dawid-skene, wawa, ...")
    limit: int | None = Field(None, ge=1, description="Only this many items, drawn at random.")
    seed: int = Field(0, ge=0, description="Seed of all random choices.")

    @field_validator("question", "votes", "annotators", "counts", "features", mode="before")
    @classmethod
    def _as_tuple(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value

    @classmethod
    def of_options(cls, **options: Any) -> Self:
        """Settings from options; a wrong name or value is answered with what is accepted."""
        given = {name: value for name, value in options.items() if value not in (None, (), [])}
        unknown = [name for name in given if name not in cls.model_fields]
        if unknown:
            raise unknown_name("option", unknown[0], cls.model_fields, error=ParameterError)
        try:
            settings = cls(**given)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(map(str, first["loc"]))
            raise ParameterError(
                f"{name}={first['input']!r} is not accepted: {first['msg'].lower()}.",
                where={"parameter": name},
                hint=cls.model_fields[str(first["loc"][0])].description or "",
            ) from error
        settings._check()
        return settings

    def _check(self) -> None:
        if self.method != AUTO:
            # Aggregators are heavy to import, and most runs name none.
            from labelwright.pipeline._methods import by_name

            if self.method not in by_name():
                known = (AUTO, *by_name())
                raise unknown_name("method", self.method, known, error=ParameterError)
        shapes = {
            "--annotator": self.annotator and not self.votes_file,
            "--votes": self.votes,
            "--votes-file": self.votes_file,
            "--counts": self.counts,
        }
        stated = [name for name, value in shapes.items() if value]
        if len(stated) > 1:
            raise ParameterError(
                f"The votes are described in two ways: {' and '.join(stated)}.", hint="Choose one."
            )
        if self.annotator and not (self.label and self.id):
            raise ParameterError("--annotator says who gave a vote: --id and --label go with it.")
        if self.annotators and not self.votes:
            raise ParameterError("--annotators goes with --votes: who gave each of those votes.")
        learnt_from = [self.text, self.features, self.embedding]
        if sum(map(bool, learnt_from)) > 1:
            raise ParameterError("Give one of --text, --features and --embedding.")
        if self.gold and self.gold_file:
            raise ParameterError("Give one of --gold and --gold-file.")
        self._check_questions()

    def _check_questions(self) -> None:
        twice = [name for name in self.question if self.question.count(name) > 1]
        if twice:
            raise ParameterError(f"Question {twice[0]!r} is named twice.")
        if "" in self.question:
            raise ParameterError("--question holds an empty name.")
        if ALL in self.question and len(self.question) > 1:
            raise ParameterError(f"--question {ALL} already holds every question.")
        if not self.question:
            for name, value in self.stated().items():
                if name != "file" and PLACE in str(value):
                    raise ParameterError(
                        f"{PLACE} in {name}={value!r} stands for a question, and none is named.",
                        hint="Add --question NAME, or several with commas.",
                    )

    @property
    def is_several(self) -> bool:
        """Whether results go into a folder a question: by what was asked, not by what was found."""
        return len(self.question) > 1 or self.question == (ALL,)

    @property
    def asked(self) -> str | None:
        """The question, where one is named."""
        return None if self.is_several or not self.question else self.question[0]

    def for_question(self, name: str) -> Self:
        """These settings for one question alone, its name wherever :data:`PLACE` stands."""
        filled: dict[str, Any] = {}
        for field, value in self.stated().items():
            if isinstance(value, str) and field != "file":
                filled[field] = value.replace(PLACE, name)
            elif isinstance(value, tuple):
                filled[field] = tuple(part.replace(PLACE, name) for part in value)
        return self.model_copy(update=filled | {"question": (name,)})

    @property
    def states_votes(self) -> bool:
        """Whether the columns of votes or labels are named, as a plain table needs."""
        return bool(self.label or self.votes or self.counts or self.votes_file)

    @property
    def states_doubtful_label(self) -> bool:
        """Whether there is one label an item, which is itself in doubt."""
        others = (self.annotator, self.split, self.votes_file, self.votes, self.counts)
        return bool(self.label) and not any(others)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a project file; paths in it are relative to it."""
        try:
            content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise DataError(
                f"{path} is no valid TOML: {error}.", where={"file": str(path)}
            ) from error
        check_format(content.pop("format", None), FORMAT, path)
        options = content.pop("run", {})
        if content:
            raise unknown_name("table", next(iter(content)), ("run",), where={"file": str(path)})
        for name in PATHS:
            if options.get(name):
                options[name] = os.path.normpath(Path(path).parent / options[name])
        return cls.of_options(**options)

    def write(self, path: str | Path, note: str = "") -> Path:
        """Write a project file that :meth:`read` reads back; paths become relative to it."""
        import tomlkit

        base = Path(path).parent
        document = tomlkit.document()
        for line in note.splitlines():
            document.add(tomlkit.comment(line))
        document.add("format", tomlkit.item(FORMAT))
        table = tomlkit.table()
        for name, value in self.stated().items():
            if name in PATHS:
                value = os.path.relpath(value, base)
            table.add(name, list(value) if isinstance(value, tuple) else value)
        document.add("run", table)
        write_bytes(path, tomlkit.dumps(document).encode())
        return Path(path)

    def stated(self) -> dict[str, Any]:
        """The options that differ from their defaults."""
        return {k: v for k, v in self if v != type(self).model_fields[k].default}

    def command(self) -> str:
        """The command that does this run."""
        words = ["labelwright", "run", self.file]
        for name, value in self.stated().items():
            if name == "file":
                continue
            words.append("--format" if name == "reader" else f"--{name.replace('_', '-')}")
            if value is not True:
                words.append(",".join(value) if isinstance(value, tuple) else str(value))
        return shlex.join(words)
