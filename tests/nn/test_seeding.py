from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from labelwright.nn import seeded  # noqa: E402


def test_the_users_generator_goes_on_as_if_nothing_had_happened():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    with seeded(0, "weights"):
        inside = torch.rand(2)
    assert torch.equal(torch.rand(2), expected)
    assert not torch.equal(inside, expected)


def test_streams_of_other_names_differ():
    drawn = []
    for name in ("weights", "noise"):
        with seeded(0, name):
            drawn.append(torch.rand(2))
    assert not torch.equal(*drawn)
