"""The checks of an audit against cleanlab's Datalab: the same scores and marks of items."""

from __future__ import annotations

import contextlib
import io
import warnings

import numpy as np
import pytest
import scipy.sparse as sp

from labelwright.audit import audit
from labelwright.audit.checks import OrderCheck, WeakGroupCheck
from labelwright.audit.checks.order import order_statistic
from labelwright.retrieval import NeighbourGraph

cleanlab = pytest.importorskip("cleanlab")
datalab = pytest.importorskip("cleanlab.datalab.datalab")
noniid = pytest.importorskip("cleanlab.datalab.internal.issue_manager.noniid")

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]

SIZES = ((300, 2, 3), (900, 5, 8), (600, 3, 2))


class World:
    """Labels, probabilities, features with duplicates and outliers, and the neighbours."""

    def __init__(self, n, k, d, seed):
        rng = np.random.default_rng(seed)
        true = rng.choice(k, size=n, p=rng.dirichlet(np.full(k, 4.0)))
        true[:k] = np.arange(k)
        self.labels = np.where(rng.random(n) < 0.12, rng.integers(k, size=n), true)
        self.labels[:k] = np.arange(k)
        logits = rng.normal(size=(n, k))
        logits[np.arange(n), true] += rng.normal(2.5, 1.0, size=n)
        raised = np.exp(logits)
        self.probabilities = raised / raised.sum(axis=1, keepdims=True)
        self.features = rng.normal(size=(n, d)) + 2 * true[:, None]
        self.features[-20:] = self.features[:20] + rng.normal(scale=1e-3, size=(20, d))
        self.features[20:25] += rng.normal(scale=30, size=(5, d))
        self.graph = NeighbourGraph.build(self.features, k=10)

    def theirs(self, issue, **options):
        """Marks and scores of the peer, given our neighbours."""
        rows = np.arange(len(self.graph) + 1) * self.graph.k
        table = sp.csr_matrix((self.graph.distances.ravel(), self.graph.indices.ravel(), rows))
        state = np.random.get_state()  # noqa: NPY002  the peer seeds the global generator
        with contextlib.redirect_stdout(io.StringIO()):
            lab = datalab.Datalab({"y": self.labels}, label_name="y", verbosity=0)
            lab.find_issues(
                knn_graph=table, pred_probs=self.probabilities, issue_types={issue: options}
            )
        np.random.set_state(state)  # noqa: NPY002
        found = lab.get_issues(issue)
        marks, scores = found[f"is_{issue}_issue"], found[f"{issue}_score"]
        return np.flatnonzero(marks), scores.to_numpy(), lab.get_info(issue)

    def ours(self, *checks):
        return audit(
            self.labels, probabilities=self.probabilities, graph=self.graph, checks=list(checks)
        )


@pytest.fixture(
    scope="module", params=[(*size, seed) for size in SIZES for seed in (0, 1)], ids=str
)
def world(request):
    return World(*request.param)


@pytest.mark.parametrize(
    ("check", "issue"),
    [
        ("label_issues", "label"),
        ("outliers", "outlier"),
        ("near_duplicates", "near_duplicate"),
    ],
)
def test_marks_and_scores_of_items_are_the_same(world, check, issue):
    marks, scores, _ = world.theirs(issue)
    found = world.ours(check)[check]
    np.testing.assert_array_equal(np.sort(found.subject), marks)
    np.testing.assert_allclose(found.item_scores, scores, rtol=0, atol=1e-10)


def test_outliers_by_probabilities_are_the_same(world):
    with contextlib.redirect_stdout(io.StringIO()):
        lab = datalab.Datalab({"y": world.labels}, label_name="y", verbosity=0)
        lab.find_issues(pred_probs=world.probabilities, issue_types={"outlier": {}})
    theirs = lab.get_issues("outlier")
    found = audit(world.labels, probabilities=world.probabilities, checks=["outliers"])["outliers"]
    marks = np.flatnonzero(theirs["is_outlier_issue"])
    np.testing.assert_array_equal(np.sort(found.subject), marks)
    np.testing.assert_allclose(found.item_scores, theirs["outlier_score"], rtol=0, atol=1e-10)


