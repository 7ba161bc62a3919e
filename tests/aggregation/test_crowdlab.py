import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import CrowdLab
from labelwright.aggregation._model_beliefs import ModelBeliefs
from labelwright.aggregation._public import needs_only_votes
from labelwright.core.errors import (
    CapabilityError,
    DataError,
    DataWarning,
    NotFittedError,
    ParameterError,
)
from labelwright.testing import check_part

from ._worlds import simulate


def predictions(truth, k=3, sharp=2.0, seed=0):
    """Probabilities of a model that knows something."""
    logits = np.random.default_rng(seed).normal(size=(len(truth), k)) + sharp * np.eye(k)[truth]
    probabilities = np.exp(logits)
    return probabilities / probabilities.sum(axis=1, keepdims=True)


def world(**options):
    votes, truth, _ = simulate(per_item=3, **options)
    return votes, truth, predictions(truth)


def by_definition(votes, p, consensus):
    """Weights and beliefs of the paper, vote by vote, for items with three votes each."""
    k = p.shape[1]
    ballots = [np.flatnonzero(votes.item == i) for i in range(votes.n_items)]
    agreed = np.mean(
        [(votes.label[b] == c).mean() for b, c in zip(ballots, consensus, strict=True)]
    )
    ignorance = np.mean(consensus != np.bincount(consensus).argmax())
    weight = np.zeros(votes.n_annotators)
    for a in range(votes.n_annotators):
        pairs = [
            votes.label[v] == votes.label[w]
            for v in np.flatnonzero(votes.annotator == a)
            for w in ballots[votes.item[v]]
            if v != w
        ]
        weight[a] = max(1 - (1 - np.mean(pairs)) / ignorance, 1e-6)
    model = max(1 - np.mean(p.argmax(axis=1) != consensus) / ignorance, 1e-6) * np.sqrt(3)
    beliefs = np.zeros_like(p)
    for i, ballot in enumerate(ballots):
        total = model + weight[votes.annotator[ballot]].sum()
        beliefs[i] = model * p[i]
        for v in ballot:
            said = np.full(k, (1 - agreed) / (k - 1))
            said[votes.label[v]] = agreed
            beliefs[i] += weight[votes.annotator[v]] * said
        beliefs[i] /= total
    return weight, model, beliefs


def test_weights_and_beliefs_are_those_of_the_definition():
    votes, _, p = world(n_items=80)
    model = CrowdLab().fit(votes, probabilities=p)
    weight, model_weight, beliefs = by_definition(votes, p, model.codes_)
    np.testing.assert_allclose(model.annotator_weight_, weight)
    np.testing.assert_allclose(model.model_weight_, [model_weight])
    np.testing.assert_allclose(model.posterior_, beliefs)
    rows = np.arange(80)
    np.testing.assert_allclose(model.confidence_, beliefs[rows, model.codes_])
    np.testing.assert_allclose(model.vote_quality_, beliefs[votes.item, votes.label])
    np.testing.assert_allclose(model.predict_proba(votes, probabilities=p), beliefs)


def test_a_good_model_finds_labels_that_votes_do_not():
    votes, truth, p = world(n_items=600, skill=(0.4, 0.7))
    model = CrowdLab().fit(votes, probabilities=p)
    majority = votes.counts().argmax(axis=1)
    assert (model.codes_ == truth).mean() > (majority == truth).mean() + 0.05
    right = np.bincount(votes.annotator, votes.label == truth[votes.item])
    right /= np.bincount(votes.annotator)
    assert np.corrcoef(model.annotator_quality_, right)[0, 1] > 0.8


def test_the_better_model_weighs_more_whatever_the_order_of_models():
    votes, truth, good = world(n_items=300)
    bad = predictions(truth, sharp=0.5, seed=5)
    one = CrowdLab().fit(votes, probabilities=np.stack([good, bad]))
    two = CrowdLab().fit(votes, probabilities=np.stack([bad, good]))
    assert one.model_weight_[0] > one.model_weight_[1] + 0.3
    np.testing.assert_allclose(two.model_weight_, one.model_weight_[::-1])
    np.testing.assert_allclose(two.posterior_, one.posterior_)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_votes_call_for_is_found(temperature):
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(3), 4000)
    labels = (rng.random((4000, 4, 1)) > np.cumsum(p, axis=1)[:, None, :-1]).sum(axis=2)
    votes = Votes.from_matrix(labels, classes=range(3))
    # A model too sure by the inverse of the temperature.
    sure = p ** (1 / temperature)
    sure /= sure.sum(axis=1, keepdims=True)
    found = CrowdLab(calibrate=True).fit(votes, probabilities=sure).temperature_[0]
    assert found == pytest.approx(1 / temperature, rel=0.1)


