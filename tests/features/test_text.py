from __future__ import annotations

import sys

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline

from labelwright.core.errors import DataError, MissingExtraError, ParameterError
from labelwright.features import TextFeatures, _encoder
from labelwright.features._looks import looks_like_ids, looks_like_smiles
from labelwright.learning import LabelClassifier

TEXTS = [
    "Where is my card? My card did not come.",
    "The card was declined, why?",
    "I want a refund",
    "refund me now, NOW",
    "Größe und naïve 3 cards",
    "",
]


def reference(texts, **options):
    word = TfidfVectorizer(
        ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", sublinear_tf=True, **options
    )
    char = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, **options)
    fitted = [vectorizer.fit(texts) for vectorizer in (word, char)]
    names = [vectorizer.get_feature_names_out().tolist() for vectorizer in fitted]
    return fitted, names


@pytest.mark.parametrize("min_records", [1, 2])
def test_tfidf_is_that_of_scikit_learn_for_old_and_new_texts(min_records):
    features = TextFeatures(min_records=min_records).fit(TEXTS)
    vectorizers, (words, grams) = reference(TEXTS, min_df=min_records)
    assert (features.words_, features.chars_) == (words, grams)
    for texts in (TEXTS, ["a new card\tplease", "nothing known: xyzzy", "  "]):
        expected = sparse.hstack([v.transform(texts) for v in vectorizers]).toarray()
        np.testing.assert_allclose(features.transform(texts).toarray(), expected, atol=1e-12)


FITTED = TextFeatures().fit(TEXTS)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=6))
def test_any_text_can_be_transformed(texts):
    X = FITTED.transform(texts)
    assert X.shape[0] == len(texts)
    assert np.isfinite(X.data).all()
    # Two blocks of unit length at most.
    assert X.multiply(X).sum(axis=1).max() <= 2 + 1e-9


def test_fit_transform_is_fit_then_transform_and_saving_keeps_it(tmp_path):
    features = TextFeatures()
    at_once = features.fit_transform(TEXTS)
    loaded = TextFeatures.load(features.save(tmp_path / "features"))
    for same in (features, loaded):
        assert (same.transform(TEXTS) != at_once).nnz == 0
        assert same.feature_names_ == features.feature_names_
    assert len(features.feature_names_) == at_once.shape[1]


def test_rare_features_are_left_out_and_the_most_frequent_are_kept():
    features = TextFeatures(max_features=2).fit(["b c c", "b c a", "b a"])
    assert features.words_ == ["b", "c"]
    assert "a" not in TextFeatures().fit(["b a", "b c"]).words_
    assert TextFeatures().fit(["b a", "c d"]).words_ == ["a", "b", "b a", "c", "c d", "d"]


def test_columns_are_read_as_one_text_and_missing_text_is_empty():
    table = pl.DataFrame({"title": ["Card", None], "body": ["is lost", "is lost"], "n": [1, 2]})
    both = TextFeatures(["title", "body"]).fit(table)
    expected = TextFeatures().fit(["Card\nis lost", "is lost"])
    assert both.words_ == expected.words_
    with pytest.raises(DataError, match=r"2 text columns \('title', 'body'\)"):
        TextFeatures().fit(table)
    with pytest.raises(DataError, match="There is no column 'body'"):
        both.transform(table.drop("body"))
    with pytest.raises(DataError, match="Column 'n' holds Int64 values, not text"):
        TextFeatures("n").fit(table)
    with pytest.raises(DataError, match="no rows"):
        TextFeatures("title").fit(table.head(0))
    with pytest.raises(DataError, match="Column 'title' holds no words"):
        TextFeatures("title").fit({"title": [" ", ""]})


def test_it_is_a_step_of_a_pipeline():
    pipeline = make_pipeline(TextFeatures(), LabelClassifier())
    labels = ["card", "card", "refund", "refund", None, None]
    assert pipeline.fit(TEXTS, labels).predict(["my card", "a refund"]).tolist() == [
        "card",
        "refund",
    ]


SMILES = ["CCO", "c1ccccc1", "CC(=O)Oc1ccccc1C(=O)O", "C[C@@H](N)C(=O)O", "[Na+].[Cl-]", "C#N"]
IDS = ["TX-00381", "TX-00382", "TX-00412", "a9f3c2d1", "2024/05/img_12.png", "user_77"]


