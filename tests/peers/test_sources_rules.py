"""The figures of rules against Snorkel's."""

from __future__ import annotations

import numpy as np
import pytest

from labelwright.core.votes import Votes
from labelwright.datasets import load_youtube_spam, youtube_spam_votes
from labelwright.sources import rule_report

analysis = pytest.importorskip("snorkel.labeling.analysis")

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]


def drawn(n, rules, k, seed):
    rng = np.random.default_rng(seed)
    said = rng.integers(k, size=(n, rules))
    return np.where(rng.random((n, rules)) < rng.random(rules), said, -1), rng.integers(k, size=n)


def youtube():
    votes = youtube_spam_votes().drop("text").to_numpy()
    codes = {None: -1, "ham": 0, "spam": 1}
    gold = load_youtube_spam().gold.to_list()
    said = np.array([[codes[vote] for vote in row] for row in votes])
    return said, np.array([codes[label] for label in gold])


@pytest.mark.parametrize(
    ("said", "gold"),
    [drawn(500, 7, 2, 0), drawn(900, 12, 5, 1), drawn(40, 3, 3, 2), youtube()],
    ids=["two", "five", "few", "youtube"],
)
def test_figures_are_those_of_lf_analysis(said, gold):
    k = int(max(said.max(), gold.max())) + 1
    peer = analysis.LFAnalysis(said)
    classes = [f"c{code}" for code in range(k)]
    report = rule_report(Votes.from_matrix(said, classes=classes), [classes[y] for y in gold])
    exact = {"rtol": 0, "atol": 1e-12}
    np.testing.assert_allclose(report.coverage, peer.lf_coverages(), **exact)
    np.testing.assert_allclose(report.overlaps, peer.lf_overlaps(), **exact)
    np.testing.assert_allclose(report.conflicts, peer.lf_conflicts(), **exact)
    np.testing.assert_allclose(report.accuracy, peer.lf_empirical_accuracies(gold), **exact)
    n = report.n_items
    np.testing.assert_allclose(report.n_covered / n, peer.label_coverage(), **exact)
    np.testing.assert_allclose(report.n_overlapped / n, peer.label_overlap(), **exact)
    np.testing.assert_allclose(report.n_conflicted / n, peer.label_conflict(), **exact)
    polarity = [tuple(classes[code] for code in codes) for codes in peer.lf_polarities()]
    assert report.polarity == polarity
