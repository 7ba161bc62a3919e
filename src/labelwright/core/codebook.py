"""The codebook: which labels there are and what they mean, in one TOML file.

::

    format = 1

    [question.topic]
    kind = "classes"
    ordered = false
    prompt = "What is the ticket about?"
    abstain = ["unsure"]

    [[question.topic.class]]
    name = "billing"
    definition = "Money that was or will be charged."
    examples = ["I was charged twice"]
    aliases = ["Billing", "invoice"]
    parent = "account"
    positive = true

    [question.score]
    kind = "numbers"
    min = 0
    max = 10
    unit = "points"

With one question its name may be left out: ``[question]`` and ``[[question.class]]``.
"""

from __future__ import annotations

import tomllib
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from labelwright.core.errors import DataError, DataWarning, SpaceError, unknown_name
from labelwright.core.files import check_format, write_bytes
from labelwright.core.spaces import (
    Classes,
    Numbers,
    Rankings,
    Regions,
    Space,
    Spans,
    Tags,
    Text,
    infer_space,
    spelling_variants,
)

__all__ = ["Codebook", "LabelEntry", "Question"]

FORMAT = 1
NAMED: dict[str, Any] = {"tags": Tags, "rankings": Rankings, "spans": Spans, "regions": Regions}
Name = bool | int | str

# What a question of a kind may state, beside kind and prompt; a key of no effect is refused.
STATED = {
    "classes": {"ordered", "abstain", "open_answers", "class"},
    "numbers": {"min", "max", "unit"},
} | {kind: {"class"} for kind in NAMED}
OF_CLASSES = {"aliases", "parent", "positive"}


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, strict=True)


class LabelEntry(_Entry):
    """One label: its name, what it means, and how else it is written."""

    name: Name
    definition: str = ""
    examples: list[str] = []
    aliases: list[Name] = []
    parent: Name | None = None
    positive: bool = False


class Question(_Entry):
    """One question asked of the items."""

    kind: Literal["classes", "tags", "numbers", "rankings", "spans", "regions", "text"]
    prompt: str = ""
    ordered: bool = False
    abstain: list[Name] = []
    open_answers: dict[str, list[Name]] = {}
    labels: list[LabelEntry] = Field([], alias="class")
    min: float | None = None
    max: float | None = None
    unit: str = ""

    def space(self) -> Space:
        """The label space that the question states."""
        names = tuple(label.name for label in self.labels)
        if self.kind == "classes":
            return self._classes(names)
        if self.kind == "numbers":
            return Numbers(low=self.min, high=self.max, unit=self.unit)
        if self.kind == "text":
            return Text()
        space: Space = NAMED[self.kind](names)
        return space

    def _classes(self, names: tuple[Name, ...]) -> Classes:
        aliases: dict[Name, Name] = {}
        for label in self.labels:
            for alias in label.aliases:
                if aliases.setdefault(alias, label.name) != label.name:
                    raise SpaceError(
                        f"{alias!r} is an alias of {aliases[alias]!r} and of {label.name!r}.",
                        where={"label": alias},
                        hint="An alias belongs to one class.",
                    )
        positive = [label.name for label in self.labels if label.positive]
        if len(positive) > 1:
            listed = ", ".join(map(repr, positive))
            raise SpaceError(f"Several classes are positive: {listed}.", hint="Mark one.")
        return Classes(
            names,
            ordered=self.ordered,
            parents={label.name: label.parent for label in self.labels if label.parent is not None},
            definitions={label.name: label.definition for label in self.labels if label.definition},
            aliases=aliases,
            abstain=tuple(self.abstain),
            open_answers=self.open_answers,
            positive=positive[0] if positive else None,
        )