@pytest.mark.parametrize(
    ("texts", "message"),
    [(SMILES, "looks like SMILES, for example 'CCO'"), (IDS, "looks like an id or a number")],
)
def test_molecules_and_ids_are_no_text(texts, message):
    table = {"what": texts, "y": [0] * len(texts)}
    with pytest.raises(DataError, match=rf"Column 'what' {message}"):
        TextFeatures().fit(table)
    assert TextFeatures(check=False).fit(table).words_


@pytest.mark.parametrize(
    "texts",
    [
        TEXTS,
        ["no", "soon", "on", "Bob", "scoop", "COOP", "son", "bison"],
        ["fee", "refund", "card lost", "top up", "fraud", "limit"],
        ["B12", "C3PO", "N95", "call 911", "ok", "CO2 is up"],
        ["今日は雨です", "明日は晴れ", "2024年", "寒い", "暑い", "風"],
        ["yes1"] * 8,
        ["(no)", "ok!", "why?", "so...", "no!", "I c"],
    ],
)
def test_short_words_are_text(texts):
    assert not looks_like_smiles(texts)
    assert not looks_like_ids(texts)


class FakeEncoder:
    """Embeds a text as its length and the number of its vowels, and counts what it is given."""

    def __init__(self):
        self.seen = []

    def encode(self, texts, **options):
        assert options["normalize_embeddings"]
        self.seen += texts
        return np.array([[len(t), sum(c in "aeiou" for c in t)] for t in texts], dtype=np.float32)


@pytest.fixture
def encoder(monkeypatch):
    fake = FakeEncoder()
    monkeypatch.setattr(_encoder, "load_encoder", lambda model: fake)
    return fake


def test_a_model_embeds_each_text_once_and_the_cache_keeps_it(encoder, tmp_path):
    features = TextFeatures(method="model", model="some/model", cache=str(tmp_path / "cache"))
    X = features.fit_transform(["a", "bee", "a"])
    assert encoder.seen == ["a", "bee"]
    np.testing.assert_array_equal(X[0], X[2])
    assert np.sqrt((X**2).sum(axis=1).mean()) == pytest.approx(2)
    assert features.feature_names_ == ["dim 0", "dim 1"]
    np.testing.assert_array_equal(features.transform(["new", "bee"])[1], X[1])
    assert encoder.seen == ["a", "bee", "new"]
    loaded = TextFeatures.load(features.save(tmp_path / "saved"))
    np.testing.assert_array_equal(loaded.transform(["bee"])[0], X[1])
    other = TextFeatures(method="model", model="another", cache=str(tmp_path / "cache"))
    other.fit(["a", "bee"])
    assert encoder.seen[3:] == ["a", "bee"]


def test_a_changed_model_folder_has_a_cache_of_its_own(tmp_path):
    (tmp_path / "weights").write_bytes(b"one")
    before = _encoder._fingerprint(str(tmp_path))
    assert _encoder._fingerprint(str(tmp_path)) == before
    (tmp_path / "weights").write_bytes(b"three")
    assert _encoder._fingerprint(str(tmp_path)) != before


def test_without_the_package_the_command_to_install_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    _encoder.load_encoder.cache_clear()
    with pytest.raises(MissingExtraError, match=r"pip install \"labelwright\[text\]\""):
        TextFeatures(method="model", model="some/model").fit(TEXTS)


def test_a_real_model_in_a_folder_is_loaded(tmp_path):
    package = pytest.importorskip("sentence_transformers")
    models = pytest.importorskip("sentence_transformers.models")
    bag = models.BoW(vocab=["card", "refund"])
    package.SentenceTransformer(modules=[bag], device="cpu").save(str(tmp_path / "model"))
    features = TextFeatures(method="model", model=str(tmp_path / "model"))
    X = features.fit_transform(["card", "refund", "card"])
    np.testing.assert_allclose(X[0], X[2])
    assert not np.allclose(X[0], X[1])
    with pytest.raises(DataError, match="There is no sentence-transformers model"):
        TextFeatures(method="model", model=str(tmp_path / "nowhere")).fit(TEXTS)


def test_parameters_are_checked():
    with pytest.raises(ParameterError, match='method="model", and only then'):
        TextFeatures(method="model").fit(TEXTS)
    with pytest.raises(ParameterError, match="and only then"):
        TextFeatures(model="some/model").fit(TEXTS)
    with pytest.raises(ParameterError, match="max_features=0"):
        TextFeatures(max_features=0).fit(TEXTS)
