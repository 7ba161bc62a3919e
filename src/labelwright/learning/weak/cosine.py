"""COSINE: self-training on weak labels, weighed by confidence, with contrast between classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.core.errors import DataError
from labelwright.core.params import Accepts, Instance, Int, Nullable, Real
from labelwright.core.seeds import RandomState
from labelwright.learning._deep import DeepClassifier
from labelwright.learning._targets import Targets, read_targets, read_weight
from labelwright.nn import Rows, WithHead, outputs, soft_cross_entropy
from labelwright.nn._torch import nn, torch
from labelwright.nn.rows import Batch

__all__ = ["Cosine"]


class Cosine(DeepClassifier):
    """A network that is first trained on weak labels and then teaches itself, on all rows.

    Before each epoch of the second part the network labels all rows anew. These labels are
    sharpened and evened out over classes; a row counts by how sure the network is of it, and not at
    all below a threshold. Features of rows with the same label are drawn together, those of others
    kept apart, and a regulariser keeps the network from becoming sure of everything.

    Parameters
    ----------
    first_epochs : int
        Epochs on the labels that are given. Few: what is wrong with them is learnt last.
    threshold : float
        Least confidence of a row that is learnt from, 1 less the entropy as a share of its maximum.
    contrast, regularisation : float
        Weights of the contrast and of the regulariser.
    margin : float
        Distance that rows with different labels should keep.
    classes : sequence, optional
        As in :class:`~labelwright.learning.LabelClassifier`.
    backbone : torch.nn.Module, optional
        From rows (n, d) to features (n, p); by default one hidden layer of 128.
    training : dict, optional
        Options of :class:`labelwright.nn.Trainer` that differ from this method's: 30 epochs of
        self-training, after the first, in batches of 64.
    random_state : int or None

    Attributes
    ----------
    classes_ : (K,) array
    history_ : list of dict
        First the epochs on the labels, then those of self-training.
    confidence_ : (n,) float64
        Of each row of X in the end; those at or below ``threshold`` were left out.

    Notes
    -----
    For labels that cover a part of the rows, or are wrong where the features could tell better. It
    strengthens whatever the network believes: if most labels of a kind of row are wrong, they stay
    so. Compare it with :class:`~labelwright.learning.LabelClassifier` on some gold labels.

    References
    ----------
    Yu, Zuo, Jiang, Ren, Zhao and Zhang, 2021, Fine-tuning pre-trained language model with weak
    supervision: a contrastive-regularized self-training approach.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> y = np.where(X[:, 0] > 0, "spam", "ham").astype(object)
    >>> y[50:] = None
    >>> Cosine().fit(X, y).predict([[-1.0, 0.0], [1.0, 0.0]]).tolist()
    ['ham', 'spam']
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "first_epochs": Int(1),
        "threshold": Real(0, 1),
        "contrast": Real(0),
        "regularisation": Real(0),
        "margin": Real(0),
        "classes": Nullable(Instance(list, tuple, np.ndarray)),
        **DeepClassifier._accepts,
    }
    _defaults: ClassVar[Mapping[str, Any]] = {"epochs": 30}
    takes_soft_labels: ClassVar[bool] = True

    confidence_: NDArray[np.float64]

    def __init__(
        self,
        *,
        first_epochs: int = 20,
        threshold: float = 0.6,
        contrast: float = 1.0,
        regularisation: float = 0.1,
        margin: float = 1.0,
        classes: Sequence[Any] | None = None,
        backbone: nn.Module | None = None,
        training: dict[str, Any] | None = None,
        random_state: RandomState = 0,
    ) -> None:
        self.first_epochs = first_epochs
        self.threshold = threshold
        self.contrast = contrast
        self.regularisation = regularisation
        self.margin = margin
        self.classes = classes
        self.backbone = backbone
        self.training = training
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> Self:
        """Learn from rows (n, d) and their labels (n,), or soft labels (n, K).

        Rows without a label (-1, None, NaN) take part in self-training.

        Raises
        ------
        DataError
            If X holds NaN or infinity, no row has a label, or y can be read in two ways.
        """
        self._check_params()
        X = self._rows(X, reset=True)
        targets = read_targets(y, X.shape[0], self.classes)
        weight = read_weight(sample_weight, X.shape[0])
        labelled = np.flatnonzero(targets.labelled & (weight > 0))
        _check_labels(targets, labelled)
        self.classes_ = targets.classes
        module: Any = self._new_module(X)
        of_labelled = weight[labelled] / weight[labelled].mean()
        first = Rows(x=X[labelled], target=targets.soft[labelled], weight=of_labelled)

        def weak_loss(batch: Batch) -> torch.Tensor:
            return soft_cross_entropy(module(batch["x"]), batch["target"], batch["weight"])

        trainer = self._trainer().set_params(epochs=self.first_epochs)
        history = trainer.train(module, weak_loss, first, what="training on labels")
        rows = Rows(x=X)
        teacher = Teacher(module, rows, self.threshold)

        def own_loss(batch: Batch) -> torch.Tensor:
            label, weight = (
                t[batch["index"]].to(batch["x"]) for t in (teacher.label, teacher.weight)
            )
            return self._loss(module, batch["x"], label, weight)

        history += self._trainer().train(
            module, own_loss, rows, before_epoch=teacher.relabel, what="self-training"
        )
        self._keep(module, history)
        self.confidence_ = confidence(self._probabilities(rows))
        return self

    def _loss(
        self, module: WithHead, x: torch.Tensor, label: torch.Tensor, weight: torch.Tensor
    ) -> torch.Tensor:
        features = module.backbone(x)
        logits = module.head(features)
        loss = soft_cross_entropy(logits, label, weight)
        # Towards even probabilities, on the rows that are learnt from.
        even = torch.full_like(label, 1 / label.shape[1])
        loss = loss + self.regularisation * soft_cross_entropy(logits, even, (weight > 0).float())
        return loss + self.contrast * contrastive_loss(features, label, weight, self.margin)