def test_a_tie_goes_to_what_the_model_says():
    table = {"a": ["x", "x", "y"], "b": ["y", "x", "y"]}
    votes = Votes.from_wide(table, votes=["a", "b"])
    for p, label in (([0.9, 0.1], "x"), ([0.1, 0.9], "y")):
        model = CrowdLab().fit(votes, probabilities=[p, [0.8, 0.2], [0.2, 0.8]])
        assert model.labels_ == [label, "x", "y"]


def test_items_without_votes_have_the_belief_of_the_model_and_change_nothing_else():
    votes, _, p = world(n_items=60)
    alone = CrowdLab().fit(votes, probabilities=p)
    more = Votes.from_arrays(
        votes.item, votes.annotator, votes.label, classes=range(3), items=range(80),
        annotators=range(12),
    )  # fmt: skip
    pool = predictions(np.zeros(20, dtype=int), seed=3)
    model = CrowdLab().fit(more, probabilities=np.concatenate([p, pool]))
    np.testing.assert_allclose(model.posterior_[:60], alone.posterior_)
    np.testing.assert_allclose(model.posterior_[60:], pool)
    assert model.labels_[60:] == [None] * 20
    assert np.isnan(model.agreement_[60:]).all()
    np.testing.assert_allclose(model.confidence_[60:], pool.max(axis=1))
    likely = np.argsort(pool.max(axis=1))
    assert [item for item in model.next_items(80) if item >= 60] == (60 + likely).tolist()


def test_next_items_are_the_least_settled_and_gold_is_never_asked_before_others():
    votes, truth, p = world(n_items=60)
    model = CrowdLab(calibrate=True).fit(votes, gold={7: int(truth[7])}, probabilities=p)
    order = np.argsort(model.active_learning_scores_, kind="stable")
    assert model.next_items(5) == order[:5].tolist()
    assert model.next_items(60)[-1] == 7
    weight, more = model.item_weight_ + model.model_weight_.sum(), model.annotator_weight_.mean()
    expected = (model.confidence_ * weight + more / 3) / (weight + more)
    others = np.arange(60) != 7
    np.testing.assert_allclose(model.active_learning_scores_[others], expected[others])


def test_gold_is_kept_and_teaches_about_annotators():
    table = {"a": list("xxxxyy"), "b": list("yyyyxx"), "c": list("yyyyxx")}
    votes = Votes.from_wide(table, votes=list("abc"))
    p = np.full((6, 2), 0.5)
    model = CrowdLab().fit(votes, gold=list("xxxxyy"), probabilities=p)
    assert model.labels_ == list("xxxxyy")
    np.testing.assert_allclose(model.annotator_agreement_, [1, 0, 0])
    assert model.annotator_quality_[0] > 0.9 > 0.1 > model.annotator_quality_[1]
    assert (model.confidence_ == 1).all()


def test_single_votes_with_gold_are_compared_with_it():
    votes = Votes.from_arrays(range(6), list("ababab"), list("xyyxxy"))
    gold = ["x", "x", "y", "y", None, None]
    model = CrowdLab().fit(votes, gold=gold, probabilities=np.full((6, 2), 0.5))
    np.testing.assert_allclose(model.annotator_agreement_, [1, 0])
    assert model.consensus_likelihood_ == pytest.approx(0.5)


def test_single_votes_trust_all_alike_and_say_so():
    votes = Votes.from_arrays(range(4), list("abab"), list("xyxy"))
    p = predictions([0, 1, 1, 1], k=2)
    with pytest.warns(DataWarning, match="nothing shows whom to trust"):
        model = CrowdLab().fit(votes, probabilities=p)
    assert model.labels_ == list("xyxy")
    np.testing.assert_allclose(model.posterior_, p)
    np.testing.assert_allclose(model.confidence_, p[range(4), [0, 1, 0, 1]])


def test_weights_multiply_votes():
    votes, _, p = world(n_items=60)
    ones = CrowdLab().fit(votes.with_extra(weight=np.ones(len(votes))), probabilities=p)
    np.testing.assert_allclose(ones.posterior_, CrowdLab().fit(votes, probabilities=p).posterior_)
    table = {"a": list("xxyy"), "b": list("yxyy"), "c": list("xxyy")}
    few = Votes.from_wide(table, votes=list("abc"))
    even = np.full((4, 2), 0.5)
    weight = np.ones(12)
    weight[(few.item == 0) & (few.annotator == 1)] = 5
    assert CrowdLab().fit(few, probabilities=even).labels_[0] == "x"
    heavy = CrowdLab().fit(few.with_extra(weight=weight), probabilities=even)
    assert heavy.labels_[0] == "y"
    assert heavy.agreement_[0] == pytest.approx(5 / 7)


