"""Our label model against snorkel's on the same votes.

The package flyingsquid cannot be imported, since it asks for a class that pgmpy no longer has; its
formula is written out in tests/aggregation/test_flying_squid.py.
"""

import numpy as np
import pytest

from labelwright.aggregation import LabelModel
from tests.aggregation._rules import one_sided, two_sided

pytestmark = pytest.mark.peers

snorkel = pytest.importorskip("snorkel.labeling.model")


def matrix_of(votes):
    """Votes as the peers take them: a row an item, a column a rule, -1 for none."""
    matrix = np.full((votes.n_items, votes.n_annotators), -1)
    matrix[votes.item, votes.annotator] = votes.label
    return matrix


def snorkel_fit(votes):
    state = np.random.get_state()  # noqa: NPY002  the peer seeds the global generator
    peer = snorkel.LabelModel(cardinality=votes.classes.n_classes, verbose=False)
    peer.fit(matrix_of(votes), n_epochs=500, seed=0, progress_bar=False)
    np.random.set_state(state)  # noqa: NPY002
    return peer


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("make", [one_sided, two_sided])
@pytest.mark.parametrize(("n_classes", "least"), [(2, 0.99), (4, 0.985)])
def test_labels_are_snorkels_on_rules_that_err_independently(make, n_classes, least):
    votes = make(10_000, n_classes=n_classes, seed=n_classes)[0]
    model, peer = LabelModel().fit(votes), snorkel_fit(votes)
    covered = np.diff(votes.indptr) > 0
    equal = model.codes_ == peer.predict_proba(matrix_of(votes)).argmax(axis=1)
    # Pairs of votes leave four classes open by a turn, which each model chooses in its own way.
    assert equal[covered].mean() >= least


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("n_classes", [2, 4])
def test_ours_is_nearer_to_the_truth_than_snorkels(n_classes):
    votes, _, speaks = one_sided(10_000, n_classes=n_classes, seed=1)
    says = np.repeat(np.arange(n_classes), 4)
    # The default prior is for real rules, which are not as independent as these.
    model = LabelModel(smoothing=1.0).fit(votes)
    ours = model.vote_given_class_[np.arange(says.size), :, says]
    # Of the peer, rows are rule and vote (0 for none), columns the true class.
    theirs = snorkel_fit(votes).get_conditional_probs()[np.arange(says.size), says + 1]
    assert np.abs(ours - speaks).mean() < 1.02 * np.abs(theirs - speaks).mean()