def test_order_has_the_same_scores_and_statistic_but_a_p_of_its_own(world):
    _, scores, info = world.theirs("non_iid")
    found = world.ours("order")["order"]
    np.testing.assert_allclose(found.item_scores, scores, rtol=0, atol=1e-10)
    manager = noniid.NonIIDIssueManager.__new__(noniid.NonIIDIssueManager)
    manager.N, manager.background_distribution = len(scores), None
    apart = np.abs(np.arange(len(scores))[:, None] - world.graph.indices)
    theirs = manager._get_statistics(apart)["ks"]
    assert order_statistic(apart, len(scores)) == pytest.approx(theirs, abs=1e-12)
    assert found.score == pytest.approx(1 - theirs, abs=1e-12)
    assert found.notes != (f"p = {info['p-value']:.3f}.",)


def test_a_sorted_file_is_marked_at_the_same_item():
    world = World(400, 3, 4, 7)
    order = np.argsort(world.labels, kind="stable")
    world.labels, world.probabilities = world.labels[order], world.probabilities[order]
    world.graph = NeighbourGraph.build(world.features[order], k=10)
    marks, _, _ = world.theirs("non_iid")
    found = world.ours(OrderCheck(n_permutations=99))["order"]
    np.testing.assert_array_equal(found.subject, marks)
    assert found.evidence["p"].tolist() == [0.01]


def test_the_rarest_class_and_its_scores_are_the_same():
    world = World(700, 3, 2, 3)
    world.labels[(world.labels == 2) & (np.arange(700) > 20)] = 0
    marks, scores, _ = world.theirs("class_imbalance")
    found = world.ours("class_imbalance")["class_imbalance"]
    assert marks.size
    np.testing.assert_array_equal(np.flatnonzero(np.isin(world.labels, found.subject)), marks)
    np.testing.assert_allclose(found.item_scores, scores, rtol=0, atol=1e-10)


def test_rows_of_nothing_are_the_same():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(80, 3))
    features[rng.random((80, 3)) < 0.5] = np.nan
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        lab = datalab.Datalab({"y": np.arange(80) % 2}, label_name="y", verbosity=0)
        lab.find_issues(features=features, issue_types={"null": {}})
    theirs = lab.get_issues("null")
    found = audit(features=features, checks=["missing_values"])["missing_values"]
    np.testing.assert_array_equal(found.subject, np.flatnonzero(theirs["is_null_issue"]))
    np.testing.assert_allclose(found.item_scores, theirs["null_score"], rtol=0, atol=1e-12)


def test_a_cluster_scores_the_same_ratio(world):
    try:
        _, scores, _ = world.theirs("underperforming_group", clustering_kwargs={"eps": 0.5})
    except ValueError:
        pytest.skip("the peer finds no cluster in this world")
    found = world.ours(WeakGroupCheck(eps=0.5, min_size=5))["weak_groups"]
    np.testing.assert_allclose(found.item_scores, scores, rtol=0, atol=1e-10)


def test_whole_numbers_without_repetition_are_identifiers_to_both():
    manager = pytest.importorskip("cleanlab.datalab.internal.issue_manager.identifier_column")
    is_sequential = manager.IdentifierColumnIssueManager._is_sequential
    columns = {
        "row": np.arange(5, 65),
        "shuffled": np.random.default_rng(0).permutation(60),
        "gap": np.r_[np.arange(59), 99],
        "class": np.arange(60) % 3,
    }
    theirs = [name for name, values in columns.items() if is_sequential(None, values)]
    ours = audit(table=columns, checks=["columns"])["columns"]
    assert ours.subject.tolist() == ["row", "shuffled"]
    # The peer also takes a class in codes, which repeat, for an identifier.
    assert theirs == ["row", "shuffled", "class"]
