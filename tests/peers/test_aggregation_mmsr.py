"""MMSR against crowd-kit's on votes of a whole crowd, where both leave out as many ratios."""

import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation.mmsr import MMSR

pytestmark = pytest.mark.peers

crowdkit = pytest.importorskip("crowdkit.aggregation")
pd = pytest.importorskip("pandas")


def dense_world(n_classes, n_annotators=14, n_items=600, seed=0):
    """Everybody votes on everything; one of seven is worse than chance."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_classes, n_items)
    skill = rng.uniform(0.3, 0.8, n_annotators)
    skill[::7] = -0.15
    knows = rng.random((n_items, n_annotators)) < skill + (1 - skill) / n_classes
    wrong = (truth[:, None] + rng.integers(1, n_classes, knows.shape)) % n_classes
    return Votes.from_matrix(np.where(knows, truth[:, None], wrong), classes=range(n_classes))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("n_classes", [2, 4])
def test_skills_and_labels_are_the_peers(n_classes):
    votes = dense_world(n_classes)
    columns = {"task": votes.item, "worker": votes.annotator, "label": votes.label.astype(int)}
    frame = pd.DataFrame(columns)
    peer = crowdkit.MMSR().fit(frame)
    # Of 13 others the peer leaves out 5 at either end.
    ours = MMSR(trim=5 / 13, tol=1e-12).fit(votes)
    odds = np.log(ours.accuracy_ * (n_classes - 1) / (1 - ours.accuracy_))
    np.testing.assert_allclose(odds, peer.skills_.loc[range(14)].to_numpy(), atol=1e-6)
    labels = peer.predict(frame).loc[range(votes.n_items)].to_numpy()
    np.testing.assert_array_equal(ours.codes_, labels)
