from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp

from labelwright.audit import find_label_relations
from labelwright.audit._label_counts import count_tags, read_tags
from labelwright.audit._label_names import compare_names, read_name
from labelwright.core.errors import DataError, ParameterError
from labelwright.core.stats import wilson_interval
from labelwright.core.votes import Votes

N = 2000


def world() -> tuple[list[str], np.ndarray]:
    """Tags with known relations, and some that have none."""
    rng = np.random.default_rng(1)
    dog = rng.random(N) < 0.3
    hound = dog & (rng.random(N) < 0.995)
    husky = dog & (rng.random(N) < 0.4)
    free = rng.random(N) < 0.4
    red = rng.random(N) < 0.4
    blue = ~red & (rng.random(N) < 0.5)
    used = rng.random(N) < 0.5
    columns = {
        "dog": dog,
        "hound": hound,
        "husky": husky,
        "free": free,
        "colour::red": red,
        "colour::blue": blue,
        "kind::cat": free & used,
        "kind::Cats": free & ~used,
        "mood::glad": rng.random(N) < 0.4,
    }
    return list(columns), np.column_stack(list(columns.values())).astype(np.int8)


def rows(relations) -> set[tuple[str, str, str, str]]:
    table = relations.to_table()
    return set(table.select("first", "relation", "second", "evidence").rows())


def test_relations_that_were_planted_are_found_and_no_others():
    names, tags = world()
    assert rows(find_label_relations(tags, names=names)) == {
        ("dog", "identical", "hound", "data"),
        ("dog", "subsumes", "husky", "data"),
        ("hound", "subsumes", "husky", "data"),
        ("kind::cat", "identical", "kind::Cats", "names"),
        ("free", "subsumes", "kind::cat", "data"),
        ("free", "subsumes", "kind::Cats", "data"),
        ("colour::red", "excludes", "colour::blue", "data"),
    }


def test_shares_counts_and_bounds_are_those_of_the_table():
    names, tags = world()
    table = find_label_relations(tags, names=names).to_table()
    one = table.filter(pl.col("second") == "husky").row(0, named=True)
    dog, husky = tags[:, 0].astype(bool), tags[:, 2].astype(bool)
    assert one["together"] == (dog & husky).sum()
    assert one["expected"] == pytest.approx(dog.sum() * husky.sum() / N)
    assert one["second_given_first"] == pytest.approx((dog & husky).sum() / dog.sum())
    low, high = wilson_interval((dog & husky).sum(), husky.sum())
    assert (one["first_given_second_low"], one["first_given_second_high"]) == (low, high)
    assert one["q"] is None
    assert table.filter(pl.col("relation") == "excludes")["q"].item() < 1e-3


def test_sparse_dense_and_votes_agree():
    names, tags = world()
    dense = find_label_relations(tags, names=names).to_dict()
    assert find_label_relations(sp.csr_array(tags), names=names).to_dict() == dense
    item = np.repeat(np.arange(N), 2)
    answers = [[n for n, on in zip(names, row, strict=True) if on] for row in tags.tolist()]
    from labelwright.core.spaces import Tags

    votes = Votes.from_arrays(
        item, np.tile(["a", "b"], N), [answers[i] for i in item], space=Tags(names)
    )
    assert find_label_relations(votes).to_dict() == dense


def test_a_tag_of_votes_needs_half_of_them():
    from labelwright.core.spaces import Tags

    votes = Votes.from_arrays(
        [0, 0, 0, 1, 1], list("abcab"), [["x"], ["x", "y"], [], ["y"], []], space=Tags(["x", "y"])
    )
    positive, known, names = read_tags(votes)
    assert positive.toarray().tolist() == [[1, 0], [0, 1]]
    assert known is None
    assert names == ("x", "y")


def test_what_is_missing_counts_neither_way():
    names, tags = world()
    holes = np.where(np.random.default_rng(2).random(tags.shape) < 0.3, -1, tags)
    found = rows(find_label_relations(holes, names=names, subsumes=0.85, identical=0.9))
    assert ("dog", "identical", "hound", "data") in found
    assert ("dog", "subsumes", "husky", "data") in found
    assert ("colour::red", "excludes", "colour::blue", "data") in found
    counts = count_tags(*read_tags(holes)[:2])
    both, n = counts.given(np.array([2]), np.array([0]))
    known = (holes[:, 2] == 1) & (holes[:, 0] >= 0)
    assert n[0] == known.sum()
    assert both[0] == (known & (holes[:, 0] == 1)).sum()


