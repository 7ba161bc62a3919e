from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from labelwright.nn import soft_cross_entropy  # noqa: E402

RNG = np.random.default_rng(0)
LOGITS = torch.tensor(RNG.normal(size=(5, 3)))
LABELS = torch.tensor([0, 2, 1, 1, 0])


def test_on_hard_labels_it_is_the_cross_entropy():
    hard = torch.eye(3, dtype=torch.float64)[LABELS]
    expected = torch.nn.functional.cross_entropy(LOGITS, LABELS)
    torch.testing.assert_close(soft_cross_entropy(LOGITS, hard), expected)


def test_the_gradient_is_probabilities_less_targets():
    logits = LOGITS.clone().requires_grad_()
    soft = torch.tensor(RNG.dirichlet(np.ones(3), 5))
    soft_cross_entropy(logits, soft).backward()
    torch.testing.assert_close(logits.grad, (LOGITS.softmax(1) - soft) / 5)


def test_weights_multiply_and_a_row_of_zeros_counts_nothing():
    soft = torch.tensor(RNG.dirichlet(np.ones(3), 5))
    weight = torch.tensor([2.0, 0.0, 1.0, 1.0, 1.0], dtype=torch.float64)
    kept = soft * (torch.arange(5) != 1)[:, None]
    doubled = soft_cross_entropy(LOGITS[:1], soft[:1]) / 5
    expected = soft_cross_entropy(LOGITS, kept) + doubled
    torch.testing.assert_close(soft_cross_entropy(LOGITS, soft, weight), expected)
