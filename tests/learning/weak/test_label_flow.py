from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from labelwright.core.errors import DataError, ParameterError  # noqa: E402
from labelwright.learning.weak import LabelLearningFlow, WeakSignals  # noqa: E402
from labelwright.learning.weak._flow import ConditionalFlow  # noqa: E402
from labelwright.learning.weak.label_flow import negative_log_density  # noqa: E402
from labelwright.nn import MLP, seeded  # noqa: E402
from labelwright.testing import check_part  # noqa: E402

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 3))
TRUTH = (X[:, 0] > 0).astype(int)
GUESS = 1 / (1 + np.exp(-4 * (X[:, :1] + 0.5 * RNG.normal(size=(80, 2)))))
VALUES = np.stack([1 - GUESS, GUESS], axis=2)
SIGNALS = WeakSignals(VALUES, WeakSignals(VALUES, 1.0).error_rates(TRUTH), ("no", "yes"))
QUICK = {"n_steps": 1, "latent": 4, "training": {"epochs": 3}}


def flow(n_classes):
    with seeded(0, "weights"):
        made = ConditionalFlow(MLP(3, (8,)), 8, n_classes, 3, 8)
        with torch.no_grad():
            for weight in made.parameters():
                weight.add_(0.3 * torch.randn_like(weight))
    return made.double()


@pytest.mark.parametrize("n_classes", [2, 4])
def test_the_flow_inverts_and_its_log_determinant_is_that_of_the_jacobian(n_classes):
    made = flow(n_classes)
    noise = torch.tensor(RNG.normal(size=(5, n_classes)))
    x = torch.tensor(X[:5])
    labels, log_det = made(x, noise)
    assert (labels - noise).abs().max() > 0.1
    torch.testing.assert_close(made.inverse(x, labels), noise, rtol=0, atol=1e-9)
    for row in range(5):
        jacobian = torch.autograd.functional.jacobian(
            lambda z, row=row: made(x[row : row + 1], z[None])[0][0], noise[row]
        )
        torch.testing.assert_close(torch.linalg.slogdet(jacobian)[1], log_det[row])


def test_the_density_is_that_of_the_noise_changed_by_the_flow():
    noise = torch.tensor(RNG.normal(size=(5, 3)))
    log_det = torch.tensor(RNG.normal(size=5))
    log_normal = torch.distributions.Normal(0, 1).log_prob(noise).sum(dim=1)
    bits = -(log_normal - log_det) / (3 * np.log(2))
    torch.testing.assert_close(negative_log_density(noise, log_det), bits)


def test_it_learns_labels_that_keep_near_the_bounds():
    options = {"epochs": 200, "lr": 0.01}
    model = LabelLearningFlow(n_steps=4, latent=16, training=options).fit(X, SIGNALS)
    assert (model.errors_ <= SIGNALS.bounds + 0.15).all()
    labels = np.array(["no", "yes"])[TRUTH]
    majority = (VALUES.mean(axis=1).argmax(axis=1) == TRUTH).mean()
    assert (model.predict(X) == labels).mean() >= majority > 0.8
    assert model.history_[-1]["loss"] < model.history_[0]["loss"]


def test_probabilities_are_the_mean_of_labels_drawn_with_one_noise_for_all_rows():
    model = LabelLearningFlow(**QUICK, n_draws=7).fit(X, SIGNALS)
    with seeded(0, "labels"), torch.no_grad():
        noise = torch.randn(7, 1, 2).expand(7, 80, 2)
        drawn = [model.module_(torch.tensor(X, dtype=torch.float32), z)[0] for z in noise]
    mean = torch.stack(drawn).clip(0, 1).mean(dim=0).numpy()
    found = model.predict_proba(X)
    np.testing.assert_allclose(found, mean / mean.sum(axis=1, keepdims=True), atol=1e-6)
    np.testing.assert_allclose(model.predict_proba(X[5:6]), found[5:6], atol=1e-6)


def test_each_row_has_draws_of_its_own():
    model = LabelLearningFlow(**QUICK).fit(X, SIGNALS)
    drawn = model.sample_labels(np.repeat(X[:1], 400, axis=0), 5)
    assert drawn.shape == (400, 5, 2)
    correlation = np.corrcoef(drawn[:, :, 0].T)
    assert np.abs(correlation - np.eye(5)).max() < 0.2
    assert drawn[:, 0].std(axis=0).min() > 0.1


def test_the_same_seed_gives_the_same_bytes_and_files_keep_them(tmp_path):
    model = LabelLearningFlow(**QUICK).fit(X, SIGNALS)
    again = LabelLearningFlow(**QUICK).fit(X, SIGNALS)
    kept = LabelLearningFlow.load(model.save(tmp_path / "model"))
    np.testing.assert_array_equal(model.predict_proba(X), again.predict_proba(X))
    np.testing.assert_array_equal(model.predict_proba(X), kept.predict_proba(X))
    other = LabelLearningFlow(**QUICK, random_state=1).fit(X, SIGNALS)
    assert not np.array_equal(model.predict_proba(X), other.predict_proba(X))


def test_a_backbone_of_the_user_is_copied():
    backbone = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.ReLU())
    before = backbone[0].weight.detach().clone()
    model = LabelLearningFlow(**QUICK, backbone=backbone).fit(X, SIGNALS)
    assert torch.equal(backbone[0].weight, before)
    assert not np.array_equal(model.weights_["backbone.0.weight"], before.numpy())


def test_the_part_keeps_the_contract_and_bad_input_is_refused():
    check_part(LabelLearningFlow())
    with pytest.raises(DataError, match="X has 79 rows and signals has 80"):
        LabelLearningFlow().fit(X[1:], SIGNALS)
    with pytest.raises(ParameterError, match="signals is WeakSignals"):
        LabelLearningFlow().fit(X, VALUES)
    with pytest.raises(ParameterError, match="Did you mean 'epochs'"):
        LabelLearningFlow(training={"epoch": 3}).fit(X, SIGNALS)
    model = LabelLearningFlow(**QUICK).fit(X, SIGNALS)
    with pytest.raises(ParameterError, match="n_draws=0"):
        model.sample_labels(X, 0)
