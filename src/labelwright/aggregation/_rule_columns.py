"""Votes of rules as columns: one a rule and class, or one a combination of votes of a clique.

Rules that are known to depend on each other are taken as one: what counts is the combination of
their votes, and the combinations that were seen when a model was learnt are its columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from labelwright.core.errors import CapabilityError, DataError, unknown_name
from labelwright.core.votes import Votes

__all__ = ["Columns", "RuleColumns", "cliques_of"]

# Codes of combinations are whole numbers of 64 bits.
LARGEST_CODE = 2**62


class Columns(NamedTuple):
    """The columns that the votes on each item fall into, as rows of a sparse matrix.

    Attributes
    ----------
    indptr : (n_items + 1,) int64
    column : (n_entries,) int32
    weight : (n_entries,) float64 or None
        None where every entry counts 1.
    """

    indptr: NDArray[np.int64]
    column: NDArray[np.int32]
    weight: NDArray[np.float64] | None


@dataclass(frozen=True)
class RuleColumns:
    """What the columns are.

    First come those of single rules, rule by rule, then those of the cliques, and at the end one a
    class for a rule that was never seen. Single columns of a rule in a clique are used where a
    combination is new.

    Attributes
    ----------
    n_rules, n_classes : int
    cliques : sequence of int arrays
        Codes of the rules of each clique; no rule is in two.
    combinations : sequence of sorted int64 arrays
        Codes of the combinations of votes of each clique: to the base K + 1, a digit a rule, 0 for
        no vote.
    """

    n_rules: int
    n_classes: int
    cliques: Sequence[NDArray[np.int64]]
    combinations: Sequence[NDArray[np.int64]]

    @classmethod
    def learn(cls, votes: Votes, cliques: Sequence[NDArray[np.int64]]) -> RuleColumns:
        """The columns of these votes."""
        k = votes.classes.n_classes
        empty = cls(votes.n_annotators, k, cliques, [np.empty(0, dtype=np.int64)] * len(cliques))
        seen = [empty._codes(votes, votes.annotator, place)[0] for place in range(len(cliques))]
        return cls(votes.n_annotators, k, cliques, [np.unique(codes) for codes in seen])

    @cached_property
    def clique_of(self) -> NDArray[np.int64]:
        """Clique (n_rules + 1,) of each rule; -1 where there is none, as at the end."""
        found = np.full(self.n_rules + 1, -1)
        for place, rules in enumerate(self.cliques):
            found[rules] = place
        return found

    @property
    def n_single(self) -> int:
        """Columns of single rules."""
        return self.n_rules * self.n_classes

    @cached_property
    def first_of(self) -> NDArray[np.int64]:
        """First column of each clique, and at the end that of a rule never seen."""
        sizes = [codes.size for codes in self.combinations]
        return np.cumsum([self.n_single, *sizes], dtype=np.int64)

    @property
    def n_columns(self) -> int:
        """Columns of rules and cliques, without those of a rule never seen."""
        return int(self.first_of[-1])

    @cached_property
    def unit_of_rule(self) -> NDArray[np.int64]:
        """What each rule votes as: itself (n_rules,), or n_rules + the number of its clique."""
        clique = self.clique_of[:-1]
        return np.where(clique >= 0, self.n_rules + clique, np.arange(self.n_rules))

    @cached_property
    def unit(self) -> NDArray[np.int64]:
        """The same for what votes in each column (n_columns,)."""
        sizes = [codes.size for codes in self.combinations]
        of_clique = np.repeat(self.n_rules + np.arange(len(sizes)), sizes)
        return np.concatenate([np.repeat(self.unit_of_rule, self.n_classes), of_clique])

    @cached_property
    def votes_for(self) -> NDArray[np.float64]:
        """Share (n_columns, K) of the votes in a column that are for each class."""
        parts = [np.tile(np.eye(self.n_classes), (self.n_rules, 1))]
        for place in range(len(self.cliques)):
            one_hot = np.eye(self.n_classes + 1)[self.members(place)].sum(axis=1)[:, 1:]
            parts.append(one_hot / one_hot.sum(axis=1, keepdims=True))
        return np.concatenate(parts)

    def members(self, place: int) -> NDArray[np.int64]:
        """What each rule of a clique says in each combination (combinations, rules); 0 nothing."""
        base = self.n_classes + 1
        digits = base ** np.arange(self.cliques[place].size)
        return self.combinations[place][:, None] // digits % base

    def encode(self, votes: Votes, rule: NDArray[Any]) -> Columns:
        """The columns that votes fall into.

        Parameters
        ----------
        votes : Votes
        rule : (n_votes,) int
            The rule that gave each vote; -1 for one that was not there at the time of learning.
        """
        column = rule.astype(np.int32) * self.n_classes + votes.label
        column[rule < 0] += self.n_columns + self.n_classes
        single = Columns(votes.indptr, column, votes.weight)
        return self._joined(votes, rule, single) if self.cliques else single

    def _joined(self, votes: Votes, rule: NDArray[Any], single: Columns) -> Columns:
        """The same with combinations in place of the votes of each clique."""
        weight = np.ones(len(votes)) if single.weight is None else single.weight.astype(float)
        alone = self.clique_of[rule] < 0
        items = [votes.item[alone]]
        parts = [(single.column[alone], weight[alone])]
        for place, known in enumerate(self.combinations):
            code, chosen, within = self._codes(votes, rule, place)
            n_votes = np.bincount(within)
            old = np.isin(code, known)
            found = self.first_of[place] + np.searchsorted(known, code[old])
            item = votes.item[chosen][np.unique(within, return_index=True)[1]]
            items.append(item[old])
            mean = np.bincount(within, weight[chosen]) / n_votes
            parts.append((found.astype(np.int32), mean[old]))
            # A combination never seen counts as one vote, shared by those who gave it.
            new = ~old[within]
            items.append(votes.item[chosen[new]])
            shared = (weight[chosen] / n_votes[within])[new]
            parts.append((single.column[chosen[new]], shared))
        item = np.concatenate(items)
        order = np.argsort(item, kind="stable")
        columns, weights = (np.concatenate(part)[order] for part in zip(*parts, strict=True))
        counts = np.bincount(item, minlength=votes.n_items)
        return Columns(np.concatenate([[0], np.cumsum(counts)]), columns, weights)

    def _codes(
        self, votes: Votes, rule: NDArray[Any], place: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Codes of a clique's combinations, item by item; its votes; the combination of each."""
        chosen = np.flatnonzero(self.clique_of[rule] == place)
        item = votes.item[chosen]
        again = (item[1:] == item[:-1]) & (rule[chosen][1:] == rule[chosen][:-1])
        if again.any():
            raise DataError(
                "A rule with declared dependencies voted twice on an item.",
                where={"item": votes.items[item[1:][again][0]]},
                hint="Keep one vote of a rule on each item: repeats='newest' or 'first'.",
            )
        _, within = np.unique(item, return_inverse=True)
        digit = np.searchsorted(self.cliques[place], rule[chosen])
        worth = (self.n_classes + 1) ** digit * (votes.label[chosen].astype(np.int64) + 1)
        code = np.zeros(int(within.max(initial=-1)) + 1, dtype=np.int64)
        np.add.at(code, within, worth)
        return code, chosen, within


