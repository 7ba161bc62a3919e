"""Random numbers depend on the seed and the purpose, and on nothing else."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from labelwright.core.errors import ParameterError
from labelwright.core.seeds import generator


def draw(random_state: Any, *names: str | int) -> int:
    return int(generator(random_state, *names).integers(2**62))


def test_the_same_seed_and_purpose_give_the_same_numbers_in_every_process() -> None:
    code = (
        "from labelwright.core.seeds import generator;"
        "print(generator(7, 'folds', 2).integers(2**62))"
    )
    told = [
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        for _ in range(2)
    ]
    assert {int(run.stdout) for run in told} == {draw(7, "folds", 2)}


def test_seeds_and_purposes_are_told_apart() -> None:
    purposes: list[tuple[str | int, ...]] = [(), ("a",), ("b",), ("a", "b"), ("b", "a"), ("a", 1)]
    purposes += [("a", "1"), (1,), ("1",)]
    numbers = {draw(seed, *names) for seed in (0, 1) for names in purposes}
    assert len(numbers) == 2 * len(purposes)


def test_a_generator_is_used_as_it_is() -> None:
    own = np.random.default_rng(3)
    assert generator(own, "folds") is own


def test_a_seed_sequence_gives_children_of_its_own() -> None:
    parent = np.random.SeedSequence(5)
    one, other = parent.spawn(2)
    assert draw(parent, "a") == draw(5, "a")
    assert len({draw(one, "a"), draw(other, "a"), draw(parent, "a")}) == 3
    assert draw(np.random.SeedSequence([1, 2]), "a") != draw(1, "a")


def test_none_is_unpredictable() -> None:
    assert draw(None, "a") != draw(None, "a")
    assert draw(np.int64(3), "a") == draw(3, "a")


@pytest.mark.parametrize(
    ("bad", "message"), [(-1, "random_state=-1 is negative"), ("7", "is not accepted"), (1.5, "is")]
)
def test_what_is_no_seed_is_refused(bad: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        generator(bad)
