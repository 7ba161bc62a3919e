"""A bench for detectors of wrong labels: errors are injected, found, and removed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.audit._bench_detectors import (
    DETECTORS,
    NONE,
    ORACLE,
    RANDOM,
    Detector,
    Found,
    Trial,
)
from labelwright.audit._bench_result import BenchResult, Ranks
from labelwright.audit._training import seed_of, seeded, whole_codes
from labelwright.audit.detector_cards import (
    CARDS,
    DESIGN_SPACE,
    Advice,
    DataCard,
    DetectorCard,
    advise,
)
from labelwright.audit.noise_model import NoiseModel
from labelwright.core.errors import DataError, ParameterError
from labelwright.core.files import check_format, read_json, write_json
from labelwright.core.params import Accepts, Instance, Int, Nullable, Params
from labelwright.core.progress import bar
from labelwright.estimation._fitting import class_probabilities, fit_classifier, n_rows

__all__ = [
    "CARDS",
    "DESIGN_SPACE",
    "DETECTORS",
    "NONE",
    "ORACLE",
    "RANDOM",
    "Advice",
    "BenchResult",
    "BenchSet",
    "DataCard",
    "Detector",
    "DetectorBench",
    "DetectorCard",
    "NoiseModel",
    "Ranks",
    "Trial",
    "advise",
]

FORMAT = 1
NOISES = (
    NoiseModel("symmetric", 0.0),
    *(
        NoiseModel(kind, rate)
        for kind in ("symmetric", "pair", "by_class", "by_features")
        for rate in (0.1, 0.2, 0.4)
    ),
)


@dataclass(frozen=True, eq=False)
class BenchSet:
    """A data set whose labels are believed: errors are made in those to train on only.

    Attributes
    ----------
    name : str
    labels, labels_test : (n,), (m,) array-like
        True labels of any type.
    X, X_test : array, sparse matrix, table or sequence
        What the classifier takes; ``by_features`` noise, AUM and neighbours need numbers.
    """

    name: str
    labels: ArrayLike
    X: Any
    labels_test: ArrayLike
    X_test: Any


@dataclass(frozen=True, eq=False)
class _Encoded:
    """A set as codes, and the hash of what is trained and tested on."""

    name: str
    codes: NDArray[np.int64]
    X: Any
    test: NDArray[np.int64]
    X_test: Any
    n_classes: int
    hash: str


class DetectorBench(Params):
    """Try detectors of wrong labels on data with known errors, before one is trusted.

    Each cell is a set, a noise, a seed and a detector. (A) Detection: average precision of the
    detector's score for the wrong labels; precision, recall and F1 of what it marks. (B) Cleaning:
    a model is trained without what is marked and judged by weighted F1 on clean test items;
    compare it with ``none`` (no item marked) and ``oracle`` (exactly the wrong ones), which always
    take part.

    Parameters
    ----------
    detectors : sequence of Detector
        By default self-confidence, confident learning, SEMD, AUM and the vote of neighbours.
    noises : sequence of NoiseModel
        By default no noise, and rates .1, .2 and .4 of all four kinds.
    classifier : estimator, optional
        Any scikit-learn classifier with ``predict_proba``; by default logistic regression.
    n_folds, n_seeds : int
    random_state : int

    Notes
    -----
    A detector that raises an error, or gives what is no score for each item, is a failed cell with
    its reason, never left out. Made errors are easier to find than people's, ``by_features`` being
    the nearest to those: take the order of the detectors as a hint, and the level with caution.

    References
    ----------
    Goswami, Sanil, Choudhry, Srinivasan, Udompanyawit and Dubrawski (2023), AQuA: a benchmarking
    tool for label quality assessment.

    Examples
    --------
    >>> draw = np.random.default_rng(0)
    >>> labels = np.repeat([0, 1], 60)
    >>> X = draw.normal(size=(120, 2)) + 2 * labels[:, None]
    >>> mine = BenchSet("mine", labels[::2], X[::2], labels[1::2], X[1::2])
    >>> bench = DetectorBench(noises=[NoiseModel("symmetric", 0.2)], n_seeds=1)
    >>> result = bench.run([mine])
    >>> len(result.cells), result.failed
    (7, ())
    >>> result.by_setting("f1")["mine", "symmetric", 0.2]["oracle"]
    1.0
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "detectors": Instance(list, tuple),
        "noises": Instance(list, tuple),
        "classifier": Nullable(Instance(having=("fit", "predict_proba"))),
        "n_folds": Int(2),
        "n_seeds": Int(1),
        "random_state": Int(0),
    }

    def __init__(
        self,
        *,
        detectors: Sequence[Detector] = DETECTORS,
        noises: Sequence[NoiseModel] = NOISES,
        classifier: Any = None,
        n_folds: int = 5,
        n_seeds: int = 3,
        random_state: int = 0,
    ) -> None:
        self.detectors = detectors
        self.noises = noises
        self.classifier = classifier
        self.n_folds = n_folds
        self.n_seeds = n_seeds
        self.random_state = random_state

    def run(self, sets: Sequence[BenchSet], *, folder: str | Path | None = None) -> BenchResult:
        """Run every cell.

        Parameters
        ----------
        sets : sequence of BenchSet
        folder : path, optional
            Finished cells are kept there and not run again, as long as data, noise, classifier,
            folds, seed, the detector's name and the version of Labelwright are the same; failed
            ones are.

        Returns
        -------
        BenchResult

        Raises
        ------
        DataError
            If a label is missing, lengths differ, or a test label is no class of the set.
        ParameterError
            If a parameter is not accepted, or two sets or detectors have one name.
        """
        self._check_params()
        detectors = [NONE, *self.detectors, ORACLE]
        _check_distinct("sets", [one.name for one in sets])
        _check_distinct("detectors", [one.name for one in detectors])
        encoded = [_encode(one) for one in sets]
        cells: list[Mapping[str, Any]] = []
        total = len(sets) * len(self.noises) * self.n_seeds * len(detectors)
        with bar("bench of detectors", total) as advance:
            for data in encoded:
                for noise in self.noises:
                    for seed in range(self.n_seeds):
                        for cell in self._block(data, noise, seed, detectors, folder):
                            cells.append(cell)
                            advance()
        return BenchResult(tuple(cells))

    def _block(
        self,
        data: _Encoded,
        noise: NoiseModel,
        seed: int,
        detectors: Sequence[Detector],
        folder: str | Path | None,
    ) -> Iterator[dict[str, Any]]:
        """The cells of one draw of errors; the draw is made only if a cell wants it."""
        trial: Trial | None = None
        for detector in detectors:
            place = {
                "set": data.name,
                "noise": noise.kind,
                "rate": float(noise.rate),
                "detector": detector.name,
                "seed": seed,
            }
            path = None if folder is None else self._path(Path(folder), data, place)
            if path is not None and (kept := _kept(path)) is not None:
                yield kept
                continue
            trial = self._trial(data, noise, seed) if trial is None else trial
            cell = place | self._measure(data, trial, detector)
            if path is not None:
                write_json(path, {"format": FORMAT, "cell": cell})
            yield cell

    def _path(self, folder: Path, data: _Encoded, place: Mapping[str, Any]) -> Path:
        same = [data.hash, repr(self.classifier), self.n_folds, self.random_state]
        key = json.dumps([version("labelwright"), place, *same])
        return folder / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"

    def _trial(self, data: _Encoded, noise: NoiseModel, seed: int) -> Trial:
        names = ("bench", data.name, repr(noise), seed)
        made = noise.corrupt(data.codes, data.X, random_state=seed_of(self.random_state, *names))
        return Trial(
            made.labels,
            data.X,
            made.flipped,
            n_classes=data.n_classes,
            classifier=self.classifier,
            n_folds=self.n_folds,
            seed=seed_of(self.random_state, *names, "models"),
        )

    def _measure(self, data: _Encoded, trial: Trial, detector: Detector) -> dict[str, Any]:
        figures: dict[str, Any] = dict.fromkeys(FIGURES)
        figures["error_rate"] = float(trial.wrong.mean())
        try:
            found, seconds = detector.run(trial)
            test_f1 = _cleaned_f1(data, trial, found[1])
        # Whatever a detector does wrong is its result, and must not end the bench.
        except Exception as error:
            return figures | {"error": f"{type(error).__name__}: {error}"}
        return figures | _detection(trial.wrong, found) | {"test_f1": test_f1, "seconds": seconds}


