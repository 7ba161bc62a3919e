"""A trained model as a folder: features, classifier and label space, ready for new records."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import DataError
from labelwright.core.files import write_bytes
from labelwright.core.params import Accepts, Instance, Params
from labelwright.core.results import plain
from labelwright.core.spaces import Classes
from labelwright.features.base import Features

__all__ = ["Model", "load_model", "save_model"]


class Model(Params):
    """Features and a classifier, both fitted, and the classes that are told apart.

    Parameters
    ----------
    features : Features
        Turns records into rows of numbers.
    classifier : LabelClassifier, or a part with ``predict_proba`` and ``classes_``
        Its classes are names of ``space``, or codes (all of 0..K-1 where names are numbers).
    space : Classes
        The order of classes, hence of columns of probabilities.
    meta : mapping, optional
        What else should be known, as plain values: when, from what, how good.

    Examples
    --------
    >>> from labelwright.features import TextFeatures
    >>> from labelwright.learning import LabelClassifier
    >>> records = {"text": ["win cash now", "see you soon", "cash prize", "see you later"]}
    >>> features, classifier = TextFeatures(), LabelClassifier()
    >>> labels = ["spam", "ham", "spam", "ham"]
    >>> classifier = classifier.fit(features.fit_transform(records), labels)
    >>> model = Model(features, classifier, Classes(["spam", "ham"]))
    >>> labels, probabilities = model.predict({"text": ["cash for you", "see you"]})
    >>> labels, probabilities.shape
    (['spam', 'ham'], (2, 2))
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "features": Instance(Features),
        "classifier": Instance(having=("predict_proba",)),
        "space": Instance(Classes),
    }

    def __init__(
        self,
        features: Features,
        classifier: Any,
        space: Classes,
        meta: Mapping[str, Any] | None = None,
    ) -> None:
        self.features = features
        self.classifier = classifier
        self.space = space
        self.meta = meta

    def predict(self, table: Any) -> tuple[list[Any], NDArray[np.float64]]:
        """The most probable label of each record, and probabilities (n, K).

        Raises
        ------
        DataError
            If a column that the features read is not there; the near name is suggested.
        """
        probabilities = self.predict_proba(table)
        return self.space.decode(probabilities.argmax(axis=1)), probabilities

    def predict_proba(self, table: Any) -> NDArray[np.float64]:
        """Probabilities (n, K), columns in the order of the label space."""
        self._check_params()
        codes = _codes_of(self.classifier.classes_, self.space)
        found = self.classifier.predict_proba(self.features.transform(table))
        probabilities = np.zeros((found.shape[0], self.space.n_classes))
        probabilities[:, codes] = found
        return probabilities

    def save(self, folder: str | Path) -> Path:
        """Write the model into ``folder``, whole or not at all, with a README.txt."""
        self._check_params()
        _codes_of(self.classifier.classes_, self.space)
        written = super().save(folder)
        write_bytes(written / "README.txt", self._readme().encode())
        return written

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what :meth:`save` wrote; a damaged folder, or one of something else, is an error."""
        if not Path(folder).is_dir():
            raise DataError(
                f"There is no model folder {str(folder)!r}.", where={"file": str(folder)}
            )
        return super().load(folder)

    def _readme(self) -> str:
        names = [str(name) for name in self.space.names]
        shown = ", ".join(names[:50]) + (" ..." if len(names) > 50 else "")
        meta = [f"{key}: {value}" for key, value in (self.meta or {}).items()]
        lines = [
            "A model written by Labelwright. To label new records:",
            "",
            "    labelwright predict <this folder> new.csv",
            "",
            f"It reads the columns: {', '.join(self.features.columns_)}",
            f"It tells apart {len(names)} classes: {shown}",
            *meta,
            "",
            "model.json        what the model is, its parameters and vocabulary (format 1)",
            "arrays-*          its numbers, in the safetensors format",
            "Reading these files runs no code from them.",
        ]
        return "\n".join(lines) + "\n"


def save_model(
    folder: str | Path,
    features: Features,
    classifier: Any,
    space: Classes,
    meta: Mapping[str, Any] | None = None,
) -> Path:
    """Write fitted features and classifier into ``folder``; arguments as for :class:`Model`.

    No pickle is written: loading a model from elsewhere cannot run code.
    """
    return Model(features, classifier, space, None if meta is None else plain(dict(meta))).save(
        folder
    )


def load_model(folder: str | Path) -> Model:
    """The model in ``folder``, with ``predict(table) -> labels, probabilities``.

    Raises
    ------
    DataError
        If the folder is not there, is cut off, or holds something else.
    """
    return Model.load(folder)


def _codes_of(classes: Any, space: Classes) -> NDArray[Any]:
    """The code of each class of a classifier, whose classes are names or codes themselves."""
    found, all_codes = np.asarray(classes), np.arange(space.n_classes)
    numbered = type(space.names[0]) is int
    if found.dtype.kind not in "iu" or (numbered and not np.array_equal(found, all_codes)):
        return space.encode(found.tolist())
    if numbered and space.names != tuple(all_codes) and set(space.names) == set(all_codes):
        raise DataError(
            f"The classes 0 to {space.n_classes - 1} of the classifier could be codes or names.",
            hint="Train it on names in the order of the space: classes=space.names.",
        )
    if found.min() < 0 or found.max() >= space.n_classes:
        raise DataError(
            f"The classifier knows the codes {found.min()} to {found.max()}, "
            f"for {space.n_classes} classes.",
            hint="Give the label space that it was trained on.",
        )
    return found
