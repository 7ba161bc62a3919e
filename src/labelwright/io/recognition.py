"""Telling what a file is, in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Recognition", "recognise"]

# Exporters stop at round numbers without saying so.
LIMITS = (1_000, 10_000, 100_000)
KIND_NAMES = {
    "csv": "csv",
    "json": "json",
    "jsonl": "jsonl",
    "excel": "worksheet",
    "parquet": "parquet",
    "arrow": "arrow",
    "arrow_stream": "arrow",
    "huggingface": "Hugging Face data set",
}


@dataclass(frozen=True)
class Recognition:
    """What a file is taken for; ``str`` gives the sentence.

    Attributes
    ----------
    sentence : str
    formats : tuple of str
        Names of the formats that fit, as ``format=`` takes them: none for a plain table, several
        where it could be read in more than one way.
    questions : tuple of str
        What was asked, where one format fits.
    columns : tuple of str
        Of a plain table.
    records : int or None
        How many records the export of a known tool holds.
    """

    sentence: str
    formats: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    records: int | None = None

    def __str__(self) -> str:
        return self.sentence


def recognise(path: str | Path) -> Recognition:
    r"""Tell by its content what a file is: the export of a known tool, or a plain table.

    Parameters
    ----------
    path : str or Path
        A file, or a folder written by Hugging Face's ``save_to_disk``.

    Raises
    ------
    DataError
        If the file is neither.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "votes.csv"
    >>> _ = path.write_text("item,worker,label\n1,ann,ham\n")
    >>> print(recognise(path))
    Table (csv): columns item, worker, label.
    """
    from labelwright.io.formats._registry import fitting

    sample, fits = fitting(path)
    if not fits:
        columns = tuple(dict.fromkeys(key for record in sample.records for key in record))
        sentence = f"Table ({KIND_NAMES[sample.kind]}): columns {_listed(columns)}."
        return Recognition(sentence, columns=columns)
    names = tuple(reader.name for reader in fits)
    if len(fits) > 1:
        both = " and ".join(f"{reader.title} ({reader.name!r})" for reader in fits)
        sentence = f"Fits {len(fits)} formats: {both}. Say which one: format={names[0]!r}."
        return Recognition(sentence, formats=names)
    seen = fits[0].overview(sample.path)
    sentence = f"{fits[0].title}: {seen.records:,} {seen.unit}, {_asked(seen.questions)}."
    if seen.records in LIMITS:
        sentence += f" Exactly {seen.records:,}: a limit of the exporter?"
    return Recognition(sentence, names, seen.questions, records=seen.records)


def _asked(questions: tuple[str, ...]) -> str:
    if not questions:
        return "no answers"
    return f"question{'s' * (len(questions) > 1)} {_listed(questions)}"


def _listed(names: tuple[str, ...], show: int = 20) -> str:
    more = f" and {len(names) - show} more" if len(names) > show else ""
    return ", ".join(names[:show]) + more
