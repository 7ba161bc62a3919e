"""Our aggregators against crowd-kit's on the same votes."""

import numpy as np
import pytest

from labelwright.aggregation import DawidSkene, MajorityVote
from tests.aggregation._worlds import simulate

pytestmark = pytest.mark.peers

crowdkit = pytest.importorskip("crowdkit.aggregation")
pd = pytest.importorskip("pandas")


def as_frame(votes):
    return pd.DataFrame(
        {
            "task": votes.items[votes.item],
            "worker": votes.annotators[votes.annotator],
            "label": votes.label.astype(int),
        }
    )


@pytest.mark.filterwarnings("ignore")
def test_maximum_likelihood_dawid_skene_ends_where_the_peer_ends():
    votes, *_ = simulate(n_items=400, n_annotators=6, per_item=6)
    ours = DawidSkene(smoothing=0, diagonal=0, class_smoothing=0, tol=1e-13, max_iter=3000)
    # With its own stopping rule the peer ends early, before the objective has settled.
    theirs = crowdkit.DawidSkene(n_iter=200, tol=-1).fit(as_frame(votes))
    expected = theirs.probas_.loc[votes.items, list(range(3))].to_numpy()
    np.testing.assert_allclose(ours.fit(votes).posterior_, expected, atol=5e-6)


@pytest.mark.filterwarnings("ignore")
def test_majority_vote_agrees_off_ties():
    votes, *_ = simulate()
    ours = MajorityVote().fit(votes)
    theirs = crowdkit.MajorityVote().fit_predict(as_frame(votes)).loc[votes.items].to_numpy()
    assert (ours.codes_ == theirs)[~ours.ties_].all()
