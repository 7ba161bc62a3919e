from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp

from labelwright.audit import LabelGraph, apply_label_graph, find_label_relations
from labelwright.core.errors import DataError, ParameterError
from labelwright.core.spaces import Tags
from labelwright.core.votes import Votes

NAMES = ["dog", "hound", "husky", "animal", "plant", "rose", "other"]
RELATIONS = [
    ("dog", "identical", "hound"),
    ("dog", "subsumes", "husky"),
    ("animal", "subsumes", "dog"),
    ("plant", "subsumes", "rose"),
    ("animal", "excludes", "plant"),
    ("other", "overlaps", "rose"),
]
GRAPH = LabelGraph.of(NAMES, RELATIONS)


def random_tags(n: int = 50, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).random((n, len(NAMES))) < 0.3).astype(np.int8)


def test_applying_a_graph_twice_changes_nothing_more():
    for tags in (random_tags(), sp.csr_array(random_tags())):
        once = apply_label_graph(tags, GRAPH)
        twice = apply_label_graph(once.tags, GRAPH)
        assert (once.tags != twice.tags).sum() == 0
        assert twice.added.sum() == 0


def test_only_what_follows_is_added_and_nothing_taken():
    tags = random_tags()
    found = apply_label_graph(tags, GRAPH)
    expected = tags.copy()
    for row in expected:
        if row[:3].any():
            row[[0, 1, 3]] = 1
        if row[5]:
            row[4] = 1
    assert (found.tags == expected).all()
    assert found.added.tolist() == (expected - tags).sum(axis=0).tolist()
    assert found.to_table()["items"].to_list() == expected.sum(axis=0).tolist()
    assert found.to_dict()["added"]["animal"] == (expected - tags)[:, 3].sum()


def test_sparse_stays_sparse():
    tags = random_tags()
    found = apply_label_graph(sp.csr_array(tags), GRAPH)
    assert sp.issparse(found.tags)
    assert (found.tags.toarray() == apply_label_graph(tags, GRAPH).tags).all()


def test_merging_makes_one_column_of_tags_that_mean_the_same():
    tags = random_tags()
    found = apply_label_graph(tags, GRAPH, mode="merge")
    assert found.names == ("dog", "husky", "animal", "plant", "rose", "other")
    assert (found.tags[:, 0] == tags[:, :3].any(axis=1)).all()


def test_what_is_not_known_stays_so_unless_it_follows():
    tags = [[-1, 0, 1, -1, -1, 0, 0], [-1, 0, 0, -1, 0, 0, -1]]
    assert apply_label_graph(tags, GRAPH).tags.tolist() == [
        [1, 1, 1, 1, -1, 0, 0],
        [-1, 0, 0, -1, 0, 0, -1],
    ]
    assert apply_label_graph(tags, GRAPH, mode="merge").tags.tolist() == [
        [1, 1, 1, -1, 0, 0],
        [-1, 0, -1, 0, 0, -1],
    ]


def test_exclusions_are_inherited():
    assert GRAPH.excluded_by("husky") == ["plant", "rose"]
    assert GRAPH.excluded_by("rose") == ["dog", "hound", "husky", "animal"]
    assert GRAPH.excluded_by("other") == []


def test_a_circle_of_wider_tags_is_one_group():
    graph = LabelGraph.of(
        list("abcd"), [("a", "subsumes", "b"), ("b", "subsumes", "c"), ("c", "subsumes", "a")]
    )
    assert graph.group.tolist() == [0, 0, 0, 3]
    assert graph.implied_by("c") == ["a", "b", "c"]
    assert graph.merged() == (("a", "d"), [], [])


def test_the_closure_is_that_of_every_path():
    rng = np.random.default_rng(5)
    names = [f"t{k}" for k in range(40)]
    pairs = [(int(a), int(b)) for a, b in rng.integers(0, 40, (60, 2)) if a != b]
    graph = LabelGraph.of(names, [(names[b], "subsumes", names[a]) for a, b in pairs])
    reach = np.eye(40, dtype=bool)
    for _ in range(40):
        for a, b in pairs:
            reach[a] |= reach[b]
    assert (graph.implied.toarray() == reach).all()


