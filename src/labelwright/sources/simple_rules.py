"""Rules that need no code: keyword lists, regular expressions and lookups in a table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from labelwright.core._factorize import missing, plain_scalar
from labelwright.core.errors import DataError, ParameterError
from labelwright.core.params import Bool, Instance, check_argument
from labelwright.sources.rules import Label, Rule, settle

__all__ = ["TOKEN", "KeywordRule", "LookupRule", "RegexRule"]

TOKEN = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, repr=False)
class KeywordRule(Rule):
    """Votes for one label where a text holds one of some words or phrases.

    Parameters
    ----------
    words : sequence of str
        Words or phrases.
    label : str, int or bool
        What it votes for.
    field : str
        The column of texts.
    name : str, optional
        By default made of the first word.
    whole_words : bool
        Compare token by token: a token is a run of letters, digits and underscores or one other
        sign, and the space between tokens does not matter. Otherwise a word counts inside
        another one too ("art" in "party").
    ignore_case : bool
        Whether capitals count as small letters.

    Notes
    -----
    The time for a text does not depend on the number of words, so a list may be long; without
    ``whole_words`` it does. For words that are to be told from each other write several rules:
    each has its own accuracy.

    Examples
    --------
    >>> rule = KeywordRule(["check out", "<3"], label="spam")
    >>> rule.vote("Check  out my page"), rule.vote("check, then log out")
    ('spam', None)
    """

    words: Sequence[str]
    label: Label
    field: str = "text"
    name: str = ""
    whole_words: bool = True
    ignore_case: bool = True

    def __post_init__(self) -> None:
        _check_simple(self)
        check_argument("whole_words", self.whole_words, Bool())
        check_argument("ignore_case", self.ignore_case, Bool())
        listed = not isinstance(self.words, str) and isinstance(self.words, Sequence)
        if not listed or not all(isinstance(word, str) and word.strip() for word in self.words):
            raise ParameterError(
                f"words={self.words!r} is not accepted.",
                where={"parameter": "words"},
                hint="words is a list of texts, none of them empty.",
            )
        if not self.words:
            raise ParameterError("A keyword rule without words never votes.", hint="Give words.")
        settle(self, words=tuple(self.words), name=self.name or f"keyword_{self.words[0]}")

    @property
    def fields(self) -> tuple[str, ...]:
        """The column of texts."""
        return (self.field,)

    @property
    def labels(self) -> tuple[Label, ...]:
        """The one label."""
        return (self.label,)

    def vote(self, *values: Any) -> Any:
        """The label if one of the words is there."""
        text = self._folded(str(values[0]))
        if not self.whole_words:
            return self.label if any(word in text for word in self._inner_words) else None
        tokens = TOKEN.findall(text)
        for length, phrases in self._phrases:
            runs = zip(*(tokens[start:] for start in range(length)), strict=False)
            if not phrases.isdisjoint(runs):
                return self.label
        return None

    def _folded(self, text: str) -> str:
        return text.lower() if self.ignore_case else text

    @cached_property
    def _inner_words(self) -> tuple[str, ...]:
        return tuple(self._folded(word) for word in self.words)

    @cached_property
    def _phrases(self) -> list[tuple[int, frozenset[tuple[str, ...]]]]:
        """The phrases as tuples of tokens, by their length."""
        split = {tuple(TOKEN.findall(word)) for word in self._inner_words}
        lengths = sorted({len(phrase) for phrase in split})
        return [(n, frozenset(phrase for phrase in split if len(phrase) == n)) for n in lengths]


@dataclass(frozen=True, repr=False)
class RegexRule(Rule):
    r"""Votes for one label where a regular expression is found in a text.

    Parameters
    ----------
    pattern : str
        In the syntax of :mod:`re`; found anywhere in the text.
    label : str, int or bool
        What it votes for.
    field : str
        The column of texts.
    name : str, optional
        By default made of the pattern.
    ignore_case : bool
        Whether capitals count as small letters.

    Examples
    --------
    >>> rule = RegexRule(r"https?://|www\.", label="spam", name="address")
    >>> rule.vote("see www.example.com"), rule.vote("lovely song")
    ('spam', None)
    """

    pattern: str
    label: Label
    field: str = "text"
    name: str = ""
    ignore_case: bool = False

    def __post_init__(self) -> None:
        _check_simple(self)
        check_argument("ignore_case", self.ignore_case, Bool())
        check_argument("pattern", self.pattern, Instance(str))
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ParameterError(
                f"{self.pattern!r} is no regular expression: {error}.",
                where={"parameter": "pattern", "value": self.pattern},
                hint="A sign that means itself, such as ( or +, stands behind a backslash.",
            ) from error
        settle(self, name=self.name or f"regex_{self.pattern}")

    @property
    def fields(self) -> tuple[str, ...]:
        """The column of texts."""
        return (self.field,)

    @property
    def labels(self) -> tuple[Label, ...]:
        """The one label."""
        return (self.label,)

    def vote(self, *values: Any) -> Any:
        """The label if the pattern is found."""
        return self.label if self._compiled.search(str(values[0])) else None

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE if self.ignore_case else 0)


@dataclass(frozen=True, repr=False)
class LookupRule(Rule):
    """Votes what a table or knowledge base says about the value of a column, or of several.

    Parameters
    ----------
    table : mapping
        Value to label; tuples of values where several columns are looked up together.
    field : str or sequence of str
        The column, or columns, whose values are looked up.
    name : str, optional
        By default made of the column.

    Examples
    --------
    >>> rule = LookupRule({"mit.edu": "university", "acme.com": "firm"}, field="domain")
    >>> rule.vote("acme.com"), rule.vote("example.org")
    ('firm', None)
    >>> kb = {"one": ["Ann", "Bo"], "two": ["Cy", "Di"], "relation": ["spouses", "siblings"]}
    >>> LookupRule.from_table(kb, key=["one", "two"], label="relation").vote("Ann", "Cy")
    'spouses'
    """

    table: Mapping[Any, Label]
    field: str | Sequence[str]
    name: str = ""

    def __post_init__(self) -> None:
        fields = (self.field,) if isinstance(self.field, str) else tuple(self.field)
        for field in fields:
            check_argument("field", field, Instance(str))
        check_argument("name", self.name, Instance(str))
        check_argument("table", self.table, Instance(Mapping))
        if not self.table:
            raise ParameterError("A lookup in an empty table never votes.", hint="Give a table.")
        settle(self, table=dict(self.table), name=self.name or f"lookup_{'_'.join(fields)}")

    @classmethod
    def from_table(
        cls,
        table: Any,
        *,
        key: str | Sequence[str],
        label: str,
        field: str | Sequence[str] | None = None,
        name: str = "",
    ) -> LookupRule:
        """A rule that looks up a column of a table.

        Parameters
        ----------
        table : dataframe, dict of columns, or path of a file
            The knowledge base; rows without a key or label are passed over.
        key, label : str
            Its column of keys (or several, for keys of several parts) and its column of labels.
        field : str or sequence of str, optional
            The columns of the records that are looked up; by default those called like ``key``.
        name : str, optional
            As for the class.

        Raises
        ------
        DataError
            If a key stands in the table with two labels.
        """
        from labelwright.core.tables import column, to_polars

        frame = _read(table) if isinstance(table, (str, Path)) else to_polars(table)
        parts = (key,) if isinstance(key, str) else tuple(key)
        keys = [column(frame, part).to_list() for part in parts]
        known: dict[Any, Label] = {}
        for row, (*values, said) in enumerate(zip(*keys, column(frame, label), strict=True)):
            if said is None or any(value is None for value in values):
                continue
            found = values[0] if len(values) == 1 else tuple(values)
            if known.setdefault(found, said) != said:
                raise DataError(
                    f"The table says {known[found]!r} and {said!r} about {found!r}.",
                    where={"row": row, "key": found},
                    hint="Keep one of the two rows.",
                )
        return cls(known, field=field or key, name=name)

    @property
    def fields(self) -> tuple[str, ...]:
        """The columns that are looked up."""
        return (self.field,) if isinstance(self.field, str) else tuple(self.field)

    @property
    def labels(self) -> tuple[Label, ...]:
        """The distinct labels of the table."""
        return tuple(dict.fromkeys(self.table.values()))

    def vote(self, *values: Any) -> Any:
        """What the table says about these values."""
        return self.table.get(values[0] if len(values) == 1 else values)


def _check_simple(made: KeywordRule | RegexRule) -> None:
    check_argument("field", made.field, Instance(str))
    check_argument("name", made.name, Instance(str))
    settle(made, label=plain_scalar(made.label))
    if missing(made.label) or not isinstance(made.label, (str, int)):
        raise ParameterError(
            f"label={made.label!r} is not accepted.",
            where={"parameter": "label", "value": made.label},
            hint="A label is text, a whole number, True or False.",
        )


def _read(path: str | Path) -> Any:
    from labelwright.io import read_table

    return read_table(path)
