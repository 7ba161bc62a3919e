"""Model files: what goes in comes back, and nothing foreign is run."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelwright.core import params
from labelwright.core.errors import DataError
from labelwright.core.params import Params, load
from labelwright.core.spaces import Classes, Numbers


class Keeper(Params):
    """A part that learns whatever it is given."""

    def __init__(self, option: Any = None) -> None:
        self.option = option

    def fit(self, value: Any) -> Keeper:
        self.value_ = value
        return self


class Other(Params):
    """Another part."""


@pytest.fixture(autouse=True)
def _part_of_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("labelwright._keeper")
    for kind in (Keeper, Other):
        monkeypatch.setattr(kind, "__module__", module.__name__)
        setattr(module, kind.__name__, kind)
    monkeypatch.setitem(sys.modules, module.__name__, module)


def there_and_back(value: Any, folder: Path) -> Any:
    return load(Keeper().fit(value).save(folder)).value_


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        -0.1,
        "two words, ü",
        [1, "a", None],
        (1, (2, [])),
        {"a": {"b": (1,)}, "$array": "a0"},
        float("inf"),
        Classes(["b", "a"], aliases={"B": "b"}),
        Classes([2, 1], parents={2: 1}),
        Numbers(low=0),
    ],
)
def test_plain_values_and_spaces_come_back(value: Any, tmp_path: Path) -> None:
    again = there_and_back(value, tmp_path)
    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6).reshape(2, 3),
        np.arange(6).reshape(2, 3).T,
        np.float32([1.5, np.nan]),
        np.array(3.5),
        np.array([], dtype=np.int32),
        np.array([True, False]),
        np.array(["a", None, 3], dtype=object),
        np.array([["a", "b"], ["c", "d"]], dtype=object),
        np.array([(1, 2), None, (3,)], dtype=object),
        np.array(["a", "bc"]),
    ],
)
def test_arrays_come_back(array: Any, tmp_path: Path) -> None:
    again = there_and_back([array], tmp_path)[0]
    assert again.shape == array.shape
    assert again.tolist() == array.tolist() or np.isnan(again).any()
    if array.dtype.kind in "biuf":
        assert again.dtype == array.dtype


def test_numpy_scalars_come_back_as_plain_values(tmp_path: Path) -> None:
    assert there_and_back([np.int64(3), np.bool_(True)], tmp_path) == [3, True]
    assert np.isnan(there_and_back(np.float64("nan"), tmp_path))


def test_parts_inside_come_back_fitted(tmp_path: Path) -> None:
    part = Keeper(option=Keeper(option=2).fit(np.arange(3))).fit([Keeper().fit("deep")])
    again = Keeper.load(part.save(tmp_path / "model"))
    assert again.option.option == 2
    assert again.option.value_.tolist() == [0, 1, 2]
    assert again.value_[0].value_ == "deep"


@pytest.mark.parametrize("value", [object(), {1: "a"}, {"a": {2}}, np.array([1j])])
def test_what_cannot_be_kept_is_refused_and_the_old_model_stays(value: Any, tmp_path: Path) -> None:
    Keeper().fit("old").save(tmp_path)
    with pytest.raises(DataError, match="cannot be kept in a model file"):
        Keeper().fit(value).save(tmp_path)
    assert load(tmp_path).value_ == "old"


def test_saving_again_leaves_one_file_of_arrays(tmp_path: Path) -> None:
    for n in (3, 4):
        Keeper().fit(np.arange(n)).save(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    assert load(tmp_path).value_.size == 4


def test_load_of_a_class_refuses_another(tmp_path: Path) -> None:
    folder = Keeper().fit(1).save(tmp_path)
    with pytest.raises(DataError, match=r"holds a Keeper, not a Other"):
        Other.load(folder)


def test_a_class_of_ones_own_is_read_by_its_own_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Keeper, "__module__", "__main__")
    folder = Keeper(option=3).fit(np.arange(2)).save(tmp_path)
    again = Keeper.load(folder)
    assert (again.option, again.value_.tolist()) == (3, [0, 1])
    with pytest.raises(DataError, match=r"asks for __main__\.Keeper, which is no part"):
        load(folder)


def edited(folder: Path, **changes: Any) -> Path:
    path = folder / "model.json"
    head = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({key: value for key, value in head.items() if value != "-"}))
    return folder


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"class": "os.system"}, "asks for os.system, which is no part of Labelwright"),
        ({"class": "labelwright.core.seeds.generator"}, "no part that this version"),
        ({"class": "labelwright.core.files.Path"}, "no part that this version"),
        ({"class": "labelwright.nowhere.Keeper"}, "no part that this version"),
        ({"class": "labelwright._keeper.Gone"}, "no part that this version"),
        ({"class": "-"}, "holds no part"),
        ({"format": 2}, "has format 2; this version of Labelwright reads up to 1"),
        ({"format": True}, "carries no 'format' number"),
        ({"format": "-"}, "carries no 'format' number"),
        ({"arrays": "../../secret.safetensors"}, "names no file of arrays"),
        ({"arrays": "arrays-0123.safetensors"}, "cannot be read"),
    ],
)
def test_a_file_that_is_not_as_it_should_be(changes: Any, message: str, tmp_path: Path) -> None:
    folder = edited(Keeper().fit(1).save(tmp_path), **changes)
    with pytest.raises(DataError, match=message):
        load(folder)


def test_damaged_and_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no model \(model.json is missing\)"):
        load(tmp_path)
    folder = Keeper().fit(np.arange(9)).save(tmp_path)
    arrays = next(folder.glob("*.safetensors"))
    arrays.write_bytes(arrays.read_bytes()[:20])
    with pytest.raises(DataError, match="cannot be read"):
        load(folder)


def test_parts_of_installed_plug_ins_may_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    point = types.SimpleNamespace(value="helpful.parts:Part")
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [point])
    assert params._trusted_packages() == {"labelwright", "helpful"}
