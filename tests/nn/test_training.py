from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy import sparse

torch = pytest.importorskip("torch")

from labelwright.core.errors import (  # noqa: E402
    LabelwrightWarning,
    MissingExtraError,
    ParameterError,
    RunError,
)
from labelwright.nn import MLP, Rows, Trainer, WithHead, seeded, soft_cross_entropy  # noqa: E402
from labelwright.testing import check_part  # noqa: E402

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)).astype(np.float32)
SOFT = RNG.dirichlet(np.ones(3), 60)
ROWS = Rows(x=X, target=SOFT)
HELD = Rows(x=X[:20], target=SOFT[::-1][:20].copy())


def network(dropout=0.2):
    with seeded(0, "weights"):
        return WithHead(MLP(4, (8,), dropout), torch.zeros(1, 4), 3)


def loss_of(module):
    return lambda batch: soft_cross_entropy(module(batch["x"]), batch["target"])


def trained(*, module=None, held_out=None, rows=ROWS, before_epoch=None, **options):
    module = module or network()
    trainer = Trainer(**{"epochs": 6, "batch_size": 16, "lr": 0.01, **options})
    history = trainer.train(
        module, loss_of(module), rows, held_out=held_out, before_epoch=before_epoch
    )
    return module, history


def same(one, other):
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def stop_at(epoch):
    def hook(now):
        if now == epoch:
            raise KeyboardInterrupt

    return hook


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_full_batches_take_the_steps_of_the_plain_optimiser(optimizer):
    module, plain = network(0.0), network(0.0)
    options = {"epochs": 5, "batch_size": None, "optimizer": optimizer, "weight_decay": 0.0}
    history = Trainer(lr=0.1, **options).train(module, loss_of(module), ROWS)
    kinds = {"adam": (torch.optim.Adam, {}), "sgd": (torch.optim.SGD, {"momentum": 0.9})}
    kind, extra = kinds[optimizer]
    extra = extra | ({"nesterov": True} if extra else {})
    stepping = kind(plain.parameters(), lr=0.1, **extra)
    for entry in history:
        stepping.zero_grad()
        value = loss_of(plain)(ROWS.batch(np.arange(60)))
        assert entry["loss"] == pytest.approx(value.item(), rel=1e-5)
        value.backward()
        stepping.step()
    for one, other in zip(module.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    torch.manual_seed(7)
    before = torch.random.get_rng_state()
    first, second, other = trained()[0], trained()[0], trained(random_state=1)[0]
    assert same(first, second)
    assert not same(first, other)
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_a_stopped_training_goes_on_to_the_same_bytes(tmp_path, optimizer):
    options = {"optimizer": optimizer, "schedule": "cosine", "held_out": HELD}
    straight, history = trained(**options)
    with pytest.warns(LabelwrightWarning, match="interrupted after epoch 3 of 6"):
        stopped, part = trained(checkpoint=tmp_path, before_epoch=stop_at(3), **options)
    assert len(part) == 3
    assert not same(straight, stopped)
    epochs = []
    resumed, whole = trained(checkpoint=str(tmp_path), before_epoch=epochs.append, **options)
    assert epochs == [3, 4, 5]
    assert same(straight, resumed)
    assert whole == history


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"lr": 0.1}, "lr"),
        ({"random_state": 5}, "random_state"),
        ({"rows": Rows(x=X + 1, target=SOFT)}, "rows"),
        ({"held_out": None}, "held_out"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(tmp_path, change, name):
    trained(checkpoint=tmp_path, held_out=HELD)
    with pytest.raises(RunError, match=f"its {name} differs"):
        trained(**{"checkpoint": tmp_path, "held_out": HELD, **change})


def test_a_checkpoint_of_other_weights_and_a_broken_one_are_refused(tmp_path):
    trained(checkpoint=tmp_path)
    other = network()
    with torch.no_grad():
        other.head.bias.add_(1)
    with pytest.raises(RunError, match="its weights differs"):
        trained(checkpoint=tmp_path, module=other)
    (tmp_path / "training.safetensors").write_bytes(b"cut off")
    with pytest.raises(RunError, match="cannot be read as a checkpoint"):
        trained(checkpoint=tmp_path)


def test_the_weights_with_the_least_held_out_loss_are_kept():
    module, history = trained(epochs=30, lr=0.05, held_out=HELD)
    held = [entry["held_out_loss"] for entry in history]
    assert held.index(min(held)) < 29
    with torch.no_grad():
        now = loss_of(module)(HELD.batch(np.arange(20))).item()
    assert now == pytest.approx(min(held), rel=1e-5)
    assert not module.training


def test_patience_stops_that_many_epochs_after_the_least_loss():
    _, history = trained(epochs=200, lr=0.05, held_out=HELD, patience=4)
    held = [entry["held_out_loss"] for entry in history]
    assert len(held) == held.index(min(held)) + 5 < 200


def test_an_interrupt_in_the_first_epoch_leaves_nothing():
    with pytest.raises(KeyboardInterrupt):
        trained(before_epoch=stop_at(0))


@pytest.mark.parametrize(
    ("schedule", "end"), [("constant", 1.0), ("cosine", 0.5), ("exponential", np.exp(-1))]
)
def test_the_learning_rate_follows_its_schedule(schedule, end):
    weight = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(weight.weight)
    moves = []

    def step(batch, update):
        before = weight.weight.item()
        value = -weight(batch["x"]).mean()
        update(value)
        moves.append(weight.weight.item() - before)
        return value

    options = {"epochs": 2, "batch_size": None, "optimizer": "adam", "weight_decay": 0.0}
    Trainer(lr=0.1, schedule=schedule, **options).train(
        weight, lambda batch: batch["x"].mean(), Rows(x=np.ones((3, 1))), step=step
    )
    assert moves[1] / moves[0] == pytest.approx(end, rel=1e-4)


def test_batches_are_even_and_hold_every_row_once():
    seen = []
    module = network()

    def step(batch, update):
        seen.append(batch["index"])
        value = loss_of(module)(batch)
        update(value)
        return value

    Trainer(epochs=1, batch_size=7).train(module, loss_of(module), ROWS, step=step)
    assert torch.equal(torch.cat(seen).sort().values, torch.arange(60))
    assert {len(index) for index in seen} == {6, 7}


def test_sparse_rows_are_the_same_rows():
    thin = Rows(x=sparse.csr_array(X), target=SOFT)
    assert same(trained()[0], trained(rows=thin)[0])
    assert thin.fingerprint() != ROWS.fingerprint()


def test_weights_of_rows_are_rows_repeated():
    twice = np.arange(60) % 3 == 0
    weight = np.where(twice, 2.0, 1.0)
    repeated = np.repeat(np.arange(60), weight.astype(int))
    one, other = network(0.0), network(0.0)
    options = {"epochs": 20, "batch_size": None, "lr": 0.01}
    Trainer(**options).train(
        one,
        lambda b: soft_cross_entropy(one(b["x"]), b["target"], b["weight"]),
        Rows(x=X, target=SOFT, weight=weight / weight.mean()),
    )
    Trainer(**options).train(other, loss_of(other), ROWS.take(repeated))
    with torch.no_grad():
        gap = one(torch.tensor(X)) - other(torch.tensor(X))
    assert gap.abs().max() < 1e-3


def test_the_part_keeps_the_contract():
    check_part(Trainer())


def test_what_cannot_be_is_refused():
    with pytest.raises(ParameterError, match="optimizer"):
        trained(optimizer="lion")
    with pytest.raises(ParameterError, match="patience needs held-out rows"):
        trained(patience=3)
    with pytest.raises(ParameterError, match="device='quantum' is not accepted"):
        trained(device="quantum")
    with pytest.raises(ParameterError, match=r"The loss is nan in epoch 0\."):
        trained(rows=Rows(x=np.full((4, 4), np.nan), target=SOFT[:4]))


def test_clipping_bounds_the_step():
    weight = torch.nn.Linear(1, 1, bias=False)
    start = weight.weight.item()
    Trainer(epochs=1, batch_size=None, optimizer="sgd", lr=1.0, weight_decay=0.0, clip=0.5).train(
        weight, lambda b: weight(b["x"]).mean(), Rows(x=np.full((2, 1), 100.0))
    )
    assert start - weight.weight.item() == pytest.approx(0.5 * 1.9, rel=1e-4)


def test_without_torch_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "labelwright.nn._torch")
    with pytest.raises(MissingExtraError, match=r"pip install \"labelwright\[deep\]\""):
        __import__("labelwright.nn._torch")
