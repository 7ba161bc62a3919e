"""Fixtures that every room's tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest

# The same examples in every run, and no clock: a busy machine must not fail a test.
hypothesis.settings.register_profile("fixed", deadline=None, derandomize=True, max_examples=50)
hypothesis.settings.load_profile("fixed")

TESTS = Path(__file__).parent

Constructor = Callable[[Mapping[str, Any]], Any]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in ``tests/peers`` and ``tests/services`` by its folder."""
    for item in items:
        for folder in ("peers", "services"):
            if item.path.is_relative_to(TESTS / folder):
                item.add_marker(folder)


@pytest.fixture(autouse=True)
def _global_generator_untouched() -> Iterator[None]:
    before = np.random.get_state()  # noqa: NPY002
    yield
    after = np.random.get_state()  # noqa: NPY002
    same = all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))
    assert same, "numpy's global generator was used; take one from core.seeds.generator"


@pytest.fixture(params=["polars", "pandas", "pyarrow"])
def frame_kind(request: pytest.FixtureRequest) -> str:
    """The name of a dataframe library; a test that asks for it runs once with each."""
    kind: str = request.param
    return kind


@pytest.fixture
def constructor(frame_kind: str) -> Constructor:
    """A function that makes a dataframe of the kind in hand from columns."""
    module = pytest.importorskip(frame_kind)
    make: Constructor = module.table if frame_kind == "pyarrow" else module.DataFrame
    return make