def test_merged_pairs_make_the_graph_again():
    names, implies, excludes = GRAPH.merged()
    again = LabelGraph.of(
        names,
        [(names[wide], "subsumes", names[narrow]) for narrow, wide in implies]
        + [(names[a], "excludes", names[b]) for a, b in excludes],
    )
    kept = [NAMES.index(name) for name in names]
    for one, other in ((GRAPH.implied, again.implied), (GRAPH.excluded, again.excluded)):
        assert (one[kept][:, kept].toarray() == other.toarray()).all()


@pytest.mark.parametrize(
    ("more", "tag"),
    [
        (("animal", "excludes", "husky"), "'husky' could never be given"),
        (("plant", "identical", "husky"), "could never be given"),
        (("rose", "subsumes", "husky"), "it implies 'animal' and 'plant'"),
        (("other", "excludes", "other"), "'other' could never be given"),
    ],
)
def test_contradictions_are_refused(more, tag):
    with pytest.raises(DataError, match=tag):
        LabelGraph.of(NAMES, [*RELATIONS, more])


def test_items_with_tags_that_exclude_each_other_are_named():
    tags = np.zeros((3, 7), dtype=int)
    tags[1, [2, 5]] = 1
    tags[2, [3, 6]] = 1
    assert GRAPH.conflicts(tags).rows() == [(1, "husky", "rose")]
    assert GRAPH.conflicts(np.zeros((2, 7))).height == 0


def test_confirmed_rows_of_a_table_are_taken():
    relations = find_label_relations(names=["Dogs", "dog", "guide dog", "tree"])
    table = relations.to_table().with_columns(confirmed=pl.col("relation") == "identical")
    graph = LabelGraph.of(relations.names, table)
    assert graph.implied_by("guide dog") == ["guide dog"]
    assert graph.implied_by("dog") == ["Dogs", "dog"]
    whole = LabelGraph.of(relations.names, relations)
    assert whole.implied_by("guide dog") == ["Dogs", "dog", "guide dog"]
    assert LabelGraph.of(relations.names, table.to_dicts()).group.tolist() == graph.group.tolist()


def test_a_graph_without_relations_changes_nothing():
    graph = LabelGraph.of(NAMES, [])
    assert (apply_label_graph(random_tags(), graph).tags == random_tags()).all()
    assert graph.to_dict()["tags"] == []


def test_plain_values_and_tables():
    stated = json.loads(json.dumps(GRAPH.to_dict()))
    by_tag = {row["tag"]: row for row in stated["tags"]}
    assert by_tag["husky"]["implies"] == ["dog", "hound", "animal"]
    assert by_tag["hound"]["group"] == "dog"
    assert "other" not in by_tag
    assert GRAPH.to_table().height == len(NAMES)


def test_thousands_of_tags_stay_sparse():
    names = [f"t{k}" for k in range(20_000)]
    chains = [(f"t{k}", "subsumes", f"t{k + 1}") for k in range(20_000) if k % 10 != 9]
    graph = LabelGraph.of(names, chains)
    assert graph.implied.nnz == 2000 * 55
    tags = sp.csr_array((np.ones(3), ([0, 1, 2], [9, 15, 19_999])), shape=(3, 20_000))
    assert np.diff(apply_label_graph(tags, graph).tags.indptr).tolist() == [10, 6, 10]


def test_bad_input_is_refused():
    with pytest.raises(DataError, match="Did you mean 'husky'"):
        LabelGraph.of(NAMES, [("dog", "subsumes", "huskey")])
    with pytest.raises(DataError, match="There is no relation 'contains'"):
        LabelGraph.of(NAMES, [("dog", "contains", "husky")])
    with pytest.raises(DataError, match="There is no tag 'cat'"):
        GRAPH.implied_by("cat")
    with pytest.raises(DataError, match="3 columns and the graph 7 names"):
        apply_label_graph([[1, 0, 0]], GRAPH)
    votes = Votes.from_arrays([0], ["a"], [["dog"]], space=Tags(NAMES))
    with pytest.raises(DataError, match="Aggregate them first"):
        apply_label_graph(votes, GRAPH)
    with pytest.raises(ParameterError, match="mode='drop'"):
        apply_label_graph(random_tags(), GRAPH, mode="drop")
