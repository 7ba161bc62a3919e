import json

import polars as pl
import pytest

from labelwright.core.errors import DataError
from labelwright.io import read_table, read_votes, recognise

datasets = pytest.importorskip("datasets")

CLASSES = ["positive", "negative"]


@pytest.fixture(scope="module", autouse=True)
def quiet():
    datasets.disable_progress_bars()


@pytest.fixture
def dataset():
    label = datasets.ClassLabel(names=CLASSES)
    features = datasets.Features(
        {
            "text": datasets.Value("string"),
            "label": label,
            "votes": datasets.List(label),
            "w_1": label,
            "w_2": label,
        }
    )
    columns = {
        "text": ["a", "b", "c"],
        "label": [1, 0, -1],
        "votes": [[0, 1], [], [1]],
        "w_1": [0, 0, 1],
        "w_2": [0, 1, -1],
    }
    return datasets.Dataset.from_dict(columns, features=features)


def test_a_saved_dataset_has_class_names_in_their_order(dataset, tmp_path):
    dataset.save_to_disk(tmp_path / "saved")
    frame = read_table(tmp_path / "saved")
    assert frame["label"].to_list() == ["negative", "positive", None]
    assert frame["label"].dtype == pl.Enum(CLASSES)
    assert frame["votes"].to_list() == [["positive", "negative"], [], ["negative"]]
    assert read_table(tmp_path / "saved", limit=1).height == 1
    assert str(recognise(tmp_path / "saved")).startswith("Table (Hugging Face data set): columns")


def test_several_files_and_a_selection_keep_their_order(dataset, tmp_path):
    dataset.select([2, 0]).save_to_disk(tmp_path / "saved", num_shards=2)
    assert read_table(tmp_path / "saved")["text"].to_list() == ["c", "a"]


@pytest.mark.parametrize("saved", [True, False])
def test_votes_use_the_declared_classes(dataset, tmp_path, saved):
    if saved:
        dataset.save_to_disk(tmp_path / "saved")
    source = tmp_path / "saved" if saved else dataset
    wide = read_votes(source, votes="w_*", item="text")
    # Natural order would be the other way round.
    assert list(wide.space.names) == CLASSES
    assert wide.counts().tolist() == [[2, 0], [1, 1], [0, 1]]
    lists = read_votes(source, label="votes")
    assert (list(lists.space.names), len(lists), lists.anonymous) == (CLASSES, 3, True)


def test_a_selection_in_memory_keeps_its_order(dataset):
    votes = read_votes(dataset.select([2, 0]), votes="w_*", item="text")
    assert votes.items.tolist() == ["c", "a"]


def test_splits_are_named_and_none_is_guessed(dataset, tmp_path):
    splits = datasets.DatasetDict({"train": dataset, "test": dataset})
    splits.save_to_disk(tmp_path / "both")
    with pytest.raises(DataError, match=r"2 splits: train, test\. .*both/train"):
        read_table(tmp_path / "both")
    assert read_table(tmp_path / "both" / "test").height == 3
    with pytest.raises(DataError, match=r"give dataset\['train'\]"):
        read_votes(splits, votes="w_*")


def test_damaged_folders_say_what_is_wrong(dataset, tmp_path):
    folder = tmp_path / "saved"
    dataset.save_to_disk(folder)
    state = json.loads((folder / "state.json").read_text())
    (folder / "state.json").write_text(json.dumps(state | {"_indices_data_files": [{}]}))
    with pytest.raises(DataError, match="flatten_indices"):
        read_table(folder)
    (folder / "state.json").unlink()
    with pytest.raises(DataError, match=r"no state\.json"):
        read_table(folder)


def test_codes_without_a_name_are_refused(dataset, tmp_path):
    folder = tmp_path / "saved"
    dataset.save_to_disk(folder)
    info = json.loads((folder / "dataset_info.json").read_text())
    info["features"]["label"]["names"] = ["positive"]
    (folder / "dataset_info.json").write_text(json.dumps(info))
    with pytest.raises(DataError, match="Column 'label' holds codes"):
        read_table(folder)