def cliques_of(
    dependencies: Sequence[Sequence[Any]] | None, votes: Votes
) -> list[NDArray[np.int64]]:
    """Codes of the rules of each clique: those that are linked, if need be through others.

    Parameters
    ----------
    dependencies : sequence of sequences of rule names, or None
    votes : Votes
    """
    place = {name: code for code, name in enumerate(votes.annotators.tolist())}
    links: list[tuple[int, int]] = []
    for names in dependencies or ():
        if isinstance(names, str) or len(set(names)) < 2:
            raise DataError(
                f"dependencies holds {names!r}, which does not name two rules.",
                hint="Give pairs or larger groups of rules: [('a', 'b'), ('c', 'd', 'e')].",
            )
        unknown = next((name for name in names if name not in place), None)
        if unknown is not None:
            raise unknown_name("rule", unknown, place)
        codes = [place[name] for name in names]
        links += [(codes[0], code) for code in codes[1:]]
    if not links:
        return []
    rows, columns = np.array(links).T
    graph = coo_array((np.ones(len(links)), (rows, columns)), shape=(len(place), len(place)))
    _, group = connected_components(graph, directed=False)
    found = [np.flatnonzero(group == code) for code in np.unique(group[rows])]
    largest = max(rules.size for rules in found)
    if (votes.classes.n_classes + 1) ** largest >= LARGEST_CODE:
        raise CapabilityError(
            f"{largest} rules are linked by declared dependencies, which are too many to be taken "
            "as one.",
            hint="Declare the strongest dependencies only, or merge the rules into one.",
        )
    return found