def _check_labels(targets: Targets, labelled: NDArray[np.int64]) -> None:
    if not labelled.size:
        raise DataError("All labelled rows have weight zero.", hint="Give some more weight.")
    if len(targets.classes) < 2:
        raise DataError(
            f"All labels are of one class, {targets.classes.tolist()[0]!r}.",
            hint="Name all classes (classes=), or bring labels of another.",
        )


class Teacher:
    """The labels and weights of rows that the network itself gives, renewed before each epoch."""

    def __init__(self, module: nn.Module, rows: Rows, threshold: float) -> None:
        self.module, self.rows, self.threshold = module, rows, threshold
        self.label = self.weight = torch.empty(0)

    def of(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Labels (n, K) and weights (n,) of the rows of a batch."""
        index = batch["index"].cpu()
        return self.label[index].to(batch["x"]), self.weight[index].to(batch["x"])

    def relabel(self, epoch: int) -> None:  # noqa: ARG002
        """Label all rows with the network as it is now."""
        logits = torch.from_numpy(outputs(self.module, self.rows))
        label = sharpened(logits.softmax(dim=1))
        sure = torch.from_numpy(confidence(label.numpy()))
        self.label = label
        self.weight = torch.where(sure > self.threshold, sure, torch.zeros_like(sure))


def sharpened(probabilities: torch.Tensor) -> torch.Tensor:
    """Squared probabilities (n, K) divided by how common each class is, as distributions."""
    raised = probabilities.square() / probabilities.sum(dim=0)
    return raised / raised.sum(dim=1, keepdim=True)


def confidence(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 less the entropy (n,) as a share of its maximum: 0 for even odds, 1 for certainty."""
    log = np.log(np.maximum(probabilities, np.finfo(float).tiny))
    entropy = -(probabilities * log).sum(axis=1)
    return np.asarray(1 - entropy / np.log(probabilities.shape[1])).clip(0, 1)


def contrastive_loss(
    features: torch.Tensor, label: torch.Tensor, weight: torch.Tensor, margin: float
) -> torch.Tensor:
    """How far rows with one label are apart, and how near rows with different ones.

    Mean over pairs of rows that have weight of the squared distance, or of the square of what the
    distance lacks to the margin. Distances are root mean squares over features.
    """
    kept = weight > 0
    features, code = features[kept], label[kept].argmax(dim=1)
    if len(features) < 2:
        return features.sum() * 0.0
    length = features.square().sum(dim=1)
    square = length[:, None] + length - 2 * features @ features.T
    square = square.clip(min=0) / features.shape[1]
    # The root has no slope at zero.
    apart = (margin - (square + 1e-9).sqrt()).clip(min=0).square()
    losses = torch.where(code[:, None] == code, square, apart)
    return losses.triu(diagonal=1).sum() * 2 / (len(features) * (len(features) - 1))