FIGURES = (
    "error", "error_rate", "ap", "precision", "recall", "f1", "marked", "test_f1", "seconds",
)  # fmt: skip


def _detection(wrong: NDArray[np.bool_], found: Found) -> dict[str, float]:
    """How well the score and the marks find what is wrong."""
    from sklearn.metrics import average_precision_score

    quality, marked = found
    if not wrong.any():
        return {"marked": float(marked.mean())}
    hits = int((wrong & marked).sum())
    return {
        "marked": float(marked.mean()),
        "ap": float(average_precision_score(wrong, -quality)),
        "precision": hits / max(1, int(marked.sum())),
        "recall": hits / int(wrong.sum()),
        "f1": 2 * hits / int(wrong.sum() + marked.sum()),
    }


def _cleaned_f1(data: _Encoded, trial: Trial, marked: NDArray[np.bool_]) -> float:
    """Weighted F1 on the test items of a model that was trained without the marked ones."""
    from sklearn.metrics import f1_score

    rows = np.flatnonzero(~marked)
    if not len(rows):
        raise DataError("Every item is marked, so nothing is left to train on.")
    model = fit_classifier(seeded(trial.classifier, trial.seed), data.X, trial.labels, rows)
    predicted = class_probabilities(model, data.X_test, data.n_classes).argmax(axis=1)
    return float(f1_score(data.test, predicted, average="weighted", zero_division=0))


