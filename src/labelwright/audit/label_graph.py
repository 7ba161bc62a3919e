"""Confirmed relations between tags, made consistent, and rows completed by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from labelwright.audit._implications import closure, collapse, inherited_exclusions
from labelwright.audit._label_counts import read_tags
from labelwright.audit.label_space import RELATIONS, LabelRelations, check_tag_names
from labelwright.core.errors import DataError, unknown_name
from labelwright.core.params import OneOf, check_argument
from labelwright.core.results import Result
from labelwright.core.votes import Votes

if TYPE_CHECKING:
    import polars as pl

__all__ = ["CompletedTags", "LabelGraph", "apply_label_graph"]


@dataclass(frozen=True, eq=False)
class LabelGraph(Result):
    """Confirmed relations between tags, made consistent.

    Tags that contain each other in a circle mean the same, so they form one group; a tag that
    would imply two tags which exclude each other could never be given, so it is refused.

    Attributes
    ----------
    names : tuple of str
    group : (T,) int64
        Tags of one group mean the same; the number of a group is the place of its first tag.
    implied : (T, T) boolean CSR array
        The tags of the column that follow from the tag of the line: its group and all above it.
    excluded : (T, T) boolean CSR array
        Tags that cannot go with the tag of the line, also those inherited from above; symmetric.

    Examples
    --------
    >>> graph = LabelGraph.of(
    ...     ["dog", "hound", "animal", "plant"],
    ...     [("animal", "subsumes", "dog"), ("dog", "identical", "hound"),
    ...      ("animal", "excludes", "plant")],
    ... )
    >>> graph.implied_by("hound"), graph.excluded_by("hound")
    (['dog', 'hound', 'animal'], ['plant'])
    """

    kind: ClassVar[str] = "label_graph"

    names: tuple[str, ...]
    group: NDArray[np.int64]
    implied: sp.csr_array
    excluded: sp.csr_array

    @classmethod
    def of(cls, names: Sequence[str], relations: Any) -> Self:
        """Build the graph.

        Parameters
        ----------
        names : sequence of T str
            All tags, in the order of the columns of a matrix of tags.
        relations : LabelRelations, table, or sequence of (first, relation, second)
            What was confirmed. A table has the columns of :meth:`LabelRelations.to_table`; where it
            has a column ``confirmed``, only rows with true are taken. ``overlaps`` says nothing.

        Raises
        ------
        DataError
            For an unknown tag or relation, and for exclusions that contradict the rest.
        """
        listed = check_tag_names(names)
        edges, excluded = _read_relations(listed, relations)
        group = collapse(len(listed), edges)
        implied = closure(group, edges)
        inherited = inherited_exclusions(implied, excluded)
        _check_consistent(listed, implied, inherited, excluded)
        return cls(listed, group, implied, inherited)

    def implied_by(self, name: str) -> list[str]:
        """A tag, those that mean the same, and all that contain it."""
        return self._line(self.implied, self._place(name))

    def excluded_by(self, name: str) -> list[str]:
        """All tags that cannot go with a tag."""
        return self._line(self.excluded, self._place(name))

    def _place(self, name: str) -> int:
        if name not in self.names:
            raise unknown_name("tag", name, self.names)
        return self.names.index(name)

    def _line(self, matrix: sp.csr_array, place: int) -> list[str]:
        columns = matrix.indices[matrix.indptr[place] : matrix.indptr[place + 1]]
        return [self.names[column] for column in sorted(columns.tolist())]

    def merged(self) -> tuple[tuple[str, ...], list[tuple[int, int]], list[tuple[int, int]]]:
        """One tag a group: its names, the pairs (narrower, wider), and the pairs that exclude.

        The places are those in the names that are given. With them a
        :class:`labelwright.nn.HEXLayer` is made.
        """
        kept = np.flatnonzero(self.group == np.arange(len(self.names)))
        above, apart = (sp.coo_array(m[kept][:, kept]) for m in (self.implied, self.excluded))
        pairs = sorted(zip(above.row.tolist(), above.col.tolist(), strict=True))
        excluded = sorted(zip(apart.row.tolist(), apart.col.tolist(), strict=True))
        return (
            tuple(self.names[place] for place in kept),
            [(narrow, wide) for narrow, wide in pairs if narrow != wide],
            [(a, b) for a, b in excluded if a < b],
        )

    def conflicts(self, tags: Any) -> pl.DataFrame:
        """The items that have tags which exclude each other: item, first, second."""
        import polars as pl

        positive, _ = _read_matrix(tags, self.names)
        clash = sp.coo_array((positive @ self.excluded).multiply(positive))
        items: list[tuple[int, str, str]] = []
        for item in np.unique(clash.row[clash.data > 0]).tolist():
            own = positive.indices[positive.indptr[item] : positive.indptr[item + 1]]
            inside = sp.coo_array(sp.triu(self.excluded[np.sort(own)][:, np.sort(own)], 1))
            places = np.sort(own)
            items += [
                (item, self.names[places[a]], self.names[places[b]])
                for a, b in zip(inside.row, inside.col, strict=True)
            ]
        schema = {"item": pl.Int64, "first": pl.String, "second": pl.String}
        return pl.DataFrame(items, schema=schema, orient="row")

    def to_dict(self) -> dict[str, Any]:
        """Names, and what each tag that has relations implies and excludes, as plain values."""
        table = self.to_table()
        related = (table["implies"].list.len() > 0) | (table["excludes"].list.len() > 0)
        return {
            "kind": self.kind,
            "names": list(self.names),
            "tags": table.filter(related).to_dicts(),
        }

    def to_table(self) -> pl.DataFrame:
        """One row a tag: its name, the name of its group, what it implies and excludes."""
        import polars as pl

        places = range(len(self.names))
        implied = [self._line(self.implied, place) for place in places]
        for name, line in zip(self.names, implied, strict=True):
            line.remove(name)
        columns = {
            "tag": list(self.names),
            "group": [self.names[place] for place in self.group],
            "implies": implied,
            "excludes": [self._line(self.excluded, place) for place in places],
        }
        texts = pl.List(pl.String)
        schema: Any = {"tag": pl.String, "group": pl.String, "implies": texts, "excludes": texts}
        return pl.DataFrame(columns, schema=schema)


def _read_relations(
    names: tuple[str, ...], relations: Any
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Edges from the narrower tag to the wider one, both ways for one meaning; exclusions."""
    place = {name: k for k, name in enumerate(names)}
    edges: list[tuple[int, int]] = []
    excluded: list[tuple[int, int]] = []
    for first, relation, second in _triples(relations):
        for name in (first, second):
            if name not in place:
                raise unknown_name("tag", name, names)
        if relation not in RELATIONS:
            raise unknown_name("relation", relation, RELATIONS)
        a, b = place[first], place[second]
        if relation == "excludes":
            excluded.append((a, b))
        if relation in ("subsumes", "identical"):
            edges.append((b, a))
        if relation == "identical":
            edges.append((a, b))
    return edges, excluded