def test_exclusions_over_many_tags_are_those_of_all_pairs():
    # Each of 60,000 items has tag 0 and one of 1,099 others, so any two of these are apart.
    n, width = 60_000, 1100
    which = np.random.default_rng(3).integers(1, width, n)
    lines = np.tile(np.arange(n), 2)
    ones = np.ones(2 * n)
    tags = sp.csr_array((ones, (lines, np.concatenate([which, np.zeros(n, int)]))), (n, width))
    counts = count_tags(tags, None)
    groups = [np.arange(width)]
    # Chance would give each two of them far less than five items: nothing can be said.
    assert not list(counts.exclusions(groups, 5.0, 0.1, 1e-3))
    found = {pair[:2] for pair in counts.exclusions(groups, 0.01, 0.1, 1.0)}
    assert len(found) == 1099 * 1098 // 2
    assert all(0 < a < b for a, b in found)


@pytest.mark.parametrize(
    ("first", "relation", "second"),
    [
        ("Red-Apples", "identical", "red apple"),
        ("apple", "subsumes", "red apple"),
        ("red", "overlaps", "red apple"),
        ("apple", "overlaps", "apple or pear"),
        ("apple", "overlaps", "Possibly Apple"),
        ("apple", "overlaps", "apple (?)"),
        ("tomato", "overlaps", "tomatos x"),
        ("programming", "overlaps", "progamming"),
        ("design", "overlaps", "desgin"),
    ],
)
def test_relations_by_names_alone(first, relation, second):
    table = find_label_relations(names=[first, second]).to_table()
    assert table.select("first", "relation", "second", "evidence").rows() == [
        (first, relation, second, "names")
    ]
    assert table["why"].item()
    assert table["together"].item() is None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("c", "c++"),
        ("net", ".net"),
        ("c#", "c"),
        ("2006", "2007"),
        ("release 2006", "release 2007"),
        ("??", "????"),
        ("news", "new"),
        ("colour::gold", "material::gold"),
        ("cat", "car"),
        ("", "!"),
        ("physics", "physic ab"),
    ],
)
def test_names_that_only_look_alike(first, second):
    assert not len(find_label_relations(names=[first, second]))


def test_names_are_taken_apart():
    assert read_name("Object::Women's boots").words == ("women", "boot")
    assert read_name("Batteries_included").words == ("battery", "included")
    assert read_name("web 2.0.").words == ("web", "2.0")
    assert read_name("probably dog / wolf").alternatives == (("dog",), ("wolf",))


def test_every_pair_of_names_comes_once():
    names = ["dog", "dogs", "dog?", "big dog", "dog big", "the big dog"]
    pairs = [frozenset((p.first, p.second)) for p in compare_names(names)]
    assert len(pairs) == len(set(pairs))


def test_data_can_speak_against_a_wider_name():
    tags = np.zeros((200, 2), dtype=int)
    tags[:50, 0] = tags[50:100, 1] = 1
    names = ["board", "key board"]
    table = find_label_relations(tags, names=names).to_table()
    assert table["relation"].to_list() == ["overlaps"]
    tags[50:100, 0] = 1
    assert rows(find_label_relations(tags, names=names)) == {
        ("board", "subsumes", "key board", "both")
    }


def test_sentence_vectors_bring_further_candidates():
    vectors = {"car": [1.0, 0.0], "automobile": [0.9, 0.1], "tree": [0.0, 1.0]}
    found = find_label_relations(
        names=[f"x::{name}" for name in vectors], encode=lambda texts: [vectors[t] for t in texts]
    )
    assert rows(found) == {("x::car", "overlaps", "x::automobile", "names")}
    with pytest.raises(DataError, match=r"shape \(1,\) for 2 names"):
        find_label_relations(names=["a", "b"], encode=lambda texts: [1.0])


def test_tags_nobody_has_relate_to_nothing():
    found = find_label_relations(np.zeros((10, 2), int), names=["a::dog", "a::tree"])
    assert not len(found)
    assert found.to_table().columns[:3] == ["first", "relation", "second"]


@pytest.mark.parametrize(
    ("tags", "options", "message"),
    [
        ([[1, 0]], {}, "names of the tags are missing"),
        ([[1, 0]], {"names": ["a"]}, "names has 1 rows and columns has 2"),
        ([[1, 2]], {"names": ["a", "b"]}, "Row 0 of tags holds something other"),
        (sp.csr_array([[1, -1]]), {"names": ["a", "b"]}, "sparse matrix of tags holds"),
        ([1, 0], {"names": ["a", "b"]}, r"tags has shape \(2,\)"),
        (None, {"names": ["a", "a"]}, "'a' stands twice"),
        (None, {}, "names of the tags are missing"),
    ],
)
def test_bad_data_are_refused(tags, options, message):
    with pytest.raises(DataError, match=message):
        find_label_relations(tags, **options)


def test_votes_on_something_else_and_bad_thresholds_are_refused():
    votes = Votes.from_arrays([0], ["a"], ["x"], classes=["x", "y"])
    with pytest.raises(DataError, match="votes are on classes"):
        find_label_relations(votes)
    with pytest.raises(ParameterError, match=r"subsumes=0\.2"):
        find_label_relations(names=["a"], subsumes=0.2)
