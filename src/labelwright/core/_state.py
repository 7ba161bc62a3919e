"""Parameters and learnt state as one JSON file beside one safetensors file."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import numpy as np

from labelwright.core.errors import DataError
from labelwright.core.files import check_format, read_json, write_bytes, write_json

ARRAYS = "arrays-{}.safetensors"
HEAD = "model.json"


def write_state(folder: Path, head: dict[str, Any], form: int) -> Path:
    """Write the arrays first and the JSON that names them last; a kill leaves the old model."""
    from safetensors.numpy import save

    arrays: dict[str, np.ndarray] = {}
    plain = {key: _plain(value, arrays) for key, value in head.items()}
    content = save(arrays)
    name = ARRAYS.format(_short_hash(content))
    write_bytes(folder / name, content)
    write_json(folder / HEAD, {"format": form, "arrays": name, **plain})
    for old in folder.glob(ARRAYS.format("*")):
        if old.name != name:
            old.unlink()
    return folder


def read_state(folder: Path, form: int) -> dict[str, Any]:
    """Read what :func:`write_state` wrote."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    if not (folder / HEAD).exists():
        raise DataError(
            f"{folder} holds no model ({HEAD} is missing).", where={"file": str(folder)}
        )
    head = read_json(folder / HEAD)
    check_format(head.pop("format", None), form, folder / HEAD)
    name = head.pop("arrays", "")
    if not re.fullmatch(ARRAYS.format(r"[0-9a-f]+"), name):
        raise DataError(f"{folder / HEAD} names no file of arrays.", where={"file": str(folder)})
    try:
        arrays = load_file(folder / name)
    except (OSError, SafetensorError) as error:
        raise DataError(f"{folder / name} cannot be read: {error}.") from error
    return {key: _revived(value, arrays) for key, value in head.items()}


def _short_hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _plain(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Turn a value into JSON; numeric arrays move into ``arrays`` and leave their number behind."""
    from labelwright.core.params import Params, class_path
    from labelwright.core.spaces import Space

    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, np.generic):
        return _plain(value.item(), arrays)
    if isinstance(value, float):
        return value if np.isfinite(value) else {"$float": repr(value)}
    if isinstance(value, np.ndarray):
        return _plain_array(value, arrays)
    if isinstance(value, Space):
        return {"$space": value.to_dict()}
    if isinstance(value, Params):
        kind = class_path(type(value))
        inner = {"params": value.get_params(deep=False), "state": value._state()}
        return {"$part": kind, **{k: _plain(v, arrays) for k, v in inner.items()}}
    if isinstance(value, (list, tuple)):
        items = [_plain(item, arrays) for item in value]
        return items if isinstance(value, list) else {"$tuple": items}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"$dict": {key: _plain(item, arrays) for key, item in value.items()}}
    raise DataError(f"A value of type {type(value).__name__} cannot be kept in a model file.")


def _plain_array(value: np.ndarray, arrays: dict[str, np.ndarray]) -> Any:
    if value.dtype.kind in "biuf":
        name = f"a{len(arrays)}"
        arrays[name] = np.asarray(value, order="C")
        return {"$array": name}
    flat = [_plain(item, arrays) for item in value.ravel().tolist()]
    return {"$objects": flat, "shape": list(value.shape)}


def _revived(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    from labelwright.core.spaces import Space

    if isinstance(value, list):
        return [_revived(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    if "$float" in value:
        return float(value["$float"])
    if "$array" in value:
        return arrays[value["$array"]]
    if "$objects" in value:
        revived = np.empty(len(value["$objects"]), dtype=object)
        for place, item in enumerate(value["$objects"]):
            revived[place] = _revived(item, arrays)
        return revived.reshape(value["shape"])
    if "$space" in value:
        return Space.from_dict(value["$space"])
    if "$tuple" in value:
        return tuple(_revived(item, arrays) for item in value["$tuple"])
    if "$part" in value:
        from labelwright.core.params import make

        inner = {key: _revived(value[key], arrays) for key in ("params", "state")}
        return make(value["$part"], **inner)
    return {key: _revived(item, arrays) for key, item in value["$dict"].items()}