def _triples(relations: Any) -> Iterable[tuple[str, str, str]]:
    from labelwright.core.tables import column, to_polars

    if isinstance(relations, LabelRelations):
        relations = relations.to_table()
    if isinstance(relations, (list, tuple)) and not (
        relations and isinstance(relations[0], Mapping)
    ):
        return relations
    table = to_polars(relations)
    if "confirmed" in table.columns:
        table = table.filter(table["confirmed"].fill_null(False))
    return zip(*(column(table, n) for n in ("first", "relation", "second")), strict=True)


def _check_consistent(
    names: tuple[str, ...],
    implied: sp.csr_array,
    inherited: sp.csr_array,
    excluded: list[tuple[int, int]],
) -> None:
    """Refuse a tag that excludes itself, and say by which chain."""
    impossible = np.flatnonzero(inherited.diagonal())
    if not impossible.size:
        return
    tag = int(impossible[0])
    above = set(implied.indices[implied.indptr[tag] : implied.indptr[tag + 1]].tolist())
    a, b = next(pair for pair in excluded if set(pair) <= above)
    raise DataError(
        f"{names[tag]!r} could never be given: it implies {names[a]!r} and {names[b]!r}, which "
        "exclude each other.",
        where={"tag": names[tag], "first": names[a], "second": names[b]},
        hint="Strike out one of these relations.",
    )


