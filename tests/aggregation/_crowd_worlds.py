"""Crowds that behave, with all that comes along with votes, and ways to plant one who does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from labelwright import Votes


@dataclass
class CrowdWorld:
    """Votes before they are put together; entries are changed in place to plant something."""

    truth: np.ndarray
    item: np.ndarray
    who: np.ndarray
    label: np.ndarray
    seconds: np.ndarray
    moment: np.ndarray
    skips: np.ndarray
    prelabels: np.ndarray
    hard: np.ndarray

    def of(self, annotator: int) -> np.ndarray:
        """Places of an annotator's votes, in the order of time."""
        places = np.flatnonzero(self.who == annotator)
        return places[np.argsort(self.moment[places])]

    def votes(self) -> Votes:
        """Skips are events; everything else is a vote."""
        base = np.datetime64("2024-05-01T00:00:00", "us")
        table = pl.DataFrame(
            {
                "item": self.item,
                "annotator": self.who,
                "label": [
                    None if skip else code
                    for skip, code in zip(self.skips, self.label.tolist(), strict=True)
                ],
                "event": ["skip" if skip else None for skip in self.skips],
                "seconds": self.seconds,
                "time": base + (self.moment * 1_000_000).astype("timedelta64[us]"),
            }
        ).with_columns(pl.col("time").dt.replace_time_zone("UTC"))
        return Votes.from_table(
            table,
            item="item",
            annotator="annotator",
            label="label",
            classes=range(int(max(self.truth.max(), self.label.max())) + 1),
            items=range(self.truth.size),
            annotators=range(int(self.who.max()) + 1),
        )


def well_behaved(
    rng, n_items=400, n_annotators=20, n_classes=3, per_item=5, *, accuracy=0.8, hard=0.1
):
    """Everybody errs alike; on hard items more often, and towards one wrong class."""
    truth = rng.choice(n_classes, n_items, p=[0.5, *[0.5 / (n_classes - 1)] * (n_classes - 1)])
    who = np.argsort(rng.random((n_items, n_annotators)), axis=1)[:, :per_item].ravel()
    item = np.repeat(np.arange(n_items), per_item)
    is_hard = rng.random(n_items) < hard
    lure = (truth + rng.integers(1, n_classes, n_items)) % n_classes
    right = rng.random(item.size) < np.where(is_hard[item], 0.55, accuracy)
    slip = (truth[item] + rng.integers(1, n_classes, item.size)) % n_classes
    wrong = np.where(is_hard[item], lure[item], slip)
    pace = rng.normal(0, 0.3, n_annotators)[who] + rng.normal(0, 0.4, n_items)[item]
    guessed = rng.integers(0, n_classes, n_items)
    return CrowdWorld(
        truth,
        item,
        who,
        np.where(right, truth[item], wrong),
        np.exp(2.5 + pace + rng.normal(0, 0.6, item.size)),
        rng.permutation(item.size),
        rng.random(item.size) < 0.08,
        np.where(rng.random(n_items) < 0.75, truth, guessed),
        is_hard,
    )


def spam(world, rng, a):
    own = world.of(a)
    world.label[own] = rng.integers(0, 3, own.size)


def one_label(world, rng, a):
    world.label[world.of(a)] = 1


def below_chance(world, rng, a):
    own = world.of(a)
    world.label[own] = (world.truth[world.item[own]] + 1) % 3


def confuse(world, rng, a):
    own = world.of(a)
    mixed = (world.truth[world.item[own]] == 2) & (rng.random(own.size) < 0.7)
    world.label[own[mixed]] = 0


def copy(world, rng, a, source=1):
    """Both work on the same items, and ``a`` says what ``source`` says."""
    theirs = world.of(source)
    keep = world.who != a
    for name in ("item", "who", "label", "seconds", "moment", "skips"):
        old = getattr(world, name)
        setattr(world, name, np.concatenate([old[keep], old[theirs]]))
    world.who[-theirs.size :] = a
    world.skips[-theirs.size :] = rng.random(theirs.size) < 0.08
    again = rng.random(theirs.size) < 0.05
    world.label[-theirs.size :][again] = rng.integers(0, 3, again.sum())


def hurry(world, rng, a):
    world.seconds[world.of(a)] /= 8


def drift(world, rng, a):
    own = world.of(a)
    world.label[own] = world.truth[world.item[own]]
    late = own[own.size // 2 :]
    world.label[late] = rng.integers(0, 3, late.size)


def skip_hard(world, rng, a):
    own = world.of(a)
    votes = np.zeros((world.truth.size, 3))
    np.add.at(votes, (world.item, world.label), 1)
    split = votes.max(axis=1) / votes.sum(axis=1)
    world.skips[own] = split[world.item[own]] < 0.7


def accept(world, rng, a):
    own = world.of(a)
    world.label[own] = world.prelabels[world.item[own]]


PLANTED = {
    "spam": spam,
    "always the same label": one_label,
    "below chance": below_chance,
    "confuses two classes": confuse,
    "copies or is copied": copy,
    "too fast": hurry,
    "drifts": drift,
    "skips the hard ones": skip_hard,
    "accepts pre-labels": accept,
}
