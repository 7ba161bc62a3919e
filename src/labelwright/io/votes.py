"""Votes from a file: the export of a known tool, or a table of any shape."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelwright.core.errors import DataError, ParameterError, unknown_name

if TYPE_CHECKING:
    import polars as pl

    from labelwright.core.spaces import Space
    from labelwright.core.votes import Votes
    from labelwright.io.formats import Reader

__all__ = ["read_records", "read_votes"]

Pattern = str | Sequence[str]


def read_votes(
    source: Any,
    *,
    question: str | None = None,
    format: str | None = None,  # noqa: A002 - the word that users know it by
    item: str | None = None,
    annotator: str | None = None,
    label: str | None = None,
    votes: Pattern | None = None,
    annotators: Pattern | None = None,
    slots: bool = False,
    counts: Pattern | None = None,
    split: str | None = None,
    space: Space | None = None,
    classes: Sequence[Any] | None = None,
    repeats: str | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
) -> Votes:
    r"""Read votes from the export of a known tool, or from a table whose shape is said.

    What shape a table has is never guessed, since people and slots, or votes and labels, look
    alike. One of these says it:

    ======================================  =====================================================
    ``item, annotator, label``              a row a vote
    ``votes="worker_*"``                    a row an item, a column a person
    ``votes="label_*", annotators="w_*"``   a row an item, columns: first vote and who gave it ...
    ``votes="label_*", slots=True``         the same, and who voted is not known
    ``counts="n_*"``                        a row an item, a column a class: numbers of votes
    ``label, split=";"``                    a row an item, all votes in one cell
    ======================================  =====================================================

    Parameters
    ----------
    source : str, Path, table or Hugging Face Dataset
    question : str, optional
        Which question of an export; needed where it holds several.
    format : str, optional
        Name of the format, for a file that fits several. By default recognised by its content.
    item, annotator, label : str, optional
        Columns. Without ``item`` the rows are numbered, unless a row is a vote.
    votes, annotators, counts : str or sequence of str, optional
        Columns, or patterns with ``*``; see :func:`match_columns`. For ``counts`` the classes are
        what the stars stand for, or the columns themselves.
    slots : bool
        The columns of ``votes`` are first vote, second vote ..., not people.
    split : str, optional
        What stands between the votes in a cell of ``label`` (and of ``annotator``).
    space, classes, repeats : optional
        As in :meth:`Votes.from_table`.
    sheet, encoding : str, optional
        As in :func:`read_table`.

    Returns
    -------
    Votes
        Further columns of a table of single votes ride along; a column ``time`` of texts such as
        ``2024-05-01T12:00:00Z`` becomes times.

    Raises
    ------
    DataError
        For a table without a stated shape, a wrong column, several questions or formats.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "votes.csv"
    >>> _ = path.write_text("text,w_1,w_2\nhello,ham,ham\ncash!,spam,ham\n")
    >>> read_votes(path, votes="w_*")
    Votes(2 items, 2 annotators, 4 votes; 2 classes)
    """
    from labelwright.core.spaces import Classes
    from labelwright.io import _shape

    shape = _shape.Shape(item, annotator, label, votes, annotators, slots, counts, split)
    if classes is not None:
        if space is not None:
            raise ParameterError("Both space= and classes= are given.", hint="Give one of them.")
        space = Classes(tuple(classes))
    # A worksheet is a table, whatever its columns are called.
    plain = shape.stated or sheet is not None
    reader = None if plain else _reader(source, format)
    if reader is not None:
        return reader.read(Path(source), question=question, space=space, repeats=repeats)
    if format is not None or question is not None:
        given = "format" if format is not None else "question"
        raise ParameterError(
            f"{given}= is for the export of a tool; here a plain table is read.",
            hint="Leave it out, or leave out the columns.",
        )
    frame = _frame(source, sheet, encoding)
    return _shape.votes_of(frame, shape, _name(source), space=space, repeats=repeats)


def read_records(path: str | Path, *, format: str | None = None) -> pl.DataFrame | None:  # noqa: A002
    """Read what was labelled from the export of a known tool.

    Parameters
    ----------
    path : str or Path
    format : str, optional
        As in :func:`read_votes`.

    Returns
    -------
    polars.DataFrame or None
        One row an item, in the order of ``read_votes(path).items``: column ``id`` and the fields
        of the item. None where the export has only votes.

    Raises
    ------
    DataError
        If the file is no export of a known tool, or could be one of several.
    """
    reader = _reader(path, format)
    if reader is None:
        raise DataError(
            f"{path} is not the export of a known tool.",
            where={"file": str(path)},
            hint="Read a plain table with read_table.",
        )
    return reader.records(Path(path))


def _reader(source: Any, name: str | None) -> Reader | None:
    """The reader for an export; None for a plain table."""
    from labelwright.io.formats._registry import fitting, readers

    if name is not None:
        by_name = {reader.name: reader for reader in readers()}
        if name not in by_name:
            raise unknown_name("format", name, by_name, error=ParameterError)
        return by_name[name]
    if not isinstance(source, (str, Path)):
        return None
    _, fits = fitting(source)
    if len(fits) > 1:
        both = " and ".join(f"{reader.title} ({reader.name!r})" for reader in fits)
        raise DataError(
            f"{source} fits {len(fits)} formats: {both}.",
            where={"file": str(source)},
            hint=f"Say which one: format={fits[0].name!r}.",
        )
    return fits[0] if fits else None


def _frame(source: Any, sheet: str | None, encoding: str | None) -> pl.DataFrame:
    from labelwright.core.tables import to_polars
    from labelwright.io import _huggingface
    from labelwright.io.tables import read_table

    if isinstance(source, (str, Path)):
        return read_table(source, sheet=sheet, encoding=encoding)
    if _huggingface.is_dataset(source):
        return _huggingface.read_object(source)
    return to_polars(source)


def _name(source: Any) -> str:
    return str(source) if isinstance(source, (str, Path)) else f"This {type(source).__name__}"
