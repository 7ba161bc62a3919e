"""Tables in and out, in any of the usual formats."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelwright.core.errors import CapabilityError, DataError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["read_table", "write_table"]


def read_table(
    path: str | Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    separator: str | None = None,
    limit: int | None = None,
) -> pl.DataFrame:
    r"""Read a table; its format is recognised by what it holds, and only then by its name.

    Formats: csv and tsv (any of ``, ; |`` and tab), json, jsonl, parquet, arrow (feather), xlsx
    (also xls and ods), each of the text formats also packed with gzip, and a folder that Hugging
    Face's ``Dataset.save_to_disk`` wrote.

    What holds for csv, where nothing but text is written down:

    - A column is whole numbers, fractions or true/false only if every cell clearly is. ``007``,
      ``+1`` and ids of more than 18 digits keep the whole column text.
    - Only an empty cell is missing. ``NA``, ``None`` and the like are text.
    - The apostrophe that ``write_table(safe=True)`` puts before ``=cmd()`` is taken off again.
    - Blank lines are no rows. A column without name and content is left out; one without a name
      is called ``column_3`` after its place.

    A json column that mixes text with other types becomes text, with a warning. A worksheet knows
    one kind of number: a column of whole numbers becomes integers. Its empty rows are no rows.
    Class labels of Hugging Face become their names, in an Enum that keeps their order.

    Parameters
    ----------
    path : str or Path
    sheet : str, optional
        The worksheet; needed where several hold something.
    encoding : str, optional
        Of text formats. By default UTF-8 (with or without mark) or UTF-16; where it is neither,
        Windows-1252, with a warning.
    separator : str, optional
        Between the fields of a csv; found by itself by default.
    limit : int, optional
        Read only the first rows.

    Returns
    -------
    polars.DataFrame
        A column that is missing throughout is text.

    Raises
    ------
    DataError
        Naming the line or record, for rows of unequal length, a quote that is never closed, a
        file that breaks off, repeated column names, an empty file or one of another kind.
    MissingExtraError
        For a worksheet without the extra ``excel``.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "votes.csv"
    >>> _ = path.write_text("item;worker;label\n007;ann;2\n008;bo;\n")
    >>> read_table(path).rows()
    [('007', 'ann', 2), ('008', 'bo', None)]
    """
    from labelwright.io import _read
    from labelwright.io._content import open_content

    content = open_content(path)
    options = _read.Options(sheet=sheet, encoding=encoding, separator=separator, limit=limit)
    return _read.tidy(_read.READERS[content.kind](content, options))


def write_table(table: Any, path: str | Path, *, safe: bool = True) -> Path:
    """Write a table, whole or not at all; the end of the name says in which format.

    Parameters
    ----------
    table : polars, pandas or pyarrow table, or dict of columns
    path : str or Path
        Ending in csv, tsv, json, jsonl, parquet, arrow, feather or xlsx; text also with ``.gz``.
    safe : bool
        In csv and tsv, put an apostrophe before text that a spreadsheet would run as a formula
        (it begins with ``= + - @``, tab or carriage return). :func:`read_table` takes it off
        again; other programs show it. The other formats say themselves what is text, so nothing is
        changed there.

    Returns
    -------
    Path
        Where it was written.

    Notes
    -----
    csv knows only text: empty text comes back as missing, ``"12"`` as the number, times as text.
    Lists and records become JSON text in csv and xlsx. Parquet and arrow keep everything.

    Raises
    ------
    CapabilityError
        If the format is not known, or cannot hold this table.

    Examples
    --------
    >>> import tempfile
    >>> path = write_table({"text": ["=cmd()", "hello"]}, Path(tempfile.mkdtemp()) / "out.csv")
    >>> path.read_text().splitlines()
    ['text', "'=cmd()", 'hello']
    >>> read_table(path)["text"].to_list()
    ['=cmd()', 'hello']
    """
    from labelwright.core.tables import to_polars
    from labelwright.io import _write

    target = Path(path)
    frame = to_polars(table)
    suffixes = [suffix.lower() for suffix in target.suffixes]
    packed = bool(suffixes) and suffixes[-1] == ".gz"
    kind = (suffixes[:-1] if packed else suffixes)[-1:]
    name = kind[0].lstrip(".") if kind else ""
    if name not in _write.FORMATS or (packed and name not in _write.TEXT):
        raise CapabilityError(
            f"It is not clear in which format to write {target.name}.",
            where={"file": str(target)},
            hint=f"Let the name end in one of: {', '.join(_write.FORMATS)}.",
        )
    if not frame.width:
        raise DataError("A table without columns cannot be written.", where={"file": str(target)})
    _write.write(frame, target, name, packed=packed, safe=safe)
    return target
