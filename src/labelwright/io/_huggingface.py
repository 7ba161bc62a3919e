"""Data sets of Hugging Face: a folder written by ``save_to_disk``, or the object itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from labelwright.core.errors import DataError
from labelwright.core.files import read_json
from labelwright.io._content import Content


def read_saved(content: Content, limit: int | None) -> pl.DataFrame:
    """Read a saved ``Dataset``; the files are arrow streams, so the package is not needed."""
    folder = content.path
    if (folder / "dataset_dict.json").is_file():
        splits = read_json(folder / "dataset_dict.json")["splits"]
        raise _several_splits(f"{folder}", splits, f"give {folder / splits[0]}")
    if not (folder / "state.json").is_file():
        raise DataError(
            f"{folder} has a dataset_info.json but no state.json.",
            where={"file": str(folder)},
            hint="Give a folder that Dataset.save_to_disk wrote.",
        )
    state = read_json(folder / "state.json")
    if state.get("_indices_data_files"):
        raise DataError(
            f"{folder} keeps its rows and their order apart, as old versions did.",
            where={"file": str(folder)},
            hint="Load it, call flatten_indices() and save it again.",
        )
    files = [folder / entry["filename"] for entry in state["_data_files"]]
    frame = pl.concat([_read_stream(file) for file in files])
    features = read_json(folder / "dataset_info.json").get("features") or {}
    return _with_class_names(frame.head(limit) if limit is not None else frame, features)


def is_dataset(value: Any) -> bool:
    """Whether this is a ``Dataset`` or ``DatasetDict``, found without importing the package."""
    return type(value).__module__.partition(".")[0] == "datasets"


def read_object(dataset: Any) -> pl.DataFrame:
    """A ``Dataset`` in memory as a frame."""
    if isinstance(dataset, dict):
        splits = list(dataset)
        raise _several_splits("This DatasetDict", splits, f"give dataset[{splits[0]!r}]")
    frame = pl.from_arrow(dataset.with_format("arrow")[:])
    return _with_class_names(pl.DataFrame(frame), dataset.features.to_dict())


def _read_stream(file: Path) -> pl.DataFrame:
    try:
        return pl.read_ipc_stream(file)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(
            f"{file} cannot be read as an arrow stream: {error}", where={"file": str(file)}
        ) from error


def _with_class_names(frame: pl.DataFrame, features: dict[str, Any]) -> pl.DataFrame:
    """Put class names in place of the codes of ClassLabel; -1 stands for 'no label' there."""
    for name, dtype in frame.schema.items():
        feature = features.get(name)
        if names := _label_names(feature):
            frame = _named(frame, name, _class_names(pl.col(name), names))
        elif isinstance(dtype, pl.List) and (names := _label_names(_inner(feature))):
            inside = _class_names(pl.element(), names)
            frame = _named(frame, name, pl.col(name).list.eval(inside))
    return frame


def _label_names(feature: Any) -> list[str] | None:
    """The class names of a ClassLabel; None for any other feature, some of which are lists."""
    is_label = isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
    return feature["names"] if is_label else None


def _inner(feature: Any) -> Any:
    """What a list is a list of; versions before 4 wrote ``[feature]``."""
    return feature[0] if isinstance(feature, list) else (feature or {}).get("feature")


def _class_names(codes: pl.Expr, names: list[str]) -> pl.Expr:
    known = [-1, *range(len(names))]
    return codes.replace_strict(known, [None, *names], return_dtype=pl.Enum(names))


def _named(frame: pl.DataFrame, name: str, names: pl.Expr) -> pl.DataFrame:
    try:
        return frame.with_columns(names.alias(name))
    except pl.exceptions.InvalidOperationError as error:
        raise DataError(
            f"Column {name!r} holds codes for which there is no class name: {error}",
            where={"column": name},
        ) from error


def _several_splits(what: str, splits: list[str], hint: str) -> DataError:
    return DataError(
        f"{what} holds {len(splits)} splits: {', '.join(splits)}.",
        where={"splits": splits},
        hint=f"Take one of them: {hint}.",
    )
