"""Two sides that do next to nothing, for the tests of the runner."""

import time

import numpy as np
from benchmarks._cases import Job


def write(folder, *, n, seed):
    np.save(folder / "numbers.npy", np.random.default_rng(seed).random(n))


def double(folder, seconds=0.0, wrong=False):
    """Double the numbers, after so many seconds of CPU for each thousand of them."""
    numbers = np.load(folder / "numbers.npy")
    with (folder / "log").open("a") as log:
        log.write(f"{seconds}\n")

    def run():
        end = time.process_time() + seconds * len(numbers) / 1000
        while time.process_time() < end:
            pass
        return 2 * numbers

    return Job(run, lambda found: {"labels": found + wrong})


def fail(folder):
    raise ValueError("there is nothing to double")


def compare(folder, ours, peer):
    return {"equal": float((ours["labels"] == peer["labels"]).mean())}
