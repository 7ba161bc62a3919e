"""How the tags of a label space relate: candidates for a person to confirm."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from labelwright.audit._label_counts import TagCounts, count_tags, read_tags
from labelwright.audit._label_names import HEAD, SAME, NamePair, compare_names, read_name
from labelwright.core.errors import DataError
from labelwright.core.params import Real, check_argument
from labelwright.core.results import Result
from labelwright.core.stats import wilson_interval
from labelwright.core.validation import check_same_length

if TYPE_CHECKING:
    import polars as pl

__all__ = ["RELATIONS", "LabelRelations", "check_tag_names", "find_label_relations"]

# The strongest first. Names that are alike are used in place of each other, so that they stand
# before an exclusion.
IDENTICAL, SUBSUMES, OVERLAPS, EXCLUDES = RELATIONS = (
    "identical",
    "subsumes",
    "overlaps",
    "excludes",
)
SUPPORTED = 0.5
RARE = 0.1

Floats = NDArray[np.float64]
# First, second, relation, evidence, why, q.
Row = tuple[int, int, str, str, str, float]


@dataclass(frozen=True, eq=False)
class LabelRelations(Result):
    """Proposed relations between tags, for a person to confirm: strongest kinds first.

    Attributes
    ----------
    names : tuple of str
    first, second : (m,) int64
        The tags of each relation; in ``subsumes`` the first is the wider one.
    relation : (m,) array of str
        ``identical``, ``subsumes``, ``overlaps`` (something connects the two, but it is not clear
        what) or ``excludes``.
    evidence : (m,) array of str
        ``names``, ``data`` or ``both``.
    why : tuple of str
        What the names have in common; empty where only data speak.
    together, expected : (m,) float64
        Items with both tags, and how many chance would give; NaN without data.
    second_given_first, first_given_second : (m, 3) float64
        Share of the items with one tag that have the other: value and Wilson interval.
    q : (m,) float64
        Of an exclusion: the adjusted probability of so few items by chance. NaN elsewhere.
    """

    kind: ClassVar[str] = "label_relations"

    names: tuple[str, ...]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    relation: NDArray[np.str_]
    evidence: NDArray[np.str_]
    why: tuple[str, ...]
    together: Floats
    expected: Floats
    second_given_first: Floats
    first_given_second: Floats
    q: Floats

    def __len__(self) -> int:
        return len(self.first)

    def to_table(self) -> pl.DataFrame:
        """One row a relation; strike out what is wrong and give the rest to :class:`LabelGraph`."""
        import polars as pl

        columns: dict[str, Any] = {
            "first": [self.names[place] for place in self.first],
            "relation": self.relation,
            "second": [self.names[place] for place in self.second],
            "evidence": self.evidence,
            "why": list(self.why),
            "together": self.together,
            "expected": self.expected,
        }
        for name in ("second_given_first", "first_given_second"):
            shares = getattr(self, name)
            columns |= {
                name: shares[:, 0],
                f"{name}_low": shares[:, 1],
                f"{name}_high": shares[:, 2],
            }
        return pl.DataFrame(columns | {"q": self.q}).fill_nan(None)


def find_label_relations(
    tags: Any = None,
    *,
    names: Sequence[str] | None = None,
    identical: float = 0.95,
    subsumes: float = 0.9,
    excludes: float = 1e-3,
    level: float = 0.95,
    encode: Callable[[list[str]], ArrayLike] | None = None,
) -> LabelRelations:
    """Propose which tags mean the same, contain, exclude or hedge one another.

    - *identical*: the same name but for case, plural and punctuation (in one category), or each tag
      comes with the other nearly always.
    - *subsumes*: the second comes nearly always with the first; or its name is that of the first
      with words before it ("red apple", "apple") and it comes with it more often than not.
    - *overlaps*: hedged ("possibly apple", "apple or pear"), of other shared words, one letter
      apart, or near in meaning; nothing says how they relate.
    - *excludes*: of one stated category, names that are not alike, and together at most a tenth as
      often as by chance.

    Parameters
    ----------
    tags : (n, T) matrix of 0 and 1, or Votes on Tags, optional
        Sparse, or dense with -1 where nobody said yes or no. Of votes, a tag holds for an item if
        at least half of them give it. Without tags only the names are looked at.
    names : sequence of T str, optional
        A category stands before ``::``, as in "colour::red". Votes bring theirs.
    identical, subsumes : float
        The least lower end of the Wilson intervals of the shares.
    excludes : float
        The false discovery rate of exclusions (Benjamini and Hochberg), by the Poisson probability
        of so few items, among pairs that chance would give five items or more.
    level : float
        Of the Wilson intervals.
    encode : callable, optional
        From texts to vectors (T, d), such as a sentence encoder's ``encode``; names with a cosine
        above 0.8 overlap.

    Returns
    -------
    LabelRelations

    Notes
    -----
    These are candidates. Tags that come together in these data need not in others ("Texas" and
    "cowboy hat"), and synonyms are used in place of each other, so that data alone would rather
    call them exclusive: only their names can tell. Of the few names that end on a plural *s* and
    are none, a list is kept; others will be proposed wrongly.

    Rows of one source are alike, so intervals over them are too narrow.

    References
    ----------
    Nguyen and Kim (2021), Cleaning and structuring the label space of the iMet Collection 2020.

    Examples
    --------
    >>> relations = find_label_relations(names=["Dogs", "dog", "possibly dog", "guide dog"])
    >>> for first, relation, second, *_ in relations.to_table().rows():
    ...     print(first, relation, second)
    Dogs identical dog
    Dogs subsumes guide dog
    dog subsumes guide dog
    Dogs overlaps possibly dog
    dog overlaps possibly dog
    """
    for name, value in (("identical", identical), ("subsumes", subsumes), ("level", level)):
        check_argument(name, value, Real(SUPPORTED, 1))
    check_argument("excludes", excludes, Real(0, 1))
    if tags is None:
        counts, given = None, None
    else:
        positive, known, given = read_tags(tags)
        counts = count_tags(positive, known)
    if names is None and given is None:
        raise DataError("The names of the tags are missing.", hint="Give names=.")
    listed = check_tag_names(given if names is None else names)  # type: ignore[arg-type]
    if counts is not None:
        check_same_length(names=listed, columns=counts.rows)
    pairs = compare_names(listed, encode=encode)
    rows = list(_by_names(pairs, counts, level))
    if counts is not None:
        rows += _by_data(counts, identical, subsumes, level)
        rows += _by_absence(counts, listed, excludes)
    found: dict[tuple[int, int], Row] = {}
    for row in rows:
        _keep_stronger(found, (min(row[:2]), max(row[:2])), row)
    return _assembled(listed, list(found.values()), counts, level)


def check_tag_names(names: Sequence[Any]) -> tuple[str, ...]:
    """Names as text; one that stands twice is refused."""
    listed = tuple(str(name) for name in names)
    if len(set(listed)) < len(listed):
        twice = next(name for name in listed if listed.count(name) > 1)
        raise DataError(f"{twice!r} stands twice among the names.", where={"label": twice})
    return listed


def _by_names(pairs: list[NamePair], counts: TagCounts | None, level: float) -> Iterable[Row]:
    for pair in pairs:
        relation = OVERLAPS
        if pair.kind == SAME:
            relation = IDENTICAL
        elif pair.kind == HEAD:
            # A name with more words says that one is contained; the data must not speak against it.
            relation = SUBSUMES if _supported(pair, counts, level) else OVERLAPS
        yield pair.first, pair.second, relation, "names", f"{pair.kind}: {pair.detail}", np.nan


def _supported(pair: NamePair, counts: TagCounts | None, level: float) -> bool:
    if counts is None:
        return True
    both, n = counts.given(np.array([pair.second]), np.array([pair.first]))
    return bool(wilson_interval(both, n, level)[0][0] >= SUPPORTED)


def _by_data(counts: TagCounts, identical: float, subsumes: float, level: float) -> Iterable[Row]:
    """Pairs of which one comes nearly always with the other."""
    pairs = sp.coo_array(sp.triu(counts.together, 1))
    a, b = pairs.row.astype(np.int64), pairs.col.astype(np.int64)
    low = [wilson_interval(*counts.given(x, y), level)[0] for x, y in ((a, b), (b, a))]
    same = np.minimum(*low) >= identical
    for x, y in zip(a[same].tolist(), b[same].tolist(), strict=True):
        yield x, y, IDENTICAL, "data", "", np.nan
    for narrow, wide, share, other in ((a, b, low[0], low[1]), (b, a, low[1], low[0])):
        chosen = ~same & (share >= subsumes) & (share > other)
        for x, y in zip(narrow[chosen].tolist(), wide[chosen].tolist(), strict=True):
            yield y, x, SUBSUMES, "data", "", np.nan


def _by_absence(counts: TagCounts, names: Sequence[str], excludes: float) -> Iterable[Row]:
    """Pairs of one stated category that come together far less often than by chance."""
    categories: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        category = read_name(name).category
        if category is not None:
            categories.setdefault(category, []).append(place)
    groups = [np.array(members) for members in categories.values()]
    for a, b, q in counts.exclusions(groups, 5.0, RARE, excludes):
        yield a, b, EXCLUDES, "data", "", q


def _keep_stronger(found: dict[tuple[int, int], Row], key: tuple[int, int], row: Row) -> None:
    """The stronger relation of a pair; where names and data agree, both are named."""
    before = found.get(key)
    if before is None:
        found[key] = row
        return
    stronger, weaker = sorted((before, row), key=lambda one: RELATIONS.index(one[2]))
    evidence = "both" if before[:3] == row[:3] or weaker[2] == OVERLAPS else stronger[3]
    found[key] = (*stronger[:3], evidence, stronger[4] or before[4] or row[4], stronger[5])


def _assembled(
    names: tuple[str, ...], rows: list[Row], counts: TagCounts | None, level: float
) -> LabelRelations:
    rows = sorted(rows, key=lambda row: (RELATIONS.index(row[2]), row[0], row[1]))
    first = np.array([row[0] for row in rows], dtype=np.int64)
    second = np.array([row[1] for row in rows], dtype=np.int64)
    empty = np.full(len(rows), np.nan)
    return LabelRelations(
        names=names,
        first=first,
        second=second,
        relation=np.array([row[2] for row in rows], dtype=np.str_),
        evidence=np.array([row[3] for row in rows], dtype=np.str_),
        why=tuple(row[4] for row in rows),
        together=empty if counts is None else counts.given(first, second)[0],
        expected=empty if counts is None else counts.expected(first, second),
        second_given_first=_shares(counts, first, second, level),
        first_given_second=_shares(counts, second, first, level),
        q=np.array([row[5] for row in rows], dtype=np.float64),
    )


def _shares(
    counts: TagCounts | None, a: NDArray[np.int64], b: NDArray[np.int64], level: float
) -> Floats:
    if counts is None:
        return np.full((len(a), 3), np.nan)
    both, n = counts.given(a, b)
    share = np.divide(both, n, out=np.full(len(a), np.nan), where=n > 0)
    return np.column_stack([share, *wilson_interval(both, n, level)])