@dataclass(frozen=True, eq=False)
class CompletedTags(Result):
    """Tags of items, completed by a graph.

    Attributes
    ----------
    tags : (n, T) CSR or int8 array
        As it came in: sparse or dense (with -1 where a tag is still not known).
    names : tuple of str
        Of the columns.
    added : (T,) int64
        Items that got each tag.
    """

    kind: ClassVar[str] = "completed_tags"

    tags: Any
    names: tuple[str, ...]
    added: NDArray[np.int64]

    def to_dict(self) -> dict[str, Any]:
        """How many items got each tag; the tags themselves are not plain values."""
        added = zip(self.names, self.added.tolist(), strict=True)
        return {"kind": self.kind, "n_items": self.tags.shape[0], "added": dict(added)}

    def to_table(self) -> pl.DataFrame:
        """One row a tag: how many items have it, and how many got it."""
        import polars as pl

        counts = np.asarray((self.tags > 0).sum(axis=0)).ravel()
        return pl.DataFrame({"tag": list(self.names), "items": counts, "added": self.added})


def apply_label_graph(tags: Any, graph: LabelGraph, *, mode: str = "add") -> CompletedTags:
    """Give every item the tags that follow from those it has; none is taken away.

    Parameters
    ----------
    tags : (n, T) matrix of 0 and 1
        Sparse, or dense with -1 where nobody said yes or no; a tag that follows is known then.
    graph : LabelGraph
    mode : {"add", "merge"}
        ``"merge"`` also makes one column of tags that mean the same, under the first of their
        names. An item has it if it has one of them; it is missing if none is there and one missing.

    Returns
    -------
    CompletedTags
        Applying the graph again changes nothing.

    Notes
    -----
    A no for the wider tag beside a yes for the narrower one becomes a yes. Items with tags that
    exclude each other are left as they are: ask :meth:`LabelGraph.conflicts`.

    Examples
    --------
    >>> graph = LabelGraph.of(["dog", "animal"], [("animal", "subsumes", "dog")])
    >>> completed = apply_label_graph([[1, 0], [0, 0]], graph)
    >>> completed.tags.tolist(), completed.added.tolist()
    ([[1, 1], [0, 0]], [0, 1])
    """
    check_argument("mode", mode, OneOf("add", "merge"))
    positive, known = _read_matrix(tags, graph.names)
    full = sp.csr_array(positive @ graph.implied.astype(np.float64) > 0)
    added = np.asarray(full.sum(axis=0)).ravel() - np.asarray(positive.sum(axis=0)).ravel()
    kept = np.arange(len(graph.names))
    if mode == "merge":
        kept = np.flatnonzero(graph.group == kept)
        # All tags of a group are there once the graph was applied.
        full, added = sp.csr_array(full[:, kept]), added[kept]
    names = tuple(graph.names[place] for place in kept)
    if sp.issparse(tags):
        return CompletedTags(full.astype(np.int8), names, added.astype(np.int64))
    found = full.toarray().astype(np.int8)
    if known is not None:
        unsure = ~known if mode == "add" else _any_unknown(known, graph)[:, kept]
        found[unsure & (found == 0)] = -1
    return CompletedTags(found, names, added.astype(np.int64))


def _any_unknown(known: NDArray[np.bool_], graph: LabelGraph) -> NDArray[np.bool_]:
    """Whether any tag of the group of each column is missing."""
    n = len(graph.names)
    ones = np.ones(n)
    same = sp.csr_array((ones, (np.arange(n), graph.group)), shape=(n, n))
    return np.asarray((~known).astype(np.float64) @ same > 0)


def _read_matrix(
    tags: Any, names: tuple[str, ...]
) -> tuple[sp.csr_array, NDArray[np.bool_] | None]:
    """Which item has which tag, and where that is known (None: everywhere)."""
    if isinstance(tags, Votes):
        raise DataError("Votes were given.", hint="Aggregate them first, to a matrix of tags.")
    positive, known, _ = read_tags(tags)
    if positive.shape[1] != len(names):
        raise DataError(
            f"The tags have {positive.shape[1]} columns and the graph {len(names)} names.",
            hint="Give both for the same tags, in the same order.",
        )
    return positive, known
