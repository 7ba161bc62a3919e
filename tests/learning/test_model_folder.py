from __future__ import annotations

import json
import shutil

import numpy as np
import polars as pl
import pytest

from labelwright.core.errors import DataError, ParameterError
from labelwright.core.spaces import Classes
from labelwright.features import (
    ColumnFeatures,
    EmbeddingFeatures,
    JoinedFeatures,
    TextFeatures,
    attach_embedding,
)
from labelwright.learning import LabelClassifier, Model, load_model, save_model

RECORDS = pl.DataFrame(
    {
        "body": [
            "win cash now",
            "see you soon",
            "free cash",
            "lunch at noon?",
            "cash prize",
            "hi you",
        ],
        "price": [9.0, None, 7.5, 0.0, 8.0, 1.0],
        "shop": ["a", "b", "a", "b", None, "b"],
    }
)
NEW = pl.DataFrame({"shop": ["a", "new"], "body": ["cash for you", "Möwe"], "price": [None, 3.0]})
CODES = np.array([2, 0, 2, 0, 2, 0])
SPACE = Classes(["ham", "unsure", "spam"])


def all_features():
    return JoinedFeatures([TextFeatures("body"), ColumnFeatures(["price", "shop"])])


@pytest.fixture
def folder(tmp_path):
    features = all_features()
    classifier = LabelClassifier(classes=[0, 1, 2]).fit(features.fit_transform(RECORDS), CODES)
    return save_model(tmp_path / "model", features, classifier, SPACE, {"rows": np.int64(6)})


def test_a_loaded_model_predicts_the_same_bytes(folder):
    features = all_features()
    classifier = LabelClassifier(classes=[0, 1, 2]).fit(features.fit_transform(RECORDS), CODES)
    expected = classifier.predict_proba(features.transform(NEW))
    labels, probabilities = load_model(folder).predict(NEW)
    assert probabilities.tobytes() == expected.tobytes()
    assert labels == ["spam", "ham"]
    assert load_model(folder).meta == {"rows": 6}


def test_no_file_is_a_pickle_and_the_readme_says_what_to_type(folder):
    assert {path.suffix for path in folder.iterdir()} == {".json", ".safetensors", ".txt"}
    readme = (folder / "README.txt").read_text()
    assert "labelwright predict <this folder> new.csv" in readme
    assert "It reads the columns: body, price, shop" in readme
    assert "ham, unsure, spam" in readme


@pytest.mark.parametrize("labels", [CODES, ["spam", "ham"] * 3])
def test_probabilities_stand_in_the_order_of_the_space(tmp_path, labels):
    features = TextFeatures("body")
    classifier = LabelClassifier().fit(features.fit_transform(RECORDS), labels)
    model = load_model(save_model(tmp_path / "model", features, classifier, SPACE))
    _, probabilities = model.predict(NEW)
    assert probabilities.shape == (2, 3)
    assert (probabilities[:, 1] == 0).all()
    assert probabilities[0, 2] > 0.5


def test_embeddings_come_as_a_column_of_the_new_records(tmp_path):
    vectors = np.random.default_rng(0).normal(size=(6, 4))
    features = EmbeddingFeatures()
    X = features.fit_transform(attach_embedding(RECORDS, vectors))
    model = load_model(
        save_model(tmp_path / "model", features, LabelClassifier().fit(X, CODES), SPACE)
    )
    assert model.predict(attach_embedding(NEW, vectors[:2]))[0] == ["spam", "ham"]
    with pytest.raises(DataError, match="no column 'embedding'"):
        model.predict(NEW)


def test_a_missing_column_is_answered_with_the_near_name(folder):
    with pytest.raises(DataError, match=r"no column 'price'.*Did you mean 'Price'"):
        load_model(folder).predict(NEW.rename({"price": "Price"}))


def test_a_folder_that_is_none_or_is_damaged_is_refused(folder, tmp_path):
    with pytest.raises(DataError, match="There is no model folder"):
        load_model(tmp_path / "nowhere")
    (tmp_path / "other").mkdir()
    with pytest.raises(DataError, match=r"holds no model \(model.json is missing\)"):
        load_model(tmp_path / "other")
    with pytest.raises(DataError, match="holds a LabelClassifier, not a Model"):
        load_model(LabelClassifier().fit([[0.0], [1.0]], [0, 1]).save(tmp_path / "part"))
    newer = shutil.copytree(folder, tmp_path / "newer")
    head = json.loads((newer / "model.json").read_text())
    (newer / "model.json").write_text(json.dumps(head | {"format": 2}))
    with pytest.raises(DataError, match="has format 2"):
        load_model(newer)
    arrays = next(folder.glob("*.safetensors"))
    arrays.write_bytes(arrays.read_bytes()[:-50])
    with pytest.raises(DataError, match="cannot be read"):
        load_model(folder)
    head = folder / "model.json"
    head.write_bytes(head.read_bytes()[:200])
    with pytest.raises(DataError, match="not valid JSON"):
        load_model(folder)


def test_a_model_must_fit_its_label_space(tmp_path):
    features = TextFeatures("body")
    classifier = LabelClassifier().fit(features.fit_transform(RECORDS), CODES)
    with pytest.raises(DataError, match="codes 0 to 2, for 2 classes"):
        save_model(tmp_path / "model", features, classifier, Classes(["ham", "spam"]))
    with pytest.raises(ParameterError, match="features is Features"):
        Model("text", classifier, SPACE).predict(NEW)


def test_classes_that_are_numbers_are_names_unless_all_are_codes(tmp_path):
    features = TextFeatures("body")
    X = features.fit_transform(RECORDS)

    def predicted(labels, names):
        model = Model(features, LabelClassifier().fit(X, labels), Classes(names))
        return model.predict(RECORDS)[0]

    stars = np.array([3, 2, 3, 2, 3, 2])
    assert predicted(stars, [1, 2, 3]) == stars.tolist()
    assert predicted(np.array([0, 1, 2, 1, 0, 2]), [1, 2, 3])[:3] == [1, 2, 3]
    assert predicted(CODES == 2, [False, True]) == (CODES == 2).tolist()
    assert predicted((CODES == 2).astype(int), [False, True]) == (CODES == 2).tolist()
    with pytest.raises(DataError, match="could be codes or names"):
        predicted((CODES == 2).astype(int), [1, 0])