class Codebook:
    """What may be answered to each question.

    Parameters
    ----------
    questions : mapping of str to Question
        A single question may be called "".
    proposals : sequence of str
        What somebody should decide; written into the file as comments.

    Examples
    --------
    >>> book = Codebook.propose(["Billing", "billing ", "refund", None])
    >>> book.space().names
    ('Billing', 'billing ', 'refund')
    >>> book.proposals
    ("'Billing' and 'billing ' differ only in spelling: make one an alias of the other?",)
    """

    def __init__(self, questions: dict[str, Question], proposals: Sequence[str] = ()) -> None:
        self.questions = questions
        self.proposals = tuple(proposals)

    @classmethod
    def propose(cls, labels: Any, question: str = "", prompt: str = "") -> Self:
        """A codebook of the labels that occur; spelling variants are proposed, never merged."""
        with warnings.catch_warnings():
            # The variants become proposals of the file.
            warnings.simplefilter("ignore", DataWarning)
            space = infer_space(labels)
        names = getattr(space, "names", ())
        entries = [LabelEntry(name=name) for name in names]
        stated = Question.model_validate({"kind": space.kind, "prompt": prompt, "class": entries})
        proposals = [
            f"{' and '.join(map(repr, group))} differ only in spelling: "
            "make one an alias of the other?"
            for group in spelling_variants(names)
        ]
        return cls({question: stated}, proposals)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a codebook; an error names the key, or the line where the file breaks."""
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
            content = tomllib.loads(text)
        except FileNotFoundError as error:
            raise DataError(f"There is no file {path}.", where={"file": str(path)}) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            where = {"file": str(path)}
            raise DataError(f"{path} is no valid TOML: {error}.", where=where) from error
        check_format(content.pop("format", None), FORMAT, path)
        tables = content.pop("question", {})
        if content:
            raise unknown_name(
                "table", next(iter(content)), ("question",), where={"file": str(path)}
            )
        if not isinstance(tables, dict) or not tables:
            raise DataError(
                f"{path} asks no question.", hint="Add a table such as [question.topic]."
            )
        named = {"": tables} if "kind" in tables else tables
        book = cls({name: _question(name, table, path) for name, table in named.items()})
        for name, question in book.questions.items():
            _check_question(question, f"question.{name}".rstrip("."), path, text)
        return book

    def space(self, question: str | None = None) -> Space:
        """The label space of a question, which must be named where there are several."""
        if question is None or (question not in self.questions and "" in self.questions):
            if len(self.questions) > 1:
                listed = ", ".join(map(repr, self.questions))
                raise DataError(f"The codebook has several questions: {listed}.", hint="Name one.")
            question = next(iter(self.questions))
        if question not in self.questions:
            raise unknown_name("question", question, self.questions)
        return self.questions[question].space()

    def write(self, path: str | Path) -> Path:
        """Write the file that :meth:`read` reads back."""
        import tomlkit

        document = tomlkit.document()
        document.add("format", tomlkit.item(FORMAT))
        for line in self.proposals:
            document.add(tomlkit.comment(line))
        tables = {name: _plain(question) for name, question in self.questions.items()}
        document.add("question", tomlkit.item(tables[""] if list(tables) == [""] else tables))
        return write_bytes(path, tomlkit.dumps(document).encode())

    def __repr__(self) -> str:
        kinds = ", ".join(f"{n or 'question'}: {q.kind}" for n, q in self.questions.items())
        return f"Codebook({kinds})"


def _question(name: str, table: Any, path: str | Path) -> Question:
    place = f"question.{name}" if name else "question"
    if not isinstance(table, dict):
        raise DataError(f"{path}: {place} is no table.", where={"file": str(path), "key": place})
    try:
        return Question.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join([place, *map(str, first["loc"])])
        known = [field.alias or field_name for field_name, field in Question.model_fields.items()]
        hint = f"A question has {', '.join(known)}."
        if "class" in first["loc"]:
            hint = f"A class has {', '.join(LabelEntry.model_fields)}."
        raise DataError(
            f"{path}: {key} is not accepted: {first['msg'].lower()}.",
            where={"file": str(path), "key": key},
            hint=hint,
        ) from error


def _check_question(question: Question, key: str, path: str | Path, text: str) -> None:
    """Refuse keys of no effect, and labels that contradict each other, with their place."""
    given = _plain(question).keys() - {"kind", "prompt"} - STATED.get(question.kind, set())
    if question.kind != "classes":
        given |= {k for label in question.labels for k in OF_CLASSES & label.model_fields_set}
    if given:
        key = f"{key}.{min(given)}"
        raise DataError(
            f"{path}: {key} means nothing for {question.kind}.",
            where={"file": str(path), "key": key},
            hint="Leave it out, or change the kind.",
        )
    try:
        question.space()
    except SpaceError as error:
        line = _line_of(error.where.get("label"), text)
        error.message = f"{path}, {f'line {line}, ' if line else ''}{key}: {error.message}"
        error.where |= {"file": str(path), "key": key} | ({"row": line} if line else {})
        raise


def _line_of(label: Any, text: str) -> int | None:
    """The last line that holds a label: where two of them clash, it is the second that is wrong."""
    if label is None:
        return None
    spelt = {f'"{label}"', f"'{label}'"} if isinstance(label, str) else {str(label).lower()}
    lines = enumerate(text.splitlines(), 1)
    return max((number for number, line in lines if any(s in line for s in spelt)), default=None)


def _plain(question: Question) -> dict[str, Any]:
    return question.model_dump(by_alias=True, exclude_defaults=True)
