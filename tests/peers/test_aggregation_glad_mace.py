"""ZeroBasedSkill, GLAD and MACE against crowd-kit's on the same votes.

The skills must be the same. GLAD and MACE are the same models, which is seen at given parameters;
where they end differs, since crowd-kit stops GLAD early and starts MACE ten times at one place.
"""

import numpy as np
import pytest
from scipy.special import expit

from labelwright.aggregation import GLAD, MACE, ZeroBasedSkill
from labelwright.aggregation.glad import _Likelihood
from labelwright.aggregation.mace import _LogWeights, _SpamVotes
from tests.aggregation._worlds import simulate

crowdkit = pytest.importorskip("crowdkit.aggregation")
pd = pytest.importorskip("pandas")

from .test_aggregation_crowdkit import as_frame  # noqa: E402 - it needs the peer as well

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]


def test_skills_are_the_same_off_ties():
    # Five votes on two classes know no tie.
    votes, *_ = simulate(n_annotators=30, n_classes=2, skill=(0.4, 1.0))
    theirs = crowdkit.ZeroBasedSkill().fit(as_frame(votes)).skills_.loc[votes.annotators]
    np.testing.assert_allclose(ZeroBasedSkill().fit(votes).skill_, theirs, atol=1e-10)


def glad_objective(votes, ability, log_ease):
    prior = ((ability - 1) ** 2).sum() + ((log_ease - 1) ** 2).sum()
    return _Likelihood(votes).at(ability, log_ease)[0] - prior / 2


def test_glad_is_the_same_model_and_ends_at_least_as_high():
    votes, *_ = simulate(n_items=60)
    start = crowdkit.GLAD(n_iter=0).fit(as_frame(votes))
    expected = start.probas_.loc[votes.items, list(range(3))].to_numpy()
    found = _Likelihood(votes).posterior(np.ones(12), np.ones(60))
    np.testing.assert_allclose(found, expected, atol=1e-10)

    theirs = crowdkit.GLAD(n_iter=5).fit(as_frame(votes))
    ability = theirs.alphas_.loc[votes.annotators].to_numpy()
    log_ease = theirs.betas_.loc[votes.items].to_numpy()
    ours = GLAD(tol=1e-10).fit(votes)
    assert ours.history_[-1] >= glad_objective(votes, ability, log_ease)
    assert np.corrcoef(expit(ours.ability_), expit(ability))[0, 1] > 0.99


@pytest.mark.parametrize("method", ["vb", "em"])
def test_mace_is_the_same_model_and_ends_at_least_as_high(method):
    votes, *_ = simulate(n_items=100)
    frame = as_frame(votes)
    theirs = crowdkit.MACE(method=method, n_restarts=1).fit(frame)
    # Crowd-kit keeps annotators and classes in the order in which they come.
    people = pd.Index(frame["worker"].unique()).get_indexer(votes.annotators)
    classes = pd.Index(frame["label"].unique()).get_indexer(range(3))
    spamming, strategy = theirs.spamming_[people], theirs.thetas_[np.ix_(people, classes)]
    weights = _LogWeights(np.log(spamming[:, 1:]), np.log(spamming[:, :1] * strategy))

    posterior = np.empty((100, 3))
    data, model = _SpamVotes(votes), MACE(method=method)
    _, known, spammed = data.expect(weights, keep=posterior)
    expected = theirs.probas_.loc[votes.items, list(range(3))].to_numpy()
    np.testing.assert_allclose(posterior, expected, atol=1e-10)

    # One step on from where the peer ended, which is no lower.
    reached = model._pseudo_votes(known, spammed)
    value = data.expect(model._log_weights(reached))[0] + model._log_prior(reached)
    assert model.fit(votes).history_[-1] >= value - 1e-4
