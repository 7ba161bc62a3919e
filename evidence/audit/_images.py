"""Images with true labels as columns for linear models, and the labels that people gave them."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

from labelwright.core.seeds import generator

N_FILTERS = 200
SIDE = 6


@dataclass(frozen=True, eq=False)
class Images:
    """Features (n, d) on one scale, true codes, and given codes by the name of the label set."""

    features: NDArray[np.float64]
    truth: NDArray[np.int64]
    given: dict[str, NDArray[np.int64]]


def model() -> LogisticRegression:
    """The linear model of the studies, with the penalty that was chosen before any run."""
    return LogisticRegression(C=0.1, max_iter=300, tol=1e-3)


@cache
def digits() -> Images:
    """The test images of MNIST, fifty principal directions of their pixels."""
    with np.load(_folder("mnist_test") / "data.npz") as found:
        pixels, truth = found["X"], found["y"].astype(np.int64)
    return Images(_directions(pixels.reshape(len(pixels), -1) / 255.0, 50), truth, {})


@cache
def cifar() -> Images:
    """The CIFAR-10N images: pooled responses of random patches, 150 principal directions."""
    import polars as pl
    from PIL import Image

    table = pl.read_parquet(_folder("cifar10n") / "images.parquet").join(
        pl.read_parquet(_folder("cifar10n") / "gold.parquet"), on="item", maintain_order="left"
    )
    pixels = np.stack([np.asarray(Image.open(io.BytesIO(b))) for b in table["jpeg"].to_list()])
    codes = {name: table[name].to_numpy().astype(np.int64) for name in ("aggregate", "worst")}
    responses = _patch_responses(pixels.astype(np.float32) / 255)
    return Images(_directions(responses, 150), table["label"].to_numpy().astype(np.int64), codes)


def _folder(name: str) -> Path:
    return Path(os.environ["LABELWRIGHT_DATA"]) / name


def _directions(columns: NDArray[Any], n: int) -> NDArray[np.float64]:
    scores = PCA(n, random_state=0).fit_transform(columns)
    return np.asarray(scores / scores.std())


def _patch_responses(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rectified responses to patches of other images, whitened, averaged over quadrants.

    Single-layer features of Coates, Lee and Ng (2011); no label is used.
    """
    draw = generator(0, "patches")
    sample = _patches(images[draw.choice(len(images), 500, replace=False)]).reshape(-1, SIDE**2 * 3)
    mean = sample.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(sample.T))
    whiten = (vectors / np.sqrt(values + 0.1)) @ vectors.T
    filters = (sample[draw.choice(len(sample), N_FILTERS, replace=False)] - mean) @ whiten
    filters /= np.linalg.norm(filters, axis=1, keepdims=True)
    project = (whiten @ filters.T).astype(np.float32)
    parts = []
    for start in range(0, len(images), 200):
        patches = _patches(images[start : start + 200])
        responses = np.maximum((patches - mean.astype(np.float32)) @ project - 0.25, 0)
        b, side = len(responses), responses.shape[1]
        halves = responses.reshape(b, 2, side // 2, 2, side // 2, N_FILTERS)
        parts.append(halves.mean(axis=(2, 4)).reshape(b, -1))
    return np.concatenate(parts)


def _patches(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Patches (b, 12, 12, d) at every second place, each of mean 0 and deviation 1."""
    windows = np.lib.stride_tricks.sliding_window_view(images, (SIDE, SIDE), axis=(1, 2))
    flat = windows[:, 1:25:2, 1:25:2].reshape(len(images), 12, 12, -1)
    centred = flat - flat.mean(axis=-1, keepdims=True)
    return centred / np.sqrt(centred.var(axis=-1, keepdims=True) + 0.01)
