from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from labelwright.nn import MLP, WithHead, seeded  # noqa: E402


def test_what_an_mlp_says_of_a_row_depends_on_no_other_row():
    module = MLP(3, (6, 5)).train()
    x = torch.randn(8, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(module(x)[:2], module(x[:2]))
    assert module(x).shape == (8, module.n_out) == (8, 5)


def test_no_hidden_layer_is_the_identity():
    module, x = MLP(3, ()), torch.ones(2, 3)
    assert module.n_out == 3
    assert torch.equal(module(x), x)


def test_a_head_on_the_identity_is_a_linear_map():
    module, x = WithHead(torch.nn.Identity(), torch.zeros(1, 3), 2), torch.ones(4, 3)
    torch.testing.assert_close(module(x), x @ module.head.weight.T + module.head.bias)


def test_a_normalisation_learns_nothing_from_the_example():
    backbone = torch.nn.BatchNorm1d(3)
    module = WithHead(backbone, torch.full((1, 3), 9.0), 2)
    assert backbone.training
    assert torch.equal(module.backbone.running_mean, torch.zeros(3))


def test_dropout_is_drawn_from_the_seed():
    module, x = MLP(3, (50,), 0.5), torch.ones(1, 3)
    drawn = []
    for seed in (0, 0, 1):
        with seeded(seed, "noise"):
            drawn.append(module(x))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