def test_one_class_and_annotators_without_votes():
    votes = Votes.from_arrays([0, 0], ["a", "b"], ["x", "x"], annotators=["a", "b", "c"])
    model = CrowdLab().fit(votes, probabilities=[[1.0]])
    assert model.labels_ == ["x"]
    np.testing.assert_allclose(model.posterior_, 1)
    assert np.isnan(model.annotator_quality_).tolist() == [False, False, True]


def test_float32_and_memory_mapped_probabilities_are_read(tmp_path):
    votes, _, p = world(n_items=50)
    np.save(tmp_path / "p.npy", p.astype(np.float32))
    mapped = np.load(tmp_path / "p.npy", mmap_mode="r")
    found = CrowdLab().fit(votes, probabilities=mapped).posterior_
    expected = CrowdLab().fit(votes, probabilities=p).posterior_
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_blocks_of_items_give_what_the_whole_gives():
    votes, _, p = world(n_items=50)
    beliefs = ModelBeliefs(p, votes)
    beliefs.calibrate(votes, votes.counts())
    whole = beliefs.rows(slice(None))[0]
    np.testing.assert_allclose(beliefs.rows(slice(7, 20))[0], whole[7:20])
    np.testing.assert_array_equal(beliefs.guesses(votes)[0], whole.argmax(axis=1))


def test_new_votes_are_read_with_what_was_learnt(tmp_path):
    votes, _, p = world()
    model = CrowdLab(calibrate=True).fit(votes, probabilities=p)
    part = votes.select(items=votes.items[:20])
    beliefs = model.predict_proba(part, probabilities=p[:20])
    np.testing.assert_allclose(beliefs, model.posterior_[:20])
    again = CrowdLab.load(model.save(tmp_path / "model"))
    np.testing.assert_array_equal(again.predict_proba(part, probabilities=p[:20]), beliefs)
    assert again.next_items(3) == model.next_items(3)
    new = Votes.from_arrays([0], ["stranger"], [2], classes=range(3))
    with pytest.warns(DataWarning, match="1 annotators were not there"):
        model.predict_proba(new, probabilities=p[:1])
    with pytest.raises(DataError, match="2 models are given, and 1"):
        model.predict_proba(part, probabilities=np.stack([p[:20]] * 2))


def test_it_is_a_part_and_its_tables_are_those_of_aggregators():
    check_part(CrowdLab())
    votes, _, p = world(n_items=30)
    before = votes.label.tobytes()
    model = CrowdLab().fit(votes, probabilities=p)
    assert list(model.to_table()["label"]) == model.labels_
    assert CrowdLab().fit_predict(votes, probabilities=p) == model.labels_
    assert len(model.annotators_) == votes.n_annotators
    assert votes.label.tobytes() == before
    # Nothing but votes does not make it, so what runs all aggregators on votes leaves it out.
    assert not needs_only_votes(CrowdLab)
    with pytest.raises(TypeError, match="probabilities"):
        CrowdLab().fit(votes)


def test_bad_input_is_refused():
    votes, _, p = world(n_items=10)
    with pytest.raises(NotFittedError, match="fit"):
        CrowdLab().next_items(1)
    with pytest.raises(DataError, match=r"shape \(1, 9, 3\) for 10 items"):
        CrowdLab().fit(votes, probabilities=p[:9])
    with pytest.raises(DataError, match="2 columns for 3 classes"):
        CrowdLab().fit(votes, probabilities=np.full((10, 2), 0.5))
    with pytest.raises(DataError, match="sums to"):
        CrowdLab().fit(votes, probabilities=p * 0.9)
    with pytest.raises(ParameterError, match="calibrate"):
        CrowdLab(calibrate="yes").fit(votes, probabilities=p)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="k=11"):
        CrowdLab().fit(votes, probabilities=p).next_items(11)
    slots = Votes.from_slots({"l1": ["x", "y"], "l2": ["x", "x"]}, labels=["l1", "l2"])
    with pytest.raises(CapabilityError, match=r"CrowdLab.*anonymous"):
        CrowdLab().fit(slots, probabilities=[[0.5, 0.5]] * 2)