def _encode(data: BenchSet) -> _Encoded:
    codes, names = whole_codes(data.labels, name=f"labels of {data.name!r}")
    test, _ = whole_codes(data.labels_test, names, f"labels_test of {data.name!r}")
    for labels, X, part in ((codes, data.X, "X"), (test, data.X_test, "X_test")):
        if len(labels) != n_rows(X):
            raise DataError(
                f"{data.name!r} has {len(labels)} labels and {n_rows(X)} rows of {part}."
            )
    if len(np.unique(codes)) != len(names):
        raise DataError(
            f"{data.name!r} has {len(names)} classes, and not all of them in its labels.",
            hint="Number the classes that occur.",
        )
    digest = hashlib.sha256()
    for values in (codes, data.X, test, data.X_test):
        digest.update(_bytes(values))
    return _Encoded(data.name, codes, data.X, test, data.X_test, len(names), digest.hexdigest())


def _bytes(part: Any) -> bytes:
    """Bytes by which two arrays, sparse matrices, tables or sequences are told apart."""
    if hasattr(part, "tocsr"):
        matrix = part.tocsr()
        pieces = (matrix.indptr, matrix.indices, matrix.data)
        return b"".join(np.ascontiguousarray(piece).tobytes() for piece in pieces)
    array = np.asarray(part)
    if array.dtype.kind == "O":
        return repr(array.tolist()).encode()
    return f"{array.dtype} {array.shape}".encode() + np.ascontiguousarray(array).tobytes()


def _kept(path: Path) -> dict[str, Any] | None:
    """The finished cell of a file; None if there is none or it has failed."""
    if not path.exists():
        return None
    found = read_json(path)
    check_format(found.get("format"), FORMAT, path)
    cell: dict[str, Any] = found["cell"]
    return None if cell["error"] is not None else cell


def _check_distinct(what: str, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ParameterError(
            f"Two {what} are called {twice[0]!r}.", hint="Give each a name of its own."
        )
