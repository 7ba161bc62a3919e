"""Top two: the answer, the runner-up and how often they are confused, in worlds and on real votes.

The worlds draw 50 annotators of reliability p ~ U(0, 1) and 500 items with two plausible answers
each, between which who knows decides with probability q; a share of all cells is observed. Seeds
draw anew. ``both`` is the share of items where answer and runner-up are right (where no runner-up
is named, by the chance of a random one), ``first`` that of the answer alone, ``reliability_r``
the correlation with p, ``q_error`` the mean absolute error of q. The oracle decides by the
likelihood at the true p and q. "As published" is both stages of the paper, written out densely.

Real votes have figures as in ``evidence.aggregation._crowds``, all on random 80 % of the items, a
seed each. There also one vote of every item
with three votes or more is held out: ``soft`` is the mean squared distance of soft labels, learnt
from the others, to it, and ``hard`` that of the labels alone. Sets of two classes are left out:
there the runner-up is no question.

The thresholds about worlds of five classes come from a measurement on such worlds, so these count
as seen; those of four and eight classes do not. The claims were written before any figure on real
votes was known, and all of them held at the first run. Then it was seen that music_genre came out
at random between .68 and .79, since who dissents alone always names a second answer and so
looked reliable; since then a vote is judged by the votes of others. No claim was changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
from evidence._harness import Claim, Figures, Material, Method, Seed, Study, main
from evidence.aggregation import _crowds
from evidence.aggregation._crowds import Crowd, measure_posterior, part_of
from numpy.typing import NDArray

from labelwright.aggregation import DawidSkene, MajorityVote, TopTwo
from labelwright.core.seeds import generator
from labelwright.core.votes import Votes

SEEDS = (0, 1, 2, 3, 4)
OURS, MAJORITY, CONFUSIONS = "TopTwo", "MajorityVote", "DawidSkene"
PUBLISHED, ORACLE = "as published", "oracle"
REAL_SEEN = ("music_genre", "weather_sentiment", "face_sentiment")
REAL_NEW = ("weather_sentiment (crowdflower)", "cifar10n", "llmjudge_trec_dl23")
Floats = NDArray[np.float64]


class World(NamedTuple):
    """What a world is drawn from."""

    n_classes: int
    q: tuple[float, float]
    observed: float
    n_annotators: int = 50
    n_items: int = 500


class Truth(NamedTuple):
    """Votes drawn from a world, and what they were drawn with."""

    votes: Votes
    p: Floats
    q: Floats
    answer: NDArray[np.int64]
    runner_up: NDArray[np.int64]


class Found(NamedTuple):
    """What a method says: beliefs (n, K), and if it does, runners-up, soft labels, p and q."""

    posterior: Floats
    runner_up: NDArray[np.int64]
    soft: Floats
    p: Floats | None = None
    q: Floats | None = None


def draw(world: World, seed: Seed) -> Truth:
    """Votes by the model."""
    rng = generator(seed, "world")
    shape = (world.n_items, world.n_annotators)
    k = world.n_classes
    p, q = rng.uniform(0, 1, shape[1]), rng.uniform(*world.q, shape[0])
    answer = rng.integers(0, k, shape[0])
    runner_up = (answer + rng.integers(1, k, shape[0])) % k
    informed = np.where(rng.random(shape) < q[:, None], answer[:, None], runner_up[:, None])
    given = np.where(rng.random(shape) < p, informed, rng.integers(0, k, shape))
    votes = Votes.from_matrix(
        np.where(rng.random(shape) < world.observed, given, -1), classes=range(k)
    )
    return Truth(votes, p, q, answer, runner_up)


def ours(votes: Votes) -> Found:
    """Ours with its defaults."""
    model = TopTwo().fit(votes)
    return Found(
        model.posterior_,
        model.runner_up_codes_,
        model.soft_labels_,
        model.reliability_,
        1 - model.confusion_probability_,
    )


def by_posterior(kind: type, votes: Votes) -> Found:
    """A method without runners-up: the second best belief. Shares of votes also state q."""
    posterior = kind().fit(votes).posterior_
    order = np.argsort(-posterior, axis=1, kind="stable")
    second = np.take_along_axis(posterior, order[:, 1:2], axis=1)[:, 0]
    # Where several are as likely, none is named; a random one counts for it.
    clear = (np.isclose(posterior, second[:, None]).sum(axis=1) == 1) & (second > 0)
    runner_up = np.where(clear, order[:, 1], -1)
    q = posterior.max(axis=1).clip(0.5, 1) if kind is MajorityVote else None
    return Found(posterior, runner_up, posterior, q=q)


def published(votes: Votes) -> Found:
    """Both stages of the paper on a dense matrix."""
    k, n = votes.classes.n_classes, votes.n_items
    matrix = np.full((votes.n_annotators, n), -1)
    matrix[votes.annotator, votes.item] = votes.label
    observed = (matrix >= 0).mean()
    cuts = [np.where(matrix < 0, 0.0, np.where(matrix >= t, 1.0, -1.0)) for t in range(1, k)]
    cuts = [cut - observed * (k - 2 * t) / k for t, cut in enumerate(cuts, 1)]
    leading = [np.linalg.eigh(cut @ cut.T)[1][:, -1] for cut in cuts]
    u = np.mean([v * np.sign(v.sum()) for v in leading], axis=0).clip(0, 1)
    below = np.zeros((n, k + 1))
    below[:, 1:k] = np.stack([cut.T @ u for cut in cuts], axis=1) / (2 * observed)
    lead = below[:, :-1] - below[:, 1:]
    best = np.argsort(-lead, axis=1, kind="stable")[:, :2]
    among = ((matrix == best[:, 0]) | (matrix == best[:, 1])).sum(axis=1)
    among = among / (matrix >= 0).sum(axis=1).clip(min=1)
    p = ((among - 2 / k) / (1 - 2 / k)).clip(0.001, 0.999)
    q = (1 / k + lead.max(axis=1) / np.linalg.norm(p)).clip(0.501, 0.999)
    return likeliest_pairs(votes, p, q)


def likeliest_pairs(votes: Votes, p: Floats, q: Floats) -> Found:
    """The pair of answers of the highest likelihood at known p and q."""
    k, rows = votes.classes.n_classes, np.arange(votes.n_items)
    odds = k * (p / (1 - p))[votes.annotator]
    parts = []
    for share in (q, 1 - q):
        logs = np.zeros((votes.n_items, k))
        np.add.at(logs, (votes.item, votes.label), np.log1p(odds * share[votes.item]))
        parts.append(logs)
    pairs = parts[0][:, :, None] + parts[1][:, None, :]
    pairs[:, np.arange(k), np.arange(k)] = -np.inf
    best = pairs.reshape(votes.n_items, -1).argmax(axis=1)
    answer, runner_up = best // k, best % k
    soft = np.zeros((votes.n_items, k))
    soft[rows, answer], soft[rows, runner_up] = q, 1 - q
    return Found(np.eye(k)[answer], runner_up, soft, p, q)


def run(find: Callable[[Votes], Found], data: World | Crowd, seed: Seed) -> Mapping[str, float]:
    """Figures of a method on a world or a crowd."""
    if isinstance(data, World):
        truth = draw(data, seed)
        return world_figures(find(truth.votes), truth)
    figures = measure_posterior(lambda votes: find(votes).posterior, data, seed)
    return figures | held_out(find, part_of(data, seed).votes, seed)


def oracle(data: World | Crowd, seed: Seed) -> Mapping[str, float]:
    """What could be had at the true p and q; for real votes nobody knows them."""
    if not isinstance(data, World):
        return {}
    truth = draw(data, seed)
    return world_figures(likeliest_pairs(truth.votes, truth.p.clip(max=0.999), truth.q), truth)


def world_figures(found: Found, truth: Truth) -> dict[str, float]:
    """How near a method came to what a world was drawn with."""
    first = _crowds.right(found.posterior, truth.answer)
    named = found.runner_up == truth.runner_up
    second = np.where(found.runner_up >= 0, named, 1 / (found.posterior.shape[1] - 1))
    figures = {"both": (first * second).mean(), "first": first.mean()}
    if found.p is not None:
        figures["reliability_r"] = np.corrcoef(found.p, truth.p)[0, 1]
    if found.q is not None:
        figures["q_error"] = np.nanmean(np.abs(found.q - truth.q))
    return figures


def held_out(find: Callable[[Votes], Found], votes: Votes, seed: Seed) -> dict[str, float]:
    """Squared distance of soft and of hard labels to a vote that was held out."""
    counts = np.diff(votes.indptr)
    able = np.flatnonzero(counts >= 3)
    drawn = (generator(seed, "held out").random(able.size) * counts[able]).astype(np.int64)
    out = votes.indptr[able] + drawn
    keep = np.ones(len(votes), dtype=bool)
    keep[out] = False
    found = find(votes.select(where=keep))
    vote = np.eye(votes.classes.n_classes)[votes.label[out]]
    hard = np.eye(vote.shape[1])[found.posterior[able].argmax(axis=1)]
    return {
        "soft": np.square(found.soft[able] - vote).sum(axis=1).mean(),
        "hard": np.square(hard - vote).sum(axis=1).mean(),
    }


WORLDS = {
    "5 classes, q .5-.9, 20 %": World(5, (0.5, 0.9), 0.2),
    "5 classes, q .5-.9, 40 %": World(5, (0.5, 0.9), 0.4),
    "5 classes, q .9-1, 20 %": World(5, (0.9, 1.0), 0.2),
    "5 classes, q .9-1, 40 %": World(5, (0.9, 1.0), 0.4),
}
NEW_WORLDS = {
    "4 classes, q .5-1, 20 %": World(4, (0.5, 1.0), 0.2),
    "8 classes, q .5-1, 20 %": World(8, (0.5, 1.0), 0.2),
}
HARD_20, HARD_40, EASY_20, EASY_40 = WORLDS
REAL = [m for m in _crowds.MATERIALS if m.name in REAL_SEEN + REAL_NEW]


def lead(figure: str, sets: tuple[str, ...], other: str) -> Callable[[Figures], float]:
    """The least lead of ours over another method."""
    return lambda f: min(f.value(OURS, s, figure) - f.value(other, s, figure) for s in sets)


def least(figure: str, sets: tuple[str, ...]) -> Callable[[Figures], float]:
    """The least figure of ours."""
    return lambda f: min(f.value(OURS, s, figure) for s in sets)


def softer(sets: tuple[str, ...]) -> Callable[[Figures], float]:
    """The least advantage of soft labels over hard ones, of ours."""
    return lambda f: min(f.value(OURS, s, "hard") - f.value(OURS, s, "soft") for s in sets)


CLAIMS = [
    Claim(
        "Both answers: at least 8 points above majority vote (q .5-.9, 20 and 40 % observed).",
        lead("both", (HARD_20, HARD_40), MAJORITY),
        at_least=0.08,
        seen=True,
    ),
    Claim(
        "Both answers: at most 2 points below the oracle (q .5-.9, 40 %).",
        lead("both", (HARD_40,), ORACLE),
        at_least=-0.02,
        seen=True,
    ),
    Claim(
        "Reliabilities correlate with the true ones by .9 or more (five classes).",
        least("reliability_r", tuple(WORLDS)),
        at_least=0.9,
        seen=True,
    ),
    Claim(
        "First answer: at least a point above majority vote where q is .9-1, at 20 %.",
        lead("first", (EASY_20,), MAJORITY),
        at_least=0.01,
        seen=True,
    ),
    Claim(
        "Mean error of q at most .141 where it is .9-1, at 20 %.",
        lambda f: f.value(OURS, EASY_20, "q_error"),
        at_most=0.141,
        seen=True,
    ),
    Claim(
        "Mean error of q at most that of shares of votes, in every world of five classes.",
        lambda f: max(
            f.value(OURS, s, "q_error") - f.value(MAJORITY, s, "q_error") for s in WORLDS
        ),
        at_most=0.0,
        seen=True,
    ),
    Claim(
        "Both answers: at least 5 points above majority vote (four and eight classes).",
        lead("both", tuple(NEW_WORLDS), MAJORITY),
        at_least=0.05,
    ),
    Claim(
        "Both answers: no more than a point below the published form (four and eight classes).",
        lead("both", tuple(NEW_WORLDS), PUBLISHED),
        at_least=-0.01,
    ),
    Claim(
        "Real votes: accuracy at least that of majority vote (music_genre, weather_sentiment).",
        least("gain", ("music_genre", "weather_sentiment")),
        at_least=0.0,
        seen=True,
    ),
    Claim(
        "Real votes: nowhere more than half a point below majority vote (three unseen sets).",
        least("gain", REAL_NEW),
        at_least=-0.005,
    ),
    Claim(
        "Soft labels are nearer to a held-out vote than hard ones (three unseen sets).",
        softer(REAL_NEW),
        at_least=0.0,
    ),
    Claim(
        "Soft labels are nearer to a held-out vote than hard ones (three seen sets).",
        softer(REAL_SEEN),
        at_least=0.0,
        seen=True,
    ),
]

READING = """
In worlds of the model both answers are right 13 points more often than by counting, within a point
of what the true reliabilities and difficulties would give, and no worse than by the published form
(six tenths of a point at most, less than the spread). How often two answers are confused comes out
nearer than by the published form in every world, and than by shares of votes. On real votes the
first answer gains 9 points on music_genre, two more than Dawid-Skene; there the published form
loses 11, since with four votes on ten classes whoever dissents always names a second answer and
looks reliable. Elsewhere gains and the one loss (0.4 points on face_sentiment) are within two
standard errors. Soft labels are nearer to a held-out vote than hard ones, but plain shares of votes
are nearer still on every set (.43 against .55 on cifar10n): ours state what those say who know, not
what the next person says.
"""

STUDY = Study(
    slug="top-two",
    question="Are the two best answers found, and how often they are confused?",
    methods=[
        Method(MAJORITY, partial(run, partial(by_posterior, MajorityVote)), SEEDS),
        Method(CONFUSIONS, partial(run, partial(by_posterior, DawidSkene)), SEEDS),
        Method(PUBLISHED, partial(run, published), SEEDS),
        Method(OURS, partial(run, ours), SEEDS),
        Method(ORACLE, oracle, SEEDS),
    ],
    materials=[
        *(Material(n, lambda w=w: w, seen=True, quick=True) for n, w in WORLDS.items()),
        *(Material(n, lambda w=w: w, seen=False) for n, w in NEW_WORLDS.items()),
        *REAL,
    ],
    claims=CLAIMS,
    source=__file__,
    reading=" ".join(READING.split()),
)

if __name__ == "__main__":
    main(STUDY)
