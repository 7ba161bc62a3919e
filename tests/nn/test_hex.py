from __future__ import annotations

import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from labelwright.core.errors import CapabilityError, DataError, ParameterError  # noqa: E402
from labelwright.nn import HEXLayer, Rows, Trainer  # noqa: E402


def scores(n: int, width: int, seed: int = 0) -> torch.Tensor:
    made = torch.Generator().manual_seed(seed)
    return torch.randn(n, width, generator=made, dtype=torch.float64) * 2


def legal_sets(n: int, implies, excludes) -> np.ndarray:
    """All legal sets by trying every set of labels."""
    sets = np.array(list(itertools.product([0, 1], repeat=n)))
    legal = np.ones(len(sets), dtype=bool)
    for narrow, wide in implies:
        legal &= sets[:, narrow] <= sets[:, wide]
    for a, b in excludes:
        legal &= sets[:, a] + sets[:, b] < 2
    return sets[legal]


def random_graph(n: int, seed: int):
    rng = np.random.default_rng(seed)
    pairs = [(int(a), int(b)) for a, b in itertools.combinations(rng.permutation(n), 2)]
    implies = [pair for pair in pairs if rng.random() < 0.15]
    excludes = []
    for pair in pairs:
        if rng.random() < 0.2:
            tried = [*excludes, pair]
            possible = legal_sets(n, implies, tried).any(axis=0).all()
            excludes = tried if possible else excludes
    return implies, excludes


@pytest.mark.parametrize("seed", range(8))
def test_everything_is_that_of_trying_every_set(seed):
    n = 4 + seed
    implies, excludes = random_graph(n, seed)
    layer, f = HEXLayer(n, implies, excludes), scores(6, n, seed)
    sets = torch.tensor(legal_sets(n, implies, excludes), dtype=f.dtype)
    weight = torch.softmax(f @ sets.T, dim=1)
    torch.testing.assert_close(layer(f), weight @ sets)
    assert layer.most_probable(f).tolist() == sets[weight.argmax(dim=1)].tolist()
    # Legal targets of which half are not known.
    rng = np.random.default_rng(seed)
    targets = legal_sets(n, implies, excludes)[rng.integers(len(sets), size=6)]
    targets[rng.random(targets.shape) < 0.5] = -1
    known = torch.tensor(targets)
    agrees = ((known[:, None, :] == sets[None]) | (known[:, None, :] < 0)).all(dim=2)
    expected = (weight * agrees).sum(dim=1).log()
    torch.testing.assert_close(layer.log_likelihood(f, known), expected)


def test_without_relations_labels_are_sigmoids():
    layer, f = HEXLayer(5), scores(7, 5)
    torch.testing.assert_close(layer(f), torch.sigmoid(f))
    y = torch.tensor([[0, 1, 1, 0, -1]] * 7)
    bce = torch.nn.functional.binary_cross_entropy_with_logits(
        f[:, :4], y[:, :4].to(f.dtype), reduction="none"
    )
    torch.testing.assert_close(layer.log_likelihood(f, y), -bce.sum(dim=1))
    assert layer.n_states == []


def test_labels_that_all_exclude_each_other_are_a_softmax_with_none():
    layer, f = HEXLayer(4, excludes=list(itertools.combinations(range(4), 2))), scores(7, 4)
    with_none = torch.softmax(torch.cat([f, torch.zeros(7, 1, dtype=f.dtype)], dim=1), dim=1)
    torch.testing.assert_close(layer(f), with_none[:, :4])
    assert layer.n_states == [5]


def test_a_tree_has_one_set_more_than_labels():
    # 200 labels in a tree whose siblings exclude each other: 2^200 sets, 201 of them legal.
    implies = [(k, (k - 1) // 3) for k in range(1, 200)]
    siblings = [
        (a, b) for a in range(1, 200) for b in range(a + 1, 200) if (a - 1) // 3 == (b - 1) // 3
    ]
    assert HEXLayer(200, implies, siblings).n_states == [201]


def test_gradients_are_those_of_the_loss():
    layer, f = HEXLayer(4, [(1, 0), (2, 0)], [(1, 2)]), scores(3, 4).requires_grad_()
    y = torch.tensor([[1, -1, -1, 1], [1, 1, 0, -1], [-1, -1, -1, -1]])
    assert torch.autograd.gradcheck(lambda s: layer.loss(s, y), f)
    assert layer.log_likelihood(f, y)[2].abs() < 1e-12


def test_large_scores_do_not_overflow():
    layer = HEXLayer(3, [(1, 0)], [(0, 2)])
    f = torch.tensor([[-800.0, 900.0, -700.0], [-1e4, -1e4, -1e4]])
    y = torch.tensor([[1, 1, 0], [0, 0, 0]])
    assert torch.isfinite(layer.log_likelihood(f, y)).all()
    assert torch.isfinite(layer(f)).all()


def test_coarse_labels_teach_the_fine_ones():
    # Two clusters a parent; half of the rows say the parent only. The layer learns from both.
    made = torch.Generator().manual_seed(0)
    cluster = torch.randint(0, 4, (400,), generator=made)
    x = torch.nn.functional.one_hot(cluster, 4) + 0.3 * torch.randn(400, 4, generator=made)
    y = torch.full((400, 6), 0)
    y[torch.arange(400), cluster] = 1
    y[torch.arange(400), 4 + cluster // 2] = 1
    y[:200, :4] = -1
    implies = [(k, 4 + k // 2) for k in range(4)]
    layer = HEXLayer(6, implies, [(4, 5), (0, 1), (2, 3)])
    model = torch.nn.Linear(4, 6)
    Trainer(epochs=60, lr=0.05).train(
        model, lambda batch: layer.loss(model(batch["x"]), batch["y"]), Rows(x=x, y=y)
    )
    found = layer.most_probable(model(x))[:200, :4].argmax(dim=1)
    assert (found == cluster[:200]).float().mean() > 0.9


def test_it_moves_with_the_module_and_is_not_in_its_weights():
    layer = HEXLayer(3, [(1, 0)])
    assert not layer.state_dict()
    assert layer.double()(scores(1, 3)).dtype == torch.float64


def test_too_many_sets_are_refused():
    with pytest.raises(CapabilityError, match="21 connected labels have more than 65,536"):
        HEXLayer(21, [(k, 0) for k in range(1, 21)])
    assert HEXLayer(5, [(k, 0) for k in range(1, 5)], max_states=17).n_states == [17]
    with pytest.raises(CapabilityError, match="more than 16"):
        HEXLayer(5, [(k, 0) for k in range(1, 5)], max_states=16)


@pytest.mark.parametrize(
    ("implies", "excludes", "message"),
    [
        ([(0, 1), (1, 2), (2, 0)], [], "implies itself in a circle"),
        ([(0, 1)], [(0, 1)], "Label 0 could never be given"),
        ([(0, 1), (0, 2)], [(1, 2)], "Label 0 could never be given"),
        ([(0, 3)], [], r"implies holds the pair \(0, 3\)"),
        ([], [(1, 1)], r"excludes holds the pair \(1, 1\)"),
    ],
)
def test_bad_graphs_are_refused(implies, excludes, message):
    with pytest.raises(ParameterError, match=message):
        HEXLayer(3, implies, excludes)


def test_targets_that_contradict_the_graph_are_refused():
    layer = HEXLayer(3, [(1, 0)])
    with pytest.raises(DataError, match="Row 1 of the targets contradicts"):
        layer.loss(torch.zeros(2, 3), torch.tensor([[1, 1, 0], [0, 1, 0]]))
